"""PCA: against its definition, scikit-learn and NumPy's SVD, and on data that break solvers."""

import math

import numpy as np
import pytest
import torch
from backends import BACKENDS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

from course_lib.decomposition import PCA
from course_lib.decomposition import pca as module
from course_lib.decomposition.pca import with_signs

EXACT = ["eigh", "svd"]
SOLVERS = [*EXACT, "randomized"]
THEIRS = {"eigh": "covariance_eigh", "svd": "full", "randomized": "randomized"}


def falling(n=300, d=12, seed=0, ratio=0.7):
    """Data whose standard deviations along turned axes fall by a ratio: no two are near."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (rng.normal(size=(n, d)) * ratio ** np.arange(d)) @ turn + rng.normal(size=d)


def equal_models(ours, theirs, **close):
    for name in (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
        "mean_",
    ):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), **close)
    assert ours.noise_variance_ == pytest.approx(float(theirs.noise_variance_), rel=1e-7, abs=1e-12)
    assert (ours.n_components_, ours.n_samples_) == (theirs.n_components_, theirs.n_samples_)


# --- at the solution ---------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("data", ["falling", "iris", "digits"])
def test_is_scikit_learns_with_the_same_signs(data, whiten, solver):
    X = {"falling": falling(), "iris": load_iris().data, "digits": load_digits().data}[data]
    ours = PCA(3, solver=solver, whiten=whiten, random_state=0).fit(X)
    theirs = SklearnPCA(3, svd_solver="full", whiten=whiten).fit(X)
    close = {"rtol": 1e-6, "atol": 1e-6} if solver == "randomized" else {"rtol": 1e-9, "atol": 1e-9}
    equal_models(ours, theirs, **close)
    T = ours.transform(X)
    np.testing.assert_allclose(T, theirs.transform(X), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(ours.inverse_transform(T), theirs.inverse_transform(T), atol=1e-4)
    theirs.whiten = False  # scikit-learn 1.9 stretches its covariance by λ where it whitens
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-5)
    assert ours.score(X) == pytest.approx(theirs.score(X), rel=1e-6)


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("shape", [(300, 12), (40, 12), (12, 12), (12, 40), (9, 300)])
def test_is_the_svd_of_the_centred_samples(shape, solver):
    X = falling(*shape)
    pca = PCA(solver=solver).fit(X)
    _, s, V = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    rank = min(shape[0] - 1, shape[1])
    np.testing.assert_allclose(pca.singular_values_[:rank], s[:rank], rtol=1e-5)
    np.testing.assert_allclose(pca.components_[:rank], with_signs(V)[:rank], atol=1e-4)
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(min(shape)), atol=1e-12)
    assert pca.components_.shape == (min(shape), shape[1])


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("shape", [(300, 12), (9, 40)])
def test_components_are_eigenvectors_of_the_covariance(shape, solver):
    X = falling(*shape)
    pca = PCA(4, solver=solver).fit(X)
    S, V = np.cov(X.T), pca.components_
    np.testing.assert_allclose(S @ V.T, V.T * pca.explained_variance_, atol=1e-12)
    np.testing.assert_allclose(pca.transform(X).var(axis=0, ddof=1), pca.explained_variance_)
    assert pca.explained_variance_ratio_.sum() < 1
    np.testing.assert_allclose(
        pca.explained_variance_ratio_ * np.trace(S), pca.explained_variance_, rtol=1e-12
    )


def test_by_hand():
    """S = ((2, 1), (1, 2)): eigenvalues 3 and 1 along (1, 1)/√2 and (1, −1)/√2."""
    root = np.sqrt([3.0, 1.0])
    T = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]) * root * math.sqrt(3 / 4)
    X = T @ (np.array([[1, 1], [1, -1]]) / math.sqrt(2)) + [5, -7]
    for solver in SOLVERS:
        pca = PCA(solver=solver, random_state=0).fit(X)
        np.testing.assert_allclose(pca.explained_variance_, [3, 1])
        np.testing.assert_allclose(pca.components_, [[0.5**0.5] * 2, [0.5**0.5, -(0.5**0.5)]])
        np.testing.assert_allclose(pca.mean_, [5, -7])
        np.testing.assert_allclose(pca.transform(X), T, atol=1e-12)
        np.testing.assert_allclose(pca.singular_values_, [3, math.sqrt(3)])


@pytest.mark.parametrize("solver", SOLVERS)
def test_captured_variance_and_reconstruction_error_are_the_total(solver):
    X = falling()
    total = ((X - X.mean(axis=0)) ** 2).sum()
    for m in range(1, 13):
        pca = PCA(m, solver=solver, random_state=0).fit(X)
        lost = X - pca.inverse_transform(pca.transform(X))
        assert (pca.singular_values_**2).sum() + (lost**2).sum() == pytest.approx(total)
        distance = pca.distance_to_subspace(X)
        np.testing.assert_allclose(distance, np.linalg.norm(lost, axis=1), atol=1e-12)
        if m < 12:
            share = (lost**2).sum() / (len(X) - 1) / (12 - m)
            assert pca.noise_variance_ == pytest.approx(share)


def test_no_other_plane_is_nearer():
    X, rng = falling(), np.random.default_rng(1)
    Z, V = X - X.mean(axis=0), PCA(3).fit(X).components_
    least = ((Z - Z @ V.T @ V) ** 2).sum()
    for size in (1e-3, 1e-2, 1.0):
        for _ in range(20):
            W = np.linalg.qr((V + size * rng.normal(size=V.shape)).T)[0]
            assert ((Z - Z @ W @ W.T) ** 2).sum() > least


# --- how many ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", EXACT)
@pytest.mark.parametrize("share", [1e-9, 0.3, 0.5, 0.8, 0.95, 0.999, 1 - 1e-12])
def test_a_share_of_the_variance_takes_as_many_as_scikit_learn(share, solver):
    X = load_digits().data
    ours = PCA(share, solver=solver).fit(X)
    equal_models(PCA(ours.n_components_, solver=solver).fit(X), ours, rtol=1e-7, atol=1e-10)
    assert ours.n_components_ == SklearnPCA(share, svd_solver="full").fit(X).n_components_
    ratios = PCA(solver=solver).fit(X).explained_variance_ratio_
    assert ratios[: ours.n_components_].sum() > share
    assert ratios[: ours.n_components_ - 1].sum() <= share


@pytest.mark.parametrize("solver", EXACT)
def test_a_share_that_is_reached_exactly_takes_one_more(solver):
    X = np.vstack([np.eye(4), -np.eye(4)])  # four equal variances
    assert PCA(0.5, solver=solver).fit(X).n_components_ == 3
    assert PCA(0.49, solver=solver).fit(X).n_components_ == 2


def test_all_is_the_default_and_the_solver_is_chosen_by_size(monkeypatch):
    used = []
    for name in ("_by_svd", "_by_covariance", "_by_inner_products"):
        how = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *a, how=how, name=name: (used.append(name), how(*a))[1]
        )
    rng = np.random.default_rng(0)
    for shape in ((500, 3), (501, 3), (3, 501), (3, 500)):
        assert PCA().fit(rng.normal(size=shape)).n_components_ == 3
    assert used == ["_by_svd", "_by_covariance", "_by_inner_products", "_by_svd"]


@pytest.mark.parametrize("solver", EXACT)
def test_the_first_of_many_are_the_first_of_all(solver):
    """A quarter or less is found without the others."""
    X = falling(200, 24, ratio=0.9)
    whole = PCA(solver=solver).fit(X)
    for m in (1, 6, 7, 23):
        pca = PCA(m, solver=solver).fit(X)
        np.testing.assert_allclose(pca.components_, whole.components_[:m], atol=1e-10)
        np.testing.assert_allclose(pca.explained_variance_, whole.explained_variance_[:m])
        assert pca.noise_variance_ == pytest.approx(whole.explained_variance_[m:].mean())


# --- degenerate input ----------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("shape", [(30, 5), (5, 30)])
def test_data_of_low_rank(shape, solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(shape[0], 2)) @ rng.normal(size=(2, shape[1])) + 3
    pca = PCA(solver=solver, whiten=True, random_state=0).fit(X)
    assert np.all(pca.explained_variance_[2:] == 0)
    assert np.all(pca.explained_variance_[:2] > 0.1)
    assert pca.explained_variance_ratio_.sum() == pytest.approx(1)
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(5), atol=1e-12)
    T = pca.transform(X)
    np.testing.assert_allclose(T[:, :2].std(axis=0, ddof=1), 1)
    np.testing.assert_allclose(T[:, 2:], 0, atol=1e-12)  # not rounding blown up to 1
    np.testing.assert_allclose(pca.inverse_transform(T), X, atol=1e-12)
    np.testing.assert_allclose(pca.distance_to_subspace(X), 0, atol=1e-12)
    two = PCA(2, solver=solver, random_state=0).fit(X)
    assert two.noise_variance_ == 0
    np.testing.assert_allclose(two.score_samples(X), pca.score_samples(X), rtol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_direction_without_variance_has_the_least_that_can_be_told(dtype, solver):
    """Variances 4 and 1 in the first two of three directions: by hand at the mean, and beside."""
    T = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]) * [2, 1] * math.sqrt(3 / 4)
    X = np.column_stack([T, np.zeros(4)]).astype(dtype)
    least = 4 * float(np.finfo(dtype).eps)
    at_the_mean = -(3 * math.log(2 * math.pi) + math.log(4 * 1 * least)) / 2
    for m in (2, 3):
        pca = PCA(m, solver=solver, random_state=0).fit(X)
        expected = [at_the_mean, at_the_mean - 1e-4 / least / 2]
        np.testing.assert_allclose(
            pca.score_samples(np.array([[0, 0, 0], [0, 0, 0.01]], dtype)), expected, rtol=1e-5
        )


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
@pytest.mark.parametrize("shape", [(50, 3), (3, 50), (1001, 2)])
def test_constant_data_have_no_variance(shape, value, solver):
    X = np.full(shape, value)
    pca = PCA(solver=solver, whiten=True, random_state=0).fit(X)
    for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_"):
        np.testing.assert_array_equal(getattr(pca, name), 0)
    np.testing.assert_array_equal(pca.mean_, value)
    np.testing.assert_array_equal(pca.transform(X), 0)
    k = min(shape)
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(k), atol=1e-12)
    with pytest.raises(ValueError, match="have no likelihood"):
        pca.score(X)
    if solver != "randomized":
        assert PCA(0.9, solver=solver).fit(X).n_components_ == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_constant_column_is_in_no_component(solver):
    X = np.column_stack([falling(d=4), np.full(300, 0.1)])
    pca = PCA(4, solver=solver, random_state=0).fit(X)
    np.testing.assert_allclose(pca.components_[:, 4], 0, atol=1e-13)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("dtype", "offset", "tolerance"), [("float64", 1e8, 1e-7), ("float32", 1e3, 1e-3)]
)
def test_data_far_from_the_origin_keep_their_digits(dtype, offset, tolerance, solver):
    """XᵀX − nμμᵀ has a relative error of 1 there."""
    X = np.round(falling() * 2**10) / 2**10  # the sums are exact
    far = (X + offset).astype(dtype)
    near = PCA(3, solver=solver, random_state=0).fit(far.astype(float) - offset)
    pca = PCA(3, solver=solver, random_state=0).fit(far)
    np.testing.assert_allclose(pca.explained_variance_, near.explained_variance_, rtol=tolerance)
    np.testing.assert_allclose(pca.components_, near.components_, atol=tolerance)
    np.testing.assert_allclose(
        pca.transform(far), near.transform(far.astype(float) - offset), atol=10 * tolerance
    )
    np.testing.assert_allclose(
        pca.distance_to_subspace(far),
        near.distance_to_subspace(far.astype(float) - offset),
        atol=10 * tolerance,
    )


def test_svd_keeps_variances_that_the_covariance_loses():
    """Standard deviations of 1 and 10⁻⁹: their squares differ by more than the digits there are."""
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    X = rng.normal(size=(100, 3)) * [1, 1e-3, 1e-9] @ turn
    X -= X.mean(axis=0)
    true = np.linalg.svd(X, compute_uv=False)
    eigh, svd = (PCA(solver=solver).fit(X).singular_values_ for solver in EXACT)
    np.testing.assert_allclose(svd, true, rtol=1e-5)
    np.testing.assert_allclose(eigh[:2], true[:2], rtol=1e-6)
    assert eigh[2] == 0


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float64", 2.0**-600), ("float64", 2.0**500), ("float32", 2.0**-100), ("float32", 2.0**60)],
)
def test_numbers_too_large_or_small_to_square(dtype, size, solver):
    X = falling().astype(dtype)
    kwargs = {"n_components": 3, "solver": solver, "whiten": True, "random_state": 0}
    near, far = PCA(**kwargs).fit(X), PCA(**kwargs).fit(X * np.asarray(size, dtype))
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(far.components_, near.components_, **close)
    np.testing.assert_allclose(far.singular_values_ / size, near.singular_values_, **close)
    np.testing.assert_allclose(
        far.explained_variance_ratio_, near.explained_variance_ratio_, **close
    )
    np.testing.assert_allclose(
        far.transform(X * np.asarray(size, dtype)), near.transform(X), rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_variance_that_overflows_is_an_error(solver):
    with pytest.raises(ValueError, match="a variance overflows"):
        PCA(1, solver=solver).fit(falling() * 1e200)
    with pytest.raises(ValueError, match="a variance overflows"):
        PCA(1, solver=solver).fit(np.float32(falling()) * np.float32(1e30))
    with pytest.raises(ValueError, match="a variance overflows"):  # so does a difference
        PCA(1, solver=solver).fit([[1.7e308, 1.0], [-1.7e308, 2.0]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_components": 5}, r"n_components=5 must be at most min\(n_samples, n_features\)=4"),
        ({"n_components": 0}, "n_components"),
        ({"n_components": 1.5}, "n_components"),
        ({"n_components": 0.5, "solver": "randomized"}, "share of the variance"),
        ({"solver": "full"}, "solver"),
        ({"whiten": "no"}, "whiten"),
    ],
)
def test_bad_parameters(changes, message):
    with pytest.raises(ValueError, match=message):
        PCA(**changes).fit(falling(d=4))


def test_one_sample_has_no_variance_and_two_have_one():
    with pytest.raises(ValueError, match="n_samples = 1"):
        PCA().fit([[1.0, 2.0]])
    pca = PCA(1).fit([[1.0, 2.0], [4.0, 6.0]])
    np.testing.assert_allclose(pca.components_, [[0.6, 0.8]])
    np.testing.assert_allclose(pca.explained_variance_, [12.5])


def test_what_goes_back_must_be_what_transform_makes():
    pca = PCA(2).fit(falling())
    for wrong in (np.zeros((3, 3)), np.zeros(2), [["a", "b"]], [[np.nan, 1.0]]):
        with pytest.raises(ValueError, match=r"2 columns|Expected 2D|could not convert|NaN"):
            pca.inverse_transform(wrong)
    with pytest.raises(NotFittedError):
        PCA().inverse_transform([[1.0]])
    assert pca.inverse_transform(np.float32([[0, 0]])).dtype == np.float64


def test_what_goes_back_must_be_of_the_kind_that_was_fitted():
    pca = PCA(2).fit(torch.asarray(falling()))
    with pytest.raises(ValueError, match=r"PCA.inverse_transform\(\) must use the same namespace"):
        pca.inverse_transform(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="X tracks gradients"):
        pca.inverse_transform(torch.zeros((1, 2), requires_grad=True))
    with pytest.raises(ValueError, match="X contains NaN or infinity"):
        pca.inverse_transform(torch.asarray([[math.inf, 0.0]]))
    with pytest.raises(ValueError, match=r"takes 2 columns, as many as transform\(\) makes"):
        pca.inverse_transform(torch.zeros(2))


# --- the probabilistic view -----------------------------------------------------------------------


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("shape", [(200, 6), (5, 20)])
@pytest.mark.parametrize("m", [1, 3])
def test_the_likelihood_is_that_of_a_normal_density(m, shape, whiten):
    X = falling(*shape)
    pca = PCA(m, whiten=whiten).fit(X)
    S = pca.get_covariance()
    np.testing.assert_allclose(S @ pca.components_.T, pca.components_.T * pca.explained_variance_)
    assert np.trace(S) == pytest.approx(np.trace(np.cov(X.T)))
    new = falling(7, shape[1], seed=3)
    expected = multivariate_normal(pca.mean_, S).logpdf(new)
    np.testing.assert_allclose(pca.score_samples(new), expected)
    assert pca.score(new) == pytest.approx(expected.mean())


def test_with_all_components_the_density_is_the_normal_of_the_sample_covariance():
    X = falling(d=4)
    pca = PCA().fit(X)
    assert pca.noise_variance_ == 0
    np.testing.assert_allclose(pca.get_covariance(), np.cov(X.T))
    expected = multivariate_normal(X.mean(axis=0), np.cov(X.T)).logpdf(X)
    np.testing.assert_allclose(pca.score_samples(X), expected)


def test_of_wide_data_the_noise_is_spread_over_all_other_directions():
    """scikit-learn spreads it over min(n, d) − m, so that the data are less likely."""
    X = np.random.default_rng(0).normal(size=(20, 100))
    ours, theirs = PCA(3).fit(X), SklearnPCA(3).fit(X)
    assert ours.noise_variance_ * 97 == pytest.approx(theirs.noise_variance_ * 17)
    assert ours.score(X) > theirs.score(X) + 1


def test_the_likelihood_finds_planted_components():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3)) @ rng.normal(size=(3, 10)) + 0.5 * rng.normal(size=(400, 10))
    search = GridSearchCV(PCA(), {"n_components": list(range(1, 10))}).fit(X)
    assert search.best_params_ == {"n_components": 3}


# --- signs ---------------------------------------------------------------------------------------


def test_the_first_of_equally_large_entries_is_positive():
    """Two standardised columns always tie: without a rule, rounding would choose the sign."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        X = rng.normal(size=(50, 1)) + rng.normal(size=(50, 2))
        X = (X - X.mean(axis=0)) / X.std(axis=0)
        for solver in SOLVERS:
            V = PCA(solver=solver, random_state=0).fit(X).components_
            np.testing.assert_allclose(V, np.array([[1, 1], [1, -1]]) / 2**0.5)


