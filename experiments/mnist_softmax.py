"""How many of the 10,000 test digits of MNIST does softmax regression misread?

It sees raw pixels and chooses the price of its weights on the last 10,000 training digits; then it
learns from all 60,000, and meets the test digits once.
"""

import numpy as np

from course_lib import datasets
from course_lib.linear_models import SoftmaxRegression

SEED = 0  # nothing is random
TOLERANCE = {"errors": 10, "validation_errors": 10}

LAMS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
N_VALIDATION = 10_000


def run() -> dict:
    """Choose λ, learn from all training digits, and read the test digits."""
    X, y = rows("train")
    first, last = slice(len(X) - N_VALIDATION), slice(len(X) - N_VALIDATION, None)
    errors = {lam: misread(fitted(lam, X[first], y[first]), X[last], y[last]) for lam in LAMS}
    best = min(errors, key=errors.get)
    return {
        "lam": best,
        "validation_errors": {f"{lam:g}": count for lam, count in errors.items()},
        "errors": misread(fitted(best, X, y), *rows("test")),
    }


def rows(subset):
    """Return the digits of a subset as rows of 784 numbers from 0 to 1, and their labels."""
    X, y, _ = datasets.load_mnist(subset)
    return X.reshape(len(X), -1) / 255, y


def fitted(lam, X, y) -> SoftmaxRegression:
    """Return softmax regression whose weights cost λ, close to its optimum."""
    return SoftmaxRegression(lam, solver="lbfgs", tol=1e-5, max_iter=2000).fit(X, y)


def misread(model, X, y) -> int:
    """Return how many digits a model labels wrongly."""
    return int(np.count_nonzero(model.predict(X) != y))
