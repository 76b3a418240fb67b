"""Axes merged and split again: ravel, flatten, unflatten."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..errors import AxisError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .shape import axes_of, reshape


@composite(
    samples=lambda rng: [Sample(uniform(rng, s)) for s in ((2, 3), (3,), ())],
    reference=np.ravel,
    method="ravel",
)
def ravel(x):
    """The elements of x in row-major order, as one axis.

    Examples
    --------
    >>> ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4])
    """
    return reshape(x, shape=(math.prod(np.shape(x)),))


def _flatten_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2))
    yield Sample(x)
    yield Sample(x, start_dim=1)
    yield Sample(x, start_dim=0, end_dim=-2)
    yield Sample(uniform(rng, ()))


def _flatten_reference(x: np.ndarray, start_dim: int = 0, end_dim: int = -1) -> np.ndarray:
    if np.ndim(x) == 0:
        return np.ravel(x)
    end = end_dim % x.ndim
    return x.reshape(*x.shape[:start_dim], -1, *x.shape[end + 1 :])


@composite(
    samples=_flatten_samples,
    reference=_flatten_reference,
    fails=[
        Fails(np.ones((2, 3)), start_dim=2, error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), start_dim=1, end_dim=0, match="start_dim 1.*end_dim 0"),
    ],
    method="flatten",
)
def flatten(x, start_dim=0, end_dim=-1):
    """x with the axes from start_dim to end_dim (included) merged; a 0-d x gets one axis.

    Raises
    ------
    AxisError
        If x has no such axis, or they come in the wrong order.

    Examples
    --------
    >>> flatten(np.zeros((8, 16, 5, 5)), 1).shape  # images, to rows for a linear layer
    (8, 400)
    """
    shape = np.shape(x)
    if not shape:
        return reshape(x, shape=(1,))
    (first,), (last,) = axes_of("flatten", x, start_dim), axes_of("flatten", x, end_dim)
    if first > last:
        fact = f"start_dim {start_dim} comes after end_dim {end_dim}"
        raise complain(AxisError, "flatten", fact, {"x": x})
    merged = math.prod(shape[first : last + 1])
    return reshape(x, shape=(*shape[:first], merged, *shape[last + 1 :]))


def _unflatten_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 6)), axis=1, shape=(3, 2))
    yield Sample(uniform(rng, (6, 2)), axis=-2, shape=(-1, 2))


@composite(
    samples=_unflatten_samples,
    reference=lambda x, axis, shape: x.reshape((2, 3, 2) if axis == 1 else (3, 2, 2)),
    fails=[Fails(np.ones((2, 6)), axis=1, shape=(4, 2), match=r"6.*\(4, 2\)")],
    method="unflatten",
)
def unflatten(x, axis, shape):
    """x with one axis split into several, of sizes `shape`; one of them may be -1.

    Raises
    ------
    AxisError
        If x has no such axis.
    ShapeError
        If the sizes do not multiply to the length of the axis.

    Examples
    --------
    >>> unflatten(np.zeros((8, 400)), 1, (16, 5, 5)).shape
    (8, 16, 5, 5)
    """
    before = np.shape(x)
    (k,) = axes_of("unflatten", x, axis)
    known = math.prod(n for n in shape if n != -1)
    sizes = tuple(before[k] // known if n == -1 and known else n for n in shape)
    if math.prod(sizes) != before[k]:
        fact = f"axis {axis} has size {before[k]}, which is not {tuple(shape)}"
        raise complain(ShapeError, "unflatten", fact, {"x": x})
    return reshape(x, shape=(*before[:k], *sizes, *before[k + 1 :]))
