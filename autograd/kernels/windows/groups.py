"""Maxima of groups of elements, and their adjoints: what pooling to a given size takes.

x is (rows, n). Group k of a row is its elements at places[starts[k] : starts[k + 1]]; places are
uint32, none of the groups is empty, groups may overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _threads
from .._host import compiled, present
from ..elements.curves import plain


def group_max(
    x: np.ndarray, places: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The largest element of each group, and which elements are as large as that.

    Returns
    -------
    ndarray (rows, groups), bool ndarray (places, rows)
        A NaN is the largest of its group, and every NaN ties for that.
    """
    if _fits(x, places):
        from . import _groups as loops

        largest = np.empty((len(x), len(starts) - 1), x.dtype)
        ties, lanes = np.empty((len(places), len(x)), bool), _lanes(x)
        _threads.run(
            lambda r: loops.group_max(lanes, x, places, starts, r, largest, ties),
            _threads.parts(len(x), ties.size),
        )
        return largest, ties
    taken = x[:, places]
    largest = np.maximum.reduceat(taken, starts[:-1], axis=1)
    ties = (taken == np.repeat(largest, np.diff(starts), axis=1)) | (taken != taken)
    return largest, ties.T.copy()


def group_max_dx(
    g: np.ndarray, ties: np.ndarray, places: np.ndarray, starts: np.ndarray, size: int
) -> np.ndarray:
    """The adjoint of `group_max_pick` for rows of `size` elements: each g (rows, groups) goes to
    the ties of its group, in equal parts."""
    if _fits(g, places) and plain(ties):
        from . import _groups as loops

        dx, lanes = np.empty((len(g), size), g.dtype), _lanes(g)
        _threads.run(
            lambda r: loops.group_max_dx(lanes, g, ties, places, starts, r, dx),
            _threads.parts(len(g), ties.size),
        )
        return dx
    share = np.repeat(g / _counts(ties, starts, g.dtype), np.diff(starts), axis=1)
    dx = np.zeros((len(g), size), g.dtype)
    every: Any = (slice(None), places)
    np.add.at(dx, every, np.where(ties.T, share, 0))
    return dx


def group_max_pick(
    x: np.ndarray, ties: np.ndarray, places: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """The mean over the ties of each group: group_max itself, if they are those of x."""
    taken = np.where(ties.T, x[:, places], 0)
    total: np.ndarray = np.add.reduceat(taken, starts[:-1], axis=1)
    return total / _counts(ties, starts, x.dtype)


def _fits(x: np.ndarray, places: np.ndarray) -> bool:
    return compiled(len(x) * len(places), x) and plain(x)


def _lanes(x: np.ndarray) -> tuple[int, ...]:
    host = present()
    return (0,) * host.lanes(x.itemsize)


def _counts(ties: np.ndarray, starts: np.ndarray, dtype: np.dtype) -> np.ndarray:
    found: np.ndarray = np.add.reduceat(ties, starts[:-1], axis=0, dtype=dtype)
    return found.T
