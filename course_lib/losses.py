"""Every loss of the course: its value, its derivative, and the constant that makes it smallest.

Symbols
    y  (n,)    targets: numbers; labels −1 and +1; or classes 0 … K − 1
    f          predictions, (n,); scores of K classes, (n, K)
    r  (n,)    residual y − f of a number
    m  (n,)    margin y·f of a score: positive where its sign is right

A loss belongs to one sample: ``loss.value(y, f)`` is (n,), and its mean is what a fit makes small.
``loss.gradient(y, f)`` is the derivative of each value with respect to f, in the shape of f; at a
corner it is one of the subgradients. ``loss.best_constant(y)`` is the one prediction for all
samples whose mean loss is smallest. ``loss.robust`` says whether the derivative is bounded: then
no single target, however wrong, pulls harder than any other.

Regression: `SquaredLoss`, `AbsoluteLoss`, `HuberLoss`, `QuantileLoss`. Two classes: `LogLoss`,
`HingeLoss`, `SquaredHingeLoss`, `ExponentialLoss`, and `ZeroOneLoss`, which they stand in for.
K classes: `CrossEntropy`, `MulticlassHinge`.
Any array-API arrays will do. Sources: Huber (1964); Hastie, Tibshirani and Friedman, *The Elements
of Statistical Learning*, section 10.6; Koenker and Bassett (1978) for quantiles.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

from course_lib.checks import check_number, check_whole
from course_lib.estimator import Array, array_namespace, as_floats, device


class Loss(Protocol):
    """What every loss of one number a sample offers."""

    robust: ClassVar[bool]

    def value(self, y: Array, f: Array) -> Array:
        """Return the losses (n,) of predictions f (n,) for targets y (n,)."""

    def gradient(self, y: Array, f: Array) -> Array:
        """Return the derivatives (n,) of the losses with respect to f."""

    def best_constant(self, y: Array) -> float:
        """Return the constant prediction with the smallest mean loss."""


# --- numbers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SquaredLoss:
    """½r²: half the squared residual, smallest on average at the mean.

    The ½ cancels the 2 of the derivative; scikit-learn's and torch's mean squared error have none.

    >>> import numpy as np
    >>> SquaredLoss().value(np.array([3.0]), np.array([1.0]))
    array([2.])
    """

    robust: ClassVar[bool] = False

    def value(self, y: Array, f: Array) -> Array:
        """Return ½(y − f)², (n,)."""
        r = _residual(y, f)
        return r * r / 2

    def gradient(self, y: Array, f: Array) -> Array:
        """Return f − y, (n,)."""
        return -_residual(y, f)

    def best_constant(self, y: Array) -> float:
        """Return the mean of y."""
        xp, y = _some_numbers(y)
        return float(xp.mean(y))


@dataclass(frozen=True)
class QuantileLoss:
    """q·r for r ≥ 0 and (q − 1)·r below: too low costs q a unit, too high 1 − q (pinball loss).

    It is smallest on average at the q-quantile; q = ½ is half the absolute loss.

    >>> import numpy as np
    >>> QuantileLoss(0.9).value(np.array([3.0, 1.0]), np.array([1.0, 3.0])).round(6)
    array([1.8, 0.2])
    """

    q: float = 0.5
    robust: ClassVar[bool] = True

    def __post_init__(self):
        if not 0 < check_number("q", self.q) < 1:
            raise ValueError(f"q must lie between 0 and 1, both left out, got {self.q!r}.")

    def value(self, y: Array, f: Array) -> Array:
        """Return the pinball losses, (n,)."""
        r = _residual(y, f)
        return array_namespace(r).abs(r) / 2 + (self.q - 0.5) * r

    def gradient(self, y: Array, f: Array) -> Array:
        """Return −q where f is too low, 1 − q where it is too high, ½ − q between them, (n,)."""
        r = _residual(y, f)
        return 0.5 - self.q - array_namespace(r).sign(r) / 2

    def best_constant(self, y: Array) -> float:
        """Return the q-quantile of y, halfway between two targets where both are as good."""
        xp, y = _some_numbers(y)
        y, n = xp.sort(y), y.shape[0]
        place = self.q * n
        at = round(place)
        if abs(place - at) < 1e-9 * n and 0 < at < n:  # any number between these two is best
            return float(y[at - 1] + y[at]) / 2
        return float(y[min(math.floor(place), n - 1)])


@dataclass(frozen=True)
class AbsoluteLoss:
    """|r|: smallest on average at the median.

    >>> import numpy as np
    >>> AbsoluteLoss().best_constant(np.array([1.0, 2.0, 90.0]))
    2.0
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return |y − f|, (n,)."""
        r = _residual(y, f)
        return array_namespace(r).abs(r)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return the sign of f − y, 0 where they are equal, (n,)."""
        r = _residual(y, f)
        return -array_namespace(r).sign(r)

    def best_constant(self, y: Array) -> float:
        """Return the median of y, halfway between the two in the middle of an even number."""
        return QuantileLoss(0.5).best_constant(y)


