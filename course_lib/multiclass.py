"""From two classes to many: a classifier of K classes made of classifiers of two.

Symbols
    X      (n, d)  inputs, one sample a row
    y      (n,)    labels of K classes; inside this module codes 0, …, K − 1 (places in classes_)
    f_k(x)         score of one binary classifier: above 0 it says "the second of my two groups"
    signs  (K, P)  what class k is in binary problem p: +1 in the second group, −1 in the first, or
                   0 if the problem leaves it out; a strategy is such a table
    pairs  (P, 2)  all pairs of classes i < j, P = K(K − 1)/2

    strategy        trains       on rows in all    asks for one prediction
    one-vs-rest     K            Kn                K
    one-vs-one      K(K − 1)/2   (K − 1)n          K(K − 1)/2
    decision DAG    K(K − 1)/2   (K − 1)n          K − 1
    label tree      K − 1        n · mean depth    the depth of the leaf, at most K − 1

(The depth is weighted with the sizes of the classes.) The binary classifiers are copies of any
estimator that has `fit` and `decision_function` or, failing that, `predict_proba`; from there the
score is p − ½. Each of them sees the labels 0 and 1, and only rows of the classes of its problem.
Logistic regressions of this course are fitted all at once (`joint_logistic`), to the same solutions
as one by one. NumPy only; tensors are taken to the host.

The table of signs: Allwein, Schapire and Singer (2000), *Reducing Multiclass to Binary*, JMLR 1.
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.utils.validation import has_fit_parameter

from course_lib.cluster.hierarchical import METHODS, linkage
from course_lib.estimator import (
    Array,
    BaseEstimator,
    StrOptions,
    fit_labels,
    fit_weights,
    labels_of,
    new_data,
    rows_with_weight,
    to_numpy,
)
from course_lib.linear_models import LinearSVC
from course_lib.linear_models.joint_logistic import fit_jointly

__all__ = [
    "DecisionDAGClassifier",
    "LabelTree",
    "LabelTreeClassifier",
    "OneVsOneClassifier",
    "OneVsRestClassifier",
]


class _ManyFromTwo(ClassifierMixin, BaseEstimator):
    """What the strategies share: everything but which questions there are and who asks them."""

    _parameter_constraints: ClassVar[dict] = {"estimator": "no_validation"}  # see _learner

    def __init__(self, estimator: Any = None):
        self.estimator = estimator

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> "_ManyFromTwo":
        """Train on inputs X (n, d), labels y (n,) and, if given, weights (n,); return self.

        `sample_weight` is handed on to the estimators; rows of weight 0 are left out.
        """
        learner = self._learner(weighted=sample_weight is not None)
        X, codes = fit_labels(self, to_numpy(X), to_numpy(y))
        weights = fit_weights(sample_weight, X)
        if weights is not None:
            X, codes, weights = rows_with_weight(self, X, codes, weights)
        self.signs_ = self._signs(X, codes, weights)
        joint = fit_jointly(learner, X, codes, self.signs_, weights)
        self.estimators_ = joint or _one_by_one(learner, X, codes, self.signs_, weights)
        self.n_trained_ = len(self.estimators_)
        return self

    def _learner(self, weighted: bool) -> Any:
        """Return the estimator to copy, if it can do what is asked of it."""
        learner = LinearSVC() if self.estimator is None else self.estimator
        scores = hasattr(learner, "decision_function") or hasattr(learner, "predict_proba")
        if isinstance(learner, type) or not (hasattr(learner, "fit") and scores):
            hint = ", a class: pass an object of it" if isinstance(learner, type) else ""
            raise TypeError(
                "estimator must be a classifier with fit and decision_function or predict_proba, "
                f"such as LinearSVC(), got {learner!r}{hint}."
            )
        if weighted and not has_fit_parameter(learner, "sample_weight"):
            raise ValueError(
                f"sample_weight was given, but the fit of estimator={learner!r} does not take "
                "sample_weight: choose another estimator, or leave the weights out."
            )
        return learner

    def _signs(self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """Cut the K classes into binary problems: the signs (K, P), see the top of this module."""
        raise NotImplementedError

    def _new(self, X: Array, method: str) -> np.ndarray:
        return new_data(self, to_numpy(X), like="classes_", method=method, keep_dtype=True)

    def _all_scores(self, X: np.ndarray) -> np.ndarray:
        """Scores of all binary classifiers, (m, n_trained_)."""
        return np.column_stack([_scores(estimator, X) for estimator in self.estimators_])


def _one_by_one(
    learner: Any, X: np.ndarray, codes: np.ndarray, signs: np.ndarray, weights: np.ndarray | None
) -> list[Any]:
    """Fit a copy of the learner to each of the P problems."""
    fitted = []
    for of_class in signs.T:  # (K,)
        sign = of_class[codes]  # (n,)
        rows = slice(None) if np.all(sign) else np.flatnonzero(sign)
        weighted = {} if weights is None else {"sample_weight": weights[rows]}
        fitted.append(clone(learner).fit(X[rows], (sign[rows] > 0).astype(np.int64), **weighted))
    return fitted


def _scores(estimator: Any, X: np.ndarray) -> np.ndarray:
    """Score each row of X (m, d) by a binary classifier, (m,): above 0 for its second group."""
    if hasattr(estimator, "decision_function"):
        scores = np.asarray(to_numpy(estimator.decision_function(X)), dtype=np.float64)
        if scores.ndim == 2 and scores.shape[1] == 2:  # one score for each of the two
            return scores[:, 1] - scores[:, 0]
        return scores.reshape(len(X))
    return np.asarray(to_numpy(estimator.predict_proba(X)), dtype=np.float64)[:, 1] - 0.5


class OneVsRestClassifier(_ManyFromTwo):
    """One classifier for each class, which tells it from all others; the highest score wins.

    Parameters
    ----------
    estimator : binary classifier, default=None
        Copied for each class, with its `random_state`; None stands for `LinearSVC()`.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels in order.
    estimators_ : list of K estimators
        Number k scores class k above 0 and all others below. Of two classes, one estimator does
        for both: the list holds that of the second.
    n_trained_ : int
        Its length.
    signs_ : integer array of shape (K, n_trained_)
        Which classes each estimator tells apart: −1 from +1, without those of 0.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError
        For an estimator that is no classifier with scores.
    ValueError
        For bad input, for one class only, for `sample_weight` where the estimator takes none, and
        for a class without weight.

    Notes
    -----
    The scores of different classifiers are compared, although nothing makes their scales agree. Of
    equal scores the first class wins (in scikit-learn the last). Each problem has all n rows, of
    which about n/K are in the class. Rifkin and Klautau (2004), *In Defense of One-Vs-All
    Classification*, JMLR 5, 101-141.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [4.0], [5.0], [8.0], [9.0]], list("aabbcc")
    >>> model = OneVsRestClassifier().fit(X, y)
    >>> model.n_trained_, model.predict([[0.2], [8.8]])
    (3, array(['a', 'c'], dtype='<U1'))
    """

    def _signs(self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        signs = 2 * np.eye(len(self.classes_), dtype=int) - 1
        return signs if len(signs) > 2 else signs[:, 1:]

    def decision_function(self, X: Array) -> np.ndarray:
        """Score every class for inputs X (m, d): (m, K), or (m,) if there are two classes."""
        scores = self._all_scores(self._new(X, "decision_function"))
        return scores if len(self.classes_) > 2 else scores[:, 0]

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label of the highest score for each row of X (m, d); (m,)."""
        scores = self.decision_function(X)
        return labels_of(self, scores.argmax(axis=1) if scores.ndim == 2 else 1 * (scores > 0))

    def claims(self, X: Array) -> np.ndarray:
        """Tell which classes claim each row of X (m, d), by a score above 0; bool (m, K).

        A row that none claims, or more than one, is where one-vs-rest is ambiguous. Of two classes
        exactly one claims a row.
        """
        claimed = self.decision_function(X) > 0
        return claimed if claimed.ndim == 2 else np.column_stack([~claimed, claimed])

    def n_evaluations(self, X: Array) -> np.ndarray:
        """Count the binary decisions that each row of X (m, d) needs: all, K of them; (m,)."""
        return np.full(len(self._new(X, "n_evaluations")), self.n_trained_)


