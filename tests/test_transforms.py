"""grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp: structures, nesting, errors."""

import math
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import ArgumentError, AutogradError, DTypeError, GraphError, ShapeError

Pair = namedtuple("Pair", "w b")


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


def check(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-10, atol=1e-12)


# Kinds of arguments


@pytest.mark.parametrize(
    "x", [3.0, np.float64(3.0), np.float32(3.0), np.array(3.0), Tensor(3.0), leaf(3.0)], ids=type
)
def test_numbers_arrays_and_tensors(x):
    d = ag.grad(lambda v: v * v * v)(x)
    assert type(d) is Tensor
    assert d.shape == ()
    check(d, 27)
    check(ag.value_and_grad(lambda v: v * v)(x), (9, 6))
    check(ag.jacobian(lambda v: v * v)(x), 6)
    check(ag.hessian(lambda v: v**3)(x), 18)
    check(ag.jvp(lambda v: v * v, (x,), (1.0,)), (9, 6))


TREES = {
    "list": ([1.0, 2.0], [2.0, 4.0]),
    "tuple": ((1.0, np.array([2.0, 3.0])), (2.0, np.array([4.0, 6.0]))),
    "dict": ({"a": 1.0, "b": [2.0]}, {"a": 2.0, "b": [4.0]}),
    "nested": ([{"a": (1.0,)}, [[3.0], ()]], [{"a": (2.0,)}, [[6.0], ()]]),
    "named": (Pair(1.0, np.ones((2, 2))), Pair(2.0, np.full((2, 2), 2.0))),
    "ordered": (OrderedDict(b=1.0, a=2.0), OrderedDict(b=2.0, a=4.0)),
    "empty": ([], []),
}


def leaves(tree):
    if isinstance(tree, dict):
        return [v for t in tree.values() for v in leaves(t)]
    if isinstance(tree, list | tuple):
        return [v for t in tree for v in leaves(t)]
    return [tree]


def squares(tree):
    return sum(((v * v).sum() if np.ndim(v) else v * v) for v in leaves(tree)) + Tensor(0.0)


def same_structure(a, b):
    if isinstance(b, dict):
        assert type(a) is type(b)
        assert list(a) == list(b)
        for k in b:
            same_structure(a[k], b[k])
    elif isinstance(b, list | tuple):
        assert type(a) is type(b)
        assert len(a) == len(b)
        for p, q in zip(a, b, strict=True):
            same_structure(p, q)
    else:
        assert type(a) is Tensor
        check(a, b)


@pytest.mark.parametrize(("tree", "expected"), TREES.values(), ids=TREES.keys())
def test_gradients_come_in_the_structure_of_the_argument(tree, expected):
    same_structure(ag.grad(squares)(tree), expected)
    same_structure(ag.value_and_grad(squares)(tree)[1], expected)
    same_structure(ag.vjp(squares, tree)[1](1.0)[0], expected)
    same_structure(ag.hvp(squares)(tree, tree), expected)
    _, along = ag.jvp(squares, (tree,), (tree,))
    check(along, 2 * sum(np.sum(np.square(v)) for v in leaves(tree)))


def test_results_may_be_structures_too():
    def f(x, y):
        return {"product": x * y, "others": [x + 1, (y,)]}

    out, pull = ag.vjp(f, 3.0, 4.0)
    same_structure(out, {"product": 12.0, "others": [4.0, (4.0,)]})
    same_structure(pull({"product": 1.0, "others": [10.0, (100.0,)]}), (14.0, 103.0))
    out, t = ag.jvp(f, (3.0, 4.0), (1.0, 10.0))
    same_structure(t, {"product": 34.0, "others": [1.0, (10.0,)]})
    same_structure(ag.jacobian(f)(3.0, 4.0), {"product": 4.0, "others": [1.0, (0.0,)]})


def test_constants_among_the_arguments():
    def f(x, n, name, flag=None):
        assert name == "anything"
        assert flag is None
        return (x**n).sum()

    check(ag.grad(f)(np.array([1.0, 2.0]), 3, "anything"), [3, 12])
    check(ag.grad(f, 0)(np.array([1.0, 2.0]), 3, "anything", None), [3, 12])


@pytest.mark.parametrize(
    ("argnum", "expected"),
    [(0, 4.0), (1, 3.0), (-1, 3.0), ((0,), (4.0,)), ((0, 1), (4.0, 3.0)), ((1, 0), (3.0, 4.0)),
     ([1], (3.0,)), ((), ())],
)  # fmt: skip
def test_argnum(argnum, expected):
    same_structure(ag.grad(lambda x, y: x * y, argnum)(3.0, 4.0), expected)
    same_structure(ag.value_and_grad(lambda x, y: x * y, argnum)(3.0, 4.0)[1], expected)
    if argnum != ():
        same_structure(ag.jacobian(lambda x, y: x * y, argnum)(3.0, 4.0), expected)


