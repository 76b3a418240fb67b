"""checkpoint: the same derivatives from less memory."""

import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, checkpoint
from autograd.errors import GraphError
from autograd.graph import ancestors, capture


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def check(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=1e-12)


def block(x):
    for _ in range(3):
        x = ag.tanh(x * 2 + 0.1)
    return x


def ops(tensor):
    return [n for n in ancestors(tensor.node) if n.op is not None]


def both(f, *values, order=1):
    """Gradients of sum(f) with and without a checkpoint around f."""
    found = []
    for run in (f, lambda *xs: checkpoint(f, *xs)):
        xs = [leaf(v) for v in values]
        y = run(*xs).sum()
        for _ in range(order - 1):
            y = y.gradient(xs[0], create_graph=True).sum()
        y.backward()
        found.append([x.grad for x in xs])
    return found


CASES = {
    "one argument": (block, [0.1, 0.2]),
    "two arguments": (lambda x, y: block(x) * block(y), [0.1, 0.2], [0.3, 0.4]),
    "an argument twice": (lambda x: block(x) + x * block(x), [0.1]),
    "nested": (lambda x: checkpoint(block, x * 2) * x, [0.1, 0.2]),
    "nested three times": (lambda x: checkpoint(lambda y: checkpoint(block, y) * y, x) * x, [0.1]),
    "two in a row": (lambda x: checkpoint(block, checkpoint(block, x)), [0.1]),
    "in place": (lambda x: _doubled(x * 1) * x, [0.1, 0.2]),
    "a branch": (lambda x: block(x) if x.sum() > 0 else -block(x), [-0.1]),
    "unused work": (lambda x: (block(x * 3), block(x))[1], [0.1]),
    "large": (lambda x: block(x).mean(), np.linspace(-1, 1, 50)),
}


def _doubled(x):
    x *= 2
    x[0] = x[0] * x[0]
    return x


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_same_derivatives(case, order):
    f, *values = case
    plain, saved = both(f, *values, order=order)
    for a, b in zip(plain, saved, strict=True):
        check(b, a)


def test_arrays_are_really_dropped():
    x = leaf(np.linspace(-1, 1, 100))
    y = checkpoint(block, x)
    inside = ops(y)
    assert len(inside) == 9
    assert all(n.saved is None for n in inside)
    loss = (y * y).sum()
    loss.backward()
    assert all(n.saved is None for n in inside)


def test_intermediate_results_are_not_kept():
    x = leaf(np.linspace(-1, 1, 100))
    refs = []

    def f(x):
        h = ag.exp(x)
        refs.append(weakref.ref(h._data))
        return h * h

    y = checkpoint(f, x)
    assert refs[0]() is None
    y.sum().backward()
    assert len(refs) == 2
    check(x.grad, 2 * np.exp(2 * x.numpy()))


def test_the_graph_has_its_full_shape():
    x = leaf([0.1])
    plain, saved = capture(block(x)), capture(checkpoint(block, x))
    assert [v.op for v in plain] == [v.op for v in saved]
    assert sum(v.saved_bytes for v in saved) == 0


def test_the_function_runs_once_more_in_backward_and_only_there():
    calls = []

    def f(x):
        calls.append(1)
        return block(x)

    x = leaf([0.1])
    y = checkpoint(f, x)
    assert len(calls) == 1
    y.backward()
    assert len(calls) == 2


def test_several_outputs_and_structures():
    def f(p):
        return {"a": p["x"] * p["y"], "b": [ag.exp(p["x"]), 3.0]}

    x, y = leaf([1.0]), leaf([2.0])
    out = checkpoint(f, {"x": x, "y": y})
    assert out["b"][1] == 3.0
    (out["a"] * 10 + out["b"][0]).sum().backward()
    check(x.grad, 20 + np.exp([1.0]))
    check(y.grad, [10])


def test_one_output_of_several_may_be_dropped():
    x = leaf([1.0])
    first, _ = checkpoint(lambda x: (ag.exp(x), ag.sin(x)), x)
    first.backward()
    check(x.grad, np.exp([1.0]))


def test_outputs_used_in_two_backward_passes():
    x = leaf([1.0])
    a, b = checkpoint(lambda x: (ag.exp(x) * x, ag.sin(x) * x), x)
    a.backward(retain_graph=True)
    b.backward(retain_graph=True)
    check(x.grad, 2 * np.exp([1.0]) + np.sin([1.0]) + np.cos([1.0]))


def test_parameters_that_the_function_closes_over():
    w, x = leaf([0.5]), leaf([2.0])
    y = checkpoint(lambda x: ag.tanh(w * x), x)
    y.backward()
    slope = 1 - np.tanh(1.0) ** 2
    check(w.grad, [2 * slope])
    check(x.grad, [0.5 * slope])


def test_parameters_alone():
    w = leaf([0.5])
    checkpoint(lambda x: ag.exp(w * x), Tensor(np.array([2.0]))).backward()
    check(w.grad, 2 * np.exp([1.0]))


