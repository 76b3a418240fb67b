"""Tensors beside NumPy arrays: dtypes, operators from both sides, NumPy's functions."""

import math
import operator
import pickle

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import AutogradError, DTypeError, GraphError
from autograd.numpy_protocol import PLAIN


def leaf(values, dtype=np.float64):
    return Tensor(np.array(values, dtype), requires_grad=True)


def close(actual, expected):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=1e-12, atol=1e-12)


# Going over to NumPy


@pytest.mark.parametrize("make", [Tensor.numpy, np.asarray, lambda t: np.asarray(t, t.dtype)])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0)])
def test_numpy_views_are_read_only(make, shape):
    for t in (Tensor(np.ones(shape)), leaf(np.ones(shape)), leaf(np.ones(shape)) * 2):
        a = make(t)
        assert type(a) is np.ndarray
        assert a.shape == shape
        assert not a.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            a[...] = 5


def test_a_view_costs_no_copy_and_shows_no_later_change():
    x = Tensor(np.ones(1000))
    a = x.numpy()
    assert np.shares_memory(a, x.numpy())
    x += 1
    x[0] = 9
    x.data[1] = 9
    assert a.tolist() == [1.0] * 1000


def test_np_array_is_a_copy_to_write_into():
    x = leaf([1.0, 2.0])
    a = np.array(x)
    a[0] = 100
    assert x.tolist() == [1, 2]
    assert np.array(x, dtype=np.float32).dtype == np.float32
    assert np.asarray(x, dtype=np.int32).tolist() == [1, 2]
    assert np.array(x, copy=True).flags.writeable


def test_a_conversion_that_needs_a_copy_is_refused_if_copies_are():
    with pytest.raises(ValueError, match="copy"):
        np.array(leaf([1.0]), dtype=np.float32, copy=False)


def test_lists_of_tensors_make_number_arrays():
    for t in (leaf(2.0), Tensor(2.0), leaf([1.0, 2.0]), Tensor([1, 2])):
        a = np.array([t, t])
        assert a.dtype == t.dtype
        assert a.shape == (2, *t.shape)


# dtypes: exactly NumPy's (NEP 50)

DTYPES = ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "bool"]
SCALARS = [2, 2.0, True, np.float32(2), np.float64(2), np.int8(2), np.float16(2)]
OPERATORS = [operator.add, operator.mul, operator.truediv, operator.pow, operator.sub]


def _box(value):
    return Tensor(value) if isinstance(value, np.ndarray | np.generic) else value


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(2,), ()])
@np.errstate(over="ignore")  # 1 - 2 in uint8
def test_results_have_the_dtype_that_numpy_gives(dtype, shape):
    a = np.ones(shape, dtype)[()]
    others = [*SCALARS, *(np.ones(2, d) for d in DTYPES), *(np.ones((), d)[()] for d in DTYPES)]
    for other in others:
        for compute in OPERATORS:
            for args in ((a, other), (other, a)):
                try:
                    expected = compute(*args)
                except TypeError:  # NumPy does not subtract booleans
                    continue
                for boxed in ([_box(v) if v is a else v for v in args], list(map(_box, args))):
                    result = compute(*boxed)
                    assert type(result) is Tensor
                    assert result.dtype == expected.dtype, (compute, args)
                    assert np.array_equal(result.numpy(), expected)


