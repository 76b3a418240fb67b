"""A thread that does tasks for others: awake for a moment after each of them, then asleep."""

from __future__ import annotations

import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from . import _host

Run = tuple[int, int]
Task = Callable[[Run], object]

AWAKE = 300e-6  # seconds to look for more work: about as long as from one kernel to the next
GRACE = 6e-6  # until whoever gave a task has let go of the GIL to do its own part of it


class Answer(NamedTuple):
    """What became of a task: its result, or what it raised."""

    place: int
    result: object
    error: BaseException | None


class Pace(NamedTuple):
    """How to wait: the module `_pause`, its first argument, rounds to be awake, rounds of grace."""

    loops: Any
    kind: tuple[int, ...]
    rounds: int
    grace: int


def pace() -> Pace | None:
    """None where nothing is compiled, and on Windows: threads sleep at once."""
    if _host.simd() is None or sys.platform == "win32":
        return None
    from . import _pause

    kind, word = _pause.kind(), np.zeros(1, np.int64)
    _pause.prepare(kind)
    count, spent = 1000, []
    for _ in range(3):
        start = perf_counter()
        _pause.wait(kind, word.ctypes.data, 1, count)
        spent.append((perf_counter() - start) / count)
    return Pace(_pause, kind, int(AWAKE / min(spent)), int(GRACE / min(spent)))


class Worker:
    """One thread. Whoever takes `free` may give it one task, after which it is free again.

    words : what it and others tell each other without the GIL; `_pause` says what lies where
    """

    def __init__(self, pace: Pace | None):
        self.free = Lock()
        self._tasks: SimpleQueue[tuple[Task, Run, int, SimpleQueue[Answer]] | None] = SimpleQueue()
        self._count = 0
        self.pace = pace
        if pace is not None:
            self._words = np.zeros(pace.loops.WORDS // 8, np.int64)
            self.words = self._words.ctypes.data
        self.thread = Thread(target=self._serve, name="autograd", daemon=True)
        self.thread.start()

    def give(self, task: Task, run: Run, place: int, answers: SimpleQueue[Answer]) -> int:
        """Do task(run) and put what became of it into answers. The number of the task."""
        self._put((task, run, place, answers))
        return self._count

    def wait(self, number: int) -> None:
        """Until this task is done, but for a moment only."""
        if self.pace is not None:
            loops, kind, rounds, _ = self.pace
            loops.wait(kind, self.words + loops.DONE, number, rounds)

    def awake(self) -> bool:
        """Whether it would see a product at once."""
        pace = self.pace
        return pace is not None and self._words[pace.loops.STATE // 8] == pace.loops.AWAKE

    def stop(self) -> None:
        """Once the task that it has is done; nobody can give it another one."""
        self.free.acquire()
        self._put(None)

    def _put(self, task: Any) -> None:
        self._tasks.put(task)
        self._count += 1
        if self.pace is not None:
            self._words[self.pace.loops.GIVEN // 8] = self._count

    def _serve(self) -> None:
        count = 0
        while self._next():
            count += 1
            if self.pace is not None:
                loops, kind, rounds, grace = self.pace
                try:
                    loops.serve(kind, self.words, count, rounds, grace)
                except BaseException:  # the next task is worth more than to be awake for it
                    self.pace = None

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
