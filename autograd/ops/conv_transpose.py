"""Transposed convolution: the adjoint of a convolution as a layer of its own.

It is conv_dx, for an image of the right size; all derivatives are those of conv_dx.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels.windows.windows import Padding, Sizes
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .conv import conv1d_dx, conv2d_dx, conv3d_dx
from .conv_cases import BAD_OPTIONS, Case
from .conv_options import SPACE, check_axes, per_axis, remembered, settings, told
from .linear import checked_bias
from .rearrange import pad_constant
from .shape import expand_dims, reshape, squeeze

OPTIONS = "stride", "padding", "output_padding", "dilation", "groups"
ADJOINTS = {1: conv1d_dx, 2: conv2d_dx, 3: conv3d_dx}


def _full(image: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Sizes:
    """The size of everything that the filters reach, before padding cuts its margin off."""
    return tuple(
        (n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(image, kernel, stride, dilation)
    )


@remembered
def _plan(
    axes: int, x: Sizes, w: Sizes, stride: Any, padding: Any, output_padding: Any, dilation: Any,
    groups: int,
) -> tuple[Sizes, Padding, Sizes]:  # fmt: skip
    """The shape of the image that the filters are added up in, its padding as conv_dx takes it,
    and how many zeros come behind each axis of it.

    `output_padding` uncovers what the padding had cut off; where there is no more, zeros follow.
    """
    check_axes(axes, x=x, w=w)
    strides, pads, dilations, groups = settings(w[2:], stride, padding, dilation, groups)
    if w[0] % groups:
        raise ShapeError(f"{groups} groups do not divide the {w[0]} filters of w")
    if x[1] != w[0]:
        raise ShapeError(f"x has {x[1]} channels but w expects {w[0]}")
    if min(x[2:]) < 1 or min(w[2:]) < 1:
        raise ShapeError(f"images of {x[2:]} pixels and filters of {w[2:]} have no common pixels")
    extras = per_axis(output_padding, "output_padding", axes, least=0)
    if any(e and e >= max(s, d) for e, s, d in zip(extras, strides, dilations)):
        fact = f"output_padding {output_padding!r} must be less than stride or dilation"
        raise ArgumentError(fact)
    kept = tuple((before, max(after - e, 0)) for (before, after), e in zip(pads, extras))
    behind = tuple(max(e - after, 0) for (_, after), e in zip(pads, extras))
    full = _full(x[2:], w[2:], strides, dilations)
    sizes = tuple(n - sum(p) for n, p in zip(full, kept))
    if min(sizes) < 1:
        raise ShapeError(f"padding {padding!r} leaves nothing of an image of {full}")
    return (x[0], w[1] * groups, *sizes), kept, behind


def _transpose(axes: int, x: Any, w: Any, b: Any, **options: Any) -> Any:
    name = f"conv_transpose{axes}d"
    shape, batched = np.shape(x), np.ndim(x) != axes + 1
    try:
        given = (options[key] for key in OPTIONS)
        batch = shape if batched else (1, *shape)
        image, kept, behind = _plan(axes, batch, np.shape(w), *given)
    except AutogradError as e:
        layout = f"x is (batch, in, {SPACE[axes]}), w is (in, out / groups, {SPACE[axes]})"
        raise told(e, name, {"x": x, "w": w}, options, layout) from None
    del options["output_padding"]
    options["padding"] = kept
    out = ADJOINTS[axes](x if batched else expand_dims(x, axis=0), w, shape=image, **options)
    if any(behind):
        out = pad_constant(out, pad_width=((0, 0), (0, 0), *((0, n) for n in behind)))
    if b is not None:
        out = out + reshape(checked_bias(name, x, w, b, image[1]), shape=(-1,) + (1,) * axes)
    return out if batched else squeeze(out, axis=0)


# Samples, reference and error cases, for each number of axes

CASES: dict[int, tuple[Case, ...]] = {
    1: (
        ((2, 2, 3), (2, 3, 2), {}),
        ((1, 1, 3), (1, 2, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
        ((1, 2, 2), (2, 1, 2), {"groups": 2, "dilation": 3, "output_padding": 2}),
        ((1, 1, 4), (1, 1, 2), {"dilation": 3, "output_padding": 2, "padding": ((1, 1),)}),
        ((1, 2, 4), (2, 1, 2), {"padding": "same", "dilation": 3}),
    ),
    2: (
        ((1, 2, 2, 2), (2, 1, 2, 2), {}),
        ((2, 1, 2, 1), (1, 1, 2, 3), {"stride": (2, 1), "output_padding": (1, 0)}),
        ((1, 2, 2, 2), (2, 2, 2, 3), {"groups": 2, "stride": 2, "padding": ((1, 0), (0, 2))}),
    ),
    3: (
        ((1, 1, 2, 1, 2), (1, 2, 1, 2, 2), {"padding": (0, 1, 0), "dilation": (1, 2, 1)}),
        ((1, 2, 1, 2, 2), (2, 1, 2, 1, 1), {"stride": 2, "output_padding": (1, 0, 1), "groups": 2}),
    ),
}


def _samples(axes: int) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in CASES[axes]:
            yield Sample(uniform(rng, x), uniform(rng, w), **options)
        x, w, options = CASES[axes][0]
        b = uniform(rng, w[1:2])
        yield Sample(uniform(rng, x[1:]), uniform(rng, w), **options, label="without a batch")
        yield Sample(uniform(rng, x), uniform(rng, w), b, **options)

    return samples


def _reference(x: Any, w: Any, b: Any = 0, *, output_padding: Any = 0, **options: Any) -> Any:
    """Every pixel adds its filters to a canvas, of which the padding is then cut off."""
    if x.ndim < w.ndim:
        return _reference(x[None], w, b, output_padding=output_padding, **options)[0]
    axes, per_group = w.ndim - 2, w.shape[1]
    stride, pads, dilation, groups = settings(w.shape[2:], **options)
    full = _full(x.shape[2:], w.shape[2:], stride, dilation)
    extras = per_axis(output_padding, "output_padding", axes, least=0)
    canvas = np.zeros((len(x), groups * per_group, *(n + e for n, e in zip(full, extras))))
    for c in range(len(w)):
        first = c // (len(w) // groups) * per_group
        for i in np.ndindex(x.shape[2:]):
            for u in np.ndindex(w.shape[2:]):
                pixel = tuple(a * s + v * d for a, s, v, d in zip(i, stride, u, dilation))
                filters = w[(c, slice(None), *u)]
                added = x[(slice(None), c, *i)][:, None] * filters
                canvas[(slice(None), slice(first, first + per_group), *pixel)] += added
    inside: Any = (slice(p, n - q + e) for n, (p, q), e in zip(full, pads, extras))
    return canvas[:, :, *inside] + np.reshape(b, (-1,) + (1,) * axes)


def _failing(axes: int) -> Iterable[Fails]:
    image, filters = np.ones((1, 3, *[4] * axes)), np.ones((3, 2, *[3] * axes))
    yield Fails(image, filters[:2], match="x has 3 channels but w expects 2")
    yield Fails(image, filters[:2], match=f"hint: x is .batch, in, {SPACE[axes]}.*out / groups")
    yield Fails(image, filters[0], match=f"w must have {axes + 2} axes, got {axes + 1}")
    yield Fails(image[0, 0], filters, match=f"x must have {axes + 2} axes, got {axes}")
    yield Fails(image, filters, groups=2, match="2 groups do not divide the 3 filters")
    yield Fails(image, filters, padding=3, match="padding 3 leaves nothing of an image of .6")
    yield Fails(image[..., :0], filters, match="no common pixels")
    yield Fails(image, filters, np.ones(3), match="b has shape .3,. but w gives 2 outputs")
    for error, match, option, value in (
        *BAD_OPTIONS,
        (ArgumentError, "output_padding 1 must be less than stride", "output_padding", 1),
        (ArgumentError, "output_padding must be at least 0", "output_padding", -1),
        (DTypeError, "output_padding must be an int", "output_padding", "same"),
    ):
        yield Fails(image, filters, match=match, error=error, **{option: value})


# What users call


@composite(samples=_samples(1), reference=_reference, fails=tuple(_failing(1)))
def conv_transpose1d(
    x, w, b=None, /, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Add a filter of w, times each element of sequences x, to a longer sequence.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    w : shape (C, O / groups, K)
    b : shape (O,), optional
    stride, padding, output_padding, groups, dilation : as of conv_transpose2d, for one axis

    Returns
    -------
    shape (N, O, OL), without N if x has none
        OL = (L - 1)*s - before - after + d*(K - 1) + 1 + output_padding

    Raises
    ------
    ShapeError, ArgumentError
        As conv_transpose2d.

    Examples
    --------
    >>> conv_transpose1d(np.array([[1.0, 2.0, 3.0]]), np.array([[[1.0, 10.0]]]), stride=2)
    array([[ 1., 10.,  2., 20.,  3., 30.]])
    """
    return _transpose(
        1, x, w, b, stride=stride, padding=padding, output_padding=output_padding, groups=groups,
        dilation=dilation,
    )  # fmt: skip


