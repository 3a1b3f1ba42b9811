"""KMeans: Lloyd's algorithm against its definition, scikit-learn, and data that break it."""

import warnings
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
import torch
from backends import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans as SklearnKMeans
from sklearn.datasets import load_digits, load_iris, make_blobs
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline

from course_lib.cluster import KMeans, assign, half_steps, inertia, kmeans_plus_plus, update
from course_lib.cluster import kmeans as module


def blobs(seed, n=300, d=3, k=5, spread=1.5):
    return make_blobs(n, d, centers=k, cluster_std=spread, random_state=seed)[0]


# --- the two half-steps ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_assign_is_the_nearest_centre_by_definition(seed):
    X = blobs(seed)
    C = X[:7]
    expected = [min(range(7), key=lambda j: np.sum((x - C[j]) ** 2)) for x in X]
    np.testing.assert_array_equal(assign(X, C), expected)


def test_update_is_the_mean_and_keeps_the_empty():
    X = np.array([[0.0, 0.0], [2.0, 4.0], [9.0, 9.0]])
    C = np.array([[1.0, 1.0], [7.0, 7.0], [5.0, 5.0]])
    np.testing.assert_array_equal(update(X, np.array([0, 0, 2]), C), [[1, 2], [7, 7], [9, 9]])


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_is_where_the_inertia_is_flat(seed):
    """Finite differences: ∂J/∂C = 0 at the means, and −2Σ(x − c) elsewhere."""
    X = blobs(seed, n=60)
    a = assign(X, X[:4])
    C = update(X, a, X[:4])
    h, shift = 1e-5, np.random.default_rng(seed).normal(size=C.shape)
    for at, expected in ((C, 0 * C), (C + shift, 2 * np.bincount(a)[:, None] * shift)):
        for j, i in np.ndindex(C.shape):
            e = np.zeros_like(C)
            e[j, i] = h
            slope = (inertia(X, a, at + e) - inertia(X, a, at - e)) / (2 * h)
            assert slope == pytest.approx(expected[j, i], abs=1e-4)


# --- at the solution ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_fit_is_the_two_half_steps_in_turn(seed):
    X = blobs(seed)
    C = X[:5]
    model = KMeans(5, init=C, tol=0).fit(X)
    path = [inertia(X, assign(X, C), C)]
    for _ in range(model.n_iter_):
        C = update(X, assign(X, C), C)
        path.append(inertia(X, assign(X, C), C))
    np.testing.assert_allclose(model.cluster_centers_, C, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(model.inertia_path_, path, rtol=1e-10)
    np.testing.assert_array_equal(model.labels_, assign(X, C))
    np.testing.assert_array_equal(assign(X, update(X, model.labels_, C)), model.labels_)


@pytest.mark.parametrize("data", [load_iris, load_digits])
@pytest.mark.parametrize("tol", [0, 1e-4])
@pytest.mark.parametrize("k", [2, 3, 10])
def test_agrees_with_scikit_learn_from_the_same_start(data, tol, k):
    """A little noise breaks the ties of whole numbers, which rounding decides otherwise."""
    X = data().data
    X = X + 1e-6 * np.random.default_rng(0).normal(size=X.shape)
    C = X[:: len(X) // k][:k]
    ours = KMeans(k, init=C, tol=tol).fit(X)
    theirs = SklearnKMeans(k, init=C, n_init=1, tol=tol).fit(X)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-10)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-12)
    np.testing.assert_allclose(ours.transform(X), theirs.transform(X), atol=1e-7)
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-12)


def test_half_steps_end_where_fit_ends():
    X = blobs(4)
    states = half_steps(X, X[:5], 101)
    assert len(states) == 102
    assert states[0][0] is None
    model = KMeans(5, init=X[:5], tol=0).fit(X)
    a, before, C = states[-1]
    np.testing.assert_array_equal(a, model.labels_)
    np.testing.assert_allclose(C, model.cluster_centers_, rtol=1e-10)
    np.testing.assert_array_equal(before, C)
    path = [inertia(X, a, C) for a, _, C in states[1::2]][: model.n_iter_ + 1]
    np.testing.assert_allclose(path, model.inertia_path_, rtol=1e-10)


def test_several_blocks_are_one(monkeypatch):
    X = blobs(1, n=1000)
    whole = KMeans(5, init=X[:5]).fit(X)
    monkeypatch.setattr(module, "BLOCK", 64)
    parts = KMeans(5, init=X[:5]).fit(X)
    np.testing.assert_allclose(parts.cluster_centers_, whole.cluster_centers_, rtol=1e-10)
    np.testing.assert_array_equal(parts.labels_, whole.labels_)
    assert parts.inertia_ == pytest.approx(whole.inertia_, rel=1e-12)


