"""Do larger leaves, deeper trees or fewer pixels for each split help boosting on the digits?

The ten splits of the experiment `boosting`, 600 digits for training and 1,197 for testing. Gradient
boosting and AdaBoost have trees of depth 3 and 8, with leaves of at least 1 or 20 rows (20 is the
default of HistGradientBoosting), and scikit-learn's GradientBoosting draws 8 of the 64 pixels for
each split. All have 100 rounds. Nothing is chosen: every setting's test error is kept.
"""

from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier as SklearnClassifier
from sklearn.model_selection import train_test_split

from course_lib.trees import DecisionTreeClassifier
from course_lib.trees.boosting import AdaBoostClassifier, GradientBoostingClassifier

SEED = 0
SPLITS = 10
TOLERANCE = {"error": 4.0}

ROUNDS = 100
GRADIENT = ((2, 1), (3, 1), (3, 20), (8, 1), (8, 20))  # depth, smallest leaf
ADABOOST = ((3, 1), (8, 1), (8, 20))
PIXELS = 8  # the root of 64, which a forest draws by default


def settings() -> dict[str, object]:
    """Return the boosters by name: "gradient boosting, 3, 20" has depth 3 and leaves of 20 rows."""
    found: dict[str, object] = {}
    for depth, leaf in GRADIENT:
        found[f"gradient boosting, {depth}, {leaf}"] = GradientBoostingClassifier(
            n_estimators=ROUNDS, max_depth=depth, min_samples_leaf=leaf
        )
    for depth, leaf in ADABOOST:
        tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf)
        found[f"AdaBoost, {depth}, {leaf}"] = AdaBoostClassifier(
            tree, n_estimators=ROUNDS, random_state=SEED
        )
    for leaf in (1, 20):
        found[f"GradientBoosting, 3, {leaf}, {PIXELS} pixels"] = SklearnClassifier(
            n_estimators=ROUNDS,
            max_depth=3,
            min_samples_leaf=leaf,
            max_features=PIXELS,
            random_state=SEED,
        )
    return found


def parts() -> list[str]:
    """Return the names of the parts: the splits."""
    return [str(split) for split in range(SPLITS)]


def part(name: str) -> dict:
    """Return the test error of every setting on one split, in per cent."""
    X, y = load_digits(return_X_y=True)
    seed = SEED + int(name)
    A, B, a, b = train_test_split(X, y, train_size=600, stratify=y, random_state=seed)
    found = {}
    for setting, model in settings().items():
        found[setting] = round(100 - 100 * float(model.fit(A, a).score(B, b)), 3)
    return found


def run(done: dict) -> dict:
    """Return the ten errors of each setting."""
    return {"error": {one: [done[split][one] for split in parts()] for one in settings()}}
