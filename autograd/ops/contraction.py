"""Sums of products over pairs of axes: tensordot, inner, dot, and the bilinear form."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import AxisError, DTypeError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes
from ..samples import Fails, Rng, Sample, uniform
from .arithmetic import multiply
from .linear import checked_bias
from .products import matmul, pairs
from .shape import expand_dims, reshape, squeeze, transpose


def _tensordot_samples(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3, 2)), uniform(rng, (3, 2, 2))
    yield Sample(x, y)
    yield Sample(x, y[0], axes=1)
    yield Sample(x, y[..., 0], axes=0, orders=2)
    yield Sample(x, y, axes=(-1, 1))
    yield Sample(x, y, axes=((1, 0), (0, -1)))


def _contracted(x: Any, y: Any, axes: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of x and of y that tensordot sums over, checked."""
    m, n = np.ndim(x), np.ndim(y)
    try:
        if isinstance(axes, (int, np.integer)):
            if not 0 <= axes <= min(m, n):
                raise AxisError(f"x and y have {m} and {n} axes, so axes={axes} cannot be summed")
            axes = tuple(range(m - axes, m)), tuple(range(axes))
        if not isinstance(axes, (tuple, list)) or len(axes) != 2:
            raise DTypeError(f"axes must be an int or a pair of axes, got {axes!r}")
        mine, yours = normalize_axes(axes[0], m), normalize_axes(axes[1], n)
        if len(mine) != len(yours):
            raise ShapeError(f"axes pairs {len(mine)} axes of x with {len(yours)} of y")
        for j, k in zip(mine, yours):
            a, b = np.shape(x)[j], np.shape(y)[k]
            if a != b:
                raise ShapeError(f"x has {a} along axis {j} but y has {b} along axis {k}")
    except (ShapeError, DTypeError) as e:
        raise complain(type(e), "tensordot", str(e), {"x": x, "y": y}, {"axes": axes}) from None
    return mine, yours


@composite(
    samples=_tensordot_samples,
    reference=lambda x, y, axes=2: np.tensordot(x, y, axes),
    fails=[
        Fails(np.ones((2, 3)), np.ones((4, 2)), axes=1, match="3 along axis 1.*4 along axis 0"),
        Fails(np.ones((2, 3)), np.ones(3), axes=2, error=AxisError, match="axes=2"),
        Fails(np.ones(3), np.ones(3), axes=((0,), (0, 0)), error=AxisError, match="twice"),
        Fails(np.ones(3), np.ones((3, 3)), axes=((0,), (0, 1)), match="1 axes of x with 2 of y"),
        Fails(np.ones(3), np.ones(3), axes="ij", error=DTypeError, match="axes must be"),
    ],
)
def tensordot(x, y, /, axes=2):
    """Sum of products over pairs of axes; the axes left over of x come first, then those of y.

    Parameters
    ----------
    axes : int, or (axes of x, axes of y)
        An int n pairs the last n axes of x with the first n of y, in order.

    Raises
    ------
    ShapeError
        If paired axes differ in size; AxisError if one does not exist or comes twice.

    Examples
    --------
    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3, 5)), axes=((1, 2), (1, 0))).shape
    (2, 5)
    """
    mine, yours = _contracted(x, y, axes)
    left = tuple(k for k in range(np.ndim(x)) if k not in mine)
    right = tuple(k for k in range(np.ndim(y)) if k not in yours)
    shape = (*(np.shape(x)[k] for k in left), *(np.shape(y)[k] for k in right))
    return reshape(matmul(_as_matrix(x, left, mine), _as_matrix(y, yours, right)), shape=shape)


def _as_matrix(x: Any, rows: tuple[int, ...], columns: tuple[int, ...]) -> Any:
    """x with the axes `rows` merged into one and the axes `columns` into another."""
    shape, order = np.shape(x), rows + columns
    if order != tuple(range(len(order))):
        x = transpose(x, axes=order)
    return reshape(x, shape=tuple(math.prod(shape[k] for k in part) for part in (rows, columns)))


