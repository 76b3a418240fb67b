"""Powers, roots and lengths, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..op import op
from ..samples import BAD_PAIR, Rng, Sample, binary, unary, uniform
from .arithmetic import flat
from .exponential import log

_NUMBERS = {bool, int, float}
_PRODUCTS: dict[float, Callable[[Any], Any]] = {
    3: lambda x: x * x * x,
    4: lambda x: np.square(x * x),
    -2: lambda x: np.square(1 / x),
    -3: lambda x: 1 / x / x / x,  # x * x may be infinite where this is not 0
}


def _is_float(x: Any) -> bool:
    return x.__class__ not in _NUMBERS and x.dtype.kind == "f"


def _power_samples(rng: Rng) -> Iterable[Sample]:
    yield from binary((0.3, 2), (-2, 2))(rng)
    for exponent in (0, 1, 2, 3, 0.0, 2.0):
        yield Sample(uniform(rng, (2, 3)), exponent, label=f"integer exponent {exponent!r}")
    for exponent in (-1, -2, -3, 4, 0.5, 1.5):
        yield Sample(uniform(rng, (3,), 0.3, 2), exponent, label=f"exponent {exponent!r}")
    yield Sample(uniform(rng, (2,), 0.5, 2), np.array([0.0, 1.0]), label="exponent array")
    yield Sample(np.array([0.0, 1.0, -1.0]), 2, label="square at zero")
    yield Sample(np.array([0.0, 2.0]), 3.0, label="cube at zero")
    yield Sample(np.array([np.nan, np.inf]), np.zeros(2), orders=0, label="** 0 of no number")


@op(
    samples=_power_samples,
    reference=np.power,
    fails=[BAD_PAIR],
    operators=("__pow__", "__rpow__", "__ipow__"),
    singular=True,
)
def power(x, y, /):
    """x ** y, element by element, with broadcasting.

    For numbers y of -3, -2, 3 and 4 it is a product of x or of 1 / x, which is a hundred times as
    fast: within three units in the last place.

    Gradient
    --------
    y * x**(y-1) and x**y * log(x). Exact at x = 0 where the derivative exists: x**0 has derivative
    0 in x (it is 1 for every x, NaN too), and 0**y has derivative 0 in y for y >= 0.
    """
    if y.__class__ in _NUMBERS and y in _PRODUCTS and _is_float(x):
        return _PRODUCTS[y](x)
    return x**y


@power.grad("x")
def _(g, x, y):
    if isinstance(y, (int, float)):
        if y == 2:
            return g * (2 * x)
        lower = power(x, y - 1) if y - 1 in _PRODUCTS else x ** (y - 1)
        return g * (y * lower) if y else flat(g)
    slope = power(x, y - 1)
    constant = (y == 0) & ~(abs(slope) < math.inf)  # x**0 is 1 for x = 0 and NaN too
    return g * where(constant, 0, y * slope)


@power.grad("y")
def _(g, out, x, y):
    return g * out * log(where((x == 0) & (y >= 0), 1, x))


@op(samples=unary(), reference=lambda x: x * x, method="square", elementwise=True)
def square(x, /):
    """x * x, element by element."""
    return x * x


@square.grad("x")
def _(g, x):
    return g * (2 * x)


@op(samples=unary(0.2, 3), reference=np.vectorize(math.sqrt), method="sqrt", singular=True)
def sqrt(x, /):
    """Square root, element by element. The derivative at 0 is infinite."""
    return np.sqrt(x)


@sqrt.grad("x")
def _(g, out):
    return g / (2 * out)


@op(samples=unary(0.3, 3), reference=lambda x: x**-0.5, method="rsqrt", singular=True)
def rsqrt(x, /):
    """1 / sqrt(x), element by element. Infinite at 0."""
    return 1 / np.sqrt(x)


@rsqrt.grad("x")
def _(g, out):
    return g * (-0.5 * out * out * out)


@op(
    samples=unary(-2, 2, 0, gap=0.3),
    reference=lambda x: np.sign(x) * np.abs(x) ** (1 / 3),
    method="cbrt",
    singular=True,
)
def cbrt(x, /):
    """Real cube root, element by element. The derivative at 0 is infinite."""
    return np.cbrt(x)


@cbrt.grad("x")
def _(g, out):
    return g / (3 * out * out)


def _hypot_samples(rng: Rng) -> Iterable[Sample]:
    yield from binary((0.3, 2), (-2, 2))(rng)
    yield Sample(np.array([0.0, 0.0, 1.0, -1.0]), np.array([1.0, -1.0, 0.0, 0.0]), label="axes")


@op(
    samples=_hypot_samples,
    reference=np.vectorize(math.hypot),
    fails=[BAD_PAIR],
    elementwise=True,
)
def hypot(x, y, /):
    """sqrt(x*x + y*y), element by element, without overflow.

    Gradient
    --------
    x / out and y / out; 0 at the origin, a kink.
    """
    return np.hypot(x, y)


@hypot.grad("x")
def _(g, out, x):
    return g * where(out == 0, 0, x / out)


@hypot.grad("y")
def _(g, out, y):
    return g * where(out == 0, 0, y / out)
