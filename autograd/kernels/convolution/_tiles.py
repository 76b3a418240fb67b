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
from ._frames import fill, fill_bundles

CHUNK = 64  # vectors of outputs at a time: some rows of them stay in the first cache
DEEP_CHUNK = 128  # outputs at a time, for the same reason


@jit
def correlate(
    rows, vectors, lanes, x, out, images, groups, channels, filters, plan, weights, first
):
    """out[n, f] = the sum of taps times pixels, at the places of the table.

    `images` is the run of images to do; `plan` is (source, frame, starts, step, offsets, whole,
    area, pixels, table); weights (groups, blocks, terms, rows); first (groups, blocks, rows) is
    added. x and out are flat.
    """
    source, frame, starts, step, offsets, whole, area, pixels, table = plan
    P = len(rows)
    blocks, terms = weights.shape[1], weights.shape[2]
    size = source[0] * source[1] * source[2]
    frames = np.zeros(len(lanes) + (0 if whole else pixels * channels), x.dtype)
    spare = np.empty(P * area, x.dtype)
    flat_weights, flat_first = weights.reshape(-1), first.reshape(-1)
    left = filters % P
    for n in range(images[0], images[1]):
        for g in range(groups):
            at = (n * groups + g) * channels * size
            out_at = (n * groups + g) * filters * area
            if not whole:
                fill(lanes, x, at, source, frames, frame, starts, step, channels)
            for t in range(0, len(table), 3 * len(vectors)):
                for block in range(blocks):
                    b = g * blocks + block
                    w, f = pointer(flat_weights, b * terms * P), pointer(flat_first, b * P)
                    o, p = pointer(offsets, 0), pointer(table, t)
                    to = pointer(out, out_at + block * P * area)
                    if (block + 1) * P > filters:
                        to = pointer(spare, 0)
                    # two calls, not a choice between arrays: that counts references every time
                    if whole:
                        spread(rows, vectors, lanes, w, pointer(x, at), o, terms, f, p, to, area)
                    else:
                        here = pointer(frames, 0)
                        spread(rows, vectors, lanes, w, here, o, terms, f, p, to, area)
            base = out_at + (filters - left) * area
            for i in range(left * area):
                out[base + i] = spare[i]


@jit
def correlate_bundles(
    rows, vectors, lanes, x, out, images, groups, channels, filters, plan, weights, first
):  # fmt: skip
    """As `correlate`, with filters in the lanes; weights (groups, blocks, terms, width).

    The result of a tile, a run of pixels for each of many filters, is turned on its way out.
    """
    source, frame, starts, step, offsets, (D, H, W), pixels = plan
    P, L = len(rows), len(lanes)
    width = len(vectors) * L
    blocks, terms = weights.shape[1], weights.shape[2]
    area, size = D * H * W, source[0] * source[1] * source[2]
    bundles = (channels + L - 1) // L
    frames = np.zeros((pixels * bundles + P) * L, x.dtype)
    result = np.empty(P * width, x.dtype)
    flat_weights, flat_first = weights.reshape(-1), first.reshape(-1)
    o, r = pointer(offsets, 0), pointer(result, 0)
    for n in range(images[0], images[1]):
        for g in range(groups):
            at = (n * groups + g) * channels * size
            fill_bundles(lanes, x, at, source, frames, frame, starts, step, channels)
            for row in range(D * H):
                begin = (row // H * frame[1] + row % H) * frame[2]
                for tile in range(0, W, P):
                    column = max(0, min(tile, W - P))  # the last tile overlaps the one before
                    here = pointer(frames, (begin + column) * L)
                    for b in range(blocks):
                        w = pointer(flat_weights, (g * blocks + b) * terms * width)
                        f = pointer(flat_first, (g * blocks + b) * width)
                        gather(lanes, (), rows, vectors, lanes, here, o, w, terms, f, r)
                        left = filters - b * width
                        to = ((n * groups + g) * filters + b * width) * area + row * W + column
                        for j in range(0, min(width, left), L):
                            for i in range(0, min(P, W), L):
                                turn(
                                    (0,), lanes, pointer(result, i * width + j), width,
                                    min(L, min(P, W) - i), pointer(out, to + j * area + i), area,
                                    left - j,
                                )  # fmt: skip


@jit
def correlate_taps(
    rows, columns, lanes, x, g, total, images, groups, channels, filters, plan, table
):  # fmt: skip
    """total[filter, term] += sum of products of g with the pixels that it met, over all outputs.

    The offsets of the plan are padded to a multiple of columns. total (groups, row blocks, column
    blocks, rows, columns, lanes); its lanes are still to be summed.
    """
    source, frame, starts, step, offsets, whole, area, pixels = plan
    P, Q, L = len(rows), len(columns), len(lanes)
    size = source[0] * source[1] * source[2]
    row_blocks, column_blocks = (filters + P - 1) // P, len(offsets) // Q
    frames = np.zeros(L + (0 if whole else pixels * channels), x.dtype)
    spare = np.zeros(P * area, x.dtype)
    left = filters % P
    for n in range(images[0], images[1]):
        for group in range(groups):
            at = (n * groups + group) * channels * size
            g_at = (n * groups + group) * filters * area
            if not whole:
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
                        if whole:
                            reduce(rows, columns, lanes, f, area, pointer(x, at), o, p, count, to)
                        else:
                            here = pointer(frames, 0)
                            reduce(rows, columns, lanes, f, area, here, o, p, count, to)


@jit
def correlate_taps_bundles(
    rows, vectors, lanes, x, g, total, images, groups, channels, filters, plan, positions
):  # fmt: skip
    """As `correlate_taps`, with filters in the lanes; the offsets are those of the taps alone.

    total (groups, blocks, bundles, taps, lanes, vectors * lanes).
    """
    source, frame, starts, step, offsets, pixels = plan
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
