"""What recurrent layers promise beside their values: long sequences, padding, states, messages."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.testing import check_grads

RNG = np.random.default_rng(0)
LAYERS = ["RNN", "LSTM", "GRU", "PeepholeLSTM"]
CELLS = ["RNNCell", "LSTMCell", "GRUCell"]

layers = pytest.mark.parametrize("name", LAYERS)
cells = pytest.mark.parametrize("name", CELLS)


def normal(*shape):
    return RNG.normal(size=shape)


def states(state):
    return state if isinstance(state, tuple) else (state,)


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-12)


# Long sequences


def test_a_gradient_passes_through_thousands_of_steps_unchanged():
    """A relu layer with the identity as w_hh only adds up: Le, Jaitly & Hinton (2015)."""
    layer = nn.RNN(2, 2, nonlinearity="relu", bias=False).double()
    nn.init.eye_(layer.weight_ih_l0)
    nn.init.eye_(layer.weight_hh_l0)
    x = Tensor(np.full((5000, 1, 2), 0.5), requires_grad=True)
    _, h = layer(x)
    assert h.tolist() == [[[2500, 2500]]]
    h.sum().backward()
    assert (np.asarray(x.grad) == 1).all()


@layers
def test_a_long_sequence_has_finite_gradients(name):
    layer = getattr(nn, name)(3, 4)
    x = Tensor(np.float32(normal(1000, 2, 3)), requires_grad=True)
    layer(x)[0].sum().backward()
    for t in (x, *layer.parameters()):
        assert t.grad.dtype == np.float32
        assert np.isfinite(np.asarray(t.grad)).all()
        assert (np.asarray(t.grad) != 0).any()


@layers
def test_two_halves_are_the_whole(name):
    layer = getattr(nn, name)(3, 4, num_layers=2).double()
    x = normal(6, 2, 3)
    out, last = layer(x)
    first, state = layer(x[:2])
    second, state = layer(x[2:], state)
    close(out, np.concatenate([first, second]))
    for a, b in zip(states(last), states(state), strict=True):
        close(a, b)


@pytest.mark.parametrize(("layer", "cell"), list(zip(LAYERS, CELLS, strict=False)))
def test_a_layer_is_its_cell_step_by_step(layer, cell):
    many, one = getattr(nn, layer)(3, 4).double(), getattr(nn, cell)(3, 4).double()
    one.load_state_dict({k: many.state_dict()[f"{k}_l0"] for k in one.state_dict()})
    x, state = normal(5, 2, 3), None
    out, _ = many(x)
    for t in range(5):
        state = one(x[t], state)
        close(out[t], states(state)[0])


@layers
def test_derivatives_of_second_order(name):
    layer = getattr(nn, name)(2, 2, bidirectional=True).double()
    check_grads(lambda x: layer(x, lengths=[2, 1])[0], normal(2, 2, 2), order=2)


# Padding


@layers
@pytest.mark.parametrize("direction", [False, True], ids=["forward", "both ways"])
def test_packed_padded_and_alone_are_equal(name, direction):
    layer = getattr(nn, name)(3, 4, num_layers=2, bidirectional=direction).double()
    lengths, x = [2, 5, 1], normal(5, 3, 3)
    packed, last = layer(nn.pack_padded_sequence(x, lengths, enforce_sorted=False))
    out, sizes = nn.pad_packed_sequence(packed)
    padded, again = layer(x, lengths=lengths)
    assert sizes.tolist() == lengths
    close(out, padded)
    for a, b in zip(states(last), states(again), strict=True):
        close(a, b)
    for n, size in enumerate(lengths):
        alone, state = layer(x[:size, n])
        close(padded[:size, n], alone)
        assert (np.asarray(padded)[size:, n] == 0).all()
        for a, b in zip(states(again), states(state), strict=True):
            close(a[:, n], b)


@layers
def test_padding_may_hold_anything(name):
    layer = getattr(nn, name)(3, 4, bidirectional=True).double()
    grads = []
    for junk in (0.0, np.nan, 1e308):
        values = np.random.default_rng(1).normal(size=(4, 2, 3))
        values[2:, 0] = junk
        x = Tensor(values, requires_grad=True)
        layer.zero_grad()
        layer(x, lengths=[2, 4])[0].sum().backward()
        assert (np.asarray(x.grad)[2:, 0] == 0).all()
        grads.append([np.array(t.grad) for t in (x, *layer.parameters())])
    for a, b, c in zip(*grads, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


# Settings


@layers
def test_dropout_between_layers_repeats_by_seed_and_leaves_the_last_alone(name):
    x = np.float32(normal(5, 2, 3))

    def output():
        return np.asarray(getattr(nn, name)(3, 4, num_layers=2, dropout=0.5, rng=3)(x)[0])

    assert np.array_equal(output(), output())
    layer = getattr(nn, name)(3, 4, num_layers=2, dropout=0.5, rng=3)
    assert not np.array_equal(np.asarray(layer(x)[0]), np.asarray(layer.eval()(x)[0]))
    assert (np.asarray(layer.train()(x)[0]) != 0).all()
    single = getattr(nn, name)(3, 4, dropout=0.5, rng=3)
    assert np.array_equal(np.asarray(single(x)[0]), np.asarray(single.eval()(x)[0]))


@layers
def test_first_values_are_uniform_within_one_over_root_hidden(name):
    for parameter in getattr(nn, name)(30, 100, rng=0).parameters():
        values = np.asarray(parameter)
        assert np.abs(values).max() <= 0.1
        assert abs(values.mean()) < 5 * 0.1 / np.sqrt(3 * values.size)
        assert abs(values.var() / (0.01 / 3) - 1) < 5 * np.sqrt(0.8 / values.size)


class Model(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.encoder = part

    def forward(self, *args, **kwargs):
        return self.encoder(*args, **kwargs)


MISFITS = [
    ((np.ones((5, 2, 7)),), {}, "x has 7 features, expected 3"),
    ((np.ones(3),), {}, "x has 1 axes, expected 3"),
    ((np.ones((5, 2, 3)), np.ones((1, 3, 4))), {}, r"\(1, 3, 4\).*expected \(1, 2, 4\)"),
    ((np.ones((5, 2, 3)),), {"lengths": [1]}, r"lengths has shape \(1,\)"),
    ((np.ones((0, 2, 3)),), {}, "x has no steps"),
    ((nn.pack_sequence([np.ones((2, 7))]),), {}, "x has 7 features, expected 3"),
    ((nn.pack_sequence([np.ones((2, 3))]),), {"lengths": [2]}, "has its lengths already"),
]


@pytest.mark.parametrize("case", MISFITS, ids=range(len(MISFITS)))
@layers
def test_misfits_name_the_layer_within_the_model(name, case):
    args, kwargs, match = case
    if len(args) > 1 and "LSTM" in name:
        args = (args[0], (args[1], args[1]))
    with pytest.raises(ShapeError, match=match) as caught:
        Model(getattr(nn, name)(3, 4))(*args, **kwargs)
    assert f"encoder ({name}" in str(caught.value)


@cells
def test_misfits_name_the_cell_within_the_model(name):
    cell = Model(getattr(nn, name)(3, 4))
    with pytest.raises(ShapeError, match=f"encoder .{name} 3 -> 4.: x has 7 features, expected 3"):
        cell(np.ones((2, 7)))
    with pytest.raises(ShapeError, match="3 axes, expected 2"):
        cell(np.ones((1, 2, 3)))
    with pytest.raises(ShapeError, match=r"state has shape .*expected \(2, 4\)"):
        cell(np.ones((2, 3)), (np.ones((2, 3)),) * 2 if "LSTM" in name else np.ones((2, 3)))


BAD_OPTIONS = {
    "hidden": (lambda: nn.GRU(3, 0), "hidden_size must be at least 1, got 0"),
    "cell": (lambda: nn.GRUCell(3, 0), "hidden_size must be at least 1, got 0"),
    "layers": (lambda: nn.LSTM(3, 4, 0), "num_layers must be at least 1, got 0"),
    "dropout": (lambda: nn.RNN(3, 4, dropout=2), "between 0 and 1, got 2"),
    "projection": (lambda: nn.LSTM(3, 4, proj_size=4), "less than hidden_size 4, got 4"),
    "nonlinearity": (lambda: nn.RNN(3, 4, nonlinearity="sin"), "'tanh' or 'relu', got 'sin'"),
    "cell's": (lambda: nn.RNNCell(3, 4, nonlinearity="sin"), "'tanh' or 'relu', got 'sin'"),
    "rising": (lambda: nn.pack_padded_sequence(np.ones((3, 2)), [1, 2]), "enforce_sorted=False"),
    "too long": (lambda: nn.pack_padded_sequence(np.ones((3, 2)), [4, 2]), "1 to 3, got 4"),
    "empty": (lambda: nn.pack_padded_sequence(np.ones((3, 2)), [1, 0]), "1 to 3, got 0"),
    "total": (lambda: nn.pad_packed_sequence(nn.pack_sequence([np.ones(3)]), total_length=2),
              "2 is less than the 3 steps"),
    "side": (lambda: nn.pad_sequence([np.ones(2)], padding_side="top"), "'top'"),
    "no sequences": (lambda: nn.pad_sequence([]), "at least one"),
    "forcing": (lambda: writer()([[1]], [[0]], 2.0), "teacher_forcing .* got 2.0"),
    "length": (lambda: writer().decode([[1]], 0, max_length=0), "at least 1, got 0"),
    "batch_first": (
        lambda: nn.Seq2Seq(nn.GRU(2, 3), *[nn.Identity()] * 4), "the encoder must be made with"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_make_no_sense_are_refused(case):
    action, match = BAD_OPTIONS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


def test_lengths_of_the_wrong_kind():
    with pytest.raises(DTypeError, match="ints, not float64"):
        nn.pack_padded_sequence(np.ones((3, 2)), [2.0, 1.0])
    with pytest.raises(ShapeError, match="there are 2 samples"):
        nn.pack_padded_sequence(np.ones((3, 2)), [2])
    with pytest.raises(ShapeError, match="got 1"):
        nn.pack_padded_sequence(np.ones(3), [2])


# From one sequence to another


def writer(kind="GRU", tokens=5):
    layer = getattr(nn, kind)
    return nn.Seq2Seq(
        layer(4, 16, batch_first=True, rng=0), layer(4, 16, batch_first=True, rng=1),
        nn.Embedding(tokens, 4, rng=2), nn.Embedding(tokens, 4, rng=3),
        nn.Linear(16, tokens, rng=4),
    )  # fmt: skip


@layers
def test_showing_the_target_step_by_step_is_showing_it_at_once(name):
    model = writer(name).double()
    source, target = RNG.integers(0, 5, (3, 4)), RNG.integers(0, 5, (3, 6))
    nearly = np.nextafter(1.0, 0.0)
    close(model(source, target), model(source, target, nearly, rng=0))


def test_a_decoder_on_its_own_scores_what_it_writes():
    model = writer().double()
    source = RNG.integers(0, 5, (3, 4))
    written = model.decode(source, start=0, max_length=5, lengths=[4, 2, 1])
    target = np.concatenate([np.zeros((3, 1), int), np.full((3, 4), 4)], axis=1)
    scores = model(source, target, 0.0, lengths=[4, 2, 1])
    assert np.array_equal(np.asarray(scores).argmax(-1), written)


def test_a_sequence_that_has_stopped_stays_so():
    model = writer()
    free = model.decode([[1, 2], [3, 4], [0, 0]], start=0, max_length=8)
    stop = int(free[0, 2])
    held = model.decode([[1, 2], [3, 4], [0, 0]], start=0, stop=stop, max_length=8)
    for row, other in zip(held.tolist(), free.tolist(), strict=True):
        end = other.index(stop) if stop in other else len(other)
        assert row[:end] == other[: min(end, len(row))]
        assert all(t == stop for t in row[end:])


@pytest.mark.parametrize("forcing", [1.0, 0.5])
def test_it_learns_to_reverse(forcing):
    model = writer("LSTM", 6)
    source = np.array([[1, 2, 3], [3, 1, 2], [2, 2, 1], [3, 3, 2], [1, 3, 1], [2, 1, 3]])
    stop = 5
    answer = np.concatenate([source[:, ::-1], np.full((6, 1), stop)], axis=1)
    target = np.concatenate([np.zeros((6, 1), int), answer[:, :-1]], axis=1)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    rng = np.random.default_rng(0)
    for _ in range(120):
        scores = model(source, target, forcing, rng=rng)
        loss = nn.functional.cross_entropy(scores.swapaxes(1, 2), answer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert np.array_equal(model.decode(source, start=0, stop=stop, max_length=9), answer)


@pytest.mark.parametrize("state", [np.zeros((1, 2, 4)), (np.zeros((1, 2, 4)),), 3])
@pytest.mark.parametrize("name", ["LSTM", "PeepholeLSTM", "LSTMCell"])
def test_a_state_of_one_array_is_not_enough_for_an_lstm(name, state):
    x = np.ones((2, 3)) if "Cell" in name else np.ones((5, 2, 3))
    with pytest.raises(ShapeError, match=r"state must be a tuple \(h, c\)"):
        getattr(nn, name)(3, 4)(x, state)


@layers
def test_an_empty_batch_gives_an_empty_result(name):
    out, state = getattr(nn, name)(3, 4, bidirectional=True)(np.zeros((5, 0, 3), np.float32))
    assert out.shape == (5, 0, 8)
    assert all(s.shape == (2, 0, 4) for s in states(state))


@layers
def test_a_first_state_that_does_not_fit_a_packed_batch(name):
    packed = nn.pack_sequence([np.ones((1, 3)), np.ones((2, 3))], enforce_sorted=False)
    h = np.zeros((1, 1, 4))
    with pytest.raises(ShapeError, match=r"first state has shape .*expected \(1, 2, 4\)"):
        getattr(nn, name)(3, 4)(packed, (h, h) if "LSTM" in name else h)


@pytest.mark.parametrize("cell", ["RNNCell", "GRUCell", "LSTMCell"])
def test_cells_take_a_cotangent_of_another_dtype(cell):
    """float32 cells in a float64 loss: the gradient is that of a float32 loss."""
    net, x = getattr(nn, cell)(64, 64), Tensor(np.ones((40, 64), np.float32), requires_grad=True)
    found = []
    for dtype in (np.float32, np.float64):
        out = net(x)
        out = out[0] if isinstance(out, tuple) else out
        found.append((out * np.full((40, 64), 0.5, dtype)).sum().gradient(x).numpy())
    assert found[0].dtype == found[1].dtype == np.float32
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", ["RNN", "GRU", "LSTM"])
def test_layers_take_a_cotangent_of_another_dtype(layer):
    net, x = getattr(nn, layer)(32, 32), Tensor(np.ones((9, 20, 32), np.float32))
    (net(x)[0] * np.ones((9, 20, 32))).sum().backward()
    assert all(np.isfinite(p.grad.numpy()).all() for p in net.parameters())
