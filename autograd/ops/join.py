"""Several arrays made one, and one made several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, AxisError, DTypeError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor
from .flattening import ravel
from .index import getitem
from .rearrange import pad_constant
from .shape import atleast_1d, atleast_2d, atleast_3d, axes_of, transpose

# Each op of many arrays has a narrow form that takes them one by one, with the axis >= 0 and what
# the gradient needs to know; the public form takes a sequence and any axis.


def _concat_arrays_samples(rng: Rng) -> Iterable[Sample]:
    a, b, c = (uniform(rng, (2, n)) for n in (1, 3, 2))
    yield Sample(a, b, c, axis=1, starts=(0, 1, 4, 6))


@op(
    samples=_concat_arrays_samples,
    reference=lambda *arrays, axis, starts: np.hstack(arrays),
    public=False,
)
def concat_arrays(*arrays, axis, starts):
    """The arrays one after another along an axis >= 0; the k-th starts at starts[k] there."""
    return np.concatenate(arrays, axis)


@concat_arrays.grad("arrays")
def _(g, i, axis, starts):
    return getitem(g, index=(slice(None),) * axis + (slice(starts[i], starts[i + 1]),))


@op(
    samples=lambda rng: [Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), axis=1)],
    reference=lambda *arrays, axis: np.stack(arrays, axis),
    public=False,
)
def stack_arrays(*arrays, axis):
    """The arrays side by side along a new axis >= 0."""
    index = (*(slice(None),) * axis, None)
    return np.concatenate([np.asarray(a)[index] for a in arrays], axis)


@stack_arrays.grad("arrays")
def _(g, i, axis):
    return getitem(g, index=(slice(None),) * axis + (i,))


def _sequence(name: str, arrays: Any) -> list[Any]:
    """The arrays as a list, of which there is at least one."""
    try:
        out = list(arrays)
    except TypeError:
        fact = f"takes a sequence of arrays, got {type(arrays).__name__}"
        raise complain(DTypeError, name, fact) from None
    if not out:
        raise complain(ArgumentError, name, "takes at least one array, got none")
    for i, a in enumerate(out):
        if a is None or isinstance(a, str):
            raise complain(DTypeError, name, f"array {i} is {a!r}")
    return out


def _join(name: str, arrays: Sequence[Any], axis: int) -> Any:
    """concat, under the name of the function that the user called."""
    shapes = [a.shape if type(a) is Tensor else np.shape(a) for a in arrays]
    (k,) = axes_of(name, arrays[0], axis)
    try:
        starts = tuple(accumulate([shape[k] for shape in shapes], initial=0))
        return concat_arrays(*arrays, axis=k, starts=starts)
    except (AutogradError, IndexError):
        _check_shapes(name, arrays, shapes, k, axis)
        raise


def _check_shapes(
    name: str, arrays: Sequence[Any], shapes: list[tuple[int, ...]], k: int, axis: int
) -> None:
    """Complain about the first array that differs from array 0 beside axis k."""
    before, after = shapes[0][:k], shapes[0][k + 1 :]
    for i, shape in enumerate(shapes):
        same_axes = len(shape) == len(shapes[0])
        if not same_axes or shape[:k] != before or shape[k + 1 :] != after:
            fact = f"array {i} has shape {shape}, beside axis {k} not that of array 0, {shapes[0]}"
            given = {f"arrays[{j}]": a for j, a in enumerate(arrays[:8])}
            raise complain(ShapeError, name, fact, given, {"axis": axis}) from None


def _concat_samples(rng: Rng) -> Iterable[Sample]:
    a, b, c = uniform(rng, (2, 3)), uniform(rng, (1, 3)), uniform(rng, (0, 3))
    yield Sample([a, b, c])
    yield Sample([a, a[:, :1]], axis=-1, label="last axis")
    yield Sample([a, b], axis=None, label="flattened")


JOIN_FAILS = (
    Fails([np.ones((2, 3, 2)), np.ones((2, 3, 3))], match=r"array 1 .*\(2, 3, 3\).*\(2, 3, 2\)"),
    Fails([], error=ArgumentError, match="at least one array"),
    Fails(1.0, error=DTypeError, match="sequence of arrays"),
)


@composite(
    samples=_concat_samples,
    reference=lambda arrays, axis=0: np.concatenate(arrays, axis),
    fails=[*JOIN_FAILS, Fails([np.ones(3)], axis=1, error=AxisError, match="axis 1")],
)
def concat(arrays, axis=0):
    """The arrays of a sequence one after another along an axis; flattened first if it is None.

    `concatenate` is the same function.

    Raises
    ------
    ShapeError
        If they differ along another axis.

    Examples
    --------
    >>> concat([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """
    arrays = _sequence("concat", arrays)
    if axis is None:
        return _join("concat", [ravel(a) for a in arrays], 0)
    return _join("concat", arrays, axis)


concatenate = concat


def _stack_samples(rng: Rng) -> Iterable[Sample]:
    arrays = [uniform(rng, (2, 3)) for _ in range(3)]
    for axis in (0, 1, -1):
        yield Sample(arrays, axis=axis)
    yield Sample([uniform(rng, ()), uniform(rng, ())])


@composite(
    samples=_stack_samples,
    reference=lambda arrays, axis=0: np.stack(arrays, axis),
    fails=[
        Fails([np.ones(3), np.ones(2)], match=r"array 1 .*\(2,\).*\(3,\)"),
        Fails([np.ones(3)], axis=2, error=AxisError, match="axis 2"),
    ],
)
def stack(arrays, axis=0):
    """The arrays of a sequence, all of one shape, side by side along a new axis.

    Parameters
    ----------
    arrays : sequence of at least one array
    axis : int
        Where the new axis stands in the result; -1 for the end.

    Raises
    ------
    ShapeError
        If the shapes differ, naming the first array that does not fit.

    Examples
    --------
    >>> stack([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]])
    """
    arrays = _sequence("stack", arrays)
    shapes = [a.shape if type(a) is Tensor else np.shape(a) for a in arrays]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            fact = f"array {i} has shape {shape} but array 0 has {shapes[0]}"
            raise complain(ShapeError, "stack", fact)
    (k,) = axes_of("stack", arrays[0], axis, extra=1)
    return stack_arrays(*arrays, axis=k)


def _same_shape_samples(rng: Rng) -> Iterable[Sample]:
    for shape in ((), (3,), (2, 3), (2, 1, 3)):
        yield Sample([uniform(rng, shape), uniform(rng, shape)])


@composite(samples=_same_shape_samples, reference=np.hstack, fails=JOIN_FAILS)
def hstack(arrays):
    """The arrays of a sequence one after another along axis 1 (axis 0 if they have only one)."""
    rows = [atleast_1d(a) for a in _sequence("hstack", arrays)]
    return _join("hstack", rows, 0 if rows[0].ndim == 1 else 1)


@composite(samples=_same_shape_samples, reference=np.vstack, fails=JOIN_FAILS)
def vstack(arrays):
    """The arrays of a sequence, with at least two axes each, one below the other (axis 0)."""
    return _join("vstack", [atleast_2d(a) for a in _sequence("vstack", arrays)], 0)


@composite(samples=_same_shape_samples, reference=np.dstack, fails=JOIN_FAILS[1:])
def dstack(arrays):
    """The arrays of a sequence, with at least three axes each, one behind the other (axis 2)."""
    return _join("dstack", [atleast_3d(a) for a in _sequence("dstack", arrays)], 2)


def _column_stack_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample([uniform(rng, (3,)), uniform(rng, (3, 2)), uniform(rng, (3,))])


@composite(samples=_column_stack_samples, reference=np.column_stack, fails=JOIN_FAILS)
def column_stack(arrays):
    """Vectors and matrices of a sequence side by side; vectors become columns."""
    columns = [
        a if len(np.shape(a)) > 1 else transpose(atleast_2d(a))
        for a in _sequence("column_stack", arrays)
    ]
    return _join("column_stack", columns, 1)


def _block_diag_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 1)), uniform(rng, (3,)), uniform(rng, ()))
    yield Sample(uniform(rng, (1, 2)))


def _block_diag_reference(*arrays: np.ndarray) -> np.ndarray:
    out = np.zeros((0, 0))
    for block in map(np.atleast_2d, arrays):
        (m, n), (p, q) = out.shape, block.shape
        out = np.block([[out, np.zeros((m, q))], [np.zeros((p, n)), block]])
    return out


@composite(
    samples=_block_diag_samples,
    reference=_block_diag_reference,
    fails=[Fails(np.ones((1, 1, 1)), match="array 0 has 3 axes")],
)
def block_diag(*arrays):
    """A matrix with the given matrices along its diagonal and zeros elsewhere; vectors are rows."""
    for i, a in enumerate(arrays):
        if len(np.shape(a)) > 2:
            fact = f"array {i} has {len(np.shape(a))} axes, a block has at most 2"
            raise complain(ShapeError, "block_diag", fact)
    blocks = [atleast_2d(a) for a in _sequence("block_diag", arrays)]
    starts = list(accumulate((b.shape[1] for b in blocks), initial=0))
    rows = [
        pad_constant(b, pad_width=((0, 0), (start, starts[-1] - start - b.shape[1])))
        for b, start in zip(blocks, starts)
    ]
    return _join("block_diag", rows, 0)


# One made several


def _pieces(x: Any, bounds: Iterable[int], axis: int) -> list[Any]:
    """x cut along an axis >= 0 between consecutive bounds."""
    before = (slice(None),) * axis
    return [getitem(x, index=(*before, slice(a, b))) for a, b in pairwise(bounds)]


def _positive(name: str, count: Any) -> int:
    if not isinstance(count, (int, np.integer)) or count < 1:
        fact = f"the number of parts must be a positive int, not {count!r}"
        raise complain(ArgumentError, name, fact)
    return int(count)


BAD_COUNT = Fails(np.ones(3), 0, error=ArgumentError, match="positive int, not 0")
BAD_SPLIT_AXIS = Fails(np.ones(3), 2, axis=1, error=AxisError, match="axis 1")


def _array_split_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (5, 2)), 3)
    yield Sample(uniform(rng, (2, 5)), [1, 3], axis=-1)


@composite(
    samples=_array_split_samples,
    reference=np.array_split,
    fails=[BAD_COUNT, BAD_SPLIT_AXIS],
)
def array_split(x, indices_or_sections, axis=0):
    """x cut along an axis into n parts (the first ones longer by one if need be), or at indices.

    Examples
    --------
    >>> [len(part) for part in array_split(np.arange(7.0), 3)]
    [3, 2, 2]
    """
    (k,) = axes_of("array_split", x, axis)
    size = np.shape(x)[k]
    if isinstance(indices_or_sections, (list, tuple, np.ndarray)):
        return _pieces(x, [0, *map(int, indices_or_sections), size], k)
    count = _positive("array_split", indices_or_sections)
    lengths = [size // count + (i < size % count) for i in range(count)]
    return _pieces(x, accumulate(lengths, initial=0), k)


def _split_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (4, 2)), 2)
    yield Sample(uniform(rng, (2, 5)), [1, 3], axis=-1)


@composite(
    samples=_split_samples,
    reference=np.split,
    fails=[BAD_COUNT, BAD_SPLIT_AXIS, Fails(np.ones(5), 2, match="5 .* 2 equal parts")],
    method="split",
)
def split(x, indices_or_sections, axis=0):
    """x cut along an axis, as a list: into n equal parts (an int), or at the given indices.

    Raises
    ------
    ShapeError
        If there are no n equal parts; `array_split` and `chunk` make unequal ones.
    """
    (k,) = axes_of("split", x, axis)
    if not isinstance(indices_or_sections, (list, tuple, np.ndarray)):
        size = np.shape(x)[k]
        if size % _positive("split", indices_or_sections):
            fact = f"size {size} along axis {axis} is not {indices_or_sections} equal parts"
            raise complain(ShapeError, "split", fact, {"x": x})
    return array_split(x, indices_or_sections, axis=k)


def _chunk_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (5, 2)), 3)
    yield Sample(uniform(rng, (2, 5)), 4, axis=-1)


def _chunk_reference(x: np.ndarray, chunks: int, axis: int = 0) -> list[np.ndarray]:
    step = -(-x.shape[axis] // chunks)
    starts = range(0, x.shape[axis], step)
    return [np.take(x, range(a, min(a + step, x.shape[axis])), axis) for a in starts]


@composite(
    samples=_chunk_samples,
    reference=_chunk_reference,
    fails=[BAD_COUNT, BAD_SPLIT_AXIS],
    method="chunk",
)
def chunk(x, chunks, axis=0):
    """x cut along an axis into at most `chunks` parts of equal length (the last may be shorter).

    Examples
    --------
    >>> [len(part) for part in chunk(np.arange(7.0), 3)]
    [3, 3, 1]
    """
    (k,) = axes_of("chunk", x, axis)
    size = np.shape(x)[k]
    step = -(-size // _positive("chunk", chunks)) or 1
    return _pieces(x, [*range(0, size, step), size], k)


@composite(
    samples=lambda rng: [Sample(uniform(rng, (2, 3)), axis=axis) for axis in (0, -1)],
    reference=lambda x, axis=0: [np.take(x, i, axis) for i in range(x.shape[axis])],
    fails=[Fails(np.ones(3), axis=1, error=AxisError, match="axis 1")],
    method="unstack",
)
def unstack(x, axis=0):
    """The slices of x along an axis, which they lose, as a tuple.

    Examples
    --------
    >>> unstack(np.array([[1, 2], [3, 4]]), axis=1)
    (array([1, 3]), array([2, 4]))
    """
    (k,) = axes_of("unstack", x, axis)
    before = (slice(None),) * k
    return tuple(getitem(x, index=(*before, i)) for i in range(np.shape(x)[k]))
