"""Right where others are wrong: masked singularities, zeros in products, ties.

A cotangent of exactly zero contributes exactly zero, whatever the local derivative: no NaN ever
comes out of a branch that was not taken. A derivative that is infinite at a cotangent other than
zero stays infinite.
"""

import math

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, where
from autograd.op import REGISTRY
from autograd.testing.registry import samples_of

INF = math.inf


def leaf(values):
    return Tensor(np.array(values, np.float64), requires_grad=True)


@np.errstate(all="ignore")
def nth_derivative(f, values, n):
    """d^n f / dx^n at each element of an elementwise f, by reverse over reverse."""
    x = leaf(values)
    y = f(x)
    for _ in range(n):
        y = y.gradient(x, gradient=np.ones(y.shape), create_graph=True)
    return y


def check(actual, expected, **options):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-10, atol=1e-12, **options)


# Masks

X = [4.0, -1.0, 0.0]
MASKED = {
    "sqrt": (lambda x: where(x > 0, ag.sqrt(x), 3 * x), [0.25, 3, 3]),
    "sqrt, other side": (lambda x: where(x <= 0, 3 * x, ag.sqrt(x)), [0.25, 3, 3]),
    "sqrt inside": (lambda x: where(x > 0, 2 * ag.sqrt(x) + 1, 3 * x), [0.5, 3, 3]),
    "sqrt of an expression": (lambda x: where(x > 0, ag.sqrt(x * 1.0 + 0.0), 3 * x), [0.25, 3, 3]),
    "power": (lambda x: where(x > 0, x**0.5, 3 * x), [0.25, 3, 3]),
    "power of a Tensor": (lambda x: where(x > 0, x ** Tensor(0.5), 3 * x), [0.25, 3, 3]),
    "tensor to the x": (lambda x: where(x > 0, Tensor(0.0) ** x, 3 * x), [0, 3, 3]),
    "log": (lambda x: where(x > 0, ag.log(x), 3 * x), [0.25, 3, 3]),
    "log2": (lambda x: where(x > 0, ag.log2(x), 3 * x), [0.25 / math.log(2), 3, 3]),
    "log10": (lambda x: where(x > 0, ag.log10(x), 3 * x), [0.25 / math.log(10), 3, 3]),
    "log1p": (lambda x: where(x > -1, ag.log1p(x), 3 * x), [0.2, 3, 1]),
    "divide": (lambda x: where(x != 0, 1 / x, 3 * x), [-1 / 16, -1, 3]),
    "divide zero by zero": (lambda x: where(x != 0, x / x, 3 * x), [0, 0, 3]),
    "reciprocal": (lambda x: where(x != 0, ag.reciprocal(x), 3 * x), [-1 / 16, -1, 3]),
    "rsqrt": (lambda x: where(x > 0, ag.rsqrt(x), 3 * x), [-1 / 16, 3, 3]),
    "cbrt": (lambda x: where(x != 0, ag.cbrt(x), 3 * x), [4 ** (-2 / 3) / 3, 1 / 3, 3]),
    "asin": (lambda x: where(abs(x) < 1, ag.asin(x), 3 * x), [3, 3, 1]),
    "acos": (lambda x: where(abs(x) < 1, ag.acos(x), 3 * x), [3, 3, -1]),
    "atanh": (lambda x: where(abs(x) < 1, ag.atanh(x), 3 * x), [3, 3, 1]),
    "acosh": (lambda x: where(x > 1, ag.acosh(x), 3 * x), [1 / math.sqrt(15), 3, 3]),
    "hypot": (lambda x: where(x != 0, ag.hypot(x, x), 3 * x), [math.sqrt(2), -math.sqrt(2), 3]),
    "atan2": (lambda x: where(x != 0, ag.atan2(x, x), 3 * x), [0, 0, 3]),
    "xlogy": (lambda x: where(x > 0, ag.xlogy(x, x), 3 * x), [math.log(4) + 1, 3, 3]),
    "exp that overflows": (lambda x: where(x < 0, 3 * x, ag.exp(-1000 * x)), [0, 3, -1000]),
    "chain of singular ops": (lambda x: where(x > 0, ag.log(ag.sqrt(x)), 3 * x), [0.125, 3, 3]),
    "mean of squares": (lambda x: where(x > 0, ag.sqrt(ag.square(x)), 3 * x), [1, 3, 3]),
    "mask of a mask": (
        lambda x: where(x > 0, where(x > 1, ag.log(x), ag.sqrt(x)), 3 * x), [0.25, 3, 3]
    ),
    "relu": (lambda x: 3 * x + ag.relu(-ag.exp(ag.log(abs(x)))), [3, 3, 3]),
    "relu of log": (lambda x: ag.relu(ag.log(abs(x))), [0.25, 0, 0]),
    "maximum": (lambda x: ag.maximum(ag.log(abs(x)), -5.0), [0.25, -1, 0]),
    "fmax of NaN": (lambda x: ag.fmax(ag.log(x), -5.0), [0.25, 0, 0]),
    "minimum": (lambda x: ag.minimum(1 / x, 7.0), [-1 / 16, -1, 0]),
    "clip": (lambda x: ag.clip(ag.log(abs(x)), -5, 5), [0.25, -1, 0]),
    "clip below infinity": (lambda x: ag.clip(1 / x, -9, 9), [-1 / 16, -1, 0]),
    "indexing": (lambda x: ag.sqrt(x)[:1], [0.25, 0, 0]),
    "fancy indexing": (lambda x: ag.sqrt(x)[[0, 0]], [0.5, 0, 0]),
    "boolean indexing": (lambda x: ag.log(x)[x > 0], [0.25, 0, 0]),
    "assignment": (lambda x: _assigned(ag.sqrt(x)), [0.25, 0, 0]),
    "times a zero of where": (lambda x: where(x > 0, 1.0, 0.0) * x, [1, 0, 0]),
    "detached mask": (lambda x: where((x > 0).detach(), ag.sqrt(x), 3 * x), [0.25, 3, 3]),
    "in place": (lambda x: _in_place(x), [0.25, 3, 3]),
    "several steps away": (
        lambda x: (where(x > 0, ag.sqrt(x) * 2 + 1, 3 * x) * 2).reshape(3, 1) + 0, [1, 6, 6]
    ),
}  # fmt: skip


