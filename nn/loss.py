"""Losses as modules: called with predictions and targets. `nn.functional` says what they mean.

This file holds losses between numbers; `loss_classes` and `loss_margin` hold the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.dtypes import get_default_dtype
from autograd.ops.loss import check_reduction
from autograd.tensor import Tensor

from . import functional
from .module import Module


class Loss(Module):
    """A loss with a reduction: "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        check_reduction(type(self).__name__, reduction, *self.more_reductions)
        self.reduction = reduction

    more_reductions: tuple[str, ...] = ()

    def register_weight(self, name: str, weight: Any) -> None:
        if weight is not None and not isinstance(weight, (Tensor, np.ndarray)):
            weight = np.asarray(weight, get_default_dtype())
        self.register_buffer(name, weight)


# Differences


class MSELoss(Loss):
    """`functional.mse_loss`: the squared difference."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.mse_loss(input, target, self.reduction)


class L1Loss(Loss):
    """`functional.l1_loss`: the absolute difference."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Loss):
    """`functional.smooth_l1_loss`: the absolute difference, rounded off below beta.

    Parameters
    ----------
    reduction : "mean", "sum" or "none"
    beta : float >= 0
        Differences below it count quadratically.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return functional.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Loss):
    """`functional.huber_loss`: half the squared difference, and its tangents beyond delta.

    Parameters
    ----------
    reduction : "mean", "sum" or "none"
    delta : float > 0
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return functional.huber_loss(input, target, self.reduction, self.delta)


class LogCoshLoss(Loss):
    """`functional.log_cosh_loss`: a square near 0 that becomes an absolute value far away."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.log_cosh_loss(input, target, self.reduction)


class MSLELoss(Loss):
    """`functional.msle_loss`: the squared difference of log(1 + x), for counts."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.msle_loss(input, target, self.reduction)


class RMSELoss(Loss):
    """`functional.rmse_loss`: the root of the mean squared difference."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.rmse_loss(input, target, self.reduction)


# Likelihoods


class BCELoss(Loss):
    """`functional.binary_cross_entropy`: probabilities against 0 or 1.

    Parameters
    ----------
    weight : array that broadcasts, optional
        Weight of each loss.
    reduction : "mean", "sum" or "none"
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, reduction: str = "mean"):
        super().__init__(reduction)
        self.register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(Loss):
    """`functional.binary_cross_entropy_with_logits`: scores against 0 or 1.

    Parameters
    ----------
    weight : array that broadcasts, optional
        Weight of each loss.
    reduction : "mean", "sum" or "none"
    pos_weight : array that broadcasts, optional
        How much more a positive target counts.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None):
        super().__init__(reduction)
        self.register_weight("weight", weight)
        self.register_weight("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


class KLDivLoss(Loss):
    """`functional.kl_div`: log probabilities against probabilities.

    Parameters
    ----------
    reduction : "mean", "batchmean", "sum" or "none"
        "batchmean" is the divergence of the textbooks.
    log_target : bool
        Whether the targets are log probabilities too.
    """

    more_reductions = ("batchmean",)

    def __init__(self, reduction: str = "mean", log_target: bool = False):
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return functional.kl_div(input, target, self.reduction, self.log_target)


class PoissonNLLLoss(Loss):
    """`functional.poisson_nll_loss`: expected counts against counts.

    Parameters
    ----------
    log_input : bool
        Whether the input holds logarithms of expected counts.
    full : bool
        Whether to add Stirling's approximation of log(target!).
    eps : float
        Keeps log(input) away from -inf if log_input is False.
    reduction : "mean", "sum" or "none"
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, eps: float = 1e-8,
        reduction: str = "mean",
    ):  # fmt: skip
        super().__init__(reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        return functional.poisson_nll_loss(
            log_input, target, self.log_input, self.full, self.eps, self.reduction
        )


class GaussianNLLLoss(Loss):
    """`functional.gaussian_nll_loss`: means and variances against measurements.

    Parameters
    ----------
    full : bool
        Whether to add log(2 pi) / 2.
    eps : float
        Variances below it count as eps.
    reduction : "mean", "sum" or "none"
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
        super().__init__(reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        return functional.gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
