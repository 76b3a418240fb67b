"""Functions that are called when a gradient reaches a node."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from .graph import Node

Hook = Callable[[Any], Any]

# Nodes that have hooks, and nodes whose Tensor keeps its gradient although an op computed it.
# Empty in nearly every program, so the engine asks once a pass.
hooked: weakref.WeakSet[Node] = weakref.WeakSet()
retained: weakref.WeakSet[Node] = weakref.WeakSet()
_number = count().__next__


class Handle:
    """What registering a hook returns: `remove()` takes the hook away again."""

    __slots__ = ("_remove",)

    def __init__(self, remove: Callable[[], Any]):
        self._remove: Callable[[], Any] | None = remove

    def remove(self) -> None:
        """Take the hook away. Safe to call twice."""
        if self._remove is not None:
            self._remove()
            self._remove = None


def add_hook(node: Node, hook: Hook) -> Handle:
    """Call hook(gradient) whenever a backward pass reaches the node."""
    if node not in hooked:
        node.hooks = {}
        hooked.add(node)
    entries = node.hooks
    key = _number()
    entries[key] = hook
    return Handle(lambda: entries.pop(key, None))
