"""What is measured on classifiers of many classes agrees with counts by hand."""

import numpy as np
import pytest

from course_lib import multiclass_measures as measures
from course_lib.cluster import linkage
from course_lib.multiclass import (
    DecisionDAGClassifier,
    LabelTree,
    LabelTreeClassifier,
    OneVsOneClassifier,
    OneVsRestClassifier,
)

LIMITS = (-4, 4, -4, 4)
X, y = measures.pinwheel(3)


class Fixed:
    """A fitted strategy of three classes that says what it is told to."""

    classes_ = np.array([0, 1, 2])

    def __init__(self, **answers):
        for name, answer in answers.items():
            setattr(self, name, lambda X, answer=answer: np.asarray(answer))


def test_splits_are_scaled_by_their_training_part():
    for A, a, B, b in measures.random_splits(X, y, n_train=30, seeds=2):
        assert A.shape == (30, 2)
        assert B.shape == (60, 2)
        assert np.allclose(A.mean(axis=0), 0)
        assert np.isclose(A.std(), np.sqrt(np.mean(A**2)))
        assert np.bincount(np.unique(a, return_inverse=True)[1]).tolist() == [10, 10, 10]
        assert len(b) == 60


def test_rows_are_counted_by_their_claims():
    claims = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    model = Fixed(claims=np.array(claims, dtype=bool), predict=[0, 1, 0, 2])
    found = measures.right_by_claims(model, X[:4], [0, 1, 1, 2])
    assert found.tolist() == [[25, 100], [25, 100], [50, 50]]


def test_a_loud_machine_wins_what_it_should_not_and_remedies_take_it_back():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 400)
    scores = rng.normal(size=(400, 3)) + 3 * (label[:, None] == np.arange(3)) - 1
    model = Fixed(decision_function=scores)
    right = measures.right_when_loud(model, X, label, np.array([1, 30, 1]), n_held=200)
    assert right["8 is loud"] < right["as they come"] - 3
    assert right["loud, by spread"] > right["8 is loud"]
    assert right["loud, by sigmoid"] > right["8 is loud"]
    same = measures.right_when_loud(model, X, label, np.ones(3), n_held=200)
    assert same["as they come"] == same["8 is loud"] == right["as they come"]


def test_each_class_in_turn_is_made_loud():
    scores = [[-1.0, -2.0, -3.0], [-1.5, -1.0, -4.0], [0.2, 1.0, 0.5], [-3.0, 0.2, 1.0]]
    model = Fixed(decision_function=np.array(scores))
    lost = measures.lost_when_loud(model, X[:4], [0, 1, 2, 2], 10)
    # 0: its only row goes to 1, and rows 1 and 2 keep their verdicts; 1: both its row and row 3 go
    assert lost.tolist() == [[25, 0], [50, 0], [-25, 100]]


def test_ties_are_counted_with_both_rules():
    model = Fixed(
        tied=[True, True, False], votes=[[1, 1, 1], [1, 1, 1], [2, 1, 0]], predict=[1, 2, 0]
    )
    assert measures.ties(model, X[:3], [1, 0, 0]) == (2, 1, 1)


def test_ties_are_held_against_the_nearest_neighbour():
    model = Fixed(
        tied=[True, True, False], votes=[[1, 1, 1], [1, 1, 1], [2, 1, 0]], predict=[1, 2, 0]
    )
    train = np.array([[0.0], [1.0], [2.0]])
    split = (train, np.array([0, 1, 2]), train + 0.1, np.array([1, 1, 2]))
    # tied are the first two; the nearest has 0 and 1 for them, the scores 1 and 2
    assert measures.all_ties([model], [split]).tolist() == [[2, 1, 0, 1]]


def test_duels_are_antisymmetric_and_walks_end_where_the_dag_does():
    one, dag = OneVsOneClassifier().fit(X, y), DecisionDAGClassifier().fit(X, y)
    points = np.random.default_rng(0).uniform(-4, 4, (30, 2))
    duels = measures.all_duels(one, points)
    assert np.array_equal(duels, -duels.transpose(0, 2, 1))
    ends = [measures.walk(duel)[-1][0] for duel in duels]
    assert np.array_equal(one.classes_[ends], dag.predict(points))
    assert np.allclose(measures.duels_of(one, points[3]), duels[3], rtol=1e-12)  # one row, or 30


def test_mistakes_at_the_root_are_among_all():
    model = LabelTreeClassifier().fit(X, y)
    wrong, lost, questions = measures.root_mistakes(model, X, y)
    assert wrong == lost == 0
    assert np.isclose(questions, 5 / 3)  # two classes are two questions away, one is one
    swapped = np.where(y == "A", "B", np.where(y == "B", "C", "A"))
    wrong, lost, _ = measures.root_mistakes(model, X, swapped)
    assert wrong == 90
    assert lost == 60  # the third kind of mistake stays on its side of the root


@pytest.mark.parametrize(
    ("many", "expected"),
    [
        (OneVsRestClassifier, (3, 3, 270)),
        (OneVsOneClassifier, (3, 3, 180)),
        (DecisionDAGClassifier, (3, 2, 180)),
        (LabelTreeClassifier, (2, 5 / 3, 150)),
    ],
)
def test_the_bill_of_a_strategy(many, expected):
    bill = measures.bill(many(), X, y)
    assert bill[:3] == pytest.approx(expected)
    assert bill.seconds > 0


