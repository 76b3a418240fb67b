"""Convolutions of every kind, unfold and fold: values and derivatives next to PyTorch's."""

import numpy as np
import pytest

import autograd as ag

from .comparing import compare, torch

pytestmark = pytest.mark.oracle

F = torch.nn.functional


def check(ours, theirs, *shapes, **options):
    """Compare both on random arrays of these shapes, to the second derivatives."""
    rng = np.random.default_rng(0)
    compare(ours, theirs, *(rng.normal(size=shape) for shape in shapes), order=2, **options)


def transposed(ours, theirs, x, w, options, bias):
    """Check a transposed convolution, whose outputs are w.shape[1] for each group."""
    outputs = (w[1] * options.get("groups", 1),)
    check(ours, theirs, *([x, w, outputs] if bias else [x, w]), **options)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 8), (4, 3, 3), {}),
        ((2, 3, 8), (4, 3, 3), {"stride": 2}),
        ((2, 3, 9), (4, 3, 2), {"stride": (4,), "padding": (3,)}),
        ((2, 3, 9), (4, 3, 3), {"dilation": 3}),
        ((2, 3, 8), (4, 3, 4), {"padding": "same", "dilation": 2}),
        ((2, 3, 8), (4, 3, 4), {"padding": "valid"}),
        ((2, 4, 8), (6, 2, 3), {"groups": 2, "stride": 3, "padding": 1, "dilation": 2}),
        ((2, 4, 8), (8, 1, 3), {"groups": 4}),
        ((2, 3, 8), (4, 3, 1), {}),
        ((2, 3, 8), (4, 3, 8), {}),
        ((3, 8), (4, 3, 3), {"padding": 1}),
        ((0, 3, 8), (4, 3, 3), {}),
        ((30, 16, 100), (8, 16, 9), {"stride": 2}),
    ],
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_conv1d(x, w, options, bias):
    check(ag.conv1d, F.conv1d, *([x, w, w[:1]] if bias else [x, w]), **options)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 8, 7), (4, 3, 3, 3), {}),
        ((2, 3, 8, 7), (4, 3, 3, 2), {"stride": 2}),
        ((2, 3, 8, 7), (4, 3, 3, 3), {"padding": 1}),
        ((2, 3, 8, 7), (4, 3, 5, 3), {"stride": (2, 3), "padding": (4, 1)}),
        ((2, 3, 9, 9), (4, 3, 3, 3), {"dilation": 2}),
        ((2, 3, 9, 9), (4, 3, 3, 2), {"dilation": (1, 3), "stride": (3, 2), "padding": (0, 5)}),
        ((2, 3, 8, 7), (4, 3, 4, 3), {"padding": "same"}),
        ((2, 3, 8, 7), (4, 3, 2, 4), {"padding": "same", "dilation": (3, 1)}),
        ((2, 3, 8, 7), (4, 3, 4, 3), {"padding": "valid", "stride": 2}),
        ((2, 4, 8, 7), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
        ((2, 4, 8, 7), (4, 1, 3, 3), {"groups": 4, "stride": 2}),
        ((2, 4, 8, 7), (8, 1, 3, 3), {"groups": 4, "dilation": 2}),
        ((2, 3, 8, 7), (4, 3, 1, 1), {}),
        ((2, 3, 8, 7), (4, 3, 1, 1), {"stride": 3}),
        ((2, 3, 4, 5), (4, 3, 4, 5), {}),
        ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        ((3, 8, 7), (4, 3, 3, 3), {"padding": 1}),
        ((0, 3, 8, 7), (4, 3, 3, 3), {}),
        ((20, 16, 14, 14), (32, 16, 5, 5), {"padding": 2}),
        ((40, 64, 3, 3), (32, 64, 3, 3), {}),
    ],
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_conv2d(x, w, options, bias):
    check(ag.conv2d, F.conv2d, *([x, w, w[:1]] if bias else [x, w]), **options)


