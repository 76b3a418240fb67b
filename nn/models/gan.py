"""Generative adversarial networks: one makes images, the other tells them from real ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .. import functional, init
from ..activation import Tanh
from ..container import Sequential
from ..conv import Conv2d
from ..conv_transpose import ConvTranspose2d
from ..functional.shapes import shape_of
from ..misfit import misfit
from ..module import Module
from ..normalisation import BatchNorm2d
from ..piecewise import LeakyReLU, ReLU
from ..settings import count, number
from ..shape import Flatten, Unflatten
from .dense import MLP
from .weights import draw_weights

_Leaky = partial(LeakyReLU, 0.2)


class _Adversaries(Module):
    """A generator (N, latent) -> (N, *image_shape) within -1 and 1, a discriminator -> (N, 1)."""

    generator: Module
    discriminator: Module

    def __init__(self, latent: int, image_shape: tuple[int, ...]):
        super().__init__()
        self.latent = count(self, "latent", latent)
        self.image_shape = image_shape

    def noise(self, n: int, *, rng: Rng = None) -> np.ndarray:
        """Standard normal codes (n, latent) for the generator, of the dtype of its parameters."""
        dtype = next(iter(self.generator.parameters())).dtype
        return generator(rng).standard_normal((n, self.latent)).astype(dtype)

    def forward(self, z: Any) -> Any:
        """Images of codes (N, latent)."""
        if shape_of(z)[1:] != (self.latent,):
            fact = f"z has shape {shape_of(z)}, expected (N, {self.latent})"
            raise misfit(self, "", fact, {"z": z})
        return self.generator(z)

    def sample(self, n: int, *, rng: Rng = None) -> Tensor:
        """New images, within -1 and 1. Nothing is recorded."""
        with no_grad():
            return self(self.noise(count(self, "n", n), rng=rng))

    def discriminator_loss(self, real: Any, *, smooth: float = 0.0, rng: Rng = None) -> Tensor:
        """-log D(real) - log(1 - D(fake)), means over as many of each; the generator gets nothing.

        Parameters
        ----------
        real : images (N, *image_shape), within -1 and 1
        smooth : the discriminator shall give real images the probability 1 - smooth
        rng : Generator or int for the fake ones, optional
        """
        if shape_of(real)[1:] != self.image_shape or not shape_of(real):
            sizes = ", ".join(map(str, self.image_shape))
            fact = f"real has shape {shape_of(real)}, expected (N, {sizes})"
            raise misfit(self, "", fact, {"real": real})
        number(self, "smooth", smooth, 0, 1)
        fake = self.sample(shape_of(real)[0], rng=rng)
        seen, made = self.discriminator(real), self.discriminator(fake)
        loss = functional.binary_cross_entropy_with_logits
        truth = np.full(seen.shape, 1 - smooth, seen.dtype)
        return loss(seen, truth) + loss(made, np.zeros(made.shape, made.dtype))

    def generator_loss(self, n: int, *, rng: Rng = None) -> Tensor:
        """-log D(fake), the mean over n images: the form whose gradient does not vanish.

        The discriminator's parameters get gradients, too: forget them before its own step.
        """
        made = self.discriminator(self(self.noise(count(self, "n", n), rng=rng)))
        target = np.ones(made.shape, made.dtype)
        return functional.binary_cross_entropy_with_logits(made, target)


class GAN(_Adversaries):
    """The first adversarial pair: two perceptrons.

    Generator (N, latent) -> Linear, ReLU for each width -> Linear, Tanh -> (N, *image_shape).
    Discriminator (N, *image_shape) -> Linear, LeakyReLU(0.2), Dropout for each width, last to
    first -> Linear -> (N, 1), the logit of being real.

    Parameters
    ----------
    latent : features of a code
    image_shape : channels, height and width; any shape will do
    hidden : widths of the hidden layers
    dropout : probability of dropping each of the discriminator's hidden units while training
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Goodfellow et al. (2014), "Generative Adversarial Nets"; Salimans et al. (2016), "Improved
    Techniques for Training GANs", for smooth labels.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.GAN(16, (1, 8, 8), hidden=[32], rng=0)
    >>> model.sample(5, rng=0).shape
    (5, 1, 8, 8)
    >>> real = np.zeros((4, 1, 8, 8), np.float32)
    >>> model.discriminator_loss(real, rng=0).shape, model.generator_loss(4, rng=0).shape
    ((), ())
    """

    def __init__(
        self, latent: int = 100, image_shape: Sequence[int] = (1, 28, 28),
        hidden: Iterable[int] = (256, 512), dropout: float = 0.3, *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(latent, tuple(image_shape))
        rng = None if rng is None else generator(rng)
        widths, pixels = tuple(hidden), math.prod(image_shape)
        body = MLP(latent, widths, pixels, dtype=dtype, rng=rng)
        self.generator = Sequential(body, Tanh(), Unflatten(1, self.image_shape))
        self.discriminator = MLP(
            pixels, widths[::-1], 1, activation=_Leaky, dropout=dropout, dtype=dtype, rng=rng
        )


class DCGAN(_Adversaries):
    """The adversarial pair of convolutions.

    Generator, for 64 x 64: (N, latent) -> 512 x 4 x 4 -> 256 x 8 x 8 -> 128 x 16 x 16
    -> 64 x 32 x 32 -> channels x 64 x 64, transposed convolutions of 4 x 4 with BatchNorm and
    ReLU, Tanh at the end. Discriminator: the same backwards with LeakyReLU(0.2), without BatchNorm
    in the first layer, to the logit (N, 1) of being real.

    Parameters
    ----------
    latent : features of a code
    channels, image_size : of the images; the size is 8, 16, 32, 64, ...
    width : channels of the largest maps; each halving of the size doubles them
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional
        Weights are normal with standard deviation 0.02, those of BatchNorm around 1.

    Source
    ------
    Radford, Metz & Chintala (2016), "Unsupervised Representation Learning with Deep Convolutional
    Generative Adversarial Networks".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.DCGAN(16, channels=1, image_size=16, width=8, rng=0)
    >>> model.sample(2, rng=0).shape
    (2, 1, 16, 16)
    """

    def __init__(
        self, latent: int = 100, channels: int = 3, image_size: int = 64, width: int = 64, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        size = count(self, "image_size", image_size, 8)
        if size & (size - 1):
            raise ArgumentError(f"DCGAN: image_size must be a power of 2, got {size}")
        super().__init__(latent, (channels, size, size))
        widths = [width * 2**k for k in range(size.bit_length() - 3)]  # from wide maps to 4 x 4
        with init.skip_draws():
            self.generator = _upwards(latent, widths[::-1], channels, dtype)
            self.discriminator = _downwards(channels, widths, dtype)
        draw = generator(rng)
        draw_weights(self, 0.02, rng=draw)
        for module in self.modules():
            if isinstance(module, BatchNorm2d) and module.weight is not None:
                init.normal_(module.weight, 1.0, 0.02, rng=draw)


def _upwards(latent: int, widths: Sequence[int], channels: int, dtype: Any) -> Sequential:
    layers: list[Module] = [Unflatten(1, (latent, 1, 1))]
    narrow, step = latent, (1, 0)  # stride and padding: 1 x 1 becomes 4 x 4, then sizes double
    for wide in widths:
        conv = ConvTranspose2d(narrow, wide, 4, *step, bias=False, dtype=dtype)
        layers += [conv, BatchNorm2d(wide, dtype=dtype), ReLU()]
        narrow, step = wide, (2, 1)
    layers += [ConvTranspose2d(narrow, channels, 4, 2, 1, bias=False, dtype=dtype), Tanh()]
    return Sequential(*layers)


def _downwards(channels: int, widths: Sequence[int], dtype: Any) -> Sequential:
    layers: list[Module] = []
    narrow = channels
    for wide in widths:
        layers.append(Conv2d(narrow, wide, 4, 2, 1, bias=False, dtype=dtype))
        layers += [BatchNorm2d(wide, dtype=dtype)] if layers[1:] else []
        layers.append(_Leaky())
        narrow = wide
    return Sequential(*layers, Conv2d(narrow, 1, 4, bias=False, dtype=dtype), Flatten())
