"""k nearest neighbours: exactly those of the definition, in every kind of array, ties included."""

import numpy as np
import pytest
import torch
from backends import BACKENDS
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier as SklearnClassifier
from sklearn.neighbors import KNeighborsRegressor as SklearnRegressor

import course_lib.neighbors as module
from course_lib.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    count_votes,
    distances,
    distances_by_product,
    smallest,
    vote_weights,
)

METRICS = ["l2", "l1"]
CITYBLOCK = {"l2": "euclidean", "l1": "cityblock"}


def make_data(seed, n=300, d=6, m=40, n_classes=4):
    rng = np.random.default_rng(seed)
    A, Q = rng.normal(size=(n, d)) + 3, rng.normal(size=(m, d)) + 3
    return A, rng.integers(0, n_classes, n), rng.normal(size=n), Q


def naive_neighbors(Q, A, k, metric):
    """The definition, one query and one row at a time."""
    rows = np.empty((len(Q), k), dtype=np.int64)
    D = np.empty((len(Q), k))
    for i, q in enumerate(Q):
        lengths = []
        for a in A:
            gaps = [abs(float(u) - float(v)) for u, v in zip(q, a, strict=True)]
            lengths.append(sum(gaps) if metric == "l1" else sum(g * g for g in gaps) ** 0.5)
        rows[i] = sorted(range(len(A)), key=lambda j: (lengths[j], j))[:k]
        D[i] = [lengths[j] for j in rows[i]]
    return D, rows


# --- distances ------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_scipys(backend, metric):
    A, _, _, Q = make_data(0)
    ours = distances(backend.array(Q), backend.array(A), metric)
    assert backend.owns(ours, "float64")
    np.testing.assert_allclose(backend.numpy(ours), cdist(Q, A, CITYBLOCK[metric]), rtol=1e-13)
    if metric == "l2":
        product = distances_by_product(backend.array(Q), backend.array(A))
        np.testing.assert_allclose(backend.numpy(product), backend.numpy(ours), rtol=1e-10)


def test_distances_by_product_of_equal_points_are_no_roots_of_negative_numbers():
    A = make_data(1)[0] * 1e4
    with np.errstate(invalid="raise"):
        assert np.all(distances_by_product(A, A) >= 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_distances_of_bytes_do_not_wrap_around(backend):
    dark, bright = (backend.array(np.array([[0, v]]), "uint8") for v in (1, 255))
    for function in (distances, distances_by_product):
        assert backend.numpy(function(dark, bright)).tolist() == [[254.0]]


@pytest.mark.parametrize("function", [distances, distances_by_product])
@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((2, 4)), np.zeros((2, 3, 1))])
def test_distances_name_the_shapes_that_do_not_fit(function, bad):
    for pair in ((bad, np.zeros((5, 3))), (np.zeros((5, 3)), bad)):
        with pytest.raises(ValueError, match=r"Q and A must have the shapes \(m, d\) and \(n, d\)"):
            function(*pair)


def test_an_unknown_metric_or_weighting_is_not_taken_for_another():
    with pytest.raises(ValueError, match="metric must be 'l1' or 'l2', got 'L1'"):
        distances(np.zeros((1, 2)), np.ones((1, 2)), "L1")
    with pytest.raises(ValueError, match="weights must be 'uniform' or 'distance', got 'gauss'"):
        vote_weights(np.ones((1, 2)), "gauss")


@given(seed=st.integers(0, 10**6))
def test_distances_are_a_metric(seed):
    a, b, c = np.random.default_rng(seed).normal(size=(3, 1, 5))
    for metric in METRICS:
        ab, bc, ac = (distances(u, v, metric)[0, 0] for u, v in [(a, b), (b, c), (a, c)])
        assert distances(b, a, metric)[0, 0] == ab
        assert ac <= (ab + bc) * (1 + 1e-12)
        assert distances(a, a, metric)[0, 0] == 0
    l1, l2 = (distances(a, b, metric)[0, 0] for metric in ("l1", "l2"))
    assert l2 * (1 - 1e-12) <= l1 <= np.sqrt(5) * l2 * (1 + 1e-12)


