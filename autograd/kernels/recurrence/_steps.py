"""The loop over time of a recurrent layer, compiled: one product with the state, then the cells.

States are kept in bundles: (units / lanes, samples, lanes), so that a step writes what the next one
reads, in whole vectors, and any width has room. Weights are packed in the order in which the tiles
read them. Arrays of the caller are flat; `samples` is the run of them to do, and `sizes` is
(time, samples, units).
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from .._simd import gather, pointer
from ._cells import cell, cell_back

CHUNK = 128  # terms of a product at a time: their weights stay in the first cache


@jit
def table(columns, units, room, lanes):
    """Where the tiles find each unit of each column, in bundles with `room` for so many samples."""
    out = np.empty(columns * units, np.int64)
    bundles = (units + lanes - 1) // lanes
    for k in range(columns * units):
        column, unit = k // units, k % units
        out[k] = (column * bundles + unit // lanes) * room * lanes + unit % lanes
    return out


@jit
def add_product(rows, vectors, lanes, states, at, offsets, weights, first, room, out, to):
    """out[p, :] += sum over k of states[k, p] * weights[k, :], for `room` samples p."""
    P, width = len(rows), len(vectors) * len(lanes)
    for k in range(0, len(offsets), CHUNK):
        count = min(CHUNK, len(offsets) - k)
        o, w = pointer(offsets, k), pointer(weights, first + k * width)
        for p in range(0, room, P):
            here, there = pointer(states, at + p * len(lanes)), pointer(out, to + p * width)
            gather(lanes, (0,), rows, vectors, lanes, here, o, w, count, there, there)


@jit
def to_bundles(x, bundles, samples, sizes, room, lanes):
    """Rows (samples, units) into the first bundles of an array."""
    _, _, H = sizes
    for n in range(samples[1] - samples[0]):
        for j in range(H):
            at = (j // lanes * room + n) * lanes + j % lanes
            bundles[at] = x[(samples[0] + n) * H + j]


@jit
def from_bundles(bundles, start, x, at, samples, sizes, room, lanes):
    """The bundles from `start` on into rows (samples, units) at `at`."""
    _, _, H = sizes
    for n in range(samples[1] - samples[0]):
        for j in range(H):
            found = bundles[start + (j // lanes * room + n) * lanes + j % lanes]
            x[at + (samples[0] + n) * H + j] = found


@jit
def forward(
    kind, rows, vectors, lanes, gates, columns, saved, out, h, c, lengths, reverse, samples, sizes,
    weights, first, extra,
):  # fmt: skip
    """See `recurrent.Sequence`; `gates` comes with what the input gives to each column.

    weights (bundles, units, columns, lanes); first (bundles, columns, lanes), the biases that go
    with them; extra (bundles, lanes). out is followed by the last state, and the last memory.
    """
    T, N, H = sizes
    L, P, width = len(lanes), len(rows), len(vectors) * len(lanes)
    count, bundles = samples[1] - samples[0], (H + L - 1) // L
    room = (count + P - 1) // P * P
    size = bundles * room * L
    mask = (1 << (H - (bundles - 1) * L)) - 1
    states, memory = np.zeros(2 * size, out.dtype), np.zeros(size, out.dtype)
    sums, offsets = np.zeros(room * width, out.dtype), table(1, H, room, L)
    to_bundles(h, states, samples, sizes, room, L)
    if len(kind) == 3:
        to_bundles(c, memory, samples, sizes, room, L)
    for s in range(T):
        t = T - 1 - s if reverse else s
        old, new = size * (s % 2), size * (1 - s % 2)
        for b in range(bundles):
            for n in range(room):
                for k in range(width):
                    sums[n * width + k] = first[b * width + k]
            at = b * H * width
            add_product(rows, vectors, lanes, states, old, offsets, weights, at, room, sums, 0)
            for n in range(count):
                row, place = t * N + samples[0] + n, (b * room + n) * L
                here = row * H + b * L
                if t >= lengths[samples[0] + n]:
                    for j in range(L):
                        states[new + place + j] = states[old + place + j]
                    for j in range(min(L, H - b * L)):
                        out[here + j] = 0
                    continue
                keep = here if len(kind) > 1 else 0
                z, x = pointer(sums, n * width), pointer(extra, b * L)
                a, keep_at = pointer(gates, row * columns * H + b * L), pointer(saved, keep)
                o, m = pointer(out, here), pointer(memory, place)
                before, after = pointer(states, old + place), pointer(states, new + place)
                if (b + 1) * L <= H:
                    cell(kind, (0,), lanes, z, x, a, H, keep_at, o, before, after, m, mask)
                else:
                    cell(kind, (), lanes, z, x, a, H, keep_at, o, before, after, m, mask)
    from_bundles(states, size * (T % 2), out, T * N * H, samples, sizes, room, L)
    if len(kind) == 3:
        from_bundles(memory, 0, out, (T + 1) * N * H, samples, sizes, room, L)


@jit
def backward(
    kind, rows, vectors, lanes, gates, columns, saved, out, h, c, g, slopes, slope_columns,
    state_slopes, lengths, reverse, samples, sizes, weights,
):  # fmt: skip
    """See `recurrent.Sequence`; fills slopes (time, samples, columns, units), and state_slopes.

    weights (bundles / V, columns * units, V * lanes) for tiles of V vectors, more than one of them
    for a single sample only
    """
    T, N, H = sizes
    L, P = len(lanes), len(rows)
    count, bundles = samples[1] - samples[0], (H + L - 1) // L
    room = (count + P - 1) // P * P
    size = bundles * room * L
    mask = (1 << (H - (bundles - 1) * L)) - 1
    states, memory = np.zeros(2 * size, out.dtype), np.zeros(size, out.dtype)
    packed, offsets = np.zeros(columns * size, out.dtype), table(columns, H, room, L)
    tail = T * N * H
    to_bundles(g[tail:], states, samples, sizes, room, L)
    if len(kind) == 3:
        to_bundles(g[tail + N * H :], memory, samples, sizes, room, L)
    for s in range(T):
        t = s if reverse else T - 1 - s
        old, new = size * (s % 2), size * (1 - s % 2)
        for n in range(count):
            last = lengths[samples[0] + n]
            row = t * N + samples[0] + n
            start = t == (last - 1 if reverse else 0)
            earlier = (row + N if reverse else row - N) * H
            for b in range(bundles):
                place, here = (b * room + n) * L, row * H + b * L
                slope = row * slope_columns * H + b * L
                if t >= last:
                    for j in range(L):
                        states[new + place + j] = states[old + place + j]
                        for k in range(columns):
                            packed[k * size + place + j] = 0
                    for j in range(min(L, H - b * L)):
                        for k in range(slope_columns):
                            slopes[slope + k * H + j] = 0
                    continue
                keep = here if len(kind) > 1 else 0
                a, keep_at = pointer(gates, row * columns * H + b * L), pointer(saved, keep)
                source = pointer(g, here)
                before, after = pointer(states, old + place), pointer(states, new + place)
                m, d, p = pointer(memory, place), pointer(slopes, slope), pointer(packed, place)
                first = (samples[0] + n) * H + b * L
                if len(kind) == 3:
                    w = pointer(c, first) if start else pointer(saved, earlier + b * L)
                elif start:
                    w = pointer(h, first)
                else:
                    w = pointer(out, earlier + b * L)
                if (b + 1) * L <= H:
                    cell_back(
                        kind, (0,), lanes, a, H, keep_at, w, source, before, after, m, d, p, size,
                        mask,
                    )  # fmt: skip
                else:
                    cell_back(
                        kind, (), lanes, a, H, keep_at, w, source, before, after, m, d, p, size,
                        mask,
                    )  # fmt: skip
        for b in range(0, bundles, len(vectors)):
            at, to = b * columns * H * L, new + b * room * L
            add_product(rows, vectors, lanes, packed, 0, offsets, weights, at, room, states, to)
    from_bundles(states, size * (T % 2), state_slopes, 0, samples, sizes, room, L)
    if len(kind) == 3:
        from_bundles(memory, 0, state_slopes, N * H, samples, sizes, room, L)
