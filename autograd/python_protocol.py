"""How a Tensor behaves as a Python object: conversion, iteration, printing, copying."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .binding import bind
from .dtypes import get_default_dtype
from .errors import DTypeError, GraphError, ShapeError
from .tensor import Tensor


def to_float(self: Tensor) -> float:
    return float(self.item())


def to_int(self: Tensor) -> int:
    return int(self.item())


def to_index(self: Tensor) -> int:
    if self.dtype.kind not in "iu" or self.ndim:
        fact = f"only a 0-d integer tensor is an index, got {self.shape} {self.dtype}"
        raise DTypeError(fact)
    return int(self._data)


def to_bool(self: Tensor) -> bool:
    if self.size != 1:
        raise ShapeError(
            f"the truth of a tensor of shape {self.shape} is ambiguous\n"
            "  hint: use any() or all(), or where(condition, x, y) to choose element by element"
        )
    return bool(self._data)


def length(self: Tensor) -> int:
    if not self.shape:
        raise DTypeError("len: a 0-d tensor has no length")
    return int(self.shape[0])


def iterate(self: Tensor) -> Iterator[Tensor]:
    if not self.shape:
        raise DTypeError("cannot iterate over a 0-d tensor")
    return (self[i] for i in range(self.shape[0]))


def contains(self: Tensor, item: Any) -> bool:
    return bool(np.any(self._data == (item._data if type(item) is Tensor else item)))


def represent(self: Tensor) -> str:
    text = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
    extra = ""
    if self.dtype not in (get_default_dtype(), np.dtype(np.int64), np.dtype(bool)):
        extra += f", dtype={self.dtype}"
    if self.node is not None:
        extra += ", requires_grad=True" if self.node.op is None else f", op={self.node.op.shown}"
    return f"Tensor({text}{extra})"


def formatted(self: Tensor, spec: str) -> str:
    return format(self.item(), spec) if spec else str(self)


# A leaf copies and pickles as a leaf. A graph is not copied, and never by accident.


def restore(data: np.ndarray, requires_grad: bool, name: str | None) -> Tensor:
    """What pickle calls to make the Tensor again."""
    return Tensor(data, requires_grad, name=name)


def reduced(self: Tensor) -> Any:
    if not self.is_leaf:
        assert self.node is not None
        raise GraphError(
            f"only leaves can be copied or pickled; this tensor was computed by {self.node.label} "
            f"({self.node.where})\n  hint: use detach()"
        )
    return restore, (np.array(self._data), self.requires_grad, self.name)


def deep_copied(self: Tensor, memo: dict[int, Any]) -> Tensor:
    make, args = reduced(self)
    new: Tensor = make(*args)
    memo[id(self)] = new
    if self.grad is not None:
        new.grad = Tensor(self.grad._data)
    return new


for _name, _function in {
    "__float__": to_float,
    "__int__": to_int,
    "__index__": to_index,
    "__bool__": to_bool,
    "__len__": length,
    "__iter__": iterate,
    "__contains__": contains,
    "__repr__": represent,
    "__format__": formatted,
    "__reduce__": reduced,
    "__deepcopy__": deep_copied,
}.items():
    bind(_name, _function)