# --- the search -----------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 5, 300])
@pytest.mark.parametrize("metric", METRICS)
def test_neighbors_are_those_of_the_definition(metric, k):
    A, y, _, Q = make_data(2)
    D, rows = KNeighborsClassifier(k, metric=metric).fit(A, y).kneighbors(Q)
    D_naive, rows_naive = naive_neighbors(Q, A, k, metric)
    np.testing.assert_array_equal(rows, rows_naive)
    np.testing.assert_allclose(D, D_naive, rtol=1e-13)


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 400),
    d=st.integers(1, 4),
    k=st.integers(1, 12),
    metric=st.sampled_from(METRICS),
    spread=st.sampled_from([1, 2, 5]),
)
def test_ties_are_resolved_by_the_order_of_the_rows(seed, n, d, k, metric, spread):
    """Points of a small grid: many distances are equal, and whole-number sums are exact."""
    rng = np.random.default_rng(seed)
    A, Q = (rng.integers(-spread, spread + 1, (rows, d)).astype(float) for rows in (n, 5))
    k = min(k, n)
    D, rows = KNeighborsClassifier(k, metric=metric).fit(A, np.zeros(n, int)).kneighbors(Q)
    full = distances(Q, A, metric)
    expected = np.argsort(full, axis=1, stable=True)[:, :k]
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_array_equal(D, np.take_along_axis(full, expected, axis=1))


