"""Convolution and its adjoints, compiled: chooses tiles, lays out filters, deals out images.

Arguments are those of `conv.conv` and its adjoints, with one to three axes for space, C-contiguous
arrays of one dtype, float32 or float64.
"""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import product
from math import prod
from typing import Any

import numpy as np

from .._host import Simd, present, sized
from .._threads import PRODUCTS, parts, run
from ..windows.windows import Padding, Sizes
from . import depthwise, winograd
from ._filters import packed, packed_bias
from ._frames import Axis, Plan, backward_axes, forward_axis, places, plan, positions, weave
from ._tiles import correlate, correlate_bundles, correlate_taps, correlate_taps_bundles

Tile = tuple[int, int]
Axes = tuple[Axis, Axis, Axis]


def conv(
    x: np.ndarray, w: np.ndarray, out_size: Sizes,
    stride: Sizes, padding: Padding, dilation: Sizes, groups: int, b: np.ndarray | None,
) -> np.ndarray:  # fmt: skip
    """See `conv.conv`."""
    kernel, axes = _forward_axes(w.shape[2:], out_size, stride, padding, dilation)
    filters = w.reshape(groups, len(w) // groups, w.shape[1], -1)
    out = _correlate(_images(x, groups), filters, axes, kernel, b)
    return out.reshape(len(x), len(w), *out_size)


def conv_dx(
    g: np.ndarray, w: np.ndarray, shape: Sizes,
    stride: Sizes, padding: Padding, dilation: Sizes, groups: int,
) -> np.ndarray:  # fmt: skip
    """See `conv.conv_dx`. Each phase of the image is a convolution of g with some of the taps."""
    kernel, phases = _backward_axes(w.shape[2:], shape[2:], stride, padding, dilation)
    filters = w.reshape(groups, len(w) // groups, w.shape[1], -1)
    images = _images(g, groups)
    if prod(stride) == 1 and phases:
        axes = tuple(axis for _, axis in phases[0])
        return _correlate(images, filters, axes, kernel, adjoint=True).reshape(shape)
    step, planes = _three(stride, 1), shape[0] * shape[1]
    dx = (np.empty if len(phases) == prod(stride) else np.zeros)(shape, g.dtype)
    flat, size = dx.reshape(-1), _three(shape[2:], 1)
    for phase in phases:
        pixels, axes = zip(*phase)
        part = _correlate(images, filters, axes, kernel, adjoint=True)
        first = tuple(p.start for p in pixels)
        weaving = partial(weave, part.reshape(-1), flat, size, part.shape[2:], first, step)
        run(weaving, parts(planes, part.size))
    return dx


def conv_dw(
    g: np.ndarray, x: np.ndarray, shape: Sizes,
    stride: Sizes, padding: Padding, dilation: Sizes, groups: int,
) -> np.ndarray:  # fmt: skip
    """See `conv.conv_dw`."""
    kernel, axes = _forward_axes(shape[2:], g.shape[2:], stride, padding, dilation)
    images, filters = _images(x, groups), shape[0] // groups
    for special in (depthwise, winograd):
        found = special.correlate_taps(present(), images, g, filters, axes, kernel)
        if found is not None:
            return found.reshape(shape)
    lanes = present().lanes(x.itemsize)
    deep = filters >= lanes and shape[1] >= lanes // 2
    dw = (_taps_bundles if deep else _taps)(images, g, filters, axes, kernel)
    return np.ascontiguousarray(dw).reshape(shape)


def _three(sizes: Sizes, missing: int) -> Any:
    """Sizes of one to three axes as sizes of three."""
    return (missing,) * (3 - len(sizes)) + tuple(sizes)


@lru_cache(maxsize=1024)
def _forward_axes(
    kernel: Sizes, out: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Any, Axes]:
    before = _three(tuple(p[0] for p in padding), 0)
    sizes = (_three(kernel, 1), _three(out, 1), _three(stride, 1), before, _three(dilation, 1))
    first, second, third = (forward_axis(*a) for a in zip(*sizes))
    return sizes[0], (first, second, third)


@lru_cache(maxsize=1024)
def _backward_axes(
    kernel: Sizes, image: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> tuple[Any, list[Any]]:
    """The kernel with three axes, and for each phase of the image (pixels, axis) of all three."""
    before = _three(tuple(p[0] for p in padding), 0)
    sizes = (_three(image, 1), _three(kernel, 1), _three(stride, 1), before, _three(dilation, 1))
    return sizes[1], list(product(*(backward_axes(*a) for a in zip(*sizes))))


def _images(x: np.ndarray, groups: int) -> np.ndarray:
    """(N, groups, channels of a group, D, H, W)"""
    return x.reshape(len(x), groups, x.shape[1] // groups, *_three(x.shape[2:], 1))


def _correlate(
    x: np.ndarray, w: np.ndarray, axes: Any, kernel: Any, b: np.ndarray | None = None,
    adjoint: bool = False,
) -> np.ndarray:  # fmt: skip
    """x (N, groups, channels, D, H, W), w (groups, filters, channels, taps) -> (N, all, *out)

    For the adjoint, w is (groups, channels, filters, taps).
    """
    host = present()
    for special in (depthwise, winograd):
        found = special.correlate(host, x, w, axes, kernel, b, adjoint)
        if found is not None:
            return found
    (N, groups, channels), filters = x.shape[:3], w.shape[2 if adjoint else 1]
    lanes, taps = host.lanes(x.itemsize), prod(len(a.taps) for a in axes)
    deep = _deep(host, lanes, channels, taps, filters, axes[2].out)
    out_size = tuple(a.out for a in axes)
    out = np.empty((N, groups * filters, *out_size), x.dtype)
    p = plan(axes, kernel, x.shape[3:], channels, lanes if deep else 1)
    if deep:
        rows = min(host.gather, key=lambda r: (-(-out_size[2] // r) * r, -r))
        vectors = 2 if filters > lanes else 1
        loop, width = correlate_bundles, vectors * lanes
        facts: Any = (p.source, p.frame, p.starts, p.step, p.offsets, p.out, p.pixels)
    else:
        rows, vectors = _cheapest(host.spread, filters)
        loop, width = correlate, rows
        facts = (*_facts(p, lanes), places(p.out, p.frame, lanes, vectors, False))
    weights = packed(w, adjoint, p.order, lanes, width).reshape(groups, -1, channels * taps, width)
    first = packed_bias(b, groups, filters, width, x.dtype)
    sizes, flat_x, flat_out = (groups, channels, filters), x.reshape(-1), out.reshape(-1)
    tile = (sized(rows), sized(vectors), sized(lanes))

    def task(images: tuple[int, int]) -> None:
        loop(*tile, flat_x, flat_out, images, *sizes, facts, weights, first)

    run(task, parts(N, out.size * taps * channels / PRODUCTS))
    return out


def _deep(host: Simd, lanes: int, channels: int, taps: int, filters: int, width: int) -> bool:
    """Whether filters in the lanes take less time than pixels in the lanes, for rows so wide.

    Tiles are counted with what hangs over. One vector of filters waits for loads, and so do vectors
    of pixels, of which most lie across two cache lines.
    """
    if filters < lanes or channels < lanes // 4 or taps * channels < 64 or taps * filters < 64:
        return False
    vectors = 2 if filters > lanes else 1
    wide = min(-(-width // r) * r for r in host.gather) * -(-filters // (vectors * lanes)) * vectors
    rows, _ = _cheapest(host.spread, filters)
    high = -(-width // lanes) * lanes * -(-filters // rows) * rows
    return wide * lanes * (1 if vectors == 2 else 1.18) <= high * 1.07


def _cheapest(tiles: tuple[Tile, ...], filters: int, terms: int = 1) -> Tile:
    """The tile that wastes least; those of one or two rows wait for loads."""
    speed = {1: 0.43, 2: 0.85}

    def cost(tile: Tile) -> float:
        rows, columns = tile
        area = -(-filters // rows) * rows
        if terms > 1:
            area *= -(-terms // columns) * columns
        return area / speed.get(rows, 1)

    return min(tiles, key=cost)


def _facts(p: Plan, lanes: int, offsets: Any = None) -> tuple[Any, ...]:
    """A plan as the tiles take it. A vector past the end of a row must not leave the source."""
    whole = p.whole and p.out[2] >= lanes
    given = p.offsets if offsets is None else offsets
    return p.source, p.frame, p.starts, p.step, given, whole, prod(p.out), p.pixels


def _taps(x: np.ndarray, g: np.ndarray, filters: int, axes: Axes, kernel: Any) -> np.ndarray:
    """The gradient of the filters, (groups, filters, channels * taps), pixels in the lanes."""
    N, groups, channels = x.shape[:3]
    lanes = present().lanes(x.itemsize)
    p = plan(axes, kernel, x.shape[3:], channels)
    terms = len(p.offsets)
    rows, columns = _cheapest(present().reduce, filters, terms)
    offsets = np.concatenate([p.offsets, np.zeros(-terms % columns, np.int64)])
    facts = _facts(p, lanes, offsets)
    table = places(p.out, p.frame, lanes, 1, True)
    blocks = -(-filters // rows), len(offsets) // columns
    tile = (sized(rows), sized(columns), sized(lanes))
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)

    def task(images: tuple[int, int]) -> np.ndarray:
        total = np.zeros((groups, *blocks, rows, columns, lanes), x.dtype)
        shape = (groups, channels, filters)
        correlate_taps(
            *tile, flat_x, flat_g, total.reshape(-1), images, *shape, facts, table
        )  # fmt: skip
        return total.sum(-1)

    total: Any = sum(run(task, parts(N, g.size * terms / PRODUCTS)))
    dw = total.swapaxes(2, 3).reshape(groups, blocks[0] * rows, blocks[1] * columns)
    return dw[:, :filters, :terms]


def _taps_bundles(
    x: np.ndarray, g: np.ndarray, filters: int, axes: Axes, kernel: Any
) -> np.ndarray:
    """The gradient of the filters, (groups, filters, channels, taps), filters in the lanes."""
    N, groups, channels = x.shape[:3]
    host = present()
    lanes = host.lanes(x.itemsize)
    vectors = 2 if filters > lanes else 1
    rows = min(lanes, 8 if host.gather[0] > 8 else 4) if vectors == 2 else min(lanes, 16)
    p = plan(axes, kernel, x.shape[3:], 1, lanes)  # the offsets of one channel's taps
    facts = (p.source, p.frame, p.starts, p.step, p.offsets, p.pixels)
    where = positions(p.out, p.frame, lanes)
    width = vectors * lanes
    blocks, bundles, taps = -(-filters // width), -(-channels // lanes), len(p.offsets)
    tile = (sized(rows), sized(vectors), sized(lanes))
    flat_x, flat_g = x.reshape(-1), g.reshape(-1)

    def task(images: tuple[int, int]) -> np.ndarray:
        total = np.zeros((groups, blocks, bundles, taps, lanes, width), x.dtype)
        shape = (groups, channels, filters)
        correlate_taps_bundles(
            *tile, flat_x, flat_g, total.reshape(-1), images, *shape, facts, where
        )  # fmt: skip
        return total

    total: Any = sum(run(task, parts(N, g.size * taps * channels / PRODUCTS)))
    dw = total.transpose(0, 1, 5, 2, 4, 3).reshape(groups, blocks * width, bundles * lanes, taps)
    return dw[:, :filters, :channels]
