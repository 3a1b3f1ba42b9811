"""Gaussian naive Bayes: a normal distribution for each class and feature, and Bayes' rule.

Symbols
    X     (n, d)  training inputs, one sample a row
    codes (n,)    their classes, as numbers from 0 to K − 1
    w     (n,)    weights of the samples, 1 each where none are given
    W     (K, 1)  weight of each class: the number of its samples, or the sum of their weights
    mean  (K, d)  mean of each feature in each class
    spread (K, d) Σ w (x − mean)² of each feature in each class: W times the variance
    J     (m, K)  log of prior times density, the joint log probabilities of new samples

"Naive" is to take the features as independent given the class. Then a class is described by d means
and d variances, its density is a product of d normal densities, and fitting is averaging: each of
these numbers has a closed form, which is its maximum likelihood.

Two samples need not be in memory together: means and spreads of two parts give those of the whole
(`merged`), and so `partial_fit` on the parts of a table gives what `fit` gives on all of it.
"""

import math
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from course_lib.estimator import (
    Array,
    ArrayClassifier,
    BaseEstimator,
    Interval,
    Real,
    array_namespace,
    as_floats,
    blocks,
    device,
    fit_data,
    fit_labels,
    fit_weights,
    known_codes,
    labels_of,
    new_data,
    to_numpy,
)

_CACHED = 2**15  # numbers of a block of rows, so that it stays in a CPU's cache


def log_sum_exp(A: Array) -> Array:
    """Compute log Σₖ exp(aₖ) for each row of A (m, K) without overflow; (m,).

    The largest of each row is taken out first: log Σ exp aₖ = max + log Σ exp(aₖ − max), where no
    exponent is above 0 and one is 0. A row of −∞, the log of zeros, gives −∞.

    >>> log_sum_exp(np.array([[-1000.0, -1000.0], [800.0, 0.0]]))
    array([-999.30685282,  800.        ])
    """
    (A,) = as_floats(A)
    xp = array_namespace(A)
    largest = xp.max(A, axis=1)
    shift = xp.where(xp.isfinite(largest), largest, xp.zeros_like(largest))
    with np.errstate(divide="ignore"):  # log 0 = −∞
        return shift + xp.log(xp.sum(xp.exp(A - shift[:, None]), axis=1))


def gaussian_log_density(X: Array, mean: Array, variance: Array) -> Array:
    """Log density at each row of X (m, d) of d independent normal variables; (m,).

    log p(x) = −½ Σⱼ [log(2π vⱼ) + (xⱼ − μⱼ)²/vⱼ], with means μ (d,) and variances v (d,) above 0.

    Its logarithm is what one computes with: the density of a hundred features is often smaller than
    the smallest number of a computer, or larger than the largest.

    >>> gaussian_log_density(np.array([[0.0], [2.0]]), np.array([0.0]), np.array([1.0])).round(4)
    array([-0.9189, -2.9189])
    """
    X, mean, variance = as_floats(X, mean, variance)
    return _Normal(mean, variance).log_density(X)


class _Normal:
    """d independent normal variables, what their density needs computed once."""

    def __init__(self, mean: Array, variance: Array):
        xp = array_namespace(mean)
        self.mean = mean
        self.scale = 1 / xp.sqrt(variance)
        self.constant = float(xp.sum(xp.log(variance))) + mean.shape[0] * math.log(2 * math.pi)

    def log_density(self, X: Array) -> Array:
        Z = X - self.mean  # (m, d)
        Z *= self.scale
        return -0.5 * (array_namespace(Z).linalg.vecdot(Z, Z) + self.constant)


class Moments(NamedTuple):
    """Weights W (K, 1), means (K, d) and spreads (K, d) of K classes, float64."""

    weight: Array
    mean: Array
    spread: Array


