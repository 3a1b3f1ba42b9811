"""What ensembles that average share: draws for each member, the mean, and the samples left out.

    T              members, each trained on samples of its own
    says  (m, K)   what one member says of m inputs: class shares, or its prediction in one column
    out of bag     the samples that a member did not draw; the mean over the members that did not
                   draw a sample judges the ensemble on data it has not seen, without a test set

Members are trained at once in `n_jobs` threads: NumPy lets go of Python's lock in its long loops.
The seeds of each member, one for its samples and one for itself, are drawn beforehand, so that
nothing depends on the number of threads.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from course_lib.estimator import (
    BaseEstimator,
    blocks,
    check_random_state,
    fit_data,
    fit_labels,
    fit_weights,
    labels_of,
    new_data,
    to_numpy,
)
from course_lib.trees.decision_tree import without_zeros
from course_lib.trees.draws import make_draws

MAX_SEED = 2**31 - 1

BLOCK = 4096
"""Rows that are predicted by all members before the next: they stay in the cache."""


class Ensemble(ABC, BaseEstimator):
    """T members that are trained on draws of the samples, and averaged.

    A subclass says how a member is trained; `Votes` and `Means` say what is averaged.
    """

    def _fit(self, X: np.ndarray, targets: np.ndarray, w: np.ndarray | None) -> Any:
        """Train the members on X (n, d), codes or numbers (n,) and weights; return self."""
        if self.oob_score and not self.bootstrap:
            raise ValueError(
                "oob_score=True needs bootstrap=True: the samples out of the bag are those that a "
                "bootstrap sample leaves out."
            )
        self._weighty = np.arange(len(X)) if w is None else np.flatnonzero(w)
        inside = without_zeros(X, targets, w)
        self._draws = make_draws(*inside, self.max_samples, self.bootstrap)
        random_state = check_random_state(self.random_state)
        self._seeds = random_state.randint(MAX_SEED, size=(self.n_estimators, 2))
        train = self._trainer(*inside)

        def member(seeds: np.ndarray) -> Any:
            return train(self._draws.rows(seeds[0]), int(seeds[1]))

        self._keep(self._at_once(member, self._seeds))
        for name in ("oob_score_", "oob_decision_function_", "oob_prediction_"):
            self.__dict__.pop(name, None)  # of a fit before
        if self.oob_score:
            self._keep_out_of_bag(*self._out_of_bag(X), targets, w)
        return self

    @abstractmethod
    def _trainer(
        self, X: np.ndarray, targets: np.ndarray, w: np.ndarray | None
    ) -> Callable[[np.ndarray, int], Any]:
        """Return what trains one member from its rows and its seed."""

    @abstractmethod
    def _keep(self, members: list[Any]) -> None:
        """Set what the trained members say of themselves as attributes."""

    @abstractmethod
    def _said(self, t: int, X: np.ndarray) -> np.ndarray:
        """Return what member t says of inputs X (m, d), (m, K) or (m, 1)."""

    @property
    def estimators_samples_(self) -> list[np.ndarray]:
        """The rows that each member was trained on, drawn anew from its seed; T times (size,)."""
        check_is_fitted(self)
        return [self._weighty[self._draws.rows(seed)] for seed, _ in self._seeds]

    def _at_once(self, work: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
        """Do the work on each part, in `n_jobs` threads."""
        return Parallel(n_jobs=self.n_jobs, require="sharedmem")(
            delayed(work)(part) for part in parts
        )

    def _new(self, X: Any, method: str) -> np.ndarray:
        return new_data(self, to_numpy(X), like="_seeds", method=method, keep_dtype=True)

    def _mean(self, X: Any, method: str) -> np.ndarray:
        """Average what the members say of each row of X (m, d), (m, K) or (m, 1)."""
        X, T = self._new(X, method), len(self._seeds)

        def mean(rows: slice) -> np.ndarray:
            return sum(self._said(t, X[rows]) for t in range(T)) / T

        return np.concatenate(self._at_once(mean, blocks(len(X), BLOCK)))

    def _out_of_bag(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Average over the members that did not draw a sample; NaN where there is none.

        Returns the means (n, K) or (n, 1) and the number of such members (n,).
        """
        total, count = np.zeros_like(self._said(0, X)), np.zeros(len(X))
        for t, rows in enumerate(self.estimators_samples_):
            out = np.ones(len(X), dtype=bool)
            out[rows] = False
            if out.any():
                total[out] += self._said(t, X[out])
                count += out
        if not count.all():
            warnings.warn(
                f"{np.count_nonzero(count == 0)} of {len(X)} samples were drawn by every one of "
                f"the {len(self._seeds)} members: their out-of-bag predictions are NaN, and the "
                "score is that of the others. Take more members.",
                UserWarning,
                stacklevel=4,
            )
        with np.errstate(invalid="ignore"):
            return total / count[:, None], count


