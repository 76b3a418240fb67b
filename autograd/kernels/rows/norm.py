"""Standardize, scale and shift, and the gradients of that: None where NumPy has to do it.

There are four layouts with loops of their own, by which axes are standardized and along which the
weights vary. "rows": both are the last axes. "columns": the weights vary along the last axes, and
all others are standardized. Else weights are constant along the last axes, which are standardized:
rows of a weight each. In "blocks" rows that are standardized together follow one another; in
"channels" they come once in every so many, as the images of a batch do.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain
from .columns import REMEMBERED

COST = 128  # multiplications that an element is worth: NumPy's ten calls take as long as 30,000

Shape = tuple[int, ...]
Three = tuple[np.ndarray, np.ndarray, np.ndarray]


class Layout(NamedTuple):
    kind: str
    lead: Shape  # the axes of x that the rows are
    axes: int  # how many of x's a row is
    size: int  # of a row
    kept: Shape  # x's shape, with the axes that are standardized kept
    block: int  # rows that are standardized together


@lru_cache(maxsize=REMEMBERED)
def _layout(shape: Shape, axis: Shape, parameters: Shape) -> Layout | None:
    ndim, split = len(shape), len(shape) - len(parameters)
    axes = {k % ndim for k in axis}
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    first, last = set(range(split)), set(range(split, ndim))
    if axes and axes in (first, last) and shape[split:] == parameters:
        kind = "rows" if axes == last else "columns"
        return Layout(kind, shape[:split], ndim - split, prod(parameters), kept, 0)
    count = len(parameters) - len(_stripped(parameters))
    while count and not set(range(ndim - count, ndim)) <= axes:
        count -= 1
    lead, size = shape[: ndim - count], prod(shape[ndim - count :])
    fits = 0 < count < ndim and parameters[: len(parameters) - count] == lead[split:]
    if not fits or size < 8:
        return None
    together = axes & set(range(len(lead)))
    start = len(lead) - len(together)
    if together == set(range(start, len(lead))):
        return Layout("blocks", lead, count, size, kept, prod(lead[start:]))
    if together == set(range(split)):
        return Layout("channels", lead, count, size, kept, prod(lead[:split]))
    return None


def _stripped(shape: Shape) -> Shape:
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _chosen(axis: Any, parameters: Shape, *arrays: np.ndarray) -> Layout | None:
    """The layout, or None if there is nothing to be gained."""
    x = arrays[0]
    if not _host.compiled(COST * x.size, *arrays):
        return None
    for a in arrays:
        if type(a) is not np.ndarray or a.shape != x.shape or not plain(a):
            return None
    return _layout(x.shape, axis, parameters)


@cache
def _loops() -> Any:
    from . import _norm

    return _norm


def affine_norm(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, axis: Shape, eps: float, center: bool, known: Any
) -> Three | None:
    """(x - mean) * scale * w + b, mean and scale = 1 / sqrt(mean square + eps), over the axes."""
    if w.shape != b.shape or not w.dtype == b.dtype == x.dtype:
        return None
    layout = _chosen(axis, w.shape, x)
    if layout is None or (known is not None and layout.kind == "rows"):
        return None
    out = np.empty_like(x)
    if known is None:
        mean, scale = np.empty(layout.kept, x.dtype), np.empty(layout.kept, x.dtype)
    else:
        mean, scale = known
    if layout.kind == "columns":
        more = _flat(w), _flat(b), eps, center, known is not None
        _columns(_loops().standardize_columns, layout, (x,), more, out, _flat(mean), _flat(scale))
    elif layout.kind == "rows":
        _standardize_rows(layout, x, _flat(w), _flat(b), eps, center, out, mean, scale)
    elif layout.kind == "channels":
        given = _channels(layout, x), _flat(w), _flat(b), eps, center, known is not None
        views = _channels(layout, out), _flat(mean), _flat(scale)
        _over(_loops().standardize_channels, w.size, *given, *views)
    elif known is None:
        views = _blocks(layout, out), _flat(mean), _flat(scale)
        each = _blocks(layout, x), _weights(layout, w), _weights(layout, b), eps, center
        _over(_loops().standardize_blocks, mean.size, *each, *views)
    else:
        rows = x.reshape(-1, layout.size)
        per_row = [_per_row(layout, v) for v in (mean, scale * w, b)]
        target = out.reshape(rows.shape)
        _threads.deal(_loops().row_lines, len(rows), x.size, rows, *per_row, target)
    return out, mean, scale


def moments(x: np.ndarray, axis: Shape) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and variance over the axes, which are kept."""
    kept = tuple([1 if k in axis or k - x.ndim in axis else n for k, n in enumerate(x.shape)])
    layout = _chosen(axis, kept[x.ndim - len(_stripped(kept[::-1])) :], x)
    if layout is None:
        return None
    mean, square = np.empty(kept, x.dtype), np.empty(kept, x.dtype)
    more = True, mean.reshape(-1), square.reshape(-1)
    if layout.kind == "columns":
        loop, flat = _loops().column_moments, x.reshape(-1, layout.size)
    else:
        loop = _loops().channel_moments
        flat = _channels(layout, x) if layout.kind == "channels" else _blocks(layout, x)[None]
    _over(loop, mean.size, flat, *more)
    return mean, square


