"""Images read at any points between their pixels: spatial transformers, warping, optical flow."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arguments import operand
from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels import Reading, reference
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .sample_points import MODES, PADDING_MODES, points_between, sample_points
from .shape import expand_dims, squeeze


def _samples(rng: Rng) -> Iterable[Sample]:
    for mode, padding_mode, align_corners in itertools.product(MODES, PADDING_MODES, (False, True)):
        grid = points_between(rng, (1, 2, 1), (3, 4), align_corners)
        yield Sample(
            uniform(rng, (1, 2, 3, 4)), grid,
            mode=mode, padding_mode=padding_mode, align_corners=align_corners,
        )  # fmt: skip
    yield Sample(uniform(rng, (2, 1, 3, 2)), points_between(rng, (2, 2, 2), (3, 2), False))
    yield Sample(uniform(rng, (2, 3, 2)), points_between(rng, (2, 1), (3, 2), False))
    yield Sample(uniform(rng, (1, 1, 3, 2, 2)), points_between(rng, (1, 1, 2, 1), (3, 2, 2), False))
    yield Sample(uniform(rng, (1, 2, 3, 2)), points_between(rng, (1, 0, 2), (3, 2), False))
    far = np.array([[[[0.2, -np.inf], [np.inf, 0.3]]]])
    yield Sample(uniform(rng, (1, 2, 3, 4)), far, orders=0, label="infinitely far away")


def _reference(
    x: np.ndarray, grid: np.ndarray, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool = False,
) -> np.ndarray:  # fmt: skip
    how = Reading(mode, padding_mode, align_corners, (0,) * grid.shape[-1])
    if x.ndim == grid.shape[-1] + 1:
        return reference.sample(x[None], grid[None], how)[0]
    return reference.sample(x, grid, how)


def _checked(x: Any, grid: Any, mode: Any, padding_mode: Any) -> tuple[Any, Any]:
    """x and grid as arrays or Tensors, once it is sure that they fit each other."""
    x, grid = operand(x), operand(grid)
    given = {"x": x, "grid": grid}
    axes = grid.shape[-1] if grid.ndim else 0
    fact = None
    if axes not in (1, 2, 3) or grid.ndim not in (axes + 1, axes + 2):
        fact = f"grid must be (N, OH, OW, 2), or (N, OD, OH, OW, 3) for volumes, got {grid.shape}"
    elif x.ndim != grid.ndim:
        fact = f"x must have {grid.ndim} axes for a grid of shape {grid.shape}, got {x.ndim}"
    elif x.ndim == axes + 2 and x.shape[0] != grid.shape[0]:
        fact = f"x is a batch of {x.shape[0]} but grid of {grid.shape[0]}"
    elif min(x.shape[-axes:]) < 1:
        fact = f"there are no pixels in an image of size {x.shape[-axes:]}"
    if fact:
        raise complain(ShapeError, "grid_sample", fact, given)
    if x.dtype.kind not in "iuf" or grid.dtype.kind != "f":
        fact = f"x must hold real numbers and grid floats, not {x.dtype} and {grid.dtype}"
        raise complain(DTypeError, "grid_sample", fact, given)
    modes = (("mode", mode, MODES), ("padding_mode", padding_mode, PADDING_MODES))
    for name, value, known in modes:
        if value not in known:
            fact = f"{name} must be one of {', '.join(known)}, not {value!r}"
            raise complain(ArgumentError, "grid_sample", fact, given)
    return x, grid


_IMAGES, _GRID = np.ones((2, 3, 4, 5)), np.zeros((2, 3, 3, 2))


@composite(
    samples=_samples,
    reference=_reference,
    fails=[
        Fails(_IMAGES, _GRID[..., 0], match=r"grid must be \(N, OH, OW, 2\), .* \(2, 3, 3\)"),
        Fails(_IMAGES[0], _GRID, match="x must have 4 axes .* got 3"),
        Fails(_IMAGES[:1], _GRID, match="x is a batch of 1 but grid of 2"),
        Fails(_IMAGES[:, :, :0], _GRID, match="no pixels in an image of size .0, 5"),
        Fails(_IMAGES, _GRID.astype(int), match="grid floats.* int64", error=DTypeError),
        Fails(_IMAGES > 0, _GRID, match="real numbers.* bool", error=DTypeError),
        Fails(
            _IMAGES, _GRID, mode="cubic", match="mode must be one.* 'cubic'", error=ArgumentError
        ),
        Fails(_IMAGES, _GRID, padding_mode="wrap", match="padding_mode must", error=ArgumentError),
    ],
)
def grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False):
    """The values of images at given points.

    Parameters
    ----------
    x : shape (N, C, H, W), or (N, C, D, H, W) for volumes
        Without a batch N is missing, in the grid too.
    grid : shape (N, OH, OW, 2), or (N, OD, OH, OW, 3) for volumes
        The points: (column, row), or (column, row, slice), from -1 at the left, upper edge to 1 at
        the right, lower one. They may lie outside.
    mode : str
        "bilinear" weights the two nearest pixels of each axis (eight pixels in a volume),
        "nearest" takes one pixel, "bicubic" weights the four nearest of each axis.
    padding_mode : str
        What lies outside: "zeros", the pixels of the "border", or a "reflection" of the image.
    align_corners : bool
        Whether -1 and 1 are the centres of the outermost pixels, rather than their outer edges.

    Returns
    -------
    shape (N, C, OH, OW), or (N, C, OD, OH, OW)

    Raises
    ------
    ShapeError
        If x and grid do not fit each other, or an image is empty.
    ArgumentError
        If a mode is unknown.

    Gradient
    --------
    Of x and of the grid. Linear in x. In the grid it is smooth between the kinks, which are the
    centres of pixels for "bilinear" and the edges of the image for "border" and "reflection";
    "nearest" is constant in it.

    Source
    ------
    Jaderberg, Simonyan, Zisserman & Kavukcuoglu (2015), "Spatial Transformer Networks".

    Examples
    --------
    >>> x = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> grid_sample(x, np.array([[[[0.0, 0.0], [0.5, -0.5]]]]))
    array([[[[1.5, 1. ]]]])
    """
    x, grid = _checked(x, grid, mode, padding_mode)
    axes = grid.shape[-1]
    if x.ndim == axes + 1:
        batch = expand_dims(x, axis=0), expand_dims(grid, axis=0)
        return squeeze(grid_sample(*batch, mode, padding_mode, align_corners), axis=0)
    how = Reading(mode, padding_mode, bool(align_corners), (0,) * axes)
    return sample_points(x, grid, how=how)
