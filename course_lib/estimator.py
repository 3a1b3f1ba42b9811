"""What every estimator shares, so that its own file is the algorithm and nothing else.

    X   (n, d)  inputs, one sample a row, one feature a column
    y   (n,)    targets
    xp          the array namespace of X: NumPy's, torch's … through the array API standard

An estimator calls `fit_data` at the top of `fit` and `new_data` at the top of `predict` and the
like. NumPy arrays, lists and data frames come out as NumPy arrays. torch tensors (on the CPU or on
CUDA) and other array-API arrays come out as they are, on their device, and nobody has to know of
scikit-learn's ``array_api_dispatch`` or SciPy's ``SCIPY_ARRAY_API``: scikit-learn validates NumPy
input, and the few checks that a tensor needs are made here.

All that is private to scikit-learn, or about to move there, is imported in this one file.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from numbers import Integral, Real
from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, is_torch_array
from array_api_compat import is_array_api_obj as _is_array_api_obj
from scipy.linalg import solve_triangular
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_array, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names_in,
    _check_sample_weight,
    check_is_fitted,
    column_or_1d,
    validate_data,
)
from threadpoolctl import ThreadpoolController

__all__ = [
    "Array",
    "ArrayClassifier",
    "ArrayRegressor",
    "BaseEstimator",
    "IllConditionedWarning",
    "Integral",
    "Interval",
    "Real",
    "StrOptions",
    "array_namespace",
    "as_floats",
    "check_random_state",
    "device",
    "feature_names",
    "fit_data",
    "fit_labels",
    "fit_weights",
    "is_foreign",
    "is_missing",
    "known_codes",
    "labels_of",
    "lengths",
    "mean_row",
    "new_data",
    "one_blas_thread",
    "require_two_classes",
    "take_rows",
    "to_numpy",
    "transformed_data",
    "triangular_factor",
    "unit_of",
]

Array: TypeAlias = Any  # a NumPy array, torch tensor or other array-API array; no common base class


class IllConditionedWarning(UserWarning):
    """The problem is so badly conditioned that few or none of the result's digits are right."""


class ArrayRegressor(RegressorMixin):
    """scikit-learn's `RegressorMixin` for an estimator that also takes tensors."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        return tags

    def score(self, X: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Coefficient of determination R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)² on the given data.

        1 is a perfect fit, 0 is as good as always predicting the mean of y, and it has no lower
        bound. `X` is (n, d), `y` is (n,) and so is `sample_weight`; the result is a Python float.
        """
        y, y_pred, sample_weight = (to_numpy(a) for a in (y, self.predict(X), sample_weight))
        return r2_score(y, y_pred, sample_weight=sample_weight)


