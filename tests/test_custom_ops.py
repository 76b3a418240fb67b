"""Ops of the user's own, through the same decorator as the library's."""

import functools

import numpy as np
import pytest

import autograd as ag
from autograd import REGISTRY, Tensor, composite, generate, op
from autograd.errors import ArgumentError, GraphError, RuleError, ShapeError
from autograd.rule import Rule
from autograd.testing import check_grads

X = np.array([0.5, -1.25, 2.0])


@pytest.fixture(autouse=True)
def registry():
    """Ops made in a test are gone after it."""
    before, methods = dict(REGISTRY), set(vars(Tensor))
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
    for name in set(vars(Tensor)) - methods:
        delattr(Tensor, name)


def leaf(values, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


def saved(tensor):
    return [None if v is None else np.asarray(v).tolist() for v in tensor.node.saved]


def test_one_array():
    @op(elementwise=True)
    def cube(x, /):
        """x cubed."""
        return x**3

    @cube.grad("x")
    def _(g, x):
        return g * 3 * x * x

    x = leaf(X)
    cube(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * X**2)
    assert check_grads(cube, X, order=3) > 0
    assert cube.__name__ == "cube"
    assert cube.__doc__ == "x cubed."
    assert REGISTRY["cube"] is cube.op
    assert type(cube(X)) is np.ndarray
    assert cube(leaf(X)).node.op.name == "cube"
    assert cube(leaf(X, np.float32)).dtype == np.float32


def test_options():
    @op
    def scaled(x, /, *, factor=2.0, power=1):
        return factor * x**power

    @scaled.grad("x")
    def _(g, x, factor, power):
        return g * (factor * power * x ** (power - 1))

    assert check_grads(lambda x: scaled(x, factor=3.0, power=2), X) > 0
    assert scaled(leaf(X), 5.0).tolist() == (5 * X).tolist()  # options by position too
    assert scaled(leaf(X), 5.0, 2).node.attrs == {"factor": 5.0, "power": 2}
    with pytest.raises(TypeError, match="no option 'factr'; its options: factor, power"):
        scaled(leaf(X), factr=1.0)


def test_two_arrays_with_one_rule_each():
    @op
    def weighted(x, y, /):
        return x * x * y

    @weighted.grad("x")
    def _(g, x, y):
        return g * 2 * x * y

    @weighted.grad("y")
    def _(g, x):
        return g * x * x

    assert check_grads(weighted, X, np.array([[1.0], [2.0]])) > 0


def test_one_rule_for_two_arrays():
    @op
    def plus(x, y, /):
        return x + y

    @plus.grad("x", "y")
    def _(g):
        return g

    assert check_grads(plus, X, np.array([[1.0], [2.0]])) > 0
    assert saved(plus(leaf(X), leaf(X))) == [None, None, None]


def test_residuals():
    @op(residuals=("mask",))
    def gated(x, /, *, threshold=0.0):
        mask = x > threshold
        return x * mask, mask

    @gated.grad("x")
    def _(g, mask):
        return g * mask

    assert gated(X).tolist() == [0.5, 0, 2]
    x = leaf(X)
    y = gated(x)
    assert type(y) is Tensor
    assert saved(y) == [None, None, [True, False, True]]
    y.sum().backward()
    assert x.grad.tolist() == [1, 0, 1]
    assert check_grads(gated, X) > 0
    assert gated(Tensor(X)).tolist() == [0.5, 0, 2]
    assert gated(x, threshold=1.0).tolist() == [0, 0, 2]


def test_variadic():
    @op
    def product_of_all(*arrays):
        out = 1.0
        for a in arrays:
            out = out * a
        return out

    @product_of_all.grad("arrays")
    def _(g, arrays, i):
        for k, a in enumerate(arrays):
            if k != i:
                g = g * a
        return g

    for count in (1, 2, 4):
        assert check_grads(product_of_all, *[X + k for k in range(count)]) > 0
    assert check_grads(lambda x: product_of_all(x, 2.0, np.array([[1.0], [3.0]]), x), X) > 0
    with pytest.raises(ShapeError, match="product_of_all"):
        product_of_all(leaf(X), leaf([1.0, 2.0]))


def test_what_no_rule_asks_for_is_not_kept():
    @op
    def shifted_sine(x, /, *, shift=1.0):
        return np.sin(x) + shift

    @shifted_sine.grad("x")
    def _(g, x):
        return g * ag.cos(x)

    @op
    def summed(x, /):
        return np.sum(x)

    @summed.grad("x")
    def _(g, x_shape, x_dtype):
        assert x_dtype == np.float64
        return ag.broadcast_to(g, shape=x_shape)

    assert saved(shifted_sine(leaf(X))) == [X.tolist(), None]
    assert saved(summed(leaf(X))) == [None, None]
    assert check_grads(shifted_sine, X) > 0
    assert check_grads(summed, X) > 0


def test_constants_are_not_differentiated():
    @op
    def only_x(x, y, /):
        return x * y

    @only_x.grad("x")
    def _(g, y):
        return g * y

    x = leaf(X)
    only_x(x, np.ones(3)).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]
    with pytest.raises(GraphError, match=r"only_x: no gradient rule for 'y'.*test_custom_ops.py"):
        only_x(Tensor(X), leaf(X)).sum().backward()
    with pytest.raises(GraphError, match="no gradient rule for 'y'"):
        ag.jvp(lambda y: only_x(X, y), (X,), (X,))


