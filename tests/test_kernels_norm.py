"""Compiled normalisation against the composition of NumPy's functions."""

from unittest.mock import patch

import numpy as np
import pytest

import autograd as ag
from autograd import kernels
from autograd.algebra import COPIED, sum_to
from autograd.kernels import _host, _threads
from autograd.op import REGISTRY
from autograd.ops.affine_norm import affine_norm, affine_norm_dw, affine_norm_dx

CASES = {  # shape, axis, shape of the parameters, center
    "layer": ((5, 3, 19), (-1,), (19,), True),
    "layer of two axes": ((6, 4, 5), (1, 2), (4, 5), True),
    "root mean square": ((7, 33), (1,), (33,), False),
    "columns": ((6, 19), (0,), (19,), True),
    "columns over two axes": ((6, 3, 5), (0, 1), (5,), False),
    "batch": ((3, 4, 5, 6), (0, 2, 3), (4, 1, 1), True),
    "instance": ((3, 4, 5, 6), (2, 3), (4, 1, 1), True),
    "group": ((2, 3, 4, 30), (2, 3), (3, 4, 1), True),
    "group of all": ((3, 4, 9), (0, 1, 2), (4, 1), True),
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
        return [out[0], *(np.broadcast_to(v, out[2].shape) for v in out[1:3])]

    kernels.set_num_threads(threads)
    with patch.object(_threads, "LEAST", 1):
        assert kernels.affine_norm(x, w, b, axis, 1e-3, center, None) is not None
        for actual, expected in zip(*both(forward)):
            close(actual, expected)
        _, *known = forward()
        dx, dw, db = kernels.affine_norm_back(g, x, w, axis, center, *known)
        close(db, sum_to.op.forward(g, shape=parameters))
        with patch.object(_host, "_forced", "off"):
            close(dx, affine_norm_dx.op.forward(g, x, w, **options))
            close(dw, affine_norm_dw.op.forward(g, x, shape=parameters, **options))
    kernels.set_num_threads(0)


def test_moments_that_are_known_are_used():
    x, w, b = np.ones((2, 3, 8)), np.full((3, 1), 2.0), np.zeros((3, 1))
    known = np.full((1, 3, 1), 4.0), np.full((1, 3, 1), 0.5)
    out, mean, scale = kernels.affine_norm(x, w, b, (0, 2), 1e-5, True, known)
    np.testing.assert_array_equal(out, np.full((2, 3, 8), -3.0))
    assert (mean, scale) == known


def test_columns_take_moments_that_are_known():
    x, w, b = np.ones((5, 3)), np.full(3, 2.0), np.zeros(3)
    known = np.full((1, 3), 4.0), np.full((1, 3), 0.5)
    out, *same = kernels.affine_norm(x, w, b, (0,), 1e-5, True, known)
    np.testing.assert_array_equal(out, np.full((5, 3), -3.0))
    assert all(a is b for a, b in zip(same, known))


@pytest.mark.parametrize("g", [np.broadcast_to(2.0, (5, 9)), np.ones((9, 5)).T])
def test_cotangents_of_any_layout(g):
    x, w = np.random.default_rng(0).normal(size=(5, 9)), np.ones(9)
    _, *known = kernels.affine_norm(x, w, w, (1,), 1e-5, True, None)
    for a, b in zip(
        kernels.affine_norm_back(g, x, w, (1,), True, *known),
        kernels.affine_norm_back(np.array(g, order="C"), x, w, (1,), True, *known),
    ):
        np.testing.assert_array_equal(a, b)


def test_a_layer_gives_the_same_gradients_with_and_without_kernels():
    """Of all inputs at once, of each alone, and of a cotangent of a cotangent."""
    rng = np.random.default_rng(0)
    x, w, b = (ag.Tensor(rng.normal(size=s), requires_grad=True) for s in ((6, 9), (9,), (9,)))

    def gradients():
        out = ag.batch_norm(x, None, None, w, b)
        loss = (out * out * out).sum()
        found = [*loss.gradient(x, w, b), loss.gradient(w), loss.gradient(b)]
        (dx,) = [loss.gradient(x, create_graph=True)]
        return [t.numpy() for t in [*found, *(dx * dx).sum().gradient(x, w)]]

    for actual, expected in zip(*both(gradients)):
        close(actual, expected)


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


@pytest.mark.parametrize(
    ("shape", "axis", "parameters"),
    [((4, 6), (1,), (4, 1)), ((2, 4, 3), (0, 2), (4, 1)), ((4, 6, 5), (0,), (5,))],
)
def test_short_rows_and_other_axes_are_left_to_numpy(shape, axis, parameters):
    ones = np.ones(parameters)
    assert kernels.affine_norm(np.ones(shape), ones, ones, axis, 1e-5, True, None) is None


LAYERS = {
    "layer": lambda x: ag.layer_norm(x, (20,)),
    "root mean square": lambda x: ag.rms_norm(x, (20,)),
    "group": lambda x: ag.group_norm(x, 2),
    "batch": ag.batch_norm,
    "instance": ag.instance_norm,
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_without_parameters_are_the_same_with_and_without_kernels(name):
    rng = np.random.default_rng(0)
    x = ag.Tensor(rng.normal(size=(5, 4, 13, 20)), requires_grad=True)
    g = rng.normal(size=x.shape)
    assert x.size > COPIED

    def results():
        out = LAYERS[name](x)
        return out.numpy(), out.gradient(x, gradient=g).numpy()

    for actual, expected in zip(*both(results)):
        close(actual, expected)


def test_moments_of_many_rows_far_from_zero():
    """Sums of what differs from the first row: plain sums of 300,000 numbers lose four digits."""
    x = np.random.default_rng(0).normal(1001.5, 1, (300_000, 4)).astype(np.float32)
    one, none = np.ones(4, np.float32), np.zeros(4, np.float32)
    out, *_ = kernels.affine_norm(x, one, none, (0,), 1e-5, True, None)
    expected = (x - x.mean(0, dtype=float)) / x.std(0, dtype=float)
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-3)


def test_a_step_may_change_from_numpy_to_kernels():
    """What forward keeps without a kernel serves the kernels of backward."""
    x = ag.Tensor(np.random.default_rng(0).normal(size=(600, 64)), requires_grad=True)
    g = np.random.default_rng(1).normal(size=(600, 64))
    w = np.linspace(0.5, 2, 64)
    kernels.set_simd("off")
    plain, late = ag.rms_norm(x, 64, w, 1e-5), ag.rms_norm(x, 64, w, 1e-5)
    expected = plain.gradient(x, gradient=g)
    kernels.set_simd(None)
    np.testing.assert_allclose(late.gradient(x, gradient=g).numpy(), expected.numpy(), rtol=1e-10)
