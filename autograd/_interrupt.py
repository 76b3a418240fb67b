"""Ctrl-C while `python -m autograd` is still importing: one line, as later on."""

from __future__ import annotations

import sys
from types import TracebackType


def _hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("autograd: interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, where)


if sys.argv[:1] == ["-m"]:  # what Python puts there while it looks for the module to run
    sys.excepthook = _hook
