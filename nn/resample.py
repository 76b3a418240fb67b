"""Resizing images, and trading channels for pixels."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError

from . import functional
from .module import Module
from .settings import count


class Upsample(Module):
    """Sequences (N, C, L), images (N, C, H, W) or volumes (N, C, D, H, W), resized.

    Parameters
    ----------
    size : int, or one for each axis of space
    scale_factor : number, or one for each axis of space; in place of size
    mode : "nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic" or "area"
    align_corners : whether the centres of the outermost elements stay where they are
    recompute_scale_factor : whether the size, once known, decides about the scale

    Examples
    --------
    >>> import nn
    >>> nn.Upsample(scale_factor=2)(np.array([[[1.0, 2.0]]])).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    ):  # fmt: skip
        super().__init__()
        if (size is None) == (scale_factor is None):
            raise ArgumentError("Upsample: needs either size or scale_factor")
        self.size = size
        if isinstance(scale_factor, (tuple, list)):
            scale_factor = tuple(map(float, scale_factor))
        elif scale_factor is not None:
            scale_factor = float(scale_factor)
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return functional.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        if self.size is not None:
            return f"size={self.size}, mode={self.mode!r}"
        return f"scale_factor={self.scale_factor}, mode={self.mode!r}"


class PixelShuffle(Module):
    """(..., C * r * r, H, W) as larger images of fewer channels, (..., C, H * r, W * r).

    Parameters
    ----------
    upscale_factor : r

    Source
    ------
    Shi et al. (2016), "Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network".
    """

    def __init__(self, upscale_factor: int):
        super().__init__()
        self.upscale_factor = count(self, "upscale_factor", upscale_factor)

    def forward(self, input: Any) -> Any:
        return functional.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(..., C, H * r, W * r) as smaller images of more channels: undoes `PixelShuffle`."""

    def __init__(self, downscale_factor: int):
        super().__init__()
        self.downscale_factor = count(self, "downscale_factor", downscale_factor)

    def forward(self, input: Any) -> Any:
        return functional.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of (N, C, ...), one of each group after the other.

    Source
    ------
    Zhang, Zhou, Lin & Sun (2018), "ShuffleNet".
    """

    def __init__(self, groups: int):
        super().__init__()
        self.groups = count(self, "groups", groups)

    def forward(self, input: Any) -> Any:
        return functional.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
