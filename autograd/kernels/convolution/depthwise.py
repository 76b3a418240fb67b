"""Convolution of each channel with filters of its own, and its adjoints.

It is for images of one or two axes, stride 1, and small filters; None is returned for others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .._host import Simd, sized
from .._threads import parts, run
from ._depthwise import depthwise, depthwise_taps
from ._filters import packed_bias
from ._frames import Axis, Triple, places

MOST = 25  # taps whose sums fit into registers, or nearly so
Axes = tuple[Axis, Axis, Axis]


class Walk(NamedTuple):
    """What a tile needs to know of axes.

    taps     rows and columns of a filter
    order    of the taps, from the first pixel to the last
    before   how far before x the first tap meets it
    out      rows and columns of the result
    """

    taps: tuple[int, int]
    order: np.ndarray
    before: tuple[int, int]
    out: tuple[int, int]


@lru_cache(maxsize=512)
def _walk(axes: Axes, kernel: Triple) -> Walk | None:
    depth, *plane = axes
    taps = tuple(len(a.shifts) for a in plane)
    flat = depth.out == 1 and len(depth.taps) == 1 and depth.starts == (0,)
    if not flat or taps[0] * taps[1] > MOST:
        return None
    if any(a.step > 1 or sorted(a.shifts) != list(range(len(a.shifts))) for a in plane):
        return None
    rows, columns = (np.array(a.taps)[np.argsort(a.shifts)] for a in plane)
    order = ((depth.taps[0] * kernel[1] + rows[:, None]) * kernel[2] + columns).ravel()
    before, out = (-plane[0].starts[0], -plane[1].starts[0]), (plane[0].out, plane[1].out)
    return Walk((taps[0], taps[1]), order, before, out)


def correlate(
    host: Simd, x: np.ndarray, w: np.ndarray, axes: Axes, kernel: Triple, b: np.ndarray | None,
    adjoint: bool,
) -> np.ndarray | None:  # fmt: skip
    """As `fast._correlate`; None where it has to do it."""
    N, groups, channels, depth, *size = x.shape
    walk = _walk(axes, kernel) if groups > 1 and channels == depth == 1 else None
    if walk is None:
        return None
    filters = w.shape[2 if adjoint else 1]
    taps = np.take(w.reshape(groups * filters, -1), walk.order, axis=1).reshape(-1)
    out = np.empty((N, groups * filters, 1, *walk.out), x.dtype)
    lanes = host.lanes(x.itemsize)
    vectors = min(4 if host.gather[0] > 8 else 2, -(-walk.out[1] // lanes))
    row = (1, 1, walk.out[1])
    table = places(row, row, lanes, vectors, False)
    first = packed_bias(b, 1, groups * filters, 1, x.dtype).reshape(-1)
    tile = (*map(sized, walk.taps), sized(vectors), sized(lanes))
    flat = x.reshape(-1), out.reshape(-1)
    rest = groups, filters, tuple(size), walk.before, walk.out, taps, first

    def task(planes: tuple[int, int]) -> None:
        depthwise(*tile, *flat, planes, *rest, table)

    run(task, parts(N * groups, out.size * len(walk.order)))
    return out


def correlate_taps(
    host: Simd, x: np.ndarray, g: np.ndarray, filters: int, axes: Axes, kernel: Triple
) -> np.ndarray | None:
    """The gradient of the filters, (groups * filters, taps); None as above."""
    N, groups, channels, depth, *size = x.shape
    walk = _walk(axes, kernel) if groups > 1 and channels == depth == 1 else None
    if walk is None:
        return None
    lanes, row = host.lanes(x.itemsize), (1, 1, walk.out[1])
    table = places(row, row, lanes, 1, True)
    tile = (*map(sized, walk.taps), sized(lanes))
    flat = x.reshape(-1), g.reshape(-1)
    rest = groups, filters, tuple(size), walk.before, walk.out, table

    def task(planes: tuple[int, int]) -> np.ndarray:
        total = np.zeros((groups * filters, len(walk.order), lanes), x.dtype)
        depthwise_taps(*tile, *flat, total.reshape(-1), planes, *rest)
        return total.sum(-1)

    found: list = run(task, parts(N * groups, g.size * len(walk.order)))
    return sum(found[1:], found[0])
