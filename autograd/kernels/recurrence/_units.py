"""What gates and states of recurrent cells are, unit by unit, over rows of arrays.

Each of FUNCTIONS takes vectors of its inputs and gives those of its outputs. One after another,
they keep the machine busier than a whole cell for one vector at a time.

Source: the formulas of `autograd.ops.recurrent`, and their derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from .._jit import jit
from .._simd import Writer, pointer, tile
from ..elements._curves import V

Vectors = tuple[V, ...]
MOST = 8, 7  # inputs and outputs that a function may have


def logistic(x: V, y: V) -> Vectors:
    return ((x + y).logistic(),)


def tanh(x: V, y: V) -> Vectors:
    return ((x + y).tanh(),)


def gru_new(x: V, reset: V, y: V) -> Vectors:
    return (reset.times_plus(y, x).tanh(),)


def gru_state(update: V, new: V, h: V) -> Vectors:
    return (update.times_plus(h - new, new),)


def gru_back(g: V, reset: V, update: V, new: V, given: V, h: V) -> Vectors:
    """Cotangents of reset, update and new, as the input and as the state meets them; of h."""
    inner = g * (1.0 - update) * ((1.0 - new) * (1.0 + new))
    of_reset = inner * given * ((1.0 - reset) * reset)
    of_update = g * (h - new) * ((1.0 - update) * update)
    return of_reset, of_update, inner, of_reset, of_update, inner * reset, g * update


def lstm_state(i: V, f: V, cell: V, o: V, c: V) -> Vectors:
    """The new state and memory."""
    c = f.times_plus(c, i * cell)
    return o * c.tanh(), c


def lstm_back(g: V, g_c: V, i: V, f: V, cell: V, o: V, new: V, c: V) -> Vectors:
    """Cotangents of input, forget, cell and output, and of the memory before."""
    t = new.tanh()
    g_c = (g * o).times_plus((1.0 - t) * (1.0 + t), g_c)
    return (
        g_c * cell * ((1.0 - i) * i),
        g_c * c * ((1.0 - f) * f),
        g_c * i * ((1.0 - cell) * (1.0 + cell)),
        g * t * ((1.0 - o) * o),
        g_c * f,
    )


FUNCTIONS: tuple[tuple[Callable[..., Vectors], int], ...] = (
    (logistic, 2), (tanh, 2), (gru_new, 3), (gru_state, 3), (gru_back, 6), (lstm_state, 5),
    (lstm_back, 8),
)  # fmt: skip
LOGISTIC, TANH, GRU_NEW, GRU_STATE, GRU_BACK, LSTM_STATE, LSTM_BACK = (
    (0,) * k for k in range(len(FUNCTIONS))
)


def _write_each(t: Writer, which: int) -> None:
    *places, count = t.function.args
    function, inputs = FUNCTIONS[which]
    b = t.builder

    def part(k: ir.Value, load: Callable[..., Any], store: Callable[..., None], *mask: Any) -> None:
        given = [V(t, load(t.at(p, k), *mask)) for p in places[:inputs]]
        for value, p in zip(function(*given), places[MOST[0] :]):
            store(value.value, t.at(p, k), *mask)

    def full(k: ir.Value, acc: list) -> list:
        part(k, t.load, t.store)
        return acc

    rest = b.and_(count, t.index(t.lanes - 1))
    whole = b.sub(count, rest)
    t.loop(whole, t.lanes, [], full)
    part(whole, t.load_some, t.store_some, b.sub(b.shl(t.index(1), rest), t.index(1)))


@intrinsic
def _each(
    typingctx, which, lanes, i0, i1, i2, i3, i4, i5, i6, i7, o0, o1, o2, o3, o4, o5, o6, count
):
    """FUNCTIONS[len(which)] of `count` units; pointers that it has no use for may be any."""
    return tile("units", (which, lanes), i0.dtype, "p" * sum(MOST) + "i", _write_each)


# The cells, on flat arrays of rows; `samples` is the run of rows to do


@jit
def gru(lanes, mine, before, h, gates, out, units, samples):
    for n in range(samples[0], samples[1]):
        at, here = 3 * n * units, n * units
        for k in range(2):
            x, y = pointer(mine, at + k * units), pointer(before, at + k * units)
            a = pointer(gates, at + k * units)
            _each(LOGISTIC, lanes, x, y, x, x, x, x, x, x, a, a, a, a, a, a, a, units)
        r, z, new = pointer(gates, at), pointer(gates, at + units), pointer(gates, at + 2 * units)
        x, y = pointer(mine, at + 2 * units), pointer(before, at + 2 * units)
        _each(GRU_NEW, lanes, x, r, y, x, x, x, x, x, new, x, x, x, x, x, x, units)
        x, o = pointer(h, here), pointer(out, here)
        _each(GRU_STATE, lanes, z, new, x, x, x, x, x, x, o, o, o, o, o, o, o, units)


@jit
def gru_cell_back(lanes, g, gates, before, h, of_mine, of_before, of_h, units, samples):
    for n in range(samples[0], samples[1]):
        at, here = 3 * n * units, n * units
        x, s, o = pointer(g, here), pointer(h, here), pointer(of_h, here)
        r, z, new = pointer(gates, at), pointer(gates, at + units), pointer(gates, at + 2 * units)
        y = pointer(before, at + 2 * units)
        m0, m1 = pointer(of_mine, at), pointer(of_mine, at + units)
        m2, b0 = pointer(of_mine, at + 2 * units), pointer(of_before, at)
        b1, b2 = pointer(of_before, at + units), pointer(of_before, at + 2 * units)
        _each(GRU_BACK, lanes, x, r, z, new, y, s, x, x, m0, m1, m2, b0, b1, b2, o, units)


@jit
def lstm(lanes, mine, before, c, gates, out, memory, units, samples):
    for n in range(samples[0], samples[1]):
        at, here = 4 * n * units, n * units
        for k in range(4):
            x, y = pointer(mine, at + k * units), pointer(before, at + k * units)
            a = pointer(gates, at + k * units)
            if k == 2:
                _each(TANH, lanes, x, y, x, x, x, x, x, x, a, a, a, a, a, a, a, units)
            else:
                _each(LOGISTIC, lanes, x, y, x, x, x, x, x, x, a, a, a, a, a, a, a, units)
        i, f = pointer(gates, at), pointer(gates, at + units)
        a, o = pointer(gates, at + 2 * units), pointer(gates, at + 3 * units)
        x, p, m = pointer(c, here), pointer(out, here), pointer(memory, here)
        _each(LSTM_STATE, lanes, i, f, a, o, x, x, x, x, p, m, p, p, p, p, p, units)


@jit
def lstm_cell_back(lanes, g, g_memory, gates, memory, c, slopes, of_c, units, samples):
    for n in range(samples[0], samples[1]):
        at, here = 4 * n * units, n * units
        x, y, s = pointer(g, here), pointer(g_memory, here), pointer(c, here)
        i, f = pointer(gates, at), pointer(gates, at + units)
        a, o = pointer(gates, at + 2 * units), pointer(gates, at + 3 * units)
        m, p = pointer(memory, here), pointer(of_c, here)
        d0, d1 = pointer(slopes, at), pointer(slopes, at + units)
        d2, d3 = pointer(slopes, at + 2 * units), pointer(slopes, at + 3 * units)
        _each(LSTM_BACK, lanes, x, y, i, f, a, o, m, s, d0, d1, d2, d3, p, p, p, units)
