"""Standardize, scale and shift, and the gradients of that: None where NumPy has to do it.

There are two layouts with loops of their own. Either the last axes are standardized, and weights
vary along them: rows of a matrix. Or weights are constant along the last axes, which are summed
over: rows again, a few numbers for each of which say what to do with it, and so little is left
to do between the loops that NumPy does it.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import numpy as np

from . import _host, _threads
from .curves import plain

Shape = tuple[int, ...]


@cache
def _layout(shape: Shape, axis: Shape, parameters: Shape) -> tuple[str, int]:
    """'whole' or 'single' weights of a row, and how many axes of x are the rows'; or '' and 0."""
    axes = {k % len(shape) for k in axis}
    count = len(shape)
    if axes == set(range(count - len(axes), count)) and shape[count - len(axes) :] == parameters:
        return "whole", len(axes)
    constant = len(parameters) - len(_stripped(parameters))
    while constant and not set(range(count - constant, count)) <= axes:
        constant -= 1
    lead = parameters[: len(parameters) - constant]
    fits = 0 < constant < count and lead == shape[count - len(parameters) : count - constant]
    return ("single", constant) if fits and prod(shape[count - constant :]) > 7 else ("", 0)


def _stripped(shape: Shape) -> Shape:
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _chosen(axis: Any, parameters: Shape, *arrays: np.ndarray) -> tuple[str, int]:
    """The layout, or '' if there is nothing to be gained."""
    x = arrays[0]
    fits = all(type(a) is np.ndarray for a in arrays) and _host.compiled(4 * x.size, *arrays)
    if not fits or not all(a.shape == x.shape and plain(a) for a in arrays):
        return "", 0
    return _layout(x.shape, axis, parameters)


