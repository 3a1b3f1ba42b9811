"""What does training make of good and bad first weights, in networks of 20 layers?

The networks of 20 layers of the experiment `initialisation` in its first seed: 100 units a layer,
ReLU or tanh, weights of size 0.01, Xavier's, He's and orthogonal ones, 600 digits, momentum 0.9,
250 steps of 32, each at the η that was chosen for it there (0.01 where no η left chance). They are
looked at before the first step and after some steps: which share of the 797 test digits is right,
what they say to the first twelve of them, and the mean squares of each layer's sums for the first
hundred.
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import BENDS, ManyNetworks, evaluate_many, train_many

SEED = 0
TOLERANCE = {"relu": 1000.0, "tanh": 1000.0}

LAYERS, STEPS, LOOKS = 20, 250, (0, 10, 30, 60, 100, 150, 250)
SHOWN, MEASURED = 12, 100
STARTS = ("0.01", "xavier", "he", "orthogonal")
RATES = {"relu": (0.01, 0.01, 0.003, 0.003), "tanh": (0.01, 0.01, 0.01, 0.01)}


def data() -> dict:
    """Return the sets of the first seed, standardised by the first, and the shown digits' rows."""
    X, y = load_digits(return_X_y=True)
    rows = np.arange(len(y))
    train, rest = train_test_split(rows, train_size=600, stratify=y, random_state=SEED)
    _, test = train_test_split(rest, train_size=400, stratify=y[rest], random_state=SEED)
    X = X / 16
    mean, size = X[train].mean(axis=0), X[train].std(axis=0)
    size[size < 0.05] = 1
    X = (X - mean) / size
    return {"train": (X[train], y[train]), "test": (X[test], y[test]), "rows": test[:SHOWN]}


def mean_squares(networks, X) -> list[list[float]]:
    """Return the mean squares of the sums of each layer, (layers, N), to three digits."""
    H, found = torch.as_tensor(X, dtype=networks.dtype).expand(len(networks), *X.shape), []
    for layer, (W, b) in enumerate(zip(networks.W, networks.b, strict=True)):
        H = ((BENDS[networks.activation](H) if layer else H) @ W + b).detach()
        found.append([float(f"{v:.3g}") for v in H.double().square().mean((1, 2)).tolist()])
    return found


def part(activation: str) -> dict:
    """Return what was seen, the looks first and the networks last."""
    torch.set_num_threads(1), torch.set_flush_denormal(True)
    sets, found = data(), {"right": [], "answers": [], "sums": []}
    orthogonal = 2**0.5 if activation == "relu" else 1
    networks = ManyNetworks(
        [64, *[100] * (LAYERS - 1), 10],
        activation,
        init=[0.01, *STARTS[1:]],
        gain=[1, 1, 1, orthogonal],
        seeds=[SEED] * len(STARTS),
    )
    X, y = sets["test"]

    def look(step: int) -> None:
        if step in LOOKS:
            found["right"].append(evaluate_many(networks, X, y)["accuracy"].round(4).tolist())
            found["answers"].append(networks(X[:SHOWN]).argmax(-1).tolist())
            found["sums"].append(mean_squares(networks, X[:MEASURED]))

    look(0)
    got = train_many(
        networks,
        *sets["train"],
        eta=RATES[activation],
        n_steps=STEPS,
        batch_size=32,
        every=10,
        at_look=look,
    )
    return found | {"loss": got.losses.round(4).tolist()}


def parts() -> list[str]:
    """Return the names of the parts, the activations."""
    return list(RATES)


def run(done: dict) -> dict:
    """Return what was seen by activation, with the rows of the digits that are shown."""
    rows = data()["rows"].tolist()
    return {"looks": list(LOOKS), "starts": list(STARTS), "rates": RATES, "rows": rows} | done