@pytest.mark.parametrize(
    ("padding", "stride"),
    [(((1, 0), (0, 2)), 1), (((0, 3), (2, 1)), 2), (((2, 2), (0, 0)), (1, 3))],
)
def test_conv2d_with_other_padding_on_the_other_side(padding, stride):
    (top, bottom), (left, right) = padding

    def theirs(x, w, padding, stride):
        return F.conv2d(F.pad(x, (left, right, top, bottom)), w, stride=stride)

    check(ag.conv2d, theirs, (2, 3, 6, 7), (4, 3, 3, 2), padding=padding, stride=stride)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 4, 6, 5), (4, 3, 2, 3, 3), {}),
        ((2, 3, 5, 6, 5), (4, 3, 2, 3, 1), {"stride": 2}),
        ((2, 3, 5, 6, 7), (4, 3, 3, 2, 3), {"stride": (1, 3, 2), "padding": (0, 2, 1)}),
        ((2, 3, 5, 6, 7), (4, 3, 2, 2, 3), {"dilation": (3, 1, 2)}),
        ((2, 3, 4, 5, 4), (4, 3, 3, 2, 3), {"padding": "same"}),
        ((2, 4, 4, 5, 4), (6, 2, 3, 2, 3), {"groups": 2, "padding": 1, "stride": 3}),
        ((2, 4, 4, 5, 4), (4, 1, 2, 2, 2), {"groups": 4, "dilation": 2, "padding": "valid"}),
        ((2, 3, 4, 5, 6), (4, 3, 4, 5, 6), {}),
        ((2, 3, 4, 5, 6), (4, 3, 1, 1, 1), {"stride": 2}),
        ((3, 4, 5, 6), (4, 3, 2, 2, 2), {}),
        ((0, 3, 4, 5, 6), (4, 3, 2, 2, 2), {}),
        ((9, 8, 6, 12, 12), (8, 8, 3, 3, 3), {"padding": 1}),
    ],
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_conv3d(x, w, options, bias):
    check(ag.conv3d, F.conv3d, *([x, w, w[:1]] if bias else [x, w]), **options)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 5), (3, 4, 3), {}),
        ((2, 3, 5), (3, 4, 3), {"stride": 2, "output_padding": 1}),
        ((2, 3, 5), (3, 4, 3), {"stride": 3, "padding": 2, "output_padding": 2}),
        ((2, 3, 5), (3, 4, 3), {"dilation": 3, "output_padding": 2}),
        ((2, 3, 5), (3, 4, 3), {"dilation": 3, "padding": 1, "output_padding": 2}),
        ((2, 3, 5), (3, 4, 1), {"stride": 3}),
        ((2, 4, 5), (4, 3, 3), {"groups": 2, "stride": 2, "padding": 1, "dilation": 2}),
        ((2, 4, 5), (4, 1, 3), {"groups": 4}),
        ((3, 5), (3, 4, 3), {"padding": 2}),
        ((3, 1), (3, 4, 1), {}),
        ((0, 3, 5), (3, 4, 3), {"stride": 2, "output_padding": 1}),
    ],
)
@pytest.mark.parametrize("bias", [0, 1])
def test_conv_transpose1d(x, w, options, bias):
    transposed(ag.conv_transpose1d, F.conv_transpose1d, x, w, options, bias)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 4, 5), (3, 4, 3, 2), {}),
        ((2, 3, 4, 5), (3, 4, 3, 2), {"stride": (2, 3)}),
        ((2, 3, 4, 5), (3, 4, 3, 3), {"stride": (2, 3), "padding": 1, "output_padding": (1, 2)}),
        ((2, 3, 4, 5), (3, 4, 3, 3), {"stride": 2, "output_padding": 1}),
        ((2, 3, 4, 5), (3, 4, 3, 3), {"dilation": (1, 2), "output_padding": (0, 1)}),
        ((2, 3, 4, 5), (3, 4, 4, 5), {"padding": (3, 2)}),
        ((2, 4, 4, 5), (4, 3, 3, 3), {"groups": 2, "stride": 2, "padding": 1}),
        ((2, 4, 4, 5), (4, 2, 2, 3), {"groups": 4, "dilation": 2, "padding": 2}),
        ((2, 3, 4, 5), (3, 4, 1, 1), {"stride": 2, "output_padding": 1}),
        ((3, 4, 5), (3, 4, 3, 3), {"padding": 1}),
        ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        ((0, 3, 4, 5), (3, 4, 3, 3), {}),
        ((20, 16, 9, 9), (16, 8, 5, 5), {"stride": 2, "padding": 2, "output_padding": 1}),
    ],
)
@pytest.mark.parametrize("bias", [0, 1])
def test_conv_transpose2d(x, w, options, bias):
    transposed(ag.conv_transpose2d, F.conv_transpose2d, x, w, options, bias)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 3, 4, 2), (3, 4, 2, 3, 2), {}),
        ((2, 3, 3, 4, 2), (3, 4, 2, 3, 2), {"stride": (1, 2, 3), "output_padding": (0, 1, 2)}),
        ((2, 3, 3, 4, 2), (3, 4, 2, 3, 2), {"stride": 2, "padding": 1, "output_padding": 1}),
        ((2, 4, 3, 4, 2), (4, 1, 2, 3, 2), {"groups": 2, "dilation": 2, "padding": (1, 2, 0)}),
        ((3, 3, 4, 2), (3, 4, 2, 1, 2), {}),
        ((0, 3, 3, 4, 2), (3, 4, 2, 1, 2), {}),
    ],
)
@pytest.mark.parametrize("bias", [0, 1])
def test_conv_transpose3d(x, w, options, bias):
    transposed(ag.conv_transpose3d, F.conv_transpose3d, x, w, options, bias)


