"""Pooling to a given size: windows are as wide as that takes, and overlap unless they fit.

Window k of m over n elements goes from floor(k * n / m) to ceil((k + 1) * n / m).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels.reference import last
from ..kernels.windows.windows import Sizes
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, distinct
from .conv_options import per_axis
from .group_max import group_max
from .pool import max_pool
from .pool_options import image_of, window
from .reduce import mean
from .resample import area_bounds, resample, resampling
from .shape import reshape


def _prepared(name: str, axes: int, x: Any, output_size: Any) -> tuple[Any, Sizes, Sizes]:
    """x, its sizes along the axes of space, and the sizes to pool them to."""
    x = image_of(name, x, axes)
    image = x.shape[-axes:]
    several = isinstance(output_size, (tuple, list))
    wanted = list(output_size) if several else [output_size] * axes
    try:
        if min(image) < 1:
            raise ShapeError(f"there is nothing to pool in an image of size {image}")
        if len(wanted) == axes:
            wanted = [n if m is None else m for n, m in zip(image, wanted)]
        return x, image, per_axis(wanted, "output_size", axes)
    except AutogradError as e:
        raise complain(type(e), name, str(e), {"x": x}, {"output_size": output_size}) from None


def _windows(image: Sizes, out: Sizes) -> Iterable[list[Sizes]]:
    """The pixels of each window, window by window."""
    bounds = [zip(*map(list, area_bounds(n, m))) for n, m in zip(image, out)]
    for ranges in itertools.product(*bounds):
        yield list(itertools.product(*(range(start, stop) for start, stop in ranges)))


def _samples(axes: int, **options: Any) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        size = (2, 5, 4)[-axes:]
        yield Sample(distinct(rng, (1, 2, *size)), 2, **options)
        yield Sample(distinct(rng, (1, *size)), (3, 3, 2)[-axes:], **options)
        yield Sample(distinct(rng, (2, 1, *size)), 1)
        yield Sample(distinct(rng, (1, *size)), [None] * axes)
        yield Sample(np.ones((0, 2, *size)), 3, **options)

    return samples


def _fails(axes: int) -> list[Fails]:
    x = np.ones((1, 1, *[4] * axes))
    return [
        Fails(x[0, 0], 2, match=f"x must have {axes + 2} axes .{axes + 1} without a batch"),
        Fails(x, 0, match="output_size must be at least 1", error=ArgumentError),
        Fails(x, 2.5, match="output_size must be an int", error=DTypeError),
        Fails(x, (2,) * 4, match="output_size must be an int", error=DTypeError),
        Fails(x[..., :0], 2, match="nothing to pool"),
        Fails(x > 0, 2, match="real numbers, not bool", error=DTypeError),
    ]


# Means


def _adaptive_avg_pool(axes: int, x: Any, output_size: Any) -> Any:
    x, image, out = _prepared(f"adaptive_avg_pool{axes}d", axes, x, output_size)
    if max(out) == 1:
        return mean(x, axis=tuple(range(-axes, 0)), keepdims=True)
    for axis in range(-axes, 0):
        blend = resampling("area", image[axis], out[axis], None, False)
        x = resample(x, blend=blend, axis=axis)
    return x


def _sizes(x: np.ndarray, axes: int, output_size: Any) -> Sizes:
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    return tuple(m or n for n, m in zip(x.shape[-axes:], given))


def _avg_reference(axes: int) -> Callable[..., np.ndarray]:
    def plain(x: np.ndarray, output_size: Any) -> np.ndarray:
        out = _sizes(x, axes, output_size)
        windows = _windows(x.shape[-axes:], out)
        means = [np.mean([x[last(p)] for p in pixels], axis=0) for pixels in windows]
        return np.stack(means, axis=-1).reshape(*x.shape[:-axes], *out)

    return plain


@composite(samples=_samples(1), reference=_avg_reference(1), fails=_fails(1))
def adaptive_avg_pool1d(x, output_size):
    """`adaptive_avg_pool2d` of sequences: the mean of each of so many windows.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    output_size : int or (int,)
        How many windows along each axis; they cover all, and differ in size by one at most.

    Returns
    -------
    shape (N, C, OL), without N if x has none

    Examples
    --------
    >>> adaptive_avg_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), 1)
    array([[2.5]])
    """
    return _adaptive_avg_pool(1, x, output_size)


@composite(samples=_samples(2), reference=_avg_reference(2), fails=_fails(2))
def adaptive_avg_pool2d(x, output_size):
    """The means of windows that are as large as it takes to get a result of a given size.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    output_size : int or (rows, columns)
        None in place of a number keeps the size of x.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none
        Row i of the result is made of the rows from floor(i * H / OH) to ceil((i + 1) * H / OH).

    Raises
    ------
    ShapeError
        If the images of x are empty.

    Source
    ------
    He, Zhang, Ren & Sun (2014), "Spatial Pyramid Pooling in Deep Convolutional Networks".

    Examples
    --------
    >>> adaptive_avg_pool2d(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[[2., 3.],
            [5., 6.]]])
    """
    return _adaptive_avg_pool(2, x, output_size)


@composite(samples=_samples(3), reference=_avg_reference(3), fails=_fails(3))
def adaptive_avg_pool3d(x, output_size):
    """`adaptive_avg_pool2d` of volumes: the mean of each of so many windows.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    output_size : int or (depth, rows, columns)
        How many windows along each axis; they cover all, and differ in size by one at most.

    Returns
    -------
    shape (N, C, OD, OH, OW), without N if x has none

    Examples
    --------
    >>> adaptive_avg_pool3d(np.arange(16.0).reshape(1, 2, 2, 4), 1)
    array([[[[7.5]]]])
    """
    return _adaptive_avg_pool(3, x, output_size)


# Maxima


@lru_cache(maxsize=64)
def _groups(image: Sizes, out: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of all windows end to end, counted row by row, and where in that line each window
    starts; at last where it ends."""
    windows = [np.ravel_multi_index(tuple(zip(*p)), image) for p in _windows(image, out)]
    starts = np.cumsum([0, *map(len, windows)])
    return np.concatenate(windows).astype(np.uint32), starts


