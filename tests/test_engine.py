"""The reverse pass: what `backward` promises about values, buffers and graphs."""

from pathlib import Path

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import AutogradError, GraphError, ShapeError
from autograd.graph import ancestors


def leaf(values, dtype=np.float64, **options):
    return Tensor(np.array(values, dtype), requires_grad=True, **options)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12, atol=1e-12)


# Gradients are right


def test_a_tensor_used_several_times_gets_the_sum():
    x = leaf([2.0, 3.0])
    (x * x + x * x * x + x).sum().backward()
    close(x.grad, 2 * x.numpy() + 3 * x.numpy() ** 2 + 1)


def test_both_operands_may_be_the_same_tensor():
    x = leaf(3.0)
    (x * x).backward()
    close(x.grad, 6)
    x.grad = None
    (x - x).backward()
    close(x.grad, 0)
    x.grad = None
    ag.maximum(x, x).backward()
    close(x.grad, 1)


def test_a_diamond_of_30_levels_is_instant():
    x = leaf(1.0)
    y = x
    for _ in range(30):
        y = y + y
    assert len(ancestors(y.node)) == 31
    y.backward(retain_graph=True)
    close(x.grad, 2.0**30)
    close(y.gradient(x), 2.0**30)


@pytest.mark.parametrize(
    ("shape", "other"),
    [((), (3,)), ((3,), ()), ((1, 3), (2, 1)), ((2, 1, 3), (4, 1)), ((0,), (1,)), ((2, 0), (1, 1))],
)
def test_broadcasting_is_summed_back(shape, other):
    x, y = leaf(np.full(shape, 2.0)), leaf(np.full(other, 3.0))
    out = x * y
    out.sum().backward()
    assert x.grad.shape == shape
    assert y.grad.shape == other
    close(x.grad, np.full(shape, 3.0 * out.size / max(x.size, 1)))
    close(y.grad, np.full(other, 2.0 * out.size / max(y.size, 1)))


def test_a_gradient_has_the_dtype_of_its_tensor():
    x, y = leaf([1.0, 2.0], np.float32), leaf([3.0, 4.0], np.float64)
    out = x * y
    assert out.dtype == np.float64
    out.sum().backward()
    assert x.grad.dtype == np.float32
    assert y.grad.dtype == np.float64


def test_a_float32_leaf_stays_float32_however_many_uses():
    x, y = leaf(np.ones(3), np.float32), leaf(np.ones(3), np.float64)
    (x * y + x + x * 2.0).sum().backward()
    assert x.grad.dtype == np.float32
    close(x.grad, np.full(3, 4.0))


# backward() accumulates


def test_backward_adds_to_what_is_there():
    x = leaf([1.0, 2.0])
    for k in range(1, 4):
        (x * x).sum().backward()
        close(x.grad, k * 2 * x.numpy())


def test_accumulating_leaves_an_earlier_gradient_alone():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    close(first, [2, 4])
    close(x.grad, [4, 8])


def test_setting_grad_to_none_starts_anew():
    x = leaf(2.0)
    (x * x).backward()
    x.grad = None
    (x * 3).backward()
    close(x.grad, 3)


def test_grad_is_none_before_backward_and_for_leaves_that_were_not_used():
    x, unused = leaf(1.0), leaf(1.0)
    assert x.grad is None
    (x * 2).backward()
    assert unused.grad is None


def test_grad_can_be_assigned_and_keeps_shape_and_dtype():
    x = leaf([1.0, 2.0], np.float32)
    x.grad = [3, 4]
    assert x.grad.dtype == np.float32
    (x * 2).sum().backward()
    close(x.grad, [5, 6])
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        x.grad = np.zeros(3)


def test_backward_from_several_losses_adds_up():
    x = leaf(2.0)
    h = x * x
    (h * 3).backward(retain_graph=True)
    (h * 5).backward()
    close(x.grad, 8 * 4)


# What is handed out belongs to the receiver

USES = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "reshape": lambda x, y: x.reshape(4) + y.reshape(4),
    "transpose": lambda x, y: x.T + y.T,
    "twice": lambda x, y: (x + y) + (x + y),
    "one of them twice": lambda x, y: (x + y) + x,
    "alias": lambda x, y: x.clone() + y.clone(),
    "astype": lambda x, y: x.astype(np.float64) + y.astype(np.float64),
    "getitem": lambda x, y: x[...] + y[:, :],
    "negative": lambda x, y: -x - y,
    "broadcast": lambda x, y: x.broadcast_to((3, 2, 2)) + y,
}


@pytest.mark.parametrize("f", USES.values(), ids=USES.keys())
def test_leaf_gradients_do_not_alias(f):
    x, y = leaf(np.ones((2, 2))), leaf(np.ones((2, 2)))
    out = f(x, y)
    g = np.ones(out.shape)
    out.backward(g, retain_graph=True)
    first = x.grad.numpy(), y.grad.numpy()
    found = out.gradient(x, y, gradient=g)
    arrays = [g, *first, *[t.numpy() for t in found], x.numpy(), y.numpy()]
    for i, a in enumerate(arrays):
        for b in arrays[:i]:
            assert not np.shares_memory(a, b)


def test_a_cotangent_given_by_the_caller_is_never_written():
    x = leaf(np.ones(3))
    g = np.array([1.0, 2.0, 3.0])
    y = x + x + x
    y.backward(g)
    assert g.tolist() == [1, 2, 3]
    close(x.grad, 3 * g)
    t = Tensor(g)
    (x + x).backward(t)
    assert t.tolist() == [1, 2, 3]


