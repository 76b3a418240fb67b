"""Images read at points, one point after the other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from ..sampling.reading import Reading
from ..windows.windows import Sizes

T = Polynomial([0.0, 1.0])


def _keys(d: Polynomial, near: bool, a: float = -0.75) -> Polynomial:
    """Keys's cubic at the distance d, which is below 1 or between 1 and 2."""
    if near:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a


SHARES = {  # weights of pixels from floor(at) + first on, for a point T behind floor(at)
    "nearest": (0, [Polynomial([1.0])]),
    "bilinear": (0, [1 - T, T]),
    "bicubic": (-1, [_keys(T + 1, False), _keys(T, True), _keys(1 - T, True), _keys(2 - T, False)]),
}


def _moved(at: float, n: int, how: Reading) -> tuple[float, float]:
    """A coordinate thrown back at both ends, or held there; and its slope in that."""
    sign = 1.0
    if math.isinf(at):
        return at, sign
    if how.padding == "reflection" and n > 1:
        low, high = (0, n - 1) if how.align else (-0.5, n - 0.5)
        while not low <= at <= high:
            at, sign = 2 * low - at if at < low else 2 * high - at, -sign
    if how.padding == "zeros" or 0 <= at <= n - 1:
        return at, sign
    return min(max(at, 0), n - 1), 0.0


def _weighted(c: float, n: int, how: Reading, order: int) -> list[tuple[int, float]]:
    """The pixels that one coordinate of a point reads, with their weights: 0 outside."""
    if math.isnan(c):
        return [(0, c)]
    scale = (n - 1) / 2 if how.align else n / 2
    at, slope = (c + 1) * scale - (0 if how.align else 0.5), scale
    if how.mode != "bicubic":
        at, sign = _moved(at, n, how)
        slope *= sign
    if not math.isfinite(at):
        return [(n - 1 if at > 0 else 0, 0.0)]
    left = round(at) if how.mode == "nearest" else math.floor(at)
    first, shares = SHARES[how.mode]
    found = []
    for k, share in enumerate(shares):
        place = left + first + k
        if how.mode == "bicubic":
            place = round(_moved(place, n, how)[0])
        derived = share.deriv(order) if order else share
        weight = derived(at - left) * slope**order
        found.append((min(max(place, 0), n - 1), weight if 0 <= place < n else 0.0))
    return found


def _hits(grid: np.ndarray, image: Sizes, how: Reading) -> Iterator[tuple[Sizes, Sizes, float]]:
    """Every (index of a point, pixel, weight)."""
    for point in np.ndindex(grid.shape[:-1]):
        coordinates = grid[point][::-1]
        shares = [_weighted(*v) for v in zip(coordinates, image, [how] * 3, how.order)]
        for chosen in itertools.product(*shares):
            yield point, tuple(j for j, _ in chosen), math.prod(w for _, w in chosen)


def _lanes(n: int, place: Sequence[int]) -> Any:
    """The index of all channels there."""
    return (n, slice(None), *place)


def sample(x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """out[n, :, point] += weight * x[n, :, pixel]"""
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]), np.result_type(x, grid))
    for (n, *point), pixel, weight in _hits(grid, x.shape[2:], how):
        if weight:
            out[_lanes(n, point)] += x[_lanes(n, pixel)] * out.dtype.type(weight)
    return out


def sample_dx(g: np.ndarray, grid: np.ndarray, shape: Sizes, how: Reading) -> np.ndarray:
    """dx[n, :, pixel] += weight * g[n, :, point]"""
    dx = np.zeros(shape, np.result_type(g, grid))
    for (n, *point), pixel, weight in _hits(grid, shape[2:], how):
        if weight:
            dx[_lanes(n, pixel)] += g[_lanes(n, point)] * dx.dtype.type(weight)
    return dx


def sample_dgrid(g: np.ndarray, x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """dgrid[n, point, axis] += weight differentiated along the axis * (g[n, :, point] @ x[n, :,
    pixel])"""
    axes = grid.shape[-1]
    out = np.zeros(grid.shape, np.result_type(g, x, grid))
    for axis in range(axes if how.mode != "nearest" else 0):  # that is constant in the grid
        for (n, *point), pixel, weight in _hits(grid, x.shape[2:], how.derived(axis)):
            if weight:
                met = (g[_lanes(n, point)] * x[_lanes(n, pixel)]).sum()
                out[(n, *point, axes - 1 - axis)] += met * out.dtype.type(weight)
    return out
