"""Decision trees: questions about one feature at a time, asked in the order that helps most.

Symbols
    X  (n, d)  inputs, one sample a row
    y  (n,)    labels, or numbers
    w  (n,)    sample weights; a weight k counts as k copies of the sample
    t          a node; t = 0 is the root
    I(t)       its impurity: Gini, entropy in bits, or the variance of y
    R(T)       mean impurity of the leaves of a tree T, weighted by their samples

A node asks whether x_j ≤ threshold, for the feature j and the threshold that lower R most
(`splits`), and hands its samples on to its two children (`growth`). Cost-complexity pruning takes
the least useful questions back (`pruning`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from course_lib.estimator import (
    BaseEstimator,
    Integral,
    Interval,
    Real,
    StrOptions,
    check_random_state,
    fit_data,
    fit_labels,
    fit_weights,
    labels_of,
    new_data,
    to_numpy,
)
from course_lib.trees.criteria import Criterion, Entropy, Gini, SquaredError
from course_lib.trees.growth import Limits, Search, grow
from course_lib.trees.pruning import collapse_alphas, prune
from course_lib.trees.splits import new_search
from course_lib.trees.tree import Tree

MaxFeatures = int | float | str | None


class _DecisionTree(BaseEstimator):
    """What both trees share: everything but the targets."""

    _parameter_constraints: ClassVar[dict] = {
        "splitter": [StrOptions({"exact", "histogram"})],
        "max_depth": [Interval(Integral, 1, None, closed="left"), None],
        "min_samples_split": [Interval(Integral, 2, None, closed="left")],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
        "min_weight_fraction_leaf": [Interval(Real, 0, 0.5, closed="both")],
        "min_impurity_decrease": [Interval(Real, 0, None, closed="left")],
        "max_features": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="right"),
            StrOptions({"sqrt", "log2"}),
            None,
        ],
        "max_bins": [Interval(Integral, 2, 65_536, closed="both")],
        "ccp_alpha": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        splitter: str = "exact",
        max_depth: int | None = None,
        min_samples_split: int = 2,
        min_samples_leaf: int = 1,
        min_weight_fraction_leaf: float = 0.0,
        min_impurity_decrease: float = 0.0,
        max_features: MaxFeatures = None,
        max_bins: int = 64,
        ccp_alpha: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.min_impurity_decrease = min_impurity_decrease
        self.max_features = max_features
        self.max_bins = max_bins
        self.ccp_alpha = ccp_alpha
        self.random_state = random_state

    def apply(self, X: Any) -> np.ndarray:
        """Return the number of the leaf that each row of X (m, d) falls into, (m,)."""
        X = new_data(self, to_numpy(X), like="feature_importances_", method="apply")
        return self.tree_.apply(X)

    def get_depth(self) -> int:
        """Return the largest number of questions on the way to a leaf."""
        check_is_fitted(self)
        return int(self.tree_.depths().max())

    def get_n_leaves(self) -> int:
        """Return the number of leaves."""
        check_is_fitted(self)
        return self.tree_.n_leaves

    def pruning_alphas(self) -> np.ndarray:
        """Return every α at which a leaf more is not worth it, in increasing order.

        `pruned` gives another tree on each side of such an α, and the same between two of them.
        """
        check_is_fitted(self)
        return np.unique(collapse_alphas(self.tree_)[~self.tree_.is_leaf])

    def pruned(self, alpha: float) -> _DecisionTree:
        """Return a copy whose tree is the smallest with the least R(T) + α|T|.

        It is what fitting anew with ``ccp_alpha=alpha`` gives.

        Raises
        ------
        ValueError
            For a negative alpha.
        """
        check_is_fitted(self)
        if not alpha >= 0:
            raise ValueError(f"alpha must be at least 0, got {alpha}.")
        other = copy.copy(self)
        other.ccp_alpha = alpha
        other._keep(prune(self.tree_, alpha) if alpha > 0 else self.tree_)
        return other

    # --- growing ------------------------------------------------------------------------------

    def _grow(
        self,
        X: np.ndarray,
        w: np.ndarray | None,
        criterion: Callable[[np.ndarray | None], Criterion],
        search: Search | None = None,
    ) -> None:
        """Grow on the rows whose weight is not zero, then prune; `criterion` takes the weights.

        A forest hands in the `search`, which all its trees share; else all weights are positive.
        """
        w, unit = _in_units(w)
        search = search or new_search(self.splitter, X, self.max_bins, w)
        random_state = check_random_state(self.random_state)
        rows = None if w is None else np.flatnonzero(w)
        tree = grow(X, criterion(w), search, self._limits(X, w), random_state, rows)
        tree = replace(tree, weight=tree.weight * unit)
        self._keep(prune(tree, self.ccp_alpha) if self.ccp_alpha > 0 else tree)

    def _limits(self, X: np.ndarray, w: np.ndarray | None) -> Limits:
        weight = len(X) if w is None else w.sum()
        return Limits(
            np.inf if self.max_depth is None else self.max_depth,
            self.min_samples_split,
            self.min_samples_leaf,
            self.min_weight_fraction_leaf * weight,
            self.min_impurity_decrease,
            number_of_features(self.max_features, X.shape[1]),
        )

    def _keep(self, tree: Tree) -> None:
        self.tree_ = tree
        self.feature_importances_ = tree.importances(self.n_features_in_)

    def _values(self, X: Any, method: str) -> np.ndarray:
        """Return the value of each row's leaf, (m, K) or (m, 1)."""
        X = new_data(self, to_numpy(X), like="feature_importances_", method=method)
        return self.tree_.value[self.tree_.apply(X)]


