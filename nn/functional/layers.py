"""What layers compute: convolution and pooling. PyTorch's argument names."""

from __future__ import annotations

from typing import Any

import autograd as ag

Pair = int | tuple[int, ...]  # one number for both axes, or one for each


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Pair = 1, padding: Pair | str = 0,
    dilation: Pair = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Slide each filter of weight (out, in / groups, KH, KW) over images (N, in, H, W)."""
    return ag.conv2d(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def max_pool2d(
    input: Any, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    dilation: Pair = 1, ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest value of every window. Without `stride`, windows lie side by side."""
    return ag.max_pool2d(
        input, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
        ceil_mode=ceil_mode,
    )  # fmt: skip


def avg_pool2d(
    input: Any, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of every window. Without `stride`, windows lie side by side."""
    return ag.avg_pool2d(
        input, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )  # fmt: skip
