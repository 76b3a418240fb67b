"""Normalisation with PyTorch's argument names."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import modes
from autograd.errors import ArgumentError, DTypeError
from autograd.messages import complain
from autograd.tensor import Tensor

from .shapes import shape_of


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None,
    training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """(input - mean) / sqrt(var + eps) * weight + bias, with a number of each for every channel.

    Parameters
    ----------
    input : Tensor (N, C, ...)
    running_mean, running_var : Tensor (C,), or None
    weight, bias : Tensor (C,), optional
    training : bool
        True: normalise with the statistics of the batch, towards which the running ones, if given,
        move in place (the variance towards n / (n - 1) times the batch's). False: normalise with
        the running ones.
    momentum : float
        How far the running statistics move: 0 not at all, 1 all the way.

    Raises
    ------
    ShapeError
        If sizes do not fit, or if the batch has only one value for each channel in training.

    Source
    ------
    Ioffe & Szegedy (2015), "Batch Normalization".
    """
    if not training:
        _both_given("batch_norm", "training", running_mean, running_var)
        return ag.batch_norm(input, running_mean, running_var, weight, bias, eps)
    running, affine = (running_mean, running_var), (weight, bias)
    return _with_own_statistics(ag.batch_norm, input, running, affine, momentum, eps, 1)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """`batch_norm` with statistics of its own for every sample, over the axes behind the channels.

    Parameters
    ----------
    use_input_stats : bool
        False: normalise with the running statistics.

    Others as for `batch_norm`; running statistics move towards the averages over the batch.

    Source
    ------
    Ulyanov, Vedaldi & Lempitsky (2016), "Instance Normalization".
    """
    if not use_input_stats:
        _both_given("instance_norm", "use_input_stats", running_mean, running_var)
        return ag.instance_norm(input, running_mean, running_var, weight, bias, eps)
    running, affine = (running_mean, running_var), (weight, bias)
    return _with_own_statistics(
        ag.instance_norm, input, running, affine, momentum, eps, shape_of(input)[0]
    )


def _both_given(name: str, switch: str, mean: Any, var: Any) -> None:
    if mean is None or var is None:
        fact = f"{switch}=False needs running_mean and running_var"
        raise complain(ArgumentError, name, fact)


def _with_own_statistics(
    op: Any, input: Any, running: tuple[Any, Any], affine: tuple[Any, Any], momentum: float,
    eps: float, sets: int,
) -> Any:  # fmt: skip
    """Normalise with the input's own statistics; running ones move towards these, in place.

    sets : how many statistics there are for each channel; the running ones follow their average
    """
    if running[0] is None and running[1] is None:
        return op(input, None, None, *affine, eps)
    for tensor in running:
        if type(tensor) is not Tensor:
            fact = f"running statistics change in place, so they are Tensors, not {tensor!r:.40}"
            raise complain(DTypeError, op.__name__, fact)
    out, mean, var = op(input, None, None, *affine, eps, return_moments=True)
    if modes.state.replaying:  # a checkpoint runs again what has moved them already
        return out
    count = np.size(input) // (sets * len(mean))
    unbiased = var * (count / (count - 1))
    for tensor, new in zip(running, (mean, unbiased)):
        buffer = tensor.data
        buffer *= 1 - momentum
        buffer += momentum * new
    return out


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """(input - mean) / sqrt(var + eps) * weight + bias; mean and variance over the last axes.

    Parameters
    ----------
    input : Tensor (..., *normalized_shape)
    normalized_shape : int or tuple of ints
    weight, bias : Tensor of shape normalized_shape, optional

    Source
    ------
    Ba, Kiros & Hinton (2016), "Layer Normalization".
    """
    return ag.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """`layer_norm` of each of `num_groups` groups of channels, then weight and bias per channel.

    Parameters
    ----------
    input : Tensor (N, C, ...)
    num_groups : divides C
    weight, bias : Tensor (C,), optional

    Source
    ------
    Wu & He (2018), "Group Normalization".
    """
    return ag.group_norm(input, num_groups, weight, bias, eps)


def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Any:
    """input / sqrt(mean(input * input) + eps) * weight, with the mean over the last axes.

    Parameters
    ----------
    eps : unless given, the distance from 1 to the next number of input's dtype

    Source
    ------
    Zhang & Sennrich (2019), "Root Mean Square Layer Normalization".
    """
    return ag.rms_norm(input, normalized_shape, weight, eps)


def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Any:
    """input / (k + alpha * mean of squares over `size` neighbouring channels) ** beta.

    Source
    ------
    Krizhevsky, Sutskever & Hinton (2012), "ImageNet Classification with Deep CNNs".
    """
    return ag.local_response_norm(input, size, alpha, beta, k)


def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    """input over its p-norm along `dim` (an int or a tuple); norms below eps count as eps."""
    return ag.normalize(input, p, dim, eps)
