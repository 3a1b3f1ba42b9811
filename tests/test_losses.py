"""Every loss against torch's, its derivative against finite differences, its constant by search."""

import numpy as np
import pytest
import scipy.optimize
import torch
from backends import BACKENDS
from sklearn.metrics import mean_pinball_loss
from torch.nn import functional as F

from course_lib.losses import (
    AbsoluteLoss,
    CrossEntropy,
    ExponentialLoss,
    HingeLoss,
    HuberLoss,
    LogLoss,
    MulticlassHinge,
    QuantileLoss,
    SquaredHingeLoss,
    SquaredLoss,
    ZeroOneLoss,
    fit_by_weights,
    linear_objective,
)

OF_NUMBERS = [SquaredLoss(), AbsoluteLoss(), HuberLoss(0.7), QuantileLoss(0.8)]
OF_SIGNS = [LogLoss(), HingeLoss(), SquaredHingeLoss(), ExponentialLoss(), ZeroOneLoss()]
OF_CLASSES = [CrossEntropy(), MulticlassHinge()]
EVERY = [*OF_NUMBERS, *OF_SIGNS, *OF_CLASSES]


def make_data(loss, rng, n=40, K=4):
    if loss in OF_CLASSES:
        return rng.integers(0, K, n), 2 * rng.normal(size=(n, K))
    y = rng.normal(size=n) if loss in OF_NUMBERS else rng.choice([-1.0, 1.0], n)
    return y, 2 * rng.normal(size=n)


def by_torch(loss, y, f):
    """The same losses by torch, where it has them, and else by torch's elementary functions."""
    y, f = torch.as_tensor(y), torch.as_tensor(f)
    none = {"reduction": "none"}
    name = type(loss).__name__
    if name == "CrossEntropy":
        return F.cross_entropy(f, y, **none)
    if name == "MulticlassHinge":
        return F.multi_margin_loss(f, y, **none) * f.shape[1]
    return {
        "SquaredLoss": lambda: F.mse_loss(f, y, **none) / 2,
        "AbsoluteLoss": lambda: F.l1_loss(f, y, **none),
        "HuberLoss": lambda: F.huber_loss(f, y, delta=loss.delta, **none),
        "QuantileLoss": lambda: torch.maximum(loss.q * (y - f), (loss.q - 1) * (y - f)),
        "LogLoss": lambda: F.soft_margin_loss(f, y, **none),
        "HingeLoss": lambda: F.hinge_embedding_loss(y * f, -torch.ones_like(y), **none),
        "SquaredHingeLoss": lambda: F.hinge_embedding_loss(y * f, -torch.ones_like(y), **none) ** 2,
        "ExponentialLoss": lambda: torch.exp(-y * f),
        "ZeroOneLoss": lambda: (y * f <= 0).to(f.dtype) + 0 * f,
    }[name]()


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_value_is_torch_s(loss, rng):
    y, f = make_data(loss, rng)
    np.testing.assert_allclose(loss.value(y, f), by_torch(loss, y, f).numpy(), rtol=1e-12)


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_gradient_is_that_of_autograd_and_of_finite_differences(loss, rng):
    y, f = make_data(loss, rng)
    tensor = torch.tensor(f, requires_grad=True)
    by_torch(loss, y, tensor).sum().backward()
    gradient = loss.gradient(y, f)
    assert gradient.shape == f.shape
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-12)
    for step in 1e-6 * np.eye(f[0].size):  # one score after the other
        step = step.reshape(f[0].shape)
        slope = (loss.value(y, f + step) - loss.value(y, f - step)) / 2e-6
        np.testing.assert_allclose(
            (gradient * (step != 0)).reshape(len(f), -1).sum(1), slope, atol=1e-6
        )


def test_smooth_l1_is_huber():
    y, f = np.zeros(5), np.array([-3.0, -1.0, 0.2, 1.0, 4.0])
    ours, theirs = (
        HuberLoss(1.0).value(y, f),
        F.smooth_l1_loss(torch.tensor(f), torch.tensor(y), reduction="none"),
    )
    np.testing.assert_allclose(ours, theirs.numpy())
    theirs = F.smooth_l1_loss(torch.tensor(f), torch.tensor(y), reduction="none", beta=2.0)
    np.testing.assert_allclose(HuberLoss(2.0).value(y, f) / 2.0, theirs.numpy())


def test_quantile_loss_is_scikit_learn_s(rng):
    y, f = rng.normal(size=(2, 30))
    mean = QuantileLoss(0.2).value(y, f).mean()
    assert mean == pytest.approx(mean_pinball_loss(y, f, alpha=0.2))