def test_one_tensor_given_as_two_arguments():
    t = leaf(3.0)
    dx, dy = ag.grad(lambda x, y: x * x * y, (0, 1))(t, t)
    check(dx, 18)
    check(dy, 9)
    check(ag.jvp(lambda x, y: x * y, (t, t), (1.0, 0.0))[1], 3)


# Results are independent values


def test_transforms_do_not_touch_grad_or_the_arguments():
    x, a = leaf([1.0, 2.0]), np.array([1.0, 2.0])
    for run in (
        lambda v: ag.grad(lambda v: (v * v).sum())(v),
        lambda v: ag.vjp(lambda v: v * v, v)[1](np.ones(2)),
        lambda v: ag.jvp(lambda v: v * v, (v,), (np.ones(2),)),
        lambda v: ag.hessian(lambda v: (v**3).sum())(v),
    ):
        run(x)
        run(a)
    assert x.grad is None
    assert x.tolist() == a.tolist() == [1, 2]


def test_in_place_changes_inside_a_function_stay_inside():
    def f(x):
        x *= 2
        x[0] = 0.0
        return (x * x).sum()

    for x in (np.array([1.0, 2.0]), Tensor(np.array([1.0, 2.0]))):
        with pytest.raises(GraphError, match="leaf"):
            ag.grad(f)(x)
        check(ag.grad(lambda v: f(v * 1))(x), [0, 16])
        assert np.asarray(x).tolist() == [1, 2]


def test_a_result_is_tracked_only_if_something_outside_is():
    x = leaf(2.0)
    assert not ag.grad(lambda v: v**3)(2.0).requires_grad
    assert not ag.grad(lambda v: v**3)(x.detach()).requires_grad
    assert ag.grad(lambda v: v**3)(x).requires_grad
    assert ag.grad(lambda v: v**3 * x)(2.0).requires_grad
    with ag.no_grad():
        assert not ag.grad(lambda v: v**3)(x).requires_grad
        check(ag.grad(lambda v: v**3)(x), 12)


def test_functions_work_under_no_grad():
    with ag.no_grad():
        check(ag.grad(lambda x: x * x)(3.0), 6)
        check(ag.hessian(lambda x: x**3)(3.0), 18)
        check(ag.jvp(lambda x: x * x, (3.0,), (1.0,))[1], 6)
        check(ag.grad(ag.grad(lambda x: x**3))(3.0), 18)


def test_a_result_reaches_outer_leaves():
    w = leaf(2.0)
    d = ag.grad(lambda x: w * x * x)(3.0)  # 2 w x
    check(d.gradient(w), 6)
    out, t = ag.jvp(lambda x: w * x * x, (3.0,), (1.0,))
    check(t.gradient(w), 6)
    check(out.gradient(w), 9)
    out, pull = ag.vjp(lambda x: w * x * x, 3.0)
    check(pull(1.0)[0].gradient(w), 6)


def test_pull_may_be_called_any_number_of_times():
    _, pull = ag.vjp(lambda x: ag.exp(x) * x, np.array([0.0, 1.0]))
    first = pull(np.array([1.0, 0.0]))[0]
    second = pull(np.array([0.0, 1.0]))[0]
    again = pull(np.array([1.0, 0.0]))[0]
    check(first, [1, 0])
    check(second, [0, 2 * math.e])
    check(again, first)


# Independent functions


def test_functions_that_do_not_depend_on_the_input():
    x = np.array([1.0, 2.0])
    constant = Tensor(np.array(5.0))
    for f in (lambda x: constant, lambda x: 5.0, lambda x: leaf(5.0), lambda x: x.detach().sum()):
        check(ag.grad(f)(x), [0, 0])
        check(ag.value_and_grad(f)(x)[1], [0, 0])
        check(ag.vjp(f, x)[1](1.0)[0], [0, 0])
        check(ag.jvp(f, (x,), (x,))[1], 0)
        check(ag.jacobian(f)(x), [0, 0])
        check(ag.hessian(f)(x), np.zeros((2, 2)))
        check(ag.hvp(f)(x, x), [0, 0])


def test_linear_functions_have_no_second_derivative():
    x = np.array([1.0, 2.0])
    check(ag.hessian(lambda x: (3 * x).sum())(x), np.zeros((2, 2)))
    check(ag.grad(lambda x: ag.grad(lambda x: (3 * x).sum())(x).sum())(x), [0, 0])


# Jacobians


