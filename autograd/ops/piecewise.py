"""Activation functions with kinks, element by element but for maxout. Defaults are PyTorch's.

At a kink each function takes the subgradient that its docstring names.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, AxisError, ShapeError
from ..kernels import curve
from ..messages import complain
from ..op import composite, normalize_axes, op
from ..samples import Fails, Rng, Sample, Samples, away_from, distinct, slopes, uniform
from .arithmetic import multiply
from .choose import gate
from .compare import greater
from .flattening import unflatten
from .reduce import max
from .shape import reshape


def curve_samples(*kinks: float, low: float = -2.0, high: float = 2.0, **options: Any) -> Samples:
    """Samples of a function with kinks: two shapes without options, then one with them."""

    def samples(rng: Rng) -> Iterable[Sample]:
        yield Sample(away_from(rng, (), *kinks, low=low, high=high))
        yield Sample(away_from(rng, (2, 3), *kinks, low=low, high=high))
        if options:
            yield Sample(away_from(rng, (4,), *kinks, low=low, high=high), **options)

    return samples


def each(function: Callable[..., float]) -> Callable[..., np.ndarray]:
    """A reference: a Python function of one number, applied to each element."""

    def reference(x: Any, **options: Any) -> np.ndarray:
        return np.vectorize(lambda v: float(function(v, **options)))(x)

    return reference


# The relu family


@op(
    samples=curve_samples(0),
    reference=each(lambda x: builtins.max(x, 0)),
    method="relu",
    elementwise=True,
    masks=True,
)
def relu(x, /):
    """max(x, 0).

    Gradient
    --------
    1 where x > 0, else 0; at the kink 0. Keeps the result only.
    """
    if isinstance(x, np.ndarray):
        fast = curve("relu", x)
        return np.maximum(x, 0) if fast is None else fast
    return type(x)(0) if x <= 0 else x  # a scalar, thirty times faster


@relu.grad("x")
def _(g, out):
    return relu_dx(g, plain(out))


@op(
    samples=slopes(),
    reference=lambda g, y: np.where(y > 0, g, 0),
    elementwise=True,
    masks=True,
    public=False,
)
def relu_dx(g, y, /):
    """g where y > 0, else exactly zero."""
    if not isinstance(g, np.ndarray):
        return gate(g, y > 0)
    fast = curve("relu_dx", g, y)
    return np.where(y > 0, g, 0) if fast is None else fast


@relu_dx.grad("g")
def _(h, y):
    return relu_dx(h, plain(y))


@relu_dx.grad("y")
def _(h):
    return gate(h, False)


@op(
    samples=curve_samples(0, negative_slope=0.2),
    reference=each(lambda x, negative_slope=0.01: x if x > 0 else negative_slope * x),
    elementwise=True,
)
def leaky_relu(x, /, *, negative_slope=0.01):
    """x where x > 0, else negative_slope * x. At the kink the gradient is the negative slope.

    Source
    ------
    Maas, Hannun & Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic Models".

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 3.0]), negative_slope=0.1)
    array([-0.2,  3. ])
    """
    fast = curve("leaky_relu", x, None, negative_slope)
    return np.where(x > 0, x, negative_slope * x)[()] if fast is None else fast


@leaky_relu.grad("x")
def _(g, x, negative_slope):
    return leaky_relu_dx(g, plain(x), negative_slope=negative_slope)


@op(
    samples=slopes(negative_slope=0.2),
    reference=lambda g, x, negative_slope=0.01: g * np.where(x > 0, 1, negative_slope),
    elementwise=True,
    public=False,
)
def leaky_relu_dx(g, x, /, *, negative_slope=0.01):
    """g where x > 0, else negative_slope * g."""
    fast = curve("leaky_relu_dx", g, x, negative_slope)
    return np.where(x > 0, g, negative_slope * g)[()] if fast is None else fast


@leaky_relu_dx.grad("g")
def _(h, x, negative_slope):
    return leaky_relu_dx(h, plain(x), negative_slope=negative_slope)


@leaky_relu_dx.grad("x")
def _(h):
    return gate(h, False)


def _prelu_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(away_from(rng, (), 0), uniform(rng, (), 0, 1))
    yield Sample(away_from(rng, (2, 3), 0), uniform(rng, (1,), 0, 1))
    yield Sample(away_from(rng, (2, 3, 2), 0), uniform(rng, (3,), 0, 1), label="per channel")


def _prelu_reference(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    slopes = np.reshape(weight, (-1, *[1] * (np.ndim(x) - 2))) if np.size(weight) > 1 else weight
    return np.where(x > 0, x, np.reshape(slopes * x, np.shape(x)))


@composite(
    samples=_prelu_samples,
    reference=_prelu_reference,
    fails=[Fails(np.ones((2, 3)), np.ones(4), match="x has 3 channels but weight has 4")],
)
def prelu(x, weight, /):
    """x where x > 0, else weight * x, with a slope that can be learnt.

    Parameters
    ----------
    x : array, shape (N, C, ...) if there is a slope for each channel
    weight : one number, or an array of shape (C,)

    Raises
    ------
    ShapeError
        If weight has neither one element nor one for each channel.

    Source
    ------
    He, Zhang, Ren & Sun (2015), "Delving Deep into Rectifiers".
    """
    shape, slopes = np.shape(x), np.shape(weight)
    if math.prod(slopes) == 1:
        weight = reshape(weight, shape=())
    else:
        channels = shape[1] if len(shape) > 1 else 1
        if slopes != (channels,):
            fact = f"x has {channels} channels but weight has {math.prod(slopes)} slopes"
            raise complain(ShapeError, "prelu", fact, {"x": x, "weight": weight})
        weight = reshape(weight, shape=(channels, *[1] * (len(shape) - 2)))
    return where(greater(x, 0), x, multiply(weight, x))


def _rrelu_samples(rng: Rng) -> Iterable[Sample]:
    yield from curve_samples(0, lower=0.1, upper=0.5)(rng)
    yield Sample(away_from(rng, (2, 3), 0), training=True, rng=0)


def _rrelu_reference(
    x: np.ndarray,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    rng: Any = None,
) -> np.ndarray:
    mean = (lower + upper) / 2
    draw = np.random.default_rng(rng).uniform(lower, upper, np.shape(x)) if training else mean
    return np.where(x > 0, x, draw * x)


@op(
    samples=_rrelu_samples,
    reference=_rrelu_reference,
    fails=[Fails(np.ones(2), lower=0.5, upper=0.1, match="lower.*upper", error=ArgumentError)],
    residuals=("slope",),
    elementwise=True,
)
def rrelu(x, /, *, lower=1 / 8, upper=1 / 3, training=False, rng=None):
    """x where x > 0, else x times a slope drawn for each element; their mean if not training.

    Parameters
    ----------
    lower, upper : the slopes are uniform between these
    rng : numpy Generator, seed, or None for the package's generator

    Source
    ------
    Xu, Wang, Chen & Li (2015), "Empirical Evaluation of Rectified Activations".
    """
    if lower > upper:
        raise ArgumentError(f"lower must not exceed upper, got {lower} and {upper}")
    x = np.asarray(x)
    negative: Any = (lower + upper) / 2
    if training:
        from ..random import generator

        negative = generator(rng).uniform(lower, upper, x.shape)
    slope = np.where(x > 0, 1, negative).astype(x.dtype)
    return slope * x, slope


@rrelu.grad("x")
def _(g, slope):
    return g * slope


# Along an axis


def _maxout_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(distinct(rng, (2, 6)), k=3)
    yield Sample(distinct(rng, (2, 4, 2)), k=2, axis=1)


def _maxout_reference(x: np.ndarray, k: int, axis: int = -1) -> np.ndarray:
    moved = np.moveaxis(x, axis, -1)
    groups = [moved[..., i : i + k].max(-1) for i in range(0, moved.shape[-1], k)]
    return np.moveaxis(np.stack(groups, -1), -1, axis)


@composite(
    samples=_maxout_samples,
    reference=_maxout_reference,
    fails=[
        Fails(np.ones((2, 3)), k=2, match="axis -1 has size 3.*groups of 2"),
        Fails(np.ones((2, 3)), k=3, axis=2, match="axis 2", error=AxisError),
    ],
)
def maxout(x, /, k, axis=-1):
    """The maximum of each k neighbours along an axis: its size is divided by k.

    Raises
    ------
    ShapeError
        If the axis does not exist or its size is no multiple of k.

    Gradient
    --------
    Goes to the maximum of each group; ties share it equally.

    Source
    ------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013), "Maxout Networks".
    """
    place, size = axis_and_size("maxout", x, axis)
    if k < 1 or size % k:
        fact = f"axis {axis} has size {size}, which does not split into groups of {k}"
        raise complain(ShapeError, "maxout", fact, {"x": x})
    return max(unflatten(x, place, (size // k, k)), axis=place + 1)


def axis_and_size(name: str, x: Any, axis: int) -> tuple[int, int]:
    """The axis as a non-negative int, and how long it is."""
    shape = np.shape(x)
    try:
        (k,) = normalize_axes(axis, len(shape))
    except AxisError as e:
        raise complain(AxisError, name, str(e), {"x": x}) from None
    return k, shape[k]