def test_one_vs_rest_leaves_more_in_doubt_than_one_vs_one():
    rest = measures.doubts_of_draws(OneVsRestClassifier, 3, LIMITS)
    one = measures.doubts_of_draws(OneVsOneClassifier, 3, LIMITS)
    assert rest.shape == (10,)
    assert rest.min() > one.max()
    assert np.all((one >= 0) & (rest <= 100))


def test_each_model_is_measured_on_its_own_split():
    splits = list(measures.random_splits(X, y, n_train=30, seeds=2))
    models = [OneVsOneClassifier().fit(A, a) for A, a, _, _ in splits]
    found = measures.over_splits(lambda m, B, b, more: (m, len(b), more), models, splits, 7)
    assert found == [(models[0], 60, 7), (models[1], 60, 7)]


def test_accuracies_are_averaged_and_compared_split_by_split():
    accuracy = {
        "wine": {
            "a, linear": [0.9, 1.0],
            "b, linear": [0.8, 0.9],
            "a, RBF": [0.9, 0.8],
            "b, RBF": [0.8, 0.9],
            "neighbours": [0.5, 0.7],
        }
    }
    means = measures.mean_scores(accuracy)
    assert means["a"] == pytest.approx({"wine linear": 95, "wine RBF": 85})
    assert means["neighbours"] == pytest.approx({"wine": 60})
    rows = measures.differences(accuracy, "a", "b", overlap=0)
    assert rows["wine, linear"] == pytest.approx([10, 0])
    assert rows["wine, RBF"] == pytest.approx([0, 10])


def test_the_parts_of_a_doubtful_area_that_classes_win_add_up():
    model = OneVsRestClassifier().fit(X, y)
    parts = [measures.won_in_doubt(model, label, LIMITS) for label in "ABC"]
    assert set(parts[0]) == {"nobody", "several"}
    for kind in parts[0]:
        assert sum(part[kind] for part in parts) == pytest.approx(100)


def test_two_trees_are_compared_at_their_roots():
    key = "{} tree, {}: wrong at the root"
    counts = {key.format("label", "linear"): [1, 2], key.format("shuffled", "linear"): [3, 2]}
    counts |= {key.format("label", "RBF"): [0, 1], key.format("shuffled", "RBF"): [1, 4]}
    rows = measures.root_of_two_trees(counts)
    assert rows == {"linear": [1.5, 2.5, 1], "RBF": [0.5, 2.5, 2]}


def test_the_last_pairs_of_a_tree():
    tree = LabelTree(linkage(np.array([[0.0], [9.0], [1.0], [5.0], [9.5]])))
    assert measures.last_pairs(tree) == {(0, 2), (1, 4)}


def test_strips_hold_the_classes_of_their_pictures():
    pictures, label = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])
    S, Y = measures.strips(pictures, label, n=40, seed=3)
    assert S.shape == (40, 6)
    rows = (S[:, ::2] / 2).astype(int)  # the first number of a picture tells which it is
    assert [set(np.flatnonzero(one)) for one in Y] == [set(label[row]) for row in rows]
    assert set(Y.sum(axis=1)) == {1, 2, 3}


def test_sets_of_strips_are_scored_beside_two_simple_rules():
    rng = np.random.default_rng(0)
    label = np.arange(60) % 3
    X = rng.normal(size=(60, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[label]
    found = measures.on_strips(
        [(X, label, X, label)],
        lambda Y, Z: [np.mean(Y == Z), len(Y)],
        lambda S, Y, T: np.ones((len(T), 3), dtype=bool),
    )
    assert list(found) == ["machines", "nearest strip", "always no"]
    assert found["nearest strip"][0] == pytest.approx([1, 300], abs=0.02)
    share = found["machines"][0][0]
    assert 0.6 < share < 0.8  # 1 − (2/3)³ of the labels are present
    assert found["always no"][0][0] == pytest.approx(1 - share)


def test_refused_rows_are_judged_by_three_rules():
    claims = [[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]]
    rest = Fixed(claims=np.array(claims, dtype=bool), predict=[0, 1, 0, 2])
    one = Fixed(predict=[1, 1, 2, 2])
    train = np.array([[0.0], [1.0], [2.0]])
    new = np.array([[0.1], [1.1], [1.2], [1.9]])
    split = (train, np.array([0, 1, 2]), new, np.array([1, 1, 2, 2]))
    found = measures.right_where_refused([rest], [one], [split])
    assert found.tolist() == [pytest.approx([200 / 3, 100, 200 / 3])]


def test_a_rival_is_compared_with_others_by_name():
    accuracy = {"wine": {"a": [0.9, 1.0], "b, linear": [0.8, 0.9], "c": [0.9, 0.8]}}
    rows = measures.minus(accuracy, "a", ["b, linear", "c"], overlap=0)
    assert rows["wine: b, linear"] == pytest.approx([10, 0])
    assert rows["wine: c"] == pytest.approx([10, 10])