def class_moments(X: Array, codes: Array, n_classes: int, w: Array | None = None) -> Moments:
    """Compute the weight, the means and the spreads of each of K classes.

    Parameters
    ----------
    X : array of shape (n, d), floating point
    codes : array of shape (n,), int64
        Classes, from 0 to K − 1; a class may have no samples, its moments are 0.
    n_classes : int
        K.
    w : array of shape (n,), float64, optional
        Weights of the samples, not negative; by default 1 each.
    """
    xp = array_namespace(X)
    if w is None:
        w = xp.ones(X.shape[0], dtype=xp.float64, device=device(X))
    order = xp.argsort(codes, stable=True)
    ends = np.cumsum(np.bincount(to_numpy(codes), minlength=n_classes)).tolist()
    found = [_moments(X, order[first:end], w) for first, end in zip([0, *ends], ends, strict=False)]
    return Moments(*(xp.stack(parts) for parts in zip(*found, strict=True)))


def merged(a: Moments, b: Moments) -> Moments:
    """Moments of two samples taken together, from those of each.

    With δ the difference of the means, the mean moves by its share W_b/W of δ, and the spread grows
    by W_a W_b/W · δ². (Chan, Golub and LeVeque 1983, *Algorithms for computing the sample variance:
    analysis and recommendations*, The American Statistician 37.)

    >>> one, two = (Moments(*map(np.array, (2.0, m, 0.5))) for m in (1.0, 3.0))
    >>> [float(number) for number in merged(one, two)]
    [4.0, 2.0, 5.0]
    """
    xp = array_namespace(a.mean)
    weight = a.weight + b.weight
    share = b.weight / xp.where(weight > 0, weight, xp.ones_like(weight))
    delta = b.mean - a.mean
    spread = a.spread + b.spread + a.weight * share * delta * delta
    return Moments(weight, a.mean + share * delta, spread)


