"""Differences of neighbours along an axis, and integrals by the trapezoidal rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes, op
from ..samples import BAD_AXIS, Fails, Rng, Sample, uniform
from .index import getitem
from .join import concat
from .rearrange import pad_constant
from .reduce import sum
from .shape import axes_of, reshape


def _differences_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (3, 4))
    for n, axis in ((1, -1), (2, 0), (3, 1), (0, 0), (2**70, 0)):
        yield Sample(x, n=n, axis=axis)


def _differences_reference(x: np.ndarray, n: int, axis: int) -> np.ndarray:
    for _ in range(min(n, x.shape[axis])):
        x = np.take(x, range(1, x.shape[axis]), axis) - np.take(x, range(x.shape[axis] - 1), axis)
    return x


@op(samples=_differences_samples, reference=_differences_reference, public=False)
def differences(x, /, *, n, axis):
    """x[i+1] - x[i] along an axis, n times; empty if it has no more than n elements."""
    (k,) = normalize_axes(axis, np.ndim(x))  # NumPy looks at it only if n > 0
    return np.diff(x, min(n, x.shape[k]), axis)


@differences.grad("x")
def _(g, axis, x_shape):
    n = x_shape[axis] - g.shape[axis]
    width = [(0, 0)] * len(x_shape)
    width[axis] = (n, n)
    out = differences(pad_constant(g, pad_width=tuple(width)), n=n, axis=axis)
    return -out if n % 2 else out


def _diff_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (3, 4))
    yield Sample(x)
    yield Sample(x, n=2, axis=0)
    yield Sample(x, axis=-2, prepend=0.5, label="a number in front")
    yield Sample(x, 2, -1, uniform(rng, (3, 2)), uniform(rng, (3, 1)), label="between arrays")
    yield Sample(x, 1, 0, uniform(rng, ()), label="after a 0-d array")
    yield Sample(uniform(rng, (0, 2)), axis=0, prepend=1.0, append=2.0, label="around nothing")


@composite(
    samples=_diff_samples,
    reference=np.diff,
    fails=[
        BAD_AXIS,
        Fails(np.ones(3), n=-1, error=ArgumentError, match="n must be an int >= 0, got -1"),
        Fails(np.ones(3), n=1.5, error=ArgumentError, match="n must be an int"),
        Fails(1.0, match="axis -1 does not exist in an array of 0 axes"),
        Fails(1.0, n=0, axis=0, match="axis 0 does not exist in an array of 0 axes"),
        Fails(np.ones((2, 3)), prepend=np.ones((3, 1)), match=r"\(3, 1\)"),
    ],
    method="diff",
)
def diff(x, n=1, axis=-1, prepend=None, append=None):
    """Differences of neighbours along an axis, x[i+1] - x[i], taken n times.

    Parameters
    ----------
    prepend, append : number, Tensor or array, optional
        What stands before and after x along the axis; a number counts as one element. They have
        gradients too.

    Returns
    -------
    array
        n elements fewer along the axis than x, prepend and append together, and none at the least.

    Raises
    ------
    ShapeError
        If there is no such axis, or prepend or append differ from x in another one.
    ArgumentError
        If n is negative.

    Gradient
    --------
    Linear, exact to all orders. Keeps nothing.

    Examples
    --------
    >>> diff([1.0, 4.0, 9.0]), diff([1.0, 4.0, 9.0], prepend=0)
    (array([3., 5.]), array([1., 3., 5.]))
    """
    (k,) = axes_of("diff", x, axis)
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise complain(ArgumentError, "diff", f"n must be an int >= 0, got {n!r}", {"x": x})
    if n and (prepend is not None or append is not None):
        ends = (_slab(prepend, x, k), x, _slab(append, x, k))
        x = concat([part for part in ends if part is not None], axis=k)
    return differences(x, n=n, axis=k)


def _slab(part: Any, x: Any, axis: int) -> Any:
    """What is put before or after x: a number fills a slice, a Python one in the dtype of x."""
    if part is None or np.ndim(part):
        return part
    if isinstance(part, (int, float)):
        part = np.asarray(part, np.result_type(operand(x).dtype, part))
    shape = tuple(1 if k == axis else size for k, size in enumerate(np.shape(x)))
    return broadcast_to(part, shape=shape)


def _trapezoid_samples(rng: Rng) -> Iterable[Sample]:
    y = uniform(rng, (2, 4))
    yield Sample(y)
    yield Sample(uniform(rng, (2, 1, 3)), axis=-3)
    yield Sample(y, dx=0.5, axis=0)
    yield Sample(y, uniform(rng, (4,)), label="x of one axis")
    yield Sample(y, uniform(rng, (2, 4)), label="x like y")


@composite(
    samples=_trapezoid_samples,
    reference=np.trapezoid,
    fails=[BAD_AXIS, Fails(np.ones(3), np.ones(4), match="4 points.* 3 values")],
)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral of y along an axis by the trapezoidal rule.

    Parameters
    ----------
    y : array
        The values.
    x : array, optional
        The points, one axis or like y; without it they are `dx` apart.

    Examples
    --------
    >>> trapezoid([0.0, 1.0, 4.0]), trapezoid([0.0, 1.0, 4.0], [0, 1, 3])
    (np.float64(3.0), np.float64(5.5))
    """
    (k,) = axes_of("trapezoid", y, axis)
    size = np.shape(y)[k]
    if x is not None:
        own = axes_of("trapezoid", x, axis)[0] if len(np.shape(x)) > 1 else 0
        if np.shape(x)[own] != size:
            fact = f"x has {np.shape(x)[own]} points but y has {size} values along axis {axis}"
            raise complain(ShapeError, "trapezoid", fact, {"y": y, "x": x})
        dx = diff(x, axis=own)
        if dx.ndim == 1:
            dx = reshape(dx, shape=(-1,) + (1,) * (len(np.shape(y)) - 1 - k))
    before = (slice(None),) * k
    left = getitem(y, index=(*before, slice(None, -1)))
    right = getitem(y, index=(*before, slice(1, None)))
    return sum(dx * (left + right), axis=k) / 2
