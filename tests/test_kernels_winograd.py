"""Winograd's correlation: exact on paper, close to the plain sum in floating point."""

from contextlib import ExitStack
from fractions import Fraction
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import kernels
from autograd.kernels import _host
from autograd.kernels.convolution import conv
from tests.test_kernels_compiled import SETS, same

pytestmark = pytest.mark.skipif(_host.simd() is None, reason="kernels are switched off")
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("taps", [2, 3, 4, 5])
def test_matrices_give_the_correlation_exactly(taps):
    from autograd.kernels.convolution import _winograd as w

    results = w.SIZE + 1 - taps
    filter_, pixels = ([Fraction(3 * i - 7, i + 2) for i in range(n)] for n in (taps, w.SIZE))
    first = np.array(w.taps_matrix(taps)) @ filter_
    second = np.array(w.pixels_matrix()) @ pixels
    out = np.array(w.results_matrix(results)) @ (first * second)
    assert list(out) == [
        sum(filter_[j] * pixels[i + j] for j in range(taps)) for i in range(results)
    ]


def forced(way):
    """Every convolution that Winograd's can do is done by it; with "off", none."""
    from autograd.kernels.convolution import winograd

    stack = ExitStack()
    stack.enter_context(patch.object(_host, "LEAST", 0))
    stack.enter_context(patch.object(winograd, "WORTH", 1e9))
    stack.enter_context(patch.object(winograd, "enabled", lambda: way == "on"))
    forget()
    stack.callback(forget)
    return stack


def forget():
    """What was worth it is remembered."""
    for remembered in conv.ways:
        remembered.cache_clear()


@pytest.fixture(params=SETS)
def instructions(request):
    kernels.set_simd(request.param)
    yield request.param
    kernels.set_simd(None)


@st.composite
def images(draw, kernel, stride):
    """(images, channels of a group), size, padding, dilation, groups; at least one window fits."""
    dilation = tuple(draw(st.integers(1, 3)) if stride == 1 else 1 for _ in range(2))
    padding = tuple((draw(st.integers(0, 6)), draw(st.integers(0, 6))) for _ in range(2))
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    least = [max(1, span - sum(p)) for span, p in zip(spans, padding)]
    size = tuple(draw(st.integers(n, n + 17)) for n in least)
    lead = draw(st.integers(1, 3)), draw(st.sampled_from([1, 3, 17]))
    return lead, size, padding, dilation, draw(st.integers(1, 2))


def agree(case, filters, kernel, stride, dtype, seed):
    (N, channels), size, padding, dilation, groups = case
    options = (stride, stride), padding, dilation, groups
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, groups * channels, *size)).astype(dtype)
    w = rng.normal(size=(groups * filters, channels, *kernel)).astype(dtype)
    b = rng.normal(size=len(w)).astype(dtype)
    with forced("off"):
        out = kernels.conv(x, w, *options, b)
        g = rng.normal(size=out.shape).astype(dtype)
        dx = kernels.conv_dx(g, w, x.shape, *options)
        dw = kernels.conv_dw(g, x, w.shape, *options)
    with forced("on"):
        same(kernels.conv(x, w, *options, b), out)
        same(kernels.conv_dx(g, w, x.shape, *options), dx)
        same(kernels.conv_dw(g, x, w.shape, *options), dw)


@pytest.mark.slow
@few
@given(images((3, 3), 1), st.integers(0, 2**32 - 1))
def test_three_by_three(instructions, case, seed):
    agree(case, 17, (3, 3), 1, np.float32, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("kernel", "stride"), [((5, 2), 1), ((5, 4), 2), ((1, 4), 1)])
@few
@given(st.data(), st.integers(0, 2**32 - 1))
def test_other_filters(kernel, stride, data, seed):
    agree(data.draw(images(kernel, stride)), 5, kernel, stride, np.float64, seed)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_special_values_stay_where_they_belong(special):
    """Within the transforms, infinite numbers would spoil whole tiles."""
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 16, 12, 12)), rng.normal(size=(16, 16, 3, 3))
    x[1, 4, 5, 6] = special
    with forced("on"), np.errstate(invalid="ignore"):
        out = kernels.conv(x, w, *options)
        dw = kernels.conv_dw(np.ones((2, 16, 12, 12)), x, w.shape, *options)
    touched = np.zeros(out.shape, bool)
    touched[1, :, 4:7, 5:8] = True
    np.testing.assert_array_equal(np.isfinite(out), ~touched)
    np.testing.assert_array_equal(np.isfinite(dw).all(axis=(0, 2, 3)), np.arange(16) != 4)


@pytest.mark.parametrize(
    ("size", "filters"), [((64, 3, 3), 64), ((16, 5, 5), 32), ((64, 5, 5), 32)]
)
def test_errors_are_about_twice_those_of_the_plain_sum(size, filters):
    options = (1, 1), ((2, 2), (2, 2)), (1, 1), 1
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, size[0], 24, 24)).astype(np.float32)
    w = rng.normal(size=(filters, *size)).astype(np.float32)
    with forced("off"):
        exact = kernels.conv(x.astype(float), w.astype(float), *options)
        plain = kernels.conv(x, w, *options) - exact
    with forced("on"):
        fast = kernels.conv(x, w, *options) - exact
    assert plain.std() < fast.std() < 3 * plain.std()
    assert np.abs(fast).max() < 4e-6 * np.abs(exact).max()


def test_it_is_left_out_where_the_plain_sum_is_faster():
    from autograd.kernels.convolution import fast, winograd

    def taken(images, channels, size, filters, kernel):
        x = images, channels, *(n + kernel - 3 for n in size)
        w, options = (filters, channels, kernel, kernel), ((1, 1), ((1, 1),) * 2, (1, 1), 1)
        out = images, filters, *size
        layer = fast.forward_layer(x, w, out, options, out, np.dtype(np.float32))
        return winograd.found(layer) is not None

    assert taken(8, 64, (56, 56), 64, 3)
    assert taken(50, 16, (14, 14), 32, 5)
    assert not taken(64, 1, (28, 28), 16, 3)  # transforms cost more than they save
    assert not taken(8, 64, (56, 56), 64, 1)  # there is nothing to save
    assert not taken(1, 512, (2, 2), 512, 3)  # a tile would hang over the edge


def test_the_environment_switches_it_off(monkeypatch):
    from autograd.kernels.convolution import winograd

    for value, expected in (("", True), ("on", True), ("off", False)):
        monkeypatch.setenv("AUTOGRAD_WINOGRAD", value)
        assert winograd.enabled.__wrapped__() is expected
    monkeypatch.setenv("AUTOGRAD_WINOGRAD", "no")
    with pytest.raises(ValueError, match="'no'; it can be on or off"):
        winograd.enabled.__wrapped__()