def test_closed_form_one_cluster_is_the_mean():
    X = blobs(2)
    model = KMeans(1).fit(X)
    np.testing.assert_allclose(model.cluster_centers_, [X.mean(axis=0)], atol=1e-12)
    assert model.inertia_ == pytest.approx(len(X) * X.var(axis=0).sum())


def test_closed_form_every_sample_its_own():
    X = blobs(3, n=12)
    model = KMeans(12, random_state=0).fit(X)
    assert model.inertia_ == pytest.approx(0, abs=1e-20)
    assert len(set(model.labels_)) == 12


def test_by_hand_on_a_line():
    """From the centres 0 and 1: {0} and the rest, of mean 4.75; then {0, 1} and {5, 6, 7}."""
    X = np.array([[0.0], [1.0], [5.0], [6.0], [7.0]])
    model = KMeans(2, init=[[0.0], [1.0]], tol=0).fit(X)
    np.testing.assert_allclose(model.cluster_centers_, [[0.5], [6.0]])
    second = 1 + 0.25**2 + 1.25**2 + 2.25**2
    np.testing.assert_allclose(model.inertia_path_, [16 + 25 + 36, second, 2.5, 2.5])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 4), st.integers(0, 3))
def test_the_inertia_never_rises_and_no_centre_is_lost(seed, k, d, decimals):
    """Rounded data make ties, duplicates and empty clusters."""
    X = np.round(np.random.default_rng(seed).normal(size=(40, d)), decimals)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(k, init="random", n_init=1, tol=0, random_state=seed).fit(X)
    assert np.all(np.diff(model.inertia_path_) <= 1e-10 * model.inertia_path_[0])
    assert np.all(np.isfinite(model.cluster_centers_))
    distinct = len(np.unique(X, axis=0))
    assert len(set(model.labels_.tolist())) == min(k, distinct)
    assert model.n_iter_ < 300
    np.testing.assert_array_equal(model.labels_, model.predict(X))


# --- starts ------------------------------------------------------------------------------------


def test_plus_plus_finds_far_blobs_where_random_starts_fail():
    X, truth = make_blobs(500, 2, centers=10, cluster_std=0.1, random_state=4)
    good = {"k-means++": 0, "random": 0}
    for init in good:
        for seed in range(20):
            labels = KMeans(10, init=init, n_init=1, random_state=seed).fit_predict(X)
            good[init] += adjusted_rand_score(truth, labels) > 0.99
    assert good["k-means++"] >= 16
    assert good["random"] <= 6


def test_plus_plus_draws_by_the_squared_distance():
    """Of 0, 1, 3: from 0, the point 3 is drawn nine times as often as 1, and 0 never."""
    X = np.array([[0.0], [1.0], [3.0]])
    pairs = [tuple(kmeans_plus_plus(X, 2, trials=1, random_state=s)[:, 0]) for s in range(3000)]
    from_zero = [second for first, second in pairs if first == 0]
    assert 0.0 not in from_zero
    share = np.mean(np.array(from_zero) == 3)
    assert share == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / len(from_zero)))


def test_plus_plus_takes_different_samples_while_there_are_any():
    X = np.repeat(np.arange(5.0), 20)[:, None]
    assert len(set(kmeans_plus_plus(X, 5, random_state=0)[:, 0])) == 5
    assert kmeans_plus_plus(X, 50, random_state=0).shape == (50, 1)
    with pytest.raises(ValueError, match="k must be a whole number from 1 to 100, got 101"):
        kmeans_plus_plus(X, 101)
    with pytest.raises(ValueError, match="trials must be a whole number of at least 1"):
        kmeans_plus_plus(X, 5, trials=0)


def test_the_best_of_several_runs_is_kept():
    X = blobs(5, k=8)
    rng = np.random.RandomState(7)
    single = [KMeans(8, init="random", n_init=1, random_state=rng).fit(X) for _ in range(10)]
    best = KMeans(8, init="random", random_state=7).fit(X)
    values = [model.inertia_ for model in single]
    assert best.inertia_ == pytest.approx(min(values), rel=1e-12)
    assert max(values) > 1.01 * min(values)


# --- empty clusters and other degenerate input -------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_empty_cluster_moves_to_the_farthest_sample(backend):
    X = np.array([[0.0], [1.0], [2.0], [10.0]])
    model = KMeans(2, init=[[1.0], [99.0]], tol=0).fit(backend.array(X))
    np.testing.assert_allclose(backend.numpy(model.cluster_centers_), [[1.0], [10.0]])
    assert model.inertia_ == pytest.approx(2)


