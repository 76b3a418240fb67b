"""Points that are drawn, not measured: small tasks whose answer one can see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import Rng, generator

from ..dataset import TensorDataset


def moons(n: int = 200, *, noise: float = 0.1, rng: Rng = None) -> TensorDataset:
    """Two interleaving half circles: float32 points (n, 2), labels 0 and 1.

    Examples
    --------
    >>> from nn.data.datasets import moons
    >>> moons(10).tensors[0].shape
    (10, 2)
    """
    draw = _drawn(moons, n, noise, rng)
    labels = np.arange(n) % 2
    angle = np.pi * draw.random(n)
    x = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _plane(np.stack([x, y], axis=1), labels, noise, draw)


def spirals(
    n: int = 300, *, classes: int = 3, turns: float = 0.6, noise: float = 0.02, rng: Rng = None
) -> TensorDataset:
    """Arms that wind around the origin, one for each class: float32 points (n, 2).

    Examples
    --------
    >>> from nn.data.datasets import spirals
    >>> sorted(set(spirals(30).tensors[1].tolist()))
    [0, 1, 2]
    """
    draw = _drawn(spirals, n, noise, rng, classes=classes)
    labels = np.arange(n) % classes
    radius = draw.random(n)
    angle = 2 * np.pi * (labels / classes + turns * radius)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _plane(points, labels, noise, draw)


def xor(n: int = 200, *, noise: float = 0.0, rng: Rng = None) -> TensorDataset:
    """Points of the square [-1, 1]^2; the label is 1 where the signs of x and y differ.

    Examples
    --------
    >>> from nn.data.datasets import xor
    >>> len(xor(7))
    7
    """
    draw = _drawn(xor, n, noise, rng)
    points = draw.uniform(-1, 1, (n, 2))
    return _plane(points, points[:, 0] * points[:, 1] < 0, noise, draw)


def blobs(
    n: int = 300, *, classes: int = 3, features: int = 2, spread: float = 0.3, rng: Rng = None
) -> TensorDataset:
    """Round clouds of points, one for each class: float32 points (n, features).

    Examples
    --------
    >>> from nn.data.datasets import blobs
    >>> blobs(8, features=5)[0][0].shape
    (5,)
    """
    draw = _drawn(blobs, n, spread, rng, classes=classes, features=features)
    labels = np.arange(n) % classes
    centres = draw.uniform(-2, 2, (classes, features))
    return _plane(centres[labels], labels, spread, draw)


def circles(
    n: int = 200, *, factor: float = 0.5, noise: float = 0.05, rng: Rng = None
) -> TensorDataset:
    """Two rings, one inside the other: float32 points (n, 2), labels 0 (outer) and 1.

    Parameters
    ----------
    factor : radius of the inner ring; the outer one has radius 1

    Examples
    --------
    >>> from nn.data.datasets import circles
    >>> len(circles(10))
    10
    """
    if not 0 < factor < 1:
        raise ArgumentError(f"circles: factor must be between 0 and 1, got {factor}")
    draw = _drawn(circles, n, noise, rng)
    labels = np.arange(n) % 2
    angle = 2 * np.pi * draw.random(n)
    radius = np.where(labels == 0, 1.0, factor)[:, None]
    points = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _plane(points, labels, noise, draw)


def curve(
    n: int = 100, function: Callable[[np.ndarray], Any] = np.sin, *, low: float = -np.pi,
    high: float = np.pi, noise: float = 0.1, rng: Rng = None,
) -> TensorDataset:  # fmt: skip
    """Noisy values of a function, for regression: float32 x (n, 1) in order, and y (n, 1).

    Examples
    --------
    >>> from nn.data.datasets import curve
    >>> curve(3, lambda x: x**2, low=0, high=2, noise=0).tensors[1].tolist()
    [[0.0], [1.0], [4.0]]
    """
    draw = _drawn(curve, n, noise, rng)
    x = np.linspace(low, high, n)[:, None]
    y = np.asarray(function(x), np.float64)
    if y.shape != x.shape:
        raise ShapeError(f"curve: the function made {y.shape} of x, which has shape {x.shape}")
    y = y + noise * draw.standard_normal(y.shape)
    return TensorDataset(x.astype(np.float32), y.astype(np.float32))


def linear(
    n: int = 100, *, weight: Sequence[float] = (2.0,), bias: float = 1.0, noise: float = 0.1,
    rng: Rng = None,
) -> TensorDataset:  # fmt: skip
    """Noisy values of a linear function: float32 x (n, features), standard normal, and y (n, 1).

    Examples
    --------
    >>> from nn.data.datasets import linear
    >>> x, y = linear(5, weight=[2, -1], bias=3, noise=0).tensors
    >>> bool((abs(x @ np.float32([[2], [-1]]) + 3 - y) < 1e-5).all())
    True
    """
    draw = _drawn(linear, n, noise, rng)
    w = np.asarray(weight, np.float64)
    if w.ndim != 1 or not len(w):
        raise ShapeError(f"linear: weight must be a row of numbers, got shape {w.shape}")
    x = draw.standard_normal((n, len(w)))
    y = (x @ w + bias + noise * draw.standard_normal(n))[:, None]
    return TensorDataset(x.astype(np.float32), y.astype(np.float32))


def _drawn(
    function: Callable[..., Any], n: int, noise: float, rng: Rng, **counts: int
) -> np.random.Generator:
    """The generator to draw from, after a look at the arguments."""
    for name, value in {"n": n, **counts}.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(
                f"{function.__name__}: {name} must be a positive int, got {value!r}"
            )
    if not noise >= 0:
        raise ArgumentError(f"{function.__name__}: noise must be 0 or more, got {noise!r}")
    return generator(rng)


def _plane(
    points: np.ndarray, labels: np.ndarray, noise: float, draw: np.random.Generator
) -> TensorDataset:
    points = points + noise * draw.standard_normal(points.shape)
    return TensorDataset(points.astype(np.float32), labels.astype(np.int64))