def test_writing_into_a_gradient_reaches_nobody_else():
    x, y = leaf(np.ones(3)), leaf(np.ones(3))
    (x + y).backward(np.ones(3))
    x.grad.data[:] = 100
    close(y.grad, np.ones(3))
    h = leaf(np.ones(3))
    shared = Tensor(np.full(3, 7.0))
    h.register_hook(lambda g: shared)
    (h + h * 2).sum().backward()
    h.grad.data[:] = 0
    close(shared, np.full(3, 7.0))


def test_gradients_of_intermediates_do_not_alias():
    x = leaf(np.ones(3))
    h = x * 1.0
    k = h + h
    loss = (k + h).sum()
    found = loss.gradient(k, h, x)
    for i, a in enumerate(found):
        for b in found[:i]:
            assert not np.shares_memory(a.numpy(), b.numpy())
    for g, expected in zip(found, (1, 3, 3)):
        close(g, np.full(3, expected))


# One backward pass a graph, unless it is kept


def test_a_second_backward_names_the_op_and_both_lines():
    x = leaf([1.0, 2.0])
    y = x.exp()  # the op
    loss = y.sum()
    loss.backward()  # the first call
    before = x.grad.numpy().copy()
    with pytest.raises(GraphError) as e:
        (y * 2).sum().backward()
    text = str(e.value)
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    recorded = 1 + source.index("    y = x.exp()  # the op")
    freed = 1 + source.index("    loss.backward()  # the first call")
    assert "exp" in text
    assert f"test_engine.py:{recorded}" in text
    assert f"test_engine.py:{freed}" in text
    assert "retain_graph=True" in text
    close(x.grad, before)


def test_a_second_backward_fails_even_where_no_rule_saved_anything():
    x = leaf([1.0, 2.0])
    loss = (x + 1).sum()
    loss.backward()
    with pytest.raises(GraphError, match="already freed"):
        loss.backward()


def test_retain_graph_gives_the_sum():
    x = leaf([1.0, 2.0])
    loss = (x.exp() * x).sum()
    loss.backward(retain_graph=True)
    once = x.grad.numpy().copy()
    loss.backward(retain_graph=True)
    loss.backward()
    close(x.grad, 3 * once)
    with pytest.raises(GraphError, match="already freed"):
        loss.backward()


def test_a_freed_graph_can_be_asked_for_nothing_more():
    x = leaf([1.0, 2.0])
    loss = x.exp().sum()
    loss.backward()
    with pytest.raises(GraphError, match="already freed"):
        loss.gradient(x)


def test_gradient_keeps_the_graph():
    x = leaf(2.0)
    loss = x**3
    close(loss.gradient(x), 12)
    close(loss.gradient(x), 12)
    loss.backward()
    close(x.grad, 12)


# Seeds


@pytest.mark.parametrize("shape", [(1,), (1, 1), ()])
def test_one_element_of_any_shape_needs_no_gradient_argument(shape):
    x = leaf(np.full(shape, 3.0))
    (x * x).backward()
    close(x.grad, np.full(shape, 6.0))


@pytest.mark.parametrize("shape", [(2,), (2, 3), (0,)])
def test_backward_of_several_elements_needs_a_gradient(shape):
    y = leaf(np.ones(shape)) * 2
    for call in (y.backward, lambda: y.gradient(y)):
        with pytest.raises(GraphError, match="needs a gradient") as e:
            call()
        assert str(shape) in str(e.value)
        assert "multiply" in str(e.value)


@pytest.mark.parametrize("g", [[1.0, 2.0, 3.0], (1, 2, 3), np.array([1, 2, 3], np.int32)])
def test_a_gradient_may_be_anything_that_makes_an_array(g):
    x = leaf([1.0, 1.0, 1.0])
    (x * 2).backward(g)
    close(x.grad, [2, 4, 6])
    x.grad = None
    (x * 2).backward(Tensor(np.array(g)))
    close(x.grad, [2, 4, 6])


@pytest.mark.parametrize("g", [1.0, np.ones(2), np.ones((1, 3)), np.ones((3, 1))])
def test_a_gradient_of_another_shape_is_refused(g):
    y = leaf(np.ones(3)) * 2
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        y.backward(g)
    with pytest.raises(ShapeError, match=r"\(3,\)"):
        y.gradient(y, gradient=g)


@pytest.mark.parametrize("g", ["abc", object(), np.array(["a", "b", "c"])])
def test_a_gradient_that_is_not_numbers_is_refused(g):
    with pytest.raises(AutogradError):
        (leaf(np.ones(3)) * 2).backward(g)


def test_backward_without_a_graph_says_so():
    for y in (Tensor(1.0), Tensor(1.0) * 2, leaf(1.0).detach()):
        with pytest.raises(GraphError, match="requires grad"):
            y.backward()
        with pytest.raises(GraphError, match="requires grad"):
            y.gradient(y)


def test_backward_of_a_leaf_itself():
    x = leaf(2.0)
    x.backward()
    close(x.grad, 1)


def test_a_zero_cotangent_contributes_zero():
    x = leaf([0.0, 4.0])
    ag.sqrt(x).backward([0.0, 1.0])
    close(x.grad, [0, 0.25])
