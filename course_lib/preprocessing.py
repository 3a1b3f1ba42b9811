"""Tables made ready for learning: missing values filled, words encoded, columns standardised.

    X   (n, d)  inputs, one sample a row, one feature a column
    μ   (d,)    mean of each column, `mean_`
    σ   (d,)    standard deviation of each column, `scale_`

Each transformer learns from the training rows in `fit` and treats all rows alike in `transform`:
new rows are centred by the mean of the training rows, never by their own. `StandardScaler` and
`SimpleImputer` take NumPy arrays, data frames of numbers and tensors on any device;
`OneHotEncoder`, and the imputer's strategies "most_frequent" and "constant", take words as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import repeat
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from course_lib.estimator import (
    Array,
    BaseEstimator,
    Real,
    StrOptions,
    array_namespace,
    blocks,
    device,
    feature_names,
    fit_data,
    is_foreign,
    is_missing,
    new_data,
    to_numpy,
)

__all__ = ["OneHotEncoder", "SimpleImputer", "StandardScaler"]

_CACHED = 2**16  # numbers of one block, which stay in the processor's cache


class StandardScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Standardisation of each column: z = (x − μ)/σ, of mean 0 and standard deviation 1.

    Parameters
    ----------
    with_mean : bool, default=True
        Whether μ is subtracted.
    with_std : bool, default=True
        Whether the columns are divided by σ.

    Attributes
    ----------
    mean_, var_ : arrays of shape (d,), float64
        μ and σ² of the rows seen so far. NaN in a column without any value.
    scale_ : array of shape (d,), float64, or None without `with_std`
        σ = √(σ²), and 1 for a column that is constant up to rounding, which is only centred.
    n_samples_seen_ : array of shape (d,), float64
        The values seen in each column, each counted with its weight.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For infinite values, weights that are negative or of another number than the rows, and
        where a variance overflows.

    Notes
    -----
    σ divides by n, not by n − 1. NaN stands for a missing value: `fit` leaves it out, `transform`
    leaves it as it is. Sums are in float64, whatever the precision of X, and about the mean of
    their block, since Σx² − nμ² would cancel; blocks are merged by the rule of Chan, Golub and
    LeVeque (1983), *Algorithms for computing the sample variance*, The American Statistician 37.
    Cost: O(nd), one look at the data and memory for one block.

    Examples
    --------
    >>> X = [[1.0, 100.0], [2.0, 100.0], [3.0, 100.0]]
    >>> StandardScaler().fit_transform(X).round(3)
    array([[-1.225,  0.   ],
           [ 0.   ,  0.   ],
           [ 1.225,  0.   ]])
    """

    _parameter_constraints: ClassVar[dict] = {"with_mean": ["boolean"], "with_std": ["boolean"]}

    def __init__(self, *, with_mean: bool = True, with_std: bool = True):
        self.with_mean = with_mean
        self.with_std = with_std

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Array, y: None = None, sample_weight: Array | None = None) -> StandardScaler:
        """Learn mean and standard deviation of the columns of X (n, d); return self.

        A weight k in `sample_weight` (n,) counts as k copies of its row.
        """
        self._moments = None
        return self._learn(fit_data(self, X, supervised=False, missing=True), sample_weight)

    def partial_fit(
        self, X: Array, y: None = None, sample_weight: Array | None = None
    ) -> StandardScaler:
        """Learn from more rows X (n, d) as if they had been among those of `fit`; return self."""
        if getattr(self, "_moments", None) is None:
            return self.fit(X, y, sample_weight)
        X = new_data(self, X, like="mean_", method="partial_fit", missing=True, keep_dtype=True)
        return self._learn(X, sample_weight)

    def transform(self, X: Array) -> Array:
        """Return (X − μ)/σ for X (m, d), in the precision of X; (m, d)."""
        X = new_data(self, X, like="mean_", method="transform", missing=True, keep_dtype=True)
        center, scale = self._center_and_scale()
        return _by_blocks(lambda rows: (rows - center) / scale, X)

    def inverse_transform(self, X: Array) -> Array:
        """Return the way back, Xσ + μ, for X (m, d); (m, d)."""
        X = new_data(
            self, X, like="mean_", method="inverse_transform", missing=True, keep_dtype=True
        )
        center, scale = self._center_and_scale()
        return _by_blocks(lambda rows: rows * scale + center, X)

    def _learn(self, X: Array, sample_weight: Array | None) -> StandardScaler:
        xp = array_namespace(X)
        self._moments = _moments(X, _weights(sample_weight, X), self._moments)
        count, mean, squares = self._moments
        if not bool(xp.all(xp.isfinite(squares))):
            self._moments = None
            raise ValueError(
                "A variance overflows float64: X holds values too large to square and add. "
                "Divide its columns by a constant first."
            )
        nothing = xp.full_like(mean, xp.nan)
        variance = squares / _or_one(count)
        self.n_samples_seen_ = count
        self.mean_, self.var_ = (xp.where(count > 0, a, nothing) for a in (mean, variance))
        self.scale_ = _scale(count, mean, variance) if self.with_std else None  # 1 if nothing seen
        return self

    def _center_and_scale(self) -> tuple[Array, Array]:
        xp = array_namespace(self.mean_)
        center = self.mean_ if self.with_mean else xp.zeros_like(self.mean_)
        return center, self.scale_ if self.with_std else xp.ones_like(self.mean_)


