"""Networks whose weights are written down, and how straight pieces are counted."""

import numpy as np
import pytest

from course_lib.nn.autograd import Tensor
from course_lib.nn.layers import dense_network
from course_lib.nn.piecewise import (
    bends_through,
    joints,
    sawtooth,
    sawtooth_network,
    staircase,
)


def output(network, x):
    return network(Tensor(np.asarray(x, dtype=float)[:, None])).data[:, 0]


@pytest.mark.parametrize("D", [1, 2, 5])
def test_the_sawtooth_is_tents_put_into_one_another(D):
    x = np.linspace(0, 1, 333)
    y = x
    for _ in range(D):
        y = np.where(y < 0.5, 2 * y, 2 - 2 * y)
    np.testing.assert_allclose(sawtooth(x, D), y, atol=1e-12)
    np.testing.assert_allclose(output(sawtooth_network(D), x), y, atol=1e-12)


@pytest.mark.parametrize("D", [1, 3, 7])
def test_the_deep_sawtooth_has_its_size_and_its_joints(D):
    network = sawtooth_network(D)
    assert sum(w.data.size for w in network.parameters()) == 6 * D + 1
    np.testing.assert_allclose(joints(network, 0, 1), np.arange(1, 2**D) / 2**D)


def test_a_line_goes_through_the_points_and_is_straight_between():
    rng = np.random.default_rng(0)
    knots, values = np.sort(rng.normal(size=9)), rng.normal(size=9)
    network = bends_through(knots, values)
    x = np.linspace(knots[0], knots[-1], 500)
    np.testing.assert_allclose(output(network, x), np.interp(x, knots, values), atol=1e-9)
    assert output(network, knots[:1] - 1)[0] == pytest.approx(values[0])
    assert network.parameters()[0].shape == (1, 8)
    np.testing.assert_allclose(joints(network, knots[0] - 1, knots[-1] + 1), knots[:-1])


def test_a_staircase_has_its_heights_where_it_is_flat():
    network = staircase([0, 1, 3], [2, -1, 0.5, 4], steepness=200)
    np.testing.assert_allclose(output(network, [-1, 0.5, 2, 4]), [2, -1, 0.5, 4], atol=1e-9)
    assert output(network, [0.0])[0] == pytest.approx(0.5)  # half way


def test_joints_are_where_the_slope_changes():
    network = dense_network([1, 6, 5, 1], random_state=2)
    for b in network.parameters()[1::2]:
        b.data = np.random.default_rng(1).normal(size=b.shape)
    found = joints(network, -3, 3)
    x = np.linspace(-3, 3, 60_001)
    second = np.abs(np.diff(output(network, x), 2))
    bent = x[1:-1][second > 1e-7]
    assert len(found) >= 3
    assert np.abs(found[:, None] - bent).min(axis=1).max() < 2e-4
    assert np.abs(bent[:, None] - found).min(axis=1).max() < 2e-4


def test_a_joint_that_the_output_does_not_hear_is_dropped():
    network = bends_through([0, 1, 2], [0, 1, 2])
    assert joints(network, -0.5, 3).tolist() == pytest.approx([0])
    assert joints(network, 0.5, 3).size == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sawtooth(0.5, 0), "D must be"),
        (lambda: sawtooth_network(0), "D must be"),
        (lambda: bends_through([0, 0], [1, 2]), "knots must increase"),
        (lambda: bends_through([0], [1]), "knots must increase"),
        (lambda: bends_through([0, 1], [1, 2, 3]), "knots must increase"),
        (lambda: staircase([0, 1], [1, 2], 3), "heights must have one entry more"),
        (lambda: staircase([], [1], 3), "heights must have one entry more"),
        (lambda: staircase([0], [1, 2], 0), "steepness must be"),
        (lambda: joints(sawtooth_network(1), 1, 1), "left must be below right"),
        (lambda: joints(dense_network([1, 3, 2], random_state=0), 0, 1), "one output, got 2"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_two_points_are_enough_for_a_line():
    network = bends_through([0, 2], [1, 5])
    assert network(Tensor([[0.5], [1.0]])).data.ravel() == pytest.approx([2, 3])
