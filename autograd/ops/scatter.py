"""Copies of an array with something written, added or combined at given indices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from statistics import fmean
from typing import Any

import numpy as np

from ..algebra import add, astype, where
from ..errors import ArgumentError, AxisError, IndexingError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, distinct, uniform
from .cumulative import recurrence
from .flattening import ravel
from .gather import checked_indices, one_along_axis, require_same_ndim, require_within
from .index import flat_positions, getitem, getitem_dx, index_put
from .join import concat
from .shape import reshape

# Whole slices: `indices` has one axis and counts along one axis of x


def _slices(name: str, x: Any, indices: Any, source: Any, axis: int) -> tuple[Any, ...]:
    """The index of the slices of x, once it is sure that `source` broadcasts to them."""
    array, k = checked_indices(name, x, indices, axis)
    if array.ndim != 1:
        raise complain(ShapeError, name, f"indices must have one axis, not {array.ndim}", {"x": x})
    wanted = (*np.shape(x)[:k], len(array), *np.shape(x)[k + 1 :])
    try:
        fits = np.broadcast_shapes(np.shape(source), wanted) == wanted
    except ValueError:
        fits = False
    if not fits:
        fact = f"source has shape {np.shape(source)} but the slices of x have {wanted}"
        raise complain(ShapeError, name, fact, {"x": x, "indices": array, "source": source})
    return (slice(None),) * k + (array,)


def _index_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 2)), [0, 2, 0], uniform(rng, (3, 2)))
    yield Sample(uniform(rng, (2, 3)), np.array([-1, 0]), uniform(rng, (2, 2)), axis=1)
    yield Sample(uniform(rng, (2, 3)), np.array([1]), uniform(rng, ()), axis=-1)


INDEX_FAILS = (
    Fails(np.ones((3, 2)), [3], np.ones((1, 2)), error=IndexingError, match="index 3 .* axis 0"),
    Fails(np.ones((3, 2)), [0], np.ones((1, 2)), axis=2, error=AxisError, match="axis 2"),
    Fails(np.ones((3, 2)), [0, 1], np.ones((3, 2)), match=r"\(3, 2\).*\(2, 2\)"),
    Fails(np.ones((3, 2)), [[0]], np.ones((1, 2)), match="one axis, not 2"),
)


def _by_index(write: Any) -> Any:
    """A reference: `write(out, place, value)` for each slice, in order."""

    def reference(x: np.ndarray, indices: Any, source: np.ndarray, axis: int = 0) -> np.ndarray:
        out = np.moveaxis(np.array(x), axis, 0)
        parts = np.broadcast_to(source, np.take(x, indices, axis).shape)
        for i, part in zip(np.asarray(indices), np.moveaxis(parts, axis, 0), strict=True):
            write(out, i, part)
        return np.moveaxis(out, 0, axis)

    return reference


def _write(out: np.ndarray, i: int, value: Any) -> None:
    out[i] = value


def _accumulate(out: np.ndarray, i: int, value: Any) -> None:
    out[i] += value


@composite(
    samples=_index_samples, reference=_by_index(_accumulate), fails=INDEX_FAILS, method="index_add"
)
def index_add(x, indices, source, axis=0):
    """A copy of x with the slices of `source` added to its slices at `indices`; repeats add up.

    Examples
    --------
    >>> index_add(np.zeros(3), [0, 2, 2], np.array([1.0, 2.0, 3.0]))
    array([1., 0., 5.])
    """
    index = _slices("index_add", x, indices, source, axis)
    return add(x, getitem_dx(source, index=index, shape=np.shape(x)))


@composite(
    samples=_index_samples, reference=_by_index(_write), fails=INDEX_FAILS, method="index_copy"
)
def index_copy(x, indices, source, axis=0):
    """A copy of x with its slices at `indices` replaced by those of `source`; the last one wins.

    Examples
    --------
    >>> index_copy(np.zeros(3), [2, 0], np.array([1.0, 2.0]))
    array([2., 0., 1.])
    """
    return index_put(x, source, index=_slices("index_copy", x, indices, source, axis))


@composite(
    samples=lambda rng: [
        Sample(uniform(rng, (3, 2)), [0, 2, 0], uniform(rng, ())),
        Sample(uniform(rng, (2, 3)), np.array([-1]), 1.5, axis=1),
    ],
    reference=_by_index(_write),
    fails=[
        Fails(np.ones(3), [3], 1.0, error=IndexingError, match="index 3 .* axis 0"),
        Fails(np.ones(3), [1], np.ones(2), match=r"one number, not \(2,\)"),
    ],
    method="index_fill",
)
def index_fill(x, indices, value, axis=0):
    """A copy of x with its slices at `indices` filled with one number.

    Examples
    --------
    >>> index_fill(np.zeros(3), [0, 2], 5.0)
    array([5., 0., 5.])
    """
    if np.shape(value):
        fact = f"the value must be one number, not {np.shape(value)}"
        raise complain(ShapeError, "index_fill", fact, {"x": x, "value": value})
    return index_put(x, value, index=_slices("index_fill", x, indices, value, axis))


# Single elements: `indices` has as many axes as x


def _put_along_axis_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), np.array([[2, 0], [1, 1]]), uniform(rng, (2, 2)), axis=1)
    yield Sample(uniform(rng, (2, 3)), np.array([[1, 0, 1]]), uniform(rng, ()), axis=0)


def _put_along_axis_reference(
    x: np.ndarray, indices: np.ndarray, values: np.ndarray, axis: int
) -> np.ndarray:
    out = np.array(x)
    np.put_along_axis(out, indices, values, axis)
    return out


@composite(
    samples=_put_along_axis_samples,
    reference=_put_along_axis_reference,
    fails=[
        Fails(np.ones((2, 3)), np.array([[3]]), 1.0, axis=1, error=IndexingError, match="index 3"),
        Fails(np.ones((2, 3)), np.array([0]), 1.0, axis=1, match="2 axes .* 1"),
        Fails(np.ones((2, 3)), np.array([[0], [1]]), np.ones((2, 2)), axis=1, match=r"\(2, 2\)"),
    ],
    method="put_along_axis",
)
def put_along_axis(x, indices, values, axis):
    """A copy of x with out[i, indices[i, j]] = values[i, j] (here for two axes and axis=1).

    Values are broadcast to indices. NumPy's function of this name writes into x instead.
    """
    array, k = checked_indices("put_along_axis", x, indices, axis)
    require_same_ndim("put_along_axis", x, array)
    index = one_along_axis(array, k, np.shape(x))
    try:
        wanted = np.broadcast_shapes(*(i.shape for i in index))
        fits = np.broadcast_shapes(wanted, np.shape(values)) == wanted
    except ValueError:
        fits = False
    if not fits:
        fact = f"x {np.shape(x)}, indices {array.shape}, values {np.shape(values)} do not fit"
        raise complain(ShapeError, "put_along_axis", fact, {"x": x, "values": values})
    return index_put(x, values, index=index)


def _elements(
    name: str, x: Any, indices: Any, source: Any, axis: int
) -> tuple[tuple[Any, ...], Any]:
    """The index of the elements of x that `source` goes to, and `source` cut to indices' shape."""
    array, k = checked_indices(name, x, indices, axis)
    require_same_ndim(name, x, array)
    if len(np.shape(source)) != array.ndim:
        fact = f"source has {len(np.shape(source))} axes but indices has {array.ndim}"
        raise complain(ShapeError, name, fact, {"x": x, "indices": array, "source": source})
    require_within(name, "x", x, array, k)
    require_within(name, "source", source, array, None)
    if np.shape(source) != array.shape:
        source = getitem(source, index=tuple(slice(n) for n in array.shape))
    return one_along_axis(array, k, array.shape), source


