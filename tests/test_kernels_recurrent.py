"""Compiled recurrent layers against recorded steps, with every instruction set of this machine."""

import pickle
import sys
import weakref
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import kernels
from autograd.fused import Once
from autograd.kernels import _host, _threads, warmup
from autograd.kernels.recurrence import fast
from autograd.ops.recurrent_gates import recurrent_cell
from autograd.ops.recurrent_sequence import Layer, composed, recurrent_sequence
from autograd.testing import check_grads

HOST = _host.simd().name
SETS = sorted({"plain", "avx2", HOST} if sys.platform != "darwin" else {"plain"})
COLUMNS = {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
kinds = pytest.mark.parametrize("kind", COLUMNS)


@pytest.fixture(autouse=True)
def always_compiled():
    with patch.object(_host, "LEAST", 0):
        yield
    kernels.set_simd(None)


def arrays(rng, kind, steps, samples, width, hidden, dtype=np.float64):
    """x, state, w_ih, w_hh and b of a layer."""
    rows = COLUMNS[kind] * hidden
    shapes = (
        (steps, samples, width), (1 + (kind == "lstm"), samples, hidden), (rows, width),
        (rows, hidden), (4 * hidden if kind == "gru" else rows,),
    )  # fmt: skip
    return [rng.normal(size=s).astype(dtype) / max(1, s[-1]) ** 0.5 for s in shapes]


def lengths_for(rng, x):
    return rng.integers(1, len(x) + 1, x.shape[1])


def pulled(inputs, g, **options):
    """The value of the op and the gradients of all its inputs."""
    tensors = [ag.Tensor(a, requires_grad=True) for a in inputs]
    out = recurrent_sequence(*tensors, layer=Layer(**options))
    out.backward(g)
    return [np.array(out), *(np.array(t.grad) for t in tensors)]


@st.composite
def layers(draw):
    """(kind, steps, samples, in, hidden, reverse)"""
    sizes = [draw(st.integers(*b)) for b in ((1, 6), (0, 19), (0, 5), (1, 40))]
    return draw(st.sampled_from(list(COLUMNS))), *sizes, draw(st.booleans())


@pytest.mark.parametrize(
    ("simd", "dtype"),
    [*((s, np.float32) for s in SETS), *((s, np.float64) for s in SETS if s in (HOST, "plain"))],
)
@few
@given(layers(), st.integers(0, 2**32 - 1))
@pytest.mark.slow
def test_compiled_layers_agree_with_recorded_steps(simd, dtype, case, seed):
    kernels.set_simd(simd)
    kind, *sizes, reverse = case
    rng = np.random.default_rng(seed)
    inputs = arrays(rng, kind, *sizes, dtype)
    options = {"kind": kind, "lengths": lengths_for(rng, inputs[0]), "reverse": reverse}
    g = rng.normal(size=composed(*inputs, **options).shape).astype(dtype)
    found = pulled(inputs, g, **options)
    kernels.set_simd("off")
    expected = pulled(inputs, g, **options)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype == dtype
        scale = max(1.0, float(np.abs(b).max(initial=0)))
        tolerance = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(a, b, rtol=0, atol=20 * tolerance * scale)


@kinds
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_sample_of_many_units(kind, dtype):
    """Its product takes several vectors of units at a time."""
    lanes = _host.simd().lanes(np.dtype(dtype).itemsize)
    inputs = arrays(np.random.default_rng(4), kind, 3, 1, 2, 8 * lanes - 1, dtype)
    options = {"kind": kind, "lengths": np.array([3]), "reverse": False}
    g = np.ones((3 + len(inputs[1]), 1, 8 * lanes - 1), dtype)
    found = pulled(inputs, g, **options)
    kernels.set_simd("off")
    expected = pulled(inputs, g, **options)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4 if dtype == np.float32 else 1e-12)


@kinds
def test_one_run_of_each_kernel_serves_all_inputs(kind):
    inputs = arrays(np.random.default_rng(0), kind, 3, 2, 4, 5)
    with (
        patch.object(fast, "sequence", wraps=fast.sequence) as there,
        patch.object(fast, "sequence_back", wraps=fast.sequence_back) as back,
    ):
        rows = 3 + len(inputs[1])
        pulled(inputs, np.ones((rows, 2, 5)), kind=kind, lengths=np.array([3, 2]), reverse=False)
    assert (there.call_count, back.call_count) == (1, 1)


@kinds
@pytest.mark.parametrize("reverse", [False, True])
def test_higher_derivatives_of_a_compiled_layer(kind, reverse):
    inputs = arrays(np.random.default_rng(1), kind, 2, 2, 1, 2)
    options = {"kind": kind, "lengths": np.array([2, 1]), "reverse": reverse}
    check_grads(lambda *a: recurrent_sequence(*a, layer=Layer(**options)), *inputs, order=2)


@kinds
def test_third_derivatives_of_a_compiled_layer(kind):
    x, state, *weights = arrays(np.random.default_rng(1), kind, 2, 1, 1, 1)
    layer = Layer(kind, np.array([2]), False)
    check_grads(lambda a, w: recurrent_sequence(x, state, a, w, weights[2], layer=layer),
                *weights[:2], order=3)  # fmt: skip