@given(
    seed=st.integers(0, 10**6),
    offset=st.sampled_from([0.0, 1e3, 1e8]),
    scale=st.sampled_from([1e-150, 1e-6, 1.0, 1e150]),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_screening_in_single_precision_costs_no_exactness(seed, offset, scale, dtype):
    if dtype == "float32":
        scale = np.clip(scale, 1e-12, 1e12)
    rng = np.random.default_rng(seed)
    A, Q = (((rng.normal(size=(n, 5)) + offset) * scale).astype(dtype) for n in (700, 4))
    rows = KNeighborsClassifier(7).fit(A, np.zeros(700, int)).kneighbors(Q)[1]
    expected = np.argsort(distances(Q, A), axis=1, stable=True)[:, :7]
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_the_longest_row_of_the_screen_has_length_one(size, monkeypatch):
    """The bound on the rounding counts on it."""
    monkeypatch.setattr(module, "_CACHED", 400)  # three blocks
    A = np.random.default_rng(0).normal(size=(300, 4)) * np.linspace(0.01, 1, 300)[:, None]
    screen = module._screen_of(A * size)
    np.testing.assert_allclose(screen.table[-1].max(), 1, rtol=1e-6)
    lengths = np.linalg.norm(A - A.mean(axis=0), axis=1)
    np.testing.assert_allclose(screen.scale, size * lengths.max(), rtol=1e-12)
    np.testing.assert_allclose(screen.table[-1], (lengths / lengths.max()) ** 2, rtol=1e-5)


def test_near_copies_are_told_apart():
    """Distances that differ in the tenth digit: the product cannot rank them, the search does."""
    rng = np.random.default_rng(0)
    q = rng.normal(size=(1, 8))
    u = rng.normal(size=(500, 8))
    lengths = 1 + 1e-10 * rng.permutation(500)
    A = q + u / np.linalg.norm(u, axis=1, keepdims=True) * lengths[:, None]
    rows = KNeighborsClassifier(20).fit(A, np.zeros(500, int)).kneighbors(q)[1]
    np.testing.assert_array_equal(rows[0], np.argsort(lengths)[:20])
    rough = np.argsort(distances_by_product(q.astype("f4"), A.astype("f4")))[0, :20]
    assert set(rough) != set(rows[0].tolist())


@pytest.mark.parametrize("metric", METRICS)
def test_doubtful_rows_alone_are_searched_again(metric, monkeypatch):
    A, y, _, Q = make_data(3)
    A = np.concatenate([A, np.tile(Q[:1], (50, 1))])  # fifty copies of the first query
    y = np.concatenate([y, np.zeros(50, int)])
    model = KNeighborsClassifier(3, metric=metric).fit(A, y)
    again = []
    search = KNeighborsClassifier._search_within
    monkeypatch.setattr(
        KNeighborsClassifier,
        "_search_within",
        lambda self, q, within, k: again.append((q, within)) or search(self, q, within, k),
    )
    D, rows = model.kneighbors(Q)
    ((q, within),) = again
    np.testing.assert_array_equal(q, Q[:1])
    np.testing.assert_array_equal(within, np.arange(300, 350))  # the copies, and nothing else
    np.testing.assert_array_equal(rows[0], [300, 301, 302])
    np.testing.assert_array_equal(D[0], 0)


@given(
    seed=st.integers(0, 10**6),
    m=st.integers(1, 4),
    n=st.integers(1, 2000),
    r=st.integers(1, 40),
    levels=st.sampled_from([3, 10**6]),
)
def test_selection_in_two_stages_takes_the_smallest(seed, m, n, r, levels):
    S = np.random.default_rng(seed).integers(0, levels, (m, n)).astype(float)
    r = min(r, n)
    columns = smallest(S, r)
    assert all(len(set(row)) == r for row in columns.tolist())
    values = np.sort(np.take_along_axis(S, columns, axis=1), axis=1)
    np.testing.assert_array_equal(values, np.sort(S, axis=1)[:, :r])


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_of_any_size_give_the_same(metric, monkeypatch):
    A, y, _, Q = make_data(4)
    model = KNeighborsClassifier(4, metric=metric).fit(A, y)
    expected = model.kneighbors(Q)
    for numbers in (1, 1000, 10**7):
        monkeypatch.setattr(module, "_CACHED", numbers)
        for ours, theirs in zip(model.kneighbors(Q), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_a_rougher_product_of_torch_gets_a_wider_bound(precision):
    before = torch.get_float32_matmul_precision()
    eps = module._product_eps(torch)
    try:
        torch.set_float32_matmul_precision(precision)
        assert module._product_eps(torch) > 100 * eps
    finally:
        torch.set_float32_matmul_precision(before)


def test_a_precision_that_torch_cannot_name_counts_as_the_roughest(monkeypatch):
    """It raises when the precision was set for one backend alone, as in its newer interface."""

    def refuses():
        raise RuntimeError("mix of the legacy and new APIs")

    A, y, _, Q = make_data(11)
    expected = KNeighborsClassifier(4).fit(A, y).kneighbors(Q)[1]
    model = KNeighborsClassifier(4).fit(torch.tensor(A), torch.tensor(y))
    monkeypatch.setattr(torch, "get_float32_matmul_precision", refuses)
    assert module._product_eps(torch) == 2.0**-7
    np.testing.assert_array_equal(model.kneighbors(torch.tensor(Q))[1].numpy(), expected)


# --- agreement with the reference -----------------------------------------------------------


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 2, 5, 50])
def test_agrees_with_scikit_learn(k, metric, weights):
    A, y, t, Q = make_data(5)
    Q[:3] = A[:3]  # distance zero
    theirs = {"n_neighbors": k, "metric": CITYBLOCK[metric], "weights": weights}
    ours = {"n_neighbors": k, "metric": metric, "weights": weights}
    a, b = SklearnClassifier(**theirs).fit(A, y), KNeighborsClassifier(**ours).fit(A, y)
    np.testing.assert_allclose(b.predict_proba(Q), a.predict_proba(Q), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(b.predict(Q), a.predict(Q))
    for mine, other in zip(b.kneighbors(Q), a.kneighbors(Q), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)
    c, e = SklearnRegressor(**theirs).fit(A, t), KNeighborsRegressor(**ours).fit(A, t)
    np.testing.assert_allclose(e.predict(Q), c.predict(Q), rtol=1e-12, atol=1e-14)
    assert e.score(A, t) == pytest.approx(c.score(A, t))


def test_more_neighbors_are_not_better_on_the_digits_and_scikit_learn_agrees():
    """A little noise breaks the ties of whole-number pixels, which rounding decides otherwise."""
    X, y = load_digits(return_X_y=True)
    untied = X + 1e-6 * np.random.default_rng(0).normal(size=X.shape)
    for k, accuracy in [(1, 0.964), (5, 0.963), (50, 0.926), (1000, 0.535)]:
        ours = cross_val_score(KNeighborsClassifier(k), untied, y, cv=5)
        theirs = cross_val_score(SklearnClassifier(k), untied, y, cv=5)
        np.testing.assert_array_equal(ours, theirs)
        assert cross_val_score(KNeighborsClassifier(k), X, y, cv=5).mean() == pytest.approx(
            accuracy, abs=5e-4
        )


# --- by hand, and at the edges --------------------------------------------------------------

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def test_votes_by_hand():
    model = KNeighborsClassifier(3).fit(LINE, ["a", "b", "b", "a"])
    np.testing.assert_allclose(model.predict_proba([[0.4]]), [[1 / 3, 2 / 3]])
    weighted = KNeighborsClassifier(3, weights="distance").fit(LINE, ["a", "b", "b", "a"])
    votes = np.array([1 / 0.4, 1 / 0.6 + 1 / 2.6])
    np.testing.assert_allclose(weighted.predict_proba([[0.4]]), [votes / votes.sum()])
    assert weighted.predict([[0.4]]).tolist() == ["a"]


def test_equal_votes_go_to_the_first_class():
    for labels in (["a", "b"], ["b", "a"]):
        assert KNeighborsClassifier(2).fit(LINE[:2], labels).predict([[0.5]]).tolist() == ["a"]


def test_who_is_at_distance_zero_decides_alone():
    A, y = np.array([[0.0], [0.0], [1e-100], [1e-100], [1e-100]]), [0, 0, 1, 1, 1]
    model = KNeighborsClassifier(5, weights="distance").fit(A, y)
    np.testing.assert_array_equal(model.predict_proba([[0.0]]), [[1.0, 0.0]])
    np.testing.assert_array_equal(vote_weights(np.array([[5e-324, 1.0]]), "distance")[0, 0], 1.0)


def test_votes_are_counted_by_class():
    codes, V = np.array([[0, 2, 2], [1, 1, 0]]), np.array([[1.0, 0.5, 0.25], [1.0, 1.0, 1.0]])
    expected = [[1.0, 0.0, 0.75, 0.0], [1.0, 2.0, 0.0, 0.0]]
    np.testing.assert_array_equal(count_votes(codes, V, 4), expected)


@pytest.mark.parametrize("metric", METRICS)
def test_one_neighbor_is_perfect_on_its_own_data_and_all_neighbors_know_one_answer(metric):
    A, y, t, Q = make_data(6)
    assert KNeighborsClassifier(1, metric=metric).fit(A, y).score(A, y) == 1.0
    everyone = KNeighborsClassifier(len(A), metric=metric).fit(A, y)
    np.testing.assert_array_equal(everyone.predict(Q), np.bincount(y).argmax())
    mean = KNeighborsRegressor(len(A), metric=metric).fit(A, t)
    np.testing.assert_allclose(mean.predict(Q), t.mean())


@pytest.mark.parametrize("metric", METRICS)
def test_one_sample_one_class_and_a_constant_table(metric):
    model = KNeighborsClassifier(1, metric=metric).fit([[2.0, 3.0]], ["only"])
    assert model.predict([[9.0, 9.0]]).tolist() == ["only"]
    flat = KNeighborsRegressor(3, metric=metric).fit(np.ones((40, 2)), np.arange(40))
    D, rows = flat.kneighbors([[1.0, 1.0], [4.0, 5.0]])
    np.testing.assert_array_equal(rows, [[0, 1, 2]] * 2)
    np.testing.assert_array_equal(D, [[0] * 3, [5 if metric == "l2" else 7] * 3])


# --- invariances ----------------------------------------------------------------------------


@given(seed=st.integers(0, 10**6), metric=st.sampled_from(METRICS))
def test_shift_scale_order_of_rows_and_columns_change_nothing(seed, metric):
    A, y, _, Q = make_data(seed, n=120, m=10)
    fit = lambda A, y: KNeighborsClassifier(5, metric=metric).fit(A, y)  # noqa: E731 - one line
    base = fit(A, y).predict_proba(Q)
    order = np.random.default_rng(seed).permutation(len(A))
    np.testing.assert_array_equal(fit(A[order], y[order]).predict_proba(Q), base)
    np.testing.assert_array_equal(fit(A[:, ::-1], y).predict_proba(Q[:, ::-1]), base)
    np.testing.assert_array_equal(fit(A * 4, y).predict_proba(Q * 4), base)
    np.testing.assert_array_equal(fit(A + 7, y).predict_proba(Q + 7), base)
    np.testing.assert_array_equal(fit(A, 3 - y).predict_proba(Q), base[:, ::-1])


@given(seed=st.integers(0, 10**6))
def test_a_rotation_keeps_l2_and_not_l1(seed):
    A, y, _, Q = make_data(seed, n=120, m=10)
    U = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))[0]
    for metric, kept in (("l2", True), ("l1", False)):
        before = KNeighborsClassifier(5, metric=metric).fit(A, y).kneighbors(Q)[0]
        after = KNeighborsClassifier(5, metric=metric).fit(A @ U, y).kneighbors(Q @ U)[0]
        assert np.allclose(before, after, rtol=1e-10) == kept


