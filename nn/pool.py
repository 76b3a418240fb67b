"""Pooling layers: windows slide along one, two or three axes. The batch may be missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from autograd.errors import ArgumentError
from autograd.ops.pool_options import window
from autograd.random import Rng, generator

from . import functional
from .functional.shapes import Sizes
from .module import Module
from .settings import checked, number


class _Pool(Module):
    """What they share: how many axes windows slide along, and the function that does it."""

    axes: ClassVar[int]
    function: ClassVar[Callable[..., Any]]
    stride: Any
    _shown: ClassVar[tuple[str, ...]]

    def _set_window(
        self, kernel_size: Sizes, stride: Sizes | None, padding: Sizes = 0, dilation: Sizes = 1
    ) -> None:
        checked(self, window, self.axes, kernel_size, stride, padding, dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._shown)


# Largest values


class _MaxPool(_Pool):
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
        dilation: Sizes = 1, return_indices: bool = False, ceil_mode: bool = False,
    ):  # fmt: skip
        super().__init__()
        self._set_window(kernel_size, stride, padding, dilation)
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class MaxPool1d(_MaxPool):
    """The largest value of every window of sequences (N, C, L). Parameters as for `MaxPool2d`."""

    axes = 1
    function = staticmethod(functional.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest value of every window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    padding : width of a border of -inf; at most half a window
    dilation : steps within a window
    return_indices : whether to return where the largest values are, too: for `MaxUnpool2d`
    ceil_mode : also count a last window that is not complete

    Examples
    --------
    >>> import nn
    >>> nn.MaxPool2d(2)(np.arange(16.0).reshape(1, 4, 4)).tolist()
    [[[5.0, 7.0], [13.0, 15.0]]]
    """

    axes = 2
    function = staticmethod(functional.max_pool2d)


class MaxPool3d(_MaxPool):
    """The largest value of every window of volumes (N, C, D, H, W). As `MaxPool2d`."""

    axes = 3
    function = staticmethod(functional.max_pool3d)


class _MaxUnpool(_Pool):
    _shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0):
        super().__init__()
        chosen = checked(self, window, self.axes, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding, _ = chosen

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return self.function(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool1d(_MaxUnpool):
    """Zeros, with each value where `MaxPool1d` found it. As `MaxUnpool2d`."""

    axes = 1
    function = staticmethod(functional.max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """Zeros, with each value where `MaxPool2d` found it: a partial inverse of pooling.

    Call it with the values, the indices that `MaxPool2d(..., return_indices=True)` gave, and, where
    several sizes are pooled to the same one, with the `output_size` that is wanted.

    Parameters
    ----------
    kernel_size, stride, padding : those of the pooling

    Source
    ------
    Zeiler, Taylor & Fergus (2011), "Adaptive Deconvolutional Networks for Mid and High Level
    Feature Learning".

    Examples
    --------
    >>> import nn
    >>> values, places = nn.MaxPool2d(2, return_indices=True)(np.array([[[1.0, 2.0], [4.0, 3.0]]]))
    >>> nn.MaxUnpool2d(2)(values, places).tolist()
    [[[0.0, 0.0], [4.0, 0.0]]]
    """

    axes = 2
    function = staticmethod(functional.max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """Zeros, with each value where `MaxPool3d` found it. As `MaxUnpool2d`."""

    axes = 3
    function = staticmethod(functional.max_unpool3d)


# Means and norms


class _AvgPool(_Pool):
    _shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: float | None = None,
    ):  # fmt: skip
        super().__init__()
        self._set_window(kernel_size, stride, padding)
        if divisor_override == 0:
            raise ArgumentError(f"{type(self).__name__}: divisor_override must not be 0")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        return self.function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AvgPool1d(_Pool):
    """The mean of every window of sequences (N, C, L). Parameters as for `AvgPool2d`."""

    axes = 1
    _shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
    ):  # fmt: skip
        super().__init__()
        chosen = checked(self, window, 1, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding, _ = chosen
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Any) -> Any:
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class AvgPool2d(_AvgPool):
    """The mean of every window of images (N, C, H, W).

    Parameters
    ----------
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    padding : width of a border of zeros; at most half a window
    ceil_mode : also count a last window that is not complete
    count_include_pad : whether the zeros of the border count in the mean
    divisor_override : what sums are divided by, in place of how many elements count
    """

    axes = 2
    function = staticmethod(functional.avg_pool2d)


class AvgPool3d(_AvgPool):
    """The mean of every window of volumes (N, C, D, H, W). Parameters as for `AvgPool2d`."""

    axes = 3
    function = staticmethod(functional.avg_pool3d)


class _LPPool(_Pool):
    _shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(
        self, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None,
        ceil_mode: bool = False,
    ):  # fmt: skip
        super().__init__()
        checked(self, window, self.axes, kernel_size, stride)
        self.norm_type = number(self, "norm_type", norm_type)
        if not norm_type > 0:
            kind = type(self).__name__
            raise ArgumentError(f"{kind}: norm_type must be positive, got {norm_type}")
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        return self.function(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPool):
    """The p-norm of every window of sequences (N, C, L). Parameters as for `LPPool2d`."""

    axes = 1
    function = staticmethod(functional.lp_pool1d)


class LPPool2d(_LPPool):
    """The p-norm of every window of images (N, C, H, W), (sum of abs(x)**p) ** (1/p).

    Parameters
    ----------
    norm_type : p, a positive number
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    ceil_mode : also count a last window that is not complete

    Source
    ------
    Sermanet, Chintala & LeCun (2012), "Convolutional Neural Networks Applied to House Numbers
    Digit Classification".
    """

    axes = 2
    function = staticmethod(functional.lp_pool2d)


class LPPool3d(_LPPool):
    """The p-norm of every window of volumes (N, C, D, H, W). Parameters as for `LPPool2d`."""

    axes = 3
    function = staticmethod(functional.lp_pool3d)


class StochasticPool2d(_Pool):
    """One element of each window of images, drawn at random: the larger, the more likely.

    In evaluation the mean of each window, weighted with the probabilities.

    Parameters
    ----------
    kernel_size : height and width of a window, or one number for both
    stride : steps between windows; as wide as a window unless given
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.

    Source
    ------
    Zeiler & Fergus (2013), "Stochastic Pooling for Regularization of Deep Convolutional Neural
    Networks".
    """

    axes = 2
    _shown = ("kernel_size", "stride")

    def __init__(self, kernel_size: Sizes, stride: Sizes | None = None, *, rng: Rng = None):
        super().__init__()
        self._set_window(kernel_size, stride)
        self.rng = None if rng is None else generator(rng)

    def forward(self, input: Any) -> Any:
        return functional.stochastic_pool2d(
            input, self.kernel_size, self.stride, self.training, rng=self.rng
        )
