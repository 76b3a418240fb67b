"""Recording on and off: nesting, decorators, exceptions, threads."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, modes
from autograd.errors import GraphError


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


@pytest.fixture(autouse=True)
def settings_are_back():
    """Whatever a test does, afterwards this thread is in the default state."""
    yield
    assert ag.is_grad_enabled()
    assert modes.special == 0, "a setting is still counted: ops would take the slow path for ever"


def test_no_grad_stops_recording_and_values_stay_the_same():
    x = leaf([1.0, 2.0])
    recorded = ag.exp(x) * x
    with ag.no_grad():
        assert not ag.is_grad_enabled()
        plain = ag.exp(x) * x
    assert not plain.requires_grad
    assert plain.is_leaf
    assert plain.tolist() == recorded.tolist()
    assert (x * 2).requires_grad


def test_nesting_restores_each_level():
    seen = []
    with ag.no_grad():
        seen.append(ag.is_grad_enabled())
        with ag.enable_grad():
            seen.append(ag.is_grad_enabled())
            with ag.no_grad():
                seen.append(ag.is_grad_enabled())
            seen.append(ag.is_grad_enabled())
        seen.append(ag.is_grad_enabled())
    assert seen == [False, True, False, True, False]


@pytest.mark.parametrize("mode", [True, False, 1, 0])
def test_set_grad_enabled(mode):
    with ag.no_grad(), ag.set_grad_enabled(mode):
        assert ag.is_grad_enabled() is bool(mode)
    with ag.set_grad_enabled(mode):
        assert (leaf(1.0) * 2).requires_grad is bool(mode)


def test_one_setting_may_be_entered_again():
    off = ag.no_grad()
    with off:
        with off:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()
    with off:
        assert not ag.is_grad_enabled()


def test_as_a_decorator():
    @ag.no_grad()
    def evaluate(x):
        """Documented."""
        return x * 2

    assert not evaluate(leaf(1.0)).requires_grad
    assert evaluate.__name__ == "evaluate"
    assert evaluate.__doc__ == "Documented."

    @ag.enable_grad()
    def train(x):
        return x * 2

    with ag.no_grad():
        assert train(leaf(1.0)).requires_grad
        assert not ag.is_grad_enabled()


def test_a_decorated_function_may_call_itself():
    @ag.no_grad()
    def countdown(n):
        return [ag.is_grad_enabled(), *(countdown(n - 1) if n else [])]

    assert countdown(3) == [False] * 4


@pytest.mark.parametrize("setting", [ag.no_grad, ag.enable_grad, ag.debug])
def test_an_exception_restores_the_state(setting):
    with pytest.raises(KeyError), setting():
        raise KeyError
    with pytest.raises(ag.ShapeError), setting():
        Tensor(np.ones(2)) + np.ones(3)

    @setting()
    def fails():
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert ag.is_grad_enabled()
    assert not modes.state.debug


@pytest.mark.parametrize(
    "call",
    [
        lambda f: ag.grad(f)(1.0),
        lambda f: ag.vjp(f, 1.0),
        lambda f: ag.jvp(f, (1.0,), (1.0,)),
        lambda f: ag.jacobian(f)(1.0),
        lambda f: ag.hessian(f)(1.0),
        lambda f: ag.checkpoint(f, leaf(1.0)),
    ],
    ids=["grad", "vjp", "jvp", "jacobian", "hessian", "checkpoint"],
)
def test_an_exception_inside_a_transform_restores_the_state(call):
    def f(x):
        raise KeyError

    with ag.no_grad():
        with pytest.raises(KeyError):
            call(f)
        assert not ag.is_grad_enabled()


def test_backward_inside_no_grad_works():
    x = leaf(3.0)
    y = x * x
    with ag.no_grad():
        y.backward()
    assert x.grad.item() == 6


def test_updating_leaves_under_no_grad_keeps_them_leaves():
    w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    with ag.no_grad():
        w -= 0.5 * w.grad
    assert w.is_leaf
    assert w.requires_grad
    assert w.tolist() == [0, 0]
    w.grad = None
    (w * 3).sum().backward()
    assert w.grad.tolist() == [3, 3]


def test_leaves_may_be_made_under_no_grad():
    with ag.no_grad():
        x = leaf(2.0)
    (x * x).backward()
    assert x.grad.item() == 4


def test_backward_of_what_was_not_recorded_says_why():
    x = leaf(1.0)
    with ag.no_grad():
        y = x * 2
    with pytest.raises(GraphError, match=r"no_grad.*test_modes.py:\d+"):
        y.backward()


# Threads


def in_threads(*functions):
    """Run each function in a thread of its own, all at once; raise what any of them raises."""
    barrier = threading.Barrier(len(functions), timeout=20)
    with ThreadPoolExecutor(len(functions)) as pool:
        return [f.result(timeout=30) for f in [pool.submit(f, barrier) for f in functions]]


def test_no_grad_in_one_thread_leaves_another_recording():
    x = leaf([1.0, 2.0])

    def quiet(barrier):
        with ag.no_grad():
            barrier.wait()  # 1: here nothing is recorded
            y = x * 2
            barrier.wait()  # 2: the other one has recorded meanwhile
            return y.requires_grad, ag.is_grad_enabled()

    def loud(barrier):
        barrier.wait()
        y = (x * x).sum()
        enabled = ag.is_grad_enabled()
        barrier.wait()
        return y.requires_grad, enabled

    assert in_threads(quiet, loud) == [(False, False), (True, True)]


def test_leaving_no_grad_in_one_thread_does_not_switch_another_one_on():
    x = leaf(1.0)

    def first(barrier):
        with ag.no_grad():
            barrier.wait()
        barrier.wait()
        return (x * 2).requires_grad

    def second(barrier):
        with ag.no_grad():
            barrier.wait()
            barrier.wait()
            return (x * 2).requires_grad

    assert in_threads(first, second) == [True, False]


def test_a_new_thread_records_whatever_its_parent_does():
    x = leaf(1.0)
    with ag.no_grad():
        assert in_threads(lambda barrier: (x * 2).requires_grad) == [True]


def test_debug_is_per_thread():
    def strict(barrier):
        with ag.debug():
            barrier.wait()
            barrier.wait()

    def lax(barrier):
        barrier.wait()
        with np.errstate(divide="ignore"):
            y = ag.log(Tensor(np.zeros(2)))
        barrier.wait()
        return y.tolist()

    assert in_threads(strict, lax)[1] == [-np.inf, -np.inf]


def test_decorated_functions_in_many_threads():
    x = leaf(1.0)

    @ag.no_grad()
    def evaluate():
        return (x * 2).requires_grad

    def work(barrier):
        barrier.wait()
        return {(evaluate(), (x * 2).requires_grad) for _ in range(300)}

    assert in_threads(work, work, work) == [{(False, True)}] * 3


def test_gradients_by_shared_leaves_in_many_threads():
    w = leaf(np.linspace(-1, 1, 50))

    def work(k):
        def run(barrier):
            barrier.wait()
            for _ in range(50):
                found = (ag.tanh(w * k) * w).sum().gradient(w)
            return found.numpy()

        return run

    for k, found in enumerate(in_threads(*[work(k) for k in range(4)])):
        t = np.tanh(k * w.numpy())
        np.testing.assert_allclose(found, t + k * w.numpy() * (1 - t * t), rtol=1e-12)
    assert w.grad is None


def test_backward_over_leaves_of_its_own_in_many_threads():
    def work(barrier):
        barrier.wait()
        for _ in range(30):
            x = leaf(np.linspace(0.5, 1, 20))
            (ag.exp(x) * x).sum().backward()
        return x.grad.numpy()

    found = in_threads(work, work, work)
    for g in found[1:]:
        assert np.array_equal(g, found[0])


def test_threads_may_walk_one_graph_at_once():
    x = leaf(np.linspace(0.5, 1, 20))
    y = (ag.exp(x) * x).sum()
    expected = y.gradient(x).numpy()

    def work(barrier):
        barrier.wait()
        return all(np.array_equal(y.gradient(x).numpy(), expected) for _ in range(30))

    assert in_threads(work, work) == [True, True]


@pytest.mark.parametrize("size", [1, 10_000])  # NumPy lets other threads run while it adds many
def test_backward_over_shared_leaves_adds_up_over_threads(size):
    w = leaf(np.ones(size))
    rounds = 200

    def work(barrier):
        barrier.wait()
        for _ in range(rounds):
            (w * 2).sum().backward()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        in_threads(work, work, work)
    finally:
        sys.setswitchinterval(before)
    assert w.grad.tolist() == [3 * rounds * 2.0] * size
