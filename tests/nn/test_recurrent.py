"""Recurrent cells and layers: equal to torch's, to their equations, and to ONNX's worked cases."""

import inspect

import numpy as np
import pytest
import torch
from onnx.backend.test.case.node import gru, lstm, rnn
from torch import nn

from course_lib.nn import recurrent
from course_lib.nn.recurrent import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    RNNCell,
    SequenceModel,
    gru_step,
    lstm_step,
    masked_mean,
    pad,
    rnn_step,
)
from course_lib.nn.training import seeded

LAYERS = [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)]
CELLS = [(RNNCell, nn.RNNCell), (LSTMCell, nn.LSTMCell), (GRUCell, nn.GRUCell)]
DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA")),
]


@pytest.fixture(autouse=True)
def seed():
    with seeded(0):
        yield


def flat(state):
    """Return a state, one tensor or two, as one vector."""
    return torch.cat([each.flatten() for each in (state if isinstance(state, tuple) else (state,))])


def states_of(layer, batch, dtype=torch.float64, device="cpu"):
    """Random states for a layer, leaves of the graph."""
    shape = (layer.num_layers * (1 + layer.bidirectional), batch, layer.hidden_size)
    states = tuple(
        torch.randn(shape, dtype=dtype, device=device, requires_grad=True)
        for _ in range(layer.n_states)
    )
    return states if len(states) == 2 else states[0]


def loss_and_gradients(layer, x, state):
    """A loss that depends on every output, and its gradients by the inputs and parameters."""
    x = x.clone().requires_grad_()
    H, last = layer(x, state)
    weights = torch.linspace(-1, 2, H.numel(), dtype=H.dtype, device=H.device).view_as(H)
    loss = (weights * H).sum() + (flat(last) ** 2).sum()
    start = () if state is None else state if isinstance(state, tuple) else (state,)
    return H, last, torch.autograd.grad(loss, [x, *start, *layer.parameters()])


