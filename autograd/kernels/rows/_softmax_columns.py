"""Softmax, its kin, and the cross entropy of classes along an axis that has others behind it.

Sweeps over the blocks of `_columns`. A NaN makes NaN of all results of its position, as in
`_softmax`.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from .._simd import get, pointer, put
from ._columns import (
    ADDED,
    EXP,
    EXP_BELOW,
    EXP_SCALED,
    LARGEST,
    LOG,
    LOG_SHARE_DX,
    LOSS,
    LOWERED,
    PRODUCT,
    SCALED,
    SHARE_DX,
    block,
    sweep,
)  # fmt: skip

NARROW = (0,)  # vectors of a block that need not be full


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
    sweep(LARGEST, vectors, lanes, row, row, pitch, p, p, p, result, 0, count, width)
    bad = x.dtype.type(0)
    for i in range(width):
        bad += 0 * a[place + i]
    if bad == 0:
        sweep(EXP_BELOW, vectors, lanes, row, row, pitch, p, p, q, result, gap, count, width)
        return
    for i in range(width):
        if not np.isfinite(a[place + i]):
            a[place + i] = 0
    for i in range(0, width, len(lanes)):
        row, result = pointer(x, start + i), pointer(out, i)
        p, q = pointer(a, place + i), pointer(b, place + i)
        sweep(EXP, NARROW, lanes, row, row, pitch, p, p, q, result, gap, count, width - i)


@jit
def exp_sums(vectors, lanes, first, last, sizes, x, peak, total):
    _, _, count, pitch = sizes
    _, unused = _numbers(vectors, lanes, x, 0)
    for u in range(first, last):
        start, place, width = block(u, sizes, len(unused))
        _weigh(vectors, lanes, x, start, pitch, count, width, peak, total, place, unused, 0)


@jit
def softmax(vectors, lanes, first, last, sizes, x, out):
    """exp(x) over its sum."""
    _, _, count, pitch = sizes
    kept, a = _numbers(vectors, lanes, x, count)
    b, size = a.copy(), len(a)
    for u in range(first, last):
        start, _, width = block(u, sizes, size)
        _weigh(vectors, lanes, x, start, pitch, count, width, a, b, 0, kept, size)
        for i in range(width):
            b[i] = 1 / b[i]
        row, target, q = pointer(kept, 0), pointer(out, start), pointer(b, 0)
        sweep(SCALED, vectors, lanes, row, row, size, q, q, q, target, pitch, count, width)


@jit
def log_softmax(vectors, lanes, first, last, sizes, x, out):
    """x - log(sum of exp(x))"""
    _, _, count, pitch = sizes
    unused, a = _numbers(vectors, lanes, x, 1)
    b, size = a.copy(), len(a)
    for u in range(first, last):
        start, _, width = block(u, sizes, size)
        _weigh(vectors, lanes, x, start, pitch, count, width, a, b, 0, unused, 0)
        row, target, p, q = pointer(x, start), pointer(out, start), pointer(a, 0), pointer(b, 0)
        sweep(LOG, vectors, lanes, q, q, 0, p, p, p, q, 0, 1, width)
        sweep(LOWERED, vectors, lanes, row, row, pitch, p, q, q, target, pitch, count, width)


@jit
def softmax_dx(vectors, lanes, first, last, sizes, g, y, out):
    """y * (g - sum(g * y))"""
    _, _, count, pitch = sizes
    _, a = _numbers(vectors, lanes, g, 0)
    for u in range(first, last):
        start, _, width = block(u, sizes, len(a))
        row, share = pointer(g, start), pointer(y, start)
        target, p = pointer(out, start), pointer(a, 0)
        sweep(PRODUCT, vectors, lanes, row, share, pitch, p, p, p, target, 0, count, width)
        sweep(SHARE_DX, vectors, lanes, row, share, pitch, p, p, p, target, pitch, count, width)


@jit
def log_softmax_dx(vectors, lanes, first, last, sizes, g, y, out):
    """g - exp(y) * sum(g)"""
    _, _, count, pitch = sizes
    _, a = _numbers(vectors, lanes, g, 0)
    for u in range(first, last):
        start, _, width = block(u, sizes, len(a))
        row, share = pointer(g, start), pointer(y, start)
        target, p = pointer(out, start), pointer(a, 0)
        sweep(ADDED, vectors, lanes, row, row, pitch, p, p, p, target, 0, count, width)
        sweep(LOG_SHARE_DX, vectors, lanes, row, share, pitch, p, p, p, target, pitch, count, width)


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
        start, place, width = block(u, sizes, len(unused))
        row, p, q = pointer(x, start), pointer(peak, place), pointer(total, place)
        here, result = pointer(right, 0), pointer(loss, place)
        none = pointer(unused, 0)
        sweep(LARGEST, vectors, lanes, row, row, pitch, p, p, p, none, 0, count, width)
        sweep(EXP_BELOW, vectors, lanes, row, row, pitch, p, p, q, none, 0, count, width)
        for i in range(width):
            k = classes[place + i]
            if not 0 <= k < count:
                return None
            right[i] = get(x, start + i + k * pitch)
        sweep(LOSS, vectors, lanes, here, here, 0, p, q, q, result, 0, 1, width)
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
        start, place, width = block(u, sizes, len(slope))
        if len(g) > 1:
            for i in range(width):
                slope[i] = g[place + i]
        for i in range(width):
            scale[i] = slope[i] / total[place + i]
        row, target, p, q = (
            pointer(x, start), pointer(out, start), pointer(peak, place), pointer(scale, 0)
        )  # fmt: skip
        sweep(EXP_SCALED, vectors, lanes, row, row, pitch, p, q, q, target, pitch, count, width)
        for i in range(width):
            k = start + i + classes[place + i] * pitch
            put(out, k, get(out, k) - slope[i])
