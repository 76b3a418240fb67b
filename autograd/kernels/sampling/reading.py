"""How points read an image: which pixels along each axis, and with which weights."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ..windows.windows import Sizes

A = -0.75  # the slope of cubics that image libraries use

# mode: (where the first pixel lies, the weight of each: a polynomial of 0 <= t < 1)
# Cubics: Keys (1981), "Cubic convolution interpolation for digital image processing".
MODES: dict[str, tuple[int, list[list[float]]]] = {
    "nearest": (0, [[1]]),
    "bilinear": (0, [[1, -1], [0, 1]]),
    "bicubic": (-1, [
        [0, A, -2 * A, A], [1, 0, -A - 3, A + 2], [0, -A, 2 * A + 3, -A - 2], [0, 0, A, -A],
    ]),
}  # fmt: skip
PADDINGS = ("zeros", "border", "reflection")


class Reading(NamedTuple):
    """How points read: see `grid_sample`.

    order : for each axis of the image, how often the weights are differentiated by the point
    """

    mode: str
    padding: str
    align: bool
    order: Sizes

    def derived(self, axis: int) -> Reading:
        """The same, once more differentiated along one axis of the image."""
        order = [k + (a == axis) for a, k in enumerate(self.order)]
        return self._replace(order=tuple(order))


@cache
def polynomials(mode: str, order: int) -> tuple[tuple[float, ...], ...]:
    """The weights of a mode, differentiated so often: four coefficients for each pixel."""
    found = [np.array(p) for p in MODES[mode][1]]
    for _ in range(order):
        found = [p[1:] * np.arange(1, len(p)) for p in found]
    return tuple((*map(float, p), *(0.0,) * (4 - len(p))) for p in found)
