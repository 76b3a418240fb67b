"""Exponentials and logarithms, element by element."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..dtypes import as_floats
from ..kernels import curve
from ..op import op
from ..samples import BAD_PAIR, Rng, Sample, Samples, binary, unary

LOG2 = math.log(2)
LOG10 = math.log(10)


# Exponentials


@op(samples=unary(), reference=np.vectorize(math.exp), method="exp", elementwise=True)
def exp(x, /):
    """e ** x, element by element."""
    return np.exp(x)


@exp.grad("x")
def _(g, out):
    return g * out


@op(samples=unary(), reference=lambda x: 2.0**x, method="exp2", elementwise=True)
def exp2(x, /):
    """2 ** x, element by element."""
    return np.exp2(x)


@exp2.grad("x")
def _(g, out):
    return g * (LOG2 * out)


@op(samples=unary(), reference=np.vectorize(math.expm1), method="expm1", elementwise=True)
def expm1(x, /):
    """e ** x - 1, accurate near 0."""
    return np.expm1(x)


@expm1.grad("x")
def _(g, x):
    return g * exp(x)


# Logarithms


@op(samples=unary(0.3, 3), reference=np.vectorize(math.log), method="log", singular=True)
def log(x, /):
    """Natural logarithm, element by element. The derivative at 0 is infinite."""
    return np.log(x)


@log.grad("x")
def _(g, x):
    return g / x


@op(samples=unary(0.3, 3), reference=np.vectorize(math.log2), method="log2", singular=True)
def log2(x, /):
    """Logarithm to base 2, element by element. The derivative at 0 is infinite."""
    return np.log2(x)


@log2.grad("x")
def _(g, x):
    return g / (LOG2 * x)


@op(samples=unary(0.3, 3), reference=np.vectorize(math.log10), method="log10", singular=True)
def log10(x, /):
    """Logarithm to base 10, element by element. The derivative at 0 is infinite."""
    return np.log10(x)


@log10.grad("x")
def _(g, x):
    return g / (LOG10 * x)


@op(samples=unary(-0.6, 2), reference=np.vectorize(math.log1p), method="log1p", singular=True)
def log1p(x, /):
    """log(1 + x), accurate near 0. The derivative at -1 is infinite."""
    return np.log1p(x)


@log1p.grad("x")
def _(g, x):
    return g / (1 + x)


# The logistic function and its relatives


@op(
    samples=unary(),
    reference=np.vectorize(lambda x: 0.5 + 0.5 * math.tanh(x / 2)),
    method="sigmoid",
    elementwise=True,
)
def sigmoid(x, /):
    """1 / (1 + exp(-x)), element by element; between 0 and 1 for every x.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    fast = curve("sigmoid", x)
    if fast is not None:
        return fast
    with np.errstate(over="ignore"):  # exp(1000) = inf gives the right 1 / inf = 0
        return 1 / (1 + np.exp(-as_floats(x)))


@sigmoid.grad("x")
def _(g, out):
    return sigmoid_dx(g, out)


@op(
    samples=binary(),
    reference=lambda g, y: g * y - g * y**2,
    elementwise=True,
    public=False,
)
def sigmoid_dx(g, y, /):
    """g times the slope of the sigmoid where its value is y."""
    fast = curve("sigmoid_dx", g, y)
    return g * (y * (1 - y)) if fast is None else fast


@sigmoid_dx.grad("g")
def _(h, y):
    return sigmoid_dx(h, y)


@sigmoid_dx.grad("y")
def _(h, g, y):
    return h * (g * (1 - 2 * y))


def log1p_exp(x: Any) -> Any:
    """log(1 + exp(x)) of plain arrays, without overflow."""
    x = as_floats(x)
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@op(
    samples=unary(),
    reference=np.vectorize(lambda x: -math.log(1 + math.exp(-x))),
    method="log_sigmoid",
    elementwise=True,
)
def log_sigmoid(x, /):
    """log(sigmoid(x)), accurate where the sigmoid underflows.

    Examples
    --------
    >>> log_sigmoid(np.array([-1000.0, 1000.0]))
    array([-1000.,    -0.])
    """
    return -log1p_exp(-as_floats(x))