def _scatter_samples(rng: Rng) -> Iterable[Sample]:
    x, few, many = (distinct(rng, s) for s in ((2, 3), (2, 2), (3, 4)))
    yield Sample(x, np.array([[2, 2], [1, 0]]), few, axis=1)
    yield Sample(x, np.array([[1, 0, 1], [1, 0, 0], [1, 1, 0]]), many, axis=0)


def _scatter_reference(
    x: np.ndarray,
    indices: np.ndarray,
    source: np.ndarray,
    axis: int = 0,
    reduce: str = "sum",
    include_self: bool = True,
) -> np.ndarray:
    parts: dict[tuple[int, ...], list[float]] = {}
    for place in np.ndindex(indices.shape):
        target = (*place[:axis], int(indices[place]), *place[axis + 1 :])
        parts.setdefault(target, [float(x[target])] if include_self else [])
        parts[target].append(float(source[place]))
    functions: dict[str, Callable[..., Any]] = {
        "sum": math.fsum, "mean": fmean, "prod": math.prod, "max": max, "min": min,
    }  # fmt: skip
    out = np.array(x)
    for target, values in parts.items():
        out[target] = functions[reduce](values)
    return out


SCATTER_FAILS = (
    Fails(np.ones((2, 3)), np.array([[3]]), np.ones((1, 1)), axis=1, error=IndexingError,
          match="index 3 .* axis 1"),
    Fails(np.ones((2, 3)), np.array([0]), np.ones(1), axis=1, match="2 axes .* 1"),
    Fails(np.ones((2, 3)), np.array([[0, 1]]), np.ones((1, 1)), axis=1, match="2 .* axis 1 .* 1"),
    Fails(np.ones((2, 3)), np.array([[0]]), np.ones(1), axis=1, match="source has 1 axes"),
)  # fmt: skip


