"""Compiled activation functions: errors in units in the last place, and the NumPy path beside them.

The truth is NumPy's and SciPy's, computed with more digits than the kernel has: in double precision
for float32, in long double for float64.
"""

import sys
from unittest.mock import patch

import numpy as np
import pytest
from scipy import special

import autograd as ag
from autograd import kernels
from autograd.kernels import _host, _threads
from autograd.kernels.elements.curves import LIGHT
from autograd.op import REGISTRY

SETS = sorted({"plain", "avx2", _host.simd().name} if sys.platform != "darwin" else {"plain"})
DTYPES = (np.float32, np.float64)


@pytest.fixture(params=SETS, autouse=True)
def instructions(request):
    kernels.set_simd(request.param)
    with patch.object(_host, "LEAST", 0):
        yield request.param
    kernels.set_simd(None)


def arguments(dtype, reach):
    rng = np.random.default_rng(0)
    small = np.geomspace(1e-20, 1, 1001)
    parts = (rng.uniform(-reach, reach, 4001), rng.normal(size=4001), small, -small, [0.0])
    return np.concatenate(parts).astype(dtype)


def ulps(actual, truth):
    """The largest error of results that are not subnormal."""
    assert actual.dtype in DTYPES
    least = np.finfo(actual.dtype).tiny
    spacing = np.spacing(np.maximum(np.abs(truth), least).astype(actual.dtype))
    error = np.abs(actual - truth) / spacing
    return float(error[np.abs(truth) >= least].max())


TRUTHS = {  # name: (truth, reach of the arguments, ulps)
    "relu": (lambda x: np.maximum(x, 0), 100, 0),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 80, 4),
    "silu": (lambda x: x / (1 + np.exp(-x)), 80, 5),
    "softplus": (lambda x: np.where(x > 20, x, np.log1p(np.exp(x))), 80, 5),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), 80, 4),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TRUTHS)
def test_errors_in_units_in_the_last_place(name, dtype):
    truth, reach, limit = TRUTHS[name]
    x = arguments(dtype, reach)
    options = {"softplus": (1.0, 20.0), "elu": (1.0,)}.get(name, ())
    actual = kernels.curve(name, x, None, *options)
    assert ulps(actual, truth(x.astype(np.longdouble))) <= limit


def _normal(x):
    """The normal distribution: 1/2 + density * (x + x^3/3 + x^5/15 + ...), Marsaglia (2004)."""
    term = total = x = x.astype(np.longdouble)
    for k in range(3, 201, 2):
        term = term * x * x / k
        total = total + term
    return total * np.exp(-x * x / 2) / np.sqrt(2 * np.longdouble(np.pi)) + 0.5


BESIDE = [
    ("erf", special.erf, np.float32, 5), ("erf", special.erf, np.float64, 5),
    ("ndtr", special.ndtr, np.float32, 8), ("gelu", lambda x: x * special.ndtr(x), np.float32, 9),
    ("ndtr", _normal, np.float64, 8), ("gelu", lambda x: x * _normal(x), np.float64, 9),
]  # fmt: skip


@pytest.mark.parametrize(("name", "truth", "dtype", "limit"), BESIDE)
def test_errors_of_the_normal_distribution(name, truth, dtype, limit):
    reach = 2 if dtype is np.float64 else 12
    x = arguments(dtype, reach).clip(-reach, reach)
    assert ulps(kernels.curve(name, x), truth(x.astype(float))) <= limit


@pytest.mark.parametrize("x", [-3.0, -10.0, -20.0, -37.0])
def test_the_far_tail_of_the_normal_distribution(x):
    """Mills' ratio as a continued fraction (Laplace), in long double."""
    ratio = np.longdouble(-x)
    for k in range(400, 0, -1):
        ratio = np.longdouble(-x) + k / ratio
    density = np.exp(-(np.longdouble(x) ** 2) / 2) / np.sqrt(2 * np.longdouble(np.pi))
    actual = kernels.curve("ndtr", np.full(3, x))
    assert ulps(actual, density / ratio) <= 8