# --- agreement with the reference ---------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(
    ("layers", "bidirectional"), [(1, False), (1, True), (3, False), (2, True)]
)
@pytest.mark.parametrize(("ours", "theirs"), LAYERS)
def test_layers_equal_torch(ours, theirs, layers, bidirectional, batch_first, with_state, device):
    options = {"bidirectional": bidirectional, "batch_first": batch_first}
    reference = theirs(4, 6, layers, **options).double().to(device)
    layer = ours(4, 6, layers, **options).double().to(device)
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(3, 7, 4, dtype=torch.float64, device=device)
    batch = 3 if batch_first else 7
    state = states_of(layer, batch, device=device) if with_state else None
    H, last, gradients = loss_and_gradients(layer, x, state)
    expected = loss_and_gradients(reference, x, state)
    torch.testing.assert_close(H, expected[0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(flat(last), flat(expected[1]), rtol=1e-12, atol=1e-12)
    for one, other in zip(gradients, expected[2], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("ours", "theirs"), LAYERS)
def test_a_state_dict_goes_both_ways(ours, theirs):
    layer, reference = ours(4, 6, 2, bidirectional=True), theirs(4, 6, 2, bidirectional=True)
    reference.load_state_dict(layer.state_dict())
    x = torch.randn(5, 3, 4)
    torch.testing.assert_close(layer(x)[0], reference(x)[0])
    assert [n for n, _ in layer.named_parameters()] == [n for n, _ in reference.named_parameters()]


@pytest.mark.parametrize(("ours", "theirs"), CELLS)
def test_cells_equal_torch(ours, theirs):
    reference, cell = theirs(4, 6).double(), ours(4, 6).double()
    cell.load_state_dict(reference.state_dict())
    x = torch.randn(3, 4, dtype=torch.float64)
    torch.testing.assert_close(flat(cell(x)), flat(reference(x)))
    with torch.no_grad():
        state = cell(x)  # another step, from a state that is not zero
    torch.testing.assert_close(flat(cell(x, state)), flat(reference(x, state)))
    for one, other in zip(
        torch.autograd.grad(flat(cell(x, state)).square().sum(), list(cell.parameters())),
        torch.autograd.grad(flat(reference(x, state)).square().sum(), list(reference.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


# --- finite differences, and the loop by hand against autograd through the equations ------------


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_gradients_by_finite_differences(ours, batch):
    layer = ours(2, 3, 2, bidirectional=True).double()
    x = torch.randn(4, batch, 2, dtype=torch.float64, requires_grad=True)
    state = states_of(layer, batch)
    names, parameters = zip(*layer.named_parameters(), strict=True)

    def run(x, *rest):
        states, values = rest[: layer.n_states], rest[layer.n_states :]
        state = states if layer.n_states == 2 else states[0]
        given = dict(zip(names, values, strict=True))
        H, last = torch.func.functional_call(layer, given, (x, state))
        return H, flat(last)

    states = state if isinstance(state, tuple) else (state,)
    assert torch.autograd.gradcheck(run, (x, *states, *parameters))


@pytest.mark.parametrize(
    ("layer", "step"),
    [(RNN(3, 5), rnn_step), (LSTM(3, 5), lstm_step), (GRU(3, 5), gru_step)],
    ids=["rnn", "lstm", "gru"],
)
def test_the_loop_is_its_equations_step_by_step(layer, step):
    layer = layer.double()
    x, state = torch.randn(6, 2, 3, dtype=torch.float64), states_of(layer, 2)
    H, _, gradients = loss_and_gradients(layer, x, state)
    states = tuple(s[0] for s in (state if isinstance(state, tuple) else (state,)))
    slow, x = [], x.clone().requires_grad_()
    for x_t in x:
        after = step(x_t, *states, *layer.parameters())
        states = after if isinstance(after, tuple) else (after,)
        slow.append(states[0])
    slow = torch.stack(slow)
    torch.testing.assert_close(H, slow, rtol=1e-12, atol=1e-12)
    weights = torch.linspace(-1, 2, H.numel(), dtype=H.dtype).view_as(H)
    loss = (weights * slow).sum() + sum((s**2).sum() for s in states)
    for one, other in zip(
        gradients[-4:], torch.autograd.grad(loss, list(layer.parameters())), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_second_derivatives_are_refused_not_wrong(ours):
    layer, x = ours(2, 3), torch.randn(4, 1, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.autograd.grad(layer(x)[0].sum(), x, create_graph=True)


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_outputs_may_be_changed_without_harm_to_the_gradient(ours):
    layer, x = ours(2, 3), torch.randn(4, 1, 2)
    plain = torch.autograd.grad((2 * layer(x)[0]).sum(), layer.weight_hh_l0)[0]
    changed = torch.autograd.grad(layer(x)[0].mul_(2).sum(), layer.weight_hh_l0)[0]
    torch.testing.assert_close(plain, changed)


# --- ONNX's node cases --------------------------------------------------------------------------


def onnx_cases(module, monkeypatch):
    """Collect (name, attributes, inputs, outputs) of every case that ONNX generates."""
    cases = []

    def expect(node, inputs, outputs, name):
        attributes = {a.name: a for a in node.attribute}
        cases.append((name, node, attributes, dict(zip(node.input, inputs, strict=False)), outputs))

    monkeypatch.setattr(module, "expect", expect)
    for thing in vars(module).values():
        if inspect.isclass(thing):
            for name in dir(thing):
                if name.startswith("export"):
                    # A product of finite numbers has been seen to be called invalid; a result that
                    # is so would not equal ours.
                    with np.errstate(invalid="ignore"):
                        getattr(thing, name)()
    return cases


# ONNX stacks the gates as (i, o, f, g), (z, r, n) and (h); this is their place in ours.
ONNX = {
    "LSTM": (lstm, LSTM, [0, 2, 3, 1]),
    "GRU": (gru, GRU, [1, 0, 2]),
    "RNN": (rnn, RNN, [0]),
}


def from_onnx(kind, attributes, inputs):
    """Return our layer with the parameters of an ONNX node."""
    _, ours, order = ONNX[kind]
    direction = attributes["direction"].s.decode() if "direction" in attributes else "forward"
    hidden, (directions, _, width) = attributes["hidden_size"].i, inputs["W"].shape
    batch_first = "layout" in attributes and attributes["layout"].i == 1
    options = {"bidirectional": direction == "bidirectional", "batch_first": batch_first}
    if kind == "GRU":
        lbr = attributes.get("linear_before_reset")
        options["reset_after"] = lbr is not None and lbr.i == 1
    layer = ours(width, hidden, **options)
    b = inputs.get("B", np.zeros((directions, 2 * len(order) * hidden), dtype=np.float32))
    parts = (inputs["W"], inputs["R"], *np.split(b, 2, axis=1))
    state = {}
    for name, part in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), parts, strict=True):
        for k, suffix in enumerate(("_l0", "_l0_reverse")[:directions]):
            gates = np.split(part[k], len(order))
            state[name + suffix] = torch.tensor(np.concatenate([gates[j] for j in order]))
    layer.load_state_dict(state)
    return layer, direction


@pytest.mark.parametrize("kind", ONNX)
def test_onnx_node_cases(kind, monkeypatch):
    compared = 0
    for name, node, attributes, inputs, outputs in onnx_cases(ONNX[kind][0], monkeypatch):
        if "P" in inputs:  # peepholes are not taught
            continue
        lengths = inputs.get("sequence_lens")
        x = inputs["X"]
        assert lengths is None or (lengths == x.shape[0]).all(), name
        layer, direction = from_onnx(kind, attributes, inputs)
        x = torch.tensor(np.flip(x, 0).copy() if direction == "reverse" else x)
        with torch.no_grad():
            H, last = layer(x)
        last, c = last if isinstance(last, tuple) else (last, last)
        if direction == "reverse":
            H = H.flip(0)
        if layer.batch_first:  # ONNX: (B, T, directions, h) and (B, directions, h)
            got = {"Y": H.unflatten(2, (-1, layer.hidden_size)), "Y_h": last.transpose(0, 1)}
        else:  # (T, directions, B, h)
            got = {"Y": H.unflatten(2, (-1, layer.hidden_size)).transpose(1, 2), "Y_h": last}
        got["Y_c"] = c.transpose(0, 1) if layer.batch_first else c
        wanted = [one for one in node.output if one]
        for one, expected in zip(wanted, outputs, strict=True):
            np.testing.assert_allclose(got[one].numpy(), expected, rtol=1e-5, atol=1e-6)
            compared += 1
    assert compared >= 5


# --- closed forms -------------------------------------------------------------------------------


def constant_gates(i, f, o, hidden=1):
    """An LSTM whose gates are what is wanted whatever it reads; the candidate is tanh(x)."""
    layer = LSTM(1, hidden).double()
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        logits = torch.logit(torch.tensor([i, f, 0.5, o], dtype=torch.float64), eps=1e-300)
        logits[2] = 0
        layer.bias_ih_l0.copy_(logits.repeat_interleave(hidden))
        layer.weight_ih_l0[2 * hidden : 3 * hidden] = 1
    return layer


def test_the_cell_state_is_a_leaky_sum_of_candidates():
    layer = constant_gates(i=0.3, f=0.9, o=0.5)
    x = torch.randn(20, 1, 1, dtype=torch.float64)
    _, (h, c) = layer(x)
    expected = sum(0.9 ** (19 - t) * 0.3 * torch.tanh(x[t]) for t in range(20))
    torch.testing.assert_close(c[0], expected)
    torch.testing.assert_close(h[0], 0.5 * torch.tanh(expected))


@pytest.mark.parametrize("f", [0.5, 0.9, 0.99])
def test_the_gradient_of_the_cell_state_is_the_product_of_the_forget_gates(f):
    layer = constant_gates(i=0.3, f=f, o=0.5)
    c0 = torch.zeros(1, 1, 1, dtype=torch.float64, requires_grad=True)
    _, (_, c) = layer(torch.randn(50, 1, 1, dtype=torch.float64), (torch.zeros_like(c0), c0))
    (gradient,) = torch.autograd.grad(c.sum(), c0)
    assert gradient.item() == pytest.approx(f**50)


def test_the_gradient_of_a_linear_recurrence_is_a_power_of_the_weights():
    layer = RNN(1, 3).double()
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.weight_hh_l0.copy_(torch.tensor([[0.9, 0.2, 0], [0, 0.5, 0.1], [0, 0, 0.8]]))
    h0 = torch.zeros(1, 1, 3, dtype=torch.float64, requires_grad=True)  # tanh′(0) = 1
    _, last = layer(torch.zeros(12, 1, 1, dtype=torch.float64), h0)
    (gradient,) = torch.autograd.grad(last[0, 0, 0], h0)
    expected = torch.linalg.matrix_power(layer.weight_hh_l0.detach(), 12)[0]
    torch.testing.assert_close(gradient[0, 0], expected)


def test_counts_of_parameters():
    d, h = 7, 11
    for layer, gates in ((RNN(d, h), 1), (GRU(d, h), 3), (LSTM(d, h), 4)):
        assert sum(p.numel() for p in layer.parameters()) == gates * (h * (h + d) + 2 * h)


@pytest.mark.parametrize("ours", [RNN, LSTM])
def test_the_second_bias_adds_nothing(ours):
    layer, x = ours(3, 4), torch.randn(6, 2, 3)
    before = layer(x)[0]
    with torch.no_grad():
        layer.bias_ih_l0 += layer.bias_hh_l0
        layer.bias_hh_l0.zero_()
    torch.testing.assert_close(layer(x)[0], before)


def test_the_second_bias_of_the_gru_counts_inside_the_reset():
    layer, x = GRU(3, 4), torch.randn(6, 2, 3)
    before = layer(x)[0]
    with torch.no_grad():
        layer.bias_ih_l0 += layer.bias_hh_l0
        layer.bias_hh_l0.zero_()
    assert not torch.allclose(layer(x)[0], before, atol=1e-4)


def test_gradients_by_distance_shrink_like_the_forget_gate():
    layer = constant_gates(i=0.3, f=0.8, o=0.5)
    with torch.no_grad():
        layer.weight_ih_l0.mul_(1e-3)  # so small that tanh is linear
    norms = recurrent.gradient_by_distance(layer, 9, batch_size=1)
    torch.testing.assert_close(
        norms / norms[0], 0.8 ** torch.arange(9.0).double(), rtol=1e-4, atol=0
    )
    assert torch.equal(norms, recurrent.gradient_by_distance(layer, 9, batch_size=1))
    with pytest.raises(ValueError, match="batch_first=False"):
        recurrent.gradient_by_distance(LSTM(1, 1, batch_first=True), 3)
    with pytest.raises(ValueError, match="bidirectional=False"):
        recurrent.gradient_by_distance(GRU(1, 1, bidirectional=True), 3)


# --- invariances and the ends of the range ------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"num_layers": 2}])
@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_a_sequence_in_two_parts_is_the_sequence(ours, options):
    layer, x = ours(3, 5, **options), torch.randn(9, 2, 3)
    H, last = layer(x)
    first, state = layer(x[:4])
    second, end = layer(x[4:], state)
    torch.testing.assert_close(torch.cat([first, second]), H)
    torch.testing.assert_close(flat(end), flat(last))


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_sequences_of_a_batch_do_not_see_one_another(ours):
    layer, x = ours(3, 5, 2, bidirectional=True), torch.randn(6, 4, 3)
    torch.testing.assert_close(layer(x)[0][:, 2:3], layer(x[:, 2:3])[0])


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_no_output_depends_on_what_comes_later(ours):
    layer, x = ours(3, 5), torch.randn(6, 2, 3)
    later = x.clone()
    later[4:] += 1
    assert torch.equal(layer(x)[0][:4], layer(later)[0][:4])
    assert not torch.equal(layer(x)[0][4:], layer(later)[0][4:])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_dtype_is_kept(ours, dtype):
    H, last = ours(3, 5).to(dtype)(torch.randn(4, 2, 3, dtype=dtype))
    assert H.dtype == dtype
    assert flat(last).dtype == dtype


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_one_step_one_sequence_one_unit(ours):
    H, last = ours(1, 1)(torch.ones(1, 1, 1))
    assert H.shape == (1, 1, 1)
    torch.testing.assert_close(H, last[0] if isinstance(last, tuple) else last)


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_saturated_units_stay_finite(ours):
    layer = ours(2, 3)
    loss = layer(torch.full((5, 1, 2), 1e4))[0].sum()
    assert all(torch.isfinite(g).all() for g in torch.autograd.grad(loss, list(layer.parameters())))


def test_the_seed_decides_the_first_parameters():
    def first():
        with seeded(3):
            return LSTM(2, 3).weight_hh_l0

    assert torch.equal(first(), first())


def test_a_new_lstm_remembers():
    for layer in (LSTM(3, 4, 2, bidirectional=True), LSTM(3, 4, forget_bias=2.5)):
        wanted = 2.5 if layer.num_layers == 1 else 1.0
        for name, p in layer.named_parameters():
            if name.startswith("bias"):
                start = wanted if "_ih" in name else 0.0
                assert torch.equal(p[4:8], torch.full((4,), start))
            assert p.abs().max() <= max(0.5, wanted)


def test_the_original_gru_resets_before_the_product():
    layer = GRU(3, 4, reset_after=False)
    x, h = torch.randn(1, 2, 3), torch.randn(1, 2, 4)
    W, U, b, c = (p.detach().chunk(3) for p in layer.parameters())
    r, z = (torch.sigmoid(x[0] @ W[k].T + h[0] @ U[k].T + b[k] + c[k]) for k in (0, 1))
    n = torch.tanh(x[0] @ W[2].T + b[2] + (r * h[0]) @ U[2].T + c[2])
    torch.testing.assert_close(layer(x, h)[0][0], (1 - z) * n + z * h[0])
    cell = GRUCell(3, 4, reset_after=False)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    torch.testing.assert_close(cell(x[0], h[0]), layer(x, h)[0][0])


def test_the_trace_is_what_the_layer_does():
    layer, x = LSTM(3, 4, batch_first=True), torch.randn(2, 6, 3)
    inside = layer.trace(x)
    H, (_, c) = layer(x)
    torch.testing.assert_close(inside["h"].transpose(0, 1), H)
    torch.testing.assert_close(inside["c"][-1], c[0])
    torch.testing.assert_close(inside["h"], inside["o"] * inside["c"].tanh())
    with pytest.raises(ValueError, match="at least one time step"):
        layer.trace(torch.zeros(2, 0, 3))


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_a_sequence_model_reads_the_last_step_or_every_one(ours, layers):
    layer = ours(2, 3, layers, batch_first=True)
    last, every = SequenceModel(layer, 4), SequenceModel(layer, 4, every_step=True)
    every.load_state_dict(last.state_dict())
    x = torch.randn(5, 7, 2)
    assert every(x).shape == (5, 7, 4)
    torch.testing.assert_close(every(x)[:, -1], last(x))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("ours", "theirs"), LAYERS)
def test_a_bidirectional_model_reads_each_direction_where_it_ends(ours, theirs, layers):
    layer = ours(2, 3, layers, bidirectional=True, batch_first=True)
    model = SequenceModel(layer, 4)
    reference = theirs(2, 3, layers, bidirectional=True, batch_first=True)
    reference.load_state_dict(layer.state_dict())
    x = torch.randn(5, 7, 2)
    _, h = reference(x)
    h = h[0] if isinstance(h, tuple) else h
    torch.testing.assert_close(model(x), model.head(torch.cat([h[-2], h[-1]], dim=-1)))
    H = SequenceModel(layer, 4, every_step=True).recurrent(x)[0]
    torch.testing.assert_close(model(x), model.head(torch.cat([H[:, -1, :3], H[:, 0, 3:]], dim=-1)))


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_half_a_bidirectional_model_has_read_the_first_input_last(ours):
    """The reverse half alone: what it says changes most with what it read last, the first step."""
    model = SequenceModel(ours(1, 3, bidirectional=True, batch_first=True), 1)
    with torch.no_grad():
        model.head.weight[:, :3] = 0
    x = torch.randn(1, 30, 1, requires_grad=True)
    size = torch.autograd.grad(model(x).sum(), x)[0].abs().flatten()
    assert (size > 0).all()
    assert size[0] > 10 * size[-1]


def test_a_sequence_model_needs_the_batch_first():
    with pytest.raises(ValueError, match="batch_first=True"):
        SequenceModel(LSTM(2, 3), 1)


# --- autocast ---------------------------------------------------------------------------------

AUTOCAST = [
    *(("cpu", torch.bfloat16), ("cpu", torch.float16)),
    *(
        pytest.param("cuda", dtype, marks=DEVICES[1].marks)
        for dtype in (torch.float16, torch.bfloat16)
    ),
]


@pytest.mark.parametrize(("device", "dtype"), AUTOCAST)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("ours", [RNN, LSTM, GRU, lambda *a, **k: GRU(*a, **k, reset_after=False)])
def test_under_autocast_a_layer_is_itself_up_to_rounding(ours, with_state, options, device, dtype):
    layer, x = ours(4, 6, **options).to(device), torch.randn(9, 3, 4, device=device)
    state = states_of(layer, 3, torch.float32, device) if with_state else None
    H, last, gradients = loss_and_gradients(layer, x, state)
    with torch.autocast(device, dtype=dtype):
        low_H, low_last, inside = loss_and_gradients(layer, x, state)
        low, _ = layer(x, state)  # and its gradient outside, as is advised
    weights = torch.linspace(-1, 2, H.numel(), device=device).view_as(H)
    outside = torch.autograd.grad((weights * low).sum(), list(layer.parameters()))
    plain = torch.autograd.grad((weights * layer(x, state)[0]).sum(), list(layer.parameters()))
    pairs = [(H, low_H), (flat(last), flat(low_last))]
    for exact, rounded in [*pairs, *zip([*gradients, *plain], [*inside, *outside], strict=True)]:
        assert rounded.dtype == torch.float32
        error = (exact - rounded).abs().max() / exact.abs().max()
        assert error < 6 * torch.finfo(dtype).eps
    if dtype == torch.bfloat16 and not with_state:
        assert not torch.equal(H, low_H)  # it was on


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_autocast_leaves_float64_alone_and_takes_inputs_of_16_bits(ours):
    layer, x = ours(4, 6), torch.randn(9, 3, 4)
    exact = layer.double()(x.double())[0]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer.double()(x.double())[0], exact)
        low = layer.float()(x.bfloat16())[0]
    torch.testing.assert_close(low.double(), exact, rtol=0, atol=0.02)


@pytest.mark.parametrize("ours", [RNNCell, LSTMCell, GRUCell])
def test_under_autocast_a_cell_is_itself_up_to_rounding(ours):
    cell, x = ours(4, 6), torch.randn(3, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = cell(x)
        low = cell(x, low)
    torch.testing.assert_close(flat(low).float(), flat(cell(x, cell(x))), rtol=0, atol=0.02)


def test_a_trace_and_a_sequence_model_under_autocast():
    layer, x = LSTM(2, 3, batch_first=True), torch.randn(5, 7, 2)
    model = SequenceModel(layer, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside, out = layer.trace(x), model(x)
    torch.testing.assert_close(inside["h"], layer.trace(x)["h"], rtol=0, atol=0.02)
    torch.testing.assert_close(out.float(), model(x), rtol=0, atol=0.02)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU, RNNCell, LSTMCell, GRUCell])
@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3"])
def test_sizes_are_positive_integers(ours, size):
    with pytest.raises(ValueError, match="hidden_size must be a whole number of at least 1"):
        ours(3, size)
    with pytest.raises(ValueError, match="input_size must be a whole number of at least 1"):
        ours(size, 3)


@pytest.mark.parametrize("ours", [LSTM, LSTMCell])
@pytest.mark.parametrize("bias", [float("nan"), float("inf"), "1"])
def test_the_forget_bias_is_a_finite_number(ours, bias):
    with pytest.raises(ValueError, match="forget_bias must be a finite number, got"):
        ours(3, 4, forget_bias=bias)


@pytest.mark.parametrize("ours", [RNN, LSTM, GRU])
def test_bad_sequences(ours):
    layer = ours(3, 4)
    with pytest.raises(ValueError, match="num_layers"):
        ours(3, 4, 0)
    with pytest.raises(TypeError, match="torch tensor of shape"):
        layer(np.zeros((5, 2, 3)))
    with pytest.raises(ValueError, match=r"input_size = 3; got \(5, 2, 4\)"):
        layer(torch.zeros(5, 2, 4))
    with pytest.raises(ValueError, match="unsqueeze"):
        layer(torch.zeros(5, 3))
    with pytest.raises(TypeError, match=r"x.float\(\)"):
        layer(torch.zeros(5, 2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match="length 0"):
        layer(torch.zeros(0, 2, 3))
    with pytest.raises(ValueError, match=r"of shape \(1, 2, 4\); got"):
        layer(torch.zeros(5, 2, 3), (torch.zeros(1, 3, 4),) * 2)


@pytest.mark.parametrize(("batch_first", "axes"), [(False, "T, B, d"), (True, "B, T, d")])
def test_bad_sequences_are_told_the_order_of_the_axes(batch_first, axes):
    layer = LSTM(3, 4, batch_first=batch_first)
    for call in (layer, layer.trace):
        with pytest.raises(ValueError, match=rf"x must have the shape \({axes}\) with d"):
            call(torch.zeros(5, 2, 4))


@pytest.mark.parametrize("ours", [RNNCell, LSTMCell, GRUCell])
def test_bad_input_of_a_cell(ours):
    cell = ours(3, 4)
    with pytest.raises(ValueError, match=r"\(B, d\) with d = input_size = 3; got \(2, 4\)"):
        cell(torch.zeros(2, 4))
    with pytest.raises(TypeError, match="torch tensor of shape"):
        cell(np.zeros((2, 3)))
    with pytest.raises(TypeError, match=r"x.float\(\)"):
        cell(torch.zeros(2, 3, dtype=torch.int64))


def test_bad_state_of_a_cell():
    with pytest.raises(ValueError, match=r"pair \(h, c\), each of shape \(2, 4\)"):
        LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 5)))
    with pytest.raises(ValueError, match=r"one tensor of shape \(2, 4\)"):
        GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(4))
    with pytest.raises(ValueError, match=r"got \['int', 'int'\]"):
        LSTMCell(3, 4)(torch.zeros(2, 3), (0, 0))


