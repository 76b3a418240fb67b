"""Residual networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import autograd as ag
from autograd.random import Rng

from .. import init
from ..container import Sequential
from ..conv import Conv2d
from ..linear import Linear
from ..module import Module
from ..normalisation import BatchNorm2d
from ..piecewise import ReLU
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from ..settings import count
from .images import check_images
from .weights import draw_weights


def _conv(narrow: int, wide: int, size: int, stride: int, dtype: Any) -> Conv2d:
    """A convolution without bias that keeps the size, but for the stride."""
    return Conv2d(narrow, wide, size, stride, size // 2, bias=False, dtype=dtype)


class BasicBlock(Module):
    """relu(shortcut(x) + two convolutions of x).

    (N, inplanes, H, W) -> (N, planes, H / stride, W / stride).

    Parameters
    ----------
    inplanes, planes : channels that come in and go out
    stride : of the first convolution
    downsample : module that makes the shortcut; None passes x itself
    """

    expansion: ClassVar[int] = 1  # how many channels go out, for each of `planes`

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, *,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self.conv1 = _conv(inplanes, planes, 3, stride, dtype)
        self.bn1 = BatchNorm2d(planes, dtype=dtype)
        self.relu = ReLU()
        self.conv2 = _conv(planes, planes, 3, 1, dtype)
        self.bn2 = BatchNorm2d(planes, dtype=dtype)
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(Module):
    """relu(shortcut(x) + convolutions of x of 1 x 1, 3 x 3 and 1 x 1): narrow in the middle.

    (N, inplanes, H, W) -> (N, 4 * planes, H / stride, W / stride); the stride is in the middle.
    Parameters as for `BasicBlock`.
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, *,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self.conv1 = _conv(inplanes, planes, 1, 1, dtype)
        self.bn1 = BatchNorm2d(planes, dtype=dtype)
        self.conv2 = _conv(planes, planes, 3, stride, dtype)
        self.bn2 = BatchNorm2d(planes, dtype=dtype)
        self.conv3 = _conv(planes, 4 * planes, 1, 1, dtype)
        self.bn3 = BatchNorm2d(4 * planes, dtype=dtype)
        self.relu = ReLU()
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(Module):
    """Four stages of residual blocks.

    3 x 224 x 224 -> Conv 7, stride 2: 64 x 112 x 112 -> pool: 56 -> layer1: 56 -> layer2: 28
    -> layer3: 14 -> layer4: 7 -> mean over space -> num_classes. The stages have 64, 128, 256 and
    512 channels, times 4 with `Bottleneck`. torchvision's state dicts fit.

    Parameters
    ----------
    block : BasicBlock or Bottleneck
    layers : number of blocks in each of the four stages
    num_classes : outputs
    zero_init_residual : whether every block begins as its shortcut alone
    in_channels : channels of the images
    width : channels of the first stage (before the bottleneck's expansion); the later ones double
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional
        Convolutions as in He et al. (2015), by fan out.

    Source
    ------
    He, Zhang, Ren & Sun (2016), "Deep Residual Learning for Image Recognition"; Goyal et al.
    (2017), "Accurate, Large Minibatch SGD", for blocks that begin as shortcuts.

    Examples
    --------
    >>> import nn
    >>> model = nn.models.ResNet(nn.models.BasicBlock, (1, 1, 1, 1), num_classes=10, width=4)
    >>> model(np.ones((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(
        self, block: type[BasicBlock | Bottleneck], layers: Sequence[int], num_classes: int = 1000,
        zero_init_residual: bool = False, *, in_channels: int = 3, width: int = 64,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in_channels = count(self, "in_channels", in_channels)
        width = count(self, "width", width)
        with init.skip_draws():
            self.conv1 = Conv2d(in_channels, width, 7, 2, 3, bias=False, dtype=dtype)
            self.bn1 = BatchNorm2d(width, dtype=dtype)
            self.relu = ReLU()
            self.maxpool = MaxPool2d(3, 2, 1)
            planes = [width, 2 * width, 4 * width, 8 * width]
            entering = [width, *(block.expansion * p for p in planes)]
            self.layer1, self.layer2, self.layer3, self.layer4 = (
                _stage(block, entering[i], planes[i], layers[i], 2 if i else 1, dtype)
                for i in range(4)
            )
            self.avgpool = AdaptiveAvgPool2d(1)
            self.fc = Linear(entering[-1], num_classes, dtype=dtype)
        draw_weights(self, "he_out", "default", rng=rng)
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, BasicBlock | Bottleneck):
                    last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                    assert last.weight is not None
                    init.zeros_(last.weight)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(ag.flatten(self.avgpool(x), 1))


def _stage(
    block: type[BasicBlock | Bottleneck], narrow: int, planes: int, depth: int, stride: int,
    dtype: Any,
) -> Sequential:  # fmt: skip
    wide = planes * block.expansion
    shortcut = None
    if stride > 1 or narrow != wide:
        shortcut = Sequential(_conv(narrow, wide, 1, stride, dtype), BatchNorm2d(wide, dtype=dtype))
    first = block(narrow, planes, stride, shortcut, dtype=dtype)
    return Sequential(first, *(block(wide, planes, dtype=dtype) for _ in range(1, depth)))


def resnet18(num_classes: int = 1000, **options: Any) -> ResNet:
    """`ResNet` of 2, 2, 2, 2 basic blocks: 11,689,512 parameters."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, **options)


def resnet34(num_classes: int = 1000, **options: Any) -> ResNet:
    """`ResNet` of 3, 4, 6, 3 basic blocks: 21,797,672 parameters."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, **options)


def resnet50(num_classes: int = 1000, **options: Any) -> ResNet:
    """`ResNet` of 3, 4, 6, 3 bottlenecks: 25,557,032 parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, **options)