def _adaptive_max_pool(axes: int, x: Any, output_size: Any, return_indices: bool) -> Any:
    x, image, out = _prepared(f"adaptive_max_pool{axes}d", axes, x, output_size)
    if all(n % m == 0 for n, m in zip(image, out)):  # equal windows: several times faster
        kernel = [n // m for n, m in zip(image, out)]
        largest = max_pool(x, out=out, window=window(axes, kernel))
    else:
        lead, (places, starts) = x.shape[:-axes], _groups(image, out)
        rows = reshape(x, shape=(math.prod(lead), math.prod(image)))
        largest = reshape(group_max(rows, places=places, starts=starts), shape=(*lead, *out))
    return (largest, adaptive_max_indices(x, out=out)) if return_indices else largest


def _first_largest(x: np.ndarray, out: Sizes) -> np.ndarray:
    image = x.shape[-len(out) :]
    places = np.arange(math.prod(image)).reshape(image)
    found = np.zeros((*x.shape[: -len(out)], math.prod(out)), int)
    for n in np.ndindex(found.shape[:-1]):
        for k, pixels in enumerate(_windows(image, out)):
            best = pixels[int(np.argmax([x[n + p] for p in pixels]))]  # a NaN counts as largest
            found[(*n, k)] = places[best]
    return found.reshape(*x.shape[: -len(out)], *out)


def _indices_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(rng.integers(0, 2, (2, 1, 5, 4)).astype(float), out=(3, 3))
    yield Sample(rng.integers(0, 2, (2, 5)).astype(float), out=(2,))
    yield Sample(np.array([-np.inf, -np.inf, np.nan, 3.0, np.nan]), out=(3,), label="-inf and NaN")


@op(samples=_indices_samples, reference=_first_largest, plain=True, public=False)
def adaptive_max_indices(x, /, *, out):
    """Where the largest element of each window is, counted through the last axes of x row by row.
    The first one of several."""
    lead, image = x.shape[: -len(out)], x.shape[-len(out) :]
    places, starts = _groups(image, out)
    _, ties = kernels.group_max(x.reshape(math.prod(lead), math.prod(image)), places, starts)
    candidates = np.where(ties, np.arange(len(places))[:, None], len(places))
    first = np.minimum.reduceat(candidates, starts[:-1], axis=0).T
    return places[first].astype(np.intp).reshape(*lead, *out)


def _max_reference(axes: int) -> Callable[..., Any]:
    def plain(x: np.ndarray, output_size: Any, return_indices: bool = False) -> Any:
        indices = _first_largest(x, _sizes(x, axes, output_size))
        lead = x.shape[:-axes]
        flat = x.reshape(*lead, math.prod(x.shape[-axes:]))
        where = indices.reshape(*lead, math.prod(indices.shape[-axes:]))
        largest = np.take_along_axis(flat, where, -1).reshape(indices.shape)
        return (largest, indices) if return_indices else largest

    return plain


_max_samples = partial(_samples, return_indices=True)


@composite(samples=_max_samples(1), reference=_max_reference(1), fails=_fails(1))
def adaptive_max_pool1d(x, output_size, return_indices=False):
    """`adaptive_max_pool2d` of sequences: the largest element of each of so many windows.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    output_size : int or (int,)
        How many windows along each axis; they cover all, and differ in size by one at most.
    return_indices : bool
        Whether to return where they are, too, as in `max_pool1d`.

    Returns
    -------
    shape (N, C, OL), without N if x has none

    Examples
    --------
    >>> adaptive_max_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), 2)
    array([[4., 3.]])
    """
    return _adaptive_max_pool(1, x, output_size, return_indices)


@composite(samples=_max_samples(2), reference=_max_reference(2), fails=_fails(2))
def adaptive_max_pool2d(x, output_size, return_indices=False):
    """The largest elements of windows that are as large as it takes to get a result of a given
    size; NaN if there is one in a window.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    output_size : int or (rows, columns)
        None in place of a number keeps the size of x.
    return_indices : bool
        Whether to return where the largest elements are, too; see max_pool2d.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none
        The windows are those of `adaptive_avg_pool2d`.
    indices, of the same shape, only with return_indices

    Raises
    ------
    ShapeError
        If the images of x are empty.

    Gradient
    --------
    Goes to the largest element of each window; elements that tie for it share it equally.

    Examples
    --------
    >>> adaptive_max_pool2d(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[[4., 5.],
            [7., 8.]]])
    """
    return _adaptive_max_pool(2, x, output_size, return_indices)


@composite(samples=_max_samples(3), reference=_max_reference(3), fails=_fails(3))
def adaptive_max_pool3d(x, output_size, return_indices=False):
    """`adaptive_max_pool2d` of volumes: the largest element of each of so many windows.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    output_size : int or (depth, rows, columns)
        How many windows along each axis; they cover all, and differ in size by one at most.
    return_indices : bool
        Whether to return where they are, too, as in `max_pool3d`.

    Returns
    -------
    shape (N, C, OD, OH, OW), without N if x has none

    Examples
    --------
    >>> adaptive_max_pool3d(np.arange(16.0).reshape(1, 2, 2, 4), 1)
    array([[[[15.]]]])
    """
    return _adaptive_max_pool(3, x, output_size, return_indices)
