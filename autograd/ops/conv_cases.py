"""Convolutions to test with, and calls that must fail, for one to three axes of space."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..kernels.windows.windows import Sizes
from ..samples import Fails
from .conv_options import SPACE

Case = tuple[Sizes, Sizes, dict[str, Any]]
CASES: dict[int, tuple[Case, ...]] = {
    1: (
        ((2, 2, 4), (3, 2, 2), {}),
        ((1, 1, 6), (2, 1, 3), {"stride": 2, "padding": 1}),
        ((1, 2, 5), (2, 2, 2), {"padding": "same", "dilation": 2}),
        ((2, 4, 5), (2, 2, 2), {"groups": 2, "stride": (3,), "padding": ((0, 1),)}),
    ),
    2: (
        ((1, 2, 3, 3), (2, 2, 2, 2), {}),
        ((2, 1, 4, 3), (1, 1, 3, 2), {"stride": (2, 1), "padding": (1, 2)}),
        ((1, 1, 3, 4), (1, 1, 2, 2), {"padding": "same"}),
        ((1, 1, 5, 3), (2, 1, 2, 2), {"dilation": (2, 1), "padding": "valid"}),
        ((1, 2, 3, 3), (4, 1, 2, 2), {"groups": 2, "stride": 2, "padding": ((0, 1), (1, 0))}),
    ),
    3: (
        ((1, 2, 2, 3, 2), (1, 2, 2, 2, 1), {}),
        ((1, 1, 3, 2, 3), (1, 1, 2, 1, 2), {"stride": (1, 2, 2), "padding": (0, 1, 1)}),
        ((1, 2, 3, 1, 2), (2, 1, 2, 1, 2), {"groups": 2, "dilation": (2, 1, 1)}),
    ),
}
BAD_OPTIONS: tuple[tuple[Any, str, str, Any], ...] = (
    (ArgumentError, "stride must be at least 1", "stride", 0),
    (DTypeError, "stride must be an int", "stride", 1.5),
    (DTypeError, "dilation must be an int", "dilation", (1, 1, 1, 1)),
    (DTypeError, "padding must be an int", "padding", (1, 1, 1, 1)),
    (DTypeError, "padding must be ints or pairs", "padding", 0.5),
    (ArgumentError, "padding must be at least 0", "padding", -1),
    (ArgumentError, "groups must be an int", "groups", 0),
    (ArgumentError, "'same' or 'valid'", "padding", "full"),
)


def failing(axes: int) -> Iterable[Fails]:
    """Wrong calls of a convolution, with a pattern for the message of each."""
    image, filters = np.ones((1, 3, *[4] * axes)), np.ones((2, 3, *[3] * axes))
    fours, fives = (re.escape(str((n,) * axes)) for n in (4, 5))
    large = np.ones((3, 3, *[5] * axes))
    for w, match, options in (
        (filters[:, :1], "x has 3 channels but w expects 1", {}),
        (filters[:, :1], f"hint: x is .batch, channels, {SPACE[axes]}", {}),
        (filters[0], f"w must have {axes + 2} axes, got {axes + 1}", {}),
        (large, f"span {fives} .* image of {fours}", {}),
        (filters, f"span {fives} .* image of {fours}", {"dilation": 2}),
        (filters, "2 groups do not divide the 3 channels", {"groups": 2}),
        (filters, "3 groups do not divide the 2 filters", {"groups": 3}),
        (large, "x has 3 channels but w expects 9 in 3 groups", {"groups": 3}),
    ):
        yield Fails(image, w, match=match, error=ShapeError, **options)
    yield Fails(image[0, 0], filters, match=f"x must have {axes + 2} axes, got {axes}")
    yield Fails(image, filters, np.ones(3), match="b has shape .3,. but w gives 2 outputs")
    for error, match, option, value in BAD_OPTIONS:
        yield Fails(image, filters, match=match, error=error, **{option: value})
    yield Fails(image, filters, match="stride 1", error=ArgumentError, padding="same", stride=2)
