"""Layers that multiply by a matrix."""

from __future__ import annotations

import math
from typing import Any

from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional, init
from .functional.shapes import shape_of
from .misfit import misfit
from .module import Module
from .parameter import new_parameter


def reset_uniform(weight: Tensor, bias: Tensor | None, fan_in: int, rng: Rng) -> None:
    """PyTorch's default: weight and bias uniform between +-1 / sqrt(fan_in)."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    for parameter in (weight, bias):
        if parameter is not None:
            init.uniform_(parameter, -bound, bound, rng=rng)


class Linear(Module):
    """x @ weight.T + bias.

    Parameters
    ----------
    in_features, out_features : sizes of the last axis of input and output
    bias : bool
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (out_features, in_features), uniform between +-1 / sqrt(in_features)
    bias : (out_features,) likewise; None without bias

    Examples
    --------
    >>> import nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = new_parameter(out_features, in_features, dtype=dtype)
        self.register_parameter("bias", new_parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        reset_uniform(self.weight, self.bias, self.in_features, rng)

    def forward(self, input: Any) -> Any:
        shape = shape_of(input)
        if not shape or shape[-1] != self.in_features:
            raise self._misfit(input, shape)
        return functional.linear(input, self.weight, self.bias)

    def _misfit(self, x: Any, shape: tuple[int, ...]) -> Exception:
        sizes, arrays = (
            f"{self.in_features} -> {self.out_features}",
            {"x": x, "weight": self.weight},
        )
        if not shape:
            return misfit(self, sizes, f"x is 0-d, expected {self.in_features} features", arrays)
        fact = f"x has {shape[-1]} features, expected {self.in_features}"
        flat = len(shape) > 2 and math.prod(shape[1:]) == self.in_features
        hint = "nn.Flatten() first" if flat else None
        return misfit(self, sizes, fact, arrays, hint)

    def extra_repr(self) -> str:
        has_bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={has_bias}"


class Bilinear(Module):
    """sum over i, j of x1[i] * weight[o, i, j] * x2[j], plus bias[o].

    Attributes
    ----------
    weight : (out_features, in1_features, in2_features), uniform between +-1 / sqrt(in1_features)
    bias : (out_features,) likewise; None without bias
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = new_parameter(out_features, in1_features, in2_features, dtype=dtype)
        self.register_parameter("bias", new_parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        reset_uniform(self.weight, self.bias, self.in1_features, rng)

    def forward(self, input1: Any, input2: Any) -> Any:
        for x, size in ((input1, self.in1_features), (input2, self.in2_features)):
            if shape_of(x)[-1:] != (size,):
                sizes = f"{self.in1_features}, {self.in2_features} -> {self.out_features}"
                which = "input1" if x is input1 else "input2"
                fact = f"{which} has shape {shape_of(x)}, expected {size} features"
                raise misfit(self, sizes, fact, {"input1": input1, "input2": input2})
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
