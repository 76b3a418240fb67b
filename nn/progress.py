"""Progress bars: tqdm's where it is installed, else a line of our own, and silence in log files."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

_EVERY = 0.1  # seconds between two updates of the line


def progress(iterable: Iterable[Any], total: int | None = None, description: str = "") -> Any:
    """Loop over `iterable` and show how far it is, on stderr, if that is a terminal.

    The result has `set_postfix(loss=0.3)` for values to show beside the bar.

    Examples
    --------
    >>> from nn import progress
    >>> list(progress(range(4)))
    [0, 1, 2, 3]
    """
    if total is None and isinstance(iterable, Sized):
        with suppress(TypeError):  # a loader knows its length if its sampler does
            total = len(iterable)
    if sys.stderr.isatty() and find_spec("tqdm") is not None:
        from tqdm.auto import tqdm

        return tqdm(iterable, total=total, desc=description or None)
    return Progress(iterable, total, description)


class Progress:
    """The modest stand-in for tqdm: one line that is written over."""

    def __init__(self, iterable: Iterable[Any], total: int | None, description: str):
        self.iterable = iterable
        self.total = total
        self.description = description
        self._values: dict[str, Any] = {}
        self._shown = sys.stderr.isatty()

    def set_postfix(self, **values: Any) -> None:
        """Show these values beside the bar."""
        self._values = values

    def __len__(self) -> int:
        if self.total is None:
            raise TypeError("the length of this iterable is not known")
        return self.total

    def __iter__(self) -> Iterator[Any]:
        if not self._shown:
            yield from self.iterable
            return
        start = shown = time.monotonic()
        count = 0
        for item in self.iterable:
            yield item
            count += 1
            now = time.monotonic()
            if now - shown >= _EVERY:
                shown = now
                self._write(count, now - start, "\r")
        self._write(count, time.monotonic() - start, "\n")

    def _write(self, count: int, seconds: float, end: str) -> None:
        share = f"{count}/{self.total}" if self.total is not None else str(count)
        values = "".join(
            f" {k}={v:.4g}" if isinstance(v, float) else f" {k}={v}"
            for k, v in self._values.items()
        )
        label = f"{self.description}: " if self.description else ""
        text = f"{label}{share} [{seconds:.1f} s]{values}"
        sys.stderr.write(f"\r{text:<79}{end}")
        sys.stderr.flush()
