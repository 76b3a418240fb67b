"""x[...] and x[...] = v, with everything NumPy takes between the brackets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..binding import bind, check_writable, rebind
from ..dispatch import COMPLAINTS
from ..errors import DTypeError, IndexingError, ShapeError
from ..messages import complain, retell
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor, tensors_in, unbox
from ..views import compact
from .shape import reshape

Index = Any  # what stands between the brackets

_BASIC = (int, slice, type(None), type(Ellipsis))


def frozen(x: Tensor, index: Index, symbol: str = "x[...]") -> Index:
    """The index as ints, slices, None, Ellipsis and arrays of our own, which nobody can change.

    Raises
    ------
    IndexingError
        If something in it is not an index. The message is about `symbol`, and shows x.
    """
    items = index if type(index) is tuple else (index,)
    try:
        own = tuple([i if type(i) in _BASIC else _frozen_item(i) for i in items])
    except IndexingError as e:
        raise complain(IndexingError, symbol, str(e), {"x": x}, {"index": index}) from None
    return own if type(index) is tuple else own[0]


def _frozen_item(item: Any) -> Any:
    try:
        array = np.array(unbox(item))
    except ValueError:
        raise IndexingError(f"a list in an index is ragged: {item!r}") from None
    if array.size == 0 and isinstance(item, (list, tuple)):
        array = array.astype(np.intp)
    if array.dtype.kind not in "biu":
        fact = f"an index has ints, slices, None, ... and arrays of ints or bools, not {item!r}"
        raise IndexingError(fact)
    return array if array.ndim or array.dtype.kind == "b" else int(array)


def may_repeat(index: Index) -> bool:
    """Whether the index can name an element twice: only integer arrays can."""
    items = index if type(index) is tuple else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind != "b" for i in items)


def flat_positions(shape: tuple[int, ...], index: Index) -> np.ndarray:
    """Where the elements of x[index] lie in x.ravel(), without making an array of x's size."""
    total: Any = 0
    step = 1
    for axis in reversed(range(len(shape))):
        along = np.arange(shape[axis]) * step
        strides = [0] * len(shape)
        strides[axis] = along.itemsize  # constant along all other axes
        total = total + np.ndarray(shape, along.dtype, along, 0, strides)[index]
        step *= shape[axis]
    return np.asarray(total)


def _indices(rng: Rng) -> Iterable[tuple[tuple[int, ...], Index]]:
    """Shapes and indices of every kind: the samples of all ops that take one."""
    yield (3,), 1
    yield (3, 4), (slice(None, None, -2), slice(1, 3))
    yield (2, 3, 2), (Ellipsis, None, -1)
    yield (2, 3), np.array([1, 0, 1, 1])
    yield (3, 4), (np.array([[0], [2]]), np.array([1, -1, 1]))
    yield (2, 3, 2), (np.array([0, 1, 0]), slice(None), np.array([1, 1, 1]))
    yield (2, 3), rng.random((2, 3)) > 0.4
    yield (3, 2), (np.array([True, False, True]), 1)
    yield (2,), (None, slice(5, None))


def _getitem_samples(rng: Rng) -> Iterable[Sample]:
    for shape, index in _indices(rng):
        yield Sample(uniform(rng, shape), index=index, label=f"{shape} {_text(index)}")
    yield Sample(uniform(rng, ()), index=(), label="()")


def _text(index: Index) -> str:
    return " ".join(str(index).split())


def _getitem_reference(x: np.ndarray, index: Index) -> np.ndarray:
    where = np.arange(np.size(x)).reshape(np.shape(x))[index]
    flat = np.ravel(x).tolist()
    return np.array([flat[k] for k in np.ravel(where)], float).reshape(np.shape(where))


@op(
    samples=_getitem_samples,
    reference=_getitem_reference,
    fails=[
        Fails(np.ones((2, 3)), index=2, error=IndexingError, match="index 2 .* axis 0 with size 2"),
        Fails(np.ones(3), index=(0, 0), error=IndexingError, match="too many indices"),
        Fails(np.ones(3), index=np.array([True]), error=IndexingError, match="boolean index"),
        Fails(1.0, index=0, error=IndexingError, match="too many indices"),
    ],
    masks=True,
    public=False,
)
def getitem(x, /, *, index):
    """x[index], for everything that NumPy takes between the brackets.

    Raises
    ------
    IndexingError
        If the index reaches outside x, has too many parts, or a mask of another shape.

    Gradient
    --------
    Adds up where an element is taken several times; zero for elements that are not taken.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward(); x.grad
    Tensor([2., 0., 1.])
    """
    out = compact(np.asarray(x)[index])
    return out if out.shape else out[()]


def _add_at(total: np.ndarray, g: Any, index: Index, x_shape: tuple[int, ...]) -> None:
    if may_repeat(index) and total.flags.c_contiguous:
        # flat positions, because add.at is several times faster on a single axis
        where = flat_positions(x_shape, index)
        np.add.at(total.reshape(-1), where.ravel(), np.broadcast_to(g, where.shape).ravel())
    elif may_repeat(index):
        np.add.at(total, index, g)
    else:
        total[index] += g


@getitem.grad("x", adder=_add_at)
def _(g, index, x_shape):
    return getitem_dx(g, index=index, shape=x_shape)


def _getitem_dx_samples(rng: Rng) -> Iterable[Sample]:
    for shape, index in _indices(rng):
        g = uniform(rng, np.zeros(shape)[index].shape)
        yield Sample(g, index=index, shape=shape, label=f"{shape} {_text(index)}")


