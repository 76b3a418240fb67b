"""Loops over rows for an array that broadcasting stretches, and for the sums that undo it.

Arrays are contiguous. `first` and `last` bound the rows or columns, so that threads can share.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from .._jit import jit
from .._simd import I8, I32, Writer, pointer, tile

BLOCK = 1024  # elements that are summed in x's dtype; sums of blocks are added in double precision
WIDE = (0, 0, 0, 0)  # as many vectors in a step
AHEAD = 16  # vectors from what is added now to what is fetched for later


def _fetch(t: Writer, place: ir.Value) -> None:
    """Say that this place will be read soon. What lies beyond an array does no harm."""
    signature = ir.FunctionType(ir.VoidType(), [I8.as_pointer(), I32, I32, I32])
    function = cgutils.get_or_insert_function(t.module, signature, "llvm.prefetch.p0")
    read, near, data = (ir.Constant(I32, k) for k in (0, 3, 1))
    t.builder.call(function, [t.builder.bitcast(place, I8.as_pointer()), read, near, data])


def _quotient(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    """x / y, with no flag of `jit` that would let it be x * (1 / y), which may overflow."""
    return b.fdiv(x, y, flags=("contract",))


# What is done with x and y, and which comes first
OPERATORS: dict[str, Callable[[ir.IRBuilder, ir.Value, ir.Value], ir.Value]] = {
    "add": lambda b, x, y: b.fadd(x, y),
    "subtract": lambda b, x, y: b.fsub(x, y),
    "subtract, turned": lambda b, x, y: b.fsub(y, x),
    "multiply": lambda b, x, y: b.fmul(x, y),
    "divide": lambda b, x, y: _quotient(b, x, y),
    "divide, turned": lambda b, x, y: _quotient(b, y, x),
}


@cache
def selector(name: str) -> tuple[int, ...]:
    """A tuple whose length says which of OPERATORS."""
    return (0,) * list(OPERATORS).index(name)


def _write_combine(t: Writer, which: int, each: int, vectors: int) -> None:
    x, y, out, count = t.function.args
    b, combined = t.builder, list(OPERATORS.values())[which]
    number = t.broadcast(y) if each else None

    def full(k: ir.Value, acc: list) -> list:
        for place in [b.add(k, t.index(v * t.lanes)) for v in range(vectors)]:
            _fetch(t, t.at(x, b.add(place, t.index(AHEAD * t.lanes))))
            other = number if each else t.load(t.at(y, place))
            t.store(combined(b, t.load(t.at(x, place)), other), t.at(out, place))
        return acc

    def part(k: ir.Value, acc: list) -> list:
        mask = t.first_bits(b.sub(count, k))
        other = number if each else t.load_some(t.at(y, k), mask)
        t.store_some(combined(b, t.load_some(t.at(x, k), mask), other), t.at(out, k), mask)
        return acc

    t.loop(count, vectors * t.lanes, [], full if vectors > 1 else part)


@intrinsic
def _combine(typingctx, which, each, vectors, lanes, x, y, out, count):
    """out = x and y combined, for `count` elements; y is one number if `each` is not empty.

    With several vectors in a step there must be as many elements as fill them.
    """
    return tile("combine", (which, each, vectors, lanes), x.dtype, "pppi", _write_combine)


@jit
def combine_row(which, lanes, first, last, x, y, out):
    """out[r] = x[r] + y, or another of OPERATORS"""
    size = x.shape[1]
    rest = size % (len(WIDE) * len(lanes))
    whole = size - rest
    for r in range(first, last):
        at = r * size
        _combine(which, (), WIDE, lanes, pointer(x, at), pointer(y, 0), pointer(out, at), whole)
        at += whole
        _combine(which, (), (0,), lanes, pointer(x, at), pointer(y, whole), pointer(out, at), rest)


@jit
def combine_each(which, lanes, first, last, x, y, out):
    """out[r] = x[r] + one number of y, which are taken in turn; or another of OPERATORS"""
    size = x.shape[1]
    rest = size % (len(WIDE) * len(lanes))
    whole = size - rest
    for r in range(first, last):
        at, number = r * size, pointer(y, r % len(y))
        _combine(which, (0,), WIDE, lanes, pointer(x, at), number, pointer(out, at), whole)
        at += whole
        _combine(which, (0,), (0,), lanes, pointer(x, at), number, pointer(out, at), rest)


@jit
def sum_rows(first, last, x, out):
    """out[r] = the sum of row r"""
    for r in range(first, last):
        row, total = x[r], 0.0
        for start in range(0, len(row), BLOCK):
            block = row[start : start + BLOCK]
            part = x.dtype.type(0)
            for i in range(len(block)):
                part += block[i]
            total += part
        out[r] = total
