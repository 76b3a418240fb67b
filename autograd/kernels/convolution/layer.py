"""What is known of a correlation before its numbers are, and what computes it.

A *way* is a function of arrays: (x, w, b) -> result for a correlation, (x, g) -> gradient of the
filters for its taps. It is made once for a `Layer`, so that a call has nothing left to decide. One
that is exact for finite numbers only gives None for others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from .._host import Simd
from ._frames import Axis, Triple

Axes = tuple[Axis, Axis, Axis]
Way = Callable[..., np.ndarray]
FiniteWay = Callable[..., np.ndarray | None]


class Layer(NamedTuple):
    """A correlation of images with the filters of each group.

    channels, filters   of one group
    source    (D, H, W) of an image
    axes      for each axis, how results meet its pixels: for each phase of the results, if they
              are those of an adjoint, which are `step` apart
    kernel    taps along each axis
    adjoint   whether filters come as (groups, channels, filters, taps)
    shape     of what is computed: the result, or the gradient of the filters
    """

    images: int
    groups: int
    channels: int
    filters: int
    source: Triple
    axes: tuple[tuple[Axis, ...], ...]
    kernel: Triple
    step: Triple
    adjoint: bool
    shape: tuple[int, ...]
    dtype: np.dtype
    host: Simd

    @property
    def phases(self) -> list[Axes]:
        """The axes of each phase of the results; those that alternate along rows in a row."""
        return [(depth, high, wide) for depth, high, wide in product(*self.axes)]

    @property
    def one(self) -> Axes:
        """The axes where there is but one phase."""
        (axes,) = self.phases
        return axes

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.groups, self.channels, self.filters

    @property
    def products(self) -> int:
        """Multiplications of the plain sum."""
        each = sum(prod(a.out * len(a.taps) for a in axes) for axes in self.phases)
        return self.images * self.groups * self.filters * self.channels * each

    @property
    def lanes(self) -> int:
        return self.host.lanes(self.dtype.itemsize)

    @property
    def vectors(self) -> int:
        """Vectors of filters that a tile takes."""
        return 2 if self.filters > self.lanes else 1

    @property
    def woven(self) -> tuple[np.ndarray, Triple, Triple]:
        """Phases, size and step as `weave` takes them."""
        table = [[*(a.out for a in axes), *(a.first for a in axes)] for axes in self.phases]
        size = (1, 1, 1, *self.shape[2:])[-3:]
        return np.array(table, np.int64).reshape(-1, 6), (size[0], size[1], size[2]), self.step

    @property
    def whole(self) -> bool:
        """Whether there is one phase, and it is all of the result."""
        return len(self.phases) == prod(self.step) == 1

    @property
    def new(self) -> Callable[[], np.ndarray]:
        """Makes an array for the result, of zeros where some of it lies in no phase."""
        complete = len(self.phases) == prod(map(min, self.step, self.woven[1]))
        return partial(np.empty if complete else np.zeros, self.shape, self.dtype)

    @property
    def scratch(self) -> Callable[[np.ndarray], np.ndarray]:
        """Gives room for the phases of an image, if there are several; else the result itself."""
        if self.whole:
            return lambda out: out
        size = self.filters * sum(prod(a.out for a in axes) for axes in self.phases)
        return lambda out: np.empty(size, self.dtype)