def test_signs_by_hand():
    V = np.array([[-0.1, 0.9, -0.2], [0.5, 0.2, -0.7], [-0.5, 0.5, 0.5], [0.0, -1.0, 0.0]])
    np.testing.assert_array_equal(with_signs(V), V * [[1], [-1], [-1], [-1]])


# --- invariances ---------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("solver", ["auto", *SOLVERS])
@pytest.mark.parametrize("shape", [(300, 12), (9, 20)])
def test_every_kind_of_array_gives_the_same_and_its_own_kind(shape, solver, dtype, backend):
    X = falling(*shape, ratio=0.5).astype(dtype)
    kwargs = {"n_components": 3, "solver": solver, "whiten": True, "random_state": 1}
    reference = PCA(**kwargs).fit(X.astype(float))
    X_ = backend.array(X, dtype)
    pca = PCA(**kwargs).fit(X_)
    close = {"rtol": 2e-4, "atol": 2e-4} if dtype == "float32" else {"rtol": 1e-8, "atol": 1e-8}
    for name in (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
        "mean_",
    ):
        assert backend.owns(getattr(pca, name), dtype)
        np.testing.assert_allclose(
            backend.numpy(getattr(pca, name)), getattr(reference, name), **close
        )
    T = pca.transform(X_)
    for ours, expected in (
        (T, reference.transform(X)),
        (pca.inverse_transform(T), reference.inverse_transform(reference.transform(X))),
        (pca.distance_to_subspace(X_), reference.distance_to_subspace(X)),
    ):
        assert backend.owns(ours, dtype)
        np.testing.assert_allclose(backend.numpy(ours), expected, rtol=1e-3, atol=1e-3)
    assert backend.owns(pca.score_samples(X_), dtype)
    assert backend.owns(pca.get_covariance(), dtype)
    assert isinstance(pca.noise_variance_, float)
    assert isinstance(pca.score(X_), float)
    assert pca.score(X_) == pytest.approx(reference.score(X), rel=1e-2)


