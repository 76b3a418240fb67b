"""Windows added up to images: see `windows.fold`."""

from __future__ import annotations

from .._jit import jit
from .._simd import pointer
from .._simd_rows import add


@jit
def fold(lanes, windows, x, images, sizes, stride, before, dilation):
    """x[n, y, z] += windows[n, u, v, i, j] where element (u, v) of window (i, j) lies there.

    The step from column to column is 1, so that whole rows are added.
    """
    KH, KW, OH, OW, H, W = sizes
    for n in range(images[0], images[1]):
        for u in range(KH):
            for v in range(KW):
                left = v * dilation[1] - before[1]
                first, last = max(0, -left), min(OW, W - left)
                for i in range(OH):
                    y = i * stride + u * dilation[0] - before[0]
                    if 0 <= y < H:
                        source = (((n * KH + u) * KW + v) * OH + i) * OW + first
                        target = (n * H + y) * W + left + first
                        add(lanes, pointer(windows, source), pointer(x, target), last - first)
