"""Cross-correlation: one trilinear form, three ops, closed under differentiation.

<g, conv(x, w)> is linear in each of g, x and w. So the gradient of each of conv, conv_dx and
conv_dw is one of the other two, to every order, for every stride, padding, dilation and number of
groups. `trilinear` makes the three for sequences, images and volumes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import AutogradError, ShapeError
from ..kernels import reference
from ..kernels.windows.windows import Sizes
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor
from .conv_cases import CASES, failing
from .conv_options import SPACE, conv_plan, settings, told
from .linear import checked_bias
from .products import front
from .reduce import sum
from .shape import expand_dims, squeeze

# The three ops, each for a number of axes


def _reference(x: np.ndarray, w: np.ndarray, b: Any = 0, **options: Any) -> np.ndarray:
    if x.ndim < w.ndim:
        return _reference(x[None], w, b, **options)[0]
    bias = np.reshape(b, (-1,) + (1,) * (w.ndim - 2))
    return reference.conv(x, w, *settings(w.shape[2:], **options)) + bias


def _make_conv(axes: int) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in CASES[axes]:
            yield Sample(uniform(rng, x), uniform(rng, w), **options)
        x, w, _ = CASES[axes][0]
        yield Sample(uniform(rng, x[1:]), uniform(rng, w), label="without a batch")
        yield Sample(uniform(rng, x), uniform(rng, w), uniform(rng, w[:1]))

    @op(
        name=f"conv{axes}d",
        samples=samples,
        reference=_reference,
        fails=tuple(failing(axes)),
        masks=True,  # pixels that no window covers
    )
    def conv(x, w, /, *, stride=1, padding=0, dilation=1, groups=1):
        _, chosen = conv_plan(axes, np.shape(x), np.shape(w), stride, padding, dilation, groups)
        return kernels.conv(x, w, *chosen)

    return conv


def _make_biased(axes: int) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in CASES[axes]:
            yield Sample(uniform(rng, x), uniform(rng, w), uniform(rng, w[:1]), **options)

    image, filters = np.ones((1, 3, *[4] * axes)), np.ones((2, 3, *[3] * axes))

    @op(
        name=f"conv{axes}d_biased",
        shown=f"conv{axes}d",
        samples=samples,
        reference=_reference,
        fails=[
            Fails(image, filters, np.ones(3), match=r"b has shape \(3,\) but w gives 2 outputs")
        ],
        public=False,
    )
    def biased(x, w, b, /, *, stride=1, padding=0, dilation=1, groups=1):
        """A convolution with b[o] added to output channel o, in one pass over the result."""
        _, chosen = conv_plan(axes, np.shape(x), np.shape(w), stride, padding, dilation, groups)
        if np.shape(b) != w.shape[:1]:
            raise ShapeError(f"b has shape {np.shape(b)} but w gives {w.shape[0]} outputs")
        return kernels.conv(x, w, *chosen, b)

    return biased


def _checked_settings(axes: int, g: Sizes, x: Sizes, w: Sizes, *options: Any) -> Any:
    """The options as the kernels take them, once it is sure that g is a cotangent."""
    expected, chosen = conv_plan(axes, x, w, *options)
    if g != expected:
        raise ShapeError(f"g has shape {g} but conv{axes}d of {x} with {w} gives {expected}")
    return chosen


def _make_dx(axes: int) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in CASES[axes]:
            g, _ = conv_plan(axes, x, w, **options)
            yield Sample(uniform(rng, g), uniform(rng, w), shape=x, **options)

    space = (4,) * axes
    image, filters = np.ones((1, 3, *space)), np.ones((2, 3, *[3] * axes))

    @op(
        name=f"conv{axes}d_dx",
        samples=samples,
        reference=lambda g, w, shape, **options: reference.conv_dx(
            g, w, shape, *settings(w.shape[2:], **options)
        ),
        fails=[
            Fails(image, filters, shape=image.shape, match="g has shape .* gives .1, 2, 2"),
            Fails(image, filters, shape=(1, 4, *space), match="x has 4 channels but w expects 3"),
            Fails(image, filters, shape=space, match=f"x must have {axes + 2} axes"),
        ],
    )
    def conv_dx(g, w, /, *, shape, stride=1, padding=0, dilation=1, groups=1):
        """The adjoint of the convolution in x: each element of g adds its filter, times itself, to
        the window that it came from in an x of this `shape`. Also called transposed convolution."""
        shape, options = tuple(shape), (stride, padding, dilation, groups)
        chosen = _checked_settings(axes, np.shape(g), shape, np.shape(w), *options)
        return kernels.conv_dx(g, w, shape, *chosen)

    return conv_dx


def _make_dw(axes: int) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in CASES[axes]:
            g, _ = conv_plan(axes, x, w, **options)
            yield Sample(uniform(rng, g), uniform(rng, x), shape=w, **options)

    kernel = (3,) * axes
    image = np.ones((1, 3, *[4] * axes))

    @op(
        name=f"conv{axes}d_dw",
        samples=samples,
        reference=lambda g, x, shape, **options: reference.conv_dw(
            g, x, shape, *settings(shape[2:], **options)
        ),
        fails=[
            Fails(image, image, shape=(2, 3, *kernel), match="g has shape .* gives .1, 2, 2"),
            Fails(image, image, shape=(2, 4, *kernel), match="x has 3 channels but w expects 4"),
            Fails(image, image, shape=kernel, match=f"w must have {axes + 2} axes"),
        ],
    )
    def conv_dw(g, x, /, *, shape, stride=1, padding=0, dilation=1, groups=1):
        """The adjoint of the convolution in w: each element of g adds the window that it came from,
        times itself, to its filter in a w of this `shape`."""
        shape, options = tuple(shape), (stride, padding, dilation, groups)
        chosen = _checked_settings(axes, np.shape(g), np.shape(x), shape, *options)
        return kernels.conv_dw(g, x, shape, *chosen)

    return conv_dw


def trilinear(axes: int) -> tuple[Any, Any, Any, Any]:
    """The convolution for so many axes of space, its adjoints in x and in w, and it with a bias."""
    conv, conv_dx, conv_dw = _make_conv(axes), _make_dx(axes), _make_dw(axes)
    biased = _make_biased(axes)

    @conv.grad("x")
    @biased.grad("x")
    def _(g, w, x_shape, stride, padding, dilation, groups):
        return conv_dx(
            g, w, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    @conv.grad("w")
    @biased.grad("w")
    def _(g, x, w_shape, stride, padding, dilation, groups):
        return conv_dw(
            g, x, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    @biased.grad("b")
    def _(g):
        return sum(g, axis=(0, *range(2, axes + 2)))

    @conv_dx.grad("g")
    def _(h, w, stride, padding, dilation, groups):
        return conv(h, w, stride=stride, padding=padding, dilation=dilation, groups=groups)

    @conv_dx.grad("w")
    def _(h, g, w_shape, stride, padding, dilation, groups):
        return conv_dw(
            g, h, shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    @conv_dw.grad("g")
    def _(h, x, stride, padding, dilation, groups):
        return conv(x, h, stride=stride, padding=padding, dilation=dilation, groups=groups)

    @conv_dw.grad("x")
    def _(h, g, x_shape, stride, padding, dilation, groups):
        return conv_dx(
            g, h, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
        )

    return conv, conv_dx, conv_dw, biased


_conv1d, conv1d_dx, conv1d_dw, conv1d_biased = trilinear(1)
_conv2d, conv2d_dx, conv2d_dw, conv2d_biased = trilinear(2)
_conv3d, conv3d_dx, conv3d_dw, conv3d_biased = trilinear(3)
_OPS_1D, _OPS_2D, _OPS_3D = (
    (1, _conv1d, conv1d_biased),
    (2, _conv2d, conv2d_biased),
    (3, _conv3d, conv3d_biased),
)


# What users call


def _convolve(
    ops: tuple[Any, ...], x: Any, w: Any, b: Any,
    stride: Any, padding: Any, dilation: Any, groups: Any,
) -> Any:  # fmt: skip
    """A convolution with all that is convenient: x without a batch, a bias, errors with a hint."""
    axes, conv, biased = ops
    batched = (x.ndim if type(x) is Tensor else np.ndim(x)) != axes + 1
    images = x if batched else expand_dims(x, axis=0)
    try:
        if b is None:
            out = conv(images, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
        else:
            out = biased(
                images, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups
            )
    except AutogradError:
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        _explain(axes, conv.op.name, x, w, b, options)
        raise
    return out if batched else squeeze(out, axis=0)


def _explain(axes: int, name: str, x: Any, w: Any, b: Any, options: dict[str, Any]) -> None:
    """Raise what is wrong with shapes and options, in the words of the caller's arguments."""
    shape = np.shape(x)
    try:
        conv_plan(axes, (1, *shape) if len(shape) == axes + 1 else shape, np.shape(w), **options)
    except AutogradError as e:
        layout = f"x is (batch, channels, {SPACE[axes]}), w is (out, in / groups, {SPACE[axes]})"
        raise told(e, name, {"x": x, "w": w}, options, layout) from None
    if b is not None:
        checked_bias(name, x, w, b)


