"""Worker processes: started by spawn, fed with tasks, and never waited for in vain.

Each worker has a channel of its own. Nothing is shared between workers, no lock and no queue, so
one that is killed can neither corrupt nor block the others: its channel ends, and that is seen.
"""

from __future__ import annotations

import pickle
import queue
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, NamedTuple

from autograd.dtypes import get_default_dtype, set_default_dtype

from .channel import Channel, packed
from .errors import WorkerError
from .task import Recipe, Task, listed, pickled

_PATIENCE = 1.0  # seconds that closed workers have to leave by themselves
_UNASKED = -1  # the ticket of a worker that failed before any task
_UNPREPARED = (
    "  hint: workers import what the data set is made of: classes and functions of an interactive\n"
    "        session, or of `python -c`, are unknown to them; put those into a file, or use "
    "threads=...\n"
)


class Failure(NamedTuple):
    """An exception as it travels."""

    summary: str
    trace: str
    original: bytes | None


# In the worker


def serve(end: socket.socket, number: int) -> None:
    """The life of a worker: tasks in, batches out, until the other end hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then hangs up
    outbox: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
    with end:
        channel = Channel(end)
        sender = threading.Thread(target=_send_all, args=(channel, outbox), daemon=True)
        sender.start()
        with suppress(EOFError, OSError):  # the loop is over, or its process gone
            _work(channel, number, outbox)
        outbox.put(None)
        sender.join()


def _work(channel: Channel, number: int, outbox: queue.SimpleQueue[list[Any] | None]) -> None:
    message = channel.receive()
    try:
        recipe = _prepare(message, number)
    except BaseException as e:
        outbox.put(packed((_UNASKED, False, _failure(e))))
        return
    while True:
        ticket, task = channel.receive()
        outbox.put(_outcome(recipe, ticket, task))


def _prepare(message: bytes, number: int) -> Recipe:
    parts = pickle.loads(message)
    set_default_dtype(parts["dtype"])
    if parts["worker_init_fn"] is not None:
        parts["worker_init_fn"](number)
    return Recipe(parts["dataset"], parts["collate_fn"])


def _outcome(recipe: Recipe, ticket: int, task: Task) -> list[Any]:
    try:
        return packed((ticket, True, recipe(task)))
    except BaseException as e:  # SystemExit too: the parent waits for an answer
        return packed((ticket, False, _failure(e)))


def _failure(error: BaseException) -> Failure:
    facts = "; ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])
    try:
        original = pickle.dumps(error)
        pickle.loads(original)
    except Exception:
        original = None
    return Failure(facts, "".join(traceback.format_exception(error)), original)


def _send_all(channel: Channel, outbox: queue.SimpleQueue[list[Any] | None]) -> None:
    with suppress(OSError):  # nobody listens any more
        while (message := outbox.get()) is not None:
            channel.send(message)


# In the parent


class Workers:
    """A crew of processes. `submit` hands out tasks in turn; `collect` waits for one's batch.

    Parameters
    ----------
    recipe : what they do with a task. Must be picklable
    count : number of processes
    worker_init_fn : called with the worker's number in each, first of all
    timeout : seconds to wait for a batch; 0 waits for ever

    Raises
    ------
    DTypeError
        If the data set, or one of the functions, cannot be pickled.
    """

    def __init__(
        self, recipe: Recipe, count: int, worker_init_fn: Callable[[int], Any] | None,
        timeout: float,
    ):  # fmt: skip
        payload = pickled(
            dataset=recipe.dataset, collate_fn=recipe.collate_fn, worker_init_fn=worker_init_fn,
            dtype=get_default_dtype(),
        )  # fmt: skip
        self.timeout = timeout
        self.processes: list[Any] = []
        self._channels: list[Channel] = []
        self._heard: list[bool] = [False] * count
        self._waiting: dict[int, tuple[int, Task]] = {}  # ticket -> worker and task
        self._arrived: dict[int, list[Any]] = {}  # ticket -> good or not, and what
        self._next = 0
        try:
            for number in range(count):
                self._start(number)
            for channel in self._channels:  # only now: they import side by side
                with suppress(OSError):  # dead: told when its batch is asked for
                    channel.send(packed(payload))
        except BaseException:
            self.close()
            raise

    def _start(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        self._channels.append(Channel(ours))
        with theirs:  # the worker has a copy: when it dies, no end stays open
            process = get_context("spawn").Process(
                target=serve, args=(theirs, number), name=f"DataLoader-{number}", daemon=True
            )
            process.start()
        self.processes.append(process)

    def submit(self, task: Task) -> int:
        """Hand out a task; the ticket is for `collect`."""
        ticket = self._next
        self._next += 1
        worker = ticket % len(self.processes)
        self._waiting[ticket] = worker, task
        with suppress(OSError):  # dead: `collect` says so when it is this batch's turn
            self._channels[worker].send(packed((ticket, task)))
        return ticket

    def collect(self, ticket: int) -> Any:
        """The batch of a ticket.

        Raises
        ------
        WorkerError
            If the worker raised, died, or took longer than `timeout`.
        """
        worker, _ = self._waiting[ticket]
        while ticket not in self._arrived:
            arrived, *outcome = self._receive(worker, ticket)
            if arrived == _UNASKED:
                raise self._told(worker, outcome[1], _UNPREPARED)
            if arrived in self._waiting:  # else its loop was left early
                self._arrived[arrived] = outcome
        del self._waiting[ticket]
        good, value = self._arrived.pop(ticket)
        if not good:
            raise self._told(worker, value)
        return value

    def forget(self, ticket: int) -> None:
        """This batch will not be asked for."""
        self._waiting.pop(ticket, None)
        self._arrived.pop(ticket, None)

    def _receive(self, worker: int, ticket: int) -> tuple[int, bool, Any]:
        try:
            message: tuple[int, bool, Any] = self._channels[worker].receive(self.timeout)
        except TimeoutError:
            raise WorkerError(
                f"DataLoader: {self._named(worker)} sent nothing for {self.timeout} s; "
                f"{self._busy_with(ticket)}"
            ) from None
        except (EOFError, OSError):
            raise self._died(worker, ticket) from None
        self._heard[worker] = True
        return message

    def _named(self, worker: int) -> str:
        return f"worker {worker} (process {self.processes[worker].pid})"

    def _busy_with(self, ticket: int) -> str:
        task = self._waiting[ticket][1]
        return f"batch {task.number} of samples {listed(task.indices)} was waited for"

    def _died(self, worker: int, ticket: int) -> WorkerError:
        process = self.processes[worker]
        process.join(_PATIENCE)
        code = process.exitcode
        how = "hung up" if code is None else f"ended with exit code {code}"
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        hint = "its messages above, if any, say more"
        if how.endswith("SIGKILL"):
            hint = "often this means that memory ran out: try fewer workers or smaller batches"
        if not self._heard[worker]:
            hint = (
                "a script that uses workers needs `if __name__ == '__main__':` around what it "
                "does,\n        because each worker imports it; see its messages above, if any"
            )
        return WorkerError(
            f"DataLoader: {self._named(worker)} {how}; {self._busy_with(ticket)}\n  hint: {hint}"
        )

    def _told(self, worker: int, failure: Failure, hint: str = "") -> WorkerError:
        error = WorkerError(
            f"DataLoader: {self._named(worker)} failed: {failure.summary}\n{hint}\n"
            f"In the worker:\n{failure.trace}"
        )
        error.__cause__ = None if failure.original is None else pickle.loads(failure.original)
        return error

    def close(self) -> None:
        """Hang up; who does not leave in a second is made to."""
        for channel in self._channels:
            channel.close()
        end = time.monotonic() + _PATIENCE
        for process in self.processes:
            process.join(max(0.0, end - time.monotonic()))
            if process.is_alive():
                process.terminate()
                process.join(_PATIENCE)
            if process.is_alive():  # e.g. it ignores SIGTERM
                process.kill()
                process.join()
