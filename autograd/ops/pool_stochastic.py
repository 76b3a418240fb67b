"""Stochastic pooling: one element of each window, drawn with a probability that is its share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .. import kernels
from ..algebra import where
from ..errors import ArgumentError
from ..kernels.windows.windows import Sizes
from ..messages import complain
from ..op import composite, op
from ..random import generator
from ..samples import Fails, Rng, Sample, uniform
from .pool import max_pool_pick, pool_fails
from .pool_mean import avg_pool
from .pool_options import Window, slide, window


def _drawn(values: list[float], draw: float) -> int | None:
    """The element in which `draw` lands, with the values laid end to end on a line of length 1."""
    point = draw * sum(values)
    for k, value in enumerate(values):
        if point < value:
            return k
        point -= value
    return None


def _choice_reference(x: np.ndarray, out: Sizes, window: Window, rng: int) -> np.ndarray:
    (KH, KW), (sh, sw) = window.kernel, window.stride
    draws = np.random.default_rng(rng).random((*x.shape[:-2], *out))
    chosen = np.zeros((KH, KW, *draws.shape), bool)
    for *n, i, j in np.ndindex(draws.shape):
        values = x[*n, i * sh : i * sh + KH, j * sw : j * sw + KW].ravel().tolist()
        k = _drawn(values, draws[*n, i, j])
        if k is not None:
            chosen[k // KW, k % KW, *n, i, j] = True
    return chosen


def _images(rng: Rng) -> Iterable[tuple[np.ndarray, dict[str, Any]]]:
    yield uniform(rng, (2, 4, 4), 0.5, 2), {"kernel_size": 2}
    yield uniform(rng, (1, 2, 5, 4), 0.5, 2), {"kernel_size": (3, 2), "stride": (2, 1)}
    yield np.ones((0, 2, 4, 4)), {"kernel_size": 2}


def _choice_samples(rng: Rng) -> Iterable[Sample]:
    for x, options in _images(rng):
        _, chosen, out = slide("stochastic_pool2d", x, 2, **options)
        yield Sample(x, out=out, window=chosen, rng=0)
    yield Sample(np.zeros((1, 2, 2)), out=(1, 1), window=window(2, 2), rng=0)


@op(samples=_choice_samples, reference=_choice_reference, plain=True, public=False)
def stochastic_choice(x, /, *, out, window, rng):
    """One element of each window, as a mask (KH, KW, ..., OH, OW): with probability proportional to
    its value, and none where all are 0. A NaN is always chosen."""
    pads = [(p, p) for p in window.padding]
    values = kernels.unfold(x, window.kernel, window.stride, tuple(pads), window.dilation)
    values = values.reshape(*x.shape[:-2], math.prod(window.kernel), *out)
    ends = np.cumsum(values, axis=-3, dtype=float)
    total = ends[..., -1, :, :]
    point = generator(rng).random(total.shape) * total
    point = np.minimum(point, np.nextafter(total, 0))  # a product may be rounded up to the total
    index = (ends <= point[..., None, :, :]).sum(axis=-3)
    index = np.where(np.isnan(total), np.isnan(values).argmax(axis=-3), index)
    mask = np.arange(values.shape[-3]).reshape(-1, *[1] * index.ndim) == index
    return mask.reshape(*window.kernel, *index.shape)


def _samples(rng: Rng) -> Iterable[Sample]:
    for seed, (x, options) in enumerate(_images(rng)):
        yield Sample(x, **options, rng=seed)
        yield Sample(x, **options, training=False)
    dark = np.zeros((1, 2, 2))
    yield Sample(dark, kernel_size=2, training=False, orders=0, label="a window of zeros")


def _reference(
    x: np.ndarray, kernel_size: Any, stride: Any = None, training: bool = True, rng: int = 0
) -> np.ndarray:
    _, chosen, out = slide("stochastic_pool2d", x, 2, kernel_size=kernel_size, stride=stride)
    views = sliding_window_view(x, chosen.kernel, axis=(-2, -1))
    views = views[..., :: chosen.stride[0], :: chosen.stride[1], :, :]
    if training:
        mask = np.moveaxis(_choice_reference(x, out, chosen, rng), (0, 1), (-2, -1))
        return (views * mask).sum((-2, -1))
    total = views.sum((-2, -1))
    return (views**2).sum((-2, -1)) / np.where(total == 0, 1, total)


@composite(
    samples=_samples,
    reference=_reference,
    fails=[
        *pool_fails(2, padded=False),
        Fails(-np.ones((1, 4, 4)), kernel_size=2, match="not be negative.*-1", error=ArgumentError),
    ],
)
def stochastic_pool2d(x, kernel_size, stride=None, training=True, rng=None):
    """One element of each window, drawn at random: the larger, the more likely.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
        Not negative, such as the results of `relu`. An element's probability is its share in the
        sum of its window.
    kernel_size, stride : int or (rows, columns)
        The stride is the kernel_size unless given.
    training : bool
        False: what is expected, the mean of each window weighted with the probabilities.
    rng : numpy Generator, seed, or None for the package's generator

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none; see max_pool2d

    Raises
    ------
    ShapeError
        If no window fits into the image.
    ArgumentError
        If an element of x is negative.

    Gradient
    --------
    Goes to the element that was drawn; the draw itself is a constant. A window of zeros gives 0,
    and gets the subgradient 0.

    Source
    ------
    Zeiler & Fergus (2013), "Stochastic Pooling for Regularization of Deep Convolutional Neural
    Networks".

    Examples
    --------
    >>> x = np.array([[[1.0, 3.0], [0.0, 0.0]]])
    >>> sorted({float(stochastic_pool2d(x, 2, rng=seed).item()) for seed in range(20)})
    [1.0, 3.0]
    >>> stochastic_pool2d(x, 2, training=False)  # 1 * 1/4 + 3 * 3/4
    array([[[2.5]]])
    """
    options = {"kernel_size": kernel_size, "stride": stride}
    x, chosen, out = slide("stochastic_pool2d", x, 2, **options)
    least = np.min(np.asarray(x), initial=0)
    if least < 0:
        fact = f"x must not be negative, but its least element is {least:.6g}"
        raise complain(ArgumentError, "stochastic_pool2d", fact, {"x": x})
    if training:
        drawn = stochastic_choice(x, out=out, window=chosen, rng=rng)
        return max_pool_pick(x, np.asarray(drawn), window=chosen)
    ones = np.ones(out)
    total = avg_pool(x, weight=ones, window=chosen)
    zero = total == 0
    return where(zero, 0, avg_pool(x * x, weight=ones, window=chosen) / where(zero, 1, total))
