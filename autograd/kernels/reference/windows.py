"""Convolution, pooling and resampling: loops over windows and the pixels that they meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from ..sampling.resample import Blend
from ..windows.windows import Padding, Sizes

Hit = tuple[Sizes, Sizes, Sizes]


def hits(
    image: Sizes, kernel: Sizes, out: Sizes, stride: Sizes, before: Sizes, dilation: Sizes
) -> Iterator[Hit]:
    """Every (window, element, pixel): this element of that window lies on the pixel."""
    for window in np.ndindex(*out):
        for element in np.ndindex(*kernel):
            places = zip(window, stride, element, dilation, before)
            pixel = tuple(i * s + u * d - p for i, s, u, d, p in places)
            if all(0 <= y < n for y, n in zip(pixel, image)):
                yield window, element, pixel


def last(*index: Sizes) -> Any:
    """The index of these positions along the last axes."""
    return (..., *chain(*index))


def _products(
    x: Sizes,
    w: Sizes,
    out: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> Iterator[Hit]:
    """Every (index of out, index of x, index of w) of the sum that conv is."""
    before = tuple(p[0] for p in padding)
    filters, depth = w[:2]
    for window, element, pixel in hits(x[2:], w[2:], out, stride, before, dilation):
        for n, o, c in np.ndindex(x[0], filters, depth):
            channel = o // (filters // groups) * depth + c
            yield (n, o, *window), (n, channel, *pixel), (o, c, *element)


def conv(
    x: np.ndarray,
    w: np.ndarray,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """out += x * w over all products."""
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    sizes = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip(x.shape[2:], padding, spans, stride)]
    out = np.zeros((len(x), len(w), *sizes), np.result_type(x, w))
    for to, of, by in _products(x.shape, w.shape, out.shape[2:], stride, padding, dilation, groups):
        out[to] += x[of] * w[by]
    return out


def conv_dx(
    g: np.ndarray,
    w: np.ndarray,
    shape: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """dx += g * w over all products."""
    dx = np.zeros(shape, np.result_type(g, w))
    for to, of, by in _products(shape, w.shape, g.shape[2:], stride, padding, dilation, groups):
        dx[of] += g[to] * w[by]
    return dx


def conv_dw(
    g: np.ndarray,
    x: np.ndarray,
    shape: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """dw += g * x over all products."""
    dw = np.zeros(shape, np.result_type(g, x))
    for to, of, by in _products(x.shape, shape, g.shape[2:], stride, padding, dilation, groups):
        dw[by] += g[to] * x[of]
    return dw


def unfold(
    x: np.ndarray, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> np.ndarray:
    """windows[..., element, window] = x[..., pixel]"""
    lead, image = x.shape[: -len(kernel)], x.shape[-len(kernel) :]
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    out = tuple((n + sum(p) - k) // s + 1 for n, p, k, s in zip(image, padding, spans, stride))
    windows = np.zeros((*lead, *kernel, *out), x.dtype)
    before = tuple(p[0] for p in padding)
    for window, element, pixel in hits(image, kernel, out, stride, before, dilation):
        windows[last(element, window)] = x[last(pixel)]
    return windows


def fold(
    windows: np.ndarray, x: np.ndarray, stride: Sizes, padding: Padding, dilation: Sizes
) -> np.ndarray:
    """x[..., pixel] += windows[..., element, window]"""
    axes = len(stride)
    kernel, out = windows.shape[-2 * axes : -axes], windows.shape[-axes:]
    before = tuple(p[0] for p in padding)
    for window, element, pixel in hits(x.shape[-axes:], kernel, out, stride, before, dilation):
        x[last(pixel)] += windows[last(element, window)]
    return x


def max_pool(
    x: np.ndarray, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window; ties[element, ..., window]: is it as large?"""
    lead, image = x.shape[: -len(kernel)], x.shape[-len(kernel) :]
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    largest = np.full((*lead, *out), lowest, x.dtype)
    ties = np.zeros((*kernel, *lead, *out), bool)
    for n in np.ndindex(lead):
        for window, _, pixel in hits(image, kernel, out, stride, padding, dilation):
            largest[n + window] = np.maximum(largest[n + window], x[n + pixel])
        for window, element, pixel in hits(image, kernel, out, stride, padding, dilation):
            a, b = x[n + pixel], largest[n + window]
            ties[element + n + window] = a == b or (a != a and b != b)
    return largest, ties


