"""Nested lists, tuples and dicts of values, as arguments and results of the transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of nested lists, tuples and dicts, and a function that puts new ones in place.

    Dicts are taken in insertion order; named tuples stay named tuples. None is a leaf.

    Examples
    --------
    >>> leaves, rebuild = flatten({"w": [1, 2], "b": 3})
    >>> leaves
    [1, 2, 3]
    >>> rebuild([10, 20, 30])
    {'w': [10, 20], 'b': 30}
    """
    leaves: list[Any] = []
    _collect(tree, leaves)

    def rebuild(new: list[Any]) -> Any:
        values = iter(new)
        return _restore(tree, values)

    return leaves, rebuild


def _collect(tree: Any, leaves: list[Any]) -> None:
    if isinstance(tree, dict):
        for value in tree.values():
            _collect(value, leaves)
    elif isinstance(tree, (list, tuple)):
        for value in tree:
            _collect(value, leaves)
    else:
        leaves.append(tree)


def _restore(tree: Any, values: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return type(tree)((key, _restore(value, values)) for key, value in tree.items())
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_restore(value, values) for value in tree))
    if isinstance(tree, (list, tuple)):
        return type(tree)([_restore(value, values) for value in tree])
    return next(values)
