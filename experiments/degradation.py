"""Do deep plain networks train worse than shallow ones, and do shortcuts mend it?

The networks of He et al. for small pictures, with batch normalisation, are trained on 3,200 grey
digits on clutter, 16 × 16 pixels: with 8, 20 and 32 layers, without shortcuts ("plain") and with
them ("residual"), which add no weight. Both have the same first weights. Each learns for 400
updates of 16 pictures from three seeds, at each of three or four learning rates: a grid was made
longer where the smallest mean loss stood at its end.

A loss is that of the training batches, so what is compared is training, not generalisation.
"""

from functools import cache

import numpy as np
import torch
from torch.nn import functional as F

from course_lib import datasets
from course_lib.nn.architectures import SmallResNet
from course_lib.nn.cnn import as_input, count_parameters
from course_lib.nn.training import accuracy, evaluate, fit, seeded
from course_lib.optim import WarmupCosine

SEED = 0
N_SEEDS = 3
TOLERANCE = {"curves": 1.5, "loss": 1.0, "accuracy": 0.4, "rate": 1.0}

DEPTHS = (8, 20, 32)
RATES = {
    "plain, 8": (0.01, 0.03, 0.1, 0.3),
    "residual, 8": (0.01, 0.03, 0.1, 0.3),
    "plain, 20": (0.01, 0.03, 0.1),
    "residual, 20": (0.01, 0.03, 0.1),
    "plain, 32": (0.003, 0.01, 0.03, 0.1),
    "residual, 32": (0.01, 0.03, 0.1),
}
PICTURES, BATCH, EPOCHS = 3200, 16, 2  # 200 updates an epoch
WARMUP = 20
THIN = 20  # updates that a point of a curve is the mean of
LAST = 50  # updates at the end whose mean is the loss


def parts() -> list[str]:
    """Return the names of the parts: a network of a depth at a rate."""
    return [f"{name}, {rate}" for name, rates in RATES.items() for rate in rates]


def part(name: str) -> dict:
    """Return curve, loss and test accuracy of a network at a rate, from every seed."""
    torch.set_num_threads(1)
    kind, depth, rate = name.split(", ")
    found = [learn(kind, int(depth), float(rate), SEED + k) for k in range(N_SEEDS)]
    return {key: [one[key] for one in found] for key in found[0]}


def run(done: dict) -> dict:
    """Put the parts together; the best rate has the smallest mean loss over the seeds.

    Which network has the lower loss in every seed, each at its best rate, must come out again at 20
    and at 32 layers.
    """
    result = {"rates": RATES, "updates_per_point": THIN}
    result["parameters"] = {str(d): count_parameters(new_network("plain", d, 0)) for d in DEPTHS}
    for name, rates in RATES.items():
        found = {str(rate): done[f"{name}, {rate}"] for rate in rates}
        for key, kind in (("curves", "curve"), ("loss", "loss"), ("accuracy", "accuracy")):
            values = {rate: one[kind] for rate, one in found.items()}
            result.setdefault(key, {})[name] = values
        best = min(rates, key=lambda rate: np.mean(found[str(rate)]["loss"]))
        result.setdefault("rate", {})[name] = best
    result["lower in every seed"] = {str(depth): lower(result, depth) for depth in (20, 32)}
    return result


def lower(result: dict, depth: int) -> str:
    """Return the kind whose loss is lower in every seed, each at its best rate, or "neither"."""
    names = [f"{kind}, {depth}" for kind in ("plain", "residual")]
    plain, residual = (np.array(result["loss"][n][str(result["rate"][n])]) for n in names)
    if (residual < plain).all():
        return "residual"
    return "plain" if (plain < residual).all() else "neither"


def new_network(kind: str, depth: int, seed: int) -> SmallResNet:
    """Return an untrained network; the plain and the residual one of a seed start alike."""
    with seeded(seed):
        return SmallResNet(depth, residual=kind == "residual", widths=(8, 16, 32), channels=1)


def learn(kind: str, depth: int, rate: float, seed: int) -> dict:
    """Train a network; return its thinned curve, the loss at its end and its test accuracy."""
    train, test = pictures()
    model = new_network(kind, depth, seed)
    history = fit(
        model,
        F.cross_entropy,
        train,
        n_epochs=EPOCHS,
        batch_size=BATCH,
        optimizer=torch.optim.SGD(model.parameters(), momentum=0.9, weight_decay=1e-4),
        schedule=WarmupCosine(rate, steps=EPOCHS * (PICTURES // BATCH), warmup=WARMUP),
        random_state=seed,
        progress=False,
    )
    losses = np.array(history.step_losses)
    right = evaluate(model, F.cross_entropy, test, metrics={"accuracy": accuracy})["accuracy"]
    return {
        "curve": losses.reshape(-1, THIN).mean(axis=1).round(3).tolist(),
        "loss": round(float(losses[-LAST:].mean()), 4),
        "accuracy": round(right, 3),
    }


@cache
def pictures() -> tuple:
    """Return training and test data: grey digits on clutter, averaged to 16 × 16 pixels."""
    split = datasets.glyph_split(PICTURES, 1000, clutter=0.5, color=False)
    halved = [F.avg_pool2d(as_input(X), 2) for X in (split.X_train, split.X_test)]
    labels = [torch.as_tensor(y) for y in (split.y_train, split.y_test)]
    return tuple(zip(halved, labels, strict=True))