@composite(
    samples=_scatter_samples,
    reference=_scatter_reference,
    fails=SCATTER_FAILS,
    method="scatter_add",
)
def scatter_add(x, indices, source, axis=0):
    """A copy of x with out[i, indices[i, j]] += source[i, j] (here for two axes and axis=1).

    Examples
    --------
    >>> scatter_add(np.zeros((2, 2)), [[0, 0], [1, 0]], np.ones((2, 2)), axis=1)
    array([[2., 0.],
           [1., 1.]])
    """
    index, source = _elements("scatter_add", x, indices, source, axis)
    return add(x, getitem_dx(source, index=index, shape=np.shape(x)))


def _scatter_reduce_samples(rng: Rng) -> Iterable[Sample]:
    for reduce in _REDUCTIONS:
        for sample, include_self in zip(_scatter_samples(rng), (True, False), strict=True):
            yield Sample(*sample.args, **sample.attrs, reduce=reduce, include_self=include_self)
    zeros = np.array([0.0, 2.0, 0.0, 3.0])
    yield Sample(np.array([2.0, 3.0]), np.array([0, 0, 1, 1]), zeros, reduce="prod", label="zeros")


@composite(
    samples=_scatter_reduce_samples,
    reference=_scatter_reference,
    fails=[
        *SCATTER_FAILS,
        Fails(np.ones(2), np.array([0]), np.ones(1), reduce="median", error=ArgumentError,
              match="reduce .* 'median'"),
    ],
    method="scatter_reduce",
)  # fmt: skip
def scatter_reduce(x, indices, source, axis=0, reduce="sum", include_self=True):
    """A copy of x in which each element is combined with the elements of source that it is sent.

    Parameters
    ----------
    indices : array of ints, as many axes as x
        source[i, j] goes to out[i, indices[i, j]] (here for two axes and axis=1).
    source : array
        At least as long as indices along each axis; what is beyond is not used.
    reduce : "sum", "mean", "prod", "max" or "min"
    include_self : bool
        Whether the element of x takes part; otherwise it only stays where nothing is sent to.

    Gradient
    --------
    Elements that tie for a maximum or minimum share it equally; products are exact with zeros.
    """
    if reduce not in _REDUCTIONS:
        fact = f"reduce must be one of {', '.join(_REDUCTIONS)}, not {reduce!r}"
        raise complain(ArgumentError, "scatter_reduce", fact)
    index, source = _elements("scatter_reduce", x, indices, source, axis)
    where_to = flat_positions(np.shape(x), index).ravel()
    targets, segment = np.unique(where_to, return_inverse=True)
    values = ravel(source)
    line = ravel(x)
    if include_self:
        values = concat([getitem(line, index=targets), values])
        segment = np.concatenate([np.arange(len(targets)), segment])
    order = np.argsort(segment, kind="stable")
    starts = np.searchsorted(segment[order], np.arange(len(targets)))
    combined = _REDUCTIONS[reduce](getitem(values, index=order), starts)
    return reshape(index_put(line, combined, index=targets), shape=np.shape(x))