def test_all_that_is_public_is_listed():
    public = [
        n for n, t in vars(recurrent).items() if getattr(t, "__module__", "") == recurrent.__name__
    ]
    assert sorted(n for n in public if not n.startswith("_")) == sorted(recurrent.__all__)


def test_gates_that_the_input_does_not_move_multiply_to_powers():
    layer = LSTM(2, 3, forget_bias=1.0)
    with torch.no_grad():
        layer.weight_ih_l0.zero_()
        layer.weight_hh_l0.zero_()
    kept = torch.sigmoid(torch.tensor(1.0))
    torch.testing.assert_close(recurrent.gates_by_distance(layer, 6), kept ** torch.arange(6))


def test_slopes_by_step_are_those_of_each_answer_by_its_own_sequence():
    with seeded(0):
        model = recurrent.SequenceModel(GRU(2, 3, batch_first=True), 1).double()
        x = torch.randn(2, 4, 2, dtype=torch.float64)
    slopes = recurrent.slopes_by_step(model, x)
    assert slopes.shape == x.shape
    assert not x.requires_grad
    for t in range(4):
        for j in range(2):
            step = torch.zeros_like(x)
            step[:, t, j] = 1e-6
            rise = (model(x + step) - model(x - step)).detach()[:, 0] / 2e-6
            torch.testing.assert_close(slopes[:, t, j], rise, atol=1e-8, rtol=1e-6)