class Votes(ClassifierMixin):
    """An ensemble of classifiers: class shares are averaged, and the largest mean wins."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train the members on inputs X (n, d), labels y (n,) and weights (n,); return self."""
        X, codes = fit_labels(self, to_numpy(X), to_numpy(y), least_classes=1)
        return self._fit(X, codes, fit_weights(sample_weight, X))

    def predict(self, X: Any) -> np.ndarray:
        """Predict the label of the largest mean share for each row of X (m, d); (m,)."""
        return labels_of(self, self._mean(X, "predict").argmax(axis=1))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the mean class shares of the members for X (m, d); (m, K), rows sum to 1."""
        return self._mean(X, "predict_proba")

    def _shown(self, codes: np.ndarray) -> np.ndarray:
        """Return the targets as a member sees them, (n,)."""
        return labels_of(self, codes)

    def _says(self, estimator: Any, X: np.ndarray) -> np.ndarray:
        """Return the member's class shares (m, K), or its votes if it predicts labels only."""
        column = np.searchsorted(self.classes_, estimator.classes_)  # its bag may miss a class
        says = np.zeros((len(X), len(self.classes_)))
        if hasattr(estimator, "predict_proba"):
            says[:, column] = estimator.predict_proba(X)
        else:
            says[np.arange(len(X)), np.searchsorted(self.classes_, estimator.predict(X))] = 1
        return says

    def _keep_out_of_bag(
        self, means: np.ndarray, count: np.ndarray, codes: np.ndarray, w: np.ndarray | None
    ) -> None:
        self.oob_decision_function_ = means
        seen = count > 0
        right = means[seen].argmax(axis=1)
        w = None if w is None else w[seen]
        self.oob_score_ = (
            accuracy_score(codes[seen], right, sample_weight=w) if any(seen) else np.nan
        )


class Means(RegressorMixin):
    """An ensemble of regressors: their predictions are averaged."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train the members on inputs X (n, d), numbers y (n,) and weights (n,); return self."""
        X, y = fit_data(self, to_numpy(X), y)
        return self._fit(X, y, fit_weights(sample_weight, X))

    def predict(self, X: Any) -> np.ndarray:
        """Predict the mean of the members' predictions for each row of X (m, d); (m,)."""
        return self._mean(X, "predict")[:, 0]

    def _shown(self, y: np.ndarray) -> np.ndarray:
        return y

    def _says(self, estimator: Any, X: np.ndarray) -> np.ndarray:
        return np.asarray(estimator.predict(X), dtype=float)[:, None]

    def _keep_out_of_bag(
        self, means: np.ndarray, count: np.ndarray, y: np.ndarray, w: np.ndarray | None
    ) -> None:
        self.oob_prediction_ = means[:, 0]
        seen = count > 0
        if np.count_nonzero(seen) < 2:  # R² of one sample is not defined
            self.oob_score_ = np.nan
            return
        w = None if w is None else w[seen]
        self.oob_score_ = r2_score(y[seen], means[seen, 0], sample_weight=w)
