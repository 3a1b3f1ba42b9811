"""Measures of samples: against quadrature, SciPy's root of a matrix, and data that are the same."""

import numpy as np
import pytest
from scipy import linalg, stats
from scipy.integrate import quad

from course_lib.datasets import NormalMixture, normal_ring
from course_lib.nn import gan_measures
from course_lib.nn.gan_measures import (
    best_value,
    covered,
    frechet_distance,
    game_value,
    jensen_shannon,
    optimal_discriminator,
    total_variation,
    trained_value,
    two_sample_test,
)

STEP = 0.01
LINE = np.arange(-12, 16, STEP)


def normals(mean):
    return stats.norm(0, 1).pdf(LINE), stats.norm(mean, 1).pdf(LINE)


# --- the best discriminator ----------------------------------------------------------------------


def test_no_answer_is_worth_more_than_the_best_discriminators():
    p, q = normals(1.5)
    best = optimal_discriminator(p, q)
    value = game_value(best, p, q, STEP)
    assert value == pytest.approx(best_value(jensen_shannon(p, q, STEP)), abs=1e-9)
    rng = np.random.default_rng(0)
    for size in (0.01, 0.3):
        other = np.clip(best + size * rng.uniform(-1, 1, best.shape), 1e-9, 1 - 1e-9)
        assert game_value(other, p, q, STEP) < value
    assert game_value(np.full_like(p, 0.5), p, q, STEP) == pytest.approx(-np.log(4))


def test_the_best_discriminator_of_two_normals_is_logistic():
    p, q = normals(2.0)
    expected = 1 / (1 + np.exp(2 * LINE - 2))  # log p/q = −μx + μ²/2
    np.testing.assert_allclose(optimal_discriminator(p, q), expected, rtol=1e-9)
    assert np.isnan(optimal_discriminator([0.0], [0.0])).all()
    assert optimal_discriminator([0, 2], [3, 0]).tolist() == [0, 1]


@pytest.mark.parametrize(("mean", "rounded"), [(1, 0.1114), (2, 0.3368), (4, 0.6327)])
def test_the_divergence_of_two_normals_is_that_of_adaptive_quadrature(mean, rounded):
    def density(x):
        p, q = stats.norm(0, 1).pdf(x), stats.norm(mean, 1).pdf(x)
        m = (p + q) / 2
        return 0.5 * (p * np.log(p / m) + q * np.log(q / m))

    found = jensen_shannon(*normals(mean), STEP)
    assert found == pytest.approx(quad(density, -10, 14, epsabs=1e-12)[0], abs=1e-10)
    assert round(found, 4) == rounded


def test_the_divergence_is_symmetric_and_runs_from_0_to_log_2():
    p, q = normals(1.0)
    assert jensen_shannon(p, q, STEP) == pytest.approx(jensen_shannon(q, p, STEP))
    assert jensen_shannon(p, p, STEP) == 0
    assert best_value(0) == -np.log(4)
    left, right = np.where(LINE < 0, p, 0), np.where(LINE >= 0, p, 0)
    left, right = left / left.sum() / STEP, right / right.sum() / STEP
    assert jensen_shannon(left, right, STEP) == pytest.approx(np.log(2))
    assert best_value(np.log(2)) == pytest.approx(0)
    assert game_value(optimal_discriminator(left, right), left, right, STEP) == 0


def test_a_ring_against_half_of_it_is_three_quarters_of_log_4_3():
    ring, half = normal_ring(sigma=0.1), normal_ring(sigma=0.1, only=(0, 2, 4, 6))
    x = np.arange(-3, 3, 0.02)
    grid = np.stack(np.meshgrid(x, x), axis=-1)
    found = jensen_shannon(ring.density(grid), half.density(grid), 0.02**2)
    assert found == pytest.approx(0.75 * np.log(4 / 3), abs=1e-4)


@pytest.mark.parametrize("mean", [1.0, 2.0, 4.0])
def test_a_trained_discriminator_estimates_the_value_on_new_points(mean):
    pair = [NormalMixture([[m]], 1.0) for m in (0.0, mean)]
    values, D = trained_value(pair[0].draw, pair[1].draw, seeds=range(3), n_steps=600)
    exact = best_value(jensen_shannon(*normals(mean), STEP))
    np.testing.assert_allclose(values, exact, atol=0.02)
    assert len(D) == len(values) == 3
    x = np.linspace(mean / 2 - 1, mean / 2 + 1, 5)[:, None]
    answers = D(x).sigmoid()[..., 0].detach().numpy()
    expected = optimal_discriminator(*(one.density(x) for one in pair))
    np.testing.assert_allclose(answers, np.tile(expected, (3, 1)), atol=0.1)


