"""The same elements under other shapes: reshape, transpose, add and drop axes of length one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..binding import bind
from ..errors import AxisError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes, op, require_axes
from ..samples import NO_AXIS, Fails, Rng, Sample, uniform
from ..tensor import Tensor


def axes_of(name: str, x: Any, axis: Any, extra: int = 0) -> tuple[int, ...]:
    """`axis` as axes 0 <= a < ndim of x (or of a result with `extra` axes more).

    Raises
    ------
    AxisError
        Under the name of the function that the user called, and showing x.
    """
    ndim = x.ndim if type(x) is Tensor else np.ndim(x)
    try:
        return normalize_axes(axis, ndim + extra)
    except AxisError as e:
        raise complain(AxisError, name, str(e), {"x": x}, {"axis": axis}) from None


def _reshape_samples(rng: Rng) -> Iterable[Sample]:
    for before, after in (((2, 6), (3, 4)), ((4, 3), (-1, 2)), ((4,), 4), ((1, 1), ()), ((), (1,))):
        yield Sample(uniform(rng, before), shape=after)
    yield Sample(uniform(rng, (2, 3)).T, shape=(6,), label="of a transposed array")


@op(
    samples=_reshape_samples,
    reference=lambda x, shape: np.array(np.asarray(x).ravel().tolist()).reshape(shape),
    fails=[
        Fails(np.ones((2, 3)), shape=(4, 2), match=r"size 6 into shape \(4,2\)"),
        Fails(np.ones(6), shape=(4, -1), match="size 6 into shape"),
    ],
)
def reshape(x, /, *, shape):
    """x with the same elements, in row-major order, under another shape. One size may be -1.

    As a method also `x.reshape(2, 3)`, and `x.view(2, 3)`.

    Raises
    ------
    ShapeError
        If the new shape has another number of elements.

    Examples
    --------
    >>> reshape(np.arange(6), (2, -1))
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    return np.asarray(x).reshape(shape)[()]


@reshape.grad("x")
def _(g, x_shape):
    return reshape(g, shape=x_shape)


def _reshape_method(self: Tensor, *shape: Any) -> Tensor:
    """The same elements under another shape: x.reshape(2, 3), x.reshape((2, 3)), x.reshape(-1)."""
    return reshape(self, shape=shape[0] if len(shape) == 1 else shape)


bind("reshape", _reshape_method)
bind("view", _reshape_method)


def _transpose_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)))
    yield Sample(uniform(rng, (2, 3, 2)), axes=(1, 2, 0))
    yield Sample(uniform(rng, (2, 3, 2)), axes=(-1, 0, 1))
    yield Sample(uniform(rng, ()))


def _transpose_reference(x: np.ndarray, axes: Any = None) -> np.ndarray:
    axes = range(np.ndim(x))[::-1] if axes is None else [a % np.ndim(x) for a in axes]
    out = np.empty([np.shape(x)[a] for a in axes])
    for index in np.ndindex(np.shape(x)):
        out[tuple(index[a] for a in axes)] = x[index]
    return out


@op(
    samples=_transpose_samples,
    reference=_transpose_reference,
    fails=[
        Fails(np.ones((2, 3)), axes=(0, 0), match="repeated|twice"),
        Fails(np.ones((2, 3)), axes=(0, 2), error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), axes=(0,), match="axes"),
    ],
)
def transpose(x, /, *, axes=None):
    """x with its axes in another order: out.shape[k] = x.shape[axes[k]]. By default reversed.

    As a method also `x.transpose(1, 0)` and `x.permute(1, 0)`; `permute_dims` is the same function.

    Raises
    ------
    ShapeError
        If `axes` does not name each axis once.
    """
    return x.transpose(axes) if isinstance(x, np.ndarray) else np.transpose(x, axes)


@transpose.grad("x")
def _(g, axes):
    return transpose(g, axes=None if axes is None else _inverse(axes))


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    count = len(axes)
    places = {a % count: k for k, a in enumerate(axes)}
    return tuple(places[a] for a in range(count))


permute_dims = transpose


