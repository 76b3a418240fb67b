"""VGG: nothing but convolutions of 3 x 3, many of them."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from ..container import Sequential
from ..conv import Conv2d
from ..dropout import Dropout
from ..init import skip_draws
from ..linear import Linear
from ..module import Module
from ..normalisation import BatchNorm2d
from ..piecewise import ReLU
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from ..settings import count
from .classifier import PooledClassifier
from .weights import draw_weights

STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
WIDER = (1, 2, 4, 8, 8)  # how many times as many channels a stage has as the first


class VGG(PooledClassifier):
    """Stages of convolutions of 3 x 3, each stage followed by pooling, and three linear layers.

    3 x 224 x 224 -> 64 x 112 x 112 -> 128 x 56 x 56 -> 256 x 28 x 28 -> 512 x 14 x 14
    -> 512 x 7 x 7 -> mean: 7 x 7 -> 4096 -> Dropout -> 4096 -> Dropout -> num_classes, with ReLU
    everywhere. With 11, 13, 16 or 19 layers 132,863,336, 133,047,848, 138,357,544 or 143,667,240
    parameters. torchvision's state dicts fit, with `batch_norm=True` those of `vgg16_bn` etc.

    Parameters
    ----------
    layers : 11, 13, 16 or 19 layers with weights
    num_classes : outputs
    dropout : probability of dropping outputs of the two hidden linear layers while training
    batch_norm : whether to normalise over the batch behind each convolution
    in_channels : channels of the images, whose sides must be at least 32
    width : channels of the first stage; the later ones have 2, 4, 8 and 8 times as many
    hidden : units of the hidden linear layers
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional
        Convolutions as in He et al. (2015), by fan out; linear layers with deviation 0.01.

    Source
    ------
    Simonyan & Zisserman (2015), "Very Deep Convolutional Networks for Large-Scale Image
    Recognition".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.VGG(11, 10, width=4, hidden=16)
    >>> model(np.ones((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(
        self, layers: int = 16, num_classes: int = 1000, dropout: float = 0.5, *,
        batch_norm: bool = False, in_channels: int = 3, width: int = 64, hidden: int = 4096,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(in_channels, least=32)
        if layers not in STAGES:
            raise ArgumentError(f"VGG: layers must be 11, 13, 16 or 19, got {layers}")
        width = count(self, "width", width)
        rng = None if rng is None else generator(rng)
        features: list[Module] = []
        with skip_draws():
            for depth, wider in zip(STAGES[layers], WIDER, strict=True):
                for _ in range(depth):
                    features.append(Conv2d(in_channels, width * wider, 3, 1, 1, dtype=dtype))
                    if batch_norm:
                        features.append(BatchNorm2d(width * wider, dtype=dtype))
                    features.append(ReLU())
                    in_channels = width * wider
                features.append(MaxPool2d(2))
            self.features = Sequential(*features)
            self.avgpool = AdaptiveAvgPool2d(7)
            self.classifier = Sequential(
                Linear(in_channels * 7 * 7, hidden, dtype=dtype), ReLU(), Dropout(dropout, rng=rng),
                Linear(hidden, hidden, dtype=dtype), ReLU(), Dropout(dropout, rng=rng),
                Linear(hidden, num_classes, dtype=dtype),
            )  # fmt: skip
        draw_weights(self, "he_out", 0.01, rng=rng)


def vgg11(num_classes: int = 1000, **options: Any) -> VGG:
    """`VGG` with 11 layers."""
    return VGG(11, num_classes, **options)


def vgg13(num_classes: int = 1000, **options: Any) -> VGG:
    """`VGG` with 13 layers."""
    return VGG(13, num_classes, **options)


def vgg16(num_classes: int = 1000, **options: Any) -> VGG:
    """`VGG` with 16 layers."""
    return VGG(16, num_classes, **options)


def vgg19(num_classes: int = 1000, **options: Any) -> VGG:
    """`VGG` with 19 layers."""
    return VGG(19, num_classes, **options)
