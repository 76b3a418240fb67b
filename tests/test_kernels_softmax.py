"""Compiled softmax, its kin, and cross entropy: special values, and the ops that call them."""

import sys
from unittest.mock import patch

import numpy as np
import pytest

from autograd import kernels
from autograd.kernels import _host, _threads, reference
from autograd.op import REGISTRY

SETS = sorted({"plain", "avx2", _host.simd().name} if sys.platform != "darwin" else {"plain"})
DTYPES = [np.float32, np.float64]
VALUES = [np.nan, np.inf, -np.inf, 1e4, -1e4, 1e308, -0.0]


@pytest.fixture(params=SETS, autouse=True)
def instructions(request):
    kernels.set_simd(request.param)
    with patch.object(_host, "LEAST", 0):
        yield request.param
    kernels.set_simd(None)


def close(actual, expected):
    """Equal but for the last digits of a sum of some hundred elements."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    tolerance = 2e-6 if actual.dtype == np.float32 else 1e-14
    np.testing.assert_allclose(actual, expected, rtol=8 * tolerance, atol=8 * tolerance)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", VALUES)
def test_special_values_reach_their_row_only(value, log):
    x = np.random.default_rng(0).normal(size=(3, 37))
    x[1, 4] = value
    x[1, 30] = 60
    with np.errstate(all="ignore"):
        close(kernels.softmax(x, (1,), log), reference.softmax(x, (1,), log))


CALLS = {
    "softmax": ({"axis": -1}, 1), "softmin": ({"axis": -1}, 1), "softmax_dx": ({"axis": 1}, 2),
    "log_softmax": ({"axis": (0, 1)}, 1), "log_softmax_dx": ({"axis": 1}, 2),
    "logsumexp": ({"axis": None}, 1),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CALLS)
def test_ops_are_the_same_with_and_without_kernels(name, dtype):
    options, count = CALLS[name]
    rng = np.random.default_rng(1)
    args = [rng.normal(size=(7, 41)).astype(dtype) for _ in range(count)]
    args[-1][0, :3] = -np.inf
    args[-1][2] = -np.inf
    args[-1][3, 5] = np.nan if name == "log_softmax_dx" else np.inf  # no share is infinite
    forward = REGISTRY[name].forward
    with np.errstate(all="ignore"):
        fast = forward(*args, **options)
        with patch.object(_host, "_forced", "off"):
            slow = forward(*args, **options)
    close(np.asarray(fast), np.asarray(slow))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_cross_entropy_is_the_same_with_and_without_kernels(reduction):
    rng = np.random.default_rng(2)
    x, classes = rng.normal(size=(5, 9)).astype(np.float32), rng.integers(0, 9, 5)
    op = REGISTRY["cross_entropy"].forward
    fast, _ = op(x, classes=classes, axis=1, reduction=reduction)
    with patch.object(_host, "_forced", "off"):
        slow, _ = op(x, classes=classes, axis=1, reduction=reduction)
    close(np.asarray(fast), np.asarray(slow))


@pytest.mark.parametrize("wrong", [-1, 9, 2**62])
def test_a_class_that_does_not_exist_is_left_to_the_op_to_complain_about(wrong):
    classes = np.array([0, wrong, 8])
    assert kernels.cross_entropy(np.ones((3, 9)), classes, 1) is None


@pytest.mark.parametrize(
    ("x", "axes"),
    [
        (np.ones((4, 6)), (0,)), (np.ones((4, 6))[:, ::2], (1,)), (np.ones((2, 3), "f2"), (1,)),
        (np.ones((2, 3), int), (1,)), (np.ones((2, 3), ">f4"), (1,)), (np.float64(1.0), ()),
        (np.ones((0, 3)), (1,)), (np.ones((3, 0)), (1,)),
    ],
)  # fmt: skip
def test_what_has_no_kernel_is_left_to_numpy(x, axes):
    assert kernels.softmax(x, axes) is None


def test_threads_do_not_change_the_result():
    x = np.random.default_rng(0).normal(size=(50, 33))
    classes = np.arange(50) % 33
    alone = kernels.softmax(x, (1,)), *kernels.cross_entropy(x, classes, 1)
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        together = kernels.softmax(x, (1,)), *kernels.cross_entropy(x, classes, 1)
        assert kernels.cross_entropy(x, np.where(classes == 20, 33, classes), 1) is None
    kernels.set_num_threads(0)
    for a, b in zip(alone, together):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_a_certain_class_costs_nothing():
    x = np.array([[100.0, 0.0], [0.0, 200.0]], np.float32)
    loss, whole, _ = kernels.cross_entropy(x, np.array([0, 1]), 1)
    np.testing.assert_array_equal(np.copysign(1, loss), 1)
    assert whole == 0 == loss.sum()


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_scores_lose_no_digits(dtype):
    """(x - peak) - log, not x - (peak + log)."""
    x = np.full((2, 2), 1e4, dtype)
    np.testing.assert_array_equal(kernels.softmax(x, (1,), log=True), -np.log(dtype(2)))
    loss, _, _ = kernels.cross_entropy(x, np.zeros(2, int), 1)
    np.testing.assert_array_equal(loss, np.log(dtype(2)))
