"""Register tiles for rows: weighted sums of pieces of them, and one row added to another."""

from __future__ import annotations

from llvmlite import ir
from numba.extending import intrinsic

from ._simd import Writer, tile


def _write_mix(t: Writer, vectors: int) -> None:
    x, offset, weight, count, out, size = t.function.args
    b = t.builder
    starts = [v * t.lanes for v in range(vectors)]
    masks = [t.first_bits(b.sub(size, t.index(s))) for s in starts]

    def body(k: ir.Value, acc: list) -> list:
        row, share = t.at(x, b.load(t.at(offset, k))), t.broadcast(t.at(weight, k))
        pieces = [t.load_some(t.at(row, s), mask) for s, mask in zip(starts, masks)]
        return [t.fma(share, piece, total) for piece, total in zip(pieces, acc)]

    total = t.loop(count, 1, [t.zero] * vectors, body)
    for value, s, mask in zip(total, starts, masks):
        t.store_some(value, t.at(out, s), mask)


@intrinsic
def mix(typingctx, vectors, lanes, x, offset, weight, count, out, size):
    """out[i] = sum over k < count of weight[k] * x[offset[k] + i], for i < size and at most so many
    vectors."""
    return tile("mix", (vectors, lanes), x.dtype, "popipi", _write_mix)


def _write_add(t: Writer) -> None:
    source, out, count = t.function.args

    def body(i: ir.Value, acc: list) -> list:
        mask = t.first_bits(t.builder.sub(count, i))
        both = [t.load_some(t.at(row, i), mask) for row in (source, out)]
        t.store_some(t.builder.fadd(*both), t.at(out, i), mask)
        return acc

    t.loop(count, t.lanes, [], body)


@intrinsic
def add(typingctx, lanes, source, out, count):
    """out[i] += source[i] for i < count."""
    return tile("add", (lanes,), source.dtype, "ppi", _write_add)
