"""Maxima and means of 2-D windows, and their adjoints, over the last two axes of any array.

`kernel`, `stride` and `dilation` are (rows, columns), `padding` is (top, left): how far the first
window begins outside the image. What lies outside never counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .windows import Sizes, Tap, taps


def max_pool2d(
    x: np.ndarray, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window, and which elements are as large as that.

    Returns
    -------
    ndarray (..., OH, OW), bool ndarray (KH, KW, ..., OH, OW)
        A NaN is the largest of its window. A window without any pixel gives the least value of the
        dtype, and nothing is as large as that.
    """
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    values = _unfold(x, out, kernel, stride, padding, dilation, lowest)
    largest = values.max(axis=(0, 1))
    ties = np.zeros(values.shape, bool)
    nan = x.dtype.kind == "f" and np.isnan(largest).any()
    for at, _ in _taps(x.shape, out, kernel, stride, padding, dilation):
        value, inside = values[at], at[2:]
        np.equal(value, largest[inside], out=ties[at])
        if nan:
            ties[at] |= np.isnan(value)
    return largest, ties


def max_pool2d_dx(
    g: np.ndarray,
    ties: np.ndarray,
    shape: tuple[int, ...],
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
) -> np.ndarray:
    """The adjoint of `max_pool2d_pick`: each g goes to the ties of its window, in equal parts."""
    kernel, out = ties.shape[:2], ties.shape[-2:]
    share = g / _counts(ties, g.dtype)
    apart = all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation))
    finite = np.isfinite(share).all()
    dx = np.zeros(shape, share.dtype)
    for at, pixels in _taps(shape, out, kernel, stride, padding, dilation):
        mask, part, target = ties[at], share[at[2:]], dx[pixels]
        if not finite:  # 0 * inf would be NaN
            np.add(target, part, out=target, where=mask)
        elif apart:
            np.multiply(mask, part, out=target)
        else:
            target += mask * part
    return dx


def max_pool2d_pick(
    x: np.ndarray, ties: np.ndarray, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """The mean over the ties of each window: max_pool2d itself, if they are those of x."""
    kernel, out = ties.shape[:2], ties.shape[-2:]
    values = _unfold(x, out, kernel, stride, padding, dilation, 0)
    chosen = ties * values if np.isfinite(values).all() else np.where(ties, values, 0)
    return chosen.sum(axis=(0, 1)) / _counts(ties, x.dtype)


def avg_pool2d(
    x: np.ndarray, weight: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """The sum of each window times its weight (OH, OW). First rows are added up, then columns."""
    OH, OW = weight.shape
    H, W = x.shape[-2:]
    rows = np.zeros((*x.shape[:-2], OH, W), np.result_type(x, weight))
    for _, i, y in taps(H, OH, kernel[0], stride[0], padding[0], 1):
        rows[..., i, :] += x[..., y, :]
    sums = np.zeros((*x.shape[:-2], OH, OW), rows.dtype)
    for _, j, z in taps(W, OW, kernel[1], stride[1], padding[1], 1):
        sums[..., j] += rows[..., z]
    sums *= weight
    return sums


def avg_pool2d_dx(
    g: np.ndarray,
    weight: np.ndarray,
    shape: tuple[int, ...],
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
) -> np.ndarray:
    """The adjoint of avg_pool2d: each g times its weight is added to every pixel of its window."""
    OH, OW = weight.shape
    H, W = shape[-2:]
    g = g * weight
    rows = np.zeros((*shape[:-2], OH, W), g.dtype)
    for _, j, z in taps(W, OW, kernel[1], stride[1], padding[1], 1):
        rows[..., z] += g[..., j]
    dx = np.zeros(shape, g.dtype)
    for _, i, y in taps(H, OH, kernel[0], stride[0], padding[0], 1):
        dx[..., y, :] += rows[..., i, :]
    return dx


Place = tuple[Any, ...]


def _taps(
    shape: tuple[int, ...],
    out: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
) -> list[tuple[Place, Place]]:
    """For each element of the window: where it is in unfolded windows, and where in the image."""
    rows, columns = map(taps, shape[-2:], out, kernel, stride, padding, dilation)
    return [_place(r, c) for r in rows for c in columns]


def _place(row: Tap, column: Tap) -> tuple[Place, Place]:
    (u, i, y), (v, j, z) = row, column
    return (u, v, ..., i, j), (..., y, z)


def _unfold(
    x: np.ndarray,
    out: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    outside: float,
) -> np.ndarray:
    """Every window as (KH, KW, ..., OH, OW), filled up with `outside`: then all loops are over
    neighbours in memory."""
    values = np.full((*kernel, *x.shape[:-2], *out), outside, x.dtype)
    for at, pixels in _taps(x.shape, out, kernel, stride, padding, dilation):
        values[at] = x[pixels]
    return values


def _counts(ties: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """How many ties each window has, and 1 where there is none."""
    return np.maximum(ties.sum(axis=(0, 1), dtype=dtype), 1)
