"""Pooling and resampling where it is easy to be wrong: ties, infinities, NaN, empty windows."""

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor

INF, NAN = np.inf, np.nan


def gradient(f, x):
    """The gradient of the sum of f(x)."""
    x = Tensor(np.asarray(x, float), requires_grad=True)
    with np.errstate(invalid="ignore"):
        f(x).sum().backward()
    return x.grad.numpy()


# Maxima


def adaptive(x):
    """Windows [0, 2), [1, 4) and [3, 5) of five elements."""
    return ag.adaptive_max_pool1d(x, 3)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: ag.max_pool1d(x, 2), [3.0, 3.0, 1.0, 2.0], [1 / 2, 1 / 2, 0, 1]),
        (lambda x: ag.max_pool1d(x, 2), [-INF, -INF, -INF, 2.0], [1 / 2, 1 / 2, 0, 1]),
        (lambda x: ag.max_pool1d(x, 2), [NAN, 5.0, NAN, NAN], [1, 0, 1 / 2, 1 / 2]),
        (lambda x: ag.max_pool1d(x, 3, 1, 1), [-INF, -INF, -INF], [5 / 6, 8 / 6, 5 / 6]),
        (adaptive, [2.0, 2.0, 2.0, 2.0, 1.0], [1 / 2, 5 / 6, 1 / 3, 4 / 3, 0]),
        (adaptive, [-INF, -INF, -INF, -INF, -INF], [1 / 2, 5 / 6, 1 / 3, 5 / 6, 1 / 2]),
        (adaptive, [1.0, NAN, 3.0, NAN, 4.0], [0, 3 / 2, 0, 3 / 2, 0]),
    ],
)
def test_ties_share_the_gradient(f, x, expected):
    np.testing.assert_allclose(gradient(lambda v: f(v[None]), x), expected, rtol=1e-14)


def test_padding_never_wins_not_even_over_minus_infinity():
    x = np.full((1, 2, 2), -INF)
    out, places = ag.max_pool2d(x, 2, stride=2, padding=1, return_indices=True)
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(places, [[[0, 1], [2, 3]]])


def test_a_window_without_any_pixel_has_no_index():
    x = np.ones((1, 1))
    out, places = ag.max_pool1d(x, 2, padding=1, dilation=2, return_indices=True)
    np.testing.assert_array_equal(out, [[-INF]])
    np.testing.assert_array_equal(places, [[-1]])
    with pytest.raises(ag.AutogradError, match="index -1 is out of bounds"):
        ag.max_unpool1d(out, places, 2, padding=1)


def test_of_two_elements_unpooled_to_one_place_the_last_stays():
    x = Tensor([[1.0, 2.0]], requires_grad=True)
    out = ag.max_unpool1d(x, np.array([[1, 1]]), kernel_size=2, stride=1)
    np.testing.assert_array_equal(out, [[0, 2, 0]])
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 1]])


# Power means


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 4])
def test_lp_pool_has_the_subgradient_zero_at_zero(p):
    g = gradient(lambda x: ag.lp_pool1d(x[None], p, 2), [0.0, 0.0, 3.0, 0.0])
    np.testing.assert_allclose(g, [0, 0, 1, 0], atol=1e-14)


def test_second_derivatives_of_lp_pool_see_zeros_beside_other_numbers():
    """sqrt(x^2 + y^2) curves in x even where x is 0."""
    h = ag.hessian(lambda x: ag.lp_pool1d(x[None], 2, 2).sum())(np.array([0.0, 2.0]))
    np.testing.assert_allclose(h, [[1 / 2, 0], [0, 0]], atol=1e-15)


def test_lp_pool_of_negative_numbers_is_a_norm():
    x = np.array([[-3.0, 4.0, -1.0, -1.0]])
    np.testing.assert_allclose(ag.lp_pool1d(x, 2, 2), [[5, 2**0.5]])
    np.testing.assert_allclose(ag.lp_pool1d(x, 3, 2), [[91 ** (1 / 3), 2 ** (1 / 3)]])
    np.testing.assert_allclose(ag.lp_pool1d(x, INF, 2), [[4, 1]])