def _assigned(y):
    y[1:] = 0.0
    return y


def _in_place(x):
    y = ag.sqrt(x)
    mask = (x <= 0).numpy()
    y[mask] = 3 * x[mask]
    return y


masked = pytest.mark.parametrize(("f", "expected"), MASKED.values(), ids=MASKED.keys())


@masked
@np.errstate(all="ignore")
def test_a_masked_singularity_contributes_nothing(f, expected):
    x = leaf(X)
    y = f(x)
    assert np.isfinite(y.numpy()).all()
    y.sum().backward()
    check(x.grad, expected)


@masked
@np.errstate(all="ignore")
def test_the_same_by_grad_vjp_jvp_and_jacobian(f, expected):
    x = np.array(X)
    out, pull = ag.vjp(f, x)
    check(pull(np.ones(out.shape))[0], expected)
    check(ag.grad(lambda x: f(x).sum())(x), expected)
    check([ag.jvp(lambda x: f(x).sum(), (x,), (e,))[1].item() for e in np.eye(3)], expected)
    for mode in ("rev", "fwd"):
        rows = ag.jacobian(f, mode=mode)(x)
        check(rows.numpy().reshape(-1, 3).sum(axis=0), expected)


SECOND = {
    "sqrt": (lambda x: where(x > 0, ag.sqrt(x), 3 * x), [-1 / 32, 0, 0]),
    "log": (lambda x: where(x > 0, ag.log(x), 3 * x * x), [-1 / 16, 6, 6]),
    "power": (lambda x: where(x > 0, x**0.5, x**3), [-1 / 32, -6, 0]),
    "divide": (lambda x: where(x != 0, 1 / x, 3 * x), [2 / 64, -2, 0]),
    "zero by zero": (lambda x: where(x != 0, x / x, 3 * x * x), [0, 0, 6]),
    "cbrt": (lambda x: where(x > 0, ag.cbrt(x), x * x), [-2 / 9 * 4 ** (-5 / 3), 2, 2]),
}


