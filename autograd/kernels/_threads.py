"""How many threads the kernels use, and how work is dealt out to them.

Compiled code releases the GIL, so plain Python threads run it side by side. There is no threading
layer of Numba's involved: kernels may be called from several threads at once, and after a fork.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np

LEAST = 1_000_000  # operations worth a thread: 0.1 to 0.3 ms, since to hand over takes 0.04
PRODUCTS = 16  # products of a convolution that take as long as one operation

_lock = Lock()
_pool: ThreadPoolExecutor | None = None
_count = 0


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def get_num_threads() -> int:
    """How many threads a kernel uses at most: the cores of this process, unless set otherwise."""
    return _count or int(os.environ.get("AUTOGRAD_NUM_THREADS", 0)) or _cores()


def set_num_threads(count: int) -> None:
    """Let kernels use so many threads at most; 0 for as many as there are cores."""
    global _count, _pool
    with _lock:
        _count = count
        _pool = None


def parts(count: int, operations: float) -> list[tuple[int, int]]:
    """range(count) in as many runs as threads are worth it for so many operations altogether."""
    worth = min(count, int(operations / LEAST))
    if worth < 2:
        return [(0, count)]
    threads = max(1, min(get_num_threads(), worth))
    return [(count * i // threads, count * (i + 1) // threads) for i in range(threads)]


def run(task: Callable[[tuple[int, int]], object], runs: list[tuple[int, int]]) -> list[object]:
    """task(run) for all of them at the same time; the first one by the calling thread."""
    if len(runs) == 1:
        return [task(runs[0])]
    pool = _executor()
    others = [pool.submit(task, r) for r in runs[1:]]
    return [task(runs[0]), *[f.result() for f in others]]


def deal(loop: Callable[..., object], rows: int, operations: float, *arrays: Any) -> list[Any]:
    """The loop over all rows of arrays that have so many; other arguments go to each thread."""
    runs = parts(rows, operations)
    if len(runs) == 1:
        return [loop(*arrays)]

    def task(run: tuple[int, int]) -> object:
        part = slice(*run)
        of_rows = (isinstance(a, np.ndarray) and len(a) == rows for a in arrays)
        return loop(*(a[part] if there else a for a, there in zip(arrays, of_rows)))

    return run(task, runs)


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(1, get_num_threads() - 1), "autograd")
        return _pool


def _forget() -> None:
    """After a fork the child has none of the threads, and perhaps a lock that nobody will open."""
    global _pool, _lock
    _pool, _lock = None, Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
