"""Worker threads: for samples whose making waits for files or runs in NumPy, which both let go of
the interpreter. Nothing needs to be pickled."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from .task import Recipe, Task


class Threads:
    """A crew of threads, with the methods of `Workers`."""

    def __init__(self, recipe: Recipe, count: int):
        self._recipe = recipe
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="DataLoader")

    def submit(self, task: Task) -> Future[Any]:
        """Hand out a task."""
        return self._pool.submit(self._recipe, task)

    def collect(self, ticket: Future[Any]) -> Any:
        """The batch of a ticket, or the exception that its making raised."""
        return ticket.result()

    def forget(self, ticket: Future[Any]) -> None:
        """This batch will not be asked for."""
        ticket.cancel()

    def close(self) -> None:
        """Wait for the samples being made; start no others."""
        self._pool.shutdown(wait=True, cancel_futures=True)