WINDOWS = [
    ((2, 3, 6, 7), {"kernel_size": 3}),
    ((2, 3, 6, 7), {"kernel_size": (2, 3), "stride": (3, 2)}),
    ((2, 3, 6, 7), {"kernel_size": 3, "padding": (2, 1), "stride": 2}),
    ((2, 3, 6, 7), {"kernel_size": (2, 3), "dilation": (4, 2), "padding": (1, 0)}),
    ((2, 3, 6, 7), {"kernel_size": (6, 7)}),
    ((2, 3, 6, 7), {"kernel_size": 1, "stride": 4}),
    ((3, 6, 7), {"kernel_size": 2}),
    ((0, 3, 6, 7), {"kernel_size": 2}),
]


@pytest.mark.parametrize(("x", "options"), WINDOWS)
def test_unfold(x, options):
    check(ag.unfold, F.unfold, x, **options)


@pytest.mark.parametrize(("x", "options"), WINDOWS)
def test_fold(x, options):
    columns = F.unfold(torch.zeros(x), **options).shape
    check(ag.fold, F.fold, columns, output_size=x[-2:], **options)


def torch_tiled_conv2d(x, w, b, **options):
    """Every filter at every place, and of those the right one."""
    rows, columns = w.shape[:2]
    out = [[F.conv2d(x, w[i, j], b[i, j], **options) for j in range(columns)] for i in range(rows)]
    picked = torch.zeros_like(out[0][0])
    for i in range(rows):
        for j in range(columns):
            mask = torch.zeros_like(picked)
            mask[..., i::rows, j::columns] = 1
            picked = picked + mask * out[i][j]
    return picked


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 8, 7), (2, 2, 4, 3, 3, 3), {}),
        ((2, 3, 8, 7), (3, 2, 4, 3, 3, 2), {"stride": (1, 2), "padding": 1}),
        ((2, 3, 8, 7), (2, 3, 4, 3, 2, 2), {"dilation": 2, "stride": 2}),
        ((2, 3, 8, 7), (1, 1, 4, 3, 3, 3), {"padding": (2, 1)}),
        ((3, 8, 7), (2, 1, 4, 3, 3, 3), {}),
        ((0, 3, 8, 7), (2, 2, 4, 3, 3, 3), {}),
    ],
)
def test_tiled_conv2d(x, w, options):
    check(ag.tiled_conv2d, torch_tiled_conv2d, x, w, w[:3], **options)


@pytest.mark.parametrize(
    ("x", "w", "options"),
    [
        ((2, 3, 5, 4), (3, 2, 4, 3, 3, 3), {}),
        ((2, 3, 5, 4), (2, 3, 4, 3, 3, 2), {"stride": (2, 1)}),
        ((2, 3, 5, 4), (5, 4, 1, 3, 3, 3), {"padding": 1}),
        ((3, 5, 4), (1, 1, 2, 3, 5, 4), {}),
        ((0, 3, 5, 4), (3, 2, 4, 3, 2, 2), {"dilation": 2}),
    ],
)
def test_locally_connected2d(x, w, options):
    check(ag.locally_connected2d, torch_tiled_conv2d, x, w, w[:3], **options)
