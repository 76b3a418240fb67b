"""Every node knows where it came from: file, line, variable, module path."""

import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.graph import Scope, capture
from autograd.modes import Setting


def line():
    """The caller's line number."""
    return sys._getframe(1).f_lineno


def leaf(values, **options):
    return Tensor(np.array(values, np.float64), requires_grad=True, **options)


FORMS = {
    "unary function": lambda x: ag.exp(x),
    "unary method": lambda x: x.exp(),
    "operator": lambda x: x * x,
    "reflected operator": lambda x: 2.0 - x,
    "operator with an array": lambda x: np.ones(2) / x,
    "unary operator": lambda x: -x,
    "general": lambda x: ag.sum(x, axis=0),
    "method with options": lambda x: x.sum(axis=0),
    "composite": lambda x: ag.logsumexp(x, axis=0),
    "index": lambda x: x[0],
    "NumPy ufunc": lambda x: np.exp(x),
    "NumPy function": lambda x: np.sum(x),
    "property": lambda x: x.T,
    "reshape": lambda x: x.reshape(2, 1),
    "where": lambda x: ag.where(x > 0, x, 0.0),
}


@pytest.mark.parametrize("f", FORMS.values(), ids=FORMS.keys())
def test_a_node_names_the_users_line_however_the_op_was_called(f):
    where = f(leaf([1.0, 2.0])).node.where
    assert where.filename == __file__
    assert where.line == f.__code__.co_firstlineno
    assert str(where) == f"test_provenance.py:{where.line}"
    assert where.source.startswith('"')


def test_in_place_forms_name_the_users_line():
    y = leaf([1.0, 2.0]) * 1
    y += 1
    assert y.node.where.line == line() - 1
    y[0] = y[1] * 2
    assert y.node.where.line == line() - 1


def test_iteration_names_the_users_line():
    (first, _), at = leaf([1.0, 2.0]), line()
    assert first.node.where.line == at


def test_leaves_name_the_users_line():
    made = [Tensor([1.0], requires_grad=True), leaf([1.0]), Tensor([1.0]).requires_grad_()]
    assert made[0].node.where.line == line() - 1
    assert made[2].node.where.line == line() - 2
    assert made[1].node.where.filename == __file__
    random = ag.random.randn(2, requires_grad=True)
    assert random.node.where.line == line() - 1


def test_multi_line_expressions_name_the_line_of_the_operator():
    x = leaf([1.0, 2.0])
    start = line()
    y = (
        x
        * ag.exp(x)
    )  # fmt: skip
    assert y.node.where.line in (start + 2, start + 3)
    assert y.node.parents[1].where.line == start + 3


def test_code_without_a_file():
    x = leaf([1.0, 2.0])
    names = {"x": x, "ag": ag}
    exec(compile("y = ag.exp(x)\nz = y * 2", "<typed in>", "exec"), names)
    assert str(names["z"].node.where) == "<typed in>:2"
    assert names["z"].node.where.variable == "z"
    assert names["z"].node.where.source == ""


# Variables


def test_results_are_known_by_the_variable_they_are_assigned_to():
    x = leaf([1.0, 2.0])
    product = x * 3
    mean = ag.mean(product)
    logits = product.exp()
    assert x.node.where.variable is None  # made inside a function of this file
    assert product.node.where.variable == "product"
    assert mean.node.where.variable == "mean"
    assert logits.node.where.variable == "logits"


@pytest.mark.parametrize(
    "expression",
    ["ag.exp(x * 2)", "ag.exp(ag.sin(x))", "(x * 2).exp()", "ag.exp(x[0])", "ag.exp(-x)"],
)
def test_only_the_result_itself_has_the_variable(expression):
    names = {"ag": ag, "x": leaf([1.0, 2.0])}
    exec(compile(f"y = {expression}", "<test>", "exec"), names)
    node = names["y"].node
    assert node.where.variable == "y"
    assert node.parents[0].where.variable is None


def test_leaves_are_known_by_their_variable():
    weight = Tensor([1.0], requires_grad=True)
    assert weight.node.label == "weight"


def test_attributes_are_known_by_their_name():
    holder = SimpleNamespace()
    holder.bias = Tensor([1.0], requires_grad=True)
    assert holder.bias.node.label == "bias"
    holder.scaled = holder.bias * 2
    assert holder.scaled.node.where.variable == "scaled"


def test_a_given_name_comes_first():
    weight = Tensor([1.0], requires_grad=True, name="layer.weight")
    assert weight.node.label == "layer.weight"
    assert weight.name == "layer.weight"
    assert Tensor([1.0], requires_grad=True).name is None