class GaussianNB(ArrayClassifier, BaseEstimator):
    """Gaussian naive Bayes: features independent and normal within each class.

    Parameters
    ----------
    priors : array-like of shape (K,), optional
        Probabilities of the classes, in the order of `classes_`; by default the shares of the
        (weighted) training samples.
    var_smoothing : float, default=1e-9
        This part of the largest variance of a feature is added to all variances. It keeps a feature
        that is constant in a class from vetoing every other value.

    Attributes
    ----------
    classes_ : array of shape (K,)
        Labels in order.
    class_count_ : array of shape (K,)
        Samples of each class, or the sum of their weights.
    class_prior_ : array of shape (K,)
        Probabilities of the classes before a sample is seen.
    theta_, var_ : arrays of shape (K, d)
        Mean and variance (divided by the number of samples) of each feature in each class; what
        `var_smoothing` adds is in `var_`.
    epsilon_ : float
        What `var_smoothing` added to each variance, in squared units of the features.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For bad input; for priors that are negative, do not sum to 1 or are not K; if a feature is
        constant in a class and nothing is added to its variance; if numbers are too large or too
        small to square; and for labels that `partial_fit` was not told of.

    Notes
    -----
    It is scikit-learn's estimator of the same name, but for `partial_fit`: what is added to
    variances is a part of the largest variance of all samples seen so far. scikit-learn takes it of
    each batch by itself, and a class ends with the mean over the batches, each with the weight that
    the class has in it. So here batches give what `fit` gives, however the samples are cut, and a
    sample of weight 2 counts as two. A class that no sample has shown yet has probability 0,
    whatever its prior.

    Cost: 4nd operations to fit, after sorting the n samples by class, and 3mdK to predict.

    Examples
    --------
    >>> X, y = np.array([[1.0], [3.0], [6.0], [8.0]]), np.array(["low", "low", "high", "high"])
    >>> model = GaussianNB().fit(X, y)
    >>> model.theta_.ravel(), model.var_.ravel().round(3)
    (array([7., 2.]), array([1., 1.]))
    >>> model.predict([[4.0], [5.0]]).tolist(), model.predict_proba([[4.5]])
    (['low', 'high'], array([[0.5, 0.5]]))
    """

    _parameter_constraints: ClassVar[dict] = {
        "priors": ["array-like", None],
        "var_smoothing": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, *, priors: Any = None, var_smoothing: float = 1e-9):
        self.priors = priors
        self.var_smoothing = var_smoothing

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> "GaussianNB":
        """Learn from inputs X (n, d), their labels y (n,), and weights (n,) ≥ 0; return self."""
        X, codes = fit_labels(self, X, y, least_classes=1)
        w = _weights(sample_weight, X)
        moments = class_moments(X, codes, self.classes_.shape[0], w)
        self._remember(moments, X, self.classes_)
        return self

    def partial_fit(
        self,
        X: Array,
        y: Array,
        classes: Iterable | None = None,
        sample_weight: Array | None = None,
    ) -> "GaussianNB":
        """Learn from one more part of the data, as if all parts had come at once; return self.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
        classes : array-like of shape (K,)
            All labels that may ever come. The first call needs it; later it may be left out, and
            must be the same if it is given.
        """
        first = not hasattr(self, "theta_")
        if first and classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all labels that may "
                "ever come, got None."
            )
        if first:
            X = fit_data(self, X, supervised=False)
        else:
            self._validate_params()
            X = new_data(self, X, like="theta_", method="partial_fit")
        known, codes = known_codes(self, X, y, classes)
        w = _weights(sample_weight, X)
        moments = class_moments(X, codes, known.shape[0], w)
        self._remember(moments if first else merged(self._moments, moments), X, known)
        return self

    def predict(self, X: Array) -> Array:
        """Predict the most probable label of each row of X (m, d); (m,)."""
        J = self._joint(X, "predict")
        return labels_of(self, array_namespace(J).argmax(J, axis=1))

    def predict_proba(self, X: Array) -> Array:
        """Probability of each class for each row of X (m, d), by Bayes' rule; (m, K)."""
        J = self._joint(X, "predict_proba")
        return array_namespace(J).exp(J - log_sum_exp(J)[:, None])

    def predict_log_proba(self, X: Array) -> Array:
        """Log probability of each class for each row of X (m, d); (m, K)."""
        J = self._joint(X, "predict_log_proba")
        return J - log_sum_exp(J)[:, None]

    def predict_joint_log_proba(self, X: Array) -> Array:
        """Log of prior times density of each class for each row of X (m, d); (m, K)."""
        return self._joint(X, "predict_joint_log_proba")

    def _remember(self, moments: Moments, X: Array, classes: Array) -> None:
        """Set what is learnt, in the floating-point type of X, from the moments of the classes."""
        xp = array_namespace(X)
        W, mean, spread = moments
        largest = self._require_squares(_largest_variance(moments), X)
        prior = self._prior(W[:, 0])
        epsilon = self.var_smoothing * (largest or 1.0)  # if nothing varies, any unit will do
        variance = spread / xp.where(W > 0, W, xp.ones_like(W)) + epsilon
        self._require_variance(variance, W, classes)
        self._moments, self.classes_, self.epsilon_ = moments, classes, epsilon
        self.class_count_, self.class_prior_ = (xp.astype(a, X.dtype) for a in (W[:, 0], prior))
        self.theta_, self.var_ = (xp.astype(a, X.dtype) for a in (mean, variance))

    def _prior(self, W: Array) -> Array:
        """Return the priors (K,): those given, checked, or the shares of the weights W (K,)."""
        xp, K = array_namespace(W), W.shape[0]
        if self.priors is None:
            return W / xp.sum(W)
        given = np.asarray(to_numpy(self.priors), dtype=np.float64)
        if given.shape != (K,):
            raise ValueError(
                f"priors must be one number for each of the {K} classes, got shape {given.shape}."
            )
        if not (np.all(given >= 0) and math.isclose(given.sum(), 1.0, abs_tol=1e-5)):
            raise ValueError(
                "priors must be non-negative numbers whose sum is 1, got "
                f"{given.tolist()[:6]} with the sum {given.sum():g}."
            )
        if not np.any(given[to_numpy(W) > 0]):
            raise ValueError(
                "priors must be positive for a class that has samples; they are 0 for all of these."
            )
        return xp.asarray(given, device=device(W))

    def _require_squares(self, largest: float, X: Array) -> float:
        """Refuse a largest variance that, or whose smallest useful part, X's type cannot hold."""
        xp = array_namespace(X)
        limits = xp.finfo(X.dtype)
        lost = largest * 1e-9 < float(limits.smallest_normal) and bool(xp.any(X[:1, :] != X))
        if lost or not largest <= float(limits.max):
            raise ValueError(
                "X holds values too large or too small to square and add. Scale its columns, for "
                "example with StandardScaler."
            )
        return largest

    def _require_variance(self, variance: Array, W: Array, classes: Array) -> None:
        flat = np.argwhere((to_numpy(variance) == 0) & (to_numpy(W) > 0))
        if len(flat):
            k, j = flat[0].tolist()
            raise ValueError(
                f"Feature {j} is constant in class {to_numpy(classes).tolist()[k]!r}, where its "
                f"density would be infinite. Raise var_smoothing, got {self.var_smoothing!r}, or "
                "leave the feature out."
            )

    def _joint(self, X: Array, method: str) -> Array:
        """Compute J (m, K), a block of rows at a time."""
        X = new_data(self, X, like="theta_", method=method)
        xp, K = array_namespace(X), self.classes_.shape[0]
        with np.errstate(divide="ignore", over="ignore"):  # log 0 = −∞; overflow is refused below
            prior = self.class_prior_
            prior = xp.log(xp.where(self.class_count_ > 0, prior, xp.zeros_like(prior)))
            variance = xp.where(self.var_ > 0, self.var_, xp.ones_like(self.var_))  # 0: not seen
            normal = [_Normal(self.theta_[k, :], variance[k, :]) for k in range(K)]
            parts = [
                xp.stack([one.log_density(X[rows, :]) for one in normal], axis=1) + prior
                for rows in blocks(X.shape[0], _CACHED // X.shape[1])
            ]
        J = xp.concat(parts)
        if not bool(xp.all(xp.isfinite(xp.max(J, axis=1)))):
            raise ValueError(
                f"A density underflows {X.dtype} for every class: X holds values too far from all "
                "that fit() saw to square their distances."
            )
        return J


# --- under fit --------------------------------------------------------------------------------


def _moments(X: Array, rows: Array, w: Array) -> Moments:
    """Moments of some rows of X (n, d), weight (1,), mean and spread (d,), a block at a time."""
    xp = array_namespace(X)
    none = xp.zeros(X.shape[1], dtype=xp.float64, device=device(X))
    found = Moments(none[:1], none, none)
    for block in blocks(rows.shape[0], _CACHED // X.shape[1]):
        mine = rows[block]
        part, weights = xp.take(X, mine, axis=0), xp.take(w, mine)
        if float(xp.max(weights)) > 0:
            found = merged(found, _moments_of_block(part, weights))
    return found


def _moments_of_block(X: Array, w: Array) -> Moments:
    """Moments of X (n, d) with weights w (n,), not all 0.

    The spread is Σ w(x − m)² − (Σ w(x − m))²/W with m the rounded mean: the second term, 0 but for
    rounding, takes back what the rounding of m has done.
    """
    xp = array_namespace(X)
    X = xp.astype(X, xp.float64, copy=False)
    W = xp.sum(w)
    with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what is not finite
        mean = w @ X / W
        D = X - mean
        rest = w @ D
        D *= D
        return Moments(xp.reshape(W, (1,)), mean + rest / W, w @ D - rest * rest / W)


def _largest_variance(moments: Moments) -> float:
    """Largest variance of a feature over all samples: within the classes, and of their means."""
    xp = array_namespace(moments.mean)
    W, mean, spread = moments
    with np.errstate(over="ignore", invalid="ignore"):
        D = mean - xp.sum(W * mean, axis=0) / xp.sum(W)
        return float(xp.max(xp.sum(spread + W * D * D, axis=0) / xp.sum(W)))


def _weights(sample_weight: Array | None, X: Array) -> Array | None:
    """Check the weights of the rows of X, and bring them to its device."""
    w = fit_weights(sample_weight, np.empty((X.shape[0], 1)))
    return w if w is None else array_namespace(X).asarray(w, device=device(X))
