"""One step of a recurrent layer for a vector of units of one sample, forward and backward.

`kind` travels in the length of a tuple: 0 tanh, 1 relu, 2 gru, 3 lstm. So does `whole`: with it all
lanes are units, without it those whose bit is set in a mask. Columns of a row of gates lie `pitch`
apart.

Source: the formulas of `autograd.ops.recurrent`, and their derivatives.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from .._math import logistic, tanh
from .._simd import Writer, tile

TANH, RELU, GRU, LSTM = range(4)


class _Units:
    """The vector of units that a cell works on: arithmetic, and loads and stores by position."""

    def __init__(self, t: Writer, whole: int, mask: ir.Value, pitch: ir.Value):
        self.t = t
        self.whole = whole
        self.mask = mask
        self.pitch = pitch
        self.mul = t.builder.fmul
        self.add = t.builder.fadd
        self.sub = t.builder.fsub
        self.one = ir.Constant(t.vector, [1.0] * t.lanes)

    def column(self, row: ir.Value, k: int, pitch: Any = None) -> ir.Value:
        pitch = self.pitch if pitch is None else pitch
        return self.t.at(row, self.t.builder.mul(pitch, self.t.index(k)))

    def load(self, pointer: ir.Value) -> ir.Value:
        return self.t.load(pointer) if self.whole else self.t.load_some(pointer, self.mask)

    def store(self, value: ir.Value, pointer: ir.Value) -> None:
        if self.whole:
            self.t.store(value, pointer)
        else:
            self.t.store_some(value, pointer, self.mask)

    def product(self, *factors: ir.Value) -> ir.Value:
        total = factors[0]
        for f in factors[1:]:
            total = self.mul(total, f)
        return total

    def of_tanh(self, y: ir.Value) -> ir.Value:
        """The slope of tanh where it is y."""
        return self.mul(self.sub(self.one, y), self.add(self.one, y))

    def of_logistic(self, y: ir.Value) -> ir.Value:
        return self.mul(self.sub(self.one, y), y)


# Forward


def _write_forward(t: Writer, kind: int, whole: int) -> None:
    sums, extra, gates, pitch, saved, out, old, new, memory, mask = t.function.args
    u = _Units(t, whole, mask, pitch)
    mine = [u.load(u.column(gates, k)) for k in range((1, 1, 3, 4)[kind])]
    given = [t.load(t.at(sums, k * t.lanes)) for k in range(len(mine))]
    if kind == GRU:
        h, places = _gru(u, mine, given, t.load(extra), t.load(old))
        u.store(given[2], saved)
    elif kind == LSTM:
        h, c, places = _lstm(u, mine, given, t.load(memory))
        u.store(c, saved)
        t.store(c, memory)
    else:
        total, places = u.add(mine[0], given[0]), []
        h = tanh(t, total) if kind == TANH else _relu(t, total)
    for k, value in enumerate(places):
        u.store(value, u.column(gates, k))
    u.store(h, out)
    t.store(h, new)
    t.straight()


def _relu(t: Writer, x: ir.Value) -> ir.Value:
    return t.builder.select(t.builder.fcmp_ordered("<", x, t.zero), t.zero, x)


def _gru(u: _Units, mine: list, given: list, extra: ir.Value, h: ir.Value) -> tuple:
    reset, update = (logistic(u.t, u.add(a, b)) for a, b in zip(mine[:2], given))
    new = tanh(u.t, u.t.fma(reset, given[2], u.add(mine[2], extra)))
    return u.t.fma(update, u.sub(h, new), new), [reset, update, new]


def _lstm(u: _Units, mine: list, given: list, c: ir.Value) -> tuple:
    totals = [u.add(a, b) for a, b in zip(mine, given)]
    i, f, o = (logistic(u.t, totals[k]) for k in (0, 1, 3))
    g = tanh(u.t, totals[2])
    c = u.t.fma(f, c, u.mul(i, g))
    return u.mul(o, tanh(u.t, c)), c, [i, f, g, o]


@intrinsic
def cell(
    typingctx, kind, whole, lanes, sums, extra, gates, pitch, saved, out, old, new, memory, mask
):
    """A step forward.

    sums         what state and biases give to each column, one vector after another
    extra        gru: the bias of new that reset does not scale
    gates        what the input gives to each column; becomes the gates of a gru or lstm
    saved        becomes the new memory of an lstm; what the state gives to new in a gru
    out, new     become the new state
    old, memory  the state before; the memory of an lstm, which becomes the new one
    """
    return tile("cell", (kind, whole, lanes), sums.dtype, "pppipppppi", _write_forward)


# Backward


def _write_backward(t: Writer, kind: int, whole: int) -> None:
    gates, pitch, saved, before, g, old, new, memory, slopes, packed, packs, mask = t.function.args
    u = _Units(t, whole, mask, pitch)
    g_h = u.add(u.load(g), t.load(old))
    stays = t.zero  # what reaches the state before other than through the product
    values = [u.load(u.column(gates, k)) for k in range((1, 1, 3, 4)[kind])]
    if kind == GRU:
        columns, stays = _gru_back(u, g_h, values, u.load(saved), u.load(before))
    elif kind == LSTM:
        columns, g_c = _lstm_back(u, g_h, t.load(memory), values, u.load(saved), u.load(before))
        t.store(g_c, memory)
    elif kind == TANH:
        columns = [u.mul(g_h, u.of_tanh(values[0]))]
    else:
        positive = t.builder.fcmp_ordered(">", values[0], t.zero)
        columns = [t.builder.select(positive, g_h, t.zero)]
    for k, value in enumerate(columns):
        u.store(value, u.column(slopes, k))
    if kind == GRU:  # the state meets the last column in the place of the one before
        columns[2:] = columns[3:]
    for k, value in enumerate(columns):
        t.store(value, u.column(packed, k, packs))
    t.store(stays, new)
    t.straight()


def _gru_back(u: _Units, g: ir.Value, gates: list, given: ir.Value, h: ir.Value) -> tuple:
    reset, update, new = gates
    inner = u.product(g, u.sub(u.one, update), u.of_tanh(new))
    g_reset = u.product(inner, given, u.of_logistic(reset))
    g_update = u.product(g, u.sub(h, new), u.of_logistic(update))
    return [g_reset, g_update, inner, u.mul(inner, reset)], u.mul(g, update)


def _lstm_back(
    u: _Units, g: ir.Value, g_c: ir.Value, gates: list, c: ir.Value, before: ir.Value
) -> tuple:
    i, f, cell, o = gates
    t = tanh(u.t, c)
    g_c = u.t.fma(u.mul(g, o), u.of_tanh(t), g_c)
    columns = [
        u.product(g_c, cell, u.of_logistic(i)),
        u.product(g_c, before, u.of_logistic(f)),
        u.product(g_c, i, u.of_tanh(cell)),
        u.product(g, t, u.of_logistic(o)),
    ]
    return columns, u.mul(g_c, f)


@intrinsic
def cell_back(
    typingctx, kind, whole, lanes, gates, pitch, saved, before, g, old, new, memory, slopes,
    packed, packs, mask,
):  # fmt: skip
    """A step back.

    gates, saved  what `cell` left there; for tanh and relu, the new state
    before        the state before (gru) or the memory before (lstm)
    g, old        two parts of the cotangent of the new state
    new           becomes what reaches the state before, but for what goes through the product
    memory        the cotangent of an lstm's memory; becomes that of the one before
    slopes        become the cotangents of the columns: those that the input meets, and for a gru
                  one more for what the state gives to new
    packed        becomes those of the columns that the state meets, `packs` apart
    """
    sizes = kind, whole, lanes
    return tile("cell_back", sizes, gates.dtype, "pippppppppii", _write_backward)
