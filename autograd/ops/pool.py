"""Max pooling: the largest element of each window, and where it was.

The gradient is a linear map whose own gradient is a linear map: max_pool_dx and max_pool_pick are
each other's adjoint, because which elements won is a constant. These ops slide windows along one,
two or three axes; `max_pool1d`, `max_pool2d` and `max_pool3d` say what users mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels import reference
from ..kernels.windows.windows import Sizes
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, distinct, uniform
from .pool_options import Window, pooled_size, slide, window, window_counts


def pool_cases(axes: int) -> Iterable[tuple[Sizes, dict[str, Any]]]:
    """Shapes of x, and options, that every kind of pooling is tested on."""
    yield (1, 2, *(4, 4, 3)[-axes:]), {"kernel_size": 2}
    uneven = {"kernel_size": (2, 3, 2)[-axes:], "stride": (1, 2, 1)[-axes:]}
    yield (1, *(3, 5, 4)[-axes:]), uneven
    yield (2, 1, *[3] * axes), {"kernel_size": 3, "stride": 2, "padding": 1}
    yield (1, 1, *(3, 2, 5)[-axes:]), {"kernel_size": 2, "ceil_mode": True}


def pool_fails(axes: int, padded: bool = True) -> list[Fails]:
    """Calls that every kind of pooling refuses."""
    x = np.ones((1, 1, *[4] * axes))
    fails = [
        Fails(x[0, 0], kernel_size=2, match=f"x must have {axes + 2} axes .{axes + 1} without"),
        Fails(x, kernel_size=5, match=r"a window of size \(5,.* does not fit into \(4,"),
        Fails(x, kernel_size=0, match="kernel_size must be at least 1", error=ArgumentError),
        Fails(x, kernel_size=2, stride="a", match="stride must be an int", error=DTypeError),
        Fails(x, kernel_size=(2,) * 4, match="kernel_size must be an int", error=DTypeError),
        Fails(x > 0, kernel_size=2, match="real numbers, not bool", error=DTypeError),
    ]
    if padded:
        wide = "padding 2 is more than half"
        fails.append(Fails(x, kernel_size=2, padding=2, match=wide, error=ArgumentError))
    return fails


# The maximum, which elements it is, and the two adjoints


def _narrow(axes: int) -> Iterable[tuple[Sizes, Sizes, Window]]:
    """Shape of x, number of windows, and windows of the same cases, as the narrow ops take them."""
    for shape, given in pool_cases(axes):
        chosen = window(axes, **{k: v for k, v in given.items() if k != "ceil_mode"})
        yield shape, pooled_size(shape[-axes:], chosen, "ceil_mode" in given), chosen


NARROW = [*_narrow(1), *_narrow(2)]


@op(
    samples=lambda rng: [
        Sample(distinct(rng, shape), out=out, window=chosen) for shape, out, chosen in NARROW
    ],
    reference=lambda x, out, window: reference.max_pool(x, out, *window)[0],
    residuals=("ties",),
    masks=True,
    public=False,
)
def max_pool(x, /, *, out, window):
    """The largest element of each of `out` windows along the last axes of x."""
    return kernels.max_pool(x, out, *window)


@max_pool.grad("x")
def _(g, ties, x_shape, window):
    return max_pool_dx(g, ties, shape=x_shape, window=window)


def _ties_samples(rng: Rng) -> Iterable[tuple[Sizes, np.ndarray, Window]]:
    """Shapes of x, ties, and windows; several elements tie in many windows."""
    for shape, out, chosen in NARROW:
        x = rng.integers(0, 2, shape).astype(float)
        yield shape, kernels.max_pool(x, out, *chosen)[1], chosen


def _check_ties(ties: np.ndarray, x: Sizes, window: Window) -> None:
    axes = len(window.kernel)
    lead, image = x[:-axes], x[-axes:]
    sizes = {window_counts(image, window, ceil_mode) for ceil_mode in (False, True)}
    if ties.shape not in {(*window.kernel, *lead, *size) for size in sizes}:
        raise ShapeError(f"ties of shape {ties.shape} are not those of an x of shape {x}")


@op(
    samples=lambda rng: [
        Sample(uniform(rng, ties.shape[len(chosen.kernel) :]), ties, shape=shape, window=chosen)
        for shape, ties, chosen in _ties_samples(rng)
    ],
    reference=lambda g, ties, shape, window: reference.max_pool_dx(g, ties, shape, *window[1:]),
    fails=[
        Fails(np.ones((1, 4)), np.ones((2, 1, 2), bool), shape=(1, 4), window=window(1, 2),
              match=r"g has shape \(1, 4\) but .* \(1, 2\)"),
        Fails(np.ones((1, 4)), np.ones((2, 1, 4), bool), shape=(1, 4), window=window(1, 2),
              match=r"ties of shape .* are not those"),
    ],
    public=False,
)  # fmt: skip
def max_pool_dx(g, ties, /, *, shape, window):
    """The adjoint of max_pool at an x of this `shape`: each element of g goes in equal parts to
    the ties of its window, ties[element, ..., window]."""
    _check_ties(ties, tuple(shape), window)
    if g.shape != ties.shape[len(window.kernel) :]:
        expected = ties.shape[len(window.kernel) :]
        raise ShapeError(f"g has shape {g.shape} but the pooled array has {expected}")
    return kernels.max_pool_dx(g, ties, shape, *window[1:])


@op(
    samples=lambda rng: [
        Sample(uniform(rng, shape), ties, window=chosen)
        for shape, ties, chosen in _ties_samples(rng)
    ],
    reference=lambda x, ties, window: reference.max_pool_pick(x, ties, *window[1:]),
    fails=[
        Fails(np.ones((1, 4)), np.ones((2, 1, 4), bool), window=window(1, 2), match="ties of shape")
    ],
    public=False,
)
def max_pool_pick(x, ties, /, *, window):
    """The mean over the ties of each window: what max_pool does to small changes of its input."""
    _check_ties(ties, x.shape, window)
    return kernels.max_pool_pick(x, ties, *window[1:])


@max_pool_dx.grad("g")
def _(h, ties, window):
    return max_pool_pick(h, ties, window=window)


@max_pool_pick.grad("x")
def _(g, ties, x_shape, window):
    return max_pool_dx(g, ties, shape=x_shape, window=window)


def _indices_reference(x: np.ndarray, out: Sizes, window: Window) -> np.ndarray:
    axes = len(out)
    best = np.full((*x.shape[:-axes], *out), -1)
    largest = reference.max_pool(x, out, *window)[0]
    image = x.shape[-axes:]
    places = np.arange(math.prod(image)).reshape(image)
    for n in np.ndindex(x.shape[:-axes]):
        for at, _, pixel in reference.hits(image, window[0], out, *window[1:]):
            a, b = x[n + pixel], largest[n + at]
            if best[n + at] < 0 and (a == b or (a != a and b != b)):
                best[n + at] = places[pixel]
    return best


def _indices_samples(rng: Rng) -> Iterable[Sample]:
    for shape, out, chosen in NARROW:
        yield Sample(rng.integers(0, 2, shape).astype(float), out=out, window=chosen)
    holes = np.array([[-np.inf, -np.inf, np.nan, 3.0, np.nan]])
    yield Sample(holes, out=(5,), window=window(1, 2, 1, 1), label="-inf and NaN")
    yield Sample(np.ones((1, 1)), out=(1,), window=window(1, 2, 1, 1, 2), label="an empty window")


@op(samples=_indices_samples, reference=_indices_reference, plain=True, public=False)
def max_pool_indices(x, /, *, out, window):
    """Where the largest element of each window is, counted through the last axes of x row by row.

    The first one of several; -1 for a window that meets the padding only.
    """
    _, ties = kernels.max_pool(x, out, *window)
    axes = len(out)
    ties = ties.reshape(math.prod(window.kernel), *ties.shape[axes:])
    place = np.zeros(ties.shape[1:], np.intp)
    for a, offset in enumerate(np.unravel_index(ties.argmax(axis=0), window.kernel)):
        first = np.arange(out[a]) * window.stride[a] - window.padding[a]
        along = first.reshape(-1, *[1] * (axes - 1 - a)) + offset * window.dilation[a]
        place = place * x.shape[a - axes] + along
    return np.where(ties.any(axis=0), place, -1)


# What users call


def _max_samples(axes: int) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        for shape, options in pool_cases(axes):
            yield Sample(distinct(rng, shape), **options)
        x = distinct(rng, (1, 1, *(3, 4, 5)[-axes:]))
        yield Sample(x, kernel_size=2, dilation=(1, 1, 3)[-axes:], return_indices=True)
        empty = np.full((1, 1, *[2] * axes), -np.inf)
        yield Sample(empty, kernel_size=2, orders=0, label="a window that is all -inf")
        yield Sample(np.ones((0, 2, *[2] * axes)), kernel_size=2, label="an empty batch")

    return samples


def _max_reference(axes: int) -> Callable[..., Any]:
    def plain(
        x: np.ndarray, ceil_mode: bool = False, return_indices: bool = False, **options: Any
    ) -> Any:
        chosen = window(axes, **options)
        out = pooled_size(x.shape[-axes:], chosen, ceil_mode)
        largest = reference.max_pool(x, out, *chosen)[0]
        return (largest, _indices_reference(x, out, chosen)) if return_indices else largest

    return plain


def _max_pool(axes: int, x: Any, ceil_mode: bool, return_indices: bool, **options: Any) -> Any:
    x, chosen, out = slide(f"max_pool{axes}d", x, axes, ceil_mode, **options)
    largest = max_pool(x, out=out, window=chosen)
    return (largest, max_pool_indices(x, out=out, window=chosen)) if return_indices else largest


@composite(samples=_max_samples(1), reference=_max_reference(1), fails=pool_fails(1))
def max_pool1d(
    x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """`max_pool2d` of sequences: the largest element of each window.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    kernel_size, stride, padding, dilation : int or (int,)
        The stride is the kernel_size unless given. Padding never wins.
    ceil_mode, return_indices : bool
        As in `max_pool2d`; an index is the place in an image's elements in row-major order.

    Returns
    -------
    shape (N, C, OL), without N if x has none; with return_indices also the indices
        OL = (L + 2*p - d*(K - 1) - 1) // s + 1, rounded up with ceil_mode.

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> max_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), kernel_size=2)
    array([[4., 3.]])
    """
    return _max_pool(
        1, x, ceil_mode, return_indices,
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
    )  # fmt: skip


@composite(samples=_max_samples(2), reference=_max_reference(2), fails=pool_fails(2))
def max_pool2d(
    x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """The largest element of each window; NaN if there is one in it.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    kernel_size, stride, padding, dilation : int or (rows, columns)
        The stride is the kernel_size unless given. Padding never wins.
    ceil_mode : bool
        Keep a last window that hangs over the edge, as long as it begins inside the image.
    return_indices : bool
        Whether to return where the largest elements are, too: for `max_unpool2d`.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none
        OH = (H + 2*ph - dh*(KH - 1) - 1) // sh + 1, rounded up with ceil_mode; likewise OW.
    indices, of the same shape, only with return_indices
        row * W + column in the image. Of several largest elements (or NaN) the first one; -1 for
        a window that meets the padding only.

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
    return _max_pool(
        2, x, ceil_mode, return_indices,
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
    )  # fmt: skip


@composite(samples=_max_samples(3), reference=_max_reference(3), fails=pool_fails(3))
def max_pool3d(
    x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """`max_pool2d` of volumes: the largest element of each window.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    kernel_size, stride, padding, dilation : int or (depth, rows, columns)
        The stride is the kernel_size unless given. Padding never wins.
    ceil_mode, return_indices : bool
        As in `max_pool2d`; an index is the place in an image's elements in row-major order.

    Returns
    -------
    shape (N, C, OD, OH, OW), without N if x has none; with return_indices also the indices
        OD = (D + 2*pd - dd*(KD - 1) - 1) // sd + 1, rounded up with ceil_mode; likewise OH and OW.

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> max_pool3d(np.arange(16.0).reshape(1, 2, 2, 4), kernel_size=2)
    array([[[[13., 15.]]]])
    """
    return _max_pool(
        3, x, ceil_mode, return_indices,
        kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
    )  # fmt: skip
