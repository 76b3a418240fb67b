"""Sums, products and quotients, element by element."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import add, where
from ..dtypes import as_floats
from ..kernels import stretched
from ..op import composite, op
from ..samples import (
    BAD_PAIR,
    Fails,
    Rng,
    Sample,
    Samples,
    away_from,
    binary,
    unary,
    uniform,
)


def flat(g: Any) -> Any:
    """The gradient rule of a piecewise constant function: zeros, even where g is infinite."""
    return where(False, g, 0)


# Sums and signs


@op(
    samples=binary(),
    reference=np.subtract,
    fails=[BAD_PAIR],
    operators=("__sub__", "__rsub__", "__isub__"),
    elementwise=True,
)
def subtract(x, y, /):
    """x - y, element by element, with broadcasting."""
    if x.__class__ is y.__class__ is np.ndarray and x.size != y.size:
        fast = stretched("subtract", x, y)
        if fast is not None:
            return fast
    return x - y


@subtract.grad("x")
def _(g):
    return g


@subtract.grad("y")
def _(g):
    return -g


@op(samples=unary(), reference=np.negative, operators=("__neg__",), elementwise=True)
def negative(x, /):
    """-x, element by element."""
    return -x


@negative.grad("x")
def _(g):
    return -g


@op(samples=unary(), reference=np.positive, operators=("__pos__",), elementwise=True)
def positive(x, /):
    """+x: the same values."""
    return +x


@positive.grad("x")
def _(g):
    return g


@op(
    samples=unary(-2, 2, 0),
    reference=np.vectorize(math.fabs),
    method="abs",
    operators=("__abs__",),
    elementwise=True,
)
def abs(x, /):
    """Absolute value, element by element.

    Gradient
    --------
    The sign of x; 0 at x = 0.
    """
    return builtins.abs(x)


@abs.grad("x")
def _(g, x):
    return g * sign(x)


absolute = abs


@op(
    samples=unary(-2, 2, 0),
    reference=np.vectorize(lambda x: math.copysign(1, x)),
    method="sign",
    elementwise=True,
    masks=True,
)
def sign(x, /):
    """-1, 0 or 1, element by element. The gradient is zero."""
    return np.sign(x)


sign.grad("x")(flat)


# Products and quotients


@op(
    samples=binary(),
    reference=np.multiply,
    fails=[BAD_PAIR],
    operators=("__mul__", "__rmul__", "__imul__"),
    elementwise=True,
)
def multiply(x, y, /):
    """x * y, element by element, with broadcasting."""
    if x.__class__ is y.__class__ is np.ndarray and x.size != y.size:
        fast = stretched("multiply", x, y)
        if fast is not None:
            return fast
    return x * y


@multiply.grad("x")
def _(g, y):
    return g * y


@multiply.grad("y")
def _(g, x):
    return g * x


@op(
    samples=binary(y=(0.5, 2)),
    reference=np.divide,
    fails=[BAD_PAIR],
    operators=("__truediv__", "__rtruediv__", "__itruediv__"),
    singular=True,
)
def divide(x, y, /):
    """x / y, element by element, with broadcasting."""
    if x.__class__ is y.__class__ is np.ndarray and x.size != y.size:
        fast = stretched("divide", x, y)
        if fast is not None:
            return fast
    return x / y


@divide.grad("x")
def _(g, y):
    return g / y


@divide.grad("y")
def _(g, out, y):
    return -g * out / y


@op(
    samples=unary(0.5, 2),
    reference=lambda x: np.power(x, -1.0),
    method="reciprocal",
    singular=True,
)
def reciprocal(x, /):
    """1 / x, element by element. Integers give floats."""
    return 1 / x


@reciprocal.grad("x")
def _(g, out):
    return -g * out * out


def _quotient_samples(rng: Rng) -> Iterable[Sample]:
    """Pairs whose quotient is well away from the integers, where these functions jump."""
    for s, t in (((), ()), ((3,), (3,)), ((2, 3), ()), ((2, 1), (2, 1))):
        y = away_from(rng, t, 0, gap=0.5)
        yield Sample((rng.integers(-2, 3, s) + rng.uniform(0.2, 0.8, s)) * y, y)


@op(
    samples=_quotient_samples,
    reference=lambda x, y: x - y * np.floor(x / y),
    fails=[BAD_PAIR],
    operators=("__mod__", "__rmod__", "__imod__"),
    elementwise=True,
)
def remainder(x, y, /):
    """x - y * floor(x / y), element by element: Python's %, with the sign of y.

    Gradient
    --------
    1 and -floor(x / y); at multiples of y, where the function jumps, that of the right-hand side.
    """
    return np.remainder(x, y)


@remainder.grad("x")
def _(g):
    return g


@remainder.grad("y")
def _(g, x, y):
    return -g * floor_divide(x, y)


mod = remainder


@op(
    samples=_quotient_samples,
    reference=np.vectorize(math.fmod),
    fails=[BAD_PAIR],
    elementwise=True,
)
def fmod(x, y, /):
    """x - y * trunc(x / y), element by element: C's remainder, with the sign of x.

    Gradient
    --------
    1 and -trunc(x / y).
    """
    return np.fmod(x, y)


@fmod.grad("x")
def _(g):
    return g


@fmod.grad("y")
def _(g, out, x, y):
    return g * (out - x) / y


@op(
    samples=_quotient_samples,
    reference=lambda x, y: np.floor(x / y),
    fails=[BAD_PAIR],
    operators=("__floordiv__", "__rfloordiv__", "__ifloordiv__"),
    elementwise=True,
    masks=True,
)
def floor_divide(x, y, /):
    """floor(x / y), element by element. The gradient is zero."""
    return x // y


floor_divide.grad("x", "y")(flat)


# Three operands


def _lerp_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, ()), uniform(rng, ()), uniform(rng, ()))
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), 0.25)
    yield Sample(uniform(rng, (2, 1)), uniform(rng, (3,)), uniform(rng, (2, 3), 0, 1))


@op(
    samples=_lerp_samples,
    reference=lambda x, y, weight: (1 - weight) * x + weight * y,
    fails=[Fails(np.ones(2), np.ones(3), 0.5, match="do not broadcast.*2.*3")],
    elementwise=True,
)
def lerp(x, y, weight, /):
    """x + weight * (y - x): from x at weight 0 to y at weight 1, both met exactly.

    Examples
    --------
    >>> lerp(2.0, 10.0, np.array([0.0, 0.25, 1.0]))
    array([ 2.,  4., 10.])
    """
    x, y, weight = as_floats(x), as_floats(y), as_floats(weight)
    near_x = x + weight * (y - x)
    return np.where(np.less(weight, 0.5), near_x, y - (1 - weight) * (y - x))


@lerp.grad("x")
def _(g, weight):
    return g * (1 - weight)


@lerp.grad("y")
def _(g, weight):
    return g * weight


@lerp.grad("weight")
def _(g, x, y):
    return g * (y - x)


def _triple_samples(low: float) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        yield Sample(uniform(rng, ()), uniform(rng, ()), uniform(rng, (), low, 2))
        x, y, z = uniform(rng, (3,)), uniform(rng, (2, 1)), uniform(rng, (2, 3), low, 2)
        yield Sample(x, y, z, value=-2)

    return samples


BAD_TRIPLE = Fails(np.ones(3), np.ones((2, 1)), np.ones((2, 4)), match="3.* and .*4 along axis -1")


@composite(
    samples=_triple_samples(-2),
    reference=lambda x, y, z, value=1: np.add(x, np.multiply(value, np.multiply(y, z))),
    fails=[BAD_TRIPLE],
)
def addcmul(x, y, z, /, *, value=1):
    """x + value * y * z, element by element, with broadcasting.

    Parameters
    ----------
    x, y, z : arrays whose shapes broadcast
    value : number

    Examples
    --------
    >>> addcmul(np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array([2.0, 4.0]), value=0.5)
    array([4., 9.])
    """
    return add(x, multiply(multiply(value, y), z))


@composite(
    samples=_triple_samples(0.5),
    reference=lambda x, y, z, value=1: np.add(x, np.multiply(value, np.divide(y, z))),
    fails=[BAD_TRIPLE],
)
def addcdiv(x, y, z, /, *, value=1):
    """x + value * y / z, element by element, with broadcasting.

    Parameters
    ----------
    x, y, z : arrays whose shapes broadcast
    value : number

    Examples
    --------
    >>> addcdiv(np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array([2.0, 4.0]), value=2)
    array([4., 3.])
    """
    return add(x, divide(multiply(value, y), z))