def test_random_numbers_come_out_the_same():
    masks = []

    def dropout(x):
        mask = ag.random.bernoulli(np.full(1000, 0.5), dtype=np.float64)
        masks.append(mask.numpy())
        return x * mask

    x = leaf(np.ones(1000))
    ag.random.manual_seed(0)
    y = checkpoint(dropout, x)
    after = ag.random.rand(3).tolist()
    y.sum().backward()
    assert np.array_equal(masks[0], masks[1])
    check(x.grad, masks[0])
    # and the second run leaves the generator where the program had brought it
    following = ag.random.rand(3).tolist()
    ag.random.manual_seed(0)
    dropout(x)
    assert ag.random.rand(3).tolist() == after
    assert ag.random.rand(3).tolist() == following


@pytest.mark.parametrize("nested", [False, True])
def test_generators_that_are_given_draw_the_same_again(nested):
    def run(wrapped):
        rng = np.random.default_rng(0)

        def inner(x):
            return ag.dropout(x * 2, 0.5, rng=rng) * x

        def f(x):
            return ag.dropout(inner(x), 0.5, rng=rng) + (checkpoint(inner, x) if nested else 0)

        x = Tensor(np.arange(1.0, 41), requires_grad=True)
        (checkpoint(f, x) if wrapped else f(x)).sum().backward()
        return x.grad.tolist(), rng.random()

    assert run(True) == run(False)


def test_arguments_that_change_afterwards_do_no_harm():
    a = np.array([2.0, 3.0])
    t, x = Tensor(a), leaf([1.0, 2.0])
    h = x * 1
    y = checkpoint(lambda x, t, a: ag.exp(x * t) + x * a, h, t, a)
    expected = (ag.exp(x * np.array([2.0, 3.0])) + x * np.array([2.0, 3.0])).sum().gradient(x)
    t *= 100
    h *= 100
    a[:] = 100
    y.sum().backward()
    check(x.grad, expected)


def test_mutable_structures_that_change_afterwards_do_no_harm():
    x, y = leaf([1.0]), leaf([5.0])
    items = [x]
    out = checkpoint(lambda items: ag.exp(items[0]), items)
    items[0] = y
    out.backward()
    check(x.grad, np.exp([1.0]))
    assert y.grad is None


def test_under_no_grad_it_is_a_plain_call():
    x = leaf([0.1])
    with ag.no_grad():
        y = checkpoint(block, x)
    assert not y.requires_grad
    check(y, block(x))


def test_backward_inside_no_grad():
    x = leaf([0.1])
    y = checkpoint(block, x)
    with ag.no_grad():
        y.backward()
    check(x.grad, block(x).gradient(x))


def test_a_function_without_ops():
    x = leaf([0.1])
    checkpoint(lambda x: x, x).backward()
    check(x.grad, [1])


def test_without_anything_tracked_it_is_a_plain_call():
    t = Tensor(np.array([0.1]))
    assert not checkpoint(block, t).requires_grad
    assert checkpoint(lambda n: n + 1, 2) == 3


def test_transforms_of_checkpoints():
    x = np.array([0.1, 0.2])

    def f(x):
        return checkpoint(block, x).sum()

    def g(x):
        return block(x).sum()

    check(ag.grad(f)(x), ag.grad(g)(x))
    check(ag.hessian(f)(x), ag.hessian(g)(x))
    check(ag.jvp(f, (x,), (x,))[1], ag.jvp(g, (x,), (x,))[1])
    check(ag.hvp(f)(x, x), ag.hvp(g)(x, x))


def test_checkpoint_of_a_transform():
    x = leaf(0.3)
    y = checkpoint(ag.grad(lambda v: ag.sin(v) * v), x)
    expected = ag.grad(lambda v: ag.sin(v) * v)(x).gradient(x)
    y.backward()
    check(x.grad, expected)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x: ag.exp(x), lambda x: ag.sin(x)),
        (lambda x: ag.exp(x), lambda x: ag.exp(x) * 2),
        (lambda x: ag.exp(x) * 2, lambda x: ag.exp(x)),
        (lambda x: ag.exp(x), lambda x: x.detach()),
        (lambda x: ag.exp(x[:1]), lambda x: ag.exp(x)),
    ],
    ids=["another op", "more ops", "fewer ops", "none", "another shape"],
)
def test_a_function_that_does_something_else_the_second_time(first, second):
    runs = iter([first, second])
    x = leaf([1.0, 2.0])
    y = checkpoint(lambda x: next(runs)(x), x)
    with pytest.raises(GraphError, match=r"checkpoint.*test_checkpoint.py:\d+"):
        y.sum().backward()
    assert x.grad is None


def test_an_exception_in_the_second_run_comes_out_and_restores_the_random_state():
    runs = iter([True])

    def f(x):
        next(runs)
        return x * ag.random.rand(1)

    x = leaf([1.0])
    y = checkpoint(f, x)
    state = ag.random.get_state()
    with pytest.raises(StopIteration):
        y.backward()
    assert ag.random.get_state() == state


def test_a_second_backward_through_a_checkpoint_is_refused_like_any_other():
    x = leaf([0.1])
    y = checkpoint(block, x)
    y.backward()
    with pytest.raises(GraphError, match=r"already freed by backward\(\) at test_checkpoint.py"):
        y.backward()
