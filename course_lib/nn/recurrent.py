"""Recurrent networks from scratch: plain RNN, LSTM and GRU, as cells and as layers.

Symbols
    T, B, d, h   time steps, sequences in a batch, input features, hidden units
    x  (T, B, d)           inputs, one step after the other
    H  (T, B, h)           outputs: the hidden state after every step
    h, c  (B, h)           hidden state; the LSTM's cell state
    W_ih (G·h, d), W_hh (G·h, h), b_ih, b_hh (G·h,)
                           parameters of the G gates, stacked (fused): G = 1, 4 and 3

A *step* function is the cell's equations, and autograd differentiates it. A *layer* computes the
same over a whole sequence, with backpropagation through time written out by hand: the product with
the inputs is taken out of the loop, and so are the local derivatives and the weights' gradients,
which leaves one matrix product and a few elementwise operations a step.

Parameters have the names, shapes and order of gates of `torch.nn`, so a state dict goes both ways:
``LSTM(d, h).load_state_dict(torch.nn.LSTM(d, h).state_dict())``.

Sources: Elman, Finding structure in time (1990); Hochreiter and Schmidhuber, Long short-term
memory (1997); Gers, Schmidhuber and Cummins, Learning to forget (2000); Cho et al., Learning
phrase representations (2014); Werbos, Backpropagation through time (1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce, wraps
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from course_lib.checks import check_number, check_whole

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "RNNCell",
    "SequenceModel",
    "gates_by_distance",
    "gradient_by_distance",
    "gru_step",
    "lstm_gates",
    "lstm_step",
    "masked_mean",
    "pad",
    "reach",
    "rnn_step",
    "slopes_by_step",
]

# --- One step: the equations --------------------------------------------------------------------


def rnn_step(
    x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """Return the next hidden state (B, h) of a plain RNN for the input x (B, d)."""
    return torch.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)


def lstm_gates(
    x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return an LSTM's input gate, forget gate, candidate and output gate, each (B, h)."""
    z = x @ W_ih.T + b_ih + h @ W_hh.T + b_hh  # (B, 4h): four gates, one matrix product
    i, f, g, o = z.chunk(4, dim=-1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def lstm_step(
    x: Tensor, h: Tensor, c: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the next hidden and cell state, (B, h) each, of an LSTM for the input x (B, d)."""
    i, f, g, o = lstm_gates(x, h, W_ih, W_hh, b_ih, b_hh)
    c = f * c + i * g  # keep a part of the old, add a part of the new
    return o * torch.tanh(c), c


def gru_step(
    x: Tensor,
    h: Tensor,
    W_ih: Tensor,
    W_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    *,
    reset_after: bool = True,
) -> Tensor:
    """Return the next hidden state (B, h) of a GRU for the input x (B, d).

    Parameters
    ----------
    reset_after : bool
        True, as in torch: the reset gate multiplies the product W_hn h + b_hn. False, as published
        by Cho et al.: it multiplies h, before the product.
    """
    (x_r, x_z, x_n), (W_r, W_z, W_n) = (x @ W_ih.T + b_ih).chunk(3, dim=-1), W_hh.chunk(3)
    b_r, b_z, b_n = b_hh.chunk(3)
    r = torch.sigmoid(x_r + h @ W_r.T + b_r)
    z = torch.sigmoid(x_z + h @ W_z.T + b_z)
    old = r * (h @ W_n.T + b_n) if reset_after else (r * h) @ W_n.T + b_n
    n = torch.tanh(x_n + old)
    return (1 - z) * n + z * h


# --- A whole sequence: forward, and backpropagation through time by hand ----------------------


def _saved(ctx: Any) -> tuple[Tensor, ...]:
    """Return what the forward pass saved, unless a graph of the backward pass is asked for.

    Autograd cannot see through a backward pass by hand that reads saved values; a second
    derivative would miss terms without a word.
    """
    if torch.is_grad_enabled():
        raise RuntimeError(
            "The layers give first derivatives only; create_graph=True asks for more. Use a cell "
            "(RNNCell, LSTMCell, GRUCell) in a loop over the steps."
        )
    return ctx.saved_tensors


def _without_autocast(run: Callable[..., Any]) -> Callable[..., Any]:
    """Let a pass of a loop compute in the type of its weights where autocast is on.

    There the product with the inputs arrives in 16 bits; the sums along the sequence would lose
    what is small beside them.
    """

    @wraps(run)
    def wrapped(ctx: Any, *tensors: Tensor) -> Any:
        where = tensors[0].device.type
        if not (torch.amp.is_autocast_available(where) and torch.is_autocast_enabled(where)):
            return run(ctx, *tensors)
        dtype = reduce(torch.promote_types, (each.dtype for each in tensors))
        with torch.autocast(where, enabled=False):
            return run(ctx, *(each.to(dtype) for each in tensors))

    return wrapped


def _backwards(*sequences: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Go through sequences (T, …) together, from the last step to the first, as views."""
    return zip(*(reversed(each.unbind()) for each in sequences), strict=True)


class _RNNScan(torch.autograd.Function):
    """The loop of the plain RNN over Z (T, B, h), the inputs' part of the argument of tanh."""

    @staticmethod
    @_without_autocast
    def forward(ctx: Any, Z: Tensor, W: Tensor, h: Tensor) -> Tensor:
        H = torch.cat([h[None], torch.empty_like(Z)])  # (T + 1, B, h)
        W_T, states = W.T, H.unbind()
        for z, old, new in zip(Z.unbind(), states, states[1:], strict=False):
            torch.addmm(z, old, W_T, out=new).tanh_()
        ctx.save_for_backward(W, H)
        return H[1:].clone()

    @staticmethod
    @_without_autocast
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        W, H = _saved(ctx)
        dZ = 1 - H[1:] ** 2  # the slope of tanh, soon times dh
        dh = torch.zeros_like(H[0])
        for dz, d_out in _backwards(dZ, dH):
            dz *= d_out + dh
            dh = dz @ W
        return dZ, dZ.flatten(0, 1).T @ H[:-1].flatten(0, 1), dh


class _LSTMScan(torch.autograd.Function):
    """The loop of the LSTM over Z (T, B, 4h), the inputs' part of the gates' arguments."""

    @staticmethod
    @_without_autocast
    def forward(ctx: Any, Z: Tensor, W: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        n = h.shape[-1]
        H, C = (torch.cat([s[None], s.new_empty(len(Z), *s.shape)]) for s in (h, c))
        gates, tanh_C = torch.empty_like(Z), torch.empty_like(C[1:])
        W_T, hs, cs = W.T, H.unbind(), C.unbind()
        steps = zip(Z.unbind(), gates.unbind(), tanh_C.unbind(), strict=True)
        for t, (z, a, tanh_c) in enumerate(steps):
            torch.addmm(z, hs[t], W_T, out=a)  # (B, 4h)
            both, g, o = a.split((2 * n, n, n), dim=-1)
            i, f = both.sigmoid_().chunk(2, dim=-1)
            torch.mul(f, cs[t], out=cs[t + 1]).addcmul_(i, g.tanh_())
            torch.mul(o.sigmoid_(), torch.tanh(cs[t + 1], out=tanh_c), out=hs[t + 1])
        ctx.save_for_backward(W, gates, H, C, tanh_C)
        return H[1:].clone(), C[-1].clone()

    @staticmethod
    @_without_autocast
    def backward(ctx: Any, dH: Tensor, dc: Tensor) -> tuple[Tensor, ...]:
        W, gates, H, C, tanh_C = _saved(ctx)
        i, f, g, o = gates.chunk(4, dim=-1)
        dc_dh = o * (1 - tanh_C**2)
        slopes = [g * i * (1 - i), C[:-1] * f * (1 - f), i * (1 - g**2)]  # of c, by the gates
        dZ = torch.stack([*slopes, tanh_C * o * (1 - o)], dim=2)  # (T, B, 4, h)
        dh, dc = torch.zeros_like(H[0]), dc.clone()
        by_c, by_h, flat = dZ[:, :, :3], dZ[:, :, 3], dZ.flatten(2)  # views of the same numbers
        for d_out, slope, dz_c, dz_h, f_t, dz in _backwards(dH, dc_dh, by_c, by_h, f, flat):
            dh += d_out
            dc.addcmul_(dh, slope)
            dz_c *= dc[:, None]
            dz_h *= dh
            dc *= f_t  # the only way back for the cell state: no matrix, no squashing
            dh = dz @ W
        dZ = flat
        return dZ, dZ.flatten(0, 1).T @ H[:-1].flatten(0, 1), dh, dc


class _GRUScan(torch.autograd.Function):
    """The loop of torch's GRU over Z (T, B, 3h), the inputs' part; b (h,) is the bias b_hn."""

    @staticmethod
    @_without_autocast
    def forward(ctx: Any, Z: Tensor, W: Tensor, b: Tensor, h: Tensor) -> Tensor:
        n = h.shape[-1]
        H = torch.cat([h[None], h.new_empty(len(Z), *h.shape)])
        gates, M = torch.empty_like(Z), Z.new_empty(len(Z), *h.shape)
        bias = torch.cat([b.new_zeros(2 * n), b])
        W_T, hs = W.T, H.unbind()
        parts = (each.unbind() for both in (Z, gates) for each in both.split((2 * n, n), dim=-1))
        for t, (x_rz, x_n, rz, new, m) in enumerate(zip(*parts, M.unbind(), strict=True)):
            a_rz, a_n = torch.addmm(bias, hs[t], W_T).split((2 * n, n), dim=-1)  # of (B, 3h)
            r, z = torch.add(x_rz, a_rz, out=rz).sigmoid_().chunk(2, dim=-1)
            torch.addcmul(x_n, r, m.copy_(a_n), out=new).tanh_()
            torch.lerp(new, hs[t], z, out=hs[t + 1])  # (1 − z) new + z h
        ctx.save_for_backward(W, gates, M, H)
        return H[1:].clone()

    @staticmethod
    @_without_autocast
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor, ...]:
        W, gates, M, H = _saved(ctx)
        r, z, new = gates.chunk(3, dim=-1)
        d_new = (1 - z) * (1 - new**2)  # by the argument of tanh
        d_rz = [d_new * M * r * (1 - r), (H[:-1] - new) * z * (1 - z)]
        dA = torch.stack([*d_rz, d_new * r], dim=2)  # (T, B, 3, h), by a of the forward pass
        dh = torch.zeros_like(H[0])
        flat = dA.flatten(2)  # a view of the same numbers
        for d_out, da, dn, z_t, da_flat in _backwards(dH, dA, d_new, z, flat):
            dh = dh + d_out
            da *= dh[:, None]
            dn *= dh
            dh = torch.addmm(dh * z_t, da_flat, W)
        dZ = torch.cat([dA[:, :, :2].flatten(2), d_new], dim=-1)
        db, dA = dA[:, :, 2].sum((0, 1)), flat
        return dZ, dA.flatten(0, 1).T @ H[:-1].flatten(0, 1), db, dh


# --- Cells --------------------------------------------------------------------------------------


class _Cell(nn.Module):
    gates: ClassVar[int] = 1

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = check_whole("input_size", input_size)
        self.hidden_size = check_whole("hidden_size", hidden_size)
        for name, shape in _shapes(self.gates, input_size, hidden_size):
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        _reset(self, hidden_size)

    def _arguments(self, x: Tensor, states: tuple[Tensor, ...] | None, count: int) -> list[Tensor]:
        """Check the input and the state (zero where there is none), and add the parameters."""
        _check_input(x, 2, "(B, d)", self.input_size)
        shape = (len(x), self.hidden_size)
        states = _states(x, states, count, shape)
        return [x, *states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]


class RNNCell(_Cell):
    """A plain RNN's step, h ← tanh(W_ih x + b_ih + W_hh h + b_hh), as `torch.nn.RNNCell`.

    Parameters
    ----------
    input_size, hidden_size : int
        d and h.

    Examples
    --------
    >>> RNNCell(3, 5)(torch.zeros(2, 3)).shape
    torch.Size([2, 5])
    """

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """Return the next hidden state (B, h) for the input x (B, d) and the state h (B, h)."""
        return rnn_step(*self._arguments(x, None if h is None else (h,), 1))


class LSTMCell(_Cell):
    """An LSTM's step, as `torch.nn.LSTMCell`; the gates are stacked as input, forget, g, output.

    Parameters
    ----------
    input_size, hidden_size : int
        d and h.
    forget_bias : float, default=1
        What the bias of the forget gate starts with, so that a new cell remembers.

    Examples
    --------
    >>> h, c = LSTMCell(3, 5)(torch.zeros(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 5]), torch.Size([2, 5]))
    """

    gates = 4

    def __init__(self, input_size: int, hidden_size: int, *, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        _set_forget_bias(self.bias_ih, self.bias_hh, forget_bias)

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the next (h, c), (B, h) each, for the input x (B, d) and the state (h, c)."""
        return lstm_step(*self._arguments(x, state, 2))


class GRUCell(_Cell):
    """A GRU's step, as `torch.nn.GRUCell`; the gates are stacked as reset, update, new.

    Parameters
    ----------
    input_size, hidden_size : int
        d and h.
    reset_after : bool, default=True
        See `gru_step`.

    Examples
    --------
    >>> GRUCell(3, 5)(torch.zeros(2, 3)).shape
    torch.Size([2, 5])
    """

    gates = 3

    def __init__(self, input_size: int, hidden_size: int, *, reset_after: bool = True) -> None:
        super().__init__(input_size, hidden_size)
        self.reset_after = reset_after

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """Return the next hidden state (B, h) for the input x (B, d) and the state h (B, h)."""
        arguments = self._arguments(x, None if h is None else (h,), 1)
        return gru_step(*arguments, reset_after=self.reset_after)


# --- Layers -------------------------------------------------------------------------------------


class _Layers(nn.Module):
    """Recurrent layers, stacked and in one or two directions; a subclass brings the loop."""

    gates: ClassVar[int] = 1
    n_states: ClassVar[int] = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        self.input_size = check_whole("input_size", input_size)
        self.hidden_size = check_whole("hidden_size", hidden_size)
        self.num_layers = check_whole("num_layers", num_layers)
        self.bidirectional, self.batch_first = bidirectional, batch_first
        for suffix, width in self._layers():
            for name, shape in _shapes(self.gates, width, hidden_size):
                self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape)))
        _reset(self, hidden_size)

    def _layers(self) -> Iterator[tuple[str, int]]:
        """Yield the suffix of the parameters' names and the width of the input of each layer."""
        directions = ("", "_reverse")[: 1 + self.bidirectional]
        for layer in range(self.num_layers):
            width = self.hidden_size * len(directions) if layer else self.input_size
            yield from ((f"_l{layer}{direction}", width) for direction in directions)

    def forward(
        self, x: Tensor, state: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Any]:
        """Run over whole sequences.

        Parameters
        ----------
        x : tensor of shape (T, B, d), or (B, T, d) with ``batch_first``
        state : tensor of shape (layers · directions, B, h); for the LSTM a pair of them
            The state before the first step; zero if None.

        Returns
        -------
        H : tensor of shape (T, B, directions · h), or (B, T, …) with ``batch_first``
            The last layer's hidden state after every step.
        state
            The state after the last step, in the form of the argument.
        """
        _check_input(x, 3, "(B, T, d)" if self.batch_first else "(T, B, d)", self.input_size)
        x = x.transpose(0, 1) if self.batch_first else x
        _check_steps(x)
        names = [suffix for suffix, _ in self._layers()]
        given = (state,) if isinstance(state, Tensor) else state
        states = _states(x, given, self.n_states, (len(names), x.shape[1], self.hidden_size))
        last: list[list[Tensor]] = []
        while len(last) < len(names):
            outputs = []
            for reverse in (False, True)[: 1 + self.bidirectional]:
                at = len(last)
                H, *after = self._run(x, names[at], [s[at] for s in states], reverse)
                outputs.append(H)
                last.append(after)
            x = torch.cat(outputs, dim=-1)
        after = tuple(torch.stack(each) for each in zip(*last, strict=True))
        H = x.transpose(0, 1) if self.batch_first else x
        return H, after if self.n_states > 1 else after[0]

    def _run(self, x: Tensor, name: str, states: list[Tensor], reverse: bool) -> list[Tensor]:
        """Run one layer in one direction; return its outputs, and its states at the end."""
        parameters = [getattr(self, each + name) for each in _NAMES]
        H, *after = self._scan(x.flip(0) if reverse else x, *states, *parameters)
        return [H.flip(0) if reverse else H, *(after or [H[-1]])]

    def _scan(self, x: Tensor, *states_and_parameters: Tensor) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """Return the sizes that ``repr`` shows."""
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"


class RNN(_Layers):
    """Plain recurrent layers with tanh, equal to `torch.nn.RNN` with the same parameters.

    Parameters
    ----------
    input_size, hidden_size : int
        d and h.
    num_layers : int, default=1
        Layers, each reading the hidden states of the one below.
    bidirectional : bool, default=False
        Whether a second set of layers reads backwards; outputs are then 2h wide.
    batch_first : bool, default=False
        Whether x and the outputs are (B, T, …) instead of (T, B, …).

    Notes
    -----
    A step costs 2BGh(d + h) operations forward and twice that backward; G = 1, 4 and 3 for `RNN`,
    `LSTM` and `GRU`. Training keeps all T states. First derivatives only: the backward pass is
    written by hand. Under `torch.autocast` the product with the inputs is taken in 16 bits, and the
    loop runs in the type of the weights.

    Examples
    --------
    >>> H, last = RNN(3, 5)(torch.zeros(7, 2, 3))
    >>> H.shape, last.shape
    (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))
    """

    def _scan(
        self, x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor
    ) -> tuple[Tensor, ...]:
        return (_RNNScan.apply(linear(x, W_ih, b_ih + b_hh), W_hh, h),)


class LSTM(_Layers):
    """Long short-term memory, equal to `torch.nn.LSTM` with the same parameters.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bidirectional, batch_first
        See `RNN`.
    forget_bias : float, default=1
        What the bias of the forget gates starts with, so that a new network remembers.

    Examples
    --------
    >>> H, (h, c) = LSTM(3, 5, num_layers=2, bidirectional=True)(torch.zeros(7, 2, 3))
    >>> H.shape, h.shape, c.shape
    (torch.Size([7, 2, 10]), torch.Size([4, 2, 5]), torch.Size([4, 2, 5]))
    """

    gates = 4
    n_states = 2

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, *, forget_bias: float = 1.0,
        **options: bool,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, num_layers, **options)
        for suffix, _ in self._layers():
            _set_forget_bias(
                getattr(self, f"bias_ih{suffix}"), getattr(self, f"bias_hh{suffix}"), forget_bias
            )

    def _scan(
        self, x: Tensor, h: Tensor, c: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor,
        b_hh: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        H, c = _LSTMScan.apply(linear(x, W_ih, b_ih + b_hh), W_hh, h, c)
        return H, H[-1], c

    @torch.no_grad()
    def trace(self, x: Tensor) -> dict[str, Tensor]:
        """Return what happens inside the first layer, as it reads forwards, at every step.

        Parameters
        ----------
        x : tensor of shape (T, B, d), or (B, T, d) with ``batch_first``

        Returns
        -------
        dict
            "i", "f", "g", "o" (the gates and the candidate), "c" and "h" (the states), each of
            shape (T, B, h).
        """
        _check_input(x, 3, "(B, T, d)" if self.batch_first else "(T, B, d)", self.input_size)
        x = x.transpose(0, 1) if self.batch_first else x
        _check_steps(x)
        parameters = [getattr(self, f"{name}_l0") for name in _NAMES]
        h = c = x.new_zeros(x.shape[1], self.hidden_size)
        steps = []
        for x_t in x:
            gates = lstm_gates(x_t, h, *parameters)
            h, c = lstm_step(x_t, h, c, *parameters)
            steps.append((*gates, c, h))
        return dict(zip("ifgoch", map(torch.stack, zip(*steps, strict=True)), strict=True))


class GRU(_Layers):
    """Gated recurrent units, equal to `torch.nn.GRU` with the same parameters.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bidirectional, batch_first
        See `RNN`.
    reset_after : bool, default=True
        See `gru_step`; False is slower here, since it needs two matrix products a step.

    Examples
    --------
    >>> H, last = GRU(3, 5)(torch.zeros(7, 2, 3))
    >>> H.shape, last.shape
    (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))
    """

    gates = 3

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, *, reset_after: bool = True,
        **options: bool,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, num_layers, **options)
        self.reset_after = reset_after

    def _scan(
        self, x: Tensor, h: Tensor, W_ih: Tensor, W_hh: Tensor, b_ih: Tensor, b_hh: Tensor
    ) -> tuple[Tensor, ...]:
        if not self.reset_after:
            H = []
            for x_t in x:
                h = gru_step(x_t, h, W_ih, W_hh, b_ih, b_hh, reset_after=False)
                H.append(h)
            return (torch.stack(H),)
        n = 2 * self.hidden_size
        b = b_ih + torch.cat([b_hh[:n], torch.zeros_like(b_hh[n:])])  # b_hn stays inside the reset
        return (_GRUScan.apply(linear(x, W_ih, b), W_hh, b_hh[n:], h),)


def gradient_by_distance(
    layer: _Layers, steps: int, *, batch_size: int = 16, random_state: int = 0
) -> Tensor:
    """Measure how much the last output of a layer depends on each input before it.

    Parameters
    ----------
    layer : RNN, LSTM or GRU, without ``batch_first`` and ``bidirectional``
    steps : int
        T.
    batch_size : int
        Sequences of standard normal inputs to measure on.
    random_state : int

    Returns
    -------
    tensor of shape (T,)
        Norm of the gradient of the sum of the last outputs by the inputs k = 0, 1, … steps back.

    Examples
    --------
    >>> gradient_by_distance(LSTM(3, 5), 10).shape
    torch.Size([10])
    """
    if layer.batch_first:
        raise ValueError("layer must be made with batch_first=False; this one is not.")
    if layer.bidirectional:  # its other half reads the last input first
        raise ValueError("layer must be made with bidirectional=False; this one is not.")
    x = _normal_inputs(layer, steps, batch_size, random_state).requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x)[0][-1].sum(), x)
    return gradient.norm(dim=(1, 2)).flip(0)


