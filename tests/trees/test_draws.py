"""Draws of samples: by weight, whatever the order, and with the chances that theory gives."""

import numpy as np
import pytest

from course_lib.trees.draws import fingerprints, make_draws


def data(n=50, d=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.integers(0, 2, n)


def test_a_bootstrap_sample_leaves_out_its_share():
    X, y = data(200)
    draws = make_draws(X, y, None, 1.0, True)
    out = [1 - len(np.unique(draws.rows(seed))) / 200 for seed in range(400)]
    expected = (1 - 1 / 200) ** 200  # 0.367
    assert np.mean(out) == pytest.approx(expected, abs=4 * 0.0224 / 20)  # 0.0224: one sample's
    assert draws.size == 200


def test_draws_come_from_all_rows_alike():
    X, y = data(10)
    counts = np.bincount(
        np.concatenate([make_draws(X, y, None, 1.0, True).rows(s) for s in range(1000)]),
        minlength=10,
    )
    np.testing.assert_allclose(counts, 1000, atol=4 * np.sqrt(900))


def test_draws_are_independent():
    """Two draws of the same sample are the same row in one of n cases."""
    X, y = data(10)
    rows = np.stack([make_draws(X, y, None, 1.0, True).rows(s) for s in range(2000)])
    assert np.mean(rows[:, 0] == rows[:, 1]) == pytest.approx(0.1, abs=0.03)
    assert np.mean(rows[:-1, 0] == rows[1:, 0]) == pytest.approx(0.1, abs=0.03)


def test_the_order_of_the_rows_does_not_matter():
    X, y = data()
    order = np.random.default_rng(1).permutation(50)
    first = make_draws(X, y, None, 1.0, True).rows(7)
    other = make_draws(X[order], y[order], None, 1.0, True).rows(7)
    np.testing.assert_array_equal(X[first], X[order][other])
    without = make_draws(X, y, None, 0.4, False).rows(7)
    shuffled = make_draws(X[order], y[order], None, 0.4, False).rows(7)
    np.testing.assert_array_equal(X[without], X[order][shuffled])


def test_weights_are_copies():
    X, y = data()
    w = np.random.default_rng(2).integers(1, 5, 50)
    weighted = make_draws(X, y, w.astype(float), 1.0, True)
    copied = make_draws(X.repeat(w, axis=0), y.repeat(w), None, 1.0, True)
    assert weighted.size == copied.size == w.sum()
    rows, original = copied.rows(3), np.arange(50).repeat(w)
    np.testing.assert_array_equal(weighted.rows(3), original[rows])


@pytest.mark.parametrize(
    ("max_samples", "bootstrap", "size"),
    [(1.0, True, 75), (0.5, True, 38), (7, True, 7), (0.001, True, 1), (0.5, False, 25)],
)
def test_the_number_of_draws(max_samples, bootstrap, size):
    X, y = data()
    draws = make_draws(X, y, np.full(50, 1.5), max_samples, bootstrap)
    assert len(draws.rows(0)) == draws.size == size


def test_without_replacement_no_row_comes_twice():
    X, y = data()
    rows = make_draws(X, y, None, 30, False).rows(0)
    assert len(np.unique(rows)) == 30
    assert sorted(make_draws(X, y, None, 1.0, False).rows(0)) == list(range(50))


def test_fingerprints_tell_rows_apart_and_equal_rows_not():
    X, y = data(2000)
    both = fingerprints(X, y)
    assert len(np.unique(both)) == 2000
    np.testing.assert_array_equal(fingerprints(X[::-1], y[::-1]), both[::-1])
    assert fingerprints(X, 1 - y)[0] != both[0]
    assert len(set(fingerprints(np.array([[1.0, 2], [2, 1], [0, 0], [-0.0, 0]]), np.zeros(4)))) == 3
    columns = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])  # equal columns do not cancel
    assert len(set(fingerprints(columns, np.zeros(3)))) == 3
