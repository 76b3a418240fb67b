"""Metrics of regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError

from .metric import Metric, arrays


def _differences(metric: Metric, output: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """target - output and target, in double precision, as (samples, numbers in each)."""
    x, y = arrays(metric, output, target)
    if x.size != y.size or (x.shape != y.shape and {x.shape[1:], y.shape[1:]} != {(), (1,)}):
        raise ShapeError(f"{type(metric).__name__}: output {x.shape}, but target {y.shape}")
    y = y.reshape(len(y), -1).astype(np.float64)
    return y - x.reshape(y.shape), y


class MeanSquaredError(Metric):
    """The mean of (target - output)**2 over all numbers.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.MeanSquaredError()([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    keeps = ("total", "count")

    def __init__(self) -> None:
        super().__init__()
        self.name = "mse"

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        d, _ = _differences(self, output, target)
        self.total += float((d * d).sum())
        self.count += d.size

    def compute(self) -> float:
        return self.total / self.count if self.count else float("nan")


class MeanAbsoluteError(Metric):
    """The mean of |target - output| over all numbers.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.MeanAbsoluteError()([1.0, 2.0], [1.0, 4.0])
    1.0
    """

    keeps = ("total", "count")

    def __init__(self) -> None:
        super().__init__()
        self.name = "mae"

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        d, _ = _differences(self, output, target)
        self.total += float(np.abs(d).sum())
        self.count += d.size

    def compute(self) -> float:
        return self.total / self.count if self.count else float("nan")


class R2(Metric):
    """The coefficient of determination: 1 - sum (target - output)**2 / sum (target - mean)**2.

    1 is perfect, 0 no better than the mean. With several numbers in a sample, the mean of theirs.
    A target that never changes counts 1 if it was met, else 0.

    Source
    ------
    The sums over batches are put together as in Chan, Golub & LeVeque (1983), "Algorithms for
    computing the sample variance".

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.R2()([3.0, -0.5, 2.0, 7.0], [3.0, -0.5, 2.0, 7.0])
    1.0
    """

    keeps = ("count", "mean", "spread", "error")

    def reset(self) -> None:
        self.count = 0
        self.mean: Any = 0.0  # of the targets
        self.spread: Any = 0.0  # sum of (target - mean)**2
        self.error: Any = 0.0  # sum of (target - output)**2

    def update(self, output: Any, target: Any) -> None:
        d, y = _differences(self, output, target)
        n = len(y)
        if not n:
            return
        mean, total = y.mean(axis=0), self.count + n
        shift = mean - self.mean
        self.spread = (
            self.spread + ((y - mean) ** 2).sum(axis=0) + shift**2 * self.count * n / total
        )
        self.mean = self.mean + shift * n / total
        self.error = self.error + (d * d).sum(axis=0)
        self.count = total

    def compute(self) -> float:
        if not self.count:
            return float("nan")
        varies = self.spread > 0
        share = np.divide(self.error, self.spread, out=np.zeros_like(self.error), where=varies)
        return float(np.where(varies, 1 - share, self.error == 0).mean())
