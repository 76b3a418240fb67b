"""Errors say which op, which arguments of which shapes, which module and which line."""

import numpy as np
import pytest

import autograd as ag
from autograd import (
    ArgumentError,
    AutogradError,
    AxisError,
    DTypeError,
    GraphError,
    IndexingError,
    RuleError,
    ShapeError,
    Tensor,
)
from autograd.graph import Scope
from autograd.modes import Setting


def t(*shape):
    return Tensor(np.ones(shape), requires_grad=True)


# (call, class, name of the op, what the message must contain)
BAD_CALLS = [
    # shapes that do not go together
    (lambda: t(2, 3) + t(2, 4), ShapeError, "add", ["x has 3 and y has 4 along axis -1"]),
    (lambda: t(2, 3) - np.ones((3, 3)), ShapeError, "subtract", ["x has 2 and y has 3"]),
    (lambda: np.ones((2, 3)) * t(4), ShapeError, "multiply", ["(2, 3)", "(4,)"]),
    (lambda: t(3) / t(4), ShapeError, "divide", ["(3,)", "(4,)"]),
    (lambda: t(3) ** t(4), ShapeError, "power", ["(3,)", "(4,)"]),
    (lambda: t(3) % t(4), ShapeError, "remainder", ["(3,)", "(4,)"]),
    (lambda: t(3) < t(4), ShapeError, "less", ["(3,)", "(4,)"]),
    (lambda: t(3) == t(4), ShapeError, "equal", ["(3,)", "(4,)"]),
    (lambda: ag.maximum(t(3), t(4)), ShapeError, "maximum", ["(3,)", "(4,)"]),
    (lambda: ag.atan2(t(3), t(4)), ShapeError, "atan2", ["(3,)", "(4,)"]),
    (lambda: ag.where(t(2) > 0, t(3), t(2)), ShapeError, "where", ["condition has 2", "x has 3"]),
    (lambda: ag.clip(t(3), t(4), 1.0), ShapeError, "clip", ["(3,)", "(4,)"]),
    (lambda: ag.lerp(t(3), t(4), 0.5), ShapeError, "lerp", ["(3,)", "(4,)", "0.5"]),
    (lambda: t(2, 3) @ t(2, 3), ShapeError, "matmul", ["(2, 3)", "3", "2"]),
    (lambda: t(2, 3) @ t(4), ShapeError, "matmul", ["(2, 3)", "(4,)"]),
    (lambda: t(2, 2, 3) @ t(3, 3, 4), ShapeError, "matmul", ["(2, 2, 3)", "(3, 3, 4)"]),
    (lambda: t() @ t(3), ShapeError, "matmul", ["()", "(3,)"]),
    (lambda: ag.dot(t(2), t(3)), ShapeError, "dot", ["(2,)", "(3,)"]),
    (lambda: ag.inner(t(2, 3), t(2, 4)), ShapeError, "inner", ["(2, 3)", "(2, 4)"]),
    (lambda: ag.tensordot(t(2, 3), t(4, 5), axes=1), ShapeError, "tensordot", ["(2, 3)", "(4, 5)"]),
    (lambda: ag.einsum("ij,jk", t(2, 3), t(4, 5)), ShapeError, "einsum", ["'j'", "(2, 3)"]),
    (lambda: ag.cross(t(4), t(4)), ShapeError, "cross", ["(4,)"]),
    (lambda: ag.concat([t(2, 3), t(3, 2)], axis=0), ShapeError, "concat", ["(2, 3)", "(3, 2)"]),
    (lambda: ag.stack([t(2), t(3)]), ShapeError, "stack", ["(2,)", "(3,)"]),
    (lambda: t(6).reshape(4), ShapeError, "reshape", ["(6,)", "(4,)"]),
    (lambda: t(6).reshape(4, -1), ShapeError, "reshape", ["(6,)", "-1"]),
    (lambda: t(3).broadcast_to((2,)), ShapeError, "broadcast_to", ["(3,)", "(2,)"]),
    (lambda: ag.squeeze(t(2, 3), axis=0), ShapeError, "squeeze", ["(2, 3)", "axis = 0"]),
    (lambda: ag.split(t(5), 2), ShapeError, "split", ["(5,)", "2"]),
    (lambda: ag.trace(t(3)), ShapeError, "trace", ["(3,)"]),
    (lambda: ag.diagonal(t(3)), ShapeError, "diagonal", ["(3,)"]),
    (lambda: ag.max(t(0)), ShapeError, "max", ["(0,)"]),
    (lambda: (t(2) * 1).__setitem__(slice(2), t(3)), ShapeError, "index_put", ["(2,)", "(3,)"]),
    # axes
    (lambda: t(2, 3).sum(axis=2), AxisError, "sum", ["axis 2", "(2, 3)"]),
    (lambda: t(2, 3).sum(2), AxisError, "sum", ["axis 2", "(2, 3)"]),
    (lambda: t(2, 3).mean(axis=-3), AxisError, "mean", ["axis", "-3", "(2, 3)"]),
    (lambda: t(2, 3).max(axis=(0, 5)), AxisError, "max", ["axis", "5", "(2, 3)"]),
    (lambda: ag.std(t(2, 3), axis=2), AxisError, "std", ["axis 2", "(2, 3)"]),
    (lambda: ag.cumsum(t(2, 3), axis=2), AxisError, "cumsum", ["axis 2", "(2, 3)"]),
    (lambda: ag.softmax(t(2, 3), axis=5), AxisError, "softmax", ["axis 5", "(2, 3)"]),
    (lambda: ag.sort(t(2, 3), axis=5), AxisError, "sort", ["axis 5", "(2, 3)"]),
    (lambda: ag.argmax(t(2, 3), axis=5), AxisError, "argmax", ["axis 5", "(2, 3)"]),
    (lambda: ag.flip(t(2, 3), axis=5), AxisError, "flip", ["axis 5", "(2, 3)"]),
    (lambda: ag.concat([t(2), t(2)], axis=1), AxisError, "concat", ["axis 1"]),
    (lambda: ag.expand_dims(t(2), axis=5), AxisError, "expand_dims", ["axis 5", "(2,)"]),
    (lambda: ag.swapaxes(t(2, 3), 0, 5), AxisError, "swapaxes", ["5", "(2, 3)"]),
    (lambda: ag.logsumexp(t(2, 3), axis=5), AxisError, "logsumexp", ["axis 5", "(2, 3)"]),
    (lambda: t(2, 3).sum(axis=(0, 0)), AxisError, "sum", ["(0, 0)", "(2, 3)"]),
    (lambda: t(2, 3).max(axis=(1, -1)), AxisError, "max", ["(1, -1)", "(2, 3)"]),
    (lambda: ag.transpose(t(2, 3), axes=(0, 0)), AxisError, "transpose", ["(0, 0)", "(2, 3)"]),
    (lambda: t(2, 3).sum(axis="a"), DTypeError, "sum", ["'a'", "(2, 3)"]),
    (lambda: t(2, 3).sum(axis=1.5), DTypeError, "sum", ["1.5", "(2, 3)"]),
    # what is not numbers
    (lambda: t(2) + None, DTypeError, "add", ["y must be", "NoneType", "(2,)"]),
    (lambda: "a" * t(2), DTypeError, "multiply", ["x must be", "str", "(2,)"]),
    (lambda: t(2) ** [1.0, None], DTypeError, "power", ["y must be", "list", "(2,)"]),
    (lambda: t(2) * np.array(["a", "b"]), DTypeError, "multiply", ["<U1", "(2,)"]),
    (lambda: t(2) * np.array([None, 1]), DTypeError, "multiply", ["object", "(2,)"]),
    (lambda: Tensor(np.uint8([1, 2])) + 300, DTypeError, "add", ["300", "uint8", "(2,)"]),
    (lambda: ag.where(True, np.uint8([1, 2]), -1), DTypeError, "where", ["-1", "uint8", "(2,)"]),
    (
        lambda: Tensor(np.uint8([1, 2])).__setitem__(0, 300),
        DTypeError,
        "index_put",
        ["300", "uint8"],
    ),
    (lambda: ag.clip(np.uint8([1, 2]), -1, 5), DTypeError, "clip", ["-1", "uint8", "(2,)"]),
    (lambda: t(2) @ {"a": 1}, DTypeError, "matmul", ["dict", "(2,)"]),
    (lambda: ag.exp("a"), DTypeError, "exp", ["x must be", "str"]),
    (lambda: ag.exp(None), DTypeError, "exp", ["x must be", "NoneType"]),
    (lambda: ag.exp(object()), DTypeError, "exp", ["x must be", "object"]),
    (lambda: ag.maximum(t(2), "b"), DTypeError, "maximum", ["y must be", "str", "(2,)"]),
    (lambda: ag.sum(["a"]), DTypeError, "sum", ["x must be", "list"]),
    (lambda: ag.where(t(2) > 0, t(2), None), DTypeError, "where", ["y must be", "NoneType"]),
    (lambda: ag.concat([t(2), None]), DTypeError, "concat", ["NoneType"]),
    (lambda: t(2) & t(2), DTypeError, "bitwise_and", ["(2,) float64"]),
    (lambda: ~t(2), DTypeError, "invert", ["(2,) float64"]),
    (lambda: t(2).astype("nonsense"), DTypeError, "astype", ["'nonsense'", "(2,)"]),
    (lambda: t(2).astype("U5"), DTypeError, "astype", ["U5", "(2,)"]),
    # options
    (lambda: t(2, 3).sum(axes=1), DTypeError, "sum", ["no option 'axes'", "axis, keepdims"]),
    (lambda: ag.softmax(t(2), dim=0), DTypeError, "softmax", ["dim"]),
    (lambda: t(2).sum(0, axis=0), DTypeError, "sum", ["axis twice"]),
    (lambda: ag.sum(t(2), 0, True, 7), DTypeError, "sum", ["axis=", "keepdims="]),
    (lambda: ag.topk(t(3), 5), ArgumentError, "topk", ["5", "3"]),
    (lambda: ag.quantile(t(3), 1.5), ArgumentError, "quantile", ["1.5"]),
    (lambda: ag.repeat(t(3), -1), ArgumentError, "repeat", ["-1"]),
    (lambda: ag.concat([]), ArgumentError, "concat", ["at least one"]),
    # indices
    (lambda: t(2)[2], IndexingError, "getitem", ["index 2", "(2,)"]),
    (lambda: t(2)[0, 0], IndexingError, "getitem", ["too many indices", "(2,)"]),
    (lambda: t(2)[[0, 5]], IndexingError, "getitem", ["index 5", "(2,)"]),
    (lambda: t(2)[np.array([True] * 3)], IndexingError, "getitem", ["3", "(2,)"]),
    (lambda: t()[0], IndexingError, "getitem", ["too many indices", "()"]),
    (lambda: t(2)["a"], IndexingError, "[", ["'a'"]),
    (lambda: t(2)[1.0], IndexingError, "[", ["1.0"]),
    (lambda: ag.take(t(2), [5], axis=0), IndexingError, "take", ["index 5", "(2,)"]),
    # graphs
    (lambda: t(3).backward(), GraphError, "backward", ["(3,)", "hint", "sum or mean"]),
    (lambda: (t(3) * 2).backward(), GraphError, "backward", ["(3,)", "from multiply"]),
    (lambda: t(3).backward(np.ones(2)), ShapeError, "backward", ["(2,)", "(3,)"]),
    (lambda: Tensor(1.0).backward(), GraphError, "backward", ["requires_grad=True"]),
    (lambda: t().detach().backward(), GraphError, "backward", ["detach at test_errors.py"]),
    (lambda: t(3).gradient(1.0), DTypeError, "gradient", ["float"]),
    (lambda: t().__iadd__(1), GraphError, "+=", ["leaf", "no_grad()"]),
    (lambda: (t(2) * 1).__iadd__(np.ones((2, 2))), ShapeError, "+=", ["(2, 2)", "(2,)"]),
    (lambda: t(2).__setitem__(0, 1.0), GraphError, "[", ["leaf"]),
]


