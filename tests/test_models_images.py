"""Models that make images: adversarial pairs and autoencoders."""

from itertools import pairwise

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, ShapeError
from nn import models

PAIRS = {
    "dense": lambda **more: models.GAN(8, (1, 6, 5), hidden=(16, 24), rng=0, **more),
    "convolutions": lambda **more: models.DCGAN(8, 2, image_size=16, width=4, rng=0, **more),
}
every_pair = pytest.mark.parametrize("pair", PAIRS)


def pictures(model, n=6):
    return np.random.default_rng(1).uniform(-1, 1, (n, *model.image_shape)).astype("f4")


@every_pair
def test_new_images_have_their_shape_and_range_and_repeat_with_the_seed(pair):
    model = PAIRS[pair]()
    new = model.sample(7, rng=3)
    assert new.shape == (7, *model.image_shape)
    assert new.dtype == np.float32
    assert not new.requires_grad
    assert abs(np.asarray(new)).max() <= 1
    model = PAIRS[pair]()
    assert np.array_equal(np.asarray(new), np.asarray(model.sample(7, rng=3)))
    assert model.discriminator(new).shape == (7, 1)
    assert PAIRS[pair](dtype="f8").sample(2).dtype == np.float64


@every_pair
def test_each_loss_trains_its_own_side(pair):
    model = PAIRS[pair]()
    model.discriminator_loss(pictures(model), rng=0).backward()
    assert all(p.grad is None for p in model.generator.parameters())
    assert all(np.asarray(p.grad).any() for p in model.discriminator.parameters())
    model.zero_grad()
    model.generator_loss(6, rng=0).backward()
    assert all(p.grad is not None for p in model.generator.parameters())


@every_pair
def test_losses_are_the_papers(pair):
    model = PAIRS[pair]().eval()
    real = pictures(model)
    fake = model.sample(6, rng=0)

    def probability(x):
        return 1 / (1 + np.exp(-np.asarray(model.discriminator(x))))

    expected = -np.log(probability(real)).mean() - np.log(1 - probability(fake)).mean()
    assert model.discriminator_loss(real, rng=0).item() == pytest.approx(expected, rel=1e-5)
    expected = -np.log(probability(fake)).mean()
    assert model.generator_loss(6, rng=0).item() == pytest.approx(expected, rel=1e-5)
    p = probability(real)
    smooth = -(0.9 * np.log(p) + 0.1 * np.log(1 - p)).mean() - np.log(1 - probability(fake)).mean()
    assert model.discriminator_loss(real, smooth=0.1, rng=0).item() == pytest.approx(
        smooth, rel=1e-5
    )


@every_pair
def test_each_side_gets_better_at_its_own_loss(pair):
    model = PAIRS[pair]()
    real = pictures(model)
    for part, loss in (
        (model.discriminator, lambda: model.discriminator_loss(real, rng=0)),
        (model.generator, lambda: model.generator_loss(6, rng=0)),
    ):
        optimizer = nn.optim.Adam(part.parameters(), lr=1e-3)
        values = []
        for _ in range(15):
            model.zero_grad()
            values.append(loss())
            values[-1].backward()
            optimizer.step()
        assert values[-1].item() < values[0].item()


def test_the_scales_of_the_normalisation_start_around_one():
    model = models.DCGAN(16, width=32, rng=0)
    scales = np.concatenate([m.weight for m in model.modules() if type(m) is nn.BatchNorm2d])
    assert scales.mean() == pytest.approx(1, abs=0.01)
    assert scales.std() == pytest.approx(0.02, rel=0.2)


@every_pair
def test_shapes_that_do_not_fit_are_refused_by_name(pair):
    model = PAIRS[pair]()
    kind = type(model).__name__
    with pytest.raises(ShapeError, match=f"^{kind}: z has shape \\(3, 9\\), expected \\(N, 8\\)"):
        model(np.ones((3, 9)))
    with pytest.raises(ShapeError, match=f"^{kind}: real has shape \\(4, 4\\), expected \\(N, "):
        model.discriminator_loss(np.ones((4, 4)))
    with pytest.raises(ArgumentError, match="n must be at least 1, got 0"):
        model.sample(0)
    with pytest.raises(ArgumentError, match="smooth must lie between 0 and 1, got 2"):
        model.discriminator_loss(pictures(model), smooth=2)


CODERS = {
    "dense": lambda **more: models.Autoencoder((1, 8, 6), [32], code=4, rng=0, **more),
    "convolutions": lambda **more: models.ConvAutoencoder(1, (8, 4), (4, 8), 4, rng=0, **more),
}
every_coder = pytest.mark.parametrize("coder", CODERS)


@every_coder
def test_codes_and_what_becomes_of_them_have_their_shapes(coder):
    model = CODERS[coder]()
    x = np.random.default_rng(0).random((3, *model.shape), np.float32)
    code = model.encode(x)
    assert code.shape == (3, 4)
    out = model.decode(code)
    assert out.shape == x.shape
    assert out.dtype == np.float32
    assert (np.asarray(out) > 0).all()
    assert (np.asarray(out) < 1).all()
    assert np.array_equal(np.asarray(out), np.asarray(model(x)))
    assert (np.asarray(CODERS[coder](output=nn.Identity)(x)) < 0).any()


@every_coder
def test_few_pictures_fit_through_a_narrow_code(coder):
    model = CODERS[coder]()
    x = np.random.default_rng(0).random((4, *model.shape), np.float32).round()
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = nn.functional.mse_loss(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05  # 0.25 at first
    assert all(np.asarray(p.grad).any() for p in model.parameters())


def test_the_papers_autoencoder_has_as_many_parameters_as_it_should():
    with nn.init.skip_draws():
        model = models.Autoencoder()
    widths = [784, 1000, 500, 250, 30]
    weights = 2 * sum(a * b for a, b in pairwise(widths))
    biases = sum(widths[1:]) + sum(widths[:-1])
    assert sum(p.size for p in model.parameters()) == weights + biases == 2_837_314


@every_coder
def test_what_does_not_fit_an_autoencoder_is_refused_by_name(coder):
    model = CODERS[coder]()
    kind = type(model).__name__
    with pytest.raises(ShapeError, match=f"^{kind}: x has shape \\(3, 9\\), expected \\(N, 1, 8, "):
        model(np.ones((3, 9)))
    with pytest.raises(ShapeError, match=f"^{kind}: z has shape \\(3, 9\\), expected \\(N, 4\\)"):
        model.decode(np.ones((3, 9)))


def test_sizes_that_cannot_be_halved_are_refused():
    with pytest.raises(ArgumentError, match="image_size must be multiples of 8, got 28 x 28"):
        models.ConvAutoencoder(widths=(4, 4, 4))
    with pytest.raises(ArgumentError, match="code must be at least 1, got 0"):
        models.Autoencoder(code=0)