def test_plain():
    @op(plain=True)
    def sign_bit(x, /):
        return np.signbit(x)

    y = sign_bit(leaf(X))
    assert type(y) is Tensor
    assert not y.requires_grad
    assert y.tolist() == [False, True, False]


def test_a_method():
    @op(method="cubed", elementwise=True)
    def cube(x, /):
        return x**3

    cube.grad("x")(lambda g, x: g * 3 * x * x)
    assert leaf(X).cubed().tolist() == (X**3).tolist()
    with pytest.raises(RuleError, match="already bound"):
        op(method="sum")(lambda x, /: x)


def test_a_composite():
    @composite
    def softened(x, /, *, by=1.0):
        """x, softened."""
        return ag.tanh(x * by)

    assert REGISTRY["softened"].name == "softened"
    assert check_grads(softened, X) > 0


def test_a_name_of_its_own():
    named = op(name="my_name")(lambda x, /: x * 2)
    named.grad("x")(lambda g: g * 2)
    assert named(leaf(X)).node.op.name == "my_name"
    assert "my_name" in REGISTRY


def test_own_complaints_are_retold():
    @op
    def picky(x, /, *, k=1):
        if k < 0:
            raise ArgumentError("k must not be negative")
        if x.ndim != 1:
            raise ShapeError(f"needs one axis, got {x.shape}")
        return x * k

    picky.grad("x")(lambda g, k: g * k)
    with pytest.raises(ArgumentError, match=r"^picky: k must not be negative") as e:
        picky(leaf(X), k=-1)
    for part in ("x: (3,) float64", "k = -1", "at test_custom_ops.py:"):
        assert part in str(e.value)
    with pytest.raises(ShapeError, match=r"^picky: needs one axis, got \(1, 3\)"):
        picky(leaf(X)[None])


def test_singular_ops_mask_by_themselves():
    @op(singular=True)
    def root(x, /):
        return np.sqrt(x)

    root.grad("x")(lambda g, out: g / (2 * out))
    x = leaf([4.0, 0.0])
    (root(x) * np.array([1.0, 0.0])).sum().backward()
    assert x.grad.tolist() == [0.25, 0]


def test_a_rule_may_give_any_shape_that_broadcasting_explains():
    @op
    def doubled_sum(x, /):
        return 2 * np.sum(x)

    doubled_sum.grad("x")(lambda g: 2 * g)
    x = leaf(np.ones((2, 3)))
    doubled_sum(x).backward()
    assert x.grad.tolist() == np.full((2, 3), 2.0).tolist()
    assert check_grads(doubled_sum, np.ones((2, 3))) > 0


# Wrong declarations fail where they are made


def declared(**options):
    @op(name="declared", **options)
    def f(x, y, /, *, k=1):
        return x * y * k

    return f


