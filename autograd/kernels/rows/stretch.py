"""What broadcasting stretches, added, multiplied and so on; and summed back.

None where NumPy has to do it. What is combined must be like the last axes of the larger array, or
like axes before the last and constant along these. Sums are over neighbouring axes, or over the
last and any others.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import prod
from typing import Any

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain
from . import columns

Shape = tuple[int, ...]
TURNED = {"subtract", "divide"}  # what is something else if x and y change places


@lru_cache(maxsize=columns.REMEMBERED)
def _layout(shape: Shape, small: Shape) -> tuple[bool, int, int]:
    """Whether there is one number for each row, or one row for all; the size of a row, and how many
    numbers; no row if there is nothing to be gained."""
    inner = len(small) - len(_without_ones(small[::-1]))
    middle = _without_ones(small[: len(small) - inner])
    end = len(shape) - inner
    size = prod(shape[end:]) if inner else prod(middle)
    fits = middle == shape[end - len(middle) : end] and middle and size > 7
    return (inner > 0, size, prod(middle)) if fits and 0 not in shape else (False, 0, 0)


def _without_ones(shape: Shape) -> Shape:
    """A shape without the ones that it begins with."""
    return next((shape[k:] for k, n in enumerate(shape) if n != 1), ())


@cache
def _loops() -> Any:
    from . import _stretch

    return _stretch


def stretched(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """x + y for arrays of different sizes, either of which broadcasts to the other's shape.

    name : "add", "subtract", "multiply" or "divide"
    """
    turned = x.size < y.size
    if turned:
        x, y = y, x
    if not _host.compiled(x.size // 2, x, y) or not plain(x) or y.ndim > x.ndim:
        return None
    each, size, _ = _layout(x.shape, y.shape)
    if not size:
        return None
    out = np.empty_like(x)
    flat = x.reshape(-1, size), np.ascontiguousarray(y).reshape(-1), out.reshape(-1, size)
    loop, rows = _loops().combine_each if each else _loops().combine_row, x.size // size
    which = _loops().selector(f"{name}, turned" if turned and name in TURNED else name)
    lanes = _host.lanes(x.itemsize)
    _threads.run(lambda run: loop(which, lanes, *run, *flat), _threads.parts(rows, x.size))
    return out


def sum_to(x: np.ndarray, shape: Shape) -> np.ndarray | None:
    """x summed to a shape that broadcasting stretches to its own."""
    axes = columns.shrunk(x.shape, shape)
    end, size = _tail(x.shape, axes)
    if not axes or size < 8:
        return columns.sum_along(x, axes, shape)
    if not _host.compiled(x.size, x) or not plain(x):
        return None
    flat, sums = x.reshape(-1, size), np.empty(x.shape[:end], x.dtype)
    each, others = sums.reshape(-1), tuple([k for k in axes if k < end])
    runs = _threads.parts(len(flat), x.size / 2)
    _threads.run(lambda run: _loops().sum_rows(*run, flat, each), runs)
    return (sums.sum(others) if others else sums).reshape(shape)


@lru_cache(maxsize=columns.REMEMBERED)
def _tail(shape: Shape, axes: Shape) -> tuple[int, int]:
    """Where the last axes begin that are all among some others, and how many elements they have."""
    end = len(shape)
    while end and (end - 1 in axes or shape[end - 1] == 1):
        end -= 1
    return end, prod(shape[end:])