def _getitem_dx_reference(g: np.ndarray, index: Index, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape)
    where = np.arange(out.size).reshape(shape)[index]
    for k, v in zip(np.ravel(where), np.ravel(g), strict=True):
        out.flat[k] += v
    return out


@op(samples=_getitem_dx_samples, reference=_getitem_dx_reference, public=False)
def getitem_dx(g, /, *, index, shape):
    """Zeros of `shape` with g added at `index`, as often as the index names an element."""
    out = np.zeros(shape, np.asarray(g).dtype)
    _add_at(out, g, index, shape)
    return out[()]


@getitem_dx.grad("g")
def _(h, index):
    return getitem(h, index=index)


def subscript(x: Tensor, index: Index) -> Tensor:
    """x[index], for everything that NumPy takes between the brackets."""
    return getitem(x, index=index if type(index) in _BASIC else frozen(x, index))


bind("__getitem__", subscript)


def _assign(out: np.ndarray, v: Any, index: Index) -> None:
    kinds = "biufc"
    if kinds.index(np.asarray(v).dtype.kind) > max(kinds.index(out.dtype.kind), 2):
        raise DTypeError(f"x is {out.dtype} and cannot hold {np.asarray(v).dtype} values")
    try:
        out[index] = v
    except (ValueError, TypeError):  # of v's leading ones NumPy takes those for most indices only
        place, shape = np.shape(out[index]), np.shape(v)
        leading = max(len(shape) - len(place), 0)
        rest = shape[leading:]
        fits = all(n in (1, m) for n, m in zip(reversed(rest), reversed(place)))
        if not fits or shape[:leading] != (1,) * leading:
            fact = f"v of shape {shape} does not fit into x[index] of shape {place}"
            raise ShapeError(fact) from None
        out[index] = np.reshape(v, rest)


def _last_writes(shape: tuple[int, ...], index: Index) -> np.ndarray:
    """For each element of v in x[index] = v: whether no later one is written to the same place."""
    writer = np.empty(shape, np.intp)
    numbers = np.arange(writer[index].size).reshape(writer[index].shape)
    writer[index] = numbers
    return writer[index] == numbers


def _index_put_samples(rng: Rng) -> Iterable[Sample]:
    for shape, index in _indices(rng):
        v = uniform(rng, np.zeros(shape)[index].shape)
        yield Sample(uniform(rng, shape), v, index=index, label=f"{shape} {_text(index)}")
    yield Sample(uniform(rng, (2, 3)), uniform(rng, ()), index=(slice(None), 1), label="number")
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 1)), index=(), label="broadcast")
    yield Sample(uniform(rng, (3,)), uniform(rng, (1, 1, 2)), index=slice(2), label="leading ones")


def _index_put_reference(x: np.ndarray, v: np.ndarray, index: Index) -> np.ndarray:
    where = np.arange(x.size).reshape(x.shape)[index]
    v = np.reshape(v, np.shape(v)[max(np.ndim(v) - where.ndim, 0) :])
    out = x.ravel().tolist()
    for k, value in zip(where.ravel(), np.broadcast_to(v, where.shape).ravel(), strict=True):
        out[k] = value
    return np.array(out).reshape(x.shape)


@op(
    samples=_index_put_samples,
    reference=_index_put_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones(4), index=0, match=r"\(4,\).*\(3,\)"),
        Fails(np.ones(3), 1.0, index=3, error=IndexingError, match="index 3 .* size 3"),
        Fails(np.ones(3, int), 1.5, index=0, error=DTypeError, match="int64.*float"),
    ],
    masks=True,
    public=False,
)
def index_put(x, v, /, *, index):
    """A copy of x with v written at `index`: what `x[index] = v` makes of x. The dtype is x's.

    Where the index names an element twice, what v has last (in row-major order) stays, as in NumPy.

    Raises
    ------
    ShapeError
        If v does not broadcast to x[index].
    IndexingError
        If the index reaches outside x.
    DTypeError
        If v has floats and x integers.

    Gradient
    --------
    x gets it wherever nothing was written, v where it was, summed over the axes that it was
    broadcast along. Of values written to one place only the last, which stays, has a gradient.
    """
    out = np.array(x, order="C")
    _assign(out, v, index)
    return out[()]


@index_put.grad("x")
def _(g, index):
    return index_put(g, 0, index=index)


@index_put.grad("v")
def _(g, index, v_shape):
    taken = getitem(g, index=index)
    if may_repeat(index):
        taken = where(_last_writes(g.shape, index), taken, 0)
    leading = (1,) * (len(v_shape) - taken.ndim)
    return reshape(taken, shape=leading + taken.shape) if leading else taken


def assign(x: Tensor, index: Index, value: Any) -> None:
    """x[index] = value. Differentiable: x gets a new value, made of the old one and `value`."""
    check_writable(x, "x[...] =")
    index = frozen(x, index, "x[...] =")
    constant = all(t.node is None and t.origin is None for t in tensors_in(value))
    if constant and (x.node is None or x.node.op is None):  # nothing to record: write in place
        v = value._data if type(value) is Tensor else value
        try:
            _assign(x.data, v, index)
        except COMPLAINTS as e:
            raise retell("index_put", e, {"x": x, "v": value}, {"index": index}) from None
    else:
        rebind(x, index_put(x, value, index=index), "x[...] =")


bind("__setitem__", assign)