def slopes_by_step(model: nn.Module, x: Tensor) -> Tensor:
    """Measure how much a model's answer to each sequence depends on every number it reads.

    Parameters
    ----------
    model : Module
        From sequences (B, T, d) to answers (B, 1), such as a `SequenceModel`; each answer must
        depend on its own sequence alone.
    x : tensor of shape (B, T, d)

    Returns
    -------
    tensor of shape (B, T, d)
        Derivative of the answer to sequence b by x[b, t, j].

    Raises
    ------
    ValueError
        If the answers have another shape than (B, 1).

    Examples
    --------
    >>> slopes_by_step(SequenceModel(LSTM(2, 8, batch_first=True), 1), torch.zeros(4, 10, 2)).shape
    torch.Size([4, 10, 2])
    """
    x = x.detach().clone().requires_grad_()
    answers = model(x)
    if answers.shape != (len(x), 1):
        raise ValueError(
            f"model must give one answer a sequence, ({len(x)}, 1); got {tuple(answers.shape)}."
        )
    (slopes,) = torch.autograd.grad(answers.sum(), x)
    return slopes


def gates_by_distance(
    layer: LSTM, steps: int, *, batch_size: int = 16, random_state: int = 0
) -> Tensor:
    """Multiply the forget gates along an LSTM's cell state, back from the last step.

    It is the gradient of the last cell state by the one k steps back, with the gates and the
    candidates held fixed; the inputs are those of `gradient_by_distance`.

    Parameters
    ----------
    layer : LSTM, without ``batch_first``
    steps, batch_size, random_state
        See `gradient_by_distance`.

    Returns
    -------
    tensor of shape (T,)
        Root mean square, over units and sequences, of the product of k = 0, 1, … forget gates.

    Examples
    --------
    >>> gates_by_distance(LSTM(3, 5), 10)[0].item()
    1.0
    """
    if layer.batch_first:
        raise ValueError("layer must be made with batch_first=False; this one is not.")
    x = _normal_inputs(layer, steps, batch_size, random_state)
    f = layer.trace(x)["f"].flip(0)  # (T, B, h), the last step first
    products = torch.cat([torch.ones_like(f[:1]), f[:-1]]).cumprod(dim=0)
    return products.square().mean(dim=(1, 2)).sqrt()


