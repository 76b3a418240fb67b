"""Max unpooling: every element back to where max pooling found it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, DTypeError, IndexingError, ShapeError
from ..kernels.windows.windows import Sizes
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, Samples, uniform
from .index import index_put
from .pool_options import Window, image_of, per_axis, window
from .shape import reshape


def _image_size(pooled: Sizes, window: Window, output_size: Any) -> Sizes:
    """The size of the image: as `output_size` says, or the smallest that all windows fit into."""
    axes = len(pooled)
    least = tuple(max((n - 1) * s - 2 * p + k, 0) for n, k, s, p in zip(pooled, *window[:3]))
    if output_size is None:
        return least
    sizes = output_size[-axes:] if isinstance(output_size, (tuple, list)) else output_size
    given = per_axis(sizes, "output_size", axes)
    for m, n, s in zip(given, least, window.stride):
        if abs(m - n) >= s:
            fact = f"output_size {output_size!r} is not the size of an image that is pooled to"
            raise ArgumentError(f"{fact} {pooled}: {least} is, or less than a stride off it")
    return given


def _checked_places(name: str, x: Any, indices: Any, size: Sizes) -> np.ndarray:
    """The indices as an array, once it is sure that they fit x and an image of this size."""
    places = np.array(indices)
    given = {"x": x, "indices": places}
    if places.dtype.kind not in "iu":
        raise complain(DTypeError, name, f"indices must be ints, not {places.dtype}", given)
    if places.shape != x.shape:
        fact = f"indices has shape {places.shape} but x has {x.shape}"
        raise complain(ShapeError, name, fact, given)
    outside = places[(places < 0) | (places >= math.prod(size))]
    if outside.size:
        fact = f"index {outside[0]} is out of bounds for an image of size {size}"
        raise complain(IndexingError, name, fact, given)
    return places


def _max_unpool(axes: int, x: Any, indices: Any, output_size: Any, **options: Any) -> Any:
    name = f"max_unpool{axes}d"
    x = image_of(name, x, axes)
    lead, pooled = x.shape[:-axes], x.shape[-axes:]
    try:
        size = _image_size(pooled, window(axes, **options), output_size)
    except AutogradError as e:
        raise complain(type(e), name, str(e), {"x": x}, options) from None
    places = _checked_places(name, x, indices, size)
    rows, elements = math.prod(lead), math.prod(size)
    row = np.arange(rows).reshape(*lead, *[1] * axes)
    empty = np.zeros(rows * elements, x.dtype)
    return reshape(index_put(empty, x, index=row * elements + places), shape=(*lead, *size))


def _samples(axes: int) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        pooled = (1, 2, *[2] * axes)
        places = np.argsort(rng.random((1, 2, 4**axes)))[..., : 2**axes].reshape(pooled)
        yield Sample(uniform(rng, pooled), places, 2)
        yield Sample(uniform(rng, pooled[1:]), places[0], 2, output_size=[5] * axes)
        x, indices = uniform(rng, (1, *pooled[2:])), places[0, :1] % 3**axes
        yield Sample(x, indices, kernel_size=3, stride=2, padding=1)
        yield Sample(np.ones((0, *pooled[1:])), places[:0], 2)

    return samples


def _reference(axes: int) -> Callable[..., np.ndarray]:
    def plain(
        x: np.ndarray,
        indices: np.ndarray,
        kernel_size: int,
        stride: int | None = None,
        padding: int = 0,
        output_size: Any = None,
    ) -> np.ndarray:
        stride = stride or kernel_size
        least = [(n - 1) * stride - 2 * padding + kernel_size for n in x.shape[-axes:]]
        out = np.zeros((*x.shape[:-axes], *(output_size or least)))
        for at in np.ndindex(x.shape):
            place = np.unravel_index(indices[at], out.shape[-axes:])
            out[*at[:-axes], *place] = x[at]
        return out

    return plain


def _fails(axes: int) -> list[Fails]:
    x, places = np.ones((1, 1, *[2] * axes)), np.zeros((1, 1, *[2] * axes), int)
    return [
        Fails(x[0, 0], places[0, 0], 2, match=f"x must have {axes + 2} axes"),
        Fails(x, places[0], 2, match=r"indices has shape \(1, .* but x has \(1, 1"),
        Fails(x, places - 1, 2, match=r"index -1 is out of bounds .*\(4", error=IndexingError),
        Fails(x, places + 4**axes, 2, match="is out of bounds", error=IndexingError),
        Fails(x, places * 1.0, 2, match="indices must be ints, not float64", error=DTypeError),
        Fails(x, places, 0, match="kernel_size must be at least 1", error=ArgumentError),
        Fails(x, places, 2, output_size=[6] * axes, match="is not the size", error=ArgumentError),
        Fails(x, places, 2, output_size="abcd", match="output_size must be", error=DTypeError),
    ]


@composite(samples=_samples(1), reference=_reference(1), fails=_fails(1))
def max_unpool1d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    """`max_unpool2d` of sequences: elements back at the places that `max_pool1d` took them from.

    Parameters
    ----------
    x : shape (N, C, OL), or (C, OL) without a batch
    indices : integers, shape of x
        Places in the sequence, as `max_pool1d(..., return_indices=True)` returns them.
    kernel_size, stride, padding : int or (int,)
        Those of the pooling: they give the length of the result unless output_size does.
    output_size : (L,), optional

    Returns
    -------
    shape (N, C, L), zeros elsewhere

    Examples
    --------
    >>> max_unpool1d(np.array([[4.0, 3.0]]), np.array([[1, 3]]), kernel_size=2)
    array([[0., 4., 0., 3.]])
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return _max_unpool(1, x, indices, output_size, **options)