def affine_norm_back(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, axis: Shape, center: bool, mean: np.ndarray,
    scale: np.ndarray,
) -> Three | None:  # fmt: skip
    """The gradients by x, w and b: scale * (u - mean(u) - y * mean(u * y)) with u = g * w and y the
    standardized x, and the sums of g * y and of g."""
    if type(g) is np.ndarray and not plain(g):
        g = np.array(g, order="C")
    layout = _chosen(axis, w.shape, x, g) if w.dtype == x.dtype else None
    if layout is None:
        return None
    out = np.empty_like(x)
    if layout.kind == "rows":
        dw, db = _rows_back(layout, g, x, _flat(w), center, mean, scale, out)
        return out, dw.reshape(w.shape), db.reshape(w.shape)
    known = _flat(mean), _flat(scale), center
    if layout.kind == "columns":
        dw, db = np.zeros((2, w.size), x.dtype)
        _columns(_loops().standardize_columns_back, layout, (g, x), (_flat(w), *known), out, dw, db)
    elif layout.kind == "channels":
        dw, db = np.empty((2, w.size), x.dtype)
        given = _channels(layout, g), _channels(layout, x), _flat(w), *known
        _over(_loops().standardize_channels_back, w.size, *given, _channels(layout, out), dw, db)
    else:
        sums = np.empty((2, mean.size, layout.block), x.dtype)
        each = _blocks(layout, g), _blocks(layout, x), _weights(layout, w), *known
        _over(_loops().standardize_blocks_back, mean.size, *each, _blocks(layout, out), *sums)
        dw, db = np.add.reduce(sums.reshape(2, -1, w.size), 1)
    return out, dw.reshape(w.shape), db.reshape(w.shape)


def _flat(v: np.ndarray) -> np.ndarray:
    return v if v.ndim == 1 and v.flags.c_contiguous else np.ascontiguousarray(v).reshape(-1)


# Rows


def _standardize_rows(
    layout: Layout, x: np.ndarray, w: np.ndarray, b: np.ndarray, eps: float, center: bool,
    *results: np.ndarray,
) -> None:  # fmt: skip
    """The loop of the same name, over the threads."""

    def loop(x: Any, out: Any, mean: Any, scale: Any) -> None:
        _loops().standardize_rows(x, w, b, eps, center, out, mean, scale)

    out, mean, scale = results
    shape = -1, layout.size
    each = x.reshape(shape), out.reshape(shape), mean.reshape(-1), scale.reshape(-1)
    _threads.deal(loop, mean.size, x.size, *each)


def _rows_back(
    layout: Layout, g: np.ndarray, x: np.ndarray, w: np.ndarray, center: bool, mean: np.ndarray,
    scale: np.ndarray, out: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The loop of the same name, over the threads: the gradients by w and b."""

    def loop(g: Any, x: Any, mean: Any, scale: Any, out: Any) -> np.ndarray:
        sums = np.zeros((2, layout.size), x.dtype)
        _loops().standardize_rows_back(g, x, w, mean, scale, center, out, sums[0], sums[1])
        return sums

    shape = -1, layout.size
    each = g.reshape(shape), x.reshape(shape), _flat(mean), _flat(scale), out.reshape(shape)
    first, *others = _threads.deal(loop, mean.size, 2 * x.size, *each)
    return sum(others, start=first)


# Columns


def _columns(
    loop: Any, layout: Layout, arrays: tuple[np.ndarray, ...], more: tuple[Any, ...],
    out: np.ndarray, *each: np.ndarray,
) -> None:  # fmt: skip
    """A loop over the columns of arrays and out, dealt out to threads."""
    if out.ndim > 2:
        arrays = tuple([a.reshape(-1, layout.size) for a in arrays])
        out = out.reshape(-1, layout.size)
    runs = _threads.parts(layout.size, len(arrays) * out.size)
    if len(runs) == 1:
        loop(0, layout.size, *arrays, *more, out, *each)
    else:
        _threads.run(lambda run: loop(*run, *arrays, *more, out, *each), runs)


# Rows with one weight each


def _blocks(layout: Layout, v: np.ndarray) -> np.ndarray:
    return v.reshape(-1, layout.block * layout.size)


def _weights(layout: Layout, v: np.ndarray) -> np.ndarray:
    """A parameter as rows of numbers for the rows of a block, which blocks take in turn."""
    v = _per_row(layout, v) if v.size % layout.block else _flat(v)
    return v.reshape(-1, layout.block)


def _channels(layout: Layout, v: np.ndarray) -> np.ndarray:
    return v.reshape(layout.block, -1, layout.size)


def _over(loop: Any, count: int, *arrays: Any) -> None:
    """A loop over so many blocks, channels or columns of arrays, dealt out to threads."""
    runs = _threads.parts(count, 2 * arrays[0].size)
    _threads.run(lambda run: loop(*run, *arrays), runs)


def _per_row(layout: Layout, v: np.ndarray) -> np.ndarray:
    """A statistic or parameter as one number for each row."""
    v = v.reshape(v.shape[: v.ndim - layout.axes])
    return np.ascontiguousarray(np.broadcast_to(v, layout.lead)).reshape(-1)