@dataclass(frozen=True)
class HuberLoss:
    """½r² for |r| ≤ δ and δ(|r| − ½δ) beyond: squared in the middle, absolute in the tails.

    With δ = 1 it is the smooth L1 loss (Girshick, Fast R-CNN, 2015); torch's smooth L1 loss with
    beta = δ is this one divided by δ.

    >>> import numpy as np
    >>> HuberLoss(delta=2.0).value(np.array([1.0, 5.0]), np.array([0.0, 0.0]))
    array([0.5, 8. ])
    """

    delta: float = 1.0
    robust: ClassVar[bool] = True

    def __post_init__(self):
        check_number("delta", self.delta, above=0)

    def value(self, y: Array, f: Array) -> Array:
        """Return the Huber losses, (n,)."""
        r = _residual(y, f)
        size = array_namespace(r).abs(r)
        inside = array_namespace(r).clip(size, 0.0, float(self.delta))  # the squared part of |r|
        return inside * inside / 2 + self.delta * (size - inside)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return f − y, cut off at −δ and δ, (n,)."""
        r = _residual(y, f)
        return array_namespace(r).clip(-r, -float(self.delta), float(self.delta))

    def best_constant(self, y: Array) -> float:
        """Return the constant where the cut-off residuals add up to 0, by halving an interval."""
        xp, y = _some_numbers(y)
        low, high = float(xp.min(y)), float(xp.max(y))
        middle = (low + high) / 2
        while low < middle < high:
            too_low = float(xp.sum(self.gradient(y, xp.full_like(y, middle)))) < 0
            low, high = (middle, high) if too_low else (low, middle)
            middle = (low + high) / 2
        return middle


def linear_objective(
    loss: Loss, w: Array, X: Array, y: Array, lam: float = 0.0
) -> tuple[float, Array]:
    """Mean loss of the predictions Xw and ½λ‖w‖², and the gradient of this sum with respect to w.

    Parameters
    ----------
    loss : loss of numbers or of two classes
    w : array of shape (d,)
    X : array of shape (n, d)
        With a column of ones for an intercept; λ then charges that too.
    y : array of shape (n,)
    lam : float, default=0.0
        λ ≥ 0.

    Returns
    -------
    value : float
    gradient : array of shape (d,)
        Cost: two products of X with a vector.

    Raises
    ------
    ValueError
        For a negative λ, and where `loss` refuses y or its shape.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[2.0], [4.0]]), np.array([1.0, -1.0])
    >>> value, gradient = linear_objective(LogLoss(), np.zeros(1), X, y)
    >>> round(value, 4), gradient
    (0.6931, array([0.5]))
    """
    check_number("lam", lam, least=0)
    f, xp = X @ w, array_namespace(w)
    value = float(xp.mean(loss.value(y, f))) + lam / 2 * float(w @ w)
    return value, X.T @ loss.gradient(y, f) / X.shape[0] + lam * w


def fit_by_weights(loss: Loss, A: Array, y: Array, *, max_steps: int = 300) -> Array:
    """Find w of least total loss of f = Aw, by weighted least squares again and again.

    A sample pulls with the derivative of its loss; written as a weight times its residual, it is
    a sample of least squares with the weight |derivative| / |residual|. The walk stops where w
    moves by less than a millionth of itself, or after `max_steps`.

    Parameters
    ----------
    loss : loss of numbers, convex in the residual
    A : array of shape (n, d)
        Inputs, with a column of ones for an intercept; of full rank.
    y : array of shape (n,)
    max_steps : int, default=300

    Returns
    -------
    array of shape (d,)

    Raises
    ------
    ValueError
        For shapes that do not fit together.

    Notes
    -----
    Cost: nd² operations a step. For the absolute and the quantile loss, where residuals become 0,
    the result is right to about four digits. See Huber, *Robust Statistics* (1981), section 7.8.

    Examples
    --------
    >>> import numpy as np
    >>> A = np.ones((3, 1))
    >>> fit_by_weights(AbsoluteLoss(), A, np.array([1.0, 2.0, 90.0])).round(3)
    array([2.])
    """
    check_whole("max_steps", max_steps)
    A, y = as_floats(A, y)
    xp = array_namespace(A)
    if A.ndim != 2 or y.shape != A.shape[:1]:
        raise ValueError(
            "A and y must have the shapes (n, d) and (n,), got "
            f"{tuple(A.shape)} and {tuple(y.shape)}."
        )
    weights = xp.ones_like(y)
    smallest = 1e-9 * (1 + float(xp.max(xp.abs(y))))  # so that a residual of 0 has a weight
    w = None
    for _ in range(max_steps):
        before, weighted = w, A * weights[:, None]  # (n, d)
        w = xp.linalg.solve(weighted.T @ A, weighted.T @ y)
        if before is not None and bool(xp.all(xp.abs(w - before) <= 1e-6 * xp.abs(w))):
            break
        r = y - A @ w
        r = xp.where(xp.abs(r) > smallest, r, xp.full_like(r, smallest))
        weights = xp.abs(loss.gradient(y, y - r)) / xp.abs(r)
    return w


# --- two classes, a score each: y is −1 or +1 ----------------------------------------------------


@dataclass(frozen=True)
class LogLoss:
    """log(1 + e^(−m)): minus the logarithm of the label's probability 1/(1 + e^(−m)), in nats.

    >>> import numpy as np
    >>> LogLoss().value(np.array([1.0, -1.0]), np.array([0.0, -2.0])).round(4)
    array([0.6931, 0.1269])
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return log(1 + e^(−yf)) without overflow, (n,)."""
        m = _margin(y, f)
        return array_namespace(m).logaddexp(array_namespace(m).zeros_like(m), -m)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return −y/(1 + e^(yf)), (n,)."""
        xp, m = array_namespace(f), _margin(y, f)
        y, _ = as_floats(y, f)
        return -y * xp.exp(-xp.logaddexp(xp.zeros_like(m), m))

    def value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        """Return both, (n,) each, from one exponential: half the work, for a minimiser."""
        xp, m = array_namespace(f), _margin(y, f)
        y, _ = as_floats(y, f)
        e = xp.exp(-xp.abs(m))  # never above 1
        wrong = xp.where(m > 0, e, xp.ones_like(e)) / (1 + e)  # probability of the other label
        return xp.log1p(e) + _positive(-m), -y * wrong

    def best_constant(self, y: Array) -> float:
        """Return the logarithm of the odds of +1; infinite where only one label occurs."""
        p = _share_of_plus(y)
        return math.copysign(math.inf, p - 0.5) if p in (0, 1) else math.log(p / (1 - p))