@pytest.mark.parametrize("metric", METRICS)
def test_one_row_is_predicted_as_in_a_batch_and_refitting_forgets(metric):
    A, y, t, Q = make_data(7)
    for model, target in ((KNeighborsClassifier, y), (KNeighborsRegressor, t)):
        fitted = model(3, metric=metric, weights="distance").fit(A, target)
        single = np.concatenate([fitted.predict(q[None]) for q in Q])
        np.testing.assert_array_equal(single, fitted.predict(Q))
        again = model(3, metric=metric, weights="distance").fit(Q, target[:40]).fit(A, target)
        np.testing.assert_array_equal(again.predict(Q), fitted.predict(Q))


def test_input_is_left_as_it_was():
    A, y, _, Q = make_data(8)
    before = A.copy(), Q.copy()
    KNeighborsClassifier().fit(A, y).predict(Q)
    np.testing.assert_array_equal(A, before[0])
    np.testing.assert_array_equal(Q, before[1])


# --- kinds of arrays ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_every_kind_of_array_gives_the_same_and_keeps_its_kind(weights, metric, backend, dtype):
    A, y, t, Q = make_data(9)
    A[10:20] = A[0]  # ties, so that a doubtful row is searched again in every kind
    Q[0] = A[0]
    params = {"n_neighbors": 4, "metric": metric, "weights": weights}
    A_, t_, Q_ = (backend.array(a, dtype) for a in (A, t, Q))
    ours = KNeighborsClassifier(**params).fit(A_, backend.array(y, "int64"))
    reference = KNeighborsClassifier(**params).fit(A.astype(dtype), y)
    D, rows = ours.kneighbors(Q_)
    assert backend.owns(D, dtype)
    assert backend.owns(rows, "int64")
    np.testing.assert_array_equal(backend.numpy(rows), reference.kneighbors(Q.astype(dtype))[1])
    share, labels = ours.predict_proba(Q_), ours.predict(Q_)
    assert backend.owns(share, dtype)
    assert backend.owns(labels, "int64")
    np.testing.assert_array_equal(backend.numpy(labels), reference.predict(Q.astype(dtype)))
    close = {"rtol": 1e-12} if dtype == "float64" else {"rtol": 1e-4}
    np.testing.assert_allclose(
        backend.numpy(share), reference.predict_proba(Q.astype(dtype)), **close
    )
    mean = KNeighborsRegressor(**params).fit(A_, t_).predict(Q_)
    assert backend.owns(mean, dtype)
    expected = KNeighborsRegressor(**params).fit(A, t).predict(Q)
    np.testing.assert_allclose(backend.numpy(mean), expected, atol=1e-4)
    assert isinstance(ours.score(A_, backend.array(y, "int64")), float)


