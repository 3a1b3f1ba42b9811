"""What every estimator shares, on an estimator of the tests' own."""

import os
import subprocess
import sys
import textwrap
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from backends import BACKENDS
from sklearn.metrics import accuracy_score, r2_score
from threadpoolctl import threadpool_info, threadpool_limits

from course_lib.estimator import (
    ArrayClassifier,
    ArrayRegressor,
    BaseEstimator,
    Integral,
    Interval,
    array_namespace,
    as_floats,
    blocks,
    fit_data,
    fit_labels,
    labels_of,
    lengths,
    mean_row,
    new_data,
    one_blas_thread,
    take_rows,
    to_numpy,
    triangular_factor,
    unit_of,
)


class MeanRegressor(ArrayRegressor, BaseEstimator):
    """Predicts the mean target, whatever the input."""

    _parameter_constraints: ClassVar[dict] = {"size": [Interval(Integral, 1, 9, closed="both")]}

    def __init__(self, size=1):
        self.size = size

    def fit(self, X, y):
        X, y = fit_data(self, X, y)
        self.means_ = array_namespace(X).mean(X, axis=0)
        self.mean_ = array_namespace(y).mean(y)
        return self

    def predict(self, X):
        X = new_data(self, X, like="means_")
        return X[:, 0] * 0 + self.mean_


class Centers(BaseEstimator):
    """Learns without targets."""

    _parameter_constraints: ClassVar[dict] = {}

    def fit(self, X, y=None):
        X = fit_data(self, X, supervised=False)
        self.means_ = array_namespace(X).mean(X, axis=0)
        return self


class Threshold(ArrayClassifier, BaseEstimator):
    """Class 1 where the first feature is positive."""

    def predict(self, X):
        return array_namespace(X).astype(X[:, 0] > 0, array_namespace(X).int64)


