"""Checkers of the chapter on bagging and random forests."""

from math import comb

import numpy as np

from course_lib.exercises.checking import Checker
from course_lib.trees.votes import majority_right


def _sum_of_votes(first, term=lambda p, T, k: comb(T, k) * p**k * (1 - p) ** (T - k)):
    """Return a sum over the numbers of right voters from `first(T)` to T."""
    return lambda p, T: float(sum(term(p, T, k) for k in range(first(T), T + 1)))


check_majority = Checker(
    task="the chance that most of T independent voters are right",
    reference=lambda p, T: majority_right(T, p),
    cases={
        "a single voter": (0.7, 1),
        "three voters": (0.7, 3),
        "five voters who are worse than a coin": (0.4, 5),
        "many voters": (0.55, 101),
        "voters who are always right": (1.0, 7),
    },
    mistakes={
        "also count the votes in which one more than half is wrong": _sum_of_votes(
            lambda T: T // 2
        ),
        "forget in how many ways the right voters can be chosen": _sum_of_votes(
            lambda T: T // 2 + 1, lambda p, T, k: p**k * (1 - p) ** (T - k)
        ),
        "count only the narrowest majority": lambda p, T: float(
            comb(T, T // 2 + 1) * p ** (T // 2 + 1) * (1 - p) ** (T // 2)
        ),
        "ask that all voters are right": lambda p, T: float(p**T),
        "return the chance that most are wrong": lambda p, T: 1 - majority_right(T, p),
    },
)


def _oob_error(votes, in_bag, y, *, may=None, silent=None):
    """Return the share of wrong votes; `silent` is what a sample without a vote counts."""
    may = np.asarray(in_bag) == 0 if may is None else may(np.asarray(in_bag))
    wrong = []
    for i in range(len(y)):
        mine = votes[may[:, i], i]
        if len(mine):
            wrong.append(float(np.bincount(mine).argmax() != y[i]))
        elif silent is not None:
            wrong.append(silent)
    return float(np.mean(wrong))


def _errors_of_single_trees(votes, in_bag, y):
    out = np.asarray(in_bag) == 0
    each = [np.mean(v[o] != y[o]) for v, o in zip(votes, out, strict=True) if o.any()]
    return float(np.mean(each))


_rng = np.random.default_rng(15)
_y = _rng.integers(0, 3, 30)
_bags = np.array([np.bincount(_rng.integers(0, 30, 30), minlength=30) for _ in range(9)])
_votes = np.where(_rng.random((9, 30)) < 0.6, _y, _rng.integers(0, 3, (9, 30)))

check_oob_error = Checker(
    task="the out-of-bag error of a vote",
    reference=_oob_error,
    cases={
        "two trees, each without half of the samples": (
            np.array([[0, 1, 0, 1], [1, 1, 0, 0]]),
            np.array([[1, 1, 0, 0], [0, 0, 1, 1]]),
            np.array([1, 1, 1, 1]),
        ),
        "samples that came twice or three times": (
            np.array([[0, 1, 1], [1, 0, 0]]),
            np.array([[3, 0, 0], [0, 1, 2]]),
            np.array([1, 1, 1]),
        ),
        "three trees vote on one sample": (
            np.array([[1, 0], [1, 0], [0, 0]]),
            np.array([[0, 2], [0, 2], [0, 0]]),
            np.array([1, 0]),
        ),
        "a sample that is in every bag": (
            np.array([[1, 0, 1], [0, 0, 1]]),
            np.array([[0, 1, 2], [1, 2, 0]]),
            np.array([1, 1, 0]),
        ),
        "a tie, which goes to the smaller class": (
            np.array([[1, 2], [0, 1], [1, 2]]),
            np.array([[0, 0], [0, 0], [2, 1]]),
            np.array([0, 1]),
        ),
        "nine trees and three classes": (_votes, _bags, _y),
    },
    mistakes={
        "let every tree vote": lambda v, b, y: _oob_error(
            v, b, y, may=lambda bag: np.ones(bag.shape, dtype=bool)
        ),
        "let the trees vote that have seen the sample": lambda v, b, y: _oob_error(
            v, b, y, may=lambda bag: bag > 0, silent=0.0
        ),
        "count a sample without a vote as right": lambda v, b, y: _oob_error(v, b, y, silent=0.0),
        "count a sample without a vote as wrong": lambda v, b, y: _oob_error(v, b, y, silent=1.0),
        "take the mean error of the trees instead of the error of their vote": (
            _errors_of_single_trees
        ),
        "take a tree for blind to a sample that came twice": lambda v, b, y: _oob_error(
            v, b, y, may=lambda bag: bag != 1, silent=0.0
        ),
    },
)
