"""2-D cross-correlation and its two adjoints: unfold the patches (im2col), then multiply matrices.

Images are (N, C, H, W), filters (O, C / groups, KH, KW), results (N, O, OH, OW). `stride` and
`dilation` are (rows, columns), `padding` is ((top, bottom), (left, right)).

A batch is taken in parts whose unfolded patches stay in the cache, so the memory used beside the
result does not grow with the batch.

Source: Chellapilla, Puri & Simard (2006), "High Performance Convolutional Neural Networks for
Document Processing".
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]

PART = 1 << 20  # bytes of unfolded patches at a time; 256 kB to 4 MB differ by less than a third
SMALL = 32  # with fewer output pixels than this, a part is multiplied as one wide image


def conv2d(
    x: np.ndarray, w: np.ndarray, stride: Pair, padding: Padding, dilation: Pair, groups: int
) -> np.ndarray:
    """out[n, o, i, j] = sum over c, u, v of x[n, c, i * sh + u * dh - top, ...] * w[o, c, u, v]."""
    N = len(x)
    O, c, KH, KW = w.shape
    OH, OW = map(output_size, x.shape[2:], (KH, KW), stride, padding, dilation)
    filters = w.reshape(groups, O // groups, c * KH * KW)
    out = np.empty((N, groups, O // groups, OH * OW), np.result_type(x, w))
    for part, patches in _patches(x, w.shape, (OH, OW), stride, padding, dilation, groups):
        if OH * OW < SMALL:
            out[part] = _apart(filters @ patches, len(out[part]))
        else:
            np.matmul(filters, patches, out=out[part])
    return out.reshape(N, O, OH, OW)


def conv2d_dx(
    g: np.ndarray,
    w: np.ndarray,
    shape: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The adjoint of conv2d in x, which has this shape: each g adds its filter to its window."""
    N, C, H, W = shape
    O, c, KH, KW = w.shape
    OH, OW = g.shape[2:]
    rows = taps(H, OH, KH, stride[0], padding[0][0], dilation[0])
    columns = taps(W, OW, KW, stride[1], padding[1][0], dilation[1])
    filters = w.reshape(groups, O // groups, c * KH * KW).swapaxes(1, 2)
    g = g.reshape(N, groups, O // groups, OH * OW)
    dx = np.zeros(shape, np.result_type(g, w))
    for part in _parts(N, C * KH * KW * OH * OW * dx.itemsize):
        patches = _spread(filters, g[part]).reshape(-1, C, KH, KW, OH, OW)
        image = dx[part]
        for u, i, y in rows:
            for v, j, z in columns:
                image[:, :, y, z] += patches[:, :, u, v, i, j]
    return dx


def conv2d_dw(
    g: np.ndarray,
    x: np.ndarray,
    shape: tuple[int, ...],
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The adjoint of conv2d in w, which has this shape: each g adds its window to its filter."""
    O, c, KH, KW = shape
    OH, OW = g.shape[2:]
    g = g.reshape(len(g), groups, O // groups, OH * OW)
    dw = np.zeros((groups, O // groups, c * KH * KW), np.result_type(g, x))
    for part, patches in _patches(x, shape, (OH, OW), stride, padding, dilation, groups):
        seed = _together(g[part]) if OH * OW < SMALL else g[part]
        dw += (seed @ patches.swapaxes(2, 3)).sum(axis=0)
    return dw.reshape(shape)


def output_size(size: int, kernel: int, stride: int, padding: Pair, dilation: int) -> int:
    """How many windows fit along one axis; zero or less if not one does."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


Tap = tuple[int, slice, slice]


def taps(size: int, out: int, kernel: int, stride: int, before: int, dilation: int) -> list[Tap]:
    """For each element k of a kernel along one axis: k, the windows where it lies inside the image,
    and the pixels that it meets there. Elements that meet the padding only are left out."""
    found = []
    for k in range(kernel):
        offset = k * dilation - before
        first = max(0, -(offset // stride))
        last = min(out, (size - 1 - offset) // stride + 1)
        if first < last:
            start, stop = offset + first * stride, offset + (last - 1) * stride + 1
            found.append((k, slice(first, last), slice(start, stop, stride)))
    return found


def _parts(count: int, nbytes: int) -> list[slice]:
    """A batch of `count` images in parts of about PART bytes, for `nbytes` an image."""
    step = max(1, PART // max(1, nbytes))
    return [slice(i, min(i + step, count)) for i in range(0, count, step)]


def _patches(
    x: np.ndarray,
    filters: tuple[int, ...],
    out: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Parts of the batch, and the window of each output pixel in them: (m, groups, c*KH*KW, OH*OW).

    A part of small images comes as one wide image: (1, groups, c*KH*KW, m*OH*OW).
    """
    N, C, H, W = x.shape
    _, c, KH, KW = filters
    OH, OW = out
    (top, bottom), (left, right) = padding
    parts = _parts(N, C * KH * KW * OH * OW * x.itemsize)
    padded = top or bottom or left or right
    if padded:
        most = parts[0].stop if parts else 0
        frame = np.zeros((most, C, top + H + bottom, left + W + right), x.dtype)
        inside = frame[:, :, top : top + H, left : left + W]
    else:
        frame = x
    windows = _windows(frame, (KH, KW), stride, dilation)
    for part in parts:
        m = part.stop - part.start
        if padded:
            inside[:m] = x[part]
        patches = windows[:m] if padded else windows[part]
        patches = patches.reshape(m, groups, c * KH * KW, OH * OW)
        yield part, _together(patches) if OH * OW < SMALL else patches


def _windows(x: np.ndarray, kernel: Pair, stride: Pair, dilation: Pair) -> np.ndarray:
    """Every window of padded images, as a view: (N, C, KH, KW, OH, OW)."""
    (KH, KW), (sh, sw), (dh, dw) = kernel, stride, dilation
    views = sliding_window_view(x, (dh * (KH - 1) + 1, dw * (KW - 1) + 1), (2, 3))
    return views[:, :, ::sh, ::sw, ::dh, ::dw].transpose(0, 1, 4, 5, 2, 3)


def _spread(filters: np.ndarray, g: np.ndarray) -> np.ndarray:
    """filters @ g: for each output pixel, its filters weighted by g."""
    if g.shape[2] == 1:  # BLAS is slow at outer products
        return filters * g
    if g.shape[3] < SMALL:
        return _apart(filters @ _together(g), len(g))
    return filters @ g


def _together(images: np.ndarray) -> np.ndarray:
    """(m, groups, K, P) -> (1, groups, K, m * P)"""
    m, groups, K, P = images.shape
    return images.transpose(1, 2, 0, 3).reshape(1, groups, K, m * P)


def _apart(wide: np.ndarray, m: int) -> np.ndarray:
    """(1, groups, K, m * P) -> (m, groups, K, P)"""
    _, groups, K, P = wide.shape
    return wide.reshape(groups, K, m, P // m).transpose(2, 0, 1, 3)
