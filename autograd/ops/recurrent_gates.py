"""The parts of recurrent steps that work element by element, each in one pass or all in a kernel.

Gates lie side by side along the last axis: those of an lstm are input, forget, cell, output; those
of a gru are reset, update, new. All rules are products of the gates themselves, so nothing beside
the gates is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from .. import kernels
from ..engine import plain
from ..fused import Once, recorded_pull
from ..op import op
from ..samples import Rng, Sample, uniform
from ..tensor import Tensor
from .join import concat_arrays, stack
from .trigonometric import tanh


def parts(x: Any, count: int) -> list[Any]:
    """x cut into equal parts along its last axis."""
    size = x.shape[-1] // count
    return [x[..., k * size : (k + 1) * size] for k in range(count)]


def _beside(*arrays: Any) -> Any:
    """The arrays one after another along the last axis."""
    size, axis = arrays[0].shape[-1], arrays[0].ndim - 1
    starts = tuple(k * size for k in range(len(arrays) + 1))
    return concat_arrays(*arrays, axis=axis, starts=starts)


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


@lru_cache
def _of_cell(size: int, dtype: Any, cell: float, others: float) -> np.ndarray:
    """`cell` for the third quarter of `size` elements, `others` for the rest."""
    out = np.full(size, others, dtype)
    out[size // 2 : size * 3 // 4] = cell
    out.flags.writeable = False
    return out


def _lstm_gates_reference(a: np.ndarray) -> np.ndarray:
    i, f, g, o = np.split(a, 4, -1)
    return np.concatenate([_logistic(i), _logistic(f), np.tanh(g), _logistic(o)], -1)


@op(
    samples=lambda rng: [Sample(uniform(rng, (2, 8))), Sample(uniform(rng, (4,)))],
    reference=_lstm_gates_reference,
    public=False,
)
def lstm_gates(a, /):
    """tanh of the third quarter of the last axis, the logistic function of the others.

    sigmoid(x) = (1 + tanh(x / 2)) / 2, so that one call of tanh does for all; its error is that of
    rounding 1, also where sigmoid(x) is much smaller.
    """
    size, dtype = a.shape[-1], a.dtype
    out = a * _of_cell(size, dtype, 1, 0.5)
    np.tanh(out, out=out)
    out *= _of_cell(size, dtype, 1, 0.5)
    out += _of_cell(size, dtype, 0, 0.5)
    return out


@lstm_gates.grad("a")
def _(g, out):  # tanh' = (1 - t) * (1 + t) and sigmoid' = (1 - s) * s
    return g * ((1 - out) * (out + _of_cell(out.shape[-1], out.dtype, 1, 0)))


def _lstm_samples(rng: Rng) -> Iterable[Sample]:
    for batch in ((2,), ()):
        yield Sample(uniform(rng, (*batch, 8)), uniform(rng, (*batch, 2)))


def _lstm_memory_reference(gates: np.ndarray, c: np.ndarray) -> np.ndarray:
    i, f, g, _ = np.split(gates, 4, -1)
    return f * c + i * g


@op(samples=_lstm_samples, reference=_lstm_memory_reference, public=False)
def lstm_memory(gates, c, /):
    """forget * c + input * cell, the new memory."""
    i, f, g, _ = parts(gates, 4)
    return f * c + i * g


@lstm_memory.grad("gates")
def _(g, gates, c):
    i, _, cell, _ = parts(gates, 4)
    return _beside(g * cell, g * c, g * i, 0 * g)


@lstm_memory.grad("c")
def _(g, gates):
    return g * parts(gates, 4)[1]


@op(
    samples=_lstm_samples,
    reference=lambda gates, t: np.split(gates, 4, -1)[3] * t,
    public=False,
)
def lstm_output(gates, t, /):
    """output * t, the new state, where t is the tanh of the new memory."""
    return parts(gates, 4)[3] * t


@lstm_output.grad("gates")
def _(g, t):
    nothing = 0 * g
    return _beside(nothing, nothing, nothing, g * t)


@lstm_output.grad("t")
def _(g, gates):
    return g * parts(gates, 4)[3]


def _gru_samples(rng: Rng) -> Iterable[Sample]:
    for batch in ((2,), ()):
        yield Sample(uniform(rng, (*batch, 6)), uniform(rng, (*batch, 6)))


def _gru_gates_reference(mine: np.ndarray, before: np.ndarray) -> np.ndarray:
    (x_r, x_z, x_n), (h_r, h_z, h_n) = np.split(mine, 3, -1), np.split(before, 3, -1)
    r, z = _logistic(x_r + h_r), _logistic(x_z + h_z)
    return np.concatenate([r, z, np.tanh(x_n + r * h_n)], -1)


@op(samples=_gru_samples, reference=_gru_gates_reference, public=False)
def gru_gates(mine, before, /):
    """reset, update and new, of what the input and what the state give to each.

    reset r = sigmoid(x_r + h_r), update = sigmoid(x_z + h_z), new = tanh(x_n + r * h_n).
    """
    size = mine.shape[-1] // 3
    out = mine + before
    two = out[..., : 2 * size]  # sigmoid(x) = (1 + tanh(x / 2)) / 2
    two *= 0.5
    np.tanh(two, out=two)
    two += 1
    two *= 0.5
    new = out[..., 2 * size :]
    np.multiply(out[..., :size], before[..., 2 * size :], out=new)
    new += mine[..., 2 * size :]
    np.tanh(new, out=new)
    return out


def _gru_slopes(g: Any, gates: Any, before: Any) -> tuple[Any, Any, Any]:
    """The cotangents of what stands inside the three squashing functions."""
    (g_r, g_z, g_n), (r, z, n) = parts(g, 3), parts(gates, 3)
    inner = g_n * ((1 - n) * (1 + n))
    return (g_r + inner * parts(before, 3)[2]) * (r * (1 - r)), g_z * (z * (1 - z)), inner


@gru_gates.grad("mine")
def _(g, out, before):
    return _beside(*_gru_slopes(g, out, before))


@gru_gates.grad("before")
def _(g, out, before):
    reset, update, new = _gru_slopes(g, out, before)
    return _beside(reset, update, new * parts(out, 3)[0])


def _gru_state_samples(rng: Rng) -> Iterable[Sample]:
    for batch in ((2,), ()):
        yield Sample(uniform(rng, (*batch, 6)), uniform(rng, (*batch, 2)))


def _gru_state_reference(gates: np.ndarray, h: np.ndarray) -> np.ndarray:
    _, z, n = np.split(gates, 3, -1)
    return (1 - z) * n + z * h


@op(samples=_gru_state_samples, reference=_gru_state_reference, public=False)
def gru_state(gates, h, /):
    """(1 - update) * new + update * h, the new state."""
    _, z, n = parts(gates, 3)
    return n + z * (h - n)


@gru_state.grad("gates")
def _(g, gates, h):
    _, z, n = parts(gates, 3)
    return _beside(0 * g, g * (h - n), g * (1 - z))


@gru_state.grad("h")
def _(g, gates):
    return g * parts(gates, 3)[1]


# All parts of a step at once


def lstm_step(a: Any, c: Any) -> tuple[Any, Any]:
    """The new state and memory, of what input and state give to the gates and the old memory."""
    gates = lstm_gates(a)
    c = lstm_memory(gates, c)
    return lstm_output(gates, tanh(c)), c


def _composed(mine: Any, before: Any, carried: Any, kind: str) -> Any:
    """`recurrent_cell` in its parts."""
    if kind == "lstm":
        return stack(lstm_step(mine + before, carried))
    return gru_state(gru_gates(mine, before), carried)


def _cell_samples(rng: Rng) -> Iterable[Sample]:
    for kind, columns in (("gru", 3), ("lstm", 4)):
        for batch in ((2,), ()):
            sums = (uniform(rng, (*batch, 2 * columns)) for _ in range(2))
            yield Sample(*sums, uniform(rng, (*batch, 2)), kind=kind, orders=2)


def _cell_reference(mine: Any, before: Any, carried: Any, kind: str) -> np.ndarray:
    if kind == "gru":
        return _gru_state_reference(_gru_gates_reference(mine, before), carried)
    gates = _lstm_gates_reference(mine + before)
    c = _lstm_memory_reference(gates, carried)
    return np.stack([np.split(gates, 4, -1)[3] * np.tanh(c), c])


@op(
    samples=_cell_samples,
    reference=_cell_reference,
    residuals=("gates", "once"),
    public=False,
)
def recurrent_cell(mine, before, carried, /, *, kind):
    """The new state of a gru; the new state and memory of an lstm, one after the other.

    mine and before (..., columns * hidden) are what input and state give to the gates, carried is
    the state of a gru, the memory of an lstm.
    """
    found = kernels.cell(kind, *map(_rows, (mine, before, carried)))
    if found is None:
        return _composed(mine, before, carried, kind), None, Once()
    out, gates = found
    return out.reshape(*((2,) if kind == "lstm" else ()), *carried.shape), gates, Once()


def _rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


def _cell_rule(k: int, name: str) -> Callable[..., Any]:
    """The gradient rule for the input of this name."""

    def rule(g, mine, before, carried, out, gates, once, kind):
        if gates is None or type(g) is Tensor:
            inputs = {"mine": mine, "before": before, "carried": carried}
            pulled = once(g, lambda: recorded_pull(partial(_composed, kind=kind), inputs, g))
            return pulled[name] if type(g) is Tensor else plain(pulled[name])
        shape = (2, len(gates), -1) if kind == "lstm" else (len(gates), -1)
        g = g.astype(gates.dtype, copy=False)
        kept = g.reshape(shape), out.reshape(shape), gates, _rows(before), _rows(carried)
        found = once(g, lambda: kernels.cell_back(kind, *kept))[k]
        return found.reshape((mine, before, carried)[k].shape)

    return rule


for _k, _name in enumerate(recurrent_cell.op.arrays):
    recurrent_cell.grad(_name)(_cell_rule(_k, _name))


def gru_update(mine: Any, before: Any, h: Any) -> Any:
    """The new state, of what input and state give to the gates and the old state."""
    if kernels.worth_cell(plain(mine), plain(before), plain(h)):
        return recurrent_cell(mine, before, h, kind="gru")
    return gru_state(gru_gates(mine, before), h)


def lstm_update(mine: Any, before: Any, c: Any) -> tuple[Any, Any]:
    """The new state and memory, of what input and state give to the gates and the old memory."""
    if kernels.worth_cell(plain(mine), plain(before), plain(c)):
        out = recurrent_cell(mine, before, c, kind="lstm")
        return out[0], out[1]
    return lstm_step(mine + before, c)
