"""Losses as modules: called with predictions and targets. `nn.functional` says what they mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.dtypes import get_default_dtype
from autograd.tensor import Tensor

from . import functional
from .module import Module


class _Loss(Module):
    """A loss with a reduction: "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def _register_weight(self, name: str, weight: Any) -> None:
        if weight is not None and not isinstance(weight, (Tensor, np.ndarray)):
            weight = np.asarray(weight, get_default_dtype())
        self.register_buffer(name, weight)


class CrossEntropyLoss(_Loss):
    """`functional.cross_entropy`: scores against classes, or against probabilities.

    Parameters
    ----------
    weight : array (C,), optional
        Weight of each class.
    ignore_index : targets that count for nothing
    reduction : "mean", "sum" or "none"
    label_smoothing : share of the probability that is spread evenly over all classes
    """

    weight: Tensor | None

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):  # fmt: skip
        super().__init__(reduction)
        self._register_weight("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return functional.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(_Loss):
    """`functional.nll_loss`: log probabilities against classes.

    Parameters
    ----------
    weight : array (C,), optional
        Weight of each class.
    ignore_index : targets that count for nothing
    reduction : "mean", "sum" or "none"
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction)
        self._register_weight("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(_Loss):
    """`functional.mse_loss`: the squared difference."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.mse_loss(input, target, self.reduction)


class L1Loss(_Loss):
    """`functional.l1_loss`: the absolute difference."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.l1_loss(input, target, self.reduction)


class BCELoss(_Loss):
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
        self._register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Loss):
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
        self._register_weight("weight", weight)
        self._register_weight("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )
