"""What each kernel computes, in the plainest loops. Slow on purpose: the tests compare with it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .conv import Padding, Pair

Hit = tuple[int, int, int, int, int, int]


def hits(
    image: tuple[int, ...], kernel: Pair, out: Pair, stride: Pair, before: Pair, dilation: Pair
) -> Iterator[Hit]:
    """Every (i, j, u, v, y, x): element (u, v) of window (i, j) lies on pixel (y, x)."""
    for i, j, u, v in np.ndindex(*out, *kernel):
        y = i * stride[0] + u * dilation[0] - before[0]
        x = j * stride[1] + v * dilation[1] - before[1]
        if 0 <= y < image[-2] and 0 <= x < image[-1]:
            yield i, j, u, v, y, x


def _products(
    x: tuple[int, ...],
    w: tuple[int, ...],
    out: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Every (index of out, index of x, index of w) of the sum that conv2d is."""
    before = padding[0][0], padding[1][0]
    filters, depth = w[:2]
    for i, j, u, v, p, q in hits(x, (w[2], w[3]), out, stride, before, dilation):
        for n, o, c in np.ndindex(x[0], filters, depth):
            channel = o // (filters // groups) * depth + c
            yield (n, o, i, j), (n, channel, p, q), (o, c, u, v)


def conv2d(
    x: np.ndarray, w: np.ndarray, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """out += x * w over all products."""
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    sizes = [(n + sum(p) - k) // s + 1 for n, p, k, s in zip(x.shape[2:], padding, spans, stride)]
    out = np.zeros((len(x), len(w), *sizes), np.result_type(x, w))
    for to, of, by in _products(x.shape, w.shape, out.shape[2:], stride, padding, dilation, groups):
        out[to] += x[of] * w[by]
    return out


def conv2d_dx(
    g: np.ndarray,
    w: np.ndarray,
    shape: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """dx += g * w over all products."""
    dx = np.zeros(shape, np.result_type(g, w))
    for to, of, by in _products(shape, w.shape, g.shape[2:], stride, padding, dilation, groups):
        dx[of] += g[to] * w[by]
    return dx


def conv2d_dw(
    g: np.ndarray,
    x: np.ndarray,
    shape: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """dw += g * x over all products."""
    dw = np.zeros(shape, np.result_type(g, x))
    for to, of, by in _products(x.shape, shape, g.shape[2:], stride, padding, dilation, groups):
        dw[by] += g[to] * x[of]
    return dw


def max_pool2d(
    x: np.ndarray, out: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each window; ties[u, v, ..., i, j]: is element (u, v) as large?"""
    lead = x.shape[:-2]
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    largest = np.full((*lead, *out), lowest, x.dtype)
    ties = np.zeros((*kernel, *lead, *out), bool)
    for n in np.ndindex(lead):
        for i, j, _, _, y, z in hits(x.shape, kernel, out, stride, padding, dilation):
            largest[(*n, i, j)] = np.maximum(largest[(*n, i, j)], x[(*n, y, z)])
        for i, j, u, v, y, z in hits(x.shape, kernel, out, stride, padding, dilation):
            a, b = x[(*n, y, z)], largest[(*n, i, j)]
            ties[(u, v, *n, i, j)] = a == b or (a != a and b != b)
    return largest, ties


def max_pool2d_dx(
    g: np.ndarray,
    ties: np.ndarray,
    shape: tuple[int, ...],
    stride: Pair,
    padding: Pair,
    dilation: Pair,
) -> np.ndarray:
    """Each g in equal parts to the ties of its window."""
    kernel, out = ties.shape[:2], ties.shape[-2:]
    dx = np.zeros(shape, g.dtype)
    for n in np.ndindex(shape[:-2]):
        for i, j, u, v, y, z in hits(shape, kernel, out, stride, padding, dilation):
            if ties[(u, v, *n, i, j)]:
                dx[(*n, y, z)] += g[(*n, i, j)] / ties[(slice(None), slice(None), *n, i, j)].sum()
    return dx


def max_pool2d_pick(
    x: np.ndarray, ties: np.ndarray, stride: Pair, padding: Pair, dilation: Pair
) -> np.ndarray:
    """The mean over the ties of each window."""
    kernel, out = ties.shape[:2], ties.shape[-2:]
    means = np.zeros(ties.shape[2:], x.dtype)
    for n in np.ndindex(x.shape[:-2]):
        for i, j, u, v, y, z in hits(x.shape, kernel, out, stride, padding, dilation):
            if ties[(u, v, *n, i, j)]:
                count = ties[(slice(None), slice(None), *n, i, j)].sum()
                means[(*n, i, j)] += x[(*n, y, z)] / count
    return means


def avg_pool2d(
    x: np.ndarray, weight: np.ndarray, kernel: Pair, stride: Pair, padding: Pair
) -> np.ndarray:
    """The sum of each window times its weight."""
    out = np.zeros((*x.shape[:-2], *weight.shape), np.result_type(x, weight))
    for i, j, _, _, y, z in hits(x.shape, kernel, weight.shape, stride, padding, (1, 1)):
        out[..., i, j] += x[..., y, z] * weight[i, j]
    return out


def avg_pool2d_dx(
    g: np.ndarray,
    weight: np.ndarray,
    shape: tuple[int, ...],
    kernel: Pair,
    stride: Pair,
    padding: Pair,
) -> np.ndarray:
    """Each g times its weight to every pixel of its window."""
    dx = np.zeros(shape, np.result_type(g, weight))
    for i, j, _, _, y, z in hits(shape, kernel, weight.shape, stride, padding, (1, 1)):
        dx[..., y, z] += g[..., i, j] * weight[i, j]
    return dx
