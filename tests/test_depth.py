"""Nothing recurses: long chains and deep diamonds build, differentiate, show and go away."""

import sys
import time
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.graph import ancestors, capture


def scalar(value):
    return Tensor(np.float64(value), requires_grad=True)


def chain(steps, x, w, b):
    """x -> x * w + b, over and over: two ops a step."""
    for _ in range(steps):
        x = x * w + b
    return x


@pytest.fixture
def short_stack():
    """A recursion limit that any recursion over a chain would hit at once."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.slow
@pytest.mark.parametrize("differentiate", [True, False], ids=["after backward", "unused"])
def test_a_chain_of_400_000_ops(differentiate, short_stack):
    steps = 200_000
    x, w, b = scalar(0.5), scalar(1.0), scalar(0.25)
    times = [time.perf_counter()]
    y = chain(steps, x, w, b)
    times.append(time.perf_counter())
    node = weakref.ref(y.node.parents[0])
    if differentiate:
        y.backward()
        assert x.grad.item() == 1
        assert b.grad.item() == steps
        # d/dw of w^n x + b (1 + w + ... + w^(n-1)) at w = 1
        assert w.grad.item() == pytest.approx(steps * 0.5 + 0.25 * steps * (steps - 1) / 2)
    times.append(time.perf_counter())
    del y
    times.append(time.perf_counter())
    assert node() is None
    build, backward, free = np.diff(times)
    print(f"\nbuild {build:.2f} s, backward {backward:.2f} s, free {free:.2f} s")


STEPS = 3_000


@pytest.mark.parametrize(
    ("what", "run"),
    [
        ("gradient", lambda y, x: y.gradient(x)),
        ("create_graph", lambda y, x: y.gradient(x, create_graph=True)),
        ("capture", lambda y, x: capture(y)),
        ("explain", lambda y, x: ag.explain(y, x)),
        ("text of explain", lambda y, x: str(ag.explain(y, x))),
        ("explain without a path", lambda y, x: ag.explain(y, scalar(1.0))),
        ("repr", lambda y, x: repr(y)),
    ],
)
def test_a_long_chain_can_be(what, run, short_stack):
    x = scalar(0.5)
    run(chain(STEPS, x, scalar(1.0), scalar(0.25)), x)


def test_transforms_of_a_long_chain(short_stack):
    def f(x):
        return chain(STEPS, x, 1.0, 0.25)

    assert ag.grad(f)(0.5).item() == 1
    assert ag.jvp(f, (0.5,), (1.0,))[1].item() == 1
    assert ag.checkpoint(f, scalar(0.5)).requires_grad


def test_checkpoints_in_a_chain(short_stack):
    x = scalar(0.5)
    y = x
    for _ in range(500):
        y = ag.checkpoint(lambda v: v * 1.0 + 0.25, y)
    y.backward()
    assert x.grad.item() == 1


def test_second_order_of_a_long_chain(short_stack):
    x, w = scalar(0.5), scalar(1.0)
    y = x
    for _ in range(1000):
        y = y * w
    d = y.gradient(w, create_graph=True)
    assert d.item() == pytest.approx(500)
    assert d.gradient(w).item() == pytest.approx(0.5 * 1000 * 999)


def test_a_chain_of_in_place_updates(short_stack):
    x = scalar(0.5)
    y = x * 1.0
    for _ in range(STEPS):
        y += 1.0
        y *= 1.0
    y.backward()
    assert x.grad.item() == 1


def test_diamonds_are_visited_once(short_stack):
    def f(x):
        for _ in range(30):
            x = x + x
        return x

    x = scalar(1.0)
    y = f(x)
    assert len(ancestors(y.node)) == 31
    assert len(capture(y)) == 31
    assert y.gradient(x, create_graph=True).item() == 2.0**30
    assert ag.grad(f)(1.0).item() == 2.0**30
    assert ag.jvp(f, (1.0,), (1.0,))[1].item() == 2.0**30
    assert ag.explain(y, x).norms[-1] == 2.0**30
