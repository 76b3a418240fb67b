"""Sorting, ranking and searching.

Elements that tie have no order of their own, so they share gradients equally: the result does not
depend on the order in which the sorting algorithm happens to leave them.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arguments import operand
from ..errors import ArgumentError, AxisError, ShapeError
from ..messages import complain
from ..op import composite, op, require_axes
from ..samples import BAD_AXIS, NO_AXIS, Fails, Rng, Sample, distinct, uniform
from ..tensor import Tensor, wrap
from .gather import take_along_axis
from .index import getitem
from .shape import axes_of, reshape


def _sort_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (3, 4))
    for axis in (-1, 0, None):
        yield Sample(x, axis=axis)
    yield Sample(x, axis=1, descending=True)


def _sort_reference(x: np.ndarray, axis: int | None = -1, descending: bool = False) -> np.ndarray:
    if axis is None:
        return np.array(sorted(x.ravel().tolist(), reverse=descending))
    order = lambda v: np.array(sorted(v.tolist(), reverse=descending))  # noqa: E731
    return np.apply_along_axis(order, axis, x)


@op(samples=_sort_samples, reference=_sort_reference, fails=[BAD_AXIS], method="sort")
def sort(x, /, *, axis=-1, descending=False, stable=False):
    """x sorted along an axis (flattened first if that is None). NaNs count as greatest.

    With stable=True zeros of both signs stay in their order; other ties cannot be told apart.

    Gradient
    --------
    Goes where the element came from; elements that tie share it equally.
    """
    out = np.sort(x, axis, kind="stable" if stable else None)
    return np.flip(out, axis or 0) if descending else out


@sort.grad("x")
def _(g, x, out, axis, descending, x_shape):
    k = axis or 0  # axis=None: out has one axis
    places = ranks(reshape(x, shape=out.shape), axis=k, descending=descending)
    shared = run_means(g, runs(out, axis=k), axis=k)
    return reshape(take_along_axis(shared, places, axis=k), shape=x_shape)


def _argsort_samples(rng: Rng) -> Iterable[Sample]:
    yield from _sort_samples(rng)
    yield Sample(np.array([2.0, 1.0, 2.0, 1.0]), label="ties")
    yield Sample(np.array([2.0, 1.0, 2.0, 1.0]), descending=True, label="ties descending")


def _argsort_reference(
    x: np.ndarray, axis: int | None = -1, descending: bool = False
) -> np.ndarray:
    if axis is None:
        return _argsort_reference(x.ravel(), 0, descending)
    sign = -1 if descending else 1
    order = lambda v: np.array(sorted(range(len(v)), key=lambda i: sign * v[i]))  # noqa: E731
    return np.apply_along_axis(order, axis, x)


@op(
    samples=_argsort_samples,
    reference=_argsort_reference,
    fails=[BAD_AXIS, NO_AXIS],
    method="argsort",
    plain=True,
)
def argsort(x, /, *, axis=-1, descending=False, stable=True):
    """The indices that sort x along an axis (the flattened x if that is None).

    With stable=True elements that tie stay in their order, in descending order too.
    """
    x = np.asarray(x)
    require_axes(x, axis)
    x, axis = (np.ravel(x), 0) if axis is None else (x, axis)
    kind = "stable" if stable else None
    if not descending:
        return np.argsort(x, axis, kind=kind)
    backwards = np.argsort(np.flip(x, axis), axis, kind=kind)
    return np.flip(x.shape[axis] - 1 - backwards, axis)


def _ranks_reference(x: np.ndarray, axis: int, descending: bool = False) -> np.ndarray:
    return np.argsort(_argsort_reference(x, axis, descending), axis)


@op(
    samples=lambda rng: [
        Sample(distinct(rng, (3, 4)), axis=0),
        Sample(distinct(rng, (4,)), axis=-1, descending=True),
    ],
    reference=_ranks_reference,
    plain=True,
    public=False,
)
def ranks(x, /, *, axis, descending=False):
    """Where sorting puts each element: the inverse of argsort. Ties are in any order."""
    order = argsort(x, axis=axis, descending=descending, stable=False)
    shape = [1] * order.ndim
    shape[axis] = -1
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.arange(order.shape[axis]).reshape(shape), axis)
    return out


@op(
    samples=lambda rng: [Sample(np.array([[1.0, 1.0, 2.0], [0.0, 3.0, 3.0]]), axis=1)],
    reference=lambda x, axis: np.array([[0, 0, 1], [0, 1, 1]]),
    plain=True,
    public=False,
)
def runs(x, /, *, axis):
    """Numbers the runs of equal elements along an axis: 0, 0, 1 for two equal ones and another."""
    lanes = np.moveaxis(x, axis, -1)
    numbers = np.zeros(lanes.shape, np.intp)
    np.cumsum(lanes[..., 1:] != lanes[..., :-1], axis=-1, out=numbers[..., 1:])
    return np.moveaxis(numbers, -1, axis)


def _run_means_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 4)), np.array([[0, 0, 0, 1], [0, 1, 2, 2]]), axis=1)
    yield Sample(uniform(rng, (3, 2)), np.array([[0, 0], [1, 1], [2, 1]]), axis=0)


def _run_means_reference(x: np.ndarray, numbers: np.ndarray, axis: int) -> np.ndarray:
    x, numbers = np.moveaxis(x, axis, -1), np.moveaxis(numbers, axis, -1)
    out = np.empty(x.shape)
    for *lane, i in np.ndindex(x.shape):
        same = numbers[tuple(lane)] == numbers[*lane, i]
        out[*lane, i] = np.mean(x[tuple(lane)][same])
    return np.moveaxis(out, -1, axis)


@op(samples=_run_means_samples, reference=_run_means_reference, public=False)
def run_means(x, numbers, /, *, axis):
    """x with each element replaced by the mean of its run (see `runs`) along an axis."""
    lanes, labels = np.moveaxis(x, axis, -1), np.moveaxis(numbers, axis, -1)
    size = lanes.shape[-1]
    if lanes.size == 0 or (labels[..., -1] == size - 1).all():
        return x  # every run has one element
    first = np.arange(lanes.size // size).reshape(*lanes.shape[:-1], 1) * size
    keys = (labels + first).ravel()
    means = np.bincount(keys, lanes.ravel()) / np.maximum(np.bincount(keys), 1)
    return np.moveaxis(means[keys].reshape(lanes.shape).astype(x.dtype), -1, axis)


@run_means.grad("x")
def _(g, numbers, axis):
    return run_means(g, numbers, axis=axis)


def _rank(name: str, x: Any, k: Any, axis: int) -> int:
    """The axis, once it is sure that it has a k-th element."""
    (place,) = axes_of(name, x, axis)
    size = np.shape(x)[place]
    if not isinstance(k, (int, np.integer)) or not 1 <= k <= size:
        fact = f"k must be between 1 and {size}, the size of axis {axis}, not {k!r}"
        raise complain(ArgumentError, name, fact, {"x": x})
    return place


RANK_FAILS = (
    Fails(np.ones(3), 4, error=ArgumentError, match="between 1 and 3.* not 4"),
    Fails(np.ones(3), 1, axis=1, error=AxisError, match="axis 1"),
)


def _topk_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (3, 4))
    yield Sample(x, 2)
    yield Sample(x, 1, axis=0, largest=False)


def _topk_reference(
    x: np.ndarray, k: int, axis: int = -1, largest: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    order = np.take(_argsort_reference(x, axis, largest), range(k), axis)
    return np.take_along_axis(x, order, axis), order


@composite(samples=_topk_samples, reference=_topk_reference, fails=RANK_FAILS, method="topk")
def topk(x, k, axis=-1, largest=True):
    """The k largest (or smallest) elements along an axis, best first: (values, indices).

    Gradient
    --------
    Of the values only. Elements that tie share it equally, also those that did not make it.
    """
    place = _rank("topk", x, k, axis)
    best = (slice(None),) * place + (slice(0, k),)
    values = sort(x, axis=place, descending=largest)
    indices = argsort(x, axis=place, descending=largest)
    return getitem(values, index=best), getitem(indices, index=best)


def _kthvalue_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (3, 4))
    yield Sample(x, 2)
    yield Sample(x, 3, axis=0, keepdims=True)


def _kthvalue_reference(
    x: np.ndarray, k: int, axis: int = -1, keepdims: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    order = np.take(_argsort_reference(x, axis), [k - 1] if keepdims else k - 1, axis)
    values = np.take(np.sort(x, axis), [k - 1] if keepdims else k - 1, axis)
    return values, order


@composite(
    samples=_kthvalue_samples, reference=_kthvalue_reference, fails=RANK_FAILS, method="kthvalue"
)
def kthvalue(x, k, axis=-1, keepdims=False):
    """The k-th smallest element along an axis (k=1: the smallest): (values, indices).

    Gradient
    --------
    Of the values only. Elements that tie share it equally.
    """
    place = _rank("kthvalue", x, k, axis)
    at = (slice(None),) * place + (slice(k - 1, k) if keepdims else k - 1,)
    return getitem(sort(x, axis=place), index=at), getitem(argsort(x, axis=place), index=at)


def _searchsorted_samples(rng: Rng) -> Iterable[Sample]:
    line = np.array([0.0, 1.0, 1.0, 2.0])
    for side in ("left", "right"):
        yield Sample(line, np.array([[1.0, 0.5], [-1.0, 3.0]]), side=side)


def _searchsorted_reference(a: np.ndarray, v: np.ndarray, side: str = "left") -> np.ndarray:
    find = bisect.bisect_left if side == "left" else bisect.bisect_right
    return np.vectorize(lambda value: find(a.tolist(), value))(v)


@op(
    samples=_searchsorted_samples,
    reference=_searchsorted_reference,
    fails=[
        Fails(np.ones((2, 2)), 1.0, match=r"one axis.*\(2, 2\)"),
        Fails(np.ones(2), 1.0, side="middle", error=ArgumentError, match="middle"),
    ],
    plain=True,
)
def searchsorted(a, v, /, *, side="left"):
    """Where each element of v belongs in the sorted vector a: "left" or "right" of its equals.

    Examples
    --------
    >>> searchsorted([1.0, 3.0, 3.0], [3.0, 4.0]), searchsorted([1.0, 3.0, 3.0], 3.0, side="right")
    (array([1, 3]), np.int64(3))
    """
    if np.ndim(a) != 1:
        raise ShapeError(f"a must have one axis, not {np.shape(a)}")
    if side not in ("left", "right"):
        raise ArgumentError(f"side must be 'left' or 'right', not {side!r}")
    return np.searchsorted(a, v, side)


@composite(
    samples=lambda rng: [
        Sample(np.array([[2.0, 1.0], [2.0, 3.0]])),
        Sample(np.array([3, 1, 3]), return_index=True, return_inverse=True, return_counts=True),
    ],
    reference=lambda x, return_index=False, **_: (
        tuple(map(np.array, ([1, 3], [1, 0], [1, 0, 1], [1, 2])))
        if return_index
        else np.array([1.0, 2.0, 3.0])
    ),
    fails=[Fails(np.ones((2, 3)), axis=2, error=AxisError, match="axis 2")],
    plain=True,
)
def unique(x, return_index=False, return_inverse=False, return_counts=False, axis=None):
    """The distinct elements of x, sorted; the distinct slices along an axis if one is given.

    With any of the `return_` options a tuple: the values, then where each first occurs, for each
    element of x which value it is, and how often each value occurs.
    """
    if axis is not None:
        axes_of("unique", x, axis)
    found = np.unique(
        np.asarray(operand(x)), return_index, return_inverse, return_counts, axis=axis
    )
    if type(x) is not Tensor:
        return found
    return tuple(wrap(v) for v in found) if isinstance(found, tuple) else wrap(found)
