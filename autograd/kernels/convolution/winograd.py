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
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .._host import sized
from .._threads import PRODUCTS, added, parts, run
from ._filters import NATURAL, biases
from ._frames import Axis, Triple, plan
from ._winograd_loops import (
    correlate_taps_winograd,
    correlate_winograd,
    enter_filters,
    leave_taps,
)
from .layer import FiniteWay, Layer

SIZE = 6  # pixels of a tile, and products, along an axis
WORTH = 0.8  # of the products of the plain sum, from which on there is something to be gained
TRANSFORM = {36: 320, 6: 32}  # products that take as long as one number's part in a transform
WIDEST = 1024  # tiles in a row, which are taken together: more would need too much memory
TILES = 56  # tiles at a time, so that what lies between loops stays in the second cache


@cache
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
    order           of the taps, for each phase of the results and of the stride; -1 where there is
                    none
    turned          whether the first tap meets the last pixel
    late            by how many pixels the results of each phase begin before those of the tiles
    out             results of all tiles
    """

    taps: int
    results: int
    step: int
    starts: tuple[int, ...]
    order: tuple[tuple[tuple[int, ...], ...], ...]
    turned: bool
    late: tuple[int, ...]
    out: int


def tiling(axes: tuple[Axis, ...]) -> Tiling | None:
    """The tiles for an axis of up to five taps in each phase of its stride; None for another.

    With one tap there is nothing to save: a tile is one pixel, and one result. The same tiles serve
    all phases of the results.
    """
    late = tuple(min(a.shifts) for a in axes)
    phases = [_by_phase(axis, least) for axis, least in zip(axes, late)]
    longest = max((phase for each in phases for phase in each), key=len)
    taps, turned = len(longest), longest[0][0] > 0
    if turned:
        phases = [[phase[::-1] for phase in each] for each in phases]
    step = abs(longest[1][0] - longest[0][0]) if taps > 1 else 1
    results, expected = SIZE + 1 - taps, tuple(range(0, taps * step, step))
    every = [tuple(shift for shift, _ in phase) for each in phases for phase in each]
    if taps >= SIZE or any(shifts != expected[: len(shifts)] for shifts in every):
        return None
    order = tuple(
        tuple(_padded([t for _, t in phase], taps, turned) for phase in each) for each in phases
    )
    most = max(a.out + least for a, least in zip(axes, late))
    if taps == 1:
        return Tiling(1, 1, 1, tuple(range(most)), order, False, late, most)
    starts = tuple(
        start for first in range(min(step, most)) for start in range(first, most, results * step)
    )
    out = max(starts) + (results - 1) * step + 1
    return Tiling(taps, results, step, starts, order, turned, late, out)


def _by_phase(axis: Axis, least: int) -> list[list[tuple[int, int]]]:
    """(shift, tap) of the taps in each phase of the stride, `least` taken off the shifts."""
    met = list(zip(axis.phases, axis.shifts, axis.taps))
    return [[(s - least, t) for p, s, t in met if p == phase] for phase in range(len(axis.starts))]


def _padded(taps: list[int], count: int, turned: bool) -> tuple[int, ...]:
    """Taps from the first to the last pixel, those that are missing as -1; back to front if the
    first tap meets the last pixel."""
    every = (*taps, *(-1,) * (count - len(taps)))
    return every[::-1] if turned else every


class Tiles(NamedTuple):
    """The tiles of an image.

    facts     the plan of `_winograd_loops`
    results_frame   (height, width) of results; frame, starts and pixels of the frame that their
              gradients are put into
    order     (phases of results, phases of the stride, taps): numbers of the taps, that after the
              last for none
    late      (phases of results, 2): by how many pixels their results begin before the tiles'
    across, total   tiles in a row and altogether
    numbers   that stand for a tile
    """

    facts: tuple[Any, ...]
    results_frame: tuple[Any, ...]
    taps: tuple[int, int]
    results: tuple[int, int]
    order: np.ndarray
    late: np.ndarray
    turned: bool
    across: int
    total: int
    numbers: int


def tiles(axes: tuple[tuple[Axis, ...], ...], kernel: Triple, source: Triple) -> Tiles | None:
    """Tiles for images of two axes, both of which six pixels can cover; None for others."""
    depth, high, wide = axes[0][0], tiling(axes[1]), tiling(axes[2])
    flat = len(axes[0]) == source[0] == depth.out == len(depth.taps) == 1
    if not flat or high is None or wide is None:
        return None
    numbers = math.prod(1 if t.taps == 1 else SIZE for t in (high, wide))
    turned = high.turned or wide.turned
    if numbers == 1 or any(t.turned != turned and t.taps > 1 for t in (high, wide)):
        return None
    p = plan((depth, _reached(axes[1][0], high), _reached(axes[2][0], wide)), kernel, source, 1)
    starts = np.array(high.starts), np.array(wide.starts)
    facts = (p.source, p.frame, p.starts, p.step, p.pixels, starts, (high.step, wide.step))
    out, length = (axes[1][0].out, axes[2][0].out), (1, high.out, wide.out)
    none = math.prod(kernel)
    # (rows, columns, phases of the stride along both, taps along both)
    rows = np.array(high.order)[:, None, :, None, :, None]
    columns = np.array(wide.order)[None, :, None, :, None, :]
    taps = (depth.taps[0] * kernel[1] + rows) * kernel[2] + columns
    order = np.where((rows < 0) | (columns < 0), none, taps)
    late = np.array([(y, x) for y in high.late for x in wide.late])
    return Tiles(
        facts, (out, length, np.zeros((1, 3), np.int64), math.prod(length)), (high.taps, wide.taps),
        (high.results, wide.results),
        order.reshape(len(late), -1, high.taps * wide.taps), late,
        turned, len(wide.starts), len(wide.starts) * len(high.starts), numbers,
    )  # fmt: skip


def _reached(axis: Axis, t: Tiling) -> Axis:
    """The axis with a frame as long as its tiles reach."""
    return axis._replace(length=max(axis.length, t.out + (t.taps - 1) * t.step))


def found(layer: Layer) -> Tiles | None:
    """The tiles, if they are faster than the plain sum: both counted in products of vectors."""
    one = tiles(layer.axes, layer.kernel, layer.source) if enabled() else None
    if one is None or one.across > WIDEST:
        return None
    (groups, channels, filters), lanes = layer.sizes, layer.lanes
    phases, strided, _ = one.order.shape
    terms, count = channels * strided, one.total * layer.images
    entering, leaving = (-(-n // lanes) * lanes for n in (terms, filters))
    leaving *= phases
    transforms = TRANSFORM[one.numbers] * (count * (entering + leaving) + terms * leaving)
    products = count * one.numbers * terms * leaving
    return one if products + transforms < WORTH * layer.products / groups else None


def _at_a_time(one: Tiles, layer: Layer) -> tuple[int, int]:
    """How many tiles, whole rows of them, are taken at a time, and the best tile's rows.

    About TILES, but the last time as many as the others: filters are read again each time.
    """
    every = layer.images * one.total // one.across
    lines = -(-every // max(1, round(every * one.across / TILES)))
    most, rows = lines * one.across, layer.host.gather
    best = min((rows[0], rows[-1]), key=lambda r: (-(-most // r) * r, -r))
    return max(most, best), best


def _offsets(channels: int, phases: int, lanes: int, most: int) -> np.ndarray:
    """Where the channels and phases of a tile lie, tiles being `lanes` apart."""
    c, phase = (a.ravel() for a in np.indices((channels, phases)))
    return (c // lanes * phases + phase) * (most * lanes) + c % lanes


def correlation(layer: Layer) -> FiniteWay | None:
    """The way of a layer; None where the plain sum is as good."""
    one = found(layer)
    if one is None:
        return None
    (groups, channels, filters), lanes = layer.sizes, sized(layer.lanes)
    width, scratch = layer.vectors * layer.lanes, layer.scratch
    most, rows = _at_a_time(one, layer)
    offsets = _offsets(channels, one.order.shape[1], layer.lanes, most)
    every = np.arange(math.prod(layer.kernel))
    order = one.order.ravel(), np.full(len(one.late), one.order[0].size)
    chosen = NATURAL if np.array_equal(one.order, [[every]]) else order
    into = (*map(sized, one.taps), lanes)
    packing = (groups, channels, filters, len(every), layer.adjoint, *chosen, width, one.turned)
    tile = (sized(rows), sized(layer.vectors), lanes, *map(sized, one.results))
    plan = (*layer.sizes, one.facts, offsets, most, layer.whole, *layer.woven, one.late)
    bias, cost, new = (
        biases(groups, filters, width, layer.dtype),
        layer.products / PRODUCTS,
        layer.new,
    )

    def correlate(x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> np.ndarray | None:
        weights, first = enter_filters(*into, w.ravel(), *packing), bias(b)
        result = new()
        image, out = x.ravel(), result.reshape(-1)

        def task(images: tuple[int, int]) -> bool:
            return correlate_winograd(
                *tile, image, scratch(out), out, images, *plan, weights, first
            )

        return result if all(run(task, parts(layer.images, cost))) else None

    return correlate


def taps(layer: Layer) -> FiniteWay | None:
    """The way to the gradient of its filters; None as above."""
    one = found(layer)
    if one is None:
        return None
    sizes, L, width = layer.sizes, sized(layer.lanes), layer.vectors * layer.lanes
    groups, channels, filters = sizes
    most, _ = _at_a_time(one, layer)
    rows = min(layer.lanes, (8 if layer.host.gather[0] > 8 else 4) * (3 - layer.vectors))
    tile = (sized(rows), sized(layer.vectors), L, *map(sized, one.results))
    leaving = (*map(sized, one.taps), L)
    places = np.arange(most) * layer.lanes
    blocks, planes = -(-filters // width), -(-channels // layer.lanes) * one.order.shape[1]
    size = (groups * blocks * planes * width | 1) * layer.lanes  # an odd number of vectors
    every, cost = math.prod(layer.kernel), layer.products / PRODUCTS

    def gradient(x: np.ndarray, g: np.ndarray) -> np.ndarray | None:
        arrays = x.ravel(), g.ravel()

        def task(images: tuple[int, int]) -> np.ndarray:
            total = np.zeros(one.numbers * size, layer.dtype)
            correlate_taps_winograd(
                *tile, *arrays, total, images, *sizes, one.facts, one.results_frame, places, most
            )  # fmt: skip
            return total

        total = added(run(task, parts(layer.images, cost)))
        dw = np.empty(layer.shape, layer.dtype)
        finite = leave_taps(*leaving, total, dw.reshape(-1), *sizes, width, every, one.order[0])
        return dw if finite else None

    return gradient