@kinds
def test_a_nan_stays_in_its_sample(kind):
    inputs = arrays(np.random.default_rng(2), kind, 4, 9, 3, 21)
    inputs[0][1, 5] = np.nan
    out, dx, *_ = pulled(
        inputs, np.ones((4 + len(inputs[1]), 9, 21)), kind=kind, lengths=np.full(9, 4),
        reverse=False,
    )  # fmt: skip
    touched = np.isnan(out)
    assert touched[1:, 5].all()
    assert touched.sum() == touched[1:, 5].sum()
    assert np.isfinite(np.delete(dx, 5, axis=1)).all()


@kinds
@pytest.mark.parametrize("reverse", [False, True])
def test_threads_do_not_change_the_result(kind, reverse):
    rng = np.random.default_rng(3)
    inputs = arrays(rng, kind, 4, 11, 3, 10)
    options = {"kind": kind, "lengths": lengths_for(rng, inputs[0]), "reverse": reverse}
    g = rng.normal(size=(4 + len(inputs[1]), 11, 10))
    alone = pulled(inputs, g, **options)
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        together = pulled(inputs, g, **options)
    kernels.set_num_threads(0)
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_gradients_of_a_kept_graph_are_the_same_twice(name):
    layer = getattr(nn, name)(3, 20)
    x = ag.Tensor(np.ones((5, 4, 3), np.float32), requires_grad=True)
    loss = layer(x)[0].sum()
    first = loss.gradient(x, *layer.parameters())
    for a, b in zip(first, loss.gradient(x, *layer.parameters()), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    _, recorded = (
        loss.gradient(x, layer.weight_hh_l0, create_graph=create) for create in (False, True)
    )
    np.testing.assert_allclose(np.asarray(first[0]), np.asarray(recorded[0]), atol=1e-5)


def test_a_batch_may_have_any_axes():
    layer = nn.LSTM(3, 4, rng=0)
    w = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0]
    x = np.random.default_rng(0).normal(size=(5, 2, 3, 3)).astype(np.float32)
    h = np.zeros((2, 3, 4), np.float32)
    out, last, memory = ag.lstm_layer(x, (h, h), *w)
    flat, *_ = ag.lstm_layer(x.reshape(5, 6, 3), (h.reshape(6, 4),) * 2, *w)
    np.testing.assert_array_equal(np.asarray(out), np.asarray(flat).reshape(5, 2, 3, 4))
    assert last.shape == memory.shape == (2, 3, 4)


# One step


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "columns"), [("GRUCell", 3), ("LSTMCell", 4), ("RNNCell", 1)])
def test_compiled_cells_agree_with_recorded_parts(name, columns, dtype):
    cell = getattr(nn, name)(3, 37, dtype=dtype, rng=0)
    rng = np.random.default_rng(0)
    x, *state = (rng.normal(size=s).astype(dtype) for s in ((5, 3), (5, 37), (5, 37)))

    def both():
        inputs = [ag.Tensor(a, requires_grad=True) for a in (x, *state)]
        out = cell(inputs[0], tuple(inputs[1:]) if name == "LSTMCell" else inputs[1])
        h, *memory = out if isinstance(out, tuple) else (out,)
        loss = (h * h).sum() + sum((3 * c).sum() for c in memory)
        count = len(inputs) if memory else 2
        return [np.array(h), *map(np.array, loss.gradient(*inputs[:count], *cell.parameters()))]

    found = both()
    kernels.set_simd("off")
    for a, b in zip(found, both(), strict=True):
        assert a.dtype == b.dtype == dtype
        tolerance = 1e-4 if dtype == np.float32 else 1e-12
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("kind", "columns"), [("gru", 3), ("lstm", 4)])
def test_higher_derivatives_of_a_compiled_cell(kind, columns):
    rng = np.random.default_rng(0)
    args = (rng.normal(size=(1, n)) for n in (columns, columns, 1))
    check_grads(lambda *a: recurrent_cell(*a, kind=kind), *args, order=3)


def test_warmup_runs_every_kind():
    names = " ".join(name for name, _ in warmup.calls())
    for kind in COLUMNS:
        assert f"recurrent {kind}, 1 x 1," in names
        assert f"recurrent {kind}, 2 x 1," in names


# What a value is computed once for


def test_a_value_is_computed_once_and_forgotten_with_its_cotangent():
    once, g = Once(), np.ones(3)
    first = once(g, lambda: np.zeros(2))
    assert once(g, lambda: pytest.fail("computed again")) is first
    assert once(np.ones(3), lambda: 5) == 5
    value = weakref.ref(once(g, lambda: np.zeros(2)))
    assert value() is not None
    del g
    assert value() is None


def test_a_copy_of_such_a_value_starts_empty():
    once, g = Once(), np.ones(3)
    once(g, lambda: 1)
    assert pickle.loads(pickle.dumps(once))(g, lambda: 2) == 2
