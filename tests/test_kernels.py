"""Each kernel against its twin in `reference`, over shapes and settings that hypothesis draws."""

import sys
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import kernels
from autograd.kernels import _host, reference

quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**32 - 1)


@st.composite
def axes(draw, most_padding=5, most_pixels=7, most_elements=4):
    """One axis: size, kernel, stride, padding, dilation; at least one window fits."""
    kernel, stride, dilation = (draw(st.integers(1, n)) for n in (most_elements, 3, 3))
    span = dilation * (kernel - 1) + 1
    padding = tuple(draw(st.integers(0, most_padding)) for _ in range(2))
    size = draw(st.integers(max(1, span - sum(padding)), max(most_pixels, span)))
    return size, kernel, stride, padding, dilation


@st.composite
def convolutions(draw):
    """(shape of x, shape of w, stride, padding, dilation, groups) with 1 to 3 axes for space"""
    ndim = draw(st.integers(1, 3))
    axis, most = (axes(), 3) if ndim < 3 else (axes(2, 4, 2), 2)
    groups, c, o = (draw(st.integers(1, most)) for _ in range(3))
    image, kernel, *options = zip(*(draw(axis) for _ in range(ndim)))
    x = draw(st.integers(0, most))
    return (x, groups * c, *image), (groups * o, c, *kernel), *options, groups


def normal(rng, shape, dtype):
    """Random values, in an array that is not contiguous."""
    return rng.normal(size=(*shape, 2)).astype(dtype)[..., 1][..., ::-1]


def same(actual, expected):
    """The kernel's result is the reference's, in its dtype, and contiguous."""
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    assert actual.flags.c_contiguous
    tolerance = 1e-4 if actual.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * 10)


@quick
@given(convolutions(), dtypes, seeds, st.sampled_from([1, 2000, 1 << 20]), st.sampled_from([0, 32]))
def test_convolutions(case, dtype, seed, part, small):
    """In one part and in many, and with small images together or apart."""
    x_shape, w_shape, *options = case
    rng = np.random.default_rng(seed)
    x, w = normal(rng, x_shape, dtype), normal(rng, w_shape, dtype)
    out = reference.conv(x, w, *options)
    g = normal(rng, out.shape, dtype)
    with patch.multiple(sys.modules[kernels.conv.__module__], PART=part, SMALL=small):
        same(kernels.conv(x, w, *options), out)
        for name, *args in (("conv_dx", g, w, x_shape), ("conv_dw", g, x, w_shape)):
            twin = getattr(reference, name)
            same(getattr(kernels, name)(*args, *options), twin(*args, *options))


def test_convolution_with_the_whole_image_gives_one_pixel():
    x, w = np.arange(12.0).reshape(1, 1, 3, 4), np.ones((2, 1, 3, 4))
    out = kernels.conv(x, w, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    np.testing.assert_array_equal(out, [[[[66.0]], [[66.0]]]])


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("images", "filters", "dtype"), [
    (3, 2, np.float32), (1, 4, np.float64), (5, 1, np.float64), (0, 2, np.float32),
    (2, 2, np.int64),
])  # fmt: skip
def test_filters_as_large_as_the_image(images, filters, dtype, axes):
    """One product of matrices, also of a column or a row, or of no images."""
    rng, size = np.random.default_rng(0), (3, 2, 4)[:axes]
    options = (2,) * axes, ((0, 0),) * axes, (1,) * axes, 1
    arrays = ((images, 5, *size), (filters, 5, *size), filters, (images, filters, *(1,) * axes))
    x, w, b, g = (rng.integers(-9, 9, shape).astype(dtype) for shape in arrays)
    out = reference.conv(x, w, *options)
    same(kernels.conv(x, w, *options), out)
    same(kernels.conv(x, w, *options, b), out + b.reshape(-1, *(1,) * axes))
    same(kernels.conv_dx(g, w, x.shape, *options), reference.conv_dx(g, w, x.shape, *options))
    same(kernels.conv_dw(g, x, w.shape, *options), reference.conv_dw(g, x, w.shape, *options))


def test_a_layer_is_decided_once():
    """Whatever the numbers; and again for other shapes, options, dtypes and circumstances."""
    decided = sys.modules[kernels.conv.__module__]._conv_way
    x, w = np.ones((2, 1, 4, 4)), np.ones((3, 1, 3, 3))
    options = (1, 1), ((1, 1), (1, 1)), (1, 1), 1
    decided.cache_clear()
    for image, filters, chosen, expected in (
        (x, w, options, 1), (2 * x, -w, options, 1), (x[:1], w, options, 2),
        (x, w, ((2, 2), *options[1:]), 3), (x.astype("f"), w, options, 4), (x, w, options, 4),
    ):  # fmt: skip
        kernels.conv(image, filters, *chosen)
        assert decided.cache_info().misses == expected
    with patch.object(_host, "LEAST", _host.LEAST + 1):
        kernels.conv(x, w, *options)
    assert decided.cache_info().misses == 5


