"""Smooth nonlinearities, and those along an axis, with PyTorch's argument names.

`inplace` is accepted: results are always new.
"""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.errors import ArgumentError

# Exponential tails


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """input where it is positive, else alpha * (exp(input) - 1)."""
    return ag.elu(input, alpha=alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """An elu whose scale and alpha keep mean 0 and variance 1 from layer to layer.

    Source
    ------
    Klambauer, Unterthiner, Mayr & Hochreiter (2017), "Self-Normalizing Neural Networks".
    """
    return ag.selu(input)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """input where it is positive, else alpha * (exp(input / alpha) - 1)."""
    return ag.celu(input, alpha=alpha)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * input)) / beta.

    Parameters
    ----------
    threshold : where beta * input exceeds it, the result is input itself
    """
    return ag.softplus(input, beta=beta, threshold=threshold)


# Smooth gates: input times something between 0 and 1


def gelu(input: Any, approximate: str = "none") -> Any:
    """input times the probability that a standard normal variable is less than input.

    Parameters
    ----------
    approximate : "none", or "tanh" for the approximation of the paper
    """
    return ag.gelu(input, approximate=approximate)


def silu(input: Any, inplace: bool = False) -> Any:
    """input * sigmoid(input)."""
    return ag.silu(input)


def mish(input: Any, inplace: bool = False) -> Any:
    """input * tanh(softplus(input)).

    Source
    ------
    Misra (2020), "Mish: A Self Regularized Non-Monotonic Activation Function".
    """
    return ag.mish(input)


# Curves


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-input))."""
    return ag.sigmoid(input)


def logsigmoid(input: Any) -> Any:
    """The logarithm of `sigmoid`, right where that underflows."""
    return ag.log_sigmoid(input)


def tanh(input: Any) -> Any:
    """Hyperbolic tangent."""
    return ag.tanh(input)


def tanhshrink(input: Any) -> Any:
    """input - tanh(input)."""
    return ag.tanhshrink(input)


def softsign(input: Any) -> Any:
    """input / (1 + abs(input))."""
    return ag.softsign(input)


# Along an axis


def softmax(input: Any, dim: int | None = None) -> Any:
    """exp(input), scaled so that it sums to 1 along `dim`.

    Raises
    ------
    ArgumentError
        If `dim` is not given: guessing it has been a source of errors.
    """
    return ag.softmax(input, axis=_given("softmax", dim))


def log_softmax(input: Any, dim: int | None = None) -> Any:
    """The logarithm of `softmax`, right where the softmax underflows."""
    return ag.log_softmax(input, axis=_given("log_softmax", dim))


def softmin(input: Any, dim: int | None = None) -> Any:
    """`softmax` of -input."""
    return ag.softmin(input, axis=_given("softmin", dim))


def _given(name: str, dim: int | None) -> int:
    if dim is None:
        raise ArgumentError(f"{name}: say along which axis, as in dim=-1")
    return dim


def glu(input: Any, dim: int = -1) -> Any:
    """The first half of input along `dim`, times the sigmoid of the second half.

    Source
    ------
    Dauphin, Fan, Auli & Grangier (2017), "Language Modeling with Gated Convolutional Networks".
    """
    return ag.glu(input, axis=dim)
