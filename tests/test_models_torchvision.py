"""Architectures whose names and layouts are torchvision's: its state dicts fit."""

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, ShapeError
from nn import functional as F  # noqa: N812
from nn import models

# name -> constructor, parameters, entries of the state dict, some of these with their shapes
LAYOUTS = {
    "alexnet": (models.AlexNet, 61_100_840, 16, {
        "features.0.weight": (64, 3, 11, 11), "features.3.bias": (192,),
        "features.10.weight": (256, 256, 3, 3), "classifier.1.weight": (4096, 9216),
        "classifier.6.bias": (1000,),
    }),
    "vgg11": (models.vgg11, 132_863_336, 22, {
        "features.0.weight": (64, 3, 3, 3), "features.18.weight": (512, 512, 3, 3),
        "classifier.0.weight": (4096, 25088), "classifier.3.bias": (4096,),
    }),
    "vgg13": (models.vgg13, 133_047_848, 26, {"features.22.weight": (512, 512, 3, 3)}),
    "vgg16": (models.vgg16, 138_357_544, 32, {
        "features.28.weight": (512, 512, 3, 3), "classifier.6.weight": (1000, 4096),
    }),
    "vgg16_bn": (lambda: models.vgg16(batch_norm=True), 138_365_992, 97, {
        "features.1.running_mean": (64,), "features.40.weight": (512, 512, 3, 3),
    }),
    "vgg19": (models.vgg19, 143_667_240, 38, {"features.34.weight": (512, 512, 3, 3)}),
    "googlenet": (models.GoogLeNet, 13_004_888, 364, {
        "conv1.conv.weight": (64, 3, 7, 7), "conv2.bn.running_var": (64,),
        "inception3a.branch1.conv.weight": (64, 192, 1, 1),
        "inception3a.branch3.1.conv.weight": (32, 16, 3, 3),
        "inception4d.branch2.0.bn.bias": (144,),
        "inception5b.branch4.1.conv.weight": (128, 832, 1, 1),
        "aux1.conv.conv.weight": (128, 512, 1, 1), "aux2.fc1.weight": (1024, 2048),
        "aux2.fc2.bias": (1000,), "fc.weight": (1000, 1024),
    }),
    "googlenet alone": (lambda: models.GoogLeNet(aux_logits=False), 6_624_904, 344, {}),
    "resnet18": (models.resnet18, 11_689_512, 122, {
        "conv1.weight": (64, 3, 7, 7), "bn1.num_batches_tracked": (),
        "layer1.0.conv1.weight": (64, 64, 3, 3), "layer2.0.downsample.0.weight": (128, 64, 1, 1),
        "layer2.0.downsample.1.running_mean": (128,), "layer4.1.bn2.bias": (512,),
        "fc.weight": (1000, 512),
    }),
    "resnet34": (models.resnet34, 21_797_672, 218, {"layer3.5.conv2.weight": (256, 256, 3, 3)}),
    "resnet50": (models.resnet50, 25_557_032, 320, {
        "layer1.0.downsample.0.weight": (256, 64, 1, 1), "layer1.2.conv3.weight": (256, 64, 1, 1),
        "layer3.5.conv2.weight": (256, 256, 3, 3), "layer4.0.conv1.weight": (512, 1024, 1, 1),
        "fc.weight": (1000, 2048),
    }),
    "squeezenet1_0": (models.squeezenet1_0, 1_248_424, 52, {
        "features.0.weight": (96, 3, 7, 7), "features.3.squeeze.weight": (16, 96, 1, 1),
        "features.12.expand3x3.weight": (256, 64, 3, 3), "classifier.1.weight": (1000, 512, 1, 1),
    }),
    "squeezenet1_1": (models.squeezenet1_1, 1_235_496, 52, {
        "features.0.weight": (64, 3, 3, 3), "features.6.expand1x1.bias": (128,),
    }),
    "densenet121": (models.densenet121, 7_978_856, 727, {
        "features.conv0.weight": (64, 3, 7, 7), "features.norm5.running_var": (1024,),
        "features.denseblock1.denselayer1.norm1.weight": (64,),
        "features.denseblock3.denselayer24.conv1.weight": (128, 992, 1, 1),
        "features.denseblock4.denselayer16.conv2.weight": (32, 128, 3, 3),
        "features.transition2.conv.weight": (256, 512, 1, 1), "classifier.weight": (1000, 1024),
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_parameters_and_paths_are_torchvisions(name):
    make, parameters, entries, some = LAYOUTS[name]
    with nn.init.skip_draws():  # so that even VGG takes no memory
        model = make()
    shapes = {path: t.shape for path, t in [*model.named_parameters(), *model.named_buffers()]}
    assert sum(p.size for p in model.parameters()) == parameters
    assert len(shapes) == entries
    assert {path: shapes.get(path) for path in some} == some


# Small versions run

SMALL = {  # name -> constructor, least size of an image
    "alexnet": (lambda **o: models.AlexNet(5, hidden=8, local_response_norm=True, **o), 63),
    "vgg": (lambda **o: models.vgg11(5, width=4, hidden=8, batch_norm=True, **o), 32),
    "googlenet": (lambda **o: models.GoogLeNet(5, **o), 15),
    "resnet18": (lambda **o: models.resnet18(5, width=4, **o), 1),
    "resnet50": (lambda **o: models.resnet50(5, width=4, **o), 1),
    "squeezenet1_0": (lambda **o: models.squeezenet1_0(5, **o), 21),
    "squeezenet1_1": (lambda **o: models.squeezenet1_1(5, **o), 17),
    "densenet": (
        lambda **o: models.densenet121(
            5, growth_rate=4, block_config=(2, 3, 2, 2), num_init_features=8, drop_rate=0.2, **o
        ), 29,
    ),
}  # fmt: skip
small_ones = pytest.mark.parametrize("name", SMALL)


def images(size, channels=3, n=3):
    return np.random.default_rng(1).normal(size=(n, channels, size, size)).astype("f4")


@small_ones
def test_gradients_reach_every_parameter(name):
    make, least = SMALL[name]
    model = make(rng=0, in_channels=2)
    out = model(images(max(least, 24), 2))
    outputs = out if isinstance(out, tuple) else (out,)
    for scores in outputs:
        assert scores.shape == (3, 5)
        assert scores.dtype == np.float32
    sum(F.cross_entropy(scores, [0, 3, 4]) for scores in outputs).backward()
    for path, p in model.named_parameters():
        assert p.grad is not None, path
        assert np.isfinite(np.asarray(p.grad)).all(), path


@small_ones
def test_a_seed_repeats_weights_and_dropout(name):
    make, least = SMALL[name]
    x = images(max(least, 24))

    def scores(rng):
        out = make(rng=rng)(x)
        return np.asarray(out[0] if isinstance(out, tuple) else out)

    assert np.array_equal(scores(4), scores(4))
    assert not np.array_equal(scores(4), scores(5))


@small_ones
def test_the_least_size_of_an_image_is_just_enough(name):
    make, least = SMALL[name]
    model = make(rng=0).eval()
    assert model(images(least)).shape == (3, 5)
    kind = type(model).__name__
    rule = f"\\(N, 3, H, W\\) with H, W >= {least}" if least > 1 else r"\(N, 3, H, W\)"
    for bad in (images(least)[..., 1:], images(least, 4), images(least)[0], images(least)[:, 0]):
        with pytest.raises(ShapeError, match=f"^{kind}: x has shape .*, expected {rule}"):
            model(bad)


def test_images_of_the_usual_size_come_down_as_the_papers_say():
    with nn.init.skip_draws():
        model = models.AlexNet(hidden=1)
    x, sizes = images(224, n=1), []
    for layer in model.features:
        x = layer(x)
        sizes.append(x.shape[1:])
    pooled = [sizes[i] for i in (0, 2, 5, 7, 12)]
    assert pooled == [(64, 55, 55), (64, 27, 27), (192, 13, 13), (384, 13, 13), (256, 6, 6)]


def test_within_googlenet_two_more_classifiers_train():
    model = models.GoogLeNet(5, rng=0)
    out = model(images(32))
    assert type(out) is models.GoogLeNetOutputs
    out.aux_logits1.sum().backward()
    assert model.inception4a.branch1.conv.weight.grad is not None
    assert model.inception4b.branch1.conv.weight.grad is None  # it comes later
    assert model.eval()(images(32)).shape == (3, 5)
    assert models.GoogLeNet(5, aux_logits=False)(images(32)).shape == (3, 5)


def test_the_papers_inception_has_filters_of_five():
    model = models.GoogLeNet(5, aux_logits=False, kernel=5)
    assert model.inception3a.branch3[1].conv.weight.shape == (32, 16, 5, 5)
    assert model.eval()(images(32)).shape == (3, 5)


@pytest.mark.parametrize("make", [models.resnet18, models.resnet50])
def test_residual_blocks_may_begin_as_their_shortcuts(make):
    model = make(5, width=4, zero_init_residual=True, rng=0).eval()
    x = np.random.default_rng(0).normal(size=(2, 4 if make is models.resnet18 else 16, 6, 6))
    block = model.layer1[1]
    assert np.allclose(block(x.astype("f4")), np.maximum(x, 0), atol=1e-6)


def test_all_of_a_dense_blocks_inputs_go_on_beside_what_it_adds():
    model = models.DenseNet(4, (3, 2), 8, num_classes=5, rng=0).eval()
    block = model.features[4]
    x = np.random.default_rng(0).normal(size=(2, 8, 5, 5)).astype("f4")
    out = np.asarray(block(x))
    assert out.shape == (2, 8 + 3 * 4, 5, 5)
    assert np.array_equal(out[:, :8], x)
    assert np.allclose(out[:, 8:12], np.asarray(block.denselayer1(x)), atol=1e-6)
    assert np.allclose(out[:, 16:], np.asarray(block.denselayer3(out[:, :16])), atol=1e-6)


def test_a_state_goes_over_and_gives_the_same():
    a, b = (models.resnet18(5, width=4, rng=seed) for seed in (0, 1))
    a(images(32))  # statistics of a batch
    b.load_state_dict(a.state_dict())
    assert np.array_equal(np.asarray(a.eval()(images(24))), np.asarray(b.eval()(images(24))))


STDS = {
    "vgg": (lambda: models.vgg11(5, hidden=8, rng=0), "features.3.weight", (2 / 1152) ** 0.5),
    "vgg linear": (lambda: models.vgg11(5, width=8, hidden=64, rng=0), "classifier.0.weight", 0.01),
    "resnet": (
        lambda: models.resnet18(5, width=16, rng=0), "layer2.0.conv1.weight", (2 / 288) ** 0.5
    ),
    "resnet fc": (
        lambda: models.resnet18(50, width=16, rng=0), "fc.weight", (1 / 3 / 128) ** 0.5
    ),
    "densenet": (
        lambda: models.densenet121(5, rng=0), "features.denseblock2.denselayer2.conv1.weight",
        (2 / 160) ** 0.5,
    ),
    "squeezenet": (
        lambda: models.squeezenet1_0(5, rng=0), "features.3.expand3x3.weight", (2 / 144) ** 0.5
    ),
    "squeezenet last": (lambda: models.squeezenet1_0(20, rng=0), "classifier.1.weight", 0.01),
    "googlenet": (lambda: models.GoogLeNet(5, rng=0), "inception4a.branch1.conv.weight", 0.01),
    "alexnet": (
        lambda: models.AlexNet(5, hidden=8, rng=0), "features.6.weight", (1 / 3 / 1728) ** 0.5
    ),
    "alexnet, the paper": (
        lambda: models.AlexNet(5, hidden=8, init=0.01, rng=0), "features.6.weight", 0.01
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STDS)
def test_first_values_have_the_spread_of_the_source(case):
    make, path, std = STDS[case]
    values = np.asarray(dict(make().named_parameters())[path])
    assert values.std() == pytest.approx(std, rel=0.05)
    assert abs(values.mean()) < 0.1 * std


@pytest.mark.parametrize(
    ("action", "match"),
    [
        (lambda: models.VGG(12), "VGG: layers must be 11, 13, 16 or 19, got 12"),
        (lambda: models.VGG(11, width=0), "VGG: width must be at least 1, got 0"),
        (lambda: models.SqueezeNet("2"), "SqueezeNet: no version '2'; there is 1_0, 1_1"),
        (lambda: models.DenseNet(drop_rate=2), "DenseNet: drop_rate must lie between 0 and 1"),
        (lambda: models.DenseNet(growth_rate=0), "DenseNet: growth_rate must be at least 1"),
        (lambda: models.GoogLeNet(dropout_aux=-1), "GoogLeNet: dropout_aux must lie between"),
        (lambda: models.resnet18(in_channels=0), "ResNet: in_channels must be at least 1, got 0"),
        (lambda: models.AlexNet(init="big", hidden=1), "AlexNet: no init 'big'; there is default"),
    ],
)
def test_settings_that_make_no_sense_are_refused(action, match):
    with pytest.raises(ArgumentError, match=match):
        action()