@pytest.mark.parametrize("mode", ["rev", "fwd", "auto"])
@pytest.mark.parametrize(
    ("shape", "f", "expected"),
    [
        ((), lambda x: x * x, lambda x: 2 * x),
        ((3,), lambda x: x.sum(), lambda x: np.ones(3)),
        ((3,), lambda x: ag.exp(x), lambda x: np.diag(np.exp(x))),
        ((2, 3), lambda x: x.sum(axis=0), lambda x: np.tile(np.eye(3)[:, None], (1, 2, 1))),
        ((2,), lambda x: x[0] * x, lambda x: [[2 * x[0], 0], [x[1], x[0]]]),
        ((), lambda x: ag.stack([x, x * x]), lambda x: [1, 2 * x]),
        ((0,), lambda x: x * 2, lambda x: np.zeros((0, 0))),
        ((2,), lambda x: x[:0], lambda x: np.zeros((0, 2))),
    ],
)
def test_jacobian_has_the_shape_of_the_result_and_the_argument(mode, shape, f, expected):
    x = np.linspace(0.5, 1.5, math.prod(shape)).reshape(shape)
    check(ag.jacobian(f, mode=mode)(x), expected(x))


@pytest.mark.parametrize("mode", ["rev", "fwd"])
def test_jacobians_of_structures(mode):
    def f(p):
        return [p["w"] * p["b"], p["b"].sum()]

    p = {"w": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    rows = ag.jacobian(f, mode=mode)(p)
    check(rows[0]["w"], np.diag([3, 4]))
    check(rows[0]["b"], np.diag([1, 2]))
    check(rows[1]["w"], [0, 0])
    check(rows[1]["b"], [1, 1])


def test_jacobians_of_jacobians_in_every_mode():
    x = np.array([0.3, 0.7])
    expected = np.zeros((2, 2, 2))
    expected[range(2), range(2), range(2)] = -np.sin(x)
    for outer in ("rev", "fwd"):
        for inner in ("rev", "fwd"):
            check(ag.jacobian(ag.jacobian(ag.sin, mode=inner), mode=outer)(x), expected)


# Errors

ERRORS = [
    (lambda: ag.grad(lambda x: x * x)(np.ones(3)), GraphError, r"one number.*\(3,\)"),
    (lambda: ag.grad(lambda x: [x.sum(), x.sum()])(np.ones(3)), GraphError, "one number"),
    (lambda: ag.grad(lambda x: None)(1.0), AutogradError, "None"),
    (lambda: ag.grad(lambda x: "text")(1.0), AutogradError, "str|text"),
    (lambda: ag.grad(lambda x: x)(3), DTypeError, "int.*float"),
    (lambda: ag.grad(lambda x: x.sum())(np.ones(3, int)), DTypeError, "int64"),
    (lambda: ag.grad(lambda x: x)(Tensor([1, 2])), DTypeError, "int64"),
    (lambda: ag.grad(lambda x: x)("abc"), AutogradError, "str"),
    (lambda: ag.grad(lambda x: x)(None), AutogradError, "None"),
    (lambda: ag.grad(lambda x: x, 1)(1.0), ArgumentError, "argument 1 does not exist"),
    (lambda: ag.grad(lambda x: x, -2)(1.0), ArgumentError, "argument -2 does not exist"),
    (lambda: ag.grad(lambda: 1.0)(), ArgumentError, "argument 0 does not exist"),
    (lambda: ag.vjp(lambda x: x * x, np.ones(3))[1](np.ones(2)), ShapeError, r"\(2,\).*\(3,\)"),
    (lambda: ag.vjp(lambda x: x * x, np.ones(3))[1](1.0), ShapeError, r"\(\).*\(3,\)"),
    (lambda: ag.vjp(lambda x: (x, x), 1.0)[1](1.0), ShapeError, "2 outputs.*1"),
    (lambda: ag.jvp(lambda x: x, (np.ones(3),), (np.ones(2),)), ShapeError, r"\(2,\).*\(3,\)"),
    (lambda: ag.jvp(lambda x: x, (1.0, 2.0), (1.0,)), ShapeError, "2 primals.*1"),
    (lambda: ag.jvp(lambda x: x, ([1.0, 2.0],), ([1.0],)), ShapeError, "2 arrays.*1"),
    (lambda: ag.jvp(lambda x: x, 1.0, 1.0), DTypeError, "tuples or lists"),
    (lambda: ag.jvp(lambda x: x, (1,), (1.0,)), DTypeError, "int.*float"),
    (lambda: ag.jacobian(lambda x: x, mode="sideways"), ArgumentError, "'sideways'"),
    (lambda: ag.jacobian(lambda x: x)(3), DTypeError, "int.*float"),
    (lambda: ag.hessian(lambda x: x * x)(np.ones(2)), GraphError, r"one number.*\(2,\)"),
    (lambda: ag.hvp(lambda x: x.sum())(np.ones(2), np.ones(3)), ShapeError, r"\(2,\).*\(3,\)"),
    (lambda: ag.hvp(lambda x: x[0])([1.0, 2.0], [1.0]), ShapeError, "2 arrays.*1"),
]


@pytest.mark.parametrize(("call", "error", "match"), ERRORS)
def test_wrong_calls_are_explained(call, error, match):
    with pytest.raises(error, match=match) as e:
        call()
    assert type(e.value).__module__.startswith("autograd")
