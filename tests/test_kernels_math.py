"""exp, tanh and the logistic function in vectors, with every instruction set of this machine."""

import sys

import numpy as np
import pytest

from autograd.kernels import _host
from autograd.kernels.elements import _curves

SETS = sorted({"plain", "avx2", _host.simd().name} if sys.platform != "darwin" else {"plain"})
FUNCTIONS = {  # name: the function in long doubles, and units in the last place that it may be off
    "exp": (np.exp, 1.5),
    "tanh": (np.tanh, 3),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 3),
}

names = pytest.mark.parametrize("name", FUNCTIONS)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
sets = pytest.mark.parametrize("simd", SETS)


def value(name, simd, x):
    """The kernel's values, and nothing written beyond them."""
    out = np.full(x.size + 1, 7, x.dtype)
    which, lanes = _curves.selectors(name, x.dtype, simd)
    _curves.each(which, lanes, x, x, np.zeros(_curves.OPTIONS, x.dtype), out[:-1])
    assert out[-1] == 7
    return out[:-1]


@names
@dtypes
@sets
def test_errors_stay_within_units_in_the_last_place(name, dtype, simd):
    f, most = FUNCTIONS[name]
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    edge = float(np.log(info.max)) + 2
    small = np.geomspace(float(info.tiny), edge, 20_001)
    x = [rng.uniform(-1.1 * edge, edge, 20_001), rng.normal(size=20_001), small, -small]
    x = np.concatenate(x).astype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        expected = f(x.astype(np.longdouble))
        rounded = expected.astype(dtype)
        unit = np.spacing(np.maximum(np.abs(rounded), info.tiny)).astype(np.longdouble)
    out = value(name, simd, x)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(out[~finite], rounded[~finite])
    assert (np.abs(out[finite] - expected[finite]) / unit[finite]).max() <= most


@names
@dtypes
@sets
def test_special_values(name, dtype, simd):
    huge = np.finfo(dtype).max
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, huge, -huge], dtype)
    with np.errstate(over="ignore"):
        expected = FUNCTIONS[name][0](x)
    out = value(name, simd, x)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(np.signbit(out[1:]), np.signbit(expected[1:]))


@sets
def test_any_number_of_values(simd):
    for size in range(40):
        x = np.linspace(-1, 1, size)
        np.testing.assert_allclose(value("tanh", simd, x), np.tanh(x), rtol=1e-15)


@dtypes
@sets
def test_exp_of_what_is_not_positive(dtype, simd):
    """Subnormal results are right to a unit of their own, and far below there is 0."""
    x = -np.geomspace(float(np.finfo(dtype).tiny), 1e4, 20_001)
    x = np.concatenate([x, [-0.0, -np.inf, -np.finfo(dtype).max, np.nan]]).astype(dtype)
    out, expected = value("exp_below", simd, x), np.exp(x.astype(np.longdouble))
    assert np.isnan(out[-1])
    assert (np.abs(out - expected)[:-1] / np.spacing(expected[:-1].astype(dtype))).max() <= 1.5