@composite(samples=_samples(2), reference=_reference(2), fails=_fails(2))
def max_unpool2d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Zeros, with each element of x where `max_pool2d` found it: a partial inverse of pooling.

    Parameters
    ----------
    x : shape (N, C, OH, OW), or (C, OH, OW) without a batch
    indices : array of ints, shape of x
        row * W + column of each element, as `max_pool2d(..., return_indices=True)` gives them.
    kernel_size, stride, padding : int or (rows, columns)
        Those of the pooling.
    output_size : (H, W), or the shape of the image, optional
        Images of several sizes are pooled to the same one; without it the smallest is made:
        (OH - 1) * sh - 2 * ph + KH rows, and likewise columns.

    Returns
    -------
    shape (N, C, H, W), without N if x has none

    Raises
    ------
    ShapeError
        If the indices are not of the shape of x.
    IndexingError
        If they reach outside the image.
    ArgumentError
        If images of the output_size are not pooled to the size of x.

    Gradient
    --------
    Linear in x. Where two elements have the same place the last one is written, and only that one
    has a gradient.

    Source
    ------
    Zeiler, Taylor & Fergus (2011), "Adaptive Deconvolutional Networks for Mid and High Level
    Feature Learning".

    Examples
    --------
    >>> x = np.array([[[1.0, 2.0], [4.0, 3.0]]])
    >>> largest, places = max_pool2d(x, 2, return_indices=True)
    >>> max_unpool2d(largest, places, 2)
    array([[[0., 0.],
            [4., 0.]]])
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return _max_unpool(2, x, indices, output_size, **options)


@composite(samples=_samples(3), reference=_reference(3), fails=_fails(3))
def max_unpool3d(x, indices, kernel_size, stride=None, padding=0, output_size=None):
    """`max_unpool2d` of volumes: elements back at the places that `max_pool3d` took them from.

    Parameters
    ----------
    x : shape (N, C, OD, OH, OW), or (C, OD, OH, OW) without a batch
    indices : integers, shape of x
        Places in the volume, as `max_pool3d(..., return_indices=True)` returns them.
    kernel_size, stride, padding : int or (depth, rows, columns)
        Those of the pooling: they give the size of the result unless output_size does.
    output_size : (D, H, W), optional

    Returns
    -------
    shape (N, C, D, H, W), zeros elsewhere

    Examples
    --------
    >>> max_unpool3d(np.full((1, 1, 1, 1), 5.0), np.full((1, 1, 1, 1), 6), kernel_size=2)
    array([[[[0., 0.],
             [0., 0.]],
    <BLANKLINE>
            [[0., 0.],
             [5., 0.]]]])
    """
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return _max_unpool(3, x, indices, output_size, **options)
