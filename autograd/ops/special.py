"""Special functions: SciPy's values, our derivatives. SciPy is imported at the first call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..kernels import curve
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, unary, uniform
from .arithmetic import sign
from .exponential import exp, keep_half, log

# The error function and the normal distribution


@op(samples=unary(), reference=np.vectorize(math.erf), method="erf", elementwise=True)
def erf(x, /):
    """The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x."""
    fast = curve("erf", x)
    if fast is not None:
        return fast
    from scipy.special import erf

    return keep_half(erf(x), x)


@erf.grad("x")
def _(g, x):
    return g * (2 / math.sqrt(math.pi) * exp(-x * x))


@op(samples=unary(-2, 6), reference=np.vectorize(math.erfc), method="erfc", elementwise=True)
def erfc(x, /):
    """1 - erf(x), accurate where erf(x) rounds to 1."""
    from scipy.special import erfc

    return keep_half(erfc(x), x)


@erfc.grad("x")
def _(g, x):
    return g * (-2 / math.sqrt(math.pi) * exp(-x * x))


@op(
    samples=unary(-0.9, 0.9),
    reference=np.vectorize(lambda y: NormalDist().inv_cdf((y + 1) / 2) / math.sqrt(2)),
    method="erfinv",
    singular=True,
)
def erfinv(x, /):
    """The inverse of erf. Infinite at -1 and 1, with an infinite derivative; NaN beyond."""
    from scipy.special import erfinv

    return keep_half(erfinv(x), x)


@erfinv.grad("x")
def _(g, out):
    return g * (math.sqrt(math.pi) / 2 * exp(out * out))


@op(
    samples=unary(),
    reference=np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2))),
    elementwise=True,
)
def ndtr(x, /):
    """The probability that a standard normal variable is at most x; accurate in both tails."""
    fast = curve("ndtr", x)
    if fast is not None:
        return fast
    from scipy.special import ndtr

    return keep_half(ndtr(x), x)


@ndtr.grad("x")
def _(g, x):
    return g * (exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


def _log_ndtr_samples(rng: Rng) -> Iterable[Sample]:
    yield from unary()(rng)
    yield Sample(np.array([-30.0, -20.0, 8.0]), label="tails")


@op(
    samples=_log_ndtr_samples,
    reference=np.vectorize(lambda x: math.log(0.5 * math.erfc(-x / math.sqrt(2)))),
    elementwise=True,
)
def log_ndtr(x, /):
    """log(ndtr(x)), accurate where ndtr underflows.

    Examples
    --------
    >>> f"{log_ndtr(-1000.0):.3f}"
    '-500007.827'
    """
    from scipy.special import log_ndtr

    return keep_half(log_ndtr(x), x)


@log_ndtr.grad("x")
def _(g, x):
    return g * inverse_mills(x)


def _mills(x: float) -> float:
    return NormalDist().pdf(x) / (0.5 * math.erfc(-x / math.sqrt(2)))


@op(samples=_log_ndtr_samples, reference=np.vectorize(_mills), elementwise=True, public=False)
def inverse_mills(x, /):
    """The normal density over ndtr: the derivative of log_ndtr, about -x for x far below 0."""
    from scipy.special import erfcx

    return keep_half(math.sqrt(2 / math.pi) / erfcx(-x / math.sqrt(2)), x)


@inverse_mills.grad("x")
def _(g, out, x):
    return -g * out * (x + out)


@op(
    samples=unary(0.1, 3),
    reference=np.vectorize(lambda x: -x * math.log(x)),
    singular=True,
)
def entr(x, /):
    """-x * log(x), the summand of an entropy; 0 at 0, -inf below. The derivative at 0 is infinite.

    Examples
    --------
    >>> entr(np.array([0.0, 0.5]))
    array([0.        , 0.34657359])
    """
    from scipy.special import entr

    return keep_half(entr(x), x)


@entr.grad("x")
def _(g, x):
    return -g * (log(x) + 1)


# The gamma function

# B(2k) / (2k)! for k = 1, 2, ...: the coefficients of the Euler-Maclaurin series
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def _polygamma_reference(n: int, x: float) -> float:
    """Shift x up by recurrence, then sum the asymptotic series."""
    total, sign = 0.0, (-1) ** (n + 1)
    while x < 20:
        total += sign * math.factorial(n) / x ** (n + 1)
        x += 1
    series = math.factorial(n - 1) / x**n if n else -math.log(x)
    series += math.factorial(n) / (2 * x ** (n + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        series += b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) / x ** (2 * k + n)
    return total + sign * series


def _between_poles(low: float = -2.0) -> Samples:
    """Samples away from 0 and the negative integers, where the gamma function has poles."""

    def samples(rng: Rng) -> Iterable[Sample]:
        yield from unary(0.4, 3)(rng)
        yield Sample(uniform(rng, (2,), low + 0.3, low + 0.7), label="negative")

    return samples


@op(
    samples=_between_poles(),
    reference=np.vectorize(math.lgamma),
    method="lgamma",
    singular=True,
)
def lgamma(x, /):
    """log(abs(gamma(x))). Infinite at 0 and the negative integers; log((n-1)!) at n."""
    from scipy.special import gammaln

    return keep_half(gammaln(x), x)


@lgamma.grad("x")
def _(g, x):
    return g * digamma(x)


@op(
    samples=_between_poles(),
    reference=np.vectorize(lambda x: _polygamma_reference(0, x)),
    method="digamma",
    singular=True,
)
def digamma(x, /):
    """The derivative of lgamma. It has poles at 0 and the negative integers."""
    from scipy.special import digamma

    return keep_half(digamma(x), x)


@digamma.grad("x")
def _(g, x):
    return g * polygamma(1, x)


def _polygamma_samples(rng: Rng) -> Iterable[Sample]:
    for n in (0, 1, 3):
        yield Sample(n, uniform(rng, (2,), 0.5, 3), label=f"n={n}")
    yield Sample(np.array([[1], [2]]), uniform(rng, (2,), -1.7, -1.3), label="negative x")


@op(
    samples=_polygamma_samples,
    reference=np.vectorize(_polygamma_reference),
    fails=[
        Fails(-1, np.ones(2), error=ArgumentError, match="n must be 0, 1, 2, ..., got -1"),
        Fails(0.5, np.ones(2), error=ArgumentError, match="n must be 0, 1, 2, ..., got 0.5"),
    ],
    singular=True,
)
def polygamma(n, x, /):
    """The n-th derivative of digamma. It has poles at 0 and the negative integers.

    Parameters
    ----------
    n : int, or array of ints that broadcasts with x
        Not differentiable.
    """
    from scipy.special import polygamma

    if np.any(np.less(n, 0) | (n != np.floor(n))):
        raise ArgumentError(f"n must be 0, 1, 2, ..., got {n}")
    dtype = np.result_type(x) if np.result_type(x).kind == "f" else float
    return polygamma(n, x).astype(dtype)[()]


@polygamma.grad("x")
def _(g, n, x):
    return g * polygamma(n + 1, x)


# Bessel functions


def _bessel(n: int, x: float, scaled: bool = False) -> float:
    """The power series of I_n."""
    terms = (
        (x / 2) ** (2 * k + n) / (math.factorial(k) * math.factorial(k + n)) for k in range(60)
    )
    return math.fsum(terms) * (math.exp(-math.fabs(x)) if scaled else 1.0)


def _bessel_forward(x: Any, n: int, scaled: bool) -> Any:
    """SciPy's functions, and what they say for orders above 1 where those return NaN."""
    from scipy import special

    if n < 2:
        return getattr(special, f"i{n}e" if scaled else f"i{n}")(x)
    size = np.abs(x)
    if not scaled:  # iv underflows to NaN near 0
        near = _bessel_forward(x, n, True) * np.exp(np.minimum(size, 1))
        return np.where(size < 1, near, special.iv(n, x))
    far = size > 1e6  # ive stops at 2**31; the recurrence in n loses no digits where x >> n
    below, lower = (_bessel_forward(x, n - k, True) for k in (1, 2))
    recurred = lower - below * (2 * (n - 1) / np.where(far, x, 1))
    return np.where(far, recurred, special.ive(n, np.where(far, 1, x)))


