"""Layers that subtract a mean and divide by a spread, then scale and shift again."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd as ag
from autograd import modes
from autograd.tensor import Tensor

from . import functional, init
from .functional.shapes import shape_of
from .misfit import misfit
from .module import Module
from .parameter import new_parameter
from .settings import count, number


class Affine(Module):
    """One weight and one bias for each feature, or neither: what these layers may learn."""

    weight: Tensor | None
    bias: Tensor | None

    def _add_affine(self, weight: bool, bias: bool, *shape: int, dtype: Any) -> None:
        self.register_parameter("weight", new_parameter(*shape, dtype=dtype) if weight else None)
        self.register_parameter("bias", new_parameter(*shape, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weights to 1 and biases to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class PerChannel(Affine):
    """What BatchNorm and InstanceNorm share: numbers for each channel, and running statistics."""

    spatial: ClassVar[tuple[int, ...]]  # how many axes there may be behind the channels
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float, momentum: float | None, affine: bool,
        track_running_stats: bool, bias: bool, dtype: Any,
    ):  # fmt: skip
        super().__init__()
        self.num_features = count(self, "num_features", num_features, 0 if self.lazy else 1)
        self.eps = number(self, "eps", eps, 0)
        self.momentum = None if momentum is None else number(self, "momentum", momentum, 0, 1)
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._add_affine(affine, affine and bias, num_features, dtype=dtype)
        self._add_statistics(dtype)

    def _add_statistics(self, dtype: Any) -> None:
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, None)
        if self.track_running_stats:
            size = self.num_features
            self.running_mean = new_parameter(size, dtype=dtype).detach()
            self.running_var = new_parameter(size, dtype=dtype).detach()
            self.num_batches_tracked = Tensor(np.int64(0))
            self.reset_running_stats()

    def reset_running_stats(self) -> None:
        """Forget all batches: mean 0, variance 1."""
        if self.running_mean is not None:
            assert self.running_var is not None
            assert self.num_batches_tracked is not None
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


_AXES = {0: "(N, C)", 1: "(N, C, L)", 2: "(N, C, H, W)", 3: "(N, C, D, H, W)"}


class BatchNorm(PerChannel):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, *, bias: bool = True,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Any) -> Any:
        shape = shape_of(input)
        if len(shape) - 2 not in self.spatial or shape[1] != self.num_features:
            raise self._misfit(input, shape)
        own = self.training or self.running_mean is None  # the batch's own statistics
        if own and math.prod(shape) == self.num_features:
            fact = "statistics of a single value for each channel say nothing"
            hint = "a larger batch, or eval()" if self.track_running_stats else "a larger batch"
            raise misfit(self, f"{self.num_features}", fact, {"x": input}, hint)
        if self.training and self.num_batches_tracked is not None:
            return self._train(input, self.num_batches_tracked)
        return functional.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, own, 0.0, self.eps
        )

    def _train(self, input: Any, tracked: Tensor) -> Any:
        batches = tracked._data + 1
        out = functional.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, True,
            1 / float(batches) if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        if not modes.state.replaying:
            tracked.data = batches
        return out

    def _misfit(self, x: Any, shape: tuple[int, ...]) -> Exception:
        if len(shape) - 2 not in self.spatial:
            expected = " or ".join(_AXES[n] for n in self.spatial)
            fact = f"x has {len(shape)} axes, expected {expected}"
        else:
            fact = f"x has {shape[1]} channels, expected {self.num_features}"
        return misfit(self, f"{self.num_features}", fact, {"x": x})


class BatchNorm1d(BatchNorm):
    """Normalise every channel of (N, C) or (N, C, L) over the batch.

    In training with the statistics of the batch, towards which the running ones move; in
    evaluation with the running ones.

    Parameters
    ----------
    num_features : number of channels C
    eps : keeps the root away from zero
    momentum : how far the running statistics move at each step; None: they are the plain averages
        of all batches
    affine : whether to scale and shift by learnt numbers
    track_running_stats : False: the statistics of the batch in evaluation too
    bias : whether to shift, if affine
    dtype : float dtype of parameters and buffers; `get_default_dtype()` unless given

    Attributes
    ----------
    weight, bias : (C,), 1 and 0 at first; None without
    running_mean, running_var : (C,) buffers; None if not tracked
    num_batches_tracked : int buffer

    Raises
    ------
    ShapeError
        In training, if there is only one value for each channel.

    Source
    ------
    Ioffe & Szegedy (2015), "Batch Normalization".

    Examples
    --------
    >>> import nn
    >>> layer = nn.BatchNorm1d(1, affine=False)
    >>> layer(np.array([[1.0], [3.0]])).round(3).tolist()
    [[-1.0], [1.0]]
    >>> layer.running_mean  # moved by 0.1 from 0 towards 2
    Tensor([0.2])
    """

    spatial = (0, 1)


class BatchNorm2d(BatchNorm):
    """Normalise every channel of images (N, C, H, W) over the batch. See `BatchNorm1d`."""

    spatial = (2,)


class BatchNorm3d(BatchNorm):
    """Normalise every channel of volumes (N, C, D, H, W) over the batch. See `BatchNorm1d`."""

    spatial = (3,)


class InstanceNorm(PerChannel):
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = False, track_running_stats: bool = False, *, bias: bool = True,
        dtype: Any = None,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias, dtype)

    def forward(self, input: Any) -> Any:
        shape = shape_of(input)
        (axes,) = self.spatial
        batch = len(shape) - axes - 1  # axes before the channels: one, or none
        if batch not in (0, 1) or shape[batch] != self.num_features:
            raise self._misfit(input, shape, batch)
        own = self.training or not self.track_running_stats
        if own and math.prod(shape[batch + 1 :]) == 1:
            fact = "statistics of a single value for each channel say nothing"
            raise misfit(self, f"{self.num_features}", fact, {"x": input})
        out = functional.instance_norm(
            input if batch else ag.expand_dims(input, axis=0), self.running_mean, self.running_var,
            self.weight, self.bias, own, self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return out if batch else out[0]

    def _misfit(self, x: Any, shape: tuple[int, ...], batch: int) -> Exception:
        if batch not in (0, 1):
            full = _AXES[self.spatial[0]]
            fact = f"x has {len(shape)} axes, expected {full} or {full.replace('N, ', '')}"
        else:
            fact = f"x has {shape[batch]} channels, expected {self.num_features}"
        return misfit(self, f"{self.num_features}", fact, {"x": x})


class InstanceNorm1d(InstanceNorm):
    """Normalise every channel of every sample of (N, C, L), or of (C, L), by itself.

    Parameters
    ----------
    num_features : number of channels C
    eps : keeps the root away from zero
    momentum : how far running statistics move at each step
    affine : whether to scale and shift by learnt numbers
    track_running_stats : whether to keep running statistics, and to use them in evaluation
    bias : whether to shift, if affine
    dtype : float dtype of parameters and buffers; `get_default_dtype()` unless given

    Source
    ------
    Ulyanov, Vedaldi & Lempitsky (2016), "Instance Normalization".
    """

    spatial = (1,)


class InstanceNorm2d(InstanceNorm):
    """Normalise every channel of every image by itself. See `InstanceNorm1d`."""

    spatial = (2,)


class InstanceNorm3d(InstanceNorm):
    """Normalise every channel of every volume by itself. See `InstanceNorm1d`."""

    spatial = (3,)
