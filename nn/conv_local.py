"""Convolution with filters that change from place to place, and windows as columns."""

from __future__ import annotations

import math
from typing import Any

from autograd.ops.conv_options import padding_pairs, window_counts
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional
from .functional.shapes import Sizes, shape_of
from .linear import reset_uniform
from .misfit import misfit
from .module import Module
from .parameter import new_parameter
from .settings import checked, count, sizes


class _Local(Module):
    """What the two share: filters for each place of a grid."""

    weight: Tensor
    bias: Tensor | None

    def _set(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes,
        padding: Sizes | str, dilation: Sizes,
    ) -> None:  # fmt: skip
        self.in_channels = count(self, "in_channels", in_channels)
        self.out_channels = count(self, "out_channels", out_channels)
        self.kernel_size = sizes(self, "kernel_size", kernel_size, 2)
        self.stride = sizes(self, "stride", stride, 2)
        self.dilation = sizes(self, "dilation", dilation, 2)
        checked(self, padding_pairs, padding, self.kernel_size, self.stride, self.dilation)
        self.padding = (
            padding if isinstance(padding, str) else sizes(self, "padding", padding, 2, 0)
        )

    def _add_filters(self, grid: tuple[int, ...], bias: bool, dtype: Any, rng: Rng) -> None:
        filters = (self.out_channels, self.in_channels, *self.kernel_size)
        self.weight = new_parameter(*grid, *filters, dtype=dtype)
        biases = new_parameter(*grid, self.out_channels, dtype=dtype) if bias else None
        self.register_parameter("bias", biases)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        fan_in = self.in_channels * math.prod(self.kernel_size)
        reset_uniform(self.weight, self.bias, fan_in, rng)

    def _check(self, x: Any, size: tuple[int, ...] = ()) -> None:
        shape = shape_of(x)
        fits = len(shape) in (3, 4) and shape[-3] == self.in_channels
        if not fits or (size and shape[-2:] != size):
            space = ", ".join(map(str, size)) if size else "H, W"
            fact = f"x has shape {shape}, expected (N, {self.in_channels}, {space})"
            name = f"{self.in_channels} -> {self.out_channels}"
            raise misfit(self, name, fact, {"x": x, "weight": self.weight})

    def _settings(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}{bias}"
        )


class LocallyConnected2d(_Local):
    """Conv2d with filters of their own at each place of the result: no weights are shared.

    Parameters
    ----------
    in_channels, out_channels : int
    input_size : height and width of the images, or one number for both
    kernel_size, stride, padding, dilation, bias, dtype, rng : as for `Conv2d`

    Attributes
    ----------
    weight : (OH, OW, out_channels, in_channels, KH, KW), uniform between +-1 / sqrt(fan_in)
    bias : (OH, OW, out_channels) likewise; None without bias

    Source
    ------
    LeCun (1989), "Generalization and network design strategies".

    Examples
    --------
    >>> import nn
    >>> layer = nn.LocallyConnected2d(3, 4, input_size=8, kernel_size=3)
    >>> layer(np.ones((2, 3, 8, 8), np.float32)).shape
    (2, 4, 6, 6)
    """

    def __init__(
        self, in_channels: int, out_channels: int, input_size: Sizes, kernel_size: Sizes,
        stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self._set(in_channels, out_channels, kernel_size, stride, padding, dilation)
        self.input_size = sizes(self, "input_size", input_size, 2)
        pairs = padding_pairs(self.padding, self.kernel_size, self.stride, self.dilation)
        grid = checked(
            self, window_counts, self.input_size, self.kernel_size, self.stride, pairs,
            self.dilation,
        )  # fmt: skip
        self._add_filters(grid, bias, dtype, rng)

    def forward(self, input: Any) -> Any:
        self._check(input, self.input_size)
        return functional.locally_connected2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation
        )

    def extra_repr(self) -> str:
        return (
            f"{self.in_channels}, {self.out_channels}, input_size={self.input_size}, "
            f"{self._settings()}"
        )


class TiledConv2d(_Local):
    """Conv2d with filters that alternate: those at neighbouring places differ, and come back.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : height and width of the filters, or one number for both
    tile : after how many rows and columns the filters come back, or one number for both; 1 is a
        convolution
    stride, padding, dilation, bias, dtype, rng : as for `Conv2d`

    Attributes
    ----------
    weight : (TH, TW, out_channels, in_channels, KH, KW), uniform between +-1 / sqrt(fan_in)
    bias : (TH, TW, out_channels) likewise; None without bias

    Source
    ------
    Ngiam, Chen, Chia, Koh, Le & Ng (2010), "Tiled convolutional neural networks".
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, tile: Sizes = 2,
        stride: Sizes = 1, padding: Sizes | str = 0, dilation: Sizes = 1, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self._set(in_channels, out_channels, kernel_size, stride, padding, dilation)
        self.tile = sizes(self, "tile", tile, 2)
        self._add_filters(self.tile, bias, dtype, rng)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.tiled_conv2d(
            input, self.weight, self.bias, self.stride, self.padding, self.dilation
        )

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, tile={self.tile}, {self._settings()}"


class _Windows(Module):
    def __init__(
        self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
    ):
        super().__init__()
        sizes(self, "kernel_size", kernel_size, 2)
        sizes(self, "dilation", dilation, 2)
        sizes(self, "padding", padding, 2, 0)
        sizes(self, "stride", stride, 2)
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Unfold(_Windows):
    """Every window of images (N, C, H, W) as a column: (N, C * KH * KW, windows).

    Parameters
    ----------
    kernel_size, dilation, padding, stride : of the windows, as for `Conv2d`

    Examples
    --------
    >>> import nn
    >>> nn.Unfold(2)(np.arange(6.0).reshape(1, 2, 3)).tolist()
    [[0.0, 1.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0]]
    """

    def forward(self, input: Any) -> Any:
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(_Windows):
    """Columns, each a window, added up to images: (N, C * KH * KW, windows) to (N, C, H, W).

    Parameters
    ----------
    output_size : height and width of the images, or one number for both
    kernel_size, dilation, padding, stride : of the windows, as for `Conv2d`
    """

    def __init__(
        self, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1,
        padding: Sizes = 0, stride: Sizes = 1,
    ):  # fmt: skip
        super().__init__(kernel_size, dilation, padding, stride)
        sizes(self, "output_size", output_size, 2)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return functional.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {super().extra_repr()}"
