"""Timing within one process, of two ways to do the same: they take turns, the best round counts.

Libraries are compared by `runner`, each in a process of its own.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable

# One thread for BLAS and friends. Must be set before NumPy is imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"


def pin() -> None:
    """Stay on one core, so that a move does not cost a cold cache in the middle of a round."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def interleave(
    contenders: dict[str, Callable[[], object]], *, rounds: int = 40, seconds: float = 0.02
) -> dict[str, float]:
    """Seconds a call of each contender: the minimum over rounds in which each runs in turn.

    Each round runs a contender as often as fits into `seconds`.
    """
    counts = {}
    for name, f in contenders.items():
        f()
        start = time.perf_counter()
        f()
        counts[name] = max(1, int(seconds / (time.perf_counter() - start)))
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for name, f in contenders.items():
            gc.collect()
            n = counts[name]
            start = time.perf_counter()
            for _ in range(n):
                f()
            best[name] = min(best[name], (time.perf_counter() - start) / n)
    return best
