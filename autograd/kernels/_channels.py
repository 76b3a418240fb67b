"""Channels brought to the end of an array and back, a tile of vectors at a time."""

from __future__ import annotations

from ._jit import jit
from ._simd import pointer
from ._simd_moves import turn


@jit
def channels_last(lanes, a, channels, pixels, width, out):
    """out[j, i] = a[i, j] for a of (channels, pixels) and out of (pixels, width), both flat."""
    L = len(lanes)
    for i in range(0, channels, L):
        have = min(L, channels - i)
        for j in range(0, pixels, L):
            count = min(L, pixels - j)
            source, target = pointer(a, i * pixels + j), pointer(out, j * width + i)
            turn((0,), lanes, source, pixels, have, target, width, count)


@jit
def channels_first(lanes, a, channels, pixels, width, out):
    """The way back: out[i, j] = a[j, i]."""
    L = len(lanes)
    for i in range(0, channels, L):
        count = min(L, channels - i)
        for j in range(0, pixels, L):
            have = min(L, pixels - j)
            source, target = pointer(a, j * width + i), pointer(out, i * pixels + j)
            turn((0,), lanes, source, width, have, target, pixels, count)
