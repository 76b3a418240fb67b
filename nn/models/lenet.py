"""LeNet-5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng

from ..activation import Tanh
from ..container import Sequential
from ..conv import Conv2d
from ..init import skip_draws
from ..linear import Linear
from ..module import Module
from ..pool import AvgPool2d
from .classifier import ImageClassifier
from .weights import Rule, draw_weights


class LeNet5(ImageClassifier):
    """Two convolutions with subsampling, then three linear layers.

    1 x 32 x 32 -> Conv 5: 6 x 28 x 28 -> mean 2: 6 x 14 x 14 -> Conv 5: 16 x 10 x 10
    -> mean 2: 16 x 5 x 5 -> 400 -> 120 -> 84 -> num_classes, with the activation behind all but
    the means and the last: 61,706 parameters. The paper's subsampling had a weight and a bias, its
    second convolution saw some of the 6 maps only, and its last layer was radial (`nn.RBF`).

    Parameters
    ----------
    num_classes : outputs
    in_channels : channels of the images
    image_size : 32 as in the paper, or 28: then the first convolution pads by 2
    activation : what makes an activation, called without arguments
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    LeCun, Bottou, Bengio & Haffner (1998), "Gradient-Based Learning Applied to Document
    Recognition".

    Examples
    --------
    >>> import nn
    >>> nn.models.LeNet5(image_size=28)(np.ones((2, 1, 28, 28))).shape
    (2, 10)
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, image_size: int = 32,
        activation: Callable[[], Module] = Tanh, *, init: Rule = "xavier", dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(in_channels, image_size)
        if image_size not in (28, 32):
            raise ArgumentError(f"LeNet5: image_size must be 32 or 28, got {image_size}")
        with skip_draws():
            self.features = Sequential(
                Conv2d(in_channels, 6, 5, padding=(32 - image_size) // 2, dtype=dtype),
                activation(),
                AvgPool2d(2),
                Conv2d(6, 16, 5, dtype=dtype),
                activation(),
                AvgPool2d(2),
            )
            self.classifier = Sequential(
                Linear(16 * 5 * 5, 120, dtype=dtype),
                activation(),
                Linear(120, 84, dtype=dtype),
                activation(),
                Linear(84, num_classes, dtype=dtype),
            )
        draw_weights(self, init, rng=rng)
