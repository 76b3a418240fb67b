"""GoogLeNet: filters of several sizes beside each other."""

from __future__ import annotations

from typing import Any, NamedTuple

import autograd as ag
from autograd.random import Rng, generator

from .. import functional, init
from ..container import Sequential
from ..conv import Conv2d
from ..dropout import Dropout
from ..linear import Linear
from ..module import Module
from ..normalisation import BatchNorm2d
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from ..settings import count, number
from .images import check_images
from .weights import draw_weights

# in channels; of 1 x 1; of 1 x 1 before 3 x 3; of 3 x 3; of 1 x 1 before 5 x 5; of 5 x 5; pooled
INCEPTIONS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class GoogLeNetOutputs(NamedTuple):
    """What GoogLeNet returns while training: scores, and those of the two classifiers within."""

    logits: Any
    aux_logits2: Any
    aux_logits1: Any


class BasicConv2d(Module):
    """Convolution without bias, batch normalisation, ReLU; options are those of `Conv2d`."""

    def __init__(self, in_channels: int, out_channels: int, dtype: Any = None, **options: Any):
        super().__init__()
        self.conv = Conv2d(in_channels, out_channels, bias=False, dtype=dtype, **options)
        self.bn = BatchNorm2d(out_channels, eps=0.001, dtype=dtype)

    def forward(self, x: Any) -> Any:
        return functional.relu(self.bn(self.conv(x)))


class Inception(Module):
    """Four branches, whose channels are put together: 1 x 1, 3 x 3, large filters, and pooling.

    (N, in_channels, H, W) -> (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W). The second and third
    branch first go to ch3x3red and ch5x5red channels by filters of 1 x 1.

    Parameters
    ----------
    in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj : channels
    kernel : size of the large filters: 5 in the paper, 3 in torchvision
    dtype : float dtype of the parameters

    Examples
    --------
    >>> import nn
    >>> block = nn.models.Inception(8, 4, 2, 6, 2, 3, 1)
    >>> block(np.ones((2, 8, 5, 5), np.float32)).shape
    (2, 14, 5, 5)
    """

    def __init__(
        self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int,
        pool_proj: int, *, kernel: int = 3, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, ch1x1, dtype, kernel_size=1)
        self.branch2 = Sequential(
            BasicConv2d(in_channels, ch3x3red, dtype, kernel_size=1),
            BasicConv2d(ch3x3red, ch3x3, dtype, kernel_size=3, padding=1),
        )
        self.branch3 = Sequential(
            BasicConv2d(in_channels, ch5x5red, dtype, kernel_size=1),
            BasicConv2d(ch5x5red, ch5x5, dtype, kernel_size=kernel, padding=kernel // 2),
        )
        self.branch4 = Sequential(
            MaxPool2d(3, 1, 1), BasicConv2d(in_channels, pool_proj, dtype, kernel_size=1)
        )

    def forward(self, x: Any) -> Any:
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return ag.concat([branch(x) for branch in branches], axis=1)


class _InceptionAux(Module):
    """A classifier in the middle: (N, C, H, W) -> mean: 4 x 4 -> 128 x 4 x 4 -> 1024 -> classes."""

    def __init__(self, channels: int, num_classes: int, dropout: float, dtype: Any, rng: Rng):
        super().__init__()
        self.pool = AdaptiveAvgPool2d(4)
        self.conv = BasicConv2d(channels, 128, dtype, kernel_size=1)
        self.fc1 = Linear(128 * 4 * 4, 1024, dtype=dtype)
        self.fc2 = Linear(1024, num_classes, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, x: Any) -> Any:
        x = ag.flatten(self.conv(self.pool(x)), 1)
        return self.fc2(self.dropout(functional.relu(self.fc1(x))))


class GoogLeNet(Module):
    """Nine `Inception` modules; two more classifiers within help gradients while training.

    3 x 224 x 224 -> Conv 7, stride 2: 64 x 112 x 112 -> pool: 56 -> Conv 1, Conv 3: 192 x 56 x 56
    -> pool: 28 -> 3a, 3b: 480 x 28 x 28 -> pool: 14 -> 4a ... 4e: 832 x 14 x 14 -> pool: 7
    -> 5a, 5b: 1024 x 7 x 7 -> mean over space -> Dropout -> num_classes: 6,624,904 parameters,
    13,004,888 with the classifiers within, which sit behind 4a and 4d. torchvision's state dict
    fits.

    Parameters
    ----------
    num_classes : outputs
    aux_logits : whether there are classifiers within: while training the model then returns
        `GoogLeNetOutputs`, whose losses the paper adds with weights 1, 0.3 and 0.3
    dropout, dropout_aux : probability of dropping features before the last layers while training
    in_channels : channels of the images, whose sides must be at least 15
    kernel : size of the largest filters: 3 as in torchvision, or 5 as in the paper
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional
        Weights are normal with standard deviation 0.01.

    Source
    ------
    Szegedy et al. (2015), "Going Deeper with Convolutions"; Ioffe & Szegedy (2015), "Batch
    Normalization", for the normalisation.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.GoogLeNet(10, aux_logits=False)
    >>> model.eval()(np.ones((1, 3, 32, 32), np.float32)).shape
    (1, 10)
    """

    def __init__(
        self, num_classes: int = 1000, aux_logits: bool = True, dropout: float = 0.2,
        dropout_aux: float = 0.7, *, in_channels: int = 3, kernel: int = 3, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in_channels = count(self, "in_channels", in_channels)
        number(self, "dropout_aux", dropout_aux, 0, 1)
        rng = None if rng is None else generator(rng)
        with init.skip_draws():
            self.conv1 = BasicConv2d(in_channels, 64, dtype, kernel_size=7, stride=2, padding=3)
            self.maxpool1 = MaxPool2d(3, 2, ceil_mode=True)
            self.conv2 = BasicConv2d(64, 64, dtype, kernel_size=1)
            self.conv3 = BasicConv2d(64, 192, dtype, kernel_size=3, padding=1)
            self.maxpool2 = MaxPool2d(3, 2, ceil_mode=True)
            for name, channels in INCEPTIONS.items():
                block = Inception(*channels, kernel=kernel, dtype=dtype)
                self.add_module(f"inception{name}", block)
            self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
            self.maxpool4 = MaxPool2d(2, 2, ceil_mode=True)
            aux = (num_classes, dropout_aux, dtype, rng)
            self.aux1 = _InceptionAux(512, *aux) if aux_logits else None
            self.aux2 = _InceptionAux(528, *aux) if aux_logits else None
            self.avgpool = AdaptiveAvgPool2d(1)
            self.dropout = Dropout(dropout, rng=rng)
            self.fc = Linear(1024, num_classes, dtype=dtype)
        draw_weights(self, 0.01, rng=rng)

    def forward(self, x: Any) -> Any:
        """Scores (N, num_classes); while training with classifiers within, GoogLeNetOutputs."""
        check_images(self, x, self.in_channels, least=15)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self._inceptions(x, "3a", "3b"))
        x = early = self._inceptions(x, "4a")
        x = late = self._inceptions(x, "4b", "4c", "4d")
        x = self.maxpool4(self._inceptions(x, "4e"))
        x = self._inceptions(x, "5a", "5b")
        logits = self.fc(self.dropout(ag.flatten(self.avgpool(x), 1)))
        if not self.training or self.aux1 is None or self.aux2 is None:
            return logits
        return GoogLeNetOutputs(logits, self.aux2(late), self.aux1(early))

    def _inceptions(self, x: Any, *names: str) -> Any:
        for name in names:
            x = getattr(self, f"inception{name}")(x)
        return x