def test_what_is_not_assigned_has_no_variable():
    x = leaf([1.0, 2.0])
    results = [x * 2, ag.exp(x)]
    assert [r.node.where.variable for r in results] == [None, None]
    a, b = x * 2, x * 3
    assert {a.node.where.variable, b.node.where.variable} <= {None, "a", "b"}
    assert a.node.where.variable != "b"
    assert b.node.where.variable != "a"


def test_global_and_captured_variables():
    names = {"ag": ag, "x": leaf([1.0])}
    source = textwrap.dedent(
        """
        top = ag.exp(x)
        def outer():
            global shared
            shared = ag.sin(x)
            captured = ag.cos(x)
            def inner():
                nonlocal captured
                captured = ag.tan(x)
                return captured
            return inner()
        result = outer()
        """
    )
    exec(compile(source, "<test>", "exec"), names)
    assert names["top"].node.where.variable == "top"
    assert names["shared"].node.where.variable == "shared"
    assert names["result"].node.where.variable == "captured"


# Modules


def test_nodes_remember_the_module_that_ran():
    x = leaf([1.0, 2.0])
    outer = Scope("block", "Block")
    inner = Scope("block.conv", "Conv2d", outer)
    with Setting("scope", outer):
        a = x * 2
        with Setting("scope", inner):
            b = ag.exp(a)
        c = b + 1
    d = c.sum()
    assert [t.node.scope for t in (a, b, c, d)] == [outer, inner, outer, None]
    by_op = {v.op: v.scope for v in capture(d) if v.kind == "op"}
    assert by_op["multiply"] == (("block", "Block", 0),)
    assert by_op["exp"] == (("block", "Block", 0), ("block.conv", "Conv2d", 0))
    assert by_op["sum"] == ()


def test_errors_name_the_module_that_ran():
    x = leaf(np.ones((2, 3)))
    with Setting("scope", Scope("encoder.layers.3", "Linear")):
        h = ag.exp(x)
        with pytest.raises(ag.ShapeError) as e:
            h @ np.ones((2, 3))
    text = str(e.value)
    assert "in encoder.layers.3 (Linear)" in text
    assert "from exp at test_provenance.py" in text
    assert "in encoder.layers.3" in text.splitlines()[1]


def test_the_outermost_module_has_no_path():
    with Setting("scope", Scope("", "Net")), pytest.raises(ag.ShapeError, match=r"\(Net\)"):
        leaf(np.ones(2)) + np.ones(3)


# Records

ARRAYS = ("value", "gradient")


def test_capture_is_a_faithful_record():
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True, name="x")
    w = Tensor(np.ones((30, 2)), requires_grad=True)
    h = (w * x).sum(axis=1)
    loss = (h * 2.0).sum()
    at = line() - 1
    loss.backward()
    record = capture(loss)
    assert [v.id for v in record] == list(range(len(record)))
    assert [v.op for v in record if v.kind == "op"] == ["multiply", "sum", "multiply", "sum"]
    assert all(p is None or p < v.id for v in record for p in v.parents)
    by_name = {v.name: v for v in record if v.name}
    assert by_name["x"].kind == "leaf"
    assert by_name["x"].value.tolist() == [1, 2]
    assert by_name["x"].gradient.tolist() == [60, 60]
    assert by_name["w"].value is None  # large
    assert by_name["w"].shape == (30, 2)
    assert by_name["h"].attrs == {"axis": 1, "keepdims": False}
    assert by_name["loss"].where == f"test_provenance.py:{at}"
    assert by_name["loss"].gradient.tolist() == 1
    two = next(v for v in record if v.kind == "constant")
    assert two.value == 2.0
    assert record[-1].parents
    assert record[-1].arguments == ("x",)


def test_the_same_graph_gives_the_same_record():
    def build():
        x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
        return (ag.exp(x * 2) + x).sum()

    def plain(v):
        arrays = {k: None if a is None else a.tolist() for k, a in vars(v).items() if k in ARRAYS}
        return {**vars(v), **arrays}

    assert [plain(v) for v in capture(build())] == [plain(v) for v in capture(build())]


def test_a_record_does_not_change_afterwards():
    x = leaf([1.0, 2.0])
    loss = (x * x).sum()
    record = capture(loss)
    loss.backward()
    with ag.no_grad():
        x += 1
    assert record[0].value.tolist() == [1, 2]
    assert record[0].gradient is None


def test_an_op_is_shown_under_the_name_of_the_function_that_users_call():
    x, w, b = (ag.Tensor(np.ones(s), requires_grad=True) for s in ((1, 1, 3, 3), (2, 1, 2, 2), 2))
    y = ag.conv2d(x, w, b)
    assert repr(y).endswith("op=conv2d)")
    assert y.node.label == "conv2d"
    assert [v.op for v in capture(y) if v.op] == ["conv2d"]
    with pytest.raises(ag.AutogradError, match=r"^conv2d: "):
        ag.conv2d(x, w, np.ones(3))
