"""Softmax, its kin, and the cross entropy of classes along rows.

Arrays are flat and contiguous, rows of `size` elements one after the other. Of a row with NaN every
result is NaN: the largest element leaves NaN out, but the sum of exponentials does not.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from .._jit import jit
from .._math import _number, exp, exp_below
from .._simd import Writer, pointer, tile

WIDE = 4  # vectors side by side, where one would wait for the one before


def _fold(t: Writer, kind: str, x: ir.Value, *start: ir.Value) -> ir.Value:
    """One number of all lanes: "fmax" or "fadd"."""
    scalar = t.vector.element
    signature = ir.FunctionType(scalar, [scalar] * len(start) + [t.vector])
    full = f"llvm.vector.reduce.{kind}.v{t.lanes}{t.suffix}"
    function = t.module.globals.get(full) or ir.Function(t.module, signature, full)
    return t.builder.call(function, [*start, x], fastmath=("reassoc",))


def _write_peak(t: Writer) -> None:
    x, out, count = t.function.args
    b = t.builder
    lowest = _number(t, float("-inf"))

    def larger(value: ir.Value, most: ir.Value) -> ir.Value:
        return b.select(b.fcmp_ordered(">", value, most), value, most)

    def full(k: ir.Value, acc: list) -> list:
        row = t.at(x, k)
        return [larger(t.load(t.at(row, i * t.lanes)), most) for i, most in enumerate(acc)]

    rest = b.and_(count, t.index(WIDE * t.lanes - 1))
    whole = b.sub(count, rest)
    most = t.loop(whole, WIDE * t.lanes, [lowest] * WIDE, full)
    for i in range(WIDE):
        mask = t.first_bits(b.sub(rest, t.index(i * t.lanes)))
        value = t.load_some(t.at(t.at(x, whole), i * t.lanes), mask)
        most[i] = larger(b.select(t._bits(mask), value, lowest), most[i])
    while len(most) > 1:
        most = [larger(p, q) for p, q in zip(most[::2], most[1::2])]
    b.store(_fold(t, "fmax", most[0]), out)


@intrinsic
def _peak(typingctx, lanes, x, out, count):
    """out[0] = the largest of x[:count], NaN left out; -inf if there is none."""
    return tile("peak", (lanes,), x.dtype, "ppi", _write_peak)


def _write_weigh(t: Writer, below: int, keep: int) -> None:
    x, peak, out, total, count = t.function.args
    b = t.builder
    middle = t.broadcast(peak)
    function = exp_below if below else exp

    def full(k: ir.Value, acc: list) -> list:
        e = function(t, b.fsub(t.load(t.at(x, k)), middle))
        if keep:
            t.store(e, t.at(out, k))
        return [b.fadd(acc[0], e)]

    rest = b.and_(count, t.index(t.lanes - 1))
    whole = b.sub(count, rest)
    (found,) = t.loop(whole, t.lanes, [t.zero], full)
    mask = t.first_bits(rest)
    e = function(t, b.fsub(t.load_some(t.at(x, whole), mask), middle))
    if keep:
        t.store_some(e, t.at(out, whole), mask)
    found = b.fadd(found, b.select(t._bits(mask), e, t.zero))
    b.store(_fold(t, "fadd", found, ir.Constant(t.vector.element, -0.0)), total)


@intrinsic
def _weigh(typingctx, below, keep, lanes, x, peak, out, total, count):
    """total[0] = the sum of exp(x - peak[0]) over count elements; in out, if `keep` is not empty.

    With `below`, x is never greater than the peak (40 more would do no harm).
    """
    return tile("weigh", (below, keep, lanes), x.dtype, "ppppi", _write_weigh)


def _write_lower(t: Writer, turned: int) -> None:
    x, numbers, out, count = t.function.args
    b = t.builder
    peak, log = (t.broadcast(t.at(numbers, i)) for i in range(2))
    strict = ("contract",)  # not the flags of `jit`: they would subtract peak + log at once

    def lowered(value: ir.Value) -> ir.Value:
        value = b.fsub(value, peak, flags=strict)
        return b.fsub(*((log, value) if turned else (value, log)), flags=strict)

    def full(k: ir.Value, acc: list) -> list:
        t.store(lowered(t.load(t.at(x, k))), t.at(out, k))
        return acc

    rest = b.and_(count, t.index(t.lanes - 1))
    whole = b.sub(count, rest)
    t.loop(whole, t.lanes, [], full)
    mask = t.first_bits(rest)
    t.store_some(lowered(t.load_some(t.at(x, whole), mask)), t.at(out, whole), mask)


@intrinsic
def _lower(typingctx, turned, lanes, x, numbers, out, count):
    """out[i] = (x[i] - numbers[0]) - numbers[1] for i < count; its negative with `turned`."""
    return tile("lower", (turned, lanes), x.dtype, "pppi", _write_lower)


@jit
def _weigh_row(keep, lanes, x, r, numbers, out):
    """numbers = the largest element of a row, 0 if it is infinite, and the sum of exp(x - that)."""
    start, size = r * x.shape[1], x.shape[1]
    row, target, peak, total = (
        pointer(x, start), pointer(out, start), pointer(numbers, 0), pointer(numbers, 1)
    )  # fmt: skip
    _peak(lanes, row, peak, size)
    if np.isfinite(numbers[0]):
        _weigh((0,), keep, lanes, row, peak, target, total, size)
    else:
        numbers[0] = 0
        _weigh((), keep, lanes, row, peak, target, total, size)


@jit
def exp_sums(lanes, x, peak, total):
    numbers = np.empty(2, x.dtype)
    for r in range(len(x)):
        _weigh_row((), lanes, x, r, numbers, x)
        peak[r], total[r] = numbers


@jit
def softmax(lanes, x, out):
    """exp(x) over its sum."""
    numbers = np.empty(2, x.dtype)
    for r in range(len(x)):
        _weigh_row((0,), lanes, x, r, numbers, out)
        target, inverse = out[r], 1 / numbers[1]
        for i in range(len(target)):
            target[i] *= inverse


@jit
def softmax_dx(lanes, g, y, out):
    """out = y * (g - sum(g * y))"""
    for r in range(len(g)):
        slope, share, target = g[r], y[r], out[r]
        total = g.dtype.type(0)
        for i in range(len(slope)):
            total += slope[i] * share[i]
        for i in range(len(slope)):
            target[i] = share[i] * (slope[i] - total)


@jit
def log_softmax(lanes, x, out):
    """out = x - log(sum of exp(x))"""
    size = x.shape[1]
    numbers = np.empty(2, x.dtype)
    for r in range(len(x)):
        _weigh_row((), lanes, x, r, numbers, out)
        numbers[1] = np.log(numbers[1])
        row, target = pointer(x, r * size), pointer(out, r * size)
        _lower((), lanes, row, pointer(numbers, 0), target, size)


@jit
def log_softmax_dx(lanes, g, y, out):
    """out = g - exp(y) * sum(g); logarithms y of shares are not positive."""
    numbers = np.zeros(2, g.dtype)
    size = g.shape[1]
    for r in range(len(g)):
        slope, target = g[r], out[r]
        total = g.dtype.type(0)
        for i in range(size):
            total += slope[i]
        _weigh(
            (0,), (0,), lanes, pointer(y, r * size), pointer(numbers, 0), pointer(target, 0),
            pointer(numbers, 1), size,
        )  # fmt: skip
        for i in range(size):
            target[i] = slope[i] - target[i] * total


@jit
def cross_entropies(lanes, x, classes, peak, total, loss):
    """loss = log(sum of exp(x)) - x at the class of each row; returns the sum of that.

    None if a class is wrong.
    peak, total : for each row its largest element, and the sum of exp(x - largest)
    """
    size = x.shape[1]
    numbers = np.empty(2, x.dtype)
    whole = 0.0
    for r in range(len(x)):
        if not 0 <= classes[r] < size:
            return None
        row, largest = pointer(x, r * size), pointer(peak, r)
        _peak(lanes, row, largest, size)
        _weigh((0,), (), lanes, row, largest, row, pointer(total, r), size)
        numbers[0], numbers[1] = peak[r], np.log(total[r])
        share = pointer(x, r * size + classes[r])
        _lower((0,), lanes, share, pointer(numbers, 0), pointer(loss, r), 1)
        whole += loss[r]
    return whole


@jit
def cross_entropies_dx(lanes, x, out, g, classes, peak, total):
    """out = g * (exp(x) over its sum, less 1 at the class of each row)

    g : one number, or one for each row
    """
    size = x.shape[1]
    unused = np.empty(1, x.dtype)
    for r in range(len(x)):
        target, slope = out[r], g[r if len(g) > 1 else 0]
        _weigh(
            (0,), (0,), lanes, pointer(x, r * size), pointer(peak, r), pointer(target, 0),
            pointer(unused, 0), size,
        )  # fmt: skip
        scale = slope / total[r]
        for i in range(size):
            target[i] *= scale
        target[classes[r]] -= slope
