"""Power-average pooling: the p-norm of each window, between the sum and the maximum."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..errors import ArgumentError
from ..kernels import reference
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, Samples, away_from, distinct
from .arithmetic import abs
from .pool import max_pool, pool_cases, pool_fails
from .pool_mean import avg_pool
from .pool_options import pooled_size, slide, window


def _powers(x: Any, p: float) -> Any:
    """abs(x)**p, which is smooth at 0 for even p; otherwise with the subgradient 0 there."""
    if p % 2 == 0:
        return x**p
    zero = x == 0
    return where(zero, 0, abs(where(zero, 1, x)) ** p)


def _lp_pool(axes: int, x: Any, norm_type: Any, ceil_mode: bool, **options: Any) -> Any:
    name = f"lp_pool{axes}d"
    x, chosen, out = slide(name, x, axes, ceil_mode, **options)
    if not isinstance(norm_type, (int, float, np.number)) or not norm_type > 0:
        fact = f"norm_type must be a positive number, got {norm_type!r}"
        raise complain(ArgumentError, name, fact)
    if norm_type == math.inf:
        return max_pool(abs(x), out=out, window=chosen)
    p = float(norm_type)
    return _powers(avg_pool(_powers(x, p), weight=np.ones(out), window=chosen), 1 / p)


def _samples(axes: int) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        for (shape, given), p in zip(pool_cases(axes), (2, 3, 1, 1.5)):
            options = {k: v for k, v in given.items() if k != "padding"}
            yield Sample(away_from(rng, shape, 0), p, **options)
        x = distinct(rng, (1, *[2] * axes), 0.5, 2)
        yield Sample(x, math.inf, kernel_size=2)
        yield Sample(x[:0], 2, kernel_size=2, label="no channels")
        zeros = np.zeros((1, *[4] * axes))
        zeros[..., 0] = 3
        yield Sample(zeros, 2, kernel_size=2, orders=0, label="with zeros")

    return samples


def _reference(axes: int) -> Callable[..., np.ndarray]:
    def plain(x: np.ndarray, p: float, ceil_mode: bool = False, **options: Any) -> np.ndarray:
        chosen = window(axes, **options)
        out = pooled_size(x.shape[-axes:], chosen, ceil_mode)
        if p == math.inf:
            return reference.max_pool(np.abs(x), out, *chosen)[0]
        return reference.avg_pool(np.abs(x) ** p, np.ones(out), *chosen[:3]) ** (1 / p)

    return plain


def _fails(axes: int) -> list[Fails]:
    x = np.ones((1, 1, *[4] * axes))
    given = [
        Fails(*bad.args, 2, match=bad.match, error=bad.error, **bad.attrs)
        for bad in pool_fails(axes, padded=False)
    ]
    wrong = "norm_type must be a positive number"
    for norm_type in (0, "fro"):
        given.append(Fails(x, norm_type, kernel_size=2, match=wrong, error=ArgumentError))
    return given


@composite(samples=_samples(1), reference=_reference(1), fails=_fails(1))
def lp_pool1d(x, norm_type, kernel_size, stride=None, ceil_mode=False):
    """`lp_pool2d` of sequences: the p-norm of each window, p = norm_type.

    Parameters
    ----------
    x : shape (N, C, L), or (C, L) without a batch
    norm_type : float
    kernel_size, stride : int or (int,)
        The stride is the kernel_size unless given.
    ceil_mode : bool
        Keep a last window that hangs over the edge.

    Returns
    -------
    shape (N, C, OL), without N if x has none

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> lp_pool1d(np.array([[3.0, 4.0, 0.0, 2.0]]), 2, kernel_size=2)
    array([[5., 2.]])
    """
    return _lp_pool(1, x, norm_type, ceil_mode, kernel_size=kernel_size, stride=stride)


@composite(samples=_samples(2), reference=_reference(2), fails=_fails(2))
def lp_pool2d(x, norm_type, kernel_size, stride=None, ceil_mode=False):
    """The p-norm of each window, (sum of abs(x)**p) ** (1/p), where p is the norm_type.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    norm_type : positive number
        1 gives the sum of absolute values, inf the largest of them.
    kernel_size, stride : int or (rows, columns)
        The stride is the kernel_size unless given.
    ceil_mode : bool
        Keep a last window that hangs over the edge; nothing is added for what hangs over.

    Returns
    -------
    shape (N, C, OH, OW), without N if x has none; see max_pool2d

    Raises
    ------
    ShapeError
        If no window fits into the image.
    ArgumentError
        If the norm_type is not positive.

    Gradient
    --------
    sign(x) * (abs(x) / out)**(p - 1). The subgradient 0 is used where a whole window is 0, and for
    elements that are 0 unless p is even.

    Source
    ------
    Sermanet, Chintala & LeCun (2012), "Convolutional Neural Networks Applied to House Numbers
    Digit Classification".

    Examples
    --------
    >>> lp_pool2d(np.array([[[3.0, 0.0], [0.0, 4.0]]]), 2, kernel_size=2)
    array([[[5.]]])
    """
    return _lp_pool(2, x, norm_type, ceil_mode, kernel_size=kernel_size, stride=stride)


@composite(samples=_samples(3), reference=_reference(3), fails=_fails(3))
def lp_pool3d(x, norm_type, kernel_size, stride=None, ceil_mode=False):
    """`lp_pool2d` of volumes: the p-norm of each window, p = norm_type.

    Parameters
    ----------
    x : shape (N, C, D, H, W), or (C, D, H, W) without a batch
    norm_type : float
    kernel_size, stride : int or (depth, rows, columns)
        The stride is the kernel_size unless given.
    ceil_mode : bool
        Keep a last window that hangs over the edge.

    Returns
    -------
    shape (N, C, OD, OH, OW), without N if x has none

    Raises
    ------
    ShapeError
        If no window fits into the image.

    Examples
    --------
    >>> lp_pool3d(np.ones((1, 2, 2, 4)), 3, kernel_size=2)
    array([[[[2., 2.]]]])
    """
    return _lp_pool(3, x, norm_type, ceil_mode, kernel_size=kernel_size, stride=stride)
