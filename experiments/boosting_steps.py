"""Do small steps, shallow trees and half of the rows help gradient boosting on the patients?

The 442 patients of the diabetes study, in ten splits with a quarter for testing. For each learning
rate, depth and share of the rows, 300 trees are boosted on squared error, and the root mean squared
error of the training and the test patients is kept after each of a few numbers of trees. Also kept:
the smallest test error on the way, split by split, and after how many trees it came.
"""

import itertools

import numpy as np
from sklearn.model_selection import train_test_split

from course_lib.datasets import load_diabetes
from course_lib.trees.boosting import GradientBoostingRegressor
from course_lib.trees.boosting_measures import rmse_by_round

SEED = 0
SPLITS = 10
TOLERANCE = {"training": 2.0, "test": 2.0, "least": 2.0, "after": 300}

RATES = (0.03, 0.1, 0.3, 1.0)
DEPTHS = (1, 2, 4, 6)
ROWS = (1.0, 0.5)
MOST_TREES = 300
TREES = sorted({round(t) for t in np.geomspace(1, MOST_TREES, 40)})


def setting(rate: float, depth: int, rows: float) -> str:
    """Return the name of a setting in the result."""
    return f"{rate:g}, {depth}, {rows:g}"


def parts() -> list[str]:
    """Return the names of the parts: the splits."""
    return [str(split) for split in range(SPLITS)]


def part(name: str) -> dict:
    """Return the curves of every setting on one split."""
    table, seed = load_diabetes(), SEED + int(name)
    A, B, a, b = train_test_split(table.X, table.y, test_size=0.25, random_state=seed)
    found = {}
    for rate, depth, rows in itertools.product(RATES, DEPTHS, ROWS):
        model = GradientBoostingRegressor(
            learning_rate=rate,
            max_depth=depth,
            subsample=rows,
            n_estimators=MOST_TREES,
            random_state=seed,
        ).fit(A, a)
        test = rmse_by_round(model, B, b)
        training = np.sqrt(2 * model.train_loss_[1:])  # of half the squares
        at = np.array(TREES) - 1
        found[setting(rate, depth, rows)] = {
            "training": training[at].round(2).tolist(),
            "test": test[at].round(2).tolist(),
            "least": round(float(test.min()), 3),
            "after": 1 + int(test.argmin()),
        }
    return found


def run(done: dict) -> dict:
    """Average the curves over the splits; keep the smallest errors of each split."""
    found = [done[split] for split in parts()]
    result: dict = {"trees": TREES}
    for what in ("training", "test"):
        result[what] = {
            name: np.mean([one[name][what] for one in found], axis=0).round(2).tolist()
            for name in found[0]
        }
    for what in ("least", "after"):
        result[what] = {name: [one[name][what] for one in found] for name in found[0]}
    return result
