"""Adaptive pooling and resampling next to PyTorch's: values and gradients, in float64."""

import numpy as np
import pytest

import autograd as ag

from .comparing import compare, torch
from .test_pool import AXES, both, images

pytestmark = pytest.mark.oracle

F = torch.nn.functional


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("lead", [(2, 3), (3,)])
@pytest.mark.parametrize("size", [1, 2, 3, 4, (6, 9, 7), (5, 1, 8), (None, 2, None)])
def test_adaptive_pooling(axes, lead, size):
    """Also windows that overlap, and results that are larger than x."""
    x, size = images(axes, *lead), size[-axes:] if isinstance(size, tuple) else size
    if axes == 1 and size == (None,):
        size = 7
    compare(*both("adaptive_avg_pool", axes), x, size)
    compare(*both("adaptive_max_pool", axes), x, size, return_indices=True)


@pytest.mark.parametrize("axes", AXES)
def test_the_first_of_several_largest_elements_is_the_index_in_adaptive_windows(axes):
    x = np.random.default_rng(0).integers(0, 2, (2, 3, *[7] * axes)).astype(float)
    x[0, 0] = -np.inf
    ours, theirs = both("adaptive_max_pool", axes)
    for size in (2, 3, 7):
        expected = theirs(torch.tensor(x), size, return_indices=True)
        for a, b in zip(ours(x, size, return_indices=True), expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("axes", AXES)
def test_nan_and_infinity_stay_in_their_adaptive_windows(axes):
    x = images(axes, 1, 2)
    x[..., 0], x[..., -1] = np.nan, np.inf
    for name in ("adaptive_avg_pool", "adaptive_max_pool"):
        ours, theirs = both(name, axes)
        for size in (1, 4):
            np.testing.assert_allclose(ours(x, size), theirs(torch.tensor(x), size), rtol=1e-12)


MODES = {
    1: ["nearest", "nearest-exact", "linear", "area"],
    2: ["nearest", "nearest-exact", "bilinear", "bicubic", "area"],
    3: ["nearest", "nearest-exact", "trilinear", "area"],
}
modes = pytest.mark.parametrize(("axes", "mode"), [(a, m) for a in AXES for m in MODES[a]])


def align(mode):
    """The values of align_corners that PyTorch takes in this mode."""
    return [None] if mode in ("nearest", "nearest-exact", "area") else [False, True]


def resized(mode, align_corners, **options):
    """Ours and theirs."""
    mine = {} if align_corners is None else {"align_corners": align_corners}
    return (
        lambda x: ag.interpolate(x, mode=mode, **mine, **options),
        lambda x: F.interpolate(x, mode=mode, align_corners=align_corners, **options),
    )


@modes
@pytest.mark.parametrize("size", [1, 2, 7, (3, 12, 5), (6, 9, 7), (13, 5, 20)])
def test_interpolate_to_a_size(axes, mode, size):
    size = size[-axes:] if isinstance(size, tuple) else size
    for align_corners in align(mode):
        compare(*resized(mode, align_corners, size=size), images(axes, 2, 3))


@modes
@pytest.mark.parametrize("scale", [1, 2, 3.0, 0.5, 1.7, 0.3, (0.4, 2.5, 1.2)])
def test_interpolate_by_a_factor(axes, mode, scale):
    """PyTorch measures by the factor itself, not by the sizes that were rounded down from it."""
    scale = scale[-axes:] if isinstance(scale, tuple) else scale
    for align_corners in align(mode):
        compare(*resized(mode, align_corners, scale_factor=scale), images(axes, 2, 3))


def test_interpolate_an_empty_batch():
    compare(*resized("bilinear", False, size=(3, 4)), np.ones((0, 3, 9, 7)))


def test_nearest_pixels_of_integers_stay_integers():
    x = np.arange(12, dtype=np.uint8).reshape(1, 1, 3, 4)
    out = ag.interpolate(x, size=(5, 3))
    assert out.dtype == np.uint8
    np.testing.assert_array_equal(out, F.interpolate(torch.tensor(x), size=(5, 3)))


@pytest.mark.parametrize(
    ("name", "shape", "argument"),
    [
        ("pixel_shuffle", (2, 12, 3, 5), 2),
        ("pixel_shuffle", (9, 3, 5), 3),
        ("pixel_unshuffle", (2, 3, 4, 6), 2),
        ("pixel_unshuffle", (3, 6, 9), 3),
        ("channel_shuffle", (2, 12, 3, 5), 3),
        ("channel_shuffle", (2, 6, 4), 2),
    ],
)
@pytest.mark.filterwarnings("ignore:.*channel_shuffle.*")
def test_shuffles(name, shape, argument):
    x = np.random.default_rng(0).normal(size=shape)
    compare(getattr(ag, name), getattr(F, name), x, argument)
