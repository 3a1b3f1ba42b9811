"""One-vs-rest, one-vs-one, decision DAG and label tree: by hand, and beside scikit-learn."""

import re
from collections import Counter
from typing import ClassVar

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.multiclass
import sklearn.svm
import torch
from scipy.cluster.hierarchy import linkage as scipy_linkage
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.linear_models import KernelSVC, LinearSVC
from course_lib.linear_models.logistic_regression import LogisticRegression
from course_lib.multiclass import (
    DecisionDAGClassifier,
    LabelTree,
    LabelTreeClassifier,
    OneVsOneClassifier,
    OneVsRestClassifier,
)
from course_lib.trees import DecisionTreeClassifier

STRATEGIES = [OneVsRestClassifier, OneVsOneClassifier, DecisionDAGClassifier, LabelTreeClassifier]
TRAINED = {  # for K classes
    OneVsRestClassifier: lambda K: K if K > 2 else 1,
    OneVsOneClassifier: lambda K: K * (K - 1) // 2,
    DecisionDAGClassifier: lambda K: K * (K - 1) // 2,
    LabelTreeClassifier: lambda K: K - 1,
}


def iris():
    return load_iris(return_X_y=True)


def digits():
    X, y = load_digits(return_X_y=True)
    return X[:400] / 16, y[:400]


def three_groups():
    """Three well separated classes on a line, six rows each."""
    X = np.linspace(0, 1, 18)[:, None] + np.repeat([0, 5, 12], 6)[:, None]
    return X, np.repeat(["left", "middle", "right"], 6)


class Told(ClassifierMixin, BaseEstimator):
    """Learns which classes it parts, from column 0, and reads its score in a column of its own.

    `columns` is {(first group, second group): column}, the groups tuples of classes.
    """

    def __init__(self, columns=None):
        self.columns = columns

    def fit(self, X, y):
        assert set(y.tolist()) == {0, 1}
        self.classes_ = np.arange(2)
        first, second = (tuple(np.unique(X[y == k, 0]).astype(int).tolist()) for k in (0, 1))
        self.column_ = self.columns[first, second]
        return self

    def decision_function(self, X):
        return X[:, self.column_]


PAIRS = {((0,), (1,)): 1, ((0,), (2,)): 2, ((1,), (2,)): 3}
RESTS = {((1, 2), (0,)): 1, ((0, 2), (1,)): 2, ((0, 1), (2,)): 3}


def told(strategy, columns, scores, **options):
    """Fit a strategy on classes 0 … K − 1; return it and rows that hold these scores."""
    scores = np.asarray(scores, dtype=float)
    codes = np.arange(1 + max(max(first + second) for first, second in columns))
    X = np.column_stack([codes, np.zeros((len(codes), scores.shape[1]))])
    model = strategy(Told(columns), **options).fit(X, codes)
    return model, np.column_stack([np.zeros(len(scores)), scores])


class Counting(LinearSVC):
    """Counts the rows that its copies score."""

    rows = 0

    def decision_function(self, X):
        Counting.rows += len(X)
        return super().decision_function(X)


