"""Softmax and its kin, by their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..windows.windows import Sizes


def exp_sums(x: np.ndarray, axes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """The largest element along the axes, 0 if it is infinite, and the sum of exp(x - that)."""
    largest = np.fmax.reduce(x, axes, keepdims=True, initial=-np.inf)
    peak = np.where(np.isfinite(largest), largest, 0).astype(x.dtype)
    return peak, np.exp(x - peak).sum(axes, keepdims=True)


def softmax(x: np.ndarray, axes: Sizes, log: bool = False) -> np.ndarray:
    """exp(x) over its sum along the axes, or the logarithm of that."""
    peak, total = exp_sums(x, axes)
    return x - peak - np.log(total) if log else np.exp(x - peak) / total


def softmax_dx(g: np.ndarray, y: np.ndarray, axes: Sizes, log: bool = False) -> np.ndarray:
    """y * (g - sum(g * y)), or g - exp(y) * sum(g), along the axes."""
    if log:
        return g - np.exp(y) * g.sum(axes, keepdims=True)
    return y * (g - (g * y).sum(axes, keepdims=True))


def cross_entropy(
    x: np.ndarray, classes: np.ndarray, axis: int
) -> tuple[np.ndarray, float, np.ndarray]:
    """log(sum(exp(x))) - x at a class: of each, their sum, and what `cross_entropy_dx` needs."""
    loss = np.empty(classes.shape, x.dtype)
    stats = np.empty((2, *classes.shape), x.dtype)
    for place in np.ndindex(classes.shape):
        lane = np.moveaxis(x, axis, -1)[place]
        peak = np.fmax.reduce(lane, initial=-np.inf)
        total = np.exp(lane - peak).sum()
        loss[place] = np.log(total) - (lane[classes[place]] - peak)
        stats[:, *place] = peak, total
    return loss[()], float(loss.sum()), stats.reshape(2, -1)


def cross_entropy_dx(
    g: Any, x: np.ndarray, classes: np.ndarray, axis: int, stats: np.ndarray
) -> np.ndarray:
    """g * (softmax(x) - 1 at the class)"""
    out = np.moveaxis(np.empty_like(x), axis, -1)
    for k, place in enumerate(np.ndindex(classes.shape)):
        lane = np.moveaxis(x, axis, -1)[place]
        out[place] = np.exp(lane - stats[0, k]) / stats[1, k]
        out[place][classes[place]] -= 1
        out[place] *= np.broadcast_to(g, classes.shape)[place]
    return np.ascontiguousarray(np.moveaxis(out, -1, axis))
