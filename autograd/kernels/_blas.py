"""NumPy's OpenBLAS, held to one thread while threads of ours share a product.

OpenBLAS keeps a thread for each core. After a product that had work for them they stay awake for
100 ms, on the cores that our own threads need, so with both of them at work neither gets far. Its
number of threads belongs to the whole process, so it is 1 only while a product of ours runs, and
then what it was before. No other BLAS is touched, nor an OpenBLAS that runs on OpenMP.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from threading import RLock, get_ident
from typing import Any, NamedTuple

import numpy as np

PTHREADS = 1  # what OpenBLAS calls its own threads
PLAIN, TRANSPOSED = 111, 112  # how CBLAS calls a matrix that lies by rows, or by columns


class OpenBlas(NamedTuple):
    """What we call of it ourselves.

    get, set   its number of threads, in 0.1 us
    gemm       for "f" and "d" the kind and address of a product of matrices, for `_cblas`
    """

    get: Callable[[], int]
    set: Callable[[int], object]
    gemm: dict[str, tuple[int, int]]


def _openblas() -> OpenBlas | None:
    """The one that NumPy computes with."""
    try:
        # Symbols of an extension module are looked up in what it is linked with, too.
        library = ctypes.PyDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError, TypeError):
        return None
    for before, after in (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", "")):
        try:
            parallel, get, put = (
                library[f"{before}openblas_{name}{after}"]
                for name in ("get_parallel", "get_num_threads", "set_num_threads")
            )
            gemm = [library[f"{before}cblas_{name}gemm{after}"] for name in "sd"]
            config = library[f"{before}openblas_get_config{after}"]
        except AttributeError:
            continue
        put.argtypes, put.restype, config.restype = [ctypes.c_int], None, ctypes.c_char_p
        narrow = 0 if b"USE64BITINT" in config() else 2
        addresses = [ctypes.cast(f, ctypes.c_void_p).value or 0 for f in gemm]
        products = {c: (narrow + k, a) for k, (c, a) in enumerate(zip("fd", addresses))}
        return OpenBlas(get, put, products) if parallel() == PTHREADS else None
    return None


class Alone:
    """Within `with`, OpenBLAS has one thread; several threads of ours may be within at once.

    An interrupt may come in the middle of entering or leaving. `leave` may be called once more
    then; in any case the number of before is put back when this thread leaves the next time.
    """

    def __init__(self, blas: OpenBlas | None):
        self.blas = blas
        self._lock, self._within, self._before = RLock(), set[int](), 0  # 0: nobody is within

    def threads(self) -> int:
        """How many threads OpenBLAS has outside; 1 where there is nothing to hold."""
        if self.blas is None:
            return 1
        return self._before or self.blas.get()

    def __enter__(self) -> None:
        assert self.blas is not None
        with self._lock:
            self._within.add(get_ident())
            if not self._before:
                self._before = self.blas.get()
                self.blas.set(1)

    def __exit__(self, *error: Any) -> None:
        self.leave()

    def leave(self) -> None:
        """As at the end of `with`; nothing if this thread is not within."""
        assert self.blas is not None
        with self._lock:
            self._within.discard(get_ident())
            if self._within:  # but not those of threads that are gone
                self._within.intersection_update(sys._current_frames())
            if self._before and not self._within:
                self.blas.set(self._before)
                self._before = 0

    def forget(self) -> None:
        """A child that was forked while others were within has none of them."""
        if self.blas is not None and self._before:
            self.blas.set(self._before)
        self._lock, self._within, self._before = RLock(), set(), 0


@cache
def alone() -> Alone:
    """The one for this process."""
    return Alone(_openblas())


def _forget() -> None:
    if alone.cache_info().currsize:  # else there is nothing to forget, and nothing to load
        alone().forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
