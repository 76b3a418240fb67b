"""Convolution layers."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar

import autograd as ag
from autograd.errors import ArgumentError
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional
from .functional.shapes import shape_of
from .linear import reset_uniform
from .misfit import misfit
from .module import Module
from .parameter import new_parameter

_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
Sizes = int | tuple[int, ...]


class _Conv(Module):
    """What the convolutions of any number of axes share.

    Attributes
    ----------
    weight : (out_channels, in_channels / groups, *kernel_size), uniform between +-1 / sqrt(fan_in)
    bias : (out_channels,) likewise; None without bias
    """

    axes: ClassVar[int]
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1,
        padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._tuple("kernel_size", kernel_size)
        self.stride = self._tuple("stride", stride)
        self.padding = padding if isinstance(padding, str) else self._tuple("padding", padding)
        self.dilation = self._tuple("dilation", dilation)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_options()
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = new_parameter(*shape, dtype=dtype)
        self.register_parameter("bias", new_parameter(out_channels, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def _tuple(self, name: str, value: Sizes) -> tuple[int, ...]:
        sizes = (value,) * self.axes if isinstance(value, int) else tuple(value)
        least = 0 if name == "padding" else 1
        if len(sizes) != self.axes or any(n < least for n in sizes):
            kind = type(self).__name__
            raise ArgumentError(
                f"{kind}: {name} must be an int or {self.axes} ints >= {least}, got {value!r}"
            )
        return sizes

    def _check_options(self) -> None:
        kind = type(self).__name__
        if self.groups < 1 or self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"{kind}: in_channels {self.in_channels} and out_channels {self.out_channels} "
                f"must be multiples of groups {self.groups}"
            )
        if self.padding_mode not in _MODES:
            raise ArgumentError(
                f"{kind}: no padding_mode {self.padding_mode!r}; there is {', '.join(_MODES)}"
            )
        if isinstance(self.padding, str) and self.padding not in ("same", "valid"):
            raise ArgumentError(
                f"{kind}: padding must be ints, 'same' or 'valid', got {self.padding!r}"
            )
        if self.padding == "same" and max(self.stride) > 1:
            raise ArgumentError(f"{kind}: padding='same' needs stride 1, got {self.stride}")

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        reset_uniform(self.weight, self.bias, math.prod(self.weight.shape[1:]), rng)

    @abstractmethod
    def _convolve(self, input: Any, padding: Any) -> Any:
        """The convolution itself."""

    def forward(self, input: Any) -> Any:
        shape = shape_of(input)
        batch = len(shape) - self.axes - 1  # axes before the channels: one, or none
        if batch not in (0, 1) or shape[batch] != self.in_channels:
            raise self._misfit(input, shape)
        if self.padding_mode == "zeros":
            return self._convolve(input, self.padding)
        width = ((0, 0),) * (batch + 1) + tuple(self._pad_width())
        return self._convolve(ag.pad(input, width, mode=_MODES[self.padding_mode]), 0)

    def _pad_width(self) -> list[tuple[int, int]]:
        if self.padding == "valid":
            return [(0, 0)] * self.axes
        if self.padding == "same":
            totals = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return [(t // 2, t - t // 2) for t in totals]
        return [(int(p), int(p)) for p in self.padding]

    def _misfit(self, x: Any, shape: tuple[int, ...]) -> Exception:
        sizes, arrays = (
            f"{self.in_channels} -> {self.out_channels}",
            {"x": x, "weight": self.weight},
        )
        if len(shape) not in (self.axes + 1, self.axes + 2):
            fact = f"x has {len(shape)} axes, expected {self.axes + 2}: batch, channels, space"
            return misfit(self, sizes, fact, arrays)
        fact = f"x has {shape[-self.axes - 1]} channels, expected {self.in_channels}"
        hint = "channels come second" if shape[-1] == self.in_channels else None
        return misfit(self, sizes, fact, arrays, hint)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        ones = (1,) * self.axes
        if self.padding != (0,) * self.axes:
            text += f", padding={self.padding}"
        if self.dilation != ones:
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv2d(_Conv):
    """Slide filters over images (N, in_channels, H, W) and take dot products.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : height and width of the filters, or one number for both
    stride, dilation : steps between, and within, windows
    padding : width of the border, "same" (output as large as input; stride 1) or "valid" (none)
    groups : divide the channels into groups that do not see each other
    bias : bool
    padding_mode : what the border holds: "zeros", "reflect", "replicate" or "circular"
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (out_channels, in_channels / groups, KH, KW), uniform between +-1 / sqrt(fan_in)
    bias : (out_channels,) likewise; None without bias

    Examples
    --------
    >>> import nn
    >>> nn.Conv2d(3, 16, 3, padding=1)(np.ones((2, 3, 8, 8), np.float32)).shape
    (2, 16, 8, 8)
    """

    axes = 2

    def _convolve(self, input: Any, padding: Any) -> Any:
        return functional.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )
