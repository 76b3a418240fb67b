"""Windows that slide over sequences, images and volumes: what users say about them, for kernels.

The number of axes that windows slide along, `axes`, is 1 for sequences (N, C, L), 2 for images
(N, C, H, W) and 3 for volumes (N, C, D, H, W). Without a batch, N is missing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import kernels
from ..arguments import operand
from ..errors import ArgumentError, AutogradError, DTypeError, ShapeError
from ..kernels.windows.windows import Sizes
from ..messages import complain
from .conv_options import per_axis

DEFAULTS = {"stride": None, "padding": 0, "dilation": 1}


class Window(NamedTuple):
    """Windows as the kernels take them: an int for each axis."""

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes


def window(
    axes: int, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1
) -> Window:
    """The options as the kernels take them.

    Raises
    ------
    ArgumentError
        If the padding is wider than half a window, so that windows could lie in it altogether.
    """
    kernel = per_axis(kernel_size, "kernel_size", axes)
    dilations = per_axis(dilation, "dilation", axes)
    strides = kernel if stride is None else per_axis(stride, "stride", axes)
    pads = per_axis(padding, "padding", axes, least=0)
    for p, k, d in zip(pads, kernel, dilations):
        if 2 * p > d * (k - 1) + 1:
            raise ArgumentError(
                f"padding {padding!r} is more than half of a window of {d * (k - 1) + 1} elements"
            )
    return Window(kernel, strides, pads, dilations)


def window_counts(image: Sizes, window: Window, ceil_mode: bool) -> Sizes:
    """How many windows there are along each axis of an image of this size; below 1 if none fits.

    With `ceil_mode` a last window may hang over the edge, but not begin behind the image.
    """
    sizes = []
    for size, k, s, p, d in zip(image, *window):
        count = kernels.output_size(size + (s - 1 if ceil_mode else 0), k, s, (p, p), d)
        if ceil_mode and (count - 1) * s >= size + p:
            count -= 1
        sizes.append(count)
    return tuple(sizes)


def pooled_size(image: Sizes, window: Window, ceil_mode: bool) -> Sizes:
    """`window_counts` of an image that is large enough.

    Raises
    ------
    ShapeError
        If not one window fits.
    """
    sizes = window_counts(image, window, ceil_mode)
    if min(sizes) < 1 or min(image) < 1:
        spans = tuple(d * (k - 1) + 1 for k, d in zip(window.kernel, window.dilation))
        padded = tuple(n + 2 * p for n, p in zip(image, window.padding))
        raise ShapeError(f"a window of size {spans} does not fit into {padded}, padding included")
    return sizes


def image_of(name: str, x: Any, axes: int) -> Any:
    """x as an array or Tensor of numbers with `axes` axes to slide along, behind one or two others.

    Raises
    ------
    ShapeError, DTypeError
        In the name of the function that the user called, if x is something else.
    """
    x = operand(x)
    if x.dtype.kind not in "iuf":
        raise complain(DTypeError, name, f"x must hold real numbers, not {x.dtype}", {"x": x})
    if x.ndim not in (axes + 1, axes + 2):
        fact = f"x must have {axes + 2} axes ({axes + 1} without a batch), got {x.ndim}"
        raise complain(ShapeError, name, fact, {"x": x})
    return x


def slide(
    name: str, x: Any, axes: int, ceil_mode: bool = False, **options: Any
) -> tuple[Any, Window, Sizes]:
    """x, its windows, and how many there are along each axis; errors are told in full."""
    x = image_of(name, x, axes)
    try:
        chosen = window(axes, **options)
        return x, chosen, pooled_size(x.shape[-axes:], chosen, ceil_mode)
    except AutogradError as e:
        given = {k: v for k, v in options.items() if v != DEFAULTS.get(k, ...)}
        raise complain(type(e), name, str(e), {"x": x}, given) from None
