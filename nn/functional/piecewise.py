"""Nonlinearities with kinks, with PyTorch's argument names.

`inplace` is accepted: results are always new. At a kink each function takes the subgradient that
its op documents.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.random import Rng

# The relu family


def relu(input: Any, inplace: bool = False) -> Any:
    """max(input, 0)."""
    return ag.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """input between 0 and 6."""
    return ag.relu6(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """input where it is positive, else negative_slope * input."""
    return ag.leaky_relu(input, negative_slope=negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """input where it is positive, else weight * input.

    Parameters
    ----------
    weight : one number, or one for each channel (axis 1 of input)

    Source
    ------
    He, Zhang, Ren & Sun (2015), "Delving Deep into Rectifiers".
    """
    return ag.prelu(input, weight)


def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
    inplace: bool = False, *, rng: Rng = None,
) -> Any:  # fmt: skip
    """input where it is positive, else times a slope drawn for each element between the bounds.

    Parameters
    ----------
    training : bool
        False: all slopes are (lower + upper) / 2.
    rng : Generator or int, optional

    Source
    ------
    Xu, Wang, Chen & Li (2015), "Empirical Evaluation of Rectified Activations".
    """
    return ag.rrelu(input, lower=lower, upper=upper, training=training, rng=rng)


# Between bounds


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """input between min_val and max_val."""
    return ag.hardtanh(input, min_val=min_val, max_val=max_val)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """input / 6 + 1/2 between 0 and 1."""
    return ag.hardsigmoid(input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """input * hardsigmoid(input).

    Source
    ------
    Howard et al. (2019), "Searching for MobileNetV3".
    """
    return ag.hardswish(input)


# Shrinking and steps


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """0 between -lambd and lambd, else input."""
    return ag.hardshrink(input, lambd=lambd)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """input moved towards 0 by lambd, and 0 within that distance."""
    return ag.softshrink(input, lambd=lambd)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """input where it exceeds the threshold, else value."""
    return ag.threshold(input, threshold=threshold, value=value)


def step(input: Any, at_zero: float = 1.0) -> Any:
    """1 where input is positive, 0 where it is negative, at_zero where it is 0.

    The gradient is zero everywhere.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.step(np.array([-2.0, 0.0, 3.0]))
    array([0., 1., 1.])
    """
    return ag.heaviside(input, at_zero)


def maxout(input: Any, k: int, dim: int = -1) -> Any:
    """The maximum of each k neighbours along `dim`, whose size is divided by k.

    Source
    ------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013), "Maxout Networks".
    """
    return ag.maxout(input, k, axis=dim)
