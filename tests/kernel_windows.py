"""Arguments of kernels that read windows, groups and points of images: see kernel_table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from kernel_draw import Draw

from autograd.kernels import MODES, PADDINGS, Blend, Reading, output_size, reference

# kernel, stride, dilation of one axis: few, because each window is compiled by itself
AXES = ((2, 2, 1), (3, 1, 1), (3, 2, 1), (1, 1, 1), (2, 3, 2))


def _axis(d: Draw, most: int, uneven: bool) -> tuple:
    """size, kernel, stride, padding, dilation. Windows may be as large as the image; steps need not
    divide it; the padding may be wider than a window."""
    kernel, stride, dilation = d.pick(AXES)
    span = dilation * (kernel - 1) + 1
    before = d.pick((0, 1, 4))
    after = d.pick((0, 2)) if uneven else before
    least = max(1, span - before - after)
    size = d.pick((least, least + 1, max(most, least), max(most - 1, least)))
    return size, kernel, stride, (before, after), dilation


def _axes(d: Draw, most: Sequence[int], uneven: bool = False) -> tuple:
    """image, kernel, stride, padding, dilation"""
    return tuple(zip(*(_axis(d, n, uneven) for n in most)))


# (channels, filters) of a group
CHANNELS = ((1, 1), (1, 2), (3, 5), (9, 1), (1, 17), (2, 18))


def _convolution(d: Draw) -> tuple:
    """x, w, g and the options"""
    image, kernel, *options = _axes(d, d.pick(((40,), (9, 18), (3, 4, 3))), uneven=True)
    groups = d.pick((1, 2))
    c, o = d.pick(CHANNELS)
    x, w = d.array(d.pick((1, 2)), groups * c, *image), d.finite(groups * o, c, *kernel)
    out = [output_size(*axis) for axis in zip(image, kernel, *options)]
    g = d.array(len(x), groups * o, *out)
    return x, w, g, *options, groups


def conv(d: Draw) -> tuple:
    x, w, _, *options = _convolution(d)
    return x, w, *options


def conv_dx(d: Draw) -> tuple:
    x, w, g, *options = _convolution(d)
    return g, w, x.shape, *options


def conv_dw(d: Draw) -> tuple:
    d.special = False  # padding is 0, and 0 * inf is NaN
    x, w, g, *options = _convolution(d)
    return g, x, w.shape, *options


def unfold(d: Draw) -> tuple:
    image, *options = _axes(d, d.pick(((7,), (5, 6), (3, 2, 4))), uneven=True)
    return d.array(*d.pick(((), (2,), (0, 3), (1, 2))), *image), *options


def fold(d: Draw) -> tuple:
    x, kernel, *options = unfold(d)
    windows = d.array(*reference.unfold(x, kernel, *options).shape)
    return windows, x, *options


def _pool(d: Draw) -> tuple:
    """x, size of the result, and the options; a last window may hang over the edge"""
    image, kernel, stride, padding, dilation = _axes(d, d.pick(((40,), (7, 20), (3, 4, 5))))
    out = map(output_size, image, kernel, stride, padding, dilation)
    x = d.array(*d.pick(((), (2,), (0, 3), (1, 2))), *image, ties=True)
    before = tuple(p for p, _ in padding)
    return x, tuple(n + d.pick((0, 1)) for n in out), kernel, stride, before, dilation


def max_pool(d: Draw) -> tuple:
    return _pool(d)


def max_pool_dx(d: Draw) -> tuple:
    x, out, kernel, *options = _pool(d)
    largest, ties = reference.max_pool(x, out, kernel, *options)
    return d.array(*largest.shape), ties, x.shape, *options


def max_pool_pick(d: Draw) -> tuple:
    x, out, kernel, *options = _pool(d)
    return d.array(*x.shape), reference.max_pool(x, out, kernel, *options)[1], *options


def avg_pool(d: Draw) -> tuple:
    x, out, *options, _ = _pool(d)
    return x, d.finite(*out), *options


def avg_pool_dx(d: Draw) -> tuple:
    x, weight, *options = avg_pool(d)
    g = d.array(*x.shape[: x.ndim - weight.ndim], *weight.shape)
    return g, weight, x.shape, *options


def blend_axis(d: Draw) -> tuple:
    """Some entries, each place at most once; with weights or without."""
    size, source, trail = d.pick((1, 3, 5)), d.pick((1, 4)), d.pick(((), (3,), (2, 1), (97,)))
    places = d.rng.permutation(size * source)[: d.pick((0, 1, 3, 20))]
    weights = d.rng.normal(size=len(places)) if d.pick((False, True)) else None
    blend = Blend(size, source, places // source, places % source, weights)
    x = d.array(*d.pick(((), (2,), (0, 2))), source, *trail)
    return x, blend, -1 - len(trail)


def group_max(d: Draw) -> tuple:
    """Groups may overlap; some places are in none."""
    rows, size = d.pick((1, 5, 0)), d.pick((1, 2, 19))
    sizes = [d.pick((1, 2, 7)) for _ in range(d.pick((1, 4)))]
    places = d.rng.integers(0, size, sum(sizes)).astype(np.uint32)
    return d.array(rows, size, ties=True), places, np.cumsum([0, *sizes])


def group_max_dx(d: Draw) -> tuple:
    x, *groups = group_max(d)
    largest, ties = reference.group_max(x, *groups)
    return d.array(*largest.shape), ties, *groups, x.shape[1]


def group_max_pick(d: Draw) -> tuple:
    x, *groups = group_max(d)
    return d.array(*x.shape), reference.group_max(x, *groups)[1], *groups


def _points(d: Draw) -> tuple:
    """x, g, grid and how they are read: a point may lie outside, or on a kink, or nowhere"""
    image = d.pick(((5,), (4, 1), (3, 17), (2, 3, 4)))
    mode, padding = d.pick(tuple(MODES)), d.pick(PADDINGS)
    order = tuple(d.pick((0, 0, 1)) for _ in image)
    how = Reading(mode, padding, d.pick((False, True)), order)
    batch, channels = d.pick((1, 2)), d.pick((1, 3, 18))
    points = (1, 1, 1, d.pick((7, 1, 0)))[-len(image) :]
    grid = d.finite(batch, *points, len(image)) * d.dtype.type(1.7)
    if d.special and grid.size:
        grid.flat[0] = np.nan
    x, g = d.array(batch, channels, *image), d.array(batch, channels, *grid.shape[1:-1])
    return x, g, grid, how


def sample(d: Draw) -> tuple:
    x, _, grid, how = _points(d)
    return x, grid, how


def sample_dx(d: Draw) -> tuple:
    x, g, grid, how = _points(d)
    return g, grid, x.shape, how


def sample_dgrid(d: Draw) -> tuple:
    x, g, grid, how = _points(d)
    return g, x, grid, how