class ArrayClassifier(ClassifierMixin):
    """scikit-learn's `ClassifierMixin` for an estimator that also takes tensors."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        return tags

    def score(self, X: Array, y: Array, sample_weight: Array | None = None) -> float:
        """Accuracy on the given data: the fraction of samples whose label is predicted.

        `X` is (n, d), `y` is (n,) and so is `sample_weight`; the result is a Python float.
        """
        y, y_pred, sample_weight = (to_numpy(a) for a in (y, self.predict(X), sample_weight))
        return accuracy_score(y, y_pred, sample_weight=sample_weight)


def fit_data(
    estimator: BaseEstimator,
    X: Array,
    y: Array | None = None,
    *,
    supervised: bool = True,
    missing: bool = False,
) -> Any:
    """Check an estimator's parameters and its training data, at the top of `fit`.

    Parameters
    ----------
    estimator : the estimator; its parameters are checked against ``_parameter_constraints`` and
        ``n_features_in_`` (and ``feature_names_in_``, for a data frame) are set on it.
    X : array-like of shape (n, d)
    y : array-like of shape (n,)
        Numbers. They follow X to its namespace, device and dtype.
    supervised : bool, default=True
        False for an estimator without targets; `y` is then ignored.
    missing : bool, default=False
        Whether X may hold NaN, for a value that is missing.

    Returns
    -------
    X, or (X, y) if supervised; float64 or float32 (kept; all else becomes float64), finite.

    Raises
    ------
    ValueError, TypeError
        For a parameter out of range, and for data that are empty, not two-dimensional, not numbers,
        not finite, complex, sparse, of unequal length, or track gradients.
    """
    estimator._validate_params()
    X = _validate_X(estimator, X, reset=True, missing=missing)
    if not supervised:
        return X
    if y is None:
        raise ValueError(
            f"{_name(estimator)} requires y to be passed, but the target y is None: "
            "pass one number for each row of X."
        )
    return X, _validate_y(y, X)


def fit_labels(
    estimator: BaseEstimator, X: Array, y: Array, *, least_classes: int = 2
) -> tuple[Array, Array]:
    """Check a classifier's parameters and its training data, at the top of `fit`.

    As `fit_data`, but y (n,) holds labels: whole numbers, truth values or words. The classifier
    gets ``classes_``, the K labels in order: of the kind and on the device of X, and a NumPy array
    if they are no numbers. `labels_of` is the way back.

    Parameters
    ----------
    least_classes : int, default=2
        The smallest number of classes that the classifier can tell apart.

    Returns
    -------
    X, as from `fit_data`, and codes (n,), int64 on its device: y = classes_[codes].

    Raises
    ------
    ValueError, TypeError
        As `fit_data`, and for targets that are no labels, for missing ones (None, NaN, pandas.NA,
        NaT, masked values; among words, too), for words among numbers, and for too few classes.
    """
    estimator._validate_params()
    X = _validate_X(estimator, X, reset=True)
    if y is None:
        raise ValueError(
            f"{_name(estimator)} requires y to be passed, but the target y is None: "
            "pass one label for each row of X."
        )
    classes, codes = _read_labels(y, X)
    if len(classes) < least_classes:
        raise ValueError(
            f"{_name(estimator)} needs at least {least_classes} classes, but y holds one class "
            f"only: {classes.tolist()}. Add samples of another class."
        )
    estimator.classes_ = _beside(classes, X)
    return X, _beside(codes.astype(np.int64), X)


def known_codes(
    classifier: BaseEstimator, X: Array, y: Array, classes: Any = None
) -> tuple[Array, Array]:
    """Read the labels y (n,) of one part of the data, at the top of `partial_fit`.

    Parameters
    ----------
    classifier : the classifier; nothing is set on it.
    X : array of shape (n, d), as `fit_data` or `new_data` returned it
    y : array-like of shape (n,), as for `fit_labels`
    classes : array-like of shape (K,), optional
        All labels that may come; by default those of the classifier, which a later call repeats.

    Returns
    -------
    classes (K,) as `fit_labels` sets them, and codes (n,): y = classes[codes].

    Raises
    ------
    ValueError, TypeError
        As `fit_labels`, for a label that is not among the classes, and for classes that differ from
        those of the calls before.
    """
    found, codes = _read_labels(y, X)
    before = getattr(classifier, "classes_", None)
    known = to_numpy(before) if classes is None else np.unique(np.asarray(to_numpy(classes)))
    if before is not None and not np.array_equal(known, to_numpy(before)):
        raise ValueError(
            f"classes={known.tolist()[:6]} differ from those of the first call to partial_fit, "
            f"{to_numpy(before).tolist()[:6]}."
        )
    new = found[~np.isin(found, known)]
    if len(new):
        raise ValueError(
            f"y holds labels that are not among the classes {known.tolist()[:6]}: "
            f"{new.tolist()[:6]}. Name all labels in the first call to partial_fit."
        )
    return _beside(known, X), _beside(np.searchsorted(known, found)[codes].astype(np.int64), X)


def fit_weights(sample_weight: Any, X: np.ndarray) -> np.ndarray | None:
    """Check the weights (n,) of the rows of a NumPy X (n, d), as `fit_data` returned it.

    Returns
    -------
    float64 weights (n,), or None if `sample_weight` is None: a single number weighs all rows alike.

    Raises
    ------
    ValueError
        For weights that are negative, not finite, all zero, or of another length than X.
    """
    if sample_weight is None:
        return None
    return _check_sample_weight(
        to_numpy(sample_weight), X, dtype=np.float64, ensure_non_negative=True
    )


def rows_with_weight(
    classifier: BaseEstimator, X: np.ndarray, codes: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop the rows of weight 0 from X (n, d), codes (n,) and w (n,).

    Raises
    ------
    ValueError
        If a class of the classifier has no row left.
    """
    kept = w > 0
    empty = np.bincount(codes[kept], minlength=len(classifier.classes_)) == 0
    if empty.any():
        raise ValueError(
            "sample_weight is 0 on every row of the class(es) "
            f"{classifier.classes_[empty].tolist()[:6]}: give each class a row of positive weight, "
            "or drop those rows."
        )
    return X[kept], codes[kept], w[kept]