# --- bad input ------------------------------------------------------------------------------

A0, Y0, T0, Q0 = make_data(10, n=20)
MODELS = [(KNeighborsClassifier, Y0), (KNeighborsRegressor, T0)]


@pytest.mark.parametrize(("model", "target"), MODELS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_neighbors": 0}, "'n_neighbors' parameter"),
        ({"n_neighbors": 2.0}, "'n_neighbors' parameter"),
        ({"n_neighbors": 21}, "n_neighbors=21 .* n_samples=20"),
        ({"metric": "L2"}, "'metric' parameter.*'l1'"),
        ({"weights": "gaussian"}, "'weights' parameter.*'distance'"),
    ],
)
def test_bad_parameters_are_named(model, target, params, message):
    with pytest.raises(ValueError, match=message):
        model(**params).fit(A0, target)


@pytest.mark.parametrize(("model", "target"), MODELS)
def test_bad_data_are_refused(model, target):
    with pytest.raises(ValueError, match="requires y"):
        model().fit(A0, None)
    with pytest.raises(ValueError, match=r"20 rows and y has 19|inconsistent"):
        model().fit(A0, target[:-1])
    fitted = model().fit(A0, target)
    for bad, message in [(Q0[:, :3], "expecting 6 features"), (Q0 * np.nan, "NaN")]:
        with pytest.raises(ValueError, match=message):
            fitted.predict(bad)
    with pytest.raises(ValueError, match=rf"{model.__name__}\.predict\(\) must use the same"):
        fitted.predict(torch.tensor(Q0))


