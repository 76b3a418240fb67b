"""Windows of images as columns, and columns added up to images: im2col and col2im.

The two are each other's adjoint, so each is the gradient of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ShapeError
from ..kernels import reference
from ..kernels.windows.windows import Sizes
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from .conv_cases import BAD_OPTIONS
from .conv_options import per_axis, settings, window_counts

CASES: tuple[tuple[Sizes, dict[str, Any]], ...] = (
    ((1, 2, 3, 4), {"kernel_size": 2}),
    ((2, 4, 3), {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)}),
    ((2, 1, 5, 3), {"kernel_size": 2, "dilation": (3, 1), "padding": ((1, 0), (0, 2))}),
    ((1, 1, 3, 3), {"kernel_size": 1, "stride": 2}),
    ((1, 1, 3, 2), {"kernel_size": (3, 2), "padding": "same"}),
)
FAILING = tuple(
    Fails(
        np.ones((1, 12, 9)), match=match, error=error, output_size=4, kernel_size=2, **{key: value}
    )
    for error, match, key, value in BAD_OPTIONS
    if key != "groups"
)


def _windows(image: Sizes, kernel_size: Any, *options: Any) -> tuple[Sizes, Sizes, Any]:
    """The size of windows of an image, how many there are, and the options of the kernels."""
    kernel = per_axis(kernel_size, "kernel_size", 2)
    chosen = settings(kernel, *options)[:3]
    return kernel, window_counts(image, kernel, *chosen), chosen


def _unfold_reference(
    x: np.ndarray, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> np.ndarray:
    kernel, counts, options = _windows(x.shape[-2:], kernel_size, stride, padding, dilation)
    windows = reference.unfold(x, kernel, *options)
    return windows.reshape(*x.shape[:-3], x.shape[-3] * prod(kernel), prod(counts))


@op(
    samples=lambda rng: [Sample(uniform(rng, x), **options) for x, options in CASES],
    reference=_unfold_reference,
    fails=[
        Fails(np.ones((4, 4)), kernel_size=2, match="x must have 4 axes .3 without a batch.*got 2"),
        Fails(np.ones((1, 3, 4, 4)), kernel_size=5, match=r"span \(5, 5\) .* image of \(4, 4\)"),
        *(
            Fails(np.ones((1, 3, 4, 4)), match=f.match, error=f.error, **options)
            for f in FAILING
            for options in [{k: v for k, v in f.attrs.items() if k != "output_size"}]
        ),
    ],
    masks=True,  # pixels that no window covers
)
def unfold(x, /, *, kernel_size, dilation=1, padding=0, stride=1):
    """Every window of images as a column of a matrix (im2col).

    A convolution is a product with that matrix: conv2d(x, w) is w, as a matrix with a filter in
    each row, times unfold(x).

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    kernel_size : int or (rows, columns)
        Size of the windows.
    dilation, padding, stride : as of conv2d

    Returns
    -------
    shape (N, C * KH * KW, OH * OW), without N if x has none
        The elements of a window are in the order of the axes of x: channels, rows, columns. Windows
        are in the order of their places, row by row.

    Raises
    ------
    ShapeError
        If not one window fits.

    Source
    ------
    Chellapilla, Puri & Simard (2006), "High Performance Convolutional Neural Networks for Document
    Processing".

    Examples
    --------
    >>> unfold(np.arange(6.0).reshape(1, 2, 3), kernel_size=2)
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    if x.ndim not in (3, 4):
        raise ShapeError(f"x must have 4 axes (3 without a batch), got {x.ndim}")
    kernel, counts, options = _windows(x.shape[-2:], kernel_size, stride, padding, dilation)
    windows = kernels.unfold(x, kernel, *options).copy()
    return windows.reshape(*x.shape[:-3], x.shape[-3] * prod(kernel), prod(counts))


@unfold.grad("x")
def _(g, x_shape, kernel_size, dilation, padding, stride):
    return fold(
        g, output_size=x_shape[-2:], kernel_size=kernel_size, dilation=dilation, padding=padding,
        stride=stride,
    )  # fmt: skip


def _fold_samples(rng: Rng) -> Iterable[Sample]:
    for image, options in CASES:
        columns = unfold(np.ones(image), **options).shape
        yield Sample(uniform(rng, columns), output_size=image[-2:], **options)


def _fold_reference(
    x: np.ndarray, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
    stride: Any = 1,
) -> np.ndarray:  # fmt: skip
    kernel, counts, options = _windows(output_size, kernel_size, stride, padding, dilation)
    channels = x.shape[-2] // prod(kernel)
    windows = x.reshape(*x.shape[:-2], channels, *kernel, *counts)
    return reference.fold(windows, np.zeros((*x.shape[:-2], channels, *output_size)), *options)


@op(
    samples=_fold_samples,
    reference=_fold_reference,
    fails=[
        Fails(np.ones(4), output_size=2, kernel_size=2, match="x must have 3 axes .2 without.*1"),
        Fails(np.ones((6, 1)), output_size=2, kernel_size=2, match="6 rows, which are no windows"),
        Fails(np.ones((4, 3)), output_size=3, kernel_size=2, match="x has 3 columns but .* 4 wind"),
        Fails(np.ones((4, 1)), output_size=1, kernel_size=2, match=r"span \(2, 2\) .* of \(1, 1\)"),
        *FAILING,
    ],
    masks=True,  # elements of windows that lie on the padding
)
def fold(x, /, *, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns, each a window, added up to images (col2im): the adjoint of unfold.

    Where windows overlap, they are added; elements on the padding are dropped. So
    fold(unfold(x)) is x, each pixel times the number of windows that it lies in.

    Parameters
    ----------
    x : shape (N, C * KH * KW, OH * OW), or without N
        What unfold makes of images of `output_size`, with the same options.
    output_size : int or (rows, columns)
        Size of the images.
    kernel_size : int or (rows, columns)
        Size of the windows.
    dilation, padding, stride : as of conv2d

    Returns
    -------
    shape (N, C, *output_size), without N if x has none

    Raises
    ------
    ShapeError
        If x has not as many rows and columns as windows of such images.

    Examples
    --------
    >>> fold(np.ones((4, 2)), output_size=(2, 3), kernel_size=2)
    array([[[1., 2., 1.],
            [1., 2., 1.]]])
    """
    if x.ndim not in (2, 3):
        raise ShapeError(f"x must have 3 axes (2 without a batch), got {x.ndim}")
    image = per_axis(output_size, "output_size", 2, least=0)
    kernel, counts, options = _windows(image, kernel_size, stride, padding, dilation)
    *batch, rows, columns = x.shape
    if rows % prod(kernel):
        raise ShapeError(f"x has {rows} rows, which are no windows of {prod(kernel)} pixels")
    if columns != prod(counts):
        raise ShapeError(f"x has {columns} columns but there are {prod(counts)} windows, {counts}")
    channels = rows // prod(kernel)
    windows = x.reshape(*batch, channels, *kernel, *counts)
    return kernels.fold(windows, np.zeros((*batch, channels, *image), x.dtype), *options)


@fold.grad("x")
def _(g, kernel_size, dilation, padding, stride):
    return unfold(g, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)
