"""Nonlinearities with PyTorch's argument names. `inplace` is accepted: results are always new."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.errors import ArgumentError


def sigmoid(input: Any) -> Any:
    """1 / (1 + exp(-input))."""
    return ag.sigmoid(input)


def tanh(input: Any) -> Any:
    """Hyperbolic tangent."""
    return ag.tanh(input)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(input, 0)."""
    return ag.relu(input)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """input where it is positive, else negative_slope * input."""
    return ag.leaky_relu(input, negative_slope=negative_slope)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """input where it is positive, else alpha * (exp(input) - 1)."""
    return ag.elu(input, alpha=alpha)


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


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + exp(beta * input)) / beta.

    Parameters
    ----------
    threshold : where beta * input exceeds it, the result is input itself
    """
    return ag.softplus(input, beta=beta, threshold=threshold)


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


def _given(name: str, dim: int | None) -> int:
    if dim is None:
        raise ArgumentError(f"{name}: say along which axis, as in dim=-1")
    return dim
