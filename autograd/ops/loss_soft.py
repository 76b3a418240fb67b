"""Cross entropy where more than one class is right: probabilities, and smoothed labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .index import getitem
from .loss_targets import element_of
from .reduce import mean, sum
from .shape import reshape
from .softmax import log_softmax


def soft_loss(x: Any, goal: Any, weight: Any, smoothing: float, axis: int) -> Any:
    """The cross entropy of a probability for every class."""
    if smoothing:
        goal = goal * (1 - smoothing) + smoothing / x.shape[axis]
    if weight is not None:
        goal = goal * _along(weight, axis, x.ndim)
    return -sum(goal * log_softmax(x, axis=axis), axis=axis)


def smoothed_loss(
    x: Any, classes: np.ndarray, weight: Any, scale: Any, smoothing: float, axis: int
) -> Any:
    """The cross entropy where a class has the probability 1 - smoothing, and all share the rest.

    scale : the weights of the classes
    """
    shares = log_softmax(x, axis=axis)
    every = shares if weight is None else shares * _along(weight, axis, x.ndim)
    loss = mean(every, axis=axis) * -smoothing
    if smoothing < 1:
        right = getitem(shares, index=element_of(classes, axis)) * (1 - smoothing)
        loss = loss - (right if scale is None else right * scale)
    return loss


def _along(weight: Any, axis: int, ndim: int) -> Any:
    """A weight for each class, shaped to broadcast along the axis of classes."""
    return reshape(weight, shape=[-1 if k == axis else 1 for k in range(ndim)])
