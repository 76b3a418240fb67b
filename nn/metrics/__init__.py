"""How good a model is, in numbers, collected batch by batch."""

from .classes import F1, Accuracy, ConfusionMatrix, Precision, Recall, TopKAccuracy
from .metric import Average, Metric
from .numbers import R2, MeanAbsoluteError, MeanSquaredError
from .ranking import AUC

__all__ = [
    "AUC", "F1", "R2", "Accuracy", "Average", "ConfusionMatrix", "MeanAbsoluteError",
    "MeanSquaredError", "Metric", "Precision", "Recall", "TopKAccuracy",
]  # fmt: skip
