"""Where in the user's code something happened.

An op notes the code object and the bytecode offset of the frame that called it (0.1 us). File,
line, source text and the variable that received the result are worked out only on demand.
"""

from __future__ import annotations

import ast
import dis
import linecache
import os
import sys
from bisect import bisect
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any, NamedTuple

_roots: list[str] = []


class _Internal(dict[str, bool]):
    """file name -> whether it belongs to the library; answers are remembered."""

    def __missing__(self, filename: str) -> bool:
        answer = self[filename] = filename.startswith(tuple(_roots))
        return answer


internal = _Internal()


def mark_internal(package_file: str) -> None:
    """Frames of this package are the library's, not the user's."""
    _roots.append(os.path.join(os.path.dirname(os.path.abspath(package_file)), ""))
    internal.clear()


mark_internal(__file__)


def user_frame(frame: FrameType) -> FrameType:
    """The innermost frame, from `frame` outwards, that is not the library's own."""
    f = frame
    while internal[f.f_code.co_filename]:
        outer = f.f_back
        if outer is None:
            return frame
        f = outer
    return f


class Where(NamedTuple):
    """A place in a program: the code object and the offset of the instruction that was running."""

    code: CodeType
    lasti: int

    @property
    def filename(self) -> str:
        return self.code.co_filename

    @property
    def line(self) -> int:
        line = 0
        for start, end, number in self.code.co_lines():
            if start <= self.lasti < end:
                return number or line
            line = number or line
        return line

    @property
    def source(self) -> str:
        """The line's text, stripped; '' where the source is not at hand."""
        return linecache.getline(self.filename, self.line).strip()

    @property
    def variable(self) -> str | None:
        """The variable (or attribute) that the statement assigns this very result to."""
        return _variable(self.code, self.lasti)

    def __str__(self) -> str:
        return f"{os.path.basename(self.filename)}:{self.line}"


STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")


@lru_cache(maxsize=64)
def _steps(code: CodeType) -> tuple[list[int], list[tuple[str, Any]]]:
    """The offsets of a code object's instructions, and their names with arguments."""
    steps = list(dis.get_instructions(code))
    return [s.offset for s in steps], [(s.opname, s.argval) for s in steps]


@lru_cache(maxsize=4096)
def _variable(code: CodeType, lasti: int) -> str | None:
    """What the instructions after `lasti` store its result in."""
    offsets, steps = _steps(code)
    running = bisect(offsets, lasti) - 1  # lasti may be a cache entry of the instruction
    if steps[running][0] == "PRECALL":
        running += 1
    after = steps[running + 1 : running + 3]
    if after and after[0][0] in STORES:
        return str(after[0][1])
    if len(after) == 2 and after[1][0] == "STORE_ATTR" and after[0][0].startswith("LOAD_"):
        return str(after[1][1])
    return _unpacked(code, lasti)


def _unpacked(code: CodeType, lasti: int) -> str | None:
    """The variable in `a, b = f(), g()` that takes the call at `lasti`, read from the source."""
    line, _, column, _ = next(islice(code.co_positions(), lasti // 2, None), (None,) * 4)
    text = linecache.getline(code.co_filename, line or 0)
    try:
        (statement,) = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return None
    if not isinstance(statement, ast.Assign) or column is None:
        return None
    indent = len(text) - len(text.lstrip())
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            for name, value in zip(target.elts, statement.value.elts):
                if value.col_offset + indent == column and isinstance(name, ast.Name):
                    return name.id
    return None


def here(depth: int = 1) -> Where:
    """The user's line that led to the caller's caller."""
    frame = user_frame(sys._getframe(depth + 1))
    return Where(frame.f_code, frame.f_lasti)


def variable_named(value: Any) -> str | None:
    """The name by which the user's current function knows `value`. For error messages: slow."""
    frame = user_frame(sys._getframe(1))
    for scope in (frame.f_locals, frame.f_globals):
        for name, candidate in scope.items():
            if candidate is value and not name.startswith("_"):
                return name
    return None