def test_slopes_by_step_want_one_answer():
    model = recurrent.SequenceModel(LSTM(2, 3, batch_first=True), 2)
    with pytest.raises(ValueError, match=r"one answer a sequence, \(4, 1\); got \(4, 2\)"):
        recurrent.slopes_by_step(model, torch.zeros(4, 5, 2))


def test_the_product_of_the_gates_is_the_gradient_along_the_cell_alone():
    with seeded(0):
        layer = LSTM(2, 1).double()
    inside = layer.trace(recurrent._normal_inputs(layer, 5, 1, 3))
    first = inside["c"][0].requires_grad_()
    c = first
    for t in range(1, 5):
        c = inside["f"][t] * c + inside["i"][t] * inside["g"][t]
    (slope,) = torch.autograd.grad(c.sum(), first)
    products = recurrent.gates_by_distance(layer, 5, batch_size=1, random_state=3)
    torch.testing.assert_close(products[-1], slope.squeeze())
    with pytest.raises(ValueError, match="batch_first=False"):
        recurrent.gates_by_distance(LSTM(1, 1, batch_first=True), 3)


def test_reach_is_the_first_step_below_the_share():
    values = torch.tensor([4.0, 3.0, 0.3, 2.0, 0.1])
    assert recurrent.reach(values, share=0.1) == 2
    assert recurrent.reach(values, share=0.05) == 4
    assert recurrent.reach(values) == 5


