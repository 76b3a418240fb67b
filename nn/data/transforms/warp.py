"""Turned, moved, scaled and slanted pictures, by linear interpolation between pixels."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng

from .transform import RandomTransform, on_batch, several, spread


def affine(
    x: Any, *, angle: Any = 0, translate: Any = (0, 0), scale: Any = 1, shear: Any = 0,
    fill: float = 0,
) -> Any:  # fmt: skip
    """Slant, scale and turn pictures about their middle, then move them.

    Parameters
    ----------
    x : Tensor or ndarray, shape (C, H, W) or (N, C, H, W), float
    angle : degrees, counter-clockwise; a number, or one for each picture
    translate : pixels to the right and down; (2,) or (N, 2)
    scale : factor; above 1 enlarges. A number, or one for each picture
    shear : degrees by which upright lines lean to the right; a number, or one for each picture
    fill : value outside the picture

    Returns
    -------
    Same kind and shape as x

    Source
    ------
    Each new pixel is read from its place in the old picture, between the four pixels there.

    Examples
    --------
    >>> from nn.data.transforms import affine
    >>> affine(np.array([[[1.0, 2.0, 3.0]]]), translate=(1, 0))
    array([[[0., 1., 2.]]])
    """
    if not np.all(np.asarray(scale) > 0):
        raise ArgumentError(f"affine: scale must be positive, got {scale!r}")
    return on_batch("affine", x, lambda b: _warped(b, angle, translate, scale, shear, fill))


def _warped(
    x: np.ndarray, angle: Any, translate: Any, scale: Any, shear: Any, fill: float
) -> np.ndarray:
    N, _, H, W = x.shape
    turn, slant, factor = (
        np.broadcast_to(np.asarray(a, np.float64), N)[:, None, None] for a in (angle, shear, scale)
    )
    move = np.broadcast_to(np.asarray(translate, np.float64), (N, 2))[:, :, None, None]
    middle = (W - 1) / 2, (H - 1) / 2
    right = np.arange(W) - middle[0] - move[:, 0]  # (N, 1, W)
    down = np.arange(H)[:, None] - middle[1] - move[:, 1]  # (N, H, 1)
    cos, sin = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    # Undo, last first: the turn (rows count downwards), the scale, the slant.
    across = (cos * right - sin * down) / factor
    along = (sin * right + cos * down) / factor
    across = across + np.tan(np.deg2rad(slant)) * along
    return _read(x, along + middle[1], across + middle[0], fill)


def _read(x: np.ndarray, row: np.ndarray, column: np.ndarray, fill: float) -> np.ndarray:
    """The values at places between pixels: row and column (N, H, W); outside is `fill`."""
    N, _, H, W = x.shape
    framed = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=fill)
    row, column = np.clip(row + 1, 0, H + 1), np.clip(column + 1, 0, W + 1)
    top, left = np.minimum(row.astype(np.intp), H), np.minimum(column.astype(np.intp), W)
    low, far = (row - top)[..., None], (column - left)[..., None]
    n = np.arange(N)[:, None, None]
    pixels = framed.transpose(0, 2, 3, 1)  # so that a pixel's channels come out last
    upper = (1 - far) * pixels[n, top, left] + far * pixels[n, top, left + 1]
    lower = (1 - far) * pixels[n, top + 1, left] + far * pixels[n, top + 1, left + 1]
    return ((1 - low) * upper + low * lower).transpose(0, 3, 1, 2)


class _RandomWarp(RandomTransform):
    """Base: override `options`."""

    fill: float

    @abstractmethod
    def options(self, x: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
        """What `affine` shall do to each picture."""

    def apply(self, x: np.ndarray) -> np.ndarray:
        out: np.ndarray = affine(x, **self.options(x, self.draw()), fill=self.fill)
        return out


class RandomRotation(_RandomWarp):
    """Turned about the middle.

    Parameters
    ----------
    degrees : up to so many to both sides, or (low, high), counter-clockwise
    fill : value of the corners

    Examples
    --------
    >>> from nn.data.transforms import RandomRotation
    >>> RandomRotation((90, 90))(np.array([[[1.0, 2.0], [3.0, 4.0]]])).round(6)
    array([[[2., 4.],
            [1., 3.]]])
    """

    def __init__(self, degrees: Any, *, fill: float = 0, rng: Rng = None):
        super().__init__(rng)
        self.degrees = spread("RandomRotation", "degrees", degrees, 0, -np.inf)
        self.fill = fill

    def options(self, x: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
        return {"angle": draw.uniform(*self.degrees, len(x))}


class RandomShift(_RandomWarp):
    """Moved by whole pixels, so that nothing is blurred.

    Parameters
    ----------
    pixels : up to so many in each direction, or (across, down)
    fill : value of what is uncovered

    Examples
    --------
    >>> from nn.data.transforms import RandomShift
    >>> RandomShift(2)(np.ones((1, 8, 8))).shape
    (1, 8, 8)
    """

    def __init__(self, pixels: Any, *, fill: float = 0, rng: Rng = None):
        super().__init__(rng)
        both = several(pixels) * (1 if isinstance(pixels, (tuple, list)) else 2)
        if len(both) != 2 or any(not isinstance(p, (int, np.integer)) or p < 0 for p in both):
            raise ArgumentError(
                f"RandomShift: pixels must be an int of 0 or more, or two, got {pixels!r}"
            )
        self.pixels = both
        self.fill = fill

    def options(self, x: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
        limit = np.array(self.pixels)
        return {"translate": draw.integers(-limit, limit, size=(len(x), 2), endpoint=True)}


class RandomAffine(_RandomWarp):
    """Slanted, scaled, turned and moved.

    Parameters
    ----------
    degrees : turn, up to so many to both sides, or (low, high)
    translate : (across, down), largest shares of width and height; no move unless given
    scale : (low, high) of the factor; 1 unless given
    shear : slant in degrees, up to so many to both sides, or (low, high); none unless given
    fill : value outside the picture

    Examples
    --------
    >>> from nn.data.transforms import RandomAffine
    >>> RandomAffine(15, translate=(0.1, 0.1), scale=(0.9, 1.1))(np.ones((3, 8, 8))).shape
    (3, 8, 8)
    """

    def __init__(
        self, degrees: Any = 0, translate: Any = (0, 0), scale: Any = (1, 1), shear: Any = 0, *,
        fill: float = 0, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(rng)
        shares = several(translate)
        if len(shares) != 2 or not all(0 <= s <= 1 for s in shares):
            raise ArgumentError(
                f"RandomAffine: translate must be two shares between 0 and 1, got {translate!r}"
            )
        self.degrees = spread("RandomAffine", "degrees", degrees, 0, -np.inf)
        self.translate = shares
        self.scale = spread("RandomAffine", "scale", scale, 1, 0)
        if not self.scale[0] > 0:
            raise ArgumentError(f"RandomAffine: scale must be positive, got {scale!r}")
        self.shear = spread("RandomAffine", "shear", shear, 0, -np.inf)
        self.fill = fill

    def options(self, x: np.ndarray, draw: np.random.Generator) -> dict[str, Any]:
        N, _, H, W = x.shape
        limit = np.array(self.translate) * (W, H)
        return {
            "angle": draw.uniform(*self.degrees, N),
            "translate": draw.uniform(-limit, limit, (N, 2)),
            "scale": draw.uniform(*self.scale, N),
            "shear": draw.uniform(*self.shear, N),
        }
