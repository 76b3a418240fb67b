"""AlexNet."""

from __future__ import annotations

from typing import Any

from autograd.random import Rng, generator

from ..container import Sequential
from ..conv import Conv2d
from ..dropout import Dropout
from ..init import skip_draws
from ..layer_norm import LocalResponseNorm
from ..linear import Linear
from ..module import Module
from ..piecewise import ReLU
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from .classifier import PooledClassifier
from .weights import Rule, draw_weights


class AlexNet(PooledClassifier):
    """Five convolutions and three linear layers.

    3 x 224 x 224 -> Conv 11, stride 4: 64 x 55 x 55 -> pool: 27 -> Conv 5: 192 x 27 x 27
    -> pool: 13 -> Conv 3: 384, 256, 256 x 13 x 13 -> pool: 256 x 6 x 6 -> mean: 6 x 6
    -> Dropout -> 4096 -> Dropout -> 4096 -> num_classes; ReLU everywhere, pooling over 3 x 3 in
    steps of 2: 61,100,840 parameters. torchvision's state dict fits.

    Parameters
    ----------
    num_classes : outputs
    dropout : probability of dropping the inputs of the two hidden linear layers while training
    in_channels : channels of the images, whose sides must be at least 63
    hidden : units of the hidden linear layers
    local_response_norm : whether to normalise across channels behind the first two convolutions,
        as the first paper did
    init : name of a rule, standard deviation of the weights (0.01 in the paper), or "default"
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Krizhevsky, Sutskever & Hinton (2012), "ImageNet Classification with Deep Convolutional Neural
    Networks"; the channels are those of Krizhevsky (2014), "One weird trick for parallelizing
    convolutional neural networks".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.AlexNet(10, hidden=32)
    >>> model(np.ones((1, 3, 63, 63), np.float32)).shape
    (1, 10)
    """

    def __init__(
        self, num_classes: int = 1000, dropout: float = 0.5, *, in_channels: int = 3,
        hidden: int = 4096, local_response_norm: bool = False, init: Rule = "default",
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(in_channels, least=63)
        rng = None if rng is None else generator(rng)

        def active() -> Module:
            """ReLU, in one place with the normalisation: numbers in paths stay torchvision's."""
            if not local_response_norm:
                return ReLU()
            return Sequential(ReLU(), LocalResponseNorm(5, 1e-4, 0.75, 2.0))

        with skip_draws():
            self.features = Sequential(
                Conv2d(in_channels, 64, 11, 4, 2, dtype=dtype), active(), MaxPool2d(3, 2),
                Conv2d(64, 192, 5, 1, 2, dtype=dtype), active(), MaxPool2d(3, 2),
                Conv2d(192, 384, 3, 1, 1, dtype=dtype), ReLU(),
                Conv2d(384, 256, 3, 1, 1, dtype=dtype), ReLU(),
                Conv2d(256, 256, 3, 1, 1, dtype=dtype), ReLU(), MaxPool2d(3, 2),
            )  # fmt: skip
            self.avgpool = AdaptiveAvgPool2d(6)
            self.classifier = Sequential(
                Dropout(dropout, rng=rng), Linear(256 * 6 * 6, hidden, dtype=dtype), ReLU(),
                Dropout(dropout, rng=rng), Linear(hidden, hidden, dtype=dtype), ReLU(),
                Linear(hidden, num_classes, dtype=dtype),
            )  # fmt: skip
        draw_weights(self, init, rng=rng)
