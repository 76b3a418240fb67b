"""Filters and biases, laid out as tiles read them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._jit import jit
from .._simd import pointer
from .._simd_moves import move, turn

NATURAL = (np.zeros(0, np.int64),) * 2  # order and counts of taps: all of them, as they are


@jit
def pack(lanes, w, groups, filters, channels, taps, adjoint, order, counts, width):
    """w (groups, filters, channels, taps) -> (groups, blocks, channels, taps, width), both flat.

    Where filters end, zeros follow. For the adjoint, w is (groups, channels, filters, taps). The
    order, if not empty, names the taps to take, for each phase so many as counts say: phases come
    one after the other, each as above. The number after the last tap stands for a tap of zero.
    """
    L, blocks = len(lanes), (filters + width - 1) // width
    out = np.zeros(groups * blocks * channels * taps * width, w.dtype)
    pitch, run, jump, count = channels * taps, channels * taps, 0, 1
    if adjoint:
        pitch, run, jump, count = taps, taps, filters * taps, channels
    for g in range(groups):
        for f in range(filters):
            if f % width % L:
                continue
            have = min(min(L, filters - f), width - f % width)
            first = (g * blocks + f // width) * channels * taps * width + f % width
            for c in range(count):
                here = g * filters * channels * taps + f * pitch + c * jump
                for j in range(0, run, L):
                    n = min(L, run - j)
                    to = pointer(out, first + (c * run + j) * width)
                    turn((0,), lanes, pointer(w, here + j), pitch, have, to, width, n)
    if len(order) == 0:
        return out
    lines, to = groups * blocks * channels, 0
    chosen = np.zeros(lines * len(order) * width, w.dtype)
    begin = 0
    for count in counts:
        for line in range(lines):
            for k in range(begin, begin + count):
                if order[k] < taps:
                    here = pointer(out, (line * taps + order[k]) * width)
                    move((0,), lanes, here, pointer(chosen, to), width)
                to += width
        begin += count
    return chosen


def biases(
    groups: int, filters: int, width: int, dtype: np.dtype
) -> Callable[[np.ndarray | None], np.ndarray]:
    """What gives b, or zeros, for blocks of filters: (groups, blocks, width), flat."""
    none = np.zeros((groups, -(-filters // width) * width), dtype)

    def packed(b: np.ndarray | None) -> np.ndarray:
        if b is None:
            return none.reshape(-1)
        first = none.copy()
        first[:, :filters] = b.reshape(groups, filters)
        return first.reshape(-1)

    return packed
