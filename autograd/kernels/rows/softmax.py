"""Softmax and its kin along neighbouring axes, in one pass over memory: None where NumPy has to do
it.

That is for few elements, axes with others between them, other dtypes than float32 and float64,
arrays that are not contiguous, and where kernels are switched off.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain
from .columns import Layout, layout, over

COST = 64  # multiplications that an element is worth; much of it stands for the calls of NumPy's
WORK = 4  # the same once it is in a loop

WIDE = (4,)  # vectors of a block of columns

Axes = tuple[int, ...]  # all different, from 0 on


def _found(axes: Axes, *arrays: Any) -> Layout | None:
    """How arrays of one shape lie, or None."""
    x = arrays[0]
    if x.size * COST < _host.LEAST or not _host.compiled(x.size * COST, *arrays):
        return None
    for a in arrays:
        if a.shape != x.shape or not plain(a):
            return None
    return layout(x.shape, axes)


@cache
def _loops(rows: bool) -> Any:
    if rows:
        from . import _softmax

        return _softmax
    from . import _softmax_columns

    return _softmax_columns


def _run(name: str, where: Layout, arrays: tuple[np.ndarray, ...], *each: np.ndarray) -> list[Any]:
    """What the loop of this name returns, for each part of the work.

    each : arrays with a number for each row or position
    """
    loop, x = getattr(_loops(where.after == 1), name), arrays[0]
    work = x.size * WORK
    if where.after > 1:
        return over(loop, where, WIDE, work, *[a.reshape(-1) for a in arrays], *each)
    rows = [a.reshape(where.before, where.size) for a in arrays]
    return _threads.deal(loop, where.before, work, _host.lanes(x.itemsize), *rows, *each)


def softmax(x: Any, axes: Axes, log: bool = False) -> np.ndarray | None:
    """exp(x) over its sum along the axes; or the logarithm of that."""
    where = _found(axes, x)
    if where is None:
        return None
    out = np.empty_like(x)
    _run("log_softmax" if log else "softmax", where, (x, out))
    return out


def softmax_dx(g: Any, y: Any, axes: Axes, log: bool = False) -> np.ndarray | None:
    """y * (g - sum(g * y)), the cotangent of x where the softmax is y; or g - exp(y) * sum(g)."""
    where = _found(axes, y, g)
    if where is None:
        return None
    out = np.empty_like(y)
    _run("log_softmax_dx" if log else "softmax_dx", where, (g, y, out))
    return out


def exp_sums(x: Any, axes: Axes) -> tuple[np.ndarray, np.ndarray] | None:
    """The largest element along the axes, and the sum of exp(x - largest), with the axes kept.

    0 counts as the largest if that is infinite. Where there is a NaN the sum is NaN.
    """
    where = _found(axes, x)
    if where is None:
        return None
    kept = tuple([1 if k in axes else n for k, n in enumerate(x.shape)])
    peak, total = np.empty(kept, x.dtype), np.empty(kept, x.dtype)
    _run("exp_sums", where, (x,), peak.reshape(-1), total.reshape(-1))
    return peak, total


def cross_entropy(
    x: Any, classes: np.ndarray, axis: int
) -> tuple[np.ndarray, float, np.ndarray] | None:
    """log(sum(exp(x))) - x at a class, of each position and in sum; and what `cross_entropy_dx`
    needs.

    None also where there is no such class.
    """
    x, axis = _classes_last(x, axis)
    where = _found((axis,), x)
    if where is None:
        return None
    stats, loss = np.empty((2, classes.size), x.dtype), np.empty(classes.shape, x.dtype)
    each = _indices(classes), stats[0], stats[1], loss.reshape(-1)
    sums = _run("cross_entropies", where, (x,), *each)
    return None if None in sums else (loss[()], sum(sums), stats)


def cross_entropy_dx(
    g: Any, x: Any, classes: np.ndarray, axis: int, stats: np.ndarray
) -> np.ndarray | None:
    """g * (exp(x - largest) / sum - 1 at the class); g is a number, or one for each class."""
    x, last = _classes_last(x, axis)
    where = _found((last,), x)
    if where is None or g.dtype != x.dtype:
        return None
    out, stats = np.empty_like(x), stats.reshape(2, -1)
    each = np.array(g).reshape(-1), _indices(classes), stats[0], stats[1]
    _run("cross_entropies_dx", where, (x, out), *each)
    return out if last == axis else np.moveaxis(out, last, axis)


def _classes_last(x: Any, axis: int) -> tuple[Any, int]:
    """x, and where its classes are: last, if x is a view of an array that has them there, like the
    scores of steps with axes swapped."""
    if x.flags.c_contiguous or x.size * COST < _host.LEAST:
        return x, axis
    return np.moveaxis(x, axis, -1), x.ndim - 1


def _indices(classes: np.ndarray) -> np.ndarray:
    """The classes as the one kind of array that loops are compiled for."""
    return np.ascontiguousarray(classes, np.int64).reshape(-1)
