"""Filters and biases, laid out as tiles read them."""

from __future__ import annotations

import numpy as np

from .._host import sized
from .._jit import jit
from .._simd import pointer
from .._simd_moves import turn


@jit
def pack(lanes, w, groups, filters, channels, taps, adjoint, width):
    """w (groups, filters, channels, taps) -> (groups, blocks, channels, taps, width), both flat.

    Where filters end, zeros follow. For the adjoint, w is (groups, channels, filters, taps).
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
    return out


def packed(
    w: np.ndarray, adjoint: bool, order: np.ndarray | None, lanes: int, width: int
) -> np.ndarray:
    """(groups, blocks, channels, taps, width), with taps in a given order, some or all of them.

    w is (groups, filters, channels, taps); for the adjoint, channels come before filters. The
    number after the last tap stands for a tap of zero.
    """
    groups, filters, channels, count = w.shape
    if adjoint:
        filters, channels = channels, filters
    flat = pack(sized(lanes), w.reshape(-1), groups, filters, channels, count, adjoint, width)
    every = flat.reshape(groups, -1, channels, count, width)
    if order is None:
        return every
    if order.max() == count:
        every = np.concatenate([every, np.zeros_like(every[:, :, :, :1])], axis=3)
    return np.take(every, order, axis=3)


def packed_bias(
    b: np.ndarray | None, groups: int, filters: int, width: int, dtype: np.dtype
) -> np.ndarray:
    """b, or zeros, for blocks of filters: (groups, blocks, width)."""
    first = np.zeros((groups, -(-filters // width) * width), dtype)
    if b is not None:
        first[:, :filters] = b.reshape(groups, filters)
    return first.reshape(groups, -1, width)
