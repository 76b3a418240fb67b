"""Residual networks for images of 32 x 32."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.errors import ArgumentError
from autograd.random import Rng

from .. import functional
from ..container import Sequential
from ..init import skip_draws
from ..linear import Linear
from ..module import Module
from ..pool_adaptive import AdaptiveAvgPool2d
from ..settings import count
from .images import check_images, conv_norm
from .resnet import BasicBlock
from .weights import draw_weights


class _Thinned(Module):
    """Every other row and column, and zeros for the new channels: a shortcut without weights."""

    def __init__(self, new_channels: int):
        super().__init__()
        self.new_channels = new_channels

    def forward(self, x: Any) -> Any:
        return functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.new_channels))


class SmallResNet(Module):
    """The residual networks of the paper's CIFAR-10 experiments: depth 20, 32, 44, 56, 110.

    3 x 32 x 32 -> Conv 3: 16 x 32 x 32 -> n blocks: 16 x 32 x 32 -> n blocks: 32 x 16 x 16
    -> n blocks: 64 x 8 x 8 -> mean over space -> num_classes, where depth = 6 n + 2. The shortcuts
    have no parameters: 269,722 at depth 20.

    Parameters
    ----------
    depth : 8, 14, 20, 26, ...: layers with weights
    num_classes : outputs
    in_channels : channels of the images
    width : channels of the first third; the others have 2 and 4 times as many
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Source
    ------
    He, Zhang, Ren & Sun (2016), "Deep Residual Learning for Image Recognition", section 4.2, with
    shortcuts of kind A.

    Examples
    --------
    >>> import nn
    >>> nn.models.SmallResNet(depth=8)(np.ones((2, 3, 32, 32), np.float32)).shape
    (2, 10)
    """

    def __init__(
        self, depth: int = 20, num_classes: int = 10, in_channels: int = 3, width: int = 16, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if count(self, "depth", depth, 8) % 6 != 2:
            raise ArgumentError(f"SmallResNet: depth must be 6 n + 2 (8, 14, 20 ...), got {depth}")
        self.in_channels = count(self, "in_channels", in_channels)
        width = count(self, "width", width)
        blocks: list[Module] = []
        with skip_draws():
            self.stem = conv_norm(in_channels, width, dtype=dtype)
            for wide in (width, 2 * width, 4 * width):
                if wide > width:
                    blocks.append(BasicBlock(wide // 2, wide, 2, _Thinned(wide // 2), dtype=dtype))
                more = (depth - 2) // 6 - (wide > width)
                blocks += [BasicBlock(wide, wide, dtype=dtype) for _ in range(more)]
            self.blocks = Sequential(*blocks)
            self.avgpool = AdaptiveAvgPool2d(1)
            self.fc = Linear(4 * width, num_classes, dtype=dtype)
        draw_weights(self, "he", rng=rng)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels)
        return self.fc(ag.flatten(self.avgpool(self.blocks(self.stem(x))), 1))
