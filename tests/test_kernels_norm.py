"""Compiled normalisation against the composition of NumPy's functions."""

from functools import partial
from unittest.mock import patch

import numpy as np
import pytest

from autograd import kernels
from autograd.kernels import _host, _threads
from autograd.op import REGISTRY
from autograd.ops.affine_norm import affine_norm, affine_norm_dw, affine_norm_dx

CASES = {  # shape, axis, shape of the parameters, center
    "layer": ((5, 3, 19), (-1,), (19,), True),
    "layer of two axes": ((6, 4, 5), (1, 2), (4, 5), True),
    "root mean square": ((7, 33), (1,), (33,), False),
    "batch": ((3, 4, 5, 6), (0, 2, 3), (4, 1, 1), True),
    "instance": ((3, 4, 5, 6), (2, 3), (4, 1, 1), True),
    "group": ((2, 3, 4, 30), (2, 3), (3, 4, 1), True),
    "group, not centred": ((2, 3, 4, 30), (2, 3), (3, 4, 1), False),
}


@pytest.fixture(autouse=True)
def always():
    with patch.object(_host, "LEAST", 0):
        yield


def close(actual, expected):
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    tolerance = 2e-5 if actual.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def both(function, *args):
    fast = function(*args)
    with patch.object(_host, "_forced", "off"):
        return fast, function(*args)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES)
def test_kernels_agree_with_numpy(case, dtype, threads):
    shape, axis, parameters, center = CASES[case]
    rng = np.random.default_rng(0)
    x, g = (rng.normal(2, 3, shape).astype(dtype) for _ in range(2))
    w, b = (rng.normal(size=parameters).astype(dtype) for _ in range(2))
    options = {"axis": axis, "eps": 1e-3, "center": center}

    def forward():
        out = affine_norm.op.forward(x, w, b, **options)
        return [out[0], *(np.broadcast_to(v, out[2].shape) for v in out[1:])]

    kernels.set_num_threads(threads)
    with patch.object(_threads, "LEAST", 1):
        assert kernels.affine_norm(x, w, b, axis, 1e-3, center, None) is not None
        for actual, expected in zip(*both(forward)):
            close(actual, expected)
        _, *known = forward()
        for op, args, more in (
            (affine_norm_dx, (g, x, w), {}),
            (affine_norm_dw, (g, x), {"shape": parameters}),
        ):
            close(*both(partial(op.op.forward, *args, **more, **options, known=tuple(known))))
    kernels.set_num_threads(0)


def test_moments_that_are_known_are_used():
    x, w, b = np.ones((2, 3, 8)), np.full((3, 1), 2.0), np.zeros((3, 1))
    known = np.full((1, 3, 1), 4.0), np.full((1, 3, 1), 0.5)
    out, mean, scale = kernels.affine_norm(x, w, b, (0, 2), 1e-5, True, known)
    np.testing.assert_array_equal(out, np.full((2, 3, 8), -3.0))
    assert (mean, scale) == known


def test_a_large_mean_does_not_drown_the_variance():
    rng = np.random.default_rng(0)
    x = (1000 + rng.normal(size=(4, 3, 64))).astype(np.float32)
    out = REGISTRY["batch_norm"].call(x, None, None, np.ones(3, "f4"), np.zeros(3, "f4"))
    np.testing.assert_allclose(out.std((0, 2)), 1, rtol=1e-3)


def test_nan_stays_in_its_row():
    x = np.ones((4, 9))
    x[1, 3] = np.nan
    out, *_ = kernels.affine_norm(x, np.ones(9), np.ones(9), (1,), 1e-5, True, None)
    assert np.isnan(out[1]).all()
    assert np.isfinite(out[[0, 2, 3]]).all()


@pytest.mark.parametrize("shape", [(2, 4, 9), (3, 4, 2, 5), (4, 11)])
def test_sums_of_rows(shape):
    g = np.random.default_rng(0).normal(size=shape)
    target = (4, *(1,) * (len(shape) - (1 if shape[0] == 4 else 2)))
    expected = np.moveaxis(g, shape.index(4), 0).reshape(4, -1).sum(1).reshape(target)
    close(kernels.sum_rows(g, target), expected)


@pytest.mark.parametrize(
    ("shape", "axis", "parameters"),
    [((4, 6), (0,), (6,)), ((4, 6), (1,), (4, 1)), ((2, 4, 3), (0, 2), (4, 1))],
)
def test_short_rows_and_columns_are_left_to_numpy(shape, axis, parameters):
    ones = np.ones(parameters)
    assert kernels.affine_norm(np.ones(shape), ones, ones, axis, 1e-5, True, None) is None
