"""Which module is running, under which path: what messages and pictures call `encoder.layers.3`.

Paths are read off the module tree when a root is called for the first time, and again when it
calls a module that was not there before. A module keeps no link to whoever holds it, so one module
may sit in several places and a tree may be rearranged freely.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograd.graph import Scope

from .parameter import give_name

if TYPE_CHECKING:
    from .module import Module


class Paths:
    """The path of every module under a root. Keeps none of them alive."""

    __slots__ = ("_root", "_table")

    def __init__(self, root: Module):
        self._root = weakref.ref(root)
        self._read()

    def _read(self) -> None:
        self._table: dict[int, tuple[weakref.ref[Module], str]] = {}
        root = self._root()
        if root is None:
            return
        for path, module in root.named_modules():
            self._table[id(module)] = weakref.ref(module), path
        for path, parameter in root.named_parameters():
            give_name(parameter, path)

    def find(self, module: Module) -> str | None:
        """The module's path; None if the root does not hold it."""
        path = self._look_up(module)
        if path is None:
            self._read()
            path = self._look_up(module)
        return path

    def _look_up(self, module: Module) -> str | None:
        reference, path = self._table.get(id(module), (None, None))
        return path if reference is not None and reference() is module else None


@dataclass(frozen=True, slots=True)
class Running(Scope):
    """A Scope that knows the paths of the tree whose root was called."""

    paths: Paths | None = field(default=None, compare=False, repr=False)


def inner(module: Module, outer: Running, call: int) -> Running:
    """The scope of a module that another one calls."""
    kind = type(module).__name__
    assert outer.paths is not None
    path = outer.paths.find(module)
    if path is None:  # made on the fly, or held by nobody under the root
        path = f"{outer.path}.{kind}" if outer.path else kind
    return Running(path, kind, outer, call, outer.paths)
