"""Products of vectors, matrices and stacks of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from inspect import signature
from typing import Any

import numpy as np

from .. import kernels
from ..arguments import facade
from ..errors import AxisError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes, op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor
from .shape import expand_dims, moveaxis, reshape

Function = Callable[..., Any]


def front(narrow: Any) -> Callable[[Function], Function]:
    """Make the decorated function what users call for an op of the same name.

    The op takes its arrays in one form only, so that its rules are one line each; its front takes
    what is convenient. Graphs show the op; documentation, stubs and tests take the front.
    """

    def register(f: Function) -> Function:
        entry = narrow.op
        entry.signature, entry.doc = signature(f), f.__doc__ or ""
        entry.call = facade(entry, f)
        return entry.call

    return register


# Matrices


def _matmul_samples(rng: Rng) -> Iterable[Sample]:
    for m, n in (
        ((2, 3), (3, 2)), ((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 2, 3), (3, 2)),
        ((2, 3), (2, 3, 1)), ((2, 1, 1, 3), (2, 3, 2)), ((2, 2, 3), (3,)), ((3,), (2, 3, 2)),
    ):  # fmt: skip
        yield Sample(uniform(rng, m), uniform(rng, n))


def _matmul_reference(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows = x[None] if x.ndim == 1 else x
    columns = y[:, None] if y.ndim == 1 else y
    out = (rows[..., :, :, None] * columns[..., None, :, :]).sum(-2)
    out = out[..., 0] if y.ndim == 1 else out
    return out if x.ndim > 1 else out[..., 0, :] if y.ndim > 1 else out[..., 0]


def _matmul_fault(x: tuple[int, ...], y: tuple[int, ...]) -> str:
    """Why arrays of these shapes have no matrix product."""
    for name, shape in (("x", x), ("y", y)):
        if not shape:
            return f"{name} is a single number; use * to scale by it"
    rows = y[-2] if len(y) > 1 else y[0]
    if x[-1] != rows:
        columns = "columns" if len(x) > 1 else "elements"
        return f"x has {x[-1]} {columns} but y has {rows} {'rows' if len(y) > 1 else 'elements'}"
    return f"the stacks do not broadcast: x has {x[:-2]} matrices and y has {y[:-2]}"


@op(
    samples=_matmul_samples,
    reference=_matmul_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((4, 2)), match="x has 3 columns but y has 4 rows"),
        Fails(np.ones(3), np.ones(4), match="x has 3 elements but y has 4 elements"),
        Fails(np.ones((2, 1, 3)), np.ones((3, 3, 1)), match=r"broadcast.*\(2,\).*\(3,\)"),
        Fails(np.ones((2, 3)), np.float64(2.0), match="y is a single number"),
    ],
    method="matmul",
    operators=("__matmul__", "__rmatmul__", "__imatmul__"),
)
def matmul(x, y, /):
    """Matrix product of the last two axes, x @ y; the axes before them broadcast.

    A vector x counts as a row and a vector y as a column; the result then lacks that axis.

    Raises
    ------
    ShapeError
        If x has not as many columns as y has rows, or the axes before them do not broadcast.

    Examples
    --------
    >>> matmul(np.ones((5, 2, 3)), np.ones((3, 4))).shape
    (5, 2, 4)
    """
    try:
        if x.__class__ is y.__class__ is np.ndarray:
            if x.ndim == 2 == y.ndim and x.shape[1] == len(y) == 1:
                return kernels.outer(x[:, 0], y[0])
            return kernels.matmul(x, y)
        return np.matmul(x, y)
    except ValueError:
        raise ShapeError(_matmul_fault(np.shape(x), np.shape(y))) from None


@matmul.grad("x")
def _(g, y):
    if y.ndim == 1:
        return expand_dims(g, axis=-1) * y
    if g.ndim < y.ndim:  # x is a vector
        g = expand_dims(g, axis=-2)
    return times(g, y.mT)


@matmul.grad("y")
def _(g, x, y_shape):
    if x.ndim == g.ndim == 2:
        return sum_of_outer(x, g)
    if x.ndim == 1:
        return expand_dims(x, axis=-1) * expand_dims(g, axis=-2) if g.ndim else x * g
    if len(y_shape) == 1:
        return times(expand_dims(g, axis=-2), x)
    if len(y_shape) == 2:  # one matrix for the whole stack: one product, nothing to sum up
        return sum_of_outer(as_rows(x), as_rows(g))
    return times(x.mT, g)


def sum_of_outer(x: Any, y: Any) -> Any:
    """x.mT @ y: the products of each element of a row of x with each of y's row, summed up."""
    if len(x) == 1 and type(x) is type(y) is np.ndarray:
        return kernels.outer(x[0], y[0])
    return times(x.mT, y)


def times(x: Any, y: Any) -> Any:
    """x @ y, where the kernel takes arrays."""
    return kernels.matmul(x, y) if type(x) is type(y) is np.ndarray else x @ y


def as_rows(x: Any) -> Any:
    """x as one matrix: the last axis is kept, all others are merged."""
    return x if x.ndim == 2 else reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


# Vectors


def _vector_samples(rng: Rng) -> Iterable[Sample]:
    for m, n in (((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3))):
        yield Sample(uniform(rng, m), uniform(rng, n))
    yield Sample(uniform(rng, (3, 2)), uniform(rng, (3, 1)), axis=0)
    yield Sample(uniform(rng, (2, 3, 2)), uniform(rng, (3, 1)), axis=-2)


