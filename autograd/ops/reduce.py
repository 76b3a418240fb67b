"""Reductions: many numbers to one, over all axes or some of them."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from .. import kernels
from ..algebra import COPIED, astype, broadcast_to, where
from ..errors import ArgumentError
from ..op import composite, normalize_axes, op, require_axes
from ..samples import BAD_AXIS, NO_AXIS, Fails, Rng, Sample, distinct, reduction, uniform
from .compare import equal, isnan
from .cumulative import cumprod
from .rearrange import flip, shifted
from .shape import axes_of, expand_dims, reshape, transpose


def restore_axes(g: Any, axis: Any, keepdims: bool) -> Any:
    """A reduction's result (or its cotangent) with the reduced axes back, of length one."""
    return g if keepdims or axis is None else expand_dims(g, axis=axis)


def count_along(shape: tuple[int, ...], axis: Any) -> int:
    """How many elements a reduction over `axis` takes together."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[a] for a in normalize_axes(axis, len(shape)))


def lane_by_lane(f: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """A reference: `f` of a list of numbers, applied to what each result is made of."""

    def reference(x: Any, axis: Any = None, keepdims: bool = False, **options: Any) -> np.ndarray:
        x = np.asarray(x)
        axes = normalize_axes(axis, x.ndim)
        kept = [k for k in range(x.ndim) if k not in axes]
        lanes = np.transpose(x, (*kept, *axes)).reshape(*(x.shape[k] for k in kept), -1)
        out = np.empty(lanes.shape[:-1])
        for index in np.ndindex(out.shape):
            out[index] = f(lanes[index].tolist(), **options)
        return np.expand_dims(out, axes) if keepdims else out

    return reference


@op(samples=reduction(), reference=lane_by_lane(math.fsum), fails=[BAD_AXIS, NO_AXIS], method="sum")
def sum(x, /, *, axis=None, keepdims=False):
    """Sum over `axis` (int, tuple, or None for all).

    Examples
    --------
    >>> ag.sum(np.arange(6.0).reshape(2, 3), axis=1, keepdims=True)
    array([[ 3.],
           [12.]])
    """
    require_axes(x, axis)
    fast = _compiled(x, axis, keepdims, kernels.sum_to)
    return np.add.reduce(x, axis, None, None, keepdims) if fast is None else fast


def _compiled(x: Any, axis: Any, keepdims: bool, kernel: Callable[..., Any], *more: bool) -> Any:
    """What a kernel makes of many elements, if there is one for these axes; else None."""
    if x.size <= COPIED or not (axis is None or axis.__class__ in (int, tuple)):
        return None
    kept, left = _shapes(x.shape, normalize_axes(axis, x.ndim))
    fast = kernel(x, kept, *more)
    if keepdims or fast is None:
        return fast
    return fast.reshape(left) if left else fast.reshape(-1)[0]  # a number, as NumPy's


@lru_cache(maxsize=1024)
def _shapes(shape: tuple[int, ...], axes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """What is left of a shape, with axes of length one and without."""
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    return kept, tuple(n for k, n in enumerate(shape) if k not in axes)


@sum.grad("x")
def _(g, axis, keepdims, x_shape):
    return broadcast_to(restore_axes(g, axis, keepdims), shape=x_shape)


@op(
    samples=reduction(),
    reference=lane_by_lane(lambda v: math.fsum(v) / len(v)),
    fails=[BAD_AXIS],
    method="mean",
)
def mean(x, /, *, axis=None, keepdims=False):
    """Arithmetic mean over `axis` (int, tuple, or None for all); NaN if there is no element.

    Examples
    --------
    >>> mean(np.ones((2, 3)), axis=0, keepdims=True).shape
    (1, 3)
    """
    x = np.asarray(x)
    if x.dtype == np.float16:  # the sum needs more range than the mean
        return np.mean(x, axis, keepdims=keepdims)
    return sum.op.forward(x, axis=axis, keepdims=keepdims) / count_along(x.shape, axis)


@mean.grad("x")
def _(g, axis, keepdims, x_shape):
    share = g / count_along(x_shape, axis)
    return broadcast_to(restore_axes(share, axis, keepdims), shape=x_shape)


def _prod_samples(rng: Rng) -> Iterable[Sample]:
    yield from reduction()(rng)
    for zeros in range(1, 4):
        x = uniform(rng, (2, 4), 0.5, 2)
        x[0, :zeros] = 0
        yield Sample(x, axis=1, label=f"{zeros} zeros")


@op(
    samples=_prod_samples,
    reference=lane_by_lane(math.prod),
    fails=[BAD_AXIS, NO_AXIS],
    method="prod",
)
def prod(x, /, *, axis=None, keepdims=False):
    """Product over `axis` (int, tuple, or None for all).

    Gradient
    --------
    The product of all other elements, formed without division: exact with zeros, to every order.
    """
    require_axes(x, axis)
    return np.multiply.reduce(x, axis, None, None, keepdims)


@prod.grad("x")
def _(g, x, axis, keepdims):
    return restore_axes(g, axis, keepdims) * _product_of_others(x, axis)


def _product_of_others(x: Any, axis: Any) -> Any:
    """At each element the product of all those that are reduced together with it."""
    axes = normalize_axes(axis, x.ndim)
    order = (*(k for k in range(x.ndim) if k not in axes), *axes)
    y = transpose(x, axes=order)  # kept axes first
    lanes = reshape(y, shape=(*y.shape[: x.ndim - len(axes)], count_along(x.shape, axes)))
    before = shifted(cumprod(lanes, axis=-1), 1, -1, fill=1)
    after = flip(shifted(cumprod(flip(lanes, axis=-1), axis=-1), 1, -1, fill=1), axis=-1)
    others = reshape(before * after, shape=y.shape)
    return transpose(others, axes=tuple(order.index(k) for k in range(x.ndim)))


# The greatest and the smallest


@op(
    samples=lambda rng: [
        Sample(np.array([[1.0, 3.0, 3.0]]), np.array([3.0]), axis=1, keepdims=False),
        Sample(np.array([2.0, 2.0]), np.float64(2.0), axis=None, keepdims=False),
    ],
    reference=lambda x, out, axis, keepdims: np.array([[0, 0.5, 0.5]]) if axis else np.full(2, 0.5),
    plain=True,
    public=False,
)
def tie_shares(x, out, /, *, axis, keepdims):
    """How the elements of x share the gradient of their maximum or minimum `out`.

    1/n at the n elements that equal it (NaN equals NaN here), 0 elsewhere.
    """
    extreme = restore_axes(out, axis, keepdims)
    hit = x == extreme
    if np.isnan(extreme).any():
        hit = hit | np.isnan(x)
    count = np.add.reduce(hit, axis, None, None, True)
    return hit * np.true_divide(1, count, dtype=x.dtype.type)


EMPTY = Fails(np.ones((0, 3)), axis=0, match="zero-size array")


@op(
    samples=reduction(distinct),
    reference=lane_by_lane(builtins.max),
    fails=[BAD_AXIS, NO_AXIS, EMPTY],
    method=("max", "amax"),
    masks=True,
)
def max(x, /, *, axis=None, keepdims=False):
    """The greatest element over `axis` (int, tuple, or None for all); NaN if there is a NaN.

    Gradient
    --------
    Elements that tie for the maximum share it equally.

    Examples
    --------
    >>> x = Tensor([1.0, 3.0, 3.0], requires_grad=True)
    >>> x.max().backward(); x.grad
    Tensor([0. , 0.5, 0.5])
    """
    require_axes(x, axis)
    fast = _compiled(x, axis, keepdims, kernels.extreme_to, False)
    return np.maximum.reduce(x, axis, None, None, keepdims) if fast is None else fast


@op(
    samples=reduction(distinct),
    reference=lane_by_lane(builtins.min),
    fails=[BAD_AXIS, NO_AXIS, EMPTY],
    method=("min", "amin"),
    masks=True,
)
def min(x, /, *, axis=None, keepdims=False):
    """The smallest element over `axis` (int, tuple, or None for all); NaN if there is a NaN.

    Gradient
    --------
    Elements that tie for the minimum share it equally.
    """
    require_axes(x, axis)
    fast = _compiled(x, axis, keepdims, kernels.extreme_to, True)
    return np.minimum.reduce(x, axis, None, None, keepdims) if fast is None else fast


@max.grad("x")
@min.grad("x")
def _(g, x, out, axis, keepdims):
    return restore_axes(g, axis, keepdims) * tie_shares(x, out, axis=axis, keepdims=keepdims)


amax = max
amin = min


def _arg_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 3, 2))
    for axis in (None, 0, -1):
        yield Sample(x, axis=axis)
    yield Sample(x, axis=1, keepdims=True)


@op(
    samples=_arg_samples,
    reference=lane_by_lane(lambda v: v.index(builtins.max(v))),
    fails=[BAD_AXIS, NO_AXIS, Fails(np.ones(0), error=ArgumentError, match="empty")],
    method="argmax",
    plain=True,
)
def argmax(x, /, *, axis=None, keepdims=False):
    """Where the greatest element is along `axis` (in x.ravel() without it); the first of ties.

    Examples
    --------
    >>> argmax(np.array([1.0, 3.0, 3.0]))
    np.int64(1)
    """
    x = np.asarray(x)
    require_axes(x, axis)
    return np.argmax(x, axis, keepdims=keepdims)


@op(
    samples=_arg_samples,
    reference=lane_by_lane(lambda v: v.index(builtins.min(v))),
    fails=[BAD_AXIS, NO_AXIS, Fails(np.ones(0), error=ArgumentError, match="empty")],
    method="argmin",
    plain=True,
)
def argmin(x, /, *, axis=None, keepdims=False):
    """Where the smallest element is along `axis` (in x.ravel() without it); the first of ties."""
    x = np.asarray(x)
    require_axes(x, axis)
    return np.argmin(x, axis, keepdims=keepdims)


@op(
    samples=reduction(lambda rng, shape: np.asarray(rng.integers(0, 2, shape), float)),
    reference=lane_by_lane(lambda v: len(v) - v.count(0)),
    fails=[BAD_AXIS, NO_AXIS],
    method="count_nonzero",
    plain=True,
)
def count_nonzero(x, /, *, axis=None, keepdims=False):
    """How many elements over `axis` (int, tuple, or None for all) are not zero.

    Examples
    --------
    >>> count_nonzero(np.array([[0, 1, 7], [3, 0, 2]]), axis=1)
    array([2, 2])
    """
    if axis is None and not keepdims:
        return np.intp(np.count_nonzero(x))
    x = np.not_equal(x, 0)
    require_axes(x, axis)
    return np.add.reduce(x, axis, np.intp, None, keepdims)


# Spread


def _variance(values: list[float], ddof: int = 0) -> float:
    center = math.fsum(values) / len(values)
    return math.fsum((v - center) ** 2 for v in values) / (len(values) - ddof)


def _spread_samples(rng: Rng) -> Iterable[Sample]:
    yield from reduction()(rng)
    yield Sample(uniform(rng, (2, 3)), axis=1, ddof=1)
    yield Sample(uniform(rng, (2, 1)), axis=1, orders=1, label="of one element")


def _degrees(shape: tuple[int, ...], axis: Any, ddof: float) -> float:
    return builtins.max(count_along(shape, axis) - ddof, 0)


@op(samples=_spread_samples, reference=lane_by_lane(_variance), fails=[BAD_AXIS], method="var")
def var(x, /, *, axis=None, ddof=0, keepdims=False):
    """Variance over `axis`: the sum of squared deviations from the mean, divided by n - ddof.

    Of one element it is 0, with gradient 0; with ddof=1 it is NaN, and so is the gradient.
    """
    return np.var(x, axis, ddof=ddof, keepdims=keepdims)


@var.grad("x")
def _(g, x, axis, ddof, keepdims):
    slope = 2 * (x - mean(x, axis=axis, keepdims=True)) / _degrees(x.shape, axis, ddof)
    return restore_axes(g, axis, keepdims) * slope


@op(
    samples=_spread_samples,
    reference=lane_by_lane(lambda v, ddof=0: math.sqrt(_variance(v, ddof))),
    fails=[BAD_AXIS],
    method="std",
    masks=True,
)
def std(x, /, *, axis=None, ddof=0, keepdims=False):
    """Standard deviation over `axis`: the square root of `var`.

    Gradient
    --------
    (x - mean) / (std * (n - ddof)). Where all elements are equal std has a kink, a minimum: there
    the subgradient 0 is used.
    """
    return np.std(x, axis, ddof=ddof, keepdims=keepdims)


@std.grad("x")
def _(g, x, out, axis, ddof, keepdims):
    spread = restore_axes(out, axis, keepdims)
    flat = spread == 0
    deviation = x - mean(x, axis=axis, keepdims=True)
    slope = deviation / (where(flat, 1, spread) * _degrees(x.shape, axis, ddof))
    return restore_axes(g, axis, keepdims) * where(flat, 0, slope)


# Without the NaNs


def _some_nan(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2))
    x[0, 1, 0] = x[1, :, 1] = np.nan
    for axis in (None, 0, (0, 2)):
        yield Sample(x, axis=axis, orders=0)
    yield Sample(uniform(rng, (2, 3)), axis=1, keepdims=True)


@composite(
    samples=_some_nan,
    reference=lane_by_lane(lambda v: math.fsum(u for u in v if u == u)),
    fails=[BAD_AXIS],
    method="nansum",
)
def nansum(x, axis=None, keepdims=False):
    """Sum over `axis` of the elements that are not NaN. These get the gradient, NaNs get none."""
    return sum(where(isnan(x), 0, x), axis=axes_of("nansum", x, axis), keepdims=keepdims)


@composite(
    samples=_some_nan,
    reference=lane_by_lane(lambda v: np.mean([u for u in v if u == u])),
    fails=[BAD_AXIS],
    method="nanmean",
)
def nanmean(x, axis=None, keepdims=False):
    """Mean over `axis` of the elements that are not NaN; NaN where there are none."""
    total = nansum(x, axis=axes_of("nanmean", x, axis), keepdims=keepdims)
    count = count_nonzero(equal(x, x), axis=axis, keepdims=keepdims)
    return total / astype(count, dtype=total.dtype)
