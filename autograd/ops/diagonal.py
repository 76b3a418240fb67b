"""Triangles and diagonals of matrices."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import AxisError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from ..views import compact
from .reduce import sum
from .shape import axes_of


def _triangle_samples(rng: Rng) -> Iterable[Sample]:
    for k in (0, 1, -1):
        yield Sample(uniform(rng, (3, 4)), k=k)
    yield Sample(uniform(rng, (2, 3, 2)))


def _triangle_reference(keep: Any) -> Any:
    def reference(x: np.ndarray, k: int = 0) -> np.ndarray:
        out = np.zeros_like(x)
        for index in np.ndindex(*x.shape):
            if keep(index[-1] - index[-2], k):
                out[index] = x[index]
        return out

    return reference


def _require_matrices(x: np.ndarray) -> None:
    if np.ndim(x) < 2:
        raise ShapeError(f"needs at least two axes, x has shape {np.shape(x)}")


@op(
    samples=_triangle_samples,
    reference=_triangle_reference(lambda distance, k: distance <= k),
    fails=[Fails(np.ones(3), match=r"two axes.*\(3,\)")],
    method="tril",
    masks=True,
)
def tril(x, /, *, k=0):
    """The lower triangle of each matrix: zero above the k-th diagonal.

    Parameters
    ----------
    x : shape (..., n, m)
    k : int
        0 is the main diagonal, positive numbers count upwards from it.

    Examples
    --------
    >>> tril(np.ones((2, 2)), k=-1)
    array([[0., 0.],
           [1., 0.]])
    """
    _require_matrices(x)
    return np.tril(x, k)


@tril.grad("x")
def _(g, k):
    return tril(g, k=k)


@op(
    samples=_triangle_samples,
    reference=_triangle_reference(lambda distance, k: distance >= k),
    fails=[Fails(np.ones(3), match=r"two axes.*\(3,\)")],
    method="triu",
    masks=True,
)
def triu(x, /, *, k=0):
    """The upper triangle of each matrix: zero below the k-th diagonal.

    Parameters
    ----------
    x : shape (..., n, m)
    k : int
        0 is the main diagonal, positive numbers count upwards from it.

    Examples
    --------
    >>> triu(np.ones((2, 2)), k=1)
    array([[0., 1.],
           [0., 0.]])
    """
    _require_matrices(x)
    return np.triu(x, k)


@triu.grad("x")
def _(g, k):
    return triu(g, k=k)


def _diagonal_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 3)))
    yield Sample(uniform(rng, (2, 3)), offset=1)
    yield Sample(uniform(rng, (2, 3, 2)), offset=-1, axis1=1, axis2=-1)


def _diagonal_reference(
    x: np.ndarray, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> np.ndarray:
    y = np.moveaxis(x, (axis1, axis2), (0, 1))
    pairs = [(i, i + offset) for i in range(y.shape[0]) if 0 <= i + offset < y.shape[1]]
    return np.stack([y[p] for p in pairs], axis=-1)


@op(
    samples=_diagonal_samples,
    reference=_diagonal_reference,
    fails=[
        Fails(np.ones(3), match="two dimensions"),
        Fails(np.ones((2, 3)), axis1=0, axis2=2, error=AxisError, match="axis2"),
    ],
    method="diagonal",
    masks=True,
)
def diagonal(x, /, *, offset=0, axis1=0, axis2=1):
    """The diagonal of each matrix in the plane of two axes, as the last axis of the result.

    Parameters
    ----------
    x : at least two axes
    offset : int
        0 is the main diagonal; element k of the result is [k, k + offset] of the two axes.
    axis1, axis2 : int, different axes

    Examples
    --------
    >>> diagonal(np.arange(8).reshape(2, 2, 2), axis1=1, axis2=2)
    array([[0, 3],
           [4, 7]])
    """
    return compact(np.diagonal(x, offset, axis1, axis2))


@diagonal.grad("x")
def _(g, offset, axis1, axis2, x_shape):
    return diagonal_dx(g, shape=x_shape, offset=offset, axis1=axis1, axis2=axis2)


def _diagonal_dx_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3,)), shape=(3, 3))
    yield Sample(uniform(rng, (2,)), shape=(2, 3), offset=1)
    yield Sample(uniform(rng, (2, 2)), shape=(2, 3, 2), offset=-1, axis1=1, axis2=-1)


def _diagonal_dx_reference(
    g: np.ndarray, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1
) -> np.ndarray:
    where = np.arange(np.prod(shape)).reshape(shape).diagonal(offset, axis1, axis2)
    out = np.zeros(shape)
    out.flat[where.ravel()] = g.ravel()
    return out


@op(samples=_diagonal_dx_samples, reference=_diagonal_dx_reference, public=False)
def diagonal_dx(g, /, *, shape, offset=0, axis1=0, axis2=1):
    """Zeros of `shape`, with the last axis of g on a diagonal."""
    out = np.zeros(shape, g.dtype)
    along = np.arange(g.shape[-1])
    matrices = np.moveaxis(out, (axis1, axis2), (-2, -1))
    matrices[..., along + builtins.max(-offset, 0), along + builtins.max(offset, 0)] = g
    return out


@diagonal_dx.grad("g")
def _(h, offset, axis1, axis2):
    return diagonal(h, offset=offset, axis1=axis1, axis2=axis2)


def _diag_embed_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3,)))
    yield Sample(uniform(rng, (2, 3)), offset=-1)
    yield Sample(uniform(rng, (2, 2)), offset=1, axis1=0, axis2=2)


def _diag_embed_reference(
    x: np.ndarray, offset: int = 0, axis1: int = -2, axis2: int = -1
) -> np.ndarray:
    out = np.stack([np.diag(row, offset) for row in x.reshape(-1, x.shape[-1])])
    out = out.reshape(x.shape[:-1] + out.shape[1:])
    return np.moveaxis(out, (-2, -1), (axis1, axis2))


@composite(
    samples=_diag_embed_samples,
    reference=_diag_embed_reference,
    fails=[
        Fails(1.0, match="at least one axis"),
        Fails(np.ones(3), axis1=2, error=AxisError, match="axis 2"),
    ],
    method="diag_embed",
)
def diag_embed(x, offset=0, axis1=-2, axis2=-1):
    """Matrices with the last axis of x on their diagonal and zeros elsewhere.

    The matrices lie in the plane of the axes axis1 and axis2 of the result.
    """
    before = np.shape(x)
    if not before:
        raise complain(ShapeError, "diag_embed", "needs at least one axis", {"x": x})
    first, second = axes_of("diag_embed", x, (axis1, axis2), extra=1)
    batch = iter(before[:-1])
    side = before[-1] + abs(offset)
    shape = tuple(side if k in (first, second) else next(batch) for k in range(len(before) + 1))
    return diagonal_dx(x, shape=shape, offset=offset, axis1=first, axis2=second)


def _diag_samples(rng: Rng) -> Iterable[Sample]:
    for k in (0, -1):
        yield Sample(uniform(rng, (2,)), k=k)
        yield Sample(uniform(rng, (3, 2)), k=k)


@composite(
    samples=_diag_samples,
    reference=np.diag,
    fails=[Fails(np.ones((2, 2, 2)), match=r"\(2, 2, 2\)")],
    method="diag",
)
def diag(x, k=0):
    """The k-th diagonal of a matrix; of a vector, the matrix that has it there.

    Parameters
    ----------
    x : shape (n,) or (n, m)
    k : int
        0 is the main diagonal, positive numbers count upwards from it.

    Raises
    ------
    ShapeError
        If x has no axis, or more than two.

    Examples
    --------
    >>> diag(np.array([[1, 2], [3, 4]]), k=1)
    array([2])
    >>> diag(np.array([5.0, 6.0]))
    array([[5., 0.],
           [0., 6.]])
    """
    ndim = len(np.shape(x))
    if ndim not in (1, 2):
        fact = f"takes a vector or a matrix, not an array of shape {np.shape(x)}"
        raise complain(ShapeError, "diag", fact, {"x": x})
    return diag_embed(x, offset=k) if ndim == 1 else diagonal(x, offset=k)


def _trace_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 2)))
    yield Sample(uniform(rng, (2, 3, 3)), offset=1, axis1=1, axis2=-1)


@composite(
    samples=_trace_samples,
    reference=np.trace,
    fails=[Fails(np.ones(3), match=r"two axes.*\(3,\)")],
    method="trace",
)
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal of each matrix in the plane of two axes.

    Examples
    --------
    >>> trace(np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.float64(5.0)
    """
    if len(np.shape(x)) < 2:
        fact = f"needs at least two axes, x has shape {np.shape(x)}"
        raise complain(ShapeError, "trace", fact, {"x": x})
    axes_of("trace", x, (axis1, axis2))
    return sum(diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1)
