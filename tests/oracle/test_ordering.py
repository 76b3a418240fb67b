"""Sorting, choosing by rank, quantiles and searching, next to PyTorch's."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, compare, op_named, table, torch
from .inputs import INF, NAN, distinct, normal, over
from .test_reductions import values

pytestmark = pytest.mark.oracle

ENDS = np.array([1.0, NAN, -INF, INF, 0.0, NAN])
TIES = np.array([2.0, 1.0, 2.0, 1.0, 0.0])
BOTH = (False, True)
EMPTY = [Sample(np.ones((0, 3)), axis=1), Sample(np.ones((3, 0)), axis=1)]

SORT = [
    Row("sort", values(torch.sort), [
        *(Sample(distinct(3, 4), axis=a, descending=d) for a in (0, -1) for d in BOTH),
        *(Sample(ENDS, axis=0, descending=d, orders=0) for d in BOTH),
        Sample(TIES.astype(int), axis=0), *EMPTY,
    ]),
    Row("argsort", torch.argsort, [
        *(Sample(distinct(3, 4), axis=a, descending=d) for a in (0, -1) for d in BOTH),
        *(Sample(v, axis=0, descending=d, stable=True) for v in (TIES, ENDS) for d in BOTH), *EMPTY,
    ]),
    Row("topk", torch.topk, [
        *(Sample(distinct(3, 4), 2, axis=a, largest=b) for a in (0, -1) for b in BOTH),
        Sample(ENDS[:4], 2, orders=0), Sample(distinct(3), 3),
    ]),
    Row("kthvalue", torch.kthvalue, [
        Sample(distinct(3, 4), k, axis=a, keepdims=b) for k in (1, 3) for a in (0, -1) for b in BOTH
    ]),
    Row("searchsorted", torch.searchsorted, [
        Sample(np.array([0.0, 1.0, 1.0, 2.0]), np.array([[1.0, 0.5], [-1.0, v]]), side=s, orders=0)
        for s in ("left", "right") for v in (2.0, INF)
    ]),
    Row("unique", torch.unique, [
        Sample(np.array([[2, 1], [2, 3]])), Sample(TIES, orders=0),
        Sample(np.array([3, 1, 3]), return_inverse=True, return_counts=True),
        Sample(np.array([[3, 1], [3, 1]]), return_inverse=True),
        Sample(np.array([[1, 2], [0, 1], [1, 2]]), axis=0),
        Sample(np.array([[1, 2], [0, 1], [1, 2]]), return_inverse=True, return_counts=True, axis=0),
    ]),
]  # fmt: skip


@table(SORT)
def test_sorting(row, sample):
    row.check(sample)


QUANTILES = np.array([0.0, 0.3, 0.5, 1.0])
HOLES = np.array([[1.0, NAN, 2.0, 7.0], [5.0, 4.0, 3.0, 9.0]])


def quantile(f):
    """Their function; the method of interpolation is called by our name."""
    return lambda x, q, method="linear", **options: f(x, q, interpolation=method, **options)


def at_half(f):
    return lambda x, **options: f(x, 0.5, **options)


MEDIANS = [
    Row("median", at_half(torch.quantile), over(distinct, None, 0, -1)),
    Row("median", at_half(torch.quantile), [Sample(HOLES, axis=1, orders=0), Sample(normal(5))]),
    Row("nanmedian", at_half(torch.nanquantile), over(distinct, None, 0, -1)),
    Row("nanmedian", at_half(torch.nanquantile), [Sample(HOLES, axis=a) for a in (1, None)]),
]  # fmt: skip


@table(MEDIANS)
def test_medians(row, sample):
    """Of PyTorch's two the quantile: its median is the lower of the two elements in the middle."""
    row.check(sample)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("keepdims", BOTH)
@pytest.mark.parametrize("method", ["linear", "lower", "higher", "nearest", "midpoint"])
@pytest.mark.parametrize("q", [0.3, 0.5, QUANTILES], ids=["0.3", "0.5", "several"])
def test_quantile(axis, keepdims, method, q):
    theirs = q if isinstance(q, float) else torch.tensor(q)
    compare(
        lambda x: op_named("quantile")(x, q, axis=axis, method=method, keepdims=keepdims),
        lambda x: torch.quantile(x, theirs, dim=axis, interpolation=method, keepdim=keepdims),
        distinct(2, 3, 4), order=2,
    )  # fmt: skip
