"""Do margin losses gain more on digits than softmax with a scale that was chosen as well?

Twelve times three of the ten handwritten digits are new, and small networks learn the other seven
from 120 pictures each. To choose, they learn from 90 of the 120 and are judged by the mean equal
error rate of the pairs of the other 30. The losses that normalise both vectors choose their scale s
like that, with a learning rate of 0.001; then every loss chooses its learning rate, in the first
six runs. With what was chosen each loss learns from all 120, and is measured on pairs of 54 further
pictures of each of the seven digits and of 174 of each of the three new ones, which nothing was
chosen by. Beside that stands the same with a scale of 16 and a rate of 0.001 for all.
"""

import numpy as np
from sklearn.datasets import load_digits

from course_lib.nn.margin_losses import SCALE
from course_lib.nn.margin_trials import new_classes

SEED = 0  # the runs are numbered from 0, and a run's number is what its randomness starts from
N_RUNS, N_CHOOSING = 12, 6
TOLERANCE = {
    "chosen": 100,
    "scales": 0.05,
    "rates": 0.1,
    "accuracy": 0.1,
    "eer_seen": 0.1,
    "eer_new": 0.2,
    "within": 15,
    "nearest": 20,
}

LOSSES = {
    "softmax": ("softmax", None),
    "modified": ("A-Softmax", 1),  # no margin
    "normalised": ("normalised", None),
    "L-Softmax": ("L-Softmax", 4),
    "A-Softmax": ("A-Softmax", 4),
    "CosFace": ("CosFace", 0.35),
    "ArcFace": ("ArcFace", 0.5),
}
SCALED = ("normalised", "CosFace", "ArcFace")
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
FIRST_RATE, RATES = 0.001, (0.001, 0.003, 0.01, 0.03, 0.1)
LEARNED, VALIDATED, TESTED = 90, 30, 54
MEASURES = [name for name in TOLERANCE if name not in ("chosen", "scales", "rates")]


def run() -> dict:
    """Choose scales and rates, and measure: all runs by measure, tuned or not, and loss."""
    chosen = {loss: {"s": SCALE, "rate": FIRST_RATE} for loss in LOSSES}
    untuned = tested(chosen)
    scales, rates = ({loss: {} for loss in losses} for losses in (SCALED, LOSSES))
    for s in SCALES:
        for loss, rate in validated(SCALED, s, FIRST_RATE, N_RUNS).items():
            scales[loss][f"{s:g}"] = rate
    for loss, tried in scales.items():
        chosen[loss]["s"] = float(min(tried, key=tried.get))
    for eta in RATES:
        for s in {one["s"] for one in chosen.values()}:
            losses = [loss for loss, one in chosen.items() if one["s"] == s]
            for loss, rate in validated(losses, s, eta, N_CHOOSING).items():
                rates[loss][f"{eta:g}"] = rate
    for loss, tried in rates.items():
        chosen[loss]["rate"] = float(min(tried, key=tried.get))
    both = {"tuned": tested(chosen), "untuned": untuned}
    return {"chosen": chosen, "scales": scales, "rates": rates} | {
        key: {name: {loss: one[key] for loss, one in found.items()} for name, found in both.items()}
        for key in MEASURES
    }


def validated(losses, s: float, eta: float, runs: int) -> dict:
    """Return each loss's mean equal error rate on pictures that were held back."""
    found = learned(losses, s, eta, runs=runs, n_train=LEARNED, n_test=VALIDATED)
    return {loss: round(float(np.mean(one["eer_seen"])), 4) for loss, one in found.items()}


def tested(chosen: dict) -> dict:
    """Return the measures of losses with their scales and rates, on pictures for testing."""
    found = {}
    for s, eta in {tuple(one.values()) for one in chosen.values()}:
        losses = [loss for loss, one in chosen.items() if tuple(one.values()) == (s, eta)]
        sizes = {"n_train": LEARNED + VALIDATED, "n_test": TESTED}
        found |= learned(losses, s, eta, runs=N_RUNS, **sizes)
    return {loss: found[loss] for loss in LOSSES}


def learned(losses, s: float, eta: float, **options) -> dict:
    """Return by loss and measure the values of all runs."""
    X, y = load_digits(return_X_y=True)
    found = new_classes(X / 16, y, [LOSSES[loss] for loss in losses], s=s, eta=eta, **options)
    return {
        loss: {key: np.round(found[key][LOSSES[loss]], 4).tolist() for key in MEASURES}
        for loss in losses
    }
