"""Exponentials normalised along axes, without overflow. Each has a rule that keeps one array.

Those of softmax and its logarithm are ops of their own, since there are kernels for them.

An axis may be an int, a tuple of ints, or None for all of them; not a list, like that of a sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..algebra import all_finite, where
from ..dtypes import as_floats
from ..errors import DTypeError
from ..op import normalize_axes, op
from ..samples import BAD_AXIS, Fails, Rng, Sample, reduction, uniform
from .exponential import exp
from .reduce import lane_by_lane, restore_axes, sum


def _samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (4,)))
    yield Sample(uniform(rng, (2, 3)), axis=0)
    yield Sample(uniform(rng, (2, 2, 2)), axis=(0, -1))
    yield Sample(uniform(rng, (2, 3)), axis=None)
    masked = np.array([[0.5, -np.inf, 1.0], [-np.inf, 800.0, 800.5]])
    yield Sample(masked, label="-inf and large", orders=0)
    yield Sample(3.0, axis=None, label="a number", orders=0)


A_LIST = Fails(np.ones((2, 3)), axis=[0, 1], error=DTypeError, match=r"a tuple .* got \[0, 1\]")


def _normalised(sign: int) -> Callable[..., np.ndarray]:
    """A reference: weights exp(sign * x) over their sum, in long double for their range."""

    def reference(x: np.ndarray, axis: Any = -1) -> np.ndarray:
        weights = np.exp(sign * np.asarray(x, np.longdouble))
        return (weights / weights.sum(axis=axis, keepdims=True)).astype(float)

    return reference


def _prepared(x: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """x as an array of floats, and the axes along which there is something to add up."""
    if axis.__class__ is list:
        raise DTypeError(f"axis must be an int, a tuple of ints or None, got {axis}")
    x = as_floats(np.asarray(x))
    return x, normalize_axes(axis, x.ndim)


def _peak(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest element along axes; 0 where there is none, or an infinite one (inf - inf)."""
    if not x.size:
        return 0
    peak = np.maximum.reduce(x, axes, keepdims=True)
    return peak if all_finite(peak) else np.where(np.isfinite(peak), peak, 0)


def _log_total(x: Any, axes: tuple[int, ...]) -> Any:
    """log(sum(exp(x))) as it stands, -inf where there is nothing to add."""
    return _log(np.add.reduce(np.exp(x), axes, keepdims=True))


def _log(total: Any) -> Any:
    if np.count_nonzero(total) == total.size:
        return np.log(total)
    with np.errstate(divide="ignore"):
        return np.log(total)


def _shares(x: Any, axes: tuple[int, ...]) -> Any:
    """exp(x) over its sum along axes."""
    fast = kernels.softmax(x, axes)
    if fast is not None:
        return fast
    weights = np.exp(x if _moderate(x) else x - _peak(x, axes))
    return weights / np.add.reduce(weights, axes, keepdims=True)


def _moderate(x: Any) -> bool:
    """Whether no exponential overflows or underflows, |x| < 50: shares need no shift then."""
    return x.itemsize > 2 and np.vdot(x, x) < 2500


@op(
    samples=_samples,
    reference=_normalised(1),
    fails=[BAD_AXIS, A_LIST],
    method="softmax",
)
def softmax(x, /, *, axis=-1):
    """exp(x) / sum(exp(x)) along an axis: positive numbers that add up to 1.

    Entries of -inf get 0; NaN where all are -inf.

    Gradient
    --------
    out * (g - sum(g * out)). Keeps the result only.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0, -np.inf]))
    array([0.5, 0.5, 0. ])
    """
    return _shares(*_prepared(x, axis))


@softmax.grad("x")
def _(g, out, axis):
    return softmax_dx(g, out, axis=axis)


def _dx_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (4,)), uniform(rng, (4,)))
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), axis=0)
    yield Sample(uniform(rng, (2, 2, 2)), uniform(rng, (2, 2, 2)), axis=(0, -1))
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), axis=None)


@op(
    samples=_dx_samples,
    reference=lambda g, y, axis=-1: y * g - y * (g * y).sum(axis=axis, keepdims=True),
    public=False,
)
def softmax_dx(g, y, /, *, axis=-1):
    """The cotangent of x where softmax(x) is y: y * (g - sum(g * y))."""
    fast = kernels.softmax_dx(g, y, normalize_axes(axis, y.ndim))
    return y * (g - np.add.reduce(g * y, axis, keepdims=True)) if fast is None else fast


