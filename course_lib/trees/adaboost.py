"""AdaBoost: learners in a row, each on the samples weighted by how wrong those before were.

Symbols
    X    (n, d)  inputs
    y    (n,)    classes, codes 0 … K − 1
    w    (n,)    weights of the samples; each round starts with Σ w = 1
    t            a round, 1 … T; h_t its learner, which answers with a class
    e            its error: the weight of the samples that it gets wrong
    α            its say, ln((1 − e)/e) + ln(K − 1)
    Z            what the new weights add up to before they are divided by it
    V    (m, K)  votes: V_k is the sum of the α of the learners that answer k

With two classes ln(K − 1) = 0, and α is twice the ½ ln((1 − e)/e) of the textbooks, where labels
are −1 and +1. The two are the same: a wrong sample's weight grows e^α-fold against a right one's,
and a common factor of all α changes no vote. A learner that is right more often than chance,
e < 1 − 1/K, has a positive say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeAlias

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from course_lib.estimator import (
    BaseEstimator,
    Integral,
    Interval,
    Real,
    check_random_state,
    fit_labels,
    fit_weights,
    labels_of,
    new_data,
    rows_with_weight,
    to_numpy,
)
from course_lib.trees.decision_tree import DecisionTreeClassifier
from course_lib.trees.stumps import Stumps, is_stump

Fitter: TypeAlias = Callable[[np.ndarray], tuple[Any, np.ndarray]]

CHANCE = 1e-10
"""An error nearer than this to 1 − 1/K is chance: rounding must not decide."""

LEAST_WEIGHT = np.finfo(float).eps
"""No sample's share of the weight falls below, as in scikit-learn: it could never come back."""


