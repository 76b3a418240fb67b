"""What the machine can do, and so how large the register tiles are.

AUTOGRAD_SIMD=avx512, avx2, neon or plain forces a choice, off leaves everything to NumPy.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from typing import NamedTuple

import numpy as np

Sizes = tuple[tuple[int, int], ...]


class Simd(NamedTuple):
    """An instruction set: its vectors, and tiles (rows, vectors) that fit its registers.

    spread, reduce   tiles of `_simd.spread` and `_simd.reduce`, from few rows to many
    gather           rows of `_simd.gather` for two vectors of filters, most first
    """

    name: str
    bytes: int  # of a vector
    spread: Sizes
    reduce: Sizes
    gather: tuple[int, ...]

    def lanes(self, itemsize: int) -> int:
        return self.bytes // itemsize


# tiles for 32 registers, and for 16
_many = (((1, 8), (2, 8), (4, 6), (6, 4)), ((1, 12), (2, 8), (4, 6), (6, 4)), (14, 12, 10, 8, 7))
_few = (((1, 6), (2, 4), (4, 2), (6, 2)), ((1, 8), (2, 6), (3, 4), (4, 3)), (6, 5, 4))
KNOWN = {
    "avx512": Simd("avx512", 64, *_many),
    "avx2": Simd("avx2", 32, *_few),
    "neon": Simd("neon", 16, *_many),
    "plain": Simd("plain", 16, *_few),
}


_forced: str | None = None


def set_simd(name: str | None) -> None:
    """Use this instruction set from now on: a name in KNOWN, "off" for NumPy alone, None to detect.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    global _forced
    if name is not None and name != "off" and name not in KNOWN:
        raise ValueError(f"no instruction set {name!r}; there are {', '.join(KNOWN)} and off")
    _forced = name


def simd() -> Simd | None:
    """The instruction set to compile for; None if everything is left to NumPy."""
    name = _forced or _detected()
    return None if name == "off" else KNOWN[name]


@cache
def _detected() -> str:
    wanted = os.environ.get("AUTOGRAD_SIMD", "").lower()
    if wanted and wanted != "off" and wanted not in KNOWN:
        raise ValueError(f"AUTOGRAD_SIMD is {wanted!r}; it can be {', '.join(KNOWN)} or off")
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return "off"
    if wanted:
        return wanted
    import llvmlite.binding as llvm

    has = llvm.get_host_cpu_features()
    if has.get("avx512f") and has.get("avx512vl") and has.get("avx512dq"):
        return "avx512"
    if has.get("avx2") and has.get("fma"):
        return "avx2"
    return "neon" if platform.machine().lower() in ("aarch64", "arm64") else "plain"


def sized(n: int) -> tuple[int, ...]:
    """A size that is known when a kernel is compiled: it travels in the length of a tuple."""
    return (0,) * n


LEAST = 30_000  # multiplications from which on a compiled kernel is faster than NumPy


def compiled(operations: int, *arrays: np.ndarray) -> bool:
    """Whether a compiled kernel is there for these arrays, and worth its call."""
    if operations < LEAST:
        return False
    dtype = arrays[0].dtype
    if dtype.kind != "f" or dtype.itemsize not in (4, 8) or not dtype.isnative:
        return False
    for a in arrays:
        if a.dtype != dtype or a.ndim > 5:
            return False
    return simd() is not None


def circumstances() -> tuple[str, int]:
    """What decides, beside shapes and dtypes, on the way that is taken: part of the key under which
    a decision is remembered."""
    return _forced or _detected(), LEAST


def worth_compiling(operations: int, axes: int, dtypes: tuple[np.dtype, ...]) -> bool:
    """As `compiled`, for arrays of so many axes and these dtypes."""
    first = dtypes[0]
    if operations < LEAST or axes > 5 or first.kind != "f" or first.itemsize not in (4, 8):
        return False
    if not first.isnative:
        return False
    return all(dtype == first for dtype in dtypes) and simd() is not None


def present() -> Simd:
    """The instruction set, where `compiled` has said that there is one."""
    host = simd()
    assert host is not None
    return host


def read_only(a: np.ndarray) -> np.ndarray:
    """A contiguous array, or a view of it, that cannot be written: one type to compile for."""
    a = np.ascontiguousarray(a).view()
    a.flags.writeable = False
    return a


def lanes(itemsize: int) -> tuple[int, ...]:
    """A tuple as long as a vector has lanes: lengths of tuples are what loops are compiled for."""
    return _lanes(itemsize, present().name)


@cache
def _lanes(itemsize: int, name: str) -> tuple[int, ...]:
    return (0,) * KNOWN[name].lanes(itemsize)
