"""Resizing images, and trading channels for pixels, with PyTorch's argument names."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag

from .shapes import shape_of


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
) -> Any:  # fmt: skip
    """input (N, C, ...) resized along its axes of space.

    Parameters
    ----------
    size : int, or one for each axis of space
    scale_factor : number, or one for each axis of space; in place of size
    mode : "nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic" or "area"
    align_corners : whether the centres of the outermost elements stay where they are
        For the linear and cubic modes; False unless given.
    recompute_scale_factor : whether the size, once known, decides about the scale
        False unless given: the scale that was asked for decides.
    """
    if recompute_scale_factor and size is None and scale_factor is not None:
        space = shape_of(input)[2:]
        scales = np.broadcast_to(scale_factor, (len(space),))
        size = tuple(int(n * scale) for n, scale in zip(space, scales, strict=True))
        scale_factor = None
    return ag.interpolate(input, size, scale_factor, mode, bool(align_corners))


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Any:  # fmt: skip
    """The values of images (N, C, H, W) at points between -1 and 1: grid is (N, OH, OW, 2).

    Parameters
    ----------
    mode : "bilinear", "nearest" or "bicubic"
    padding_mode : what lies outside: "zeros", "border" or "reflection"
    align_corners : whether -1 and 1 are the centres of the outermost pixels; False unless given

    Source
    ------
    Jaderberg, Simonyan, Zisserman & Kavukcuoglu (2015), "Spatial Transformer Networks".
    """
    return ag.grid_sample(input, grid, mode, padding_mode, bool(align_corners))


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """(..., C * r * r, H, W) as larger images of fewer channels, (..., C, H * r, W * r).

    Source
    ------
    Shi et al. (2016), "Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network".
    """
    return ag.pixel_shuffle(input, upscale_factor)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """(..., C, H * r, W * r) as smaller images of more channels: undoes `pixel_shuffle`."""
    return ag.pixel_unshuffle(input, downscale_factor)


def channel_shuffle(input: Any, groups: int) -> Any:
    """The channels of (N, C, ...), one of each group after the other.

    Source
    ------
    Zhang, Zhou, Lin & Sun (2018), "ShuffleNet".
    """
    return ag.channel_shuffle(input, groups)
