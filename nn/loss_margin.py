"""Losses that ask for a margin, those that train embeddings, and the distances they use."""

from __future__ import annotations

from typing import Any

from . import functional
from .loss import Loss
from .module import Module

# Two classes, called 1 and -1


class HingeLoss(Loss):
    """`functional.hinge_loss`: max(0, 1 - target * input)."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.hinge_loss(input, target, self.reduction)


class ExponentialLoss(Loss):
    """`functional.exponential_loss`: exp(-target * input), what AdaBoost minimises."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.exponential_loss(input, target, self.reduction)


class SoftMarginLoss(Loss):
    """`functional.soft_margin_loss`: log(1 + exp(-target * input))."""

    def forward(self, input: Any, target: Any) -> Any:
        return functional.soft_margin_loss(input, target, self.reduction)


class HingeEmbeddingLoss(Loss):
    """`functional.hinge_embedding_loss`: distances should be small for 1, beyond margin for -1.

    Parameters
    ----------
    margin : float
    reduction : "mean", "sum" or "none"
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean"):
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return functional.hinge_embedding_loss(input, target, self.margin, self.reduction)


# Pairs and triples


class MarginRankingLoss(Loss):
    """`functional.margin_ranking_loss`: which of two scores should be the greater one.

    Parameters
    ----------
    margin : how much greater it should be
    reduction : "mean", "sum" or "none"
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return functional.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


class CosineEmbeddingLoss(Loss):
    """`functional.cosine_embedding_loss`: vectors should point the same way, or not.

    Parameters
    ----------
    margin : how similar vectors that do not belong together may be
    reduction : "mean", "sum" or "none"
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return functional.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


class TripletMarginLoss(Loss):
    """`functional.triplet_margin_loss`: the anchor should be nearer to one than to the other.

    Parameters
    ----------
    margin : how much farther away the negative should be
    p, eps : as for `functional.pairwise_distance`
    swap : whether to take the positive as the anchor where it is nearer to the negative
    reduction : "mean", "sum" or "none"
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        reduction: str = "mean",
    ):  # fmt: skip
        super().__init__(reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return functional.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )


# Distances


class CosineSimilarity(Module):
    """`functional.cosine_similarity`: the cosine of the angle between the vectors along `dim`."""

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """`functional.pairwise_distance`: the p-norm of x1 - x2 + eps over the last axis."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
