"""Metrics of classification."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, ShapeError

from .metric import Metric, arrays


def labels(metric: Metric, output: Any, target: Any, threshold: float) -> tuple[Any, Any]:
    """Predicted and true classes, one for each sample or position."""
    x, y = arrays(metric, output, target)
    kind = type(metric).__name__
    if y.dtype.kind == "f" and y.shape == x.shape and x.ndim > 1 and x.shape[1] > 1:
        y = y.argmax(axis=1)  # probabilities of the classes
    if x.ndim == y.ndim + 1 and x.shape[1] == 1:
        x = x[:, 0]  # one number for two classes
    if x.ndim == y.ndim + 1:
        x = x.argmax(axis=1)
    elif x.shape == y.shape and x.dtype.kind == "f":
        x = (x > threshold).astype(np.int64)
    if x.shape != y.shape:
        raise ShapeError(
            f"{kind}: output {np.shape(output)} does not go with target {np.shape(target)}: it "
            "needs one more axis, of classes, at position 1, or the same shape"
        )
    classes = y.astype(np.int64)
    if x.dtype.kind not in "biu" or (y.dtype.kind == "f" and (classes != y).any()):
        raise DTypeError(f"{kind}: classes are integers, got {x.dtype} and {y.dtype}")
    return x.astype(np.int64).ravel(), classes.ravel()


class Accuracy(Metric):
    """The share of samples whose class is the right one.

    Parameters
    ----------
    threshold : of outputs that have the shape of the targets, what is above is class 1.
        0 if they are logits
    ignore_index : positions with this target do not count

    Output: scores (N, C, ...), or numbers (N, ...) for two classes, or classes (N, ...).
    Target: classes (N, ...), or probabilities of the classes (N, C, ...).

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.Accuracy()([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 0, 0])
    0.6666666666666666
    """

    keeps = ("right", "count")

    def __init__(self, threshold: float = 0.5, ignore_index: int | None = None):
        super().__init__()
        self.threshold = threshold
        self.ignore_index = ignore_index

    def reset(self) -> None:
        self.right, self.count = 0, 0

    def update(self, output: Any, target: Any) -> None:
        x, y = labels(self, output, target, self.threshold)
        counted = np.ones(len(y), bool) if self.ignore_index is None else y != self.ignore_index
        self.right += int((x == y)[counted].sum())
        self.count += int(counted.sum())

    def compute(self) -> float:
        return self.right / self.count if self.count else float("nan")


class TopKAccuracy(Metric):
    """The share of samples whose class is among the k with the highest scores.

    Parameters
    ----------
    k : how many are looked at

    Output: scores (N, C, ...). Target: classes (N, ...). A class
    counts if fewer than k others are above it; one with an equal score is half above.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.TopKAccuracy(2)([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2])
    0.5
    """

    keeps = ("right", "count")

    def __init__(self, k: int = 5):
        super().__init__()
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise ArgumentError(f"TopKAccuracy: k must be a positive int, got {k!r}")
        self.k = int(k)
        self.name = f"top{k}_accuracy"

    def reset(self) -> None:
        self.right, self.count = 0, 0

    def update(self, output: Any, target: Any) -> None:
        x, y = arrays(self, output, target)
        if x.ndim != y.ndim + 1 or x.shape[2:] != y.shape[1:]:
            raise ShapeError(f"TopKAccuracy: scores {x.shape} do not go with classes {y.shape}")
        if y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() < x.shape[1]):
            raise DTypeError(f"TopKAccuracy: targets must be classes from 0 to {x.shape[1] - 1}")
        own = np.take_along_axis(x, np.expand_dims(y, 1), axis=1)
        better = (x > own).sum(axis=1) + ((x == own).sum(axis=1) - 1) / 2
        self.right += int((better < self.k).sum())
        self.count += y.size

    def compute(self) -> float:
        return self.right / self.count if self.count else float("nan")


class ConfusionMatrix(Metric):
    """How often class i (row) was taken for class j (column).

    Parameters
    ----------
    classes : how many there are; as many as have come up unless given
    threshold : see `Accuracy`

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.ConfusionMatrix()([1, 0, 1, 1], [1, 0, 0, 1])
    array([[1, 1],
           [0, 2]])
    """

    keeps = ("counts",)

    def __init__(self, classes: int | None = None, threshold: float = 0.5):
        self.classes = classes
        self.threshold = threshold
        super().__init__()
        self.name = "confusion_matrix"

    def reset(self) -> None:
        self.counts = np.zeros((self.classes or 0,) * 2, np.int64)

    def update(self, output: Any, target: Any) -> None:
        x, y = labels(self, output, target, self.threshold)
        if not len(y):
            return
        least, most = min(x.min(), y.min()), max(x.max(), y.max())
        if least < 0 or (self.classes is not None and most >= self.classes):
            known = "0 or more" if self.classes is None else f"from 0 to {self.classes - 1}"
            raise ArgumentError(
                f"{type(self).__name__}: classes must be {known}, got {least} to {most}"
            )
        size = max(len(self.counts), int(most) + 1)
        counts = np.bincount(y * size + x, minlength=size * size).reshape(size, size)
        counts[: len(self.counts), : len(self.counts)] += self.counts
        self.counts = counts

    def compute(self) -> Any:
        return self.counts.copy()


class _Rate(ConfusionMatrix):
    """A rate of right decisions, for each class, and its averages. 0 / 0 counts as 0."""

    def __init__(
        self, average: str | None = "macro", classes: int | None = None, threshold: float = 0.5
    ):
        known = ("macro", "micro", "binary", None)
        if average not in known:
            raise ArgumentError(
                f"{type(self).__name__}: average must be one of {known}, got {average!r}"
            )
        super().__init__(classes, threshold)
        self.average = average
        self.name = type(self).__name__.lower()

    def compute(self) -> Any:
        if not self.counts.sum():
            return float("nan")
        right = np.diagonal(self.counts)
        said, true = self.counts.sum(axis=0), self.counts.sum(axis=1)
        if self.average == "micro":
            return float(self._rate(right.sum(), said.sum(), true.sum()))
        rates = self._rate(right, said, true)
        if self.average == "binary":
            return float(rates[1]) if len(rates) > 1 else 0.0
        return rates if self.average is None else float(rates[(said + true) > 0].mean())

    @abstractmethod
    def _rate(self, right: Any, said: Any, true: Any) -> Any:
        """From how often a class was right, was said, was true."""


def _share(part: Any, whole: Any) -> Any:
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) > 0)


class Precision(_Rate):
    """Of the samples taken for a class, how many were of it.

    Parameters
    ----------
    average : "macro" (the mean over classes that came up), "micro" (over all samples), "binary"
        (class 1 alone), or None (an array with each class)
    classes : how many there are; as many as have come up unless given
    threshold : see `Accuracy`

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.Precision("binary")([1, 1, 0, 1], [1, 0, 0, 1])
    0.6666666666666666
    """

    def _rate(self, right: Any, said: Any, true: Any) -> Any:
        return _share(right, said)


class Recall(_Rate):
    """Of the samples of a class, how many were taken for it. Parameters as for `Precision`.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.Recall("binary")([1, 0, 0, 1], [1, 1, 0, 1])
    0.6666666666666666
    """

    def _rate(self, right: Any, said: Any, true: Any) -> Any:
        return _share(right, true)


class F1(_Rate):
    """The harmonic mean of precision and recall. Parameters as for `Precision`.

    Examples
    --------
    >>> from nn import metrics
    >>> metrics.F1("binary")([1, 1, 0, 1], [1, 0, 0, 1])
    0.8
    """

    def _rate(self, right: Any, said: Any, true: Any) -> Any:
        return _share(2 * right, said + true)
