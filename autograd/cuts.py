"""Where values leave the graph, remembered so that `explain` can say why no gradient arrives."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np

from .graph import Node
from .provenance import Where, internal, user_frame


class Cut:
    """Where a value left the graph: what `explain` reports when there is no path.

    kind     'detach', 'no_grad', 'numpy', 'integer cast', ...
    where    the user's line
    sources  weak references to the nodes whose gradient ends here (a cut keeps nothing alive)
    names    what those nodes were

    Every comparison of tracked values makes one, so it notes only what it must: the rest is worked
    out when somebody asks.
    """

    __slots__ = ("kind", "sources", "_code", "_lasti", "_labels")

    def __init__(self, kind: str, frame: FrameType, nodes: Sequence[Node]):
        if internal[frame.f_code.co_filename]:
            frame = user_frame(frame)
        self.kind = kind
        self.sources = [weakref.ref(n) for n in nodes]
        self._code = frame.f_code
        self._lasti = frame.f_lasti
        self._labels = [n.op or n.get("name") or (n.code, n.lasti) for n in nodes]

    @property
    def where(self) -> Where:
        return Where(self._code, self._lasti)

    @property
    def names(self) -> tuple[str, ...]:
        """Op, parameter name or variable of each source. Reading bytecode is slow."""
        return tuple(_name(label) for label in self._labels)


def _name(label: Any) -> str:
    """What a node was: its op, its name, or where a leaf was made."""
    if isinstance(label, str):
        return label
    return Where(*label).variable or "leaf" if isinstance(label, tuple) else label.name


# Buffers that `numpy()` handed out, so that explain() can say where a value left the graph.
_exits: dict[int, tuple[weakref.ref[np.ndarray], Cut]] = {}


def note_exit(view: np.ndarray, record: Cut | None) -> None:
    """Remember that `view` shows values of a graph."""
    if record is not None:
        buffer = view.base if isinstance(view.base, np.ndarray) else view
        key = id(buffer)
        _exits[key] = weakref.ref(buffer, lambda _: _exits.pop(key, None)), record


def exit_of(data: Any) -> Cut | None:
    """The Cut through which `data`, or an array it is a view of, left a graph."""
    while _exits and isinstance(data, np.ndarray):
        found = _exits.get(id(data))
        if found is not None:
            return found[1]
        data = data.base
    return None
