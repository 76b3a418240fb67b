"""Average pooling: the mean of each window.

avg_pool and avg_pool_dx are each other's adjoint. They slide windows along one, two or three axes;
`avg_pool1d`, `avg_pool2d` and `avg_pool3d` say what users mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import numpy as np

from .. import kernels
from ..errors import ArgumentError, ShapeError
from ..kernels import reference
from ..kernels.windows.windows import Sizes
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, uniform
from .pool import pool_cases, pool_fails
from .pool_options import Window, pooled_size, slide, window

# The two adjoints


def _narrow_samples(adjoint: bool) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        for axes in (1, 2):
            chosen, image, out = window(axes, 3, 2, 1), (6, 5)[:axes], (3, 3)[:axes]
            weight = uniform(rng, out)
            if adjoint:
                shape = (2, *image)
                yield Sample(uniform(rng, (2, *out)), shape=shape, weight=weight, window=chosen)
            else:
                yield Sample(uniform(rng, (2, *image)), weight=weight, window=chosen)

    return samples


@op(
    samples=_narrow_samples(adjoint=False),
    reference=lambda x, weight, window: reference.avg_pool(x, weight, *window[:3]),
    masks=True,  # pixels that no window covers
    public=False,
)
def avg_pool(x, /, *, weight, window):
    """The sum of each window along the last axes of x, times its weight."""
    return kernels.avg_pool(x, _as_float(weight, x.dtype), *window[:3])


@op(
    samples=_narrow_samples(adjoint=True),
    reference=lambda g, shape, weight, window: reference.avg_pool_dx(g, weight, shape, *window[:3]),
    fails=[
        Fails(np.ones((1, 4)), shape=(1, 4), weight=np.ones(2), window=window(1, 2),
              match=r"g has shape \(1, 4\) but .* \(1, 2\)"),
    ],
    public=False,
)  # fmt: skip
def avg_pool_dx(g, /, *, shape, weight, window):
    """The adjoint of avg_pool for an x of this `shape`: each element of g times its weight is
    added to every element of its window."""
    expected = (*shape[: -weight.ndim], *weight.shape)
    if g.shape != expected:
        raise ShapeError(f"g has shape {g.shape} but the pooled array has {expected}")
    return kernels.avg_pool_dx(g, _as_float(weight, g.dtype), shape, *window[:3])


def _as_float(weight: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return weight.astype(dtype if dtype.kind == "f" else float)


@avg_pool.grad("x")
def _(g, x_shape, weight, window):
    return avg_pool_dx(g, shape=x_shape, weight=weight, window=window)


@avg_pool_dx.grad("g")
def _(h, weight, window):
    return avg_pool(h, weight=weight, window=window)


# Means


def _weights(image: Sizes, out: Sizes, window: Window, count_include_pad: bool) -> np.ndarray:
    """1 / (elements of each window that count). What hangs over the padding never does."""
    counts = []
    for n, o, k, s, p in zip(image, out, *window[:3]):
        first = np.arange(o) * s - p
        last = np.minimum(first + k, n + p)
        if not count_include_pad:
            first, last = np.maximum(first, 0), np.minimum(last, n)
        counts.append(last - first)
    return 1 / reduce(np.multiply.outer, counts)


def _avg_pool(
    axes: int, x: Any, ceil_mode: bool, count_include_pad: bool, divisor: Any, **options: Any
) -> Any:
    name = f"avg_pool{axes}d"
    x, chosen, out = slide(name, x, axes, ceil_mode, **options)
    if divisor is None:
        weight = _weights(x.shape[-axes:], out, chosen, count_include_pad)
    elif isinstance(divisor, (int, float, np.number)) and divisor:
        weight = np.full(out, 1 / divisor)
    else:
        fact = f"divisor_override must be a number other than 0, got {divisor!r}"
        raise complain(ArgumentError, name, fact)
    return avg_pool(x, weight=weight, window=chosen)


def _avg_samples(axes: int) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        for shape, options in pool_cases(axes):
            yield Sample(uniform(rng, shape), **options)
            if "padding" in options or "ceil_mode" in options:
                more = {"ceil_mode": True, "count_include_pad": False}
                yield Sample(uniform(rng, shape), **{**options, **more})
        x = uniform(rng, (1, *[3] * axes))
        yield Sample(x, kernel_size=2, stride=1, padding=1, divisor_override=3)
        yield Sample(x[:0, None], kernel_size=2, label="an empty batch")

    return samples


def _avg_reference(axes: int) -> Callable[..., np.ndarray]:
    def plain(
        x: np.ndarray,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
        **options: Any,
    ) -> np.ndarray:
        kernel, stride, pads, _ = chosen = window(axes, **options)
        image = x.shape[-axes:]
        out = np.zeros((*x.shape[:-axes], *pooled_size(image, chosen, ceil_mode)))
        for at in np.ndindex(out.shape[-axes:]):
            starts = [i * s - p for i, s, p in zip(at, stride, pads)]
            stops = [min(i + k, n + p) for i, k, n, p in zip(starts, kernel, image, pads)]
            pixels = list(itertools.product(*map(range, starts, stops)))
            inside = [p for p in pixels if all(0 <= i < n for i, n in zip(p, image))]
            counted = divisor_override or len(pixels if count_include_pad else inside)
            out[reference.last(at)] = sum(x[reference.last(p)] for p in inside) / counted
        return out

    return plain


def _avg_fails(axes: int) -> list[Fails]:
    x = np.ones((1, *[4] * axes))
    zero = Fails(x, kernel_size=2, divisor_override=0, match="than 0", error=ArgumentError)
    return [*pool_fails(axes), zero]


@composite(samples=_avg_samples(1), reference=_avg_reference(1), fails=_avg_fails(1))
def avg_pool1d(
    x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """`avg_pool2d` of sequences: the mean of each window.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    kernel_size, stride, padding : int or (int,)
        The stride is the kernel_size unless given. Padding is zeros.
    ceil_mode, count_include_pad, divisor_override
        As in `avg_pool2d`.

    Returns
    -------
    shape (N, C, OL), without N if x has none

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> avg_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), kernel_size=2)
    array([[2.5, 2.5]])
    """
    return _avg_pool(
        1, x, ceil_mode, count_include_pad, divisor_override,
        kernel_size=kernel_size, stride=stride, padding=padding,
    )  # fmt: skip


@composite(samples=_avg_samples(2), reference=_avg_reference(2), fails=_avg_fails(2))
def avg_pool2d(
    x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
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
    divisor_override : number, optional
        What the sum of a window is divided by, in place of how many elements count.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none; see max_pool2d

    Raises
    ------
    ShapeError
        If no window fits into the image.
    ArgumentError
        If the padding is wider than half a window, or the divisor is 0.

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), kernel_size=2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return _avg_pool(
        2, x, ceil_mode, count_include_pad, divisor_override,
        kernel_size=kernel_size, stride=stride, padding=padding,
    )  # fmt: skip


@composite(samples=_avg_samples(3), reference=_avg_reference(3), fails=_avg_fails(3))
def avg_pool3d(
    x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """`avg_pool2d` of volumes: the mean of each window.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    kernel_size, stride, padding : int or (depth, rows, columns)
        The stride is the kernel_size unless given. Padding is zeros.
    ceil_mode, count_include_pad, divisor_override
        As in `avg_pool2d`.

    Returns
    -------
    shape (N, C, OD, OH, OW), without N if x has none

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> avg_pool3d(np.arange(16.0).reshape(1, 2, 2, 4), kernel_size=2)
    array([[[[6.5, 8.5]]]])
    """
    return _avg_pool(
        3, x, ceil_mode, count_include_pad, divisor_override,
        kernel_size=kernel_size, stride=stride, padding=padding,
    )  # fmt: skip
