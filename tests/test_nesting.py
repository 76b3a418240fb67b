"""Transforms nest, in any order and to any depth, and inner and outer derivatives never mix."""

import math

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def check(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-10, atol=1e-12)


FUNCTIONS = {
    "cube": (lambda x: x**3, lambda x: 6 * x),
    "exp sin": (
        lambda x: ag.exp(ag.sin(x)), lambda x: np.exp(np.sin(x)) * (np.cos(x) ** 2 - np.sin(x))
    ),
    "tanh": (lambda x: ag.tanh(x), lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
    "quotient": (lambda x: x / (1 + x * x), lambda x: 2 * x * (x * x - 3) / (1 + x * x) ** 3),
    "matrix": (lambda x: (ag.stack([x, x * x]) @ np.eye(2)).sum(), lambda x: 2.0),
    "indexed": (lambda x: ag.stack([x, x * x, x**3])[[1, 1, 2]].sum(), lambda x: 4 + 6 * x),
    "softmax": (lambda x: -ag.log_softmax(ag.stack([x, 0.0 * x]), axis=0)[0],
                lambda x: 1 / (2 + np.exp(x) + np.exp(-x))),
}  # fmt: skip
FIRST = {
    "grad": ag.grad,
    "vjp": lambda f: lambda x: ag.vjp(f, x)[1](1.0)[0],
    "jvp": lambda f: lambda x: ag.jvp(f, (x,), (1.0,))[1],
    "rev": lambda f: ag.jacobian(f, mode="rev"),
    "fwd": lambda f: ag.jacobian(f, mode="fwd"),
}


@pytest.mark.parametrize(("f", "second"), FUNCTIONS.values(), ids=FUNCTIONS.keys())
@pytest.mark.parametrize("outer", FIRST.values(), ids=FIRST.keys())
@pytest.mark.parametrize("inner", FIRST.values(), ids=FIRST.keys())
def test_every_transform_of_every_transform(f, second, outer, inner):
    x = np.float64(0.7)
    check(outer(inner(f))(x), second(x))


@pytest.mark.parametrize(
    "names",
    [("jvp", "vjp", "jvp"), ("vjp", "jvp", "jvp"), ("jvp", "jvp", "grad"), ("grad", "grad", "grad"),
     ("fwd", "rev", "fwd")],
)  # fmt: skip
def test_third_order_in_every_mixture(names):
    f = ag.sin
    for name in names:
        f = FIRST[name](f)
    check(f(np.float64(0.7)), -math.cos(0.7))


def test_eighth_order():
    f = ag.exp
    for _ in range(8):
        f = ag.grad(f)
    check(f(np.float64(0.5)), math.exp(0.5))


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def test_hessian_of_rosenbrock():
    x, y = 0.7, -0.3
    expected = [[1200 * x * x - 400 * y + 2, -400 * x], [-400 * x, 200]]
    at = np.array([x, y])
    check(ag.hessian(rosenbrock)(at), expected)
    check(ag.jacobian(ag.grad(rosenbrock), mode="fwd")(at), expected)
    v = np.array([2.0, -1.0])
    check(ag.hvp(rosenbrock)(at, v), expected @ v)
    check(ag.jvp(ag.grad(rosenbrock), (at,), (v,))[1], expected @ v)


def test_hessian_by_one_of_several_arguments():
    check(ag.hessian(lambda x, y: x * y**3, 1)(2.0, 3.0), 36)
    check(ag.jacobian(ag.grad(lambda x, y: x * y**3, 0), 1)(2.0, 3.0), 27)


# Inner and outer derivatives do not mix


def test_perturbations_are_not_confused():
    one = np.float64(1.0)
    check(ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(one), 1)
    check(ag.grad(lambda x: x * ag.grad(lambda y: x * y)(2.0))(np.float64(3.0)), 6)
    inner = FIRST["jvp"]
    check(inner(lambda x: x * inner(lambda y: x + y)(one))(one), 1)
    check(inner(lambda x: x * ag.grad(lambda y: x + y)(one))(one), 1)
    check(ag.grad(lambda x: x * inner(lambda y: x + y)(one))(one), 1)


def test_a_tensor_that_is_closed_over_and_passed_in():
    t = leaf(3.0)
    check(ag.grad(lambda x: x * t)(t), 3)
    check(ag.jvp(lambda x: x * t, (t,), (1.0,))[1], 3)
    check(ag.vjp(lambda x: x * t, t)[1](1.0)[0], 3)
    check(ag.jacobian(lambda x: x * t, mode="fwd")(t), 3)
    d = ag.grad(lambda x: x * x * t)(t)  # 2 x t, at x = t: 2 t^2
    check(d.gradient(t), 12)
    plain = Tensor(np.float64(3.0))
    check(ag.jvp(lambda x: x * plain, (plain,), (1.0,))[1], 3)


def test_a_mixed_derivative_through_a_closure():
    def by_y(x):
        return ag.grad(lambda y: ag.sin(x * y) * x)(np.float64(2.0))

    x, y = 0.7, 2.0  # d/dy = x^2 cos(xy); d/dx of that
    expected = 2 * x * math.cos(x * y) - x * x * y * math.sin(x * y)
    check(ag.grad(by_y)(np.float64(x)), expected)
    check(ag.jvp(by_y, (np.float64(x),), (1.0,))[1], expected)
    t = leaf(x)
    check(by_y(t).gradient(t), expected)


def test_tangents_and_cotangents_are_differentiable():
    v = leaf(2.0)
    _, t = ag.jvp(lambda x: x**3, (np.float64(3.0),), (v,))
    check(t.gradient(v), 27)
    _, pull = ag.vjp(lambda x: x**3, np.float64(3.0))
    check(pull(v)[0].gradient(v), 27)


def test_a_derivative_used_inside_a_model():
    w = leaf([0.5, -0.25])
    x = np.array([1.0, 2.0])

    def energy(x):
        return ag.tanh((w * x).sum())

    force = -ag.grad(energy)(x)
    (force**2).sum().backward()

    def loss(w):
        t = np.tanh((w * x).sum())
        return np.sum(((1 - t * t) * w) ** 2)

    h = 1e-6
    numeric = [(loss(w.numpy() + h * e) - loss(w.numpy() - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(np.asarray(w.grad), numeric, rtol=1e-7)