@pytest.mark.parametrize(("f", "expected"), SECOND.values(), ids=SECOND.keys())
@np.errstate(all="ignore")
def test_masked_singularities_to_second_order(f, expected):
    x, one = np.array(X), np.ones(3)
    check(nth_derivative(f, X, 2), expected)
    check(ag.jvp(lambda x: ag.jvp(f, (x,), (one,))[1], (x,), (one,))[1], expected)
    check(ag.jvp(ag.grad(lambda x: f(x).sum()), (x,), (one,))[1], expected)
    check(ag.grad(lambda x: ag.jvp(f, (x,), (one,))[1].sum())(x), expected)
    check(ag.hessian(lambda x: f(x).sum())(x), np.diag(expected))
    check(ag.hvp(lambda x: f(x).sum())(x, one), expected)


def test_third_order_of_a_masked_singularity():
    check(nth_derivative(lambda x: where(x > 0, ag.sqrt(x), x**3), X, 3), [3 / 8 * 4**-2.5, 6, 6])


def test_a_cotangent_of_zero_from_the_caller_masks_too():
    for f in (ag.sqrt, ag.log, ag.reciprocal, ag.cbrt, lambda x: x**0.5, lambda x: x**-1):
        with np.errstate(all="ignore"):
            x = leaf([4.0, 0.0])
            f(x).backward([1.0, 0.0])
            assert np.isfinite(x.grad.numpy()).all()
            assert x.grad[1] == 0
            assert f(leaf([4.0, 0.0])).node is not None
            _, pull = ag.vjp(f, np.array([4.0, 0.0]))
            assert pull(np.array([1.0, 0.0]))[0][1] == 0
            _, t = ag.jvp(f, (np.array([4.0, 0.0]),), (np.array([1.0, 0.0]),))
            assert t[1] == 0


# Infinite derivatives stay infinite


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (ag.sqrt, 0.0, INF), (lambda x: x**0.5, 0.0, INF), (ag.log, 0.0, INF), (ag.cbrt, 0.0, INF),
        (ag.reciprocal, 0.0, -INF), (lambda x: 1 / x, 0.0, -INF), (ag.log1p, -1.0, INF),
        (ag.asin, 1.0, INF), (ag.acos, -1.0, -INF), (ag.atanh, 1.0, INF), (ag.logit, 0.0, INF),
        (lambda x: where(x >= 0, ag.sqrt(x), 3 * x), 0.0, INF),
        (lambda x: ag.sqrt(x)[0], [0.0], [INF]),
        (lambda x: ag.sqrt(x) + 0 * x, 0.0, INF),
    ],
)  # fmt: skip
def test_an_infinite_derivative_stays_infinite(f, x, expected):
    with np.errstate(all="ignore"):
        x = np.array(x)
        check(ag.grad(f)(x), expected)
        _, pull = ag.vjp(f, x)
        check(pull(1.0)[0], expected)
        check(ag.jvp(f, (x,), (np.ones(x.shape),))[1], np.ravel(expected)[0])


def test_nan_inputs_give_nan_gradients():
    x = leaf([np.nan, 1.0])
    (x * x).sum().backward()
    assert np.isnan(x.grad.numpy()).tolist() == [True, False]


@pytest.mark.parametrize("y", [0, 0.0, np.zeros(5), Tensor(0.0)], ids=repr)
def test_the_power_zero_is_1_everywhere_and_has_slope_0(y):
    x = leaf([np.nan, INF, 0.0, 1e-310, 2.0])
    with np.errstate(all="ignore"):
        check(x**y, np.ones(5))
        check((x**y).sum().gradient(x), np.zeros(5))


# The derivative of what a zero cotangent multiplies is not lost


def test_second_order_through_a_zero_cotangent():
    def loss(x):
        return (ag.sqrt(x) - 2) ** 2  # at 4 the slope is zero, the curvature is 1/8

    for second in (
        ag.grad(ag.grad(loss))(np.float64(4.0)),
        ag.hessian(loss)(np.float64(4.0)),
        ag.hvp(loss)(np.float64(4.0), np.float64(1.0)),
        ag.jvp(ag.grad(loss), (np.float64(4.0),), (1.0,))[1],
        ag.jvp(lambda x: ag.jvp(loss, (x,), (1.0,))[1], (np.float64(4.0),), (1.0,))[1],
    ):
        check(second, 1 / 8)


