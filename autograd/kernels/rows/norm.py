"""Standardize, scale and shift, and the gradients of that: None where NumPy has to do it.

There are four layouts with loops of their own, by which axes are standardized and along which the
weights vary. "rows": both are the last axes. "columns": the weights vary along the last axes, and
all others are standardized. Else weights are constant along the last axes, which are standardized,
with others: rows, a few numbers for each of which say what to do with it. In "blocks" rows that
belong together follow one another; for "lines" NumPy does what is left to do between the loops.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain

COST = 128  # multiplications that an element is worth: NumPy's ten calls take as long as 30,000

Shape = tuple[int, ...]
Three = tuple[np.ndarray, np.ndarray, np.ndarray]


class Layout(NamedTuple):
    kind: str
    lead: Shape  # the axes of x that the rows are
    axes: int  # how many of x's a row is
    size: int  # of a row
    kept: Shape  # x's shape, with the axes that are standardized kept
    block: int  # rows that are standardized together, where they follow one another


@cache
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
    return Layout("lines", lead, count, size, kept, 0)


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
    elif layout.kind == "blocks" and known is None:
        each = mean.reshape(-1), scale.reshape(-1)
        given = _blocks(layout, x), _weights(layout, w), _weights(layout, b), eps, center
        _over_blocks(_loops().standardize_blocks, *given, _blocks(layout, out), *each)
    else:
        rows = x.reshape(-1, layout.size)
        if known is None:
            mean, square = _moments(layout, rows, axis, x.ndim, center)
            scale = (1 / np.sqrt(square + eps)).astype(x.dtype)
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
    flat = x.reshape(-1, layout.size)
    if layout.kind != "columns":
        return _moments(layout, flat, axis, x.ndim, True)
    mean, square = np.empty(kept, x.dtype), np.empty(kept, x.dtype)
    more = True, mean.reshape(-1), square.reshape(-1)
    runs = _threads.parts(layout.size, x.size)
    _threads.run(lambda run: _loops().column_moments(*run, flat, *more), runs)
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
    if layout.kind == "columns":
        dw, db = np.zeros(layout.size, x.dtype), np.zeros(layout.size, x.dtype)
        more = _flat(w), _flat(mean), _flat(scale), center
        _columns(_loops().standardize_columns_back, layout, (g, x), more, out, dw, db)
    elif layout.kind == "rows":
        dw, db = _rows_back(layout, g, x, _flat(w), center, mean, scale, out)
    elif layout.kind == "blocks":
        sums = np.empty((2, mean.size, layout.block), x.dtype)
        given = _blocks(layout, g), _blocks(layout, x), _weights(layout, w), _flat(mean)
        more = _flat(scale), center, _blocks(layout, out), *sums
        _over_blocks(_loops().standardize_blocks_back, *given, *more)
        dw, db = np.add.reduce(sums.reshape(2, -1, w.size), 1)
    else:
        dw, db = _lines_back(layout, g, x, w, axis, center, mean, scale, out)
        others = tuple(range(x.ndim - w.ndim))
        dw, db = dw.sum(others), db.sum(others)
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


def _over_blocks(loop: Any, *arrays: Any) -> None:
    """A loop over blocks, dealt out to threads."""
    runs = _threads.parts(len(arrays[0]), 2 * arrays[0].size)
    _threads.run(lambda run: loop(*run, *arrays), runs)


def _per_row(layout: Layout, v: np.ndarray) -> np.ndarray:
    """A statistic or parameter as one number for each row."""
    v = v.reshape(v.shape[: v.ndim - layout.axes])
    return np.ascontiguousarray(np.broadcast_to(v, layout.lead)).reshape(-1)


def _moments(
    layout: Layout, x: np.ndarray, axis: Shape, ndim: int, center: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and mean square distance with the axes kept: those of rows, put together (Chan et al.,
    1979).

    Not centred, all means are 0.
    """
    mean, square = (np.empty(len(x), x.dtype) for _ in range(2))
    _threads.deal(_loops().row_moments, len(x), x.size, x, center, mean, square)
    means, squares = (v.reshape(*layout.lead, *(1,) * layout.axes) for v in (mean, square))
    together = tuple(k % ndim for k in axis)
    middle = means.mean(together, keepdims=True)
    around = means - middle if center else means
    spread = (squares + around * around).mean(together, keepdims=True)
    return middle if center else np.zeros_like(middle), spread


def _lines_back(
    layout: Layout, g: np.ndarray, x: np.ndarray, w: np.ndarray, axis: Shape, center: bool,
    mean: np.ndarray, scale: np.ndarray, out: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The gradient by x in out; those by w and b for each row."""
    lead, size = layout.lead, layout.size
    flat = [v.reshape(-1, size) for v in (g, x, out)]
    m, k, weight = (_per_row(layout, v) for v in (mean, scale, w))
    sums, products = np.empty_like(m), np.empty_like(m)
    _threads.deal(_loops().row_products, len(m), 2 * x.size, *flat[:2], m, sums, products)
    together = tuple(a % x.ndim for a in axis if a % x.ndim < len(lead))
    of_u, of_uy = (
        np.broadcast_to((weight * v).reshape(lead).mean(together, keepdims=True) / size, lead)
        for v in (sums, products)
    )
    of_x, start = k**3 * of_uy.reshape(-1), k * of_u.reshape(-1) if center else np.zeros_like(k)
    loop, numbers = _loops().row_planes, (m, k * weight, of_x, start)
    _threads.deal(loop, len(m), 2 * x.size, *flat[:2], *numbers, flat[2])
    return (k * products).reshape(lead), sums.reshape(lead)