class OneVsOneClassifier(_ManyFromTwo):
    """One classifier for each pair of classes; the class with most votes wins.

    Parameters
    ----------
    estimator : binary classifier, default=None
        Copied for each pair, with its `random_state`; None stands for `LinearSVC()`.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels in order.
    pairs_ : integer array of shape (K(K − 1)/2, 2)
        The classes i < j, as places in `classes_`, that each estimator tells apart.
    estimators_ : list of K(K − 1)/2 estimators
        Number p votes for the second class of pair p where its score is above 0, else the first.
    n_trained_ : int
        Its length.
    signs_ : integer array of shape (K, n_trained_)
        Which classes each estimator tells apart: −1 from +1, without those of 0.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        As `OneVsRestClassifier`.

    Notes
    -----
    Of the classes with most votes, the one with the largest sum of confidences wins: each score
    counts for the second class of its pair, and negated for the first. If these are equal, too, the
    first class wins. That is scikit-learn's rule for estimators with a `decision_function`; from
    probabilities it adds up p in place of p − ½, which favours later classes. A problem has about
    2n/K rows, (K − 1)n in all. Knerr, Personnaz and Dreyfus (1990), *Single-Layer Learning
    Revisited*, in *Neurocomputing*; Friedman (1996), *Another Approach to Polychotomous
    Classification*.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [4.0], [5.0], [8.0], [9.0]], list("aabbcc")
    >>> model = OneVsOneClassifier().fit(X, y)
    >>> model.pairs_.tolist(), model.votes([[0.2], [4.4]]).tolist()
    ([[0, 1], [0, 2], [1, 2]], [[2, 1, 0], [1, 2, 0]])
    """

    def _signs(self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        self.pairs_, signs = _pairs(len(self.classes_))
        return signs

    def decision_function(self, X: Array) -> np.ndarray:
        """Return votes plus s / (3|s| + 3), s the sum of confidences, for X (m, d); (m, K).

        What is added is less than 1/3, so it decides only between equal votes. If there are two
        classes, the one score of each row is returned; (m,).
        """
        scores = self._all_scores(self._new(X, "decision_function"))
        if len(self.classes_) == 2:
            return scores[:, 0]
        sums = self._by_class(-scores, scores)
        return self._by_class(scores <= 0, scores > 0) + sums / (3 * np.abs(sums) + 3)

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label with most votes for each row of X (m, d); (m,)."""
        scores = self.decision_function(X)
        return labels_of(self, scores.argmax(axis=1) if scores.ndim == 2 else 1 * (scores > 0))

    def votes(self, X: Array) -> np.ndarray:
        """Count the votes for each class on inputs X (m, d): whole numbers (m, K)."""
        scores = self._all_scores(self._new(X, "votes"))
        return self._by_class(scores <= 0, scores > 0).astype(np.int64)

    def tied(self, X: Array) -> np.ndarray:
        """Tell for each row of X (m, d) whether more than one class has most votes; bool (m,)."""
        votes = self.votes(X)
        return (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) > 1

    def n_evaluations(self, X: Array) -> np.ndarray:
        """Count the binary decisions that each row of X (m, d) needs: all K(K − 1)/2; (m,)."""
        return np.full(len(self._new(X, "n_evaluations")), self.n_trained_)

    def _by_class(self, for_first: np.ndarray, for_second: np.ndarray) -> np.ndarray:
        """Add up what the pairs (m, P) give to their first and to their second class; (m, K)."""
        total = np.zeros((len(for_first), len(self.classes_)))
        for p, (i, j) in enumerate(self.pairs_):
            total[:, i] += for_first[:, p]
            total[:, j] += for_second[:, p]
        return total


def _pairs(K: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs i < j of K classes, (P, 2), in the order of i, then j, and their signs."""
    i, j = np.triu_indices(K, 1)
    signs = np.zeros((K, len(i)), dtype=int)
    signs[i, np.arange(len(i))], signs[j, np.arange(len(i))] = -1, 1
    return np.column_stack([i, j]), signs


class DecisionDAGClassifier(_ManyFromTwo):
    """One classifier for each pair of classes; each one asked strikes a class off a list.

    The list holds all classes. The classifier of its first and its last class is asked, and the
    class that it votes against leaves the list, until one class is left: K − 1 questions. (DAG:
    the questions are the nodes of a directed acyclic graph, from its root to one of its K leaves.)

    Parameters
    ----------
    estimator : binary classifier, default=None
        Copied for each pair, with its `random_state`; None stands for `LinearSVC()`.
    order : array-like of the K labels, default=None
        The list to begin with; None is the order of `classes_`.

    Attributes
    ----------
    classes_, pairs_, estimators_, n_trained_, signs_
        As of `OneVsOneClassifier`, which trains the same estimators.
    order_ : integer array of shape (K,)
        The list to begin with, as places in `classes_`.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        As `OneVsRestClassifier`, and for an order that is not of the K labels.

    Notes
    -----
    A class that wins all its pairs is predicted, as by one-vs-one, whatever the order; elsewhere
    the order may decide. A score of 0 is a vote for the first class of the pair. Platt, Cristianini
    and Shawe-Taylor (2000), *Large Margin DAGs for Multiclass Classification*, NIPS 12.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [4.0], [5.0], [8.0], [9.0]], list("aabbcc")
    >>> model = DecisionDAGClassifier().fit(X, y)
    >>> model.predict([[0.2], [4.4]]), model.pairs_[model.path([[4.4]])].tolist()
    (array(['a', 'b'], dtype='<U1'), [[[0, 2], [0, 1]]])
    """

    def __init__(self, estimator: Any = None, *, order: Any = None):
        super().__init__(estimator)
        self.order = order

    def _signs(self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        self.order_ = self._checked_order()
        self.pairs_, signs = _pairs(len(self.classes_))
        return signs

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label that is left on the list for each row of X (m, d); (m,)."""
        return labels_of(self, self._walk(self._new(X, "predict"))[0])

    def path(self, X: Array) -> np.ndarray:
        """Return which estimators each row of X (m, d) asks, in that order; places (m, K − 1)."""
        return self._walk(self._new(X, "path"))[1]

    def n_evaluations(self, X: Array) -> np.ndarray:
        """Count the binary decisions that each row of X (m, d) needs: K − 1; (m,)."""
        return np.full(len(self._new(X, "n_evaluations")), len(self.classes_) - 1)

    def _checked_order(self) -> np.ndarray:
        known = self.classes_.tolist()
        wanted = known if self.order is None else np.asarray(to_numpy(self.order)).tolist()
        if not isinstance(wanted, list) or sorted(map(repr, wanted)) != sorted(map(repr, known)):
            raise ValueError(f"order must hold each label of {known} once, got {self.order!r}.")
        return np.array([known.index(label) for label in wanted])

    def _walk(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Walk from the root to a leaf: the codes (m,) and the estimators asked (m, K − 1)."""
        K = len(self.classes_)
        number = {(i, j): p for p, (i, j) in enumerate(self.pairs_.tolist())}
        first, asked = np.zeros(len(X), dtype=int), np.empty((len(X), K - 1), dtype=int)
        for step in range(K - 1):  # the list of each row: order_[first] to order_[first + K-1-step]
            for top in np.unique(first)[::-1]:  # a row goes on to top + 1, which has had its turn
                rows = np.flatnonzero(first == top)
                i, j = self.order_[[top, top + K - 1 - step]].tolist()
                asked[rows, step] = p = number[min(i, j), max(i, j)]
                larger_wins = _scores(self.estimators_[p], X[rows]) > 0
                first[rows] += larger_wins == (j > i)  # the last class won: the first is struck off
        return self.order_[first], asked


class LabelTree(NamedTuple):
    """A binary tree whose leaves are the K classes: which classes each question parts.

    Node k < K is class k, a place in `classes_`; node K + t is the question of row t, and the last
    of them, 2K − 2, is the root.
    """

    merges: np.ndarray
    """How the means were merged, (K − 1, 4), as `linkage` returns it: for `dendrogram`."""

    @property
    def children(self) -> np.ndarray:
        """The two nodes below each question, (K − 1, 2); a score above 0 leads to the second."""
        return self.merges[:, :2].astype(int)

    def members(self, node: int) -> list[int]:
        """Return the classes below a node, in order.

        >>> LabelTree(linkage([[0.0], [5.0], [1.0]])).members(3)
        [0, 2]
        """
        K = len(self.merges) + 1
        if node < K:
            return [node]
        return sorted(k for child in self.children[node - K].tolist() for k in self.members(child))

    @property
    def depths(self) -> np.ndarray:
        """Number of questions on the way from the root to each class, (K,)."""
        K = len(self.merges) + 1
        depths = np.zeros(2 * K - 1, dtype=int)
        for t in range(K - 2, -1, -1):  # parents come after their children
            depths[self.children[t]] = depths[K + t] + 1
        return depths[:K]


class LabelTreeClassifier(_ManyFromTwo):
    """A tree of groups of classes; a classifier in each node tells which of two groups it is.

    The tree is learned: the means of the classes are clustered, and the last two clusters to merge
    are what the first question parts.

    Parameters
    ----------
    estimator : binary classifier, default=None
        Copied for each node, with its `random_state`; None stands for `LinearSVC()`.
    linkage : {"ward", "single", "complete", "average", "centroid"}, default="ward"
        How far two groups of classes are apart, see `cluster.linkage`. Each mean counts once,
        whatever the size of its class.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels in order.
    tree_ : LabelTree
        Which classes each node holds.
    estimators_ : list of K − 1 estimators
        Number t decides in node K + t, between its two children.
    n_trained_ : int
        Its length.
    signs_ : integer array of shape (K, n_trained_)
        Which classes each estimator tells apart: −1 from +1, without those of 0.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    TypeError, ValueError
        As `OneVsRestClassifier`, and for an unknown linkage.

    Notes
    -----
    A row needs as many decisions as its leaf is deep: log₂ K if the tree is balanced, K − 1 at
    worst, and an error near the root cannot be undone. The means are compared in the units of X:
    standardise its columns if they have different ones. Clusters of class means: Vural and Dy
    (2004), *A Hierarchical Method for Multi-Class Support Vector Machines*, ICML; clusters of
    classes that are confused: Bengio, Weston and Grangier (2010), *Label Embedding Trees for Large
    Multi-Class Tasks*, NIPS 23.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [3.0], [4.0], [9.0], [10.0]], list("aabbcc")
    >>> model = LabelTreeClassifier().fit(X, y)
    >>> model.tree_.depths, model.n_evaluations([[0.2], [9.1]])  # c is one question away
    (array([2, 2, 1]), array([2, 1]))
    """

    _parameter_constraints: ClassVar[dict] = {
        **_ManyFromTwo._parameter_constraints,
        "linkage": [StrOptions(set(METHODS))],
    }

    def __init__(self, estimator: Any = None, *, linkage: str = "ward"):
        super().__init__(estimator)
        self.linkage = linkage

    def _signs(self, X: np.ndarray, codes: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        K = len(self.classes_)
        self.tree_ = LabelTree(linkage(_class_means(X, codes, K, weights), self.linkage))
        signs = np.zeros((K, K - 1), dtype=int)
        for t, (first, second) in enumerate(self.tree_.children.tolist()):
            signs[self.tree_.members(first), t] = -1
            signs[self.tree_.members(second), t] = 1
        return signs

    def predict(self, X: Array) -> np.ndarray:
        """Predict the label of the leaf that each row of X (m, d) ends in; (m,)."""
        return labels_of(self, self._leaves(self._new(X, "predict")))

    def n_evaluations(self, X: Array) -> np.ndarray:
        """Count the binary decisions that each row of X (m, d) needs: the depth of its leaf; (m,).

        The rows are predicted for it.
        """
        leaves = self._leaves(self._new(X, "n_evaluations"))
        return self.tree_.depths[leaves]

    def _leaves(self, X: np.ndarray) -> np.ndarray:
        """Lead every row from the root to a leaf, the code of a class; (m,)."""
        K, children = len(self.classes_), self.tree_.children
        node = np.full(len(X), 2 * K - 2)
        for t in range(K - 2, -1, -1):  # parents come after their children
            rows = np.flatnonzero(node == K + t)
            if len(rows):
                second = _scores(self.estimators_[t], X[rows]) > 0
                node[rows] = children[t, second.astype(int)]
        return node


def _class_means(
    X: np.ndarray, codes: np.ndarray, K: int, weights: np.ndarray | None
) -> np.ndarray:
    """Mean of the rows of each class, (K, d), in float64."""
    w = np.ones(len(X)) if weights is None else weights
    of = [codes == k for k in range(K)]
    return np.stack([np.average(X[rows], axis=0, weights=w[rows]) for rows in of])
