"""gradient(): derivatives of intermediate results, and derivatives of derivatives."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import DTypeError, GraphError


def leaf(values, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12, atol=1e-12)


def test_gradient_of_intermediates_and_leaves():
    x = leaf(2.0)
    h = x * x
    y = h * 3 + x
    dh, dx = y.gradient(h, x)
    close(dh, 3)
    close(dx, 13)
    assert x.grad is None
    assert h.grad is None


def test_gradient_of_one_input_is_not_a_tuple():
    x = leaf(2.0)
    assert type((x * x).gradient(x)) is Tensor
    assert type((x * x).gradient(x, x)) is tuple


def test_gradient_by_itself_is_one():
    y = leaf(2.0) * 3
    close(y.gradient(y), 1)


def test_gradient_by_an_independent_or_later_tensor_is_zero():
    x, other = leaf([1.0, 2.0]), leaf(np.ones((2, 3)), np.float32)
    y = (x * x).sum()
    later = y * 2
    zero, by_later = y.gradient(other, later)
    assert zero.shape == (2, 3)
    assert zero.dtype == np.float32
    assert not zero.numpy().any()
    close(by_later, 0)


def test_gradient_does_not_touch_grad():
    x = leaf(2.0)
    x.grad = 7.0
    (x * x).gradient(x)
    close(x.grad, 7)


def test_gradient_does_not_touch_a_retained_grad():
    x = leaf(2.0)
    h = (x * 3).retain_grad()
    (h * h).gradient(x)
    assert h.grad is None


def test_gradient_with_a_cotangent():
    x = leaf([1.0, 2.0])
    close((x * x).gradient(x, gradient=[10.0, 1.0]), [20, 4])


@pytest.mark.parametrize("bad", [1.0, np.ones(2), None, "x"])
def test_gradient_by_what_is_not_a_tensor(bad):
    with pytest.raises(DTypeError, match="Tensor"):
        leaf(1.0).gradient(bad)


def test_gradient_by_nothing_or_by_a_constant():
    y = leaf(1.0) * 2
    with pytest.raises(GraphError, match="at least one"):
        y.gradient()
    with pytest.raises(GraphError, match="require grad"):
        y.gradient(Tensor(1.0))


# Gradients of gradients


def test_create_graph_in_backward():
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    first = x.grad
    close(first, 12)
    close(first.gradient(x), 12)


def test_create_graph_to_order_five():
    x = leaf(0.7)
    d = ag.sin(x)
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin, np.cos):
        d = d.gradient(x, create_graph=True)
        close(d, expected(0.7))


def test_a_tracked_cotangent_is_differentiable_too():
    x, v = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    g = (x * x).gradient(x, gradient=v, create_graph=True)
    close(g, 2 * x.numpy() * v.numpy())
    dx, dv = g.sum().gradient(x, v)
    close(dx, 2 * v.numpy())
    close(dv, 2 * x.numpy())


def test_without_create_graph_gradients_are_not_tracked():
    x = leaf(2.0)
    y = x**3
    assert not y.gradient(x).requires_grad
    y.backward()
    assert not x.grad.requires_grad


def test_gradient_penalty():
    w, x = leaf([1.0, -2.0]), leaf([0.5, 0.25])
    out = ((w * x) ** 2).sum()
    slope = out.gradient(x, create_graph=True)
    (out + (slope**2).sum()).backward()
    a, b = w.numpy(), x.numpy()
    close(w.grad, 2 * a * b**2 + 16 * a**3 * b**2)


def test_create_graph_works_inside_no_grad():
    x = leaf(2.0)
    y = x**3
    with ag.no_grad():
        d = y.gradient(x, create_graph=True)
    close(d.gradient(x), 12)


def test_requires_grad_can_be_set_on_leaves_only():
    x = Tensor([1.0, 2.0])
    x.requires_grad = True
    y = x * x
    y.sum().backward()
    close(x.grad, [2.0, 4.0])
    with pytest.raises(GraphError, match="computed by multiply"):
        y.requires_grad = False
