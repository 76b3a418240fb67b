"""Convolution, pooling and resampling layers: settings, misfits, and what PyTorch does not have."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F  # noqa: N812

BAD_SETTINGS = {
    "kernel": (lambda: nn.Conv1d(2, 3, 0), "Conv1d: kernel_size must be at least 1, got 0"),
    "stride": (lambda: nn.Conv3d(2, 3, 2, 0), "Conv3d: stride must be at least 1, got 0"),
    "padding": (lambda: nn.Conv2d(2, 3, 2, padding=-1), "Conv2d: padding must be at least 0, got"),
    "groups": (lambda: nn.ConvTranspose2d(3, 4, 3, groups=2), "ConvTranspose2d: in_channels 3 and"),
    "zero groups": (lambda: nn.Conv2d(2, 4, 3, groups=0), "Conv2d: groups must be at least 1"),
    "mode": (lambda: nn.ConvTranspose1d(2, 3, 2, padding_mode="reflect"), "padding_mode must be"),
    "same": (lambda: nn.ConvTranspose1d(2, 3, 2, padding="same"), "padding must be ints, got 'sa"),
    "extra": (lambda: nn.ConvTranspose1d(2, 3, 2, 2, 0, 2), "output_padding 2 must be less than"),
    "pool padding": (lambda: nn.MaxPool2d(2, padding=2), "MaxPool2d: padding 2 is more than"),
    "pool stride": (lambda: nn.AvgPool1d(2, 0), "AvgPool1d: stride must be at least 1, got 0"),
    "divisor": (lambda: nn.AvgPool2d(2, divisor_override=0), "divisor_override must not be 0"),
    "norm": (lambda: nn.LPPool2d(0, 2), "LPPool2d: norm_type must be positive, got 0"),
    "output size": (lambda: nn.AdaptiveAvgPool2d(0), "output_size must be at least 1, got 0"),
    "tile": (lambda: nn.TiledConv2d(2, 3, 2, 0), "TiledConv2d: tile must be at least 1, got 0"),
    "no size": (lambda: nn.Upsample(), "Upsample: needs either size or scale_factor"),
    "two sizes": (lambda: nn.Upsample(2, 2), "Upsample: needs either size or scale_factor"),
    "factor": (lambda: nn.PixelShuffle(0), "PixelShuffle: upscale_factor must be at least 1, got"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_settings_that_make_no_sense_are_refused(case):
    action, match = BAD_SETTINGS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


@pytest.mark.parametrize(
    ("action", "match"),
    [
        (
            lambda: nn.Conv2d(2, 3, (3, 3, 3)),
            "Conv2d: kernel_size must be an int or a pair",
        ),
        (lambda: nn.Conv1d(2, 3, 2.5), "Conv1d: kernel_size must be an int, got 2.5"),
        (lambda: nn.MaxPool3d((2, 2)), "MaxPool3d: kernel_size must be an int or a triple"),
        (
            lambda: nn.AdaptiveMaxPool2d((2, 2, 2)),
            "AdaptiveMaxPool2d: output_size must be an",
        ),
        (lambda: nn.Unfold("2"), "Unfold: kernel_size must be"),
    ],
)
def test_sizes_of_the_wrong_kind_are_refused(action, match):
    with pytest.raises(DTypeError, match=match):
        action()


def test_a_grid_without_places_is_refused():
    with pytest.raises(ShapeError, match=r"LocallyConnected2d: .*do not fit"):
        nn.LocallyConnected2d(1, 1, 2, 3)


MISFITS = {
    "channels": (nn.Conv1d(3, 8, 3), (1, 4, 8), "0 (Conv1d 3 -> 8): x has 4 channels, expected 3"),
    "axes": (nn.Conv3d(3, 8, 3), (1, 3, 8), "0 (Conv3d 3 -> 8): x has 3 axes, expected 5: batch"),
    "transposed": (
        nn.ConvTranspose2d(3, 8, 3), (1, 4, 8, 8), "0 (ConvTranspose2d 3 -> 8): x has 4 channels"),
    "too small": (nn.Conv2d(3, 8, 5), (1, 3, 4, 4), "do not fit"),
    "local": (
        nn.LocallyConnected2d(3, 8, 6, 3), (1, 3, 6, 7),
        "0 (LocallyConnected2d 3 -> 8): x has shape (1, 3, 6, 7), expected (N, 3, 6, 6)"),
    "tiled": (nn.TiledConv2d(3, 8, 3), (1, 4, 6, 7), "0 (TiledConv2d 3 -> 8): x has shape (1, 4"),
    "pool": (nn.MaxPool2d(3), (1, 3, 2, 2), "does not fit into"),
    "pool axes": (nn.AvgPool1d(3), (3, 2, 2, 2), "x must have 3 axes"),
    "adaptive": (nn.AdaptiveAvgPool2d(3), (3, 2), "x must have 4 axes"),
    "global": (nn.GlobalAvgPool(), (3, 2), "0 (GlobalAvgPool): x has 2 axes, expected at least 3"),
    "upsample": (nn.Upsample(4, mode="bilinear"), (2, 3), "x must have"),
    "shuffle": (nn.PixelShuffle(2), (1, 3, 2, 2), "x has 3 channels"),
    "unfold": (nn.Unfold(2), (3, 3), "x must have 4 axes"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(case):
    layer, shape, fact = MISFITS[case]
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(layer)(np.ones(shape))
    assert fact in str(caught.value)
    assert f"in 0 ({type(layer).__name__})" in str(caught.value)


def local_result(x, w, b, period, stride, padding):
    """The definition: at (i, j) the filters w[i % TH, j % TW], applied to the window there."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    rows, columns = ((n - 3) // stride + 1 for n in x.shape[2:])
    out = np.empty((len(x), w.shape[2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = x[:, :, i * stride : i * stride + 3, j * stride : j * stride + 3]
        at = i % period[0], j % period[1]
        out[:, :, i, j] = np.einsum("ncuv,ocuv->no", window, w[at]) + b[at]
    return out


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_filters_change_from_place_to_place(stride, padding):
    x = np.random.default_rng(0).normal(size=(2, 3, 7, 8))
    grid = (5, 6) if stride == 1 else (4, 4)
    own = nn.LocallyConnected2d(3, 4, (7, 8), 3, stride, padding, dtype="f8")
    tiled = nn.TiledConv2d(3, 4, 3, (2, 3), stride, padding, dtype="f8")
    for layer, period in ((own, grid), (tiled, (2, 3))):
        assert layer.weight.shape == (*period, 4, 3, 3, 3)
        w, b = np.asarray(layer.weight), np.asarray(layer.bias)
        assert np.allclose(layer(x), local_result(x, w, b, period, stride, padding))
        bound = 1 / np.sqrt(27)
        assert 0.9 * bound < np.abs(w).max() <= bound
        assert np.abs(b).max() <= bound


def test_local_layers_show_their_settings():
    assert repr(nn.LocallyConnected2d(3, 4, 8, 3, bias=False)) == (
        "LocallyConnected2d(3, 4, input_size=(8, 8), kernel_size=(3, 3), stride=(1, 1), "
        "padding=(0, 0), dilation=(1, 1), bias=False)"
    )
    assert repr(nn.TiledConv2d(3, 4, 3, padding="same")) == (
        "TiledConv2d(3, 4, tile=(2, 2), kernel_size=(3, 3), stride=(1, 1), padding=same, "
        "dilation=(1, 1))"
    )


def test_stochastic_pooling_draws_in_training_and_weights_in_evaluation():
    layer = nn.StochasticPool2d(2, rng=0)
    x = Tensor(np.broadcast_to(np.array([[1.0, 3.0], [0.0, 0.0]]), (4000, 1, 2, 2)))
    drawn = np.asarray(layer(x)).ravel()
    assert set(drawn) == {1.0, 3.0}
    assert (drawn == 3).mean() == pytest.approx(0.75, abs=0.03)
    assert set(np.asarray(layer.eval()(x)).ravel()) == {2.5}
    assert repr(layer) == "StochasticPool2d(kernel_size=2, stride=2)"
    with pytest.raises(ArgumentError, match="not be negative"):
        layer(-x)


def test_a_convolution_of_one_image_and_of_a_batch_agree():
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 6))
    for layer in (
        nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), nn.ConvTranspose2d(3, 4, 3),
        nn.LocallyConnected2d(3, 4, 6, 3), nn.TiledConv2d(3, 4, 3), nn.MaxPool2d(2),
        nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.PixelUnshuffle(2), nn.Unfold(2),
    ):  # fmt: skip
        assert np.allclose(layer(x[1]), np.asarray(layer(x))[1])


def test_the_mean_of_each_channel():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    assert np.allclose(nn.GlobalAvgPool()(x), x.mean((2, 3)))
    assert np.allclose(F.global_avg_pool(x[..., 0]), x[..., 0].mean(2))
    with pytest.raises(ShapeError, match=r"global_avg_pool: x must be \(N, C, ...\)"):
        F.global_avg_pool(np.ones(3))