@pytest.mark.parametrize(
    "f", [ag.log, ag.cbrt, ag.asin, lambda x: x**0.5, lambda x: 1 / x, ag.tanh]
)
def test_curvature_at_the_minimum_of_a_square(f):
    a = np.float64(0.5)
    target = f(Tensor(a)).numpy()
    slope = ag.grad(f)(a).item()
    check(ag.grad(ag.grad(lambda x: (f(x) - target) ** 2))(a), 2 * slope**2)


def test_zero_times_something_keeps_its_derivative():
    def f(x):
        return x * ag.sqrt(x + 4)  # at 0 the factor x is a zero cotangent for the root

    check(ag.grad(f)(np.float64(0.0)), 2)
    check(ag.grad(ag.grad(f))(np.float64(0.0)), 0.5)


# Products with zeros

PRODUCTS = {
    "no zero": [2.0, 3.0, 4.0],
    "one zero": [2.0, 0.0, 4.0],
    "two zeros": [0.0, 3.0, 0.0],
    "all zeros": [0.0, 0.0, 0.0],
    "negative": [-2.0, 0.0, -0.0],
}
products = pytest.mark.parametrize("values", PRODUCTS.values(), ids=PRODUCTS.keys())


def prod_of_others(values, *without):
    return 0.0 if len(set(without)) < len(without) else math.prod(
        v for k, v in enumerate(values) if k not in without
    )  # fmt: skip


@products
def test_prod_with_zeros_to_order_three(values):
    n, x = range(3), np.array(values)
    first = [prod_of_others(values, i) for i in n]
    second = [[prod_of_others(values, i, j) for j in n] for i in n]
    third = [[[prod_of_others(values, i, j, k) for k in n] for j in n] for i in n]
    check(ag.grad(ag.prod)(x), first)
    check(ag.jacobian(ag.prod, mode="fwd")(x), first)
    check(ag.hessian(ag.prod)(x), second)
    check(ag.jacobian(ag.jacobian(ag.prod, mode="fwd"), mode="fwd")(x), second)
    check(ag.jacobian(ag.hessian(ag.prod))(x), third)


@products
@pytest.mark.parametrize("axis", [0, 1, (0, 1), None, -1])
def test_prod_along_axes_with_zeros(values, axis):
    x = leaf([values, [1.0, 2.0, 0.5]])
    y = ag.prod(x, axis=axis)
    y.sum().backward()
    expected = np.zeros((2, 3))
    for i, j in np.ndindex(2, 3):
        a = x.numpy().copy()
        a[i, j] = 1
        b = a.copy()
        b[i, j] = 0
        expected[i, j] = (np.prod(a, axis=axis) - np.prod(b, axis=axis)).sum()  # linear in x[i, j]
    check(x.grad, expected)


@products
def test_cumprod_with_zeros_to_order_two(values):
    n, x = range(3), np.array(values)
    first = [[prod_of_others(values[: k + 1], i) if i <= k else 0.0 for i in n] for k in n]
    second = [
        [[prod_of_others(values[: k + 1], i, j) if max(i, j) <= k else 0.0 for j in n] for i in n]
        for k in n
    ]
    cumprod = ag.cumprod
    check(ag.jacobian(lambda x: cumprod(x, axis=0), mode="rev")(x), first)
    check(ag.jacobian(lambda x: cumprod(x, axis=0), mode="fwd")(x), first)
    check(ag.hessian(lambda x: cumprod(x, axis=0).sum())(x), np.sum(second, axis=0))
    check(ag.jacobian(ag.jacobian(lambda x: cumprod(x, axis=0)))(x), second)


