"""Register tiles for pooling: a vector of neighbouring outputs, and all elements of their windows.

The lanes of a vector are outputs in one row; with a step of 2 from output to output, their pixels
are every second one of two vectors. See `_simd` for how the size of a tile is told.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from .._simd import I32, Writer, tile


def _window(
    t: Writer, x: ir.Value, pitch: ir.Value, width: ir.Value, rows: int, columns: int
) -> Any:
    """Where each element of the first output's window is."""
    for u in range(rows):
        row = t.at(x, t.builder.mul(pitch, t.index(u)))
        for v in range(columns):
            yield t.at(row, t.builder.mul(width, t.index(v)))


def _write_largest(t: Writer, rows: int, columns: int, step: int) -> None:
    x, pitch, width, count, out, ties, plane = t.function.args
    b = t.builder
    maximum = cgutils.get_or_insert_function(
        t.module,
        ir.FunctionType(t.vector, [t.vector, t.vector]),
        f"llvm.maximum.v{t.lanes}{t.suffix}",
    )
    values = [
        t.load_every(at, t.masks(step, count)) for at in _window(t, x, pitch, width, rows, columns)
    ]
    best = values[0]
    for value in values[1:]:
        best = b.call(maximum, [best, value])
    kept = t.first_bits(count)
    t.store_some(best, out, kept)
    for k, value in enumerate(values):
        tie = b.or_(b.fcmp_ordered("==", value, best), b.fcmp_unordered("uno", value, value))
        t.store_bytes(tie, b.gep(ties, [b.mul(plane, t.index(k))]), kept)
    t.straight()


@intrinsic
def largest(typingctx, rows, columns, step, lanes, x, pitch, width, count, out, ties, plane):
    """out[i] = max over u, v of x[u * pitch + v * width + i * step], NaN if there is one.

    ties[k * plane + i] = whether element k = (u, v) of the window is as large; for i < count.
    """
    sizes = (rows, columns, step, lanes)
    return tile("largest", sizes, x.dtype, "piiipbi", _write_largest)


def _write_spread_shares(t: Writer, rows: int, columns: int) -> None:
    g, ties, plane, count, dx, pitch = t.function.args
    b = t.builder
    kept = t.first_bits(count)
    marks = [
        t.load_bytes(b.gep(ties, [b.mul(plane, t.index(k))]), kept) for k in range(rows * columns)
    ]
    total = marks[0]
    for mark in marks[1:]:
        total = b.add(total, mark)
    number = b.uitofp(total, t.vector)
    one = ir.Constant(t.vector, [1.0] * t.lanes)
    number = b.select(b.fcmp_ordered(">", one, number), one, number)
    share = b.fdiv(t.load_some(g, kept), number)
    nothing = ir.Constant(ir.VectorType(ir.IntType(8), t.lanes), [0] * t.lanes)
    parts = [b.select(b.icmp_unsigned("!=", mark, nothing), share, t.zero) for mark in marks]
    for u in range(rows):
        row = t.at(dx, b.mul(pitch, t.index(u)))
        if columns == 1:
            t.store_some(parts[u], row, kept)
            continue
        lanes = range(t.lanes)
        mix = [k for i in lanes for k in (i, t.lanes + i)]
        left, right = parts[u * 2], parts[u * 2 + 1]
        reach = b.mul(count, t.index(2))
        for half, rest in ((0, reach), (1, b.sub(reach, t.index(t.lanes)))):
            order = mix[half * t.lanes : (half + 1) * t.lanes]
            order_vector = ir.Constant(ir.VectorType(I32, t.lanes), order)
            both = b.shuffle_vector(left, right, order_vector)
            t.store_some(both, t.at(row, half * t.lanes), t.first_bits(rest))
    t.straight()


@intrinsic
def shares(typingctx, rows, columns, lanes, g, ties, plane, count, dx, pitch):
    """dx[u * pitch + i * columns + v] = g[i] / ties of window i, where element (u, v) ties, else 0.

    Windows are `columns` apart, one or two, and do not overlap.
    """
    return tile("shares", (rows, columns, lanes), g.dtype, "pbiipi", _write_spread_shares)
