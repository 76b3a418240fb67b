"""Layers that compare their input with rows of weights."""

from __future__ import annotations

import math
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional, init
from .functional.linear import KERNELS
from .functional.shapes import shape_of
from .lazy import Lazy
from .misfit import misfit
from .module import Module
from .parameter import new_parameter
from .settings import count


def reset_uniform(weight: Tensor, bias: Tensor | None, fan_in: int, rng: Rng) -> None:
    """PyTorch's default: weight and bias uniform between +-1 / sqrt(fan_in)."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    for parameter in (weight, bias):
        if parameter is not None:
            init.uniform_(parameter, -bound, bound, rng=rng)


class Dense(Module):
    """What layers with a row of weights for every output share: see `Linear`."""

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_features: int, out_features: int, bias: bool, *, rows: int = 1, dtype: Any,
        rng: Rng,
    ):  # fmt: skip
        """rows : how many rows of weights each output has."""
        super().__init__()
        self.in_features = count(self, "in_features", in_features, 0)
        self.out_features = count(self, "out_features", out_features, 0)
        rows *= out_features
        self.weight = new_parameter(rows, in_features, dtype=dtype)
        self.register_parameter("bias", new_parameter(rows, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        reset_uniform(self.weight, self.bias, self.in_features, rng)

    def _check(self, x: Any) -> None:
        if shape_of(x)[-1:] != (self.in_features,):
            raise self._misfit(x)

    def _misfit(self, x: Any) -> Exception:
        shape, arrays = shape_of(x), {"x": x, "weight": self.weight}
        sizes = f"{self.in_features} -> {self.out_features}"
        if not shape:
            return misfit(self, sizes, f"x is 0-d, expected {self.in_features} features", arrays)
        fact = f"x has {shape[-1]} features, expected {self.in_features}"
        flat = len(shape) > 2 and math.prod(shape[1:]) == self.in_features
        return misfit(self, sizes, fact, arrays, "nn.Flatten() first" if flat else None)

    def extra_repr(self) -> str:
        has_bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={has_bias}"


class Linear(Dense):
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

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(in_features, out_features, bias, dtype=dtype, rng=rng)

    def forward(self, input: Any) -> Any:
        if shape_of(input)[-1:] != (self.in_features,):
            raise self._misfit(input)
        return functional.linear(input, self.weight, self.bias)


class LazyLinear(Lazy, Linear):
    """A Linear that learns `in_features` from its first input, and is a Linear from then on.

    Parameters
    ----------
    out_features, bias, dtype, rng : as for `Linear`

    Examples
    --------
    >>> import nn
    >>> layer = nn.LazyLinear(2)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    becomes = Linear
    size_name = "in_features"

    def __init__(self, out_features: int, bias: bool = True, *, dtype: Any = None, rng: Rng = None):
        Linear.__init__(self, 0, out_features, bias, dtype=dtype, rng=rng)

    def shapes(self, size: int) -> dict[str, tuple[int, ...]]:
        """The weight's depends on in_features."""
        return {"weight": (self.out_features, size)}

    def _input_size(self, x: Any) -> int:
        shape = shape_of(x)
        if not shape:
            raise misfit(self, f"? -> {self.out_features}", "x is 0-d, so it has no features", {})
        return shape[-1]

    def _saved_size(self, shape: tuple[int, ...]) -> int:
        return shape[1]


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
        self.in1_features = count(self, "in1_features", in1_features, 0)
        self.in2_features = count(self, "in2_features", in2_features, 0)
        self.out_features = count(self, "out_features", out_features, 0)
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


class Maxout(Dense):
    """The largest of k linear functions, for every output: a nonlinearity that is learnt.

    Parameters
    ----------
    in_features, out_features : sizes of the last axis of input and output
    k : number of linear functions for each output
    bias : bool
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (out_features * k, in_features), uniform between +-1 / sqrt(in_features)
        Rows k*o ... k*o + k-1 belong to output o.
    bias : (out_features * k,) likewise; None without bias

    Source
    ------
    Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013), "Maxout Networks".

    Examples
    --------
    >>> import nn
    >>> layer = nn.Maxout(1, 1, k=2, bias=False)
    >>> layer.weight.data = [[1.0], [-1.0]]  # the absolute value
    >>> layer(np.array([[-3.0], [2.0]])).tolist()
    [[3.0], [2.0]]
    """

    def __init__(
        self, in_features: int, out_features: int, k: int = 2, bias: bool = True, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        self.k = count(self, "k", k)
        super().__init__(in_features, out_features, bias, rows=k, dtype=dtype, rng=rng)

    def forward(self, input: Any) -> Any:
        self._check(input)
        return functional.maxout(functional.linear(input, self.weight, self.bias), self.k)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, k={self.k}"


class RBF(Module):
    """Radial basis functions: how close x is to each of several centers.

    Follow it with a Linear for an RBF network.

    Parameters
    ----------
    in_features : size of the last axis of the input
    out_features : number of centers
    kernel : what becomes of q, the squared distance over the squared width
        "gaussian" exp(-q / 2), "multiquadric" sqrt(1 + q), "inverse_multiquadric" 1 / sqrt(1 + q),
        "squared" q
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    centers : (out_features, in_features), standard normal. Samples of the data are often better.
    log_width : (out_features,), the logarithms of the widths, 0 at first

    Source
    ------
    Broomhead & Lowe (1988), "Multivariable Functional Interpolation and Adaptive Networks"; the
    squared distance is the output layer of LeCun et al. (1998), "Gradient-Based Learning Applied
    to Document Recognition".
    """

    centers: Tensor
    log_width: Tensor

    def __init__(
        self, in_features: int, out_features: int, kernel: str = "gaussian", *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if kernel not in KERNELS:
            raise ArgumentError(f"RBF: no kernel {kernel!r}; there is {', '.join(KERNELS)}")
        self.in_features = count(self, "in_features", in_features)
        self.out_features = count(self, "out_features", out_features)
        self.kernel = kernel
        self.centers = new_parameter(out_features, in_features, dtype=dtype)
        self.log_width = new_parameter(out_features, dtype=dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new centers; set all widths to 1."""
        init.normal_(self.centers, rng=rng)
        init.zeros_(self.log_width)

    def forward(self, input: Any) -> Any:
        if shape_of(input)[-1:] != (self.in_features,):
            fact = f"x has shape {shape_of(input)}, expected {self.in_features} features"
            sizes = f"{self.in_features} -> {self.out_features}"
            raise misfit(self, sizes, fact, {"x": input, "centers": self.centers})
        return functional.rbf(input, self.centers, self.log_width, self.kernel)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"kernel={self.kernel!r}"
        )