RULES = [
    ("an unknown name", ("x",), lambda g, z: g, "'z'.*can ask for.*k.*out.*x.*y"),
    ("another input's shape", ("x",), lambda g, y_shape: g, "'y_shape'"),
    ("a shape in a shared rule", ("x", "y"), lambda g, x_shape: g, "'x_shape'"),
    ("no cotangent", ("x",), lambda x: x, "cotangent g first"),
    ("nothing at all", ("x",), lambda: 1, "cotangent g first"),
    ("an unknown input", ("z",), lambda g: g, "no array input 'z'"),
    ("an option as input", ("k",), lambda g: g, "no array input 'k'"),
]


@pytest.mark.parametrize("case", RULES, ids=[r[0] for r in RULES])
def test_a_wrong_rule_fails_at_its_declaration(case):
    _, inputs, rule, match = case
    f = declared()
    with pytest.raises(RuleError, match=match) as e:
        f.grad(*inputs)(rule)
    assert "declared" in str(e.value)


def test_an_unknown_residual_in_a_rule():
    f = op(name="declared", residuals=("mask",))(lambda x, /: (x, x > 0))
    with pytest.raises(RuleError, match=r"'maks'.*mask"):
        f.grad("x")(lambda g, maks: g)


@pytest.mark.parametrize(
    ("forward", "match"),
    [
        (lambda x: x, "'x' must be positional-only"),
        (lambda x, /, k=1: x, "'k' must be positional-only"),
        (lambda x, /, *others: x, "only array parameter"),
        (lambda x, /, **options: x, "'options' must be"),
    ],
)
def test_a_wrong_signature_fails_at_its_declaration(forward, match):
    with pytest.raises(RuleError, match=match):
        op(name="declared")(forward)
    assert "declared" not in REGISTRY


def test_two_ops_of_one_name():
    declared()
    with pytest.raises(RuleError, match="two ops are called 'declared'"):
        declared()
    with pytest.raises(RuleError, match="'exp'"):
        op(name="exp")(lambda x, /: x)


def test_a_failed_declaration_leaves_nothing_behind():
    with pytest.raises(RuleError):
        op(name="declared", method="sum")(lambda x, /: x)
    assert "declared" not in REGISTRY


# A rule whose result is mostly zeros may come with an adder


def test_an_adder_takes_over_once_there_is_something_to_add_to():
    calls = []

    def add(total, g, at, x_shape):
        calls.append("add")
        total[at] += g

    @op
    def pick(x, /, *, at):
        """x[at]"""
        return x[at]

    @pick.grad("x", adder=add)
    def _(g, at, x_shape):
        calls.append("rule")
        return ag.stack([g if k == at else 0 * g for k in range(x_shape[0])])

    x = leaf([1.0, 2.0, 3.0, 4.0])
    y = sum((k + 1) * pick(x, at=k) for k in range(4)) + 10 * pick(x, at=1)
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [1, 12, 3, 4]
    assert calls == ["rule", "rule", "add", "add", "add"]
    y.backward()  # what was handed out before belongs to the user
    assert x.grad.tolist() == [2, 24, 6, 8]
    check_grads(lambda x: pick(x, at=0) * pick(x, at=1) * pick(x, at=0), X, order=3)


INDICES = {
    "numbers": [0, -1, 1, 1],
    "rows twice": [np.array([1, 1, 0]), slice(None), np.array([0, 0]), 1],
    "mask": [np.array([True, False, True]), ..., None, np.array([False, True, True])],
}


@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("case", INDICES)
def test_indexing_often_adds_up_everything(case, layout):
    values = np.asarray(np.arange(6.0).reshape(3, 2), order=layout)
    weight = np.random.default_rng(0).normal(size=(3, 2))
    x = leaf(values)
    y = x * 1.0 if layout == "C" else (x.T * 1.0).T
    total, expected = 0, np.zeros((3, 2))
    for index in INDICES[case]:
        total = total + (y[index] * weight[index]).sum()
        np.add.at(expected, index, weight[index])
    total.backward()
    np.testing.assert_allclose(np.asarray(x.grad), expected)


def test_a_rule_without_source_of_its_own_has_no_formula():
    rule = Rule(functools.partial(lambda g, factor: g * factor, factor=2), (), 0)
    assert generate.formula(rule) == ""
