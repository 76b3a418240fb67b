"""Where pixels go: flips, borders, crops, sizes. Nothing here but Resize mixes pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import Rng

from .transform import RandomTransform, Transform, pair, probability, several

_MODES = ("constant", "edge", "reflect", "symmetric")


class RandomHorizontalFlip(RandomTransform):
    """Left and right exchanged, with probability p.

    Examples
    --------
    >>> from nn.data.transforms import RandomHorizontalFlip
    >>> RandomHorizontalFlip(p=1)(np.array([[[1.0, 2.0, 3.0]]]))
    array([[[3., 2., 1.]]])
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None):
        super().__init__(rng)
        self.p = probability("RandomHorizontalFlip", p)

    def apply(self, x: np.ndarray) -> np.ndarray:
        return np.where(self.chance(self.p, len(x)), x[..., ::-1], x)


class RandomVerticalFlip(RandomTransform):
    """Top and bottom exchanged, with probability p.

    Examples
    --------
    >>> from nn.data.transforms import RandomVerticalFlip
    >>> RandomVerticalFlip(p=1)(np.array([[[1.0], [2.0]]]))
    array([[[2.],
            [1.]]])
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None):
        super().__init__(rng)
        self.p = probability("RandomVerticalFlip", p)

    def apply(self, x: np.ndarray) -> np.ndarray:
        return np.where(self.chance(self.p, len(x)), x[..., ::-1, :], x)


class Pad(Transform):
    """A border around the picture.

    Parameters
    ----------
    padding : pixels on every side, or (left and right, top and bottom), or (left, top, right,
        bottom)
    fill : value of the border
    padding_mode : "constant" (fill), "edge" (the last pixel goes on), "reflect" (without the last
        pixel) or "symmetric" (with it)

    Examples
    --------
    >>> from nn.data.transforms import Pad
    >>> Pad((1, 0), fill=9)(np.array([[[1.0, 2.0]]]))
    array([[[9., 1., 2., 9.]]])
    """

    def __init__(self, padding: Any, fill: float = 0, padding_mode: str = "constant"):
        if padding_mode not in _MODES:
            raise ArgumentError(f"Pad: padding_mode must be one of {_MODES}, got {padding_mode!r}")
        self.padding = self._sides(padding)
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def _sides(padding: Any) -> tuple[int, int, int, int]:
        sides = several(padding)
        if len(sides) not in (1, 2, 4) or any(
            not isinstance(s, (int, np.integer)) or s < 0 for s in sides
        ):
            raise ArgumentError(
                f"Pad: padding must be one, two or four ints of 0 or more, got {padding!r}"
            )
        left, top, right, bottom = (sides * (4 // len(sides)))[:4]
        return left, top, right, bottom

    def apply(self, x: np.ndarray) -> np.ndarray:
        left, top, right, bottom = self.padding
        widths = ((0, 0), (0, 0), (top, bottom), (left, right))
        if self.padding_mode == "constant":
            return np.pad(x, widths, constant_values=self.fill)
        reach = x.shape[2] - 1, x.shape[3] - 1
        if self.padding_mode == "reflect" and (
            max(top, bottom) > reach[0] or max(left, right) > reach[1]
        ):
            raise ShapeError(
                f"Pad: a picture of {x.shape[2]} x {x.shape[3]} reflects at most {reach[0]} rows "
                f"and {reach[1]} columns, asked for {self.padding}"
            )
        return np.pad(x, widths, mode=self.padding_mode)  # type: ignore[call-overload]


def _fits(name: str, x: np.ndarray, size: tuple[int, int]) -> None:
    if x.shape[2] < size[0] or x.shape[3] < size[1]:
        raise ShapeError(
            f"{name}: a picture of {x.shape[2]} x {x.shape[3]} has no piece of "
            f"{size[0]} x {size[1]}\n  hint: Pad or Resize it first"
        )


class CenterCrop(Transform):
    """The middle of the picture.

    Parameters
    ----------
    size : height and width, or (height, width)

    Examples
    --------
    >>> from nn.data.transforms import CenterCrop
    >>> CenterCrop((1, 2))(np.arange(12.0).reshape(1, 3, 4))
    array([[[5., 6.]]])
    """

    def __init__(self, size: Any):
        self.size = pair("CenterCrop", "size", size)

    def apply(self, x: np.ndarray) -> np.ndarray:
        _fits("CenterCrop", x, self.size)
        (h, w), H, W = self.size, x.shape[2], x.shape[3]
        top, left = (H - h) // 2, (W - w) // 2
        return x[:, :, top : top + h, left : left + w]


class RandomCrop(RandomTransform):
    """A piece from anywhere in the picture, every place equally likely.

    Parameters
    ----------
    size : height and width, or (height, width)
    padding, fill, padding_mode : border to add first, as in `Pad`

    Source
    ------
    With a border of 4, the augmentation of He et al. (2016), "Deep residual learning", 4.2.

    Examples
    --------
    >>> from nn.data.transforms import RandomCrop
    >>> RandomCrop(32, padding=4)(np.zeros((3, 32, 32))).shape
    (3, 32, 32)
    """

    def __init__(
        self, size: Any, padding: Any = 0, fill: float = 0, padding_mode: str = "constant", *,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(rng)
        self.size = pair("RandomCrop", "size", size)
        self.pad = Pad(padding, fill, padding_mode)

    def apply(self, x: np.ndarray) -> np.ndarray:
        x = self.pad.apply(x)
        _fits("RandomCrop", x, self.size)
        N, _, H, W = x.shape
        h, w = self.size
        draw = self.draw()
        top, left = draw.integers(H - h + 1, size=N), draw.integers(W - w + 1, size=N)
        # (N, C, places down, places across, h, w): a view, of which one place each is copied
        places = np.lib.stride_tricks.sliding_window_view(x, (h, w), axis=(2, 3))
        return places[np.arange(N), :, top, left]


class Resize(Transform):
    """Another size. Shrinking averages, so that fine patterns do not turn into coarse ones.

    Parameters
    ----------
    size : (height, width), or one int for the shorter side, the other in proportion

    Source
    ------
    Linear interpolation, its kernel widened by the factor of shrinking, as Pillow's BILINEAR;
    Turkowski (1990), "Filters for common resampling tasks".

    Examples
    --------
    >>> from nn.data.transforms import Resize
    >>> Resize((1, 2))(np.array([[[0.0, 0.0, 1.0, 1.0]]])).round(2)
    array([[[0.14, 0.86]]])
    """

    def __init__(self, size: Any):
        self._shorter = isinstance(size, (int, np.integer))
        self.size = pair("Resize", "size", size)

    def apply(self, x: np.ndarray) -> np.ndarray:
        H, W = x.shape[2:]
        h, w = self.size
        if self._shorter:  # exact integers: floats could be one off
            h, w = (h, max(1, h * W // H)) if H <= W else (max(1, w * H // W), w)
        return mixing(H, h, x.dtype) @ x @ mixing(W, w, x.dtype).T


def mixing(n: int, size: int, dtype: Any) -> np.ndarray:
    """How much of each of n pixels is in each of `size` new ones: (size, n), rows sum to 1."""
    reach = max(1.0, n / size)
    centre = (np.arange(size) + 0.5) * n / size - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(n) - centre[:, None]) / reach)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(dtype)