def test_the_value_is_taken_on_the_points_that_are_asked_for():
    pair = [NormalMixture([[m]], 1.0).draw for m in (0.0, 4.0)]
    options = {"seeds": [0], "n_steps": 100, "n_test": 2000}
    values, D = trained_value(*pair, **options)
    (swapped,), _ = trained_value(*pair, **options, test=(pair[1], pair[0]))
    assert swapped < -3 < -1 < values[0] < 0
    seen = []

    def same(n, rng):
        seen.append(n)
        return np.zeros((n, 1))

    (value,), D = trained_value(*pair, **options, test=(same, same))
    score = D([[0.0]]).item()
    expected = -np.log1p(np.exp(-score)) - np.log1p(np.exp(score))
    assert value == pytest.approx(expected, rel=1e-4)
    assert seen == [2000, 2000]


def test_no_point_of_the_training_is_asked_for_again():
    met = []

    def drawn(n, rng):
        X = rng.standard_normal((n, 1))
        met.append(X)
        return X

    trained_value(drawn, drawn, seeds=[0, 3], n_steps=2, batch_size=50, n_test=60)
    learned, tested = (np.concatenate([X for X in met if len(X) == n]) for n in (50, 60))
    assert (len(learned), len(tested)) == (8 * 50, 4 * 60)
    assert not np.isin(tested, learned).any()
    assert len(np.unique(tested)) == 4 * 60


def test_where_nothing_is_said_the_judges_are_those_of_the_docstrings(monkeypatch):
    trained = []

    def train(judges, *data, **options):
        trained.append((judges.widths, options))

    monkeypatch.setattr(gan_measures, "train_discriminator", train)
    monkeypatch.setattr(gan_measures, "train_many", train)
    asked = []

    def counted(n, rng):
        asked.append(n)
        return np.zeros((n, 2))

    trained_value(counted, counted, seeds=[0])
    two_sample_test(np.zeros((8, 2)), np.ones((8, 2)), seeds=[0])
    (value, by_value), (test, by_test) = trained
    assert value == (2, 32, 32, 1)
    assert by_value == {"n_steps": 1000, "eta": 3e-3, "batch_size": 256}
    assert asked[-1] == 50_000
    assert test == (2, 64, 64, 2)
    assert by_test == {"n_steps": 600, "eta": 3e-3, "batch_size": 128, "rule": "adam"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimal_discriminator([1.0], [1.0, 2.0]), "p and q must be densities"),
        (lambda: jensen_shannon([-1.0], [1.0], 0.1), "p and q must be densities"),
        (lambda: jensen_shannon([1.0], [-1.0], 0.1), "p and q must be densities"),
        (lambda: jensen_shannon([1.0], [1.0], 0), "cell must be"),
        (lambda: game_value([0.5], [1.0], [1.0], -1), "cell must be"),
        (
            lambda: trained_value(normal_ring().draw, NormalMixture([[0.0]], 1).draw, seeds=[0]),
            "points \\(n, d\\) of one d",
        ),
    ],
)
def test_what_is_no_density_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- samples -------------------------------------------------------------------------------------


def test_a_ring_covers_itself_and_half_of_it_half():
    ring = normal_ring()
    X = np.stack([ring.draw(4000, 0), normal_ring(only=(1, 2, 5, 7)).draw(4000, 0)])
    found = covered(X, ring.centers, ring.sigma)
    assert found.modes.tolist() == [8, 4]
    # within 4σ in the plane lie all but e⁻⁸ of a round normal distribution
    np.testing.assert_allclose(found.near, 1, atol=2e-3)
    np.testing.assert_allclose(found.shares[0], 1 / 8, atol=0.02)
    assert (found.shares[1] == 0).tolist() == [k not in (1, 2, 5, 7) for k in range(8)]


