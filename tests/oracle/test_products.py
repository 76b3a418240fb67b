"""Values and gradients of products, next to PyTorch's, in float64."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

F = torch.nn.functional


def compare(ours, theirs, shapes, *leading, seed=0, **options):
    """Our op on random arrays against the function of PyTorch: value, and every gradient."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=shape) for shape in shapes]
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    others = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = ours(*leading, *mine, **options)
    expected = theirs(*leading, *others, **options)
    g = np.asarray(rng.normal(size=out.shape))
    out.backward(g)
    expected.backward(torch.tensor(g))
    pairs = [(out, expected.detach()), *((a.grad, b.grad) for a, b in zip(mine, others))]
    for a, b in pairs:
        assert a.shape == tuple(b.shape)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("x", [(5,), (3, 5), (2, 3, 5), (2, 1, 4, 5), (0, 5)])
@pytest.mark.parametrize("bias", [False, True])
def test_linear(x, bias):
    compare(ag.linear, F.linear, [x, (4, 5), (4,)] if bias else [x, (4, 5)])


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
@pytest.mark.parametrize("bias", [False, True])
def test_bilinear(lead, bias):
    shapes = [(*lead, 3), (*lead, 4), (5, 3, 4), (5,)]
    compare(ag.bilinear, F.bilinear, shapes if bias else shapes[:3])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((3,), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 2, 3), (5, 3, 4)),
        ((6, 1, 2, 3), (5, 3, 4)),
        ((1, 5, 2, 3), (6, 1, 3, 4)),
        ((2, 0), (0, 4)),
        ((0, 3), (3, 4)),
    ],
)
def test_matmul(x, y):
    compare(ag.matmul, torch.matmul, [x, y])


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("bij,bjk->bik", [(30, 20, 20), (30, 20, 20)]),
        ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]),
        ("ii->i", [(4, 4)]),
        ("ii->", [(4, 4)]),
        ("iij,j->i", [(3, 3, 4), (4,)]),
        ("ijk->k", [(2, 3, 4)]),
        ("ij,k->k", [(2, 3), (4,)]),
        ("...ij,...jk->...ik", [(5, 2, 3), (6, 1, 3, 4)]),
        ("...,...", [(2, 3), (3,)]),
        ("i,j,k->kij", [(2,), (3,), (4,)]),
        ("ij,jk,kl,lm->im", [(20, 30), (30, 10), (10, 40), (40, 5)]),
        ("bi,oij,bj->bo", [(2, 3), (5, 3, 4), (2, 4)]),
        ("ij,ji->", [(3, 4), (4, 3)]),
        ("ij,ij->ij", [(3, 4), (1, 4)]),
    ],
)
def test_einsum(subscripts, shapes):
    compare(ag.einsum, torch.einsum, shapes, subscripts)
