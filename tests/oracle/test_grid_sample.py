"""grid_sample next to PyTorch's: values and both gradients, in float64."""

import numpy as np
import pytest

import autograd as ag

from .comparing import compare, torch

pytestmark = pytest.mark.oracle

PADDINGS = ["zeros", "border", "reflection"]


def agree(x, grid, **options):
    """Value, gradient by x and gradient by the grid."""
    theirs = torch.nn.functional.grid_sample
    compare(ag.grid_sample, theirs, x, grid, close=1e-9, **options)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding_mode", PADDINGS)
@pytest.mark.parametrize(
    ("mode", "axes"),
    [("bilinear", 2), ("nearest", 2), ("bicubic", 2), ("bilinear", 3), ("nearest", 3)],
)
@pytest.mark.parametrize("reach", [0.9, 1.5, 6.0])
def test_grid_sample(mode, axes, padding_mode, align_corners, reach):
    """Points inside, around and far outside of the image."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, *(3, 5, 4)[-axes:]))
    grid = rng.uniform(-reach, reach, (2, *(2, 6, 5)[-axes:], axes))
    agree(x, grid, mode=mode, padding_mode=padding_mode, align_corners=align_corners)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding_mode", PADDINGS)
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_images_of_one_pixel_or_one_row(mode, padding_mode, align_corners):
    rng = np.random.default_rng(0)
    grid = rng.uniform(-1.5, 1.5, (1, 3, 4, 2))
    for image in ((1, 1), (1, 4)):
        x = rng.normal(size=(1, 2, *image))
        agree(x, grid, mode=mode, padding_mode=padding_mode, align_corners=align_corners)
