"""Targets of losses over classes: whole numbers or probabilities, checked."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..arguments import operand
from ..engine import plain
from ..errors import DTypeError, IndexingError, ShapeError
from ..messages import complain
from .loss import constant, floats


def class_axis(name: str, x: Any) -> int:
    """The axis of the classes: the second, or the only one."""
    ndim = x.ndim
    if ndim == 0:
        raise complain(ShapeError, name, "input needs an axis of classes", {"input": x})
    return 1 if ndim > 1 else 0


def element_of(classes: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """The index of the element that each class names along the axis of classes."""
    places = _places(classes.shape)
    return (*places[:axis], classes, *places[axis:])


@lru_cache(maxsize=64)
def _places(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """0, 1, ... along each axis of a shape."""
    ndim = len(shape)
    places = [np.arange(n).reshape(-1, *(1,) * (ndim - 1 - k)) for k, n in enumerate(shape)]
    for place in places:
        place.flags.writeable = False
    return tuple(places)


def are_classes(target: Any, shape: tuple[int, ...], axis: int, ignored: int) -> bool:
    """Whether there is a whole number for each sample, and none of them is a class to ignore."""
    return (
        isinstance(target, (np.ndarray, np.integer))
        and target.dtype.kind in "iu"
        and target.shape == shape[:axis] + shape[axis + 1 :]
        and ignored < 0
    )


def class_weights(name: str, weight: Any, x: Any, axis: int) -> Any:
    """A weight for each class of x, or None."""
    if weight is None:
        return None
    array = constant(weight, x)
    if array.shape != (x.shape[axis],):
        fact = f"weight has shape {array.shape}, but there are {x.shape[axis]} classes"
        raise complain(ShapeError, name, fact, {"input": x, "weight": weight})
    return array


def probabilities(name: str, x: Any, target: Any) -> Any:
    """A target that has the shape of x, as floats."""
    dtype = operand(target).dtype
    if dtype.kind != "f":
        fact = f"target has input's shape, so it must hold probabilities, but it is {dtype}"
        raise complain(DTypeError, name, fact, {"input": x, "target": target})
    return floats(target, x.dtype)


def checked_classes(
    name: str, x: Any, target: Any, ignored: int | None, axis: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The classes, with 0 in place of ignored ones, and which of them count; None for all."""
    classes = np.array(plain(target))
    shape = x.shape
    count, expected = shape[axis], shape[:axis] + shape[axis + 1 :]
    arrays = {"input": x, "target": target}
    if classes.shape != expected:
        fact = f"target has shape {classes.shape}, expected {expected}: one class for each sample"
        hint = f"target.reshape{expected}" if classes.size == math.prod(expected) else None
        raise complain(ShapeError, name, fact, arrays, hint=hint)
    if classes.dtype.kind not in "iu":
        fact = f"target must hold class numbers (ints), but it is {classes.dtype}"
        raise complain(DTypeError, name, fact, arrays)
    good = np.asarray(classes.astype(np.uint64) < count)  # negative ones become huge
    if np.count_nonzero(good) == good.size and (ignored is None or not 0 <= ignored < count):
        return classes, None
    counted = np.full(classes.shape, True) if ignored is None else np.asarray(classes != ignored)
    wrong = counted & ~good
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        fact = f"target{list(place)} is {classes[place]}, but the classes are 0 to {count - 1}"
        raise complain(IndexingError, name, fact, arrays)
    classes[~counted] = 0
    return classes, counted
