"""What decides how well digits on clutter are read: the features, the learner or the data?

Every learner sees the same pictures of one fixed split in three ways: as grey pixels, through the
histograms of oriented gradients that a person designed, and through the features that a
convolutional network learned from the same training pictures. The clutter of the grounds and the
number of training pictures change; the 1,000 test pictures of a clutter stay. Whatever a learner
has to choose, it chooses on the last quarter of its training pictures, and then learns from all of
them; the test pictures are used once. The network chooses nothing: it trains on all of them by one
recipe.
"""

from functools import cache

import torch
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from course_lib import datasets
from course_lib.images.color import rgb_to_gray
from course_lib.images.features import oriented_gradients
from course_lib.linear_models import LinearSVC, SoftmaxRegression
from course_lib.neighbors import KNeighborsClassifier
from course_lib.nn.cnn import CNN, as_input
from course_lib.nn.mlp import MLPClassifier
from course_lib.nn.training import accuracy, evaluate, fit, predict, seeded
from course_lib.optim import WarmupCosine
from course_lib.trees import (
    DecisionTreeClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)

SEED = 0
TOLERANCE = {"accuracy": 0.04, "chosen": 1e6}

CLUTTERS = (0.0, 0.5, 1.0)
SIZES = (250, 1000, 4000)
UPDATES = 600  # of the network, whatever the number of pictures
FEATURES = ("pixels", "hand-made", "learned")
LEARNERS = {
    "nearest neighbours": (
        lambda k: KNeighborsClassifier(k, weights="distance"),
        (1, 3, 5, 10, 20, 40, 80),
    ),
    "linear SVM": (
        lambda C: make_pipeline(
            StandardScaler(), OneVsRestClassifier(LinearSVC(C=C, loss="squared_hinge"))
        ),
        (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0),
    ),
    "softmax regression": (
        lambda lam: make_pipeline(StandardScaler(), SoftmaxRegression(lam=lam)),
        (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0),
    ),
    "decision tree": (
        lambda depth: DecisionTreeClassifier(max_depth=depth),
        (2, 4, 6, 9, 13, 20, 30),
    ),
    "random forest": (
        lambda share: RandomForestClassifier(
            100, max_features=share, max_bins=16, random_state=SEED
        ),
        (0.005, 0.015, 0.05, 0.15, 0.3),
    ),
    "gradient boosting": (
        lambda depth: GradientBoostingClassifier(
            n_estimators=60, max_depth=depth, subsample=0.5, max_bins=16, random_state=SEED
        ),
        (1, 2, 3, 5),
    ),
    "multilayer perceptron": (
        lambda lam: make_pipeline(
            StandardScaler(),
            MLPClassifier((100,), lam=lam, eta=0.001, n_epochs=40, random_state=SEED),
        ),
        (1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0),
    ),
}


def parts() -> list[str]:
    """Return the names of the parts, each of which is kept as soon as it is done."""
    return [f"clutter {clutter}, {n} pictures" for clutter in CLUTTERS for n in SIZES]


def part(name: str) -> dict:
    """Return accuracies on the test pictures, and what was chosen, by features and learner."""
    clutter, n = parse(name)
    _, y, _, y_test = split_of(clutter, n)
    first = 3 * n // 4
    found = {"accuracy": {}, "chosen": {}}
    for features in FEATURES:
        tried, _ = seen_as(features, clutter, n, first)
        Z, Z_test = seen_as(features, clutter, n, n)
        for learner, (new, values) in LEARNERS.items():
            value = chosen(new, values, tried, y, first)
            right = round(float(new(value).fit(Z, y).score(Z_test, y_test)), 3)
            found["chosen"].setdefault(features, {})[learner] = value
            found["accuracy"].setdefault(features, {})[learner] = right
    found["accuracy"]["learned"]["the network's own last layer"] = network_accuracy(clutter, n)
    return found


def run(done: dict) -> dict:
    """Put the parts together: accuracy and choice by clutter, then by number of pictures."""
    result = {"accuracy": {}, "chosen": {}}
    for name, found in done.items():
        clutter, n = parse(name)
        for what, values in found.items():
            result[what].setdefault(str(clutter), {})[str(n)] = values
    return result


def parse(name: str) -> tuple[float, int]:
    """Return clutter and number of pictures of a part."""
    _, clutter, n, _ = name.replace(",", "").split()
    return float(clutter), int(n)


def split_of(clutter, n):
    """Return X, y, X_test, y_test of the course's split with this clutter."""
    return datasets.glyph_split(n, clutter=clutter)[:4]


def seen_as(features, clutter, n, n_learned):
    """Return what learners see of n training pictures and the test pictures, a row a picture.

    Learned features were learned from the first n_learned training pictures.
    """
    X, _, X_test, _ = split_of(clutter, n)
    if features == "learned":
        network = trained_network(clutter, n, n_learned)
        body = torch.nn.Sequential(network.blocks, network.head[:-1])
        return tuple(predict(body, as_input(one)).cpu().double().numpy() for one in (X, X_test))
    if features == "hand-made":
        return oriented_gradients(X), oriented_gradients(X_test)
    return tuple(rgb_to_gray(one / 255).reshape(len(one), -1) for one in (X, X_test))


def chosen(new, values, Z, y, first):
    """Return the value whose learner, fitted to the first rows, reads most of the others right."""
    right = [new(v).fit(Z[:first], y[:first]).score(Z[first:], y[first:]) for v in values]
    return values[right.index(max(right))]


@cache
def trained_network(clutter, n, first):
    """Return the chapter's convolutional network, trained on the first of n pictures."""
    X, y = (one[:first] for one in split_of(clutter, n)[:2])
    torch.set_num_threads(1)
    with seeded(SEED):
        network = CNN(widths=(16, 32, 64), kernel=(5, 3, 3))
    batches = -(-first // 64)
    n_epochs = -(-UPDATES // batches)
    schedule = WarmupCosine(0.01, steps=n_epochs * batches, warmup=n_epochs * batches // 10)
    data = as_input(X), torch.as_tensor(y)
    adam = torch.optim.Adam(network.parameters())
    options = {"optimizer": adam, "schedule": schedule, "random_state": SEED, "progress": False}
    fit(network, F.cross_entropy, data, n_epochs=n_epochs, batch_size=64, **options)
    return network


def network_accuracy(clutter, n) -> float:
    """Return the share of the test pictures that the network itself reads right."""
    _, _, X_test, y_test = split_of(clutter, n)
    test = as_input(X_test), torch.as_tensor(y_test)
    metrics = {"right": accuracy}
    found = evaluate(trained_network(clutter, n, n), F.cross_entropy, test, metrics=metrics)
    return round(found["right"], 3)
