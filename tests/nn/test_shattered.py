import numpy as np
import pytest
import torch

from course_lib.nn.shattered import likeness, slopes_at_start


@pytest.mark.parametrize("residual", [True, False])
def test_slopes_are_those_that_torch_finds(residual):
    depth, width, points = 3, 8, 33
    rng = np.random.default_rng(5)
    x = torch.linspace(-2, 2, points, dtype=torch.float64)[:, None].requires_grad_()
    first, offset = rng.normal(size=(1, width)), rng.normal(size=width)
    h = x * torch.tensor(first) + torch.tensor(offset)
    for _ in range(depth):
        z = h.relu() @ torch.tensor(rng.normal(size=(width, width)))
        mean, spread = z.mean(0).detach(), z.std(0, correction=0).detach()
        z = (z - mean) / spread
        h = h + z if residual else z
    (h @ torch.tensor(rng.normal(size=width))).sum().backward()
    slope = x.grad[:, 0].numpy()
    ours = slopes_at_start(depth, residual, 5, width=width, points=points)
    assert np.allclose(ours, (slope - slope.mean()) / slope.std())


def test_by_default_257_points_and_64_units():
    ours = slopes_at_start(2, False, 0)
    assert np.array_equal(ours, slopes_at_start(2, False, 0, width=64, points=257))
    assert ours.mean() == pytest.approx(0)
    assert ours.std() == pytest.approx(1)


@pytest.mark.parametrize("name", ["depth", "width", "points"])
def test_counts_are_whole(name):
    arguments = {"depth": 2, "residual": True, "seed": 0, name: 2.5}
    with pytest.raises((TypeError, ValueError), match=name):
        slopes_at_start(**arguments)


def test_likeness_is_a_mean_over_pairs_and_networks():
    slopes = np.array([[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]])
    assert np.allclose(likeness(slopes, [0, 1, 2]), [16 / 6, (2 + 6 + 0 + 0) / 4, (3 - 1) / 2])


@pytest.mark.parametrize("shift", [-1, 3])
def test_a_shift_beyond_the_points_is_refused(shift):
    with pytest.raises(ValueError, match=f"from 0 to 2, got {shift}"):
        likeness(np.zeros((1, 3)), [shift])


def test_deep_plain_slopes_are_noise_and_residual_ones_are_not():
    for seed in range(3):
        plain, residual = (
            likeness([slopes_at_start(24, kind, 10 * seed + k) for k in range(4)], [4])[0]
            for kind in (False, True)
        )
        assert abs(plain) < 0.2 < residual