@pytest.mark.parametrize("k", [0, -1, 1.5, True, 21])
def test_bad_numbers_of_neighbors_asked_for_are_refused(k):
    with pytest.raises(ValueError, match="n_neighbors"):
        KNeighborsClassifier().fit(A0, Y0).kneighbors(Q0, k)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
def test_distances_too_large_for_a_number_are_refused(kind, metric):
    far = kind(np.full((3, 2), 1.7e308) * np.array([[1], [-1], [0.5]]))
    model = KNeighborsClassifier(3, metric=metric).fit(far, [0, 1, 1])
    with pytest.raises(ValueError, match=r"overflows.*Scale its columns"):
        model.predict(far)


@pytest.mark.parametrize("kind", [np.asarray, torch.asarray])
@pytest.mark.parametrize("n", [4, 60])
@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float32", 1e-25), ("float32", 1e-40), ("float32", 3e-23), ("float64", 1e-170)],
)
def test_squares_that_underflow_leave_the_nearest_the_nearest(dtype, size, n, kind):
    points = np.random.default_rng(0).permutation(400)[: 2 * n].reshape(n, 2)
    A = kind((points * size).astype(dtype))
    D, rows = KNeighborsClassifier(3).fit(A, np.zeros(n, int)).kneighbors(A)
    np.testing.assert_array_equal(np.asarray(rows)[:, 0], np.arange(n))
    expected = np.sort(distances(points, points), axis=1)[:, :3]
    np.testing.assert_allclose(np.asarray(D).astype(float) / size, expected, rtol=1e-3)
    with np.errstate(all="raise", under="ignore"):
        found = np.asarray(distances(A, A)).astype(float) / size
    np.testing.assert_allclose(found, distances(points, points), rtol=1e-3)
    product = np.asarray(distances_by_product(A, A)).astype(float) / size
    np.testing.assert_allclose(product, distances(points, points), rtol=1e-3, atol=1)


def test_one_far_sample_does_not_make_near_ones_equal():
    A = np.float32([[0, 0], [3e-25, 0], [1e-25, 0], [0, 2e-25], [1, 1]])
    D, rows = KNeighborsClassifier(4).fit(A, np.arange(5)).kneighbors(A[:1])
    assert rows.tolist() == [[0, 2, 3, 1]]
    np.testing.assert_allclose(D, np.float32([[0, 1e-25, 2e-25, 3e-25]]), rtol=1e-6)