def require_two_classes(classifier: BaseEstimator) -> None:
    """Refuse to go on with a binary classifier whose `classes_`, set by `fit_labels`, are not two.

    Raises
    ------
    ValueError
        For more classes than two.
    """
    classes = to_numpy(classifier.classes_)
    if len(classes) != 2:
        raise ValueError(
            f"Only binary classification is supported. {_name(classifier)} got {len(classes)} "
            f"classes, {classes.tolist()[:5]}: wrap it in a one-vs-rest or one-vs-one classifier."
        )


def labels_of(classifier: BaseEstimator, codes: Array) -> Array:
    """Turn codes (m,), integers from 0 to K − 1, into the labels of a classifier, (m,)."""
    classes = classifier.classes_
    if is_numpy_array(classes):  # words have no other kind of array
        return classes[to_numpy(codes)]
    return array_namespace(classes).take(classes, codes, axis=0)


def new_data(
    estimator: BaseEstimator,
    X: Array,
    like: str,
    *,
    method: str = "predict",
    missing: bool = False,
    keep_dtype: bool = False,
) -> Array:
    """Check the data that a fitted estimator is applied to, at the top of `predict` and the like.

    Parameters
    ----------
    estimator : the estimator
    X : array-like of shape (m, d), with the d features of `fit`, in the same kind of array and on
        the same device as there.
    like : str
        Name of the fitted array that X will meet, such as ``"coef_"``.
    method : str
        Name of the calling method, for the error message.
    missing : bool, default=False
        Whether X may hold NaN, for a value that is missing.
    keep_dtype : bool, default=False
        Whether X keeps its own precision, in place of that of the fitted array.

    Returns
    -------
    X, float64 or float32 and finite, m ≥ 1.

    Raises
    ------
    NotFittedError
        Before `fit`.
    ValueError, TypeError
        As `fit_data`, and for another number of features, kind of array or device than in `fit`.
    """
    check_is_fitted(estimator)
    X = _validate_X(estimator, X, reset=False, missing=missing)
    return _beside_fitted(estimator, X, like, method, keep_dtype=keep_dtype)


def transformed_data(
    estimator: BaseEstimator, X: Array, like: str, *, method: str = "inverse_transform"
) -> Array:
    """Check data that `transform` of a fitted transformer could have made, to be taken back.

    Parameters
    ----------
    estimator : the transformer; ``_n_features_out`` is the number of columns that it makes.
    X : array-like of shape (m, k), of the same kind of array and on the same device as in `fit`
    like, method : str
        As in `new_data`.

    Returns
    -------
    X, in the precision of the fitted array, finite.

    Raises
    ------
    NotFittedError, ValueError, TypeError
        As `new_data`, and for another number of columns.
    """
    check_is_fitted(estimator)
    if is_foreign(X):
        _refuse_autograd_and_sparse(X, "X")
        X = _finite_floats(X, "X")
    else:
        X = check_array(X, dtype=[np.float64, np.float32])
    columns = estimator._n_features_out
    if X.ndim != 2 or X.shape[1] != columns:
        raise ValueError(
            f"X has the shape {tuple(X.shape)}, but {_name(estimator)}.{method}() takes "
            f"{columns} columns, as many as transform() makes."
        )
    return _beside_fitted(estimator, X, like, method)


def feature_names(estimator: BaseEstimator, input_features: Sequence[str] | None) -> np.ndarray:
    """Return the names (d,) of the columns of X: those given, those of `fit`, or x0, x1, …

    Raises
    ------
    NotFittedError
        Before `fit`.
    ValueError
        For names that are not those of `fit`, or of another number.
    """
    check_is_fitted(estimator)
    return _check_feature_names_in(estimator, input_features)


def to_numpy(array: Array | None) -> Any:
    """Copy an array of any kind from its device to NumPy; what is no such array comes back as is.

    >>> to_numpy([1, 2])
    [1, 2]
    """
    if array is None or is_numpy_array(array) or not _is_array_api_obj(array):
        return array
    if is_torch_array(array):
        return array.detach().cpu().numpy()
    xp = array_namespace(array)
    if hasattr(xp, "Device"):  # array-api-strict names its devices with objects
        return np.asarray(array.to_device(xp.Device("CPU_DEVICE")))
    return array.get() if hasattr(array, "get") else np.asarray(array)  # get: CuPy