def test_a_sample_counts_for_the_nearest_centre_within_the_radius_only():
    centers = [[0.0, 0.0], [1.0, 0.0]]
    X = [[0.4, 0.0], [0.6, 0.0], [0.0, 0.51], [3.0, 0.0]]
    found = covered(X, centers, 0.1, widths=5)
    assert found.shares.tolist() == [[0.25, 0.25]]
    assert covered(X, centers, 0.1).near.tolist() == [0.5]
    assert covered(X, centers, 0.1, widths=3.9).near.tolist() == [0.0]
    assert covered(X, centers, 0.1, share=0.25).modes.tolist() == [2]
    assert covered(X, centers, 0.1, share=0.26).modes.tolist() == [0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((3, 2)), np.zeros((4, 1)), 1.0), "X \\(N, n, d\\), centers \\(K, d\\)"),
        ((np.zeros(3), np.zeros((4, 1)), 1.0), "X \\(N, n, d\\)"),
        ((np.zeros((0, 2)), np.zeros((4, 2)), 1.0), "X \\(N, n, d\\)"),
        ((np.zeros((3, 2)), np.zeros((4, 2)), 0.0), "sigma must be"),
    ],
)
def test_samples_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        covered(*arguments)


def test_new_discriminators_tell_different_data_apart_and_not_the_same():
    ring = normal_ring()
    A = np.stack([ring.draw(2000, k) for k in range(4)])
    same = np.stack([ring.draw(2000, 10 + k) for k in range(4)])
    accuracy = two_sample_test(A, same, seeds=range(4), n_steps=200)
    np.testing.assert_allclose(accuracy, 0.5, atol=0.05)  # 2000 answers: σ = .011
    half = normal_ring(only=(0, 2, 4, 6)).draw(2000, 99)
    accuracy = two_sample_test(A, half, seeds=range(4), n_steps=200)
    np.testing.assert_allclose(accuracy, 0.75, atol=0.05)
    far = two_sample_test(A, A + 10, seeds=range(4), n_steps=200)
    assert (far > 0.99).all()


def test_units_of_the_data_do_not_matter():
    A, B = (NormalMixture([[m, 0.0]], 1.0).draw(400, k) for k, m in enumerate((0.0, 1.5)))
    found = [
        two_sample_test(c * A + s, c * B + s, seeds=[0], n_steps=50)[0]
        for c, s in ((1.0, 0.0), (1e4, 0.0), (1e-4, 3.0))
    ]
    assert max(found) - min(found) < 0.02
    assert min(found) > 0.7


def test_two_samples_must_be_as_many():
    with pytest.raises(ValueError, match="as many points of one dimension"):
        two_sample_test(np.zeros((8, 2)), np.zeros((6, 2)), seeds=[0])
    with pytest.raises(ValueError, match="as many points of one dimension"):
        two_sample_test(np.zeros((3, 2)), np.zeros((3, 2)), seeds=[0])


@pytest.mark.parametrize("n", [40, 5])
def test_frechets_distance_is_that_of_scipys_root(n):
    rng = np.random.default_rng(n)
    A = rng.standard_normal((n, 6)) @ rng.standard_normal((6, 6))
    B = 1 + rng.standard_normal((n + 3, 6)) @ rng.standard_normal((6, 6))
    S_A, S_B = np.cov(A.T), np.cov(B.T)
    root = linalg.sqrtm(S_A @ S_B)
    root = np.real(root)
    means = A.mean(axis=0) - B.mean(axis=0)
    expected = means @ means + np.trace(S_A + S_B - 2 * root)
    # five samples of six features: the product is singular, and sqrtm loses half its digits
    assert frechet_distance(A, B) == pytest.approx(expected, rel=1e-9 if n > 6 else 1e-4)


def test_frechets_distance_of_a_sample_from_itself_is_0_and_a_shift_counts_squared():
    A = np.random.default_rng(0).standard_normal((50, 3))
    assert frechet_distance(A, A) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(A, A + np.array([3, 0, 4])) == pytest.approx(25)
    assert frechet_distance(A, 2 * A) == pytest.approx(
        (A.mean(axis=0) ** 2).sum() + np.trace(np.cov(A.T))
    )
    assert frechet_distance(A[:, :1], A[:, :1] + 1) == pytest.approx(1)
    for bad in (A[:, 0], A[:, :2], A[:1]):
        with pytest.raises(ValueError, match="A and B must be"):
            frechet_distance(A, bad)


def test_total_variation_is_the_share_that_must_move():
    assert total_variation([1, 1], [3, 3]) == 0
    assert total_variation([1, 0], [0, 5]) == 1
    assert total_variation([2, 1, 1], [1, 1, 2]) == pytest.approx(0.25)
    for bad in ([1, 2, 3], [0, 0], [-1, 2], [[1, 1]]):
        with pytest.raises(ValueError, match="counts of the same classes"):
            total_variation([1, 1], bad)