@front(_conv1d)
def conv1d(x, w, b=None, /, *, stride=1, padding=0, dilation=1, groups=1):
    """Slide each filter of w over sequences x and take dot products (nothing is flipped).

    out[n, o, i] = sum_cu x[n, c, i*s + u*d - p] * w[o, c, u]

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    w : shape (O, C / groups, K)
    b : shape (O,), optional
    stride, padding, dilation, groups : as of conv2d, for one axis
        A `padding` of ((before, after),) may differ at the two ends.

    Returns
    -------
    shape (N, O, OL), without N if x has none
        OL = (L + before + after - d*(K - 1) - 1) // s + 1

    Raises
    ------
    ShapeError
        If x and w differ in channels, groups do not divide them, or no window fits.

    Examples
    --------
    >>> conv1d(np.array([[1.0, 2.0, 4.0, 8.0]]), np.array([[[-1.0, 1.0]]]))
    array([[1., 2., 4.]])
    """
    return _convolve(_OPS_1D, x, w, b, stride, padding, dilation, groups)


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
    return _convolve(_OPS_2D, x, w, b, stride, padding, dilation, groups)


@front(_conv3d)
def conv3d(x, w, b=None, /, *, stride=1, padding=0, dilation=1, groups=1):
    """Slide each filter of w over volumes x and take dot products (nothing is flipped).

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
        Volumes or films; D counts slices or times, H rows, W columns.
    w : shape (O, C / groups, KD, KH, KW)
    b : shape (O,), optional
    stride, padding, dilation, groups : as of conv2d, for three axes

    Returns
    -------
    shape (N, O, OD, OH, OW), without N if x has none
        OD = (D + front + back - dd*(KD - 1) - 1) // sd + 1, and likewise OH and OW

    Raises
    ------
    ShapeError
        If x and w differ in channels, groups do not divide them, or no window fits.

    Examples
    --------
    >>> conv3d(np.ones((1, 3, 8, 32, 32)), np.ones((6, 3, 3, 5, 5)), padding=(1, 2, 2)).shape
    (1, 6, 8, 32, 32)
    """
    return _convolve(_OPS_3D, x, w, b, stride, padding, dilation, groups)
