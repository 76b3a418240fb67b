"""What layers compute: products, convolution, pooling, dropout. PyTorch's argument names."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.random import Rng

Pair = int | tuple[int, ...]  # one number for both axes, or one for each


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    Parameters
    ----------
    input : Tensor (..., in)
    weight : Tensor (out, in)
    bias : Tensor (out,), optional

    Examples
    --------
    >>> from nn import functional as F
    >>> F.linear(Tensor([1.0, 2.0]), Tensor([[1.0, 1.0], [0.0, 3.0]]))
    Tensor([3., 6.])
    """
    return ag.linear(input, weight, bias)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """sum over i, j of input1[i] * weight[o, i, j] * input2[j], plus bias[o].

    Parameters
    ----------
    input1 : Tensor (..., in1)
    input2 : Tensor (..., in2)
    weight : Tensor (out, in1, in2)
    bias : Tensor (out,), optional
    """
    return ag.bilinear(input1, input2, weight, bias)


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


def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, *, rng: Rng = None
) -> Any:
    """Each element becomes 0 with probability p, and otherwise input / (1 - p).

    Parameters
    ----------
    training : bool
        False: the input as it is.
    inplace : bool
        For PyTorch's sake; results are always new.
    rng : Generator or int, optional

    Source
    ------
    Srivastava et al. (2014), "Dropout"; "inverted", so that evaluation needs no scaling.

    Examples
    --------
    >>> from nn import functional as F
    >>> sorted(set(F.dropout(Tensor(np.ones(100)), 0.5, rng=0).tolist()))
    [0.0, 2.0]
    """
    return ag.dropout(input, p, training, rng)
