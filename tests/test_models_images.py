"""Models that make images: adversarial pairs."""

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
    model = PAIRS[pair](dtype="f8").eval()
    real = pictures(model).astype("f8")
    fake = model.sample(6, rng=0)

    def probability(x):
        return 1 / (1 + np.exp(-np.asarray(model.discriminator(x))))

    expected = -np.log(probability(real)).mean() - np.log(1 - probability(fake)).mean()
    assert model.discriminator_loss(real, rng=0).item() == pytest.approx(expected)
    expected = -np.log(probability(fake)).mean()
    assert model.generator_loss(6, rng=0).item() == pytest.approx(expected)
    p = probability(real)
    smooth = -(0.9 * np.log(p) + 0.1 * np.log(1 - p)).mean() - np.log(1 - probability(fake)).mean()
    assert model.discriminator_loss(real, smooth=0.1, rng=0).item() == pytest.approx(smooth)


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
