"""Nonlinearities with kinks as modules. At a kink each takes the subgradient of its function."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.dtypes import get_default_dtype
from autograd.random import Rng, generator
from autograd.tensor import Tensor

from . import functional
from .activation import Activation, InPlace
from .module import Module
from .parameter import Parameter
from .settings import count, number

# The relu family


class ReLU(InPlace):
    """max(x, 0). `inplace` is accepted for PyTorch's sake: results are always new."""

    def forward(self, input: Any) -> Any:
        return functional.relu(input)


class ReLU6(InPlace):
    """x between 0 and 6."""

    min_val, max_val = 0.0, 6.0

    def forward(self, input: Any) -> Any:
        return functional.relu6(input)


class LeakyReLU(Activation):
    """x where it is positive, else negative_slope * x."""

    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope = number(self, "negative_slope", negative_slope)
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.leaky_relu(input, self.negative_slope)


class PReLU(Module):
    """x where it is positive, else x times a slope that is learnt.

    Parameters
    ----------
    num_parameters : 1, or the number of channels (axis 1 of the input): a slope for each
    init : first value of the slopes
    dtype : float dtype of the slopes; `get_default_dtype()` unless given

    Attributes
    ----------
    weight : (num_parameters,)

    Source
    ------
    He, Zhang, Ren & Sun (2015), "Delving Deep into Rectifiers".
    """

    weight: Tensor

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = None):
        super().__init__()
        self.num_parameters = count(self, "num_parameters", num_parameters)
        self.init = number(self, "init", init)
        self.weight = Parameter(np.full(num_parameters, init, dtype or get_default_dtype()))

    def forward(self, input: Any) -> Any:
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Activation):
    """x where it is positive, else x times a slope: a random one for each element in training.

    In evaluation all slopes are (lower + upper) / 2.

    Parameters
    ----------
    lower, upper : the slopes are uniform between these
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.

    Source
    ------
    Xu, Wang, Chen & Li (2015), "Empirical Evaluation of Rectified Activations".
    """

    _shown = ("lower", "upper")

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Rng = None
    ):
        super().__init__()
        self.lower = number(self, "lower", lower)
        self.upper = number(self, "upper", upper)
        self.inplace = inplace
        self.rng = None if rng is None else generator(rng)
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.rrelu(input, self.lower, self.upper, self.training, rng=self.rng)


# Between bounds


class Hardtanh(Activation):
    """x between min_val and max_val."""

    _shown = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__()
        self.min_val = number(self, "min_val", min_val)
        self.max_val = number(self, "max_val", max_val)
        self.inplace = inplace
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.hardtanh(input, self.min_val, self.max_val)


class Hardsigmoid(InPlace):
    """x / 6 + 1/2 between 0 and 1."""

    def forward(self, input: Any) -> Any:
        return functional.hardsigmoid(input)


class Hardswish(InPlace):
    """x * hardsigmoid(x). See `functional.hardswish`."""

    def forward(self, input: Any) -> Any:
        return functional.hardswish(input)


# Shrinking and steps


class Hardshrink(Activation):
    """0 between -lambd and lambd, else x."""

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = number(self, "lambd", lambd)

    def forward(self, input: Any) -> Any:
        return functional.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Activation):
    """x moved towards 0 by lambd, and 0 within that distance; lambd must not be negative."""

    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = number(self, "lambd", lambd)
        self._check_settings()

    def forward(self, input: Any) -> Any:
        return functional.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Threshold(Activation):
    """x where it exceeds the threshold, else value."""

    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__()
        self.threshold = number(self, "threshold", threshold)
        self.value = number(self, "value", value)
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return functional.threshold(input, self.threshold, self.value)


class Step(Activation):
    """1 where x is positive, 0 where it is negative: the unit that either fires or does not.

    Its gradient is zero everywhere, so nothing below it learns.

    Parameters
    ----------
    at_zero : the value at 0; the threshold belongs to the units that fire

    Source
    ------
    McCulloch & Pitts (1943), "A Logical Calculus of the Ideas Immanent in Nervous Activity".
    """

    _shown = ("at_zero",)

    def __init__(self, at_zero: float = 1.0):
        super().__init__()
        self.at_zero = number(self, "at_zero", at_zero)

    def forward(self, input: Any) -> Any:
        return functional.step(input, self.at_zero)
