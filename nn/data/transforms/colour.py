"""What values pixels have: scaling, light, colour, noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.random import Rng

from .transform import RandomTransform, Transform, on_batch, spread

_LUMA = np.array([0.299, 0.587, 0.114])[:, None, None]  # ITU-R BT.601


class ToTensor:
    """Bytes (H, W, C) or (H, W), as picture files have them, to float32 (C, H, W) from 0 to 1.

    Examples
    --------
    >>> from nn.data.transforms import ToTensor
    >>> ToTensor()(np.full((2, 4, 3), 255, np.uint8)).shape
    (3, 2, 4)
    """

    def __call__(self, x: Any) -> np.ndarray:
        array = np.asarray(x)
        if array.dtype != np.uint8:
            raise DTypeError(f"ToTensor: needs bytes (uint8), got {array.dtype}")
        if array.ndim not in (2, 3):
            raise ShapeError(f"ToTensor: needs (H, W) or (H, W, C), got {array.shape}")
        planes = np.atleast_3d(array).transpose(2, 0, 1)
        return np.ascontiguousarray(planes) / np.float32(255)

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize(Transform):
    """(x - mean) / std, channel by channel.

    Parameters
    ----------
    mean, std : numbers, one for each channel, or one for all

    Raises
    ------
    ShapeError
        If the picture has another number of channels.

    Examples
    --------
    >>> from nn.data.transforms import Normalize
    >>> Normalize([0.5], [0.25])(np.array([[[0.5, 1.0]]]))
    array([[[0., 2.]]])
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]):
        self.mean = np.atleast_1d(np.asarray(mean, np.float64))
        self.std = np.atleast_1d(np.asarray(std, np.float64))
        if self.mean.ndim != 1 or self.std.ndim != 1 or not (self.std > 0).all():
            raise ArgumentError(
                f"Normalize: mean and std must be rows of numbers, std above 0, got {mean!r} and "
                f"{std!r}"
            )

    def apply(self, x: np.ndarray) -> np.ndarray:
        for name, values in {"mean": self.mean, "std": self.std}.items():
            if len(values) not in (1, x.shape[1]):
                raise ShapeError(
                    f"Normalize: {name} has {len(values)} channels, the picture {x.shape[1]}"
                )
        mean, std = (v[:, None, None].astype(x.dtype) for v in (self.mean, self.std))
        return (x - mean) / std


class GaussianNoise(RandomTransform):
    """Normal noise on every value.

    Parameters
    ----------
    mean, sigma : of the noise
    clip : bool
        Keep values between 0 and 1.

    Examples
    --------
    >>> from nn.data.transforms import GaussianNoise
    >>> GaussianNoise(sigma=0)(np.array([[[0.5]]]))
    array([[[0.5]]])
    """

    def __init__(
        self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True, *, rng: Rng = None
    ):
        super().__init__(rng)
        if not sigma >= 0:
            raise ArgumentError(f"GaussianNoise: sigma must be 0 or more, got {sigma!r}")
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def apply(self, x: np.ndarray) -> np.ndarray:
        out = x + self.mean + self.sigma * self.draw().standard_normal(x.shape)
        return np.clip(out, 0, 1) if self.clip else out


# Light and colour: a blend of the picture with black, with its mean grey, with its greys


def adjust_brightness(x: Any, factor: Any) -> Any:
    """All values times factor, then between 0 and 1.

    Parameters
    ----------
    factor : 0 is black, 1 the picture; a number, or one for each picture of a batch

    Examples
    --------
    >>> from nn.data.transforms import adjust_brightness
    >>> adjust_brightness(np.array([[[0.25, 0.75]]]), 2)
    array([[[0.5, 1. ]]])
    """
    return on_batch("adjust_brightness", x, lambda b: _blend(b, np.zeros(()), factor))


def adjust_contrast(x: Any, factor: Any) -> Any:
    """Values further from, or closer to, the picture's mean grey.

    Parameters
    ----------
    factor : 0 is even grey, 1 the picture; a number, or one for each picture of a batch

    Examples
    --------
    >>> from nn.data.transforms import adjust_contrast
    >>> adjust_contrast(np.array([[[0.25, 0.75]]]), 0.5)
    array([[[0.375, 0.625]]])
    """
    return on_batch(
        "adjust_contrast",
        x,
        lambda b: _blend(b, _grey(b).mean(axis=(1, 2, 3), keepdims=True), factor),
    )


def adjust_saturation(x: Any, factor: Any) -> Any:
    """Colours stronger or paler. Pictures of one channel stay as they are.

    Parameters
    ----------
    factor : 0 is grey, 1 the picture; a number, or one for each picture of a batch

    Examples
    --------
    >>> from nn.data.transforms import adjust_saturation
    >>> adjust_saturation(np.array([[[1.0]], [[0.0]], [[0.0]]]), 0).ravel()
    array([0.299, 0.299, 0.299])
    """
    return on_batch("adjust_saturation", x, lambda b: _blend(b, _grey(b), factor))


def _grey(x: np.ndarray) -> np.ndarray:
    """Brightness as the eye sees it: (N, 1, H, W)."""
    if x.shape[1] not in (1, 3):
        raise ShapeError(f"light and colour are for 1 or 3 channels, got {x.shape[1]}")
    return x if x.shape[1] == 1 else (x * _LUMA).sum(axis=1, keepdims=True)


def _blend(x: np.ndarray, other: np.ndarray, factor: Any) -> np.ndarray:
    share = np.asarray(factor, np.float64)
    if share.ndim > 1 or not (share >= 0).all() or share.size not in (1, len(x)):
        raise ArgumentError(
            f"a factor must be 0 or more, one or as many as pictures, got {factor!r}"
        )
    share = share.reshape(-1, 1, 1, 1)
    return np.clip(share * x + (1 - share) * other, 0, 1)


class ColorJitter(RandomTransform):
    """Other light: brightness, then contrast, then saturation, by random factors.

    Parameters
    ----------
    brightness, contrast, saturation : how far the factor may be from 1, or (low, high)

    Source
    ------
    Howard (2013), "Some improvements on deep convolutional neural network based image
    classification".

    Examples
    --------
    >>> from nn.data.transforms import ColorJitter
    >>> ColorJitter(0.4, 0.4, 0.4)(np.full((3, 2, 2), 0.5)).shape
    (3, 2, 2)
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, *, rng: Rng = None
    ):
        super().__init__(rng)
        self.brightness = spread("ColorJitter", "brightness", brightness, 1, 0)
        self.contrast = spread("ColorJitter", "contrast", contrast, 1, 0)
        self.saturation = spread("ColorJitter", "saturation", saturation, 1, 0)

    def apply(self, x: np.ndarray) -> np.ndarray:
        draw = self.draw()
        steps = {
            adjust_brightness: self.brightness,
            adjust_contrast: self.contrast,
            adjust_saturation: self.saturation,
        }
        for step, ends in steps.items():
            if ends != (1, 1):
                x = step(x, draw.uniform(*ends, len(x)))
        return x
