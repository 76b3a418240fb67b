"""Pooling of sequences and images, compiled. Arguments and results are those of `pool`."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .._host import present
from .._threads import parts, run
from . import _pool_tiles as tiles
from .windows import Sizes


def _two(sizes: Sizes, missing: int) -> Any:
    """Sizes of one or two axes as sizes of two."""
    return (missing,) * (2 - len(sizes)) + tuple(sizes)


def _types(kernel: Sizes, stride: Sizes) -> tuple[Any, ...]:
    """The window and the step between columns travel in the lengths of tuples."""
    rows, columns = _two(kernel, 1)
    return (0,) * rows, (0,) * columns, (0,) * stride[-1]


def _lanes(x: np.ndarray) -> tuple[int, ...]:
    host = present()
    return (0,) * host.lanes(x.itemsize)


def _alone(kernel: Sizes, stride: Sizes, dilation: Sizes) -> bool:
    """Whether no two windows share an element."""
    return all(s > d * (k - 1) for k, s, d in zip(kernel, stride, dilation))


def _tiled(kernel: Sizes, stride: Sizes, dilation: Sizes) -> bool:
    """Whether windows of one or two columns lie side by side."""
    side_by_side = kernel[-1] == stride[-1] <= 2 and dilation[-1] == 1
    return side_by_side and _alone(kernel, stride, dilation)


def max_pool(
    x: np.ndarray, out: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> tuple[np.ndarray, np.ndarray]:
    """See `pool.max_pool`."""
    axes = len(kernel)
    lead, image = x.shape[:-axes], _two(x.shape[-axes:], 1)
    largest = np.empty((*lead, *out), x.dtype)
    ties = np.empty((*kernel, *lead, *out), bool)
    options = image, _two(out, 1), _two(stride, 1)[0], _two(padding, 0), _two(dilation, 1)
    flat = np.ascontiguousarray(x).reshape(-1), largest.reshape(-1), ties.view("u1").reshape(-1)
    count = prod(lead)
    run(
        lambda r: tiles.max_pool(*_types(kernel, stride), _lanes(x), *flat, r, *options),
        parts(count, largest.size * prod(kernel) * 3),
    )
    return largest, ties


def max_pool_dx(
    g: np.ndarray, ties: np.ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> np.ndarray:
    """See `pool.max_pool_dx`."""
    axes = len(stride)
    kernel, out = ties.shape[:axes], ties.shape[-axes:]
    dx = np.zeros(shape, g.dtype)
    options = (
        _two(shape[-axes:], 1), _two(out, 1), _two(stride, 1)[0], _two(padding, 0),
        _two(dilation, 1), _tiled(kernel, stride, dilation),
    )  # fmt: skip
    marks = np.ascontiguousarray(ties).view("u1").reshape(-1)
    flat = np.ascontiguousarray(g).reshape(-1), marks, dx.reshape(-1)
    run(
        lambda r: tiles.max_pool_dx(*_types(kernel, stride), _lanes(g), *flat, r, *options),
        parts(prod(shape[:-axes]), g.size * prod(kernel) * 3),
    )
    return dx


def avg_pool(
    x: np.ndarray, weight: np.ndarray, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """See `pool.avg_pool`."""
    axes = len(kernel)
    lead, image = x.shape[:-axes], _two(x.shape[-axes:], 1)
    means = np.empty((*lead, *weight.shape), x.dtype)
    options = image, _two(weight.shape, 1), _two(stride, 1)[0], _two(padding, 0)
    flat = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(weight).reshape(-1)
    run(
        lambda r: tiles.avg_pool(*_types(kernel, stride), *flat, means.reshape(-1), r, *options),
        parts(prod(lead), means.size * prod(kernel)),
    )
    return means


def avg_pool_dx(
    g: np.ndarray, weight: np.ndarray, shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes
) -> np.ndarray:
    """See `pool.avg_pool_dx`."""
    axes = len(kernel)
    dx = np.zeros(shape, g.dtype)
    options = (
        _two(shape[-axes:], 1), _two(weight.shape, 1), _two(stride, 1)[0], _two(padding, 0),
        _alone(kernel, stride, (1,) * axes),
    )  # fmt: skip
    flat = np.ascontiguousarray(g).reshape(-1), np.ascontiguousarray(weight).reshape(-1)
    run(
        lambda r: tiles.avg_pool_dx(*_types(kernel, stride), *flat, dx.reshape(-1), r, *options),
        parts(prod(shape[:-axes]), g.size * prod(kernel)),
    )
    return dx
