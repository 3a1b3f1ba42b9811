"""The logistic loss against torch, and far out."""

import numpy as np
import pytest
import torch

from course_lib.optim import logistic

rng = np.random.default_rng(0)
X, y = rng.normal(size=(30, 4)), rng.choice([-1.0, 1.0], size=30)


@pytest.mark.parametrize("plan", [{}, {"penalty": 0.3}, {"penalty": 0}])
def test_loss_and_gradient_are_those_of_torch(plan):
    w = torch.tensor([0.5, -1.0, 2.0, 0.1], dtype=torch.float64, requires_grad=True)
    margin = torch.tensor(y) * (torch.tensor(X) @ w)
    theirs = torch.nn.functional.softplus(-margin).mean()
    theirs = theirs + plan.get("penalty", 1e-3) / 2 * w @ w
    theirs.backward()
    loss, gradient = logistic(w.detach().numpy(), X, y, **plan)
    assert isinstance(loss, float)
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, w.grad.numpy(), rtol=1e-10)


def test_margins_far_out_neither_warn_nor_overflow():
    with np.errstate(all="raise", under="ignore"):
        for sign in (1, -1):
            loss, gradient = logistic(np.array([1e5]), np.array([[1.0]]), np.array([sign]), 0)
            assert loss == pytest.approx(0 if sign > 0 else 1e5)
            np.testing.assert_allclose(gradient, [0 if sign > 0 else 1], atol=1e-300)