class AdaBoostClassifier(ClassifierMixin, BaseEstimator):
    """AdaBoost for two classes, and for more by SAMME.

    Parameters
    ----------
    estimator : classifier, default=None
        Copied for every round; its `fit` must take `sample_weight`. It sees the classes as numbers
        0 … K − 1. None stands for a stump, ``DecisionTreeClassifier(max_depth=1)``.
    n_estimators : int, default=50
        The largest number of rounds.
    learning_rate : float, default=1.0
        Multiplies every α.
    random_state : int, RandomState or None
        From it every copy gets its own, if it has one.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels in order.
    estimators_ : list of T fitted classifiers
        T is smaller than `n_estimators` if a learner was perfect or no better than chance.
    estimator_weights_ : array of shape (T,)
        The α. A perfect one's would be infinite: it gets 1 more than all before it together, so
        that the vote is its own.
    estimator_errors_ : array of shape (T,)
        The errors e, each on the weights of its round.
    normalizers_ : array of shape (T,)
        Z_t = (1 − e) exp(−α(K − 1)/K) + e exp(α/K): the product up to t is the mean exponential
        loss of the training samples after t rounds, see the notes. With two classes and learning
        rate 1 it is 2√(e(1 − e)).
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError
        For an estimator that is no classifier.
    ValueError
        For bad input, for an estimator whose `fit` takes no `sample_weight`, for a class without
        weight, and if already the first learner is no better than chance.

    Notes
    -----
    With A the sum of the α so far, a sample's exponential loss is exp(A/K − V_y), and ∏Z_t is its
    mean over the training samples. It is at least 1 where the own class has less than its share
    A/K of the votes. With two classes that is every sample that the vote gets wrong, and so
    **training error ≤ ∏Z_t**. With more classes a sample may have more than its share and still be
    outvoted, and ∏Z_t does not bound the training error.

    Cost: T fits of the estimator; for stumps the features are sorted (or binned) once, and a stump
    then takes O(d n K). Differences from scikit-learn: the decision function of two
    classes is half as large, between −1 and 1; a perfect learner outvotes all others.
    Freund and Schapire (1997), *A Decision-Theoretic Generalization of On-Line Learning and an
    Application to Boosting*; Zhu, Zou, Rosset and Hastie (2009), *Multi-class AdaBoost*.

    Examples
    --------
    >>> X = [[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]
    >>> y = ["in", "in", "out", "out", "in", "in"]
    >>> model = AdaBoostClassifier(n_estimators=3).fit(X, y)
    >>> model.estimator_errors_.round(4), model.estimator_weights_.round(4)
    (array([0.3333, 0.25  , 0.1667]), array([0.6931, 1.0986, 1.6094]))
    >>> model.predict([[1.4], [3.4], [7.0]]).tolist()
    ['in', 'out', 'in']
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": "no_validation",  # see _learner
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_estimators: int = 50,
        learning_rate: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> AdaBoostClassifier:
        """Boost on inputs X (n, d), labels y (n,) and, if given, weights (n,); return self."""
        learner = self._learner()
        X, y = fit_labels(self, to_numpy(X), y, least_classes=1)
        w = fit_weights(sample_weight, X)
        if w is not None:
            X, y, w = rows_with_weight(self, X, y, w)
        rounds = self._rounds(learner, X, y, np.ones(len(X)) if w is None else w)
        self.estimators_, errors, alphas, normalizers = map(list, zip(*rounds, strict=True))
        self.estimator_errors_ = np.array(errors)
        self.estimator_weights_ = np.array(alphas)
        self.normalizers_ = np.array(normalizers)
        return self

    def _rounds(
        self, learner: Any, X: np.ndarray, y: np.ndarray, w: np.ndarray
    ) -> Iterator[tuple[Any, float, float, float]]:
        """Yield the learner, its error, its α and the normaliser of every round."""
        K, alphas = len(self.classes_), 0.0
        w = _shares(w)
        fit = self._fitter(learner, X, y, w)
        for t in range(self.n_estimators):
            h, answers = fit(w)
            wrong = answers != y  # (n,)
            e = float(w[wrong].sum())
            if e == 0:
                yield h, e, 1 + alphas, 0.0
                return
            if e >= 1 - 1 / K - CHANCE:
                if t == 0:
                    self._refuse(h, e)
                return
            alpha = self.learning_rate * (np.log((1 - e) / e) + np.log(K - 1))
            w = w * np.where(wrong, np.exp(alpha / K), np.exp(alpha / K - alpha))
            yield h, e, alpha, float(w.sum())
            w, alphas = _shares(w), alphas + alpha

    def _fitter(self, learner: Any, X: np.ndarray, y: np.ndarray, w: np.ndarray) -> Fitter:
        """Return what makes a learner of weights, and the answers that it gives for X."""
        if is_stump(learner):
            return Stumps(learner, X, y, w).fit
        random_state = check_random_state(self.random_state)

        def fit(w: np.ndarray) -> tuple[Any, np.ndarray]:
            h = _copy(learner, random_state).fit(X, y, sample_weight=w)
            return h, to_numpy(h.predict(X))

        return fit

    def _learner(self) -> Any:
        """Return the estimator to copy, if it can do what is asked of it."""
        if self.estimator is None:
            return DecisionTreeClassifier(max_depth=1)
        learner = self.estimator
        if isinstance(learner, type) or not (
            hasattr(learner, "fit") and hasattr(learner, "predict")
        ):
            hint = ", a class: pass an object of it" if isinstance(learner, type) else ""
            raise TypeError(
                "estimator must be a classifier with fit and predict, such as "
                f"DecisionTreeClassifier(max_depth=1), got {learner!r}{hint}."
            )
        if not has_fit_parameter(learner, "sample_weight"):
            raise ValueError(
                f"The fit of estimator={learner!r} does not take sample_weight, and boosting "
                "works by weights: choose another estimator."
            )
        return learner

    def _refuse(self, learner: Any, e: float) -> None:
        K = len(self.classes_)
        raise ValueError(
            f"The first learner, {learner!r}, has the error {e:.3g}, which is no better than chance"
            f" among {K} classes (1 − 1/K = {1 - 1 / K:.3g}): choose a stronger estimator."
        )

    # --- votes --------------------------------------------------------------------------------

    def _staged_votes(self, X: Any, method: str) -> Iterator[tuple[np.ndarray, float]]:
        """Yield after every round each class's share of the votes, (m, K); a new array each."""
        X = new_data(self, to_numpy(X), like="estimator_weights_", method=method)
        votes, rows = np.zeros((len(X), len(self.classes_))), np.arange(len(X))
        total = np.cumsum(self.estimator_weights_)
        for h, alpha, so_far in zip(self.estimators_, self.estimator_weights_, total, strict=True):
            votes[rows, to_numpy(h.predict(X))] += alpha
            yield votes / so_far

    def _votes(self, X: Any, method: str) -> np.ndarray:
        *_, votes = self._staged_votes(X, method)
        return votes

    def _decision(self, votes: np.ndarray) -> np.ndarray:
        K = votes.shape[1]
        if K == 1:
            return np.zeros(len(votes))
        return votes[:, 1] - votes[:, 0] if K == 2 else (K * votes - 1) / (K - 1)

    def decision_function(self, X: Any) -> np.ndarray:
        """Score inputs X (m, d) by the votes, as shares v of all votes.

        With two classes (m,): v of the second less v of the first, from −1 to 1. With more (m, K):
        (K v − 1)/(K − 1), from −1/(K − 1) to 1, 0 for an even share; each row adds up to 0.
        """
        return self._decision(self._votes(X, "decision_function"))

    def staged_decision_function(self, X: Any) -> Iterator[np.ndarray]:
        """Yield the decision function after 1, 2, … T rounds."""
        for votes in self._staged_votes(X, "staged_decision_function"):
            yield self._decision(votes)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the label with most votes for inputs X (m, d), the first of equals; (m,)."""
        return labels_of(self, self._votes(X, "predict").argmax(axis=1))

    def staged_predict(self, X: Any) -> Iterator[np.ndarray]:
        """Yield the predictions (m,) after 1, 2, … T rounds."""
        for votes in self._staged_votes(X, "staged_predict"):
            yield labels_of(self, votes.argmax(axis=1))

    def margins(self, X: Any, y: Any) -> np.ndarray:
        """Return by how much each sample's label y (m,) leads in the votes on X (m, d), (m,).

        It is the label's share of the votes less the largest share of another label: 1 if all
        learners are right, negative if the vote is wrong.

        Raises
        ------
        ValueError
            For a label that is not among the classes, and for one class only.
        """
        check_is_fitted(self)
        codes = self._codes(y)
        votes, rows = self._votes(X, "margins"), np.arange(len(codes))
        if len(votes) != len(codes):
            raise ValueError(f"X has {len(votes)} rows and y {len(codes)} labels: pass one each.")
        own = votes[rows, codes]
        votes[rows, codes] = -np.inf
        return own - votes.max(axis=1)

    def _codes(self, y: Any) -> np.ndarray:
        """Return the places of labels y (m,) in classes_, (m,)."""
        y = np.asarray(to_numpy(y))
        place = {label: code for code, label in enumerate(self.classes_.tolist())}
        unknown = [label for label in y.tolist() if label not in place]
        if unknown or len(place) < 2:
            what = f"holds labels like {unknown[0]!r}" if unknown else "has one class only"
            raise ValueError(f"y {what}; margins need labels among {self.classes_.tolist()[:6]}.")
        return np.array([place[label] for label in y.tolist()], dtype=np.intp)

    @property
    def feature_importances_(self) -> np.ndarray:
        """The mean of the learners' importances, weighted by their α, (d,)."""
        check_is_fitted(self)
        each = np.array([h.feature_importances_ for h in self.estimators_])  # (T, d)
        return self.estimator_weights_ @ each / self.estimator_weights_.sum()


def _shares(w: np.ndarray) -> np.ndarray:
    """Divide weights by their sum, and keep every one above 0."""
    w = np.maximum(w / w.sum(), LEAST_WEIGHT)
    return w / w.sum()


def _copy(learner: Any, random_state: np.random.RandomState) -> Any:
    """Return an unfitted copy with a seed of its own, wherever it takes one."""
    copy = clone(learner)
    names = [n for n in copy.get_params() if n == "random_state" or n.endswith("__random_state")]
    seeds = {name: random_state.randint(np.iinfo(np.int32).max) for name in sorted(names)}
    return copy.set_params(**seeds) if seeds else copy