@dataclass(frozen=True)
class HingeLoss:
    """max(0, 1 − m), where f is a score: with labels for f it could only be 0 or 2.

    >>> import numpy as np
    >>> HingeLoss().value(np.array([1.0, 1.0, -1.0]), np.array([2.0, 0.25, 0.5]))
    array([0.  , 0.75, 1.5 ])
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return max(0, 1 − yf), (n,)."""
        return _positive(1 - _margin(y, f))

    def gradient(self, y: Array, f: Array) -> Array:
        """Return −y where yf < 1, else 0, (n,)."""
        xp, short = array_namespace(f), 1 - _margin(y, f)
        y, _ = as_floats(y, f)
        return -y * xp.astype(short > 0, y.dtype)

    def best_constant(self, y: Array) -> float:
        """Return the more frequent label; 0 if both are equally frequent."""
        p = _share_of_plus(y)
        return float((p > 0.5) - (p < 0.5))


@dataclass(frozen=True)
class SquaredHingeLoss:
    """max(0, 1 − m)²: smooth, and not robust.

    >>> import numpy as np
    >>> SquaredHingeLoss().value(np.array([1.0, -1.0]), np.array([2.0, 0.5]))
    array([0.  , 2.25])
    """

    robust: ClassVar[bool] = False

    def value(self, y: Array, f: Array) -> Array:
        """Return max(0, 1 − yf)², (n,)."""
        return HingeLoss().value(y, f) ** 2

    def gradient(self, y: Array, f: Array) -> Array:
        """Return −2y max(0, 1 − yf), (n,)."""
        return 2 * HingeLoss().gradient(y, f) * HingeLoss().value(y, f)

    def best_constant(self, y: Array) -> float:
        """Return the mean label."""
        return 2 * _share_of_plus(y) - 1