# --- beside scikit-learn ------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("data", [iris, digits])
@pytest.mark.parametrize("name", ["OneVsRestClassifier", "OneVsOneClassifier"])
@pytest.mark.parametrize(
    "estimator",
    [
        sklearn.linear_model.LogisticRegression(max_iter=50),
        sklearn.svm.LinearSVC(random_state=0),
        sklearn.svm.SVC(),
        LinearSVC(loss="squared_hinge"),
    ],
    ids=lambda e: f"{type(e).__module__.split('.')[0]}-{type(e).__name__}",
)
def test_as_scikit_learn(name, estimator, data):
    X, y = data()
    Z = np.concatenate([X, 0.4 * X[::-1] + 0.6 * X])  # and where classes meet
    ours = {c.__name__: c for c in STRATEGIES}[name](estimator).fit(X, y)
    theirs = getattr(sklearn.multiclass, name)(estimator).fit(X, y)
    assert np.array_equal(ours.predict(Z), theirs.predict(Z))
    scores = theirs.decision_function(Z)
    assert ours.decision_function(Z) == pytest.approx(scores, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("data", [iris, digits])
def test_from_probabilities_as_scikit_learn_where_nothing_is_tied(data):
    X, y = data()
    X = X + 1e-3 * np.random.default_rng(0).standard_normal(X.shape)
    rest = OneVsRestClassifier(GaussianNB(var_smoothing=0.1)).fit(X, y)
    scores = np.sort(rest.decision_function(X), axis=1)
    alone = scores[:, -1] > scores[:, -2]
    theirs = sklearn.multiclass.OneVsRestClassifier(rest.estimator).fit(X, y)
    assert alone.mean() > 0.7
    assert np.array_equal(rest.predict(X)[alone], theirs.predict(X)[alone])
    pairs = OneVsOneClassifier(rest.estimator).fit(X, y)
    theirs = sklearn.multiclass.OneVsOneClassifier(rest.estimator).fit(X, y)
    tied = pairs.tied(X)
    assert tied.mean() < 0.3
    assert np.array_equal(pairs.predict(X)[~tied], theirs.predict(X)[~tied])


class Lots(ClassifierMixin, BaseEstimator):
    """Probabilities of ½ and a little, in a circle: 0 beats 1, 1 beats 2, and 2 beats 0."""

    def fit(self, X, y):
        self.classes_ = np.arange(2)
        self.p_ = 0.6 if X[y == 0].min() == 0 and X[y == 1].max() == 2 else 0.4
        return self

    def predict_proba(self, X):
        return np.tile([1 - self.p_, self.p_], (len(X), 1))

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


def test_a_tie_of_probabilities_does_not_favour_later_classes():
    X, y = np.arange(3.0)[:, None], np.arange(3)
    ours = OneVsOneClassifier(Lots()).fit(X, y)
    assert ours.tied(X).all()
    assert np.array_equal(ours.predict(X), [0, 0, 0])  # the sums are alike: the first class
    theirs = sklearn.multiclass.OneVsOneClassifier(Lots()).fit(X, y)
    assert np.array_equal(theirs.predict(X), [2, 2, 2])


# --- one-vs-rest --------------------------------------------------------------------------------


def test_the_highest_score_wins_and_of_equal_ones_the_first():
    scores = [[-1, 2, 1], [-3, -2, -1], [0.5, 0.5, 0.5], [0, 1, 1], [0, 0, -1]]
    model, X = told(OneVsRestClassifier, RESTS, scores)
    assert np.array_equal(model.decision_function(X), scores)
    assert model.predict(X).tolist() == [1, 2, 0, 1, 0]
    claims = model.claims(X)
    assert claims.dtype == bool
    assert claims.tolist() == [
        [False, True, True],
        [False, False, False],
        [True, True, True],
        [False, True, True],
        [False, False, False],  # 0 is no claim
    ]


def test_one_vs_rest_sees_all_rows_and_the_table_says_so():
    X, y = three_groups()
    model = OneVsRestClassifier(DecisionTreeClassifier(max_depth=2)).fit(X, y)
    assert model.signs_.tolist() == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
    assert [tree.tree_.weight[0] for tree in model.estimators_] == [18, 18, 18]
    shares = [tree.predict(X).mean() for tree in model.estimators_]
    assert shares == pytest.approx([1 / 3] * 3)


def test_of_two_classes_one_vs_rest_trains_one_classifier_and_one_class_claims():
    X, y = three_groups()
    X, y = X[:12], y[:12]
    model = OneVsRestClassifier(LinearSVC()).fit(X, y)
    alone = LinearSVC().fit(X, y)
    assert np.array_equal(model.decision_function(X), alone.decision_function(X))
    assert np.array_equal(model.predict(X), alone.predict(X))
    assert model.claims(X).tolist() == [[True, False]] * 6 + [[False, True]] * 6
    assert model.n_evaluations(X).tolist() == [1] * 12


# --- one-vs-one ---------------------------------------------------------------------------------


def test_votes_ties_and_what_breaks_them():
    scores = [
        [-1, -1, -1],  # 0, 0, 1
        [-1, 2, -3],  # a circle: 0 beats 1, 2 beats 0, 1 beats 2; sums −1, 2, −1
        [-1, 1, -1],  # a circle of equal scores: the first
        [-4, 1, -1],  # a circle; sums 3, −3, 0
        [1, 1, 1],  # 1, 2, 2
        [0, 0, 0],  # 0 votes for the first of the pair: 0, 0, 1
        [1e6, -9, 1e-9],  # 1, 0, 2: a circle; sums 9 − 1e6, 1e6, 1e-9 − 9
    ]
    model, X = told(OneVsOneClassifier, PAIRS, scores)
    votes = model.votes(X)
    assert np.issubdtype(votes.dtype, np.integer)
    assert votes.tolist() == [
        *([2, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 1, 2], [2, 1, 0], [1, 1, 1]),
    ]
    assert model.tied(X).tolist() == [False, True, True, True, False, False, True]
    assert model.predict(X).tolist() == [0, 1, 0, 0, 2, 0, 1]
    sums = np.array([[2, 0, -2], [-1, 2, -1], [0, 0, 0]])
    sums = np.vstack([sums, [[3, -3, 0], [-2, 0, 2], [0, 0, 0]]])
    added = sums / (3 * np.abs(sums) + 3)
    assert model.decision_function(X)[:6] == pytest.approx(votes[:6] + added, abs=1e-15)


def test_a_large_sum_of_confidences_outvotes_nobody():
    model, X = told(OneVsOneClassifier, PAIRS, [[-1e-3, -1e-3, -1e12], [1e-3, 1e9, -1e-3]])
    assert model.votes(X).tolist() == [[2, 1, 0], [0, 2, 1]]
    assert model.predict(X).tolist() == [0, 1]


def test_a_tie_between_two_of_four_classes():
    # 0: 2 votes, 1: 2 votes, 2: 1, 3: 1
    columns = {((i,), (j,)): 1 + p for p, (i, j) in enumerate(np.column_stack(
        np.triu_indices(4, 1)).tolist())}  # fmt: skip
    model, X = told(OneVsOneClassifier, columns, [[-1, -1, 5, -1, -1, -1], [-1, -1, -1, -1, -1, 1]])
    assert model.votes(X).tolist() == [[2, 2, 1, 1], [3, 2, 0, 1]]
    assert model.tied(X).tolist() == [True, False]
    assert model.predict(X).tolist() == [1, 0]  # sums 1 + 1 − 5 and −1 + 1 + 1


def test_a_pair_sees_the_rows_of_its_two_classes():
    X, y = three_groups()
    model = OneVsOneClassifier(DecisionTreeClassifier(max_depth=2)).fit(X[:-2], y[:-2])
    assert model.pairs_.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert model.signs_.tolist() == [[-1, -1, 0], [1, 0, -1], [0, 1, 1]]
    assert [tree.tree_.weight[0] for tree in model.estimators_] == [12, 10, 10]


# --- decision DAG -------------------------------------------------------------------------------


def test_the_first_and_the_last_of_the_list_are_compared():
    scores = [[-1, -1, 1], [1, -1, 1], [1, 1, -1], [-1, 1, 1], [-1, 0, 1], [0, -1, 1]]
    model, X = told(DecisionDAGClassifier, PAIRS, scores)
    # 0 against 2 first; if 2 is struck off then 0 against 1, else 1 against 2
    assert model.path(X).tolist() == [[1, 0], [1, 0], [1, 2], [1, 2], [1, 0], [1, 0]]
    assert model.predict(X).tolist() == [0, 1, 1, 2, 0, 0]


@pytest.mark.parametrize(
    ("order", "winner", "path"),
    [([0, 1, 2], 1, [1, 2]), ([1, 2, 0], 2, [0, 1]), ([2, 0, 1], 0, [2, 0]), (None, 1, [1, 2])],
)
def test_in_a_circle_the_order_decides(order, winner, path):
    model, X = told(DecisionDAGClassifier, PAIRS, [[-1, 1, -1]], order=order)
    assert model.predict(X).tolist() == [winner]
    assert model.path(X).tolist() == [path]


def by_hand(model, x):
    """Walk the DAG of a model for one row, with a list."""
    left, asked = list(model.order_), []
    pairs = model.pairs_.tolist()
    while len(left) > 1:
        i, j = sorted([left[0], left[-1]])
        asked.append(pairs.index([i, j]))
        score = model.estimators_[asked[-1]].decision_function(x[None])[0]
        left.remove(i if score > 0 else j)
    return model.classes_[left[0]], asked


@pytest.mark.parametrize("order", [None, [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]])
def test_the_dag_as_a_list_of_one_row_at_a_time(order):
    X, y = digits()
    Z = 0.6 * X + 0.4 * X[::-1]
    model = DecisionDAGClassifier(LogisticRegression(), order=order).fit(X, y)
    found = [by_hand(model, z) for z in Z[:80]]
    assert model.predict(Z[:80]).tolist() == [label for label, _ in found]
    assert model.path(Z[:80]).tolist() == [path for _, path in found]
    pairs = OneVsOneClassifier(LogisticRegression()).fit(X, y)
    sure = pairs.votes(Z).max(axis=1) == 9  # one class wins all its pairs
    assert 0.5 < sure.mean() < 1
    assert np.array_equal(model.predict(Z)[sure], pairs.predict(Z)[sure])


@pytest.mark.parametrize(
    "order", ["left", ["left", "right"], ["left", "left", "right"], [0, 1, 2], 3, [[1, 2, 3]], []]
)
def test_an_order_of_other_labels_is_refused(order):
    X, y = three_groups()
    with pytest.raises(ValueError, match=r"order must hold each label of .* once, got"):
        DecisionDAGClassifier(LinearSVC(), order=order).fit(X, y)


def test_an_order_of_words_and_of_a_tensor():
    X, y = three_groups()
    order = ["middle", "right", "left"]
    model = DecisionDAGClassifier(LinearSVC(), order=order).fit(X, y)
    assert model.order_.tolist() == [1, 2, 0]
    assert np.array_equal(model.predict(X), y)
    model = DecisionDAGClassifier(LinearSVC(), order=torch.tensor([7, 3])).fit(X[:12], [3, 7] * 6)
    assert model.order_.tolist() == [1, 0]


# --- label tree ---------------------------------------------------------------------------------


def test_the_tree_clusters_the_means_of_the_classes():
    X, y = digits()
    model = LabelTreeClassifier(LogisticRegression()).fit(X, y)
    means = np.stack([X[y == k].mean(axis=0) for k in range(10)])
    assert model.tree_.merges == pytest.approx(scipy_linkage(means, "ward"))
    other = LabelTreeClassifier(LogisticRegression(), linkage="single").fit(X, y)
    assert other.tree_.merges == pytest.approx(scipy_linkage(means, "single"))


def test_nodes_depths_and_members_of_a_tree():
    # 0 and 3 merge (node 5), 1 and 4 (node 6), node 5 and 2 (node 7), and all (node 8)
    merges = np.array([[0, 3, 1, 2], [1, 4, 2, 2], [2, 5, 3, 3], [6, 7, 9, 5.0]])
    tree = LabelTree(merges)
    assert tree.children.tolist() == [[0, 3], [1, 4], [2, 5], [6, 7]]
    assert [tree.members(node) for node in (2, 5, 6, 7, 8)] == [
        *([2], [0, 3], [1, 4], [0, 2, 3], [0, 1, 2, 3, 4]),
    ]
    assert tree.depths.tolist() == [3, 2, 2, 3, 2]


def test_a_node_sees_the_rows_below_it():
    X, y = three_groups()  # left and middle are nearer to each other
    model = LabelTreeClassifier(DecisionTreeClassifier(max_depth=2)).fit(X[:-2], y[:-2])
    assert model.tree_.children.tolist() == [[0, 1], [2, 3]]
    assert model.signs_.tolist() == [[-1, 1], [1, 1], [0, -1]]
    assert [tree.tree_.weight[0] for tree in model.estimators_] == [12, 16]
    assert model.n_evaluations(X).tolist() == [2] * 12 + [1] * 6


def test_the_tree_leads_each_row_to_a_leaf():
    X, y = digits()
    Z = 0.6 * X + 0.4 * X[::-1]
    model = LabelTreeClassifier(LogisticRegression()).fit(X, y)

    def leaf(x):
        node, steps = 18, 0
        while node >= 10:
            score = model.estimators_[node - 10].decision_function(x[None])[0]
            node, steps = model.tree_.children[node - 10, int(score > 0)], steps + 1
        return node, steps

    found = [leaf(z) for z in Z[:80]]
    assert model.predict(Z[:80]).tolist() == [node for node, _ in found]
    assert model.n_evaluations(Z[:80]).tolist() == [steps for _, steps in found]
    assert len(set(model.tree_.depths.tolist())) > 1


def test_weights_move_the_means():
    X = np.array([[0.0], [10.0], [4.0], [5.0], [11.0], [12.0]])
    y = [0, 0, 1, 1, 2, 2]
    tree = DecisionTreeClassifier(max_depth=3)
    light = LabelTreeClassifier(tree).fit(X, y, sample_weight=[9, 1, 1, 1, 1, 1])  # means 1, 4.5
    heavy = LabelTreeClassifier(tree).fit(X, y, sample_weight=[1, 9, 1, 1, 1, 1])  # 9, 4.5, 11.5
    assert light.tree_.members(3) == [0, 1]
    assert heavy.tree_.members(3) == [0, 2]
    assert heavy.tree_.merges[0, 2] == pytest.approx(2.5)


def test_an_unknown_linkage_is_refused():
    with pytest.raises(ValueError, match=r"'linkage' parameter of LabelTreeClassifier"):
        LabelTreeClassifier(LinearSVC(), linkage="nearest").fit(*three_groups())


# --- what is trained and what is asked ----------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("K", [2, 3, 7])
def test_trained_and_asked_are_counted(strategy, K):
    X, y = digits()
    X, y = X[y < K], y[y < K]
    model = strategy(Counting()).fit(X, y)
    assert len(model.estimators_) == model.n_trained_ == TRAINED[strategy](K)
    assert model.signs_.shape == (K, model.n_trained_)
    Counting.rows = 0
    model.predict(X)
    asked = Counting.rows
    evaluations = model.n_evaluations(X)
    assert evaluations.shape == (len(X),)
    assert evaluations.sum() == asked
    if strategy is DecisionDAGClassifier:
        assert set(evaluations) == {K - 1}
        assert model.path(X).shape == (len(X), K - 1)
    elif strategy is not LabelTreeClassifier:
        assert set(evaluations) == {model.n_trained_}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "estimator",
    [
        None,
        LinearSVC(),
        KernelSVC(),
        DecisionTreeClassifier(),
        LogisticRegression(),
        GaussianNB(),
        sklearn.svm.SVC(),
        make_pipeline(StandardScaler(), sklearn.linear_model.LogisticRegression()),
    ],
    ids=lambda e: type(e).__name__,
)
def test_any_binary_classifier_will_do(strategy, estimator):
    X, y = three_groups()
    X = np.column_stack([X, X**2 / 10])  # a line parts the middle group from the others, too
    model = strategy(estimator).fit(X, y)
    assert np.array_equal(model.predict(X), y)
    assert model.score(X, y) == 1
    assert model.classes_.tolist() == ["left", "middle", "right"]
    kind = LinearSVC if estimator is None else type(estimator)
    assert {type(one) for one in model.estimators_} == {kind}
    assert np.array_equal(strategy(estimator).fit(X[:12], y[:12]).predict(X[:12]), y[:12])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_on_held_out_digits_the_strategies_are_right(strategy):
    X, y = load_digits(return_X_y=True)
    model = strategy(LogisticRegression(lam=1e-3)).fit(X[:1200] / 16, y[:1200])
    assert model.score(X[1200:] / 16, y[1200:]) > 0.8


