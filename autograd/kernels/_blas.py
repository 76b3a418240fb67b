"""NumPy's OpenBLAS, held to one thread while threads of ours share a product.

OpenBLAS keeps a thread for each core. After a product that had work for them they stay awake for
100 ms, on the cores that our own threads need, so with both of them at work neither gets far. Its
number of threads belongs to the whole process, so it is 1 only while a product of ours runs, and
then what it was before. No other BLAS is touched, nor an OpenBLAS that runs on OpenMP.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

PTHREADS = 1  # what OpenBLAS calls its own threads


class Count(NamedTuple):
    """The number of threads of an OpenBLAS; to ask for it or to set it takes 0.1 us."""

    get: Callable[[], int]
    set: Callable[[int], object]


def _openblas() -> Count | None:
    """The one that NumPy computes with."""
    try:
        # Symbols of an extension module are looked up in what it is linked with, too.
        library = ctypes.PyDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError, TypeError):
        return None
    for name in ("scipy_openblas_{}64_", "openblas_{}64_", "scipy_openblas_{}", "openblas_{}"):
        try:
            words = ("get_parallel", "get_num_threads", "set_num_threads")
            parallel, get, put = (library[name.format(word)] for word in words)
        except AttributeError:
            continue
        put.argtypes, put.restype = [ctypes.c_int], None
        return Count(get, put) if parallel() == PTHREADS else None
    return None


class Alone:
    """Within `with`, OpenBLAS has one thread; several threads of ours may be within at once."""

    def __init__(self, count: Count | None):
        self.count = count
        self._lock, self._within, self._before = Lock(), 0, 1

    def threads(self) -> int:
        """How many threads OpenBLAS has outside; 1 where there is nothing to hold."""
        if self.count is None or self._within:
            return self._before
        return self.count.get()

    def __enter__(self) -> None:
        assert self.count is not None
        with self._lock:
            if not self._within:
                self._before = self.count.get()
                self.count.set(1)
            self._within += 1

    def __exit__(self, *error: Any) -> None:
        assert self.count is not None
        with self._lock:
            self._within -= 1
            if not self._within:
                self.count.set(self._before)

    def forget(self) -> None:
        """A child that was forked while others were within has none of them."""
        if self.count is not None and self._within:
            self.count.set(self._before)
        self._lock, self._within = Lock(), 0


@cache
def alone() -> Alone:
    """The one for this process."""
    return Alone(_openblas())


def _forget() -> None:
    if alone.cache_info().currsize:  # else there is nothing to forget, and nothing to load
        alone().forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