@log_sigmoid.grad("x")
def _(g, x):
    return g * sigmoid(-x)


@op(
    samples=unary(0.1, 0.9),
    reference=np.vectorize(lambda p: math.log(p / (1 - p))),
    method="logit",
    singular=True,
)
def logit(x, /):
    """log(x / (1 - x)), the inverse of the sigmoid. The derivatives at 0 and 1 are infinite."""
    x = as_floats(x)
    return np.log(x) - np.log1p(-x)


@logit.grad("x")
def _(g, x):
    return g / (x * (1 - x))


# Sums in the logarithmic domain


def _first_share(x: Any, y: Any, base: float) -> Any:
    """The derivative of log(base**x + base**y) by x; half where both are the same infinity."""
    same_infinity = (x == y) & (abs(x) == math.inf)
    return where(same_infinity, 0.5, sigmoid((x - y) * math.log(base)))


@op(
    samples=binary(),
    reference=lambda x, y: np.log(np.exp(x) + np.exp(y)),
    fails=[BAD_PAIR],
    elementwise=True,
)
def logaddexp(x, y, /):
    """log(exp(x) + exp(y)), without overflow or underflow.

    Examples
    --------
    >>> f"{logaddexp(1000.0, 1000.0):.4f}"
    '1000.6931'
    """
    return np.logaddexp(x, y)


@logaddexp.grad("x")
def _(g, x, y):
    return g * _first_share(x, y, math.e)


@logaddexp.grad("y")
def _(g, x, y):
    return g * _first_share(y, x, math.e)


@op(
    samples=binary(),
    reference=lambda x, y: np.log2(2.0**x + 2.0**y),
    fails=[BAD_PAIR],
    elementwise=True,
)
def logaddexp2(x, y, /):
    """log2(2**x + 2**y), without overflow or underflow."""
    return np.logaddexp2(x, y)


@logaddexp2.grad("x")
def _(g, x, y):
    return g * _first_share(x, y, 2)


@logaddexp2.grad("y")
def _(g, x, y):
    return g * _first_share(y, x, 2)


# Products with a logarithm


def keep_half(out: Any, *inputs: Any) -> Any:
    """float16 for float16: SciPy's functions know single and double precision only."""
    return out.astype(np.float16) if np.result_type(*inputs) == np.float16 else out


def _xlog_samples(low: float) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        yield from binary((-2, 2), (low, 2))(rng)
        yield Sample(np.array([0.0, 0.0, 1.0]), np.array([0.5, 2.0, 2.0]), label="x = 0")

    return samples


@op(
    samples=_xlog_samples(0.3),
    reference=np.vectorize(lambda x, y: x * math.log(y)),
    fails=[BAD_PAIR],
    singular=True,
)
def xlogy(x, y, /):
    """x * log(y), and 0 where x = 0 whatever y, so that 0 * log(0) = 0.

    Gradient
    --------
    log(y) and x / y. Both count as 0 where x = 0 and y <= 0: there the term is absent.

    Examples
    --------
    >>> xlogy(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    array([0., 0.])
    """
    from scipy.special import xlogy

    return keep_half(xlogy(x, y), x, y)


@xlogy.grad("x")
def _(g, x, y):
    return where((x == 0) & (y <= 0), 0, xlogy(g, y))


@xlogy.grad("y")
def _(g, x, y):
    return where((x == 0) & (y <= 0), 0, g * x / y)


@op(
    samples=_xlog_samples(-0.6),
    reference=np.vectorize(lambda x, y: x * math.log1p(y)),
    fails=[BAD_PAIR],
    singular=True,
)
def xlog1py(x, y, /):
    """x * log(1 + y), accurate near y = 0, and 0 where x = 0 whatever y.

    Gradient
    --------
    log1p(y) and x / (1 + y). Both count as 0 where x = 0 and y <= -1: there the term is absent.
    """
    from scipy.special import xlog1py

    return keep_half(xlog1py(x, y), x, y)


@xlog1py.grad("x")
def _(g, x, y):
    return where((x == 0) & (y <= -1), 0, xlog1py(g, y))


@xlog1py.grad("y")
def _(g, x, y):
    return where((x == 0) & (y <= -1), 0, g * x / (1 + y))
