"""Activation functions with exponentials, element by element but for glu.

Defaults are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, AxisError, ShapeError
from ..kernels import curve
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, away_from, slopes, uniform
from .arithmetic import multiply
from .choose import gate, minimum
from .exponential import exp, log1p_exp, log_sigmoid, sigmoid
from .index import getitem
from .piecewise import axis_and_size, curve_samples, each
from .special import ndtr
from .trigonometric import tanh

# Exponential tails


@op(
    samples=curve_samples(0, alpha=0.5),
    reference=each(lambda x, alpha=1.0: x if x > 0 else alpha * math.expm1(x)),
    fails=[Fails(np.ones(2), alpha=-1.0, match="alpha must not be negative", error=ArgumentError)],
    elementwise=True,
)
def elu(x, /, *, alpha=1.0):
    """x where x > 0, else alpha * (exp(x) - 1). At the kink the gradient is alpha.

    Source
    ------
    Clevert, Unterthiner & Hochreiter (2016), "Fast and Accurate Deep Network Learning by ELUs".
    """
    if alpha < 0:
        raise ArgumentError(f"alpha must not be negative, got {alpha}")
    fast = curve("elu", x, None, alpha)
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0)) if fast is None else fast


@elu.grad("x")
def _(g, out, alpha):
    return elu_dx(g, out, alpha=alpha)


@op(
    samples=slopes(alpha=0.5),
    reference=lambda g, y, alpha=1.0: g * np.where(y > 0, 1, y + alpha),
    elementwise=True,
    public=False,
)
def elu_dx(g, y, /, *, alpha=1.0):
    """g times the slope of elu where its value is y."""
    fast = curve("elu_dx", g, y, alpha)
    return g * np.where(y > 0, 1, y + alpha) if fast is None else fast


@elu_dx.grad("g")
def _(h, y, alpha):
    return elu_dx(h, y, alpha=alpha)


@elu_dx.grad("y")
def _(h, g, y):
    return gate(h * g, y <= 0)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@composite(
    samples=curve_samples(0),
    reference=each(lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * math.expm1(x))),
)
def selu(x, /):
    """An elu whose scale and alpha keep mean 0 and variance 1 from layer to layer.

    Source
    ------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), "Self-Normalizing Neural Networks".
    """
    return multiply(SELU_SCALE, elu(x, alpha=SELU_ALPHA))


@op(
    samples=curve_samples(0, alpha=0.5),
    reference=each(lambda x, alpha=1.0: x if x > 0 else alpha * math.expm1(x / alpha)),
    fails=[Fails(np.ones(2), alpha=0.0, match="alpha must not be zero", error=ArgumentError)],
    elementwise=True,
)
def celu(x, /, *, alpha=1.0):
    """x where x > 0, else alpha * (exp(x / alpha) - 1): smooth at 0 for every alpha.

    Source
    ------
    Barron (2017), "Continuously Differentiable Exponential Linear Units".
    """
    if alpha == 0:
        raise ArgumentError("alpha must not be zero")
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


@celu.grad("x")
def _(g, out, alpha):
    return g * (1 + minimum(out, 0) / alpha)


# Smooth gates: x times something between 0 and 1


def _slope(function: Any, x: Any, **options: Any) -> Any:
    """A reference of a derivative: the quotient of differences, extrapolated (Richardson)."""
    near, far = (
        (function(x + d, **options) - function(x - d, **options)) / (2 * d) for d in (1e-3, 2e-3)
    )
    return (4 * near - far) / 3


def _cdf(x: Any, approximate: str) -> Any:
    """The probability that a standard normal variable is at most x, or its approximation."""
    if approximate == "none":
        return ndtr(x)
    if approximate == "tanh":  # (1 + tanh(z)) / 2 = sigmoid(2 z)
        return sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))
    raise ArgumentError(f"approximate must be 'none' or 'tanh', got {approximate!r}")


def _cdf_slope(x: Any, cdf: Any, approximate: str) -> Any:
    if approximate == "none":
        return exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return cdf * (1 - cdf) * (math.sqrt(8 / math.pi) * (1 + 3 * 0.044715 * x * x))


def _gelu_reference(x: float, approximate: str = "none") -> float:
    if approximate == "none":
        return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@op(
    samples=curve_samples(approximate="tanh"),
    reference=each(_gelu_reference),
    fails=[Fails(np.ones(2), approximate="erf", match="approximate must be", error=ArgumentError)],
    elementwise=True,
)
def gelu(x, /, *, approximate="none"):
    """x times the probability that a standard normal variable is at most x.

    Parameters
    ----------
    approximate : 'none' for the exact distribution, 'tanh' for the paper's approximation

    Source
    ------
    Hendrycks & Gimpel (2016), "Gaussian Error Linear Units".
    """
    fast = curve(_GELU[approximate], x) if approximate in _GELU else None
    return x * _cdf(x, approximate) if fast is None else fast


@gelu.grad("x")
def _(g, x, approximate):
    return gelu_dx(g, x, approximate=approximate)


_GELU = {"none": "gelu", "tanh": "gelu_tanh"}


@op(
    samples=slopes(approximate="tanh"),
    reference=lambda g, x, approximate="none": (
        g * _slope(each(_gelu_reference), x, approximate=approximate)
    ),
    elementwise=True,
    public=False,
)
def gelu_dx(g, x, /, *, approximate="none"):
    """g times the slope of gelu at x."""
    fast = curve(_GELU[approximate] + "_dx", g, x) if approximate in _GELU else None
    if fast is not None:
        return fast
    cdf = _cdf(x, approximate)
    return g * (cdf + x * _cdf_slope(x, cdf, approximate))


@gelu_dx.grad("g")
def _(h, x, approximate):
    return gelu_dx(h, x, approximate=approximate)


@gelu_dx.grad("x")
def _(h, g, x, approximate):
    if approximate == "none":
        return h * (g * (_cdf_slope(x, None, "none") * (2 - x * x)))
    s, factor = _cdf(x, approximate), math.sqrt(8 / math.pi)
    rise, bend = factor * (1 + 3 * 0.044715 * x * x), factor * 6 * 0.044715 * x
    slope = s * (1 - s)
    return h * (g * (slope * (2 * rise + x * (bend + (1 - 2 * s) * rise * rise))))


@op(samples=curve_samples(), reference=each(lambda x: x / (1 + math.exp(-x))), elementwise=True)
def silu(x, /):
    """x * sigmoid(x), also called swish."""
    fast = curve("silu", x)
    return x * sigmoid(x) if fast is None else fast


@silu.grad("x")
def _(g, x):
    return silu_dx(g, x)


@op(
    samples=slopes(),
    reference=lambda g, x: g * _slope(lambda v: v / (1 + np.exp(-v)), x),
    elementwise=True,
    public=False,
)
def silu_dx(g, x, /):
    """g times the slope of silu at x."""
    fast = curve("silu_dx", g, x)
    if fast is not None:
        return fast
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


@silu_dx.grad("g")
def _(h, x):
    return silu_dx(h, x)


@silu_dx.grad("x")
def _(h, g, x):
    s = sigmoid(x)
    return h * (g * (s * (1 - s) * (2 + x * (1 - 2 * s))))


@op(
    samples=curve_samples(),
    reference=each(lambda x: x * math.tanh(math.log(1 + math.exp(x)))),
    elementwise=True,
)
def mish(x, /):
    """x * tanh(softplus(x)).

    Source
    ------
    Misra (2020), "Mish: A Self Regularized Non-Monotonic Activation Function".
    """
    return x * np.tanh(log1p_exp(x))


@mish.grad("x")
def _(g, x):
    t = tanh(-log_sigmoid(-x))  # -log_sigmoid(-x) = softplus(x)
    return g * (t + x * (1 - t * t) * sigmoid(x))


# Smooth curves


@op(samples=curve_samples(), reference=each(lambda x: x - math.tanh(x)), elementwise=True)
def tanhshrink(x, /):
    """x - tanh(x)."""
    return x - np.tanh(x)


@tanhshrink.grad("x")
def _(g, x):
    t = tanh(x)
    return g * (t * t)


@op(samples=curve_samples(0), reference=each(lambda x: x / (1 + math.fabs(x))), elementwise=True)
def softsign(x, /):
    """x / (1 + abs(x))."""
    return x / (1 + np.abs(x))


@softsign.grad("x")
def _(g, x):
    return g / (1 + abs(x)) / (1 + abs(x))


def _softplus_samples(rng: Rng) -> Iterable[Sample]:
    yield from curve_samples(beta=2.0)(rng)
    yield Sample(away_from(rng, (4,), 1), threshold=1, label="both parts")


@op(
    samples=_softplus_samples,
    reference=each(
        lambda x, beta=1.0, threshold=20.0: (
            x if beta * x > threshold else math.log(1 + math.exp(beta * x)) / beta
        )
    ),
    fails=[Fails(np.ones(2), beta=0.0, match="beta must not be zero", error=ArgumentError)],
    method="softplus",
    elementwise=True,
)
def softplus(x, /, *, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * x)) / beta, a smooth relu; x itself where beta * x > threshold.

    The formula needs no threshold to be stable: it is there so that results agree with PyTorch's.
    The gradient is that of the part which gave the value; pass threshold=inf for a single part.
    """
    if beta == 0:
        raise ArgumentError("beta must not be zero")
    fast = curve("softplus", x, None, beta, threshold)
    if fast is not None:
        return fast
    return np.where(beta * x > threshold, x, log1p_exp(beta * x) / beta)


