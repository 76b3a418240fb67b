"""DenseNet: every layer sees the results of all before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd as ag
from autograd.random import Rng, generator

from .. import functional, init
from ..container import Sequential
from ..conv import Conv2d
from ..linear import Linear
from ..module import Module
from ..normalisation import BatchNorm2d
from ..piecewise import ReLU
from ..pool import AvgPool2d, MaxPool2d
from ..settings import count, number
from .images import check_images
from .weights import draw_weights


class _DenseLayer(Module):
    """growth new channels of all channels: (N, C, H, W) -> (N, growth, H, W)."""

    def __init__(
        self, channels: int, growth: int, bn_size: int, drop_rate: float, dtype: Any, rng: Rng
    ):
        super().__init__()
        middle = bn_size * growth
        self.norm1 = BatchNorm2d(channels, dtype=dtype)
        self.relu1 = ReLU()
        self.conv1 = Conv2d(channels, middle, 1, bias=False, dtype=dtype)
        self.norm2 = BatchNorm2d(middle, dtype=dtype)
        self.relu2 = ReLU()
        self.conv2 = Conv2d(middle, growth, 3, padding=1, bias=False, dtype=dtype)
        self.drop_rate = drop_rate
        self.rng = None if rng is None else generator(rng)

    def forward(self, x: Any) -> Any:
        y = self.conv1(self.relu1(self.norm1(x)))
        y = self.conv2(self.relu2(self.norm2(y)))
        return functional.dropout(y, self.drop_rate, self.training, rng=self.rng)


class _DenseBlock(Module):
    """Layers that each add channels: (N, C, H, W) -> (N, C + layers * growth, H, W)."""

    def __init__(self, layers: int, channels: int, growth: int, *options: Any):
        super().__init__()
        for i in range(layers):
            layer = _DenseLayer(channels + i * growth, growth, *options)
            self.add_module(f"denselayer{i + 1}", layer)

    def forward(self, x: Any) -> Any:
        for layer in self.children():
            x = ag.concat([x, layer(x)], axis=1)
        return x


def _transition(channels: int, dtype: Any) -> Sequential:
    """Half the channels, half the size."""
    return Sequential(
        {
            "norm": BatchNorm2d(channels, dtype=dtype),
            "relu": ReLU(),
            "conv": Conv2d(channels, channels // 2, 1, bias=False, dtype=dtype),
            "pool": AvgPool2d(2),
        }
    )


class DenseNet(Module):
    """Blocks in which every layer gets the results of all layers before it.

    With the defaults (DenseNet-121) 3 x 224 x 224 -> Conv 7, stride 2: 64 x 112 x 112 -> pool: 56
    -> block of 6: 256 x 56 x 56 -> half: 128 x 28 x 28 -> block of 12: 512 -> half: 256 x 14 x 14
    -> block of 24: 1024 -> half: 512 x 7 x 7 -> block of 16: 1024 x 7 x 7 -> mean over space
    -> num_classes: 7,978,856 parameters. torchvision's state dicts fit.

    Parameters
    ----------
    growth_rate : channels that each layer adds
    block_config : number of layers of each block
    num_init_features : channels of the first convolution
    bn_size : within a layer there are bn_size * growth_rate channels
    drop_rate : probability of dropping what a layer adds while training
    num_classes : outputs
    in_channels : channels of the images, whose sides must be at least 29 for four blocks
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Huang, Liu, van der Maaten & Weinberger (2017), "Densely Connected Convolutional Networks".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.DenseNet(4, (2, 2), 8, num_classes=10)
    >>> model(np.ones((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(
        self, growth_rate: int = 32, block_config: Sequence[int] = (6, 12, 24, 16),
        num_init_features: int = 64, bn_size: int = 4, drop_rate: float = 0.0,
        num_classes: int = 1000, *, in_channels: int = 3, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in_channels = count(self, "in_channels", in_channels)
        growth = count(self, "growth_rate", growth_rate)
        number(self, "drop_rate", drop_rate, 0, 1)
        channels = count(self, "num_init_features", num_init_features)
        self.least = 2 ** (len(block_config) + 1) - 3  # one pixel is left for the last block
        rng = None if rng is None else generator(rng)
        with init.skip_draws():
            parts: dict[str, Module] = {
                "conv0": Conv2d(in_channels, channels, 7, 2, 3, bias=False, dtype=dtype),
                "norm0": BatchNorm2d(channels, dtype=dtype),
                "relu0": ReLU(),
                "pool0": MaxPool2d(3, 2, 1),
            }
            for i, layers in enumerate(block_config, start=1):
                block = _DenseBlock(layers, channels, growth, bn_size, drop_rate, dtype, rng)
                parts[f"denseblock{i}"] = block
                channels += layers * growth
                if i < len(block_config):
                    parts[f"transition{i}"] = _transition(channels, dtype)
                    channels //= 2
            parts[f"norm{len(block_config) + 1}"] = BatchNorm2d(channels, dtype=dtype)
            self.features = Sequential(parts)
            self.classifier = Linear(channels, num_classes, dtype=dtype)
        draw_weights(self, "he", "default", rng=rng)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels, least=self.least)
        x = functional.relu(self.features(x))
        return self.classifier(functional.global_avg_pool(x))


def densenet121(num_classes: int = 1000, **options: Any) -> DenseNet:
    """`DenseNet` with 121 layers: 7,978,856 parameters."""
    return DenseNet(num_classes=num_classes, **options)
