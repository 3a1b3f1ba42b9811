"""Is boosting better than a forest, a tree, a linear model, and on pictures than neighbours?

Tumours (569, two classes), patients (442, a number) and handwritten digits (1,797, ten classes), in
ten splits of each: a third is the test set, of the digits all but 600. Every rival chooses what it
has to choose on a quarter of the training part, and is then fitted to all of it; the test set is
used once. The boosters choose their depth and the number of rounds, at a learning rate of 0.1
(AdaBoost at 1). Ours stands beside scikit-learn's GradientBoosting and HistGradientBoosting.
"""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import (
    GradientBoostingClassifier as SklearnClassifier,
)
from sklearn.ensemble import (
    GradientBoostingRegressor as SklearnRegressor,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier as SklearnTree
from sklearn.tree import DecisionTreeRegressor as SklearnTreeRegressor

from course_lib.datasets import load_diabetes
from course_lib.trees import DecisionTreeClassifier
from course_lib.trees.boosting import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)

SEED = 0
SPLITS = 10
TOLERANCE = {"error": 4.0, "chosen": 300}

DATA = ("tumours", "patients", "digits")
ROUNDS = {"tumours": 200, "patients": 200, "digits": 100}
DEPTHS = {"tumours": (1, 2, 3, 5), "patients": (1, 2, 3, 5), "digits": (2, 3)}
PRICES = np.geomspace(1e-3, 1e3, 13)  # of the weights of a linear model


def rows(data: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and the targets."""
    if data == "patients":
        table = load_diabetes()
        return table.X, table.y
    return (load_breast_cancer if data == "tumours" else load_digits)(return_X_y=True)


def rivals(data: str) -> dict[str, list]:
    """Return for each rival the settings that it chooses among."""
    numbers, depths, T = data == "patients", DEPTHS[data], ROUNDS[data]
    if numbers:
        ours, theirs, hist = (
            GradientBoostingRegressor,
            SklearnRegressor,
            HistGradientBoostingRegressor,
        )
    else:
        ours, theirs, hist = (
            GradientBoostingClassifier,
            SklearnClassifier,
            HistGradientBoostingClassifier,
        )
    tree, forest = (
        (SklearnTreeRegressor, RandomForestRegressor)
        if numbers
        else (SklearnTree, RandomForestClassifier)
    )
    linear = Ridge if numbers else LogisticRegression
    found = {
        "linear model": [
            make_pipeline(
                StandardScaler(),
                linear(alpha=price) if numbers else linear(C=1 / price, max_iter=2000),
            )
            for price in PRICES
        ],
        "one tree": [tree(max_leaf_nodes=2**k, random_state=SEED) for k in range(1, 9)],
        "forest": [
            forest(n_estimators=200, max_features=share, random_state=SEED, n_jobs=1)
            for share in ("sqrt", 1 / 3, 1.0)
        ],
        "gradient boosting": [ours(n_estimators=T, max_depth=depth) for depth in depths],
        "GradientBoosting": [
            theirs(n_estimators=T, max_depth=depth, random_state=SEED) for depth in depths
        ],
        "HistGradientBoosting": [
            hist(max_iter=T, max_depth=depth, early_stopping=False) for depth in depths
        ],
    }
    if not numbers:
        found["AdaBoost"] = [
            AdaBoostClassifier(DecisionTreeClassifier(max_depth=depth), n_estimators=T)
            for depth in (*depths, 8)
        ]
    if data == "digits":
        found["nearest neighbours"] = [KNeighborsClassifier(k) for k in (1, 3, 5, 9)]
        found["RBF machine"] = [
            SVC(C=C, gamma=gamma) for C in (1, 10, 100) for gamma in (1e-4, 3e-4, 1e-3, 3e-3)
        ]
    return found


def parts() -> list[str]:
    """Return the names of the parts: the data and the number of the split."""
    return [f"{data}, {k}" for data in DATA for k in range(SPLITS)]


def part(name: str) -> dict:
    """Return the test error of every rival on one split, and what it chose."""
    data, split = name.split(", ")
    X, y = rows(data)
    labels = None if data == "patients" else y
    size = {"train_size": 600} if data == "digits" else {"test_size": 1 / 3}
    X, X_new, y, y_new = train_test_split(
        X, y, stratify=labels, random_state=SEED + int(split), **size
    )
    labels = None if data == "patients" else y
    inner = train_test_split(X, y, test_size=1 / 4, stratify=labels, random_state=SEED)
    found: dict = {"error": {}, "chosen": {}}
    with warnings.catch_warnings(action="ignore"):  # of settings that validation turns down
        for rival, settings in rivals(data).items():
            place, rounds = chosen(settings, inner)
            model = clone(settings[place])
            if rounds is not None:
                model.set_params(**{rounds_name(model): rounds})
            predicted = model.fit(X, y).predict(X_new)
            found["error"][rival] = round(error(y_new, predicted, data), 3)
            found["chosen"][rival] = [place, rounds or 0]
    return found


def error(y: np.ndarray, predicted: np.ndarray, data: str) -> float:
    """Return per cent wrong, or the root mean squared error of numbers."""
    if data == "patients":
        return float(np.sqrt(np.mean((y - predicted) ** 2)))
    return float(100 * np.mean(y != predicted))


def rounds_name(model: object) -> str:
    """Return the name of the parameter that counts the rounds."""
    return "max_iter" if hasattr(model, "max_iter") else "n_estimators"


def chosen(settings: list, inner: list) -> tuple[int, int | None]:
    """Return the place of the best setting on the held-out rows, and its number of rounds."""
    A, B, a, b = inner
    found = []
    for place, setting in enumerate(settings):
        model = clone(setting).fit(A, a)
        if hasattr(model, "staged_predict"):
            losses = [held_out_loss(b, F) for F in model.staged_predict(B)]
            found.append((min(losses), place, 1 + int(np.argmin(losses))))
        else:
            found.append((held_out_loss(b, model.predict(B)), place, None))
    _, place, rounds = min(found, key=lambda one: one[0])
    return place, rounds


def held_out_loss(b: np.ndarray, predicted: np.ndarray) -> float:
    """Return the share of wrong labels, or the mean squared error of numbers."""
    numbers = b.dtype.kind == "f"
    return float(np.mean((b - predicted) ** 2 if numbers else b != predicted))


def run(done: dict) -> dict:
    """Put the splits together: for each data set the ten errors and choices of each rival."""
    result: dict = {"error": {}, "chosen": {}}
    for data in DATA:
        found = [done[f"{data}, {k}"] for k in range(SPLITS)]
        for what in result:
            result[what][data] = {
                rival: [one[what][rival] for one in found] for rival in found[0][what]
            }
    return result
