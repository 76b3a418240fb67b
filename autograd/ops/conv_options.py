"""What users say about a convolution, checked and as the kernels take it.

The number of axes of space, `axes`, is 1 for sequences (N, C, L), 2 for images (N, C, H, W) and 3
for volumes (N, C, D, H, W).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

import numpy as np

from .. import kernels
from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels.windows.windows import Padding, Pair, Sizes
from ..messages import complain

Plan = TypeVar("Plan", bound=Callable[..., Any])
FORMS = {1: "an int", 2: "an int or a pair of ints", 3: "an int or a triple of ints"}
DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0}
SPACE = {1: "length", 2: "height, width", 3: "depth, height, width"}


def per_axis(value: Any, name: str, axes: int, least: int = 1) -> Sizes:
    """An int for all axes, or one for each of them, as a tuple.

    Raises
    ------
    DTypeError
        If it is anything else.
    ArgumentError
        If it is smaller than `least`.
    """
    if type(value) is int and value >= least:  # nearly always
        return (value,) * axes
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(given) != axes or not all(map(_is_int, given)):
        raise DTypeError(f"{name} must be {FORMS[axes]}, got {value!r}")
    if min(given) < least:
        raise ArgumentError(f"{name} must be at least {least}, got {value!r}")
    return tuple(map(int, given))


def _is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def padding_pairs(padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Padding:
    """`padding` in every form users give it, as a (before, after) for each axis of space."""
    axes = len(kernel)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ArgumentError(f"padding must be ints, 'same' or 'valid', got {padding!r}")
        if padding == "valid":
            return ((0, 0),) * axes
        if max(stride) > 1:
            raise ArgumentError(f"padding='same' needs stride 1, got {stride}")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
        return tuple((n // 2, n - n // 2) for n in totals)
    sides = padding if isinstance(padding, (tuple, list)) else (padding,) * axes
    if len(sides) != axes:
        raise DTypeError(
            f"padding must be an int, or an int or (before, after) for each axis of "
            f"({SPACE[axes]}), got {padding!r}"
        )
    return tuple(_sides(side, padding) for side in sides)


def _sides(side: Any, padding: Any) -> Pair:
    """How many zeros come before and after one axis."""
    pair = side if isinstance(side, (tuple, list)) and len(side) == 2 else (side, side)
    if not all(map(_is_int, pair)):
        raise DTypeError(f"padding must be ints or pairs of ints, got {padding!r}")
    if min(pair) < 0:
        raise ArgumentError(f"padding must be at least 0, got {padding!r}")
    return int(pair[0]), int(pair[1])


def settings(
    kernel: Sizes, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> tuple[Sizes, Padding, Sizes, int]:
    """The options as the kernels take them, for filters of this size."""
    if not _is_int(groups) or groups < 1:
        raise ArgumentError(f"groups must be an int, at least 1, got {groups!r}")
    strides = per_axis(stride, "stride", len(kernel))
    dilations = per_axis(dilation, "dilation", len(kernel))
    return strides, padding_pairs(padding, kernel, strides, dilations), dilations, int(groups)


def check_axes(axes: int, **shapes: Sizes) -> None:
    """Raise ShapeError unless each has a batch, channels, and so many axes of space."""
    for name, shape in shapes.items():
        if len(shape) != axes + 2:
            raise ShapeError(f"{name} must have {axes + 2} axes, got {len(shape)}")


def remembered(plan: Plan) -> Plan:
    """The function of shapes and options, which computes once what it has been asked for before."""

    @lru_cache(maxsize=512)
    def known(kinds: tuple[Any, ...], *args: Any) -> Any:
        return plan(*args)

    @wraps(plan)
    def find(*args: Any) -> Any:
        try:
            return known(_kinds(args), *args)
        except TypeError:  # a list among the options has no hash; or one of them is wrong
            return plan(*args)

    return find  # type: ignore[return-value]


def _kinds(options: tuple[Any, ...]) -> tuple[Any, ...]:
    """The types in nested tuples: 1, 1.0 and True are equal, but not equally good as options."""
    return tuple([_kinds(v) if v.__class__ is tuple else v.__class__ for v in options])


def conv_plan(
    axes: int, x: Sizes, w: Sizes,
    stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
) -> tuple[Sizes, tuple[Sizes, Padding, Sizes, int]]:  # fmt: skip
    """The shape of the convolution of x with w, for arrays of these shapes, and its `settings`.

    Raises
    ------
    ShapeError
        If x and w do not go together, or not one window fits into the padded image.
    """
    return _plan(axes, x, w, stride, padding, dilation, groups)


@remembered
def _plan(
    axes: int, x: Sizes, w: Sizes, *options: Any
) -> tuple[Sizes, tuple[Sizes, Padding, Sizes, int]]:
    check_axes(axes, x=x, w=w)
    chosen = settings(w[2:], *options)
    strides, pads, dilations, groups = chosen
    for name, count in (("channels of x", x[1]), ("filters of w", w[0])):
        if count % groups:
            raise ShapeError(f"{groups} groups do not divide the {count} {name}")
    if x[1] != w[1] * groups:
        among = f" in {groups} groups" if groups > 1 else ""
        raise ShapeError(f"x has {x[1]} channels but w expects {w[1] * groups}{among}")
    return (x[0], w[0], *window_counts(x[2:], w[2:], strides, pads, dilations)), chosen


def window_counts(
    image: Sizes, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Sizes:
    """How many windows there are along each axis of an image.

    Raises
    ------
    ShapeError
        If not one fits into the padded image.
    """
    counts = tuple(map(kernels.output_size, image, kernel, stride, padding, dilation))
    if min(counts) < 1 or min(kernel) < 1:
        padded = tuple(n + sum(p) for n, p in zip(image, padding))
        spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel))
        raise ShapeError(f"filters that span {spans} pixels do not fit a padded image of {padded}")
    return counts


def told(
    error: AutogradError, name: str, arrays: dict[str, Any], options: dict[str, Any], layout: str
) -> AutogradError:
    """The error as a complete message of the function that the user called: with the arrays, the
    options that are not the defaults and, if it is about shapes, the layout of the arrays."""
    given = {k: v for k, v in options.items() if v != DEFAULTS[k]}
    hint = layout if isinstance(error, ShapeError) else None
    return complain(type(error), name, str(error), arrays, given, hint)