def reach(values: Tensor, share: float = 1e-3) -> int:
    """Return how many steps back values (T,) first fall below a share of the first; T if never.

    >>> reach(torch.tensor([2.0, 1.0, 0.1, 0.001]), share=0.1)
    2
    """
    below = torch.nonzero(values < share * values[0])
    return int(below[0]) if len(below) else len(values)


def _normal_inputs(layer: _Layers, steps: int, batch_size: int, random_state: int) -> Tensor:
    """Draw standard normal inputs (T, B, d) of a layer's type, on its device."""
    weight = layer.weight_hh_l0
    generator = torch.Generator().manual_seed(random_state)
    x = torch.randn(steps, batch_size, layer.input_size, dtype=weight.dtype, generator=generator)
    return x.to(weight.device)


class SequenceModel(nn.Module):
    """A recurrent layer under a linear one, for sequences (B, T, d).

    Parameters
    ----------
    recurrent : RNN, LSTM or GRU, with ``batch_first=True``
    n_outputs : int
    every_step : bool, default=False
        Whether there is an output at every step, (B, T, n_outputs), or only one of the state in
        which the last layer has read all of the sequence, (B, n_outputs). In a bidirectional layer
        that is after the last step for the half that reads forwards, and after the first for the
        half that reads backwards.

    Examples
    --------
    >>> SequenceModel(LSTM(2, 8, batch_first=True), 1)(torch.zeros(4, 10, 2)).shape
    torch.Size([4, 1])
    """

    def __init__(self, recurrent: _Layers, n_outputs: int, *, every_step: bool = False) -> None:
        super().__init__()
        if not recurrent.batch_first:
            raise ValueError("recurrent must be made with batch_first=True; this one is not.")
        self.recurrent, self.every_step = recurrent, every_step
        self.head = nn.Linear(recurrent.hidden_size * (1 + recurrent.bidirectional), n_outputs)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs for sequences x (B, T, d).

        With `lengths` (B,), sequence b ends after lengths[b] steps and what follows is padding
        (`pad`): the one output is then that of the state at its end. With ``every_step`` the
        outputs behind the end mean nothing; leave them out of the loss (`masked_mean`).
        """
        H, state = self.recurrent(x)  # (B, T, directions · h)
        if lengths is not None:
            lengths = _check_lengths(lengths, x.shape[:2])
            if self.recurrent.bidirectional:  # its other half begins with the padding
                raise ValueError("lengths need bidirectional=False; this layer reads backwards.")
        if self.every_step:
            return self.head(H)
        if lengths is not None:
            return self.head(H[torch.arange(len(H), device=H.device), lengths - 1])
        h = state[0] if isinstance(state, tuple) else state  # (layers · directions, B, h)
        return self.head(torch.cat(tuple(h[-1 - self.recurrent.bidirectional :]), dim=-1))


# --- Sequences of different lengths -------------------------------------------------------------


def pad(sequences: Sequence[Tensor], *, fill: float = 0) -> tuple[Tensor, Tensor]:
    """Put sequences of different lengths into one batch, with something behind their ends.

    Parameters
    ----------
    sequences : B tensors of shapes (T_b, …)
        They agree in dtype and in the axes behind the first; none is empty.
    fill : number, default=0
        What stands behind the ends. A recurrent layer that reads forwards never sees it before
        a sequence's end, so it may be anything finite.

    Returns
    -------
    padded : tensor of shape (B, T, …), with the largest T_b as T
    lengths : int64 tensor of shape (B,)

    Examples
    --------
    >>> pad([torch.tensor([5, 6, 7]), torch.tensor([8])])
    (tensor([[5, 6, 7],
            [8, 0, 0]]), tensor([3, 1]))
    """
    sequences = list(sequences)
    if not sequences or any(len(each) == 0 for each in sequences):
        raise ValueError(
            "sequences must hold at least one sequence, each of at least one step; got the "
            f"lengths {[len(each) for each in sequences]}."
        )
    kinds = {(each.dtype, tuple(each.shape[1:])) for each in sequences}
    if len(kinds) > 1:
        raise ValueError(
            "sequences must agree in dtype and in the axes behind the first; got "
            f"{sorted(map(str, kinds))}."
        )
    lengths = torch.tensor([len(each) for each in sequences], device=sequences[0].device)
    shape = (len(sequences), int(lengths.max()), *sequences[0].shape[1:])
    padded = sequences[0].new_full(shape, fill)
    for row, each in zip(padded, sequences, strict=True):
        row[: len(each)] = each
    return padded, lengths


def masked_mean(values: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean of values (B, T) over all steps that are not padding.

    Each step counts alike, so that a long sequence weighs more than a short one. What stands
    behind the ends does not matter, and gets no gradient.

    Examples
    --------
    >>> values = torch.tensor([[1.0, 2.0, 3.0], [6.0, 99.0, 99.0]])
    >>> masked_mean(values, torch.tensor([3, 1])).item()
    3.0
    """
    if values.ndim != 2:
        raise ValueError(f"values must have the shape (B, T); got {tuple(values.shape)}.")
    lengths = _check_lengths(lengths, values.shape)
    real = torch.arange(values.shape[1], device=values.device) < lengths[:, None]
    return values[real].mean()


