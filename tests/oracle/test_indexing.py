"""Indexing, gathering and scattering, next to PyTorch's."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, compare, table, torch
from .inputs import INF, NAN, distinct, normal

pytestmark = pytest.mark.oracle

F = torch.nn.functional

X = distinct(3, 4)
MASK = np.array([[True, False, True, False], [False] * 4, [True] * 4])

# x[index] and x[index] = v, for the indices that PyTorch takes too (no negative steps)

ONCE = [
    1, -1, slice(None), slice(1, None), slice(None, None, 2), slice(5, 9), (slice(None), 2),
    (1, slice(0, 3)), Ellipsis, (Ellipsis, 0), None, (slice(None), None, 1), np.array([2, 0]),
    (np.array([0, 2]), np.array([1, -1])), (np.array([[0], [2]]), np.array([1, 3])),
    (1, np.array([0, 1])), MASK, (np.array([True, False, True]),), np.zeros(0, int), (0, 0),
    (slice(None), np.array([True, False, True, True])), (None, np.array([1]), slice(1, 3)),
]  # fmt: skip
AGAIN = [
    np.array([2, 0, 2]),
    (slice(None), np.array([3, -1])),
    (np.array([[0], [2]]), np.array([1, 3, 3])),
]


def torched(index):
    if isinstance(index, tuple):
        return tuple(torched(i) for i in index)
    return torch.tensor(index) if isinstance(index, np.ndarray) else index


def each(indices):
    return pytest.mark.parametrize("index", indices, ids=lambda i: " ".join(str(i).split()))


@each([*ONCE, *AGAIN])
def test_reading_by_index(index):
    compare(lambda x: x[index], lambda x: x[torched(index)], X, order=2)


def written(x, v, index):
    y = x * 2
    y[index] = v
    return y * y


@each(ONCE)
def test_writing_by_index(index):
    """Not where an index names a place twice: PyTorch leaves open which value stays."""
    theirs, v = torched(index), normal(*np.zeros((3, 4))[index].shape)
    ours = lambda x, v: written(x, v, index)  # noqa: E731
    compare(ours, lambda x, v: written(x, v, theirs), X, v, order=2)
    compare(lambda x: ours(x, 0.5), lambda x: written(x, 0.5, theirs), X, order=2)


# By arrays of indices: PyTorch's indices are not negative

ROWS = np.array([2, 0, 2])
INTO = np.array([[0, 2, 1, 1], [1, 1, 0, 2]])
ALONG = np.array([[3, 0], [1, 1], [0, 3]])


def by_axis(f):
    """A function of PyTorch that takes the axis in second place."""
    return lambda x, indices, *rest, dim: f(x, dim, indices, *rest)


GATHER = [
    Row("take", torch.take, [Sample(X, np.array([[0, 11], [5, 5]])), Sample(X, np.array(3))]),
    Row("take", by_axis(torch.index_select), [
        Sample(X, ROWS, axis=0), Sample(X, ROWS, axis=-1), Sample(X, np.zeros(0, int), axis=1),
        Sample(np.ones((3, 0)), ROWS, axis=0),
    ]),
    Row("take_along_axis", lambda x, i, dim: torch.take_along_dim(x, i, dim), [
        Sample(X, ALONG, axis=1), Sample(X, ALONG[:1], axis=1), Sample(X, INTO, axis=0),
        Sample(X, np.array([5, 0]), axis=None), Sample(X, ALONG[:, :0], axis=-1),
    ]),
    Row("gather", by_axis(torch.gather), [
        Sample(X, ALONG, axis=1), Sample(X, ALONG[:2], axis=-1), Sample(X, INTO, axis=0),
        Sample(X, INTO[:, :2], axis=0),
    ]),
    Row("masked_select", torch.masked_select, [
        Sample(X, MASK), Sample(X, MASK[0]), Sample(X, ~MASK & MASK), Sample(normal(4), MASK),
    ]),
    Row("nonzero", lambda x: torch.nonzero(x, as_tuple=True), [
        Sample(np.array([[0.0, 1.0], [2.0, NAN]]), orders=0), Sample(MASK),
        Sample(np.zeros(3, int)),
    ]),
    Row("one_hot", lambda x, num_classes=-1, dtype=None: F.one_hot(x, num_classes), [
        Sample(INTO, num_classes=5, dtype=np.int64), Sample(ROWS, dtype=np.int64),
        Sample(np.array(1), num_classes=2, dtype=np.int64),
    ]),
]  # fmt: skip


def reducing(x, indices, source, dim=0, reduce="sum", include_self=True):
    name = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    return torch.scatter_reduce(x, dim, indices, source, name, include_self=include_self)


ZEROS = np.array([0.0, 2.0, 0.0]), np.array([1, 1, 2, 0]), np.array([0.0, 5.0, 4.0, 7.0])
SCATTER = [
    Row("index_add", by_axis(torch.index_add), [
        Sample(X, ROWS, normal(3, 4), axis=0), Sample(X, ROWS, normal(3, 3), axis=-1),
    ]),
    Row("index_copy", by_axis(torch.index_copy), [
        Sample(X, ROWS[:2], normal(2, 4), axis=0), Sample(X, ROWS[1:], normal(3, 2), axis=1),
    ]),
    Row("index_fill", by_axis(torch.index_fill), [
        Sample(X, ROWS, 0.5, axis=0), Sample(X, ROWS, normal(), axis=1),
        Sample(X, ROWS, INF, axis=1),
    ]),
    Row("put_along_axis", by_axis(torch.scatter), [
        Sample(X, np.array([[3, 0], [1, 2], [0, 3]]), normal(3, 2), axis=1),
        Sample(X, np.array([[2, 0, 1, 1]]), normal(1, 4), axis=0),
    ]),
    Row("scatter_add", by_axis(torch.scatter_add), [
        Sample(X, INTO, normal(2, 4), axis=0), Sample(X, ALONG, normal(3, 2), axis=1),
        Sample(X, ALONG[:2], normal(2, 2), axis=-1),
        Sample(X, INTO[:, :2], normal(3, 4), axis=0, orders=0, label="too long a source"),
    ]),
    Row("scatter_reduce", reducing, [
        Sample(X, INTO, distinct(2, 4) + 0.4, axis=a, reduce=r, include_self=s)
        for a in (0, 1) for r in ("sum", "mean", "prod", "max", "min") for s in (True, False)
        if not (a == 1 and r in ("prod", "max", "min"))
    ]),
    Row("scatter_reduce", reducing, [
        Sample(*ZEROS, reduce="prod", include_self=s, orders=1, label=f"zeros, self {s}")
        for s in (True, False)
    ]),
]  # fmt: skip


@table([*GATHER, *SCATTER])
def test_by_arrays_of_indices(row, sample):
    row.check(sample)
