"""A model moves over from PyTorch by changing the imports: the same code, weights and training."""

import numpy as np
import pytest

import nn
from autograd import Tensor

from .modules import close, same_state, torch

pytestmark = pytest.mark.oracle


def convolutional(nn):
    """Images (N, 1, 12, 12) -> (N, 3)."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3, padding=1, groups=2), nn.GroupNorm(2, 8), nn.SiLU(),
        nn.Conv2d(8, 8, 3, 2, 1), nn.BatchNorm2d(8, momentum=None), nn.LeakyReLU(0.1, inplace=True),
        nn.AdaptiveAvgPool2d((2, None)), nn.Flatten(), nn.Linear(48, 3),
    )  # fmt: skip


def autoencoder(nn):
    """Images (N, 1, 12, 12) -> the same."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.PReLU(4), nn.InstanceNorm2d(4, affine=True),
        nn.ConvTranspose2d(4, 8, 4, 2, 1), nn.ELU(), nn.Conv2d(8, 4, 1), nn.PixelShuffle(2),
        nn.AvgPool2d(2), nn.ReflectionPad2d(1), nn.Conv2d(1, 1, 3), nn.Sigmoid(),
    )  # fmt: skip


def perceptron(nn):
    """Vectors (N, 6) -> (N, 3)."""

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(8)
            self.layers = nn.ModuleList([nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8)])

        def forward(self, x):
            y = self.norm(x)
            for layer in self.layers:
                y = layer(y)
            return x + y

    return nn.Sequential(
        nn.Linear(6, 8), Residual(), Residual(), nn.BatchNorm1d(8), nn.GLU(), nn.Linear(4, 3)
    )


IMAGES, VECTORS = (8, 1, 12, 12), (8, 6)
MODELS = [
    (convolutional, IMAGES, "CrossEntropyLoss"),
    (autoencoder, IMAGES, "MSELoss"),
    (perceptron, VECTORS, "CrossEntropyLoss"),
]
OPTIMISERS = [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.01})]


@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=lambda o: o[0])
@pytest.mark.parametrize("case", MODELS, ids=lambda c: c[0].__name__)
def test_the_same_training(case, optimiser):
    build, shape, loss = case
    name, options = optimiser
    ours, theirs = build(nn).double(), build(torch.nn).double()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    step = getattr(nn.optim, name)(ours.parameters(), **options)
    their_step = getattr(torch.optim, name)(theirs.parameters(), **options)
    criterion, their_criterion = getattr(nn, loss)(), getattr(torch.nn, loss)()
    rng = np.random.default_rng(0)
    for _ in range(8):
        x = rng.normal(size=shape)
        target = x if loss == "MSELoss" else rng.integers(0, 3, len(x))
        value = criterion(ours(Tensor(x)), target)
        expected = their_criterion(theirs(torch.tensor(x)), torch.tensor(target))
        close(value, expected)
        for optimizer, result in ((step, value), (their_step, expected)):
            optimizer.zero_grad()
            result.backward()
            optimizer.step()
    same_state(ours, theirs)
    x = rng.normal(size=shape)
    close(ours.eval()(Tensor(x)), theirs.eval()(torch.tensor(x)))