# --- sequences of different lengths -------------------------------------------------------------

LENGTHS = [3, 7, 1, 5]


def ragged(width=2):
    return [torch.randn(length, width, dtype=torch.float64) for length in LENGTHS]


@pytest.mark.parametrize("fill", [0.0, -9.0])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("ours", "theirs"), LAYERS)
def test_a_padded_batch_equals_its_sequences_alone_and_torchs_packed_ones(
    ours, theirs, layers, fill
):
    model = SequenceModel(ours(2, 3, layers, batch_first=True), 4).double()
    reference = theirs(2, 3, layers, batch_first=True).double()
    reference.load_state_dict(model.recurrent.state_dict())
    sequences = ragged()
    padded, lengths = pad(sequences, fill=fill)
    got = model(padded, lengths)
    alone = torch.cat([model(each[None]) for each in sequences])
    torch.testing.assert_close(got, alone, rtol=1e-12, atol=1e-12)
    packed = nn.utils.rnn.pack_padded_sequence(
        padded, lengths, batch_first=True, enforce_sorted=False
    )
    H, last = reference(packed)
    last = last[0] if isinstance(last, tuple) else last
    torch.testing.assert_close(got, model.head(last[-1]), rtol=1e-12, atol=1e-12)
    slopes = torch.autograd.grad(got.square().sum(), list(model.recurrent.parameters()))
    expected = torch.autograd.grad(
        model.head(last[-1]).square().sum(), list(reference.parameters()), retain_graph=True
    )
    for one, other in zip(slopes, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)
    every = SequenceModel(model.recurrent, 4, every_step=True).double()
    every.load_state_dict(model.state_dict())
    H, _ = nn.utils.rnn.pad_packed_sequence(H, batch_first=True)
    wanted = torch.cat([model.head(h[:n]) for h, n in zip(H, LENGTHS, strict=True)])
    outputs = every(padded, lengths)
    got = torch.cat([out[:n] for out, n in zip(outputs, LENGTHS, strict=True)])
    torch.testing.assert_close(got, wanted, rtol=1e-12, atol=1e-12)


