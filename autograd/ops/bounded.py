"""Activation functions with flat pieces: bounded at an end or both, or 0 near 0.

At a kink each function takes the subgradient that its docstring names. Defaults are PyTorch's.
"""

from __future__ import annotations

import math

import numpy as np

from ..algebra import add
from ..errors import ArgumentError
from ..op import composite, op
from ..samples import Fails, Sample, away_from
from .arithmetic import divide, multiply
from .choose import gate
from .piecewise import curve_samples, each

# Between bounds


@op(
    samples=curve_samples(-1, 1, -0.5, 1.5, min_val=-0.5, max_val=1.5),
    reference=each(lambda x, min_val=-1.0, max_val=1.0: sorted((min_val, x, max_val))[1]),
    fails=[Fails(np.ones(2), min_val=1, max_val=-1, match="min_val.*max_val", error=ArgumentError)],
    elementwise=True,
    masks=True,
)
def hardtanh(x, /, *, min_val=-1.0, max_val=1.0):
    """x between min_val and max_val. At the kinks the gradient is 0.

    Raises
    ------
    ArgumentError
        If min_val exceeds max_val.

    Examples
    --------
    >>> hardtanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ArgumentError(f"min_val must not exceed max_val, got {min_val} and {max_val}")
    return np.minimum(np.maximum(x, min_val), max_val)


@hardtanh.grad("x")
def _(g, out, min_val, max_val):
    return gate(g, (out > min_val) & (out < max_val))


@composite(
    samples=curve_samples(0, 6, low=-8, high=8),
    reference=each(lambda x: sorted((0, x, 6))[1]),
)
def relu6(x, /):
    """min(max(x, 0), 6). At the kinks the gradient is 0.

    Source
    ------
    Krizhevsky (2010), "Convolutional Deep Belief Networks on CIFAR-10".

    Examples
    --------
    >>> relu6(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """
    return hardtanh(x, min_val=0, max_val=6)


@composite(
    samples=curve_samples(-3, 3, low=-5, high=5),
    reference=each(lambda x: sorted((0, x / 6 + 0.5, 1))[1]),
)
def hardsigmoid(x, /):
    """x / 6 + 1/2 between 0 and 1. At the kinks the gradient is 0.

    Examples
    --------
    >>> hardsigmoid(np.array([-6.0, 0.0, 1.5]))
    array([0.  , 0.5 , 0.75])
    """
    return hardtanh(add(divide(x, 6), 0.5), min_val=0, max_val=1)


@composite(
    samples=curve_samples(-3, 3, low=-5, high=5),
    reference=each(lambda x: x * sorted((0, x / 6 + 0.5, 1))[1]),
)
def hardswish(x, /):
    """x * hardsigmoid(x).

    Source
    ------
    Howard et al. (2019), "Searching for MobileNetV3".

    Examples
    --------
    >>> hardswish(np.array([-6.0, 0.0, 1.5, 6.0]))
    array([-0.   ,  0.   ,  1.125,  6.   ])
    """
    return multiply(x, hardsigmoid(x))


# Shrinking


@op(
    samples=curve_samples(-0.5, 0.5, -1, 1, lambd=1.0),
    reference=each(lambda x, lambd=0.5: 0 if -lambd <= x <= lambd else x),
    elementwise=True,
    masks=True,
)
def hardshrink(x, /, *, lambd=0.5):
    """0 between -lambd and lambd, else x. Where the function jumps the gradient is 0.

    Examples
    --------
    >>> hardshrink(np.array([-1.0, 0.3, 2.0]))
    array([-1.,  0.,  2.])
    """
    return x * (np.abs(x) > lambd)


@hardshrink.grad("x")
def _(g, x, lambd):
    return gate(g, abs(x) > lambd)


@op(
    samples=curve_samples(-0.5, 0.5, -1, 1, lambd=1.0),
    reference=each(lambda x, lambd=0.5: 0 if -lambd <= x <= lambd else x - math.copysign(lambd, x)),
    fails=[Fails(np.ones(2), lambd=-1.0, match="lambd must not be negative", error=ArgumentError)],
    elementwise=True,
    masks=True,
)
def softshrink(x, /, *, lambd=0.5):
    """x moved towards 0 by lambd, and 0 within that distance. At the kinks the gradient is 0.

    Raises
    ------
    ArgumentError
        If lambd is negative.

    Source
    ------
    Donoho (1995), "De-noising by soft-thresholding".

    Examples
    --------
    >>> softshrink(np.array([-1.0, 0.3, 2.0]))
    array([-0.5,  0. ,  1.5])
    """
    if lambd < 0:
        raise ArgumentError(f"lambd must not be negative, got {lambd}")
    return x - np.minimum(np.maximum(x, -lambd), lambd)


@softshrink.grad("x")
def _(g, out):
    return gate(g, out != 0)


@op(
    samples=lambda rng: [Sample(away_from(rng, (2, 3), 0.5), threshold=0.5, value=-1.0)],
    reference=each(lambda x, threshold, value: x if x > threshold else value),
    elementwise=True,
    masks=True,
)
def threshold(x, /, *, threshold, value):
    """x where x > threshold, else value. At the threshold the gradient is 0.

    Examples
    --------
    >>> threshold(np.array([0.05, 0.5]), threshold=0.1, value=-1.0)
    array([-1. ,  0.5])
    """
    return np.where(x <= threshold, value, x)


@threshold.grad("x")
def _(g, x, threshold):
    return gate(g, x > threshold)