def test_a_score_of_zero_is_an_error():
    loss, y = ZeroOneLoss(), np.array([1.0, -1.0, 1.0, -1.0])
    np.testing.assert_array_equal(loss.value(y, np.array([0.0, 0.0, 1e-9, -1e-9])), [1, 1, 0, 0])
    assert (loss.best_constant(y), loss.best_constant(y[[0, 1, 3]])) == (1, -1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("loss", [*OF_NUMBERS, *OF_SIGNS], ids=repr)
def test_no_constant_has_a_smaller_mean_loss(loss, seed):
    y, _ = make_data(loss, np.random.default_rng(seed), n=21)

    def mean(c):
        return loss.value(y, np.full(21, c)).mean()

    best = loss.best_constant(y)
    found = scipy.optimize.minimize_scalar(
        mean, bounds=(-5, 5), method="bounded", options={"xatol": 1e-10}
    )
    assert mean(best) <= found.fun + 1e-12
    if loss in (OF_NUMBERS[0], OF_NUMBERS[2], *OF_SIGNS[::3], OF_SIGNS[2]):  # one minimum only
        assert best == pytest.approx(found.x, abs=1e-5)


def test_constants_by_hand():
    y = np.array([1.0, 2.0, 3.0, 10.0])
    assert SquaredLoss().best_constant(y) == 4
    assert AbsoluteLoss().best_constant(y) == 2.5
    assert AbsoluteLoss().best_constant(y[:3]) == 2
    assert QuantileLoss(0.25).best_constant(y) == 1.5
    assert QuantileLoss(0.3).best_constant(y) == 2
    assert QuantileLoss(0.99).best_constant(y) == 10
    assert QuantileLoss(0.01).best_constant(y) == 1
    assert HuberLoss(1.0).best_constant(y) == pytest.approx(2.5)  # −1, −½, ½, 1 add up to 0
    assert HuberLoss(100.0).best_constant(y) == pytest.approx(4)
    assert HuberLoss(2.0).best_constant(y[:1]) == 1
    labels = np.array([1.0, 1.0, 1.0, -1.0])
    assert HingeLoss().best_constant(labels) == 1
    assert HingeLoss().best_constant(-labels) == -1
    assert HingeLoss().best_constant(labels[2:]) == 0
    assert SquaredHingeLoss().best_constant(labels) == 0.5
    assert LogLoss().best_constant(labels) == pytest.approx(np.log(3))
    assert ExponentialLoss().best_constant(labels) == pytest.approx(np.log(3) / 2)
    assert LogLoss().best_constant(labels[:3]) == np.inf
    assert LogLoss().best_constant(-labels[:3]) == -np.inf


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_robust_means_a_bounded_derivative(loss):
    if loss in OF_CLASSES:
        y, f = np.array([0, 1]), np.array([[-1e6, 1e3, 0.0], [700.0, -1e6, 0.0]])
    else:
        y, f = np.array([-1.0, 1.0]), np.array([200.0, -200.0])
    largest = np.abs(loss.gradient(y, f)).max()
    assert loss.robust == (largest <= 3)
    assert np.isfinite(loss.value(y, f)).all()


@pytest.mark.parametrize("loss", [LogLoss(), CrossEntropy()], ids=repr)
def test_logarithms_of_extreme_scores(loss):
    big = 1e4
    y, f = (np.array([1.0, -1.0]), np.array([big, big]))
    if loss == CrossEntropy():
        y, f = np.array([0, 1]), np.array([[big, 0.0], [big, 0.0]])
    np.testing.assert_allclose(loss.value(y, f), [0, big])
    expected = [[0, 0], [1, -1]] if f.ndim == 2 else [0, 1]
    np.testing.assert_allclose(loss.gradient(y, f), expected)


def test_corners_have_a_subgradient():
    zero = np.zeros(1)
    assert AbsoluteLoss().gradient(zero, zero) == 0
    assert QuantileLoss(0.9).gradient(zero, zero) == pytest.approx(-0.4)
    assert HingeLoss().gradient(np.ones(1), np.ones(1)) == 0
    assert (MulticlassHinge().gradient(np.array([0]), np.array([[1.0, 0.0]])) == 0).all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", OF_NUMBERS, ids=repr)
def test_fitted_by_weights_no_line_near_by_is_better(loss, backend, rng):
    A, y = np.column_stack([rng.normal(size=30), np.ones(30)]), rng.normal(size=30)
    y[0] = 100
    w = fit_by_weights(loss, backend.array(A), backend.array(y))
    assert backend.owns(w, "float64")
    w = backend.numpy(w)
    best = loss.value(y, A @ w).sum()
    for step in 0.01 * rng.normal(size=(50, 2)):
        assert loss.value(y, A @ (w + step)).sum() > best - 1e-6
    if loss == SquaredLoss():
        np.testing.assert_allclose(w, np.linalg.lstsq(A, y)[0])
    else:
        assert np.abs(w).max() < 3


def test_targets_of_zero_are_fitted_exactly():
    for loss in OF_NUMBERS:
        assert fit_by_weights(loss, np.ones((3, 1)), np.zeros(3)) == 0


@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_losses_are_values_that_cannot_be_changed(loss):
    assert hash(loss) == hash(type(loss)(**vars(loss)))
    with pytest.raises(AttributeError):
        loss.delta = 3.0


def test_steps_are_counted_and_the_walk_stops_by_itself(monkeypatch):
    y, A, seen = np.array([1.0, 2.0, 90.0, 3.0]), np.ones((4, 1)), []
    monkeypatch.setattr(HuberLoss, "gradient", lambda s, y, f: seen.append(1) or np.sign(f - y))
    fit_by_weights(HuberLoss(), A, y, max_steps=3)
    assert len(seen) == 3
    seen.clear()
    fit_by_weights(HuberLoss(), A, y)
    assert 3 < len(seen) < 299


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("loss", EVERY, ids=repr)
def test_every_kind_of_array_gives_the_same(loss, backend, rng):
    y, f = make_data(loss, rng)
    y_ = backend.array(y, "int64" if loss in OF_CLASSES else "float64")
    f_ = backend.array(f)
    for result, expected in (
        (loss.value(y_, f_), loss.value(y, f)),
        (loss.gradient(y_, f_), loss.gradient(y, f)),
    ):
        assert backend.owns(result, "float64")
        np.testing.assert_allclose(backend.numpy(result), expected, atol=1e-12)
    if loss not in OF_CLASSES:
        assert loss.best_constant(y_) == pytest.approx(loss.best_constant(y), rel=1e-12)


@pytest.mark.parametrize("loss", [*OF_NUMBERS, *OF_SIGNS], ids=repr)
def test_whole_numbers_do_not_wrap_around(loss):
    y, f = np.array([1], dtype=np.int8), np.array([-100], dtype=np.int8)
    if loss == ExponentialLoss():
        f = np.array([-5], dtype=np.int8)
    for method in (loss.value, loss.gradient):
        np.testing.assert_allclose(method(y, f), method(y.astype(float), f.astype(float)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: SquaredLoss().value(np.ones(3), np.ones((3, 1))),
            r"same shape, got \(3,\) and \(3, 1",
        ),
        (
            lambda: HingeLoss().value(np.ones(3), np.ones((3, 1))),
            r"same shape, got \(3,\) and \(3, 1",
        ),
        (lambda: HingeLoss().value(np.array([0.0, 1.0]), np.ones(2)), "labels −1 and"),
        (lambda: LogLoss().best_constant(np.array([0.0, 1.0])), "labels −1 and"),
        (lambda: CrossEntropy().value(np.array([0, 3]), np.ones((2, 3))), "classes from 0 to 2"),
        (lambda: CrossEntropy().value(np.array([0.5]), np.ones((1, 3))), "classes from 0 to 2"),
        (lambda: MulticlassHinge().value(np.array([0]), np.ones((2, 3))), r"got \(2, 3\) and \(1,"),
        (lambda: CrossEntropy().value(np.array([0]), np.ones(3)), r"shape \(n, K\)"),
        (lambda: SquaredLoss().best_constant(np.array([])), r"n ≥ 1, got \(0,\)"),
        (lambda: AbsoluteLoss().best_constant(np.ones((2, 2))), r"n ≥ 1, got \(2, 2\)"),
        (lambda: fit_by_weights(SquaredLoss(), np.ones(3), np.ones(3)), r"got \(3,\) and \(3,"),
        (lambda: fit_by_weights(SquaredLoss(), np.ones((3, 1, 1)), np.ones(3)), r"got \(3, 1, 1"),
        (lambda: fit_by_weights(SquaredLoss(), np.ones((3, 1)), np.ones(2)), r"and \(2,\)"),
        (lambda: HuberLoss(0), "delta must be a finite number above 0"),
        (lambda: QuantileLoss(1.0), "q must lie between 0 and 1"),
        (lambda: QuantileLoss(0.0), "q must lie between 0 and 1"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_linear_objective_and_its_gradient_are_those_of_torch(backend, lam):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.choice([-1.0, 1.0], size=30)
    w = torch.tensor([0.5, -1.0, 2.0, 0.1], dtype=torch.float64, requires_grad=True)
    margin = torch.tensor(y) * (torch.tensor(X) @ w)
    theirs = F.softplus(-margin).mean() + lam / 2 * w @ w
    theirs.backward()
    ours = [backend.array(a) for a in (w.detach().numpy(), X, y)]
    value, gradient = linear_objective(LogLoss(), *ours, lam)
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(backend.numpy(gradient), w.grad.numpy(), rtol=1e-10)


def test_linear_objective_far_out_neither_warns_nor_overflows():
    with np.errstate(all="raise", under="ignore"):
        for sign in (1.0, -1.0):
            w, X, y = np.array([1e5]), np.array([[1.0]]), np.array([sign])
            value, gradient = linear_objective(LogLoss(), w, X, y)
            assert value == pytest.approx(0 if sign > 0 else 1e5)
            np.testing.assert_allclose(gradient, [0 if sign > 0 else 1], atol=1e-300)


def test_linear_objective_refuses_a_negative_price():
    with pytest.raises(ValueError, match="lam must"):
        linear_objective(SquaredLoss(), np.zeros(1), np.ones((2, 1)), np.ones(2), -1)
