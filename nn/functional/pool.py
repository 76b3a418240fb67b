"""Pooling with PyTorch's argument names: windows slide along one, two or three axes.

The batch may be missing: (C, L) is as good as (N, C, L). Without `stride`, windows lie side by
side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd as ag
from autograd.errors import ShapeError
from autograd.messages import complain
from autograd.random import Rng

from .shapes import Sizes, shape_of

SomeSizes = int | Sequence[int | None]  # the same, and None for the size of the input

# Largest values


def max_pool1d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest value of each window of sequences (N, C, L). See `max_pool2d`."""
    return ag.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest value of each window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding, dilation : of the windows; the padding never wins
    ceil_mode : keep a last window that hangs over the edge
    return_indices : whether to return where the largest values are, too: for `max_unpool2d`
    """
    return ag.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    dilation: Sizes = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest value of each window of volumes (N, C, D, H, W). See `max_pool2d`."""
    return ag.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# Means


def avg_pool1d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of sequences (N, C, L). See `avg_pool2d`."""
    return ag.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size, stride, padding : of the windows
    ceil_mode : keep a last window that hangs over the edge
    count_include_pad : whether the zeros of the padding count
    divisor_override : what sums are divided by, in place of how many elements count
    """
    return ag.avg_pool2d(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of volumes (N, C, D, H, W). See `avg_pool2d`."""
    return ag.avg_pool3d(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def global_avg_pool(input: Any) -> Any:
    """The mean of each channel: (N, C, ...) becomes (N, C).

    Source
    ------
    Lin, Chen & Yan (2014), "Network In Network".
    """
    axes = len(shape_of(input))
    if axes < 3:
        fact = f"x must be (N, C, ...) with at least 3 axes, got {axes}"
        raise complain(ShapeError, "global_avg_pool", fact, {"x": input})
    return ag.mean(input, axis=tuple(range(2, axes)))


# Norms


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The p-norm of each window of sequences (N, C, L). See `lp_pool2d`."""
    return ag.lp_pool1d(input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The p-norm of each window of images, (sum of abs(x)**p) ** (1/p); p is the norm_type."""
    return ag.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The p-norm of each window of volumes (N, C, D, H, W). See `lp_pool2d`."""
    return ag.lp_pool3d(input, norm_type, kernel_size, stride, ceil_mode)


# Windows that adapt to the size of the result


def adaptive_avg_pool1d(input: Any, output_size: SomeSizes) -> Any:
    """The means of windows of sequences (N, C, L). See `adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool1d(input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: SomeSizes) -> Any:
    """The means of windows such that the result has this size; None keeps that of the input."""
    return ag.adaptive_avg_pool2d(input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: SomeSizes) -> Any:
    """The means of windows of volumes (N, C, D, H, W). See `adaptive_avg_pool2d`."""
    return ag.adaptive_avg_pool3d(input, output_size)


def adaptive_max_pool1d(input: Any, output_size: SomeSizes, return_indices: bool = False) -> Any:
    """The largest values of windows of sequences (N, C, L). See `adaptive_max_pool2d`."""
    return ag.adaptive_max_pool1d(input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: SomeSizes, return_indices: bool = False) -> Any:
    """The largest values of windows such that the result has this size; None keeps the input's.

    Parameters
    ----------
    return_indices : whether to return where they are, too
    """
    return ag.adaptive_max_pool2d(input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: SomeSizes, return_indices: bool = False) -> Any:
    """The largest values of windows of volumes (N, C, D, H, W). See `adaptive_max_pool2d`."""
    return ag.adaptive_max_pool3d(input, output_size, return_indices)


# Others


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:  # fmt: skip
    """Zeros, with each value where `max_pool1d` found it. See `max_unpool2d`."""
    return ag.max_unpool1d(input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:  # fmt: skip
    """Zeros, with each value where `max_pool2d` found it.

    Parameters
    ----------
    indices : what `max_pool2d(..., return_indices=True)` returned
    kernel_size, stride, padding : those of the pooling
    output_size : which of the sizes that are pooled to this one, unless the smallest
    """
    return ag.max_unpool2d(input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Any:  # fmt: skip
    """Zeros, with each value where `max_pool3d` found it. See `max_unpool2d`."""
    return ag.max_unpool3d(input, indices, kernel_size, stride, padding, output_size)


def stochastic_pool2d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, training: bool = True, *,
    rng: Rng = None,
) -> Any:  # fmt: skip
    """One element of each window, drawn at random: the larger, the more likely.

    Parameters
    ----------
    input : Tensor (N, C, H, W), not negative
    training : bool
        False: what is expected, the mean weighted with the probabilities.

    Source
    ------
    Zeiler & Fergus (2013), "Stochastic Pooling for Regularization of Deep Convolutional Neural
    Networks".
    """
    return ag.stochastic_pool2d(input, kernel_size, stride, training, rng)
