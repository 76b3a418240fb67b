"""Nonlinearities as modules: smooth ones, and those along an axis."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError

from . import functional
from .misfit import misfit
from .module import Module
from .settings import number


class Activation(Module):
    """A function without parameters. `inplace` is for PyTorch's sake: results are always new."""

    _shown: ClassVar[tuple[str, ...]] = ()  # the settings that repr tells
    inplace: bool = False

    def _check_settings(self) -> None:
        """Let the function itself say, while the module is made, whether it takes the settings."""
        try:
            self.forward(np.zeros(0))
        except ArgumentError as error:
            fact = str(error).splitlines()[0].partition(": ")[2]
            raise ArgumentError(f"{type(self).__name__}: {fact}") from None

    def extra_repr(self) -> str:
        settings = [f"{name}={getattr(self, name)!r}" for name in self._shown]
        return ", ".join([*settings, "inplace=True"] if self.inplace else settings)


class InPlace(Activation):
    """One whose only setting is `inplace`."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


# Exponential tails


class ELU(Activation):
    """x where it is positive, else alpha * (exp(x) - 1); alpha must not be negative."""

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = number(self, "alpha", alpha)
        self.inplace = inplace
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.elu(input, self.alpha)


class SELU(InPlace):
    """An ELU whose scale and alpha keep mean 0 and variance 1. See `functional.selu`."""

    def forward(self, input: Any) -> Any:
        return functional.selu(input)


class CELU(Activation):
    """x where it is positive, else alpha * (exp(x / alpha) - 1); alpha must not be 0."""

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = number(self, "alpha", alpha)
        self.inplace = inplace
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.celu(input, self.alpha)


class Softplus(Activation):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x exceeds the threshold."""

    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = number(self, "beta", beta)
        self.threshold = number(self, "threshold", threshold)
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.softplus(input, self.beta, self.threshold)


# Smooth gates: x times something between 0 and 1


class GELU(Activation):
    """x times the probability that a standard normal variable is less than x.

    Parameters
    ----------
    approximate : "none", or "tanh" for the approximation of the paper
    """

    _shown = ("approximate",)

    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.gelu(input, self.approximate)


class SiLU(InPlace):
    """x * sigmoid(x), also called swish."""

    def forward(self, input: Any) -> Any:
        return functional.silu(input)


class Mish(InPlace):
    """x * tanh(softplus(x)). See `functional.mish`."""

    def forward(self, input: Any) -> Any:
        return functional.mish(input)


# Curves


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    def forward(self, input: Any) -> Any:
        return functional.sigmoid(input)


class LogSigmoid(Activation):
    """The logarithm of Sigmoid, right where that underflows."""

    def forward(self, input: Any) -> Any:
        return functional.logsigmoid(input)


class Tanh(Activation):
    """Hyperbolic tangent."""

    def forward(self, input: Any) -> Any:
        return functional.tanh(input)


class Tanhshrink(Activation):
    """x - tanh(x)."""

    def forward(self, input: Any) -> Any:
        return functional.tanhshrink(input)


class Softsign(Activation):
    """x / (1 + abs(x))."""

    def forward(self, input: Any) -> Any:
        return functional.softsign(input)


# Along an axis


class _AlongAxis(Activation):
    """One that needs to know the axis."""

    _shown = ("dim",)

    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim


class Softmax(_AlongAxis):
    """exp(x), scaled so that it sums to 1 along `dim`. A loss on scores wants CrossEntropyLoss."""

    def forward(self, input: Any) -> Any:
        return functional.softmax(input, self.dim)


class LogSoftmax(_AlongAxis):
    """The logarithm of Softmax."""

    def forward(self, input: Any) -> Any:
        return functional.log_softmax(input, self.dim)


class Softmin(_AlongAxis):
    """Softmax of -x."""

    def forward(self, input: Any) -> Any:
        return functional.softmin(input, self.dim)


class Softmax2d(Activation):
    """Softmax over the channels at each place of images (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        if np.ndim(input) not in (3, 4):
            fact = f"x has {np.ndim(input)} axes, expected (N, C, H, W) or (C, H, W)"
            raise misfit(self, "", fact, {"x": input})
        return functional.softmax(input, -3)


class GLU(Activation):
    """The first half of x along `dim`, times the sigmoid of the second half."""

    _shown = ("dim",)

    def __init__(self, dim: int = -1):
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return functional.glu(input, self.dim)
