"""Every architecture: parameter totals, one step of training, seeds, dtypes, complaints."""

import copy
import pickle

import numpy as np
import pytest

import nn
from autograd import manual_seed
from autograd.errors import ArgumentError, DTypeError, ShapeError
from nn import functional as F  # noqa: N812
from nn import models

FLAT, GREY, SMALL = (3, 784), (3, 1, 28, 28), (3, 3, 32, 32)

# name -> (constructor, arguments, shape of an input, shape of the output)
CLASSIFIERS = {
    "softmax": (models.SoftmaxRegression, {}, FLAT, (3, 10)),
    "mlp": (models.MLP, {"hidden": (20, 10), "dropout": 0.5, "batch_norm": True}, GREY, (3, 10)),
    "two layers": (models.TwoLayerNet, {}, FLAT, (3, 10)),
    "connected": (
        models.FullyConnectedNet, {"hidden_dims": (9, 8), "dropout": 0.5, "use_batchnorm": True},
        SMALL, (3, 10),
    ),
    "conv": (models.ConvNet, {"hidden": [20], "dropout": 0.5}, GREY, (3, 10)),
    "simple conv": (models.SimpleConvNet, {}, GREY, (3, 10)),
    "deep conv": (models.DeepConvNet, {}, GREY, (3, 10)),
    "small conv": (models.SmallConvNet, {"widths": (8, 16), "dropout": 0.5}, SMALL, (3, 10)),
    "lenet": (models.LeNet5, {"image_size": 28}, GREY, (3, 10)),
    "small resnet": (models.SmallResNet, {"depth": 8, "width": 4}, SMALL, (3, 10)),
}  # fmt: skip

every_classifier = pytest.mark.parametrize("name", CLASSIFIERS)


def total(model):
    return sum(p.size for p in model.parameters())


def make(name, **more):
    make, options, shape, _ = CLASSIFIERS[name]
    x = np.random.default_rng(1).normal(size=shape)
    return make(**options, **more), x.astype("f4")


def state(model):
    return {key: np.array(value) for key, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)


# Totals

TOTALS = {
    "MNIST softmax": (lambda: models.SoftmaxRegression(), 7_850),
    "784-256-10": (lambda: models.MLP(784, [256], 10), 203_530),
    "784-500-10": (lambda: models.MLP(784, [500], 10), 397_510),
    "784-512-512-10": (lambda: models.MLP(), 669_706),
    "784-50-10": (lambda: models.TwoLayerNet(), 39_760),
    "784-100-10": (lambda: models.TwoLayerNet(hidden_size=100), 79_510),
    "3072-100-10": (lambda: models.FullyConnectedNet(), 308_310),
    "Keras": (lambda: models.ConvNet(3, 32, 10, (16, 32, 64), 2, hidden=[500]), 528_054),
    "TensorFlow": (lambda: models.ConvNet(1, 28, 10, (32, 64), 5, hidden=[1024]), 3_274_634),
    "16 and 32 maps": (lambda: models.ConvNet(1, 28, 10, (16, 32), 5), 28_938),
    "10 and 20 maps": (lambda: models.ConvNet(1, 28, 10, (10, 20), 5, 0, [50]), 21_840),
    "SimpleConvNet": (lambda: models.SimpleConvNet(), 433_890),
    "three layers": (lambda: models.SimpleConvNet((3, 32, 32), 32, 7, 3), 825_046),
    "DeepConvNet": (lambda: models.DeepConvNet(), 123_552),
    "LeNet5": (lambda: models.LeNet5(), 61_706),
    "SmallConvNet": (lambda: models.SmallConvNet(), 288_746),
    "ResNet 20": (lambda: models.SmallResNet(20), 269_722),
    "ResNet 56": (lambda: models.SmallResNet(56), 853_018),
    "ResNet 110": (lambda: models.SmallResNet(110), 1_727_962),
    "DCGAN generator": (lambda: models.DCGAN().generator, 3_576_704),
    "DCGAN discriminator": (lambda: models.DCGAN().discriminator, 2_765_568),
}


@pytest.mark.parametrize("name", TOTALS)
def test_parameters_are_as_many_as_the_literature_counts(name):
    make, expected = TOTALS[name]
    with nn.init.skip_draws():
        assert total(make()) == expected


# What all keep