def test_scikit_learn_is_told_that_tensors_are_taken():
    """Without the tag its checks of tensors would not run."""
    assert get_tags(PCA()).array_api_support


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_share_and_all_components_of_every_kind(backend):
    X = backend.array(falling())
    assert PCA(0.9).fit(X).n_components_ == PCA(0.9).fit(falling()).n_components_
    for solver in EXACT:
        pca = PCA(solver=solver).fit(X)
        np.testing.assert_allclose(
            backend.numpy(pca.inverse_transform(pca.transform(X))), falling(), atol=1e-12
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.1, 10), st.sampled_from(EXACT))
def test_shift_scale_turn_and_order_of_rows(seed, shift, scale, solver):
    X, rng = falling(80, 6, seed), np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    pca = PCA(4, solver=solver).fit(X)
    other = PCA(4, solver=solver).fit(scale * rng.permutation(X) @ turn + shift)
    np.testing.assert_allclose(other.explained_variance_, scale**2 * pca.explained_variance_)
    expected = with_signs(pca.components_ @ turn)
    np.testing.assert_allclose(other.components_, expected, atol=1e-8)


def test_several_blocks_are_one(monkeypatch):
    X = falling(1000)
    for solver in SOLVERS:
        X = X + 100  # too far from 0 for XᵀX − nμμᵀ
        whole = PCA(3, solver=solver, random_state=0).fit(X)
        with monkeypatch.context() as patch:
            patch.setattr(module, "BLOCK", 64)
            parts = PCA(3, solver=solver, random_state=0).fit(X)
            T = parts.transform(X)
        np.testing.assert_allclose(parts.components_, whole.components_, atol=1e-10)
        np.testing.assert_allclose(parts.explained_variance_, whole.explained_variance_)
        np.testing.assert_allclose(T, whole.transform(X), atol=1e-9)


