"""Convolution of each channel with filters of its own, stride 1.

A tile walks down the rows of an image. Each row is loaded once for each column of taps, and counts
for as many rows of the result as the filter has rows; their sums stay in registers. Nothing is
padded: masks leave out what lies beside the image.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from .._jit import jit
from .._simd import Writer, pointer, tile


def _rows(t: Writer, x: ir.Value, size: tuple[ir.Value, ...], wide: int, columns: list) -> Any:
    """How to load `wide` shifted vectors from row y of x, at each of some columns."""
    b = t.builder
    H, W = size
    edges = []
    for column in columns:
        for j in range(wide):
            first = b.add(column, t.index(j))
            before = t.first_bits(b.sub(t.index(0), first))
            inside = t.first_bits(b.sub(W, first))
            edges.append((first, b.and_(inside, b.xor(before, t.index(-1)))))

    def load(y: ir.Value) -> list[ir.Value]:
        row = t.at(x, b.mul(y, W))
        there = b.icmp_unsigned("<", y, H)
        return [
            t.load_some(t.at(row, first), b.select(there, mask, t.index(0)))
            for first, mask in edges
        ]

    return load


def _write_roll(t: Writer, high: int, wide: int, vectors: int) -> None:
    x, H, W, top, left, w, first, place, out, out_rows, out_width = t.function.args
    b = t.builder
    places = [[b.load(t.at(place, 3 * v + i)) for i in range(3)] for v in range(vectors)]
    load = _rows(t, x, (H, W), wide, [b.sub(source, left) for source, _, _ in places])
    taps = [[t.broadcast(t.at(w, i * wide + j)) for j in range(wide)] for i in range(high)]
    start = [t.broadcast(first)] * vectors

    def body(r: ir.Value, acc: list) -> list:
        pixels = load(b.sub(r, top))
        sums = []
        for i in range(high):
            for v in range(vectors):
                total = acc[i * vectors + v]
                for j in range(wide):
                    total = t.fma(taps[i][j], pixels[v * wide + j], total)
                sums.append(total)
        done = b.sub(r, t.index(high - 1))
        there = b.icmp_signed(">=", done, t.index(0))
        row = t.at(out, b.mul(done, out_width))
        for v, (_, target, mask) in enumerate(places):
            t.store_some(sums[-vectors + v], t.at(row, target), b.select(there, mask, t.index(0)))
        return start + sums[:-vectors]

    t.loop(b.add(out_rows, t.index(high - 1)), 1, start * high, body)


@intrinsic
def roll(
    typingctx, high, wide, vectors, lanes, x, H, W, top, left, w, first, place, out, rows, width
):
    """out[p, q] = first + sum over taps of w[i, j] * x[p + i - top, q + j - left], 0 beside x.

    out is (rows, width). `place` holds (q, q, mask) for each vector of a row of out.
    """
    sizes = (high, wide, vectors, lanes)
    return tile("roll", sizes, x.dtype, "piiiippopii", _write_roll)


def _write_roll_taps(t: Writer, high: int, wide: int) -> None:
    x, H, W, top, left, g, place, rows, width, total = t.function.args
    b = t.builder
    source, target, mask = (b.load(t.at(place, i)) for i in range(3))
    load = _rows(t, x, (H, W), wide, [b.sub(source, left)])
    taps = high * wide

    def body(r: ir.Value, acc: list) -> list:
        pixels = load(b.sub(r, top))
        there = b.icmp_signed("<", r, rows)
        here = t.at(g, b.add(b.mul(r, width), target))
        met = [t.load_some(here, b.select(there, mask, t.index(0))), *acc[taps:]]
        new = [
            t.fma(met[i], pixels[j], acc[i * wide + j]) for i in range(high) for j in range(wide)
        ]
        return new + met[:-1]

    start = [t.load(t.at(total, k * t.lanes)) for k in range(taps)] + [t.zero] * (high - 1)
    sums = t.loop(b.add(rows, t.index(high - 1)), 1, start, body)
    for k in range(taps):
        t.store(sums[k], t.at(total, k * t.lanes))


@intrinsic
def roll_taps(typingctx, high, wide, lanes, x, H, W, top, left, g, place, rows, width, total):
    """total[i, j, :] += sum over p of g[p, q:] * x[p + i - top, q + j - left :], 0 beside x.

    g is (rows, width). `place` holds (q, q, mask): one vector of each row. The caller sums lanes.
    """
    return tile("roll_taps", (high, wide, lanes), x.dtype, "piiiipoiip", _write_roll_taps)


@jit
def depthwise(
    high, wide, vectors, lanes, x, out, planes, channels, filters, size, before, out_size, w, first,
    table,
):  # fmt: skip
    """out of some planes (image, channel), `filters` for each channel, all arrays flat."""
    (H, W), (rows, width), taps = size, out_size, len(high) * len(wide)
    for plane in range(planes[0], planes[1]):
        here = pointer(x, plane * H * W)
        for f in range(filters):
            k = plane % channels * filters + f
            there = pointer(out, (plane * filters + f) * rows * width)
            for t in range(0, len(table), 3 * len(vectors)):
                roll(
                    high, wide, vectors, lanes, here, H, W, before[0], before[1],
                    pointer(w, k * taps), pointer(first, k), pointer(table, t), there, rows, width,
                )  # fmt: skip


@jit
def depthwise_taps(
    high, wide, lanes, x, g, total, planes, channels, filters, size, before, out_size, table
):  # fmt: skip
    """total (channels * filters, taps, lanes) += what some planes give to the gradient."""
    (H, W), (rows, width), taps = size, out_size, len(high) * len(wide)
    for plane in range(planes[0], planes[1]):
        here = pointer(x, plane * H * W)
        for f in range(filters):
            k = plane % channels * filters + f
            there = pointer(g, (plane * filters + f) * rows * width)
            to = pointer(total, k * taps * len(lanes))
            for t in range(0, len(table), 3):
                roll_taps(
                    high, wide, lanes, here, H, W, before[0], before[1], there,
                    pointer(table, t), rows, width, to,
                )  # fmt: skip
