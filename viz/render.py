"""From DOT text to SVG, PNG or PDF: with the system's `dot`, else with pygraphviz.

The wheels of pygraphviz carry Graphviz with them, so pictures need no system package.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from autograd.errors import AutogradError

FORMATS = ("svg", "png", "pdf")
_DOTS_PER_INCH = 144  # of a PNG: sharp on today's screens

INSTALL = """\
  pip install "pygraphviz>=2.0"                (carries Graphviz: nothing else to install)
  apt-get install graphviz | brew install graphviz | choco install graphviz
  conda install -c conda-forge graphviz"""


class RenderError(AutogradError, RuntimeError):
    """A picture that cannot be laid out: no engine, a graph too large, or an engine that failed."""


@dataclass(frozen=True)
class Engine:
    """A way to lay out DOT text. `find` says where it is (None: not here)."""

    name: str
    find: Callable[[], str | None]
    draw: Callable[[str, str], bytes]


def engines() -> dict[str, str]:
    """The layout engines that were found, in the order they are tried, and where.

    Examples
    --------
    >>> import viz
    >>> set(viz.engines()) <= {"dot", "pygraphviz"}
    True
    """
    found = {engine.name: engine.find() for engine in ENGINES}
    return {name: place for name, place in found.items() if place is not None}


def render(source: str, format: str) -> bytes:
    """Lay out DOT text with the first engine that can.

    Parameters
    ----------
    source : DOT text
    format : 'svg', 'png' or 'pdf'

    Raises
    ------
    RenderError
        If there is no engine, or none that succeeds; says how to install one, or what they said.
    """
    complaints = []
    for engine in ENGINES:
        if engine.find() is None:
            continue
        try:
            return engine.draw(source, format)
        except Exception as e:  # an engine's own errors are of any class
            complaints.append(f"  {engine.name}: {str(e).strip() or type(e).__name__}")
    if complaints:
        raise RenderError("\n".join([f"Graphviz could not make this {format}", *complaints]))
    raise RenderError(f"drawing needs Graphviz, which was not found; to install it:\n{INSTALL}")


def _options(format: str) -> list[str]:
    return [f"-Gdpi={_DOTS_PER_INCH}"] if format == "png" else []


def _draw_with_dot(source: str, format: str) -> bytes:
    command = ["dot", f"-T{format}", *_options(format)]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    if done.returncode:
        raise RenderError(done.stderr.decode(errors="replace"))
    return done.stdout


def _find_pygraphviz() -> str | None:
    try:
        return f"pygraphviz {importlib.metadata.version('pygraphviz')}"
    except importlib.metadata.PackageNotFoundError:
        return None


_one_at_a_time = threading.Lock()  # Graphviz inside the process keeps global state


def _draw_with_pygraphviz(source: str, format: str) -> bytes:
    with _one_at_a_time, _stderr() as said:
        try:
            from pygraphviz import AGraph

            arguments = " ".join(_options(format))
            return bytes(AGraph(string=source).draw(format=format, prog="dot", args=arguments))
        except Exception as e:
            said.seek(0)
            raise RenderError(f"{e} {said.read().decode(errors='replace')}") from e


@contextmanager
def _stderr() -> Iterator[IO[bytes]]:
    """What C code writes to stderr meanwhile (font warnings, parse errors), kept off the screen."""
    with tempfile.TemporaryFile() as said:
        before = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)


ENGINES: tuple[Engine, ...] = (
    Engine("dot", lambda: shutil.which("dot"), _draw_with_dot),
    Engine("pygraphviz", _find_pygraphviz, _draw_with_pygraphviz),
)
