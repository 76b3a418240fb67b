"""Transposed convolutions: layers that make images larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng

from . import functional
from .conv import Convolution, LazyConvolution
from .functional.shapes import Sizes, shape_of
from .misfit import misfit
from .settings import sizes


class _ConvTranspose(Convolution):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Sizes, stride: Sizes = 1,
        padding: Sizes = 0, output_padding: Sizes = 0, groups: int = 1, bias: bool = True,
        dilation: Sizes = 1, padding_mode: str = "zeros", *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        kind = type(self).__name__
        if padding_mode != "zeros":
            raise ArgumentError(f"{kind}: padding_mode must be 'zeros', got {padding_mode!r}")
        if isinstance(padding, str):
            raise ArgumentError(f"{kind}: padding must be ints, got {padding!r}")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype,
            rng,
        )  # fmt: skip
        self.padding_mode = padding_mode
        self.output_padding = sizes(self, "output_padding", output_padding, self.axes, 0)
        for extra, s, d in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if extra >= max(s, d):
                fact = f"output_padding {output_padding!r} must be less than stride or dilation"
                raise ArgumentError(f"{kind}: {fact}")

    def _weight_shape(self, in_channels: int) -> tuple[int, ...]:
        return in_channels, self.out_channels // self.groups, *self.kernel_size

    def forward(self, input: Any, output_size: Sequence[int] | None = None) -> Any:
        """output_size : which of the possible sizes of space the result has, instead of
        output_padding."""
        self._check(input)
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra(input, tuple(output_size))
        return self.function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip

    def _extra(self, x: Any, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """The output_padding that gives the size that is wanted."""
        space = shape_of(x)[-self.axes :]
        options = zip(space, self.stride, self.padding, self.dilation, self.kernel_size)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in options]
        extra = tuple(n - m for n, m in zip(wanted[-self.axes :], least))
        fits = all(0 <= e < max(s, d) for e, s, d in zip(extra, self.stride, self.dilation))
        if len(wanted) < self.axes or not fits:
            most = [m + max(s, d) - 1 for m, s, d in zip(least, self.stride, self.dilation)]
            fact = f"output_size {wanted} is not between {tuple(least)} and {tuple(most)}"
            raise misfit(self, f"{self.in_channels} -> {self.out_channels}", fact, {"x": x})
        return extra

    def extra_repr(self) -> str:
        text = super().extra_repr()
        if self.output_padding != (0,) * self.axes:
            text += f", output_padding={self.output_padding}"
        return text + self._rest_of_repr()


class ConvTranspose1d(_ConvTranspose):
    """A larger sequence of a sequence (N, in_channels, L). Parameters as for `ConvTranspose2d`."""

    axes = 1
    function = staticmethod(functional.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """A larger image of an image (N, in_channels, H, W): each pixel adds a filter, times itself.

    With the settings of a `Conv2d`, it takes images of that one's output size back to its input
    size.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : height and width of the filters, or one number for both
    stride : steps between the windows that neighbours add to
    padding : how much of the margin of the result is cut off
    output_padding : so much at the far ends is kept after all; less than stride or dilation
    groups : divide the channels into groups that do not see each other
    bias : bool
    dilation : steps within windows
    padding_mode : "zeros"
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (in_channels, out_channels / groups, KH, KW), uniform between +-1 / sqrt(fan_in), where
        fan_in is out_channels / groups * KH * KW
    bias : (out_channels,) likewise; None without bias

    Source
    ------
    Zeiler, Krishnan, Taylor & Fergus (2010), "Deconvolutional networks".

    Examples
    --------
    >>> import nn
    >>> layer = nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1)
    >>> layer(np.ones((1, 3, 4, 4), np.float32)).shape
    (1, 2, 7, 7)
    >>> layer(np.ones((1, 3, 4, 4), np.float32), output_size=(8, 8)).shape
    (1, 2, 8, 8)
    """

    axes = 2
    function = staticmethod(functional.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """A larger volume of a volume (N, in_channels, D, H, W). As `ConvTranspose2d`."""

    axes = 3
    function = staticmethod(functional.conv_transpose3d)


class _LazyConvTranspose(LazyConvolution, _ConvTranspose):
    def __init__(
        self, out_channels: int, kernel_size: Sizes, stride: Sizes = 1, padding: Sizes = 0,
        output_padding: Sizes = 0, groups: int = 1, bias: bool = True, dilation: Sizes = 1,
        padding_mode: str = "zeros", *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            0, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation,
            padding_mode, dtype=dtype, rng=rng,
        )  # fmt: skip

    def _saved_size(self, shape: tuple[int, ...]) -> int:
        return shape[0]


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A ConvTranspose1d that learns `in_channels` from its first input."""

    becomes = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A ConvTranspose2d that learns `in_channels` from its first input."""

    becomes = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A ConvTranspose3d that learns `in_channels` from its first input."""

    becomes = ConvTranspose3d