def affine_norm(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, axis: Shape, eps: float, center: bool, known: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(x - mean) * scale * w + b, mean and scale = 1 / sqrt(mean square + eps), over the axes."""
    same = np.shape(w) == np.shape(b) and np.result_type(x, w, b) == x.dtype
    kind, count = _chosen(axis, np.shape(w), x) if same else ("", 0)
    if not kind or (known is not None and kind == "whole"):
        return None
    from . import _norm_loops as loops

    lead = x.shape[: x.ndim - count]
    rows, size = prod(lead), prod(x.shape[x.ndim - count :])
    flat, out = x.reshape(rows, size), np.empty_like(x)
    if kind == "whole":
        mean, scale = (np.empty((*lead, *(1,) * count), x.dtype) for _ in range(2))
        _standardize_rows(loops, flat, w, b, eps, center, out, mean, scale)
        return out, mean, scale
    if known is None:
        mean, scale = _moments(loops, flat, lead, count, axis, x.ndim, eps, center)
    else:
        mean, scale = known
    per_row = (_per_row(v, lead, count) for v in (mean, scale * w, b))
    _threads.deal(loops.row_lines, rows, x.size, flat, *per_row, out.reshape(rows, size))
    return out, mean, scale


def _standardize_rows(
    loops: Any, x: np.ndarray, w: Any, b: Any, eps: float, center: bool, out: np.ndarray,
    mean: np.ndarray, scale: np.ndarray,
) -> None:  # fmt: skip
    """The loop of the same name, over the threads."""
    rows, size = x.shape
    w, b = (np.ascontiguousarray(v, x.dtype).reshape(1, size) for v in (w, b))

    def loop(x: Any, out: Any, mean: Any, scale: Any) -> None:
        loops.standardize_rows(x, w[0], b[0], eps, center, out, mean, scale)

    _threads.deal(
        loop, rows, x.size, x, out.reshape(rows, size), mean.reshape(rows), scale.reshape(rows)
    )


def _per_row(v: np.ndarray, lead: Shape, count: int) -> np.ndarray:
    """A statistic or parameter as one number for each row."""
    v = v.reshape(v.shape[: v.ndim - count])
    return np.ascontiguousarray(np.broadcast_to(v, lead)).reshape(-1)


def _moments(
    loops: Any, x: np.ndarray, lead: Shape, count: int, axis: Shape, ndim: int, eps: float,
    center: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Mean and scale with the axes kept: those of rows, put together (Chan et al., 1979).

    Not centred, all means are 0.
    """
    mean, square = (np.empty(len(x), x.dtype) for _ in range(2))
    _threads.deal(loops.row_moments, len(x), x.size, x, center, mean, square)
    means, squares = (v.reshape(*lead, *(1,) * count) for v in (mean, square))
    together = tuple(k % ndim for k in axis)
    middle = means.mean(together, keepdims=True)
    spread = (squares + (means - middle) ** 2).mean(together, keepdims=True)
    return middle, (1 / np.sqrt(spread + eps)).astype(x.dtype)


def affine_norm_dx(
    g: np.ndarray, x: np.ndarray, w: np.ndarray, axis: Shape, center: bool, mean: np.ndarray,
    scale: np.ndarray,
) -> np.ndarray | None:  # fmt: skip
    """scale * (u - mean(u) - y * mean(u * y)) with u = g * w and y the standardized x."""
    kind, count = _chosen(axis, np.shape(w), x, g)
    if not kind or np.result_type(x, w) != x.dtype:
        return None
    from . import _norm_loops as loops

    lead = x.shape[: x.ndim - count]
    rows, size = prod(lead), prod(x.shape[x.ndim - count :])
    out = np.empty_like(x)
    flat = [v.reshape(rows, size) for v in (g, x, out)]
    if kind == "whole":
        weights = np.ascontiguousarray(w, x.dtype).reshape(size)

        def loop(g: Any, x: Any, mean: Any, scale: Any, out: Any) -> None:
            loops.standardize_rows_dx(g, x, weights, mean, scale, center, out)

        _threads.deal(
            loop, rows, x.size, *flat[:2], mean.reshape(rows), scale.reshape(rows), flat[2]
        )
        return out
    m, k, weight = (_per_row(v, lead, count) for v in (mean, scale, w))
    sums, products = (np.empty(rows, x.dtype) for _ in range(2))
    _threads.deal(loops.row_products, rows, x.size, *flat[:2], m, sums, products)
    together = tuple(a % x.ndim for a in axis if a % x.ndim < len(lead))
    of_u, of_uy = (
        np.broadcast_to((weight * v).reshape(lead).mean(together, keepdims=True) / size, lead)
        for v in (sums, products)
    )
    of_x, start = k**3 * of_uy.reshape(rows), k * of_u.reshape(rows) * center
    _threads.deal(loops.row_planes, rows, x.size, *flat[:2], m, k * weight, of_x, start, flat[2])
    return out


def affine_norm_dw(
    g: np.ndarray, x: np.ndarray, shape: Shape, axis: Shape, mean: np.ndarray, scale: np.ndarray
) -> np.ndarray | None:
    """g times the standardized x, summed to the shape of the weights."""
    kind, count = _chosen(axis, shape, x, g)
    if not kind:
        return None
    from . import _norm_loops as loops

    lead = x.shape[: x.ndim - count]
    rows, size = prod(lead), prod(x.shape[x.ndim - count :])
    flat = [v.reshape(rows, size) for v in (g, x)]
    if kind == "whole":
        mean, scale = mean.reshape(rows), scale.reshape(rows)

        def sums(run: tuple[int, int]) -> np.ndarray:
            part, out = slice(*run), np.zeros(size, x.dtype)
            loops.standardize_rows_dw(flat[0][part], flat[1][part], mean[part], scale[part], out)
            return out

        found = _threads.run(sums, _threads.parts(rows, x.size))
        return np.add.reduce(np.array(found)).reshape(shape)
    m, k = (_per_row(v, lead, count) for v in (mean, scale))
    one, products = (np.empty(rows, x.dtype) for _ in range(2))
    _threads.deal(loops.row_products, rows, x.size, *flat, m, one, products)
    per_row = (k * products).reshape(lead)
    extra = len(lead) - (len(shape) - count)
    return per_row.sum(tuple(range(extra))).reshape(shape)


def sum_rows(g: np.ndarray, shape: Shape) -> np.ndarray | None:
    """g summed to a shape (C, 1, ...): over its first axes, and over the last that are 1."""
    kind, count = _chosen(tuple(range(-len(shape) + 1, 0)), shape, g)
    if kind != "single":
        return None
    from . import _norm_loops as loops

    lead = g.shape[: g.ndim - count]
    rows, size = prod(lead), prod(g.shape[g.ndim - count :])
    sums = np.empty(rows, g.dtype)
    _threads.deal(loops.row_sums, rows, g.size, g.reshape(rows, size), sums)
    extra = len(lead) - (len(shape) - count)
    return sums.reshape(lead).sum(tuple(range(extra))).reshape(shape)
