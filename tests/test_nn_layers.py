"""What layers, losses and initialisers promise."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from nn import functional as F  # noqa: N812

# Layers


LAYERS = {
    "linear": (lambda: nn.Linear(3, 2), [(4, 3)], (4, 2)),
    "linear many axes": (lambda: nn.Linear(3, 2, bias=False), [(5, 4, 3)], (5, 4, 2)),
    "bilinear": (lambda: nn.Bilinear(2, 3, 4), [(5, 2), (5, 3)], (5, 4)),
    "conv": (lambda: nn.Conv2d(2, 4, 3), [(1, 2, 6, 5)], (1, 4, 4, 3)),
    "conv options": (
        lambda: nn.Conv2d(2, 4, (3, 1), 2, (1, 0), groups=2), [(1, 2, 6, 5)], (1, 4, 3, 3)),
    "conv of one image": (lambda: nn.Conv2d(2, 4, 3), [(2, 6, 5)], (4, 4, 3)),
    "conv same": (lambda: nn.Conv2d(2, 4, (4, 3), padding="same"), [(1, 2, 6, 5)], (1, 4, 6, 5)),
    "conv valid": (lambda: nn.Conv2d(2, 4, 3, padding="valid"), [(1, 2, 6, 5)], (1, 4, 4, 3)),
    "conv circular": (
        lambda: nn.Conv2d(2, 4, 3, padding=1, padding_mode="circular"),
        [(1, 2, 6, 5)], (1, 4, 6, 5)),
    "max pool": (lambda: nn.MaxPool2d(2), [(1, 2, 6, 5)], (1, 2, 3, 2)),
    "max pool ceil": (lambda: nn.MaxPool2d(2, ceil_mode=True), [(1, 2, 6, 5)], (1, 2, 3, 3)),
    "avg pool": (lambda: nn.AvgPool2d(3, 1, 1), [(1, 2, 6, 5)], (1, 2, 6, 5)),
    "flatten": (nn.Flatten, [(2, 3, 4)], (2, 12)),
    "unflatten": (lambda: nn.Unflatten(1, (3, -1)), [(2, 12)], (2, 3, 4)),
    "dropout": (nn.Dropout, [(2, 3)], (2, 3)),
    "softmax": (lambda: nn.Softmax(dim=1), [(2, 3)], (2, 3)),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYERS)
def test_layers_give_the_right_shape_keep_float32_and_learn(case):
    make, shapes, expected = LAYERS[case]
    layer = make()
    inputs = [Tensor(np.ones(s, np.float32), requires_grad=True) for s in shapes]
    out = layer(*inputs)
    assert out.shape == expected
    assert out.dtype == np.float32
    out.sum().backward()
    for t in [*inputs, *layer.parameters()]:
        assert t.grad.shape == t.shape
        assert t.grad.dtype == np.float32


BAD_OPTIONS = {
    "conv groups": (lambda: nn.Conv2d(3, 4, 3, groups=2), "multiples of groups 2"),
    "conv kernel": (lambda: nn.Conv2d(3, 4, 0), "kernel_size"),
    "conv mode": (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "mirror.*reflect"),
    "conv same stride": (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "stride 1"),
    "conv padding": (lambda: nn.Conv2d(3, 4, 3, padding="full"), "'full'"),
    "dropout p": (lambda: nn.Dropout(1.5), "1.5"),
    "softmax axis": (lambda: nn.Softmax()(np.ones(3)), "dim=-1"),
    "reduction": (lambda: F.mse_loss(np.ones(3), np.ones(3), reduction="avg"), "'avg'"),
    "smoothing": (lambda: F.cross_entropy(np.ones(3), 1, label_smoothing=2), "label_smoothing"),
    "probability": (lambda: F.binary_cross_entropy(np.array([2.0]), np.ones(1)), "with_logits"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_make_no_sense_are_refused(case):
    action, match = BAD_OPTIONS[case]
    with pytest.raises(ArgumentError, match=match):
        action()


def test_dropout_scales_what_it_keeps_and_only_in_training():
    layer = nn.Dropout(0.25, rng=0)
    x = Tensor(np.ones(20_000, np.float32), requires_grad=True)
    y = layer(x)
    kept = np.asarray(y) != 0
    assert abs(kept.mean() - 0.75) < 0.02
    assert np.allclose(np.asarray(y)[kept], 1 / 0.75)
    y.sum().backward()
    assert np.array_equal(np.asarray(x.grad), np.asarray(y))
    assert layer.eval()(x) is x
    assert nn.Dropout(1.0)(x).tolist() == [0] * 20_000
    again = nn.Dropout(0.25, rng=0)(x)
    assert np.array_equal(np.asarray(again), np.asarray(y))


MISFITS = {
    "linear features": (lambda: nn.Linear(128, 256)(np.ones((2, 64))),
        "Linear 128 -> 256: x has 64 features, expected 128"),
    "linear not flat": (lambda: nn.Linear(12, 1)(np.ones((2, 3, 4))), "hint: nn.Flatten"),
    "linear 0-d": (lambda: nn.Linear(2, 1)(1.0), "0-d"),
    "bilinear": (lambda: nn.Bilinear(2, 3, 1)(np.ones(2), np.ones(2)), "input2.*expected 3"),
    "conv channels": (lambda: nn.Conv2d(3, 8, 3)(np.ones((1, 4, 8, 8))),
        "Conv2d 3 -> 8: x has 4 channels, expected 3"),
    "conv channels last": (
        lambda: nn.Conv2d(3, 8, 3)(np.ones((1, 8, 8, 3))), "channels come second"),
    "conv axes": (lambda: nn.Conv2d(3, 8, 3)(np.ones((8, 8))), "2 axes, expected 4"),
    "mse broadcasting": (lambda: F.mse_loss(np.ones((3, 1)), np.ones(3)), r"\(3, 1\).*\(3,\)"),
    "l1 broadcasting": (lambda: F.l1_loss(np.ones((3, 1)), np.ones(3)), r"\(3, 1\).*\(3,\)"),
    "column of classes": (lambda: F.cross_entropy(np.ones((2, 3)), np.zeros((2, 1), int)),
        r"\(2, 1\), expected \(2,\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISFITS)
def test_shapes_that_do_not_fit_are_told_with_numbers(case):
    action, match = MISFITS[case]
    with pytest.raises(ShapeError, match=match):
        action()


# Losses, worked by hand


LOG2 = float(np.log(2))
ZEROS = np.zeros(2)
LOSSES = {
    "cross entropy": (lambda: F.cross_entropy([[0.0, 0.0]], [1]), LOG2),
    "one sample": (lambda: F.cross_entropy([0.0, 0.0], 1), LOG2),
    "large scores": (lambda: F.cross_entropy([[1000.0, -1000.0]], [1]), 2000),
    "weights": (
        lambda: F.cross_entropy([[0.0, 0.0], [0.0, 100.0]], [0, 1], weight=[3.0, 1.0]),
        LOG2 * 3 / 4),
    "ignored": (lambda: F.cross_entropy([[0.0, 0.0], [9.0, 0.0]], [1, -100]), LOG2),
    "probabilities": (lambda: F.cross_entropy([[0.0, 0.0]], [[0.25, 0.75]]), LOG2),
    "smoothing": (lambda: F.cross_entropy([[2.0, 0.0]], [0], label_smoothing=1.0),
        float(np.log(1 + np.exp(-2))) + 1),
    "nll": (lambda: F.nll_loss([[-1.0, -2.0], [-3.0, -4.0]], [1, 0], reduction="sum"), 5),
    "mse": (lambda: F.mse_loss([1.0, 3.0], [0.0, 0.0]), 5),
    "l1": (lambda: F.l1_loss(np.array([1.0, -3.0]), ZEROS), 2),
    "bce": (lambda: F.binary_cross_entropy(np.array([0.5, 0.5]), ZEROS), LOG2),
    "bce at the ends": (lambda: F.binary_cross_entropy(np.array([0.0, 1.0]), ZEROS), 50),
    "logits": (lambda: F.binary_cross_entropy_with_logits(np.array([-1e3, 1e3]), ZEROS), 500),
    "pos_weight": (
        lambda: F.binary_cross_entropy_with_logits(ZEROS, 1 + ZEROS, pos_weight=3.0), 3 * LOG2),
}  # fmt: skip


@pytest.mark.parametrize("case", LOSSES)
def test_losses(case):
    compute, expected = LOSSES[case]
    assert float(compute()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("target", "error", "match"),
    [
        ([0, 3], IndexingError, r"target\[1\] is 3, but the classes are 0 to 2"),
        ([-1, 0], IndexingError, r"target\[0\] is -1"),
        ([0.0, 1.0], DTypeError, "class numbers"),
        ([[1, 0, 0], [0, 1, 0]], DTypeError, "probabilities"),
    ],
)
def test_wrong_targets_are_told(target, error, match):
    with pytest.raises(error, match=match):
        F.cross_entropy(np.zeros((2, 3)), np.array(target))


def test_ignored_samples_get_no_gradient():
    x = Tensor([[1.0, -np.inf], [2.0, 1.0]], requires_grad=True)
    F.cross_entropy(x, np.array([-100, 0])).backward()
    assert np.asarray(x.grad)[0].tolist() == [0, 0]
    assert np.isfinite(np.asarray(x.grad)).all()


def test_losses_keep_float32_and_their_weights_are_saved():
    loss = nn.CrossEntropyLoss(weight=np.array([1.0, 2.0]), label_smoothing=0.1)
    assert list(loss.state_dict()) == ["weight"]
    assert loss(Tensor(np.zeros((3, 2), np.float32)), np.array([0, 1, -100])).dtype == np.float32


# First values


INITS = {
    "uniform": (lambda w: nn.init.uniform_(w, -1, 3, rng=0), 1, 4 / np.sqrt(12)),
    "normal": (lambda w: nn.init.normal_(w, 2, 0.5, rng=0), 2, 0.5),
    "truncated": (lambda w: nn.init.trunc_normal_(w, std=1, rng=0), 0, 0.8796),
    "constant": (lambda w: nn.init.constant_(w, 7), 7, 0),
    "zeros": (nn.init.zeros_, 0, 0),
    "ones": (nn.init.ones_, 1, 0),
    "xavier uniform": (lambda w: nn.init.xavier_uniform_(w, 2, rng=0), 0, 2 * np.sqrt(2 / 500)),
    "xavier normal": (lambda w: nn.init.xavier_normal_(w, rng=0), 0, np.sqrt(2 / 500)),
    "kaiming uniform": (lambda w: nn.init.kaiming_uniform_(w, rng=0), 0, np.sqrt(2 / 300)),
    "kaiming normal": (
        lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="tanh", rng=0),
        0, 5 / 3 / np.sqrt(200)),
    "lecun uniform": (lambda w: nn.init.lecun_uniform_(w, rng=0), 0, 1 / np.sqrt(300)),
    "lecun normal": (lambda w: nn.init.lecun_normal_(w, rng=0), 0, 1 / np.sqrt(300)),
}  # fmt: skip


@pytest.mark.parametrize("case", INITS)
def test_first_values_have_the_promised_mean_and_spread(case):
    fill, mean, std = INITS[case]
    w = nn.Parameter(np.full((200, 300), 9.0, np.float32))
    assert fill(w) is w
    values = np.asarray(w)
    assert (w.dtype, w.requires_grad) == (np.float32, True)
    assert values.mean() == pytest.approx(mean, abs=4 * (std + 1e-9) / np.sqrt(values.size) + 1e-6)
    assert values.std() == pytest.approx(std, rel=0.02, abs=1e-6)


def test_special_first_values():
    w = nn.init.orthogonal_(nn.Parameter(np.zeros((3, 2, 4))), 2, rng=0)
    rows = np.asarray(w).reshape(3, 8)
    assert np.allclose(rows @ rows.T, 4 * np.eye(3))
    assert nn.init.eye_(nn.Parameter(np.zeros((2, 3)))).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert nn.init.constant_(nn.Parameter(0.0), 3).item() == 3
    bounded = np.asarray(nn.init.trunc_normal_(nn.Parameter(np.zeros(1000)), 5, 10, 4, 6, rng=0))
    assert (bounded >= 4).all()
    assert (bounded <= 6).all()


def test_default_first_values_are_uniform_within_one_over_root_fan_in():
    for layer, fan in ((nn.Linear(100, 200, rng=0), 100), (nn.Conv2d(8, 200, 5, rng=0), 200)):
        for p in layer.parameters():
            bound = 1 / np.sqrt(fan)
            assert np.abs(np.asarray(p)).max() <= bound
            assert np.abs(np.asarray(p)).max() > 0.9 * bound


def test_seeds_repeat_models():
    state = nn.Linear(3, 2, rng=5).state_dict()
    assert all(np.array_equal(v, state[k]) for k, v in nn.Linear(3, 2, rng=5).state_dict().items())
