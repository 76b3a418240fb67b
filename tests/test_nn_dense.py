"""Maxout, radial basis functions, DropConnect, noise, and margins, against their definitions."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.testing import check_grads
from nn import functional as F  # noqa: N812

BAD_SETTINGS = {
    "negative": (lambda: nn.Linear(-1, 3), "Linear: in_features must be at least 0, got -1"),
    "channels": (lambda: nn.Conv2d(2, 0, 3), "Conv2d: out_channels must be at least 1, got 0"),
    "eps": (lambda: nn.BatchNorm1d(3, -1), "BatchNorm1d: eps must not be negative, got -1"),
    "maxout": (lambda: nn.Maxout(2, 3, 0), "Maxout: k must be at least 1, got 0"),
    "kernel": (lambda: nn.RBF(2, 3, "cubic"), "RBF: no kernel 'cubic'; there is gaussian, multi"),
    "rbf": (lambda: F.rbf(np.ones(2), np.ones((1, 2)), np.ones(1), "cubic"), "rbf: no kernel"),
    "chance": (lambda: nn.DropConnect(2, 3, p=-1), "DropConnect: p must lie between 0 and 1, got"),
    "dropout2d": (lambda: nn.Dropout2d(2), "Dropout2d: p must lie between 0 and 1, got 2"),
    "noise": (lambda: nn.GaussianNoise(-1), "GaussianNoise: std must not be negative, got -1"),
    "widths": (lambda: nn.ZeroPad2d((1, 2)), "ZeroPad2d: padding must be an int or 4 ints, got"),
    "fractions": (lambda: nn.ZeroPad1d((1.5, 2)), "ZeroPad1d: padding must be an int or 2 ints"),
    "negative width": (lambda: nn.ReflectionPad1d(-1), "padding must not be negative, got -1"),
    "mode": (lambda: F.pad(np.ones(3), (1, 1), "mirror"), "pad: no mode 'mirror'; there is const"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_settings_that_make_no_sense_are_refused(case):
    action, match = BAD_SETTINGS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


@pytest.mark.parametrize(
    ("action", "match"),
    [
        (lambda: nn.Linear(2.5, 3), r"Linear: in_features must be an int, got 2\.5"),
        (lambda: nn.Linear(2, True), "Linear: out_features must be an int, got True"),
        (lambda: nn.Bilinear(2, "3", 1), "Bilinear: in2_features must be an int, got '3'"),
        (lambda: nn.Conv2d(2.0, 3, 3), r"Conv2d: in_channels must be an int, got 2\.0"),
        (lambda: nn.BatchNorm1d(None), "BatchNorm1d: num_features must be an int, got None"),
        (lambda: nn.LayerNorm((3, 1.5)), r"LayerNorm: normalized_shape must be an int, got 1\.5"),
        (lambda: nn.GroupNorm(2, "4"), "GroupNorm: num_channels must be an int, got '4'"),
        (lambda: nn.Dropout("half"), "Dropout: p must be a number, got 'half'"),
        (lambda: nn.ELU(None), "ELU: alpha must be a number, got None"),
        (lambda: nn.LeakyReLU("0.1"), r"LeakyReLU: negative_slope must be a number, got '0\.1'"),
        (lambda: nn.PixelShuffle(1.5), "PixelShuffle: upscale_factor must be an int"),
        (lambda: nn.LPPool1d("2", 2), "LPPool1d: norm_type must be a number"),
        (lambda: nn.Linear(2, 3, dtype=int), "only float tensors can require grad"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused(action, match):
    with pytest.raises(DTypeError, match=match):
        action()


MISFITS = {
    "maxout": (nn.Maxout(3, 2), (4, 5), "0 (Maxout 3 -> 2): x has 5 features, expected 3"),
    "rbf": (nn.RBF(3, 2), (4, 5), "0 (RBF 3 -> 2): x has shape (4, 5), expected 3 features"),
    "drop": (nn.DropConnect(3, 2), (4, 5), "0 (DropConnect 3 -> 2): x has 5 features, expected 3"),
    "channels": (nn.Dropout2d(), (4, 5), "x must have 3 or 4 axes, got 2"),
    "reflect": (nn.ReflectionPad1d(1), (5,), "0 (ReflectionPad1d): x has 1 axes, expected 3"),
    "zero": (nn.ZeroPad2d(1), (5,), "0 (ZeroPad2d): x has 1 axes, expected at least 2"),
    "cut": (nn.ZeroPad1d(-3), (1, 5), "leaves size -1"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_inputs_that_do_not_fit_are_told_with_the_layers_path(case):
    layer, shape, fact = MISFITS[case]
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(layer)(np.ones(shape))
    assert fact in str(caught.value)
    assert f"in 0 ({type(layer).__name__})" in str(caught.value)


def test_maxout_is_the_largest_of_its_linear_functions():
    layer = nn.Maxout(3, 4, k=5, dtype="f8", rng=0)
    x = np.random.default_rng(0).normal(size=(2, 7, 3))
    w, b = (np.asarray(p) for p in (layer.weight, layer.bias))
    pieces = np.stack([x @ w[i::5].T + b[i::5] for i in range(5)])
    assert np.allclose(layer(x), pieces.max(0))
    check_grads(layer, x, order=2)
    assert repr(layer) == "Maxout(in_features=3, out_features=4, bias=True, k=5)"
    assert nn.Maxout(3, 4, bias=False).bias is None


def test_two_pieces_make_a_relu():
    layer = nn.Maxout(1, 1, dtype="f8")
    layer.load_state_dict({"weight": np.array([[1.0], [0.0]]), "bias": np.zeros(2)})
    assert layer(np.array([[-2.0], [3.0]])).tolist() == [[0], [3]]


KERNELS = {
    "gaussian": lambda r: np.exp(-(r**2) / 2),
    "multiquadric": lambda r: np.sqrt(1 + r**2),
    "inverse_multiquadric": lambda r: 1 / np.sqrt(1 + r**2),
    "squared": lambda r: r**2,
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_radial_basis_functions_depend_on_the_scaled_distance(kernel):
    rng = np.random.default_rng(0)
    layer = nn.RBF(3, 4, kernel, dtype="f8", rng=0)
    widths = np.array([0.5, 1.0, 2.0, 3.0])
    layer.log_width.data = np.log(widths)
    x = rng.normal(size=(2, 5, 3))
    distance = np.linalg.norm(x[..., None, :] - np.asarray(layer.centers), axis=-1)
    assert np.allclose(layer(x), KERNELS[kernel](distance / widths))
    check_grads(layer, x, order=2)
    check_grads(lambda c, s: F.rbf(x, c, s, kernel), np.asarray(layer.centers), np.log(widths))


def test_a_network_of_radial_basis_functions_learns_xor():
    model = nn.Sequential(nn.RBF(2, 4, dtype="f8", rng=0), nn.Linear(4, 1, dtype="f8", rng=0))
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    model[0].centers.data = x
    step = nn.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(100):
        loss = F.mse_loss(model(x), np.array([[0.0], [1], [1], [0]]))
        step.zero_grad()
        loss.backward()
        step.step()
    assert model(x).numpy().round().ravel().tolist() == [0, 1, 1, 0]


def test_drop_connect_drops_weights_and_evaluates_as_linear():
    layer = nn.DropConnect(50, 40, p=0.25, dtype="f8", rng=0)
    linear = nn.Linear(50, 40, dtype="f8")
    linear.load_state_dict(layer.state_dict())
    x = np.random.default_rng(0).normal(size=(3, 50))
    assert np.array_equal(layer.eval()(x), linear(x))
    rows = np.asarray(layer.train()(np.eye(50))) - np.asarray(layer.bias)  # the weights in use
    kept = rows != 0
    assert abs(kept.mean() - 0.75) < 0.03
    assert np.allclose(rows[kept], np.asarray(layer.weight).T[kept] / 0.75)
    assert repr(layer) == "DropConnect(in_features=50, out_features=40, bias=True, p=0.25)"


def test_gaussian_noise_has_its_spread_and_stops_in_evaluation():
    layer = nn.GaussianNoise(0.3, rng=0)
    x = Tensor(np.ones(20_000), requires_grad=True)
    y = layer(x)
    assert np.asarray(y).mean() == pytest.approx(1, abs=0.01)
    assert np.asarray(y).std() == pytest.approx(0.3, rel=0.02)
    y.sum().backward()
    assert set(x.grad.tolist()) == {1.0}
    assert layer.eval()(x) is x
    assert repr(layer) == "GaussianNoise(std=0.3)"


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=100_000)
    y = np.asarray(nn.AlphaDropout(0.4, rng=0)(x))
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.var() == pytest.approx(1, abs=0.03)


def test_a_negative_width_cuts_and_gradients_of_what_is_cut_are_zero():
    x = Tensor(np.arange(5.0), requires_grad=True)
    y = nn.ConstantPad1d((-1, 2), 9.0)(x)
    assert y.tolist() == [1, 2, 3, 4, 9, 9]
    y.sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 1, 1]


def test_too_many_widths_are_refused():
    with pytest.raises(ShapeError, match="at most 1 pairs of widths, got"):
        F.pad(np.ones(3), (1, 1, 1, 1))
    with pytest.raises(ShapeError, match="pairs of widths"):
        F.pad(np.ones(3), (1,))
