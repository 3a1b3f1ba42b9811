"""What do small windows, shared weights and batch normalisation each bring a network for pictures?

Four networks of the same form read coloured digits on clutter, averaged to 16 × 16 pixels: 8 maps
of 16 × 16, ReLU, 2 × 2 max pooling, 16 maps of 8 × 8, ReLU, pooling, and ten scores of all that is
left. They differ in what a value of a map is joined to: to everything below ("fully connected"), to
3 × 3 pixels by weights of its own ("locally connected"), to 3 × 3 pixels by weights that all places
share ("shared"), and that with batch normalisation.

Each seed draws 3,000 digits for training, 1,000 for validation and 1,000 for testing of its own.
All networks learn from them alike, by Adam in 10 epochs of minibatches of 64. Each has an η, chosen
from half decades by the validation digits of the first seed, and learns with it from every seed. A
grid was made longer where the best stood at its end.
"""

from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.nn.cnn import LocallyConnected, as_input, count_parameters
from course_lib.nn.training import accuracy, evaluate, fit, seeded
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 6
TOLERANCE = {"validation": 0.1, "test": 0.1, "train": 0.1, "eta": 0.03}

RATES = {
    "fully connected": (0.001, 0.003, 0.01, 0.03),
    "locally connected": (0.003, 0.01, 0.03),
    "shared": (0.003, 0.01, 0.03),
    "shared, batch norm": (0.01, 0.03, 0.1),
}
SIDE, CHANNELS, MAPS = 16, 3, (8, 16)
N_TRAIN, N_OTHERS, EPOCHS, BATCH = 3000, 1000, 10, 64
POSE = {"shift": 0.08, "rotation": 15.0, "scale": 0.2, "clutter": 0.5, "background": 0.5}


def parts() -> list[str]:
    """Return the names of the parts: the networks."""
    return list(RATES)


def part(name: str) -> dict:
    """Return a network's validation accuracy at every rate, and what it reaches at the best."""
    torch.set_num_threads(1)
    first = [learn(name, rate, SEED) for rate in RATES[name]]
    by_rate = [one["validation"] for one in first]
    best = int(np.argmax(by_rate))
    others = [learn(name, RATES[name][best], SEED + k) for k in range(1, N_SEEDS)]
    at_best = {which: [one[which] for one in (first[best], *others)] for which in ("train", "test")}
    return {"validation": by_rate, "eta": RATES[name][best], **at_best}


def run(done: dict) -> dict:
    """Put the parts together, with the number of weights of each network."""
    result = {"rates": RATES, "parameters": {}}
    for name, found in done.items():
        result["parameters"][name] = count_parameters(new_network(name, 0))
        for which, value in found.items():
            result.setdefault(which, {})[name] = value
    return result


def new_network(name: str, seed: int) -> nn.Sequential:
    """Return an untrained network of a name."""
    kind, *extras = name.split(", ")
    with seeded(seed):
        layers, before, side = [], CHANNELS, SIDE
        for after in MAPS:
            layers += joined(kind, before, after, side, bias="batch norm" not in extras)
            layers += [nn.BatchNorm2d(after)] if "batch norm" in extras else []
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
            before, side = after, side // 2
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(before * side**2, 10))


def joined(kind: str, before: int, after: int, side: int, bias: bool) -> list[nn.Module]:
    """Return the layers from some maps to others of the same side."""
    if kind == "locally connected":
        return [LocallyConnected(before, after, side)]
    if kind == "shared":
        return [nn.Conv2d(before, after, 3, padding=1, bias=bias)]
    full = nn.Linear(before * side**2, after * side**2)
    return [nn.Flatten(), full, nn.Unflatten(1, (after, side, side))]


def learn(name: str, rate: float, seed: int) -> dict:
    """Train a network; return its shares of right answers."""
    model, sets = new_network(name, seed), pictures(seed)
    steps = EPOCHS * -(-N_TRAIN // BATCH)

    fit(
        model,
        F.cross_entropy,
        sets["train"],
        n_epochs=EPOCHS,
        batch_size=BATCH,
        optimizer=torch.optim.Adam(model.parameters(), fused=True),
        schedule=WarmupCosine(rate, steps=steps, warmup=steps // 10),
        random_state=seed,
        progress=False,
    )
    share = {"accuracy": accuracy}
    found = {k: evaluate(model, F.cross_entropy, one, metrics=share) for k, one in sets.items()}
    return {which: round(one["accuracy"], 4) for which, one in found.items()}


@cache
def pictures(seed: int) -> dict:
    """Return the three sets of a seed."""
    counts = {"train": N_TRAIN, "validation": N_OTHERS, "test": N_OTHERS}
    found = {}
    for k, (which, n) in enumerate(counts.items()):
        drawn = datasets.rendered_glyphs(n, **POSE, random_state=1000 + 3 * seed + k)
        found[which] = F.avg_pool2d(as_input(drawn.X), 2), torch.as_tensor(drawn.y)
    return found