@op(
    name="vecdot",
    samples=_vector_samples,
    reference=lambda x, y, axis=-1: (np.moveaxis(x, axis, -1) * np.moveaxis(y, axis, -1)).sum(-1),
    fails=[
        Fails(np.ones((2, 3)), np.ones((2, 4)), match="x has 3 elements.*y has 4"),
        Fails(np.ones((2, 3)), np.ones((2, 3)), axis=2, error=AxisError, match="axis 2"),
    ],
)
def _vecdot(x, y, /):
    if x.shape[-1] != y.shape[-1]:
        raise ShapeError(f"x has {x.shape[-1]} elements along the axis but y has {y.shape[-1]}")
    return np.vecdot(x, y)


@_vecdot.grad("x")
def _(g, y):
    return expand_dims(g, axis=-1) * y


@_vecdot.grad("y")
def _(g, x):
    return expand_dims(g, axis=-1) * x


@front(_vecdot)
def vecdot(x, y, /, *, axis=-1):
    """Dot products of the vectors that lie along one axis; the other axes broadcast.

    Raises
    ------
    ShapeError
        If the vectors differ in length, or the other axes do not broadcast.

    Examples
    --------
    >>> vecdot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]))
    array([21., 43.])
    """
    return _vecdot(_last("vecdot", x, axis), _last("vecdot", y, axis))


def _last(name: str, x: Any, axis: int) -> Any:
    """x with the given axis moved to the end."""
    ndim = x.ndim if type(x) is Tensor else np.ndim(x)
    try:
        (k,) = normalize_axes(axis, ndim)
    except AxisError as e:
        raise complain(AxisError, name, str(e), {"x": x}) from None
    return x if k == ndim - 1 else moveaxis(x, k, -1)


def _cross_reference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    a, b = np.moveaxis(x, axis, 0), np.moveaxis(y, axis, 0)
    parts = [a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)]
    return np.moveaxis(np.stack(parts), 0, axis)


@op(
    name="cross",
    samples=_vector_samples,
    reference=_cross_reference,
    fails=[
        Fails(np.ones(2), np.ones(2), match="x has 2 elements along the axis, not 3"),
        Fails(np.ones(3), np.ones(4), match="y has 4 elements along the axis, not 3"),
    ],
)
def _cross(x, y, /):
    for name, v in (("x", x), ("y", y)):
        if v.shape[-1] != 3:
            raise ShapeError(f"{name} has {v.shape[-1]} elements along the axis, not 3")
    return np.cross(x, y)


@_cross.grad("x")
def _(g, y):
    return _cross(y, g)


@_cross.grad("y")
def _(g, x):
    return _cross(g, x)


@front(_cross)
def cross(x, y, /, *, axis=-1):
    """Cross products of the vectors of three elements along one axis; the other axes broadcast.

    Raises
    ------
    ShapeError
        If the axis has not three elements, or the others do not broadcast.

    Examples
    --------
    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    out = _cross(_last("cross", x, axis), _last("cross", y, axis))
    return out if axis == -1 else moveaxis(out, -1, axis)


def pairs(*shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> Callable[[Rng], Iterable[Sample]]:
    return lambda rng: [Sample(uniform(rng, m), uniform(rng, n)) for m, n in shapes]


@composite(
    samples=pairs(((2,), (3,)), ((2, 2), (3,)), ((), (2,))),
    reference=lambda x, y: np.ravel(x)[:, None] * np.ravel(y),
    method="outer",
)
def outer(x, y, /):
    """Every element of x times every element of y: out[i, j] = x.ravel()[i] * y.ravel()[j].

    Examples
    --------
    >>> outer(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([[3., 4.],
           [6., 8.]])
    """
    x, y = (reshape(v, shape=(math.prod(np.shape(v)),)) for v in (x, y))
    return expand_dims(x, axis=1) * y


@composite(
    samples=pairs(((3,), (3,)), ((2, 2), (2, 2))),
    reference=lambda x, y: (np.ravel(x) * np.ravel(y)).sum(),
    fails=[Fails(np.ones(3), np.ones(4), match="x has 3 elements but y has 4")],
)
def vdot(x, y, /):
    """The dot product of all elements of x and y, whatever their shapes.

    Examples
    --------
    >>> vdot(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    np.float64(11.0)
    """
    sizes = [math.prod(np.shape(v)) for v in (x, y)]
    if sizes[0] != sizes[1]:
        fact = f"x has {sizes[0]} elements but y has {sizes[1]}"
        raise complain(ShapeError, "vdot", fact, {"x": x, "y": y})
    return reshape(x, shape=(sizes[0],)) @ reshape(y, shape=(sizes[1],))


@composite(
    samples=pairs(((2,), (3,)), ((2, 1), (1, 3)), ((2, 2), (3,)), ((2,), (1, 2, 2)), ((), (2,))),
    reference=np.kron,
)
def kron(x, y, /):
    """Kronecker product: blocks of y, each times an element of x.

    Examples
    --------
    >>> kron(np.array([1, 10]), np.array([1, 2]))
    array([ 1,  2, 10, 20])
    """
    ndim = max(np.ndim(x), np.ndim(y))
    m, n = ((1,) * (ndim - np.ndim(v)) + np.shape(v) for v in (x, y))
    blocks = reshape(x, shape=[s for size in m for s in (size, 1)])
    blocks = blocks * reshape(y, shape=[s for size in n for s in (1, size)])
    return reshape(blocks, shape=tuple(a * b for a, b in zip(m, n)))
