"""Convolution of each channel with filters of its own, and its adjoints.

It is for images of one or two axes, stride 1, and small filters; None is returned for others.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .._host import sized
from .._threads import added, parts, run
from .._workers import Run
from ._depthwise import depthwise, depthwise_taps
from ._filters import biases
from ._frames import places, weave
from .layer import Axes, Layer, Way

MOST = 25  # taps whose sums fit into registers, or nearly so
ROOM = 1 << 18  # numbers of phases that are woven while they are in the cache


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


def _walk(layer: Layer, axes: Axes) -> Walk | None:
    """One phase of the results."""
    depth, *plane = axes
    taps = tuple(len(a.shifts) for a in plane)
    flat = depth.out == 1 and len(depth.taps) == 1 and depth.starts == (0,)
    alone = layer.groups > 1 and layer.channels == layer.source[0] == 1
    if not alone or not flat or taps[0] * taps[1] > MOST:
        return None
    least = [min(a.shifts) for a in plane]
    for a, first in zip(plane, least):
        if a.step > 1 or sorted(a.shifts) != list(range(first, first + len(a.shifts))):
            return None
    rows, columns = (np.array(a.taps)[np.argsort(a.shifts)] for a in plane)
    row = depth.taps[0] * layer.kernel[1] + rows[:, None]
    order = (row * layer.kernel[2] + columns).ravel()
    before = -plane[0].starts[0] - least[0], -plane[1].starts[0] - least[1]
    return Walk((taps[0], taps[1]), order, before, (plane[0].out, plane[1].out))


class Phase(NamedTuple):
    """What computes one phase of the results: the order of taps, a tile, what the loop wants to
    know beside arrays, and numbers of a plane."""

    order: np.ndarray
    tile: tuple[Any, ...]
    rest: tuple[Any, ...]
    table: np.ndarray
    area: int


def _phase(layer: Layer, walk: Walk) -> Phase:
    lanes, row = layer.lanes, (1, 1, walk.out[1])
    vectors = min(4 if layer.host.gather[0] > 8 else 2, -(-walk.out[1] // lanes))
    tile = (*map(sized, walk.taps), sized(vectors), sized(lanes))
    rest = layer.groups, layer.filters, layer.source[1:], walk.before, walk.out
    table = places((row,), row, lanes, vectors, False)
    return Phase(walk.order, tile, rest, table, walk.out[0] * walk.out[1])


def correlation(layer: Layer) -> Way | None:
    """The way of a layer; None where it is not for it."""
    walks = [_walk(layer, axes) for axes in layer.phases]
    phases = [_phase(layer, walk) for walk in walks if walk is not None]
    if len(phases) < len(walks):
        return None
    groups, filters = layer.groups, layer.groups * layer.filters
    area, pixels = sum(p.area for p in phases), groups * prod(layer.source)
    at_once = max(1, ROOM // max(1, filters * area))
    bias, new, lanes = biases(1, filters, 1, layer.dtype), layer.new, sized(layer.lanes)
    whole, woven, products = layer.whole, layer.woven, layer.products

    def correlate(x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> np.ndarray:
        image, first, result = x.ravel(), bias(b), new()
        out, rows = result.reshape(-1), w.reshape(filters, -1)
        taps = [np.take(rows, p.order, axis=1).reshape(-1) for p in phases]

        def roll(p: Phase, w: np.ndarray, x: np.ndarray, to: np.ndarray, planes: Run) -> None:
            depthwise(*p.tile, x, to, planes, *p.rest, w, first, p.table)

        def task(images: Run) -> None:
            for start in range(*images, at_once):
                count = min(at_once, images[1] - start)
                some = image[start * pixels : (start + count) * pixels]
                part, begin = np.empty(count * filters * area, layer.dtype), 0
                for p, w in zip(phases, taps):
                    roll(p, w, some, part[begin:], (0, count * groups))
                    begin += count * filters * p.area
                planes = 0, count * filters
                weave(lanes, part, count * filters, out, start * filters, planes, *woven)

        if whole:
            planes = parts(layer.images * groups, products)
            run(partial(roll, phases[0], taps[0], image, out), planes)
        else:
            run(task, parts(layer.images, products))
        return result

    return correlate


def taps(layer: Layer) -> Way | None:
    """The way to the gradient of its filters; None as above."""
    walk = _walk(layer, layer.one)
    if walk is None:
        return None
    groups, _, filters = layer.sizes
    lanes, row = layer.lanes, (1, 1, walk.out[1])
    tile = (*map(sized, walk.taps), sized(lanes))
    rest = groups, filters, layer.source[1:], walk.before, walk.out
    table = places((row,), row, lanes, 1, True)
    size = groups * filters, len(walk.order), lanes

    def gradient(x: np.ndarray, g: np.ndarray) -> np.ndarray:
        flat = x.ravel(), g.ravel()

        def task(planes: tuple[int, int]) -> np.ndarray:
            total = np.zeros(size, layer.dtype)
            depthwise_taps(*tile, *flat, total.reshape(-1), planes, *rest, table)
            return total.sum(-1)

        found = added(run(task, parts(layer.images * groups, layer.products)))
        return found.reshape(layer.shape)

    return gradient
