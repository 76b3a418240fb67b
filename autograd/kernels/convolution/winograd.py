"""Convolution and its adjoints by Winograd's correlation, where that is worth its transforms.

It is for filters of two to five taps an axis, stride 1, and enough channels and filters: a third to
a half of the time of register tiles alone. Rounding errors are about twice those of the plain sum,
relative to the largest numbers within six pixels; where a result is not finite, None is returned,
for the caller to find out by the plain sum which results are.

AUTOGRAD_WINOGRAD=off leaves everything to the plain sum.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .._host import Simd, sized
from .._threads import PRODUCTS, parts, run
from ._filters import packed, packed_bias
from ._frames import Axis, Triple, plan
from ._winograd_loops import (
    correlate_taps_winograd,
    correlate_winograd,
    enter_filters,
    leave_taps,
)

SIZE = 6  # pixels of a tile, and products, along an axis
WORTH = 0.8  # of the products of the plain sum, from which on there is something to be gained
TRANSFORM = {36: 320, 6: 32}  # products that take as long as one number's part in a transform
WIDEST = 1024  # tiles in a row, which are taken together: more would need too much memory
TILES = 56  # tiles at a time, so that what lies between loops stays in the second cache
Axes = tuple[Axis, Axis, Axis]
Matrices = tuple[int, int, int]  # groups, channels and filters of one


def enabled() -> bool:
    """Whether AUTOGRAD_WINOGRAD allows it."""
    wanted = os.environ.get("AUTOGRAD_WINOGRAD", "").lower()
    if wanted not in ("", "on", "off"):
        raise ValueError(f"AUTOGRAD_WINOGRAD is {wanted!r}; it can be on or off")
    return wanted != "off"


class Tiling(NamedTuple):
    """How tiles of six pixels cover an axis.

    taps, results   of a tile, 7 together
    step            from one pixel of a tile to the next: the dilation
    starts          the first pixel of each tile
    order           of the taps, for each phase of the stride; -1 where there is none
    turned          whether the first tap meets the last pixel
    axis            the axis, made as long as the tiles are
    """

    taps: int
    results: int
    step: int
    starts: tuple[int, ...]
    order: tuple[tuple[int, ...], ...]
    turned: bool
    axis: Axis


def tiling(axis: Axis) -> Tiling | None:
    """The tiles for an axis of up to five taps in each phase of its stride; None for another.

    With one tap there is nothing to save: a tile is one pixel, and one result.
    """
    phases = [
        [(s, t) for s, t, p in zip(axis.shifts, axis.taps, axis.phases) if p == phase]
        for phase in range(len(axis.starts))
    ]
    taps = max(map(len, phases))
    if taps == 1 and not any(axis.shifts):
        order = tuple(tuple(t for _, t in phase) for phase in phases)
        return Tiling(1, 1, 1, tuple(range(axis.out)), order, False, axis)
    if not 2 <= taps <= SIZE - 1:
        return None
    turned = phases[0][0][0] > 0
    shifts, _ = zip(*(phases[0][::-1] if turned else phases[0]))
    step, results = shifts[1], SIZE + 1 - taps
    expected = tuple(range(0, taps * step, step))
    if shifts != expected:
        return None
    if any(tuple(s for s, _ in phase) != expected[: len(phase)] for phase in phases[1:]):
        return None
    order = tuple(tuple(t for _, t in p) + (-1,) * (taps - len(p)) for p in phases)
    starts = tuple(
        start
        for first in range(min(step, axis.out))
        for start in range(first, axis.out, results * step)
    )
    out = max(starts) + (results - 1) * step + 1
    return Tiling(taps, results, step, starts, order, turned, axis._replace(out=out))


class Tiles(NamedTuple):
    """The tiles of an image.

    facts     the plan of `_winograd_loops`
    results_frame   frame, starts and pixels of the frame that gradients of results are put into
    order     (phases, taps): numbers of the taps, that after the last for none
    natural   whether there is one phase, with all taps in order
    across, total   tiles in a row and altogether
    numbers   that stand for a tile
    """

    facts: tuple[Any, ...]
    results_frame: tuple[Any, ...]
    taps: tuple[int, int]
    results: tuple[int, int]
    order: np.ndarray
    natural: bool
    turned: bool
    across: int
    total: int
    numbers: int


@lru_cache(maxsize=1024)
def tiles(axes: Axes, kernel: Triple, source: Triple) -> Tiles | None:
    """Tiles for images of two axes, both of which six pixels can cover; None for others."""
    depth, high, wide = axes[0], tiling(axes[1]), tiling(axes[2])
    if source[0] > 1 or depth.out > 1 or len(depth.taps) > 1 or high is None or wide is None:
        return None
    numbers = math.prod(1 if t.taps == 1 else SIZE for t in (high, wide))
    turned = high.turned or wide.turned
    if numbers == 1 or any(t.turned != turned and t.taps > 1 for t in (high, wide)):
        return None
    p = plan((depth, high.axis, wide.axis), kernel, source, 1)
    starts = np.array(high.starts), np.array(wide.starts)
    out = axes[1].out, axes[2].out
    facts = (p.source, p.frame, p.starts, p.step, p.pixels, starts, (high.step, wide.step), out)
    length = (1, high.axis.out, wide.axis.out)
    rows, columns = np.array(high.order)[:, None, :, None], np.array(wide.order)[:, None, :]
    none = math.prod(kernel)
    order = np.where(
        (rows < 0) | (columns < 0), none, (depth.taps[0] * kernel[1] + rows) * kernel[2] + columns
    )
    order = order.reshape(len(high.order) * len(wide.order), -1)
    return Tiles(
        facts, (length, np.zeros((1, 3), np.int64), math.prod(length)), (high.taps, wide.taps),
        (high.results, wide.results), order, np.array_equal(order, [np.arange(none)]),
        turned, len(wide.starts), len(wide.starts) * len(high.starts), numbers,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _found(
    images: int, axes: Axes, kernel: Triple, source: Triple, sizes: Matrices, lanes: int
) -> Tiles | None:
    """The tiles, if they are faster than the plain sum: both counted in products of vectors."""
    found = tiles(axes, kernel, source)
    if found is None or found.across > WIDEST:
        return None
    _, channels, filters = sizes
    plain = images * math.prod(a.out * len(a.taps) for a in axes) * channels * filters
    terms, count = channels * len(found.order), found.total * images
    entering, leaving = (-(-n // lanes) * lanes for n in (terms, filters))
    transforms = TRANSFORM[found.numbers] * (count * (entering + leaving) + terms * leaving)
    return found if count * found.numbers * terms * leaving + transforms < WORTH * plain else None


def _at_a_time(found: Tiles, images: int, rows: tuple[int, ...]) -> tuple[int, int]:
    """How many tiles, whole rows of them, are taken at a time, and the best tile's rows."""
    lines = min(max(1, TILES // found.across), images * found.total // found.across)
    most = lines * found.across
    best = min((rows[0], rows[-1]), key=lambda r: (-(-most // r) * r, -r))
    return max(most, best), best


@lru_cache(maxsize=512)
def _offsets(channels: int, phases: int, lanes: int, most: int) -> np.ndarray:
    """Where the channels and phases of a tile lie, tiles being `lanes` apart."""
    c, phase = (a.ravel() for a in np.indices((channels, phases)))
    return (c // lanes * phases + phase) * (most * lanes) + c % lanes


def correlate(
    host: Simd, x: np.ndarray, w: np.ndarray, axes: Axes, kernel: Triple, b: np.ndarray | None,
    adjoint: bool,
) -> np.ndarray | None:  # fmt: skip
    """As `fast._correlate`; None where it has to do it."""
    (N, groups, channels), filters = x.shape[:3], w.shape[2 if adjoint else 1]
    lanes, sizes = host.lanes(x.itemsize), (groups, channels, filters)
    found = _found(N, axes, kernel, x.shape[3:], sizes, lanes) if enabled() else None
    if found is None:
        return None
    vectors = 2 if filters > lanes else 1
    width, L = vectors * lanes, sized(lanes)
    order = None if found.natural else found.order.ravel()
    flat = packed(w, adjoint, order, lanes, width).reshape(-1)
    weights = enter_filters(*map(sized, found.taps), L, flat, width, found.turned)
    first = packed_bias(b, groups, filters, width, x.dtype).reshape(-1)
    most, rows = _at_a_time(found, N, host.gather)
    offsets = _offsets(channels, len(found.order), lanes, most)
    out = np.empty((N, groups * filters, *(a.out for a in axes)), x.dtype)
    flat_x, flat_out = x.reshape(-1), out.reshape(-1)
    tile = (sized(rows), sized(vectors), L, *map(sized, found.results))

    def task(images: tuple[int, int]) -> bool:
        return correlate_winograd(
            *tile, flat_x, flat_out, images, *sizes, found.facts, offsets, weights, first, most
        )  # fmt: skip

    finite = run(task, parts(N, out.size * channels * math.prod(found.taps) / PRODUCTS))
    return out if all(finite) else None


def correlate_taps(
    host: Simd, x: np.ndarray, g: np.ndarray, filters: int, axes: Axes, kernel: Triple
) -> np.ndarray | None:
    """The gradient of the filters, (groups * filters, channels, taps); None as above."""
    N, groups, channels = x.shape[:3]
    lanes, sizes = host.lanes(x.itemsize), (groups, channels, filters)
    found = _found(N, axes, kernel, x.shape[3:], sizes, lanes) if enabled() else None
    if found is None:
        return None
    vectors = 2 if filters > lanes else 1
    width, L = vectors * lanes, sized(lanes)
    most, _ = _at_a_time(found, N, host.gather)
    rows = min(lanes, (8 if host.gather[0] > 8 else 4) * (3 - vectors))
    tile = (sized(rows), sized(vectors), L, *map(sized, found.results))
    places = np.arange(most) * lanes
    blocks, planes = -(-filters // width), -(-channels // lanes) * len(found.order)
    size = (groups * blocks * planes * width | 1) * lanes  # an odd number of vectors
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)

    def task(images: tuple[int, int]) -> np.ndarray:
        total = np.zeros(found.numbers * size, x.dtype)
        correlate_taps_winograd(
            *tile, flat_x, flat_g, total, images, *sizes, found.facts, found.results_frame,
            places, most,
        )  # fmt: skip
        return total

    total: Any = sum(run(task, parts(N, g.size * channels * math.prod(found.taps) / PRODUCTS)))
    dw = np.empty((groups * filters, channels, math.prod(kernel)), x.dtype)
    tile = (*map(sized, found.taps), L)
    finite = leave_taps(
        *tile, total, dw.reshape(-1), *sizes, width, math.prod(kernel), found.order
    )  # fmt: skip
    return dw if finite else None
