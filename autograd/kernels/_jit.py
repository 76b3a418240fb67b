"""The one way to compile: `@jit`, with disk cache, released GIL, and a word when it takes long.

Modules that use it are imported when the first large enough input arrives, so that
`import autograd` does not pay for Numba.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import numba
from numba.core import event

from ._code_files import keep_apart

# Sums may be reordered, products fused. Not `fastmath=True`: that deletes the checks for NaN.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}

PATIENCE = 1.0  # seconds of compiling after which the user is told
NOTICE = (
    "autograd: compiling kernels for this machine; they stay on disk "
    "(python -m autograd warmup compiles all of them)"
)

compiled: dict[str, Any] = {}  # 'convolution._tiles.correlate' -> its dispatcher


def _sources() -> tuple[tuple[str, float, int], ...]:
    """What the code on disk was made from: all kernels, since they call each other across files."""
    here = Path(__file__).parent
    files = sorted((f.relative_to(here), f.stat()) for f in here.rglob("*.py"))
    return tuple((str(f), facts.st_mtime, facts.st_size) for f, facts in files)


SOURCES = _sources()


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function of arrays and numbers when it is first called.

    The code is kept on disk, in `__pycache__` beside the source, or in a folder of the user's where
    that cannot be written; where neither can, it is compiled in every process.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": FASTMATH, "error_model": "numpy"}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
        keep_apart(dispatcher, SOURCES)
    except RuntimeError:  # nowhere to keep it
        dispatcher = numba.njit(**options)(function)
    module = function.__module__.partition(".kernels.")[2]
    compiled[f"{module}.{function.__name__}"] = dispatcher
    return dispatcher


class _Waiting(event.Listener):
    """Says in one line, once, why the first call takes so long."""

    def __init__(self) -> None:
        self.told = False
        self.timers: list[Timer] = []

    def on_start(self, event: Any) -> None:
        if not self.told and event.data["dispatcher"] in compiled.values():
            timer = Timer(PATIENCE, self.tell)
            timer.daemon = True
            timer.start()
            self.timers.append(timer)

    def on_end(self, event: Any) -> None:
        if self.timers and event.data["dispatcher"] in compiled.values():
            self.timers.pop().cancel()

    def tell(self) -> None:
        if not self.told:
            self.told = True
            print(NOTICE, file=sys.stderr, flush=True)


waiting = _Waiting()
event.register("numba:compile", waiting)


def folder() -> str | None:
    """Where compiled code is kept, in this folder or those in it; None where it cannot be."""
    here = Path(__file__).parent
    for dispatcher in compiled.values():
        path = getattr(dispatcher._cache, "cache_path", None)
        if path is None:
            return None
        return str(here if here in Path(path).parents else Path(path).parent)
    return None