@pytest.mark.parametrize(
    "f",
    [
        ag.sigmoid, ag.log_sigmoid, ag.logit, ag.softplus, ag.silu, ag.mish, ag.softmax,
        ag.log_softmax, ag.softmin, ag.logsumexp, lambda x: ag.lerp(x, x[::-1], 0.25),
        lambda x: ag.linalg.eigvalsh(x * np.ones_like(x)[:, None]),
        lambda x: ag.linalg.pinv(x[:, None]), lambda x: ag.linalg.lstsq(x[:, None], x).solution,
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool", "int64"])
@np.errstate(divide="ignore", invalid="ignore")
def test_integers_do_not_wrap_around_where_results_are_floats(f, dtype):
    x = np.array([3, 0, 1, 120]).astype(dtype)
    precision = 1e-3 if np.dtype(dtype).itemsize == 1 else 1e-12  # float16, as np.exp gives
    result = f(x)
    assert result.dtype.kind == "f"
    np.testing.assert_allclose(result, f(x.astype(np.float64)), rtol=precision, atol=precision)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2.0, lambda x: 2.0 * x, lambda x: x / 3, lambda x: 1 - x, lambda x: x**0.5,
        lambda x: x + True, lambda x: ag.maximum(x, 0.5), lambda x: ag.where(x > 1, x, 0.0),
        lambda x: x.clip(0.5, 1.5), lambda x: x.mean(), lambda x: x.std(), ag.tanh, ag.logsumexp,
    ],
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3,), ()])
def test_python_numbers_are_weak_forward_and_backward(f, dtype, shape):
    x = leaf(
        np.broadcast_to(1.25, shape) * np.arange(1, 4)[: math.prod(shape)].reshape(shape), dtype
    )
    y = f(x)
    assert y.dtype == dtype
    y.sum().backward()
    assert x.grad.dtype == dtype
    assert ag.jvp(f, (x.detach(),), (x.detach(),))[1].dtype == dtype


def test_default_dtype():
    assert Tensor(1.0).dtype == np.float32
    assert Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor([1, 2]).dtype == np.int64
    assert Tensor([1, 2.5]).dtype == np.float32
    assert Tensor([True]).dtype == np.bool_
    assert Tensor(np.float64(1)).dtype == np.float64
    assert Tensor([np.float64(1), np.float64(2)]).dtype == np.float64
    assert Tensor(np.ones(2)).dtype == np.float64
    assert Tensor(1.0, dtype="float64").dtype == np.float64
    assert Tensor([1, 2], dtype=np.float16).dtype == np.float16
    ag.set_default_dtype("float64")
    try:
        assert ag.get_default_dtype() == np.float64
        assert Tensor(1.0).dtype == Tensor([1.0]).dtype == np.float64
    finally:
        ag.set_default_dtype("float32")
    with pytest.raises(DTypeError):
        ag.set_default_dtype("int64")


@pytest.mark.parametrize(
    "data",
    [None, "abc", ["a"], Ellipsis, [1, None], [[1, 2], [3]], {"a": 1}, {1, 2}, b"x",
     np.array(["a"]), np.array([None]), np.array(["2020-01-01"], "M8[D]")],
    ids=repr,
)  # fmt: skip
def test_what_is_not_numbers_makes_no_tensor(data):
    with pytest.raises(AutogradError):
        Tensor(data)


# Operators with arrays on either side

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod,
          operator.floordiv, operator.matmul]  # fmt: skip
COMPARE = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
A = np.array([[2.0, 3.0], [1.5, 2.5]])
OTHERS = [A, A.tolist(), np.float64(2), np.float32(2), 2, 2.0, np.array(2.0), A[::-1]]


