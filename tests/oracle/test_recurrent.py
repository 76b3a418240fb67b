"""Recurrent layers and cells against PyTorch: outputs, states, gradients, packed sequences."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

CLOSE = {"rtol": 1e-8, "atol": 1e-8}
RNG = np.random.default_rng(0)
RNNS = torch.nn.utils.rnn

# Class, options beside input size 3 and hidden size 4

LAYERS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "bias": False}),
    ("RNN", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("LSTM", {}),
    ("LSTM", {"num_layers": 3, "bias": False}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True, "bias": False}),
    ("GRU", {}),
    ("GRU", {"bias": False, "batch_first": True}),
    ("GRU", {"num_layers": 2, "bidirectional": True}),
    ("GRU", {"num_layers": 3, "dropout": 0.0}),
]

CELLS = [
    ("RNNCell", {}),
    ("RNNCell", {"bias": False, "nonlinearity": "relu"}),
    ("LSTMCell", {}),
    ("LSTMCell", {"bias": False}),
    ("GRUCell", {}),
    ("GRUCell", {"bias": False}),
]


def case_id(case):
    return f"{case[0]} {case[1]}"


def pair(case, **more):
    """The same module twice, with the same weights."""
    name, options = case
    ours = getattr(nn, name)(3, 4, **options, **more).double()
    theirs = getattr(torch.nn, name)(3, 4, **options, **more).double()
    assert repr(ours) == repr(theirs)
    state = {k: v.numpy() for k, v in theirs.state_dict().items()}
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: v.shape for k, v in state.items()
    }
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict(state)
    return ours, theirs


def flat(*values):
    """The arrays in nested tuples, one after another."""
    for v in values:
        if isinstance(v, tuple) and not isinstance(v, nn.PackedSequence | RNNS.PackedSequence):
            yield from flat(*v)
        else:
            yield v.data if isinstance(v, tuple) else v


def check(ours, theirs, outputs, expected, inputs, their_inputs):
    """Values, and gradients of inputs and parameters, for one cotangent of all outputs."""
    loss, other = 0, 0
    for k, (out, want) in enumerate(zip(flat(*outputs), flat(*expected), strict=True)):
        assert out.shape == tuple(want.shape)
        np.testing.assert_allclose(np.asarray(out), want.detach().numpy(), **CLOSE)
        g = np.random.default_rng(k).normal(size=out.shape)
        loss, other = loss + (out * g).sum(), other + (want * torch.tensor(g)).sum()
    loss.backward()
    other.backward()
    for a, b in zip(inputs, their_inputs, strict=True):
        np.testing.assert_allclose(np.asarray(a.grad), b.grad.numpy(), **CLOSE)
    for (a, p), (b, q) in zip(ours.named_parameters(), theirs.named_parameters(), strict=True):
        assert a == b
        np.testing.assert_allclose(np.asarray(p.grad), q.grad.numpy(), **CLOSE)


def leaves(*shapes):
    arrays = [RNG.normal(size=s) for s in shapes]
    return (
        [Tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )


def state_shapes(layer, batch):
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    h = (count, *batch, layer.proj_size or 4)
    return [h, (count, *batch, 4)] if isinstance(layer, nn.LSTM) else [h]


def as_state(arrays):
    return None if not arrays else tuple(arrays) if len(arrays) > 1 else arrays[0]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("given", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("batch", [(2,), ()], ids=["batch", "one"])
@pytest.mark.parametrize("case", LAYERS, ids=case_id)
def test_layers(case, batch, given, training):
    ours, theirs = pair(case)
    ours.train(training)
    theirs.train(training)
    shape = (5, *batch, 3)
    if batch and ours.batch_first:
        shape = (*batch, 5, 3)
    x, y = leaves(shape, *(state_shapes(ours, batch) if given else []))
    outputs, expected = ours(x[0], as_state(x[1:])), theirs(y[0], as_state(y[1:]))
    check(ours, theirs, outputs, expected, x, y)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_dropout_between_layers_sleeps_in_evaluation(name):
    ours, theirs = pair((name, {"num_layers": 2, "dropout": 0.5}))
    x, y = leaves((5, 2, 3))
    check(ours, theirs, ours.eval()(x[0]), theirs.eval()(y[0]), x, y)


LENGTHS = {"sorted": [5, 3, 3, 1], "mixed": [3, 5, 1, 4], "equal": [5, 5, 5, 5]}


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("given", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("case", LAYERS, ids=case_id)
def test_packed_sequences(case, given, lengths):
    ours, theirs = pair(case)
    sizes, ordered = LENGTHS[lengths], lengths != "mixed"
    x, y = leaves((5, 4, 3), *(state_shapes(ours, (4,)) if given else []))
    packed = nn.pack_padded_sequence(x[0], sizes, enforce_sorted=ordered)
    their_packed = RNNS.pack_padded_sequence(y[0], sizes, enforce_sorted=ordered)
    outputs, expected = ours(packed, as_state(x[1:])), theirs(their_packed, as_state(y[1:]))
    assert np.array_equal(outputs[0].batch_sizes, expected[0].batch_sizes.numpy())
    check(ours, theirs, outputs, expected, x, y)


@pytest.mark.parametrize("case", LAYERS, ids=case_id)
def test_lengths_give_what_packing_gives(case):
    ours, theirs = pair(case)
    x, y = leaves((4, 5, 3) if ours.batch_first else (5, 4, 3))
    first = ours.batch_first
    out, state = ours(x[0], lengths=LENGTHS["mixed"])
    packed = RNNS.pack_padded_sequence(y[0], LENGTHS["mixed"], first, enforce_sorted=False)
    their_out, their_state = theirs(packed)
    padded, _ = RNNS.pad_packed_sequence(their_out, first)
    check(ours, theirs, (out, state), (padded, their_state), x, y)


@pytest.mark.parametrize("given", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("batch", [(2,), ()], ids=["batch", "one"])
@pytest.mark.parametrize("case", CELLS, ids=case_id)
def test_cells(case, batch, given):
    ours, theirs = pair(case)
    count = (2 if "LSTM" in case[0] else 1) if given else 0
    x, y = leaves((*batch, 3), *[(*batch, 4)] * count)
    outputs, expected = ours(x[0], as_state(x[1:])), theirs(y[0], as_state(y[1:]))
    check(ours, theirs, flat(outputs), flat(expected), x, y)


# The functions behind the layers, with weights in their arguments

FUNCTIONS = {
    "RNN": lambda x, h, w, **o: ag.rnn_layer(x, *h, *w, **o),
    "LSTM": lambda x, h, w, **o: ag.lstm_layer(x, h, *w, **o),
    "GRU": lambda x, h, w, **o: ag.gru_layer(x, *h, *w, **o),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, reverse):
    theirs = getattr(torch.nn, name)(3, 4, bidirectional=True).double()
    suffix = "_reverse" if reverse else ""
    names = [f"{w}_l0{suffix}" for w in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    weights = [Tensor(getattr(theirs, n).detach().numpy(), requires_grad=True) for n in names]
    x, y = leaves((5, 2, 3))
    h = [np.zeros((2, 4))] * (2 if name == "LSTM" else 1)
    out, *state = FUNCTIONS[name](x[0], h, weights, reverse=reverse)
    both, last = theirs(y[0])
    half = slice(4, 8) if reverse else slice(4)
    np.testing.assert_allclose(np.asarray(out), both[..., half].detach().numpy(), **CLOSE)
    for a, b in zip(state, flat(last), strict=True):
        np.testing.assert_allclose(np.asarray(a), b[int(reverse)].detach().numpy(), **CLOSE)
    g = RNG.normal(size=out.shape)
    out.backward(g)
    both[..., half].backward(torch.tensor(g))
    for a, b in zip([x[0], *weights], [y[0], *(getattr(theirs, n) for n in names)], strict=True):
        np.testing.assert_allclose(np.asarray(a.grad), b.grad.numpy(), **CLOSE)


# Peepholes: PyTorch has none, so its cell is written out


@pytest.mark.parametrize("bias", [True, False])
def test_peepholes(bias):
    ours = nn.PeepholeLSTM(3, 4, bias=bias).double()
    x, y = leaves((5, 2, 3))
    w = {k: torch.tensor(v, requires_grad=True) for k, v in ours.state_dict().items()}
    h = c = torch.zeros(2, 4, dtype=torch.float64)
    outputs = []
    for step in y[0]:
        a = step @ w["weight_ih_l0"].T + h @ w["weight_hh_l0"].T
        if bias:
            a = a + w["bias_ih_l0"] + w["bias_hh_l0"]
        i, f, g, o = a.chunk(4, -1)
        p_i, p_f, p_o = w["weight_ch_l0"].chunk(3)
        c = (f + p_f * c).sigmoid() * c + (i + p_i * c).sigmoid() * g.tanh()
        h = (o + p_o * c).sigmoid() * c.tanh()
        outputs.append(h)
    theirs = type("Written", (), {"named_parameters": lambda self: w.items()})()
    expected = torch.stack(outputs), (h[None], c[None])
    check(ours, theirs, ours(x[0]), expected, x, y)
    names = ["weight_ih", "weight_hh", "weight_ch"] + ["bias_ih", "bias_hh"] * bias
    start = np.zeros((2, 4)), np.zeros((2, 4))
    out, *state = ag.peephole_lstm_layer(x[0], start, *(getattr(ours, f"{n}_l0") for n in names))
    for a, b in zip((out, *state), (expected[0], h, c), strict=True):
        np.testing.assert_allclose(np.asarray(a), b.detach().numpy(), **CLOSE)


@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_peepholes_of_zero_are_an_lstm(options):
    ours = nn.PeepholeLSTM(3, 4, **options).double()
    theirs = torch.nn.LSTM(3, 4, **options).double()
    ours.load_state_dict(theirs.state_dict(), strict=False)
    for name, parameter in ours.named_parameters():
        if "weight_ch" in name:
            nn.init.zeros_(parameter)
    x = RNG.normal(size=(5, 2, 3))
    for out, want in zip(flat(*ours(x)), flat(*theirs(torch.tensor(x))), strict=True):
        np.testing.assert_allclose(np.asarray(out), want.detach().numpy(), **CLOSE)


# Packing itself


@pytest.mark.parametrize("first", [True, False], ids=["batch first", "time first"])
@pytest.mark.parametrize("lengths", LENGTHS)
def test_packing_and_padding(lengths, first):
    sizes, ordered = LENGTHS[lengths], lengths != "mixed"
    x, y = leaves((4, 5, 2, 3) if first else (5, 4, 2, 3))
    ours = nn.pack_padded_sequence(x[0], sizes, first, ordered)
    theirs = RNNS.pack_padded_sequence(y[0], sizes, first, ordered)
    np.testing.assert_array_equal(np.asarray(ours.data), theirs.data.detach().numpy())
    for name in ("batch_sizes", "sorted_indices", "unsorted_indices"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert (a is None and b is None) or np.array_equal(a, b.numpy())
    out, back = nn.pad_packed_sequence(ours, first, -1.5, 7)
    want, their_back = RNNS.pad_packed_sequence(theirs, first, -1.5, 7)
    assert back.tolist() == their_back.tolist() == sizes
    np.testing.assert_array_equal(np.asarray(out), want.detach().numpy())
    g = RNG.normal(size=out.shape)
    out.backward(g)
    want.backward(torch.tensor(g))
    np.testing.assert_array_equal(np.asarray(x[0].grad), y[0].grad.numpy())


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("first", [True, False], ids=["batch first", "time first"])
def test_lists_of_sequences(first, side):
    x, y = leaves((3, 2), (5, 2), (1, 2))
    out = nn.pad_sequence(x, first, 0.5, side)
    want = RNNS.pad_sequence(y, first, 0.5, side)
    np.testing.assert_array_equal(np.asarray(out), want.detach().numpy())
    out.backward(g := RNG.normal(size=out.shape))
    want.backward(torch.tensor(g))
    for a, b in zip(x, y, strict=True):
        np.testing.assert_array_equal(np.asarray(a.grad), b.grad.numpy())
    if side == "right":
        for a, b in zip(nn.unpad_sequence(out, [3, 5, 1], first), x, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    packed = nn.pack_sequence(x, enforce_sorted=False)
    theirs = RNNS.pack_sequence(y, enforce_sorted=False)
    np.testing.assert_array_equal(np.asarray(packed.data), theirs.data.detach().numpy())
