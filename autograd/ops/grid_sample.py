"""Images read at any points between their pixels: spatial transformers, warping, optical flow."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..arguments import operand
from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels.windows import Sizes
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .arithmetic import abs
from .choose import clip
from .index import getitem
from .join import stack
from .reduce import sum
from .resample import cubic_weights
from .shape import expand_dims, moveaxis, reshape, squeeze

MODES = ("bilinear", "nearest", "bicubic")
PADDING_MODES = ("zeros", "border", "reflection")


def _points(rng: Rng, shape: Sizes, image: Sizes, align_corners: bool) -> np.ndarray:
    """A grid of points inside and outside of the image, none of them close to a kink."""
    sizes = np.array(image[::-1])
    at = np.floor(rng.uniform(-2.5, sizes + 1.5, (*shape, len(image))))
    at += 0.5 + rng.uniform(0.15, 0.35, at.shape) * rng.choice([-1, 1], at.shape)
    return 2 * at / (sizes - 1) - 1 if align_corners else (2 * at + 1) / sizes - 1


def _samples(rng: Rng) -> Iterable[Sample]:
    for mode, padding_mode, align_corners in itertools.product(MODES, PADDING_MODES, (False, True)):
        grid = _points(rng, (1, 2, 1), (3, 4), align_corners)
        yield Sample(
            uniform(rng, (1, 2, 3, 4)), grid,
            mode=mode, padding_mode=padding_mode, align_corners=align_corners,
        )  # fmt: skip
    yield Sample(uniform(rng, (2, 1, 3, 2)), _points(rng, (2, 2, 2), (3, 2), False))
    yield Sample(uniform(rng, (2, 3, 2)), _points(rng, (2, 1), (3, 2), False))
    yield Sample(uniform(rng, (1, 1, 3, 2, 2)), _points(rng, (1, 1, 2, 1), (3, 2, 2), False))
    yield Sample(uniform(rng, (1, 2, 3, 2)), _points(rng, (1, 0, 2), (3, 2), False))
    far = np.array([[[[0.2, -np.inf], [np.inf, 0.3]]]])
    yield Sample(uniform(rng, (1, 2, 3, 4)), far, orders=0, label="infinitely far away")


def _mirrored(at: float, low: float, high: float) -> float:
    """A point thrown back at both ends until it lies between them."""
    while not low <= at <= high:
        at = 2 * low - at if at < low else 2 * high - at
    return at


def _moved(at: float, n: int, padding_mode: str, align_corners: bool) -> float:
    if padding_mode == "reflection" and n > 1:
        at = _mirrored(at, 0, n - 1) if align_corners else _mirrored(at, -0.5, n - 0.5)
    return at if padding_mode == "zeros" else min(max(at, 0), n - 1)


def _weighted(at: float, n: int, mode: str, padding_mode: str, align: bool) -> dict[int, float]:
    """The pixels that count for one coordinate, with their weights."""
    if mode != "bicubic":
        at = _moved(at, n, padding_mode, align)
    if not math.isfinite(at):
        return {}
    if mode == "nearest":
        shares = {round(at): 1.0}
    elif mode == "bilinear":
        shares = {math.floor(at) + k: 1 - math.fabs(at - math.floor(at) - k) for k in (0, 1)}
    else:
        left = math.floor(at)
        shares = dict(zip(range(left - 1, left + 3), cubic_weights(at - left)))
    found: dict[int, float] = {}
    for place, share in shares.items():
        j = round(_moved(place, n, padding_mode, align))
        if 0 <= j < n:
            found[j] = found.get(j, 0) + share
    return found


def _reference(
    x: np.ndarray, grid: np.ndarray, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool = False,
) -> np.ndarray:  # fmt: skip
    if x.ndim == grid.shape[-1] + 1:
        return _reference(x[None], grid[None], mode, padding_mode, align_corners)[0]
    image = x.shape[2:]
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]))
    for n, *point in np.ndindex(grid.shape[:-1]):
        shares = []
        for size, c in zip(image, grid[n, *point, ::-1]):
            at = (c + 1) / 2 * (size - 1) if align_corners else ((c + 1) * size - 1) / 2
            shares.append(_weighted(at, size, mode, padding_mode, align_corners).items())
        for pixel in itertools.product(*shares):
            index, weights = [j for j, _ in pixel], [w for _, w in pixel]
            out[n, :, *point] += math.prod(weights) * x[n, :, *index]
    return out


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


def _inside(at: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """Coordinates as the padding moves them into an image of n pixels."""
    if padding_mode == "zeros":
        return at
    if padding_mode == "reflection" and n > 1:
        low, span = (0, n - 1) if align_corners else (-0.5, n)
        distance = abs(at - low)
        turns = np.floor(np.asarray(distance) / span)
        rest = distance - turns * span
        at = low + where(turns % 2 == 0, rest, span - rest)
    return clip(at, 0, n - 1)


def _along(at: Any, n: int, mode: str, padding_mode: str, align: bool) -> tuple[Any, Any, Any]:
    """What counts along one axis of n pixels for points at `at`, counted in pixels.

    Returns
    -------
    the pixels (k, *at.shape), whether they exist, and their weights
    """
    if mode != "bicubic":  # there the pixels are moved, not the points
        at = _inside(at, n, padding_mode, align)
    value = np.asarray(at)
    if mode == "nearest":
        places, weights = np.rint(value)[None], np.where(np.isnan(value), value, 1)[None]
    else:
        left = np.floor(value)
        t = at - np.where(np.isfinite(left), left, 0)
        weights = stack([1 - t, t] if mode == "bilinear" else cubic_weights(t))
        first = 0 if mode == "bilinear" else -1
        places = left + np.arange(first, first + len(weights)).reshape(-1, *[1] * value.ndim)
        if mode == "bicubic":
            places = _inside(places, n, padding_mode, align)
    exists = ~((places < 0) | (places >= n))  # NaN exists: its weight is NaN
    return np.clip(np.nan_to_num(places), 0, n - 1).astype(np.intp), exists, weights


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
    pixel, exists, weight = 0, True, 1  # (k, ..., k, N, OH, OW): k pixels along each axis
    for axis, n in enumerate(x.shape[2:]):
        at = getitem(grid, index=(..., axes - 1 - axis)) + 1
        at = at * ((n - 1) / 2) if align_corners else at * (n / 2) - 0.5
        own = (None,) * axis + (slice(None),) + (None,) * (axes - 1 - axis)
        places, found, shares = _along(at, n, mode, padding_mode, align_corners)
        pixel, exists = pixel * n + places[own], exists & found[own]
        weight = weight * getitem(shares, index=own)
    return _gathered(x, pixel, exists, weight)


def _gathered(x: Any, pixel: Any, exists: Any, weight: Any) -> Any:
    """The weighted sum over the pixels of each point, for pixels counted row by row."""
    N, C, *image = x.shape
    axes = len(image)
    batch = np.arange(N).reshape(-1, *[1] * axes)
    lanes = reshape(x, shape=(N, C, math.prod(image)))
    terms = getitem(lanes, index=(batch, slice(None), pixel)) * expand_dims(weight, axis=-1)
    if not exists.all():
        terms = where(exists[..., None], terms, 0)
    return moveaxis(sum(terms, axis=tuple(range(axes))), -1, 1)
