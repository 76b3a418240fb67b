"""2-D pooling: the maximum or the mean of each window of an image.

Both gradients are linear maps whose own gradients are linear maps: max_pool2d_dx and
max_pool2d_pick are each other's adjoint (which elements won is a constant), and so are avg_pool2d
and avg_pool2d_dx.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels import reference
from ..kernels.windows import Sizes
from ..op import op
from ..samples import Fails, Rng, Sample, distinct, uniform
from .conv_options import per_axis

Shape = Sizes
Window = tuple[Sizes, Sizes, Sizes, Sizes]  # kernel, stride, padding, dilation


def window(kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1) -> Window:
    """The options as the kernels take them.

    Raises
    ------
    ArgumentError
        If the padding is wider than half a window, so that windows could lie in it altogether.
    """
    kernel, dilations = per_axis(kernel_size, "kernel_size", 2), per_axis(dilation, "dilation", 2)
    strides = kernel if stride is None else per_axis(stride, "stride", 2)
    pads = per_axis(padding, "padding", 2, least=0)
    for p, k, d in zip(pads, kernel, dilations):
        if 2 * p > d * (k - 1) + 1:
            raise ArgumentError(
                f"padding {padding!r} is more than half of a window of {d * (k - 1) + 1} pixels"
            )
    return kernel, strides, pads, dilations


def pool_size(x: Shape, options: Window, ceil_mode: bool) -> Sizes:
    """Rows and columns of a pooled image.

    With `ceil_mode` a last window may hang over the edge, but not begin behind the image.

    Raises
    ------
    ShapeError
        If x is no image, or no window fits.
    """
    if len(x) not in (3, 4):
        raise ShapeError(f"x must have 4 axes (3 without a batch), got {len(x)}")
    sizes = []
    for size, k, s, p, d in zip(x[-2:], *options):
        count = kernels.output_size(size + (s - 1 if ceil_mode else 0), k, s, (p, p), d)
        if ceil_mode and (count - 1) * s >= size + p:
            count -= 1
        sizes.append(count)
    if min(sizes) < 1 or min(x[-2:]) < 1:
        spans = tuple(d * (k - 1) + 1 for k, d in zip(options[0], options[3]))
        image = tuple(n + 2 * p for n, p in zip(x[-2:], options[2]))
        raise ShapeError(f"a window of {spans} pixels does not fit a padded image of {image}")
    return sizes[0], sizes[1]


CASES: tuple[tuple[Shape, dict[str, Any]], ...] = (
    ((1, 2, 4, 4), {"kernel_size": 2}),
    ((1, 5, 4), {"kernel_size": (3, 2), "stride": (2, 1)}),
    ((2, 1, 3, 3), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ((1, 1, 5, 4), {"kernel_size": 2, "ceil_mode": True}),
)
IMAGE = np.ones((1, 1, 4, 4))
FAILING = (
    Fails(np.ones((4, 4)), kernel_size=2, match="x must have 4 axes .3 without a batch.*2"),
    Fails(IMAGE, kernel_size=5, match=r"\(5, 5\) pixels .* image of \(4, 4\)"),
    Fails(IMAGE, kernel_size=2, padding=2, match="padding 2 is more than", error=ArgumentError),
    Fails(IMAGE, kernel_size=0, match="kernel_size must be at least 1", error=ArgumentError),
    Fails(IMAGE, kernel_size=2, stride="a", match="stride must be an int", error=DTypeError),
)


# Maximum


def _max_samples(rng: Rng) -> Iterable[Sample]:
    for shape, options in (*CASES, ((1, 1, 4, 5), {"kernel_size": 2, "dilation": (1, 3)})):
        yield Sample(distinct(rng, shape), **options)
    empty = np.array([[[-np.inf, -np.inf, 2.0, -np.inf]]])
    yield Sample(empty, kernel_size=(1, 2), orders=0, label="a window that is all -inf")


def _max_reference(x: np.ndarray, ceil_mode: bool = False, **options: Any) -> np.ndarray:
    out = pool_size(x.shape, window(**options), ceil_mode)
    return reference.max_pool2d(x, out, *window(**options))[0]


@op(
    samples=_max_samples,
    reference=_max_reference,
    fails=FAILING,
    residuals=("ties",),
    masks=True,
)
def max_pool2d(x, /, *, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """The largest element of each window; NaN if there is one in it.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    kernel_size, stride, padding, dilation : int or (rows, columns)
        The stride is the kernel_size unless given. Padding never wins.
    ceil_mode : bool
        Keep a last window that hangs over the edge, as long as it begins inside the image.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none
        OH = (H + 2*ph - dh*(KH - 1) - 1) // sh + 1, rounded up with ceil_mode; likewise OW.

    Raises
    ------
    ShapeError
        If no window fits into the image.
    ArgumentError
        If the padding is wider than half a window.

    Gradient
    --------
    Goes to the largest element; elements that tie for it share it equally, also where all are -inf.
    Keeps one bit of information (a byte) for each element of each window, not x.

    Examples
    --------
    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), kernel_size=2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    options = window(kernel_size, stride, padding, dilation)
    return kernels.max_pool2d(x, pool_size(x.shape, options, ceil_mode), *options)


