"""Images read at points, and the adjoints: what `grid_sample` is made of.

The value is linear in the image, and a polynomial of the grid between kinks. `how.order` says how
often it is differentiated along each axis, so that the derivative of one of these ops is made of
the same three, to all orders. (The samples ask for two; those of `grid_sample` for three.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..kernels import Reading, reference
from ..kernels.windows.windows import Sizes
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from .index import getitem
from .shape import expand_dims

MODES = tuple(kernels.MODES)
PADDING_MODES = kernels.PADDINGS


def points_between(rng: Rng, shape: Sizes, image: Sizes, align_corners: bool) -> np.ndarray:
    """A grid of points inside and outside of the image, none of them close to a kink."""
    sizes = np.array(image[::-1])
    at = np.floor(rng.uniform(-2.5, sizes + 1.5, (*shape, len(image))))
    at += 0.5 + rng.uniform(0.15, 0.35, at.shape) * rng.choice([-1, 1], at.shape)
    return 2 * at / (sizes - 1) - 1 if align_corners else (2 * at + 1) / sizes - 1


def _cases(rng: Rng) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray, Reading]]:
    """g, x, grid and how they are read."""
    for k, mode in enumerate(MODES):
        for align in (False, True):
            padding, order = PADDING_MODES[(k + align) % 3], (int(mode == "bicubic"), int(align))
            grid = points_between(rng, (1, 2, 1), (3, 4), align)
            how = Reading(mode, padding, align, order)
            yield uniform(rng, (1, 2, 2, 1)), uniform(rng, (1, 2, 3, 4)), grid, how
    how = Reading("bilinear", "reflection", False, (0, 1, 0))
    grid = points_between(rng, (2, 1, 1, 2), (2, 3, 2), False)
    yield uniform(rng, (2, 1, 1, 1, 2)), uniform(rng, (2, 1, 2, 3, 2)), grid, how


_HOW = Reading("bilinear", "zeros", False, (0, 0))
_G, _GRID = np.ones((1, 2, 3, 3)), np.zeros((1, 3, 3, 2))


def _check(g: Any, grid: np.ndarray, x: Sizes) -> None:
    if g.shape != (*x[:2], *grid.shape[1:-1]):
        raise ShapeError(f"g has shape {g.shape}, not one value for each channel and point")


@op(
    samples=lambda rng: [Sample(x, grid, how=how, orders=2) for _, x, grid, how in _cases(rng)],
    reference=reference.sample,
    masks=True,  # pixels that no point reads
    public=False,
)
def sample_points(x, grid, /, *, how):
    """For each point of the grid and each channel, the pixels of x times their weights."""
    return kernels.sample(x, grid, how)


@op(
    samples=lambda rng: [
        Sample(g, grid, shape=x.shape, how=how, orders=2) for g, x, grid, how in _cases(rng)
    ],
    reference=reference.sample_dx,
    fails=[Fails(_G[:, :1], _GRID, shape=(1, 2, 4, 4), how=_HOW, match="not one value for each")],
    masks=True,
    public=False,
)
def sample_points_dx(g, grid, /, *, shape, how):
    """The adjoint of `sample_points` in an x of this shape."""
    _check(g, grid, shape)
    return kernels.sample_dx(g, grid, shape, how)


@op(
    samples=lambda rng: [Sample(g, x, grid, how=how, orders=2) for g, x, grid, how in _cases(rng)],
    reference=reference.sample_dgrid,
    fails=[Fails(_G, _G[:, :1], _GRID, how=_HOW, match="not one value for each")],
    masks=True,
    public=False,
)
def sample_points_dgrid(g, x, grid, /, *, how):
    """The adjoint of `sample_points` in the grid."""
    _check(g, grid, x.shape)
    return kernels.sample_dgrid(g, x, grid, how)


@sample_points.grad("x")
def _(g, x_shape, grid, how):
    return sample_points_dx(g, grid, shape=x_shape, how=how)


@sample_points.grad("grid")
def _(g, x, grid, how):
    return sample_points_dgrid(g, x, grid, how=how)


@sample_points_dx.grad("g")
def _(h, grid, how):
    return sample_points(h, grid, how=how)


@sample_points_dx.grad("grid")
def _(h, g, grid, how):
    return sample_points_dgrid(g, h, grid, how=how)


def _each(h: Any, how: Reading) -> Iterable[tuple[Any, Reading]]:
    """Along each axis of the image: the part of h that is the grid's, and the derivative."""
    for axis in range(h.shape[-1]):
        yield getitem(h, index=(..., h.shape[-1] - 1 - axis)), how.derived(axis)


@sample_points_dgrid.grad("g")
def _(h, x, grid, how):
    each = (expand_dims(v, axis=1) * sample_points(x, grid, how=d) for v, d in _each(h, how))
    return sum(each)


@sample_points_dgrid.grad("x")
def _(h, g, x_shape, grid, how):
    return sum(
        sample_points_dx(expand_dims(v, axis=1) * g, grid, shape=x_shape, how=d)
        for v, d in _each(h, how)
    )


@sample_points_dgrid.grad("grid")
def _(h, g, x, grid, how):
    return sum(
        expand_dims(v, axis=-1) * sample_points_dgrid(g, x, grid, how=d) for v, d in _each(h, how)
    )
