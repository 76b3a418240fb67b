"""Tensors are values: in-place forms are differentiable, and nothing is changed behind a graph."""

import operator

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import AutogradError, DTypeError, GraphError, ShapeError


def leaf(values, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12, atol=1e-12)


# Arrays of the user's, changed between forward and backward


def test_tensor_copies_the_array_it_is_made_of():
    source = np.array([1.0, 2.0])
    x = Tensor(source, requires_grad=True)
    y = (x * x).sum()
    source[:] = 100
    assert x.tolist() == [1, 2]
    y.backward()
    close(x.grad, [2, 4])


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x, a: x * a, [2.0, 3.0]),
        (lambda x, a: a * x, [2.0, 3.0]),
        (lambda x, a: a[::-1] * x, [3.0, 2.0]),
        (lambda x, a: x / a, [1 / 2, 1 / 3]),
        (lambda x, a: ag.where(a > 2, x, 5 * x), [5.0, 1.0]),
        (lambda x, a: ag.hypot(x, a), None),
        (lambda x, a: x**a, [2.0, 12.0]),
        (lambda x, a: ag.lerp(x, 0.0, a), [-1.0, -2.0]),
    ],
)
@pytest.mark.parametrize("size", [2, 200])  # small constants are kept for pictures, large ones not
def test_an_array_operand_may_change_after_the_forward_pass(f, expected, size):
    a = np.tile([2.0, 3.0], size // 2)
    x = leaf(np.tile([1.0, 2.0], size // 2))
    wanted = f(x, a.copy()).sum().gradient(x).numpy()
    y = f(x, a).sum()
    a[:] = -100
    y.backward()
    close(x.grad, wanted)
    if expected:
        close(x.grad[:2], expected)


def test_an_index_may_change_after_the_forward_pass():
    x = leaf([1.0, 2.0, 3.0])
    index, mask = np.array([0, 0]), np.array([True, False, True])
    y = x[index].sum() + 10 * x[mask].sum() + 100 * x[(index,)].sum()
    z = x * 1
    z[index] = 0.0
    index[:], mask[:] = 2, False
    (y + z.sum()).backward()
    close(x.grad, [2 + 10 + 200, 1, 10 + 1])


def test_a_cotangent_may_change_after_create_graph():
    x = leaf([1.0, 2.0])
    g = np.array([1.0, 1.0])
    d = (x**3).gradient(x, gradient=g, create_graph=True)
    g[:] = 100
    close(d.gradient(x, gradient=np.ones(2)), 6 * x.numpy())


# In-place operators

IN_PLACE = {
    "+=": (operator.iadd, operator.add),
    "-=": (operator.isub, operator.sub),
    "*=": (operator.imul, operator.mul),
    "/=": (operator.itruediv, operator.truediv),
    "**=": (operator.ipow, operator.pow),
    "%=": (operator.imod, operator.mod),
    "//=": (operator.ifloordiv, operator.floordiv),
    "@=": (operator.imatmul, operator.matmul),
}
forms = pytest.mark.parametrize(("change", "compute"), IN_PLACE.values(), ids=IN_PLACE.keys())
START = [[1.5, 2.5], [0.5, 3.5]]
OTHER = [[2.0, 0.5], [1.25, 2.0]]


@forms
@pytest.mark.parametrize(
    "wrap",
    [leaf, lambda v: Tensor(np.array(v)), np.array, lambda v: 2.0],
    ids=["leaf", "constant", "ndarray", "number"],
)
def test_in_place_gives_what_the_operator_gives(change, compute, wrap):
    other = wrap(OTHER)
    if compute is operator.matmul and isinstance(other, float):
        other = np.eye(2)
    x = leaf(START)
    expected = compute(ag.exp(x), other)
    grads = expected.sum().gradient(x)
    y = ag.exp(x)
    same = y
    y = change(y, other)
    assert y is same
    close(y, expected)
    close(y.sum().gradient(x), grads)


@forms
def test_in_place_keeps_what_was_computed_from_the_old_value(change, compute):
    x = leaf(START)
    y = ag.exp(x)  # its rule reads its own result
    z = (y * y).sum()
    old = y.numpy().copy()
    y = change(y, leaf(OTHER))
    z.backward()
    close(x.grad, 2 * old * old)


@forms
def test_in_place_on_a_leaf_is_refused_while_recording(change, compute):
    x = leaf(START)
    with pytest.raises(GraphError, match="leaf that requires grad") as e:
        change(x, leaf(OTHER))
    assert "test_values.py:" in str(e.value)
    assert "no_grad" in str(e.value)
    close(x, START)


@forms
def test_in_place_on_a_leaf_under_no_grad(change, compute):
    x = leaf(START)
    y = (x * x).sum()
    with ag.no_grad():
        x = change(x, np.array(OTHER))
    assert x.is_leaf
    assert x.requires_grad
    close(x, compute(np.array(START), np.array(OTHER)))
    y.backward()
    close(x.grad, 2 * np.array(START))


@forms
def test_in_place_on_a_constant(change, compute):
    x = Tensor(np.array(START))
    view = x.numpy()
    y = change(x, np.array(OTHER))
    assert y is x
    close(x, compute(np.array(START), np.array(OTHER)))
    close(view, START)


def test_in_place_makes_a_constant_part_of_the_graph():
    x = leaf([1.0, 2.0])
    total = Tensor(np.zeros(2))
    for k in range(1, 4):
        total += x * k
    total.sum().backward()
    close(x.grad, [6, 6])


def test_exp_then_multiply_in_place():
    x = leaf([0.0, 1.0])
    y = ag.exp(x)
    y *= 2
    y.sum().backward()
    close(x.grad, 2 * np.exp(x.numpy()))


def test_in_place_by_itself():
    x = leaf([1.0, 2.0])
    y = x * 1
    y *= y
    y += y
    y.sum().backward()
    close(x.grad, 4 * x.numpy())


@pytest.mark.parametrize("other", [np.ones((3, 2)), np.ones((1, 2))])
def test_in_place_keeps_the_shape(other):
    y = leaf([1.0, 2.0]) * 1
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        y += other
    assert y.tolist() == [1, 2]


def test_in_place_keeps_the_dtype():
    y = leaf([1.0, 2.0], np.float32) * 1
    y += np.ones(2)
    assert y.dtype == np.float32
    n = Tensor([1, 2])
    with pytest.raises(DTypeError):
        n += 0.5
    with pytest.raises(DTypeError):
        n /= 2
    n += 1
    assert n.tolist() == [2, 3]
    assert n.dtype == np.int64


# Item assignment


def test_assignment_inside_a_graph():
    x = leaf([1.0, 2.0, 3.0])
    y = x * x
    y[0] = y[1] * 5
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    close(y, [20, 4, 9])
    close(x.grad, [0, 5 * 4 + 10 * 4, 100 * 6])


@pytest.mark.parametrize(
    "index",
    [
        0, -1, slice(None), slice(None, None, -1), slice(0, 0), (0, 1), (slice(None), 1), Ellipsis,
        (Ellipsis, 0), [0, 1], [1, 1], ([0, 1], [1, 0]), ([0, 0], [1, 1]), np.array([[0], [1]]),
        np.array([[True, False], [False, True]]), np.array([True, False]), (None, 0),
    ],
    ids=str,
)  # fmt: skip
def test_assignment_agrees_with_numpy_for_every_index(index):
    x, start = leaf(START), np.array(OTHER)
    y = leaf(OTHER)
    out = y * 1
    v = x[index] * 2
    out[index] = v
    expected = start.copy()
    expected[index] = v.numpy()
    close(out, expected)
    dx, dy = out.sum().gradient(x, y)
    # by differences, exact because everything is linear
    for t, d in ((x, dx), (y, dy)):
        for k in np.ndindex(2, 2):
            moved = {id(x): x.numpy().copy(), id(y): y.numpy().copy()}
            moved[id(t)][k] += 1
            after = moved[id(y)].copy()
            after[index] = moved[id(x)][index] * 2
            close(d[k], after.sum() - expected.sum())


def test_of_repeated_indices_the_last_write_counts():
    v = leaf([1.0, 2.0, 3.0])
    y = Tensor(np.zeros(2))
    y[[0, 1, 0]] = v
    close(y, [3, 2])
    (y * np.array([10.0, 1.0])).sum().backward()
    close(v.grad, [0, 1, 10])


def test_in_place_on_a_part():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[1:] *= x[:2]
    y[0] += 5
    close(y, [6, 2, 6])
    y.sum().backward()
    close(x.grad, [1 + 2, 1 + 3, 2])


def test_assignment_to_a_leaf():
    x = leaf([1.0, 2.0])
    with pytest.raises(GraphError, match="leaf that requires grad"):
        x[0] = 5.0
    y = (x * x).sum()
    with ag.no_grad():
        x[0] = 5.0
    assert x.is_leaf
    assert x.tolist() == [5, 2]
    y.backward()
    close(x.grad, [2, 4])


def test_a_tracked_value_assigned_to_a_constant():
    x = leaf([1.0, 2.0])
    y = Tensor(np.zeros(3))
    y[1] = x[0] * x[1]
    y.sum().backward()
    close(x.grad, [2, 1])


@pytest.mark.parametrize(
    ("index", "value"),
    [(5, 1.0), ((0, 0), 1.0), (0, np.ones(2)), ("a", 1.0), (1.5, 1.0), (0, "b"), (0, None)],
    ids=str,
)
def test_a_bad_assignment_changes_nothing(index, value):
    for y in (leaf([1.0, 2.0, 3.0]) * 1, Tensor(np.array([1.0, 2.0, 3.0]))):
        with pytest.raises(AutogradError):
            y[index] = value
        assert y.tolist() == [1, 2, 3]


# Two Tensors never share what either can change

VIEWS = {
    "reshape": lambda y: y.reshape(4),
    "transpose": lambda y: y.T,
    "item": lambda y: y[0],
    "slice": lambda y: y[:, ::-1],
    "everything": lambda y: y[...],
    "ravel": lambda y: y.ravel(),
    "swapaxes": lambda y: y.swapaxes(0, 1),
    "broadcast_to": lambda y: y.broadcast_to((2, 2, 2)),
    "expand_dims": lambda y: y[None],
    "flip": lambda y: ag.flip(y),
    "diagonal": lambda y: ag.diagonal(y),
    "positive": lambda y: +y,
    "copy": lambda y: y.copy(),
    "astype": lambda y: y.astype(np.float64),
    "detach": lambda y: y.detach(),
    "Tensor": lambda y: Tensor(y),
    "clip": lambda y: y.clip(-9, 9),
    "iteration": lambda y: next(iter(y)),
}
CHANGES = {
    "operator": lambda t: t.__imul__(2),
    "assignment": lambda t: t.__setitem__(Ellipsis, 7.0),
    "data": lambda t: t.data.fill(7.0),
}
views = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


@views
@changes
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("which", [0, 1], ids=["source changes", "view changes"])
def test_changing_one_never_changes_the_other(view, change, tracked, which):
    y = leaf(START) * 1 if tracked else Tensor(np.array(START))
    pair = (y, view(y))
    before = [t.numpy().copy() for t in pair]
    change(pair[which])
    close(pair[1 - which], before[1 - which])
    assert not np.array_equal(pair[which].numpy(), before[which])


@views
def test_writing_into_data_does_not_reach_the_recorded_graph(view):
    x = leaf(START)
    z = view(x)
    loss = (z * z * 3).sum() + ag.exp(x).sum()
    loss.backward(retain_graph=True)
    expected = x.grad.numpy().copy()
    x.grad = None
    x.data[...] = 100
    z.data[...] = -100
    loss.backward()
    close(x.grad, expected)


def test_the_same_name_is_the_same_tensor():
    y = leaf([1.0]) * 1
    z = y
    z *= 2
    assert y is z
    assert y.item() == 2


def test_data_can_be_set_and_updated():
    x = leaf([1.0, 2.0], np.float32)
    y = (x * x).sum()
    x.data = [3, 4]
    assert x.tolist() == [3, 4]
    assert x.dtype == np.float32
    x.data -= 1
    x.data[0] += 10
    assert x.tolist() == [12, 3]
    y.backward()
    close(x.grad, [2, 4])
    with pytest.raises(ShapeError):
        x.data = np.ones(3)


def test_data_of_a_number():
    x = leaf(2.0)
    x.data -= 0.5
    x.data[...] *= 2
    assert x.item() == 3
    assert x.shape == ()
    (x * x).backward()
    close(x.grad, 6)


def test_an_optimizer_step_on_data():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    with ag.no_grad():
        x.data -= 0.5 * x.grad
    assert x.tolist() == [0, 0]
    assert x.is_leaf