def _transpose_method(self: Tensor, *axes: Any) -> Tensor:
    """The axes in another order: x.transpose(1, 0), x.transpose((1, 0)); without axes reversed."""
    if not axes or axes[0] is None:
        return transpose(self)
    return transpose(self, axes=axes[0] if isinstance(axes[0], (tuple, list)) else axes)


bind("transpose", _transpose_method)
bind("permute", _transpose_method)
bind("T", property(transpose, doc="The axes in reverse order."))


def _swapaxes_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3, 2)), axis1=0, axis2=1)
    yield Sample(uniform(rng, (2, 3, 2)), axis1=0, axis2=-1)


@composite(
    samples=_swapaxes_samples,
    reference=np.swapaxes,
    fails=[Fails(np.ones((2, 3)), axis1=0, axis2=2, error=AxisError, match="axis 2")],
    method="swapaxes",
)
def swapaxes(x, axis1, axis2):
    """x with two axes exchanged.

    Raises
    ------
    AxisError
        If x has no such axis.

    Examples
    --------
    >>> swapaxes(np.array([[1, 2], [3, 4]]), 0, 1)
    array([[1, 3],
           [2, 4]])
    """
    (first,), (second,) = axes_of("swapaxes", x, axis1), axes_of("swapaxes", x, axis2)
    axes = list(range(len(np.shape(x))))
    axes[first], axes[second] = second, first
    return transpose(x, axes=tuple(axes))


def _mt(self: Tensor) -> Tensor:
    if self.ndim < 2:
        raise complain(ShapeError, "mT", "needs at least two axes", {"x": self})
    return swapaxes(self, -1, -2)


bind("mT", property(_mt, doc="The last two axes exchanged: the transpose of each matrix."))


def _moveaxis_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2))
    yield Sample(x, source=0, destination=-1)
    yield Sample(x, source=(0, 1), destination=(-1, 0))


@composite(
    samples=_moveaxis_samples,
    reference=np.moveaxis,
    fails=[
        Fails(np.ones((2, 3)), source=2, destination=0, error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), source=(0, 1), destination=0, match="2 axes.*1"),
    ],
    method="moveaxis",
)
def moveaxis(x, source, destination):
    """x with the axes `source` moved to the places `destination`; the others keep their order.

    Parameters
    ----------
    source, destination : ints, or tuples of as many

    Raises
    ------
    AxisError
        If x has no such axis.
    ShapeError
        If there are more axes than places, or fewer.

    Examples
    --------
    >>> moveaxis(np.zeros((8, 3, 28, 28)), 1, -1).shape
    (8, 28, 28, 3)
    """
    start, end = axes_of("moveaxis", x, source), axes_of("moveaxis", x, destination)
    if len(start) != len(end):
        fact = f"{len(start)} axes to move but {len(end)} places for them"
        raise complain(ShapeError, "moveaxis", fact, {"x": x})
    axes = [a for a in range(len(np.shape(x))) if a not in start]
    for place, a in sorted(zip(end, start, strict=True)):
        axes.insert(place, a)
    return transpose(x, axes=tuple(axes))


def _expand_dims_samples(rng: Rng) -> Iterable[Sample]:
    for shape, axis in (((2, 3), 0), ((2, 3), -1), ((2,), (0, 2)), ((), 0)):
        yield Sample(uniform(rng, shape), axis=axis)


@op(
    samples=_expand_dims_samples,
    reference=np.expand_dims,
    fails=[Fails(np.ones((2, 3)), axis=3, error=AxisError, match="axis 3")],
    method=("expand_dims", "unsqueeze"),
)
def expand_dims(x, /, *, axis):
    """x with axes of length one inserted, which stand at `axis` (int or tuple) in the result.

    Raises
    ------
    AxisError
        If the result has no such axis.

    Examples
    --------
    >>> expand_dims(np.zeros((2, 3)), axis=(0, -1)).shape
    (1, 2, 3, 1)
    """
    x = np.asarray(x)
    ndim = x.ndim + (len(axis) if isinstance(axis, (tuple, list)) else 1)
    new = normalize_axes(axis, ndim)
    sizes = iter(x.shape)
    return x.reshape([1 if k in new else next(sizes) for k in range(ndim)])


@expand_dims.grad("x")
def _(g, x_shape):
    return reshape(g, shape=x_shape)


