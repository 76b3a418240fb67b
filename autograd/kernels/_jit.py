"""The one way to compile: `@jit`, with disk cache, released GIL, and a word when it takes long.

Modules that use it are imported when the first large enough input arrives, so that
`import autograd` does not pay for Numba.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

# Sums may be reordered, products fused. Not `fastmath=True`: that deletes the checks for NaN.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}

compiled: dict[str, Any] = {}  # 'conv_tiles.correlate' -> its dispatcher


def _sources() -> tuple[tuple[str, float, int], ...]:
    """What the code on disk was made from: all kernels, since they call each other across files."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((f.name, f.stat().st_mtime, f.stat().st_size) for f in files)


SOURCES = _sources()


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function of arrays and numbers when it is first called.

    The code is kept on disk, in `__pycache__` beside the source, or in a folder of the user's where
    that cannot be written; where neither can, it is compiled in every process.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": FASTMATH, "error_model": "numpy"}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
        dispatcher._cache._cache_file._source_stamp = SOURCES
    except RuntimeError:  # nowhere to keep it
        dispatcher = numba.njit(**options)(function)
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}".lstrip("_")
    compiled[name] = dispatcher
    return dispatcher