@pytest.mark.parametrize("compute", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("swap", [False, True], ids=["tensor first", "tensor second"])
def test_arithmetic_with_arrays_from_both_sides(compute, swap):
    for other in OTHERS:
        x = leaf([[1.0, 2.0], [3.0, 0.5]])
        arrays = (np.asarray(other), x.numpy()) if swap else (x.numpy(), np.asarray(other))
        pair = (other, x) if swap else (x, other)
        if compute is operator.matmul and np.ndim(other) < 2:
            with pytest.raises(AutogradError, match="matmul"):
                compute(*pair)
            continue
        y = compute(*pair)
        assert type(y) is Tensor
        assert y.requires_grad
        close(y, compute(*arrays))
        boxed = compute(*[v if v is x else Tensor(np.asarray(v)) for v in pair])
        close(y.sum().gradient(x), boxed.sum().gradient(x))


@pytest.mark.parametrize("compute", COMPARE, ids=lambda f: f.__name__)
def test_comparisons_with_arrays_from_both_sides(compute):
    x = leaf([[1.0, 2.0], [3.0, 2.0]])
    for other in OTHERS:
        for result, expected in (
            (compute(x, other), compute(x.numpy(), np.asarray(other))),
            (compute(other, x), compute(np.asarray(other), x.numpy())),
        ):
            assert type(result) is Tensor
            assert result.dtype == np.bool_
            assert not result.requires_grad
            assert np.array_equal(result.numpy(), expected)


def test_an_array_may_take_in_a_constant_but_not_a_graph():
    a = np.ones(2)
    a += Tensor(np.ones(2))
    assert type(a) is np.ndarray
    assert a.tolist() == [2, 2]
    with pytest.raises(GraphError, match="plain array"):
        a += leaf([1.0, 1.0])
    with pytest.raises(DTypeError, match="out"):
        np.add(a, a, out=Tensor(np.ones(2)))
    assert a.tolist() == [2, 2]


# NumPy's functions: record the op of the same meaning, or refuse by name


def ufuncs():
    return sorted(n for n in dir(np) if isinstance(getattr(np, n), np.ufunc))


def is_right(result, expected):
    """The values of NumPy, as Tensors (or tuples of them), never as objects."""
    if isinstance(expected, tuple):
        return all(is_right(r, e) for r, e in zip(result, expected, strict=True))
    if np.asarray(result).dtype == object:
        return False
    return np.allclose(np.asarray(result, float), np.asarray(expected, float), equal_nan=True)


@pytest.mark.parametrize("name", ufuncs())
@np.errstate(all="ignore")
def test_every_ufunc_records_or_refuses(name):
    f = getattr(np, name)
    rng = np.random.default_rng(0)
    recorded = 0
    for dtype in (np.float64, np.int64, np.bool_):
        arrays = [(rng.uniform(0.2, 0.9, 3) * (1 if dtype is np.float64 else 4)).astype(dtype)
                  for _ in range(f.nin)]  # fmt: skip
        if name == "reciprocal" and dtype is np.int64:  # ours gives floats, as documented
            continue
        try:
            expected = f(*arrays)
        except (TypeError, ValueError):  # NumPy does not take this dtype, or these dimensions
            continue
        for k in range(f.nin):
            args = [Tensor(a) if i == k else a for i, a in enumerate(arrays)]
            if dtype is np.float64:
                args[k].requires_grad_()
            try:
                result = f(*args)
            except AutogradError as e:
                first = str(e).splitlines()[0]
                if name not in first and f.__name__ not in first:
                    raise
                continue
            assert type(result) is Tensor
            assert is_right(result, expected), f"np.{name} is not {result}"
            if np.asarray(expected).dtype.kind == "f" and dtype is np.float64:
                assert result.requires_grad
            recorded += 1
    if name in ("add", "exp", "maximum", "sqrt", "arctan2", "absolute", "less", "matmul", "floor"):
        assert recorded


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "minimum"])
def test_ufunc_reductions(name):
    x = leaf([[1.0, 2.0], [4.0, 3.0]])
    for axis in (0, 1, None):
        y = getattr(np, name).reduce(x, axis=axis)
        close(y, getattr(np, name).reduce(x.numpy(), axis=axis))
        assert y.requires_grad


@pytest.mark.parametrize("method", ["accumulate", "outer", "reduceat", "at"])
def test_other_ufunc_methods_are_refused_by_name(method):
    args = {"outer": (np.ones(2),), "reduceat": ([0],), "at": ([0], 1.0)}.get(method, ())
    with pytest.raises(AutogradError, match=rf"np\.add\.{method}"):
        getattr(np.add, method)(leaf([1.0, 2.0]), *args)


@pytest.mark.parametrize("option", [{"where": np.array([True, False])}, {"dtype": np.float32}])
def test_ufunc_options_are_refused_by_name(option):
    with pytest.raises(AutogradError, match=str(next(iter(option)))):
        np.exp(leaf([1.0, 2.0]), **option)


