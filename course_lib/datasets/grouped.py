"""Points in the plane in groups: round, overlapping, unequal, long, bent, bridged, or none."""

import numpy as np
from sklearn.datasets import make_blobs, make_circles, make_moons

from course_lib.checks import check_number

SHAPES = (
    *("five", "corners", "bridge", "blobs", "stretched", "widths", "sizes", "bands", "moons"),
    *("fuzzy moons", "noisy moons", "rings", "outliers", "flat"),
)

_FIVE = [[0, 0], [4, 0], [8, 0.5], [2, 5], [6.5, 5.2]]
_CORNERS = [[0, 0], [6, 0], [0, 6], [6, 6]]
_SPREAD = {
    **{"five": 0.7, "corners": 1.0, "bridge": 0.8, "blobs": 0.8, "bands": 0.35},
    **{"stretched": 1.0, "widths": 0.8, "sizes": 0.8, "outliers": 0.8, "fuzzy moons": 0.15},
}
_STRETCH = [[2.0, 1.2], [0.0, 0.5]]


def grouped_points(
    shape: str, *, spread: float | None = None, random_state: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Make points in groups.

    Parameters
    ----------
    shape : one of SHAPES
        "five": 150 points in five round groups; "corners": 160 at the corners of a square of side
        6; "bridge": three groups of 16, and 5 points on a line between the first two; "blobs": 200
        in three round groups; "stretched": 200 in three, long and oblique; "widths": 200 in three
        of which one is twice and one a third as wide as the spread; "sizes": 170, 15 and 15 in
        round groups; "bands": 200 in three, long and parallel; "moons" and "rings": 200 in two, of
        which one bends around the other; "fuzzy moons": the same with more noise; "noisy moons":
        four times as large, with 40 points more, spread evenly over the box [−8, 12] × [−6, 8];
        "outliers": "blobs" and 15 points far away; "flat": 200 points evenly
        in a square, one group.
    spread : float or None
        Standard deviation within a group, or of the noise of moons and rings; None for the usual.
    random_state : int

    Returns
    -------
    X : ndarray of shape (n, 2)
    group : ndarray of shape (n,), integers
        The group of each point; −1 for the bridge, the even noise and the outliers.

    Raises
    ------
    ValueError
        For another shape, or a negative spread.

    Examples
    --------
    >>> X, group = grouped_points("bridge")
    >>> X.shape, np.unique(group).tolist()
    ((53, 2), [-1, 0, 1, 2])
    """
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}; got {shape!r}.")
    spread = _SPREAD.get(shape, 0.05) if spread is None else spread
    check_number("spread", spread, least=0)
    if shape in ("moons", "fuzzy moons"):
        return make_moons(200, noise=spread, random_state=random_state)
    if shape == "noisy moons":
        X, group = make_moons(200, noise=spread, random_state=random_state)
        low, high = (-2, -1.5), (3, 2)
        more = np.random.default_rng(random_state).uniform(low, high, size=(40, 2))
        return 4 * np.vstack([X, more]), np.append(group, np.full(40, -1))
    if shape == "flat":
        square = np.random.default_rng(random_state).uniform(0, 6, size=(200, 2))
        return square, np.zeros(200, dtype=int)
    if shape == "rings":
        return make_circles(200, noise=spread, factor=0.45, random_state=random_state)
    return _round_groups(shape, spread, random_state)


def _round_groups(shape: str, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    number, centres = {
        "five": (150, _FIVE),
        "corners": (160, _CORNERS),
        "bridge": (48, [[0, 0], [6, 0], [3, 7]]),
        "blobs": (200, [[0, 0], [5, 1], [2, 4.5]]),
        "outliers": (200, [[0, 0], [5, 1], [2, 4.5]]),
        "stretched": (200, [[0, 0], [0, 5], [0, 10]]),
        "widths": (200, [[0, 0], [5, 0], [6.2, 3.5]]),
        "sizes": ([170, 15, 15], [[0, 0], [4, 0], [0, 4]]),
        "bands": (200, [[0, 0], [0, 3], [0, 6]]),
    }[shape]
    widths = np.array([2, 1 / 3, 1]) * spread if shape == "widths" else spread
    X, group = make_blobs(number, centers=centres, cluster_std=widths, random_state=seed)
    if shape == "bands":
        X[:, 0] = np.random.default_rng(seed).permutation(np.linspace(-8, 8, number))
    if shape == "stretched":
        X = X @ _STRETCH
    if shape == "outliers":
        angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, 15)
        far = [2.3, 2] + np.linspace(6, 9, 15)[:, None] * np.column_stack(
            [np.cos(angle), np.sin(angle)]
        )
        X, group = np.vstack([X, far]), np.append(group, np.full(15, -1))
    if shape == "bridge":
        line = np.column_stack([np.linspace(1.6, 4.4, 5), np.full(5, 0.2)])
        X, group = np.vstack([X, line]), np.append(group, np.full(5, -1))
    return X, group