def as_floats(*arrays: Array) -> tuple[Array, ...]:
    """Bring arrays of one kind to one floating-point type, where they are not of one already.

    float32 and float64 stay, what is neither becomes float64, and of both the wider is taken: sums
    and products of whole numbers would wrap around in silence, and torch mixes no types.

    Raises
    ------
    ValueError
        For complex numbers.

    >>> as_floats(np.uint8([200]), np.float32([0.5]))
    (array([200.]), array([0.5]))
    """
    xp = array_namespace(*arrays)
    single, double = ([a.dtype == kind for a in arrays] for kind in (xp.float32, xp.float64))
    if all(single) or all(double):
        return arrays
    if any(xp.isdtype(a.dtype, "complex floating") for a in arrays):
        raise ValueError("Complex data not supported: pass real numbers.")
    return tuple(xp.astype(a, xp.float64, copy=False) for a in arrays)


def unit_of(*arrays: Array) -> float:
    """Choose a power of two, about the largest size in the arrays, to divide them by.

    To divide by it is exact, and squares and products of what is left neither overflow nor
    underflow. It is 1 where the numbers are of a usual size, or all zero, or not all finite.

    >>> unit_of(np.array([0.0, 3.0])), unit_of(np.array([5e-200])) == 2.0**-663
    (1.0, True)
    """
    xp = array_namespace(*arrays)
    largest = max((float(xp.max(xp.abs(a))) for a in arrays if 0 not in a.shape), default=0.0)
    if 2.0**-30 <= largest <= 2.0**30 or not 0 < largest < math.inf:
        return 1.0
    smallest = max(float(xp.finfo(a.dtype).smallest_normal) for a in arrays)  # 1 / it is finite
    return max(math.ldexp(1.0, math.frexp(largest)[1] - 1), smallest)


def lengths(A: Array) -> Array:
    """Euclidean lengths of the columns of A (n, d), (d,), or of a vector (d,), a scalar.

    Entries are divided by the largest before they are squared (as in LAPACK's nrm2), so that
    squares neither overflow nor underflow; the length of what is not finite is not finite.

    >>> lengths(np.array([3e-200, 4e-200]))
    np.float64(5e-200)
    """
    xp = array_namespace(A)
    if A.shape[0] == 0:
        return xp.zeros(A.shape[1:], dtype=A.dtype, device=device(A))
    largest = xp.max(xp.abs(A), axis=0)
    unit = xp.where((largest > 0) & xp.isfinite(largest), largest, xp.ones_like(largest))
    return unit * xp.linalg.vector_norm(A / unit, axis=0)


def mean_row(A: Array) -> Array:
    """Mean over the rows of A (n, d) or (n,), in float64: (d,) or a scalar.

    In single precision the sum of a million rows has few digits left.
    """
    xp = array_namespace(A)
    return xp.sum(A, axis=0, dtype=xp.float64) / A.shape[0]


def triangular_factor(A: Array) -> Array:
    """Compute R, the upper triangular factor of A = QR, as stably as by Householder reflections.

    A tall NumPy array takes the fast way, `_cholesky_qr`, wherever that is as stable. Householder's
    way leaves out Q where the library can (NumPy, torch), for forming it doubles the work.

    Parameters
    ----------
    A : array of shape (n, d)

    Returns
    -------
    R : array of shape (min(n, d), d); RᵀR = AᵀA. Its diagonal may have either sign.
    """
    if not is_numpy_array(A):
        xp = array_namespace(A)
        return xp.linalg.qr(A, mode="r" if is_torch_array(A) else "reduced")[1]
    R = _cholesky_qr(A) if A.shape[0] > 4 * A.shape[1] else None
    return np.linalg.qr(A, mode="r") if R is None else R