def functions():
    """Every NumPy function that lets other types take over."""
    return sorted(
        n for n in np.__all__
        if hasattr(getattr(np, n), "_implementation") and not isinstance(getattr(np, n), type)
    )  # fmt: skip


ABOUT_THE_ARRAY = PLAIN | {"shape", "ndim"}


@pytest.mark.parametrize("name", functions())
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_numpy_function_records_or_refuses(name):
    f = getattr(np, name)
    a = np.array([[0.5, 2.0], [3.0, 0.25]])
    for extra in ((), (1,), (a,), (0, 1)):
        try:
            expected = f(a.copy(), *extra)
        except Exception:  # NumPy itself does not take these arguments
            continue
        x = Tensor(a, requires_grad=True)
        try:
            result = f(x, *extra)
        except (AutogradError, TypeError):
            continue
        if name in ABOUT_THE_ARRAY:
            continue
        parts, wanted = [
            tuple(r) if isinstance(r, tuple | list) else (r,) for r in (result, expected)
        ]
        assert any(type(r) is Tensor for r in parts), f"np.{name} gives {type(parts[0]).__name__}"
        assert is_right(parts, wanted), name


@pytest.mark.parametrize(
    ("f", "g"),
    [
        (np.sum, ag.sum), (np.mean, ag.mean), (np.prod, ag.prod), (np.max, ag.max),
        (np.std, ag.std), (np.var, ag.var), (np.cumsum, ag.cumsum), (np.transpose, ag.transpose),
        (lambda x: np.sum(x, axis=0), lambda x: ag.sum(x, axis=0)),
        (lambda x: np.sum(x, 1, keepdims=True), lambda x: ag.sum(x, axis=1, keepdims=True)),
        (lambda x: np.concatenate([x, np.ones((1, 2))]), lambda x: ag.concat([x, np.ones((1, 2))])),
        (lambda x: np.stack([x, x], axis=1), lambda x: ag.stack([x, x], axis=1)),
        (lambda x: np.where(x > 1, x, 0.0), lambda x: ag.where(x > 1, x, 0.0)),
        (lambda x: np.reshape(x, (4,)), lambda x: x.reshape(4)),
        (lambda x: np.matmul(x, np.eye(2)), lambda x: x @ np.eye(2)),
        (lambda x: np.einsum("ij->j", x), lambda x: x.sum(axis=0)),
        (lambda x: np.clip(x, 0, 1), lambda x: x.clip(0, 1)),
        (lambda x: np.round(x, 1), lambda x: ag.round(x, decimals=1)),
        (lambda x: np.expand_dims(x, 0), lambda x: x[None]),
    ],
)  # fmt: skip
def test_numpy_functions_record(f, g):
    x = leaf([[0.5, 2.0], [3.0, 0.25]])
    y = f(x)
    assert type(y) is Tensor
    assert y.requires_grad
    close(y, f(x.numpy()))
    close(y.sum().gradient(x), g(x).sum().gradient(x))


@pytest.mark.parametrize("name", ["sum", "mean", "stack"])
def test_unknown_options_of_numpy_functions_are_refused_by_name(name):
    with pytest.raises((AutogradError, TypeError), match=r"nonsense|dtype"):
        getattr(np, name)([leaf([1.0])] if name == "stack" else leaf([1.0]), dtype="nonsense")


def test_what_is_about_the_array_only_answers():
    x = leaf([[1.0, 2.0]])
    assert np.shape(x) == (1, 2)
    assert np.ndim(x) == 2
    assert np.size(x) == 2
    assert np.allclose(x, [[1.0, 2.0]])
    assert np.array_equal(x, x)


def test_pickled_arrays_of_views_are_plain():
    a = pickle.loads(pickle.dumps(leaf([1.0, 2.0]).numpy()))
    assert a.tolist() == [1, 2]