@max_pool2d.grad("x")
def _(g, ties, x_shape, kernel_size, stride, padding, dilation):
    return max_pool2d_dx(
        g, ties, shape=x_shape, kernel_size=kernel_size, stride=stride, padding=padding,
        dilation=dilation,
    )  # fmt: skip


def _ties_samples(rng: Rng) -> Iterable[tuple[Shape, Shape, np.ndarray, dict[str, Any]]]:
    """Shapes of x and of the result, ties, and options; several elements tie in many windows."""
    for shape, options in CASES:
        given = {k: v for k, v in options.items() if k != "ceil_mode"}
        out, ties = max_pool2d.op.forward(rng.integers(0, 2, shape).astype(float), **options)
        yield shape, out.shape, ties, given


def _check_ties(ties: np.ndarray, x: Shape, options: Window) -> None:
    sizes = {pool_size(x, options, ceil_mode) for ceil_mode in (False, True)}
    if ties.shape not in {(*options[0], *x[:-2], *size) for size in sizes}:
        raise ShapeError(f"ties of shape {ties.shape} are not those of an image of shape {x}")


@op(
    samples=lambda rng: [
        Sample(uniform(rng, out), ties, shape=x, **options)
        for x, out, ties, options in _ties_samples(rng)
    ],
    reference=lambda g, ties, shape, **o: reference.max_pool2d_dx(g, ties, shape, *window(**o)[1:]),
    fails=[
        Fails(IMAGE, np.ones((2, 2, 1, 1, 2, 2), bool), shape=(1, 1, 4, 4), kernel_size=2,
              match=r"g has shape \(1, 1, 4, 4\) but .* \(1, 1, 2, 2\)"),
        Fails(IMAGE, np.ones((2, 2, 1, 1, 4, 4), bool), shape=(1, 1, 4, 4), kernel_size=2,
              match=r"ties of shape .* are not those"),
    ],
public=False)  # fmt: skip
def max_pool2d_dx(g, ties, /, *, shape, kernel_size, stride=None, padding=0, dilation=1):
    """The adjoint of max_pool2d at an x of this `shape`: each element of g goes in equal parts to
    the ties of its window, ties[u, v, ..., i, j]."""
    options = window(kernel_size, stride, padding, dilation)
    _check_ties(ties, tuple(shape), options)
    if g.shape != ties.shape[2:]:
        raise ShapeError(f"g has shape {g.shape} but the pooled image has {ties.shape[2:]}")
    return kernels.max_pool2d_dx(g, ties, shape, *options[1:])


@op(
    samples=lambda rng: [
        Sample(uniform(rng, x), ties, **options) for x, _, ties, options in _ties_samples(rng)
    ],
    reference=lambda x, ties, **o: reference.max_pool2d_pick(x, ties, *window(**o)[1:]),
    fails=[
        Fails(IMAGE, np.ones((2, 2, 1, 1, 3, 2), bool), kernel_size=2, match="ties of shape"),
    ],
    public=False,
)
def max_pool2d_pick(x, ties, /, *, kernel_size, stride=None, padding=0, dilation=1):
    """The mean over the ties of each window: what max_pool2d does to small changes of its input."""
    options = window(kernel_size, stride, padding, dilation)
    _check_ties(ties, x.shape, options)
    return kernels.max_pool2d_pick(x, ties, *options[1:])


@max_pool2d_dx.grad("g")
def _(h, ties, kernel_size, stride, padding, dilation):
    return max_pool2d_pick(
        h, ties, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )


@max_pool2d_pick.grad("x")
def _(g, ties, x_shape, kernel_size, stride, padding, dilation):
    return max_pool2d_dx(
        g, ties, shape=x_shape, kernel_size=kernel_size, stride=stride, padding=padding,
        dilation=dilation,
    )  # fmt: skip


# Mean


def _avg_cases() -> Iterable[tuple[Shape, dict[str, Any]]]:
    for shape, options in CASES:
        yield shape, options
        if "padding" in options or "ceil_mode" in options:
            yield shape, {**options, "ceil_mode": True, "count_include_pad": False}


