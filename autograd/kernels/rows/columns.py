"""Arrays as (before, size, after) around some axes, and reductions over the middle of these: None
where NumPy has to do it.
"""

from __future__ import annotations

from functools import cache, lru_cache, partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain

Shape = tuple[int, ...]
WIDE = (16, 8, 4)  # vectors of a block: rows far apart are read faster in long pieces
REMEMBERED = 4096  # shapes at most, each with a few numbers that say how its arrays lie
PIECE = 100  # elements that are done while NumPy turns to the next piece of an array


class Layout(NamedTuple):
    """How many elements lie before some axes, along them, and after them."""

    before: int
    size: int
    after: int


@lru_cache(maxsize=REMEMBERED)
def layout(shape: Shape, axes: tuple[int, ...]) -> Layout | None:
    """That of a shape; None if it is empty, or if there are other axes between."""
    if not axes or 0 in shape:
        return None
    first, last = min(axes), max(axes) + 1
    size = prod(shape[first:last])
    if size != prod([shape[k] for k in axes]):
        return None
    return Layout(prod(shape[:first]), size, prod(shape[last:]))


@lru_cache(maxsize=REMEMBERED)
def shrunk(shape: Shape, small: Shape) -> tuple[int, ...]:
    """The axes that are shorter in what broadcasting stretches to a shape; () if it does not."""
    kept = (1,) * (len(shape) - len(small)) + small
    if len(kept) > len(shape) or any(m not in (1, n) for m, n in zip(kept, shape)):
        return ()
    return tuple(k for k, (m, n) in enumerate(zip(kept, shape)) if m != n)


def over(
    loop: Any, where: Layout, wide: tuple[int, ...], work: float, *arrays: np.ndarray
) -> list[Any]:
    """A loop of `_columns` over flat arrays, dealt out to threads: what it returns each time.

    wide : vectors of blocks, most first; the rest is done with one
    """
    lanes, results = _host.lanes(arrays[0].itemsize), []
    for vectors, sizes, count in _blocks(where, wide, len(lanes)):
        runs = _threads.parts(count, work)
        results += _threads.run(partial(_part, loop, vectors, lanes, sizes, arrays), runs)
    return results


@lru_cache(maxsize=REMEMBERED)
def _blocks(where: Layout, wide: tuple[int, ...], lanes: int) -> list[tuple[Shape, Shape, int]]:
    """For each width of blocks its vectors, the `sizes` of `_columns`, and how many there are."""
    begin = 0
    found: list[tuple[Shape, Shape, int]] = []
    for count in (*wide, 1):
        width, left = count * lanes, where.after - begin
        blocks = left // width if count > 1 else -(-left // width)
        if blocks:
            sizes = blocks, begin, where.size, where.after
            found.append(((0,) * count, sizes, where.before * blocks))
            begin += blocks * width
    return found


def _part(
    loop: Any, vectors: Shape, lanes: Shape, sizes: Shape, arrays: tuple, run: tuple[int, int]
) -> Any:
    return loop(vectors, lanes, *run, sizes, *arrays)


def sum_along(x: np.ndarray, axes: tuple[int, ...], shape: Shape) -> np.ndarray | None:
    """x summed to a shape, which is shorter along these axes."""
    return _reduced(x, axes, shape, "ADDED")


def extreme_to(x: np.ndarray, shape: Shape, least: bool) -> np.ndarray | None:
    """The greatest or the least of what comes together in a shape that broadcasting stretches to
    that of x; NaN where one is NaN."""
    return _reduced(x, shrunk(x.shape, shape), shape, "LEAST" if least else "GREATEST")


def _reduced(x: np.ndarray, axes: tuple[int, ...], shape: Shape, what: str) -> np.ndarray | None:
    where = layout(x.shape, axes)
    if where is None or where.after == 1 or not plain(x):
        return None
    if not _host.compiled(x.size + PIECE * where.before * where.size, x):
        return None
    out = np.empty(shape, x.dtype)
    over(_loop(what), where, WIDE, x.size / 2, x.reshape(-1), out.reshape(-1))
    return out


@cache
def _loop(what: str) -> Any:
    from . import _columns

    return partial(_columns.reduce, getattr(_columns, what))
