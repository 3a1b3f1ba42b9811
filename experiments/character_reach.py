"""How far back do trained networks of characters look, and do they know of open brackets?

A plain recurrent network, a GRU and an LSTM of about 34,000 parameters each learn the characters
of the Python reference, three starts each, at the learning rate that the experiment
character_models chose, falling to 0. Each is looked at before and after. On 200 pieces of the test
text: which share of the slopes of a guess, by the characters before it, lies more than 10, 20 and
40 characters back? And of all units, whose state follows best whether a round bracket is open? The
unit is chosen by its hidden state on the validation text, and its correlation is that on the test
text. A weighted sum of all units, fitted on the training text, is judged on the test text, and
once more where the last ten characters hold no bracket: a sum of what the network keeps (an LSTM's
cell states, else the hidden states) and one of what it shows (the hidden states). The weights of
the first start are kept beside this script (character_reach.npz).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from course_lib import datasets
from course_lib.nn import recurrent_trials as trials
from course_lib.nn import text
from course_lib.nn.recurrent import LSTM
from course_lib.nn.training import fit, seeded
from course_lib.nn.weights import save_weights
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 3
TOLERANCE = {
    "perplexity": 0.2,
    "beyond": 0.1,
    "bracket": 0.3,
    "kept": 0.2,
    "shown": 0.2,
    "bytes": 20_000,
}

WEIGHTS = Path(__file__).resolve().with_name("character_reach.npz")
SIZES = {"RNN": ("rnn", 124, 0.003), "GRU": ("gru", 74, 0.003), "LSTM": ("lstm", 64, 0.03)}
BATCH, LENGTH, UPDATES = 16, 96, 3000
DISTANCES = (10, 20, 40)
PIECES, PIECE = 200, 96
STREAM = 480  # characters that are read in one go, to see what is kept
CALM = 10  # characters without a bracket


def run() -> dict:
    """Return what is measured of every network, before and after, and keep the first weights."""
    torch.set_num_threads(1)
    weights = nn.ModuleDict()
    result = {key: {} for key in TOLERANCE if key != "bytes"}
    for name in SIZES:
        for seed in range(SEED, SEED + N_SEEDS):
            model = new_network(name, seed)
            fresh = look(model)
            train(model, name, seed)
            trained = look(model)
            print(f"  {name}, seed {seed}: {trained}", flush=True)
            for key, found in result.items():
                pair = found.setdefault(name, {"before": [], "after": []})
                pair["before"].append(fresh[key])
                pair["after"].append(trained[key])
            if seed == SEED:
                weights[name] = model
    save_weights(weights, WEIGHTS)
    return result | {"bytes": WEIGHTS.stat().st_size}


def texts() -> tuple:
    """Return the vocabulary, and the training, the validation and the test text."""
    page = datasets.load_python_reference()
    cuts = 8 * len(page) // 10, 9 * len(page) // 10
    return text.CharVocabulary(page), page[: cuts[0]], page[cuts[0] : cuts[1]], page[cuts[1] :]


def new_network(name: str, seed: int) -> text.CharModel:
    """Return an untrained network."""
    kind, hidden_size, _ = SIZES[name]
    with seeded(seed):
        return text.CharModel(len(texts()[0]), hidden_size, kind)


def train(model: text.CharModel, name: str, seed: int) -> None:
    """Train with Adam at a rate that falls to 0, on windows at random places."""
    vocabulary, page, _, _ = texts()
    rate = SIZES[name][2]
    windows = {"batch_size": BATCH, "length": LENGTH, "n_batches": UPDATES}
    fit(
        model,
        text.next_symbol_loss,
        text.random_windows(vocabulary.encode(page), **windows),
        n_epochs=1,
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        schedule=WarmupCosine(rate, steps=UPDATES),
        clip=1.0,
        random_state=seed,
        progress=False,
    )


def look(model: text.CharModel) -> dict:
    """Measure a network's perplexity, how far back its guesses depend, and its best unit."""
    vocabulary, _, validation, test = texts()
    codes = vocabulary.encode(test)
    slopes = text.slope_by_distance(model, codes[: PIECES * PIECE].reshape(PIECES, PIECE))
    beyond = [round((slopes[k + 1 :].sum() / slopes.sum()).item(), 4) for k in DISTANCES]
    states, held = (trials.letter_states(model, vocabulary, page) for page in (validation, test))
    inside = {"inside": is_open(validation)}
    unit = trials.best_units(states, inside)["inside"][0]
    r = np.corrcoef(held[unit], is_open(test))[0, 1]
    return {
        "perplexity": round(text.perplexity(model, codes), 3),
        "beyond": beyond,
        "bracket": round(abs(r), 3),
        "kept": told(model, kept),
        "shown": told(model, shown),
    }


def told(model: text.CharModel, states_of: Callable) -> list[float]:
    """Correlate a weighted sum of states with open brackets, on the test text and where it is calm.

    Calm is where the last ten characters hold no bracket.
    """
    vocabulary, page, _, test = texts()
    streams = []
    for each in (page, test):
        whole = each[: len(each) // STREAM * STREAM]
        codes = torch.as_tensor(vocabulary.encode(whole).reshape(-1, STREAM))
        states = states_of(model, model.embedding(codes).detach())  # (B, T, h)
        streams.append((whole, states.flatten(0, 1).T.numpy()))
    (page, states), (test, others) = streams
    found = trials.linear_readout(states, is_open(page), others)
    near = np.convolve([each in "()" for each in test], np.ones(CALM))[: len(test)]
    return [
        round(float(np.corrcoef(found[where], is_open(test)[where])[0, 1]), 3)
        for where in (near >= 0, near == 0)
    ]


@torch.no_grad()
def shown(model: text.CharModel, x: torch.Tensor) -> torch.Tensor:
    """Return the hidden states."""
    return model.recurrent(x)[0]


def kept(model: text.CharModel, x: torch.Tensor) -> torch.Tensor:
    """Return what the network carries from step to step along its own path."""
    if isinstance(model.recurrent, LSTM):
        return model.recurrent.trace(x)["c"].transpose(0, 1)
    return shown(model, x)


def is_open(page: str) -> np.ndarray:
    """Return whether a round bracket is open after each character of a text."""
    signs = np.array([(c == "(") - (c == ")") for c in page])
    return (np.cumsum(signs) > 0).astype(float)
