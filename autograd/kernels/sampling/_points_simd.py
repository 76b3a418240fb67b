"""Register tiles for points: a vector of channels of one point, and the pixels that it reads.

`offset` and `weight` are columns of tables: `pitch` is from one of its pixels to the next. What has
the weight 0 counts as 0.
"""

from __future__ import annotations

from llvmlite import ir
from numba.extending import intrinsic

from .._simd import Writer, tile


def _counted(t: Writer, weight: ir.Value, value: ir.Value) -> ir.Value:
    return t.builder.select(t.builder.fcmp_unordered("!=", weight, t.zero), value, t.zero)


def _write_collect(t: Writer) -> None:
    x, offset, weight, pitch, count, out = t.function.args

    def body(k: ir.Value, acc: list) -> list:
        at = t.builder.mul(k, pitch)
        share = t.broadcast(t.at(weight, at))
        value = t.load(t.at(x, t.builder.load(t.at(offset, at))))
        return [t.fma(share, _counted(t, share, value), acc[0])]

    t.store(t.loop(count, 1, [t.zero], body)[0], out)


@intrinsic
def collect(typingctx, lanes, x, offset, weight, pitch, count, out):
    """out[i] = sum over k < count of weight[k * pitch] * x[offset[k * pitch] + i]."""
    return tile("collect", (lanes,), x.dtype, "popiip", _write_collect)


def _write_deposit(t: Writer) -> None:
    g, offset, weight, pitch, count, out = t.function.args
    value = t.load(g)

    def body(k: ir.Value, acc: list) -> list:
        at = t.builder.mul(k, pitch)
        share = t.broadcast(t.at(weight, at))
        place = t.at(out, t.builder.load(t.at(offset, at)))
        t.store(t.fma(share, _counted(t, share, value), t.load(place)), place)
        return acc

    t.loop(count, 1, [], body)


@intrinsic
def deposit(typingctx, lanes, g, offset, weight, pitch, count, out):
    """out[offset[k * pitch] + i] += weight[k * pitch] * g[i] for k < count."""
    return tile("deposit", (lanes,), g.dtype, "popiip", _write_deposit)
