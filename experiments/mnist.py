"""How many of the 10,000 test digits of MNIST do neighbours and a network misread?

The neighbours see raw pixels and choose k on the last 10,000 training digits; then they have all
60,000. The network is LeNet-5 in its common form with ReLU and max pooling, 61,706 parameters. It
trains on all of them by one recipe, for three seeds, and is tested after the last epoch.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from course_lib import datasets
from course_lib.neighbors import KNeighborsClassifier
from course_lib.nn.cnn import as_input, count_parameters
from course_lib.nn.training import accuracy, evaluate, fit, seeded
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 3
TOLERANCE = {"network_errors": 25, "neighbour_errors": 3, "validation_errors": 3}

NEIGHBOURS = (1, 3, 5, 7, 9, 11)
N_VALIDATION = 10_000
N_EPOCHS = 5
BATCH_SIZE = 64


def parts() -> list[str]:
    """Return the names of the parts: the neighbours, and the network from each seed."""
    return ["neighbours", *(f"network, seed {SEED + k}" for k in range(N_SEEDS))]


def part(name: str) -> dict:
    """Return how many test digits are misread."""
    if name == "neighbours":
        return neighbours()
    return network(int(name.rpartition(" ")[2]))


def run(done: dict) -> dict:
    """Put the parts together."""
    result = done.pop("neighbours")
    result["parameters"] = count_parameters(lenet())
    result["network_errors"] = [found["errors"] for found in done.values()]
    return result


def neighbours() -> dict:
    """Choose k on a part of the training digits; return the errors there and on the test digits."""
    X, y = rows("train")
    X_test, y_test = rows("test")
    first, last = slice(len(X) - N_VALIDATION), slice(len(X) - N_VALIDATION, None)
    model = KNeighborsClassifier().fit(X[first], y[first])
    errors = {k: misread(model.set_params(n_neighbors=k), X[last], y[last]) for k in NEIGHBOURS}
    best = min(errors, key=errors.get)
    model = KNeighborsClassifier(best).fit(X, y)
    return {
        "k": best,
        "validation_errors": {str(k): count for k, count in errors.items()},
        "neighbour_errors": misread(model, X_test, y_test),
    }


def rows(subset):
    """Return the digits of a subset as rows of 784 numbers from 0 to 1, and their labels."""
    X, y, _ = datasets.load_mnist(subset)
    return X.reshape(len(X), -1).astype(np.float32) / 255, y


def misread(model, X, y) -> int:
    """Return how many digits a model labels wrongly."""
    return int(np.count_nonzero(model.predict(X) != y))


def lenet() -> nn.Module:
    """Return the network for digits of 28 × 28 pixels."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


def network(seed) -> dict:
    """Train the network; return its errors on the test digits."""
    torch.set_num_threads(1)
    train, test = (
        (as_input(X), torch.as_tensor(y))
        for X, y, _ in (datasets.load_mnist(subset) for subset in ("train", "test"))
    )
    with seeded(seed):
        model = lenet()
    steps = N_EPOCHS * -(-len(train[0]) // BATCH_SIZE)
    fit(
        model,
        F.cross_entropy,
        train,
        n_epochs=N_EPOCHS,
        batch_size=BATCH_SIZE,
        optimizer=torch.optim.Adam(model.parameters()),
        schedule=WarmupCosine(0.003, steps=steps, warmup=steps // 10),
        random_state=seed,
        progress=False,
    )
    right = evaluate(model, F.cross_entropy, test, metrics={"right": accuracy})["right"]
    return {"errors": round(len(test[0]) * (1 - right))}
