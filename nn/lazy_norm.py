"""Normalisation layers that learn the number of channels from their first input."""

from __future__ import annotations

from typing import Any

from .functional.shapes import shape_of
from .lazy import Lazy
from .normalisation import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    PerChannel,
)


class _LazyPerChannel(Lazy, PerChannel):
    """What they share."""

    size_name = "num_features"

    def shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        """Everything but the number of batches depends on num_features."""
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (size,))

    def make(self, size: int) -> None:
        """Be the ordinary layer for inputs of this size."""
        super().make(size)
        self.reset_running_stats()

    def _saved_size(self, shape: tuple[int, ...]) -> int:
        return shape[0]


class _LazyBatchNorm(_LazyPerChannel, BatchNorm):
    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, dtype: Any = None,
    ):  # fmt: skip
        super().__init__(0, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def _input_size(self, x: Any) -> int:
        shape = shape_of(x)
        if len(shape) - 2 not in self.spatial:
            raise self._misfit(x, shape)
        return shape[1]


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """A BatchNorm1d that learns `num_features` from its first input."""

    becomes = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """A BatchNorm2d that learns `num_features` from its first input."""

    becomes = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """A BatchNorm3d that learns `num_features` from its first input."""

    becomes = BatchNorm3d


class _LazyInstanceNorm(_LazyPerChannel, InstanceNorm):
    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, *, bias: bool = True, dtype: Any = None,
    ):  # fmt: skip
        super().__init__(0, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def _input_size(self, x: Any) -> int:
        shape, axes = shape_of(x), self.spatial[0]
        if len(shape) - axes not in (1, 2):
            raise self._misfit(x, shape, len(shape) - axes - 1)
        return shape[-axes - 1]


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An InstanceNorm1d that learns `num_features` from its first input.

    As in PyTorch, it is affine and tracks running statistics unless told otherwise.
    """

    becomes = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An InstanceNorm2d that learns `num_features` from its first input. See the one for 1d."""

    becomes = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An InstanceNorm3d that learns `num_features` from its first input. See the one for 1d."""

    becomes = InstanceNorm3d