@every_classifier
def test_a_step_of_training_reaches_every_parameter_and_lowers_the_loss(name):
    model, x = make(name, rng=0)
    model.eval()  # without dropout; statistics of batches do not change
    labels = np.array([1, 0, 2])
    optimizer = nn.optim.SGD(model.parameters(), lr=1e-3)
    before = F.cross_entropy(model(x), labels)
    before.backward()
    for path, p in model.named_parameters():
        assert p.grad is not None, path
        assert p.grad.dtype == p.dtype == np.float32
        assert np.isfinite(np.asarray(p.grad)).all()
    optimizer.step()
    assert F.cross_entropy(model(x), labels).item() < before.item()


@every_classifier
def test_outputs_have_their_shape_while_training(name):
    model, x = make(name, rng=0)
    out = model(x)
    assert out.shape == CLASSIFIERS[name][3]
    assert out.dtype == np.float32
    out.sum().backward()


@every_classifier
def test_a_seed_repeats_weights_and_dropout(name):
    a, x = make(name, rng=5)
    b, _ = make(name, rng=5)
    assert same(state(a), state(b))
    assert np.array_equal(np.asarray(a(x)), np.asarray(b(x)))
    c, _ = make(name, rng=6)
    assert not same(state(a), state(c))
    manual_seed(5)
    d, _ = make(name)
    manual_seed(5)
    e, _ = make(name)
    assert same(state(d), state(e))


@every_classifier
def test_double_precision_runs_through(name):
    model, x = make(name, rng=0, dtype="f8")
    assert {p.dtype for p in model.parameters()} == {np.dtype("f8")}
    assert model(x.astype("f8")).dtype == np.float64


@every_classifier
def test_copies_and_pickles_compute_the_same(name):
    model, x = make(name, rng=0)
    model.eval()
    expected = np.asarray(model(x))
    for clone in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(np.asarray(clone(x)), expected)


@every_classifier
def test_inputs_that_do_not_fit_are_refused_in_the_models_name(name):
    model, x = make(name, rng=0)
    kind = type(model).__name__
    for bad in (x[:, :-1], x[0, 0], x[..., 0], np.zeros((2, 7))):
        with pytest.raises(ShapeError, match=f"^{kind}: x has shape .* expected \\(N, "):
            model(bad)


# First values

STDS = {  # model, path of a weight, its standard deviation
    "number": (lambda: models.MLP(400, [300], init=0.03, rng=0), "layers.1.weight", 0.03),
    "he": (lambda: models.MLP(400, [300], rng=0), "layers.1.weight", (2 / 400) ** 0.5),
    "xavier": (
        lambda: models.MLP(400, [300], init="xavier", rng=0), "layers.1.weight", (2 / 700) ** 0.5
    ),
    "lecun": (lambda: models.MLP(400, [300], init="lecun", rng=0), "layers.1.weight", 0.05),
    "default": (
        lambda: models.MLP(400, [300], init="default", rng=0), "layers.1.weight", 0.05 / 3**0.5
    ),
    "textbook": (lambda: models.TwoLayerNet(rng=0), "layers.1.weight", 0.01),
    "convolution": (lambda: models.SimpleConvNet(rng=0), "features.0.weight", 0.01),
    "deep": (lambda: models.DeepConvNet(rng=0), "features.2.weight", (2 / 144) ** 0.5),
    "dcgan": (lambda: models.DCGAN(width=16, rng=0), "generator.4.weight", 0.02),
}  # fmt: skip


@pytest.mark.parametrize("case", STDS)
def test_first_values_have_the_spread_of_the_source(case):
    make, path, std = STDS[case]
    values = make().state_dict()[path]
    assert values.std() == pytest.approx(std, rel=0.1)
    assert abs(values.mean()) < 0.1 * std


def test_biases_start_at_zero_and_scores_of_small_weights_near_chance():
    model = models.TwoLayerNet(rng=0)
    assert not any(v.any() for key, v in model.state_dict().items() if key.endswith("bias"))
    x = np.random.default_rng(0).random((50, 784), np.float32)
    loss = F.cross_entropy(model(x), np.arange(50) % 10).item()
    assert np.exp(loss) == pytest.approx(10, rel=0.02)