@composite(
    samples=pairs(((3,), (3,)), ((2, 3), (3,)), ((2, 2), (2, 1, 2)), ((), (2,))),
    reference=np.inner,
    fails=[Fails(np.ones((2, 3)), np.ones((2, 4)), match="3 along axis 1.*4 along axis 1")],
)
def inner(x, y, /):
    """Sum of products over the last axis of x and the last of y; a product if one is a number.

    Returns
    -------
    shape (*x.shape[:-1], *y.shape[:-1])

    Raises
    ------
    ShapeError
        If the last axes differ in length.

    Examples
    --------
    >>> inner(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]))
    array([21., 43.])
    """
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return multiply(x, y)
    return tensordot(x, y, axes=(-1, -1))


@composite(
    samples=pairs(((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (3,)), ((2, 2), (3, 2, 1)), ((), (2,))),
    reference=np.dot,
    fails=[
        Fails(np.ones((2, 3)), np.ones((2, 4)), match="3 columns but y has 2 rows"),
        Fails(np.ones((2, 3)), np.ones((1, 2, 4)), match="3 along axis 1.*2 along axis 1"),
    ],
    method="dot",
)
def dot(x, y, /):
    """NumPy's dot: the product of numbers, vectors or matrices.

    With three and more axes it sums over the last axis of x and the last but one of y, and nothing
    broadcasts (matmul is the one that does).
    """
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return multiply(x, y)
    return matmul(x, y) if np.ndim(y) <= 2 else tensordot(x, y, axes=(-1, -2))


def _bilinear_samples(rng: Rng) -> Iterable[Sample]:
    x1, x2, w = uniform(rng, (2, 3)), uniform(rng, (2, 2)), uniform(rng, (2, 3, 2))
    yield Sample(x1, x2, w, uniform(rng, (2,)))
    yield Sample(x1[0], x2[0], w)
    yield Sample(x1[:, None], x2, w, label="broadcast")


def _bilinear_reference(x1: np.ndarray, x2: np.ndarray, w: np.ndarray, b: Any = 0) -> np.ndarray:
    outer = x1[..., None, :, None] * x2[..., None, None, :]
    return (outer * w).sum((-2, -1)) + b


@composite(
    samples=_bilinear_samples,
    reference=_bilinear_reference,
    fails=[
        Fails(np.ones(3), np.ones(2), np.ones((4, 2, 2)), match="x1 has 3 features.*w expects 2"),
        Fails(np.ones(3), np.ones(2), np.ones((4, 3, 3)), match="x2 has 2 features.*w expects 3"),
        Fails(np.ones(3), np.ones(2), np.ones((3, 2)), match=r"w must be \(out, in1, in2\)"),
    ],
)
def bilinear(x1, x2, w, b=None, /):
    """x1 @ w[o] @ x2 + b[o] for each output o.

    Parameters
    ----------
    x1, x2 : shapes (..., in1) and (..., in2); the axes before the last broadcast
    w : shape (out, in1, in2)
    b : shape (out,), optional

    Returns
    -------
    shape (..., out)

    Raises
    ------
    ShapeError
        If x1 or x2 has another number of features than w, or b another length.
    """
    shape = np.shape(w)
    if len(shape) != 3:
        fact = f"w must be (out, in1, in2), got {len(shape)} axes"
        raise complain(ShapeError, "bilinear", fact, {"x1": x1, "x2": x2, "w": w})
    for name, x, size in (("x1", x1, shape[1]), ("x2", x2, shape[2])):
        if np.shape(x)[-1:] != (size,):
            features = np.shape(x)[-1] if np.ndim(x) else "no"
            fact = f"{name} has {features} features but w expects {size}"
            raise complain(ShapeError, "bilinear", fact, {"x1": x1, "x2": x2, "w": w})
    half = tensordot(x1, w, axes=(-1, 1))  # (..., out, in2)
    out = squeeze(half @ expand_dims(x2, axis=-1), axis=-1)
    return out if b is None else out + checked_bias("bilinear", x1, w, b)
