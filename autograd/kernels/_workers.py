"""A thread that does tasks for others: awake for a moment after each of them, then asleep."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import NamedTuple

import numpy as np

from . import _host

Run = tuple[int, int]
Task = Callable[[Run], object]

AWAKE = 300e-6  # seconds to look for more work: about as long as from one kernel to the next
GRACE = 6e-6  # until whoever gave a task has let go of the GIL to do its own part of it
LINE = 16  # numbers between two that different threads write: never on one cache line


class Answer(NamedTuple):
    """What became of a task: its result, or what it raised."""

    place: int
    result: object
    error: BaseException | None


class Pace(NamedTuple):
    """How to wait: `_pause.wait`, its first argument, rounds to be awake, rounds of grace."""

    wait: Callable[..., bool]
    kind: tuple[int, ...]
    rounds: int
    grace: int


def pace() -> Pace | None:
    """None where nothing is compiled: threads sleep at once."""
    if _host.simd() is None:
        return None
    from . import _pause

    kind, words = _pause.kind(), np.zeros(2 * LINE, np.int64)
    here, there = (words[i:].ctypes.data for i in (0, LINE))
    count, spent = 1000, []
    for _ in range(4):  # the first one compiles
        start = perf_counter()
        _pause.wait(kind, here, 0, there, 1, count, 0)
        spent.append((perf_counter() - start) / count)
    return Pace(_pause.wait, kind, int(AWAKE / min(spent)), int(GRACE / min(spent)))


class Worker:
    """One thread. Whoever takes `free` may give it one task, after which it is free again."""

    def __init__(self, pace: Pace | None):
        self.free = Lock()
        self._tasks: SimpleQueue[tuple[Task, Run, int, SimpleQueue[Answer]] | None] = SimpleQueue()
        self._words = np.zeros(4 * LINE, np.int64)
        self._given, self._done, self._nowhere = (
            self._words[i * LINE :].ctypes.data for i in range(1, 4)
        )
        self._count = 0
        self._pace = pace
        self.thread = Thread(target=self._serve, name="autograd", daemon=True)
        self.thread.start()

    def give(self, task: Task, run: Run, place: int, answers: SimpleQueue[Answer]) -> int:
        """Do task(run) and put what became of it into answers. The number of the task."""
        self._tasks.put((task, run, place, answers))
        self._count += 1
        self._words[LINE] = self._count
        return self._count

    def wait(self, number: int) -> None:
        """Until this task is done, but for a moment only."""
        if self._pace is not None:
            wait, kind, rounds, _ = self._pace
            wait(kind, self._nowhere, 0, self._done, number, rounds, 0)

    def stop(self) -> None:
        """Once the task that it has is done; nobody can give it another one."""
        self.free.acquire()
        self._tasks.put(None)
        self._words[LINE] += 1

    def _serve(self) -> None:
        count = 0
        while self._next():
            count += 1
            if self._pace is not None:
                wait, kind, rounds, grace = self._pace
                wait(kind, self._done, count, self._given, count + 1, rounds, grace)

    def _next(self) -> bool:
        """The next task; nothing of it is kept alive afterwards."""
        given = self._tasks.get()
        if given is None:
            return False
        task, run, place, answers = given
        outcome = _outcome(task, run, place)
        self.free.release()
        answers.put(outcome)
        return True


def _outcome(task: Task, run: Run, place: int) -> Answer:
    try:
        return Answer(place, task(run), None)
    except BaseException as e:  # raised again by the thread that gave the task
        return Answer(place, None, e)
