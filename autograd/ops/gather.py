"""Elements chosen by arrays of indices or by a mask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..arguments import operand
from ..dtypes import get_default_dtype
from ..errors import ArgumentError, AxisError, DTypeError, IndexingError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor, wrap
from .flattening import ravel
from .index import getitem
from .shape import axes_of


def checked_indices(name: str, x: Any, indices: Any, axis: int) -> tuple[np.ndarray, int]:
    """Integer indices into one axis as an array of our own, and the axis as 0 <= axis < x.ndim."""
    shape = np.shape(x)
    (k,) = axes_of(name, x, axis)
    array = np.array(indices)
    if array.size == 0:
        array = array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise complain(DTypeError, name, f"indices must be ints, not {array.dtype}", {"x": x})
    outside = array[(array < -shape[k]) | (array >= shape[k])]
    if outside.size:
        fact = f"index {outside[0]} is out of bounds for axis {axis} with size {shape[k]}"
        raise complain(IndexingError, name, fact, {"x": x, "indices": array})
    return array, k


def _take_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), [0, 4, 4])
    yield Sample(uniform(rng, (2, 3)), np.array([[1, 0], [1, -1]]), axis=0)
    yield Sample(uniform(rng, (2, 3)), 2, axis=-1)
    yield Sample(uniform(rng, (2, 3)), [-5, 1, 9], axis=1, mode="wrap")
    yield Sample(uniform(rng, (2, 3)), [[-5, 1], [9, 2]], axis=-1, mode="clip")


@composite(
    samples=_take_samples,
    reference=np.take,
    fails=[
        Fails(np.ones((2, 3)), [0, 3], axis=1, error=IndexingError, match="index 3 .* axis 1 .* 3"),
        Fails(np.ones((2, 3)), [0], axis=2, error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), [0.5], axis=0, error=DTypeError, match="ints"),
        Fails(np.ones(3), [0], mode="mirror", error=ArgumentError, match="mode .* not 'mirror'"),
        Fails(np.ones((0, 3)), [0], axis=0, mode="wrap", error=IndexingError, match="size 0"),
    ],
    method="take",
)
def take(x, indices, axis=None, mode="raise"):
    """The parts of x at `indices` along an axis (of the flattened x without it).

    Parameters
    ----------
    indices : int, or array of ints of any shape, which replaces the axis in the result
    mode : str
        What becomes of an index outside the axis: "raise" refuses it (negative ones count from the
        end), "wrap" counts on from the other end, "clip" takes the nearest element.

    Gradient
    --------
    Elements taken several times add up. Exact to all orders.

    Examples
    --------
    >>> take([1.0, 2.0, 3.0], [0, -1]), take([1.0, 2.0, 3.0], [-1, 7], mode="clip")
    (array([1., 3.]), array([1., 3.]))
    """
    if axis is None:
        x, axis = ravel(x), 0
    if mode not in ("raise", "wrap", "clip"):
        fact = f"mode must be 'raise', 'wrap' or 'clip', not {mode!r}"
        raise complain(ArgumentError, "take", fact, {"x": x})
    size = np.shape(x)[axes_of("take", x, axis)[0]]
    if mode != "raise" and size:
        inside = np.asarray(indices)
        if inside.dtype.kind in "iu":
            indices = inside % size if mode == "wrap" else np.clip(inside, 0, size - 1)
    array, k = checked_indices("take", x, indices, axis)
    return getitem(x, index=(slice(None),) * k + (array,))


def one_along_axis(indices: np.ndarray, axis: int, sizes: tuple[int, ...]) -> tuple[Any, ...]:
    """The index that takes, at each place, the element `indices` names along `axis`."""
    ndim = len(sizes)
    places = [np.arange(n).reshape((-1,) + (1,) * (ndim - 1 - k)) for k, n in enumerate(sizes)]
    places[axis] = indices
    return tuple(places)


def require_same_ndim(name: str, x: Any, indices: np.ndarray) -> None:
    """Raise a ShapeError unless x and indices have as many axes."""
    if indices.ndim != len(np.shape(x)):
        fact = f"x has {len(np.shape(x))} axes but indices has {indices.ndim}"
        raise complain(ShapeError, name, fact, {"x": x, "indices": indices})


def _take_along_axis_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), np.array([[2, 0], [1, 1]]), axis=1)
    yield Sample(uniform(rng, (2, 3)), np.array([[1, 0, -1]]), axis=0)
    yield Sample(uniform(rng, (2, 3)), np.array([[1, 0, 2, 0]]), axis=-1)
    yield Sample(uniform(rng, (2, 3)), np.array([5, 0]), axis=None)


ALONG_FAILS = (
    Fails(np.ones((2, 3)), np.array([[3]]), axis=1, error=IndexingError, match="index 3 .* axis 1"),
    Fails(np.ones((2, 3)), np.array([0]), axis=1, match="2 axes .* 1"),
    Fails(np.ones((2, 3)), np.array([[0]]), axis=2, error=AxisError, match="axis 2"),
)


@composite(
    samples=_take_along_axis_samples,
    reference=np.take_along_axis,
    fails=[
        *ALONG_FAILS,
        Fails(np.ones((2, 3)), np.zeros((3, 1), int), axis=1, match=r"\(3, 1\).*\(2, 3\)"),
    ],
    method="take_along_axis",
)
def take_along_axis(x, indices, axis=-1):
    """out[i, j] = x[i, indices[i, j]] (here for two axes and axis=1): what argsort's result is for.

    The other axes of x and indices are broadcast together. Without an axis x is flattened.
    """
    if axis is None:
        x, axis = ravel(x), 0
    array, k = checked_indices("take_along_axis", x, indices, axis)
    require_same_ndim("take_along_axis", x, array)
    sizes = np.shape(x)
    beside = zip(_without(k, array.shape), _without(k, sizes), strict=True)
    if any(m != n and m != 1 and n != 1 for m, n in beside):
        fact = f"indices of shape {array.shape} do not fit x of shape {sizes} beside axis {axis}"
        raise complain(ShapeError, "take_along_axis", fact, {"x": x, "indices": array})
    return getitem(x, index=one_along_axis(array, k, sizes))


def _without(axis: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes[:axis] + sizes[axis + 1 :]


def _gather_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), np.array([[2, 0], [1, 1]]), axis=1)
    yield Sample(uniform(rng, (3, 3)), np.array([[1, 0], [2, 2]]), axis=0)


def _gather_reference(x: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    out = np.empty(indices.shape)
    for place in np.ndindex(indices.shape):
        out[place] = x[(*place[:axis], indices[place], *place[axis + 1 :])]
    return out


@composite(
    samples=_gather_samples,
    reference=_gather_reference,
    fails=[
        *ALONG_FAILS,
        Fails(np.ones((2, 3)), np.zeros((3, 1), int), axis=1, match="3 .* axis 0.* 2"),
    ],
    method="gather",
)
def gather(x, indices, axis):
    """out[i, j] = x[i, indices[i, j]] (here for two axes and axis=1), with the shape of indices.

    Unlike in `take_along_axis` nothing is broadcast: beside `axis` indices may be shorter than x.
    """
    array, k = checked_indices("gather", x, indices, axis)
    require_same_ndim("gather", x, array)
    require_within("gather", "x", x, array, k)
    return getitem(x, index=one_along_axis(array, k, array.shape))


def require_within(name: str, what: str, x: Any, indices: np.ndarray, skip: int | None) -> None:
    """Raise a ShapeError if indices is longer than x along an axis other than `skip`."""
    for axis, (m, n) in enumerate(zip(indices.shape, np.shape(x), strict=True)):
        if m > n and axis != skip:
            fact = f"indices has {m} elements along axis {axis} but {what} has {n}"
            raise complain(ShapeError, name, fact, {what: x, "indices": indices})


def _masked_select_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), np.array([[True, False, True], [False, True, True]]))
    yield Sample(uniform(rng, (3,)), np.array([[True], [False], [True]]))


@composite(
    samples=_masked_select_samples,
    reference=lambda x, mask: np.array(
        [v for v, m in np.nditer([x, mask]) if m],
    ),
    fails=[
        Fails(np.ones(3), np.array([True, False]), match=r"\(3,\).*\(2,\)"),
        Fails(np.ones(2), np.array([1, 0]), error=DTypeError, match="boolean"),
    ],
    method="masked_select",
)
def masked_select(x, mask):
    """The elements of x where the mask is true, as one axis. The two are broadcast together.

    Parameters
    ----------
    x : any shape
    mask : bool, a shape that broadcasts with that of x

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> masked_select(x, x > 1.5)
    array([2., 3., 4.])
    """
    chosen = np.array(mask)
    if chosen.dtype != bool:
        raise complain(DTypeError, "masked_select", f"the mask must be boolean, not {chosen.dtype}")
    try:
        shape = np.broadcast_shapes(np.shape(x), chosen.shape)
    except ValueError:
        fact = f"shapes {np.shape(x)} and {chosen.shape} do not broadcast"
        raise complain(ShapeError, "masked_select", fact, {"x": x, "mask": mask}) from None
    return getitem(broadcast_to(x, shape=shape), index=np.broadcast_to(chosen, shape))


@composite(
    samples=lambda rng: [Sample(np.array([[0.0, 1.0], [2.0, 0.0]])), Sample(np.zeros(3))],
    reference=np.nonzero,
    fails=[Fails(1.0, match="at least one axis")],
    method="nonzero",
    plain=True,
)
def nonzero(x):
    """Where x is not zero: one array of indices for each axis, as a tuple."""
    if not np.shape(x):
        raise complain(ShapeError, "nonzero", "needs at least one axis", {"x": x})
    found = np.nonzero(np.asarray(operand(x)))
    return tuple(wrap(v) for v in found) if type(x) is Tensor else found


@op(
    samples=lambda rng: [
        Sample(np.array([[0, 2], [1, 1]])),
        Sample(np.array([1, 0]), num_classes=3, dtype=np.float64),
    ],
    reference=lambda x, num_classes=3, dtype=None: np.array(x)[..., None] == np.arange(num_classes),
    fails=[
        Fails(np.array([0, 3]), num_classes=3, error=IndexingError, match="3.*3 classes"),
        Fails(np.array([-1]), error=IndexingError, match="-1"),
        Fails(np.ones(2), error=DTypeError, match="float64"),
    ],
    plain=True,
)
def one_hot(x, /, *, num_classes=None, dtype=None):
    """Rows that are 1 at the class that x names and 0 elsewhere.

    Parameters
    ----------
    x : array of ints, any shape
    num_classes : int, optional
        Length of the rows; without it the greatest class plus one.
    dtype : optional
        Of the result; `get_default_dtype()` unless given.

    Returns
    -------
    array, shape (*x.shape, num_classes)
    """
    x = np.asarray(x)
    if x.dtype.kind not in "iu":
        raise DTypeError(f"classes are ints, not {x.dtype}")
    count = int(x.max(initial=-1)) + 1 if num_classes is None else num_classes
    outside = x[(x < 0) | (x >= count)]
    if outside.size:
        raise IndexingError(f"class {outside[0]} does not exist among {count} classes")
    return (x[..., None] == np.arange(count)).astype(dtype or get_default_dtype())