X = np.array([[1.0, 2.0], [-3.0, 4.0], [5.0, 0.0]])
y = np.array([1.0, 2.0, 6.0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_kind_device_and_precision_are_kept(backend, dtype):
    model = MeanRegressor()
    X_, y_ = fit_data(model, backend.array(X, dtype), backend.array(y, dtype))
    assert backend.owns(X_, dtype)
    assert backend.owns(y_, dtype)
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(backend.numpy(X_), X)
    assert backend.owns(Centers().fit(backend.array(X, dtype)).means_, dtype)


@pytest.mark.parametrize("backend", BACKENDS)
def test_targets_take_the_precision_of_the_inputs(backend):
    _, y_ = fit_data(MeanRegressor(), backend.array(X, "float32"), backend.array(y, "float64"))
    assert backend.owns(y_, "float32")
    model = MeanRegressor().fit(backend.array(X, "float32"), backend.array(y))
    assert backend.owns(model.predict(backend.array(X, "float64")), "float32")


@pytest.mark.parametrize("backend", BACKENDS)
def test_integers_become_float64(backend):
    X_, y_ = fit_data(MeanRegressor(), backend.array(X, "int64"), backend.array(y, "int32"))
    assert backend.owns(X_, "float64")
    assert backend.owns(y_, "float64")


@pytest.mark.parametrize("backend", BACKENDS)
def test_scores_are_those_of_scikit_learn(backend):
    X_, y_ = backend.array(X), backend.array(y)
    weight = backend.array([1.0, 2.0, 3.0])
    regressor = MeanRegressor().fit(X_, y_)
    assert regressor.score(X_, y_) == pytest.approx(0)
    expected = r2_score(y, np.full(3, 3.0), sample_weight=[1, 2, 3])
    assert regressor.score(X_, y_, sample_weight=weight) == pytest.approx(expected)
    labels = [1, 1, 1]
    assert Threshold().score(X_, backend.array(labels, "int64")) == pytest.approx(2 / 3)
    expected = accuracy_score(labels, [1, 0, 1], sample_weight=[1, 2, 3])
    assert Threshold().score(X_, backend.array(labels, "int64"), weight) == pytest.approx(expected)


def test_parameters_are_checked_before_the_data():
    with pytest.raises(ValueError, match=r"'size' parameter of MeanRegressor.*Got 10"):
        MeanRegressor(size=10).fit("no data", None)


def test_feature_names_are_kept_and_compared():
    pandas = pytest.importorskip("pandas")
    model = MeanRegressor().fit(pandas.DataFrame(X, columns=["a", "b"]), y)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(pandas.DataFrame(X, columns=["b", "a"]))


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.parametrize("kind", ["csr", "coo"])
def test_sparse_tensors_are_refused_in_every_layout(kind):
    X_ = torch.tensor(X)
    X_ = X_.to_sparse_csr() if kind == "csr" else X_.to_sparse()
    with pytest.raises(TypeError, match=r"Sparse data was passed for X.*to_dense"):
        MeanRegressor().fit(X_, y)


def test_a_message_tells_what_came_and_what_to_do():
    model = MeanRegressor().fit(X, y)
    with pytest.raises(ValueError, match=r"it is torch on cpu, and fit\(\) had numpy.*fit again"):
        model.predict(torch.tensor(X))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "shape", [(50, 1), (30, 4), (4, 4), (3, 5), (2048, 3), (5000, 3), (2300, 140)]
)
def test_triangular_factor(backend, shape, rng):
    A = rng.normal(size=shape)
    R = triangular_factor(backend.array(A))
    assert backend.owns(R, "float64")
    R = backend.numpy(R)
    assert R.shape == (min(shape), shape[1])
    np.testing.assert_array_equal(R, np.triu(R))
    np.testing.assert_allclose(R.T @ R, A.T @ A, rtol=1e-12, atol=1e-11)
    direct = np.linalg.qr(A, mode="r")  # unique but for the signs of its rows
    np.testing.assert_allclose(np.abs(R), np.abs(direct), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("log_kappa", [0, 3, 5, 6, 7, 8, 12, 15])
def test_triangular_factor_is_backward_stable_at_every_condition(log_kappa, rng):
    """On both sides of where Cholesky's way is given up for Householder's."""
    U, V = (np.linalg.qr(rng.normal(size=shape))[0] for shape in ((4000, 12), (12, 12)))
    A = U * np.logspace(0, -log_kappa, 12) @ V.T
    b = U @ rng.normal(size=12)  # in the range of A
    R = triangular_factor(np.column_stack([A, b]))
    w = np.linalg.solve(R[:12, :12], R[:12, 12])
    # A stable w solves a problem that is only rounding away: its residual is small beside ‖A‖‖w‖.
    assert np.linalg.norm(A @ w - b) < 1e-14 * np.linalg.norm(w) + 1e-12


def test_triangular_factor_of_an_ill_conditioned_matrix(rng):
    """Polynomials of degree 9 on a long interval: condition number beyond 1e12."""
    A = np.vander(np.linspace(1, 20, 6000), 10)
    ours, direct = triangular_factor(A), np.linalg.qr(A, mode="r")
    assert np.linalg.cond(A) > 1e12
    w = rng.normal(size=9)
    scale = np.linalg.norm(A, axis=0)
    for R in (ours, direct):  # backward error, column by column
        assert np.abs((R.T @ R - A.T @ A) / np.outer(scale, scale)).max() < 1e-13
    y = A[:, :9] @ w
    R = triangular_factor(np.column_stack([A[:, :9], y]))
    solution = np.linalg.solve(R[:9, :9], R[:9, 9])
    np.testing.assert_allclose(A[:, :9] @ solution, y, rtol=1e-9, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_are_taken_where_they_lie(backend):
    rows = np.array([2, 0, 2])
    for array in (X, y):
        taken = take_rows(backend.array(array), rows)
        assert backend.owns(taken, "float64")
        np.testing.assert_array_equal(backend.numpy(taken), array[rows])


@pytest.mark.parametrize("backend", BACKENDS)
def test_to_numpy(backend):
    np.testing.assert_array_equal(to_numpy(backend.array(X)), X)
    assert isinstance(to_numpy(backend.array(X)), np.ndarray)
    assert to_numpy(None) is None


def test_to_numpy_takes_a_tensor_that_tracks_gradients():
    np.testing.assert_array_equal(to_numpy(torch.tensor(X, requires_grad=True)), X)


PLAIN_USER = """
import scipy.linalg  # imported first, as a person would
import torch
import sklearn
from course_lib.linear_models import LinearRegression

X = torch.arange(12.0).reshape(6, 2) ** 2
y = X[:, 0] - 2 * X[:, 1] + 3
for solver in ("lstsq", "qr", "normal"):
    model = LinearRegression(solver).fit(X, y)
    assert isinstance(model.coef_, torch.Tensor) and model.coef_.dtype == torch.float32
    assert torch.allclose(model.coef_, torch.tensor([1.0, -2.0]), atol=1e-2), model.coef_
    assert isinstance(model.predict(X), torch.Tensor)
    assert model.score(X, y) > 0.999
assert not sklearn.get_config()["array_api_dispatch"]
"""


def test_a_tensor_is_taken_without_any_switch():
    """SciPy imported first, SCIPY_ARRAY_API unset, array_api_dispatch off: nobody has to know."""
    environment = {k: v for k, v in os.environ.items() if k != "SCIPY_ARRAY_API"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PLAIN_USER)],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("dispatch", [True, False])
@pytest.mark.parametrize("backend", BACKENDS)
def test_scikit_learns_own_switch_changes_nothing(backend, dispatch):
    with sklearn.config_context(array_api_dispatch=dispatch):
        model = MeanRegressor().fit(backend.array(X), backend.array(y))
        assert backend.owns(model.predict(backend.array(X)), "float64")
        assert model.score(backend.array(X), backend.array(y)) == pytest.approx(0)


def test_torch_is_not_imported_for_numpy():
    code = (
        "import sys, numpy as np\n"
        "from course_lib.linear_models import LinearRegression\n"
        "import course_lib.datasets, course_lib.optim, course_lib.nn\n"
        "LinearRegression('sgd', random_state=0).fit(np.eye(5), np.arange(5.0)).score(np.eye(5), "
        "np.arange(5.0))\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- labels ---------------------------------------------------------------------------------


class FirstClass(ArrayClassifier, BaseEstimator):
    """Predicts the first class, whatever the input."""

    _parameter_constraints: ClassVar[dict] = {}

    def fit(self, X, y, least_classes=2):
        X, self.codes_ = fit_labels(self, X, y, least_classes=least_classes)
        return self

    def predict(self, X):
        return labels_of(self, self.codes_ * 0)


@pytest.mark.parametrize("labels", [[7, -1, 7], [0.0, 2.0, 0.0], [True, False, True]])
@pytest.mark.parametrize("backend", BACKENDS)
def test_labels_become_codes_and_come_back(backend, labels):
    xp = array_namespace(backend.array(X))
    model = FirstClass().fit(backend.array(X), np.asarray(labels))
    np.testing.assert_array_equal(backend.numpy(model.classes_), np.unique(labels))
    assert backend.owns(model.codes_, "int64")
    back = labels_of(model, model.codes_)
    assert array_namespace(back) is xp
    np.testing.assert_array_equal(backend.numpy(back), labels)
    same_kind = FirstClass().fit(backend.array(X), model.codes_)
    np.testing.assert_array_equal(backend.numpy(same_kind.codes_), backend.numpy(model.codes_))


@pytest.mark.parametrize("backend", BACKENDS)
def test_words_as_labels_stay_words(backend):
    model = FirstClass().fit(backend.array(X), ["tea", "coffee", "tea"])
    assert model.classes_.tolist() == ["coffee", "tea"]
    assert labels_of(model, model.codes_).tolist() == ["tea", "coffee", "tea"]
    assert model.predict(backend.array(X)).tolist() == ["coffee"] * 3


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, "requires y to be passed"),
        ([0, 1], "3 rows and y has 2 values"),
        ([0.5, 1.0, 2.0], "continuous"),
        ([0.0, 1.0, np.nan], "NaN"),
        ([[0, 1], [1, 0], [1, 1]], "1d array"),
        ([4, 4, 4], r"one class only: \[4\]"),
    ],
)
def test_what_is_no_label_is_refused(backend, labels, message):
    with pytest.raises(ValueError, match=message):
        FirstClass().fit(backend.array(X), labels)


