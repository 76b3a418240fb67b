"""Checking the settings of a layer while it is made, so that calls need not."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, TypeVar

from autograd.errors import ArgumentError, AutogradError, DTypeError
from autograd.ops.conv_options import per_axis

T = TypeVar("T")


def checked(layer: Any, check: Callable[..., T], *args: Any) -> T:
    """check(*args), a check of the op behind the layer, with complaints in the layer's name."""
    try:
        return check(*args)
    except AutogradError as error:
        raise type(error)(f"{type(layer).__name__}: {error}") from None


def sizes(layer: Any, name: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """An int for all axes of space, or one for each, as one for each."""
    return checked(layer, per_axis, value, name, axes, least)


def count(layer: Any, name: str, value: Any, least: int = 1) -> int:
    """An int that counts something."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise DTypeError(f"{type(layer).__name__}: {name} must be an int, got {value!r}")
    if value < least:
        raise ArgumentError(f"{type(layer).__name__}: {name} must be at least {least}, got {value}")
    return int(value)


def number(
    layer: Any, name: str, value: Any, least: float = -math.inf, most: float = math.inf
) -> Any:
    """A number between two others, these included."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise DTypeError(f"{type(layer).__name__}: {name} must be a number, got {value!r}")
    if not least <= float(value) <= most:
        if most == math.inf and least == 0:
            rule = "must not be negative"
        else:
            rule = f"must lie between {least} and {most}"
        raise ArgumentError(f"{type(layer).__name__}: {name} {rule}, got {value}")
    return value