@dataclass(frozen=True)
class ExponentialLoss:
    """e^(−m), AdaBoost's loss: the least robust of all.

    >>> import numpy as np
    >>> ExponentialLoss().value(np.array([1.0, -1.0]), np.array([0.0, 1.0])).round(4)
    array([1.    , 2.7183])
    """

    robust: ClassVar[bool] = False

    def value(self, y: Array, f: Array) -> Array:
        """Return e^(−yf), (n,)."""
        m = _margin(y, f)
        return array_namespace(m).exp(-m)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return −y e^(−yf), (n,)."""
        values = self.value(y, f)
        y, _ = as_floats(y, f)
        return -y * values

    def best_constant(self, y: Array) -> float:
        """Return half the logarithm of the odds of +1; infinite where only one label occurs."""
        return LogLoss().best_constant(y) / 2


@dataclass(frozen=True)
class ZeroOneLoss:
    """1 where m ≤ 0, else 0: its mean is the share of errors. A score of 0 counts as an error.

    It has no slope to go down, and is not convex; the other losses of two classes stand in for it.

    >>> import numpy as np
    >>> ZeroOneLoss().value(np.array([1.0, 1.0, -1.0]), np.array([0.1, 0.0, 9.0]))
    array([0., 1., 1.])
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return 1 where yf ≤ 0, else 0, (n,)."""
        m = _margin(y, f)
        return array_namespace(m).astype(m <= 0, m.dtype)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return 0 for every sample, (n,)."""
        m = _margin(y, f)
        return array_namespace(m).zeros_like(m)

    def best_constant(self, y: Array) -> float:
        """Return the more frequent label; +1 if both are equally frequent."""
        return 1.0 if _share_of_plus(y) >= 0.5 else -1.0


# --- K classes, K scores a sample: y is 0 … K − 1 -----------------------------------------------


