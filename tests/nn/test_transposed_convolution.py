"""Transposed convolution: torch's, a loop by hand, and the transpose of the convolution."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from course_lib.nn.convolution import conv2d, conv2d_backward, conv2d_transposed, overlaps

RNG = np.random.default_rng(0)


def by_hand(X, W, b, stride, padding):
    """Every pixel, channel and entry of the window in turn."""
    (N, C, H, V), (_, K, f, g) = X.shape, W.shape
    whole = np.zeros((N, K, (H - 1) * stride + f, (V - 1) * stride + g))
    for n, c, i, j in np.ndindex(N, C, H, V):
        for k, u, v in np.ndindex(K, f, g):
            whole[n, k, i * stride + u, j * stride + v] += X[n, c, i, j] * W[c, k, u, v]
    cut = slice(padding, -padding or None)
    return whole[:, :, cut, cut] + b[:, None, None]


@pytest.mark.parametrize(
    ("shape", "window", "stride", "padding"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), 1, 0),
        ((2, 3, 4, 5), (3, 2, 3, 3), 1, 1),
        ((2, 3, 4, 5), (3, 2, 4, 3), 2, 1),
        ((1, 2, 3, 3), (2, 4, 2, 2), 3, 0),
        ((2, 1, 2, 6), (1, 3, 5, 4), 2, 2),
    ],
)
def test_it_is_torchs_and_the_loop_by_hand(shape, window, stride, padding):
    X, W, b = (RNG.standard_normal(s) for s in (shape, window, window[1]))
    Y = conv2d_transposed(X, W, b, stride=stride, padding=padding)
    expected = F.conv_transpose2d(
        *map(torch.from_numpy, (X, W, b)), stride=stride, padding=padding
    ).numpy()
    np.testing.assert_allclose(Y, expected, atol=1e-12)
    np.testing.assert_allclose(Y, by_hand(X, W, b, stride, padding), atol=1e-12)
    np.testing.assert_allclose(
        conv2d_transposed(X, W, stride=stride, padding=padding),
        Y - b[:, None, None],
        atol=1e-12,
    )


@pytest.mark.parametrize(("stride", "padding", "side"), [(1, 0, 9), (2, 1, 11), (3, 2, 10)])
def test_it_is_the_transpose_and_the_backward_pass_of_the_convolution(stride, padding, side):
    W = RNG.standard_normal((3, 2, 5, 5))  # a convolution's: from 2 channels to 3
    x = RNG.standard_normal((2, 2, 13, side))  # each side + 2P − 5 is a multiple of S
    steps = {"stride": stride, "padding": padding}
    y = conv2d(x, W, **steps)
    there = RNG.standard_normal(y.shape)
    back = conv2d_transposed(there, W, **steps)
    assert back.shape == x.shape
    assert (y * there).sum() == pytest.approx((x * back).sum())
    np.testing.assert_allclose(conv2d_backward(there, x, W, **steps)[0], back, atol=1e-12)


def test_it_is_not_the_inverse():
    x, W = np.ones((1, 1, 6, 6)), RNG.standard_normal((1, 1, 3, 3))
    assert not np.allclose(conv2d_transposed(conv2d(x, W), W), x)


def test_whole_numbers_and_float32_are_kept_as_they_should_be():
    X, W = np.arange(4).reshape(1, 1, 2, 2), np.full((1, 1, 2, 2), 0.5)
    found = conv2d_transposed(X, W, stride=2)[0, 0]
    np.testing.assert_allclose(found[::2, ::2], X[0, 0] / 2)
    W = np.ones((1, 1, 2, 2), np.float32)
    assert conv2d_transposed(X.astype(np.float32), W).dtype == np.float32
    X = np.full((1, 1, 1, 1), 200, np.uint8)
    assert conv2d_transposed(X, np.full((1, 1, 1, 1), 2, np.uint8)).item() == 400


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_overlaps_count_the_pixels_that_reach_a_place(n, size, stride):
    expected = [
        sum(0 <= place - i * stride < size for i in range(n))
        for place in range((n - 1) * stride + size)
    ]
    assert overlaps(n, size, stride).tolist() == expected
    if len(expected) > 2:
        assert overlaps(n, size, stride, 1).tolist() == expected[1:-1]


def test_the_checkerboard_is_there_if_the_stride_does_not_divide_the_size():
    inner = {size: overlaps(20, size, 2)[5:-5] for size in (3, 4)}
    assert set(inner[3]) == {1, 2}
    assert set(inner[4]) == {2}
    flat = [
        conv2d_transposed(np.ones((1, 1, 9, 9)), np.ones((1, 1, f, f)), stride=2)[0, 0, 4:-4, 4:-4]
        for f in (3, 4)
    ]
    assert np.unique(flat[0]).tolist() == [1, 2, 4]
    assert np.unique(flat[1]).tolist() == [4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X, W: conv2d_transposed(X[0], W), "X must have the shape"),
        (lambda X, W: conv2d_transposed(X, W[0]), r"W must have the shape \(2, K, F, F'\)"),
        (lambda X, W: conv2d_transposed(X, W[:1]), r"W must have the shape \(2, K, F, F'\)"),
        (lambda X, W: conv2d_transposed(X, W[:, :0]), r"W must have the shape \(2, K, F, F'\)"),
        (lambda X, W: conv2d_transposed(X, W, np.ones(2)), "b must have the shape"),
        (lambda X, W: conv2d_transposed(X, W, stride=0), "stride must be"),
        (lambda X, W: conv2d_transposed(X, W, padding=-1), "padding must be"),
        (lambda X, W: conv2d_transposed(X, W, padding=3), "padding 3 cuts away all"),
        (lambda X, W: overlaps(0, 2), "n must be"),
        (lambda X, W: overlaps(1, 2, padding=1), "padding 1 cuts away all"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((1, 2, 4, 4)), np.ones((2, 3, 3, 3)))
