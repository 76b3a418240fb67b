"""Nested values as a JSON tree and named arrays, and back.

In the tree a str, int, float, bool, None, list or dict with str keys stands for itself. What JSON
does not know is a dict of one entry whose key begins with `$`:

    {"$array": name}   an array            {"$tuple": [...]}   a tuple
    {"$scalar": name}  a NumPy scalar      {"$dict": [[key, value], ...]}   a dict with other keys
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from autograd.errors import DTypeError
from autograd.tensor import Tensor

from ..errors import SavedFileError
from ..tree import Tree

VERSION = 1
Arrays = dict[str, np.ndarray]

_PLAIN = (str, int, float, bool, type(None))
_NUMBERS = "biufc"  # kinds of dtypes
_LONGEST = 1000  # letters in the name of an array; longer ones get a number instead


def take_apart(value: Any) -> tuple[str, Arrays]:
    """The tree as text, and the arrays, contiguous and little-endian, by name.

    Raises
    ------
    DTypeError
        Naming the first thing that cannot be saved, and where it is.
    """
    arrays: Arrays = {}
    tree = _encoded(value, (), arrays, ())
    return json.dumps(tree), arrays


def _encoded(value: Any, path: tuple[Any, ...], arrays: Arrays, above: tuple[int, ...]) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (Tensor, np.ndarray)):
        return {"$array": _put(np.asarray(value), path, arrays)}
    if isinstance(value, np.generic):
        return {"$scalar": _put(np.asarray(value), path, arrays)}
    if not isinstance(value, (list, tuple, dict)):
        raise _unsavable(value, path)
    if id(value) in above:
        raise DTypeError(f"save: {_place(path)} contains itself")
    inside = (*above, id(value))
    if not isinstance(value, dict):
        items = [_encoded(v, (*path, i), arrays, inside) for i, v in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    pairs = [
        (_encoded(k, (*path, "a key"), arrays, ()), _encoded(v, (*path, k), arrays, inside))
        for k, v in value.items()
    ]
    if all(type(k) is str and not k.startswith("$") for k in value):
        return dict(pairs)
    return {"$dict": pairs}


def _put(array: np.ndarray, path: tuple[Any, ...], arrays: Arrays) -> str:
    """Add to the arrays, under a name that tells where it was if that is fit for any file."""
    if array.dtype.kind not in _NUMBERS or array.dtype.itemsize > 16 or array.dtype.char in "gG":
        raise DTypeError(f"save: {_place(path)} is an array of {array.dtype}, not of numbers")
    name = ".".join(map(str, path))
    fit = name.isprintable() and 0 < len(name) <= _LONGEST and name != "__metadata__"
    if not fit or name in arrays:
        number = len(arrays)
        while (name := f"array {number}") in arrays:
            number += 1
    arrays[name] = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
    return name


def _place(path: tuple[Any, ...]) -> str:
    return "the value" + "".join(f"[{key!r}]" for key in path)


def _unsavable(value: Any, path: tuple[Any, ...]) -> DTypeError:
    kind = type(value).__name__
    text = (
        f"save: {_place(path)} is a {kind}; a file takes arrays, Tensors, numbers, strings, None, "
        "and lists, tuples and dicts of them"
    )
    if isinstance(value, Tree):
        text += "\n  hint: save its state_dict()"
    return DTypeError(text)


def put_together(text: str, arrays: Arrays) -> Any:
    """What `take_apart` was given, with arrays instead of Tensors.

    Raises
    ------
    SavedFileError
        If tree and arrays do not fit each other.
    """
    left = dict(arrays)
    try:
        value = _decoded(json.loads(text), left)
    except (ValueError, TypeError, KeyError, RecursionError) as e:
        raise SavedFileError(f"the structure is damaged ({type(e).__name__}: {e})") from None
    if left:
        raise SavedFileError(f"the structure does not mention the array {next(iter(left))!r}")
    return value


def _decoded(tree: Any, left: Arrays) -> Any:
    if isinstance(tree, list):
        return [_decoded(item, left) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tag = next((k for k in tree if k.startswith("$")), None)
    if tag is None:
        return {k: _decoded(v, left) for k, v in tree.items()}
    ((_, content),) = tree.items()
    if tag == "$array":
        return left.pop(content)
    if tag == "$scalar":
        return left.pop(content)[()]
    if tag == "$tuple":
        return tuple(_decoded(item, left) for item in content)
    if tag == "$dict":
        return {_decoded(k, left): _decoded(v, left) for k, v in content}
    raise ValueError(f"unknown tag {tag}")