@pytest.mark.parametrize(
    ("call", "error", "op", "parts"),
    [pytest.param(*c, id=f"{c[2]} {c[1].__name__} {i}") for i, c in enumerate(BAD_CALLS)],
)
def test_a_bad_call(call, error, op, parts):
    with Setting("scope", Scope("head.fc", "Linear")), pytest.raises(AutogradError) as e:
        call()
    assert type(e.value) is error
    text = str(e.value)
    first = text.splitlines()[0]
    assert op in first.partition(": ")[0], text
    for part in parts:
        assert part in text, f"{part!r} is not in\n{text}"
    assert f"at test_errors.py:{call.__code__.co_firstlineno} in head.fc (Linear)" in text, text


LEAF_ERRORS = [
    (lambda: Tensor([1, 2], requires_grad=True), DTypeError, ["float", "int64", "(2,)"]),
    (lambda: Tensor([True], requires_grad=True), DTypeError, ["float", "bool"]),
    (lambda: Tensor([1, 2]).requires_grad_(), DTypeError, ["float", "int64"]),
    (lambda: Tensor("abc"), DTypeError, ["str"]),
    (lambda: Tensor(None), DTypeError, ["NoneType"]),
    (lambda: Tensor([[1, 2], [3]]), ShapeError, ["list"]),
    (lambda: Tensor(1.0, dtype="nonsense"), DTypeError, ["nonsense"]),
    (lambda: Tensor([1.0, 2.0]).item(), ShapeError, ["(2,)"]),
    (lambda: bool(Tensor([1.0, 2.0])), ShapeError, ["(2,)", "any", "all"]),
    (lambda: Tensor(1.0).register_hook(print), GraphError, ["require grad"]),
    (lambda: Tensor(1.0).retain_grad(), GraphError, ["require grad"]),
    (lambda: (t() * 2).requires_grad_(False), GraphError, ["multiply", "test_errors.py", "detach"]),
    (lambda: ag.set_default_dtype("int64"), DTypeError, ["int64"]),
    (lambda: ag.set_default_dtype("nonsense"), DTypeError, ["nonsense"]),
    (lambda: ag.random.rand(-1), ArgumentError, ["-1"]),
    (lambda: ag.random.generator("seed"), DTypeError, ["seed"]),
    (lambda: ag.random.manual_seed(-1), ArgumentError, ["-1"]),
    (lambda: ag.random.rand(2, rng=-1), ArgumentError, ["-1"]),
]


