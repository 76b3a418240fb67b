"""Softmax and its kin along the last axes, in one pass over memory: None where NumPy has to do it.

That is for few elements, other axes than the last ones, other dtypes than float32 and float64,
arrays that are not contiguous, and where kernels are switched off.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain

COST = 64  # multiplications that an element is worth; much of it stands for the calls of NumPy's
WORK = 4  # the same once it is in a loop

Axes = tuple[int, ...]  # all different, from 0 on


def _rows(axes: Axes, *arrays: Any) -> tuple[int, int, tuple[int, ...]] | None:
    """Number and size of the rows that the axes of arrays of one shape are, and a tuple as long as
    a vector is wide; or None."""
    x = arrays[0]
    if x.size * COST < _host.LEAST or not _host.compiled(x.size * COST, *arrays):
        return None
    lead, shape = x.ndim - len(axes), x.shape
    if not axes or min(axes) != lead:
        return None
    for a in arrays:
        if a.shape != shape or not plain(a):
            return None
    size = shape[-1] if len(axes) == 1 else prod(shape[lead:])
    return (x.size // size, size, _host.lanes(x.itemsize)) if x.size else None


@cache
def _loops() -> Any:
    from . import _softmax

    return _softmax


def softmax(x: Any, axes: Axes, log: bool = False) -> np.ndarray | None:
    """exp(x) over its sum along the axes; or the logarithm of that."""
    found = _rows(axes, x)
    if found is None:
        return None
    *rows, lanes = found
    out = np.empty_like(x)
    loop = _loops().log_softmax_rows if log else _loops().softmax_rows
    _threads.deal(loop, rows[0], x.size * WORK, lanes, x.reshape(rows), out.reshape(rows))
    return out


def softmax_dx(g: Any, y: Any, axes: Axes, log: bool = False) -> np.ndarray | None:
    """y * (g - sum(g * y)), the cotangent of x where the softmax is y; or g - exp(y) * sum(g)."""
    found = _rows(axes, y, g)
    if found is None:
        return None
    *rows, lanes = found
    out = np.empty_like(y)
    loop = _loops().log_softmax_rows_dx if log else _loops().softmax_rows_dx
    flat = g.reshape(rows), y.reshape(rows), out.reshape(rows)
    _threads.deal(loop, rows[0], y.size * WORK, lanes, *flat)
    return out


def exp_sums(x: Any, axes: Axes) -> tuple[np.ndarray, np.ndarray] | None:
    """The largest element along the axes, and the sum of exp(x - largest), with the axes kept.

    0 counts as the largest if that is infinite. Where there is a NaN the sum is NaN.
    """
    found = _rows(axes, x)
    if found is None:
        return None
    *rows, lanes = found
    kept = x.shape[: x.ndim - len(axes)] + (1,) * len(axes)
    peak, total = np.empty(kept, x.dtype), np.empty(kept, x.dtype)
    flat = x.reshape(rows), peak.reshape(-1), total.reshape(-1)
    _threads.deal(_loops().exp_sums_of_rows, rows[0], x.size * WORK, lanes, *flat)
    return peak, total


def cross_entropy(
    x: Any, classes: np.ndarray, axis: int
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """log(sum(exp(x))) - x at a class, of each row and in sum; and what `cross_entropy_dx` needs.

    None also where there is no such class.
    """
    found = _rows((axis,), x)
    if found is None:
        return None
    count, size, lanes = found
    stats, loss = np.empty((count, 2), x.dtype), np.empty(classes.shape, x.dtype)
    arrays = x.reshape(count, size), _indices(classes), stats, loss.reshape(-1)
    sums = _threads.deal(_loops().cross_entropies, count, x.size * WORK, lanes, *arrays)
    return None if None in sums else (loss[()], sum(sums), stats)


def cross_entropy_dx(
    g: Any, x: Any, classes: np.ndarray, axis: int, stats: np.ndarray
) -> np.ndarray | None:
    """g * (exp(x - largest) / sum - 1 at the class); g is a number, or one for each class."""
    found = _rows((axis,), x)
    if found is None or g.dtype != x.dtype:
        return None
    count, size, lanes = found
    out = np.empty_like(x)
    slope = np.array(g).reshape(-1)
    arrays = slope, x.reshape(count, size), _indices(classes), stats, out.reshape(count, size)
    _threads.deal(_loops().cross_entropies_dx, count, x.size * WORK, lanes, *arrays)
    return out


def _indices(classes: np.ndarray) -> np.ndarray:
    """The classes as the one kind of array that loops are compiled for."""
    return np.ascontiguousarray(classes, np.int64).reshape(-1)
