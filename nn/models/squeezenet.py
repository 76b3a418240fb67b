"""SqueezeNet: as good as AlexNet, with a fiftieth of its parameters."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .. import init
from ..container import Sequential
from ..conv import Conv2d
from ..dropout import Dropout
from ..module import Module
from ..piecewise import ReLU
from ..pool import MaxPool2d
from ..pool_adaptive import AdaptiveAvgPool2d
from ..settings import count
from .images import check_images
from .weights import draw_weights

# version -> channels and filter of the first convolution, least size of an image, and then what
# follows its ReLU: 0 for pooling, or the squeezed channels of a Fire module
PLANS: dict[str, tuple[int, int, int, tuple[int, ...]]] = {
    "1_0": (96, 7, 21, (0, 16, 16, 32, 0, 32, 48, 48, 64, 0, 64)),
    "1_1": (64, 3, 17, (0, 16, 16, 0, 32, 32, 0, 48, 48, 64, 64)),
}


class Fire(Module):
    """Few channels, then many: 1 x 1 convolutions, and beside each other ones of 1 x 1 and 3 x 3.

    (N, inplanes, H, W) -> (N, squeeze_planes, H, W) -> (N, expand1x1_planes + expand3x3_planes,
    H, W), with ReLUs.
    """

    def __init__(
        self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int, *,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self.squeeze = Conv2d(inplanes, squeeze_planes, 1, dtype=dtype)
        self.squeeze_activation = ReLU()
        self.expand1x1 = Conv2d(squeeze_planes, expand1x1_planes, 1, dtype=dtype)
        self.expand1x1_activation = ReLU()
        self.expand3x3 = Conv2d(squeeze_planes, expand3x3_planes, 3, padding=1, dtype=dtype)
        self.expand3x3_activation = ReLU()

    def forward(self, x: Any) -> Any:
        x = self.squeeze_activation(self.squeeze(x))
        small = self.expand1x1_activation(self.expand1x1(x))
        large = self.expand3x3_activation(self.expand3x3(x))
        return ag.concat([small, large], axis=1)


class SqueezeNet(Module):
    """Fire modules, then a convolution to the classes and a mean.

    3 x 224 x 224 -> Conv 7, stride 2: 96 x 109 x 109 -> pool: 54 -> Fire: 128, 128, 256
    -> pool: 27 -> Fire: 256, 384, 384, 512 -> pool: 13 -> Fire: 512 -> Dropout
    -> Conv 1: num_classes x 13 x 13 -> ReLU -> mean over space: 1,248,424 parameters. Version 1_1
    begins with 64 filters of 3 x 3 and pools earlier: 1,235,496 parameters and 2.4 times less
    work. torchvision's state dicts fit.

    Parameters
    ----------
    version : "1_0" or "1_1"
    num_classes : outputs
    dropout : probability of dropping features before the last convolution while training
    in_channels : channels of the images, whose sides must be at least 21 (17 for 1_1)
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Iandola et al. (2016), "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5
    MB model size", and its authors' revision 1.1.

    Examples
    --------
    >>> import nn
    >>> nn.models.SqueezeNet("1_1", 10)(np.ones((1, 3, 32, 32), np.float32)).shape
    (1, 10)
    """

    def __init__(
        self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5, *,
        in_channels: int = 3, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if version not in PLANS:
            raise ArgumentError(f"SqueezeNet: no version {version!r}; there is 1_0, 1_1")
        self.in_channels = count(self, "in_channels", in_channels)
        rng = None if rng is None else generator(rng)
        wide, kernel, self.least, plan = PLANS[version]
        with init.skip_draws():
            features = [Conv2d(in_channels, wide, kernel, 2, dtype=dtype), ReLU()]
            for squeezed in plan:
                if squeezed:
                    features.append(Fire(wide, squeezed, *[4 * squeezed] * 2, dtype=dtype))
                    wide = 8 * squeezed
                else:
                    features.append(MaxPool2d(3, 2, ceil_mode=True))
            self.features = Sequential(*features)
            last = Conv2d(wide, num_classes, 1, dtype=dtype)
            self.classifier = Sequential(
                Dropout(dropout, rng=rng), last, ReLU(), AdaptiveAvgPool2d(1)
            )
        draw = generator(rng)
        draw_weights(self, "he_uniform", rng=draw)
        init.normal_(last.weight, 0.0, 0.01, rng=draw)

    def forward(self, x: Any) -> Any:
        check_images(self, x, self.in_channels, least=self.least)
        return ag.flatten(self.classifier(self.features(x)), 1)


def squeezenet1_0(num_classes: int = 1000, **options: Any) -> SqueezeNet:
    """`SqueezeNet` of the paper."""
    return SqueezeNet("1_0", num_classes, **options)


def squeezenet1_1(num_classes: int = 1000, **options: Any) -> SqueezeNet:
    """`SqueezeNet` revised: less work, and as accurate."""
    return SqueezeNet("1_1", num_classes, **options)
