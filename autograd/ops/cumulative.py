"""Running sums, products and extremes along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import astype, where
from ..op import op, require_axes
from ..samples import BAD_AXIS, NO_AXIS, Rng, Sample, distinct, uniform
from .exponential import exp
from .rearrange import flip, shifted
from .shape import reshape


def _recurrence_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (4,)), uniform(rng, (4,)), axis=0)
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), axis=-1, reverse=True)
    yield Sample(uniform(rng, (3, 2)), uniform(rng, (3, 2)), axis=0)


def _recurrence_reference(
    a: np.ndarray, b: np.ndarray, axis: int, reverse: bool = False
) -> np.ndarray:
    if reverse:
        return np.flip(_recurrence_reference(np.flip(a, axis), np.flip(b, axis), axis), axis)
    a, b = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    out = np.zeros(b.shape)
    for *lane, i in np.ndindex(b.shape):  # s[i] = sum over j <= i of b[j] * a[j+1] * ... * a[i]
        for j in range(i + 1):
            out[*lane, i] += b[*lane, j] * math.prod(a[*lane, j + 1 : i + 1])
    return np.moveaxis(out, -1, axis)


@op(samples=_recurrence_samples, reference=_recurrence_reference, public=False)
def recurrence(a, b, /, *, axis, reverse=False):
    """s[i] = a[i] * s[i-1] + b[i] along an axis, starting from 0; in reverse with s[i+1].

    Every gradient in this file is one of these: it knows no division, so zeros do no harm.
    """
    a, b = np.broadcast_arrays(a, b)
    out = np.empty(b.shape, np.result_type(a, b))
    factors, terms, sums = (np.moveaxis(v, axis, 0) for v in (a, b, out))
    places = range(len(sums))
    s = 0
    for i in reversed(places) if reverse else places:
        s = sums[i] = factors[i] * s + terms[i]
    return out


@recurrence.grad("a")
def _(g, a, out, axis, reverse):
    return _adjoint(g, a, axis, reverse) * shifted(out, -1 if reverse else 1, axis)


@recurrence.grad("b")
def _(g, a, axis, reverse):
    return _adjoint(g, a, axis, reverse)


def _adjoint(g: Any, a: Any, axis: int, reverse: bool) -> Any:
    """The recurrence run the other way: what g[i] is worth at all earlier places."""
    return recurrence(shifted(a, 1 if reverse else -1, axis), g, axis=axis, reverse=not reverse)


# In the ops below `axis=None` means: flatten x first. Then g has one axis, so `axis or 0` is the
# axis to work along, and the last step of each rule gives the result x's shape.


def _lanes(x: Any, axis: int | None) -> tuple[np.ndarray, int]:
    x = np.asarray(x)
    require_axes(x, axis)
    return (np.ravel(x), 0) if axis is None else (x, axis)


def _along_axis(values: Any = uniform) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        x = values(rng, (2, 3))
        for axis in (None, 0, -1):
            yield Sample(x, axis=axis)
        yield Sample(values(rng, (2, 3, 2)), axis=1)
        yield Sample(values(rng, ()))

    return samples


def _over_prefixes(f: Any) -> Any:
    """A reference: `f` of the list of all elements up to each place."""

    def reference(x: np.ndarray, axis: int | None = None) -> np.ndarray:
        x, axis = _lanes(x, axis)
        run = lambda v: np.array([f(v[: i + 1].tolist()) for i in range(len(v))])  # noqa: E731
        return np.apply_along_axis(run, axis, x)

    return reference


@op(
    samples=_along_axis(),
    reference=_over_prefixes(math.fsum),
    fails=[BAD_AXIS, NO_AXIS],
    method="cumsum",
)
def cumsum(x, /, *, axis=None):
    """Running sum along `axis`; of the flattened x without it.

    Gradient
    --------
    The running sum of the cotangent from the end.

    Examples
    --------
    >>> cumsum(np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    array([[1., 3.],
           [3., 7.]])
    """
    return np.cumsum(*_lanes(x, axis))


@cumsum.grad("x")
def _(g, axis, x_shape):
    k = axis or 0
    return reshape(flip(cumsum(flip(g, axis=k), axis=k), axis=k), shape=x_shape)


def _cumprod_samples(rng: Rng) -> Iterable[Sample]:
    yield from _along_axis()(rng)
    for zeros in range(1, 4):
        x = uniform(rng, (4,), 0.5, 2)
        x[1 : 1 + zeros] = 0
        yield Sample(x, axis=0, label=f"{zeros} zeros")


@op(
    samples=_cumprod_samples,
    reference=_over_prefixes(math.prod),
    fails=[BAD_AXIS, NO_AXIS],
    method="cumprod",
)
def cumprod(x, /, *, axis=None):
    """Running product along `axis`; of the flattened x without it.

    Gradient
    --------
    Formed without division: exact with zeros, to every order.
    """
    return np.cumprod(*_lanes(x, axis))


@cumprod.grad("x")
def _(g, x, out, axis, x_shape):
    k = axis or 0
    later = _adjoint(g, reshape(x, shape=out.shape), k, reverse=False)
    return reshape(shifted(out, 1, k, fill=1) * later, shape=x_shape)


@op(
    samples=_along_axis(distinct),
    reference=_over_prefixes(max),
    fails=[BAD_AXIS, NO_AXIS],
    method="cummax",
    masks=True,
)
def cummax(x, /, *, axis=None):
    """Running maximum along `axis`; of the flattened x without it.

    Gradient
    --------
    The elements so far that tie for the maximum share it equally.
    """
    x, axis = _lanes(x, axis)
    return np.maximum.accumulate(x, axis)


@op(
    samples=_along_axis(distinct),
    reference=_over_prefixes(min),
    fails=[BAD_AXIS, NO_AXIS],
    method="cummin",
    masks=True,
)
def cummin(x, /, *, axis=None):
    """Running minimum along `axis`; of the flattened x without it.

    Gradient
    --------
    The elements so far that tie for the minimum share it equally.
    """
    x, axis = _lanes(x, axis)
    return np.minimum.accumulate(x, axis)


@cummax.grad("x")
@cummin.grad("x")
def _(g, x, out, axis, x_shape):
    k = axis or 0
    x = reshape(x, shape=out.shape)
    before = shifted(out, 1, k, fill=np.nan)
    same = astype((out == before) | ((out != out) & (before != before)), dtype=g.dtype)
    hit = astype((x == out) | (x != x), dtype=g.dtype)
    share = g / recurrence(same, hit, axis=k)  # divided by the number of ties so far
    return reshape(hit * _adjoint(share, same, k, reverse=False), shape=x_shape)


def _logcumsumexp_samples(rng: Rng) -> Iterable[Sample]:
    yield from _along_axis()(rng)
    yield Sample(np.array([-1000.0, 1000.0, 999.0]), axis=0, label="large")


def _logsumexp(values: list[float]) -> float:
    top = max(values)
    return top + math.log(math.fsum(math.exp(v - top) for v in values))


@op(
    samples=_logcumsumexp_samples,
    reference=_over_prefixes(_logsumexp),
    fails=[BAD_AXIS, NO_AXIS],
    method="logcumsumexp",
)
def logcumsumexp(x, /, *, axis=None):
    """log(cumsum(exp(x))) along `axis` (of the flattened x without it), without overflow.

    Examples
    --------
    >>> logcumsumexp(np.array([1000.0, 1000.0])) - 1000
    array([0.        , 0.69314718])
    """
    x, axis = _lanes(x, axis)
    return np.logaddexp.accumulate(x + 0.0, axis)


@logcumsumexp.grad("x")
def _(g, x, out, axis, x_shape):
    # x[j] gets the sum over i >= j of g[i] exp(x[j] - out[i]). As out never falls, neither
    # exp(x[j] - out[j]) nor the factors exp(out[i-1] - out[i]) of the rest can overflow.
    k = axis or 0
    lowest = np.finfo(out.dtype).min
    level = where(out == -np.inf, lowest, out)
    decay = exp(shifted(level, 1, k, fill=lowest) - level)
    weight = exp(reshape(x, shape=out.shape) - level)
    return reshape(weight * _adjoint(g, decay, k, reverse=False), shape=x_shape)
