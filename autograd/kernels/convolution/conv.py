"""Cross-correlation and its two adjoints: by compiled loops (`fast`), where there are any.

Without them, unfold the windows (im2col), then multiply matrices.

Images are (N, C, *size), filters (O, C / groups, *kernel), results (N, O, *windows), with any
number of axes for space. `stride` and `dilation` hold an int for each of them, `padding` a
(before, after).

A batch is taken in parts whose unfolded windows stay in the cache, so the memory used beside the
result does not grow with the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np

from .._host import circumstances, worth_compiling
from ..products.matmul import matmul
from ..windows.windows import Padding, Sizes, fold, output_size, unfold

PART = 1 << 20  # bytes of unfolded windows at a time; 256 kB to 4 MB differ by less than a third
LAYERS = 256  # whose ways are remembered: more than the largest models have of different shapes
SMALL = 32  # with fewer output pixels than this, a part is multiplied as one wide image


Options = tuple[Sizes, Padding, Sizes, int]  # stride, padding, dilation, groups
Dtypes = tuple[np.dtype, ...]


def conv(
    x: np.ndarray,
    w: np.ndarray,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
    b: np.ndarray | None = None,
) -> np.ndarray:
    """out[n, o, i, j] = sum over c, u, v of x[n, c, i * sh + u * dh - top, ...] * w[o, c, u, v].

    With b, plus b[o].
    """
    dtypes = (x.dtype, w.dtype) if b is None else (x.dtype, w.dtype, b.dtype)
    options = stride, padding, dilation, groups
    shape, way = _conv_way(x.shape, w.shape, options, dtypes, circumstances())
    if way is not None:
        return way(x, w, b)
    filters, out_size = _matrices(w, groups), shape[2:]
    out = np.empty((shape[0], groups, len(w) // groups, prod(out_size)), np.result_type(x, w))
    for part, windows in _windows(x, w.shape, out_size, stride, padding, dilation, groups):
        if out.shape[3] < SMALL:
            out[part] = _apart(matmul(filters, windows), len(out[part]))
        else:
            matmul(filters, windows, out=out[part])
    if b is not None:
        out = out + b.reshape(groups, len(w) // groups, 1)
    return out.reshape(shape)


def conv_dx(
    g: np.ndarray,
    w: np.ndarray,
    shape: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """The adjoint of conv in x, which has this shape: each g adds its filter to its window."""
    options = stride, padding, dilation, groups
    way = _dx_way(g.shape, w.shape, shape, options, (g.dtype, w.dtype), circumstances())
    if way is not None:
        return way(g, w, None)
    N, C, kernel, out_size = *shape[:2], w.shape[2:], g.shape[2:]
    filters = _matrices(w, groups).swapaxes(1, 2)
    g = g.reshape(N, groups, len(w) // groups, prod(out_size))
    dx = np.zeros(shape, np.result_type(g, w))
    for part in _parts(N, C * prod(kernel) * prod(out_size) * dx.itemsize):
        windows = _spread(filters, g[part]).reshape(len(g[part]), C, *kernel, *out_size)
        fold(windows, dx[part], stride, padding, dilation)
    return dx


def conv_dw(
    g: np.ndarray,
    x: np.ndarray,
    shape: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> np.ndarray:
    """The adjoint of conv in w, which has this shape: each g adds its window to its filter."""
    options = stride, padding, dilation, groups
    way = _dw_way(g.shape, x.shape, shape, options, (x.dtype, g.dtype), circumstances())
    if way is not None:
        return way(x, g)
    O, out_size = shape[0], g.shape[2:]
    g = g.reshape(len(g), groups, O // groups, prod(out_size))
    dw = np.zeros((groups, O // groups, prod(shape[1:])), np.result_type(g, x))
    for part, windows in _windows(x, shape, out_size, stride, padding, dilation, groups):
        seed = _together(g[part]) if g.shape[3] < SMALL else g[part]
        dw += matmul(seed, windows.swapaxes(2, 3)).sum(axis=0)
    return dw.reshape(shape)


# Which way is taken, found once for all arrays of the same shapes


@lru_cache(maxsize=LAYERS)
def _conv_way(
    x: Sizes, w: Sizes, options: Options, dtypes: Dtypes, _: Any
) -> tuple[Sizes, Any]:  # fmt: skip
    """The shape of the result, and what computes it; None if the windows are unfolded."""
    shape = (x[0], w[0], *map(output_size, x[2:], w[2:], *options[:3]))
    if _one_window(x, w, options):
        return shape, partial(_whole_images, shape)
    if not worth_compiling(prod(shape) * prod(w[1:]), len(x), dtypes):
        return shape, None
    from . import fast

    return shape, fast.conv(x, w, shape, options, dtypes[0])


@lru_cache(maxsize=LAYERS)
def _dx_way(g: Sizes, w: Sizes, shape: Sizes, options: Options, dtypes: Dtypes, _: Any) -> Any:
    if _one_window(shape, w, options):
        return partial(_whole_images_dx, shape)
    if not worth_compiling(prod(g) * prod(w[1:]), len(g), dtypes):
        return None
    from . import fast

    return fast.conv_dx(g, w, shape, options, dtypes[0])


@lru_cache(maxsize=LAYERS)
def _dw_way(g: Sizes, x: Sizes, shape: Sizes, options: Options, dtypes: Dtypes, _: Any) -> Any:
    if _one_window(x, shape, options):
        return partial(_whole_images_dw, shape)
    if not worth_compiling(prod(g) * prod(shape[1:]), len(g), dtypes):
        return None
    from . import fast

    return fast.conv_dw(g, x, shape, options, dtypes[0])


ways = _conv_way, _dx_way, _dw_way


# Filters as large as the image: products of matrices


def _one_window(x: Sizes, w: Sizes, options: Options) -> bool:
    _, padding, _, groups = options
    return x[2:] == w[2:] and groups == 1 and not any(map(any, padding))


def _whole_images(shape: Sizes, x: np.ndarray, w: np.ndarray, b: np.ndarray | None) -> np.ndarray:
    out = _product(_rows(x), _rows(w).T)
    return (out if b is None else out + b).reshape(shape)


def _whole_images_dx(shape: Sizes, g: np.ndarray, w: np.ndarray, b: None) -> np.ndarray:
    return _product(_rows(g), _rows(w)).reshape(shape)


def _whole_images_dw(shape: Sizes, x: np.ndarray, g: np.ndarray) -> np.ndarray:
    return _product(_rows(g).T, _rows(x)).reshape(shape)


def _rows(a: np.ndarray) -> np.ndarray:
    return a.reshape(len(a), prod(a.shape[1:]))


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b: BLAS is slow at outer products."""
    return np.ascontiguousarray(a * b if a.shape[1] == 1 else matmul(a, b))