def _check_lengths(lengths: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the lengths as a tensor (B,) on their device, each from 1 to T."""
    lengths = torch.as_tensor(lengths)
    B, T = shape
    if lengths.shape != (B,) or lengths.is_floating_point() or lengths.dtype == torch.bool:
        raise ValueError(
            f"lengths must be {B} whole numbers, one for each sequence; got the shape "
            f"{tuple(lengths.shape)} and {lengths.dtype}."
        )
    if B and not (int(lengths.min()) >= 1 and int(lengths.max()) <= T):
        raise ValueError(
            f"lengths must lie between 1 and the {T} steps of the batch; got "
            f"{int(lengths.min())} to {int(lengths.max())}."
        )
    return lengths


# --- Shared -------------------------------------------------------------------------------------

_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _shapes(gates: int, d: int, h: int) -> list[tuple[str, tuple[int, ...]]]:
    return list(
        zip(_NAMES, [(gates * h, d), (gates * h, h), (gates * h,), (gates * h,)], strict=True)
    )


def _reset(module: nn.Module, hidden_size: int) -> None:
    """Draw every parameter from the uniform distribution on ±1/√h, as torch does."""
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -1 / math.sqrt(hidden_size), 1 / math.sqrt(hidden_size))


def _set_forget_bias(b_ih: Tensor, b_hh: Tensor, value: float) -> None:
    value = check_number("forget_bias", value)
    with torch.no_grad():
        for bias, start in ((b_ih, value), (b_hh, 0.0)):
            bias.view(4, -1)[1] = start


def _check_input(x: Tensor, axes: int, shape: str, width: int) -> None:
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a torch tensor of shape {shape}; got {type(x).__name__}.")
    if x.ndim != axes or x.shape[-1] != width:
        raise ValueError(
            f"x must have the shape {shape} with d = input_size = {width}; got {tuple(x.shape)}."
            + (" Add the axis of the batch with x.unsqueeze()." if x.ndim == axes - 1 else "")
        )
    if not x.is_floating_point():
        raise TypeError(f"x must hold floating-point numbers; got {x.dtype}. Use x.float().")


def _check_steps(x: Tensor) -> None:
    if not len(x):
        raise ValueError("x must have at least one time step; got a sequence of length 0.")


def _states(
    x: Tensor, states: tuple[Tensor, ...] | None, count: int, shape: tuple[int, ...]
) -> tuple[Tensor, ...]:
    """Return the states, zeros where there are none, or say what is wrong with their shapes."""
    if states is None:
        return tuple(x.new_zeros(shape) for _ in range(count))
    got = [tuple(e.shape) if isinstance(e, Tensor) else type(e).__name__ for e in states]
    if got != [shape] * count:
        wanted = "the pair (h, c), each" if count == 2 else "one tensor"
        raise ValueError(f"the state must be {wanted} of shape {shape}; got {got}.")
    return tuple(states)