@op(
    samples=lambda rng: [
        Sample(uniform(rng, (3,)), n=2, scaled=False),
        Sample(uniform(rng, (3,)), n=3, scaled=True),
        Sample(np.array([0.0]), n=1, scaled=False, label="I_1 at 0"),
        Sample(np.array([1e-310]), n=2, scaled=False, orders=0, label="no underflow to NaN"),
    ],
    reference=np.vectorize(lambda x, n, scaled: _bessel(n, x, scaled)),
    elementwise=True,
    public=False,
)
def bessel_i(x, /, *, n, scaled):
    """The modified Bessel function I_n(x) of the first kind, times exp(-abs(x)) if `scaled`.

    Gradient
    --------
    (I_{n-1} + I_{n+1}) / 2, where I_{-1} = I_1. Scaled, with abs(x) of slope 0 at 0.

    Source
    ------
    Abramowitz & Stegun (1964), 9.6.26.
    """
    return keep_half(_bessel_forward(x, n, scaled), x)


@bessel_i.grad("x")
def _(g, out, x, n, scaled):
    below = bessel_i(x, n=n - 1 if n else 1, scaled=scaled)
    slope = 0.5 * (below + bessel_i(x, n=n + 1, scaled=scaled))
    return g * (slope - sign(x) * out if scaled else slope)


def _series(n: int, scaled: bool) -> Callable[..., np.ndarray]:
    return np.vectorize(lambda x: _bessel(n, x, scaled))


@composite(samples=unary(), reference=_series(0, False))
def i0(x):
    """The modified Bessel function of the first kind and order 0; it grows like exp(abs(x))."""
    return bessel_i(x, n=0, scaled=False)


@composite(samples=unary(), reference=_series(1, False))
def i1(x):
    """The modified Bessel function of the first kind and order 1, the derivative of i0."""
    return bessel_i(x, n=1, scaled=False)


@composite(samples=unary(-2, 2, 0), reference=_series(0, True))
def i0e(x):
    """exp(-abs(x)) * i0(x), which does not overflow.

    Gradient
    --------
    i1e(x) - sign(x) * i0e(x): the kink at 0 has slope 0.

    Examples
    --------
    >>> f"{i0e(1000.0):.6f}"
    '0.012617'
    """
    return bessel_i(x, n=0, scaled=True)


@composite(samples=unary(-2, 2, 0), reference=_series(1, True))
def i1e(x):
    """exp(-abs(x)) * i1(x), which does not overflow."""
    return bessel_i(x, n=1, scaled=True)