def test_one_class_is_enough_for_who_says_so():
    assert FirstClass().fit(X, [4, 4, 4], least_classes=1).classes_.tolist() == [4]


@pytest.mark.parametrize(("n", "size"), [(0, 4), (1, 4), (4, 4), (5, 4), (50_000, 8192), (3, 0)])
def test_blocks_are_as_equal_as_can_be(n, size):
    rows = blocks(n, size)
    assert [i for block in rows for i in range(n)[block]] == list(range(n))
    lengths = [block.stop - block.start for block in rows]
    assert len(lengths) == -(-n // max(1, size))
    assert not lengths or max(lengths) <= min(max(1, size), min(lengths) + 1)


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (["a", None, "b"], r"y\[1\] is None"),
        (["a", "b", float("nan")], r"y\[2\] is nan"),
        (("a", np.nan, "b"), r"y\[1\] is nan"),
        ([1, None, 2], r"y\[1\] is None"),
        ([True, False, None], r"y\[2\] is None"),
        (np.array(["a", None, "b"], dtype=object), r"y\[1\] is None"),
        (np.array([0.0, np.nan, 1.0], dtype=object), r"y\[1\] is nan"),
        (pd.Series(["a", "b", None]), r"y\[2\] is (nan|None)"),
        (pd.Series(["a", "b", None], dtype="string"), r"y\[2\] is <NA>"),
        (pd.Series(["a", None, "b"], dtype="category"), r"y\[1\] is nan"),
        (pd.Series([True, None, False], dtype="boolean"), r"y\[1\] is <NA>"),
        (pd.Series(pd.to_datetime(["2024-01-01", None, "2024-01-02"])), r"y\[1\] is .*NaT"),
        (np.ma.masked_array([0, 1, 1], mask=[False, True, False]), r"y\[1\] is masked"),
    ],
)
def test_missing_labels_are_named(labels, missing):
    with pytest.raises(ValueError, match=rf"(?i)NaN or another missing value: {missing}"):
        FirstClass().fit(X, labels)


