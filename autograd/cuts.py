"""Where values leave the graph, remembered so that `explain` can say why no gradient arrives."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from .graph import Node
from .provenance import Where


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a value left the graph: what `explain` reports when there is no path.

    kind     'detach', 'no_grad', 'numpy', 'integer cast', ...
    where    the user's line
    sources  weak references to the nodes whose gradient ends here (a cut keeps nothing alive)
    labels   what those nodes were; a place stands for the variable that is assigned there
    """

    kind: str
    where: Where
    sources: tuple[weakref.ref[Node], ...]
    labels: tuple[str | Where, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The labels in words. Reading bytecode is slow, so only on demand."""
        return tuple(x if isinstance(x, str) else x.variable or "leaf" for x in self.labels)


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
