"""Which strategy makes the best classifier of many classes out of machines for two?

One-vs-rest, one-vs-one, the decision DAG and the label tree, each around a linear machine and
around an RBF machine, on the digits and on the irises, in ten splits of each: a third is the test
set. Inside the training part every strategy chooses its own cost C from one grid, by its own
accuracy on a quarter held out, and is then fitted to the whole training part. The k nearest
neighbours, which need no strategy, choose their k in the same way, and so does a label tree of the
same shape with the classes at random places. Softmax regression, one linear model of all classes,
chooses its penalty λ in the same way, and so do one-vs-rest and one-vs-one around logistic
regression, which has the same loss. Also counted on each test set: the ties of one-vs-one, what
one-vs-rest claims not once, and the mistakes of the trees, with those made at the root.
"""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from course_lib.linear_models import LogisticRegression, SoftmaxRegression
from course_lib.linear_models.svm import KernelSVC, LinearSVC
from course_lib.multiclass import (
    DecisionDAGClassifier,
    LabelTree,
    LabelTreeClassifier,
    OneVsOneClassifier,
    OneVsRestClassifier,
)
from course_lib.neighbors import KNeighborsClassifier

SEED = 0
SPLITS = 10
TOLERANCE = {"accuracy": 0.01, "counts": 3, "at_an_edge": 3}

DATA = {"digits": load_digits, "iris": load_iris}
COSTS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
NEIGHBORS = [1, 3, 5, 9, 15, 25, 45]
PRICES = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0]


class ShuffledTree(LabelTreeClassifier):
    """A label tree of the same shape, with the classes at random leaves."""

    seed = SEED

    def _signs(self, X, codes, weights):
        signs = super()._signs(X, codes, weights)  # learns the tree
        K = len(self.classes_)
        moved = np.append(np.random.default_rng(self.seed).permutation(K), np.arange(K, 2 * K - 1))
        merges = self.tree_.merges.copy()
        merges[:, :2] = moved[merges[:, :2].astype(int)]
        self.tree_ = LabelTree(merges)
        return signs[np.argsort(moved[:K])]  # class moved[k] stands where class k stood


STRATEGIES = {
    "one-vs-rest": OneVsRestClassifier,
    "one-vs-one": OneVsOneClassifier,
    "decision DAG": DecisionDAGClassifier,
    "label tree": LabelTreeClassifier,
    "shuffled tree": ShuffledTree,
}


def machines(d: int) -> dict:
    """Return the two machines for two classes; features have the variance 1 on average."""
    return {"linear": LinearSVC(tol=1e-4), "RBF": KernelSVC(gamma=1 / d)}


def parts() -> list[str]:
    """Return the names of the parts: the data and the number of the split."""
    return [f"{data}, {k}" for data in DATA for k in range(SPLITS)]


def part(name: str) -> dict:
    """Return what every rival scores on one split, and what is counted on its test set."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # of costs that validation turns down
    data, split = name.split(", ")
    ShuffledTree.seed = SEED + int(split)
    X, y = DATA[data](return_X_y=True)
    X, X_new, y, y_new = train_test_split(
        X, y, test_size=1 / 3, stratify=y, random_state=SEED + int(split)
    )
    mean, unit = X.mean(axis=0), X.std() if data == "digits" else X.std(axis=0)
    X, X_new = (X - mean) / unit, (X_new - mean) / unit
    inner = train_test_split(X, y, test_size=1 / 4, stratify=y, random_state=SEED)
    found = {"accuracy": {}, "chosen": {}, "counts": {}}
    d = X.shape[1] if data == "iris" else int(np.sum(X.std(axis=0) > 0))
    for kind, machine in machines(d).items():
        for strategy, many in STRATEGIES.items():
            rivals = [many(clone(machine).set_params(C=C)) for C in COSTS]
            best, place = chosen(rivals, inner)
            model = best.fit(X, y)
            rival = f"{strategy}, {kind}"
            found["accuracy"][rival] = round(float(np.mean(model.predict(X_new) == y_new)), 4)
            found["chosen"][rival] = place
            found["counts"] |= counts(model, rival, X_new, y_new)
    others = {
        "nearest neighbours": [KNeighborsClassifier(k) for k in NEIGHBORS],
        "softmax regression": [SoftmaxRegression(lam) for lam in PRICES],
    }
    for strategy in ("one-vs-rest", "one-vs-one"):
        many = STRATEGIES[strategy]
        others[f"logistic {strategy}"] = [many(LogisticRegression(lam)) for lam in PRICES]
    for rival, choices in others.items():
        best, place = chosen(choices, inner)
        score = np.mean(best.fit(X, y).predict(X_new) == y_new)
        found["accuracy"][rival] = round(float(score), 4)
        found["chosen"][rival] = place
    return found


def chosen(rivals: list, inner: list) -> tuple:
    """Return the rival that is most accurate on the held-out rows, and its place in the list.

    Of equals, the middle one, or the lower of the two in the middle: where the classes are
    separated without slack, a larger C changes nothing.
    """
    A, B, a, b = inner
    scores = np.array([np.mean(clone(rival).fit(A, a).predict(B) == b) for rival in rivals])
    top = np.flatnonzero(scores == scores.max())
    place = int(top[(len(top) - 1) // 2])
    return clone(rivals[place]), place


def counts(model: object, rival: str, X: np.ndarray, y: np.ndarray) -> dict:
    """Return what a strategy's own weak place shows on the test set."""
    leaf = model.predict(X)
    if isinstance(model, OneVsOneClassifier):
        return {f"{rival}: tied": int(model.tied(X).sum())}
    if isinstance(model, OneVsRestClassifier):
        claims = model.claims(X).sum(axis=1)
        return {
            f"{rival}: nobody": int(np.sum(claims == 0)),
            f"{rival}: several": int(np.sum(claims > 1)),
        }
    if isinstance(model, LabelTreeClassifier):
        right = model.tree_.children[-1, 1]  # what the root's second side holds
        sides = [np.isin(of, model.classes_[model.tree_.members(right)]) for of in (y, leaf)]
        return {
            f"{rival}: wrong": int(np.sum(leaf != y)),
            f"{rival}: wrong at the root": int(np.sum(sides[0] != sides[1])),
            f"{rival}: questions": round(float(np.mean(model.n_evaluations(X))), 2),
        }
    return {}


def run(done: dict) -> dict:
    """Put the splits together: for each data set the ten accuracies, counts and choices."""
    result = {"accuracy": {}, "counts": {}, "at_an_edge": {}}
    for data in DATA:
        found = [done[f"{data}, {k}"] for k in range(SPLITS)]
        for what in ("accuracy", "counts"):
            result[what][data] = {
                rival: [one[what][rival] for one in found] for rival in found[0][what]
            }
        result["at_an_edge"][data] = {
            rival: sum(one["chosen"][rival] in (0, len(COSTS) - 1) for one in found)  # all of seven
            for rival in found[0]["chosen"]
        }
    return result
