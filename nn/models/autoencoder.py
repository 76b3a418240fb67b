"""Autoencoders: the shortest way through a narrow code and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng

from ..activation import Sigmoid
from ..container import Sequential
from ..conv import Conv2d
from ..conv_transpose import ConvTranspose2d
from ..functional.shapes import Sizes, shape_of
from ..init import skip_draws
from ..linear import Linear
from ..misfit import misfit
from ..module import Module
from ..piecewise import ReLU
from ..settings import count
from ..shape import Flatten, Unflatten
from .dense import MLP
from .images import image_size
from .weights import Rule, draw_weights


class _Autoencoder(Module):
    """An encoder (N, *shape) -> (N, code), and a decoder back."""

    encoder: Module
    decoder: Module

    def __init__(self, shape: tuple[int, ...], code: int):
        super().__init__()
        self.shape = tuple(count(self, "shape", n) for n in shape)
        self.code = count(self, "code", code)

    def encode(self, x: Any) -> Any:
        """Codes (N, code) of samples (N, *shape)."""
        if len(shape_of(x)) < 1 or shape_of(x)[1:] != self.shape:
            sizes = ", ".join(map(str, self.shape))
            raise misfit(self, "", f"x has shape {shape_of(x)}, expected (N, {sizes})", {"x": x})
        return self.encoder(x)

    def decode(self, z: Any) -> Any:
        """Samples (N, *shape) of codes (N, code)."""
        if len(shape_of(z)) != 2 or shape_of(z)[1] != self.code:
            fact = f"z has shape {shape_of(z)}, expected (N, {self.code})"
            raise misfit(self, "", fact, {"z": z})
        return self.decoder(z)

    def forward(self, x: Any) -> Any:
        return self.decode(self.encode(x))


class Autoencoder(_Autoencoder):
    """An autoencoder of linear layers.

    (N, *shape) -> flatten -> [Linear -> activation] for each hidden width -> Linear -> (N, code)
    -> the same backwards -> Sigmoid -> (N, *shape). Train with `nn.MSELoss`, or `nn.BCELoss` if
    the data lie between 0 and 1.

    Parameters
    ----------
    shape : of a sample, such as (1, 28, 28)
    hidden : widths of the encoder's hidden layers
    code : features of a code
    activation : what makes an activation, called without arguments for each hidden layer
    output : the same for what comes last; `nn.Identity` for data of any size
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Hinton & Salakhutdinov (2006), "Reducing the Dimensionality of Data with Neural Networks".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.Autoencoder((1, 8, 8), hidden=[32], code=3)
    >>> x = np.ones((2, 1, 8, 8))
    >>> model.encode(x).shape, model(x).shape
    ((2, 3), (2, 1, 8, 8))
    """

    def __init__(
        self, shape: Sequence[int] = (1, 28, 28), hidden: Iterable[int] = (1000, 500, 250),
        code: int = 30, *, activation: Callable[[], Module] = ReLU,
        output: Callable[[], Module] = Sigmoid, init: Rule = "he", dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(tuple(shape), code)
        widths, size = tuple(hidden), math.prod(shape)
        with skip_draws():
            self.encoder = MLP(size, widths, code, activation=activation, dtype=dtype)
            back = MLP(code, widths[::-1], size, activation=activation, dtype=dtype)
            self.decoder = Sequential(back, output(), Unflatten(1, self.shape))
        draw_weights(self, init, rng=rng)


class ConvAutoencoder(_Autoencoder):
    """An autoencoder of convolutions of 4 x 4 in steps of 2.

    With the defaults 1 x 28 x 28 -> 16 x 14 x 14 -> 32 x 7 x 7 -> (N, code) -> 32 x 7 x 7
    -> 16 x 14 x 14 -> 1 x 28 x 28, with ReLUs between and Sigmoid at the end.

    Parameters
    ----------
    in_channels, image_size : of the images; each side a multiple of 2 ** len(widths)
    widths : channels after each convolution
    code : features of a code
    output : what makes the last activation; `nn.Identity` for data of any size
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Masci, Meier, Ciresan & Schmidhuber (2011), "Stacked Convolutional Auto-Encoders for
    Hierarchical Feature Extraction"; here strides take the place of pooling.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.ConvAutoencoder(3, 16, widths=(4, 8), code=5)
    >>> x = np.ones((2, 3, 16, 16), np.float32)
    >>> model.encode(x).shape, model(x).shape
    ((2, 5), (2, 3, 16, 16))
    """

    def __init__(
        self, in_channels: int = 1, image_size: Sizes = 28, widths: Sequence[int] = (16, 32),
        code: int = 32, *, output: Callable[[], Module] = Sigmoid, init: Rule = "he",
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        height, width = _even_size(self, image_size, len(widths))
        super().__init__((in_channels, height, width), code)
        channels = (in_channels, *widths)
        small = (channels[-1], height >> len(widths), width >> len(widths))
        down: list[Module] = []
        up: list[Module] = []
        with skip_draws():
            for narrow, wide in pairwise(channels):
                down += [Conv2d(narrow, wide, 4, 2, 1, dtype=dtype), ReLU()]
                up = [ReLU(), ConvTranspose2d(wide, narrow, 4, 2, 1, dtype=dtype), *up]
            self.encoder = Sequential(*down, Flatten(), Linear(math.prod(small), code, dtype=dtype))
            self.decoder = Sequential(
                Linear(code, math.prod(small), dtype=dtype), Unflatten(1, small), *up, output()
            )
        draw_weights(self, init, rng=rng)


def _even_size(model: Module, size: Sizes, halvings: int) -> tuple[int, int]:
    height, width = image_size(model, size)
    if height % 2**halvings or width % 2**halvings:
        fact = f"image_size must be multiples of {2**halvings}, got {height} x {width}"
        raise ArgumentError(f"{type(model).__name__}: {fact}")
    return height, width
