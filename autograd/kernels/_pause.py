"""Waiting for a number in memory, without the GIL: how threads hand work over within 2 us.

A sleeping thread takes some 15 us to get up, and calling it costs the caller 8. So for a moment
after its last task a thread looks again and again whether there is another one. One of Python's
needs the GIL; a product of matrices (`_cblas`) is done on the spot.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ._cblas import SIZE, multiply
from ._host import present
from ._jit import jit

I64 = ir.IntType(64)
LINE = 128  # bytes between words that different threads write: never on one cache line
# Where the words of a worker lie: tasks given, tasks done, its state, and the job of a product.
GIVEN, DONE, STATE, JOB = (LINE * k for k in range(1, 5))
WORDS = LINE * 6
ASLEEP, AWAKE, BUSY = 0, 1, 2  # not looking for a product, looking for one, doing it


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
def _exchange(typing: Any, address: Any, expected: Any, value: Any) -> Any:
    """Replace a number that is as expected; whether it was."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = builder.inttoptr(args[0], I64.as_pointer())
        found = builder.cmpxchg(word, args[1], args[2], "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(types.int64, types.int64, types.int64), build


@intrinsic
def _sleep(typing: Any, microseconds: Any) -> Any:
    """As POSIX has it. Windows does not, so there `_workers.pace` gives None, and nothing of this
    module is compiled."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32)])
        usleep = cgutils.get_or_insert_function(builder.module, kind, "usleep")
        builder.call(usleep, [builder.trunc(args[0], ir.IntType(32))])
        return context.get_dummy_value()

    return types.void(types.int64), build


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
def wait(x86, heard, wanted, rounds):
    """Look at the word `heard` until wanted is there, but only so many times."""
    for _ in range(rounds):
        if _load(heard) >= wanted:
            return
        _relax(x86)


@jit
def serve(x86, words, done, rounds, grace):
    """Say that so many tasks are done, and look for another one so many times; do products.

    One of Python's is left to the caller, after so many rounds of grace.
    """
    _store(words + STATE, AWAKE)
    _store(words + DONE, done)
    left = rounds
    while True:
        given = _load(words + GIVEN) > done
        if _load(words + STATE) == BUSY:
            multiply(words + JOB)
            _store(words + STATE, AWAKE)
            left = rounds
        elif given or left == 0:
            if _exchange(words + STATE, AWAKE, ASLEEP):
                for _ in range(grace if given else 0):
                    _relax(x86)
                return
        else:
            left -= 1
            _relax(x86)


@jit
def share(x86, workers, jobs, rounds):
    """Do products, the first one here, the others by workers, those that are awake.

    workers : addresses of their words; they belong to the caller
    jobs : one more than workers, (count, numbers of a job), and where each of them lies
    """
    taken = 0
    for k in range(len(workers)):
        for j in range(jobs.shape[1]):
            _store(workers[k] + JOB + 8 * j, jobs[k + 1, j])
        if _exchange(workers[k] + STATE, AWAKE, BUSY):
            taken += 1
        else:
            multiply(workers[k] + JOB)
    multiply(jobs.ctypes.data)
    if taken:
        for k in range(len(workers)):
            left = rounds
            while _load(workers[k] + STATE) == BUSY:
                if left:
                    left -= 1
                    _relax(x86)
                else:
                    _sleep(50)


def kind() -> tuple[int, ...]:
    """The first argument of all of these."""
    return (0,) if present().name.startswith("avx") else ()


def prepare(x86: tuple[int, ...]) -> None:
    """Compile all of these, before there is a thread that would: a process forked meanwhile would
    wait for ever for the lock of the compiler."""
    words = np.zeros(WORDS // 8, np.int64)
    wait(x86, words.ctypes.data, 0, 1)
    serve(x86, words.ctypes.data, 0, 0, 0)
    jobs = np.zeros((1, SIZE), np.int64)
    share.compile(tuple(numba.typeof(a) for a in (x86, words, jobs, 1)))
