"""2-D cross-correlation: one trilinear form, three ops, closed under differentiation.

<g, conv2d(x, w)> is linear in each of g, x and w. So the gradient of each of conv2d, conv2d_dx and
conv2d_dw is one of the other two, to every order, for every stride, padding, dilation and number
of groups. Transposed convolution is conv2d_dx.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels import reference
from ..messages import complain
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from .products import checked_bias, front
from .shape import expand_dims, reshape, squeeze

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Shape = tuple[int, ...]
LAYOUT = "x is (batch, channels, height, width), w is (out, in / groups, height, width)"


def pair(value: Any, name: str, least: int = 1) -> Pair:
    """An int, or a pair of them for rows and columns, as a pair.

    Raises
    ------
    DTypeError
        If it is anything else.
    ArgumentError
        If it is smaller than `least`.
    """
    if type(value) is int and value >= least:  # nearly always
        return value, value
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(both) != 2 or not all(isinstance(v, (int, np.integer)) for v in both):
        raise DTypeError(f"{name} must be an int or a pair of ints, got {value!r}")
    if min(both) < least:
        raise ArgumentError(f"{name} must be at least {least}, got {value!r}")
    return int(both[0]), int(both[1])


def padding_pairs(padding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Padding:
    """`padding` in every form users give it, as ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        if stride != (1, 1):
            raise ArgumentError(f"padding='same' needs stride 1, got {stride}")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
        rows, columns = ((n // 2, n - n // 2) for n in totals)
        return rows, columns
    if isinstance(padding, str):
        raise ArgumentError(f"padding must be ints, 'same' or 'valid', got {padding!r}")
    sides = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    if len(sides) != 2:
        raise DTypeError(f"padding must be an int or a pair, for rows and columns, got {padding!r}")
    rows, columns = (pair(side, "padding", least=0) for side in sides)
    return rows, columns


def settings(
    w: Shape, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[Pair, Padding, Pair, int]:
    """The options as the kernels take them; `w` is the shape of the filters."""
    if not isinstance(groups, (int, np.integer)) or groups < 1:
        raise ArgumentError(f"groups must be an int, at least 1, got {groups!r}")
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    pads = padding_pairs(padding, (w[2], w[3]), strides, dilations)
    return strides, pads, dilations, int(groups)


def conv2d_shape(
    x: Shape, w: Shape, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Shape:
    """The shape of conv2d's result, for x and w of these shapes.

    Raises
    ------
    ShapeError
        If x and w do not go together, or not one window fits into the padded image.
    """
    for name, shape in (("x", x), ("w", w)):
        if len(shape) != 4:
            raise ShapeError(f"{name} must have 4 axes, got {len(shape)}")
    strides, pads, dilations, groups = settings(w, stride, padding, dilation, groups)
    for name, count in (("channels of x", x[1]), ("filters of w", w[0])):
        if count % groups:
            raise ShapeError(f"{groups} groups do not divide the {count} {name}")
    if x[1] != w[1] * groups:
        among = f" in {groups} groups" if groups > 1 else ""
        raise ShapeError(f"x has {x[1]} channels but w expects {w[1] * groups}{among}")
    sizes = tuple(map(kernels.output_size, x[2:], w[2:], strides, pads, dilations))
    if min(sizes) < 1 or min(w[2:]) < 1:
        image = tuple(n + sum(p) for n, p in zip(x[2:], pads))
        spans = tuple(d * (k - 1) + 1 for d, k in zip(dilations, w[2:]))
        raise ShapeError(f"filters that span {spans} pixels do not fit a padded image of {image}")
    return (x[0], w[0], *sizes)


def _check_cotangent(g: Shape, x: Shape, w: Shape, *options: Any) -> None:
    expected = conv2d_shape(x, w, *options)
    if g != expected:
        raise ShapeError(f"g has shape {g} but conv2d of {x} with {w} gives {expected}")


CASES: tuple[tuple[Shape, Shape, dict[str, Any]], ...] = (
    ((1, 2, 3, 3), (2, 2, 2, 2), {}),
    ((2, 1, 4, 3), (1, 1, 3, 2), {"stride": (2, 1), "padding": (1, 2)}),
    ((1, 1, 3, 4), (1, 1, 2, 2), {"padding": "same"}),
    ((1, 1, 5, 3), (2, 1, 2, 2), {"dilation": (2, 1), "padding": "valid"}),
    ((1, 2, 3, 3), (4, 1, 2, 2), {"groups": 2, "stride": 2, "padding": ((0, 1), (1, 0))}),
)


def _conv2d_samples(rng: Rng) -> Iterable[Sample]:
    for x, w, options in CASES:
        yield Sample(uniform(rng, x), uniform(rng, w), **options)
    yield Sample(uniform(rng, (2, 3, 3)), uniform(rng, (1, 2, 3, 3)), label="without a batch")
    yield Sample(uniform(rng, (1, 1, 3, 3)), uniform(rng, (2, 1, 2, 2)), uniform(rng, (2,)))


def _conv2d_reference(x: np.ndarray, w: np.ndarray, b: Any = 0, **options: Any) -> np.ndarray:
    if x.ndim == 3:
        return _conv2d_reference(x[None], w, b, **options)[0]
    return reference.conv2d(x, w, *settings(w.shape, **options)) + np.reshape(b, (-1, 1, 1))


IMAGES, FILTERS = np.ones((1, 3, 4, 4)), np.ones((2, 3, 3, 3))


@op(
    name="conv2d",
    samples=_conv2d_samples,
    reference=_conv2d_reference,
    fails=[
        Fails(IMAGES, np.ones((2, 4, 3, 3)), match="x has 3 channels but w expects 4"),
        Fails(IMAGES, np.ones((2, 4, 3, 3)), match="hint: x is .batch, channels"),
        Fails(IMAGES, FILTERS[0], match="w must have 4 axes, got 3"),
        Fails(IMAGES[0, 0], FILTERS, match="x must have 4 axes, got 2"),
        Fails(IMAGES, np.ones((2, 3, 5, 3)), match=r"span \(5, 3\) .* image of \(4, 4\)"),
        Fails(IMAGES, FILTERS, dilation=2, match=r"span \(5, 5\) .* image of \(4, 4\)"),
        Fails(IMAGES, FILTERS, groups=2, match="2 groups do not divide the 3 channels"),
        Fails(IMAGES, FILTERS, groups=3, match="3 groups do not divide the 2 filters"),
        Fails(IMAGES, np.ones((3, 3, 2, 2)), groups=3, match="w expects 9 in 3 groups"),
        Fails(IMAGES, FILTERS, np.ones(3), match="b has shape .3,. but w gives 2 outputs"),
        Fails(IMAGES, FILTERS, stride=0, match="stride must be at least 1", error=ArgumentError),
        Fails(IMAGES, FILTERS, stride=1.5, match="stride must be an int", error=DTypeError),
        Fails(IMAGES, FILTERS, padding=(1, 1, 1), match="padding must be an int", error=DTypeError),
        Fails(IMAGES, FILTERS, padding=-1, match="padding must be at least 0", error=ArgumentError),
        Fails(IMAGES, FILTERS, groups=0, match="groups must be an int", error=ArgumentError),
        Fails(IMAGES, FILTERS, padding="full", match="'same' or 'valid'", error=ArgumentError),
        Fails(IMAGES, FILTERS, padding="same", stride=2, match="stride 1", error=ArgumentError),
    ],
    masks=True,  # pixels that no window covers
)
def _conv2d(x, w, /, *, stride=1, padding=0, dilation=1, groups=1):
    return kernels.conv2d(x, w, *settings(w.shape, stride, padding, dilation, groups))


def _samples_of_dx(rng: Rng) -> Iterable[Sample]:
    for x, w, options in CASES:
        g = conv2d_shape(x, w, **options)
        yield Sample(uniform(rng, g), uniform(rng, w), shape=x, **options)


@op(
    samples=_samples_of_dx,
    reference=lambda g, w, shape, **o: reference.conv2d_dx(g, w, shape, *settings(w.shape, **o)),
    fails=[
        Fails(IMAGES, FILTERS, shape=(1, 3, 4, 4), match=r"g has shape .* gives \(1, 2, 2, 2\)"),
        Fails(IMAGES, FILTERS, shape=(1, 4, 4, 4), match="x has 4 channels but w expects 3"),
    ],
)
def conv2d_dx(g, w, /, *, shape, stride=1, padding=0, dilation=1, groups=1):
    """The adjoint of conv2d in x, also called transposed convolution: each element of g adds its
    filter, times itself, to the window that it came from in an x of this `shape`."""
    _check_cotangent(g.shape, tuple(shape), w.shape, stride, padding, dilation, groups)
    return kernels.conv2d_dx(g, w, shape, *settings(w.shape, stride, padding, dilation, groups))


def _samples_of_dw(rng: Rng) -> Iterable[Sample]:
    for x, w, options in CASES:
        g = conv2d_shape(x, w, **options)
        yield Sample(uniform(rng, g), uniform(rng, x), shape=w, **options)


@op(
    samples=_samples_of_dw,
    reference=lambda g, x, shape, **o: reference.conv2d_dw(g, x, shape, *settings(shape, **o)),
    fails=[
        Fails(IMAGES, IMAGES, shape=(2, 3, 3, 3), match=r"g has shape .* gives \(1, 2, 2, 2\)"),
        Fails(IMAGES, IMAGES, shape=(2, 4, 3, 3), match="x has 3 channels but w expects 4"),
    ],
)
def conv2d_dw(g, x, /, *, shape, stride=1, padding=0, dilation=1, groups=1):
    """The adjoint of conv2d in w: each element of g adds the window that it came from, times
    itself, to its filter in a w of this `shape`."""
    _check_cotangent(g.shape, x.shape, tuple(shape), stride, padding, dilation, groups)
    return kernels.conv2d_dw(g, x, shape, *settings(shape, stride, padding, dilation, groups))


@_conv2d.grad("x")
def _(g, w, x_shape, stride, padding, dilation, groups):
    return conv2d_dx(
        g, w, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@_conv2d.grad("w")
def _(g, x, w_shape, stride, padding, dilation, groups):
    return conv2d_dw(
        g, x, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@conv2d_dx.grad("g")
def _(h, w, stride, padding, dilation, groups):
    return _conv2d(h, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_dx.grad("w")
def _(h, g, w_shape, stride, padding, dilation, groups):
    return conv2d_dw(
        g, h, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@conv2d_dw.grad("g")
def _(h, x, stride, padding, dilation, groups):
    return _conv2d(x, h, stride=stride, padding=padding, dilation=dilation, groups=groups)


@conv2d_dw.grad("x")
def _(h, g, x_shape, stride, padding, dilation, groups):
    return conv2d_dx(
        g, h, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@front(_conv2d)
def conv2d(x, w, b=None, /, *, stride=1, padding=0, dilation=1, groups=1):
    """Slide each filter of w over x and take dot products (cross-correlation: nothing is flipped).

    out[n, o, i, j] = sum_cuv x[n, c, i*sh + u*dh - ph, j*sw + v*dw - pw] * w[o, c, u, v]

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
        Images; H counts rows, W columns.
    w : shape (O, C / groups, KH, KW)
        Filters.
    b : shape (O,), optional
        Added to each output channel.
    stride : int or (rows, columns)
        Distance between windows.
    padding : int, (rows, columns), 'same', 'valid', or ((top, bottom), (left, right))
        Zeros around the image. 'same' keeps H and W, with the odd one at the bottom and right.
    dilation : int or (rows, columns)
        Distance between the pixels that one filter meets.
    groups : int
        The channels of x and the filters are split into so many groups that know nothing of each
        other; with groups=C each channel has its own filters (depthwise convolution).

    Returns
    -------
    shape (N, O, OH, OW), without N if x has none
        OH = (H + top + bottom - dh*(KH - 1) - 1) // sh + 1, and likewise OW; a last window that
        does not fit is dropped.

    Raises
    ------
    ShapeError
        If x and w differ in channels, groups do not divide them, or no window fits.

    Gradient
    --------
    Linear in x and in w, exact to all orders. Keeps x and w.

    Source
    ------
    Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep learning".

    Examples
    --------
    >>> conv2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))).shape
    (1, 1, 2, 2)
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    shape, batched = np.shape(x), np.ndim(x) != 3
    try:
        conv2d_shape(shape if batched else (1, *shape), np.shape(w), **options)
    except AutogradError as e:
        given = {k: v for k, v in options.items() if v != _conv2d.op.defaults[k]}
        hint = LAYOUT if isinstance(e, ShapeError) else None
        raise complain(type(e), "conv2d", str(e), {"x": x, "w": w}, given, hint) from None
    out = _conv2d(x if batched else expand_dims(x, axis=0), w, **options)
    if b is not None:
        out = out + reshape(checked_bias("conv2d", x, w, b), shape=(-1, 1, 1))
    return out if batched else squeeze(out, axis=0)
