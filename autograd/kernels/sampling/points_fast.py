"""Images read at points, compiled. Arguments are those of `points`, contiguous and of one dtype."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .._host import present
from .._threads import parts, run
from ..windows.windows import Sizes
from . import _points as loops
from .reading import MODES, PADDINGS, Reading, polynomials


def sample(x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """See `points.sample`."""
    out = np.empty((*x.shape[:2], *grid.shape[1:-1]), x.dtype)
    image, at = _flat(x), _points(grid)
    options, lanes, flat = _options(how, x.shape[2:], x.dtype), _lanes(x), _flat(out)
    runs = parts(len(x), out.size * _taps(how))
    run(lambda r: loops.sample(lanes, image, at, r, *options, flat), runs)
    return out


def sample_dx(g: np.ndarray, grid: np.ndarray, shape: Sizes, how: Reading) -> np.ndarray:
    """See `points.sample_dx`."""
    dx = np.empty(shape, g.dtype)
    slopes, at = _flat(g), _points(grid)
    options, lanes, flat = _options(how, tuple(shape[2:]), g.dtype), _lanes(g), _flat(dx)
    runs = parts(len(g), g.size * _taps(how))
    run(lambda r: loops.sample_dx(lanes, slopes, at, r, *options, flat), runs)
    return dx


def sample_dgrid(g: np.ndarray, x: np.ndarray, grid: np.ndarray, how: Reading) -> np.ndarray:
    """See `points.sample_dgrid`."""
    out = np.empty(grid.shape, x.dtype)
    slopes, image, at = _flat(g), _flat(x), _points(grid)
    options, lanes, flat = _options(how, x.shape[2:], x.dtype), _lanes(x), _points(out)
    runs = parts(len(g), g.size * _taps(how))
    run(lambda r: loops.sample_dgrid(lanes, slopes, image, at, r, *options, flat), runs)
    return out


def _lanes(x: np.ndarray) -> tuple[int, ...]:
    host = present()
    return (0,) * host.lanes(x.itemsize)


def _flat(x: np.ndarray) -> np.ndarray:
    """(N, C, ...) -> (N, C, pixels or points)"""
    return x.reshape(*x.shape[:2], prod(x.shape[2:]))


def _points(grid: np.ndarray) -> np.ndarray:
    """(N, ..., axes) -> (N, points, axes)"""
    return grid.reshape(len(grid), prod(grid.shape[1:-1]), grid.shape[-1])


def _taps(how: Reading) -> int:
    """How many pixels a point reads."""
    return int(len(MODES[how.mode][1]) ** len(how.order))


@lru_cache(maxsize=512)
def _options(how: Reading, image: Sizes, dtype: np.dtype) -> tuple[Any, ...]:
    """The sizes of the image, and how its points read it, as numbers."""
    mode, padding = list(MODES).index(how.mode), PADDINGS.index(how.padding)
    weights = [[polynomials(how.mode, k + more) for k in how.order] for more in (0, 1)]
    numbers = mode, padding, how.align, MODES[how.mode][0]
    return np.array(image), numbers, np.array(how.order), np.array(weights, dtype)
