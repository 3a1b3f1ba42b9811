"""Does the error of a fit on random features fall again, once it has more weights than samples?

Ten times 300 of the digits are drawn for training and 1,000 for testing; 0, 10 or 20 % of the
training labels are drawn anew. The features are ReLUs of random projections, the more the nested;
the fit is the one of least squares with the smallest weights, and ridge regression beside it.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.nn.many import noisy_labels
from course_lib.nn.random_features import width_errors

SEED = 0
N_SEEDS = 10
TOLERANCE = {"train": 0.05, "test": 0.2, "loss": 1e9, "norm": 1e9}

NOISE = (0.0, 0.1, 0.2)
PRICES = (0.0, 3e-4, 3e-2)  # 1e-6 and 1e-4 times the number of samples
N = 300
WIDTHS = (10, 20, 40, 60, 80, 120, 160, 200, 240, 270, 285, 300, 310, 320, 330, 350, 400, 500)
WIDTHS = (*WIDTHS, 700, 1000, 1500, 2000, 3000)


def parts() -> list[str]:
    """Return the names of the parts: the shares of new labels."""
    return [str(noise) for noise in NOISE]


def part(name: str) -> dict:
    """Return the measures of every price: each (seeds, widths)."""
    X, y = load_digits(return_X_y=True)
    found = {which: {} for which in ("train", "test", "loss", "norm")}
    for seed in range(SEED, SEED + N_SEEDS):
        A, B, a, b = train_test_split(
            X / 16, y, train_size=N, test_size=1000, stratify=y, random_state=seed
        )
        a = noisy_labels(a, float(name), n_classes=10, random_state=seed)
        for lam in PRICES:
            got = width_errors(A, a, B, b, WIDTHS, lam=lam, random_state=seed)
            for which, rows in found.items():
                digits = 4 if which in ("train", "test") else 6
                rows.setdefault(str(lam), []).append(np.round(got[which], digits).tolist())
    return found


def run(done: dict) -> dict:
    """Return the measures by noise and price."""
    result = {"widths": list(WIDTHS)}
    for which in ("train", "test", "loss", "norm"):
        result[which] = {name: done[name][which] for name in parts()}
    return result