NAMES = {
    "leaky_relu": {"negative_slope": 0.2}, "leaky_relu_dx": {"negative_slope": 0.2},
    "softplus": {"beta": 2.0, "threshold": 3.0}, "softplus_dx": {"beta": 2.0, "threshold": 3.0},
    "elu": {"alpha": 0.5}, "elu_dx": {"alpha": 0.5}, "gelu": {}, "gelu_dx": {}, "silu": {},
    "silu_dx": {}, "relu": {}, "relu_dx": {}, "sigmoid": {}, "sigmoid_dx": {}, "tanh_dx": {},
    "erf": {}, "ndtr": {},
}  # fmt: skip
TANH = {"approximate": "tanh"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "options"), [*NAMES.items(), ("gelu", TANH), ("gelu_dx", TANH)])
def test_ops_are_the_same_with_and_without_kernels(name, options, dtype):
    rng = np.random.default_rng(1)
    x, g = (rng.normal(size=(7, 41)).astype(dtype) for _ in range(2))
    special_values = [np.nan, np.inf, -np.inf, 1e30, -1e30, -0.0]
    x[0, :6] = special_values
    g[1, :6] = special_values
    forward = REGISTRY[name].forward
    args = (g, x) if name.endswith("_dx") else (x,)
    with np.errstate(all="ignore"):
        fast = forward(*args, **options)
        with patch.object(_host, "_forced", "off"):
            slow = forward(*args, **options)
    assert fast.dtype == slow.dtype == dtype
    assert fast.flags.c_contiguous
    tolerance = 3e-6 if dtype is np.float32 else 1e-14
    np.testing.assert_allclose(fast, slow, rtol=tolerance, atol=tolerance)


def test_a_closed_gate_stops_even_infinities():
    g, y = np.array([np.nan, np.inf, 1.0]), np.array([-1.0, 0.0, 2.0])
    np.testing.assert_array_equal(kernels.curve("relu_dx", g, y), [0, 0, 1])


@pytest.mark.parametrize(
    "x",
    [
        np.ones((4, 6))[:, ::2], np.ones(3, np.float16), np.ones(3, int), 1.0, np.float64(1.0),
        np.ones(3, ">f4"), np.broadcast_to(1.0, (3, 2)),
    ],
)  # fmt: skip
def test_what_has_no_kernel_is_left_to_numpy(x):
    assert kernels.curve("sigmoid", x) is None


def test_arrays_of_different_shapes_are_left_to_numpy():
    assert kernels.curve("sigmoid_dx", np.ones((2, 3)), np.ones(3)) is None


def test_small_arrays_are_left_to_numpy():
    with patch.object(_host, "LEAST", 32_000):
        assert kernels.curve("sigmoid", np.ones(1999)) is None
        assert kernels.curve("sigmoid", np.ones(2000)) is not None
        assert kernels.curve("sigmoid_dx", np.ones(2000), np.ones(2000)) is None
    assert "sigmoid_dx" in LIGHT


def test_threads_do_not_change_the_result():
    x = np.random.default_rng(0).normal(size=1003)
    alone = kernels.curve("gelu", x)
    kernels.set_num_threads(3)
    with patch.object(_threads, "LEAST", 1):
        np.testing.assert_array_equal(kernels.curve("gelu", x), alone)
    kernels.set_num_threads(0)


def test_gradients_of_two_leaves_are_apart_although_nothing_is_copied():
    x, y = (ag.Tensor(np.ones(9), requires_grad=True) for _ in range(2))
    g = np.ones(9)
    (ag.relu(x) + y).backward(g)
    grads = [t.grad.data for t in (x, y)]
    assert not np.shares_memory(*grads)
    assert not any(np.shares_memory(a, g) for a in grads)
