"""Waiting for a number in memory, without the GIL: how threads hand work over within 2 us.

A sleeping thread takes some 15 us to get up, and calling it costs the caller 8. So for a moment
after its last task a thread looks again and again whether there is another one.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._host import present
from ._jit import jit

I64 = ir.IntType(64)


@intrinsic
def _store(typing: Any, address: Any, value: Any) -> Any:
    """Write a number where another thread reads it."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = builder.inttoptr(args[0], I64.as_pointer())
        builder.store_atomic(args[1], word, "release", 8)
        return args[1]

    return types.int64(types.int64, types.int64), build


@intrinsic
def _load(typing: Any, address: Any) -> Any:
    """Read a number that another thread writes, each time anew."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(args[0], I64.as_pointer()), "acquire", 8)

    return types.int64(types.int64), build


@intrinsic
def _relax(typing: Any, x86: Any) -> Any:
    """Let the core rest for some cycles; x86 is a tuple: not empty where there is such a thing."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if len(signature.args[0]):
            nothing = ir.FunctionType(ir.VoidType(), [])
            name = "llvm.x86.sse2.pause"
            builder.call(cgutils.get_or_insert_function(builder.module, nothing, name), [])
        return context.get_dummy_value()

    return types.void(x86), build


@jit
def wait(x86, said, value, heard, wanted, rounds, grace):
    """Write value to the address said, then look at heard until wanted is there, so many times.

    Whether it came; if so, after so many rounds of grace.
    """
    _store(said, value)
    for _ in range(rounds):
        if _load(heard) >= wanted:
            for _ in range(grace):
                _relax(x86)
            return True
        _relax(x86)
    return False


def kind() -> tuple[int, ...]:
    """The first argument of `wait`."""
    return (0,) if present().name.startswith("avx") else ()
