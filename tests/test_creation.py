"""Tensors made of a shape, a value or a range: NumPy's values, the library's dtypes."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, creation
from autograd.errors import ArgumentError, DTypeError, ShapeError

FILLED = {"zeros": 0, "ones": 1}


@pytest.fixture
def float64_by_default():
    ag.set_default_dtype("float64")
    yield
    ag.set_default_dtype("float32")


def same(actual, expected, dtype):
    assert type(actual) is Tensor
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual.numpy(), np.asarray(expected, dtype))


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ((2, 3), (2, 3)),
        (((2, 3),), (2, 3)),
        (([2],), (2,)),
        ((), ()),
        (((),), ()),
        ((0, 2), (0, 2)),
    ],
)
def test_a_shape_is_ints_or_one_tuple(name, arguments, shape):
    out = getattr(creation, name)(*arguments)
    assert out.shape == shape
    assert out.dtype == np.float32
    if name in FILLED:
        same(out, np.full(shape, FILLED[name]), np.float32)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "full"])
@pytest.mark.parametrize("shape", [(-1, 2), (1.5,), ("a",), (2, "float64")])
def test_a_shape_of_anything_else_is_refused(name, shape):
    value = (0,) if name == "full" else ()
    with pytest.raises(ArgumentError, match=rf"{name}: a shape is made of ints"):
        getattr(creation, name)(shape, *value)


def test_full_takes_the_dtype_of_its_value():
    same(creation.full((2,), 1.5), [1.5, 1.5], np.float32)
    same(creation.full(2, 3), [3, 3], np.int64)
    same(creation.full((2,), True), [True, True], bool)
    same(creation.full((2, 2), np.array([1.0, 2.0])), [[1, 2], [1, 2]], np.float64)
    same(creation.full((), 3, dtype=np.float16), 3, np.float16)
    same(creation.full((1,), Tensor([4.0])), [4], np.float32)
    with pytest.raises(ShapeError, match=r"fill_value has shape \(3,\).*\(2,\)"):
        creation.full((2,), np.ones(3))


@pytest.mark.parametrize(("n", "m", "k"), [(3, None, 0), (2, 3, 1), (3, 2, -1), (0, None, 0)])
def test_eye_is_that_of_numpy(n, m, k):
    same(creation.eye(n, m, k), np.eye(n, m, k), np.float32)
    same(creation.eye(n, m, k, dtype=int), np.eye(n, m, k), np.int64)


@pytest.mark.parametrize(
    ("arguments", "dtype"),
    [
        ((4,), np.int64),
        ((1, 4), np.int64),
        ((4, 0, -2), np.int64),
        ((1.5,), np.float32),
        ((0, 1, 0.25), np.float32),
        ((3, 1), np.int64),
    ],
)
def test_arange_is_that_of_numpy(arguments, dtype):
    same(creation.arange(*arguments), np.arange(*arguments), dtype)
    same(creation.arange(*arguments, dtype="float64"), np.arange(*arguments), np.float64)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("num", [0, 1, 7])
def test_linspace_and_logspace_are_those_of_numpy(num, endpoint):
    options = {"endpoint": endpoint}
    same(creation.linspace(-1, 2, num, **options), np.linspace(-1, 2, num, **options), np.float32)
    expected = np.logspace(-1, 2, num, base=2, **options)
    same(creation.logspace(-1, 2, num, base=2, **options), expected, np.float32)
    whole = np.linspace(-1, 2, num, dtype=int, **options)
    same(creation.linspace(-1, 2, num, dtype=int, **options), whole, np.int64)


@pytest.mark.parametrize("x", [Tensor([[1, 2]]), np.ones((2, 0), np.float16), [1.0, 2.0], 3.0])
def test_like_takes_shape_and_dtype(x):
    like = Tensor(x)
    for f in (creation.zeros_like, creation.ones_like, creation.empty_like):
        assert (f(x).shape, f(x).dtype) == (like.shape, like.dtype)
        assert f(x, dtype="float64").dtype == np.float64
    same(creation.zeros_like(x), np.zeros(like.shape), like.dtype)
    same(creation.ones_like(x), np.ones(like.shape), like.dtype)
    same(creation.full_like(x, 7), np.full(like.shape, 7), like.dtype)


def test_like_a_tracked_tensor_is_a_constant():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert not creation.ones_like(x * 2).requires_grad


def test_requires_grad_makes_a_leaf():
    makers = [
        creation.zeros, creation.ones, creation.empty, creation.eye, creation.zeros_like,
        creation.ones_like, creation.empty_like,
    ]  # fmt: skip
    leaves = [f(2.0 if f.__name__.endswith("like") else 2, requires_grad=True) for f in makers]
    leaves += [
        creation.full((2,), 1.0, requires_grad=True),
        creation.full_like([1.0], 2, requires_grad=True),
        creation.arange(2.0, requires_grad=True),
        creation.linspace(0, 1, requires_grad=True),
        creation.logspace(0, 1, requires_grad=True),
    ]
    for x in leaves:
        assert x.is_leaf
        (x * 3).sum().backward()
        assert (x.grad.numpy() == 3).all()
    with pytest.raises(DTypeError, match="only float tensors"):
        creation.arange(2, requires_grad=True)


@pytest.mark.usefixtures("float64_by_default")
def test_floats_take_the_default_dtype():
    made = [
        creation.zeros(2), creation.full(2, 0.5), creation.eye(2), creation.arange(2.0),
        creation.linspace(0, 1), creation.logspace(0, 1), creation.zeros_like(1.0),
    ]  # fmt: skip
    assert {x.dtype for x in made} == {np.dtype(np.float64)}


@pytest.mark.parametrize(
    "call",
    [
        lambda: creation.arange(0, 1, 0),
        lambda: creation.linspace(0, 1, -1),
        lambda: creation.logspace(0, 1, 2.5),
    ],
)
def test_bad_ranges_are_refused(call):
    with pytest.raises(ArgumentError, match=r"step must not be 0|num must be an int"):
        call()


def test_an_unknown_dtype_is_refused():
    with pytest.raises(DTypeError, match="zeros: unknown dtype 'flaot32'"):
        creation.zeros(2, dtype="flaot32")


def test_every_name_is_listed():
    assert creation.__all__ == sorted(creation.__all__)
    assert all(callable(getattr(creation, name)) for name in creation.__all__)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Tensor([1, 300], dtype="uint8"),
        lambda: Tensor(-1, dtype="uint8"),
        lambda: ag.full((2,), 300, dtype="uint8"),
        lambda: ag.full_like(np.uint8([1]), 300),
    ],
)
def test_numbers_that_the_dtype_cannot_hold(make):
    with pytest.raises(DTypeError, match="out of bounds for uint8"):
        make()
