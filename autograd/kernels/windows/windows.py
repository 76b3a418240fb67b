"""Windows of images: where they lie, cut out one by one (im2col), and added up again (col2im).

An image is the last axes of an array, as many as `kernel` has entries. `kernel`, `stride` and
`dilation` hold an int for each of them; `padding` holds (before, after), the zeros around it.

Source: Chellapilla, Puri & Simard (2006), "High Performance Convolutional Neural Networks for
Document Processing".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import _threads
from .._host import compiled, present
from ..elements.curves import plain

Pair = tuple[int, int]
Sizes = tuple[int, ...]
Padding = tuple[Pair, ...]
Tap = tuple[int, slice, slice]
Place = tuple[Any, ...]


def output_size(size: int, kernel: int, stride: int, padding: Pair, dilation: int) -> int:
    """How many windows fit along one axis; zero or less if not one does."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


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


def places(
    image: Sizes, out: Sizes, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Iterator[tuple[Place, Place]]:
    """For each element of the kernel: its place in unfolded windows, (..., u, v, i, j), and the
    pixels that it meets, (..., y, z)."""
    before = [p[0] for p in padding]
    for hits in product(*map(taps, image, out, kernel, stride, before, dilation)):
        element, windows, pixels = zip(*hits)
        yield (..., *element, *windows), (..., *pixels)


def unfold(
    x: np.ndarray, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> np.ndarray:
    """Every window of x: (..., H, W) -> (..., KH, KW, OH, OW), zero where it meets the padding.

    A view of x, or of a padded copy: windows share the pixels in which they overlap.
    """
    axes = len(kernel)
    lead, image = x.shape[:-axes], x.shape[-axes:]
    out = tuple(map(output_size, image, kernel, stride, padding, dilation))
    if any(map(any, padding)):
        size = [n + before + after for n, (before, after) in zip(image, padding)]
        frame = np.zeros((*lead, *size), x.dtype)
        inside: Place = (..., *(slice(b, b + n) for n, (b, _) in zip(image, padding)))
        frame[inside] = x
        x = frame
    steps = x.strides[-axes:]
    within = [n * d for n, d in zip(steps, dilation)]
    between = [n * s for n, s in zip(steps, stride)]
    strides = (*x.strides[:-axes], *within, *between)
    return as_strided(x, (*lead, *kernel, *out), strides)


def fold(
    windows: np.ndarray, x: np.ndarray, stride: Sizes, padding: Padding, dilation: Sizes
) -> np.ndarray:
    """The adjoint of `unfold`: adds windows (..., KH, KW, OH, OW) to the pixels of x (..., H, W)
    that they meet, and returns x."""
    axes = len(stride)
    kernel, out = windows.shape[-2 * axes : -axes], windows.shape[-axes:]
    flat = plain(windows) and plain(x) and windows.dtype == x.dtype
    if axes <= 2 and stride[-1] == 1 and flat and compiled(windows.size, x):
        _fold(windows, x, stride, padding, dilation)
        return x
    for place, pixels in places(x.shape[-axes:], out, kernel, stride, padding, dilation):
        x[pixels] += windows[place]
    return x


def _fold(
    windows: np.ndarray, x: np.ndarray, stride: Sizes, padding: Padding, dilation: Sizes
) -> None:
    """The same for one or two axes, with a step of 1 along the last one, compiled."""
    from . import _windows as loops

    axes, host = len(stride), present()
    two = [(1,) * (2 - axes) + tuple(v) for v in (windows.shape[-2 * axes : -axes],
           windows.shape[-axes:], x.shape[-axes:], stride, dilation)]  # fmt: skip
    kernel, out, image, steps, apart = two
    before = (0,) * (2 - axes) + tuple(p[0] for p in padding)
    flat = windows.reshape(-1), x.reshape(-1)
    lanes, sizes = (0,) * host.lanes(x.itemsize), (*kernel, *out, *image)
    _threads.run(
        lambda r: loops.fold(lanes, *flat, r, sizes, steps[0], before, apart),
        _threads.parts(prod(x.shape[:-axes]), windows.size),
    )
