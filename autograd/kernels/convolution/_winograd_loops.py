"""Convolution and its adjoints by Winograd's correlation, channels and filters in the lanes.

Pixels, taps or results of a tile enter and leave; between that, each of the numbers that stand for
a tile, 36 for two axes and 6 for one, is a matrix product over channels. Some rows of tiles are
taken at a time, so that what lies between stays in the cache.

A plan is (source, frame, starts, step, pixels) as for `fill_bundles`, then (ys, xs), where tiles
begin, and (rows, columns) from one pixel of a tile to the next. The phases of a stride count as so
many more channels, those of the results as more filters.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from .._simd import gather, pointer
from .._simd_moves import fetch, move, turn
from ._filters import pack
from ._frames import fill_bundles, weave
from ._winograd import enter, leave


@jit
def points(sizes):
    """How many numbers stand for a tile along an axis of such sizes."""
    return 1 if len(sizes) == 1 else 6


@jit
def odd(lanes, size):
    """The size of an odd number of vectors: arrays so far apart do not compete for cache lines."""
    return ((size + len(lanes) - 1) // len(lanes) | 1) * len(lanes)


@jit
def enter_filters(
    high, wide, lanes, w, groups, channels, filters, taps, adjoint, order, counts, width, turned
):
    """w -> (numbers, ..., width), flat, where the taps of a tile, high and wide, are the last axis
    of what `pack` makes."""
    L, count = len(lanes), len(high) * len(wide)
    packed = pack(lanes, w, groups, filters, channels, taps, adjoint, order, counts, width)
    terms = len(packed) // (count * width)
    size = odd(lanes, terms * width)
    out = np.empty(points(high) * points(wide) * size, w.dtype)
    begin, row, column = 0, len(wide) * width, width
    if turned:
        begin, row, column = (count - 1) * width, -row, -column
    for f in range(terms):
        for v in range(0, width, L):
            here, to = pointer(packed, f * count * width + begin + v), pointer(out, f * width + v)
            enter((0,), high, wide, lanes, here, row, column, to, points(wide) * size, size)
    return out


@jit
def enter_tiles(
    kind, high, wide, lanes, frames, pixels, bundles, vectors, begin, xs, row, column, out, at, most
):
    """A row of tiles, which begins at a pixel of its frame, as tiles `at`... of `out`.

    out (numbers, blocks, most, vectors, lanes), flat; `kind` is that of `enter`.
    """
    L = len(lanes)
    size = odd(lanes, bundles * most * L)
    for c in range(bundles):
        block, v = c // vectors, c % vectors
        for i in range(len(xs)):
            here = pointer(frames, (c * pixels + begin + xs[i]) * L)
            to = pointer(out, ((block * most + at + i) * vectors + v) * L)
            enter(
                kind, high, wide, lanes, here, row * L, column * L, to, points(wide) * size, size
            )  # fmt: skip


@jit
def leave_tiles(
    high, wide, lanes, products, at, size, width, first, seen, strip, y, xs, row, column, late, out,
    to, area, left,
):  # fmt: skip
    """A row of tiles of `lanes` filters: products (numbers, size) to rows of results in `out`.

    The tiles begin in row y of the results, and `late` columns before them.
    """
    L = len(lanes)
    H, W = area
    length = len(strip) // (len(high) * L)
    for i in range(len(xs)):
        leave(
            high, wide, lanes, pointer(products, at + i * width), points(wide) * size, size,
            pointer(strip, xs[i] * L), length * L, column * L, first, pointer(seen, 0),
        )  # fmt: skip
    for i in range(len(high)):
        if 0 <= y + i * row < H:
            for j in range(0, W, L):
                turn(
                    (0,), lanes, pointer(strip, (i * length + j + late) * L), L, min(L, W - j),
                    pointer(out, to + (y + i * row) * W + j), H * W, left,
                )  # fmt: skip


@jit
def leave_phases(
    high, wide, lanes, products, at, size, most, width, first, g, seen, strip, y, xs, row, column,
    phases, late, out, to, filters,
):  # fmt: skip
    """A row of tiles, from number `at` on, to the results of all phases and filters of a group, to
    which first[g:] is added."""
    blocks = (filters + width - 1) // width
    for p in range(len(phases)):
        area = phases[p, 1], phases[p, 2]
        for f in range(0, filters, len(lanes)):
            here = ((p * blocks + f // width) * most + at) * width + f % width
            leave_tiles(
                high, wide, lanes, products, here, size, width, pointer(first, g + f), seen, strip,
                y - late[p, 0], xs, row, column, late[p, 1], out, to + f * area[0] * area[1], area,
                filters - f,
            )  # fmt: skip
        to += filters * area[0] * area[1]


@jit
def correlate_winograd(
    rows, vectors, lanes, high, wide, x, target, out, images, groups, channels, filters, plan,
    offsets, most, whole, phases, size, step, late, weights, first,
):  # fmt: skip
    """As `correlate_bundles`; weights (numbers, phases of results, groups, blocks, channels, phases
    of the stride, width), flat.

    high and wide are results of a tile, `most` is how many tiles are taken at a time. The results
    of a phase begin `late` pixels after those of the tiles. Gives whether all results are finite:
    if not, they are worth nothing.
    """
    source, frame, starts, stride, pixels, (ys, xs), (row, column) = plan
    P, L, pixels_of_x = len(rows), len(lanes), source[0] * source[1] * source[2]
    width, tall, across = len(vectors) * L, len(ys), len(xs)
    planes, terms = (channels + L - 1) // L * len(starts), channels * len(starts)
    blocks, plane = (filters + width - 1) // width, pixels // len(starts)
    frames = np.zeros(planes * plane * L, x.dtype)
    apart = odd(lanes, planes * most * L), odd(lanes, len(phases) * blocks * most * width)
    numbers = points(high) * points(wide)
    entered, products = np.empty(numbers * apart[0], x.dtype), np.empty(numbers * apart[1], x.dtype)
    filter_size = len(weights) // numbers
    strip = np.zeros(len(high) * (xs.max() + (len(wide) - 1) * column + 1) * L, x.dtype)
    none, seen = np.zeros(width, x.dtype), np.zeros(L, x.dtype)
    o, nothing = pointer(offsets, 0), pointer(none, 0)
    for g in range(groups):
        for start in range(images[0] * tall, images[1] * tall, most // across):
            stop = min(start + most // across, images[1] * tall)
            for line in range(start, stop):
                n, y = line // tall, ys[line % tall]
                if line % tall == 0:
                    at = (n * groups + g) * channels * pixels_of_x
                    fill_bundles(lanes, x, at, source, frames, frame, starts, stride, channels)
                    if n + 1 < images[1]:
                        following = at + groups * channels * pixels_of_x
                        fetch(lanes, pointer(x, following), channels * pixels_of_x)
                enter_tiles(
                    (), high, wide, lanes, frames, plane, planes, 1, y * frame[2], xs,
                    row * frame[2], column, entered, (line - start) * across, most,
                )  # fmt: skip
            count = (stop - start) * across
            for k in range(numbers):
                for b in range(len(phases) * blocks):
                    block = (b // blocks * groups + g) * blocks + b % blocks
                    w = pointer(weights, k * filter_size + block * terms * width)
                    for tile in range(0, count, P):
                        t = max(0, min(tile, count - P))  # the last overlaps the one before
                        here = pointer(entered, k * apart[0] + t * L)
                        to = pointer(products, k * apart[1] + (b * most + t) * width)
                        gather(lanes, (), rows, vectors, lanes, here, o, w, terms, nothing, to)
            for line in range(start, stop):
                n, y = line // tall, ys[line % tall]
                begin = (n * groups + g) * filters
                to = begin * phases[0, 1] * phases[0, 2] if whole else 0
                leave_phases(
                    high, wide, lanes, products, (line - start) * across, apart[1], most, width,
                    first, g * blocks * width, seen, strip, y, xs, row, column, phases, late,
                    target, to, filters,
                )  # fmt: skip
                if line % tall == tall - 1 and not whole:
                    weave(lanes, target, filters, out, begin, (0, filters), phases, size, step)
    return not np.isnan(seen).any()


@jit
def correlate_taps_winograd(
    rows, vectors, lanes, high, wide, x, g, total, images, groups, channels, filters, plan, g_plan,
    places, most,
):  # fmt: skip
    """total += products of the pixels of tiles with their results, over all tiles.

    As `correlate_winograd`; total (numbers, groups, blocks, bundles, phases, lanes, width), flat.
    """
    source, frame, starts, step, pixels, (ys, xs), (row, column) = plan
    area, g_frame, g_starts, g_pixels = g_plan
    P, L, size = len(rows), len(lanes), source[0] * source[1] * source[2]
    width, tall, across = len(vectors) * L, len(ys), len(xs)
    planes, plane = (channels + L - 1) // L * len(starts), pixels // len(starts)
    blocks = (filters + width - 1) // width
    frames = np.zeros(planes * plane * L, x.dtype)
    g_frames = np.zeros(g_pixels * blocks * width, x.dtype)
    apart = odd(lanes, planes * most * L), odd(lanes, blocks * most * width)
    numbers = points(high) * points(wide)
    entered, met = np.empty(numbers * apart[0], x.dtype), np.empty(numbers * apart[1], x.dtype)
    total_size = len(total) // numbers
    o = pointer(places, 0)
    for group in range(groups):
        for start in range(images[0] * tall, images[1] * tall, most // across):
            stop = min(start + most // across, images[1] * tall)
            for line in range(start, stop):
                n, y, at = line // tall, ys[line % tall], (line - start) * across
                if line % tall == 0:
                    base = n * groups + group
                    fill_bundles(
                        lanes, x, base * channels * size, source, frames, frame, starts, step,
                        channels,
                    )  # fmt: skip
                    fill_bundles(
                        lanes, g, base * filters * area[0] * area[1], (1, area[0], area[1]),
                        g_frames, g_frame, g_starts, (1, 1, 1), filters,
                    )  # fmt: skip
                    if n + 1 < images[1]:
                        base += groups
                        fetch(lanes, pointer(x, base * channels * size), channels * size)
                        out = filters * area[0] * area[1]
                        fetch(lanes, pointer(g, base * out), out)
                enter_tiles(
                    (), high, wide, lanes, frames, plane, planes, 1, y * frame[2], xs,
                    row * frame[2], column, entered, at, most,
                )  # fmt: skip
                enter_tiles(
                    (0,), high, wide, lanes, g_frames, g_pixels, blocks * len(vectors),
                    len(vectors), y * g_frame[2], xs, row * g_frame[2], column, met, at, most,
                )  # fmt: skip
            count = (stop - start) * across
            for k in range(numbers):
                for b in range(blocks):
                    right = pointer(met, k * apart[1] + b * most * width)
                    for c in range(0, planes * L, P):
                        here = pointer(entered, k * apart[0] + c // L * most * L + c % L)
                        tile = ((group * blocks + b) * planes * L + c) * width
                        to = pointer(total, k * total_size + tile)
                        gather((0,), (0,), rows, vectors, lanes, here, o, right, count, to, to)


@jit
def leave_taps(high, wide, lanes, total, dw, groups, channels, filters, width, taps, order):
    """total, as of `correlate_taps_winograd`, to dw (groups, filters, channels, taps), flat.

    high and wide are the taps of a tile, order (planes, high * wide) their numbers in a filter.
    """
    L, size, phases = len(lanes), len(total) // (points(high) * points(wide)), len(order)
    padded, blocks = (channels + L - 1) // L * phases * L, (filters + width - 1) // width
    terms = channels * taps
    lines, box = np.empty(terms * L, dw.dtype), np.empty(order.shape[1] * L, dw.dtype)
    none, seen = np.zeros(L, dw.dtype), np.zeros(L, dw.dtype)
    for g in range(groups):
        for f in range(0, filters, L):
            for k in range(channels * phases):
                c, p = k // phases, k % phases
                row = (c // L * phases + p) * L + c % L
                at = ((g * blocks + f // width) * padded + row) * width + f % width
                leave(
                    high, wide, lanes, pointer(total, at), points(wide) * size, size,
                    pointer(box, 0),
                    len(wide) * L, L, pointer(none, 0), pointer(seen, 0),
                )  # fmt: skip
                for i in range(order.shape[1]):
                    tap = order[p, i]
                    if tap < taps:
                        move(
                            (0,),
                            lanes,
                            pointer(box, i * L),
                            pointer(lines, (c * taps + tap) * L),
                            L,
                        )
            for i in range(0, terms, L):
                turn(
                    (0,), lanes, pointer(lines, i * L), L, min(L, terms - i),
                    pointer(dw, (g * filters + f) * terms + i), terms, filters - f,
                )  # fmt: skip
    return not np.isnan(seen).any()
