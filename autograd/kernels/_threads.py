"""How many threads the kernels use, and how work is dealt out to them.

Compiled code and BLAS release the GIL, so plain Python threads run them side by side. There is no
threading layer of Numba's involved: kernels may be called from several threads at once, and after
a fork. A thread that finds no worker free does the work itself.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, get_ident
from typing import Any

import numpy as np

from ._workers import PATIENCE, Answer, Run, Task, Worker, pace, release, take

LEAST = 150_000  # operations worth a thread: 15 to 45 us; one that is asleep takes 20 to 50 more
PRODUCTS = 16  # products of a convolution or of matrices that take as long as one operation

_lock = Lock()
_workers: list[Worker] | None = None  # None: not started yet
_count = 0
_forking: dict[int, Any] = {}  # the lock that a thread holds while it forks
_standard = 0  # what the environment or the cores say; 0: nobody has asked yet


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1


def get_num_threads() -> int:
    """How many threads a kernel uses at most: the cores of this process, unless set otherwise."""
    global _standard
    if not (_count or _standard):
        _standard = _wanted() or _cores()
    return _count or _standard


def _wanted() -> int:
    """What AUTOGRAD_NUM_THREADS says; 0 where it says nothing."""
    text = os.environ.get("AUTOGRAD_NUM_THREADS", "").strip()
    if text and not (text.isdecimal() and int(text)):
        raise ValueError(f"AUTOGRAD_NUM_THREADS is {text!r}; it must be a positive whole number")
    return int(text or 0)


def set_num_threads(count: int) -> None:
    """Let kernels use so many threads at most; 0 for as many as there are cores.

    Raises
    ------
    ValueError
        If count is negative, or no whole number.
    """
    global _count, _standard, _workers
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 0:
        raise ValueError(
            f"set_num_threads: count is {count!r}; it must be a whole number of threads, "
            "or 0 for as many as there are cores"
        )
    with _lock:
        _count, _standard = int(count), 0
        stopped, _workers = _workers or [], None
    for worker in stopped:
        worker.stop()


def parts(count: int, operations: float, most: int | None = None) -> list[Run]:
    """range(count) in as many runs as threads are worth it for so many operations altogether.

    At most `most`, or get_num_threads(). Sizes alone decide, not who is awake: sums over parts are
    the same each time that a program runs.
    """
    worth = min(count, int(operations / LEAST))
    if worth < 2:
        return [(0, count)]
    threads = min(most or get_num_threads(), worth)
    return [(count * i // threads, count * (i + 1) // threads) for i in range(threads)]


def run(task: Task, runs: list[Run]) -> list[object]:
    """task(run) for all of them at the same time; the first one by the calling thread.

    Where one of them raises, all are waited for, and that is raised. After an interrupt, too, no
    worker stays taken.
    """
    if len(runs) == 1:
        return [task(runs[0])]
    answers: SimpleQueue[Answer] = SimpleQueue()
    results: list[object] = [None] * len(runs)
    taken: list[Worker] = []
    given: list[None] = []  # as long as there are workers who have their task
    error, leave = None, release(taken)
    try:
        taken.extend(take(_started(), len(runs) - 1))
        tasks = [w.task(task, runs[k], k, answers) for k, w in enumerate(taken, 1)]
        try:
            given.extend(map(SimpleQueue.put, [w.tasks for w in taken], tasks))
            for worker in taken:
                worker.given()
            for place in (0, *range(len(taken) + 1, len(runs))):
                results[place] = task(runs[place])
        finally:
            for worker in taken[: len(given)]:
                worker.wait()
                answer = answers.get()
                results[answer.place] = answer.result
                error = error or answer.error
    finally:
        list(leave)
    if error is not None:
        raise error
    return results


def added(found: list[Any]) -> Any:
    """The sum of what several runs gave; of one, that itself, without another pass over it."""
    return sum(found[1:], found[0])


def deal(loop: Callable[..., object], rows: int, operations: float, *arrays: Any) -> list[Any]:
    """The loop over all rows of arrays that have so many; other arguments go to each thread."""
    runs = parts(rows, operations)
    if len(runs) == 1:
        return [loop(*arrays)]

    of_rows = [isinstance(a, np.ndarray) and len(a) == rows for a in arrays]
    given = {r: [a[slice(*r)] if cut else a for a, cut in zip(arrays, of_rows)] for r in runs}
    return run(lambda r: loop(*given[r]), runs)


def share(jobs: np.ndarray) -> bool:
    """Do products, jobs of `_cblas`, at the same time, the first one by the calling thread.

    False, and nothing done, if there are not so many workers who are awake and have nothing to do.
    """
    taken: list[Worker] = []
    leave = release(taken)
    try:
        taken.extend(take(_started(), len(jobs) - 1))
        pace = taken[0].pace if taken else None
        if pace is None or len(taken) < len(jobs) - 1 or not all(w.awake() for w in taken):
            return False
        loops, kind, rounds, _ = pace
        loops.share(kind, np.array([w.words for w in taken]), jobs, rounds)
        return True
    finally:
        list(leave)


def _started() -> list[Worker]:
    global _workers
    workers = _workers
    if workers is None:
        with _lock:
            if _workers is None:
                count = get_num_threads()
                how = pace() if count <= _cores() else None  # to be awake takes a core
                _workers = [Worker(how) for _ in range(count - 1)]
            workers = _workers
    return workers


def _before_fork() -> None:
    """No thread may be compiling: the child would wait for ever for Numba's lock."""
    numba = sys.modules.get("numba.core.compiler_lock")  # where it is not loaded, it stays so
    lock = getattr(numba, "global_compiler_lock", None)
    if lock is not None:
        lock.acquire()
        _forking[get_ident()] = lock


def _after_fork() -> None:
    """In the parent and in the child."""
    lock = _forking.pop(get_ident(), None)
    if lock is not None:
        lock.release()


def _forget() -> None:
    """After a fork the child has none of the threads, and perhaps a lock that nobody will open."""
    global _workers, _lock, _standard
    _workers, _lock, _standard = None, Lock(), 0


def _leave() -> None:
    """When the program ends no thread may be about to ask for the GIL."""
    global _workers
    stopped, _workers = _workers or [], []
    for worker in stopped:
        worker.stop()
    for worker in stopped:
        worker.thread.join(PATIENCE)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork)
    os.register_at_fork(after_in_child=_after_fork)
    os.register_at_fork(after_in_child=_forget)
atexit.register(_leave)
