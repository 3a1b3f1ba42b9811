"""Mixtures of normal distributions have the density they say, and are drawn from it."""

import numpy as np
import pytest
from scipy import stats

from course_lib.datasets import NormalMixture, normal_ring


def test_the_density_is_the_mean_of_scipys_normal_densities():
    mixture = NormalMixture([[0.0, 1.0], [2.0, -1.0], [0.0, 0.5]], 0.7)
    X = np.random.default_rng(0).normal(size=(4, 5, 2))
    expected = [stats.multivariate_normal(c, 0.7**2 * np.eye(2)).pdf(X) for c in mixture.centers]
    np.testing.assert_allclose(mixture.density(X), np.mean(expected, axis=0))


def test_the_density_of_one_on_a_line_is_the_normal_density():
    mixture = NormalMixture([[1.5]], 2.0)
    x = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(mixture.density(x[:, None]), stats.norm(1.5, 2).pdf(x))


def test_draws_have_the_components_and_their_width():
    ring = normal_ring(k=5, radius=3, sigma=0.1)
    X = ring.draw(20_000, 3)
    assert X.shape == (20_000, 2)
    distance = np.linalg.norm(X[:, None] - ring.centers, axis=-1)
    counts = np.bincount(distance.argmin(axis=1), minlength=5)
    assert stats.chisquare(counts).pvalue > 1e-4
    errors = X - ring.centers[distance.argmin(axis=1)]
    assert errors.std() == pytest.approx(0.1, rel=0.02)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.03
    np.testing.assert_array_equal(X, ring.draw(20_000, 3))
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(X, ring.draw(20_000, rng))
    assert not np.array_equal(X, ring.draw(20_000, rng))
    assert ring.draw(0).shape == (0, 2)


def test_a_ring_lies_on_its_circle_evenly_and_may_be_thinned():
    ring = normal_ring()
    np.testing.assert_allclose(np.linalg.norm(ring.centers, axis=1), 2)
    np.testing.assert_allclose(ring.centers.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(ring.centers[0], [2, 0])
    assert ring.centers[1, 1] > 0
    half = normal_ring(only=(0, 2, 4, 6))
    np.testing.assert_array_equal(half.centers, ring.centers[::2])
    assert half.sigma == ring.sigma == 0.05


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NormalMixture([1.0, 2.0], 1), "centers must be finite numbers of shape"),
        (lambda: NormalMixture([[np.nan]], 1), "centers must be finite"),
        (lambda: NormalMixture(np.zeros((0, 2)), 1), "centers must be finite"),
        (lambda: NormalMixture([[0.0]], 0), "sigma must be"),
        (lambda: NormalMixture([[0.0]], 1).density(np.zeros((3, 2))), "X must have the shape"),
        (lambda: NormalMixture([[0.0]], 1).draw(-1), "n must be"),
        (lambda: normal_ring(4, only=(4,)), "each of only must be"),
        (lambda: normal_ring(radius=0), "radius must be"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_centers_cannot_be_changed_and_whole_numbers_will_do():
    mixture = NormalMixture([[1, 2]], 1)
    assert mixture.centers.dtype == float
    with pytest.raises(ValueError, match="read-only"):
        mixture.centers[0, 0] = 5