# Windows, unfolded


def _parts(count: int, nbytes: int) -> list[slice]:
    """A batch of `count` images in parts of about PART bytes, for `nbytes` an image."""
    step = max(1, PART // max(1, nbytes))
    return [slice(i, min(i + step, count)) for i in range(0, count, step)]


def _windows(
    x: np.ndarray,
    filters: Sizes,
    out_size: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Parts of the batch, and the window of each output pixel: (m, groups, c * KH * KW, OH * OW).

    A part of small images comes as one wide image: (1, groups, c * KH * KW, m * OH * OW).
    """
    (N, C), kernel = x.shape[:2], filters[2:]
    for part in _parts(N, C * prod(kernel) * prod(out_size) * x.itemsize):
        windows = unfold(x[part], kernel, stride, padding, dilation)
        windows = windows.reshape(len(windows), groups, prod(filters[1:]), prod(out_size))
        yield part, _together(windows) if prod(out_size) < SMALL else windows


def _matrices(w: np.ndarray, groups: int) -> np.ndarray:
    """The filters as a matrix for each group: (groups, O / groups, c * KH * KW)."""
    return w.reshape(groups, len(w) // groups, prod(w.shape[1:]))


def _spread(filters: np.ndarray, g: np.ndarray) -> np.ndarray:
    """filters @ g: for each output pixel, its filters weighted by g."""
    if g.shape[2] == 1:  # BLAS is slow at outer products
        return filters * g
    if g.shape[3] < SMALL:
        return _apart(matmul(filters, _together(g)), len(g))
    return matmul(filters, g)


def _together(images: np.ndarray) -> np.ndarray:
    """(m, groups, K, P) -> (1, groups, K, m * P)"""
    m, groups, K, P = images.shape
    return images.transpose(1, 2, 0, 3).reshape(1, groups, K, m * P)


def _apart(wide: np.ndarray, m: int) -> np.ndarray:
    """(1, groups, K, m * P) -> (m, groups, K, P)"""
    _, groups, K, P = wide.shape
    return wide.reshape(groups, K, m, P // m).transpose(2, 0, 1, 3)
