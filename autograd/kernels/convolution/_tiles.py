"""Convolution and its adjoints by register tiles: no window is ever unfolded.

Two ways, both over frames (`_frames`):

    pixels in the lanes    a tile is a few filters times some vectors of pixels; for few channels
    filters in the lanes   a tile is a run of pixels times two vectors of filters; for many

Source: Georganas et al. (2018), "Anatomy of high-performance deep learning convolutions on SIMD
architectures".
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from .._simd import gather, pointer, reduce, spread
from .._simd_moves import turn
from ._frames import fill, fill_bundles, weave

CHUNK = 64  # vectors of outputs at a time: some rows of them stay in the first cache
DEEP_CHUNK = 128  # outputs at a time, for the same reason


@jit
def volume(sizes):
    return sizes[0] * sizes[1] * sizes[2]


@jit
def correlate(
    rows, vectors, lanes, x, target, out, images, groups, channels, filters, plan, whole, phases,
    size, apart, weights, first,
):  # fmt: skip
    """out[n, f] = the sum of taps times pixels, at the places of the table.

    `images` is the run of images to do; `plan` is (source, frame, starts, step, pixels, offsets,
    counts, framed, table, ends), offsets being those of the terms and counts the taps of each
    phase, and ends where each phase begins and ends in the table. weights (phases, groups, blocks,
    terms, rows), first (groups, blocks, rows) is added; all arrays are flat. If results are not
    the `whole` from the start, they are written into the target, which has room for the phases of
    one image, and woven as `weave` says.
    """
    source, frame, starts, step, pixels, offsets, counts, framed, table, ends = plan
    P, blocks = len(rows), (filters + len(rows) - 1) // len(rows)
    frames = np.zeros(len(lanes) + (pixels * channels if framed else 0), x.dtype)
    largest = 0
    for phase in range(len(phases)):
        largest = max(largest, volume(phases[phase]))
    spare = np.empty(P * largest, x.dtype)
    left = filters % P
    for n in range(images[0], images[1]):
        for g in range(groups):
            plane, done = (n * groups + g) * filters, 0
            at = (n * groups + g) * channels * volume(source)
            begin = plane * volume(phases[0]) if whole else 0
            if framed:
                fill(lanes, x, at, source, frames, frame, starts, step, channels)
            for phase in range(len(phases)):
                terms, area = channels * counts[phase], volume(phases[phase])
                for t in range(ends[phase], ends[phase + 1], 3 * len(vectors)):
                    for block in range(blocks):
                        b = g * blocks + block
                        w = pointer(weights, (done * groups * blocks + b * terms) * P)
                        f, o, p = pointer(first, b * P), pointer(offsets, done), pointer(table, t)
                        to = pointer(target, begin + block * P * area)
                        if (block + 1) * P > filters:
                            to = pointer(spare, 0)
                        here = pointer(x, at)  # not a choice between arrays: it counts references
                        if framed:
                            here = pointer(frames, 0)
                        spread(rows, vectors, lanes, w, here, o, terms, f, p, to, area)
                base = begin + (filters - left) * area
                for i in range(left * area):
                    target[base + i] = spare[i]
                begin += filters * area
                done += terms
            if not whole:
                weave(lanes, target, filters, out, plane, (0, filters), phases, size, apart)


@jit
def leave(vectors, lanes, result, columns, out, to, area, filters):
    """A tile of pixels and filters, turned, to some columns of a row of the results."""
    L, width = len(lanes), len(vectors) * len(lanes)
    for j in range(0, min(width, filters), L):
        for i in range(0, columns, L):
            turn(
                (0,), lanes, pointer(result, i * width + j), width, min(L, columns - i),
                pointer(out, to + j * area + i), area, filters - j,
            )  # fmt: skip


@jit
def correlate_bundles(
    rows, vectors, lanes, x, target, out, images, groups, channels, filters, plan, whole, phases,
    size, apart, weights, first,
):  # fmt: skip
    """As `correlate`, with filters in the lanes; weights (phases, groups, blocks, terms, width).

    The result of a tile, a run of pixels for each of many filters, is turned on its way out.
    """
    source, frame, starts, step, pixels, offsets, counts = plan
    P, L, width = len(rows), len(lanes), len(vectors) * len(lanes)
    blocks, bundles = (filters + width - 1) // width, (channels + L - 1) // L
    frames = np.zeros((pixels * bundles + P) * L, x.dtype)
    result = np.empty(P * width, x.dtype)
    r = pointer(result, 0)
    for n in range(images[0], images[1]):
        for g in range(groups):
            plane, done = (n * groups + g) * filters, 0
            at = (n * groups + g) * channels * volume(source)
            begin = plane * volume(phases[0]) if whole else 0
            fill_bundles(lanes, x, at, source, frames, frame, starts, step, channels)
            for phase in range(len(phases)):
                D, H, W = phases[phase, 0], phases[phase, 1], phases[phase, 2]
                terms, area, o = channels * counts[phase], D * H * W, pointer(offsets, done)
                for row in range(D * H):
                    line = (row // H * frame[1] + row % H) * frame[2]
                    for tile in range(0, W, P):
                        column = max(0, min(tile, W - P))  # the last overlaps the one before
                        here = pointer(frames, (line + column) * L)
                        for b in range(blocks):
                            block = g * blocks + b
                            w = pointer(weights, (done * groups * blocks + block * terms) * width)
                            f = pointer(first, block * width)
                            gather(lanes, (), rows, vectors, lanes, here, o, w, terms, f, r)
                            to = begin + b * width * area + row * W + column
                            left = filters - b * width
                            leave(vectors, lanes, result, min(P, W), target, to, area, left)
                begin += filters * area
                done += terms
            if not whole:
                weave(lanes, target, filters, out, plane, (0, filters), phases, size, apart)


@jit
def correlate_taps(
    rows, columns, lanes, x, g, total, images, groups, channels, filters, plan, table
):  # fmt: skip
    """total[filter, term] += sum of products of g with the pixels that it met, over all outputs.

    The offsets of the plan are padded to a multiple of columns. total (groups, row blocks, column
    blocks, rows, columns, lanes); its lanes are still to be summed.
    """
    source, frame, starts, step, pixels, offsets, framed, area = plan
    P, Q, L = len(rows), len(columns), len(lanes)
    size = source[0] * source[1] * source[2]
    row_blocks, column_blocks = (filters + P - 1) // P, len(offsets) // Q
    frames = np.zeros(L + (pixels * channels if framed else 0), x.dtype)
    spare = np.zeros(P * area, x.dtype)
    left = filters % P
    for n in range(images[0], images[1]):
        for group in range(groups):
            at = (n * groups + group) * channels * size
            g_at = (n * groups + group) * filters * area
            if framed:
                fill(lanes, x, at, source, frames, frame, starts, step, channels)
            base = g_at + (filters - left) * area
            for i in range(left * area):
                spare[i] = g[base + i]
            for chunk in range(0, len(table), 3 * CHUNK):
                count = min(3 * CHUNK, len(table) - chunk)
                p = pointer(table, chunk)
                for a in range(row_blocks):
                    f = pointer(g, g_at + a * P * area)
                    if (a + 1) * P > filters:
                        f = pointer(spare, 0)
                    for b in range(column_blocks):
                        block = (group * row_blocks + a) * column_blocks + b
                        o, to = pointer(offsets, b * Q), pointer(total, block * P * Q * L)
                        here = pointer(x, at)
                        if framed:
                            here = pointer(frames, 0)
                        reduce(rows, columns, lanes, f, area, here, o, p, count, to)


@jit
def correlate_taps_bundles(
    rows, vectors, lanes, x, g, total, images, groups, channels, filters, plan, positions
):  # fmt: skip
    """As `correlate_taps`, with filters in the lanes; the offsets are those of the taps alone.

    total (groups, blocks, bundles, taps, lanes, vectors * lanes).
    """
    source, frame, starts, step, pixels, offsets = plan
    P, L = len(rows), len(lanes)
    width = len(vectors) * L
    area, size = len(positions), source[0] * source[1] * source[2]
    bundles, blocks = (channels + L - 1) // L, (filters + width - 1) // width
    frames = np.zeros(pixels * bundles * L, x.dtype)
    turned = np.zeros(blocks * area * width, x.dtype)
    for n in range(images[0], images[1]):
        for group in range(groups):
            at = (n * groups + group) * channels * size
            fill_bundles(lanes, x, at, source, frames, frame, starts, step, channels)
            for f in range(0, filters, L):
                g_at = ((n * groups + group) * filters + f) * area
                to = f // width * area * width + f % width
                for i in range(0, area, L):
                    turn(
                        (0,), lanes, pointer(g, g_at + i), area, min(L, filters - f),
                        pointer(turned, to + i * width), width, min(L, area - i),
                    )  # fmt: skip
            for chunk in range(0, area, DEEP_CHUNK):
                count = min(DEEP_CHUNK, area - chunk)
                p = pointer(positions, chunk)
                for b in range(blocks):
                    right = pointer(turned, (b * area + chunk) * width)
                    for c in range(bundles):
                        for k in range(len(offsets)):
                            tile = ((group * blocks + b) * bundles + c) * len(offsets) + k
                            for i in range(0, L, P):
                                here = pointer(frames, c * pixels * L + offsets[k] + i)
                                to = pointer(total, (tile * L + i) * width)
                                gather(
                                    (0,), (0,), rows, vectors, lanes, here, p, right, count, to, to
                                )
