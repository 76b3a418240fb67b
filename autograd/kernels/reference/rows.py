"""Normalisation, by its formulas; sums and what broadcasting stretches."""

from __future__ import annotations

from operator import add, mul, sub, truediv
from typing import Any

import numpy as np

from ..windows.windows import Sizes


def affine_norm(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, axis: Sizes, eps: float, center: bool, known: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(x - mean) * scale * w + b; then the mean and scale = 1 / sqrt(mean square + eps)."""
    mean = x.mean(axis, keepdims=True)
    mean = mean if center else np.zeros_like(mean)
    scale = 1 / np.sqrt(((x - mean) ** 2).mean(axis, keepdims=True) + eps)
    mean, scale = known or (mean, scale.astype(x.dtype))
    return (x - mean) * scale * w + b, mean, scale


def affine_norm_back(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, axis: Sizes, center: bool, mean: np.ndarray,
    scale: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """scale * (u - mean(u) - y * mean(u * y)) with u = g * w and y the standardized x; then g * y
    and g summed to the shape of w."""
    u, y = g * w, (x - mean) * scale
    middle = u.mean(axis, keepdims=True) if center else 0
    dx = scale * (u - middle - y * (u * y).mean(axis, keepdims=True))
    return dx, _summed(g * y, w.shape), _summed(g, w.shape)


def moments(x: np.ndarray, axis: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance over the axes, which are kept."""
    mean = x.mean(axis, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axis, keepdims=True)


def stretched(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x + y, element by element, or another operator."""
    operator = {"add": add, "subtract": sub, "multiply": mul, "divide": truediv}[name]
    out = np.empty(np.broadcast_shapes(x.shape, y.shape), x.dtype)
    x, y = np.broadcast_to(x, out.shape), np.broadcast_to(y, out.shape)
    for index in np.ndindex(out.shape):
        out[index] = operator(x[index], y[index])
    return out


def sum_to(x: np.ndarray, shape: Sizes) -> np.ndarray:
    """x summed to the shape."""
    return _summed(x, shape)


def _summed(g: np.ndarray, shape: Sizes) -> np.ndarray:
    """The sum of all elements that broadcasting makes out of one."""
    out = np.zeros(shape, g.dtype)
    for index in np.ndindex(g.shape):
        place = index[len(index) - len(shape) :]
        out[tuple(i if n > 1 else 0 for i, n in zip(place, shape))] += g[index]
    return out


def extreme_to(x: np.ndarray, shape: Sizes, least: bool) -> np.ndarray:
    """The greatest or the least of all elements that broadcasting makes out of one."""
    out = np.full(shape, np.inf if least else -np.inf, x.dtype)
    better = np.minimum if least else np.maximum
    for index in np.ndindex(x.shape):
        place = index[len(index) - len(shape) :]
        place = tuple(i if n > 1 else 0 for i, n in zip(place, shape))
        out[place] = better(out[place], x[index])
    return out
