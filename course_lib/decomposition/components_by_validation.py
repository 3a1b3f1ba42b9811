"""How many components? An honest cross-validation of the reconstruction.

Symbols
    X   (n, d)  samples
    V   (m, d)  components of the samples that a fold fits
    x   (d,)    a held-out sample, less their mean
    r   (d,)    x − VᵀVx, what the reconstruction of x leaves
    h   (d,)    hⱼ = Σₖ Vₖⱼ², how much entry j of the reconstruction takes from xⱼ itself

The plain error ‖r‖² of held-out samples cannot choose m: the reconstruction of x has seen x, and
with every further component it copies more of it. So each entry xⱼ is hidden in turn and predicted
from the other entries: the scores are those that fit the others best, by least squares. As in the
leave-one-out error of a linear regression, nothing need be fitted again for that. What the
prediction of xⱼ misses is rⱼ/(1 − hⱼ). Of entries G that are hidden together it is
(I − V_GᵀV_G)⁻¹ r_G, which reads the same along each eigenvector of V_GᵀV_G, with h its eigenvalue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_lib.decomposition.pca import PCA
from course_lib.estimator import to_numpy
from course_lib.model_selection import AnySplitter, KFold, one_standard_error

FREE = 1e-8
"""Where 1 − hⱼ is smaller, the other entries say nothing of xⱼ, and the mean is its prediction."""


class ReconstructionErrors(NamedTuple):
    """Mean squared error of an entry of a held-out sample, in each fold, for each m."""

    ms: np.ndarray
    """(k,) the numbers of components, rising."""
    hidden: np.ndarray
    """(F, k) of an entry that is predicted from the others: small only where structure is."""
    seen: np.ndarray
    """(F, k) of an entry of a sample that is reconstructed as a whole: it falls with every m."""

    @property
    def least(self) -> int:
        """The m of the smallest mean error of hidden entries."""
        return int(self.ms[np.argmin(self.hidden.mean(axis=0))])

    @property
    def simplest(self) -> int:
        """The smallest m whose mean error is within one standard error of the smallest."""
        choice = one_standard_error(self.hidden[:, ::-1])
        return int(self.ms[::-1][choice.simplest])


def reconstruction_errors(
    X: ArrayLike,
    ms: Iterable[int] | None = None,
    *,
    together: ArrayLike | None = None,
    splitter: AnySplitter | int = 5,
    random_state: int | np.random.RandomState | None = None,
) -> ReconstructionErrors:
    """Measure by cross-validation how well m components reconstruct samples not seen in the fit.

    Parameters
    ----------
    X : array of shape (n, d)
        In units that make the columns comparable: errors of all columns are added.
    ms : rising numbers of components, optional
        From 0, the mean alone, up to min(n_fit, d) − 1, where n_fit is the number of samples in the
        smallest fit; by default all of these.
    together : array of shape (d,), optional
        Labels of the columns: those of one label are hidden together, such as the pixels of one
        part of a picture. By default each column is hidden alone.
    splitter : int or splitter, default=5
        Folds of samples; a number of folds shuffles them.
    random_state : int, RandomState or None
        Seed of that.

    Raises
    ------
    ValueError
        For numbers of components out of order or range, for another number of labels than columns,
        and for fits of fewer than two samples.

    Notes
    -----
    Entries that are nearly copies of one another, as neighbouring pixels are, predict one another
    so well that the smallest error lies at a large m; hidden together they cannot. Cost: a PCA for
    each fold, and O(nd²) for all m; with g columns hidden together O(ndg + dg²) more for each m.
    Bro, Kjeldahl, Smilde and Kiers (2008), *Cross-validation of component models: a
    critical look at current methods*, Analytical and Bioanalytical Chemistry 390.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 2)) @ rng.normal(size=(2, 10)) + 0.3 * rng.normal(size=(100, 10))
    >>> errors = reconstruction_errors(X, random_state=0)
    >>> errors.least, bool(np.all(np.diff(errors.seen.mean(axis=0)) < 0))
    (2, True)
    """
    X = np.asarray(to_numpy(X), dtype=float)
    if isinstance(splitter, int | np.integer):
        splitter = KFold(int(splitter), shuffle=True, random_state=random_state)
    splits = list(splitter.split(X))
    most = min(*(len(fit) for fit, _ in splits), X.shape[1]) - 1
    ms = _rising(range(most + 1) if ms is None else ms, most)
    groups = _groups(together, X.shape[1])
    pairs = [_errors(X[fit], X[held], ms, groups) for fit, held in splits]
    hidden, seen = (np.array(each) for each in zip(*pairs, strict=True))
    return ReconstructionErrors(np.array(ms), hidden, seen)


def _rising(ms: Iterable[int], most: int) -> list[int]:
    ms = list(ms)
    if not ms or ms[0] < 0 or ms[-1] > most or np.any(np.diff(ms) <= 0):
        raise ValueError(f"ms must be rising numbers of components from 0 to {most}, got {ms}.")
    return ms


def _groups(together: ArrayLike | None, d: int) -> list[np.ndarray] | None:
    """Return the columns of each label, or None where each is alone."""
    if together is None:
        return None
    labels = np.asarray(together)
    if labels.shape != (d,):
        raise ValueError(f"together must hold a label for each of {d} columns, got {labels.shape}.")
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _errors(
    fit: np.ndarray, held: np.ndarray, ms: list[int], groups: list[np.ndarray] | None
) -> tuple[list[float], list[float]]:
    """Return the mean squared errors of the held-out entries, hidden and seen, for each m."""
    pca = PCA(max(ms[-1], 1)).fit(fit)
    X, V = held - pca.mean_, pca.components_
    T, R, h = X @ V.T, X, np.zeros(X.shape[1])
    hidden, seen, before = [], [], 0
    for m in ms:
        R = R - T[:, before:m] @ V[before:m]
        h = h + np.sum(V[before:m] ** 2, axis=0)
        squares = _missed(X, R, h) if groups is None else _missed_together(X, R, V[:m], groups)
        hidden.append(squares / X.size)
        seen.append(float(np.mean(R**2)))
        before = m
    return hidden, seen


def _missed(X: np.ndarray, R: np.ndarray, h: np.ndarray) -> float:
    """Return the sum of squares of r/(1 − h), and of x where the others say nothing."""
    free = 1 - h < FREE
    return float(np.sum(np.where(free, X, R / np.where(free, 1, 1 - h)) ** 2))


def _missed_together(
    X: np.ndarray, R: np.ndarray, V: np.ndarray, groups: list[np.ndarray]
) -> float:
    total = 0.0
    for g in groups:
        h, U = np.linalg.eigh(V[:, g].T @ V[:, g])
        total += _missed(X[:, g] @ U, R[:, g] @ U, h)
    return total
