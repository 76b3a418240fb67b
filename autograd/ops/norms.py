"""Norms of vectors and matrices, and condition numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes, op
from ..samples import BAD_AXIS, Fails, Rng, Sample, distinct, reduction
from .arithmetic import abs, flat, sign
from .determinant import sign_of_det
from .reduce import lane_by_lane, min, restore_axes, sum, tie_shares
from .shape import axes_of, expand_dims, moveaxis
from .solve import VECTOR, inv, regular, shape_of_matrices
from .spectral import svdvals

ORDERS = (0, 1, 3, 1.5, -2, math.inf, -math.inf)


def _vector_norm_samples(rng: Rng) -> Iterable[Sample]:
    yield from reduction(distinct)(rng)
    x = distinct(rng, (2, 3), 0.5, 2) * np.array([[1, -1, 1], [-1, 1, -1]])
    for p in ORDERS:
        yield Sample(x, ord=p, axis=-1)
    zeros = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 4.0]])
    for p in (1, 2, 3):
        yield Sample(zeros, ord=p, axis=1, orders=0, label=f"with zeros, ord={p}")


def _norm_of_list(values: list[float], ord: float = 2) -> float:
    sizes = [math.fabs(v) for v in values]
    if ord in (math.inf, -math.inf):
        return sorted(sizes)[-1 if ord > 0 else 0]
    if ord == 0:
        return len(sizes) - sizes.count(0)
    return math.fsum(v**ord for v in sizes) ** (1 / ord)


@op(
    samples=_vector_norm_samples,
    reference=lane_by_lane(_norm_of_list),
    fails=[
        BAD_AXIS,
        Fails(np.ones(3), ord="fro", error=ArgumentError, match="ord of a vector norm .* 'fro'"),
    ],
    masks=True,
)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """sum(abs(x)**ord)**(1/ord) over `axis` (int, tuple, or None for all).

    Parameters
    ----------
    ord : number
        inf gives the largest absolute value, -inf the smallest, 0 the number of nonzero elements.

    Gradient
    --------
    sign(x) * (abs(x) / out)**(ord - 1). At the zero vector, where a norm has a kink, the
    subgradient 0 is used, and so it is for elements that are 0 if ord < 2. Elements that tie for
    the largest or smallest absolute value share equally. For ord=0 the gradient is zero.

    Examples
    --------
    >>> x = Tensor([3.0, 0.0, 4.0], requires_grad=True)
    >>> vector_norm(x).backward(); x.grad
    Tensor([0.6, 0. , 0.8])
    """
    if isinstance(ord, str):
        raise ArgumentError(f"ord of a vector norm is a number, not {ord!r}")
    if axis is not None:
        axis = normalize_axes(axis, np.ndim(x))
        axis = axis[0] if len(axis) == 1 else axis  # NumPy rearranges x for a tuple, even of one
    return np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


@vector_norm.grad("x")
def _(g, x, out, axis, keepdims, ord):
    g, norm = (restore_axes(v, axis, keepdims) for v in (g, out))
    if ord == 0:
        return flat(g)
    if ord in (math.inf, -math.inf):
        return g * sign(x) * tie_shares(abs(x), norm, axis=axis, keepdims=True)
    if ord == 1:
        return g * sign(x)
    zero = norm == 0
    share = x / where(zero, 1, norm)
    if ord != 2:
        share = where(x == 0, 0, sign(x) * abs(share) ** (ord - 1))
    return g * where(zero, 0, share)


# Matrices


def _largest(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """The largest of numbers from 0 up: 0 if there is none."""
    return vector_norm(x, axis=axis, keepdims=keepdims, ord=math.inf)


# order -> how to reduce the sums of absolute values, and along which axis of a matrix to sum
_SUMS = {1: (_largest, 0), -1: (min, 0), math.inf: (_largest, 1), -math.inf: (min, 1)}
# order -> how to reduce the singular values
_SPECTRAL = {"nuc": sum, 2: _largest, -2: min}


def _matrix_norm(name: str, x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """Norms of the matrices in the plane of two axes, rows first."""
    if ord in ("fro", "f"):
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if ord in _SPECTRAL:
        out = _SPECTRAL[ord](svdvals(moveaxis(x, axes, (-2, -1))), axis=-1)
        return expand_dims(out, axis=axes) if keepdims else out
    if ord in _SUMS:
        choose, summed = _SUMS[ord]
        return choose(sum(abs(x), axis=axes[summed], keepdims=True), axis=axes, keepdims=keepdims)
    known = ", ".join(map(repr, ("fro", *_SPECTRAL, *_SUMS)))
    fact = f"ord of a matrix norm is one of {known}, not {ord!r}"
    raise complain(ArgumentError, name, fact, {"x": x})


def _matrix_norm_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 3))
    for ord in ("fro", *_SPECTRAL, *_SUMS):
        yield Sample(x, ord=ord, orders=2)
    yield Sample(distinct(rng, (2, 2, 2)), keepdims=True, ord="nuc", orders=1)
    yield Sample(distinct(rng, (2, 2, 2)), keepdims=True, ord=1, orders=1)


def _matrix_norm_reference(x: np.ndarray, ord: Any = "fro", keepdims: bool = False) -> np.ndarray:
    size, squares = np.abs(x), x @ x.mT if x.shape[-2] < x.shape[-1] else x.mT @ x
    values = np.sqrt(np.linalg.eigvalsh(squares))
    out = {
        "fro": lambda: np.sqrt((x * x).sum((-2, -1))),
        "nuc": lambda: values.sum(-1),
        2: lambda: values[..., -1],
        -2: lambda: values[..., 0],
        1: lambda: size.sum(-2).max(-1),
        -1: lambda: size.sum(-2).min(-1),
        math.inf: lambda: size.sum(-1).max(-1),
        -math.inf: lambda: size.sum(-1).min(-1),
    }[ord]()
    return out[..., None, None] if keepdims else out


@composite(
    samples=_matrix_norm_samples,
    reference=_matrix_norm_reference,
    fails=[VECTOR, Fails(np.eye(2), ord=3, error=ArgumentError, match="ord of a matrix norm .* 3")],
)
def matrix_norm(x, ord="fro", keepdims=False):
    """Norms of the matrices in the last two axes.

    Parameters
    ----------
    ord : str or number
        "fro": root of the sum of squares. "nuc", 2 and -2: sum, largest and smallest of the
        singular values. 1 and -1: largest and smallest sum of absolute values in a column;
        inf and -inf: in a row.

    Gradient
    --------
    Ties share equally; 0 for singular values that are 0, and at the zero matrix.
    """
    ndim = len(shape_of_matrices("matrix_norm", x))
    return _matrix_norm("matrix_norm", x, ord, (ndim - 2, ndim - 1), keepdims)


def _norm_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 2, 2))
    yield Sample(x, orders=2)
    yield Sample(x[0], orders=1)
    yield Sample(x[0, 0], ord=3, orders=1)
    yield Sample(x[0], ord=1, orders=1)
    yield Sample(x, ord=math.inf, axis=1, orders=1)
    yield Sample(x, ord="nuc", axis=(2, 0), keepdims=True, orders=1)
    yield Sample(x, ord=-1, axis=(-1, 1), orders=1)


@composite(
    samples=_norm_samples,
    reference=np.linalg.norm,
    fails=[
        BAD_AXIS,
        Fails(np.ones((2, 2, 2)), ord=1, match="ord=1 needs one axis or two, x has 3"),
        Fails(np.ones((2, 2)), ord="max", error=ArgumentError, match="'max'"),
        Fails(np.ones(2), ord="nuc", error=ArgumentError, match="'nuc'"),
    ],
    method="norm",
)
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors (one axis) or of matrices (two axes).

    Parameters
    ----------
    ord : str or number
        As for `vector_norm` with one axis, as for `matrix_norm` with two. Unless given, the root of
        the sum of squares, of any number of axes.
    axis : int or tuple of ints; all axes unless given

    Examples
    --------
    >>> norm(np.array([[3.0, 4.0], [6.0, 8.0]]), axis=1)
    array([ 5., 10.])
    """
    axes = axes_of("norm", x, axis)
    if ord is None:
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if len(axes) == 1:
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) == 2:
        return _matrix_norm("norm", x, ord, axes, keepdims)
    fact = f"ord={ord} needs one axis or two, x has {len(axes)}"
    raise complain(ShapeError, "norm", fact, {"x": x}, {"axis": axis})


