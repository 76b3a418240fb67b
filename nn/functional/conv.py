"""Convolutions, and the windows that they are made of, with PyTorch's argument names."""

from __future__ import annotations

from typing import Any

import autograd as ag

from .shapes import Sizes


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Slide each filter of weight (out, in / groups, K) over sequences (N, in, L) or (in, L)."""
    return ag.conv1d(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Slide each filter of weight (out, in / groups, KH, KW) over images (N, in, H, W).

    Parameters
    ----------
    bias : (out,), optional
    stride, dilation : steps between, and within, windows
    padding : width of a margin of zeros, "same" or "valid"
    groups : divide the channels into groups that do not see each other
    """
    return ag.conv2d(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """Slide each filter of weight (out, in / groups, KD, KH, KW) over volumes (N, in, D, H, W)."""
    return ag.conv3d(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """`conv_transpose2d` of sequences (N, in, L); weight is (in, out / groups, K)."""
    return ag.conv_transpose1d(
        input, weight, bias, stride=stride, padding=padding, output_padding=output_padding,
        groups=groups, dilation=dilation,
    )  # fmt: skip


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """Add a filter, times each pixel of images (N, in, H, W), to a larger image.

    Parameters
    ----------
    weight : (in, out / groups, KH, KW)
    bias : (out,), optional
    stride : steps between the windows that neighbours add to
    padding : how much of the margin of the result is cut off
    output_padding : so much at the far ends is kept after all

    Source
    ------
    Zeiler, Krishnan, Taylor & Fergus (2010), "Deconvolutional networks".
    """
    return ag.conv_transpose2d(
        input, weight, bias, stride=stride, padding=padding, output_padding=output_padding,
        groups=groups, dilation=dilation,
    )  # fmt: skip


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes = 0,
    output_padding: Sizes = 0, groups: int = 1, dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """`conv_transpose2d` of volumes (N, in, D, H, W); weight is (in, out / groups, KD, KH, KW)."""
    return ag.conv_transpose3d(
        input, weight, bias, stride=stride, padding=padding, output_padding=output_padding,
        groups=groups, dilation=dilation,
    )  # fmt: skip


def locally_connected2d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """`conv2d` with filters of their own at each place of the result: no weights are shared.

    Parameters
    ----------
    weight : (OH, OW, out, in, KH, KW)
    bias : (OH, OW, out), optional

    Source
    ------
    LeCun (1989), "Generalization and network design strategies".
    """
    return ag.locally_connected2d(
        input, weight, bias, stride=stride, padding=padding, dilation=dilation
    )


def tiled_conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Sizes = 1, padding: Sizes | str = 0,
    dilation: Sizes = 1,
) -> Any:  # fmt: skip
    """`conv2d` with filters that alternate with a period of TH rows and TW columns.

    Parameters
    ----------
    weight : (TH, TW, out, in, KH, KW)
    bias : (TH, TW, out), optional

    Source
    ------
    Ngiam, Chen, Chia, Koh, Le & Ng (2010), "Tiled convolutional neural networks".
    """
    return ag.tiled_conv2d(input, weight, bias, stride=stride, padding=padding, dilation=dilation)


def unfold(
    input: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Any:
    """Every window of images (N, C, H, W) as a column: (N, C * KH * KW, windows)."""
    return ag.unfold(
        input, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )


def fold(
    input: Any, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0,
    stride: Sizes = 1,
) -> Any:  # fmt: skip
    """Columns, each a window, added up to images of `output_size`: the adjoint of `unfold`."""
    return ag.fold(
        input, output_size=output_size, kernel_size=kernel_size, dilation=dilation,
        padding=padding, stride=stride,
    )  # fmt: skip