# Segments: x[starts[k] : starts[k + 1]], the last one up to the end, each reduced to one entry


def _owner(starts: np.ndarray, size: int) -> np.ndarray:
    """The number of the segment that each element belongs to."""
    return np.repeat(np.arange(len(starts)), np.diff(starts, append=size))


def _segment_samples(rng: Rng) -> Iterable[Sample]:
    for largest in (True, False):
        starts = np.array([0, 2, 3])
        yield Sample(distinct(rng, (6,)), starts=starts, largest=largest)
        yield Sample(distinct(rng, (6, 2)), starts=starts, largest=largest)


def _segment_reference(x: np.ndarray, starts: np.ndarray, largest: bool) -> np.ndarray:
    best = np.max if largest else np.min
    return np.array([best(part, axis=0) for part in np.split(x, starts[1:])])


@op(samples=_segment_samples, reference=_segment_reference, masks=True, public=False)
def segment_extreme(x, /, *, starts, largest):
    """The greatest (or smallest) element of each segment of the first axis; ties share the
    gradient equally."""
    return (np.maximum if largest else np.minimum).reduceat(x, starts)


@segment_extreme.grad("x")
def _(g, x, out, starts):
    shares = segment_shares(x, out, starts=starts)
    return getitem(g, index=_owner(starts, x.shape[0])) * shares


@op(
    samples=lambda rng: [
        Sample(np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 5.0]), starts=np.array([0, 3]))
    ],
    reference=lambda x, out, starts: np.array([0, 0.5, 0.5, 1]),
    plain=True,
    public=False,
)
def segment_shares(x, out, /, *, starts):
    """How the elements of each segment share the gradient of its extreme: see `tie_shares`."""
    owner = _owner(starts, x.shape[0])
    hit = (x == out[owner]) | (x != x)
    return (hit / np.add.reduceat(hit, starts, dtype=np.intp)[owner]).astype(x.dtype)


def _segment_sum(x: Any, starts: np.ndarray) -> Any:
    return getitem_dx(x, index=_owner(starts, x.shape[0]), shape=starts.shape)


def _segment_mean(x: Any, starts: np.ndarray) -> Any:
    counts = np.diff(starts, append=x.shape[0])
    return _segment_sum(x, starts) / astype(counts, dtype=x.dtype)


def _segment_prod(x: Any, starts: np.ndarray) -> Any:
    first = np.zeros(x.shape, bool)
    first[starts] = True
    running = recurrence(where(first, 0, x), where(first, x, 0), axis=0)
    return getitem(running, index=np.append(starts[1:], x.shape[0]) - 1)


_REDUCTIONS = {
    "sum": _segment_sum,
    "mean": _segment_mean,
    "prod": _segment_prod,
    "max": lambda x, starts: segment_extreme(x, starts=starts, largest=True),
    "min": lambda x, starts: segment_extreme(x, starts=starts, largest=False),
}