def _cholesky_qr(A: np.ndarray) -> np.ndarray | None:
    """Compute R by two Cholesky factorisations, or give up where rounding could be seen.

    AᵀA = R₁ᵀR₁ would do in exact arithmetic, but its rounding grows with κ². Q₁ = AR₁⁻¹ repairs
    that: it is orthogonal up to rounding times κ², so nearly, and its own Cholesky factor R₂ turns
    R₁ into R = R₂R₁, as accurate as Householder's as long as κ² is far below 1/eps. These are 5nd²
    operations, but in matrix products, which use the machine better than reflections do. Scaling
    the columns does not change what is lost, so κ is that of columns of length 1. (CholeskyQR2:
    Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, 2015, ETNA 44.)
    """
    with np.errstate(over="ignore", invalid="ignore"), suppress(np.linalg.LinAlgError):
        R1 = np.linalg.cholesky(A.T @ A).T  # (d, d)
        s = np.linalg.svd(R1 / np.linalg.vector_norm(R1, axis=0), compute_uv=False)
        if not s[-1] ** 2 > 100 * A.shape[1] * np.finfo(A.dtype).eps * s[0] ** 2:
            return None
        Q1 = solve_triangular(R1, A.T, trans="T", check_finite=False).T  # (n, d)
        return np.linalg.cholesky(Q1.T @ Q1).T @ R1
    return None  # A is singular, or so nearly that AᵀA is


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Hold NumPy's products of matrices at one thread, for a loop of many small ones.

    Each product ends with its threads waiting for one another, and they wait by spinning. Where
    another process has a core, that takes ten times as long as the product. Tensors are not
    concerned. The value of the context is how many threads a product would have had.
    """
    threads = max((one["num_threads"] for one in _blas().select(user_api="blas").info()), default=1)
    with _blas().limit(limits=1, user_api="blas"):
        yield threads


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()  # looks through the loaded libraries, which takes a while


def blocks(n: int, size: int) -> list[slice]:
    """Cut n rows into as few blocks as hold at most `size` rows each, as equal as can be.

    What is made of one block then stays in the processor's cache, and memory does not grow with n.
    A size below 1 counts as 1.
    """
    number = -(-n // max(1, size))
    return [slice(i * n // number, (i + 1) * n // number) for i in range(number)]


def take_rows(A: Array, rows: np.ndarray) -> Array:
    """Take rows of an array by indices that were drawn on the host with NumPy.

    `A` is (n,) or (n, …), `rows` is (m,) integers; the result is (m, …), on the device of `A`.
    """
    if is_numpy_array(A):
        return A.take(rows, axis=0)
    xp = array_namespace(A)
    return xp.take(A, xp.asarray(rows, device=device(A)), axis=0)


# --- validation -----------------------------------------------------------------------------


def _beside_fitted(
    estimator: BaseEstimator, X: Array, like: str, method: str, *, keep_dtype: bool = False
) -> Array:
    """Return X in the precision of a fitted array, if both are of one kind and on one device."""
    fitted = getattr(estimator, like)
    here, there = _place(X), _place(fitted)
    if here != there:
        raise ValueError(
            f"The X passed to {_name(estimator)}.{method}() must use the same namespace and the "
            f"same device as in fit(): it is {here}, and fit() had {there}. "
            "Convert X, or fit again on the new kind of array."
        )
    return X if keep_dtype else array_namespace(fitted).astype(X, fitted.dtype, copy=False)


def _name(estimator: BaseEstimator) -> str:
    return type(estimator).__name__


def is_foreign(a: Any) -> bool:
    """Whether `a` is an array of another library than NumPy, to be kept as it is."""
    return _is_array_api_obj(a) and not is_numpy_array(a)


def _place(a: Array) -> str:
    """Describe the kind of array and its device, as far as they must agree to compute together."""
    xp = array_namespace(a)
    return "numpy" if is_numpy_array(a) else f"{xp.__name__.split('.')[-1]} on {device(a)}"


def _validate_X(estimator: BaseEstimator, X: Array, *, reset: bool, missing: bool = False) -> Array:
    if not is_foreign(X):
        return validate_data(
            estimator,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan" if missing else True,
        )
    _refuse_autograd_and_sparse(X, "X")
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array for X, got {X.ndim}D array of shape {tuple(X.shape)}. Reshape your "
            "data: X[:, None] if it is one feature, X[None, :] if it is one sample."
        )
    n, d = X.shape
    if n == 0 or d == 0:
        raise ValueError(
            f"X must have at least one sample and one feature, got 0 "
            f"{'sample(s)' if n == 0 else 'feature(s)'} (shape=({n}, {d}))."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)  # the number of features
    return _finite_floats(X, "X", missing=missing)


def _refuse_missing(y: Any) -> None:
    """Refuse what holds a missing value, where NumPy would give a riddle or the word "nan"."""
    if np.ma.is_masked(y):
        missing = np.flatnonzero(np.ma.getmaskarray(y))
        raise ValueError(_missing(f"y[{missing[0]}] is masked"))
    if is_foreign(y):
        return
    values = np.ravel(np.asarray(y, dtype=object if isinstance(y, Sequence) else None))
    if values.dtype.kind in "OTmM":  # in a number's own type, NaN is found and named later
        for i, value in enumerate(values):
            if is_missing(value):
                raise ValueError(_missing(f"y[{i}] is {value!r}"))


def _missing(what: str) -> str:
    return (
        f"Input y contains NaN or another missing value: {what}, but every row needs its target. "
        "Drop the rows without one; a missing label may also become a label of its own."
    )


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas.NA, which alone answers no question."""
    if value is None or type(value).__name__ == "NAType":
        return True
    differs = value != value
    return isinstance(differs, bool | np.bool_) and bool(differs)