def _weights(
    x: Shape, options: Window, ceil_mode: bool, count_include_pad: bool, dtype: Any
) -> np.ndarray:
    """1 / (pixels of each window that count), (OH, OW). What hangs over the padding never does."""
    counts = []
    for n, k, s, p, out in zip(x[-2:], *options[:3], pool_size(x, options, ceil_mode)):
        first = np.arange(out) * s - p
        last = np.minimum(first + k, n + p)
        if not count_include_pad:
            first, last = np.maximum(first, 0), np.minimum(last, n)
        counts.append(last - first)
    rows, columns = counts
    return (1 / (rows[:, None] * columns)).astype(dtype if dtype.kind == "f" else float)


def _avg_reference(
    x: np.ndarray, ceil_mode: bool = False, count_include_pad: bool = True, **options: Any
) -> np.ndarray:
    kernel, stride, pads, _ = chosen = window(**options)
    out = np.zeros((*x.shape[:-2], *pool_size(x.shape, chosen, ceil_mode)))
    for i, j in np.ndindex(out.shape[-2:]):
        top, left = i * stride[0] - pads[0], j * stride[1] - pads[1]
        pixels = [
            (y, z, 0 <= y < x.shape[-2] and 0 <= z < x.shape[-1])
            for y in range(top, min(top + kernel[0], x.shape[-2] + pads[0]))
            for z in range(left, min(left + kernel[1], x.shape[-1] + pads[1]))
        ]
        inside = [x[..., y, z] for y, z, there in pixels if there]
        out[..., i, j] = sum(inside) / len(pixels if count_include_pad else inside)
    return out


@op(
    samples=lambda rng: [Sample(uniform(rng, x), **options) for x, options in _avg_cases()],
    reference=_avg_reference,
    fails=FAILING,
    masks=True,  # pixels that no window covers
)
def avg_pool2d(
    x, /, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """The mean of each window.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    kernel_size, stride, padding : int or (rows, columns)
        The stride is the kernel_size unless given. The padding is zeros.
    ceil_mode : bool
        Keep a last window that hangs over the edge, as long as it begins inside the image; what
        hangs over does not count.
    count_include_pad : bool
        Whether the zeros of the padding count for the mean.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none; see max_pool2d

    Raises
    ------
    ShapeError
        If no window fits into the image.
    ArgumentError
        If the padding is wider than half a window.

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), kernel_size=2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    options = window(kernel_size, stride, padding)
    weights = _weights(x.shape, options, ceil_mode, count_include_pad, x.dtype)
    return kernels.avg_pool2d(x, weights, *options[:3])


def _avg_dx_samples(rng: Rng) -> Iterable[Sample]:
    for x, options in _avg_cases():
        ceil_mode = options.get("ceil_mode", False)
        given = {k: v for k, v in options.items() if k in ("kernel_size", "stride", "padding")}
        size = pool_size(x, window(**given), ceil_mode)
        yield Sample(uniform(rng, (*x[:-2], *size)), shape=x, **options)


def _avg_dx_reference(g: np.ndarray, shape: Shape, **options: Any) -> np.ndarray:
    unit = np.zeros((1, *shape[-2:]))
    dx = np.zeros(shape)
    for y, z in np.ndindex(shape[-2:]):
        unit[0, y, z] = 1
        dx[..., y, z] = (g * _avg_reference(unit, **options)[0]).sum((-2, -1))
        unit[0, y, z] = 0
    return dx


@op(
    samples=_avg_dx_samples,
    reference=_avg_dx_reference,
    fails=[
        Fails(IMAGE, shape=(1, 1, 4, 4), kernel_size=2, match=r"\(1, 1, 4, 4\) .* \(1, 1, 2, 2\)"),
    ],
    public=False,
)
def avg_pool2d_dx(
    g, /, *, shape, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """The adjoint of avg_pool2d for an x of this `shape`: each element of g is spread evenly over
    its window."""
    options = window(kernel_size, stride, padding)
    weights = _weights(tuple(shape), options, ceil_mode, count_include_pad, g.dtype)
    expected = (*shape[:-2], *weights.shape)
    if g.shape != expected:
        raise ShapeError(f"g has shape {g.shape} but the pooled image has {expected}")
    return kernels.avg_pool2d_dx(g, weights, shape, *options[:3])


@avg_pool2d.grad("x")
def _(g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad):
    return avg_pool2d_dx(
        g, shape=x_shape, kernel_size=kernel_size, stride=stride, padding=padding,
        ceil_mode=ceil_mode, count_include_pad=count_include_pad,
    )  # fmt: skip


@avg_pool2d_dx.grad("g")
def _(h, kernel_size, stride, padding, ceil_mode, count_include_pad):
    return avg_pool2d(
        h, kernel_size=kernel_size, stride=stride, padding=padding,
        ceil_mode=ceil_mode, count_include_pad=count_include_pad,
    )  # fmt: skip
