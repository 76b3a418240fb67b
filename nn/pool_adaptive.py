"""Pooling to a given size, with windows as large as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from . import functional
from .functional.pool import SomeSizes
from .functional.shapes import shape_of
from .misfit import misfit
from .module import Module
from .settings import sizes


class _Adaptive(Module):
    """What they share: the size of the result."""

    axes: ClassVar[int]
    function: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: SomeSizes):
        super().__init__()
        given = output_size if isinstance(output_size, (tuple, list)) else (output_size,)
        known = tuple(1 if n is None else n for n in given)  # None: the size of the input
        sizes(self, "output_size", known if len(known) > 1 else known[0], self.axes)
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return self.function(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """The means of windows such that sequences (N, C, L) get a given size."""

    axes = 1
    function = staticmethod(functional.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_Adaptive):
    """The means of windows such that images (N, C, H, W) get a given size.

    Parameters
    ----------
    output_size : height and width of the result, or one number for both; None for the input's

    Source
    ------
    He, Zhang, Ren & Sun (2014), "Spatial Pyramid Pooling in Deep Convolutional Networks".

    Examples
    --------
    >>> import nn
    >>> nn.AdaptiveAvgPool2d((1, None))(np.ones((2, 3, 7, 5))).shape
    (2, 3, 1, 5)
    """

    axes = 2
    function = staticmethod(functional.adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_Adaptive):
    """The means of windows such that volumes (N, C, D, H, W) get a given size."""

    axes = 3
    function = staticmethod(functional.adaptive_avg_pool3d)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: SomeSizes, return_indices: bool = False):
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return self.function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest values of windows such that sequences (N, C, L) get a given size."""

    axes = 1
    function = staticmethod(functional.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest values of windows such that images (N, C, H, W) get a given size.

    Parameters
    ----------
    output_size : height and width of the result, or one number for both; None for the input's
    return_indices : whether to return where the largest values are, too
    """

    axes = 2
    function = staticmethod(functional.adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The largest values of windows such that volumes (N, C, D, H, W) get a given size."""

    axes = 3
    function = staticmethod(functional.adaptive_max_pool3d)


class GlobalAvgPool(Module):
    """The mean of each channel: (N, C, ...) becomes (N, C).

    Source
    ------
    Lin, Chen & Yan (2014), "Network In Network".

    Examples
    --------
    >>> import nn
    >>> nn.GlobalAvgPool()(np.ones((2, 3, 7, 5))).shape
    (2, 3)
    """

    def forward(self, input: Any) -> Any:
        if len(shape_of(input)) < 3:
            fact = f"x has {len(shape_of(input))} axes, expected at least 3: (N, C, ...)"
            raise misfit(self, "", fact, {"x": input})
        return functional.global_avg_pool(input)
