"""The honest choice of m: against fits without the entry, and on data whose number is known."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_lib.decomposition import PCA, reconstruction_errors
from course_lib.model_selection import KFold


def planted(seed, n=120, d=15, rank=3, noise=0.5):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)) + noise * rng.normal(size=(n, d))


def by_definition(fit, held, m, labels=None):
    """Hide the entries of each label, fit the scores to the others by least squares, predict."""
    pca = PCA(m).fit(fit)
    R, V = held - pca.mean_, pca.components_
    missed = np.empty_like(R)
    labels = np.arange(R.shape[1]) if labels is None else labels
    for label in np.unique(labels):
        g, others = labels == label, labels != label
        T = np.linalg.lstsq(V[:, others].T, R[:, others].T, rcond=1e-6)[0].T
        missed[:, g] = R[:, g] - T @ V[:, g]
    return np.mean(missed**2)


@pytest.mark.parametrize("shape", [(40, 8), (12, 30)])
def test_is_the_prediction_of_each_entry_from_the_others(shape):
    X = planted(0, *shape)
    errors = reconstruction_errors(X, [1, 2, 5], splitter=KFold(3))
    assert errors.hidden.shape == errors.seen.shape == (3, 3)
    for f, (fit, held) in enumerate(KFold(3).split(X)):
        for j, m in enumerate([1, 2, 5]):
            assert errors.hidden[f, j] == pytest.approx(by_definition(X[fit], X[held], m))
            pca = PCA(m).fit(X[fit])
            lost = X[held] - pca.inverse_transform(pca.transform(X[held]))
            assert errors.seen[f, j] == pytest.approx(np.mean(lost**2))


@pytest.mark.parametrize("shape", [(40, 8), (12, 30)])
def test_entries_hidden_together_are_predicted_from_the_rest(shape):
    X = planted(0, *shape)
    labels = np.random.default_rng(1).integers(0, 3, shape[1])
    errors = reconstruction_errors(X, [0, 1, 2, 5], together=labels, splitter=KFold(3))
    for f, (fit, held) in enumerate(KFold(3).split(X)):
        expected = [by_definition(X[fit], X[held], m, labels) for m in (1, 2, 5)]
        np.testing.assert_allclose(errors.hidden[f, 1:], expected)
    alone = reconstruction_errors(X, [0, 1, 2, 5], splitter=KFold(3))
    np.testing.assert_array_equal(errors.seen, alone.seen)
    np.testing.assert_allclose(errors.hidden[:, 0], alone.hidden[:, 0])
    each = reconstruction_errors(X, [1, 5], together=range(shape[1]), splitter=KFold(3))
    np.testing.assert_allclose(each.hidden, alone.hidden[:, [1, 3]])
    with pytest.raises(ValueError, match=f"together must hold a label for each of {shape[1]}"):
        reconstruction_errors(X, [1], together=[0, 1])


def test_all_hidden_together_is_the_mean():
    X = planted(0)
    errors = reconstruction_errors(X, [0, 3, 9], together=np.zeros(15), random_state=0)
    np.testing.assert_allclose(errors.hidden, errors.seen[:, :1] * np.ones(3))


def test_copies_hide_the_planted_number_unless_they_are_hidden_together():
    X = planted(0, noise=0.3)
    X = np.repeat(X, 2, axis=1) + 0.01 * np.random.default_rng(1).normal(size=(120, 30))
    pairs = np.repeat(np.arange(15), 2)
    assert reconstruction_errors(X, random_state=0).least > 10
    assert reconstruction_errors(X, together=pairs, random_state=0).least == 3


def test_no_component_is_the_mean():
    X = planted(0)
    errors = reconstruction_errors(X, [0], splitter=KFold(4))
    fit, held = next(KFold(4).split(X))
    mean = np.mean((X[held] - X[fit].mean(axis=0)) ** 2)
    np.testing.assert_allclose([errors.hidden[0, 0], errors.seen[0, 0]], mean)


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_the_planted_number_is_found_and_the_plain_error_cannot(rank):
    found = []
    for seed in range(12):
        errors = reconstruction_errors(planted(seed, rank=rank), random_state=seed)
        assert errors.ms.tolist() == list(range(15))
        found.append((errors.least, errors.simplest))
        assert np.all(np.diff(errors.seen, axis=1) < 0)  # ever better, noise and all
    assert np.mean(np.array(found) == rank) > 0.9
    assert all(simplest <= least for least, simplest in found)


def test_noise_alone_has_no_component():
    X = np.random.default_rng(0).normal(size=(200, 10))
    assert reconstruction_errors(X, random_state=0).least == 0


def test_digits_have_a_minimum_inside():
    errors = reconstruction_errors(load_digits().data, range(0, 64, 4), random_state=0)
    assert 0 < errors.least < 60
    assert np.all(np.diff(errors.seen.mean(axis=0)) < 0)


def test_a_column_of_its_own_is_predicted_by_its_mean():
    """An axis along the column leaves the other entries without a word about it."""
    rng = np.random.default_rng(0)
    X = np.column_stack([10 * rng.normal(size=60), rng.normal(size=(60, 3))])
    X[:, 0] -= X[:, 1:] @ np.linalg.lstsq(X[:, 1:], X[:, 0], rcond=None)[0]
    X = np.vstack([X, X * [-1, 1, 1, 1]])  # now uncorrelated to the last digit
    errors = reconstruction_errors(X, [0, 1], splitter=FitsAndHoldsAll())
    assert errors.hidden[0, 1] == pytest.approx(errors.hidden[0, 0], rel=1e-6)
    assert errors.seen[0, 1] < 0.1 * errors.seen[0, 0]


class FitsAndHoldsAll:
    def split(self, X, y=None, groups=None):
        yield from [(np.arange(len(X)), np.arange(len(X)))] * 2


def test_seed_and_defaults():
    X = planted(1)
    one, two = (reconstruction_errors(X, [1, 3], random_state=4) for _ in range(2))
    np.testing.assert_array_equal(one.hidden, two.hidden)
    folds = KFold(5, shuffle=True, random_state=4)
    np.testing.assert_array_equal(
        one.hidden, reconstruction_errors(X, [1, 3], splitter=folds).hidden
    )
    wide = reconstruction_errors(planted(1, 10, 30), random_state=0)
    assert wide.ms.tolist() == list(range(8))  # eight samples span seven directions


@pytest.mark.parametrize("ms", [[], [-1, 2], [3, 1], [2, 2], [1, 15]])
def test_the_numbers_must_rise_and_fit(ms):
    with pytest.raises(ValueError, match="ms must be rising numbers of components from 0 to 14"):
        reconstruction_errors(planted(0), ms)
