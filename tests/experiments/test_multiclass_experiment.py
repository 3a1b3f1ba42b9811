"""The experiment on multiclass strategies has a tree that is learned and one that is shuffled."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_lib.linear_models import LinearSVC
from course_lib.multiclass import LabelTreeClassifier
from experiments import stored


@pytest.fixture(scope="module")
def trees():
    """A learned and a shuffled tree of 300 digits, with these."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:300] / 16, y[:300]
    shuffled = stored.load("multiclass").ShuffledTree
    return [many(LinearSVC()).fit(X, y) for many in (LabelTreeClassifier, shuffled)], X


def test_the_two_trees_have_one_shape_and_part_other_classes(trees):
    (learned, shuffled), _ = trees
    assert sorted(learned.tree_.depths) == sorted(shuffled.tree_.depths)
    parted = [
        {tuple(model.tree_.members(child)) for child in model.tree_.children[-1].tolist()}
        for model in (learned, shuffled)
    ]
    assert sorted(map(len, parted[0])) == sorted(map(len, parted[1]))
    assert parted[0] != parted[1]


def test_the_machines_of_the_shuffled_tree_part_what_its_nodes_part(trees):
    (learned, shuffled), X = trees
    for node, (first, second) in enumerate(shuffled.tree_.children.tolist()):
        sign = shuffled.signs_[:, node]
        assert np.flatnonzero(sign < 0).tolist() == shuffled.tree_.members(first)
        assert np.flatnonzero(sign > 0).tolist() == shuffled.tree_.members(second)
    assert np.any(learned.predict(X) != shuffled.predict(X))


def test_another_seed_shuffles_otherwise():
    X, y = np.eye(6), np.arange(6)
    tree = stored.load("multiclass").ShuffledTree
    signs = []
    for tree.seed in (0, 1):
        signs.append(tree(LinearSVC()).fit(X, y).signs_)
    assert np.any(signs[0] != signs[1])
