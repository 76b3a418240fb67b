"""Compiled steps of optimisers against NumPy's, over several steps."""

from unittest.mock import patch

import numpy as np
import pytest

import nn
from autograd import kernels
from autograd.kernels import _host

SHAPES = ((3, 5), (7,), (), (2, 0), (1, 33))


def trained(optimizer, dtype, **options):
    rng = np.random.default_rng(0)
    ps = [nn.Parameter(rng.normal(size=s).astype(dtype)) for s in SHAPES]
    optimizer = optimizer(ps, lr=0.1, **options)
    for _ in range(5):
        for p in ps:
            p.grad = rng.normal(size=p.shape).astype(dtype)
        optimizer.step()
    return [p.numpy() for p in ps], optimizer.state_dict()


FORMULAS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("NAdam", {"decoupled_weight_decay": True}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.2}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.9}),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("more", [{}, {"weight_decay": 0.1, "maximize": True}])
@pytest.mark.parametrize(("name", "options"), FORMULAS)
def test_compiled_steps_are_the_same_but_for_the_last_digits(name, options, more, dtype):
    optimizer = getattr(nn.optim, name)
    with patch.object(_host, "LEAST", 0):
        fast, state = trained(optimizer, dtype, **options | more)
    slow, other = trained(optimizer, dtype, **options | more)
    tolerance = 1e-5 if dtype is np.float32 else 1e-13
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    for k, kept in other["state"].items():
        assert state["state"][k].keys() == kept.keys()
        for what, value in kept.items():
            np.testing.assert_allclose(state["state"][k][what], value, tolerance, tolerance)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "Adagrad", "RMSprop"])
def test_kernels_take_the_place_of_numpy(name):
    p = nn.Parameter(np.ones(3))
    p.grad = np.ones(3)
    optimizer = getattr(nn.optim, name)([p], lr=0.1, weight_decay=0.1)
    with patch.object(_host, "LEAST", 0), patch.object(type(optimizer), "update", None):
        optimizer.step()
    assert (p.numpy() < 1).all()


def run(loop, *arrays, numbers):
    g, p, *kept = (np.array(a, float) for a in arrays)
    with patch.object(_host, "LEAST", 0):
        assert kernels.step(loop, g, (p, *kept), numbers)
    return p, *kept


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_infinite_or_not_a_number_stays_where_it_is():
    nan, inf = np.nan, np.inf
    (p,) = run("sgd", [nan, inf, 1, 1], [0, 0, inf, 0], numbers=(1, 0, 1, -1))
    np.testing.assert_array_equal(p, [nan, -inf, inf, -1])
    p, v = run("momentum", [inf, 1], [0, 0], [0, inf], numbers=(1, 0, 1, 0.5, 1, 0, -1))
    np.testing.assert_array_equal((p, v), [[-inf, -inf], [inf, inf]])
    *_, u = run(
        "adamax", [1, nan, 1], [0, 0, 0], [0, 0, 0], [nan, 1, 2], numbers=(1, 0, 1, 0, 1, 1, 0, -1)
    )
    np.testing.assert_array_equal(u, [nan, nan, 2])


def test_small_parameters_and_other_layouts_are_left_to_numpy():
    small, turned = np.ones(9), np.ones((300, 400)).T
    for p in (small, turned):
        g, p, v = (p.copy(order="K") for _ in range(3))
        assert not kernels.step("momentum", g, (p, v), (1.0,) * 7)
        assert (p == 1).all()