@dataclass(frozen=True)
class CrossEntropy:
    """−log p_y of the probabilities p = softmax(f) of K classes, in nats.

    >>> import numpy as np
    >>> CrossEntropy().value(np.array([0]), np.array([[2.0, 0.0, 0.0]])).round(4)
    array([0.2395])
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return log Σ_k e^(f_k) − f_y without overflow, (n,)."""
        f, own = _scores(y, f)
        return _log_sum_exp(f) - array_namespace(f).sum(own * f, axis=1)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return softmax(f) − one-hot(y), (n, K)."""
        f, own = _scores(y, f)
        return array_namespace(f).exp(f - _log_sum_exp(f)[:, None]) - own


@dataclass(frozen=True)
class MulticlassHinge:
    """Σ_{k ≠ y} max(0, f_k − f_y + 1): every wrong class within 1 of the right one costs.

    (Weston and Watkins, 1999. torch's multi-margin loss divides it by K.)

    >>> import numpy as np
    >>> MulticlassHinge().value(np.array([0]), np.array([[2.0, 1.5, -1.0]]))
    array([0.5])
    """

    robust: ClassVar[bool] = True

    def value(self, y: Array, f: Array) -> Array:
        """Return the sums over the wrong classes, (n,)."""
        f, own = _scores(y, f)
        return array_namespace(f).sum(_positive(self._short(f, own)), axis=1)

    def gradient(self, y: Array, f: Array) -> Array:
        """Return 1 for each wrong class that costs, minus their number for the right, (n, K)."""
        f, own = _scores(y, f)
        xp = array_namespace(f)
        costs = xp.astype(self._short(f, own) > 0, f.dtype)  # (n, K)
        return costs - own * xp.sum(costs, axis=1)[:, None]

    @staticmethod
    def _short(f: Array, own: Array) -> Array:
        """Return f_k − f_y + 1 for the wrong classes and 0 for the right one, (n, K)."""
        right = array_namespace(f).sum(own * f, axis=1)[:, None]  # (n, 1)
        return (f - right + 1) * (1 - own)


# --- what comes in ------------------------------------------------------------------------------


def _residual(y: Array, f: Array) -> Array:
    y, f = as_floats(y, f)
    _require_same_shape(y, f)
    return y - f


def _margin(y: Array, f: Array) -> Array:
    y, f = as_floats(y, f)
    _require_same_shape(y, f)
    _require_signs(y)
    return y * f


def _require_same_shape(y: Array, f: Array) -> None:
    """Refuse a column beside a row, whose difference would be a matrix (n, n)."""
    if y.shape != f.shape:
        raise ValueError(
            f"y and f must have the same shape, got {tuple(y.shape)} and {tuple(f.shape)}."
        )


def _require_signs(y: Array) -> None:
    if not bool(array_namespace(y).all(y * y == 1)):
        raise ValueError("y must hold the labels −1 and +1 only; 2·y − 1 makes them of 0 and 1.")


def _scores(y: Array, f: Array) -> tuple[Array, Array]:
    """Return the scores (n, K) as floats, and which class is whose, as 0 and 1 (n, K)."""
    (f,) = as_floats(f)
    xp = array_namespace(f)
    if f.ndim != 2 or y.shape != f.shape[:1]:
        raise ValueError(
            "f must have the shape (n, K), the scores of a sample a row, and y the shape (n,), got "
            f"{tuple(f.shape)} and {tuple(y.shape)}."
        )
    classes = xp.arange(f.shape[1], device=device(f))
    own = xp.astype(y[:, None] == classes[None, :], f.dtype)  # (n, K)
    if not bool(xp.all(xp.sum(own, axis=1) == 1)):
        raise ValueError(f"y must hold classes from 0 to {f.shape[1] - 1}, whole numbers.")
    return f, own


def _log_sum_exp(f: Array) -> Array:
    """Return log Σ_k e^(f_k) of each row of f (n, K), (n,)."""
    xp = array_namespace(f)
    top = xp.max(f, axis=1)
    return top + xp.log(xp.sum(xp.exp(f - top[:, None]), axis=1))


def _positive(a: Array) -> Array:
    """Return max(0, a)."""
    return (a + array_namespace(a).abs(a)) / 2


def _some_numbers(y: Array) -> tuple[object, Array]:
    """Return the namespace and y as floats; there must be at least one, for none has no mean."""
    (y,) = as_floats(y)
    if y.ndim != 1 or y.shape[0] == 0:
        raise ValueError(f"y must have the shape (n,) with n ≥ 1, got {tuple(y.shape)}.")
    return array_namespace(y), y


def _share_of_plus(y: Array) -> float:
    xp, y = _some_numbers(y)
    _require_signs(y)
    return (float(xp.mean(y)) + 1) / 2
