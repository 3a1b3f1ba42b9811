"""Does attention reverse strings better than a single state, or does it only learn sooner?

An LSTM reads a string of 2 to 16 random digits, a second one writes it backwards; the second gets
the first one's last state, or looks at its states of all steps as well. Both pairs have about
14,650 parameters. Each is trained from every seed with 600, 2,400 and 6,000 updates, and tested on
strings of 12, 16 and, longer than any it saw, 20 digits.
"""

import torch

from course_lib import datasets
from course_lib.nn import text
from course_lib.nn.seq2seq import Seq2Seq, share_right
from course_lib.nn.training import fit, seeded
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 10
TOLERANCE = {"digits": 0.25}

SIZES = {"one vector": 34, "attention": 32}
UPDATES = (600, 2400, 6000)
LENGTHS = (12, 16, 20)


def parts() -> list[str]:
    """Return the names of the parts: a seed, the updates and a decoder."""
    seeds = range(SEED, SEED + N_SEEDS)
    return [f"{name}, {n}, {seed}" for seed in seeds for n in UPDATES for name in SIZES]


def part(name: str) -> list[float]:
    """Train one pair; return the share of digits that it writes rightly at each length."""
    torch.set_num_threads(1)
    decoder, updates, seed = name.split(", ")
    model = new_pair(decoder, int(seed))
    learn(model, int(updates), int(seed))
    tests = [torch.as_tensor(datasets.reversed_strings(500, T)[0]) for T in LENGTHS]
    return [round(share_right(model, x, x.flip(1)), 3) for x in tests]


def run(done: dict) -> dict:
    """Put the parts together: the digits right by decoder, updates and length, a list of seeds."""
    result = {"parameters": {}, "digits": {}}
    for name in SIZES:
        model = new_pair(name, SEED)
        result["parameters"][name] = sum(p.numel() for p in model.parameters())
        result["digits"][name] = {
            str(n): {
                str(T): [done[f"{name}, {n}, {SEED + k}"][at] for k in range(N_SEEDS)]
                for at, T in enumerate(LENGTHS)
            }
            for n in UPDATES
        }
    return result


def new_pair(name, seed) -> Seq2Seq:
    """Return an untrained encoder with its decoder."""
    with seeded(seed):
        return Seq2Seq(10, SIZES[name], attention=name == "attention")


def learn(model, updates, seed):
    """Train with Adam on 64 strings of one random length an update, at a rate that falls to 0."""

    def strings(generator):
        for length in torch.randint(2, 17, (updates,), generator=generator).tolist():
            x = torch.randint(10, (64, length), generator=generator)
            yield x, x.flip(1), x.flip(1)

    fit(
        model,
        text.next_symbol_loss,
        strings,
        n_epochs=1,
        schedule=WarmupCosine(0.015, updates, warmup=50),
        clip=1.0,
        random_state=seed,
        progress=False,
    )