class TwoColumns(LinearSVC):
    """Scores both classes, as a softmax regression of two does."""

    def decision_function(self, X):
        f = super().decision_function(X)
        return np.column_stack([1 - f / 2, 1 + f / 2])


class Column(LinearSVC):
    def decision_function(self, X):
        return torch.tensor(super().decision_function(X))[:, None]


class OnlyProbabilities(LinearSVC):
    @property
    def decision_function(self):
        raise AttributeError

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-self._scores(X, "predict_proba")))
        return np.column_stack([1 - p, p])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_scores_of_every_shape(strategy):
    X, y = iris()
    plain = strategy(LinearSVC()).fit(X, y)
    for kind in (TwoColumns, Column):
        model = strategy(kind()).fit(X, y)
        assert np.array_equal(model.predict(X), plain.predict(X))
        if hasattr(plain, "decision_function"):
            assert model.decision_function(X) == pytest.approx(plain.decision_function(X))
    if strategy is not OneVsOneClassifier:  # whose sums differ in ties
        model = strategy(OnlyProbabilities()).fit(X, y)
        assert np.array_equal(model.predict(X), plain.predict(X))
    if strategy is OneVsRestClassifier:
        f = plain.decision_function(X)
        assert model.decision_function(X) == pytest.approx(1 / (1 + np.exp(-f)) - 0.5)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("labels", [[0, 1, 2], [-5, 3, 40], ["c", "a", "b"], [0.5, 1.5, 2.5]])
