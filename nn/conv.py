"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from autograd.errors import ArgumentError
from autograd.ops.conv_options import padding_pairs
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional
from .functional.padding import MODES
from .functional.shapes import Sizes, shape_of
from .lazy import Lazy
from .linear import reset_uniform
from .misfit import misfit
from .module import Module
from .parameter import new_parameter
from .settings import checked, count, sizes


class Convolution(Module):
    """What convolutions, transposed ones too, over any number of axes share."""

    axes: ClassVar[int]  # of space
    transposed: ClassVar[bool] = False
    function: ClassVar[Callable[..., Any]]
    padding: Any  # an int for each axis, or "same" or "valid"
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes,
        padding: Sizes | str, dilation: Sizes, groups: int, bias: bool, dtype: Any, rng: Rng,
    ):  # fmt: skip
        super().__init__()
        kind, axes = type(self).__name__, self.axes
        self.in_channels = in_channels = count(
            self, "in_channels", in_channels, 0 if self.lazy else 1
        )
        self.out_channels = out_channels = count(self, "out_channels", out_channels)
        self.kernel_size = sizes(self, "kernel_size", kernel_size, axes)
        self.stride = sizes(self, "stride", stride, axes)
        self.dilation = sizes(self, "dilation", dilation, axes)
        checked(self, padding_pairs, padding, self.kernel_size, self.stride, self.dilation)
        is_name = isinstance(padding, str)
        self.padding = padding if is_name else sizes(self, "padding", padding, axes, 0)
        groups = count(self, "groups", groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"{kind}: in_channels {in_channels} and out_channels {out_channels} "
                f"must be multiples of groups {groups}"
            )
        self.groups = groups
        self.weight = new_parameter(*self._weight_shape(in_channels), dtype=dtype)
        self.register_parameter("bias", new_parameter(out_channels, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def _weight_shape(self, in_channels: int) -> tuple[int, ...]:
        return self.out_channels, in_channels // self.groups, *self.kernel_size

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        reset_uniform(self.weight, self.bias, math.prod(self.weight.shape[1:]), rng)

    def _check(self, x: Any) -> None:
        shape, axes = shape_of(x), self.axes
        if len(shape) not in (axes + 1, axes + 2) or shape[-axes - 1] != self.in_channels:
            raise self._misfit(x)

    def _misfit(self, x: Any) -> Exception:
        shape = shape_of(x)
        name = f"{self.in_channels} -> {self.out_channels}"
        arrays = {"x": x, "weight": self.weight}
        if len(shape) not in (self.axes + 1, self.axes + 2):
            fact = f"x has {len(shape)} axes, expected {self.axes + 2}: batch, channels, space"
            return misfit(self, name, fact, arrays)
        fact = f"x has {shape[-self.axes - 1]} channels, expected {self.in_channels}"
        hint = "channels come second" if shape[-1] == self.in_channels else None
        return misfit(self, name, fact, arrays, hint)

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * self.axes:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.axes:
            text += f", dilation={self.dilation}"
        return text

    def _rest_of_repr(self) -> str:
        groups = f", groups={self.groups}" if self.groups != 1 else ""
        return groups + (", bias=False" if self.bias is None else "")


class _Conv(Convolution):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1,
        padding: Sizes | str = 0, dilation: Sizes = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype,
            rng,
        )  # fmt: skip
        modes = ("zeros", *(mode for mode in MODES if mode != "constant"))
        if padding_mode not in modes:
            kind = type(self).__name__
            raise ArgumentError(
                f"{kind}: no padding_mode {padding_mode!r}; there is {', '.join(modes)}"
            )
        self.padding_mode = padding_mode
        self.output_padding = (0,) * self.axes  # PyTorch's convolutions have it too
        pairs = padding_pairs(self.padding, self.kernel_size, self.stride, self.dilation)
        self._margin = [width for pair in reversed(pairs) for width in pair]

    def forward(self, input: Any) -> Any:
        self._check(input)
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = functional.pad(input, self._margin, self.padding_mode), 0
        return self.function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        mode = "" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode}"
        return super().extra_repr() + self._rest_of_repr() + mode


class Conv1d(_Conv):
    """Slide filters over sequences (N, in_channels, L). Parameters as for `Conv2d`."""

    axes = 1
    function = staticmethod(functional.conv1d)


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
    function = staticmethod(functional.conv2d)


class Conv3d(_Conv):
    """Slide filters over volumes (N, in_channels, D, H, W). Parameters as for `Conv2d`."""

    axes = 3
    function = staticmethod(functional.conv3d)


# Lazy ones


class LazyConvolution(Lazy, Convolution):
    """What lazy convolutions share: they learn `in_channels` from the first input."""

    size_name = "in_channels"

    def shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        """The weight's depends on in_channels."""
        return {"weight": self._weight_shape(size)}

    def _input_size(self, x: Any) -> int:
        shape = shape_of(x)
        if len(shape) not in (self.axes + 1, self.axes + 2):
            raise self._misfit(x)
        channels = shape[-self.axes - 1]
        if channels % self.groups:
            fact = f"the {channels} channels of x are not a multiple of groups {self.groups}"
            raise misfit(self, f"? -> {self.out_channels}", fact, {"x": x})
        return channels

    def _saved_size(self, shape: tuple[int, ...]) -> int:
        return shape[1] * self.groups


class _LazyConv(LazyConvolution, _Conv):
    def __init__(
        self, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes | str = 0,
        dilation: Sizes = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            0, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            dtype=dtype, rng=rng,
        )  # fmt: skip


class LazyConv1d(_LazyConv, Conv1d):
    """A Conv1d that learns `in_channels` from its first input, and is a Conv1d from then on."""

    becomes = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A Conv2d that learns `in_channels` from its first input, and is a Conv2d from then on.

    Parameters
    ----------
    out_channels, kernel_size, ... : as for `Conv2d`

    Examples
    --------
    >>> import nn
    >>> layer = nn.LazyConv2d(16, 3)
    >>> layer(np.ones((2, 3, 8, 8), np.float32)).shape
    (2, 16, 6, 6)
    >>> layer
    Conv2d(3, 16, kernel_size=(3, 3), stride=(1, 1))
    """

    becomes = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A Conv3d that learns `in_channels` from its first input, and is a Conv3d from then on."""

    becomes = Conv3d