@pytest.mark.parametrize(("call", "error", "parts"), LEAF_ERRORS)
def test_a_bad_tensor(call, error, parts):
    with pytest.raises(AutogradError) as e:
        call()
    assert type(e.value) is error
    for part in parts:
        assert part in str(e.value)


# Classes: except ValueError keeps working


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ShapeError, ValueError), (AxisError, ShapeError), (AxisError, IndexError),
        (IndexingError, IndexError), (ArgumentError, ValueError), (DTypeError, TypeError),
        (GraphError, RuntimeError), (ag.NonFiniteError, FloatingPointError), (RuleError, TypeError),
        (ag.DerivativeError, AssertionError),
    ],
)  # fmt: skip
def test_classes_derive_from_the_builtin_ones(error, builtin):
    assert issubclass(error, AutogradError)
    assert issubclass(error, builtin)


# What a message shows


def test_a_message_as_a_whole():
    w = Tensor(np.ones((4, 2)), requires_grad=True, name="fc.weight")
    x = Tensor(np.ones((3, 5)))
    h = ag.exp(t(3, 5))
    with pytest.raises(ShapeError) as e:
        h @ w
    lines = str(e.value).splitlines()
    assert lines[0].startswith("matmul: ")
    assert lines[1].startswith("  x: (3, 5) float64   from exp at test_errors.py:")
    assert lines[2] == "  y: (4, 2) float64   parameter fc.weight"
    assert lines[3].startswith("  at test_errors.py:")
    assert lines[3].endswith(": h @ w")
    with pytest.raises(ShapeError, match="variable x"):
        x @ w


