"""Maxima and means of windows, and their adjoints, over the last axes of any array.

`kernel`, `stride`, `padding` and `dilation` are tuples with an int for each of those axes: one for
sequences, two for images, three for volumes. `padding` is how far the first window begins outside
of x. What lies outside never counts. `out` says how many windows there are along each axis.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from .._host import compiled
from .windows import Place, Sizes, taps

MOST = 49  # elements of a window: larger ones, seldom used, are not worth compiling


def fits(kernel: Sizes, x: np.ndarray, *others: np.ndarray) -> bool:
    """Whether compiled kernels are there for these windows and arrays."""
    return len(kernel) <= 2 and prod(kernel) <= MOST and compiled(x.size * 4, x, *others)


def max_pool(
    x: np.ndarray, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window, and which elements are as large as that.

    Returns
    -------
    ndarray (..., *out), bool ndarray (*kernel, ..., *out)
        A NaN is the largest of its window. A window without any element of x gives the least value
        of the dtype, and nothing is as large as that.
    """
    if fits(kernel, x):
        from . import pool_fast as fast

        return fast.max_pool(x, out, kernel, stride, padding, dilation)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    values = _unfold(x, out, kernel, stride, padding, dilation, lowest)
    largest = values.max(axis=tuple(range(len(kernel))))
    ties = np.zeros(values.shape, bool)
    nan = x.dtype.kind == "f" and np.isnan(largest).any()
    for at, _ in _places(x.shape, out, kernel, stride, padding, dilation):
        value, inside = values[at], at[len(kernel) :]
        np.equal(value, largest[inside], out=ties[at])
        if nan:
            ties[at] |= np.isnan(value)
    return largest, ties


def max_pool_dx(
    g: np.ndarray, ties: np.ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """The adjoint of `max_pool_pick`: each g goes to the ties of its window, in equal parts."""
    axes = len(stride)
    kernel, out = ties.shape[:axes], ties.shape[-axes:]
    if fits(kernel, g):
        from . import pool_fast as fast

        return fast.max_pool_dx(g, ties, shape, stride, padding, dilation)
    share = g / _counts(ties, axes, g.dtype)
    apart = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation))
    finite = np.isfinite(share).all()
    dx = np.zeros(shape, share.dtype)
    for at, pixels in _places(shape, out, kernel, stride, padding, dilation):
        mask, part, target = ties[at], share[at[axes:]], dx[pixels]
        if not finite:  # 0 * inf would be NaN
            np.add(target, part, out=target, where=mask)
        elif apart:
            np.multiply(mask, part, out=target)
        else:
            target += mask * part
    return dx


def max_pool_pick(
    x: np.ndarray, ties: np.ndarray, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """The mean over the ties of each window: max_pool itself, if they are those of x."""
    axes = len(stride)
    kernel, out = ties.shape[:axes], ties.shape[-axes:]
    values = _unfold(x, out, kernel, stride, padding, dilation, 0)
    chosen = ties * values if np.isfinite(values).all() else np.where(ties, values, 0)
    return chosen.sum(axis=tuple(range(axes))) / _counts(ties, axes, x.dtype)


def avg_pool(
    x: np.ndarray, weight: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """The sum of each window times its weight (*out). Axis by axis: a window is a product."""
    if fits(kernel, x, weight):
        from . import pool_fast as fast

        return fast.avg_pool(x, weight, kernel, stride, padding)
    sums, dtype = x, np.result_type(x, weight)
    for axis, out, k, s, p in zip(_last(weight.ndim), weight.shape, kernel, stride, padding):
        added = np.zeros(resized(sums.shape, axis, out), dtype)
        for _, windows, pixels in taps(x.shape[axis], out, k, s, p, 1):
            added[along(axis, windows)] += sums[along(axis, pixels)]
        sums = added
    sums *= weight
    return sums


def avg_pool_dx(
    g: np.ndarray, weight: np.ndarray, shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """The adjoint of avg_pool: each g times its weight is added to every element of its window."""
    if fits(kernel, g, weight):
        from . import pool_fast as fast

        return fast.avg_pool_dx(g, weight, shape, kernel, stride, padding)
    dx = g * weight
    axes = zip(_last(weight.ndim), weight.shape, kernel, stride, padding)
    for axis, out, k, s, p in reversed(list(axes)):
        spread = np.zeros(resized(dx.shape, axis, shape[axis]), dx.dtype)
        for _, windows, pixels in taps(shape[axis], out, k, s, p, 1):
            spread[along(axis, pixels)] += dx[along(axis, windows)]
        dx = spread
    return dx


def _last(count: int) -> range:
    """The last axes: -2, -1 for two of them."""
    return range(-count, 0)


def resized(shape: Sizes, axis: int, size: int) -> Sizes:
    """The shape with another size along one of the last axes."""
    k = len(shape) + axis
    return (*shape[:k], size, *shape[k + 1 :])


def along(axis: int, place: Any) -> Place:
    """The index that takes `place` along one of the last axes."""
    return (..., place, *[slice(None)] * (-axis - 1))


def _places(
    shape: Sizes, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> list[tuple[Place, Place]]:
    """For each element of the window: where it is in unfolded windows, and where in x."""
    image = shape[-len(kernel) :]
    found: list[tuple[Place, Place]] = []
    for meeting in product(*map(taps, image, out, kernel, stride, padding, dilation)):
        element, windows, pixels = zip(*meeting)
        found.append(((*element, ..., *windows), (..., *pixels)))
    return found


def _unfold(
    x: np.ndarray,
    out: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    outside: float,
) -> np.ndarray:
    """Every window as (*kernel, ..., *out), filled up with `outside`: then all loops are over
    neighbours in memory."""
    lead = x.shape[: x.ndim - len(kernel)]
    values = np.full((*kernel, *lead, *out), outside, x.dtype)
    for at, pixels in _places(x.shape, out, kernel, stride, padding, dilation):
        values[at] = x[pixels]
    return values


def _counts(ties: np.ndarray, axes: int, dtype: np.dtype) -> np.ndarray:
    """How many ties each window has, and 1 where there is none."""
    return np.maximum(ties.sum(axis=tuple(range(axes)), dtype=dtype), 1)