def test_padding_gets_no_gradient():
    model = SequenceModel(RNN(2, 3, batch_first=True), 1).double()
    padded, lengths = pad(ragged())
    padded.requires_grad_()
    slopes = torch.autograd.grad(model(padded, lengths).sum(), padded)[0].abs().sum(dim=-1)
    real = torch.arange(7) < lengths[:, None]
    assert (slopes[real] > 0).all()
    assert (slopes[~real] == 0).all()


def test_pad_equals_torchs_and_keeps_the_kind():
    for sequences in (ragged(), [torch.arange(n) for n in LENGTHS]):
        padded, lengths = pad(sequences, fill=7)
        expected = nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=7)
        assert torch.equal(padded, expected)
        assert padded.dtype == sequences[0].dtype
        assert lengths.tolist() == LENGTHS


def test_pad_refuses_what_cannot_stand_in_one_batch():
    for nothing in ([], [torch.ones(2), torch.ones(0)]):
        with pytest.raises(ValueError, match="at least one sequence, each of at least one step"):
            pad(nothing)
    for other in (torch.ones(2, 3), torch.ones(2).double()):
        with pytest.raises(ValueError, match="agree in dtype and in the axes"):
            pad([torch.ones(2), other])


def test_a_masked_mean_counts_every_real_step_once():
    values = torch.randn(4, 7, dtype=torch.float64)
    real = [v for row, n in zip(values.tolist(), LENGTHS, strict=True) for v in row[:n]]
    lengths = torch.tensor(LENGTHS)
    assert masked_mean(values, lengths).item() == pytest.approx(np.mean(real))
    values[0, 3:] = torch.nan
    values.requires_grad_()
    mean = masked_mean(values, lengths)
    (slopes,) = torch.autograd.grad(mean, values)
    assert mean.isfinite()
    assert slopes.sum().item() == pytest.approx(1)
    assert (slopes[0, 3:] == 0).all()
    assert masked_mean(values[1:2], torch.tensor([7])).item() == pytest.approx(np.mean(real[3:10]))


def test_lengths_that_fit_no_batch_are_refused():
    model = SequenceModel(RNN(2, 3, batch_first=True), 1)
    x = torch.zeros(2, 5, 2)
    for lengths in ([1, 2, 3], [[1], [2]], [1.0, 2.0], [True, True]):
        with pytest.raises(ValueError, match="lengths must be 2 whole numbers"):
            model(x, torch.tensor(lengths))
        with pytest.raises(ValueError, match="lengths must be 2 whole numbers"):
            masked_mean(x[..., 0], torch.tensor(lengths))
    for lengths in ([0, 5], [1, 6]):
        with pytest.raises(ValueError, match=f"between 1 and the 5 steps.*got {lengths[0]} to"):
            model(x, torch.tensor(lengths))
    with pytest.raises(ValueError, match="bidirectional=False"):
        SequenceModel(RNN(2, 3, batch_first=True, bidirectional=True), 1)(x, torch.tensor([1, 5]))
    with pytest.raises(ValueError, match=r"values must have the shape \(B, T\)"):
        masked_mean(x, torch.tensor([1, 5]))
