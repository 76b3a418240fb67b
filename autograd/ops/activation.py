"""Activation functions with exponentials, element by element but for glu.

Defaults are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..errors import ArgumentError, AxisError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, away_from, uniform
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
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


@elu.grad("x")
def _(g, out, alpha):
    return g * ((out > 0) + gate(out + alpha, out <= 0))


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
    return x * _cdf(x, approximate)


@gelu.grad("x")
def _(g, x, approximate):
    cdf = _cdf(x, approximate)
    return g * (cdf + x * _cdf_slope(x, cdf, approximate))


@op(samples=curve_samples(), reference=each(lambda x: x / (1 + math.exp(-x))), elementwise=True)
def silu(x, /):
    """x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


@silu.grad("x")
def _(g, x):
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


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
    return np.where(beta * x > threshold, x, log1p_exp(beta * x) / beta)


@softplus.grad("x")
def _(g, x, beta, threshold):
    return g * where(beta * x > threshold, 1, sigmoid(beta * x))


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
