"""Circular and hyperbolic functions, element by element; angles in radians."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from ..algebra import where
from ..kernels import curve
from ..op import op
from ..samples import BAD_PAIR, Rng, Sample, away_from, binary, unary, uniform
from .powers import hypot, sqrt

# Circular functions


@op(samples=unary(-4, 4), reference=np.vectorize(math.sin), method="sin", elementwise=True)
def sin(x, /):
    """Sine, element by element."""
    return np.sin(x)


@sin.grad("x")
def _(g, x):
    return g * cos(x)


@op(samples=unary(-4, 4), reference=np.vectorize(math.cos), method="cos", elementwise=True)
def cos(x, /):
    """Cosine, element by element."""
    return np.cos(x)


@cos.grad("x")
def _(g, x):
    return -g * sin(x)


@op(samples=unary(-1.2, 1.2), reference=np.vectorize(math.tan), method="tan", elementwise=True)
def tan(x, /):
    """Tangent, element by element."""
    return np.tan(x)


@tan.grad("x")
def _(g, out):
    return g * (1 + out * out)


@op(samples=unary(-0.8, 0.8), reference=np.vectorize(math.asin), method="asin", singular=True)
def asin(x, /):
    """Inverse sine, between -pi/2 and pi/2. The derivatives at -1 and 1 are infinite."""
    return np.arcsin(x)


@asin.grad("x")
def _(g, x):
    return g / sqrt((1 - x) * (1 + x))


@op(samples=unary(-0.8, 0.8), reference=np.vectorize(math.acos), method="acos", singular=True)
def acos(x, /):
    """Inverse cosine, between 0 and pi. The derivatives at -1 and 1 are infinite."""
    return np.arccos(x)


@acos.grad("x")
def _(g, x):
    return -g / sqrt((1 - x) * (1 + x))


@op(samples=unary(), reference=np.vectorize(math.atan), method="atan", elementwise=True)
def atan(x, /):
    """Inverse tangent, between -pi/2 and pi/2."""
    return np.arctan(x)


@atan.grad("x")
def _(g, x):
    return g / (1 + x * x)


def _atan2_samples(rng: Rng) -> Iterable[Sample]:
    for s, t in (((), ()), ((2, 3), (2, 3)), ((2, 1), (1, 3)), ((3,), ())):
        yield Sample(away_from(rng, s, 0, gap=0.3), uniform(rng, t))
    yield Sample(np.array([0.0, 0.5, -0.5]), np.array([1.0, 0.0, 0.0]), label="axes")


@op(
    samples=_atan2_samples,
    reference=np.vectorize(math.atan2),
    fails=[BAD_PAIR],
    elementwise=True,
)
def atan2(y, x, /):
    """The angle of the point (x, y), between -pi and pi.

    Gradient
    --------
    x / r**2 for y and -y / r**2 for x, with r = hypot(x, y): right on both axes and without
    overflow. At the origin, where there is no derivative, 0.
    """
    return np.arctan2(y, x)


def _over_square(x: Any, r: Any) -> Any:
    """x / r**2, and 0 where r is 0."""
    return where(r == 0, 0, x / r / r)


@atan2.grad("y")
def _(g, y, x):
    return g * _over_square(x, hypot(x, y))


@atan2.grad("x")
def _(g, y, x):
    return -g * _over_square(y, hypot(x, y))


# Hyperbolic functions


@op(samples=unary(), reference=np.vectorize(math.sinh), method="sinh", elementwise=True)
def sinh(x, /):
    """Hyperbolic sine, element by element."""
    return np.sinh(x)


@sinh.grad("x")
def _(g, x):
    return g * cosh(x)


@op(samples=unary(), reference=np.vectorize(math.cosh), method="cosh", elementwise=True)
def cosh(x, /):
    """Hyperbolic cosine, element by element."""
    return np.cosh(x)


@cosh.grad("x")
def _(g, x):
    return g * sinh(x)


@op(samples=unary(), reference=np.vectorize(math.tanh), method="tanh", elementwise=True)
def tanh(x, /):
    """Hyperbolic tangent, element by element."""
    return np.tanh(x)


@tanh.grad("x")
def _(g, out):
    return tanh_dx(g, out)


@op(samples=binary(), reference=lambda g, y: g - g * y**2, elementwise=True, public=False)
def tanh_dx(g, y, /):
    """g times the slope of tanh where its value is y."""
    fast = curve("tanh_dx", g, y)
    return g * (1 - y * y) if fast is None else fast


@tanh_dx.grad("g")
def _(h, y):
    return tanh_dx(h, y)


@tanh_dx.grad("y")
def _(h, g, y):
    return h * (-2 * g * y)


@op(samples=unary(), reference=np.vectorize(math.asinh), method="asinh", elementwise=True)
def asinh(x, /):
    """Inverse hyperbolic sine, element by element."""
    return np.arcsinh(x)


@asinh.grad("x")
def _(g, x):
    return g / hypot(1.0, x)


@op(samples=unary(1.3, 3), reference=np.vectorize(math.acosh), method="acosh", singular=True)
def acosh(x, /):
    """Inverse hyperbolic cosine, for x >= 1. The derivative at 1 is infinite."""
    return np.arccosh(x)


@acosh.grad("x")
def _(g, x):
    return g / (sqrt(x - 1) * sqrt(x + 1))


@op(samples=unary(-0.8, 0.8), reference=np.vectorize(math.atanh), method="atanh", singular=True)
def atanh(x, /):
    """Inverse hyperbolic tangent, for -1 < x < 1. The derivatives at -1 and 1 are infinite."""
    return np.arctanh(x)


@atanh.grad("x")
def _(g, x):
    return g / ((1 - x) * (1 + x))


# sin(x) / x and all its derivatives


def _sinc_reference(x: float, order: int = 0) -> float:
    """The derivative's power series; sinc(x) = sum over k of (-1)**k (pi x)**(2k) / (2k+1)!."""
    total = 0.0
    for k in range((order + 1) // 2, 40):
        power = 2 * k - order
        total += (-1) ** k * (math.pi * x) ** power / (math.factorial(power) * (2 * k + 1))
    return math.pi**order * total


def _sinc_samples(rng: Rng) -> Iterable[Sample]:
    yield from unary(-2.5, 2.5)(rng)
    yield Sample(np.array([0.0, 1e-9, -1e-4, 0.5]), label="near 0")


@op(
    samples=_sinc_samples,
    reference=np.vectorize(_sinc_reference),
    method="sinc",
    elementwise=True,
)
def sinc(x, /):
    """sin(pi x) / (pi x), and 1 at x = 0, element by element.

    Gradient
    --------
    Exact to all orders everywhere, 0 included: see `sinc_derivative`.

    Examples
    --------
    >>> x = Tensor(0.0, requires_grad=True)
    >>> slope = sinc(x).gradient(x, create_graph=True)
    >>> curvature = slope.gradient(x)          # -pi**2 / 3
    >>> f"{slope:.3f} {curvature:.3f}"
    '0.000 -3.290'
    """
    return np.sinc(x)


@sinc.grad("x")
def _(g, x):
    return g * sinc_derivative(x, order=1)


def _sinc_derivative_samples(rng: Rng) -> Iterable[Sample]:
    for order in (0, 1, 2, 5):
        yield Sample(uniform(rng, (4,), -2.5, 2.5), order=order)
    yield Sample(np.array([0.0, 1e-6]), order=2, label="near 0")


@op(
    samples=_sinc_derivative_samples,
    reference=np.vectorize(_sinc_reference),
    elementwise=True,
    public=False,
)
def sinc_derivative(x, /, *, order=1):
    """The derivative of `sinc` of the given order, accurate near 0 too.

    With t = pi x, sinc(x) is the integral of cos(s t) over s from 0 to 1, so its derivatives are
    those of the integrand: a smooth one, which Gauss-Legendre quadrature integrates to full
    precision for small t. For larger t, differentiating t f(t) = sin(t) n times gives
    t f[n] + n f[n-1] = sin[n], a recurrence that shrinks errors where n < t.
    """
    x = np.asarray(x)
    t = np.asarray(np.pi * x.astype(np.float64))
    near = np.abs(t) <= order + 1
    out = np.empty_like(t)
    out[near] = _sinc_by_quadrature(t[near], order)
    out[~near] = _sinc_by_recurrence(t[~near], order)
    dtype = np.result_type(x, np.float16)
    return (np.pi**order * out).astype(dtype)[()]


@sinc_derivative.grad("x")
def _(g, x, order):
    return g * sinc_derivative(x, order=order + 1)


@cache
def _gauss_legendre() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for integrals from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(32)
    return (nodes + 1) / 2, weights / 2


def _sinc_by_quadrature(t: np.ndarray, order: int) -> np.ndarray:
    s, weights = _gauss_legendre()
    return _cos_derivative(np.multiply.outer(t, s), order) @ (weights * s**order)


def _sinc_by_recurrence(t: np.ndarray, order: int) -> np.ndarray:
    f = np.sin(t) / t
    for n in range(1, order + 1):
        f = (_cos_derivative(t, n - 1) - n * f) / t  # the n-th derivative of sin
    return f


def _cos_derivative(t: np.ndarray, order: int) -> np.ndarray:
    """The derivative of cos of the given order, exact where it is 0."""
    function = np.sin if order % 2 else np.cos
    return function(t) if order % 4 in (0, 3) else -function(t)


# Units of angle


@op(samples=unary(), reference=np.vectorize(math.radians), method="deg2rad", elementwise=True)
def deg2rad(x, /):
    """Degrees to radians."""
    return np.deg2rad(x)


@deg2rad.grad("x")
def _(g):
    return g * (math.pi / 180)


@op(samples=unary(), reference=np.vectorize(math.degrees), method="rad2deg", elementwise=True)
def rad2deg(x, /):
    """Radians to degrees."""
    return np.rad2deg(x)


@rad2deg.grad("x")
def _(g):
    return g * (180 / math.pi)


# NumPy's older names

arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