@softplus.grad("x")
def _(g, x, beta, threshold):
    return softplus_dx(g, x, beta=beta, threshold=threshold)


def _softplus_dx_reference(g: Any, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    return g * np.where(beta * x > threshold, 1, 1 / (1 + np.exp(-beta * x)))


@op(
    samples=slopes(beta=2.0, threshold=0.0),
    reference=_softplus_dx_reference,
    elementwise=True,
    public=False,
)
def softplus_dx(g, x, /, *, beta=1.0, threshold=20.0):
    """g times the slope of softplus at x."""
    fast = curve("softplus_dx", g, x, beta, threshold)
    if fast is not None:
        return fast
    return g * np.where(beta * x > threshold, 1, sigmoid(beta * x)).astype(np.result_type(x))


@softplus_dx.grad("g")
def _(h, x, beta, threshold):
    return softplus_dx(h, x, beta=beta, threshold=threshold)


@softplus_dx.grad("x")
def _(h, g, x, beta, threshold):
    s = sigmoid(beta * x)
    return gate(h * (g * (beta * (s * (1 - s)))), beta * x <= threshold)


# Along an axis


def _halves(x: np.ndarray, axis: int = -1) -> np.ndarray:
    a, b = np.split(x, 2, axis)
    return a / (1 + np.exp(-b))


@composite(
    samples=lambda rng: [Sample(uniform(rng, (2, 4))), Sample(uniform(rng, (2, 3)), axis=0)],
    reference=_halves,
    fails=[
        Fails(np.ones((2, 3)), match="axis -1 has size 3.*even"),
        Fails(np.ones((2, 3)), axis=2, match="axis 2", error=AxisError),
    ],
)
def glu(x, /, axis=-1):
    """The first half of x along an axis, times the sigmoid of the second half.

    Raises
    ------
    ShapeError
        If the axis does not exist or its size is odd.

    Source
    ------
    Dauphin, Fan, Auli & Grangier (2017), "Language Modeling with Gated Convolutional Networks".
    """
    k, size = axis_and_size("glu", x, axis)
    if size % 2:
        fact = f"axis {axis} has size {size}, which must be even"
        raise complain(ShapeError, "glu", fact, {"x": x})
    before = (slice(None),) * k
    value = getitem(x, index=(*before, slice(None, size // 2)))
    return value * sigmoid(getitem(x, index=(*before, slice(size // 2, None))))
