"""The comparisons of the chapter on multilayer perceptrons, on little data and few networks."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs

from course_lib.datasets import two_spirals
from course_lib.neighbors import KNeighborsClassifier
from course_lib.nn import mlp_trials as trials
from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import dense_network
from course_lib.nn.mlp import MLPClassifier
from course_lib.nn.piecewise import joints, sawtooth
from course_lib.nn.side_by_side import train_side_by_side


def test_a_fitted_curve_is_the_best_of_its_starts():
    fit = trials.fit_curve("tanh", 4, starts=2)
    x = np.linspace(-1, 1, 401)
    off = np.sqrt(np.mean((fit.output(x) - trials.curve_to_fit(x)) ** 2))
    assert fit.errors.shape == (2,)
    assert off == pytest.approx(fit.errors.min())
    assert off < 0.4
    b = fit.network.parameters()[3].data
    np.testing.assert_allclose(fit.parts(x).sum(axis=1) + b, fit.output(x))


def test_the_rate_with_the_smallest_median_is_taken():
    seen = []
    x, fine = (np.linspace(-1, 1, m)[:, None] for m in (65, 401))
    for eta in trials.RATES["relu"]:
        nets = train_side_by_side(
            x, trials.curve_to_fit(x), [3], [0, 1, 2], eta=eta, **trials.ON_A_CURVE
        )
        gap = nets.outputs(fine) - trials.curve_to_fit(fine)
        seen.append(np.median(np.sqrt(np.mean(gap**2, axis=(1, 2)))))
    fit = trials.fit_curve("relu", 3, starts=3)
    assert np.median(fit.errors) == pytest.approx(min(seen), rel=1e-4)


def test_a_sawtooth_of_one_tooth_is_learnt_and_a_large_one_by_few_units_is_not():
    assert trials.fit_sawtooth([16], 1, starts=3).min() < 0.05
    few = trials.fit_sawtooth([2], 4, starts=3)
    assert few.shape == (3,)
    assert few.min() > 0.2


def test_the_shallow_rival_has_even_joints_and_is_the_nearest():
    network = trials.shallow_sawtooth(3, 5)
    found = joints(network, 0, 1)
    assert np.allclose(found * 5, np.round(found * 5))
    x = np.linspace(0, 1, 1025)
    error = trials.output_of(network, x) - sawtooth(x, 3)
    hat = np.interp(x, np.linspace(0, 1, 6), np.eye(6)[2])
    assert np.mean(error * hat) == pytest.approx(0, abs=1e-9)
    exact = trials.output_of(trials.shallow_sawtooth(3, 8), x)
    np.testing.assert_allclose(exact, sawtooth(x, 3), atol=1e-9)


@pytest.mark.parametrize("kind", ["relu", "tanh", "sigmoid"])
def test_slopes_are_counted_by_small_steps(kind):
    X = np.random.default_rng(0).normal(size=(40, 6)) * 12
    shares = []
    for seed in (0, 1):
        first, bend, _ = dense_network([6, 64, 1], kind, random_state=seed).layers
        Z = first(Tensor(X)).data
        slope = (bend(Tensor(Z + 1e-6)).data - bend(Tensor(Z - 1e-6)).data) / 2e-6
        largest = {"relu": 1, "tanh": 1, "sigmoid": 0.25}[kind]
        shares.append(np.mean(slope < 0.01 * largest))
    share = np.mean(shares)
    assert trials.flat_share(kind, X, layers=2) == pytest.approx(share, abs=5e-4)
    assert 0.02 < share < 0.9


def test_errors_of_widths_are_per_cent_of_fitted_and_of_new_points():
    samples = [two_spirals(60, k, noise=0.2, wrong=0.2) for k in (3, 4)]
    new, truth = two_spirals(400, 9, noise=0.2)
    found = trials.errors_of_widths(samples, (new, truth), [2, 8], lam=0.001)
    assert found.shape == (2, 2, 2)
    X, y = samples[1]
    nets = train_side_by_side(X, y, [8], [1], lam=0.001, **trials.ON_POINTS)
    assert found[1, 0, 1] == pytest.approx(100 * np.mean(nets.predict(X) != y), abs=2)
    assert found[1, 1, 1] == pytest.approx(100 * np.mean(nets.predict(new) != truth), abs=2)


def test_errors_of_prices_are_means_over_the_samples():
    samples = [two_spirals(60, k, noise=0.2, wrong=0.2) for k in (3, 4)]
    held = two_spirals(300, 9, noise=0.2)
    found = trials.errors_of_prices(samples, held, 6, (0.001, 0.5))
    each = trials.errors_of_widths(samples, held, [6], lam=0.001)[0, 1]
    assert found.shape == (2,)
    assert found[0] == pytest.approx(each.mean(), abs=2)
    assert found[1] > found[0]


def test_splits_are_orders_of_all_rows():
    two = trials.splits(20, (12, 16), 2)
    assert all(sorted(np.concatenate(cut)) == list(range(20)) for cut in two)
    assert not np.array_equal(two[0][0], two[1][0])


def test_prepared_features_have_the_mean_and_spread_of_the_rows_to_fit():
    X, y = make_blobs(90, 2, random_state=0)
    X = np.round(X * [1, 1000] * 64) / 64 + [0, 5000]  # 64 rows: their mean has no rounding error
    cuts = trials.splits(90, (64, 77), 2)
    found = trials.prepared(X, y, cuts, "standardised", (1e-9, 0.03), n_epochs=60)
    assert found.chosen == 0.03
    fit, held, new = cuts[1]
    Z = (X - X[fit].mean(axis=0)) / X[fit].std(axis=0)
    alone = train_side_by_side(
        Z[fit], y[fit], [16], [1], eta=0.03, n_epochs=60, watch=(Z[held], y[held])
    )
    assert found.errors[1] == pytest.approx(100 * np.mean(alone.predict(Z[new]) != y[new]))
    best = np.argmin(alone.watched[:, 0])
    assert found.epochs[1] == best + 1
    moved = trials.prepared(X - 5000, y, cuts, "zero-centred", (0.03,))
    same = trials.prepared(X, y, cuts, "zero-centred", (0.03,))
    np.testing.assert_array_equal(moved.errors, same.errors)
    other = trials.prepared(X, y, cuts, "as measured", (0.03,))
    assert other.errors.mean() > found.errors.mean()
    with pytest.raises(ValueError, match="way must be one of"):
        trials.prepared(X, y, cuts, "whitened", (0.03,))


def test_networks_for_digits_choose_on_the_held_rows():
    D, d = load_digits(return_X_y=True)
    D, cuts = D / 16, trials.splits(300, (200, 250), 2)
    found = trials.digit_networks(D, d, cuts, [8], (1e-3, 10.0))
    assert found.lam.tolist() == [1e-3, 1e-3]
    assert found.answers.shape == (2, 50)
    fit, held, _ = (np.array(part) for part in zip(*cuts, strict=True))
    alone = train_side_by_side(
        D[fit], d[fit], [8], range(2), lam=1e-3, watch=(D[held], d[held]), **trials.ON_DIGITS
    )
    assert found.loss == pytest.approx(alone.watched.min(axis=0))
    wrong = 100 * np.mean(found.answers[0] != d[cuts[0][2]])
    assert found.errors[0] == pytest.approx(wrong)
    assert wrong < 40


def test_a_rival_is_chosen_on_the_held_rows_and_tested_on_the_others():
    D, d = load_digits(return_X_y=True)
    cuts = trials.splits(400, (200, 300), 2)
    near = {k: KNeighborsClassifier(k) for k in (150, 1)}
    found = trials.tuned_rival(near, D, d, cuts, "errors")
    assert found.chosen == [1, 1]
    fit, _, new = cuts[1]
    alone = KNeighborsClassifier(1).fit(D[fit], d[fit])
    assert found.errors[1] == pytest.approx(100 * np.mean(alone.predict(D[new]) != d[new]))
    both = {e: MLPClassifier((), n_epochs=e, random_state=0) for e in (1, 40)}
    assert trials.tuned_rival(both, D / 16, d, cuts[:1], "loss").chosen == [40]
    with pytest.raises(ValueError, match="by must be 'loss' or 'errors'"):
        trials.tuned_rival(near, D, d, cuts, "taste")
