"""Pooling layers."""

from __future__ import annotations

from typing import Any

from . import functional
from .functional.layers import Pair
from .module import Module


class MaxPool2d(Module):
    """The largest value of every window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    padding : width of a border of -inf
    dilation : steps within a window
    ceil_mode : also count a last window that is not complete
    """

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1,
        *, ceil_mode: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """The mean of every window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    padding : width of a border of zeros
    ceil_mode : also count a last window that is not complete
    count_include_pad : whether the zeros of the border count in the mean
    """

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return functional.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
