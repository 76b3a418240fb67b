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
from .weights import draw_weights


class _Residual(Module):
    """relu(x + two convolutions of x); where the size halves, x is thinned and filled with zeros.

    (N, C, H, W) -> (N, out_channels, H / stride, W / stride).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, dtype: Any):
        super().__init__()
        self.conv1 = conv_norm(in_channels, out_channels, 3, stride, dtype=dtype)
        self.conv2 = conv_norm(out_channels, out_channels, relu=False, dtype=dtype)
        self.stride = stride
        self.new_channels = out_channels - in_channels

    def forward(self, x: Any) -> Any:
        y = self.conv2(self.conv1(x))
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        if self.new_channels:
            x = functional.pad(x, (0, 0, 0, 0, 0, self.new_channels))
        return functional.relu(x + y)


class SmallResNet(Module):
    """The residual networks of the paper's CIFAR-10 experiments: depth 20, 32, 44, 56, 110.

    3 x 32 x 32 -> Conv 3 -> 16 x 32 x 32, n residual pairs -> 32 x 16 x 16, n pairs
    -> 64 x 8 x 8, n pairs -> mean over space -> 64 -> num_classes, where depth = 6 n + 2. The
    shortcuts have no parameters: 269,722 at depth 20.

    Parameters
    ----------
    depth : 8, 14, 20, 26, ...: layers with weights
    num_classes : outputs
    in_channels : channels of the images, whose sides must be at least 4
    width : channels of the first third; doubled twice
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
        self.in_channels = in_channels
        blocks: list[Module] = []
        with skip_draws():
            self.stem = conv_norm(in_channels, width, dtype=dtype)
            wide = width
            for stage in range(3):
                for block in range((depth - 2) // 6):
                    stride = 2 if stage and not block else 1
                    narrow, wide = wide, width * 2**stage
                    blocks.append(_Residual(narrow, wide, stride, dtype))
            self.blocks = Sequential(*blocks)
            self.avgpool = AdaptiveAvgPool2d(1)
            self.fc = Linear(wide, num_classes, dtype=dtype)
        draw_weights(self, "he", rng=rng)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels, least=4)
        return self.fc(ag.flatten(self.avgpool(self.blocks(self.stem(x))), 1))
