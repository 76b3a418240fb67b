"""Convolution and its adjoints by the plain sum, in register tiles: chooses which, and lays out
what they read."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .._host import Simd, sized
from .._threads import PRODUCTS, added, parts, run
from ._filters import NATURAL, biases, pack
from ._frames import Plan, Triple, places, plan, positions
from ._tables import tables
from ._tiles import correlate, correlate_bundles, correlate_taps, correlate_taps_bundles
from .layer import Layer, Way

Tile = tuple[int, int]


def correlation(layer: Layer) -> Way:
    """The way of a layer: with filters in the lanes, or pixels."""
    host, lanes = layer.host, layer.lanes
    (groups, channels, filters), phases = layer.sizes, layer.phases
    deep = _deep(host, layer)
    plans = [
        plan(axes, layer.kernel, layer.source, channels, lanes if deep else 1) for axes in phases
    ]
    p, every = plans[0], prod(layer.kernel)
    offsets = _joined([q.offsets for q in plans])
    if deep:
        widest = max(axes[2].out for axes in phases)
        rows = min(host.gather, key=lambda r: (-(-widest // r) * r, -r))
        loop, vectors, width = correlate_bundles, layer.vectors, layer.vectors * lanes
    else:
        rows, vectors = _cheapest(host.spread, filters)
        loop, width = correlate, rows
    counts = np.array([len(q.taps) for q in plans])
    order = _joined([q.taps for q in plans])
    natural = len(phases) == 1 and np.array_equal(order, np.arange(every))
    chosen = NATURAL if natural else (order, counts)
    packing = (groups, filters, channels, every, layer.adjoint, *chosen, width)
    facts = (p.source, p.frame, p.starts, p.step, p.pixels, offsets, counts)
    outs = tuple([q.out for q in plans])
    ends = _ends(outs, lanes, vectors)
    tile = sized(rows), sized(vectors), sized(lanes)
    sizes, woven, framed = layer.sizes, (layer.whole, *layer.woven), _framed(p, lanes)
    bias, new, scratch = biases(groups, filters, width, layer.dtype), layer.new, layer.scratch

    def correlate_plainly(x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> np.ndarray:
        weights, first = pack(tile[2], w.ravel(), *packing), bias(b)
        result = new()
        image, out = x.ravel(), result.reshape(-1)
        table: Any = ()
        if not deep:
            table = framed, tables.get(places, outs, p.frame, lanes, vectors, False), ends
        rest = *sizes, (*facts, *table), *woven, weights, first

        def task(images: tuple[int, int]) -> None:
            loop(*tile, image, scratch(out), out, images, *rest)

        run(task, parts(layer.images, layer.products / PRODUCTS))
        return result

    return correlate_plainly


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _ends(outs: tuple[Triple, ...], lanes: int, multiple: int) -> np.ndarray:
    """Where the table of `places` for each phase ends, and the first one begins."""
    vectors = [D * H * -(-W // lanes) for D, H, W in outs]
    return np.cumsum([0, *(3 * multiple * -(-n // multiple) for n in vectors)])


def _framed(p: Plan, lanes: int) -> bool:
    """Whether a source needs a frame: a vector past the end of a row must not leave it."""
    return not p.whole or p.out[2] < lanes


def _deep(host: Simd, layer: Layer) -> bool:
    """Whether filters in the lanes take less time than pixels in the lanes.

    Tiles are counted with what hangs over. One vector of filters waits for loads, and so do vectors
    of pixels, of which most lie across two cache lines.
    """
    (_, channels, filters), lanes = layer.sizes, layer.lanes
    taps, width = (
        max(n) for n in zip(*((prod(len(a.taps) for a in p), p[2].out) for p in layer.phases))
    )
    if filters < lanes or channels < lanes // 4 or taps * channels < 64 or taps * filters < 64:
        return False
    vectors = layer.vectors
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


def taps(layer: Layer) -> Way:
    """The way to the gradient of its filters, likewise."""
    deep = layer.filters >= layer.lanes and layer.channels >= layer.lanes // 2
    return _taps_bundles(layer) if deep else _taps(layer)


def _taps(layer: Layer) -> Way:
    """Pixels in the lanes."""
    groups, channels, filters = layer.sizes
    lanes, p = layer.lanes, plan(layer.one, layer.kernel, layer.source, channels)
    terms = len(p.offsets)
    rows, columns = _cheapest(layer.host.reduce, filters, terms)
    offsets = np.concatenate([p.offsets, np.zeros(-terms % columns, np.int64)])
    facts = (p.source, p.frame, p.starts, p.step, p.pixels, offsets, _framed(p, lanes), prod(p.out))
    blocks = -(-filters // rows), len(offsets) // columns
    tile = sized(rows), sized(columns), sized(lanes)
    size = groups, *blocks, rows, columns, lanes

    def gradient(x: np.ndarray, g: np.ndarray) -> np.ndarray:
        arrays = x.ravel(), g.ravel()
        table = tables.get(places, (p.out,), p.frame, lanes, 1, True)

        def task(images: tuple[int, int]) -> np.ndarray:
            total = np.zeros(size, layer.dtype)
            correlate_taps(*tile, *arrays, total.reshape(-1), images, *layer.sizes, facts, table)
            return total.sum(-1)

        total = added(run(task, parts(layer.images, layer.products / PRODUCTS)))
        dw = total.swapaxes(2, 3).reshape(groups, blocks[0] * rows, blocks[1] * columns)
        return np.ascontiguousarray(dw[:, :filters, :terms]).reshape(layer.shape)

    return gradient


def _taps_bundles(layer: Layer) -> Way:
    """Filters in the lanes."""
    (groups, channels, filters), lanes = layer.sizes, layer.lanes
    host, vectors = layer.host, layer.vectors
    rows = min(lanes, 8 if host.gather[0] > 8 else 4) if vectors == 2 else min(lanes, 16)
    p = plan(layer.one, layer.kernel, layer.source, 1, lanes)  # the offsets of one channel's taps
    facts = p.source, p.frame, p.starts, p.step, p.pixels, p.offsets
    width = vectors * lanes
    blocks, bundles, count = -(-filters // width), -(-channels // lanes), len(p.offsets)
    tile = sized(rows), sized(vectors), sized(lanes)
    size = groups, blocks, bundles, count, lanes, width

    def gradient(x: np.ndarray, g: np.ndarray) -> np.ndarray:
        arrays = x.ravel(), g.ravel()
        where = tables.get(positions, p.out, p.frame, lanes)

        def task(images: tuple[int, int]) -> np.ndarray:
            total = np.zeros(size, layer.dtype)
            flat = total.reshape(-1)
            correlate_taps_bundles(*tile, *arrays, flat, images, *layer.sizes, facts, where)
            return total

        total = added(run(task, parts(layer.images, layer.products / PRODUCTS)))
        dw = total.transpose(0, 1, 5, 2, 4, 3).reshape(groups, blocks * width, -1, count)
        return np.ascontiguousarray(dw[:, :filters, :channels]).reshape(layer.shape)

    return gradient