class SimpleImputer(TransformerMixin, BaseEstimator):
    """Missing values filled with one value for each column.

    Parameters
    ----------
    strategy : {"mean", "median", "most_frequent", "constant"}, default="mean"
        What a column's missing values become. The first two are for numbers only; of the values
        that are most frequent, the smallest is taken.
    fill_value : number or str, optional
        The value of strategy "constant", 0 for numbers and "missing_value" for words by default.
    add_indicator : bool, default=False
        Whether to append, for each column that had missing values in `fit`, a column that is 1
        where the value was missing: that it was missing may itself tell something.

    Attributes
    ----------
    statistics_ : array of shape (d,)
        The filling of each column.
    indicator_features_ : list of int
        The columns that get an indicator.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For words where numbers are needed, for a column without any value, and in `transform` for
        a missing value in a column that had none, if indicators are asked for.

    Notes
    -----
    Missing are NaN and, among words, None and pandas' NA and NaT as well. scikit-learn drops a
    column without any value, so that the number of columns depends on the sample; here it is an
    error unless the strategy is "constant". Filling with the mean leaves the mean of a column as it
    is and makes its variance smaller. Cost: O(nd).

    Examples
    --------
    >>> SimpleImputer().fit_transform([[np.nan, 1.0], [2.0, 3.0], [4.0, np.nan]])
    array([[3., 1.],
           [2., 3.],
           [4., 2.]])
    """

    _parameter_constraints: ClassVar[dict] = {
        "strategy": [StrOptions({"mean", "median", "most_frequent", "constant"})],
        "fill_value": "no_validation",
        "add_indicator": ["boolean"],
    }

    def __init__(
        self, strategy: str = "mean", *, fill_value: Any = None, add_indicator: bool = False
    ):
        self.strategy = strategy
        self.fill_value = fill_value
        self.add_indicator = add_indicator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = self.strategy in ("most_frequent", "constant")
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Array, y: None = None) -> SimpleImputer:
        """Learn what fills each column of X (n, d); return self."""
        if self._takes_words(X):
            self._validate_params()
            X = _words(self, X, reset=True)
            missing = _missing_words(X)
        else:
            X = fit_data(self, X, supervised=False, missing=True)
            missing = array_namespace(X).isnan(X)
        gaps = to_numpy(array_namespace(missing).count_nonzero(missing, axis=0))  # (d,)
        empty = np.flatnonzero(gaps == X.shape[0])
        if self.strategy != "constant" and len(empty):
            raise ValueError(
                f"Column {empty[0]} of X has no value at all, so that it has no {self.strategy}: "
                'drop it, or use strategy="constant".'
            )
        self.statistics_ = self._fillings(X, missing)
        self.indicator_features_ = np.flatnonzero(gaps).tolist()
        return self

    def transform(self, X: Array) -> Array:
        """Return X (m, d) with its missing values filled, the indicators behind it."""
        check_is_fitted(self)
        if _holds_words(self.statistics_):
            X = _words(self, X, reset=False)
            missing, xp = _missing_words(X), np
            filled = np.where(missing, self.statistics_, X)
        else:
            X = new_data(
                self, X, like="statistics_", method="transform", missing=True, keep_dtype=True
            )
            xp = array_namespace(X)
            missing = xp.isnan(X)
            filled = xp.where(missing, xp.astype(self.statistics_, X.dtype)[None, :], X)
        return self._with_indicators(xp, filled, missing) if self.add_indicator else filled

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """Name the columns of `transform`: those of X, and missingindicator_NAME behind them."""
        names = feature_names(self, input_features)
        if not self.add_indicator:
            return names
        extra = [f"missingindicator_{names[j]}" for j in self.indicator_features_]
        return np.concatenate([names, np.asarray(extra, dtype=object)])

    def _takes_words(self, X: Array) -> bool:
        if is_foreign(X) or self.strategy in ("mean", "median"):
            return False
        if isinstance(self.fill_value, str) and self.strategy == "constant":
            return True
        kinds = getattr(X, "dtypes", None) if hasattr(X, "iloc") else [np.asarray(X).dtype]
        return any(getattr(kind, "kind", "O") not in "biufc" for kind in kinds)

    def _fillings(self, X: Array, missing: Array) -> Array:
        """Return the filling (d,) of each column of X."""
        xp = array_namespace(X)
        if self.strategy == "constant":
            default = "missing_value" if _holds_words(X) else 0.0
            value = default if self.fill_value is None else self.fill_value
            if not (_holds_words(X) or isinstance(value, Real)):
                raise ValueError(f"fill_value must be a number for numbers, got {value!r}.")
            return xp.full((X.shape[1],), value, dtype=X.dtype, **_on(X))
        if self.strategy == "mean":
            known = xp.where(missing, xp.zeros_like(X), X)
            count = xp.sum(xp.astype(~missing, xp.float64), axis=0)
            return xp.astype(xp.sum(known, axis=0, dtype=xp.float64) / count, X.dtype)
        choose = _median if self.strategy == "median" else _most_frequent
        fillings = [choose(X[:, j][~missing[:, j]]) for j in range(X.shape[1])]
        return np.array(fillings, dtype=object) if _holds_words(X) else xp.stack(fillings)

    def _with_indicators(self, xp: Any, filled: Array, missing: Array) -> Array:
        seen = self.indicator_features_
        gaps = np.flatnonzero(to_numpy(xp.any(missing, axis=0))).tolist()
        if unexpected := sorted(set(gaps) - set(seen)):
            raise ValueError(
                f"Columns {unexpected} of X have missing values but had none in fit(), so that "
                "there is no indicator for them: fit on rows that have some, or set "
                "add_indicator=False."
            )
        columns = [xp.astype(missing[:, j], filled.dtype)[:, None] for j in seen]
        return xp.concat([filled, *columns], axis=1)