@softmax_dx.grad("g")
def _(h, y, axis):
    return softmax_dx(h, y, axis=axis)


@softmax_dx.grad("y")
def _(h, g, y, axis):
    inner, outer = (sum(v * y, axis=axis, keepdims=True) for v in (g, h))
    return h * (g - inner) - g * outer


@op(
    samples=_samples,
    reference=lambda x, axis=-1: np.log(_normalised(1)(x, axis)),
    fails=[BAD_AXIS, A_LIST],
    method="log_softmax",
)
def log_softmax(x, /, *, axis=-1):
    """log(softmax(x)), accurate where the softmax underflows.

    Gradient
    --------
    g - exp(out) * sum(g). Keeps the result only.

    Examples
    --------
    >>> log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    x, axes = _prepared(x, axis)
    fast = kernels.softmax(x, axes, log=True)
    if fast is not None:
        return fast
    shifted = x - _peak(x, axes)
    return shifted - _log_total(shifted, axes)


@log_softmax.grad("x")
def _(g, out, axis):
    return log_softmax_dx(g, out, axis=axis)


@op(
    samples=_dx_samples,
    reference=lambda g, y, axis=-1: g - np.exp(y) * g.sum(axis=axis, keepdims=True),
    public=False,
)
def log_softmax_dx(g, y, /, *, axis=-1):
    """The cotangent of x where log_softmax(x) is y: g - exp(y) * sum(g)."""
    fast = kernels.softmax_dx(g, y, normalize_axes(axis, y.ndim), log=True)
    return g - np.exp(y) * np.add.reduce(g, axis, keepdims=True) if fast is None else fast


@log_softmax_dx.grad("g")
def _(h, y, axis):
    return h - sum(h * exp(y), axis=axis, keepdims=True)


@log_softmax_dx.grad("y")
def _(h, g, y, axis):
    return -h * exp(y) * sum(g, axis=axis, keepdims=True)


@op(
    samples=lambda rng: [Sample(uniform(rng, (4,))), Sample(uniform(rng, (2, 3)), axis=0)],
    reference=_normalised(-1),
    fails=[BAD_AXIS, A_LIST],
)
def softmin(x, /, *, axis=-1):
    """softmax(-x): the smallest elements get the largest weights.

    Examples
    --------
    >>> softmin(np.array([0.0, np.log(3.0)]))
    array([0.75, 0.25])
    """
    x, axes = _prepared(x, axis)
    return _shares(-x, axes)


@softmin.grad("x")
def _(g, out, axis):
    return -softmax_dx(g, out, axis=axis)


def _logsumexp_samples(rng: Rng) -> Iterable[Sample]:
    yield from reduction()(rng)
    x = np.array([[1.0, -np.inf], [-np.inf, -np.inf]])
    yield Sample(x, axis=1, label="-inf", orders=0)


def _log_of_sum(values: list[float]) -> float:
    total = math.fsum(map(math.exp, values))
    return math.log(total) if total else -math.inf


@op(
    samples=_logsumexp_samples,
    reference=lane_by_lane(_log_of_sum),
    fails=[BAD_AXIS, A_LIST],
    method="logsumexp",
)
def logsumexp(x, /, *, axis=None, keepdims=False):
    """log(sum(exp(x))), without overflow; -inf where every element is -inf.

    Gradient
    --------
    The softmax; 0 where every element is -inf.

    Examples
    --------
    >>> f"{logsumexp(np.array([1000.0, 1000.0])):.4f}"
    '1000.6931'
    """
    x, axes = _prepared(x, axis)
    fast = kernels.exp_sums(x, axes)
    if fast is None:
        peak = _peak(x, axes)
        out = _log_total(x - peak, axes) + peak
    else:
        out = _log(fast[1]) + fast[0]
    return out if keepdims else np.squeeze(out, axes)


@logsumexp.grad("x")
def _(g, out, x, axis, keepdims):
    g, out = restore_axes(g, axis, keepdims), restore_axes(out, axis, keepdims)
    return g * exp(x - where(out == -math.inf, 0, out))
