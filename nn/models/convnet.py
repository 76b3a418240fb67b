"""Plain convolutional networks: convolution, ReLU and pooling, then linear layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from ..container import Sequential
from ..conv import Conv2d
from ..dropout import Dropout
from ..functional.shapes import Sizes
from ..init import skip_draws
from ..linear import Linear
from ..module import Module
from ..piecewise import ReLU
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from .classifier import ImageClassifier, PooledClassifier
from .images import conv_norm, window_size
from .weights import Rule, draw_weights


class _Stages(ImageClassifier):
    """Stages of convolution, ReLU and pooling over 2 x 2, then linear layers with ReLUs."""

    def __init__(
        self, in_channels: int, size: Sizes, channels: Iterable[int], kernel_size: int,
        padding: int | str, stride: int, hidden: Iterable[int], num_classes: int, dropout: float,
        init: Rule, dtype: Any, rng: Rng,
    ):  # fmt: skip
        super().__init__(in_channels, size)
        if isinstance(padding, str) and padding != "same":
            kind = type(self).__name__
            raise ArgumentError(f"{kind}: padding must be 'same' or a width, got {padding!r}")
        rng = None if rng is None else generator(rng)
        features: list[Module] = []
        size, deep = self.image_size, in_channels
        with skip_draws():
            for wide in channels:
                conv = Conv2d(deep, wide, kernel_size, stride, padding, dtype=dtype)
                features += [conv, ReLU(), MaxPool2d(2)]
                if padding != "same":
                    size = window_size(self, size, kernel_size, stride, conv.padding[0])
                size = window_size(self, size, 2, 2)
                deep = wide
            widths = [deep * size[0] * size[1], *hidden]
            layers: list[Module] = []
            for narrow, wide in pairwise(widths):
                layers += [Linear(narrow, wide, dtype=dtype), ReLU()]
                layers += [Dropout(dropout, rng=rng)] if dropout else []
            layers.append(Linear(widths[-1], num_classes, dtype=dtype))
        self.features = Sequential(*features)
        self.classifier = Sequential(*layers)
        draw_weights(self, init, rng=rng)


class ConvNet(_Stages):
    """The plain convolutional network, of any depth.

    (N, C, H, W) -> [Conv -> ReLU -> MaxPool 2] for each of `channels` -> flatten
    -> [Linear -> ReLU -> Dropout] for each of `hidden` -> Linear -> (N, num_classes).

    Parameters
    ----------
    in_channels, image_size : of the images; the size is one number or (H, W)
    num_classes : outputs
    channels : channels after each convolution
    kernel_size : height and width of each filter
    padding : "same" keeps the size in convolutions; or the width of the border, 0 for none
    hidden : widths of the linear layers between
    dropout : probability of dropping each hidden unit while training; 0 leaves it out
    init : name of a rule ("he", "xavier", "lecun", ..., "default") or standard deviation
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    LeCun et al. (1989), "Backpropagation Applied to Handwritten Zip Code Recognition"; the numbers
    of the examples are those of TensorFlow's and Keras' and PyTorch's tutorials.

    Examples
    --------
    >>> import nn
    >>> cifar = nn.models.ConvNet(3, 32, 10, (16, 32, 64), kernel_size=2, hidden=[500])
    >>> cifar(np.ones((2, 3, 32, 32))).shape
    (2, 10)
    >>> nn.summary(cifar, (1, 3, 32, 32)).parameters
    528054
    >>> mnist = nn.models.ConvNet(1, 28, 10, (16, 32), kernel_size=5)
    >>> nn.summary(mnist, (1, 1, 28, 28)).parameters
    28938
    """

    def __init__(
        self, in_channels: int = 1, image_size: Sizes = 28, num_classes: int = 10,
        channels: Iterable[int] = (32, 64), kernel_size: int = 3, padding: int | str = "same",
        hidden: Iterable[int] = (), dropout: float = 0.0, *, init: Rule = "he", dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            in_channels, image_size, channels, kernel_size, padding, 1, hidden, num_classes,
            dropout, init, dtype, rng,
        )  # fmt: skip


class SimpleConvNet(_Stages):
    """One convolution and two linear layers.

    (N, *input_dim) -> Conv -> ReLU -> MaxPool 2 -> flatten -> Linear -> ReLU -> Linear
    -> (N, output_size); with the defaults 1 x 28 x 28 -> 30 x 24 x 24 -> 30 x 12 x 12 -> 4320
    -> 100 -> 10.

    Parameters
    ----------
    input_dim : channels, height and width of the images
    filter_num, filter_size, pad, stride : of the convolution
    hidden_size, output_size : hidden units and classes
    weight_init_std : standard deviation of the weights, or name of a rule; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    Saitoh (2016), "Deep Learning from Scratch", section 7.5. With `filter_num=32, filter_size=7,
    pad=3` it is the ThreeLayerConvNet of CS231n's second assignment.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.SimpleConvNet()
    >>> model(np.ones((2, 1, 28, 28))).shape
    (2, 10)
    >>> nn.summary(model, (1, 1, 28, 28)).parameters
    433890
    """

    def __init__(
        self, input_dim: Sequence[int] = (1, 28, 28), filter_num: int = 30, filter_size: int = 5,
        pad: int = 0, stride: int = 1, hidden_size: int = 100, output_size: int = 10,
        weight_init_std: Rule = 0.01, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        if len(input_dim) != 3:
            fact = f"input_dim must be (channels, height, width), got {input_dim}"
            raise ArgumentError(f"SimpleConvNet: {fact}")
        channels, *size = input_dim
        super().__init__(
            channels, tuple(size), [filter_num], filter_size, pad, stride, [hidden_size],
            output_size, 0.0, weight_init_std, dtype, rng,
        )  # fmt: skip


class DeepConvNet(ImageClassifier):
    """Six convolutions of 3 x 3 in three pairs, each pair followed by pooling, and two layers.

    1 x 28 x 28 -> 16 x 28 x 28, twice -> pool 14 -> 32 x 14 x 14 -> 32 x 16 x 16 (padded by 2)
    -> pool 8 -> 64 x 8 x 8, twice -> pool 4 -> 1024 -> 50 -> 10; ReLU everywhere, Dropout behind
    both linear layers.

    Parameters
    ----------
    input_dim : channels, height and width of the images
    hidden_size, output_size : hidden units and classes
    dropout : probability of dropping outputs of both linear layers while training
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Saitoh (2016), "Deep Learning from Scratch", section 8.1: over 99 % on MNIST.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.DeepConvNet()
    >>> model(np.ones((2, 1, 28, 28))).shape
    (2, 10)
    """

    def __init__(
        self, input_dim: Sequence[int] = (1, 28, 28), hidden_size: int = 50, output_size: int = 10,
        dropout: float = 0.5, *, init: Rule = "he", dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        if len(input_dim) != 3:
            fact = f"input_dim must be (channels, height, width), got {input_dim}"
            raise ArgumentError(f"DeepConvNet: {fact}")
        channels, height, width = input_dim
        super().__init__(channels, (height, width))
        rng = None if rng is None else generator(rng)
        features: list[Module] = []
        size = self.image_size
        with skip_draws():
            for wide, paddings in ((16, (1, 1)), (32, (1, 2)), (64, (1, 1))):
                for padding in paddings:
                    features += [Conv2d(channels, wide, 3, 1, padding, dtype=dtype), ReLU()]
                    size = window_size(self, size, 3, 1, padding)
                    channels = wide
                features.append(MaxPool2d(2))
                size = window_size(self, size, 2, 2)
            first = Linear(channels * size[0] * size[1], hidden_size, dtype=dtype)
            last = Linear(hidden_size, output_size, dtype=dtype)
        self.features = Sequential(*features)
        self.classifier = Sequential(
            first, ReLU(), Dropout(dropout, rng=rng), last, Dropout(dropout, rng=rng)
        )
        draw_weights(self, init, rng=rng)


class SmallConvNet(PooledClassifier):
    """A small modern network for small images: normalised convolutions and a global mean.

    (N, C, H, W) -> [Conv 3 -> BatchNorm -> ReLU, twice -> MaxPool 2] for each width -> mean over
    space -> Dropout -> Linear -> (N, num_classes). With the defaults 3 x 32 x 32 -> 32 x 16 x 16
    -> 64 x 8 x 8 -> 128 x 4 x 4 -> 128 -> 10: 288,746 parameters.

    Parameters
    ----------
    num_classes : outputs
    in_channels : channels of the images, whose sides must be at least 2 ** len(widths)
    widths : channels of each stage
    dropout : probability of dropping each of the last features while training
    init : name of a rule or standard deviation of the weights; biases are 0
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Simonyan & Zisserman (2015), "Very Deep Convolutional Networks", for the pairs; Ioffe & Szegedy
    (2015), "Batch Normalization"; Lin, Chen & Yan (2014), "Network In Network", for the mean.

    Examples
    --------
    >>> import nn
    >>> nn.models.SmallConvNet(widths=(8, 16))(np.ones((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 3, widths: Sequence[int] = (32, 64, 128),
        dropout: float = 0.0, *, init: Rule = "he", dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(in_channels, least=2 ** len(widths))
        rng = None if rng is None else generator(rng)
        stages: list[Module] = []
        with skip_draws():
            for wide in widths:
                pair = conv_norm(in_channels, wide, dtype=dtype), conv_norm(wide, wide, dtype=dtype)
                stages += [*pair, MaxPool2d(2)]
                in_channels = wide
            head = Linear(in_channels, num_classes, dtype=dtype)
        self.features = Sequential(*stages)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(Dropout(dropout, rng=rng), head)
        draw_weights(self, init, rng=rng)
