import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy.stats import multivariate_normal, norm

from course_lib.plots import probability as draw

DOTS = np.random.default_rng(0).normal(size=(2, 5, 2))


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def tilted(mean, rho, other=1):
    """The two classes at ± mean, with the correlations ρ and ρ times `other`."""
    covariances = [np.array([[1, r], [r, 1]]) for r in (rho, rho * other)]
    return [mean, np.negative(mean)], covariances


def test_intervals_that_miss_the_center_are_told_apart():
    means = np.full(40, 1.0)
    means[[3, 7, 30]] = 1.5, 0.5, 9.0
    ax = draw.means_and_bell(means, 1.0, 0.2, "euros")
    low = ax.figure.axes[1]
    hits, misses = low.lines[:2]
    assert sorted(misses.get_ydata()) == [3, 7]  # only the first twenty are drawn
    assert len(hits.get_ydata()) == 18
    ends = [segment[:, 0] for segment in low.collections[1].get_segments()]
    np.testing.assert_allclose(ends, [[1.1, 1.9], [0.1, 0.9]])
    assert low.get_xlabel() == "euros"


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.6])
def test_means_along_an_eigenvector_leave_every_decision(rho):
    mean = np.array([0.8, 0.8])
    bells = draw.true_and_naive(*tilted(mean, rho), mean, DOTS)
    assert bells.differ == 0
    exact = norm.cdf(-np.linalg.norm(mean) / np.sqrt(1 + rho))
    np.testing.assert_allclose(bells.errors, exact, atol=2e-3)
    odds = np.log([p / (1 - p) for p in (bells.true, bells.said)])
    np.testing.assert_allclose(odds, [2.56 / (1 + rho), 2.56], rtol=1e-5)


@pytest.mark.parametrize("rho", [-0.6, 0.9])
def test_a_feature_that_is_alike_helps_only_the_true_bells(rho):
    bells = draw.true_and_naive(*tilted([1, 0], rho), [1, 0], DOTS)
    exact = norm.cdf([-1 / np.sqrt(1 - rho**2), -1])
    np.testing.assert_allclose(bells.errors, exact, atol=2e-3)
    naive, best = np.array([1, 0]), np.array([1, -rho]) / np.sqrt(1 + rho**2)
    samples = np.random.default_rng(1).multivariate_normal([1, 0], [[1, rho], [rho, 1]], 200_000)
    differ = np.mean((samples @ naive > 0) != (samples @ best > 0))  # the other class: the same
    assert bells.differ == pytest.approx(differ, abs=4e-3)


def test_opposite_tilts_are_decided_by_both_densities():
    means, covariances = tilted([1, 0], 0.9, other=-1)
    bells = draw.true_and_naive(means, covariances, [1, 0], DOTS)
    one, other = (
        multivariate_normal(*pair).pdf([1, 0]) for pair in zip(means, covariances, strict=True)
    )
    assert bells.true == pytest.approx(one / (one + other))
    assert bells.said == pytest.approx(1 / (1 + np.exp(-2)))
    assert bells.errors[0] < bells.errors[1] == pytest.approx(norm.cdf(-1), abs=2e-3)


@pytest.mark.parametrize("rho", [-0.9, 0.9])
def test_a_line_across_opposite_tilts_errs_by_the_widths_along_the_means(rho):
    mean = np.array([0.8, 0.8])
    bells = draw.true_and_naive(*tilted(mean, rho, other=-1), mean, DOTS)
    exact = norm.cdf(-np.linalg.norm(mean) / np.sqrt([1 + rho, 1 - rho])).mean()
    assert bells.errors[1] == pytest.approx(exact, abs=5e-4)
    assert bells.errors[0] < 0.6 * exact
    assert bells.differ > bells.errors[1] - bells.errors[0]


def test_both_probabilities_are_drawn_through_the_point():
    mean = np.array([0.8, 0.8])
    bells = draw.true_and_naive(*tilted(mean, 0.6), mean, DOTS, ("a", "b"))
    top, low = plt.gcf().axes
    assert top.get_aspect() == 1
    assert low.get_ylabel() == "P(a)"
    curves = [line for line in low.lines if len(line.get_xdata()) > 1]
    marks = [line for line in low.lines if len(line.get_xdata()) == 1]
    for curve, mark, p in zip(curves, marks, (bells.true, bells.said), strict=True):
        (x,), (y,) = mark.get_data()
        assert (x, y) == (pytest.approx(np.sqrt(1.28)), pytest.approx(p))
        assert np.interp(x, *curve.get_data()) == pytest.approx(p, abs=1e-3)
        assert np.interp(0, *curve.get_data()) == pytest.approx(0.5)
    words = [text.get_text() for text in top.get_legend().get_texts()]
    assert words == ["a", "b", "true bells", "naive Bayes"]