@quick
@given(convolutions(), dtypes, seeds)
def test_windows(case, dtype, seed):
    x_shape, (_, _, *kernel), *options, _ = case
    rng = np.random.default_rng(seed)
    x = normal(rng, x_shape, dtype)
    windows = kernels.unfold(x, kernel, *options)
    same(np.ascontiguousarray(windows), reference.unfold(x, kernel, *options))
    h = normal(rng, windows.shape, dtype)
    before = normal(rng, x_shape, dtype)
    folded = kernels.fold(h, before.copy(), *options)
    same(folded, reference.fold(h, before.copy(), *options))


@st.composite
def pools(draw):
    """(shape of x, size of out, kernel, stride, padding, dilation), over one to three axes

    The last window may hang over the edge, and windows may lie in the padding altogether.
    """
    count = draw(st.integers(1, 3))
    size, kernel, stride, padding, dilation = zip(
        *(draw(axes(most_padding=3)) for _ in range(count))
    )
    out = tuple(map(kernels.output_size, size, kernel, stride, padding, dilation))
    out = tuple(n + draw(st.integers(0, 1)) for n in out)
    lead = draw(st.sampled_from([(), (2,), (1, 3), (0, 2)]))
    return (*lead, *size), out, kernel, stride, tuple(p[0] for p in padding), dilation


@quick
@given(pools(), dtypes, seeds, st.booleans())
def test_max_pooling(case, dtype, seed, special):
    """With many ties; sometimes with NaN and infinities."""
    shape, out, kernel, *options = case
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, shape).astype(dtype)
    if special:
        x = np.where(rng.random(shape) < 0.4, dtype(-np.inf), x)
        x = np.where(rng.random(shape) < 0.1, dtype(np.nan), x)
    largest, ties = kernels.max_pool(x, out, kernel, *options)
    expected, tied = reference.max_pool(x, out, kernel, *options)
    same(largest, expected)
    np.testing.assert_array_equal(ties, tied)
    g, h = normal(rng, largest.shape, dtype), normal(rng, shape, dtype)
    for name, *args in (("max_pool_dx", g, ties, shape), ("max_pool_pick", h, ties)):
        twin = getattr(reference, name)
        same(getattr(kernels, name)(*args, *options), twin(*args, *options))


def test_infinite_values_reach_only_the_ties_of_max_pooling():
    x = np.array([[1.0, 2.0, 4.0, 3.0]])
    options = (1, 2), (0, 0), (1, 1)
    _, ties = kernels.max_pool(x, (1, 2), (1, 2), *options)
    dx = kernels.max_pool_dx(np.array([[np.inf, 1.0]]), ties, (1, 4), *options)
    np.testing.assert_array_equal(dx, [[0.0, np.inf, 1.0, 0.0]])
    moved = kernels.max_pool_pick(np.array([[np.inf, 1.0, 2.0, np.nan]]), ties, *options)
    np.testing.assert_array_equal(moved, [[1.0, 2.0]])


@quick
@given(pools(), dtypes, seeds)
def test_average_pooling(case, dtype, seed):
    shape, out, *options, _ = case
    rng = np.random.default_rng(seed)
    x, weight = normal(rng, shape, dtype), normal(rng, out, dtype)
    expected = reference.avg_pool(x, weight, *options)
    same(kernels.avg_pool(x, weight, *options), expected)
    g = normal(rng, expected.shape, dtype)
    dx = kernels.avg_pool_dx(g, weight, shape, *options)
    same(dx, reference.avg_pool_dx(g, weight, shape, *options))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8])
def test_integers_have_a_maximum_too(dtype):
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    largest, _ = kernels.max_pool(x, (1, 2), (2, 2), (1, 2), (0, 1), (1, 1))
    assert largest.dtype == dtype
    np.testing.assert_array_equal(largest, [[3, 5]])


@st.composite
def blends(draw):
    """A map of a few entries, each place at most once, and axes that follow its own."""
    size, source = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    places = np.array(draw(st.lists(st.integers(0, size * source - 1), unique=True)), int)
    weights = np.linspace(-1, 1, len(places)) if draw(st.booleans()) else None
    blend = kernels.Blend(size, source, places // source, places % source, weights)
    return blend, draw(st.sampled_from([(), (3,), (2, 1)]))


@quick
@given(blends(), dtypes | st.just(np.int64), seeds, st.sampled_from([(), (2,), (0, 2)]))
def test_blends(case, dtype, seed, lead):
    """What has no entry does not count, not even NaN; integers without weights stay integers."""
    blend, trail = case
    rng = np.random.default_rng(seed)
    axis = -1 - len(trail)
    for some in (blend, blend.transposed):
        x = (4 * normal(rng, (*lead, some.source, *trail), float)).astype(dtype)
        if dtype != np.int64:
            x[rng.random(x.shape) < 0.1] = np.nan
        expected = np.ascontiguousarray(reference.blend_axis(x, some, axis))
        same(kernels.blend_axis(x, some, axis), expected)


@quick
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20), dtypes, seeds)
def test_products_of_stacks(m, k, n, dtype, seed):
    """Small matrices and larger ones, transposed and reversed."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(3, k, m)).astype(dtype), rng.normal(size=(1, n, k)).astype(dtype)
    x, y = x.swapaxes(1, 2)[::-1], y.swapaxes(1, 2)[..., ::-1]
    same(kernels.matmul(x, y), (x[:, :, :, None] * y[:, None]).sum(2))
