"""The randomised decomposition: its error bound, what it finds exactly, and what it refuses."""

import math

import numpy as np
import pytest
from backends import BACKENDS
from scipy import sparse

from course_lib.decomposition import randomized_error_bound, randomized_svd

SPECTRA = {
    "flat": np.ones(60),
    "slow": 1 / np.sqrt(np.arange(1, 61)),
    "steep": 0.5 ** np.arange(60),
    "step": np.r_[np.full(5, 10.0), np.ones(55)],
}


def with_spectrum(values, n=100, seed=0):
    rng, d = np.random.default_rng(seed), len(values)
    left, right = (np.linalg.qr(rng.normal(size=(k, d)))[0] for k in (n, d))
    return (left * values) @ right.T


def error(A, V):
    return np.linalg.norm(A - A @ V.T @ V, 2)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("power", [1, 2, 7])
@pytest.mark.parametrize("name", SPECTRA)
def test_the_mean_error_is_below_the_bound_and_above_the_best(name, power, wide):
    values, m = SPECTRA[name], 5
    A = with_spectrum(values).T if wide else with_spectrum(values)
    errors = [error(A, randomized_svd(A, m, power=power, random_state=s)[1]) for s in range(20)]
    bound = randomized_error_bound(values[m], 60, m, power=power)
    assert values[m] * (1 - 1e-9) <= min(errors)
    assert np.mean(errors) <= bound


def test_more_power_comes_nearer():
    A = with_spectrum(SPECTRA["slow"])
    means = []
    for power in (1, 2, 4, 8, 16):
        found = [randomized_svd(A, 5, power=power, random_state=s)[1] for s in range(20)]
        means.append(np.mean([((A - A @ V.T @ V) ** 2).sum() for V in found]))
    best = (SPECTRA["slow"][5:] ** 2).sum()
    assert np.all(np.diff(means) < 0)
    assert means[0] > 1.01 * best
    assert means[-1] < 1.001 * best


def test_more_oversamples_come_nearer():
    A = with_spectrum(SPECTRA["slow"])
    means = []
    for oversamples in (0, 5, 20):
        found = [
            randomized_svd(A, 5, power=2, oversamples=oversamples, random_state=s)[1]
            for s in range(20)
        ]
        means.append(np.mean([((A - A @ V.T @ V) ** 2).sum() for V in found]))
    assert np.all(np.diff(means) < 0)


@pytest.mark.parametrize("shape", [(100, 60), (60, 100)])
@pytest.mark.parametrize("seed", range(3))
def test_a_matrix_of_low_rank_is_found_to_its_last_digits(shape, seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(shape[0], 4)) @ rng.normal(size=(4, shape[1]))
    s, V = randomized_svd(A, 4, power=1, random_state=seed)
    np.testing.assert_allclose(s, np.linalg.svd(A, compute_uv=False)[:4], rtol=1e-12)
    assert error(A, V) < 1e-12 * s[0]
    np.testing.assert_allclose(V @ V.T, np.eye(4), atol=1e-12)


def test_singular_values_are_never_overestimated_and_are_those_along_the_vectors():
    A = with_spectrum(SPECTRA["flat"]) + with_spectrum(SPECTRA["slow"], seed=1)
    true = np.linalg.svd(A, compute_uv=False)
    for seed in range(10):
        s, V = randomized_svd(A, 8, power=1, random_state=seed)
        assert np.all(s <= true[:8] * (1 + 1e-12))
        assert np.all(np.diff(s) <= 0)
        np.testing.assert_allclose(np.linalg.norm(A @ V.T, axis=0), s)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_kind_of_array_draws_the_same(backend):
    A = with_spectrum(SPECTRA["slow"])
    s = randomized_svd(A, 3, random_state=0)[0]
    for dtype, close in (("float64", 1e-9), ("float32", 1e-2)):
        s_, V_ = randomized_svd(backend.array(A, dtype), 3, random_state=0)
        assert backend.owns(s_, dtype)
        assert backend.owns(V_, dtype)
        np.testing.assert_allclose(backend.numpy(s_), s, rtol=close)
        np.testing.assert_allclose(abs(backend.numpy(V_ @ V_.T)), np.eye(3), atol=1e-5)


def test_as_many_vectors_as_there_are_is_exact():
    A = with_spectrum(SPECTRA["slow"])[:, :7]
    s, _ = randomized_svd(A, 7, oversamples=0, power=1, random_state=0)
    np.testing.assert_allclose(s, np.linalg.svd(A, compute_uv=False), rtol=1e-12)
    s, _ = randomized_svd(A, 7, oversamples=99, power=1, random_state=0)
    np.testing.assert_allclose(s, np.linalg.svd(A, compute_uv=False), rtol=1e-12)


def test_the_bound_by_hand_and_as_power_grows():
    """m = p = 4 of 20: 1 + √(4/3) + e√8/4 · 4, its root, and 1 more."""
    inside = 1 + math.sqrt(4 / 3) + math.e * math.sqrt(8)
    found = randomized_error_bound(3.0, 20, 4, oversamples=4, power=1)
    assert found == pytest.approx(3 * (1 + math.sqrt(inside)))
    assert randomized_error_bound(1.0, 20, 4, power=1000) == pytest.approx(2, abs=0.002)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"m": 0}, "m must be a whole number from 1 to 60"),
        ({"m": 61}, "m must be a whole number from 1 to 60"),
        ({"power": 0}, "power must be a whole number of at least 1"),
        ({"oversamples": -1}, "oversamples must be a whole number of at least 0"),
    ],
)
def test_numbers_out_of_range(changes, message):
    with pytest.raises(ValueError, match=message):
        randomized_svd(with_spectrum(SPECTRA["flat"]), **({"m": 3} | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"next_value": -1}, "next_value must be"),
        ({"smallest_side": 0}, "smallest_side must be"),
        ({"m": 21}, "m must be a whole number from 1 to 20"),
        ({"oversamples": 1}, "oversamples must be a whole number of at least 2"),
        ({"power": 0}, "power must be a whole number of at least 1"),
    ],
)
def test_the_bound_refuses_numbers_out_of_range(changes, message):
    with pytest.raises(ValueError, match=message):
        randomized_error_bound(**({"next_value": 1.0, "smallest_side": 20, "m": 4} | changes))


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_a_sparse_matrix_has_the_vectors_of_the_same_numbers_in_an_array(make):
    rng = np.random.default_rng(0)
    A = rng.normal(size=(80, 50)) * (rng.random((80, 50)) < 0.2)
    s, V = randomized_svd(A, 4, random_state=0)
    s_sparse, V_sparse = randomized_svd(make(A), 4, random_state=0)
    np.testing.assert_allclose(s_sparse, s, rtol=1e-10)
    np.testing.assert_allclose(np.abs(V_sparse @ V.T), np.eye(4), atol=1e-7)
    single = randomized_svd(make(A.astype(np.float32)), 4, random_state=0)
    assert single[0].dtype == single[1].dtype == np.float32
    np.testing.assert_allclose(single[0], s, rtol=1e-4)
    whole = make(np.round(10 * A).astype(np.int64))
    np.testing.assert_allclose(
        randomized_svd(whole, 4, random_state=0)[0],
        randomized_svd(whole.toarray().astype(float), 4, random_state=0)[0],
        rtol=1e-10,
    )


def test_a_sparse_matrix_must_be_finite():
    with pytest.raises(ValueError, match="A must hold finite numbers only"):
        randomized_svd(sparse.csr_array([[1.0, np.nan], [0.0, 1.0]]), 1)
