"""What a thread is doing right now: recording or not, inside which module, debugging or not.

Almost always every thread is in the default state (recording, no module, no debugging), so the
ops look at one module-level counter first and only consult the thread when it is not zero.
"""

from __future__ import annotations

import threading
from contextlib import ContextDecorator
from typing import Any

special = 0  # how many non-default settings are in force, over all threads
_lock = threading.Lock()


class _State(threading.local):
    recording = True
    scope: Any = None  # the graph.Scope of the module whose forward runs
    debug = False
    drawn: dict[Any, Any] | None = None  # in a checkpoint: Generator -> its state before
    replaying = False  # whether a checkpoint runs for the second time


state = _State()


def _count(step: int) -> None:
    global special
    with _lock:
        special += step


class Setting(ContextDecorator):
    """Set one field of this thread's state for a `with` block or a decorated function."""

    __slots__ = ("_field", "_value", "_before")

    def __init__(self, field: str, value: Any):
        self._field = field
        self._value = value
        self._before: list[Any] = []

    def __enter__(self) -> Setting:
        self._before.append(getattr(state, self._field))
        setattr(state, self._field, self._value)
        _count(1)
        return self

    def __exit__(self, *exc: object) -> None:
        _count(-1)
        setattr(state, self._field, self._before.pop())

    def _recreate_cm(self) -> Setting:  # a decorated function may run in several threads at once
        return Setting(self._field, self._value)


def no_grad() -> Setting:
    """Nothing is recorded inside: for evaluation and for updating parameters.

    Per thread: another thread goes on recording. Works as `with no_grad():` and as a decorator.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """
    return Setting("recording", False)


def enable_grad() -> Setting:
    """Record again inside a `no_grad()` block.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """
    return Setting("recording", True)


def set_grad_enabled(mode: bool) -> Setting:
    """`enable_grad()` or `no_grad()`, chosen by a flag, for a `with` block or as a decorator.

    Examples
    --------
    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """
    return Setting("recording", bool(mode))


def is_grad_enabled() -> bool:
    """Whether ops on this thread are recorded.

    Examples
    --------
    >>> is_grad_enabled()
    True
    """
    return state.recording
