"""A product of two matrices by BLAS, called from compiled code: no GIL, no NumPy.

A job is some numbers in memory: what to call, for which matrices.

    0 kind      float32 or float64 (1), and BLAS's integers of 64 bits or 32 (2)
    1 address   of cblas_sgemm or cblas_dgemm
    2, 3        whether x, y lie in memory by columns: `_blas.TRANSPOSED`, or else PLAIN
    4, 5, 6     rows of the result, its columns, terms of each sum
    7, 8        address of x, elements from one row (or column) to the next
    9, 10       the same of y
    11, 12      the same of the result, which lies by rows
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._jit import jit

BY_ROWS = 101
SIZE = 13  # numbers of a job
I32, I64 = ir.IntType(32), ir.IntType(64)


def _caller(real: ir.Type, integer: ir.Type) -> Callable[..., Any]:
    """A product by the function at an address, for the matrices of the job at another."""

    @intrinsic
    def call(typing: Any, job: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            words = builder.inttoptr(args[0], I64.as_pointer())
            values = [builder.load(builder.gep(words, [I64(k)])) for k in range(SIZE)]

            def whole(k: int, kind: ir.Type) -> Any:
                return values[k] if kind is I64 else builder.trunc(values[k], kind)

            def matrix(k: int) -> list[Any]:
                pointer = builder.inttoptr(values[k], real.as_pointer())
                return [pointer, whole(k + 1, integer)]

            arguments = [I32(BY_ROWS), whole(2, I32), whole(3, I32)]
            arguments += [whole(k, integer) for k in (4, 5, 6)]
            arguments += [real(1.0), *matrix(7), *matrix(9), real(0.0), *matrix(11)]
            signature = ir.FunctionType(ir.VoidType(), [a.type for a in arguments])
            builder.call(builder.inttoptr(values[1], signature.as_pointer()), arguments)
            return context.get_dummy_value()

        return types.void(types.int64), build

    return call


_float_64 = _caller(ir.FloatType(), I64)
_double_64 = _caller(ir.DoubleType(), I64)
_float_32 = _caller(ir.FloatType(), I32)
_double_32 = _caller(ir.DoubleType(), I32)


@intrinsic
def _word(typing: Any, address: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], I64.as_pointer()))

    return types.int64(types.int64), build


@jit
def multiply(job):
    """Do the job at this address."""
    kind = _word(job)
    if kind == 0:
        _float_64(job)
    elif kind == 1:
        _double_64(job)
    elif kind == 2:
        _float_32(job)
    else:
        _double_32(job)