def _cond_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 3, 3)[:2], orders=2)
    for p in (-2, 1, "fro"):
        yield Sample(regular(rng, 2, 2), p=p, orders=2)
    singular = np.array([[[1.0, 2.0], [2.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]])
    yield Sample(singular, p=1, orders=0, label="singular, p=1")
    yield Sample(singular[1], orders=0, label="zeros")


@composite(
    samples=_cond_samples,
    reference=np.linalg.cond,
    fails=[VECTOR, Fails(np.ones((2, 3)), p=1, match="x must be square")],
)
def cond(x, p=None):
    """How much errors may grow in solving with x: norm(x, p) * norm(inv(x), p).

    Parameters
    ----------
    x : shape (..., n, n); any (..., m, n) if p is None, 2 or -2
    p : None, or an order of `matrix_norm`
        None is 2: the ratio of the largest singular value to the smallest.

    Returns
    -------
    shape (...), inf for singular matrices, where the gradient is 0
    """
    ndim = len(shape_of_matrices("cond", x))
    if p in (None, 2, -2):
        values = svdvals(x)
        first, last = values[..., 0], values[..., -1]
        return _ratio(last, first) if p == -2 else _ratio(first, last)
    x, axes = operand(x), (ndim - 2, ndim - 1)
    singular = sign_of_det(x) == 0
    identity = np.eye(x.shape[-1], dtype=x.dtype)
    safe = where(expand_dims(singular, axis=axes), identity, x)
    out = _matrix_norm("cond", safe, p, axes) * _matrix_norm("cond", inv(safe), p, axes)
    return where(singular, math.inf, out)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, and inf where b is 0."""
    return where(b == 0, math.inf, a / where(b == 0, 1, b))
