"""Products with a scale or with nothing, for contiguous rows; `first` and `last` bound them."""

from __future__ import annotations

from .._jit import jit


@jit
def keep_each(first, last, x, kept, scale, out):
    """out[i] = x[i] * scale if kept[i], else 0"""
    zero = x.dtype.type(0)
    source, target, there = x[first:last], out[first:last], kept[first:last]
    for i in range(len(source)):
        value = source[i] * scale
        target[i] = value if there[i] else zero


@jit
def keep_rows(first, last, x, kept, scale, out):
    """out[r] = x[r] * scale if kept[r], else 0"""
    for r in range(first, last):
        source, target = x[r], out[r]
        if kept[r]:
            for i in range(len(source)):
                target[i] = source[i] * scale
        else:
            target[:] = 0