def test_one_row_at_a_time_is_all_rows():
    X = falling()
    pca = PCA(3, whiten=True).fit(X)
    single = np.vstack([pca.transform(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(single, pca.transform(X)[:5], atol=1e-13)


@pytest.mark.parametrize("offset", [0.0, 1.0, 4.0, 100.0])
def test_both_ways_to_the_covariance_agree_and_the_near_one_copies_nothing(offset, monkeypatch):
    X = falling(ratio=0.9) + offset
    monkeypatch.setattr(module, "NEAR", -1)  # always the products of centred samples
    centred = PCA(3, solver="eigh").fit(X)
    monkeypatch.setattr(module, "NEAR", math.inf)
    monkeypatch.setattr(module, "_products", None)
    short = PCA(3, solver="eigh").fit(X)
    np.testing.assert_allclose(short.components_, centred.components_, atol=1e-8)
    np.testing.assert_allclose(short.explained_variance_, centred.explained_variance_, rtol=1e-8)
    np.testing.assert_allclose(short.mean_, centred.mean_, rtol=1e-12)


@pytest.mark.parametrize(("offset", "is_centred"), [(3.9, False), (4.1, True)])
def test_samples_are_centred_first_where_the_mean_is_above_four_standard_deviations(
    offset, is_centred, monkeypatch
):
    used = []
    how = module._products
    monkeypatch.setattr(module, "_products", lambda *a: (used.append(a), how(*a))[1])
    X = np.random.default_rng(0).normal(size=(1000, 3))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    PCA(1, solver="eigh").fit(X + offset)
    assert bool(used) == is_centred


def test_a_second_fit_and_the_data_are_untouched():
    X = falling()
    before = X.copy()
    pca = PCA(3, solver="randomized", random_state=0)
    first = pca.fit(X).components_.copy()
    np.testing.assert_array_equal(pca.fit(X).components_, first)
    assert np.array_equal(X, before)
    assert pca.get_feature_names_out().tolist() == ["pca0", "pca1", "pca2"]
