"""What models of images share: checks of what comes in, sizes of what goes on, and blocks."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError

from ..container import Sequential
from ..conv import Conv2d
from ..functional.shapes import Sizes, shape_of
from ..misfit import misfit
from ..module import Module
from ..normalisation import BatchNorm2d
from ..piecewise import ReLU
from ..settings import sizes


def check_images(
    model: Module, x: Any, channels: int, size: tuple[int, int] | None = None, least: int = 1
) -> None:
    """Complain in the model's name unless x are images it can take.

    Parameters
    ----------
    model : the model that runs
    x : what it was given
    channels : how many channels they must have
    size : height and width, if only one will do
    least : height and width at least, otherwise

    Raises
    ------
    ShapeError
    """
    shape = shape_of(x)
    fits = len(shape) == 4 and shape[1] == channels
    if fits and (min(shape[2:]) >= least if size is None else shape[2:] == size):
        return
    if size is not None:
        rule = f"(N, {channels}, {size[0]}, {size[1]})"
    else:
        rule = f"(N, {channels}, H, W)" + (f" with H, W >= {least}" if least > 1 else "")
    hint = None
    if len(shape) == 4 and shape[1] != channels and shape[3] == channels:
        hint = "channels come second: x.transpose(0, 3, 1, 2)"
    elif len(shape) == 3 and shape[0] == channels:
        hint = "a single image needs an axis for the batch: x[None]"
    raise misfit(model, "", f"x has shape {shape}, expected {rule}", {"x": x}, hint)


def image_size(model: Module, size: Sizes) -> tuple[int, int]:
    """Height and width, from a setting that is one number or two."""
    height, width = sizes(model, "image_size", size, 2)
    return height, width


def window_size(
    model: Module, size: tuple[int, int], kernel: int, stride: int = 1, padding: int = 0
) -> tuple[int, int]:
    """Height and width after a convolution or pooling, both square.

    Raises
    ------
    ArgumentError
        If nothing is left.
    """
    height, width = ((n + 2 * padding - kernel) // stride + 1 for n in size)
    if min(height, width) < 1:
        name = type(model).__name__
        fact = f"an image of {size[0]} x {size[1]} is too small for a window of {kernel}"
        raise ArgumentError(f"{name}: {fact}, padding {padding}")
    return height, width


def conv_norm(
    in_channels: int, out_channels: int, kernel_size: Sizes = 3, stride: int = 1, *,
    relu: bool = True, dtype: Any = None,
) -> Sequential:  # fmt: skip
    """Convolution without bias, padded to keep the size, batch normalisation, and ReLU.

    Shapes: (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)) for odd
    kernels.
    """
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    padding = (kernel[0] // 2, kernel[1] // 2)
    return Sequential(
        Conv2d(in_channels, out_channels, kernel, stride, padding, bias=False, dtype=dtype),
        BatchNorm2d(out_channels, dtype=dtype),
        *([ReLU()] if relu else []),
    )
