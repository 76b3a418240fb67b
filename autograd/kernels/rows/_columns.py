"""Sweeps over columns: what reductions and softmax along an axis with others behind it consist of.

An array is (before, size, after), flat and contiguous. Positions behind one another lie in the
lanes of vectors. A block is some such vectors with all their elements along the axis: it stays in
the cache while sweeps go over it. A block of several vectors is full, one of a single vector need
not be. `sizes` are how many blocks lie side by side, the position where the first of them begins,
and the last two sizes of the array; loops go from block `first` to `last` of all, so that threads
can share.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from llvmlite import ir
from numba.extending import intrinsic

from .._jit import jit
from .._simd import Writer, pointer, tile
from ..elements._curves import V

# What a sweep does with x and y, elements of two arrays, where a and b are numbers of the position:
# the number that it writes, if any, and what becomes of the position's total

Formula = Callable[[V, V, V, V, V], tuple[V | None, V]]


def largest(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, x.choose(">", total, x, total)


def greatest(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, _kept(total, "<=", x)


def least(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, _kept(total, ">=", x)


def _kept(total: V, relation: str, x: V) -> V:
    """The total if it is NaN or if `x relation total`; else x, which may be NaN."""
    b = total.t.builder
    number = b.fcmp_ordered("ord", total.value, total.value)
    return V(total.t, b.select(number, x.choose(relation, total, total, x).value, total.value))


def exp_below(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    e = (x - a).exp_below()
    return e, total + e


def exp(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    e = (x - a).exp()
    return e, total + e


def added(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, total + x


def product(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return None, x.times_plus(y, total)


def scaled(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return x * b, total


def log(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return x.log(), total


def lowered(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return _less(_less(x, a), b), total


def loss(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return _less(b.log(), _less(x, a)), total


def _less(x: V, y: V) -> V:
    """x - y, with no flag of `jit` that would let peak and logarithm be added first."""
    return V(x.t, x.t.builder.fsub(x.value, y.value, flags=("contract",)))


def exp_scaled(x: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return (x - a).exp_below() * b, total


def share_dx(g: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return y * (g - a), total


def log_share_dx(g: V, y: V, a: V, b: V, total: V) -> tuple[V | None, V]:
    return g - y.exp_below() * a, total


TOTALS: dict[Formula, float] = {  # what they begin with
    largest: -inf, greatest: -inf, least: inf, exp_below: 0.0, exp: 0.0, added: 0.0, product: 0.0,
}  # fmt: skip
OTHERS: tuple[Formula, ...] = (scaled, log, lowered, loss, exp_scaled, share_dx, log_share_dx)
FORMULAS = (*TOTALS, *OTHERS)
(
    LARGEST, GREATEST, LEAST, EXP_BELOW, EXP, ADDED, PRODUCT, SCALED, LOG, LOWERED, LOSS,
    EXP_SCALED, SHARE_DX, LOG_SHARE_DX,
) = ((0,) * k for k in range(len(FORMULAS)))  # fmt: skip


def _write_sweep(t: Writer, which: int, vectors: int) -> None:
    x, y, pitch, a, b, total, out, gap, count, width = t.function.args
    formula, mask = FORMULAS[which], t.first_bits(width)
    starts = [v * t.lanes for v in range(vectors)]

    def load(place: ir.Value) -> V:
        return V(t, t.load(place) if vectors > 1 else t.load_some(place, mask))

    def store(value: ir.Value, place: ir.Value) -> None:
        if vectors > 1:
            t.store(value, place)
        else:
            t.store_some(value, place, mask)

    numbers = [(load(t.at(a, s)), load(t.at(b, s))) for s in starts]

    def body(k: ir.Value, acc: list) -> list:
        rows = [t.at(array, t.builder.mul(k, pitch)) for array in (x, y)]
        target = t.at(out, t.builder.mul(k, gap))
        new = []
        for v, s in enumerate(starts):
            before = V(t, acc[v] if acc else t.zero)
            first, second = (load(t.at(row, s)) for row in rows)
            written, after = formula(first, second, *numbers[v], before)
            if written is not None:
                store(written.value, t.at(target, s))
            new.append(after.value)
        return new if acc else []

    begin = [ir.Constant(t.vector, [TOTALS[formula]] * t.lanes)] if formula in TOTALS else []
    for s, value in zip(starts, t.loop(count, 1, begin * vectors, body)):
        store(value, t.at(total, s))


@intrinsic
def sweep(typingctx, which, vectors, lanes, x, y, pitch, a, b, total, out, gap, count, width):
    """FORMULAS[which] over a block of `width` positions with `count` elements each.

    pitch, gap : from one element to the next, in x and y, and in out
    a, b, total : a number for each position
    """
    return tile("sweep", (which, vectors, lanes), x.dtype, "ppippppiii", _write_sweep)


@jit
def block(u, sizes, size):
    """Where a block begins in the array and among all positions, and how many of these it has."""
    blocks, begin, count, after = sizes
    before, i = u // blocks, begin + u % blocks * size
    return before * count * after + i, before * after + i, min(size, after - i)


@jit
def reduce(which, vectors, lanes, first, last, sizes, x, out):
    """The totals of FORMULAS[which]."""
    _, _, count, pitch = sizes
    for u in range(first, last):
        start, place, width = block(u, sizes, len(vectors) * len(lanes))
        row, total = pointer(x, start), pointer(out, place)
        sweep(which, vectors, lanes, row, row, pitch, total, total, total, total, 0, count, width)
