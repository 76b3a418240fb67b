"""Convolution and its adjoints, compiled: which way is taken, decided once for each layer.

Sizes are those of arrays of `conv.conv` and its adjoints, with one to three axes for space.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from .._host import present
from ..windows.windows import Padding, Sizes
from . import depthwise, direct, winograd
from ._frames import Triple, backward_axes, forward_axis
from .layer import FiniteWay, Layer, Way

Options = tuple[Sizes, Padding, Sizes, int]  # stride, padding, dilation, groups


def conv(x: Sizes, w: Sizes, out: Sizes, options: Options, dtype: np.dtype) -> Way:
    """From x and w, of these shapes, and a bias to the convolution, of shape out."""
    return _correlation(forward_layer(x, w, out, options, out, dtype))


def conv_dx(g: Sizes, w: Sizes, shape: Sizes, options: Options, dtype: np.dtype) -> Way:
    """From g and w to the adjoint: each phase of the image is a convolution of g with some taps."""
    stride, groups = _three(options[0], 1), options[3]
    axes = tuple(map(backward_axes, _three(shape[2:], 1), *_space(w[2:], options)))
    if not all(axes):
        return lambda g, w, b: np.zeros(shape, dtype)
    counts, sizes = (shape[0], groups, w[0] // groups, w[1]), (_three(g[2:], 1), axes)
    return _correlation(
        Layer(*counts, *sizes, _three(w[2:], 1), stride, True, shape, dtype, present())
    )


def conv_dw(g: Sizes, x: Sizes, shape: Sizes, options: Options, dtype: np.dtype) -> Way:
    """From x and g to the other adjoint."""
    layer = forward_layer(x, shape, g, options, shape, dtype)
    best = depthwise.taps(layer) or winograd.taps(layer)
    return _or(best, partial(direct.taps, layer))


def forward_layer(
    x: Sizes, w: Sizes, out: Sizes, options: Options, shape: Sizes, dtype: np.dtype
) -> Layer:
    kernel, *rest = _space(w[2:], options)
    axes = tuple((axis,) for axis in map(forward_axis, kernel, _three(out[2:], 1), *rest))
    groups = options[3]
    counts, source = (x[0], groups, w[1], w[0] // groups), _three(x[2:], 1)
    return Layer(*counts, source, axes, kernel, (1, 1, 1), False, shape, dtype, present())


def _space(kernel: Sizes, options: Options) -> tuple[Triple, Triple, Triple, Triple]:
    """Kernel, stride, padding before and dilation of three axes."""
    stride, padding, dilation, _ = options
    before = _three(tuple(p[0] for p in padding), 0)
    return _three(kernel, 1), _three(stride, 1), before, _three(dilation, 1)


def _three(sizes: Sizes, missing: int) -> Triple:
    """Sizes of one to three axes as sizes of three."""
    *_, depth, height, width = (missing, missing, *sizes)
    return depth, height, width


def _correlation(layer: Layer) -> Way:
    best = depthwise.correlation(layer) or winograd.correlation(layer)
    return _or(best, partial(direct.correlation, layer))


def _or(best: FiniteWay | None, plain: Callable[[], Way]) -> Way:
    """The best way; where there is none, or it gives none, the plain one."""
    if best is None:
        return plain()
    last = cache(plain)

    def way(*arrays: np.ndarray | None) -> np.ndarray:
        found = best(*arrays)
        return last()(*arrays) if found is None else found

    return way
