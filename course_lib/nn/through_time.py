"""Backpropagation through time, taken apart: what each distance adds, and what a cut leaves out.

Symbols
    T, B, d, h        steps, sequences, inputs, hidden units
    h_t (B, h)        state after step t of a plain RNN, tanh(W_ih x_t + W_hh h_{t−1} + b)
    L = Σ_t L_t       the loss, a sum over steps; L_t depends on h_t
    s_t = ∂L_t/∂h_t   slopes (B, h): what the loss of a step asks of its own state
    δ (B, h)          gradient by the argument of tanh

The same matrix W_hh acts at every step, so that ∂L/∂W_hh is a sum over all pairs of a step t, whose
loss is measured, and a step t − k, at which the matrix acted: the *distance* of the pair is k. With
δ_0 = s_t ⊙ (1 − h_t²) and δ_k = (δ_{k−1} W_hh) ⊙ (1 − h_{t−k}²), the pair adds δ_kᵀ h_{t−k−1}.

Source: Werbos, Backpropagation through time (1990); Williams and Peng, An efficient gradient-based
algorithm for on-line training of recurrent network trajectories (1990), for the cut.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from course_lib.checks import check_number, check_whole
from course_lib.nn.recurrent import RNN

__all__ = ["bptt_terms", "clip_by_norm", "piecewise_gradient"]


@torch.no_grad()
def bptt_terms(layer: RNN, x: Tensor, slopes: Tensor, state: Tensor | None = None) -> Tensor:
    """Part the gradient of the recurrent weights by distance.

    All steps t go back together, so there are T batched products, and O(T² B h²) operations.

    Parameters
    ----------
    layer : RNN of one layer and direction, without ``batch_first``
    x : tensor of shape (T, B, d)
    slopes : tensor of shape (T, B, h)
        s_t; zero at the steps that have no loss of their own.
    state : tensor of shape (1, B, h), optional
        The state before the first step; zero if None.

    Returns
    -------
    tensor of shape (T, h, h)
        What the pairs at distance k = 0, 1, …, T − 1 add to ∂L/∂W_hh. The sum over k is the
        gradient; the sum over k < K is what is left if every loss goes back K steps only.

    Examples
    --------
    >>> layer, x = RNN(3, 5), torch.ones(4, 2, 3)
    >>> H, _ = layer(x)
    >>> terms = bptt_terms(layer, x, H)  # of L = ½ Σ h², whose slopes are h
    >>> (0.5 * H.square().sum()).backward()
    >>> torch.allclose(terms.sum(dim=0), layer.weight_hh_l0.grad, atol=1e-6)
    True
    """
    W = _recurrent_weights(layer)
    H, _ = layer(x, state)
    _check_slopes(slopes, H)
    begin = torch.zeros_like(H[:1]) if state is None else state
    before, bend = torch.cat([begin, H[:-1]]), 1 - H**2  # before[t] is h_{t−1}
    terms, delta = [], slopes * bend
    for k in range(len(H)):
        if k:
            delta = (delta[1:] @ W) * bend[: len(H) - k]  # of the losses t = k, …, T − 1
        terms.append(delta.flatten(0, 1).T @ before[: len(H) - k].flatten(0, 1))
    return torch.stack(terms)


def piecewise_gradient(layer: RNN, x: Tensor, slopes: Tensor, length: int) -> Tensor:
    """Return ∂L/∂W_hh as training in pieces sees it: the state goes on, the gradient does not.

    It is a sum over fewer pairs than the gradient has: those whose two steps lie in one piece.
    That leaves out what `course_lib.nn.text.streams` leaves out.

    Parameters
    ----------
    layer, x, slopes
        See `bptt_terms`.
    length : int
        Steps of a piece; the last one may be shorter. From T on it is the whole gradient.

    Returns
    -------
    tensor of shape (h, h)

    Examples
    --------
    >>> layer, x = RNN(3, 5), torch.ones(4, 2, 3)
    >>> whole = bptt_terms(layer, x, torch.ones(4, 2, 5)).sum(dim=0)
    >>> torch.allclose(piecewise_gradient(layer, x, torch.ones(4, 2, 5), 4), whole, atol=1e-6)
    True
    """
    W, length = _recurrent_weights(layer), check_whole("length", length)
    state, total = None, torch.zeros_like(W)
    _check_slopes(slopes, torch.empty(*x.shape[:2], len(W)))
    for piece, s in zip(x.split(length), slopes.split(length), strict=True):
        H, state = layer(piece, None if state is None else state.detach())
        total = total + torch.autograd.grad((s * H).sum(), W)[0]
    return total


def clip_by_norm(gradients: Iterable[Tensor], most: float) -> tuple[list[Tensor], float]:
    """Scale gradients down together so that their joint norm is at most `most`.

    The direction stays. `course_lib.nn.training.fit` does it with ``clip``, torch with
    `torch.nn.utils.clip_grad_norm_`, which divides by the norm + 10⁻⁶.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks
    (2013).

    Returns
    -------
    clipped : list of tensors
        Copies; the arguments stay as they are.
    norm : float
        The norm before.

    Examples
    --------
    >>> clip_by_norm([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
    ([tensor([0.6000]), tensor([0.8000])], 5.0)
    """
    most, gradients = check_number("most", most, above=0), list(gradients)
    if not gradients:
        raise ValueError("gradients must hold at least one tensor; got none.")
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm().item()
    scale = most / norm if norm > most else 1.0
    return [gradient * scale for gradient in gradients], norm


def _recurrent_weights(layer: RNN) -> Tensor:
    """Return W_hh of a layer that the formulas above are about, or say what is wrong with it."""
    if not isinstance(layer, RNN):
        raise TypeError(f"layer must be a plain RNN of course_lib; got {type(layer).__name__}.")
    if layer.num_layers > 1 or layer.bidirectional or layer.batch_first:
        raise ValueError(
            "layer must have one layer and one direction, and batch_first=False; got "
            f"num_layers = {layer.num_layers}, bidirectional = {layer.bidirectional}, "
            f"batch_first = {layer.batch_first}."
        )
    return layer.weight_hh_l0


def _check_slopes(slopes: Tensor, H: Tensor) -> None:
    if slopes.shape != H.shape:
        raise ValueError(
            f"slopes must have the shape (T, B, h) = {tuple(H.shape)} of the states; "
            f"got {tuple(slopes.shape)}."
        )