@pytest.mark.parametrize(
    ("targets", "missing"),
    [
        ([1.0, None, 2.0], r"y\[1\] is None"),
        (np.array([1.0, np.nan, 2.0], dtype=object), r"y\[1\] is nan"),
        (np.ma.masked_array([0.0, 1.0, 1.0], mask=[True, False, False]), r"y\[0\] is masked"),
    ],
)
def test_missing_targets_are_named(targets, missing):
    for X_ in (X, torch.tensor(X)):
        with pytest.raises(ValueError, match=rf"another missing value: {missing}"):
            MeanRegressor().fit(X_, targets)


def test_missing_whole_numbers_of_pandas_are_refused():
    for model in (FirstClass(), MeanRegressor()):
        with pytest.raises(ValueError, match="Input y contains NaN"):
            model.fit(X, pd.Series([1, None, 2], dtype="Int64"))


def test_words_among_numbers_are_no_labels_of_one_kind():
    with pytest.raises(ValueError, match=r"labels of one kind.* got int and str"):
        FirstClass().fit(X, np.array(["a", 1, "b"], dtype=object))


def test_labels_that_track_gradients_or_are_sparse_are_refused():
    with pytest.raises(ValueError, match=r"y tracks gradients.*y\.detach"):
        FirstClass().fit(X, torch.tensor([0.0, 1.0, 0.0], requires_grad=True))
    with pytest.raises(TypeError, match=r"Sparse data was passed for y.*y\.to_dense"):
        FirstClass().fit(X, torch.tensor([0, 1, 0]).to_sparse())


# --- arithmetic that stays within range -------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_floats_are_kept_and_the_rest_becomes_double(backend):
    single, double = backend.array(X, "float32"), backend.array(X)
    assert as_floats(single, single)[1] is single
    assert all(backend.owns(a, "float64") for a in as_floats(single, double))
    assert all(backend.owns(a, "float64") for a in as_floats(single, backend.array(X, "uint8")))
    with pytest.raises(ValueError, match="Complex data not supported"):
        as_floats(backend.array(X, "complex128"))


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e-3, 1.0, 1e3, 1e200])
def test_a_unit_is_a_power_of_two_that_brings_sizes_near_one(size):
    unit = unit_of(np.array([0.0, -size, size / 3]))
    assert np.frexp(unit)[0] == 0.5
    assert unit == 1.0 if 1e-9 < size < 1e9 else 1 <= size / unit < 2 or unit == 2.0**-1022
    assert unit_of(np.zeros(3)) == unit_of(np.array([np.inf])) == unit_of(np.zeros((0, 2))) == 1.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_lengths_whose_squares_leave_the_range(backend, dtype):
    size = 1e200 if dtype == "float64" else 1e30
    A = np.array([[3 * size, 3 / size, 0.0, 3.0], [4 * size, 4 / size, 0.0, 4.0]])
    found = lengths(backend.array(A, dtype))
    assert backend.owns(found, dtype)
    np.testing.assert_allclose(backend.numpy(found), [5 * size, 5 / size, 0, 5], rtol=1e-6)
    assert not np.isfinite(backend.numpy(lengths(backend.array([np.inf, 1.0], dtype))))
    assert not np.isfinite(backend.numpy(lengths(backend.array([np.nan, 1.0], dtype))))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_mean_of_a_million_rows_keeps_its_digits(backend):
    A = np.tile(np.float32([[1000.0, -3.0], [1001.0, -3.5]]), (200_000, 1))
    mean = mean_row(backend.array(A, "float32"))
    assert backend.owns(mean, "float64")
    np.testing.assert_allclose(backend.numpy(mean), [1000.5, -3.25], rtol=1e-12)


def test_blas_has_one_thread_inside_and_as_many_as_before_outside():
    def threads():
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with one_blas_thread():
            assert set(threads()) == {1}
        assert threads() == before