def test_labels_of_every_kind(strategy, labels):
    X, y = iris()
    if labels == [0.5, 1.5, 2.5]:
        with pytest.raises(ValueError, match="continuous"):
            strategy(LinearSVC()).fit(X, np.take(labels, y))
        return
    y = np.array(labels)[y]
    model = strategy(LinearSVC()).fit(X, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.score(X, y) > 0.9
    assert model.predict(X).dtype == y.dtype


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_tensors_are_taken_to_the_host(strategy):
    X, y = iris()
    model = strategy(LinearSVC()).fit(torch.tensor(X), torch.tensor(y))
    assert np.array_equal(
        model.predict(torch.tensor(X)), strategy(LinearSVC()).fit(X, y).predict(X)
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_single_precision_is_handed_on(strategy):
    X, y = iris()
    model = strategy(LinearSVC()).fit(X.astype(np.float32), y)
    assert {one.coef_.dtype for one in model.estimators_} == {np.dtype(np.float32)}
    assert model.score(X, y) > 0.9


# --- randomness and weights ---------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("state", [3, np.random.RandomState(3)])
def test_the_random_state_is_kept_by_every_copy(strategy, state):
    X, y = iris()
    estimator = DecisionTreeClassifier(max_features=1, max_depth=2, random_state=state)
    model = strategy(estimator).fit(X, y)
    assert model.estimator is estimator
    for one in model.estimators_:
        assert one is not estimator
        assert isinstance(one.random_state, type(state))
    again = clone(model).fit(X, y)
    assert np.array_equal(again.predict(X), model.fit(X, y).predict(X))
    first, sees = model.estimators_[0], model.signs_[:, 0][y]
    alone = clone(estimator).fit(X[sees != 0], sees[sees != 0] > 0)
    assert first.tree_.threshold == pytest.approx(alone.tree_.threshold, nan_ok=True)


class Weighed(DecisionTreeClassifier):
    seen: ClassVar[Counter] = Counter()

    def fit(self, X, y, sample_weight=None):
        Weighed.seen["none" if sample_weight is None else float(np.sum(sample_weight))] += 1
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_weights_are_handed_on_where_they_are_given(strategy):
    X, y = three_groups()
    Weighed.seen.clear()
    strategy(Weighed()).fit(X, y)
    assert set(Weighed.seen) == {"none"}
    Weighed.seen.clear()
    weights = np.repeat([1.0, 10.0, 100.0], 6)
    strategy(Weighed()).fit(X, y, sample_weight=weights)
    wanted = {
        OneVsRestClassifier: {666.0: 3},
        OneVsOneClassifier: {66.0: 1, 606.0: 1, 660.0: 1},
        DecisionDAGClassifier: {66.0: 1, 606.0: 1, 660.0: 1},
        LabelTreeClassifier: {66.0: 1, 666.0: 1},
    }
    assert wanted[strategy] == Weighed.seen


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("estimator", [DecisionTreeClassifier(max_depth=3), LogisticRegression()])
def test_weights_are_copies_and_a_row_of_weight_0_is_no_row(strategy, estimator):
    X, y = iris()
    weights = np.random.default_rng(0).integers(0, 3, len(X))
    rows = np.repeat(np.arange(len(X)), weights)
    weighted = strategy(estimator).fit(X, y, sample_weight=weights)
    copied = strategy(estimator).fit(X[rows], y[rows])
    assert np.array_equal(weighted.predict(X), copied.predict(X))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_weights_for_an_estimator_without_them_are_refused(strategy):
    X, y = three_groups()
    with pytest.raises(ValueError, match=r"sample_weight was given, but .*LinearSVC\(\) does not"):
        strategy(LinearSVC()).fit(X, y, sample_weight=np.ones(18))
    with pytest.raises(ValueError, match=r"sample_weight was given, but .*LinearSVC\(\) does not"):
        strategy().fit(X, y, sample_weight=np.ones(18))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_class_without_weight_is_named(strategy):
    X, y = three_groups()
    weights = np.ones(18)
    weights[6:12] = 0
    with pytest.raises(ValueError, match=r"sample_weight is 0 on every row .*\['middle'\]"):
        strategy(DecisionTreeClassifier()).fit(X, y, sample_weight=weights)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        strategy(DecisionTreeClassifier()).fit(X, y, sample_weight=-np.ones(18))


def test_a_class_that_a_part_of_the_data_lacks_is_not_predicted():
    X, y = three_groups()
    for strategy in STRATEGIES:
        model = strategy(LinearSVC()).fit(X[6:], y[6:])
        assert model.classes_.tolist() == ["middle", "right"]
        assert set(model.predict(X)) == {"middle", "right"}


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    "estimator",
    [3, "svm", LinearSVC, sklearn.linear_model.LinearRegression(), StandardScaler(), object()],
)
def test_what_is_no_classifier_with_scores_is_refused(strategy, estimator):
    wanted = re.escape("estimator must be a classifier with fit and decision_function or predict_")
    with pytest.raises(TypeError, match=wanted) as caught:
        strategy(estimator).fit(*three_groups())
    assert ("pass an object of it" in str(caught.value)) == isinstance(estimator, type)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_class_is_refused(strategy):
    with pytest.raises(ValueError, match=f"{strategy.__name__} needs at least 2 classes"):
        strategy(LinearSVC()).fit([[0.0], [1.0]], ["a", "a"])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_methods_before_the_fit_and_on_other_data(strategy):
    X, y = three_groups()
    methods = {"predict", "n_evaluations", "decision_function", "votes", "tied", "claims", "path"}
    methods = sorted(m for m in methods if hasattr(strategy, m))
    assert len(methods) >= 2
    for name in methods:
        model = strategy(LinearSVC())
        with pytest.raises(NotFittedError):
            getattr(model, name)(X)
        model.fit(X, y)
        with pytest.raises(ValueError, match="X has 2 features"):
            getattr(model, name)(np.ones((3, 2)))
        with pytest.raises(ValueError, match="NaN"):
            getattr(model, name)([[np.nan]])
        assert len(getattr(model, name)([[0.5]])) == 1


# --- all logistic regressions at once -----------------------------------------------------------


class Alone(LogisticRegression):
    """Fitted one by one, for it is no LogisticRegression but a subclass."""


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_joint_fit_is_the_loop(strategy, fit_intercept, weighted):
    X, y = digits()
    X, y = X[y < 6, 10:40] + 0.5, y[y < 6]
    rng = np.random.default_rng(0)
    given = {"sample_weight": rng.integers(0, 4, len(X)) / 2} if weighted else {}
    joint, loop = (
        strategy(kind(lam=0.01, fit_intercept=fit_intercept)).fit(X, y, **given)
        for kind in (LogisticRegression, Alone)
    )
    assert len(joint.estimators_) == len(loop.estimators_)
    assert not any(hasattr(one, "objective_path_") for one in joint.estimators_)
    for one, other in zip(joint.estimators_, loop.estimators_, strict=True):
        assert type(one) is LogisticRegression
        assert one.coef_ == pytest.approx(other.coef_, abs=1e-5)
        assert float(one.intercept_) == pytest.approx(float(other.intercept_), abs=1e-5)
        assert one.classes_.tolist() == other.classes_.tolist() == [0, 1]
        assert one.predict_proba(X) == pytest.approx(other.predict_proba(X), abs=1e-5)
    assert np.array_equal(joint.predict(X), loop.predict(X))


def test_the_joint_fit_beside_scikit_learn():
    X, y = iris()
    ours = OneVsRestClassifier(LogisticRegression(lam=0.1)).fit(X, y)
    theirs = sklearn.linear_model.LogisticRegression(C=1 / (0.1 * len(X)), tol=1e-10)
    theirs = sklearn.multiclass.OneVsRestClassifier(theirs).fit(X, y)
    for one, other in zip(ours.estimators_, theirs.estimators_, strict=True):
        assert one.coef_ == pytest.approx(other.coef_[0], abs=1e-5)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
