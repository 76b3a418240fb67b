"""Softmax, its kin, and the cross entropy of classes along an axis that has others behind it.

An array is (before, classes, after), flat and contiguous. Positions behind one another lie in the
lanes of vectors. A block is some such vectors with all their classes: it stays in the cache while
sweeps go over it. `sizes` are how many blocks lie side by side, the position where the first of
them begins, the classes and the positions; loops go from block `first` to `last` of all, so that
threads can share.

A NaN makes NaN of all results of its position, as in `_softmax`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from .._jit import jit
from .._simd import Writer, get, pointer, put, tile
from ..elements._curves import V

WIDE, NARROW = (0, 0, 0, 0), (0,)  # vectors of a block; a narrow one need not be full

# What a sweep does with x and y, elements of two arrays, where a and b are numbers of the position:
# the number that it writes, if any, and what becomes of the position's total

Formula = Callable[[V, V, V, V, V], tuple[V | None, V]]


def largest(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, x.choose(">", total, x, total)


def exp_below(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    e = (x - a).exp_below()
    return e, total + e


def exp(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    e = (x - a).exp()
    return e, total + e


def added(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, total + x


def product(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, x.times_plus(y, total)


def scaled(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return x * b, total


def log(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return x.log(), total


def lowered(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return _less(_less(x, a), b), total


def loss(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return _less(b.log(), _less(x, a)), total


def _less(x: V, y: V) -> V:
    """x - y, with no flag of `jit` that would let peak and logarithm be added first."""
    return V(x.t, x.t.builder.fsub(x.value, y.value, flags=("contract",)))


def exp_scaled(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return (x - a).exp_below() * b, total


def share_dx(g: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return y * (g - a), total


def log_share_dx(g: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return g - y.exp_below() * a, total


TOTALS: dict[Formula, float] = {  # what they begin with
    largest: -inf, exp_below: 0.0, exp: 0.0, added: 0.0, product: 0.0,
}  # fmt: skip
OTHERS: tuple[Formula, ...] = (scaled, log, lowered, loss, exp_scaled, share_dx, log_share_dx)
FORMULAS = (*TOTALS, *OTHERS)
(
    LARGEST, EXP_BELOW, EXP, ADDED, PRODUCT, SCALED, LOG, LOWERED, LOSS, EXP_SCALED, SHARE_DX,
    LOG_SHARE_DX,
) = ((0,) * k for k in range(len(FORMULAS)))  # fmt: skip


def _write_sweep(t: Writer, which: int, vectors: int) -> None:
    x, y, pitch, a, b, total, out, gap, count, width = t.function.args
    formula, mask = FORMULAS[which], t.first_bits(width)
    starts = [v * t.lanes for v in range(vectors)]

    def load(place: ir.Value) -> V:
        return V(t, t.load(place) if vectors > 1 else t.load_some(place, mask))

    def store(value: ir.Value, place: ir.Value) -> None:
        if vectors > 1:
            t.store(value, place)
        else:
            t.store_some(value, place, mask)

    numbers = [(load(t.at(a, s)), load(t.at(b, s))) for s in starts]

    def body(k: ir.Value, acc: list) -> list:
        rows = [t.at(array, t.builder.mul(k, pitch)) for array in (x, y)]
        target = t.at(out, t.builder.mul(k, gap))
        new = []
        for v, s in enumerate(starts):
            before = V(t, acc[v] if acc else t.zero)
            first, second = (load(t.at(row, s)) for row in rows)
            written, after = formula(first, second, *numbers[v], before)
            if written is not None:
                store(written.value, t.at(target, s))
            new.append(after.value)
        return new if acc else []

    begin = [ir.Constant(t.vector, [TOTALS[formula]] * t.lanes)] if formula in TOTALS else []
    for s, value in zip(starts, t.loop(count, 1, begin * vectors, body)):
        store(value, t.at(total, s))


@intrinsic
def _sweep(typingctx, which, vectors, lanes, x, y, pitch, a, b, total, out, gap, count, width):
    """FORMULAS[which] over a block of `count` classes and `width` positions.

    pitch, gap : from one class to the next, in x and y, and in out
    a, b, total : a number for each position
    """
    return tile("sweep", (which, vectors, lanes), x.dtype, "ppippppiii", _write_sweep)


@jit
def _block(u, sizes, size):
    """Where a block begins in the array and among all positions, and how many of these it has."""
    blocks, begin, classes, after = sizes
    before, i = u // blocks, begin + u % blocks * size
    return before * classes * after + i, before * after + i, min(size, after - i)


@jit
def _numbers(vectors, lanes, x, rows):
    """Rows of one number for each position of a block, and one such row."""
    size = len(vectors) * len(lanes)
    return np.empty(rows * size, x.dtype), np.empty(size, x.dtype)


@jit
def _weigh(vectors, lanes, x, start, pitch, count, width, a, b, place, out, gap):
    """a = the largest element of each position, 0 if it is infinite, and b = the sum of exp(x - a),
    both of them from `place` on. These are left in out, with `gap` from one class to the next."""
    row, result, p, q = pointer(x, start), pointer(out, 0), pointer(a, place), pointer(b, place)
    _sweep(LARGEST, vectors, lanes, row, row, pitch, p, p, p, result, 0, count, width)
    bad = x.dtype.type(0)
    for i in range(width):
        bad += 0 * a[place + i]
    if bad == 0:
        _sweep(EXP_BELOW, vectors, lanes, row, row, pitch, p, p, q, result, gap, count, width)
        return
    for i in range(width):
        if not np.isfinite(a[place + i]):
            a[place + i] = 0
    for i in range(0, width, len(lanes)):
        row, result = pointer(x, start + i), pointer(out, i)
        p, q = pointer(a, place + i), pointer(b, place + i)
        _sweep(EXP, NARROW, lanes, row, row, pitch, p, p, q, result, gap, count, width - i)


@jit
def exp_sums(vectors, lanes, first, last, sizes, x, peak, total):
    _, _, count, pitch = sizes
    _, unused = _numbers(vectors, lanes, x, 0)
    for u in range(first, last):
        start, place, width = _block(u, sizes, len(unused))
        _weigh(vectors, lanes, x, start, pitch, count, width, peak, total, place, unused, 0)


@jit
def softmax(vectors, lanes, first, last, sizes, x, out):
    """exp(x) over its sum."""
    _, _, count, pitch = sizes
    kept, a = _numbers(vectors, lanes, x, count)
    b, size = a.copy(), len(a)
    for u in range(first, last):
        start, _, width = _block(u, sizes, size)
        _weigh(vectors, lanes, x, start, pitch, count, width, a, b, 0, kept, size)
        for i in range(width):
            b[i] = 1 / b[i]
        row, target, q = pointer(kept, 0), pointer(out, start), pointer(b, 0)
        _sweep(SCALED, vectors, lanes, row, row, size, q, q, q, target, pitch, count, width)


@jit
def log_softmax(vectors, lanes, first, last, sizes, x, out):
    """x - log(sum of exp(x))"""
    _, _, count, pitch = sizes
    unused, a = _numbers(vectors, lanes, x, 1)
    b, size = a.copy(), len(a)
    for u in range(first, last):
        start, _, width = _block(u, sizes, size)
        _weigh(vectors, lanes, x, start, pitch, count, width, a, b, 0, unused, 0)
        row, target, p, q = pointer(x, start), pointer(out, start), pointer(a, 0), pointer(b, 0)
        _sweep(LOG, vectors, lanes, q, q, 0, p, p, p, q, 0, 1, width)
        _sweep(LOWERED, vectors, lanes, row, row, pitch, p, q, q, target, pitch, count, width)


@jit
def softmax_dx(vectors, lanes, first, last, sizes, g, y, out):
    """y * (g - sum(g * y))"""
    _, _, count, pitch = sizes
    _, a = _numbers(vectors, lanes, g, 0)
    for u in range(first, last):
        start, _, width = _block(u, sizes, len(a))
        row, share = pointer(g, start), pointer(y, start)
        target, p = pointer(out, start), pointer(a, 0)
        _sweep(PRODUCT, vectors, lanes, row, share, pitch, p, p, p, target, 0, count, width)
        _sweep(SHARE_DX, vectors, lanes, row, share, pitch, p, p, p, target, pitch, count, width)


@jit
def log_softmax_dx(vectors, lanes, first, last, sizes, g, y, out):
    """g - exp(y) * sum(g)"""
    _, _, count, pitch = sizes
    _, a = _numbers(vectors, lanes, g, 0)
    for u in range(first, last):
        start, _, width = _block(u, sizes, len(a))
        row, share = pointer(g, start), pointer(y, start)
        target, p = pointer(out, start), pointer(a, 0)
        _sweep(ADDED, vectors, lanes, row, row, pitch, p, p, p, target, 0, count, width)
        _sweep(
            LOG_SHARE_DX, vectors, lanes, row, share, pitch, p, p, p, target, pitch, count, width
        )


@jit
def cross_entropies(vectors, lanes, first, last, sizes, x, classes, peak, total, loss):
    """loss = log(sum of exp(x)) - x at the class of each position; returns the sum of that.

    None if a class is wrong.
    peak, total : for each position the largest element, and the sum of exp(x - largest)
    """
    _, _, count, pitch = sizes
    right, unused = _numbers(vectors, lanes, x, 1)
    whole = 0.0
    for u in range(first, last):
        start, place, width = _block(u, sizes, len(unused))
        row, p, q = pointer(x, start), pointer(peak, place), pointer(total, place)
        here, result = pointer(right, 0), pointer(loss, place)
        none = pointer(unused, 0)
        _sweep(LARGEST, vectors, lanes, row, row, pitch, p, p, p, none, 0, count, width)
        _sweep(EXP_BELOW, vectors, lanes, row, row, pitch, p, p, q, none, 0, count, width)
        for i in range(width):
            k = classes[place + i]
            if not 0 <= k < count:
                return None
            right[i] = get(x, start + i + k * pitch)
        _sweep(LOSS, vectors, lanes, here, here, 0, p, q, q, result, 0, 1, width)
        for i in range(width):
            whole += loss[place + i]
    return whole


@jit
def cross_entropies_dx(vectors, lanes, first, last, sizes, x, out, g, classes, peak, total):
    """g * (exp(x) over its sum, less 1 at the class of each position)

    g : one number, or one for each position
    """
    _, _, count, pitch = sizes
    scale, slope = _numbers(vectors, lanes, x, 1)
    slope[:] = g[0]
    for u in range(first, last):
        start, place, width = _block(u, sizes, len(slope))
        if len(g) > 1:
            for i in range(width):
                slope[i] = g[place + i]
        for i in range(width):
            scale[i] = slope[i] / total[place + i]
        row, target, p, q = (
            pointer(x, start), pointer(out, start), pointer(peak, place), pointer(scale, 0)
        )  # fmt: skip
        _sweep(EXP_SCALED, vectors, lanes, row, row, pitch, p, q, q, target, pitch, count, width)
        for i in range(width):
            k = start + i + classes[place + i] * pitch
            put(out, k, get(out, k) - slope[i])