# Stochastic pooling


def test_stochastic_pooling_draws_in_proportion():
    x = np.tile([[1.0, 2.0], [5.0, 0.0]], (1, 100, 100))
    drawn = ag.stochastic_pool2d(x, 2, rng=0)
    n, shares = drawn.size, np.array([1, 2, 5]) / 8
    counts = np.array([(drawn == v).sum() for v in (1, 2, 5)])
    assert counts.sum() == n
    assert np.all(np.abs(counts - n * shares) < 5 * np.sqrt(n * shares * (1 - shares)))


def test_stochastic_pooling_of_zeros_and_nan():
    x = np.array([[[0.0, 0.0, 1.0, NAN]]])
    for training in (True, False):

        def pool(v, training=training):
            return ag.stochastic_pool2d(v, (1, 2), training=training, rng=0)

        np.testing.assert_array_equal(pool(x), [[[0, NAN]]])
        assert not gradient(pool, x)[..., :2].any()


def test_the_package_generator_decides_stochastic_pooling_without_rng():
    x = np.ones((1, 8, 8)) + np.arange(64).reshape(1, 8, 8)
    ag.manual_seed(3)
    first = ag.stochastic_pool2d(x, 2)
    ag.manual_seed(3)
    np.testing.assert_array_equal(ag.stochastic_pool2d(x, 2), first)
    assert not np.array_equal(ag.stochastic_pool2d(x, 2), first)


# Resampling


def test_nearest_pixels_of_integers_stay_integers():
    x = np.arange(4, dtype=np.uint8).reshape(1, 1, 4)
    out = ag.interpolate(x, size=7)
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out, [[[0, 0, 1, 1, 2, 2, 3]]])


@pytest.mark.parametrize("n", range(1, 60))
def test_nearest_positions_are_exact(n):
    """floor(k * n / m) in whole numbers: there is no rounding to get wrong."""
    x = np.arange(n).reshape(1, 1, n)
    for m in range(1, 60):
        out = ag.interpolate(x, size=m)
        assert out.ravel().tolist() == [k * n // m for k in range(m)]


def test_what_has_no_weight_does_not_count():
    """An infinite element stays among its neighbours."""
    x = np.array([[[0.0, 0.0, INF, 0.0, 0.0]]])
    np.testing.assert_array_equal(ag.interpolate(x, size=5, mode="linear"), x)
    assert np.isinf(ag.interpolate(x, size=10, mode="linear")).sum() == 4


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "area"])
@pytest.mark.parametrize("size", [1, 3, 4, 9])
def test_resizing_keeps_a_constant(mode, size):
    out = ag.interpolate(np.full((1, 1, 4), 3.0), size=size, mode=mode)
    np.testing.assert_allclose(out, 3, rtol=1e-14)


def test_pixel_unshuffle_undoes_pixel_shuffle():
    x = np.arange(48.0).reshape(1, 12, 2, 2)
    np.testing.assert_array_equal(ag.pixel_unshuffle(ag.pixel_shuffle(x, 2), 2), x)


PADDINGS = ["zeros", "border", "reflection"]


@pytest.mark.parametrize("padding_mode", PADDINGS)
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_points_on_the_pixels_give_the_image(mode, padding_mode):
    x = np.random.default_rng(0).normal(size=(1, 2, 4, 5))
    rows, columns = np.meshgrid(np.linspace(-1, 1, 4), np.linspace(-1, 1, 5), indexing="ij")
    grid = np.stack([columns, rows], axis=-1)[None]
    out = ag.grid_sample(x, grid, mode, padding_mode, align_corners=True)
    np.testing.assert_allclose(out, x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", PADDINGS)
def test_a_point_that_is_nan_is_nan(mode, padding_mode):
    grid = np.array([[[[NAN, 0.0], [0.0, NAN], [0.1, 0.2]]]])
    out = ag.grid_sample(np.ones((1, 1, 3, 4)), grid, mode, padding_mode)
    np.testing.assert_array_equal(np.isnan(out), [[[[True, True, False]]]])
