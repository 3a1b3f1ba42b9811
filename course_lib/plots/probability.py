"""Drawings of the chapter on probability and optimisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from numpy.typing import ArrayLike

from course_lib.plots.style import CYCLE, PALETTE


def normal_density(x: ArrayLike, mean: float, deviation: float) -> np.ndarray:
    """Density at x of the normal distribution with this mean and standard deviation.

    >>> float(normal_density(0.0, 0.0, 1.0).round(4))
    0.3989
    """
    z = (np.asarray(x, dtype=float) - mean) / deviation
    return np.exp(-0.5 * z * z) / (deviation * np.sqrt(2 * np.pi))


def two_bells(
    values: Mapping[str, np.ndarray],
    shares: Sequence[float],
    threshold: float,
    limits: tuple[float, float],
    label: str,
) -> tuple[np.ndarray, float]:
    """Draw two classes as weighted densities over a threshold, and the probability of the first.

    Parameters
    ----------
    values : mapping of two names to arrays
        The samples of each class; the first class is called from the threshold upwards.
    shares : two floats
        The prior of each class.
    threshold : float
    limits : (left, right)
    label : str
        What is measured.

    Returns
    -------
    errors : array of shape (2,)
        The share of all that belongs to the class and lies on the wrong side, by the densities.
    at : float
        The probability of the first class at the threshold.
    """
    _, (ax, low) = plt.subplots(
        2, 1, sharex=True, figsize=(5.6, 4.6), gridspec_kw={"height_ratios": [1.9, 1]}
    )
    x = np.linspace(*limits, 601)
    step, heights, errors = x[1] - x[0], [], []
    for k, (name, sample) in enumerate(values.items()):
        height = shares[k] * normal_density(x, sample.mean(), sample.std())
        wrong = x < threshold if k == 0 else x >= threshold
        ax.hist(
            sample,
            bins=np.arange(limits[0], limits[1] + 0.5, 1.0),
            weights=np.full(len(sample), shares[k] / len(sample)),
            color=CYCLE[k],
            alpha=0.25,
        )
        ax.plot(x, height, color=CYCLE[k], ls="-" if k == 0 else "--", label=name)
        hatch = {"facecolor": "none", "edgecolor": CYCLE[k], "hatch": ("////", "\\\\\\\\")[k]}
        ax.fill_between(x, height, where=wrong, lw=0, **hatch)
        heights.append(height)
        errors.append(float(np.sum(height[wrong]) * step))
    probability = heights[0] / (heights[0] + heights[1])
    at = float(np.interp(threshold, x, probability))
    low.plot(x, probability, color=PALETTE["black"])
    low.plot(threshold, at, "o", color=PALETTE["vermillion"], ms=8)
    for one in (ax, low):
        one.axvline(threshold, color=PALETTE["vermillion"], ls=":", lw=1.6)
    ax.set(ylabel="share × density", xlim=limits, ylim=(0, None))
    ax.legend(loc="upper right")
    low.set(xlabel=label, ylabel=f"P({next(iter(values))})", ylim=(-0.04, 1.04), yticks=[0, 0.5, 1])
    return np.array(errors), at


def means_and_bell(means: ArrayLike, center: float, deviation: float, label: str) -> Axes:
    """Draw a histogram of means, and the normal density with a center and a deviation over it.

    Below: the first twenty means ± 2 deviations, dashed and red where they miss the center.
    Returns the axes of the histogram.
    """
    _, (ax, low) = plt.subplots(
        2, 1, sharex=True, figsize=(5.6, 5.2), gridspec_kw={"height_ratios": [1.7, 1]}
    )
    x = np.linspace(-1.0, 5.2, 400)
    bins = np.arange(-1.05, 5.3, 0.1)
    ax.hist(means, bins=bins, density=True, color=PALETTE["sky"], label="10,000 means")
    ax.plot(x, normal_density(x, center, deviation), color=PALETTE["black"], label="bell")
    first = np.asarray(means)[:20]
    misses = np.abs(first - center) > 2 * deviation
    for rows, color, line in ((~misses, "blue", "-"), (misses, "vermillion", "--")):
        at, look = np.flatnonzero(rows), {"color": PALETTE[color]}
        ends = first[rows] - 2 * deviation, first[rows] + 2 * deviation
        low.hlines(at, *ends, ls=line, lw=1.8, **look)
        low.plot(first[rows], at, "o", ms=4, **look)
    for one in (ax, low):
        one.axvline(center, color=PALETTE["black"], ls=":", lw=1.6)
    ax.set(ylabel="density", xlim=(-1.0, 5.2))
    low.set(xlabel=label, ylabel="20 series", yticks=[], ylim=(-1, 20))
    ax.legend(loc="upper right")
    return ax


def bell_and_likelihood(
    sample: ArrayLike,
    mean: float,
    deviation: float,
    means: tuple[float, float],
    deviations: tuple[float, float],
    label: str,
) -> float:
    """Draw a density over a sample, and below it the log-likelihood of all means and deviations.

    The best pair is a diamond, the chosen one a dot. Returns the log-likelihood of the chosen one.
    """
    sample = np.asarray(sample, dtype=float)
    _, (ax, low) = plt.subplots(2, 1, sharex=True, figsize=(5.6, 5.2))
    x = np.linspace(*means, 401)
    ax.plot(x, normal_density(x, mean, deviation), color=PALETTE["blue"])
    heights = normal_density(sample, mean, deviation)
    ax.vlines(sample, 0, heights, color=PALETTE["orange"], lw=2.2)
    ax.plot(sample, np.zeros_like(sample), "o", color=PALETTE["orange"], ms=7, clip_on=False)
    ax.set(ylabel="density", ylim=(0, 0.7))
    grid_m, grid_s = np.meshgrid(np.linspace(*means, 90), np.linspace(*deviations, 90))
    squares = sample.var() + (grid_m - sample.mean()) ** 2
    logs = -len(sample) * (np.log(grid_s * np.sqrt(2 * np.pi)) + squares / (2 * grid_s**2))
    best = logs.max()
    levels = best - np.array([40, 20, 12, 8, 5, 3, 1.5, 0.5])
    lines = {"colors": PALETTE["grey"], "linewidths": 0.9, "linestyles": "solid"}
    low.contour(grid_m, grid_s, logs, levels=levels, **lines)
    low.plot(sample.mean(), sample.std(), "D", color=PALETTE["green"], ms=8, label="most likely")
    low.plot(mean, deviation, "o", color=PALETTE["blue"], ms=9, label="yours")
    low.set(xlabel=label, ylabel="deviation σ", ylim=deviations, xlim=means)
    low.legend(loc="upper right", ncols=2, frameon=True, framealpha=1, edgecolor="none")
    return float(np.sum(np.log(heights)))


def prior_and_posterior(
    n: int,
    mean: float,
    deviation: float,
    prior: tuple[float, float],
    limits: tuple[float, float],
) -> tuple[float, float]:
    """Draw what is believed of a mean before and after n numbers, and their likelihood.

    Parameters
    ----------
    n, mean : int, float
        How many numbers, and their mean.
    deviation : float
        The known standard deviation of one number.
    prior : (mean, deviation)
        The normal prior of the unknown mean.
    limits : (left, right)

    Returns
    -------
    best, width : float
        Mean and standard deviation of the posterior, which is normal.

    >>> best, width = prior_and_posterior(2, 10.0, 2.0, (12.0, 1.0), (5, 16))
    >>> round(best, 2), round(width, 2)
    (11.33, 0.82)
    """
    center, spread = prior
    data, before = n / deviation**2, 1 / spread**2
    best, width = (data * mean + before * center) / (data + before), (data + before) ** -0.5
    _, ax = plt.subplots()
    x = np.linspace(*limits, 500)
    for name, color, line, m, s in (
        ("prior", "orange", "--", center, spread),
        ("likelihood", "green", "-.", mean, deviation / n**0.5),
        ("posterior", "blue", "-", best, width),
    ):
        ax.plot(x, normal_density(x, m, s), color=PALETTE[color], ls=line, label=name)
    ax.plot(best, normal_density(best, best, width), "o", color=PALETTE["blue"], ms=8)
    ax.set(xlabel="mean μ of this kind of lump", ylabel="density", xlim=limits, ylim=(0, None))
    ax.legend(loc="upper left")
    return best, width


def covariance_ellipse(A: ArrayLike, points: ArrayLike) -> Axes:
    """Draw points of covariance A (2, 2), its ellipse, its axes, and the ellipse of its diagonal.

    Parameters
    ----------
    A : array of shape (2, 2), symmetric
        With an eigenvalue below 0 there is no such covariance; then only the axes are drawn.
    points : array of shape (m, 2)
        Points of covariance I, which are stretched to A.
    """
    A = np.asarray(A, dtype=float)
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    lam, V = np.linalg.eigh(A)
    if lam[0] >= 0:
        Z = np.asarray(points) * np.sqrt(lam) @ V.T  # (m, 2)
        ax.plot(*Z.T, ".", color=PALETTE["sky"], ms=4)
        angle = np.degrees(np.arctan2(V[1, 1], V[0, 1]))
        for (wide, high), turn, look in (
            (2 * np.sqrt(lam[::-1]), angle, {"ec": PALETTE["blue"], "lw": 2.4}),
            (2 * np.sqrt(np.diag(A)), 0, {"ec": PALETTE["orange"], "lw": 2.0, "ls": "--"}),
        ):
            ax.add_patch(Ellipse((0, 0), wide, high, angle=turn, fc="none", **look))
        ax.plot([], [], color=PALETTE["blue"], label="ellipse of A")
        ax.plot([], [], color=PALETTE["orange"], ls="--", label="of its diagonal")
    for k, color in ((1, "vermillion"), (0, "green")):
        end = V[:, k] * np.sqrt(abs(lam[k])) * (1 if V[0, k] >= 0 else -1)
        style = "-" if lam[k] >= 0 else ":"
        words = f"axis, λ{'₂₁'[k]} = {lam[k]:.2f}".replace("-", "−")
        ax.plot([-end[0], end[0]], [-end[1], end[1]], color=PALETTE[color], ls=style, label=words)
    ax.set(xlim=(-6.2, 6.2), ylim=(-4.4, 6.6), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal")
    ax.legend(loc="upper left", ncols=2, fontsize=11, columnspacing=1.0)
    return ax


def touching_contour(
    bound: float, multiplier: float, point: ArrayLike, best: ArrayLike, value: float
) -> Axes:
    """Draw (x − 3)² + 3(y − 2)² under x + y ≤ bound, and where a multiplier takes its minimum.

    Parameters
    ----------
    bound, multiplier : float
    point : array of shape (2,)
        The minimum of the Lagrangian; the contour through it is the heavy one.
    best : array of shape (2,)
        The solution, a diamond.
    value : float
        The objective at the point.
    """
    _, ax = plt.subplots(figsize=(5.6, 4.6))
    x, y = np.meshgrid(np.linspace(-1.2, 6, 150), np.linspace(-0.6, 4.4, 150))
    f = (x - 3) ** 2 + 3 * (y - 2) ** 2
    ax.contourf(x, y, x + y, levels=[-10, bound], colors=[PALETTE["sky"]], alpha=0.25)
    ax.contour(x, y, f, levels=np.arange(1, 6) ** 2 * 0.75, colors=PALETTE["grey"], linewidths=0.8)
    if value > 0:
        ax.contour(x, y, f, levels=[value], colors=PALETTE["blue"], linewidths=2.4)
    ends = np.array([-1.2, 6.0])
    ax.plot(ends, bound - ends, color=PALETTE["black"], lw=1.8)
    ax.plot(3, 2, "+", color=PALETTE["grey"], ms=11, mew=2)
    ax.plot(*best, "D", color=PALETTE["green"], ms=10, label="best allowed point")
    ax.plot(*point, "o", color=PALETTE["vermillion"], ms=8, label=f"lowest at λ = {multiplier:g}")
    ax.set(xlim=(-1.2, 6), ylim=(-0.6, 4.4), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.17), ncols=2)
    return ax


def reliability(p: ArrayLike, so: ArrayLike, right: float) -> float:
    """Draw how often it was so against the probability that was said, in ten bins; and two bars.

    Parameters
    ----------
    p : array of shape (m,)
        Probabilities, from 0 to 1.
    so : array of shape (m,)
        1 where it was so, else 0.
    right : float
        The percentage of right decisions, the upper bar.

    Returns
    -------
    float
        The mean distance of what was said from what was so, in percentage points: the lower bar.
    """
    p, so = np.asarray(p, dtype=float), np.asarray(so, dtype=float)
    bins = np.minimum((10 * p).astype(int), 9)
    inside = [bins == k for k in np.unique(bins)]
    said, happened = (np.array([a[one].mean() for one in inside]) for a in (p, so))
    shares = np.array([one.mean() for one in inside])
    gap = 100 * float(np.sum(shares * np.abs(said - happened)))
    _, (ax, low) = plt.subplots(2, 1, figsize=(5.6, 5.4), gridspec_kw={"height_ratios": [4, 1]})
    ax.plot([0, 1], [0, 1], color=PALETTE["grey"], ls="--", lw=1.4, label="as often as said")
    ax.plot(said, happened, color=PALETTE["blue"], lw=1.6)
    ax.scatter(
        said, happened, s=20 + 600 * shares, color=PALETTE["blue"], zorder=3, label="measured"
    )
    ax.set(xlabel="probability said", ylabel="share that was so", xlim=(-0.05, 1.05))
    ax.set(ylim=(-0.05, 1.05))
    ax.legend(loc="upper left", markerscale=0.5)
    for row, (value, color) in enumerate(((gap, "vermillion"), (right, "green"))):  # from below
        low.barh(row, value, color=PALETTE[color])
        low.text(value + 1, row, f"{value:.1f}", va="center")
    low.set(xlim=(0, 112), yticks=[0, 1], yticklabels=["distance in points", "right in %"])
    low.set(xticks=[])
    low.spines["bottom"].set_visible(False)
    return gap


class Bells(NamedTuple):
    """Two true bells of equal share, and naive Bayes that knows their means and variances.

    errors (2,): share of all that the true bells and naive Bayes decide wrongly. differ: share
    that they decide differently. said, true: probability of the first class at the point.
    """

    errors: np.ndarray
    differ: float
    said: float
    true: float


def true_and_naive(
    means: ArrayLike,
    covariances: ArrayLike,
    point: ArrayLike,
    cloud: ArrayLike,
    names: tuple[str, str] = ("blue", "orange"),
) -> Bells:
    """Draw two normal classes, the best boundary, and that of bells without covariances.

    Below: the probability of the first class along the line through both means, both ways.

    Parameters
    ----------
    means : array of shape (2, 2)
        A class a row; the middle between them is the origin.
    covariances : array of shape (2, 2, 2)
        Naive Bayes gets their diagonals. Errors are sums over a grid from −6 to 6.
    point : array of shape (2,)
        Where both probabilities are compared, marked in both pictures; on the line of the means.
    cloud : array of shape (2, m, 2)
        Points of covariance I, which are stretched to each class.
    names : two strings

    >>> bells = true_and_naive([[1, 0], [-1, 0]], [np.eye(2)] * 2, [1, 0], np.zeros((2, 1, 2)))
    >>> bells.errors.round(3), bells.differ, round(bells.said, 2)
    (array([0.159, 0.159]), 0.0, 0.88)
    """
    means, point = np.asarray(means, dtype=float), np.asarray(point, dtype=float)
    full = np.asarray(covariances, dtype=float)
    kinds = full, full * np.eye(2)
    # Two numbers of places: nearly no point has x₁ = 0 or x₁ = ±x₂, where it would be undecided.
    sides = np.linspace(-6, 6, 360), np.linspace(-6, 6, 361)
    grid = np.stack(np.meshgrid(*sides), axis=-1)  # (361, 360, 2)
    share = 0.5 * np.exp([_log_bell(grid, *one) for one in zip(means, full, strict=True)])
    share *= 12 / 359 * 12 / 360
    odds = np.array([_log_odds(grid, means, Sigma) for Sigma in kinds]).round(9)
    wrong = [np.where(z > 0, share[1], share[0]) for z in odds]
    differ = np.sum(share.sum(axis=0)[odds[0] * odds[1] < 0])

    _, (ax, low) = plt.subplots(2, 1, figsize=(5.6, 6.4), gridspec_kw={"height_ratios": [2.6, 1]})
    for k, mark in enumerate("os"):
        for Sigma, look in ((full[k], "-"), (kinds[1][k], ":")):
            lam, V = np.linalg.eigh(Sigma)
            angle = np.degrees(np.arctan2(V[1, 1], V[0, 1]))
            size = 4 * np.sqrt(lam[::-1])  # two deviations to each side
            ax.add_patch(Ellipse(means[k], *size, angle=angle, fc="none", ec=CYCLE[k], ls=look))
        Z = means[k] + np.asarray(cloud)[k] @ np.linalg.cholesky(full[k]).T
        ax.plot(*Z.T, mark, color=CYCLE[k], ms=3.5, alpha=0.55, mew=0, label=names[k])
    along = np.linspace(-3.5, 3.5, 141)
    unit = (means[0] - means[1]) / np.linalg.norm(means[0] - means[1])
    for z, Sigma, color, line, name in zip(
        *(odds, kinds, ("black", "vermillion"), ("-", "--"), ("true bells", "naive Bayes")),
        strict=True,
    ):
        look = {"colors": PALETTE[color], "linestyles": line, "linewidths": 2.4}
        ax.contour(*sides, z, levels=[0], **look)
        ax.plot([], [], color=PALETTE[color], ls=line, lw=2.4, label=name)
        p = _sigmoid(_log_odds(along[:, None] * unit, means, Sigma))
        low.plot(along, p, color=PALETTE[color], ls=line, lw=2.2)
        at = _sigmoid(_log_odds(point, means, Sigma))
        low.plot(point @ unit, at, "D", color=PALETTE[color], ms=7)
    ax.plot(*point, "D", color=PALETTE["black"], ms=8)
    ax.set(xlim=(-4.2, 4.2), ylim=(-3.6, 3.6), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    low.set(xlabel="place on the line through both means", xlim=(-3.5, 3.5))
    low.set(ylabel=f"P({names[0]})", ylim=(-0.04, 1.04), yticks=[0, 0.5, 1])
    true, said = (float(_sigmoid(_log_odds(point, means, Sigma))) for Sigma in kinds)
    return Bells(np.sum(wrong, axis=(1, 2)), float(differ), said, true)


def _log_bell(X: np.ndarray, mean: np.ndarray, Sigma: np.ndarray) -> np.ndarray:
    """Log density at X (…, d) of the normal distribution with this mean and covariance."""
    D = X - mean
    squares = np.sum(D @ np.linalg.inv(Sigma) * D, axis=-1)
    return -0.5 * (np.linalg.slogdet(2 * np.pi * Sigma)[1] + squares)


def _log_odds(X: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    first, second = (_log_bell(X, *one) for one in zip(means, covariances, strict=True))
    return first - second


def _sigmoid(z: ArrayLike) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))
