"""Products of vectors, matrices and stacks of them, and regularisers at rest, next to PyTorch's."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, compare, op_named, table, torch
from .inputs import INF, NAN, RNG, normal

pytestmark = pytest.mark.oracle

F = torch.nn.functional


def of(*shapes, **options):
    """Samples of random arrays, one for each list of shapes."""
    return [Sample(*(normal(*s) for s in each), **options) for each in shapes]


VECTORS = of([(3,), (3,)], [(2, 3), (2, 3)], [(2, 1, 3), (4, 3)], [(0, 3), (3,)], [(2, 0), (2, 0)])
PRODUCTS = [
    Row("matmul", torch.matmul, of(
        [(3,), (3,)], [(3,), (3, 4)], [(2, 3), (3,)], [(2, 3), (3, 4)], [(5, 2, 3), (3, 4)],
        [(5, 2, 3), (3,)], [(3,), (5, 3, 4)], [(2, 3), (5, 3, 4)], [(5, 2, 3), (5, 3, 4)],
        [(6, 1, 2, 3), (5, 3, 4)], [(1, 5, 2, 3), (6, 1, 3, 4)], [(2, 0), (0, 4)],
        [(0, 3), (3, 4)], [(0,), (0,)], [(0, 2, 3), (3, 4)],
    )),
    Row("matmul", torch.matmul, [
        Sample(np.array([[1, 2], [3, 4]]), np.array([[0, 1], [1, 1]])),
        Sample(np.array([[INF, 1.0], [NAN, 0.0]]), np.array([[1.0, 1.0], [2.0, 0.0]]), orders=0),
    ]),
    Row("linear", F.linear, of(
        [(5,), (4, 5)], [(3, 5), (4, 5)], [(2, 3, 5), (4, 5), (4,)], [(2, 1, 4, 5), (4, 5)],
        [(0, 5), (4, 5), (4,)], [(3, 5), (1, 5), (1,)],
    )),
    Row("bilinear", F.bilinear, of(
        *([(*lead, 3), (*lead, 4), (5, 3, 4)] for lead in ((), (3,), (2, 3), (0,))),
        *([(*lead, 3), (*lead, 4), (5, 3, 4), (5,)] for lead in ((), (2, 3))),
    )),
    Row("vecdot", torch.linalg.vecdot, VECTORS),
    Row("vecdot", torch.linalg.vecdot, of([(3, 2), (3, 2)], [(3, 1, 2), (3, 4, 1)], axis=0)),
    Row("vdot", torch.vdot, of([(3,), (3,)], [(0,), (0,)])),
    Row("dot", torch.dot, of([(3,), (3,)], [(0,), (0,)])),
    Row("dot", torch.matmul, of([(2, 3), (3, 4)], [(2, 3), (3,)], [(3,), (3, 4)])),
    Row("inner", torch.inner, of([(3,), (3,)], [(2, 3), (4, 3)], [(2, 4, 3), (3,)], [(), (2, 3)])),
    Row("outer", torch.outer, of([(3,), (4,)], [(0,), (4,)])),
    Row("cross", torch.linalg.cross, of([(3,), (3,)], [(2, 1, 3), (1, 4, 3)], [(0, 3)] * 2)),
    Row("cross", torch.linalg.cross, of([(3, 2), (3, 2)], axis=0)),
    Row("kron", torch.kron, of(
        [(2, 3), (4, 2)], [(3,), (2, 2)], [(2, 1, 2), (3, 2, 1)], [(), (3,)], [(0, 2), (3, 1)]
    )),
    Row("tensordot", lambda x, y, axes=2: torch.tensordot(x, y, axes), [
        *of([(2, 3, 4), (3, 4, 5)]), *of([(2, 3), (3, 4)], axes=1), *of([(2,), (3,)], axes=0),
        *of([(2, 3, 4), (4, 2)], axes=((2, 0), (0, 1))), *of([(2, 0), (0, 3)], axes=1),
    ]),
    Row("multi_dot", torch.linalg.multi_dot, [
        Sample([normal(*s) for s in shapes])
        for shapes in ([(10,), (10, 3), (3, 8), (8,)], [(2, 3), (3, 4)], [(2, 3), (3, 4), (4, 5)])
    ]),
]  # fmt: skip


@table(PRODUCTS)
def test_products(row, sample):
    row.check(sample)


EINSUM = {
    "ij,jk->ik": [(2, 3), (3, 4)],
    "ij,jk": [(2, 3), (3, 4)],
    "ij": [(2, 3)],
    "ba": [(2, 3)],
    "bij,bjk->bik": [(30, 20, 20), (30, 20, 20)],
    "bhqd,bhkd->bhqk": [(2, 3, 4, 5), (2, 3, 6, 5)],
    "ii->i": [(4, 4)],
    "ii->": [(4, 4)],
    "iij,j->i": [(3, 3, 4), (4,)],
    "ijk->k": [(2, 3, 4)],
    "ij,k->k": [(2, 3), (4,)],
    "...ij,...jk->...ik": [(5, 2, 3), (6, 1, 3, 4)],
    "...,...": [(2, 3), (3,)],
    "...i->i...": [(2, 3, 4)],
    "i,j,k->kij": [(2,), (3,), (4,)],
    "ij,jk,kl,lm->im": [(20, 30), (30, 10), (10, 40), (40, 5)],
    "bi,oij,bj->bo": [(2, 3), (5, 3, 4), (2, 4)],
    "ij,ji->": [(3, 4), (4, 3)],
    "ij,ij->ij": [(3, 4), (1, 4)],
    "ij,jk->k": [(0, 3), (3, 4)],
    "ij,jk->ik ": [(2, 0), (0, 4)],
    "i,->i": [(3,), ()],
}


@pytest.mark.parametrize("subscripts", EINSUM)
def test_einsum(subscripts):
    arrays = [normal(*s) for s in EINSUM[subscripts]]
    ours, theirs = op_named("einsum"), torch.einsum
    compare(
        lambda *x: ours(subscripts, *x), lambda *y: theirs(subscripts, *y), *arrays, order=2
    )  # fmt: skip


def test_einsum_with_lists_of_axes():
    x, y = normal(2, 3), normal(3, 4)
    ours, theirs = op_named("einsum"), torch.einsum
    compare(
        lambda x, y: ours(x, [0, 1], y, [1, 2], [2]),
        lambda x, y: theirs(x, [0, 1], y, [1, 2], [2]),
        x, y, order=2,
    )  # fmt: skip


# Regularisers do nothing when they evaluate

INSIDE = {
    "dropout": (),
    "dropout1d": (4,),
    "dropout2d": (4, 4),
    "dropout3d": (2, 2, 2),
    "alpha_dropout": (),
}
AT_REST = [
    Row(name, getattr(F, name), [Sample(normal(n, 3, *inside), training=False) for n in (2, 0)])
    for name, inside in INSIDE.items()
]


@table(AT_REST)
def test_regularisers_at_rest(row, sample):
    row.check(sample)


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("name", ["dropout", "dropout2d", "alpha_dropout"])
def test_dropout_of_nothing_and_of_everything(name, p):
    Row(name, getattr(F, name), []).check(Sample(RNG.normal(size=(2, 3, 4, 4)), p=p, training=True))
