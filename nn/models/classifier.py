"""What classifiers of images share: features, and a classifier of these."""

from __future__ import annotations

from typing import Any

import autograd as ag

from ..functional.shapes import Sizes
from ..module import Module
from ..settings import count
from .images import check_images, image_size


class ImageClassifier(Module):
    """`features` of images of one size, then a `classifier` of them, flattened."""

    features: Module
    classifier: Module

    def __init__(self, in_channels: int, size: Sizes):
        super().__init__()
        self.in_channels = count(self, "in_channels", in_channels)
        self.image_size = image_size(self, size)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels, self.image_size)
        return self.classifier(ag.flatten(self.features(x), 1))


class PooledClassifier(Module):
    """`features` of images of any size, brought to one size by `avgpool`, then a `classifier`."""

    features: Module
    avgpool: Module
    classifier: Module

    def __init__(self, in_channels: int, least: int):
        """least : height and width below which nothing is left to classify."""
        super().__init__()
        self.in_channels = count(self, "in_channels", in_channels)
        self.least = least

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels, least=self.least)
        return self.classifier(ag.flatten(self.avgpool(self.features(x)), 1))
