"""Checking the settings of a layer while it is made, by the rules of the op behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from autograd.errors import AutogradError
from autograd.ops.conv_options import per_axis

Sizes = int | tuple[int, ...]  # one number for all axes of space, or one for each
T = TypeVar("T")


def checked(layer: Any, check: Callable[..., T], *args: Any) -> T:
    """check(*args), with complaints in the name of the layer."""
    try:
        return check(*args)
    except AutogradError as error:
        raise type(error)(f"{type(layer).__name__}: {error}") from None


def sizes(layer: Any, name: str, value: Any, axes: int, least: int = 1) -> tuple[int, ...]:
    """A setting as one int for each axis."""
    return checked(layer, per_axis, value, name, axes, least)