def test_the_traceback_is_short():
    with pytest.raises(ShapeError) as e:
        t(2) + t(3)
    assert e.value.__cause__ is None
    assert e.value.__suppress_context__


def test_options_given_are_shown_and_defaults_are_not():
    with pytest.raises(AxisError) as e:
        t(2, 3).sum(axis=7)
    assert "axis = 7" in str(e.value)
    assert "keepdims" not in str(e.value)


def test_a_user_error_inside_an_op_is_not_swallowed():
    class Odd:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        t(2) + Odd()


def test_errors_inside_a_transform_name_the_users_line():
    def model(x):
        return x @ np.ones((2, 2))

    with pytest.raises(ShapeError, match=rf"test_errors.py:{model.__code__.co_firstlineno + 1}"):
        ag.grad(model)(np.ones((3, 3)))


# What goes through forward goes through backward


@pytest.mark.parametrize(
    "f",
    [ag.sum, ag.mean, ag.prod, ag.max, ag.min, ag.std, ag.var, ag.cumsum, ag.cumprod, ag.sort,
     ag.flip, ag.softmax, ag.logsumexp],
)  # fmt: skip
@pytest.mark.parametrize("axis", [0, -1, None, ()])
def test_axes_of_a_number_are_refused_or_right(f, axis):
    x = t()
    try:
        y = f(x, axis=axis)
    except AutogradError:
        return
    y.sum().backward()
    assert x.grad.shape == ()


# Derivatives are never lost silently


def _filled(x, value):
    x[:] = value
    return x


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: ag.exp([x, y]),
        lambda x, y: Tensor(np.ones(2)) - [x, y],
        lambda x, y: x * [y, y],
        lambda x, y: ag.sum([x, y]),
        lambda x, y: ag.where([True, False], [x, x], [y, y]),
        lambda x, y: np.ones(2) * Tensor(np.ones(2)) * (x, y),
        lambda x, y: _filled(Tensor(np.zeros(2)), [x, y]),
        lambda x, y: _filled(x * np.zeros(2), [x, y]),
    ],
)
def test_a_list_of_tracked_tensors_is_recorded_or_refused(f):
    x, y = t(), t()
    try:
        out = f(x, y)
    except AutogradError:
        return
    assert type(out) is Tensor
    assert out.sum().gradient(y).item() != 0