def test_several_empty_clusters():
    X = blobs(6, n=50)
    far = np.vstack([X[:1], 1e3 + np.zeros((4, 3))])
    model = KMeans(5, init=far).fit(X)
    assert len(set(model.labels_)) == 5
    assert np.all(np.diff(model.inertia_path_) <= 0)


@pytest.mark.parametrize("init", ["random", "k-means++"])
def test_fewer_different_samples_than_clusters(init):
    X = np.repeat([[0.0, 1.0], [5.0, 2.0]], 10, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"\(2\) found smaller.*\(4\)") as caught:
        model = KMeans(4, init=init, random_state=0).fit(X)
    assert caught[0].filename == __file__
    assert model.inertia_ == 0
    assert np.all(np.isfinite(model.cluster_centers_))


def test_constant_columns_and_one_sample():
    X = np.column_stack([blobs(7), np.full(300, 3.0)])
    model = KMeans(3, random_state=0).fit(X)
    np.testing.assert_allclose(model.cluster_centers_[:, 3], 3)
    assert KMeans(1).fit(X[:1]).inertia_ == 0


def test_ties_go_to_the_first_centre():
    X = np.array([[-1.0], [0.0], [1.0]])
    assert assign(X, np.array([[-1.0], [1.0]])).tolist() == [0, 0, 1]
    model = KMeans(2, init=[[-1.0], [1.0]], tol=0).fit(X)
    np.testing.assert_allclose(model.cluster_centers_, [[-0.5], [1.0]])


def test_data_far_from_the_origin_keep_their_digits():
    X = blobs(8)
    near, far = (KMeans(5, init=Y[:5], tol=0).fit(Y) for Y in (X, X + 1e6))
    np.testing.assert_array_equal(near.labels_, far.labels_)
    assert far.inertia_ == pytest.approx(near.inertia_, rel=1e-8)
    np.testing.assert_array_equal(far.predict(X + 1e6), far.labels_)


@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
@pytest.mark.parametrize(
    ("dtype", "offset"),
    [("float32", o) for o in (1e3, 1e4, 1e5)] + [("float64", o) for o in (1e7, 1e8, 1e9)],
)
def test_a_shared_offset_moves_nobody_to_another_centre(dtype, offset, kind, rng):
    x = np.round(rng.uniform(0, 1, (100, 1)) * 64) / 64  # so the sum is exact, or nearly
    X, C = (x + offset).astype(dtype), np.array([[offset], [offset + 1]], dtype)
    D = np.abs(X.astype(float) - C[:, 0].astype(float))
    for a in (assign(kind(X), kind(C)), half_steps(kind(X), kind(C), 1)[1][0]):
        np.testing.assert_array_equal(np.asarray(a), np.argmin(D, axis=1))


@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
@pytest.mark.parametrize(
    ("dtype", "size"), [("float32", 1e-25), ("float32", 2.0**-130), ("float64", 1e-170)]
)
def test_squares_that_underflow_change_no_cluster(dtype, size, kind):
    X = blobs(4).astype(dtype)
    unit = 2.0 ** np.round(np.log2(size))
    near, far = KMeans(5, random_state=0).fit(X), KMeans(5, random_state=0).fit(kind(X * unit))
    np.testing.assert_array_equal(np.asarray(far.labels_), near.labels_)
    np.testing.assert_array_equal(np.asarray(far.predict(kind(X * unit))), near.labels_)
    np.testing.assert_allclose(
        np.asarray(far.cluster_centers_) / unit, near.cluster_centers_, rtol=1e-2
    )
    np.testing.assert_allclose(
        np.asarray(far.transform(kind(X * unit))) / unit, near.transform(X), rtol=0.05
    )
    assert far.inertia_ == pytest.approx(near.inertia_ * unit * unit, rel=1e-3)
    first = kmeans_plus_plus(kind(X * unit), 5, random_state=0)
    np.testing.assert_allclose(
        np.asarray(first) / unit, kmeans_plus_plus(X, 5, random_state=0), rtol=1e-2
    )


def test_max_iter_of_one_and_labels_of_the_final_centres():
    X = blobs(9)
    model = KMeans(5, init=X[:5], max_iter=1).fit(X)
    assert model.n_iter_ == 1
    assert model.inertia_path_.shape == (2,)
    np.testing.assert_array_equal(model.labels_, assign(X, model.cluster_centers_))