def _read_labels(y: Any, X: Array) -> tuple[np.ndarray, np.ndarray]:
    """Check the labels y (n,) of the rows of X; return the different ones and their codes (n,)."""
    if is_foreign(y):
        _refuse_autograd_and_sparse(y, "y")
    _refuse_missing(y)
    y = column_or_1d(np.asarray(to_numpy(y)), warn=True)
    _require_one_for_each_row(y, X)
    if y.dtype.kind in "fc":
        _finite_floats(y, "y")
    return _different(y)


def _beside(a: np.ndarray, X: Array) -> Array:
    """Bring numbers to the namespace and device of X; words stay in NumPy."""
    return array_namespace(X).asarray(a, device=device(X)) if a.dtype.kind in "biuf" else a


def _different(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different labels in y (n,), in order, and the place (n,) of each y among them."""
    try:
        check_classification_targets(y)
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in y.tolist()})
        raise ValueError(
            f"y must hold labels of one kind, all words or all numbers, got {' and '.join(kinds)}."
        ) from error


def _validate_y(y: Array, X: Array) -> Array:
    if is_foreign(y):
        _refuse_autograd_and_sparse(y, "y")
    _refuse_missing(y)
    y = _follow(y, X) if is_foreign(X) or is_foreign(y) else y
    if not is_foreign(y):
        y = _numbers(column_or_1d(y, warn=True), X.dtype)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {tuple(y.shape)} instead.")
    _require_one_for_each_row(y, X)
    return array_namespace(X).astype(_finite_floats(y, "y"), X.dtype, copy=False)


def _require_one_for_each_row(y: Array, X: Array) -> None:
    if y.shape[0] != X.shape[0]:
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"X has {X.shape[0]} rows and y has {y.shape[0]} values. Pass one value for each row."
        )


def _numbers(y: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Refuse what is no real number, where NumPy would give a riddle or drop an imaginary part."""
    if np.iscomplexobj(y):
        raise ValueError("Complex data not supported: y must be real numbers.")
    try:
        if y.dtype.kind in "USMm":
            raise TypeError
        return y.astype(dtype, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y must be numbers, got dtype {y.dtype} with y[0] = {y[:1].tolist()}; "
            "convert it to float, or use a classifier if the values are labels."
        ) from error


def _follow(y: Array, X: Array) -> Array:
    """Bring y to the namespace and device of X, where it is not there already."""
    if _is_array_api_obj(y) and _place(y) == _place(X):
        return y
    y = _numbers(np.asarray(to_numpy(y)), np.float64)
    return array_namespace(X).asarray(y, dtype=X.dtype, device=device(X))


def _refuse_autograd_and_sparse(a: Array, name: str) -> None:
    if getattr(a, "requires_grad", False):
        raise ValueError(
            f"{name} tracks gradients (requires_grad=True), but nothing is differentiated through "
            f"fit and predict: pass {name}.detach()."
        )
    if is_torch_array(a) and "strided" not in str(a.layout):
        raise TypeError(
            f"Sparse data was passed for {name} ({a.layout}), but dense data is required: "
            f"pass {name}.to_dense()."
        )


def _finite_floats(a: Array, name: str, *, missing: bool = False) -> Array:
    xp = array_namespace(a)
    if xp.isdtype(a.dtype, "complex floating"):
        raise ValueError(f"Complex data not supported: {name} must be real numbers.")
    if a.dtype not in (xp.float32, xp.float64):
        a = xp.astype(a, xp.float64)
    if missing:
        if bool(xp.any(xp.isinf(a))):
            raise ValueError(
                f"Input {name} contains infinity: every value must be finite, or NaN if missing."
            )
    elif not bool(xp.all(xp.isfinite(a))):
        raise ValueError(
            f"Input {name} contains NaN or infinity: every value must be a finite number. "
            "Find the rows, then drop or impute them."
        )
    return a
