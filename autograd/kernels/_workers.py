"""A thread that does tasks for others: awake for a moment after each of them, then asleep."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import compress, islice
from operator import attrgetter, methodcaller
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from . import _host

Run = tuple[int, int]
Task = Callable[[Run], object]

PATIENCE = 2.0  # seconds for a task to end, when no other one may follow
AWAKE = 300e-6  # seconds to look for more work: about as long as from one kernel to the next
GRACE = 6e-6  # until whoever gave a task has let go of the GIL to do its own part of it


class Answer(NamedTuple):
    """What became of a task: its result, or what it raised."""

    place: int
    result: object
    error: BaseException | None


Given = tuple[int, Task, Run, int, SimpleQueue[Answer]]  # a task with its number


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
    """One thread. Whoever takes `free` may give it a task, and opens it again afterwards.

    tasks : what it has to do; `run` puts in what `task` makes of it, then calls `given`
    words : what it and others tell each other without the GIL; `_pause` says what lies where
    """

    def __init__(self, pace: Pace | None):
        self.free = Lock()
        self.tasks: SimpleQueue[Given | None] = SimpleQueue()
        self._count = 0
        self.pace = pace
        if pace is not None:
            self._words = np.zeros(pace.loops.WORDS // 8, np.int64)
            self.words = self._words.ctypes.data
        self.thread = Thread(target=self._serve, name="autograd", daemon=True)
        self.thread.start()

    def task(self, task: Task, run: Run, place: int, answers: SimpleQueue[Answer]) -> Given:
        """For `tasks`: do task(run) and put what became of it into answers."""
        return self._count + 1, task, run, place, answers

    def given(self) -> None:
        """Tell it, if it is awake, that a task has come."""
        self._count += 1
        if self.pace is not None:
            self._words[self.pace.loops.GIVEN // 8] = self._count

    def wait(self) -> None:
        """Until the task is done, but for a moment only."""
        if self.pace is not None:
            loops, kind, rounds, _ = self.pace
            loops.wait(kind, self.words + loops.DONE, self._count, rounds)

    def awake(self) -> bool:
        """Whether it would see a product at once."""
        pace = self.pace
        return pace is not None and self._words[pace.loops.STATE // 8] == pace.loops.AWAKE

    def stop(self) -> None:
        """Once the task that it has is done; nobody can give it another one.

        One that takes too long keeps its thread, which does not hinder the program from ending.
        """
        if self.free.acquire(timeout=PATIENCE):
            self.tasks.put(None)
            self.given()

    def _serve(self) -> None:
        while count := self._next():
            if self.pace is not None:
                loops, kind, rounds, grace = self.pace
                try:
                    loops.serve(kind, self.words, count, rounds, grace)
                except BaseException:  # the next task is worth more than to be awake for it
                    self.pace = None

    def _next(self) -> int:
        """Do the next task, of which nothing is kept alive. Its number; 0 if there is none."""
        given = self.tasks.get()
        if given is None:
            return 0
        number, task, run, place, answers = given
        answers.put(_outcome(task, run, place))
        return number


# An interrupt (Ctrl-C, or a signal's handler that raises) may come between any two steps of Python.
# These are a single one, since all of it happens in C: what has been taken is in the list.
_free, _try, _open = attrgetter("free"), methodcaller("acquire", False), methodcaller("release")


def take(workers: list[Worker], count: int) -> Iterator[Worker]:
    """At most so many who are free, for list.extend, which takes them."""
    return islice(compress(workers, map(_try, map(_free, workers))), count)


def release(taken: list[Worker]) -> Iterator[None]:
    """Once this is made a list of, those who are in `taken` by then are free again."""
    return map(_open, map(_free, taken))


def _outcome(task: Task, run: Run, place: int) -> Answer:
    try:
        return Answer(place, task(run), None)
    except BaseException as e:  # raised again by the thread that gave the task
        return Answer(place, None, e)
