"""Margins around signals, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from autograd.errors import ArgumentError

from . import functional
from .functional.shapes import shape_of
from .misfit import misfit
from .module import Module

Widths = int | Sequence[int]


class _Pad(Module):
    """What they share: the widths, and which inputs they take.

    Parameters
    ----------
    padding : one width for all sides, or (left, right, top, bottom, front, back), as many as needed
    """

    axes: ClassVar[int]  # how many axes get a margin
    mode: ClassVar[str]
    negative: ClassVar[bool] = False  # whether widths may be negative, to cut off

    def __init__(self, padding: Widths):
        super().__init__()
        count = 2 * self.axes
        self.padding = (padding,) * count if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != count or not all(isinstance(n, int) for n in self.padding):
            raise ArgumentError(
                f"{type(self).__name__}: padding must be an int or {count} ints, got {padding!r}"
            )
        if min(self.padding) < 0 and not self.negative:
            raise ArgumentError(
                f"{type(self).__name__}: padding must not be negative, got {padding!r}"
            )

    def _check(self, x: Any) -> None:
        shape = shape_of(x)
        if len(shape) not in (self.axes + 1, self.axes + 2):
            fact = f"x has {len(shape)} axes, expected {self.axes + 2}: batch, channels, space"
            raise misfit(self, "", fact, {"x": x})

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"
    negative = True

    def __init__(self, padding: Widths, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        if len(shape_of(input)) < self.axes:
            fact = f"x has {len(shape_of(input))} axes, expected at least {self.axes}"
            raise misfit(self, "", fact, {"x": input})
        return functional.pad(input, self.padding, value=self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A margin of `value` around signals (..., L); a negative width cuts off.

    Parameters
    ----------
    padding : one width, or (left, right)
    value : float
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """A margin of `value` around images (..., H, W): (left, right, top, bottom) or one width."""

    axes = 2


class ConstantPad3d(_ConstantPad):
    """A margin of `value` around volumes: (left, right, top, bottom, front, back) or one width."""

    axes = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Widths):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """A margin of zeros around signals (..., L); padding as for `ConstantPad1d`."""

    axes = 1


class ZeroPad2d(_ZeroPad):
    """A margin of zeros around images (..., H, W); padding as for `ConstantPad2d`."""

    axes = 2


class ZeroPad3d(_ZeroPad):
    """A margin of zeros around volumes (..., D, H, W); padding as for `ConstantPad3d`."""

    axes = 3


class ReflectionPad1d(_Pad):
    """Signals (N, C, L) or (C, L), mirrored at their outermost elements."""

    axes = 1
    mode = "reflect"


class ReflectionPad2d(_Pad):
    """Images (N, C, H, W) or (C, H, W), mirrored at their outermost elements."""

    axes = 2
    mode = "reflect"


class ReflectionPad3d(_Pad):
    """Volumes (N, C, D, H, W) or (C, D, H, W), mirrored at their outermost elements."""

    axes = 3
    mode = "reflect"


class ReplicationPad1d(_Pad):
    """Signals (N, C, L) or (C, L), continued by their outermost elements."""

    axes = 1
    mode = "replicate"


class ReplicationPad2d(_Pad):
    """Images (N, C, H, W) or (C, H, W), continued by their outermost elements."""

    axes = 2
    mode = "replicate"


class ReplicationPad3d(_Pad):
    """Volumes (N, C, D, H, W) or (C, D, H, W), continued by their outermost elements."""

    axes = 3
    mode = "replicate"


class CircularPad1d(_Pad):
    """Signals (N, C, L) or (C, L), continued by themselves: the last element before the first."""

    axes = 1
    mode = "circular"


class CircularPad2d(_Pad):
    """Images (N, C, H, W) or (C, H, W), continued by themselves in both directions."""

    axes = 2
    mode = "circular"


class CircularPad3d(_Pad):
    """Volumes (N, C, D, H, W) or (C, D, H, W), continued by themselves in all directions."""

    axes = 3
    mode = "circular"
