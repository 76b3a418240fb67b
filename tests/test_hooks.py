"""Hooks on tensors, and gradients of intermediate results."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import AutogradError, GraphError


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12)


def on_leaf(x):
    return x


def on_result(x):
    return x * 1


both = pytest.mark.parametrize("choose", [on_leaf, on_result])


@both
def test_a_hook_sees_the_complete_gradient_once(choose):
    x = leaf([1.0, 2.0])
    h = choose(x)
    seen = []
    h.register_hook(lambda g: seen.append(g))
    (h * 2 + h * h + h).sum().backward()
    assert len(seen) == 1
    assert type(seen[0]) is Tensor
    close(seen[0], 3 + 2 * x.numpy())
    close(x.grad, 3 + 2 * x.numpy())


@both
@pytest.mark.parametrize("make", [Tensor, np.array, list], ids=["Tensor", "ndarray", "list"])
def test_what_a_hook_returns_replaces_the_gradient(choose, make):
    x = leaf([1.0, 2.0])
    h = choose(x)
    h.register_hook(lambda g: make([10.0, 20.0]))
    (h * 2).sum().backward()
    close(x.grad, [10, 20])
    assert x.grad.dtype == np.float64


@both
def test_hooks_run_in_order_of_registration(choose):
    x = leaf(1.0)
    h = choose(x)
    h.register_hook(lambda g: g + 1)
    h.register_hook(lambda g: g * 10)
    (h * 2).backward()
    close(x.grad, 30)


@both
def test_a_removed_hook_is_silent(choose):
    x = leaf(1.0)
    h = choose(x)
    handle = h.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    (h * 2).backward()
    close(x.grad, 2)


def test_removing_one_of_two_equal_hooks_leaves_the_other():
    x = leaf(1.0)

    def tenfold(g):
        return g * 10

    first = x.register_hook(tenfold)
    x.register_hook(tenfold)
    first.remove()
    first.remove()
    (x * 2).backward()
    close(x.grad, 20)


def test_a_hook_may_remove_itself():
    x = leaf(1.0)
    calls = []

    def once(g):
        calls.append(1)
        handle.remove()

    handle = x.register_hook(once)
    (x * 2).backward()
    (x * 2).backward()
    assert len(calls) == 1


def test_a_hook_on_a_leaf_runs_at_every_backward():
    x = leaf(1.0)
    x.register_hook(lambda g: g * 10)
    (x * 2).backward()
    (x * 2).backward()
    close(x.grad, 40)


def test_a_hook_is_not_called_if_no_gradient_arrives():
    x = leaf([1.0, 2.0])
    h = x * 2
    h.register_hook(lambda g: pytest.fail("not on the path"))
    (x * 3).sum().backward()


@both
@pytest.mark.parametrize("g", [np.ones(3), np.ones((1, 2)), 1.0], ids=["longer", "row", "number"])
def test_a_gradient_of_another_shape_is_refused(choose, g):
    h = choose(leaf([1.0, 2.0]))
    h.register_hook(lambda _: Tensor(g, dtype=np.float64))
    with pytest.raises(AutogradError, match="hook") as e:
        (h * 2).sum().backward()
    assert "(2,)" in str(e.value)
    assert "test_hooks.py:" in str(e.value)


def test_a_hook_that_returns_nonsense_is_refused():
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: "nonsense")
    with pytest.raises(AutogradError):
        (x * 2).sum().backward()


def test_writing_into_what_a_hook_sees_changes_nothing():
    x, y = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    h = x + y

    def scribble(g):
        g.data[:] = 100

    h.register_hook(scribble)
    (h * 2).sum().backward()
    close(x.grad, [2, 2])
    close(y.grad, [2, 2])


def test_an_exception_in_a_hook_comes_out_and_leaves_grad_alone():
    x = leaf(1.0)
    h = x * 2

    def hook(g):
        raise KeyError("mine")

    h.register_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        (h * 2).backward()
    assert x.grad is None


def test_hooks_take_part_in_second_order():
    x = leaf(3.0)
    h = x * x
    h.register_hook(lambda g: g * x)
    d = h.gradient(x, create_graph=True)  # x * 2x
    close(d, 18)
    close(d.gradient(x), 12)


def test_a_hook_needs_a_graph():
    with pytest.raises(GraphError, match="does not require grad"):
        Tensor(1.0).register_hook(print)


# retain_grad


def test_retain_grad_fills_grad_of_a_result():
    x = leaf([1.0, 2.0])
    h = x * 3
    assert h.retain_grad() is h
    (h * h).sum().backward()
    close(h.grad, 2 * h.numpy())
    close(x.grad, 6 * h.numpy())


def test_without_retain_grad_results_have_none():
    x = leaf(1.0)
    h = x * 3
    (h * 2).backward()
    assert h.grad is None


def test_retain_grad_adds_up_over_passes():
    x = leaf(1.0)
    h = (x * 3).retain_grad()
    loss = h * 2
    loss.backward(retain_graph=True)
    loss.backward()
    close(h.grad, 4)


def test_retain_grad_twice_is_retain_grad_once():
    x = leaf(1.0)
    h = (x * 3).retain_grad().retain_grad()
    (h * 2).backward()
    close(h.grad, 2)
    y = leaf(1.0).retain_grad()
    (y * 2).backward()
    close(y.grad, 2)


def test_retain_grad_does_not_change_what_flows_on():
    x = leaf([1.0, 2.0])
    h = (x * 3).retain_grad()
    (h * 2).sum().backward()
    h.grad.data[:] = 0
    close(x.grad, [6, 6])


def test_retain_grad_under_create_graph():
    x = leaf(2.0)
    h = (x * x).retain_grad()
    (h * h).backward(create_graph=True)
    close(h.grad, 8)  # 2 h
    close(h.grad.gradient(x), 8)  # d(2 x^2)/dx


def test_retain_grad_needs_a_graph():
    with pytest.raises(GraphError, match="does not require grad"):
        Tensor(1.0).retain_grad()


def test_hooks_of_one_graph_do_not_run_in_another():
    calls = []
    for _ in range(3):
        x = leaf(1.0)
        h = x * 2
        h.register_hook(lambda g: calls.append(1))
        (h * 2).backward()
    assert len(calls) == 3
    with ag.no_grad():
        x * 2
    assert len(calls) == 3
