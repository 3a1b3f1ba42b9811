"""Gaussian naive Bayes: scikit-learn's numbers, in every kind of array, whole or in parts."""

import inspect
import itertools
import math

import array_api_strict
import numpy as np
import pytest
import torch
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.naive_bayes import GaussianNB as SklearnGaussianNB

import course_lib.naive_bayes as module
from course_lib.naive_bayes import (
    GaussianNB,
    Moments,
    class_moments,
    gaussian_log_density,
    log_sum_exp,
    merged,
)


def make_data(seed, n=120, d=4, n_classes=3):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    X = rng.normal(size=(n, d)) * rng.uniform(0.5, 3, d) + 2 * y[:, None]
    return X, y, rng.uniform(0.1, 3, n), rng.normal(size=(30, d)) + 2


def assert_same_model(ours, theirs, rtol=1e-10):
    for name in ("theta_", "var_", "class_prior_", "class_count_", "epsilon_"):
        a, b = getattr(ours, name), getattr(theirs, name)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12, err_msg=name)


# --- what it is made of -----------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_log_sum_exp_is_scipys_and_does_not_overflow(backend):
    A = np.array([[1.0, 2.0, -3.0], [800.0, 800.0, 0.0], [-900.0, -np.inf, -901.0], [-np.inf] * 3])
    ours = log_sum_exp(backend.array(A))
    assert backend.owns(ours, "float64")
    np.testing.assert_allclose(backend.numpy(ours), logsumexp(A, axis=1), rtol=1e-14)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_density_is_scipys(backend):
    X, _, _, _ = make_data(0)
    mean, variance = np.array([0.0, 1, -2, 3]), np.array([1.0, 0.01, 4, 100])
    ours = gaussian_log_density(*(backend.array(a) for a in (X, mean, variance)))
    assert backend.owns(ours, "float64")
    expected = norm.logpdf(X, mean, np.sqrt(variance)).sum(axis=1)
    np.testing.assert_allclose(backend.numpy(ours), expected, rtol=1e-12)


def test_whole_numbers_are_taken_as_floats():
    X = np.array([[100, 120]], dtype=np.int8)
    expected = norm.logpdf([[100, 120]], [0, -100], [1, 10]).sum()
    mean, variance = np.array([0, -100], dtype=np.int8), np.array([1, 100], dtype=np.int8)
    np.testing.assert_allclose(gaussian_log_density(X, mean, variance), [expected])
    np.testing.assert_allclose(log_sum_exp(X), logsumexp([[100.0, 120.0]], axis=1))


def naive_moments(X, codes, n_classes, w):
    """The definitions, a class at a time."""
    W = np.array([w[codes == k].sum() for k in range(n_classes)])
    mean = np.array([np.average(X[codes == k], axis=0, weights=w[codes == k]) for k in range(3)])
    spread = [w[codes == k] @ (X[codes == k] - mean[k]) ** 2 for k in range(n_classes)]
    return W[:, None], mean, np.array(spread)


@pytest.mark.parametrize("numbers", [1, 40, 2**15])
def test_moments_are_those_of_the_definition_in_blocks_of_any_size(numbers, monkeypatch):
    monkeypatch.setattr(module, "_CACHED", numbers)
    X, y, w, _ = make_data(1)
    for weights in (None, w):
        found = class_moments(X, y, 3, weights)
        expected = naive_moments(X, y, 3, np.ones(len(y)) if weights is None else w)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_blocks_of_any_size_predict_the_same(monkeypatch):
    X, y, _, Q = make_data(1)
    model = GaussianNB().fit(X, y)
    expected = model.predict_joint_log_proba(Q)
    for numbers in (1, 10, 50):
        monkeypatch.setattr(module, "_CACHED", numbers)
        np.testing.assert_array_equal(model.predict_joint_log_proba(Q), expected)


def test_a_block_holds_as_many_rows_as_the_cache(monkeypatch):
    sizes = []
    block = module._moments_of_block
    monkeypatch.setattr(module, "_CACHED", 40)
    monkeypatch.setattr(
        module, "_moments_of_block", lambda X, w: sizes.append(len(X)) or block(X, w)
    )
    class_moments(np.ones((100, 4)), np.zeros(100, dtype=np.int64), 1)
    assert sizes == [10] * 10


