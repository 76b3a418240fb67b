"""Layers that normalise each sample by itself, over features or groups of channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.errors import ArgumentError

from . import functional
from .functional.shapes import shape_of
from .misfit import misfit
from .module import Module
from .normalisation import Affine
from .settings import count, number


class _LastAxes(Affine):
    """What LayerNorm and RMSNorm share."""

    def _set(self, normalized_shape: Any, eps: Any, affine: bool) -> None:
        several = isinstance(normalized_shape, Sequence)
        given = normalized_shape if several else (normalized_shape,)
        self.normalized_shape = tuple(count(self, "normalized_shape", n) for n in given)
        if not self.normalized_shape:
            raise ArgumentError(f"{type(self).__name__}: normalized_shape must not be empty")
        self.eps: Any = None if eps is None else number(self, "eps", eps, 0)
        self.elementwise_affine = affine

    def _check(self, x: Any) -> None:
        shape = shape_of(x)
        if shape[len(shape) - len(self.normalized_shape) :] != self.normalized_shape:
            sizes = ", ".join(map(str, self.normalized_shape))
            fact = f"x of shape {shape} does not end in {self.normalized_shape}"
            raise misfit(self, sizes, fact, {"x": x})

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class LayerNorm(_LastAxes):
    """Normalise every sample over its last axes.

    Parameters
    ----------
    normalized_shape : sizes of the last axes; an int for one
    eps : keeps the root away from zero
    elementwise_affine : whether to scale and shift by learnt numbers
    bias : whether to shift, if affine
    dtype : float dtype of the parameters; `get_default_dtype()` unless given

    Attributes
    ----------
    weight, bias : of shape normalized_shape, 1 and 0 at first; None without

    Source
    ------
    Ba, Kiros & Hinton (2016), "Layer Normalization".

    Examples
    --------
    >>> import nn
    >>> nn.LayerNorm(2)(np.array([[1.0, 3.0]])).round(3).tolist()
    [[-1.0, 1.0]]
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5,
        elementwise_affine: bool = True, bias: bool = True, *, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self._set(normalized_shape, eps, elementwise_affine)
        shift = elementwise_affine and bias
        self._add_affine(elementwise_affine, shift, *self.normalized_shape, dtype=dtype)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class RMSNorm(_LastAxes):
    """Divide every sample by the root of its mean square over the last axes.

    Parameters
    ----------
    normalized_shape : sizes of the last axes; an int for one
    eps : unless given, the distance from 1 to the next number of the input's dtype
    elementwise_affine : whether to scale by learnt numbers
    dtype : float dtype of the parameters; `get_default_dtype()` unless given

    Source
    ------
    Zhang & Sennrich (2019), "Root Mean Square Layer Normalization".
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None,
        elementwise_affine: bool = True, *, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self._set(normalized_shape, eps, elementwise_affine)
        self._add_affine(elementwise_affine, False, *self.normalized_shape, dtype=dtype)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Affine):
    """Normalise every sample over groups of its channels: x is (N, C, ...).

    Parameters
    ----------
    num_groups : divides num_channels
    num_channels : C
    eps : keeps the root away from zero
    affine : whether to scale and shift by learnt numbers, one of each for every channel
    bias : whether to shift, if affine
    dtype : float dtype of the parameters; `get_default_dtype()` unless given

    Source
    ------
    Wu & He (2018), "Group Normalization".
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *,
        bias: bool = True, dtype: Any = None,
    ):  # fmt: skip
        super().__init__()
        self.num_groups = count(self, "num_groups", num_groups)
        self.num_channels = count(self, "num_channels", num_channels)
        if num_channels % num_groups:
            raise ArgumentError(
                f"GroupNorm: {num_groups} groups do not divide {num_channels} channels"
            )
        self.eps = number(self, "eps", eps, 0)
        self.affine = affine
        self._add_affine(affine, affine and bias, num_channels, dtype=dtype)

    def forward(self, input: Any) -> Any:
        if shape_of(input)[1:2] != (self.num_channels,):
            fact = f"x has shape {shape_of(input)}, expected (N, {self.num_channels}, ...)"
            raise misfit(self, f"{self.num_groups}, {self.num_channels}", fact, {"x": input})
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divide by a power of the mean square of neighbouring channels: x is (N, C, ...).

    Parameters
    ----------
    size : how many neighbours
    alpha, beta, k : x / (k + alpha * mean square) ** beta

    Source
    ------
    Krizhevsky, Sutskever & Hinton (2012), "ImageNet Classification with Deep CNNs".
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        super().__init__()
        self.size = count(self, "size", size)
        self.alpha = number(self, "alpha", alpha)
        self.beta = number(self, "beta", beta)
        self.k = number(self, "k", k)

    def forward(self, input: Any) -> Any:
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
