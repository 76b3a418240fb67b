"""Sums along axes and additions with broadcasting, with a kernel and without."""

from unittest.mock import patch

import numpy as np
import pytest

import autograd as ag
from autograd import kernels
from autograd.kernels import _host, _threads


@pytest.fixture(autouse=True)
def always():
    with patch.object(_host, "LEAST", 0):
        yield


@pytest.mark.parametrize(
    ("shape", "small"),
    [
        ((3, 4, 9, 2), (3, 1, 9, 1)), ((3, 9), ()), ((3, 9), (1, 1)), ((3, 4, 2), (4, 1)),
        ((1, 9), (5, 1)), ((0, 9), (9,)), ((1, 2, 9), (3, 1, 1)), ((9, 9), (1, 1, 9)),
    ],
)  # fmt: skip
def test_what_has_no_kernel_is_left_to_numpy(shape, small):
    x, y = np.ones(shape), np.ones(small)
    assert kernels.stretched("add", x, y) is None
    if x.ndim >= y.ndim and y.size != 1:
        assert kernels.sum_to(x, small) is kernels.extreme_to(x, small, True) is None


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), (1, 2), (0, 2), None, (2, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min"])
def test_reductions_along_any_axes(name, axis, keepdims):
    x = np.random.default_rng(0).normal(size=(9, 60, 10))
    out = getattr(ag, name)(x, axis=axis, keepdims=keepdims)
    expected = getattr(np, name)(x, axis, keepdims=keepdims)
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_nan_is_the_greatest_and_the_least_of_its_position(name, dtype):
    x = np.random.default_rng(0).normal(size=(3, 20, 90)).astype(dtype)
    x[0, 0, 3] = x[1, 19, 40] = x[2, 7, 89] = np.nan
    x[0, 5, 7], x[1, 5, 7], x[2, :, 7] = np.inf, -np.inf, -np.inf
    np.testing.assert_array_equal(getattr(ag, name)(x, axis=1), getattr(np, name)(x, 1))


def test_integers_are_summed_as_integers():
    x = np.ones((300, 20), np.int8)
    assert ag.sum(x, axis=0).dtype == np.sum(x, axis=0).dtype
    np.testing.assert_array_equal(ag.sum(x, axis=0), 300)


def test_long_rows_lose_no_digits():
    x = np.full((2, 1_000_000), 0.1, np.float32)
    np.testing.assert_allclose(kernels.sum_to(x, (2, 1)), x.sum(1, dtype=float)[:, None], rtol=1e-6)


def test_threads_do_not_change_the_result():
    x = np.random.default_rng(0).normal(size=(6, 5, 40))
    row, each = x[0, 0].copy(), np.ones((5, 1))

    def results():
        return [
            kernels.stretched("add", x, row), kernels.stretched("add", each, x),
            kernels.sum_to(x, (40,)), kernels.sum_to(x, (5, 1)), kernels.sum_to(x, (6, 1, 40)),
            kernels.extreme_to(x, (6, 1, 40), False),
        ]  # fmt: skip

    alone = results()
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        for a, b in zip(results(), alone):
            np.testing.assert_array_equal(a, b)
    kernels.set_num_threads(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide"])
def test_operators_give_what_numpy_does_to_the_bit(name, dtype):
    rng, special = np.random.default_rng(0), np.array([0, -0.0, np.inf, np.nan, 1], dtype)
    x = np.concatenate([rng.normal(size=(6, 5, 70)), rng.choice(special, (6, 5, 70))], 2)
    x = x.astype(dtype)
    for small in (x[0, 0], x[0, :, 90:91], x[1]):
        for pair in ((x, small.copy()), (small.copy(), x)):
            with np.errstate(all="ignore"):
                expected = getattr(np, name)(*pair)
            found = kernels.stretched(name, *pair)
            assert found.tobytes() == getattr(ag, name)(*pair).tobytes()
            np.testing.assert_array_equal(found, expected)
            there = ~np.isnan(expected)  # of two NaNs either may be taken
            assert found[there].tobytes() == expected[there].tobytes()


def test_a_bias_on_either_side():
    x = ag.Tensor(np.ones((3, 4, 2, 5)), requires_grad=True)
    b = ag.Tensor(np.arange(4.0).reshape(4, 1, 1), requires_grad=True)
    for out in (x + b, b + x):
        np.testing.assert_array_equal(out.numpy(), x.numpy() + b.numpy())
        np.testing.assert_array_equal(out.sum().gradient(b).numpy(), np.full((4, 1, 1), 30.0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("small", [(50, 1), (33,)])
def test_quotients_are_those_of_numpy_to_the_last_bit(dtype, small):
    rng = np.random.default_rng(0)
    scales = [1, 10 * np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max / 8]
    for scale in scales:
        x = (rng.normal(size=(50, 33)) * scale).astype(dtype)
        y = (rng.uniform(1, 2, small) * scale).astype(dtype)
        for a, b in ((x, y), (y, x)):
            found = kernels.stretched("divide", a, b)
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(found, a / b)
