"""Pooling and resampling layers against PyTorch's."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812

from .modules import both, check, close, table, torch

pytestmark = pytest.mark.oracle

X1, X2, X3 = [(2, 3, 9)], [(2, 3, 7, 6)], [(2, 3, 5, 4, 6)]

POOLS = [
    ("MaxPool1d", (2,), {}, X1),
    ("MaxPool1d", (3, 2, 1, 2, False, True), {}, [(3, 9)]),
    ("MaxPool2d", (2,), {}, X2),
    ("MaxPool2d", ((3, 2),), {"stride": 1, "padding": 1, "dilation": 2}, X2),
    ("MaxPool2d", (3, 2, 1, 1, False, True), {}, [(3, 8, 8)]),
    ("MaxPool3d", (2,), {}, X3),
    ("MaxPool3d", ((1, 2, 3), 2), {"ceil_mode": True, "padding": (0, 1, 1)}, [(3, 5, 4, 6)]),
    ("AvgPool1d", (2,), {}, X1),
    ("AvgPool1d", (3, 2, 1, True, False), {}, [(3, 8)]),
    ("AvgPool2d", (2,), {}, X2),
    ("AvgPool2d", (3, 2, 1, False, False), {}, X2),
    ("AvgPool2d", (3, 2, 1, True, True), {}, [(1, 2, 8, 7)]),
    ("AvgPool2d", ((3, 1), 2), {"divisor_override": 5}, [(3, 8, 7)]),
    ("AvgPool3d", (2,), {}, X3),
    ("AvgPool3d", ((1, 2, 3), 2, (0, 1, 1), True, False), {}, [(3, 5, 4, 6)]),
    ("AvgPool3d", (2, 1, 0, False, True, 3), {}, X3),
    ("LPPool1d", (2, 3), {}, X1),
    ("LPPool1d", (4, 3, 2, True), {}, [(3, 9)]),
    ("LPPool2d", (2, (2, 3)), {}, X2),
    ("LPPool2d", (2, 3), {"stride": 2}, [(3, 7, 6)]),
    ("LPPool3d", (2, 2), {}, X3),
    ("AdaptiveAvgPool1d", (4,), {}, X1),
    ("AdaptiveAvgPool2d", (1,), {}, X2),
    ("AdaptiveAvgPool2d", ((3, None),), {}, [(3, 7, 6)]),
    ("AdaptiveAvgPool2d", ((2, 4),), {}, X2),
    ("AdaptiveAvgPool3d", ((2, 3, 4),), {}, X3),
    ("AdaptiveMaxPool1d", (4,), {}, X1),
    ("AdaptiveMaxPool2d", ((3, None),), {}, X2),
    ("AdaptiveMaxPool2d", (2, False), {}, [(3, 7, 6)]),
    ("AdaptiveMaxPool3d", ((2, 3, 4),), {}, X3),
]
RESAMPLING = [
    ("Upsample", (), {"scale_factor": 2}, X2),
    ("Upsample", (4,), {}, X1),
    ("Upsample", ((4, 9),), {"mode": "bilinear"}, X2),
    ("Upsample", (None, 2.5, "bilinear"), {"align_corners": True}, X2),
    ("Upsample", (None, 1.7, "bilinear", False, True), {}, X2),
    ("Upsample", (None, (1.7, 0.6), "bicubic", False), {}, X2),
    ("Upsample", (None, 1.7, "linear", None, False), {}, X1),
    ("Upsample", ((4, 3, 7), None, "trilinear"), {}, X3),
    ("Upsample", ((4, 3),), {"mode": "area"}, X2),
    ("Upsample", (None, 1.6, "nearest-exact"), {}, X2),
    ("PixelShuffle", (2,), {}, [(2, 8, 3, 2)]),
    ("PixelShuffle", (3,), {}, [(9, 3, 2)]),
    ("PixelUnshuffle", (2,), {}, [(2, 3, 4, 6)]),
    ("ChannelShuffle", (3,), {}, [(2, 6, 2, 2)]),
]


@table(POOLS)
def test_pooling_layers(case):
    check(case)


@table(RESAMPLING)
def test_resampling_layers(case):
    check(case)


MAXIMA = [("MaxPool1d", "MaxUnpool1d"), ("MaxPool2d", "MaxUnpool2d"), ("MaxPool3d", "MaxUnpool3d")]


@pytest.mark.parametrize(("pool", "unpool"), MAXIMA)
@pytest.mark.parametrize("args", [(2,), (3, 2), (3, 2, 1)])
def test_places_of_the_largest_lead_back(pool, unpool, args):
    axes = int(pool[-2])
    x = np.random.default_rng(0).normal(size=(2, 3, *[7] * axes))
    ours = getattr(nn, pool)(*args, return_indices=True)
    theirs = getattr(torch.nn, pool)(*args, return_indices=True)
    (largest, places), (expected, their_places) = ours(Tensor(x)), theirs(torch.tensor(x))
    close(largest, expected)
    assert np.array_equal(np.asarray(places), their_places.numpy())
    back, their_back = (getattr(m, unpool)(*args) for m in (nn, torch.nn))
    assert repr(back) == repr(their_back)
    size = x.shape[2:]
    close(back(largest, places, size), their_back(expected, their_places, output_size=size))
    if args == (2,):  # PyTorch adds the gradients of all values that are written to one place
        both(
            lambda t: back(t, places, size),
            lambda t: their_back(t, their_places, output_size=size),
            largest.numpy(),
        )


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_without_a_size_the_smallest_image_is_made(axes):
    x = np.random.default_rng(0).normal(size=(2, 3, *[6] * axes))
    largest, places = getattr(nn, f"MaxPool{axes}d")(2, return_indices=True)(x)
    back, their_back = (getattr(m, f"MaxUnpool{axes}d")(2) for m in (nn, torch.nn))
    both(lambda t: back(t, places), lambda t: their_back(t, torch.tensor(places)), largest)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_places_of_adaptive_pooling(axes):
    x = np.random.default_rng(0).normal(size=(2, 3, *[7] * axes))
    ours, theirs = (getattr(m, f"AdaptiveMaxPool{axes}d")(3, True) for m in (nn, torch.nn))
    (largest, places), (expected, their_places) = ours(Tensor(x)), theirs(torch.tensor(x))
    close(largest, expected)
    assert np.array_equal(np.asarray(places), their_places.numpy())


def test_the_mean_of_each_channel_is_pooling_to_one_pixel():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    both(
        nn.GlobalAvgPool(),
        torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()),
        x,
    )


X = {1: (2, 4, 9), 2: (2, 4, 8, 6), 3: (1, 4, 5, 6, 7)}
FUNCTIONS = [
    *((f"max_pool{n}d", n, (3, 2, 1, 1, True, False)) for n in X),
    ("avg_pool1d", 1, (3, 2, 1, True, False)),
    *((f"avg_pool{n}d", n, (3, 2, 1, True, False, 5)) for n in (2, 3)),
    *((f"lp_pool{n}d", n, (2.0, 3, 2, False)) for n in X),
    *((f"adaptive_avg_pool{n}d", n, (3,)) for n in X),
    *((f"adaptive_max_pool{n}d", n, (3, False)) for n in X),
    ("interpolate", 2, (None, 1.7, "bilinear", True, True)),
    ("interpolate", 3, ((3, 4, 5), None, "trilinear", False)),
    ("pixel_shuffle", 2, (2,)), ("pixel_unshuffle", 2, (2,)), ("channel_shuffle", 2, (2,)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "axes", "args"), FUNCTIONS)
def test_functions_take_the_same_positional_arguments(name, axes, args):
    x = np.random.default_rng(0).normal(size=X[axes])
    close(
        getattr(F, name)(Tensor(x), *args),
        getattr(torch.nn.functional, name)(torch.tensor(x), *args),
    )
