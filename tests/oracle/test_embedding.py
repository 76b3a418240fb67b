"""Embedding and EmbeddingBag against PyTorch: values, gradients, what becomes of the table."""

import numpy as np
import pytest

import nn
from autograd import Tensor

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

CLOSE = {"rtol": 1e-8, "atol": 1e-8}
RNG = np.random.default_rng(0)
IDS = np.array([[2, 0, 2], [1, 3, 3]])
STARTS = np.array([0, 0, 4])

# Class, options, inputs that are not differentiated, weights of samples

LOOKUPS = [
    ("Embedding", {}, [IDS]),
    ("Embedding", {}, [np.array(3)]),
    ("Embedding", {"padding_idx": 2}, [IDS]),
    ("Embedding", {"padding_idx": -1}, [IDS]),
    ("Embedding", {"max_norm": 1.0}, [IDS]),
    ("Embedding", {"max_norm": 1.5, "norm_type": 1.0, "padding_idx": 0}, [IDS]),
    ("Embedding", {"max_norm": 0.5, "norm_type": float("inf")}, [IDS]),
    ("Embedding", {"scale_grad_by_freq": True}, [IDS]),
    ("Embedding", {"scale_grad_by_freq": True, "padding_idx": 3, "max_norm": 1.0}, [IDS]),
    ("EmbeddingBag", {}, [IDS]),
    ("EmbeddingBag", {}, [IDS.ravel(), STARTS]),
    ("EmbeddingBag", {"mode": "sum", "padding_idx": 3}, [IDS]),
    ("EmbeddingBag", {"mode": "max", "padding_idx": -4}, [IDS.ravel(), STARTS]),
    ("EmbeddingBag", {"mode": "max"}, [IDS]),
    ("EmbeddingBag", {"mode": "mean", "padding_idx": 2}, [IDS.ravel(), STARTS]),
    ("EmbeddingBag", {"include_last_offset": True}, [IDS.ravel(), np.array([0, 2, 6])]),
    ("EmbeddingBag", {"max_norm": 0.8, "norm_type": 3.0}, [IDS]),
    ("EmbeddingBag", {"mode": "sum", "scale_grad_by_freq": True}, [IDS]),
    ("EmbeddingBag", {"mode": "mean", "scale_grad_by_freq": True}, [IDS.ravel(), STARTS]),
    ("EmbeddingBag", {"mode": "sum"}, [IDS, None], RNG.normal(size=(2, 3))),
    ("EmbeddingBag", {"mode": "sum", "padding_idx": 2}, [IDS.ravel(), STARTS], RNG.normal(size=6)),
]


def case_id(case):
    return f"{case[0]} {case[1]} {[np.shape(v) for v in case[2]]}"


def both(case):
    name, options, inputs, *weights = case
    ours = getattr(nn, name)(4, 3, **options).double()
    theirs = getattr(torch.nn, name)(4, 3, **options).double()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    x = [Tensor(w, requires_grad=True) for w in weights]
    y = [torch.tensor(w, requires_grad=True) for w in weights]
    out = ours(*inputs, *x)
    expected = theirs(*[v if v is None else torch.tensor(v) for v in inputs], *y)
    return ours, theirs, out, expected, x, y


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", LOOKUPS, ids=case_id)
def test_lookups(case, training):
    ours, theirs, out, expected, x, y = both(case)
    ours.train(training)
    np.testing.assert_allclose(np.asarray(out), expected.detach().numpy(), **CLOSE)
    table = theirs.weight.detach().numpy()
    np.testing.assert_allclose(np.asarray(ours.weight), table, **CLOSE)
    g = np.random.default_rng(1).normal(size=out.shape)
    out.backward(g)
    expected.backward(torch.tensor(g))
    for a, b in zip([ours.weight, *x], [theirs.weight, *y], strict=True):
        np.testing.assert_allclose(np.asarray(a.grad), b.grad.numpy(), **CLOSE)


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_given_tables(name, freeze):
    values = RNG.normal(size=(4, 3))
    ours = getattr(nn, name).from_pretrained(values, freeze, padding_idx=1)
    theirs = getattr(torch.nn, name).from_pretrained(torch.tensor(values), freeze, padding_idx=1)
    assert np.array_equal(np.asarray(ours.weight), theirs.weight.detach().numpy())
    assert ours.weight.requires_grad == theirs.weight.requires_grad
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ids = IDS[:1]
    np.testing.assert_allclose(
        np.asarray(ours(ids)), theirs(torch.tensor(ids)).detach().numpy(), **CLOSE
    )


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
def test_first_values_of_the_padding_are_zero(name):
    for table in (getattr(nn, name)(50, 40, padding_idx=-2),
                  getattr(torch.nn, name)(50, 40, padding_idx=-2)):  # fmt: skip
        weight = np.asarray(table.weight.tolist())
        assert (weight[48] == 0).all()
        rest = np.delete(weight, 48, axis=0)
        assert abs(rest.mean()) < 5 / np.sqrt(rest.size)
        assert abs(rest.var() - 1) < 5 * np.sqrt(2 / rest.size)