def number_of_features(max_features: MaxFeatures, d: int) -> int | None:
    """Return how many of d features are drawn in a node; None for all, without drawing."""
    if max_features is None:
        return None
    if isinstance(max_features, str):
        max_features = int(np.sqrt(d) if max_features == "sqrt" else np.log2(d))
    elif not isinstance(max_features, Integral):
        max_features = int(max_features * d)
    elif max_features > d:
        raise ValueError(
            f"max_features={max_features} is more than the {d} features of X: pass at most {d}, a "
            "fraction, 'sqrt', 'log2' or None for all."
        )
    return max(1, max_features)


def without_zeros(
    X: np.ndarray, y: np.ndarray, w: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Drop the samples of weight 0: zero copies of a sample are no sample."""
    if w is None or np.all(w > 0):
        return X, y, w
    return X[w > 0], y[w > 0], w[w > 0]


def _in_units(w: np.ndarray | None) -> tuple[np.ndarray | None, float]:
    """Divide weights by a power of two, lest their products overflow; return it beside them.

    Such a division is exact: it changes no digit, and so no cut.
    """
    if w is None:
        return None, 1.0
    unit = float(np.ldexp(1.0, int(np.frexp(w.max())[1]) - 1))  # unit ≤ the largest weight
    return w / unit, unit


class DecisionTreeClassifier(ClassifierMixin, _DecisionTree):
    """Classification tree.

    Parameters
    ----------
    criterion : "gini" (default) or "entropy"
        The impurity I(t).
    splitter : "exact" (default) or "histogram"
        "exact" tries every threshold between two values in the node, "histogram" those between
        `max_bins` bins of nearly equal weight. If no feature has more different values, both divide
        the training samples alike; but a threshold of "histogram" lies halfway between neighbouring
        values of all samples, one of "exact" between those of its node, so that a new row may fall
        on different sides. For the time it takes see the notes.
    max_depth : int, optional
        The largest number of questions on the way to a leaf; no limit by default.
    min_samples_split : int, default=2
        A node of fewer samples stays a leaf.
    min_samples_leaf : int, default=1
        A split that would leave a child with fewer samples is not allowed. Both count rows,
        whatever their weight, as scikit-learn does: weights may have any scale.
    min_weight_fraction_leaf : float, default=0
        The same as a fraction, 0 to 0.5, of the weight of all samples.
    min_impurity_decrease : float, default=0
        What a split must take off R(T).
    max_features : int, float, "sqrt", "log2" or None, default=None
        How many features (or which fraction) are drawn at random in each node; if none of these
        can be split there, others are drawn until one can. None looks at all.
    max_bins : int, default=64
        Bins of each feature; "histogram" only.
    ccp_alpha : float, default=0
        Price of a leaf: the tree is pruned to the smallest that minimises R(T) + α|T|.
    random_state : int, RandomState or None
        For `max_features`; nothing else is random.

    Attributes
    ----------
    tree_ : Tree
        The nodes.
    feature_importances_ : array of shape (d,)
        Each feature's share of all that the splits take off R(T); they add up to 1, or are all 0
        if there is no split.
    classes_ : array of shape (K,)
        The labels in order.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        For bad input, negative weights, and `max_features` above d.

    Notes
    -----
    Cost of growing: "exact" sorts once, O(d n log n), and then takes O(d n) a level; "histogram"
    bins once and then takes O(d n) a level. Measured on one core, with 5 and 20 features and 64
    bins: with ``max_depth=6``, "histogram" takes 0.4 to 0.6 of the time of "exact" for 20,000
    samples and for 100,000, and 0.8 to 1 for 1,000; without limit, 0.5 to 0.6 for classes and 0.7
    to 1.05 for a regression tree. Predicting takes one comparison a level. Where several features
    gain the same, the first is taken. Breiman, Friedman, Olshen and Stone (1984), *Classification
    and Regression Trees*; Quinlan (1986), *Induction of Decision Trees*, Machine Learning 1,
    81-106.

    Examples
    --------
    >>> X, y = [[1.0, 5.0], [2.0, 3.0], [3.0, 9.0], [4.0, 1.0]], ["no", "no", "yes", "yes"]
    >>> model = DecisionTreeClassifier().fit(X, y)
    >>> model.predict([[2.4, 0.0], [9.0, 9.0]]).tolist()
    ['no', 'yes']
    >>> model.tree_.threshold[0], model.feature_importances_
    (np.float64(2.5), array([1., 0.]))
    """

    _parameter_constraints: ClassVar[dict] = {
        **_DecisionTree._parameter_constraints,
        "criterion": [StrOptions({"gini", "entropy"})],
    }

    def __init__(
        self,
        *,
        criterion: str = "gini",
        splitter: str = "exact",
        max_depth: int | None = None,
        min_samples_split: int = 2,
        min_samples_leaf: int = 1,
        min_weight_fraction_leaf: float = 0.0,
        min_impurity_decrease: float = 0.0,
        max_features: MaxFeatures = None,
        max_bins: int = 64,
        ccp_alpha: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ):
        super().__init__(
            splitter=splitter,
            max_depth=max_depth,
            min_samples_split=min_samples_split,
            min_samples_leaf=min_samples_leaf,
            min_weight_fraction_leaf=min_weight_fraction_leaf,
            min_impurity_decrease=min_impurity_decrease,
            max_features=max_features,
            max_bins=max_bins,
            ccp_alpha=ccp_alpha,
            random_state=random_state,
        )
        self.criterion = criterion

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> DecisionTreeClassifier:
        """Grow the tree on inputs X (n, d), labels y (n,) and weights (n,); return self."""
        X, codes = fit_labels(self, to_numpy(X), y, least_classes=1)
        X, codes, w = without_zeros(X, codes, fit_weights(sample_weight, X))
        rule = Gini if self.criterion == "gini" else Entropy
        self._grow(X, w, partial(rule, codes, len(self.classes_)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the label of most weight in the leaf of each row of X (m, d); (m,)."""
        return labels_of(self, self._values(X, "predict").argmax(axis=1))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Predict the class shares in the leaf of each row of X (m, d); (m, K), rows sum to 1."""
        return self._values(X, "predict_proba")


class DecisionTreeRegressor(RegressorMixin, _DecisionTree):
    """Regression tree: a constant on every box of inputs, the mean of y there.

    Parameters, attributes and errors are those of `DecisionTreeClassifier`, without `criterion` and
    `classes_`: the impurity I(t) is the variance of y in the node. Targets so far apart that the
    square of their difference overflows are refused with a ValueError.

    Notes
    -----
    Cost as in `DecisionTreeClassifier`. Breiman, Friedman, Olshen and Stone (1984),
    *Classification and Regression Trees*, chapter 8.

    Examples
    --------
    >>> X, y = [[1.0], [2.0], [3.0], [4.0]], [1.0, 1.2, 5.0, 5.2]
    >>> model = DecisionTreeRegressor(max_depth=1).fit(X, y)
    >>> model.predict([[0.0], [2.6]]).round(6).tolist()
    [1.1, 5.1]
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> DecisionTreeRegressor:
        """Grow the tree on inputs X (n, d), numbers y (n,) and weights (n,); return self."""
        X, y = fit_data(self, to_numpy(X), y)
        X, y, w = without_zeros(X, y, fit_weights(sample_weight, X))
        with np.errstate(over="ignore"):
            if not np.isfinite(len(y) * (y.max() - y.min()) ** 2):
                raise ValueError(
                    f"The targets y reach from {y.min():g} to {y.max():g}, and the square of that "
                    "difference is no longer a number: pass y in a larger unit."
                )
        self._grow(X, w, partial(SquaredError, y))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the mean target in the leaf of each row of X (m, d); (m,)."""
        return self._values(X, "predict")[:, 0]
