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

axes = pytest.mark.parametrize("axis", [1, 0], ids=["rows", "columns"])


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


def shared(values, axis):
    """Rows of values, or columns of them, so many that vectors are filled and one is not."""
    return values if axis else np.repeat(values, 30, 0).T.copy()


@axes
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", VALUES)
def test_special_values_reach_what_they_share_with_only(value, log, axis):
    values = np.random.default_rng(0).normal(size=(3, 37))
    values[1, 4] = value
    values[1, 30] = 60
    x = shared(values, axis)
    with np.errstate(all="ignore"):
        close(kernels.softmax(x, (axis,), log), reference.softmax(x, (axis,), log))


CALLS = {
    "softmax": ({"axis": -1}, 1), "softmin": ({"axis": -1}, 1), "softmax_dx": ({"axis": 1}, 2),
    "log_softmax": ({"axis": (0, 1)}, 1), "log_softmax_dx": ({"axis": 1}, 2),
    "logsumexp": ({"axis": None}, 1),
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("columns", [False, True])
def test_ops_are_the_same_with_and_without_kernels(name, dtype, columns):
    options, count = CALLS[name]
    options = {"axis": 0} if columns else options
    rng = np.random.default_rng(1)
    args = [rng.normal(size=(7, 41)).astype(dtype) for _ in range(count)]
    args[-1][0, :3] = -np.inf
    args[-1][2] = -np.inf
    args[-1][:, 7] = -np.inf
    args[-1][3, 5] = np.nan if name == "log_softmax_dx" else np.inf  # no share is infinite
    if name != "log_softmax_dx":
        args[-1][5, 5] = 400  # its exponential is infinite, if no larger number is subtracted
    forward = REGISTRY[name].forward
    with np.errstate(all="ignore"):
        fast = forward(*args, **options)
        with patch.object(_host, "_forced", "off"):
            slow = forward(*args, **options)
    close(np.asarray(fast), np.asarray(slow))


@axes
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_cross_entropy_is_the_same_with_and_without_kernels(reduction, axis):
    rng = np.random.default_rng(2)
    x = shared(rng.normal(size=(5, 9)).astype(np.float32), axis)
    x[2, 3] = np.inf
    x[1, 0] = np.nan
    x[0, 4] = -np.inf
    classes = rng.integers(0, 9, x.shape[1 - axis])
    op = REGISTRY["cross_entropy"].forward
    with np.errstate(all="ignore"):
        fast, _ = op(x, classes=classes, axis=axis, reduction=reduction)
        with patch.object(_host, "_forced", "off"):
            slow, _ = op(x, classes=classes, axis=axis, reduction=reduction)
    close(np.asarray(fast), np.asarray(slow))


def test_classes_of_swapped_axes_are_found_where_they_lie():
    rng = np.random.default_rng(3)
    x, classes = rng.normal(size=(2, 5, 9)).swapaxes(1, 2), rng.integers(0, 9, (2, 5))
    loss, whole, stats = kernels.cross_entropy(x, classes, 1)
    expected = reference.cross_entropy(x, classes, 1)
    for found, other in zip((loss, whole, stats), expected):
        np.testing.assert_allclose(found, other, rtol=1e-13)
    for g in (np.float64(0.3), rng.normal(size=(2, 5))):
        found = kernels.cross_entropy_dx(g, x, classes, 1, stats)
        other = reference.cross_entropy_dx(g, x, classes, 1, stats)
        np.testing.assert_allclose(found, other, rtol=1e-12, atol=1e-14)


@axes
@pytest.mark.parametrize("wrong", [-1, 9, 2**62])
def test_a_class_that_does_not_exist_is_left_to_the_op_to_complain_about(wrong, axis):
    classes = np.array([0, wrong, 8])
    x = np.ones((3, 9)) if axis else np.ones((9, 3))
    assert kernels.cross_entropy(x, classes, axis) is None


@pytest.mark.parametrize(
    ("x", "axes"),
    [
        (np.ones((4, 3, 6)), (0, 2)), (np.ones((4, 6))[:, ::2], (1,)),
        (np.ones((2, 3), "f2"), (1,)), (np.ones((2, 3), int), (1,)),
        (np.ones((2, 3), ">f4"), (1,)), (np.float64(1.0), ()), (np.ones((0, 3)), (1,)),
        (np.ones((3, 0)), (1,)), (np.ones((2, 3)), ()),
    ],
)  # fmt: skip
def test_what_has_no_kernel_is_left_to_numpy(x, axes):
    assert kernels.softmax(x, axes) is None


@axes
def test_threads_do_not_change_the_result(axis):
    x = shared(np.random.default_rng(0).normal(size=(50, 33)), axis)
    classes = np.arange(x.shape[1 - axis]) % 33
    alone = kernels.softmax(x, (axis,)), *kernels.cross_entropy(x, classes, axis)
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        together = kernels.softmax(x, (axis,)), *kernels.cross_entropy(x, classes, axis)
        assert kernels.cross_entropy(x, np.where(classes == 20, 33, classes), axis) is None
    kernels.set_num_threads(0)
    for a, b in zip(alone, together):
        np.testing.assert_allclose(a, b, rtol=1e-14)


@axes
def test_a_certain_class_costs_nothing(axis):
    x = shared(np.array([[100.0, 0.0], [0.0, 200.0]], np.float32), axis)
    loss, whole, _ = kernels.cross_entropy(x, x.argmax(axis), axis)
    np.testing.assert_array_equal(np.copysign(1, loss), 1)
    assert whole == 0 == loss.sum()


@axes
@pytest.mark.parametrize("dtype", DTYPES)
def test_large_scores_lose_no_digits(dtype, axis):
    """(x - peak) - log, not x - (peak + log)."""
    x = shared(np.full((2, 2), 1e4, dtype), axis)
    np.testing.assert_array_equal(kernels.softmax(x, (axis,), log=True), -np.log(dtype(2)))
    loss, _, _ = kernels.cross_entropy(x, np.zeros(x.shape[1 - axis], int), axis)
    np.testing.assert_array_equal(loss, np.log(dtype(2)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_logarithms_of_columns_are_right_to_two_units_in_the_last_place(dtype):
    """Those of n numbers that are equal are -log(n)."""
    counts = np.unique(np.geomspace(1, 3e4, 60).astype(int))
    found = np.concatenate(
        [kernels.softmax(np.zeros((n, 3), dtype), (0,), log=True)[0] for n in counts]
    )
    np.testing.assert_array_max_ulp(found, -np.repeat(np.log(counts).astype(dtype), 3), 2, dtype)
