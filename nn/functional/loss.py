"""Losses and distances. Most have PyTorch's names and arguments as ops already."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cosine_embedding_loss,
    cross_entropy,
    ctc_loss,
    exponential_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    log_cosh_loss,
    margin_ranking_loss,
    mse_loss,
    msle_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    nll_loss,
    poisson_nll_loss,
    rmse_loss,
    smooth_l1_loss,
    soft_margin_loss,
    temporal_cross_entropy,
    triplet_margin_loss,
)

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "ctc_loss", "exponential_loss", "gaussian_nll_loss",
    "hinge_embedding_loss", "hinge_loss", "huber_loss", "kl_div", "l1_loss", "log_cosh_loss",
    "margin_ranking_loss", "mse_loss", "msle_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "nll_loss", "pairwise_distance", "poisson_nll_loss", "rmse_loss",
    "smooth_l1_loss", "soft_margin_loss", "temporal_cross_entropy", "triplet_margin_loss",
]  # fmt: skip


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between the vectors along `dim`; the other axes broadcast.

    Parameters
    ----------
    eps : lengths below it count as eps
    """
    return ag.cosine_similarity(x1, x2, axis=dim, eps=eps)


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """The p-norm of x1 - x2 + eps over the last axis; the other axes broadcast."""
    return ag.pairwise_distance(x1, x2, p, eps, keepdim)
