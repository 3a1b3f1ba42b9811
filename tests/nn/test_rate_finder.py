"""The range test of rates, against a training written out and the closed form of a quadratic."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn import rate_finder
from course_lib.nn.rate_finder import RateSweep, find_rate
from course_lib.nn.training import seeded

X = torch.linspace(-1, 1, 64)[:, None]
DATA = (X, 3 * X + 1)


def line():
    with seeded(0):
        return torch.nn.Linear(1, 1)


def test_the_rates_grow_by_one_factor_and_the_model_stays():
    model = line()
    before = copy.deepcopy(model.state_dict())
    sweep = find_rate(model, F.mse_loss, DATA, least=1e-3, most=0.1, n_steps=21)
    np.testing.assert_allclose(sweep.rates, 1e-3 * 100 ** (np.arange(21) / 20))
    assert len(sweep.losses) == len(sweep.smoothed) == 21
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())


def test_on_whole_batches_it_is_gradient_descent_written_out():
    model, theirs = line(), line()
    sweep = find_rate(
        model,
        F.mse_loss,
        DATA,
        least=0.01,
        most=0.5,
        n_steps=12,
        batch_size=64,
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=1.0),
    )
    losses = []
    for eta in sweep.rates:
        loss = F.mse_loss(theirs(X), DATA[1])
        losses.append(loss.item())
        theirs.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in theirs.parameters():
                p -= eta * p.grad
    np.testing.assert_allclose(sweep.losses, losses, rtol=1e-4)


def test_the_default_rule_has_momentum():
    options = {"least": 0.01, "most": 0.1, "n_steps": 12, "batch_size": 64}
    plain, momentum = (
        find_rate(
            line(),
            F.mse_loss,
            DATA,
            optimizer=lambda parameters, m=m: torch.optim.SGD(parameters, lr=1.0, momentum=m),
            **options,
        )
        for m in (0.0, 0.9)
    )
    default = find_rate(line(), F.mse_loss, DATA, **options)
    np.testing.assert_allclose(default.losses, momentum.losses)
    assert np.abs(plain.losses - momentum.losses).max() > 0.01


def test_batches_are_drawn_anew_by_the_random_state():
    seen = []

    def loss(outputs, targets):
        seen.append(targets.ravel().tolist())
        return F.mse_loss(outputs, targets)

    find_rate(line(), loss, DATA, n_steps=5, batch_size=8, most=1e-4)
    first = list(seen)
    seen.clear()
    find_rate(line(), loss, DATA, n_steps=5, batch_size=8, most=1e-4)
    assert seen == first
    assert all(len(set(one)) == 8 for one in first)
    assert len({tuple(one) for one in first}) == 5
    seen.clear()
    find_rate(line(), loss, DATA, n_steps=5, batch_size=8, most=1e-4, random_state=1)
    assert seen != first


def test_losses_are_smoothed_without_a_start_from_zero():
    sweep = rate_finder._record(np.array([1.0, 2, 3]), np.array([4.0, 2.0, 1.0]), 0.5)
    expected = [4, (0.5 * 4 + 2) / 1.5, (0.25 * 4 + 0.5 * 2 + 1) / 1.75]
    np.testing.assert_allclose(sweep.smoothed, expected)
    plain = rate_finder._record(np.array([1.0, 2, 3]), np.array([4.0, 2.0, 1.0]), 0.0)
    np.testing.assert_allclose(plain.smoothed, [4, 2, 1])


def test_the_record_ends_where_the_loss_leaves_all_measure():
    rates = np.arange(1.0, 6)
    cut = rate_finder._record(rates, np.array([1.0, 0.5, 1.9, 2.1, 3.0]), 0.0)
    assert cut.losses.tolist() == [1.0, 0.5, 1.9, 2.1]  # 2.1 is more than four times 0.5
    assert cut.rates.tolist() == [1, 2, 3, 4]
    broken = rate_finder._record(rates, np.array([1.0, 0.5, np.nan]), 0.0)
    assert broken.losses.tolist() == [1.0, 0.5]
    at_once = rate_finder._record(rates, np.array([np.inf]), 0.0)
    assert at_once.rates.tolist() == [1.0]
    sweep = find_rate(line(), F.mse_loss, DATA, most=1e6, n_steps=60)
    assert len(sweep.rates) < 60
    assert np.isfinite(sweep.losses).all()


def test_what_is_read_off_the_record():
    rates = np.geomspace(1e-3, 1, 4)
    sweep = RateSweep(rates, np.zeros(4), np.array([2.0, 1.9, 1.0, 1.5]))
    assert sweep.lowest == pytest.approx(0.1)
    assert sweep.suggested == pytest.approx(0.01)
    assert sweep.steepest == pytest.approx(0.01)  # central differences: −1, −.45 at the ends…
    assert RateSweep(rates[:1], np.zeros(1), np.ones(1)).steepest == pytest.approx(1e-3)


def test_the_loss_of_a_quadratic_falls_until_the_rate_is_one_over_its_curvature():
    """½ a w²: a step multiplies w by 1 − ηa, which passes 0 at η = 1/a."""
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)
    a = 4.0
    sweep = find_rate(
        model,
        lambda outputs, targets: a / 2 * outputs.square().mean(),
        (torch.ones(8, 1), torch.zeros(8, 1)),
        least=0.01,
        most=5.0,
        n_steps=200,
        smooth=0.0,
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=1.0),
    )
    assert sweep.lowest == pytest.approx(1 / a, rel=0.07)
    shrink = (1 - a * sweep.rates) ** 2
    np.testing.assert_allclose(sweep.losses[1:40] / sweep.losses[:39], shrink[:39], rtol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"least": 0.0}, "least must be a finite number above 0"),
        ({"least": 1.0, "most": 1.0}, "most must be a finite number above 1"),
        ({"n_steps": 1}, "n_steps must be a whole number of at least 2"),
        ({"smooth": 1.0}, "smooth must be a finite number"),
        ({"smooth": -0.1}, "smooth must be a finite number"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
    ],
)
def test_errors_name_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        find_rate(line(), F.mse_loss, DATA, **options)
