"""Losses of scores or log probabilities against classes, and against sequences of them."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor

from . import functional
from .loss import Loss


class CrossEntropyLoss(Loss):
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
        self.register_weight("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return functional.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(Loss):
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
        self.register_weight("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MultiMarginLoss(Loss):
    """`functional.multi_margin_loss`: the right class should win by a margin.

    Parameters
    ----------
    p : 1 or 2
    margin : float
    weight : array (C,), optional
        Weight of each class.
    reduction : "mean", "sum" or "none"
    """

    weight: Tensor | None

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
    ):
        super().__init__(reduction)
        self.p = p
        self.margin = margin
        self.register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """`functional.multilabel_margin_loss`: each right class should beat each wrong one by 1."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multilabel_margin_loss(input, target, self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    """`functional.multilabel_soft_margin_loss`: a yes or no for every class.

    Parameters
    ----------
    weight : array (C,), optional
        Weight of each class.
    reduction : "mean", "sum" or "none"
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, reduction: str = "mean"):
        super().__init__(reduction)
        self.register_weight("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        return functional.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)


# Sequences


class TemporalCrossEntropy(Loss):
    """`functional.temporal_cross_entropy`: a class for every step, without those masked out.

    Examples
    --------
    >>> import nn
    >>> loss = nn.TemporalCrossEntropy()
    >>> scores = Tensor([[[0.0, 0.0]] * 3])
    >>> loss(scores, [[0, 1, 1]], mask=[[True, True, False]])  # 2 steps of log(2)
    Tensor(1.3862944)
    """

    def forward(self, input: Any, target: Any, mask: Any = None) -> Any:
        return functional.temporal_cross_entropy(input, target, mask, self.reduction)


class CTCLoss(Loss):
    """`functional.ctc_loss`: log probabilities over time against labels without a timing.

    Parameters
    ----------
    blank : the class that stands for no label
    reduction : "mean", "sum" or "none"
    zero_infinity : bool
        Whether samples with too few times for their labels count 0 instead of inf.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
        super().__init__(reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
            self.zero_infinity,
        )  # fmt: skip
