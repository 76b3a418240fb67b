"""Depthwise convolution, which pads nothing, against convolution that does."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import kernels
from autograd.kernels import _host
from tests.test_kernels_compiled import SETS, numpy_only, same

pytestmark = pytest.mark.skipif(_host.simd() is None, reason="kernels are switched off")
few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(params=SETS)
def instructions(request):
    kernels.set_simd(request.param)
    with patch.object(_host, "LEAST", 0):
        yield request.param
    kernels.set_simd(None)


@pytest.mark.slow
@pytest.mark.parametrize(("kernel", "dtype"), [((3, 3), np.float32), ((1, 5), np.float64)])
@few
@given(st.data(), st.integers(1, 2), st.integers(0, 2**32 - 1))
def test_depthwise_convolution(instructions, kernel, dtype, data, filters, seed):
    """Images narrower than a vector and wider than four, windows that lie beside the image."""
    from autograd.kernels.convolution import depthwise

    padding = tuple((data.draw(st.integers(0, 6)), data.draw(st.integers(0, 6))) for _ in range(2))
    least = [max(1, k - sum(p)) for k, p in zip(kernel, padding)]
    size = [data.draw(st.integers(n, n + 70)) for n in least]
    options = (1, 1), padding, (1, 1), 3
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 3, *size)).astype(dtype)
    w = rng.normal(size=(3 * filters, 1, *kernel)).astype(dtype)
    b = rng.normal(size=len(w)).astype(dtype)
    out = numpy_only("conv", x, w, *options, b)
    g = rng.normal(size=out.shape).astype(dtype)
    with patch.object(depthwise, "depthwise", wraps=depthwise.depthwise) as used:
        same(kernels.conv(x, w, *options, b), out)
    assert used.called
    for name, *arrays in (("conv_dx", g, w, x.shape), ("conv_dw", g, x, w.shape)):
        args = (name, *arrays, *options)
        same(getattr(kernels, name)(*args[1:]), numpy_only(*args))


def test_special_values_reach_what_they_touch_and_nothing_else():
    x, w = np.ones((1, 32, 20, 20)), np.ones((32, 1, 3, 3))
    x[0, 3, 5, 6] = np.nan
    out = kernels.conv(x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), 32)
    touched = np.zeros(out.shape, bool)
    touched[0, 3, 4:7, 5:8] = True
    np.testing.assert_array_equal(np.isnan(out), touched)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_a_bias_of_any_layout_and_dtype(dtype):
    """Strided, stretched, of another dtype than the image: added as it stands."""
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 8
    x, w = np.ones((4, 8, 20, 20), np.float32), np.zeros((8, 1, 3, 3), np.float32)
    for b in (np.arange(16).astype(dtype)[::2], np.broadcast_to(dtype(7), 8)):
        out = kernels.conv(x, w, *options, b)
        assert out.dtype == numpy_only("conv", x, w, *options, b).dtype
        np.testing.assert_array_equal(out, np.broadcast_to(b[:, None, None], out.shape))