class OneHotEncoder(TransformerMixin, BaseEstimator):
    """Each column of categories becomes a column of zeros and ones for each of its values.

    Parameters
    ----------
    drop : {"first", "if_binary"} or None, default=None
        Leave out the first value of each column, or only of those with two values. What is left
        says the same, and its columns no longer add up to a constant.
    handle_unknown : {"error", "ignore"}, default="error"
        What to do in `transform` with a value that `fit` has not seen. Ignored, it is all zeros.
    sparse_output : bool, default=False
        Whether to return a sparse matrix, which stores the ones alone.

    Attributes
    ----------
    categories_ : list of d arrays
        The values of each column in order. A missing value (NaN, None, NA) is a value of its own,
        the last one.
    drop_idx_ : array of d ints, or None
        The value that is left out of each column, −1 for none.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    ValueError
        For infinite numbers, words and numbers in one column, and for an unknown value, which is
        named.
    TypeError
        For tensors, which hold no words: `torch.nn.functional.one_hot` encodes their integers.

    Notes
    -----
    Cost: O(nd) look-ups for words, O(nd log n) for numbers, and nK zeros for K values in all unless
    `sparse_output` is set.

    Examples
    --------
    >>> encoder = OneHotEncoder().fit([["Pave"], ["Gravel"], ["Pave"]])
    >>> encoder.transform([["Gravel"], ["Pave"]])
    array([[1., 0.],
           [0., 1.]])
    >>> encoder.get_feature_names_out(["street"]).tolist()
    ['street_Gravel', 'street_Pave']
    """

    _parameter_constraints: ClassVar[dict] = {
        "drop": [StrOptions({"first", "if_binary"}), None],
        "handle_unknown": [StrOptions({"error", "ignore"})],
        "sparse_output": ["boolean"],
    }

    def __init__(
        self,
        *,
        drop: str | None = None,
        handle_unknown: str = "error",
        sparse_output: bool = False,
    ):
        self.drop = drop
        self.handle_unknown = handle_unknown
        self.sparse_output = sparse_output

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def fit(self, X: Any, y: None = None) -> OneHotEncoder:
        """Learn the values of each column of X (n, d); return self."""
        self._validate_params()
        columns = _columns(self, X, reset=True)
        self.categories_ = [_categories(column, j) for j, column in enumerate(columns)]
        sizes = np.array([len(values) for values in self.categories_])
        drops = {None: sizes < 0, "first": sizes > 0, "if_binary": sizes == 2}[self.drop]
        self.drop_idx_ = None if self.drop is None else np.where(drops, 0, -1)
        self._dropped = drops.astype(np.int64)  # so many values of each column are left out
        return self

    def transform(self, X: Any) -> Any:
        """Return the zeros and ones of X (m, d); (m, K), an array or a sparse matrix of floats."""
        check_is_fitted(self)
        columns = _columns(self, X, reset=False)
        codes = np.stack([self._codes(column, j) for j, column in enumerate(columns)], axis=1)
        codes -= self._dropped  # (m, d); negative: no column of its own
        starts = self._starts()
        m, width = len(codes), int(starts[-1])
        present = codes >= 0
        places = (codes + starts[:-1])[present]
        if self.sparse_output:
            ends = np.concatenate([[0], np.cumsum(np.count_nonzero(present, axis=1))])
            return csr_matrix((np.ones(len(places)), places, ends), shape=(m, width))
        Z = np.zeros((m, width))
        Z[np.nonzero(present)[0], places] = 1
        return Z

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the values behind zeros and ones X (m, K); (m, d), an array of objects.

        All zeros are the value that was left out, else an unknown one, which becomes None.

        Raises
        ------
        ValueError
            For another number of columns, and for all zeros where neither can be.
        """
        check_is_fitted(self)
        X = check_array(X, accept_sparse="csr")
        starts = self._starts()
        if X.shape[1] != starts[-1]:
            raise ValueError(f"X has {X.shape[1]} columns, but transform() makes {starts[-1]}.")
        X = X.toarray() if hasattr(X, "toarray") else X
        found = np.empty((len(X), len(self.categories_)), dtype=object)
        for j, values in enumerate(self.categories_):
            part, left_out = X[:, starts[j] : starts[j + 1]], self._dropped[j]
            zeros = ~part.any(axis=1)
            if zeros.any() and not left_out and self.handle_unknown == "error":
                row = int(np.flatnonzero(zeros)[0])
                raise ValueError(f"Row {row} of X has no value for column {j}: all are zero.")
            if part.shape[1]:
                found[:, j] = values[np.argmax(part, axis=1) + left_out]
            found[zeros, j] = values[0] if left_out else None
        return found

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> np.ndarray:
        """Name the columns of `transform`: FEATURE_VALUE."""
        names = feature_names(self, input_features)
        return np.array(
            [
                f"{name}_{value}"
                for name, values, left_out in zip(
                    names, self.categories_, self._dropped, strict=True
                )
                for value in values[left_out:]
            ],
            dtype=object,
        )

    def _starts(self) -> np.ndarray:
        """Return where the columns of each feature begin, and how many there are; (d + 1,)."""
        sizes = [len(values) for values in self.categories_] - self._dropped
        return np.concatenate([[0], np.cumsum(sizes)])

    def _codes(self, column: np.ndarray, j: int) -> np.ndarray:
        """Return the place of each value (m,) among the categories of column j, or −1."""
        values = self.categories_[j]
        codes = _look_up(column, values)
        unknown = codes < 0
        if self.handle_unknown == "error" and unknown.any():
            strangers = list(dict.fromkeys(column[unknown].tolist()))
            raise ValueError(
                f"Found unknown categories {strangers[:5]} in column {j} during transform: fit() "
                f"has seen {values[:5].tolist()}{' …' if len(values) > 5 else ''}. "
                'Fit on them too, or set handle_unknown="ignore".'
            )
        return codes


# --- sums ---------------------------------------------------------------------------------------

Moments = tuple[Array, Array, Array]  # count, mean and sum of squares about it, each (d,), float64


def _moments(X: Array, w: Array | None = None, before: Moments | None = None) -> Moments:
    """Add rows X (n, d) with weights w (n,), NaN left out, to the moments of those before."""
    xp = array_namespace(X)
    for block in blocks(X.shape[0], _CACHED // X.shape[1]):
        rows = xp.astype(X[block, :], xp.float64, copy=False)
        here = _of_block(rows, None if w is None else w[block])
        before = here if before is None else _merged(before, here)
    return before


def _of_block(B: Array, w: Array | None) -> Moments:
    xp = array_namespace(B)
    total = xp.sum(B, axis=0)
    if w is None and not bool(xp.any(xp.isnan(total))):
        count = xp.full_like(total, float(B.shape[0]))
        mean = total / count
        D = B - mean
        return count, mean, xp.sum(D * D, axis=0) - xp.sum(D, axis=0) ** 2 / count
    known = xp.astype(~xp.isnan(B), B.dtype)  # (b, d)
    W = known if w is None else known * w[:, None]
    B = xp.where(known > 0, B, xp.zeros_like(B))
    count = xp.sum(W, axis=0)
    some = _or_one(count)
    mean = xp.sum(W * B, axis=0) / some
    D = B - mean
    return count, mean, xp.sum(W * D * D, axis=0) - xp.sum(W * D, axis=0) ** 2 / some


def _merged(a: Moments, b: Moments) -> Moments:
    """Return the moments of two sets of rows together (Chan, Golub and LeVeque)."""
    count = a[0] + b[0]
    share = b[0] / _or_one(count)
    apart = b[1] - a[1]
    return count, a[1] + share * apart, a[2] + b[2] + a[0] * share * apart * apart


def _or_one(count: Array) -> Array:
    """Return what to divide by: 1 in place of 0."""
    return array_namespace(count).where(count > 0, count, array_namespace(count).ones_like(count))


def _scale(count: Array, mean: Array, variance: Array) -> Array:
    """Return √variance, and 1 where no more than rounding is left of it."""
    xp = array_namespace(mean)
    eps = xp.finfo(mean.dtype).eps
    rounding = count * eps * variance + (count * mean * eps) ** 2
    constant = ~(variance > rounding)
    return xp.where(constant, xp.ones_like(variance), xp.sqrt(variance))


def _weights(sample_weight: Array | None, X: Array) -> Array | None:
    """Return weights (n,) in float64 beside X, or None."""
    if sample_weight is None:
        return None
    w = np.asarray(to_numpy(sample_weight), dtype=np.float64)
    if w.ndim == 0:
        w = np.full(X.shape[0], float(w))
    if w.shape != (X.shape[0],):
        raise ValueError(
            f"sample_weight.shape == {w.shape}, expected {(X.shape[0],)}: one weight for each row."
        )
    if not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        raise ValueError("sample_weight must be finite and not negative, and not all zero.")
    xp = array_namespace(X)
    return xp.asarray(w, dtype=xp.float64, **_on(X))


def _by_blocks(function: Any, X: Array) -> Array:
    """Apply a function of rows, which computes in float64, in the memory of a block at a time."""
    xp = array_namespace(X)
    Z = xp.empty_like(X)
    for block in blocks(X.shape[0], _CACHED // X.shape[1]):
        rows = xp.astype(X[block, :], xp.float64, copy=False)
        Z[block, :] = xp.astype(function(rows), X.dtype, copy=False)
    return Z


def _on(X: Array) -> dict[str, Any]:
    """Return the argument that makes a new array on the device of X."""
    return {"device": device(X)}


# --- words --------------------------------------------------------------------------------------


def _holds_words(X: Array) -> bool:
    return not is_foreign(X) and X.dtype == object


def _words(estimator: BaseEstimator, X: Any, *, reset: bool) -> np.ndarray:
    """Check a table of words, or of words and numbers; (n, d), objects."""
    return validate_data(estimator, X, reset=reset, dtype=object, ensure_all_finite="allow-nan")


def _missing_words(X: np.ndarray) -> np.ndarray:
    """Return where X (n, d), objects, has None, NaN, NaT or NA; (n, d), bool."""
    try:
        return (X != X) | np.equal(X, None)
    except TypeError:  # NA differs from nothing and equals nothing
        return np.vectorize(is_missing, otypes=[bool])(X)


def _median(values: Array) -> Array:
    if isinstance(values, np.ndarray):
        return np.median(values)
    ordered, n = array_namespace(values).sort(values), values.shape[0]
    return ordered[(n - 1) // 2] / 2 + ordered[n // 2] / 2


def _most_frequent(values: Array) -> Any:
    """Return the smallest of the most frequent values."""
    if _holds_words(values):
        counts = Counter(values.tolist())
        return min(value for value, count in counts.items() if count == max(counts.values()))
    xp = array_namespace(values)
    different, counts = xp.unique_counts(values)
    return xp.min(different[counts == xp.max(counts)])


def _columns(estimator: BaseEstimator, X: Any, *, reset: bool) -> list[np.ndarray]:
    """Check a table of categories, and return its d columns (n,), each of its own dtype."""
    if is_foreign(X):
        raise TypeError(
            "OneHotEncoder takes NumPy arrays, lists and data frames, not tensors: pass "
            "X.cpu().numpy(), or encode whole numbers with torch.nn.functional.one_hot."
        )
    rule = {"dtype": None, "ensure_all_finite": "allow-nan"}
    if hasattr(X, "iloc") and X.ndim == 2 and X.size:
        validate_data(estimator, X, reset=reset, skip_check_array=True)  # names and their number
        return [check_array(X.iloc[:, j], ensure_2d=False, **rule) for j in range(X.shape[1])]
    table = validate_data(estimator, X, reset=reset, **rule)
    if not hasattr(X, "dtype") and table.dtype.kind in "US":  # a list may mix words and numbers
        table = check_array(X, **(rule | {"dtype": object}))
    return list(table.T)


def _categories(column: np.ndarray, j: int) -> np.ndarray:
    """Return the different values of a column (n,) in order, a missing one last."""
    if column.dtype != object:
        return np.unique(column)
    try:
        seen = dict.fromkeys(column.tolist())
        missing = [value for value in seen if is_missing(value)]
        known = sorted(value for value in seen if not is_missing(value))
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in column.tolist()})
        raise ValueError(
            f"Column {j} of X must be uniformly words or numbers, got {' and '.join(kinds)}."
        ) from error
    return np.array([*known, *missing[:1]], dtype=object)


def _look_up(column: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the place of each entry of a column (m,) among the values (q,), or −1."""
    if object in (column.dtype, values.dtype):
        table = {value: code for code, value in enumerate(values.tolist())}
        found = map(table.get, column.tolist(), repeat(-1))
        codes = np.fromiter(found, dtype=np.int64, count=len(column))
        for i in np.flatnonzero(codes < 0):
            if is_missing(column[i]) and is_missing(values[-1]):
                codes[i] = len(values) - 1
        return codes
    if (column.dtype.kind in "US") != (values.dtype.kind in "US"):
        return np.full(len(column), -1)  # a word is no number
    codes = np.minimum(np.searchsorted(values, column), len(values) - 1)
    found = values[codes]
    same = (found == column) | ((found != found) & (column != column))
    return np.where(same, codes, -1)
