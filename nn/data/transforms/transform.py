"""What all transforms of pictures share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.messages import complain
from autograd.random import Rng, generator
from autograd.tensor import Tensor, wrap


class Transform(ABC):
    """A change to pictures: override `apply`.

    Examples
    --------
    >>> from nn.data.transforms import Transform
    >>> class Negative(Transform):
    ...     def apply(self, x):
    ...         return 1 - x
    >>> Negative()(np.zeros((1, 1, 2)))
    array([[[1., 1.]]])
    """

    @abstractmethod
    def apply(self, x: np.ndarray) -> np.ndarray:
        """The changed pictures; (N, C, H, W) both. Must not write to `x`."""

    def __call__(self, x: Any) -> Any:
        """The changed picture (C, H, W), or batch (N, C, H, W): a Tensor if `x` is one.

        Raises
        ------
        ShapeError, DTypeError
            If `x` is not a float array of such a shape.
        """
        return on_batch(type(self).__name__, x, self.apply)

    def __repr__(self) -> str:
        options = (f"{k}={v!r}" for k, v in vars(self).items() if k != "rng" and k[0] != "_")
        return f"{type(self).__name__}({', '.join(options)})"


class RandomTransform(Transform):
    """Base of the random ones: override `apply`, drawing from `self.draw()`.

    Parameters
    ----------
    rng : Generator or int, optional
        Leave it out under a DataLoader, which then makes draws repeatable.
    """

    def __init__(self, rng: Rng = None):
        self.rng = None if rng is None else generator(rng)

    def draw(self) -> np.random.Generator:
        """The generator to draw from, now."""
        return generator(self.rng)

    def chance(self, p: float, n: int) -> np.ndarray:
        """For each of n pictures, whether it happens: bool, shape (n, 1, 1, 1)."""
        return self.draw().random(n)[:, None, None, None] < p


class Compose:
    """One function after the other.

    Examples
    --------
    >>> from nn.data.transforms import CenterCrop, Compose, Pad
    >>> Compose([Pad(2), CenterCrop(6)])(np.ones((1, 4, 4))).shape
    (1, 6, 6)
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]):
        self.transforms = list(transforms)
        for step in self.transforms:
            if not callable(step):
                raise DTypeError(f"Compose: needs functions, got {step!r}")

    def __call__(self, x: Any) -> Any:
        for step in self.transforms:
            x = step(x)
        return x

    def __repr__(self) -> str:
        return f"Compose({self.transforms!r})"


def on_batch(name: str, x: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Apply a function of batches to a picture or a batch, Tensor or array."""
    array = np.asarray(x)
    if array.ndim not in (3, 4):
        raise complain(
            ShapeError, name, f"pictures have shape (C, H, W) or (N, C, H, W), got {array.shape}",
            {"x": x},
        )  # fmt: skip
    if array.dtype.kind != "f":
        raise complain(
            DTypeError, name, f"pictures are floats between 0 and 1, got {array.dtype}", {"x": x},
            hint="ToTensor() makes floats of bytes (H, W, C); x / 255 of those that are (C, H, W)",
        )  # fmt: skip
    single = array.ndim == 3
    out = function(array[None] if single else array)
    out = np.ascontiguousarray(out[0] if single else out).astype(array.dtype, copy=False)
    if np.may_share_memory(out, array):
        out = out.copy()  # results are new
    return wrap(out) if isinstance(x, Tensor) else out


def several(value: Any) -> tuple[Any, ...]:
    """One value, or a row of them, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value,)


def pair(name: str, option: str, value: Any) -> tuple[int, int]:
    """A size: one int for both sides, or (height, width)."""
    sides = several(value)
    if len(sides) == 1:
        sides *= 2
    if len(sides) != 2 or any(not isinstance(s, (int, np.integer)) or s < 1 for s in sides):
        raise ArgumentError(
            f"{name}: {option} must be a positive int or (height, width), got {value!r}"
        )
    return int(sides[0]), int(sides[1])


def spread(name: str, option: str, value: Any, centre: float, lowest: float) -> tuple[float, float]:
    """A range: a number means that much to both sides of the centre, but not below `lowest`."""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        if not value >= 0:
            raise ArgumentError(f"{name}: {option} must not be negative, got {value!r}")
        return max(lowest, centre - value), centre + value
    ends = several(value)
    if len(ends) != 2 or not lowest <= ends[0] <= ends[1]:
        raise ArgumentError(
            f"{name}: {option} must be a number or (low, high) with {lowest} <= low <= high, "
            f"got {value!r}"
        )
    return float(ends[0]), float(ends[1])


def probability(name: str, p: float) -> float:
    """p, if it is between 0 and 1."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: p must be between 0 and 1, got {p!r}")
    return p
