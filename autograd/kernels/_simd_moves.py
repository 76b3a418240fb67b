"""Tiles that move numbers and compute nothing: copies, zeros, transpositions."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from ._simd import I8, I32, Writer, tile

LINE = 64  # bytes of a cache line


def _write_move(t: Writer, step: int) -> None:
    a, out, count = t.function.args

    def body(i: ir.Value, acc: list) -> list:
        left = t.builder.sub(count, i)
        at = t.at(a, t.builder.mul(i, t.index(step)))
        t.store_some(t.load_every(at, t.masks(step, left)), t.at(out, i), t.first_bits(left))
        return acc

    t.loop(count, t.lanes, [], body)


@intrinsic
def move(typingctx, step, lanes, a, out, count):
    """out[i] = a[i * step] for i < count; the step is 1 or 2."""
    return tile("move", (step, lanes), a.dtype, "ppi", _write_move)


def _write_clear(t: Writer) -> None:
    out, count = t.function.args

    def body(i: ir.Value, acc: list) -> list:
        t.store_some(t.zero, t.at(out, i), t.first_bits(t.builder.sub(count, i)))
        return acc

    t.loop(count, t.lanes, [], body)


@intrinsic
def clear(typingctx, lanes, out, count):
    """out[i] = 0 for i < count."""
    return tile("clear", (lanes,), out.dtype, "pi", _write_clear)


def _write_fetch(t: Writer) -> None:
    a, count = t.function.args
    place = I8.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [place, I32, I32, I32])
    function = cgutils.get_or_insert_function(t.module, kind, "llvm.prefetch.p0")
    read, second_cache, data = (ir.Constant(I32, n) for n in (0, 2, 1))

    def body(i: ir.Value, acc: list) -> list:
        line = t.builder.bitcast(t.at(a, i), place)
        t.builder.call(function, [line, read, second_cache, data])
        return acc

    t.loop(count, LINE // t.bytes, [], body)


@intrinsic
def fetch(typingctx, lanes, a, count):
    """Ask for a[:count] to be brought into the second cache. It may lie outside of any array."""
    return tile("fetch", (lanes,), a.dtype, "pi", _write_fetch)


def _write_alternate(t: Writer) -> None:
    first, second, count, out = t.function.args
    b = t.builder
    evens = b.lshr(b.add(count, t.index(1)), t.index(1))
    odds = b.lshr(count, t.index(1))
    half = t.lanes // 2

    def body(i: ir.Value, acc: list) -> list:
        pair = [
            t.load_some(t.at(a, i), t.first_bits(b.sub(n, i)))
            for a, n in ((first, evens), (second, odds))
        ]
        for k in range(2):
            order = [j // 2 + k * half + j % 2 * t.lanes for j in range(t.lanes)]
            mixed = b.shuffle_vector(*pair, ir.Constant(ir.VectorType(I32, t.lanes), order))
            at = b.add(b.mul(i, t.index(2)), t.index(k * t.lanes))
            t.store_some(mixed, t.at(out, at), t.first_bits(b.sub(count, at)))
        return acc

    t.loop(evens, t.lanes, [], body)


@intrinsic
def alternate(typingctx, lanes, first, second, count, out):
    """out = first[0], second[0], first[1], second[1], ...: `count` numbers."""
    return tile("alternate", (lanes,), out.dtype, "ppip", _write_alternate)


def _write_turn(t: Writer, step: int) -> None:
    a, pitch, have, out, out_pitch, columns = t.function.args
    b = t.builder
    masks, none = t.masks(step, columns), t.index(0)
    rows = []
    for p in range(t.lanes):
        there = b.icmp_signed("<", t.index(p), have)
        row = t.at(a, b.mul(pitch, t.index(p)))
        rows.append(t.load_every(row, [b.select(there, mask, none) for mask in masks]))
    s = 1
    while s < t.lanes:  # Eklundh (1972): exchange blocks of s x s
        low = [j if not j & s else t.lanes + j - s for j in range(t.lanes)]
        high = [j + s if not j & s else t.lanes + j for j in range(t.lanes)]
        for i in range(t.lanes):
            if not i & s:
                pair = rows[i], rows[i + s]
                rows[i], rows[i + s] = (
                    b.shuffle_vector(*pair, ir.Constant(ir.VectorType(I32, t.lanes), m))
                    for m in (low, high)
                )
        s *= 2
    kept = t.first_bits(have)
    for p in range(t.lanes):
        there = b.select(b.icmp_signed("<", t.index(p), columns), kept, none)
        t.store_some(rows[p], t.at(out, b.mul(out_pitch, t.index(p))), there)
    t.straight()


@intrinsic
def turn(typingctx, step, lanes, a, pitch, have, out, out_pitch, columns):
    """out[j * out_pitch + i] = a[i * pitch + j * step] for i < have and j < columns.

    Of both there are `lanes` at most; the step is 1 or 2.
    """
    return tile("turn", (step, lanes), a.dtype, "piipii", _write_turn)