def test_two_layers_compute_what_the_course_computes():
    """CS231n's fixed numbers for its two-layer network: scores and the loss."""
    model = models.TwoLayerNet(5, 50, 7, dtype="f8")
    shapes = {
        "layers.1.weight": (-0.7, 0.3, (5, 50)), "layers.1.bias": (-0.1, 0.9, (50,)),
        "layers.3.weight": (-0.3, 0.4, (50, 7)), "layers.3.bias": (-0.9, 0.1, (7,)),
    }  # fmt: skip
    model.load_state_dict(
        {k: np.linspace(a, b, int(np.prod(s))).reshape(s).T for k, (a, b, s) in shapes.items()}
    )
    x = np.linspace(-5.5, 4.5, 15).reshape(5, 3).T
    scores = model(x)
    first = [11.53165108, 12.2917344, 13.05181771, 13.81190102, 14.57198434, 15.33206765]
    assert np.allclose(np.asarray(scores)[0, :6], first, atol=1e-7)
    loss = F.cross_entropy(scores, [0, 5, 1])
    assert loss.item() == pytest.approx(3.4702243556, abs=1e-10)
    weights = [v for k, v in model.state_dict().items() if k.endswith("weight")]
    penalty = 0.5 * sum((w**2).sum() for w in weights)
    assert loss.item() + penalty == pytest.approx(26.5948426952, abs=1e-10)


def test_a_small_network_learns_fifty_random_images_by_heart():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3, 8, 8)).astype("f4"), rng.integers(10, size=50)
    model = models.SmallConvNet(widths=(16, 32), rng=0)
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(30):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    assert (np.asarray(model(x)).argmax(1) == y).mean() > 0.95


def test_skipped_draws_leave_zeros_and_end_with_the_block():
    with nn.init.skip_draws():
        layer = nn.Linear(3, 2)
        for fill in (nn.init.normal_, nn.init.trunc_normal_, nn.init.orthogonal_):
            fill(layer.weight)
        nn.init.sparse_(layer.weight, 0.5)
        nn.init.ones_(layer.bias)  # not drawn
    assert not np.asarray(layer.weight).any()
    assert layer.bias.tolist() == [1, 1]
    layer.reset_parameters()
    assert np.asarray(layer.weight).any()


# Settings that make no sense

BAD = {
    "init": (lambda: models.MLP(init="hee"), "MLP: no init 'hee'; there is default, he"),
    "init kind": (lambda: models.LeNet5(init=None), "LeNet5: no init None"),
    "padding": (lambda: models.ConvNet(padding="valid"), "ConvNet: padding must be 'same' or a"),
    "too small": (
        lambda: models.ConvNet(1, 8, channels=(4, 4, 4, 4)),
        "ConvNet: an image of 1 x 1 is too small for a window of 2",
    ),
    "input_dim": (lambda: models.SimpleConvNet((28, 28)), r"input_dim must be \(channels, height"),
    "input_dim 2": (lambda: models.DeepConvNet((28, 28)), r"input_dim must be \(channels, height"),
    "lenet": (lambda: models.LeNet5(image_size=30), "LeNet5: image_size must be 32 or 28, got 30"),
    "depth": (lambda: models.SmallResNet(18), "SmallResNet: depth must be 6 n \\+ 2"),
    "dropout": (lambda: models.MLP(dropout=2), "p must lie between 0 and 1, got 2"),
    "width": (lambda: models.DCGAN(image_size=28), "image_size must be a power of 2, got 28"),
    "small gan": (lambda: models.DCGAN(image_size=4), "image_size must be at least 8, got 4"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_settings_that_make_no_sense_are_refused(case):
    action, match = BAD[case]
    with pytest.raises(ArgumentError, match=match):
        action()


def test_settings_of_the_wrong_kind_are_refused():
    with pytest.raises(DTypeError, match=r"MLP: hidden must be an int, got 2\.5"):
        models.MLP(hidden=[2.5])
    with pytest.raises(DTypeError, match="ConvNet: in_channels must be an int, got '3'"):
        models.ConvNet("3")


def test_a_missing_axis_and_late_channels_get_a_hint():
    with pytest.raises(ShapeError, match="channels come second"):
        models.LeNet5()(np.ones((2, 32, 32, 1)))
    with pytest.raises(ShapeError, match="a single image needs an axis"):
        models.LeNet5()(np.ones((1, 32, 32)))