@composite(samples=_samples(2), reference=_reference, fails=tuple(_failing(2)))
def conv_transpose2d(
    x, w, b=None, /, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Add a filter of w, times each pixel of x, to a larger image: the adjoint of conv2d in x.

    out[n, o, i*sh + u*dh - top, j*sw + v*dw - left] += x[n, c, i, j] * w[c, o, u, v]

    The options are those of the convolution that it transposes: where conv2d makes images smaller
    by its stride, conv_transpose2d makes them larger.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    w : shape (C, O / groups, KH, KW)
        Filters, a bundle for each channel of x.
    b : shape (O,), optional
        Added to each output channel.
    stride : int or (rows, columns)
        Distance between the windows that neighbours of x add to.
    padding : int, (rows, columns), 'same', 'valid', or ((top, bottom), (left, right))
        How much of the margin of the result is cut off.
    output_padding : int or (rows, columns)
        So many rows at the bottom and columns at the right are kept after all: of the sizes that
        conv2d with this stride takes to that of x, it chooses one. Less than stride or dilation.
    groups : int
        Channels of x and of the result are split into so many groups that know nothing of each
        other.
    dilation : int or (rows, columns)
        Distance between the pixels that one filter adds to.

    Returns
    -------
    shape (N, O, OH, OW), without N if x has none
        OH = (H - 1)*sh - top - bottom + dh*(KH - 1) + 1 + output_padding, and likewise OW.

    Raises
    ------
    ShapeError
        If x and w differ in channels, groups do not divide them, or the padding leaves nothing.
    ArgumentError
        If output_padding is not less than stride or dilation.

    Gradient
    --------
    Linear in x and in w, exact to all orders. Keeps x and w.

    Source
    ------
    Zeiler, Krishnan, Taylor & Fergus (2010), "Deconvolutional networks"; Dumoulin & Visin (2016),
    "A guide to convolution arithmetic for deep learning".

    Examples
    --------
    >>> conv_transpose2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), stride=2).shape
    (1, 1, 4, 4)
    """
    return _transpose(
        2, x, w, b, stride=stride, padding=padding, output_padding=output_padding, groups=groups,
        dilation=dilation,
    )  # fmt: skip


@composite(samples=_samples(3), reference=_reference, fails=tuple(_failing(3)))
def conv_transpose3d(
    x, w, b=None, /, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Add a filter of w, times each voxel of x, to a larger volume: the adjoint of conv3d in x.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    w : shape (C, O / groups, KD, KH, KW)
    b : shape (O,), optional
    stride, padding, output_padding, groups, dilation : as of conv_transpose2d, for three axes

    Returns
    -------
    shape (N, O, OD, OH, OW), without N if x has none
        OD = (D - 1)*sd - front - back + dd*(KD - 1) + 1 + output_padding, likewise OH and OW.

    Raises
    ------
    ShapeError, ArgumentError
        As conv_transpose2d.

    Examples
    --------
    >>> conv_transpose3d(np.ones((1, 2, 4, 8, 8)), np.ones((2, 3, 2, 2, 2)), stride=2).shape
    (1, 3, 8, 16, 16)
    """
    return _transpose(
        3, x, w, b, stride=stride, padding=padding, output_padding=output_padding, groups=groups,
        dilation=dilation,
    )  # fmt: skip