def max_pool_dx(
    g: np.ndarray, ties: np.ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """Each g in equal parts to the ties of its window."""
    axes = len(stride)
    kernel, out = ties.shape[:axes], ties.shape[-axes:]
    count = ties.sum(axis=tuple(range(axes)))
    image = shape[-axes:]
    dx = np.zeros(shape, g.dtype)
    for n in np.ndindex(shape[:-axes]):
        for window, element, pixel in hits(image, kernel, out, stride, padding, dilation):
            if ties[element + n + window]:
                dx[n + pixel] += g[n + window] / count[n + window]
    return dx


def max_pool_pick(
    x: np.ndarray, ties: np.ndarray, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """The mean over the ties of each window."""
    axes = len(stride)
    kernel, out = ties.shape[:axes], ties.shape[-axes:]
    count = ties.sum(axis=tuple(range(axes)))
    image = x.shape[-axes:]
    means = np.zeros(ties.shape[axes:], x.dtype)
    for n in np.ndindex(x.shape[:-axes]):
        for window, element, pixel in hits(image, kernel, out, stride, padding, dilation):
            if ties[element + n + window]:
                means[n + window] += x[n + pixel] / count[n + window]
    return means


def avg_pool(
    x: np.ndarray, weight: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """The sum of each window times its weight."""
    out = np.zeros((*x.shape[: -weight.ndim], *weight.shape), np.result_type(x, weight))
    dense = (1,) * weight.ndim
    image = x.shape[-weight.ndim :]
    for window, _, pixel in hits(image, kernel, weight.shape, stride, padding, dense):
        out[last(window)] += x[last(pixel)] * weight[window]
    return out


def avg_pool_dx(
    g: np.ndarray, weight: np.ndarray, shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """Each g times its weight to every element of its window."""
    dx = np.zeros(shape, np.result_type(g, weight))
    dense = (1,) * weight.ndim
    image = shape[-weight.ndim :]
    for window, _, pixel in hits(image, kernel, weight.shape, stride, padding, dense):
        dx[last(pixel)] += g[last(window)] * weight[window]
    return dx


def blend_axis(x: np.ndarray, blend: Blend, axis: int) -> np.ndarray:
    """The product with the matrix that the blend is, which leaves out what has no weight."""
    lanes = np.moveaxis(x, axis, 0)
    exact = blend.weights is None or x.dtype.kind == "f"
    out = np.zeros((blend.size, *lanes.shape[1:]), x.dtype if exact else float)
    for k, (i, j) in enumerate(zip(blend.rows, blend.columns)):
        out[i] += lanes[j] if blend.weights is None else lanes[j] * blend.weights[k]
    return np.moveaxis(out, 0, axis)


def _groups(rows: int, places: np.ndarray, starts: np.ndarray) -> Iterator[tuple[int, int, Sizes]]:
    """Every (row, group, which places are the group's)."""
    for r in range(rows):
        for k in range(len(starts) - 1):
            yield r, k, tuple(range(starts[k], starts[k + 1]))


def group_max(
    x: np.ndarray, places: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each group; ties[place, row]: is it as large?"""
    largest = np.zeros((len(x), len(starts) - 1), x.dtype)
    ties = np.zeros((len(places), len(x)), bool)
    for r, k, own in _groups(len(x), places, starts):
        largest[r, k] = np.max([x[r, places[e]] for e in own])
        for e in own:
            a, b = x[r, places[e]], largest[r, k]
            ties[e, r] = a == b or (a != a and b != b)
    return largest, ties


def group_max_dx(
    g: np.ndarray, ties: np.ndarray, places: np.ndarray, starts: np.ndarray, size: int
) -> np.ndarray:
    """Each g in equal parts to the ties of its group."""
    dx = np.zeros((len(g), size), g.dtype)
    for r, k, own in _groups(len(g), places, starts):
        for e in own:
            if ties[e, r]:
                dx[r, places[e]] += g[r, k] / ties[list(own), r].sum()
    return dx


def group_max_pick(
    x: np.ndarray, ties: np.ndarray, places: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """The mean over the ties of each group."""
    out = np.zeros((len(x), len(starts) - 1), x.dtype)
    for r, k, own in _groups(len(x), places, starts):
        out[r, k] = np.mean([x[r, places[e]] for e in own if ties[e, r]])
    return out
