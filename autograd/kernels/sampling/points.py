"""Images read at any points: the values there, and the adjoints in the image and in the points.

x is (N, C, *image) with one to three axes of space, grid (N, ..., axes): the last axis of the image
comes first in a point, from -1 at one end of the image to 1 at the other. A point reads some pixels
along each axis, with weights that are polynomials of where it lies between them; what has the
weight 0 never counts, not even inf or NaN.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .._host import compiled
from ..elements.curves import plain
from ..windows.windows import Sizes
from .reading import MODES, Reading, polynomials


def sample(x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """For each point and channel the sum of pixels times their weights, (N, C, ...)."""
    if _fits(grid, x, grid):
        from . import points_fast as fast

        return fast.sample(x, grid, how)
    lanes, shape = _flat(x), (*x.shape[:2], *grid.shape[1:-1])
    out = np.zeros((*x.shape[:2], prod(shape[2:])), np.result_type(x, grid))
    for pixel, weight in zip(*_table(grid, x.shape[2:], how)):
        out += _counted(np.take_along_axis(lanes, pixel, 2), weight)
    return out.reshape(shape)


def sample_dx(g: np.ndarray, grid: np.ndarray, shape: Sizes, how: Reading) -> np.ndarray:
    """The adjoint of `sample` in an x of this shape: each g, times the weights, to the pixels."""
    if _fits(grid, g, grid):
        from . import points_fast as fast

        return fast.sample_dx(g, grid, shape, how)
    lanes = g.reshape(*shape[:2], prod(grid.shape[1:-1]))
    dx = np.zeros((*shape[:2], prod(shape[2:])), np.result_type(g, grid))
    images, channels = np.ix_(range(shape[0]), range(shape[1]), [0])[:2]
    for pixel, weight in zip(*_table(grid, shape[2:], how)):
        np.add.at(dx, (images, channels, pixel), _counted(lanes, weight))
    return dx.reshape(shape)


def sample_dgrid(g: np.ndarray, x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """The adjoint of `sample` in the grid: derivatives along each axis, summed over channels."""
    if how.mode == "nearest":  # constant in the grid
        return np.zeros(grid.shape, np.result_type(g, x, grid))
    if _fits(grid, g, x, grid):
        from . import points_fast as fast

        return fast.sample_dgrid(g, x, grid, how)
    lanes, axes = _flat(x), grid.shape[-1]
    slopes = g.reshape(*g.shape[:2], prod(grid.shape[1:-1]))
    out = np.zeros((len(x), slopes.shape[2], axes), np.result_type(g, x, grid))
    for axis in range(axes):
        for pixel, weight in zip(*_table(grid, x.shape[2:], how.derived(axis))):
            found = (slopes * np.take_along_axis(lanes, pixel, 2)).sum(axis=1)
            out[..., axes - 1 - axis] += _counted(found, weight[:, 0])
    return out.reshape(grid.shape)


def _fits(grid: np.ndarray, *arrays: np.ndarray) -> bool:
    """Whether compiled loops are there for these arrays, and worth their call."""
    return compiled(4 * arrays[0].size, *arrays) and all(map(plain, arrays)) and grid.size > 0


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(*x.shape[:2], prod(x.shape[2:]))


def _counted(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """values * weight, but 0 where the weight is."""
    out = np.zeros(np.broadcast_shapes(values.shape, weight.shape), np.result_type(values, weight))
    return np.multiply(values, weight, out=out, where=weight != 0)


def _table(grid: np.ndarray, image: Sizes, how: Reading) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of each point, counted row by row, and their weights: (pixels, N, 1, points)."""
    axes = len(image)
    at = grid.reshape(len(grid), 1, prod(grid.shape[1:-1]), axes)
    pixel, weight = np.zeros((1, 1, 1, 1), np.intp), np.ones((1, 1, 1, 1), grid.dtype)
    for axis, n in enumerate(image):
        places, shares = _along(at[..., axes - 1 - axis], n, how, how.order[axis])
        pixel, weight = pixel[:, None] * n + places, weight[:, None] * shares
        pixel, weight = (v.reshape(len(v) * len(places), *v.shape[2:]) for v in (pixel, weight))
    return pixel, weight


def _along(points: Any, n: int, how: Reading, order: int) -> tuple[np.ndarray, np.ndarray]:
    """What points read along one axis of n pixels: (pixels, *points.shape) places and weights."""
    scale = (n - 1) / 2 if how.align else n / 2
    at, slope = (points + 1) * scale - (0 if how.align else 0.5), np.full_like(points, scale)
    first, cubic = MODES[how.mode][0], how.mode == "bicubic"
    if not cubic:  # there the pixels are moved, not the points
        at, turn = _inside(at, n, how)
        slope *= turn
    left = np.rint(at) if how.mode == "nearest" else np.floor(at)
    t = at - np.where(np.isfinite(left), left, 0)
    places, weights = [], []
    for k, p in enumerate(polynomials(how.mode, order)):
        place = _inside(left + first + k, n, how)[0] if cubic else left + first + k
        weight = (((p[3] * t + p[2]) * t + p[1]) * t + p[0]) * slope**order
        weights.append(np.where((place < 0) | (place >= n), 0, weight).astype(points.dtype))
        places.append(np.clip(np.nan_to_num(place), 0, n - 1).astype(np.intp))
    return np.stack(places), np.stack(weights)


def _inside(at: Any, n: int, how: Reading) -> tuple[Any, Any]:
    """Coordinates as the padding moves them into an image of n pixels, and their slope in that."""
    turn = np.ones_like(at)
    if how.padding == "zeros":
        return at, turn
    if how.padding == "reflection" and n > 1:
        low, span = (0, n - 1) if how.align else (-0.5, n)
        distance = np.abs(at - low)
        turns = np.floor(distance / span)
        rest, even = distance - turns * span, turns % 2 == 0
        turn = np.where(even, 1, -1) * np.sign(at - low)
        at = low + np.where(even, rest, span - rest)
    return np.clip(at, 0, n - 1), turn * ((at >= 0) & (at <= n - 1))
