"""Comparing inputs with rows of weights: products and distances. PyTorch's argument names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd.errors import ArgumentError
from autograd.messages import complain


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


# name -> a function of q, the squared distance over the squared width
KERNELS: dict[str, Callable[[Any], Any]] = {
    "gaussian": lambda q: ag.exp(-0.5 * q),
    "multiquadric": lambda q: ag.sqrt(1 + q),
    "inverse_multiquadric": lambda q: ag.rsqrt(1 + q),
    "squared": lambda q: q,
}


def rbf(input: Any, centers: Any, log_width: Any, kernel: str = "gaussian") -> Any:
    """Radial basis functions of the distances between input and each center.

    Parameters
    ----------
    input : Tensor (..., in)
    centers : Tensor (out, in)
    log_width : Tensor (out,)
        Logarithms of the widths, which distances are divided by.
    kernel : "gaussian", "multiquadric", "inverse_multiquadric" or "squared"

    Source
    ------
    Broomhead & Lowe (1988), "Multivariable Functional Interpolation and Adaptive Networks".

    Examples
    --------
    >>> from nn import functional as F
    >>> F.rbf(np.array([3.0, 4.0]), np.zeros((1, 2)), np.zeros(1), "squared")
    array([25.])
    """
    if kernel not in KERNELS:
        fact = f"no kernel {kernel!r}; there is {', '.join(KERNELS)}"
        raise complain(ArgumentError, "rbf", fact)
    difference = ag.expand_dims(input, axis=-2) - centers  # (..., 1, in) - (out, in)
    return KERNELS[kernel](ag.sum(difference * difference, axis=-1) * ag.exp(-2 * log_width))
