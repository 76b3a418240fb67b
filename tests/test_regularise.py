"""Penalties, constraints and clipping: by hand, in place, and refused by name."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, AxisError, DTypeError, NonFiniteError, ShapeError
from autograd.testing import check_grads
from nn import optim, regularise


def with_gradients(*arrays):
    out = [nn.Parameter(np.zeros_like(a)) for a in arrays]
    for p, a in zip(out, arrays):
        p.grad = a
    return out


# Clipping


@pytest.mark.parametrize("order", [0.5, 1, 2, 2.5, 3, math.inf])
def test_the_norm_is_that_of_all_elements_together(order):
    arrays = [
        np.random.default_rng(k).normal(size=s) for k, s in enumerate([(3, 4), (), (5,), (0, 2)])
    ]
    flat = np.concatenate([a.ravel() for a in arrays])
    expected = (
        np.abs(flat).max() if order == math.inf else (np.abs(flat) ** order).sum() ** (1 / order)
    )
    params = with_gradients(*arrays)
    norm = nn.clip_grad_norm_(params, 0.5, order)
    assert norm.shape == ()
    assert norm.item() == pytest.approx(expected, rel=1e-12)
    clipped = regularise.get_total_norm([p.grad for p in params], order).item()
    assert clipped == pytest.approx(0.5, rel=1e-5)
    assert nn.clip_grad_norm_(params, 7.0, order).item() == pytest.approx(clipped)
    assert regularise.get_total_norm([p.grad for p in params], order).item() == clipped


def test_clipping_writes_in_place_keeps_the_dtype_and_skips_none():
    a, b = with_gradients(np.full(3, 2, np.float32), np.full(2, 5.0))
    c = nn.Parameter(1.0)
    where = a.grad.data.ctypes.data
    nn.clip_grad_norm_(iter([a, b, c]), 1.0)
    assert a.grad.data.ctypes.data == where
    assert a.grad.dtype == np.float32
    assert c.grad is None
    nn.clip_grad_value_([a, b, c], 0.1)
    assert np.allclose(np.asarray(a.grad), 0.1)
    assert a.grad.dtype == np.float32
    nn.clip_grad_norm_(a, 0)
    assert a.grad.tolist() == [0, 0, 0]


def test_a_gradient_held_elsewhere_is_not_clipped_there():
    (p,) = with_gradients(np.full(2, 3.0))
    kept = p.grad.detach()
    nn.clip_grad_value_(p, 1.0)
    nn.clip_grad_norm_(p, 0.1)
    assert kept.tolist() == [3, 3]


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_norms_neither_overflow_nor_vanish(size):
    params = with_gradients(np.full(4, size, np.float32))
    assert nn.clip_grad_norm_(params, 1.0).item() == pytest.approx(2 * size, rel=1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_gradients_that_are_not_finite_are_told_if_asked_for(value):
    a, b = with_gradients(np.ones(2), np.array([1.0, value]))
    with pytest.raises(NonFiniteError, match=r"gradients \[1\] have NaN or Inf"):
        nn.clip_grad_norm_([a, b], 0.5, error_if_nonfinite=True)
    assert a.grad.tolist() == [1, 1]
    norm = nn.clip_grad_norm_([a, b], 0.5).item()
    assert math.isnan(norm) if math.isnan(value) else norm == value


def test_there_may_be_no_gradients():
    assert nn.clip_grad_norm_([nn.Parameter(1.0)], 1.0).item() == 0
    assert nn.clip_grad_norm_([], 1.0).item() == 0


# Penalties

W = np.array([[1.0, -2.0], [0.5, 3.0]])


def test_penalties_have_the_derivatives_they_say():
    b = np.array(-0.5)
    assert regularise.l1_penalty([Tensor(W), Tensor(b)], 0.1).item() == pytest.approx(0.7)
    assert regularise.l2_penalty([Tensor(W), Tensor(b)], 0.1).item() == pytest.approx(0.725)
    for penalty in (regularise.l1_penalty, regularise.l2_penalty):
        check_grads(lambda w, b, f=penalty: f([w, b], 0.3), W, b, order=2)
    check_grads(lambda x: regularise.sparsity_penalty(x, 0.2), np.abs(W) / 4, order=2)


def test_the_l2_penalty_is_weight_decay():
    paths = []
    for decay in (0.0, 0.3):
        w = nn.Parameter(W)
        optimizer = optim.SGD([w], lr=0.1, weight_decay=decay)
        for _ in range(3):
            optimizer.zero_grad()
            (w.sin().sum() + regularise.l2_penalty(w, 0.3 - decay)).backward()
            optimizer.step()
        paths.append(np.array(w))
    assert np.allclose(*paths, rtol=1e-12)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.LayerNorm(4)
        self.cell = nn.LSTM(4, 4)
        self.tied = nn.Linear(3, 4)
        self.tied.weight = self.first.weight
        self.gain = nn.Parameter(1.0)


BIASES = {"first.bias", "tied.bias", "cell.bias_ih_l0", "cell.bias_hh_l0"}


@pytest.mark.parametrize(
    ("options", "spared"),
    [
        ({}, {*BIASES, "norm.weight", "norm.bias"}),
        ({"biases": True}, {"norm.weight", "norm.bias"}),
        ({"norms": True}, {*BIASES, "norm.bias"}),
        ({"norms": True, "biases": True}, set()),
    ],
)
def test_groups_spare_biases_and_norms(options, spared):
    model = Model()
    groups = regularise.weight_decay_groups(model, 0.1, lr=0.5, **options)
    by_id = {id(p): name for name, p in model.named_parameters()}
    names = [{by_id[id(p)] for p in g["params"]} for g in groups]
    assert names == [set(by_id.values()) - spared, *([spared] if spared else [])]
    assert [g["weight_decay"] for g in groups] == [0.1, 0.0][: len(groups)]
    assert [g["lr"] for g in optim.SGD(groups).param_groups] == [0.5] * len(groups)


@pytest.mark.parametrize(("order", "dim"), [(2, 0), (1, 0), (math.inf, 0), (2, 1), (3, -1)])
def test_no_unit_keeps_more_than_the_largest_norm(order, dim):
    values = np.random.default_rng(0).normal(size=(4, 3, 2)) * np.arange(4)[:, None, None]
    w, b = nn.Parameter(values), nn.Parameter([100.0])
    regularise.max_norm_([w, b], 1.5, order, dim)
    for new, old in zip(np.moveaxis(np.asarray(w), dim, 0), np.moveaxis(values, dim, 0)):
        size = np.linalg.norm(old.ravel(), order)
        assert np.allclose(new, old * min(1, 1.5 / size) if size else old, rtol=1e-12)
    assert b.item() == 100


# Sparsity


def test_sparsity_by_hand():
    x = np.array([[0.2, 0.6], [0.4, 0.8]])
    expected = sum(0.1 * math.log(0.1 / m) + 0.9 * math.log(0.9 / (1 - m)) for m in (0.3, 0.7))
    assert regularise.sparsity_penalty(x, 0.1).item() == pytest.approx(expected)


def test_dead_units_get_a_finite_gradient_that_wakes_them():
    x = Tensor(np.zeros((3, 2)), requires_grad=True)
    regularise.sparsity_penalty(x).backward()
    assert np.isfinite(np.asarray(x.grad)).all()
    assert (np.asarray(x.grad) < 0).all()


def test_watched_modules_add_up_while_training_only():
    model = nn.Sequential(
        nn.Linear(2, 3, rng=0), nn.Sigmoid(), nn.Linear(3, 3, rng=1), nn.Sigmoid()
    )
    sparse = regularise.ActivationSparsity(model[1], model[3], rho=0.2, weight=0.5)
    x = np.ones((4, 2), np.float32)
    h = model[0](x).sigmoid()
    out = model(x)
    expected = 0.5 * (regularise.sparsity_penalty(h, 0.2) + regularise.sparsity_penalty(out, 0.2))
    penalty = sparse.penalty()
    assert penalty.item() == pytest.approx(expected.item(), rel=1e-6)
    penalty.backward()
    assert all(p.grad is not None for p in model.parameters())
    model.eval()(x)
    with pytest.raises(ArgumentError, match="no module was called in training"):
        sparse.penalty()
    sparse.remove()
    model.train()(x)
    with pytest.raises(ArgumentError, match="no module was called"):
        sparse.penalty()


def test_training_with_the_penalty_reaches_the_sparsity():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 4)).astype(np.float32)
    model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Sigmoid())
    sparse = regularise.ActivationSparsity(model[1], rho=0.1)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        model(x)
        sparse.penalty().backward()
        optimizer.step()
    assert np.allclose(np.asarray(model(x)).mean(0), 0.1, atol=0.01)


P = nn.Parameter(np.ones((2, 2)))
MISUSE = {
    "norm type": (lambda: nn.clip_grad_norm_(P, 1, 0), ArgumentError, "norm_type must be above 0"),
    "max norm": (lambda: nn.clip_grad_norm_(P, -1), ArgumentError, "max_norm must be 0 or more"),
    "nan": (lambda: nn.clip_grad_norm_(P, math.nan), ArgumentError, "max_norm"),
    "value": (lambda: nn.clip_grad_value_(P, -1), ArgumentError, "clip_value must be 0 or more"),
    "arrays": (lambda: nn.clip_grad_norm_([np.ones(2)], 1), DTypeError, "item 0 is a ndarray"),
    "no parameters": (lambda: regularise.l1_penalty([]), ArgumentError, "at least one parameter"),
    "axis": (lambda: regularise.max_norm_(P, 1, dim=2), AxisError, r"\(2, 2\) has no axis 2"),
    "size": (lambda: regularise.max_norm_(P, -1), ArgumentError, "max_norm of 0 or more"),
    "rho": (lambda: regularise.sparsity_penalty(P, 1.0), ArgumentError, "between 0 and 1, got 1"),
    "no batch": (lambda: regularise.sparsity_penalty(Tensor(0.5)), ShapeError, "for the batch"),
    "range": (lambda: regularise.sparsity_penalty(3 * P), ArgumentError, "hint: use a sigmoid"),
    "no modules": (lambda: regularise.ActivationSparsity(), ArgumentError, "at least one module"),
    "rho of modules": (
        lambda: regularise.ActivationSparsity(nn.Sigmoid(), rho=0), ArgumentError, "got 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told_at_once(case):
    action, error, match = MISUSE[case]
    with pytest.raises(error, match=match):
        action()
