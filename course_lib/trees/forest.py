"""Bagging and random forests: many trees that err in different ways, and their mean.

Symbols
    X  (n, d)  inputs, one sample a row
    y  (n,)    labels of K classes, or numbers
    T          members of the ensemble
    m          features drawn in each node of a forest's tree, `max_features`

Bagging (bootstrap aggregating) trains each member on a bootstrap sample and averages. A random
forest is bagging of trees that draw m of the d features anew in every node, and take the best cut
of these: the trees agree less, so that their mean varies less. What the members share, the draws,
the mean and the out-of-bag score, stands in `ensemble` and `draws`.

The trees of a forest share one preparation of X: the histogram splitter bins each feature once,
the exact one sorts it once, for all trees. Each tree grows on the rows that it drew, a row drawn k
times with weight k.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from course_lib.estimator import Integral, Interval, Real, StrOptions
from course_lib.trees.criteria import Criterion, Entropy, Gini, SquaredError
from course_lib.trees.decision_tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    MaxFeatures,
)
from course_lib.trees.ensemble import MAX_SEED, Ensemble, Means, Votes
from course_lib.trees.splits import new_search

__all__ = [
    "BaggingClassifier",
    "BaggingRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
]

COMMON: dict = {
    "n_estimators": [Interval(Integral, 1, None, closed="left")],
    "max_samples": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Real, 0, 1, closed="right"),
    ],
    "bootstrap": ["boolean"],
    "oob_score": ["boolean"],
    "n_jobs": [None, Integral],
    "random_state": ["random_state"],
}


class _Bagging(Ensemble):
    """Copies of one estimator, each on its own samples and, if asked for, its own features."""

    _parameter_constraints: ClassVar[dict] = {
        **COMMON,
        "estimator": "no_validation",  # see _learner
        "max_features": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="right"),
        ],
    }

    def __init__(
        self,
        estimator: Any = None,
        n_estimators: int = 10,
        *,
        max_samples: int | float = 1.0,
        max_features: int | float = 1.0,
        bootstrap: bool = True,
        oob_score: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.oob_score = oob_score
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _trainer(
        self, X: np.ndarray, targets: np.ndarray, w: np.ndarray | None
    ) -> Callable[[np.ndarray, int], tuple[Any, np.ndarray]]:
        w = None if self.bootstrap else w  # a bootstrap sample has used the weights already
        learner, y = self._learner(weighted=w is not None), self._shown(targets)
        d, m = X.shape[1], self._number_of_features(X.shape[1])

        def train(rows: np.ndarray, seed: int) -> tuple[Any, np.ndarray]:
            rng = np.random.RandomState(seed)
            features = np.sort(rng.permutation(d)[:m]) if m < d else np.arange(d)
            member = with_seed(clone(learner), rng.randint(MAX_SEED))
            weights = {} if w is None else {"sample_weight": w[rows]}
            bag = X[rows] if m == d else X[np.ix_(rows, features)]
            try:
                return member.fit(bag, y[rows], **weights), features
            except ValueError as error:
                self._explain(error, y[rows])
                raise

        return train

    def _explain(self, error: ValueError, y: np.ndarray) -> None:
        """Say with an error if the reason may be that the bag holds one class only."""
        if isinstance(self, Votes) and np.all(y == y[0]) and len(self.classes_) > 1:
            error.add_note(
                f"The samples drawn for this copy hold the class {y[0]} only: pass an estimator "
                "that can be trained on one class, such as a tree, or more samples."
            )

    def _learner(self, weighted: bool) -> Any:
        """Return the estimator to copy, if it can do what is asked of it."""
        learner = self._tree() if self.estimator is None else self.estimator
        if isinstance(learner, type) or not (
            hasattr(learner, "fit") and hasattr(learner, "predict")
        ):
            hint = ", a class: pass an object of it" if isinstance(learner, type) else ""
            raise TypeError(
                "estimator must be an object with fit and predict, such as "
                f"{self._tree()!r}, got {learner!r}{hint}."
            )
        if weighted and not has_fit_parameter(learner, "sample_weight"):
            raise ValueError(
                "sample_weight was given with bootstrap=False, but the fit of "
                f"estimator={learner!r} does not take sample_weight: choose another estimator, or "
                "bootstrap=True, which draws by the weights."
            )
        return learner

    def _number_of_features(self, d: int) -> int:
        if not isinstance(self.max_features, Integral):
            return max(1, int(self.max_features * d))
        if self.max_features > d:
            raise ValueError(
                f"max_features={self.max_features} is more than the {d} features of X: pass at "
                f"most {d}, or a fraction."
            )
        return int(self.max_features)

    def _keep(self, members: list[tuple[Any, np.ndarray]]) -> None:
        self.estimators_ = [estimator for estimator, _ in members]
        self.estimators_features_ = [features for _, features in members]

    def _said(self, t: int, X: np.ndarray) -> np.ndarray:
        features = self.estimators_features_[t]
        whole = len(features) == X.shape[1]
        return self._says(self.estimators_[t], X if whole else X[:, features])


def with_seed(estimator: Any, seed: int) -> Any:
    """Set every `random_state` of an estimator, also of those within it; return it."""
    names = [name for name in sorted(estimator.get_params(deep=True)) if _is_seed(name)]
    return estimator.set_params(**dict.fromkeys(names, int(seed))) if names else estimator


def _is_seed(name: str) -> bool:
    return name == "random_state" or name.endswith("__random_state")


class BaggingClassifier(Votes, _Bagging):
    """Bagging: copies of a classifier, each trained on a bootstrap sample, vote together.

    Parameters
    ----------
    estimator : classifier, optional
        Anything with `fit` and `predict`; class shares are averaged if it has `predict_proba`,
        votes otherwise. A full-grown `DecisionTreeClassifier` by default.
    n_estimators : int, default=10
        T, the number of copies.
    max_samples : int or float, default=1.0
        How many samples each copy draws, or which fraction of them.
    max_features : int or float, default=1.0
        How many features each copy sees, or which fraction, drawn once for all of its nodes.
    bootstrap : bool, default=True
        Draw samples with replacement, else without.
    oob_score : bool, default=False
        Judge each sample by the copies that did not draw it.
    n_jobs : int, optional
        Threads; -1 for all cores, one by default. The result does not depend on it.
    random_state : int, RandomState or None

    Attributes
    ----------
    estimators_ : list of T classifiers
        They know the labels that their bags hold, which may be fewer than K.
    estimators_samples_ : list of T arrays of shape (draws,)
        The rows that each was trained on, as often as each was drawn.
    estimators_features_ : list of T arrays
        The columns that each sees.
    oob_score_ : float
        Accuracy of the out-of-bag predictions.
    oob_decision_function_ : array of shape (n, K)
        Mean class shares of the copies that did not draw the sample; NaN where every one did.
    classes_ : array of shape (K,)
        The labels in order.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        For bad input, an `oob_score` without bootstrap, `max_features` above d, and an estimator
        that cannot be trained.

    Warns
    -----
    UserWarning
        For samples that are in every bag, if `oob_score` is asked for.

    Notes
    -----
    A sample weight k counts as k copies of the sample: with bootstrap, weights are the chances of
    being drawn, and as many samples are drawn as the weights add up to; without, they are handed on
    to the estimator. Which samples are drawn does not depend on the order of the rows. Cost: T
    times that of the estimator. Breiman (1996), *Bagging Predictors*, Machine Learning 24, 123-140;
    features: Ho (1998), *The Random Subspace Method for Constructing Decision Forests*, IEEE TPAMI
    20, 832-844.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["no", "no", "yes", "yes"]
    >>> model = BaggingClassifier(n_estimators=50, random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.9]]).tolist()
    ['no', 'yes']
    """

    def _tree(self) -> DecisionTreeClassifier:
        return DecisionTreeClassifier()


class BaggingRegressor(Means, _Bagging):
    """Bagging: the mean of copies of a regressor, each trained on a bootstrap sample.

    Parameters, attributes and errors are those of `BaggingClassifier`, with `oob_prediction_` (n,)
    in place of `oob_decision_function_`, without `classes_`; `oob_score_` is R².

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 0.0, 1.0, 1.0]
    >>> model = BaggingRegressor(n_estimators=50, random_state=0).fit(X, y)
    >>> 0 <= model.predict([[1.5]])[0] <= 1
    np.True_
    """

    def _tree(self) -> DecisionTreeRegressor:
        return DecisionTreeRegressor()


class _Forest(Ensemble):
    """Trees that draw features in each node; a subclass names the tree and its criterion."""

    _parameter_constraints: ClassVar[dict] = {
        **COMMON,
        **{
            name: DecisionTreeRegressor._parameter_constraints[name]
            for name in (
                "splitter",
                "max_depth",
                "min_samples_split",
                "min_samples_leaf",
                "max_features",
                "max_bins",
            )
        },
    }

    def _trainer(
        self, X: np.ndarray, targets: np.ndarray, w: np.ndarray | None
    ) -> Callable[[np.ndarray, int], Any]:
        search = new_search(self.splitter, X, self.max_bins, w)  # binned or sorted once for all

        def train(rows: np.ndarray, seed: int) -> Any:
            weights = np.bincount(rows, minlength=len(X)).astype(float)  # a copy counts once more
            if w is not None and not self.bootstrap:
                weights *= w
            tree = self._tree(seed)
            tree._grow(X, weights, partial(self._criterion, targets), search.anew())
            return tree

        return train

    @abstractmethod
    def _tree(self, seed: int) -> Any:
        """Return a tree of this forest, not yet grown."""

    @abstractmethod
    def _criterion(self, targets: np.ndarray, weights: np.ndarray) -> Criterion:
        """Return the criterion of one tree."""

    def _tree_parameters(self, seed: int) -> dict[str, Any]:
        names = set(DecisionTreeRegressor._parameter_constraints) & set(self.get_params())
        return {**{name: getattr(self, name) for name in names}, "random_state": seed}

    def _keep(self, members: list[Any]) -> None:
        self.estimators_ = members
        shares = np.mean([tree.feature_importances_ for tree in members], axis=0)
        self.feature_importances_ = shares / shares.sum() if shares.any() else shares

    def _said(self, t: int, X: np.ndarray) -> np.ndarray:
        tree = self.estimators_[t].tree_
        return tree.value[tree.apply(X)]

    def apply(self, X: Any) -> np.ndarray:
        """Return the number of the leaf that each row of X (m, d) falls into; (m, T)."""
        X = self._new(X, "apply")
        return np.column_stack(self._at_once(lambda one: one.tree_.apply(X), self.estimators_))

    def proximity(self, X: Any, Z: Any = None) -> np.ndarray:
        """Return in which share of the trees rows of X (m, d) and of Z fall into the same leaf.

        Parameters
        ----------
        X : array of shape (m, d)
        Z : array of shape (r, d), optional
            X by default: then the matrix is symmetric, with 1 on its diagonal.

        Returns
        -------
        array of shape (m, r)
            From 0 to 1. Cost: O(T m r) at worst, and m r numbers. Breiman (2001), section 10 of
            the manual of his program, *Random Forests*.
        """
        ours = self._leaf_matrix(self.apply(X))
        theirs = ours if Z is None else self._leaf_matrix(self.apply(Z))
        return (ours @ theirs.T).toarray() / len(self.estimators_)

    def _leaf_matrix(self, leaves: np.ndarray) -> sparse.csr_array:
        """Turn leaves (m, T) into indicators of all nodes of the forest, (m, nodes), sparse."""
        sizes = [len(one.tree_) for one in self.estimators_]
        column = leaves + np.cumsum([0, *sizes[:-1]])
        starts = np.arange(0, leaves.size + 1, leaves.shape[1])
        shape = (len(leaves), sum(sizes))
        return sparse.csr_array((np.ones(leaves.size), column.ravel(), starts), shape=shape)


class RandomForestClassifier(Votes, _Forest):
    """Random forest: the vote of classification trees that draw samples, and features in each node.

    Parameters
    ----------
    n_estimators : int, default=100
        T, the number of trees.
    criterion : "gini" (default) or "entropy"
        The impurity, as in `DecisionTreeClassifier`.
    splitter : "histogram" (default) or "exact"
        "histogram" bins each feature once for all trees, into `max_bins` bins; see there.
    max_depth, min_samples_split, min_samples_leaf
        Limits of each tree, as in `DecisionTreeClassifier`. A sample that is drawn several times
        counts as one row.
    max_features : int, float, "sqrt" (default), "log2" or None
        m: how many features, or which fraction, are drawn in each node. None and 1.0 look at all,
        which is bagging.
    max_bins : int, default=64
        "histogram" only.
    max_samples : int or float, default=1.0
        How many samples each tree draws, or which fraction of them.
    bootstrap : bool, default=True
        Draw samples with replacement, else without.
    oob_score : bool, default=False
        Judge each sample by the trees that did not draw it.
    n_jobs : int, optional
        Threads; -1 for all cores, one by default. The result does not depend on it.
    random_state : int, RandomState or None

    Attributes
    ----------
    estimators_ : list of T DecisionTreeClassifier
        All of them know all K labels.
    estimators_samples_ : list of T arrays of shape (draws,)
        The rows that each was grown on, as often as each was drawn.
    feature_importances_ : array of shape (d,)
        Mean over the trees of each feature's share of what the splits take off the impurity; they
        add up to 1, or are all 0 if no tree has a split.
    oob_score_ : float
        Accuracy of the out-of-bag predictions.
    oob_decision_function_ : array of shape (n, K)
        Mean class shares of the trees that did not draw the sample; NaN where every one did.
    classes_ : array of shape (K,)
        The labels in order.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        For bad input, negative weights, an `oob_score` without bootstrap, `max_features` above d.

    Warns
    -----
    UserWarning
        For samples that are in every bag, if `oob_score` is asked for.

    Notes
    -----
    A sample weight k counts as k copies of the sample: with bootstrap, weights are the chances of
    being drawn, and as many samples are drawn as the weights add up to; without, they weigh the
    samples in each tree. Which samples are drawn does not depend on the order of the rows. Cost:
    T times O(m n) a level, after binning. Measured on one core, for 50 trees of depth 12 on 20,000
    samples of 32 features: "exact" takes 4.7 times as long as "histogram", and its held-out
    accuracy is the same within the error of 5,000 samples. Breiman (2001), *Random Forests*,
    Machine Learning 45, 5-32.

    Examples
    --------
    >>> X, y = [[0.0, 5.0], [1.0, 3.0], [2.0, 4.0], [3.0, 6.0]], ["no", "no", "yes", "yes"]
    >>> model = RandomForestClassifier(50, random_state=0).fit(X, y)
    >>> model.predict([[0.2, 4.0], [2.9, 4.0]]).tolist()
    ['no', 'yes']
    >>> model.proximity(X).shape
    (4, 4)
    """

    _parameter_constraints: ClassVar[dict] = {
        **_Forest._parameter_constraints,
        "criterion": [StrOptions({"gini", "entropy"})],
    }

    def __init__(
        self,
        n_estimators: int = 100,
        *,
        criterion: str = "gini",
        splitter: str = "histogram",
        max_depth: int | None = None,
        min_samples_split: int = 2,
        min_samples_leaf: int = 1,
        max_features: MaxFeatures = "sqrt",
        max_bins: int = 64,
        max_samples: int | float = 1.0,
        bootstrap: bool = True,
        oob_score: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.n_estimators = n_estimators
        self.criterion = criterion
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.max_samples = max_samples
        self.bootstrap = bootstrap
        self.oob_score = oob_score
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _tree(self, seed: int) -> DecisionTreeClassifier:
        tree = DecisionTreeClassifier(criterion=self.criterion, **self._tree_parameters(seed))
        tree.classes_, tree.n_features_in_ = self.classes_, self.n_features_in_
        return tree

    def _criterion(self, targets: np.ndarray, weights: np.ndarray) -> Criterion:
        rule = Gini if self.criterion == "gini" else Entropy
        return rule(targets, len(self.classes_), weights)


class RandomForestRegressor(Means, _Forest):
    """Random forest: the mean of regression trees that draw samples, and features in each node.

    Parameters, attributes and errors are those of `RandomForestClassifier`, without `criterion` and
    `classes_`, with `oob_prediction_` (n,) in place of `oob_decision_function_`; `oob_score_` is
    R². By default all features are looked at in every node, as in scikit-learn, which is bagging:
    pass ``max_features=1/3``, which Breiman's program took for regression, for a forest.

    Examples
    --------
    >>> X, y = [[0.0, 5.0], [1.0, 3.0], [2.0, 4.0], [3.0, 6.0]], [0.0, 0.0, 1.0, 1.0]
    >>> model = RandomForestRegressor(50, max_features=1, random_state=0).fit(X, y)
    >>> bool(model.predict([[0.0, 4.0]])[0] < model.predict([[3.0, 4.0]])[0])
    True
    """

    def __init__(
        self,
        n_estimators: int = 100,
        *,
        splitter: str = "histogram",
        max_depth: int | None = None,
        min_samples_split: int = 2,
        min_samples_leaf: int = 1,
        max_features: MaxFeatures = 1.0,
        max_bins: int = 64,
        max_samples: int | float = 1.0,
        bootstrap: bool = True,
        oob_score: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.n_estimators = n_estimators
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.max_bins = max_bins
        self.max_samples = max_samples
        self.bootstrap = bootstrap
        self.oob_score = oob_score
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _tree(self, seed: int) -> DecisionTreeRegressor:
        tree = DecisionTreeRegressor(**self._tree_parameters(seed))
        tree.n_features_in_ = self.n_features_in_
        return tree

    def _criterion(self, targets: np.ndarray, weights: np.ndarray) -> Criterion:
        return SquaredError(targets, weights)