def _squeeze_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (1, 3, 1))
    for axis in (None, 0, -1, (0, 2)):
        yield Sample(x, axis=axis)


@op(
    samples=_squeeze_samples,
    reference=np.squeeze,
    fails=[
        NO_AXIS,
        Fails(np.ones((2, 3)), axis=0, match="size not equal to one"),
        Fails(np.ones((2, 3)), axis=2, error=AxisError, match="axis 2"),
    ],
    method="squeeze",
)
def squeeze(x, /, *, axis=None):
    """x without its axes of length one: all of them, or those named by `axis` (int or tuple).

    Raises
    ------
    ShapeError
        If a named axis is longer than one.

    Examples
    --------
    >>> squeeze(np.zeros((1, 3, 1)), axis=0).shape
    (3, 1)
    """
    x = np.asarray(x)
    require_axes(x, axis)
    return x.squeeze(axis)[()]


@squeeze.grad("x")
def _(g, x_shape):
    return reshape(g, shape=x_shape)


def _atleast_samples(rng: Rng) -> Iterable[Sample]:
    shapes: tuple[tuple[int, ...], ...] = ((), (3,), (2, 3), (2, 1, 3))
    yield from (Sample(uniform(rng, s)) for s in shapes)
    yield Sample(*(uniform(rng, s) for s in shapes))


def _each(change: Callable[[Any], Any], arrays: tuple[Any, ...]) -> Any:
    """One array for one, a tuple for several, as in NumPy."""
    changed = tuple(map(change, arrays))
    return changed[0] if len(changed) == 1 else changed


@composite(samples=_atleast_samples, reference=np.atleast_1d)
def atleast_1d(*arrays):
    """An array with at least one axis; of several arrays, a tuple of such.

    Examples
    --------
    >>> atleast_1d(2.0)
    array([2.])
    """
    return _each(lambda x: reshape(x, shape=np.shape(x) or (1,)), arrays)


@composite(samples=_atleast_samples, reference=np.atleast_2d)
def atleast_2d(*arrays):
    """An array with at least two axes; new ones of length one come first. Or a tuple of such.

    Examples
    --------
    >>> atleast_2d(np.array([1.0, 2.0]))
    array([[1., 2.]])
    """
    return _each(lambda x: reshape(x, shape=(1,) * (2 - np.ndim(x)) + np.shape(x)), arrays)


@composite(samples=_atleast_samples, reference=np.atleast_3d)
def atleast_3d(*arrays):
    """An array with at least three axes, or a tuple of such.

    (N,) becomes (1, N, 1) and (M, N) becomes (M, N, 1), as in NumPy.

    Examples
    --------
    >>> atleast_3d(np.zeros(5)).shape
    (1, 5, 1)
    """

    def deepened(x: Any) -> Any:
        shape = np.shape(x)
        padded = {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}.get(len(shape), shape)
        return reshape(x, shape=padded)

    return _each(deepened, arrays)


def _broadcast_arrays_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 1)), uniform(rng, (3,)), uniform(rng, ()))
    yield Sample(uniform(rng, (2, 3)))


@composite(
    samples=_broadcast_arrays_samples,
    reference=lambda *arrays: np.broadcast_arrays(*arrays),
    fails=[Fails(np.ones((2, 3)), np.ones((2, 4)), match=r"\(2, 3\).*\(2, 4\)")],
)
def broadcast_arrays(*arrays):
    """The arrays stretched to their common shape, as a tuple.

    Raises
    ------
    ShapeError
        If their shapes do not broadcast.

    Gradient
    --------
    Each array's is the sum over the axes along which it was stretched.

    Examples
    --------
    >>> x, y = broadcast_arrays(np.array([[1], [2]]), np.array([3, 4]))
    >>> x
    array([[1, 1],
           [2, 2]])
    """
    shapes = [np.shape(a) for a in arrays]
    try:
        common = np.broadcast_shapes(*shapes)
    except ValueError:
        fact = f"shapes {', '.join(map(str, shapes))} do not broadcast"
        raise complain(ShapeError, "broadcast_arrays", fact) from None
    return tuple(broadcast_to(a, shape=common) for a in arrays)