# --- invariances -------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_kind_of_array_gives_the_same_and_its_own_kind(backend, dtype):
    X = blobs(10, spread=0.5).astype(dtype)
    kwargs = {"n_clusters": 5, "random_state": 1}
    reference = KMeans(**kwargs).fit(X.astype(float))
    X_ = backend.array(X, dtype)
    model = KMeans(**kwargs).fit(X_)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-9}
    for a in (model.cluster_centers_, model.inertia_path_, model.transform(X_)):
        assert backend.owns(a, dtype)
    np.testing.assert_allclose(
        backend.numpy(model.cluster_centers_), reference.cluster_centers_, **close
    )
    np.testing.assert_array_equal(backend.numpy(model.labels_), reference.labels_)
    np.testing.assert_array_equal(backend.numpy(model.predict(X_)), reference.labels_)
    np.testing.assert_allclose(
        backend.numpy(model.transform(X_)), reference.transform(X), rtol=1e-3, atol=1e-3
    )
    assert isinstance(model.inertia_, float)
    assert model.score(X_) == pytest.approx(reference.score(X), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.1, 10))
def test_shift_scale_and_order_of_rows_do_not_matter(seed, shift, scale):
    X = blobs(seed, n=80)
    order = np.random.default_rng(seed).permutation(80)
    model = KMeans(4, init=X[:4], tol=0).fit(X)
    other = KMeans(4, init=scale * X[:4] + shift, tol=0).fit(scale * X[order] + shift)
    np.testing.assert_array_equal(other.labels_, model.labels_[order])
    assert other.inertia_ == pytest.approx(scale**2 * model.inertia_, rel=1e-7)


def test_a_seed_repeats_and_one_row_is_as_in_the_batch():
    X = blobs(11)
    first, second = (KMeans(6, random_state=3).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.cluster_centers_, second.cluster_centers_)
    np.testing.assert_array_equal([first.predict(x[None])[0] for x in X], first.labels_)


def test_distances_to_the_centres_are_features():
    digits = load_digits()
    X, y = digits.data[:600] / 16, digits.target[:600]
    pipeline = make_pipeline(KMeans(40, random_state=0), LogisticRegression(max_iter=2000))
    assert pipeline.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.75
    names = pipeline[0].set_output(transform="pandas").transform(X[:2]).columns
    assert list(names[:2]) == ["kmeans0", "kmeans1"]


# --- bad input ---------------------------------------------------------------------------------

X0 = blobs(12, n=20)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_clusters": 0}, "'n_clusters' parameter"),
        ({"n_clusters": 21}, "n_samples=20 should be >= n_clusters=21"),
        ({"n_clusters": 2.5}, "'n_clusters' parameter"),
        ({"init": "best"}, "'init' parameter"),
        ({"init": np.zeros((3, 3))}, r"shape \(n_clusters, n_features\) = \(4, 3\), got \(3, 3\)"),
        ({"init": np.full((4, 3), np.nan)}, "init contains NaN"),
        ({"n_init": 0}, "'n_init' parameter"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"tol": -1.0}, "'tol' parameter"),
        ({"random_state": "seed"}, "'random_state' parameter"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        KMeans(**{"n_clusters": 4, **params}).fit(X0)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.where(np.arange(60).reshape(20, 3) == 4, np.nan, X0), "NaN"),
        (np.where(np.arange(60).reshape(20, 3) == 4, np.inf, X0), "infinity"),
        (X0[:0], "0 sample"),
        (X0[:, 0], "Expected 2D array"),
        (X0 + 1j, "Complex data"),
        (np.full((20, 2), "tall"), "could not convert|not compatible|dtype"),
        (torch.tensor(X0, requires_grad=True), "tracks gradients"),
    ],
)
def test_bad_data_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        KMeans(4).fit(X)


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_numbers_too_large_to_square_are_refused():
    with pytest.raises(ValueError, match="too large to square"):
        KMeans(4, init="random", random_state=0).fit(X0 * 1e200)


def test_before_fit_and_with_other_features():
    with pytest.raises(NotFittedError):
        KMeans(4).predict(X0)
    model = KMeans(4, random_state=0).fit(X0)
    for method in (model.predict, model.transform, model.score):
        with pytest.raises(ValueError, match="expecting 3 features"):
            method(X0[:, :2])
    with pytest.raises(ValueError, match=r"KMeans\.transform\(\) must use the same"):
        model.transform(torch.tensor(X0))


def test_blocks_shared_among_threads_give_the_very_same_clusters(monkeypatch, rng):
    X = rng.normal(size=(400, 3))
    monkeypatch.setattr(module, "BLOCK", 50)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(module, "one_blas_thread", partial(nullcontext, threads))
        found.append(KMeans(5, random_state=0).fit(X))
    alone, shared = found
    np.testing.assert_array_equal(shared.cluster_centers_, alone.cluster_centers_)
    np.testing.assert_array_equal(shared.inertia_path_, alone.inertia_path_)