# Ties share


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (ag.max, [1.0, 3.0, 3.0], [0, 1 / 2, 1 / 2]),
        (ag.max, [2.0] * 4, [1 / 4] * 4),
        (ag.min, [1.0, 1.0, 3.0], [1 / 2, 1 / 2, 0]),
        (lambda x: ag.max(x, axis=1), [[1.0, 1.0], [0.0, 2.0]], [[1 / 2, 1 / 2], [0, 1]]),
        (lambda x: ag.max(x, axis=(0, 1)), [[2.0, 1.0], [0.0, 2.0]], [[1 / 2, 0], [0, 1 / 2]]),
        (lambda x: ag.maximum(x[0], x[1]), [2.0, 2.0], [1 / 2, 1 / 2]),
        (lambda x: ag.minimum(x[0], x[1]), [2.0, 2.0], [1 / 2, 1 / 2]),
        (lambda x: ag.maximum(x, 2.0), [2.0, 3.0, 1.0], [1 / 2, 1, 0]),
        (lambda x: ag.fmax(x[0], x[1]), [2.0, 2.0], [1 / 2, 1 / 2]),
        (lambda x: ag.sort(x)[0], [1.0, 1.0, 3.0], [1 / 2, 1 / 2, 0]),
        (lambda x: ag.sort(x)[1:], [1.0, 1.0, 1.0], [2 / 3] * 3),
        (lambda x: ag.median(x), [1.0, 2.0, 2.0], [0, 1 / 2, 1 / 2]),
        (lambda x: ag.topk(x, 1)[0], [3.0, 3.0, 1.0], [1 / 2, 1 / 2, 0]),
        (lambda x: ag.cummax(x)[-1], [3.0, 3.0, 1.0], [1 / 2, 1 / 2, 0]),
        (lambda x: ag.max_pool2d(x[None, None], 2), [[2.0, 2.0], [0.0, 1.0]], [[0.5, 0.5], [0, 0]]),
    ],
)  # fmt: skip
def test_ties_share_the_gradient_equally(f, x, expected):
    x = leaf(x)
    f(x).sum().backward()
    check(x.grad, expected)
    t = np.arange(1.0, x.size + 1).reshape(x.shape)
    check(ag.jvp(lambda v: f(v).sum(), (x,), (t,))[1], (expected * t).sum())


# Indices


def test_duplicate_indices_accumulate():
    x = leaf([1.0, 2.0, 3.0])
    y = (x[[0, 0, 2, 0]] * np.array([1.0, 10.0, 100.0, 1000.0])).sum()
    y.backward()
    check(x.grad, [1011, 0, 100])
    m = leaf(np.ones((2, 2)))
    m[[0, 0, 1], [1, 1, 0]].sum().backward()
    check(m.grad, [[0, 2], [1, 0]])
    check(ag.hessian(lambda v: (v[[0, 0, 1]] ** 2).sum())(np.ones(3)), np.diag([4, 2, 0]))


def test_take_and_its_relatives_accumulate():
    x = leaf([1.0, 2.0, 3.0])
    check(ag.take(x, [2, 2, 0], axis=0).sum().gradient(x), [1, 0, 2])
    check(ag.take_along_axis(x, np.array([1, 1, 1]), axis=0).sum().gradient(x), [0, 3, 0])


# Only floats have derivatives


@pytest.mark.parametrize("dtype", ["int64", "bool", "uint8"])
def test_a_cast_to_integers_ends_the_graph(dtype):
    x = leaf([1.5, 2.5])
    y = x.astype(dtype)
    assert not y.requires_grad
    assert not (y * 2).requires_grad
    assert not y.astype("float64").requires_grad


@pytest.mark.parametrize("name", sorted(REGISTRY))
@np.errstate(all="ignore")
def test_only_floats_are_tracked(name):
    entry = REGISTRY[name]

    def tracked(v):
        if isinstance(v, list | tuple):
            return type(v)(tracked(i) for i in v)
        if isinstance(v, np.ndarray | np.floating) and v.dtype.kind == "f":
            return Tensor(v, requires_grad=True)
        return v

    for sample in samples_of(entry):
        out = entry.call(*[tracked(a) for a in sample.args], **sample.attrs)
        for t in out if isinstance(out, list | tuple) else [out]:
            if type(t) is Tensor and t.dtype.kind != "f":
                assert not t.requires_grad, f"{name}({sample.label}) gives a tracked {t.dtype}"