def test_moments_survive_an_offset():
    """A mean a billion times the spread: the textbook's E[x²] − E[x]² would have no digit right."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2))
    shifted = X + 1e9
    expected = np.var(shifted.astype(np.longdouble), axis=0)
    found = class_moments(shifted, np.zeros(1000, int), 1)
    np.testing.assert_allclose(found.spread[0] / 1000, expected.astype(float), rtol=1e-12)
    textbook = np.mean(shifted**2, axis=0) - np.mean(shifted, axis=0) ** 2
    assert not np.allclose(textbook, expected.astype(float), rtol=0.1)


def test_the_rounding_of_the_mean_is_taken_back():
    """Numbers near 1e16 have no halves: their mean is rounded, their spread is not."""
    X = np.array([[1e16], [1e16 + 2], [1e16 + 2], [1e16 + 2]])
    found = class_moments(X, np.zeros(4, int), 1)
    assert found.spread[0, 0] == pytest.approx(3.0)


@given(seed=st.integers(0, 10**6), cut=st.integers(0, 120))
def test_parts_merge_to_the_whole(seed, cut):
    X, y, w, _ = make_data(seed)
    parts = [class_moments(X[s], y[s], 3, w[s]) for s in (slice(cut), slice(cut, None))]
    for a, b in zip(merged(*parts), class_moments(X, y, 3, w), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_nothing_merged_with_something_is_that():
    X, y, _, _ = make_data(2)
    whole = class_moments(X, y, 3)
    nothing = Moments(*(np.zeros_like(a) for a in whole))
    for pair in ((whole, nothing), (nothing, whole)):
        for a, b in zip(merged(*pair), whole, strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.any(np.isnan(merged(nothing, nothing).mean))


# --- agreement with scikit-learn --------------------------------------------------------------


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
@pytest.mark.parametrize("parameters", [{}, {"var_smoothing": 0.1}, {"priors": "given"}])
@pytest.mark.parametrize("weighted", [False, True])
def test_agrees_with_scikit_learn(load, parameters, weighted):
    X, y = load(return_X_y=True)
    K = y.max() + 1
    if "priors" in parameters:
        parameters = {"priors": np.arange(1.0, K + 1) / np.arange(1, K + 1).sum()}
    w = np.random.default_rng(0).uniform(size=len(y)) if weighted else None
    ours = GaussianNB(**parameters).fit(X, y, sample_weight=w)
    theirs = SklearnGaussianNB(**parameters).fit(X, y, sample_weight=w)
    if weighted:  # scikit-learn smooths by the variance without the weights
        theirs.var_ += ours.epsilon_ - theirs.epsilon_
        theirs.epsilon_ = ours.epsilon_
    assert_same_model(ours, theirs)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    for method in ("predict_proba", "predict_joint_log_proba", "predict_log_proba"):
        mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-12)


def test_parameters_are_scikit_learns_and_named():
    ours, theirs = (
        [(one.name, one.kind, one.default) for one in inspect.signature(kind).parameters.values()]
        for kind in (GaussianNB, SklearnGaussianNB)
    )
    assert ours == theirs
    assert GaussianNB().var_smoothing == 1e-9


def test_smoothing_is_by_the_largest_variance_of_all_samples():
    X, y, w, _ = make_data(3)
    model = GaussianNB(var_smoothing=0.5).fit(X, y)
    assert model.epsilon_ == pytest.approx(0.5 * X.var(axis=0).max())
    raw = GaussianNB(var_smoothing=0).fit(X, y).var_
    np.testing.assert_allclose(model.var_ - raw, model.epsilon_)
    weighted = GaussianNB(var_smoothing=0.5).fit(X, y, w)
    mean = np.average(X, axis=0, weights=w)
    assert weighted.epsilon_ == pytest.approx(
        0.5 * np.average((X - mean) ** 2, axis=0, weights=w).max()
    )


def test_by_hand():
    model = GaussianNB(var_smoothing=0).fit([[1.0], [3.0], [6.0], [10.0]], ["a", "a", "b", "b"])
    assert model.theta_.tolist() == [[2.0], [8.0]]
    assert model.var_.tolist() == [[1.0], [4.0]]
    assert model.class_prior_.tolist() == [0.5, 0.5]
    a, b = (0.5 * norm.pdf(4, mean, std) for mean, std in ((2, 1), (8, 2)))
    np.testing.assert_allclose(model.predict_proba([[4.0]]), [[a / (a + b), b / (a + b)]])
    np.testing.assert_allclose(model.predict_joint_log_proba([[4.0]]), np.log([[a, b]]))


def test_priors_move_the_decision():
    X, y = [[0.0], [2.0], [4.0], [6.0]], [0, 0, 1, 1]
    for priors, expected in (([0.9, 0.1], 0), ([0.1, 0.9], 1)):
        model = GaussianNB(priors=priors).fit(X, y)
        np.testing.assert_array_equal(model.class_prior_, priors)
        assert model.predict([[3.0]]).tolist() == [expected]
    never = GaussianNB(priors=[1.0, 0.0]).fit(X, y)
    assert never.predict([[6.0]]).tolist() == [0]
    np.testing.assert_array_equal(never.predict_proba([[6.0]]), [[1.0, 0.0]])


# --- in parts ---------------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(1, 119), max_size=4))
def test_parts_give_what_the_whole_gives(seed, cuts):
    X, y, w, Q = make_data(seed)
    whole = GaussianNB(var_smoothing=0.01).fit(X, y, w)
    parts = GaussianNB(var_smoothing=0.01)
    ends = sorted({0, 120, *cuts})
    for first, end in itertools.pairwise(ends):
        rows = slice(first, end)
        assert parts.partial_fit(X[rows], y[rows], [2, 0, 1], w[rows]) is parts
    assert_same_model(parts, whole)
    np.testing.assert_allclose(parts.predict_proba(Q), whole.predict_proba(Q), atol=1e-9)


def test_parts_agree_with_scikit_learn():
    X, y, w, Q = make_data(4)
    ours, theirs = GaussianNB(), SklearnGaussianNB()
    for rows in (slice(40), slice(40, 120)):
        for model in (ours, theirs):
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2], sample_weight=w[rows])
    np.testing.assert_allclose(ours.theta_, theirs.theta_, rtol=1e-10)
    np.testing.assert_allclose(ours.var_, theirs.var_, rtol=1e-7)  # another part is added
    np.testing.assert_allclose(ours.predict_proba(Q), theirs.predict_proba(Q), atol=1e-6)


def test_what_is_added_is_of_all_samples_and_scikit_learns_the_mean_of_the_parts():
    X, y, w, _ = make_data(4)
    parts = [slice(20), slice(20, 50), slice(50, 120)]
    ours, theirs = (kind(var_smoothing=0.1) for kind in (GaussianNB, SklearnGaussianNB))
    bare = GaussianNB(var_smoothing=0)
    for rows in parts:
        for model in (ours, theirs, bare):
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2], sample_weight=w[rows])
    np.testing.assert_allclose(ours.epsilon_, GaussianNB(var_smoothing=0.1).fit(X, y, w).epsilon_)
    np.testing.assert_allclose(ours.var_ - bare.var_, np.full((3, 4), ours.epsilon_))
    added = [0.1 * np.var(X[rows], axis=0).max() for rows in parts]
    shares = [[w[rows][y[rows] == k].sum() for rows in parts] for k in range(3)]
    means = [np.average(added, weights=share) for share in shares]
    np.testing.assert_allclose(theirs.var_ - bare.var_, np.repeat(means, 4).reshape(3, 4))


def test_a_class_that_comes_later_has_no_probability_before():
    X, y, _, Q = make_data(5)
    first = y < 2
    for priors in (None, [0.2, 0.2, 0.6]):
        model = GaussianNB(priors=priors).partial_fit(X[first], y[first], classes=[0, 1, 2])
        assert np.all(model.predict_proba(Q)[:, 2] == 0)
        assert not np.any(np.isnan(model.predict_proba(Q)))
        assert set(model.predict(Q).tolist()) <= {0, 1}
        model.partial_fit(X[~first], y[~first])
        whole = GaussianNB(priors=priors).fit(X, y)
        np.testing.assert_allclose(model.predict_proba(Q), whole.predict_proba(Q), atol=1e-9)


def test_partial_fit_goes_on_after_fit_and_fit_forgets():
    X, y, _, _ = make_data(6)
    model = GaussianNB().fit(X[:60], y[:60]).partial_fit(X[60:], y[60:])
    assert_same_model(model, GaussianNB().fit(X, y))
    assert_same_model(model.fit(X[:60], y[:60]), GaussianNB().fit(X[:60], y[:60]))


def test_words_come_in_parts_too():
    X, y, _, Q = make_data(7)
    words = np.array(["no", "maybe", "yes"])[y]
    model = GaussianNB().partial_fit(X[:50], words[:50], classes=["yes", "no", "maybe"])
    model.partial_fit(X[50:], words[50:])
    assert model.classes_.tolist() == ["maybe", "no", "yes"]
    assert model.predict(Q).tolist() == GaussianNB().fit(X, words).predict(Q).tolist()


def test_a_part_that_is_refused_changes_nothing():
    X, y, _, Q = make_data(8)
    model = GaussianNB().partial_fit(X, y, classes=[0, 1, 2])
    before = model.predict_proba(Q)
    for bad in ([7] * 120, [[1, 2]] * 120, [0] * 119):
        with pytest.raises(ValueError, match="y"):
            model.partial_fit(X, bad)
    with pytest.raises(ValueError, match="3 features"):
        model.partial_fit(X[:, :3], y)
    np.testing.assert_array_equal(model.predict_proba(Q), before)
    assert model.n_features_in_ == 4


def test_partial_fit_says_what_it_misses():
    X, y, _, _ = make_data(9)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        GaussianNB().partial_fit(X, y)
    model = GaussianNB().partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] differ .* \[0, 1, 2\]"):
        model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"not among the classes \[0, 1, 2\]: \[3, 4\]"):
        model.partial_fit(X[:2], [4, 3])
    model.set_params(var_smoothing=-1)
    with pytest.raises(ValueError, match="var_smoothing"):
        model.partial_fit(X, y)


# --- weights ----------------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6))
def test_a_weight_is_that_many_copies_and_none_is_no_sample(seed):
    X, y, _, Q = make_data(seed, n=40)
    copies = np.random.default_rng(seed).integers(0, 4, 40)
    copies[:6] = 1  # a class of one sample would have no variance at all
    copies[[np.flatnonzero(y == k)[0] for k in range(3)]] = 2
    weighted = GaussianNB(var_smoothing=0.01).fit(X, y, copies)
    repeated = GaussianNB(var_smoothing=0.01).fit(X.repeat(copies, axis=0), y.repeat(copies))
    assert_same_model(weighted, repeated)
    np.testing.assert_allclose(weighted.predict_proba(Q), repeated.predict_proba(Q), atol=1e-9)


def test_a_class_without_weight_is_never_predicted():
    X, y, _, Q = make_data(10)
    model = GaussianNB().fit(X, y, (y != 1).astype(float))
    assert model.classes_.tolist() == [0, 1, 2]
    assert np.all(model.predict_proba(Q)[:, 1] == 0)
    assert 1 not in model.predict(X)


def test_bad_weights_are_refused():
    X, y, _, _ = make_data(11)
    for bad in (-np.ones(120), np.full(120, np.nan), np.ones(3), np.zeros(120)):
        with pytest.raises(ValueError, match=r"(?i)sample_weight|sample weights"):
            GaussianNB().fit(X, y, bad)


# --- at the edges -----------------------------------------------------------------------------


def test_a_constant_feature_does_not_veto_and_a_constant_table_leaves_the_priors():
    X, y, _, _ = make_data(12)
    X[:, 1] = 7
    theirs = SklearnGaussianNB().fit(X, y)
    np.testing.assert_allclose(
        GaussianNB().fit(X, y).predict_proba(X), theirs.predict_proba(X), rtol=1e-6, atol=1e-12
    )
    flat = GaussianNB().fit(np.ones((4, 2)), [0, 0, 0, 1])
    np.testing.assert_allclose(flat.predict_proba(np.ones((1, 2))), [[0.75, 0.25]])
    one = GaussianNB().fit([[2.0]], ["only"])
    assert one.predict([[5.0]]).tolist() == ["only"]
    np.testing.assert_array_equal(one.predict_proba([[5.0]]), [[1.0]])


def test_an_infinite_density_is_refused_by_name():
    X, y = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 1.0], [4.0, 2.0]]), ["a", "a", "b", "b"]
    with pytest.raises(ValueError, match=r"Feature 1 is constant in class 'a'.*got 0"):
        GaussianNB(var_smoothing=0).fit(X, y)
    seen = GaussianNB(var_smoothing=0).partial_fit(X[:2, :1], y[:2], classes=["a", "b"])
    assert seen.predict([[1.0]]).tolist() == ["a"]  # b, without samples, has no density


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("power", [-0.45, 0.45])
def test_a_scale_that_can_be_squared_changes_nothing(dtype, power):
    X, y, _, Q = make_data(13)
    scale = float(np.finfo(dtype).max) ** (power * (0.8 if power < 0 else 1))
    base = GaussianNB().fit(X.astype(dtype), y).predict_proba(Q.astype(dtype))
    scaled = GaussianNB().fit((X * scale).astype(dtype), y)
    ours = scaled.predict_proba((Q * scale).astype(dtype))
    np.testing.assert_allclose(ours, base, atol=1e-10 if dtype == "float64" else 1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("power", [-0.5, 0.9])
def test_a_scale_that_cannot_be_squared_is_refused(dtype, power):
    X, y, _, _ = make_data(13)
    X = (X * float(np.finfo(dtype).max) ** power).astype(dtype)
    with pytest.raises(ValueError, match="too large or too small to square"):
        GaussianNB().fit(X, y)


def test_a_query_too_far_for_every_class_is_refused():
    X, y, _, _ = make_data(14)
    model = GaussianNB().fit(X, y)
    far = np.full((1, 4), 1e60)
    assert np.all(np.isfinite(model.predict_proba(far)))
    with pytest.raises(ValueError, match="underflows float64 for every class"):
        model.predict(far * 1e140)


def test_many_features_do_not_underflow():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3000))
    y = np.arange(60) % 2
    share = GaussianNB().fit(X, y).predict_proba(X)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    assert np.all(np.exp(GaussianNB().fit(X, y).predict_joint_log_proba(X)) == 0)


def test_single_precision_is_added_up_in_double():
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(20000, 2)) + 300).astype("float32")
    y = np.zeros(20000, int)
    model = GaussianNB(var_smoothing=0).fit(X, y)
    np.testing.assert_allclose(model.var_[0], X.astype(float).var(axis=0), rtol=1e-6)
    assert model.theta_.dtype == model.var_.dtype == model.class_prior_.dtype == np.float32


# --- invariances ------------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6))
def test_shift_scale_and_order_change_nothing(seed):
    X, y, _, Q = make_data(seed)
    base = GaussianNB(var_smoothing=0).fit(X, y).predict_proba(Q)
    units, offset = np.array([1e-3, 1, 10, 1e4]), np.array([5, -3, 0, 1])
    others = {
        "units": GaussianNB(var_smoothing=0)
        .fit(X * units + offset, y)
        .predict_proba(Q * units + offset),
        "columns": GaussianNB(var_smoothing=0).fit(X[:, ::-1], y).predict_proba(Q[:, ::-1]),
        "rows": GaussianNB(var_smoothing=0).fit(X[::-1], y[::-1]).predict_proba(Q),
        "classes": GaussianNB(var_smoothing=0).fit(X, 2 - y).predict_proba(Q)[:, ::-1],
    }
    for name, other in others.items():
        np.testing.assert_allclose(other, base, atol=1e-8, err_msg=name)


def test_a_copied_feature_counts_twice():
    """What "naive" means: the log odds of a feature and its copy add up."""
    X, y, _, Q = make_data(15, d=1, n_classes=2)
    priors = [0.5, 0.5]
    once = GaussianNB(priors=priors).fit(X, y).predict_log_proba(Q)
    twice = GaussianNB(priors=priors).fit(np.tile(X, 2), y).predict_log_proba(np.tile(Q, 2))
    np.testing.assert_allclose(np.diff(twice, axis=1), 2 * np.diff(once, axis=1), rtol=1e-9)


def test_input_is_left_as_it_was_and_one_row_is_predicted_as_in_a_batch():
    X, y, w, Q = make_data(16)
    before = [a.copy() for a in (X, y, w, Q)]
    model = GaussianNB().fit(X, y, w).partial_fit(X, y, sample_weight=w)
    share = model.predict_proba(Q)
    for a, b in zip((X, y, w, Q), before, strict=True):
        np.testing.assert_array_equal(a, b)
    single = np.concatenate([model.predict_proba(q[None]) for q in Q])
    np.testing.assert_allclose(single, share, rtol=1e-13)


# --- kinds of arrays --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_kind_of_array_gives_the_same_and_keeps_its_kind(weighted, backend, dtype):
    X, y, w, Q = make_data(17)
    w = w if weighted else None
    priors = [0.2, 0.3, 0.5]
    X_, Q_, y_ = backend.array(X, dtype), backend.array(Q, dtype), backend.array(y, "int64")
    w_ = None if w is None else backend.array(w, dtype)
    reference = GaussianNB(priors=priors).fit(X.astype(dtype), y, w)
    whole = GaussianNB(priors=backend.array(priors, dtype)).fit(X_, y_, w_)
    parts = (
        GaussianNB(priors=priors).partial_fit(X_, y_, [0, 1, 2], w_).partial_fit(X_, y_, None, w_)
    )
    close = {"rtol": 1e-10} if dtype == "float64" else {"rtol": 1e-3, "atol": 1e-6}
    for model in (whole, parts):
        for name in ("theta_", "var_", "class_prior_", "class_count_"):
            assert backend.owns(getattr(model, name), dtype)
        for method in ("predict_proba", "predict_log_proba", "predict_joint_log_proba"):
            ours = getattr(model, method)(Q_)
            assert backend.owns(ours, dtype)
            expected = getattr(reference, method)(Q.astype(dtype))
            np.testing.assert_allclose(backend.numpy(ours), expected, **close)
        labels = model.predict(Q_)
        assert backend.owns(labels, "int64")
        np.testing.assert_array_equal(backend.numpy(labels), reference.predict(Q.astype(dtype)))
        assert isinstance(model.score(X_, y_), float)
    np.testing.assert_allclose(
        backend.numpy(parts.class_count_), 2 * backend.numpy(whole.class_count_), rtol=1e-6
    )


def test_words_as_labels_of_tensors():
    X, y, _, Q = make_data(18)
    words = np.array(["a", "b", "c"])[y]
    model = GaussianNB().fit(torch.tensor(X), words)
    assert model.predict(torch.tensor(Q)).tolist() == GaussianNB().fit(X, words).predict(Q).tolist()


def test_kinds_are_not_mixed():
    X, y, _, _ = make_data(19)
    strict = array_api_strict.asarray(X)
    model = GaussianNB().fit(X, y)
    for other in (torch.tensor(X), strict):
        with pytest.raises(ValueError, match="same namespace"):
            model.predict(other)
        with pytest.raises(ValueError, match="same namespace"):
            model.partial_fit(other, y)


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ([0.5, 0.5], r"one number for each of the 3 classes, got shape \(2,\)"),
        ([[0.2, 0.3, 0.5]], r"got shape \(1, 3\)"),
        ([0.5, 0.7, -0.2], r"non-negative numbers whose sum is 1, got \[0.5, 0.7, -0.2\]"),
        ([0.5, 0.1, 0.1], "with the sum 0.7"),
        ([math.nan, 0.5, 0.5], "non-negative numbers whose sum is 1"),
        (0.5, "priors"),
    ],
)
def test_bad_priors_are_named(priors, message):
    X, y, _, _ = make_data(20)
    with pytest.raises(ValueError, match=message):
        GaussianNB(priors=priors).fit(X, y)


def test_priors_of_absent_classes_alone_are_refused():
    X, y, _, _ = make_data(21)
    model = GaussianNB(priors=[0.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="positive for a class that has samples"):
        model.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
    model.partial_fit(X, y, classes=[0, 1, 2])
    assert set(model.predict(X).tolist()) == {2}


@pytest.mark.parametrize("bad", [-1e-9, math.inf * -1, "no"])
def test_bad_smoothing_is_named(bad):
    X, y, _, _ = make_data(22)
    with pytest.raises(ValueError, match="var_smoothing"):
        GaussianNB(var_smoothing=bad).fit(X, y)
