"""Metrics of the order in which a model puts samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError

from .metric import Metric, arrays


class AUC(Metric):
    """The area under the ROC curve: how often a sample of the class scores higher than another.

    Equal scores count half. With more than two classes, each against the rest, the mean over those
    that came up. NaN if all samples are of one class. Keeps all scores.

    Output: scores (N,), (N, 1), or (N, C). Target: classes (N,).

    Source
    ------
    Fawcett (2006), "An introduction to ROC analysis"; the area is the statistic of Mann & Whitney.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.AUC()([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """

    keeps = ("scores", "classes")

    def reset(self) -> None:
        self.scores: list[np.ndarray] = []
        self.classes: list[np.ndarray] = []

    def update(self, output: Any, target: Any) -> None:
        x, y = arrays(self, output, target)
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if x.ndim > 2 or y.ndim != 1:
            raise ShapeError(f"AUC: scores {x.shape} do not go with classes {y.shape}")
        x = x.reshape(len(x), -1)
        if x.shape[1] == 2:
            x = x[:, 1:] - x[:, :1]
        self.scores.append(x.astype(np.float64))
        self.classes.append(y.astype(np.int64))

    def compute(self) -> float:
        if not self.scores:
            return float("nan")
        x, y = np.concatenate(self.scores), np.concatenate(self.classes)
        if x.shape[1] == 1:
            return _area(x[:, 0], y == 1)
        return float(np.mean([_area(x[:, c], y == c) for c in np.unique(y)]))


def _area(scores: np.ndarray, positive: np.ndarray) -> float:
    p = int(positive.sum())
    n = len(positive) - p
    if not p or not n or np.isnan(scores).any():
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # from 1; equal scores share theirs
    return float((ranks[positive].sum() - p * (p + 1) / 2) / (p * n))
