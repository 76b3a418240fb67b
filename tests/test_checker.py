"""check_grads catches wrong derivatives, says what is wrong with them, and lets right ones pass."""

import numpy as np
import pytest

import autograd as ag
from autograd import REGISTRY, Tensor, op
from autograd.errors import ArgumentError, DerivativeError
from autograd.testing import check_grads

X = np.array([0.5, -1.25, 2.0])


@pytest.fixture(autouse=True)
def registry():
    """Ops made in a test are gone after it."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)


def planted(forward, rule, **flags):
    """An op of one array with the given gradient rule."""
    made = op(name="planted", **flags)(forward)
    made.grad("x")(rule)
    return made


def square(x, /):
    """x * x."""
    return x * x


def tile(x, /):
    """x, on top of itself."""
    return np.stack([x, x])


def total(x, /):
    """The sum of all."""
    return np.add.reduce(x, None)


def untracked(x):
    return x.detach() if type(x) is Tensor else x


def divided(g, x, out):
    return g * out / x


# name: (forward, rule, flags, inputs, a word of the diagnosis)
WRONG = {
    "factor 2": (square, lambda g, x: g * 4 * x, {"elementwise": True}, X, "twice"),
    "half": (square, lambda g, x: g * x, {"elementwise": True}, X, "half"),
    "factor 1.0005": (square, lambda g, x: g * 2.001 * x, {"elementwise": True}, X, "1.0005"),
    "sign": (square, lambda g, x: -g * 2 * x, {"elementwise": True}, X, "sign"),
    "zero": (square, lambda g, x: g * 0 * x, {"elementwise": True}, X, "not reached"),
    "wrong below -3": (
        square, lambda g, x: g * ag.where(x < -3, 2.02 * x, 2 * x), {"elementwise": True},
        np.array([1.0, -4.0]), "1.01",
    ),
    "one element": (
        square, lambda g, x: g * 2 * x * np.array([1.0, 1.0, 1.1]), {"elementwise": True}, X, "[2]"
    ),
    "ignores the cotangent": (square, lambda g, x: 2 * x, {"elementwise": True}, X, ""),
    "not linear in the cotangent": (
        square, lambda g, x: g * abs(g) * 2 * x, {"elementwise": True}, X, ""
    ),
    "squares the cotangent": (total, lambda g, x: g * g + 0 * x, {}, X, ""),
    "mean instead of sum": (tile, lambda g: ag.mean(g, axis=0), {}, X, "half"),
    "one of two copies": (tile, lambda g: g[0], {}, X, ""),
    "last of two copies": (tile, lambda g: g[1:].reshape(g.shape[1:]), {}, X, ""),
    "mean instead of all": (
        total, lambda g, x_shape: ag.broadcast_to(g, shape=x_shape) / 3, {}, X, ""
    ),
    "prod by division": (
        lambda x, /: np.multiply.reduce(x, None), divided, {}, np.array([2.0, 0.0, 3.0]),
        "not finite",
    ),
    "float32 inside": (
        square, lambda g, x: g * 2 * (x.astype("float32")).astype("float64"), {"elementwise": True},
        X / 3, "",
    ),
    "transposed": (
        lambda x, /: x @ np.arange(4.0).reshape(2, 2),
        lambda g: g @ np.arange(4.0).reshape(2, 2), {}, np.ones((2, 2)), "",
    ),
    "every tie takes all": (
        lambda x, /: np.max(x), lambda g, x, out: g * (x == out), {}, np.array([1.0, 1.0, 0.0]), ""
    ),
    "wrong for 0-d": (
        square, lambda g, x: g * 2 * x if x.ndim else g * x, {"elementwise": True}, np.array(1.5),
        "half",
    ),
}  # fmt: skip
wrong = pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())


@wrong
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_wrong_rules_are_caught_in_reverse_mode(case):
    forward, rule, flags, x, words = case
    with pytest.raises(DerivativeError) as e:
        check_grads(planted(forward, rule, **flags), x, order=1, modes=("rev",))
    assert "planted" in str(e.value)
    assert words in str(e.value)


@wrong
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_wrong_rules_are_caught_in_forward_mode(case):
    forward, rule, flags, x, _ = case
    with pytest.raises(DerivativeError, match="planted"):
        check_grads(planted(forward, rule, **flags), x, order=1, modes=("fwd",))


@wrong
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_wrong_rules_are_caught_with_the_defaults(case):
    forward, rule, flags, x, _ = case
    with pytest.raises(DerivativeError, match="planted"):
        check_grads(planted(forward, rule, **flags), x)


def test_a_rule_that_is_not_the_same_twice_is_caught():
    rng = np.random.default_rng(0)
    noisy = planted(square, lambda g, x: g * 2 * x * (1 + 1e-9 * rng.normal()), elementwise=True)
    with pytest.raises(DerivativeError):
        check_grads(noisy, X)


def test_a_wrong_second_order_is_caught_at_order_two():
    detached = planted(square, lambda g, x: g * 2 * untracked(x), elementwise=True)
    assert check_grads(detached, X, order=1) > 0
    for modes in (("rev",), ("fwd",), ("rev", "fwd")):
        with pytest.raises(DerivativeError, match=r"(vjp|jvp) of planted"):
            check_grads(detached, X, order=2, modes=modes)


def test_a_wrong_third_order_is_caught_at_order_three():
    slope = op(name="slope", elementwise=True)(lambda x, /: 3 * x * x)
    slope.grad("x")(lambda g, x: g * 6 * untracked(x))
    cube = planted(lambda x, /: x**3, lambda g, x: g * slope(x), elementwise=True)
    assert check_grads(cube, X, order=2) > 0
    with pytest.raises(DerivativeError, match="of planted"):
        check_grads(cube, X, order=3)


def test_a_wrong_elementwise_flag_is_caught_by_forward_mode():
    def rule(g):
        return ag.flip(ag.cumsum(ag.flip(g, axis=0), axis=0), axis=0)

    honest = planted(lambda x, /: np.cumsum(x), rule)
    assert check_grads(honest, X) > 0
    del REGISTRY["planted"]
    liar = planted(lambda x, /: np.cumsum(x), rule, elementwise=True)
    assert check_grads(liar, X, modes=("rev",)) > 0
    with pytest.raises(DerivativeError, match="fwd mode"):
        check_grads(liar, X, order=1)


def test_a_wrong_rule_of_one_input_names_that_input():
    product = op(name="planted")(lambda x, y, /: x * y)
    product.grad("x")(lambda g, y: g * y)
    product.grad("y")(lambda g, x: g * x * 2)
    with pytest.raises(DerivativeError, match=r"planted, rev mode: derivative by input 1 at \["):
        check_grads(product, X, X[::-1].copy())


def test_repeated_indices_that_assign_instead_of_adding_are_caught():
    def take(x, /):
        return x[[0, 0, 1]]

    def rule(g, x_shape):
        first = ag.concat([g[1:2], g[2:3], 0 * g[:1]])
        return ag.reshape(first, shape=x_shape)

    with pytest.raises(DerivativeError):
        check_grads(planted(take, rule), X)


# The message


def test_a_message_shows_everything():
    twice = planted(square, lambda g, x: g * 4 * x, elementwise=True)
    with pytest.raises(DerivativeError) as e:
        check_grads(twice, X, label="my square")
    text = str(e.value)
    assert text.startswith("my square, rev mode: derivative by input 0 at [")
    assert "differences give" in text
    assert "+-" in text
    assert "twice too large" in text


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ag.relu, [1.0, 0.0]),
        (lambda x: ag.where(x > 0, 3 * x, x), [0.0, 2.0]),
        (lambda x: ag.clip(x, 0, 1), [0.0]),
        (lambda x: ag.minimum(x, 0.0) * 2 + ag.relu(x), [0.0, 1.0]),
    ],
)
def test_a_kink_is_called_a_kink(f, x):
    with pytest.raises(DerivativeError, match=r"a kink lies here: slope .* left, .* right"):
        check_grads(f, np.array(x), order=1, modes=("rev",))


def test_the_mean_of_both_slopes_passes_at_a_kink():
    assert check_grads(lambda x: ag.maximum(x, 0.0) + abs(x), np.array([0.0, 1.0]), order=1) > 0


@np.errstate(all="ignore")
def test_points_outside_the_domain_and_infinite_slopes():
    with pytest.raises(DerivativeError, match=r"not finite|domain|kink"):
        check_grads(ag.sqrt, np.array([1.0, 0.0]), order=1)
    with pytest.raises(DerivativeError, match=r"not finite|domain"):
        check_grads(ag.log, np.array([-1.0]), order=1)


# Right ones pass

RIGHT = {
    "exp": (ag.exp, X),
    "product": (lambda x, y: x * y, X, X + 1),
    "broadcast": (lambda x, y: x * y, X, np.array([[1.0], [2.0]])),
    "matmul": (lambda x, y: x @ y, np.arange(6.0).reshape(2, 3) / 6, np.arange(3.0)),
    "large values": (lambda x: x * 1e6, X),
    "small values": (lambda x: ag.sin(x) * 1e-6, X),
    "large inputs": (lambda x: x * x, X * 1e4),
    "steep": (lambda x: ag.exp(5 * x), X),
    "wavy": (lambda x: ag.sin(30 * x), X),
    "constant": (lambda x: ag.sum(x * 0.0 + 2), X),
    "linear": (lambda x: 3 * x, X),
    "zero-dim": (lambda x: x**3, np.array(0.7)),
    "empty": (lambda x: x * 2, np.zeros((0, 3))),
    "prod with zeros": (ag.prod, np.array([2.0, 0.0, 0.0])),
    "several results": (lambda x: (x * x, {"a": ag.exp(x)}), X),
    "structures": (lambda p: p["a"] * p["b"][0], {"a": X, "b": [X]}),
    "with constants": (lambda x, n, s: x**n, X, 3, "text"),
    "an integer result beside": (lambda x: (x * x, x > 0), X),
    "number": (lambda x: x * x, np.float64(2.0)),
    "Tensor": (lambda x: x * x, Tensor(X)),
    "float32": (lambda x: ag.exp(x), X.astype(np.float32)),
}


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT.keys())
def test_right_derivatives_pass(case):
    assert check_grads(case[0], *case[1:], order=2) > 0


def test_right_derivatives_pass_at_many_points():
    rng = np.random.default_rng(1)
    for scale in (1e-3, 1.0, 30.0):
        for _ in range(10):
            check_grads(lambda x: ag.tanh(x) * x, rng.normal(size=4) * scale, order=2)


def test_how_many_derivatives_were_compared():
    assert check_grads(ag.exp, X, order=1, modes=("rev",)) == 1
    assert check_grads(ag.exp, X, order=1) == 2
    assert check_grads(ag.exp, X, order=2) == 2 + 4
    assert check_grads(ag.exp, X, order=2, lower=False) == 4
    assert check_grads(ag.exp, X, order=3, modes=("fwd",)) == 3


def test_failures_repeat():
    twice = planted(square, lambda g, x: g * 4 * x, elementwise=True)
    messages = set()
    for _ in range(3):
        with pytest.raises(DerivativeError) as e:
            check_grads(twice, X)
        messages.add(str(e.value))
    assert len(messages) == 1


def test_inputs_are_left_alone():
    x = X.copy()
    t = Tensor(X, requires_grad=True)
    check_grads(lambda x, t: x * t, x, t)
    assert np.array_equal(x, X)
    assert np.array_equal(t.numpy(), X)
    assert t.grad is None


@pytest.mark.parametrize(
    "options", [{"order": 0}, {"modes": ("sideways",)}, {"modes": ()}, {"order": -1}], ids=str
)
def test_wrong_options(options):
    with pytest.raises(ArgumentError, match="check_grads"):
        check_grads(ag.exp, X, **options)


@pytest.mark.parametrize("inputs", [(), (3,), (np.array([1, 2]),), ("a",)])
def test_nothing_to_differentiate(inputs):
    with pytest.raises(ArgumentError, match="float"):
        check_grads(lambda *a: Tensor(1.0), *inputs)
