"""What all metrics share: batches go in, a value comes out, and the state can be saved."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd.errors import DTypeError, ShapeError

from ..errors import StateError


class Metric(ABC):
    """A number that is collected over batches: `update` with each of them, then `compute`.

    Called with one output and target, it gives their value and keeps nothing.

    Attributes
    ----------
    name : what it is called in results and histories; may be set

    Examples
    --------
    >>> from nn import metrics
    >>> class Largest(metrics.Metric):
    ...     keeps = ("largest",)
    ...
    ...     def reset(self):
    ...         self.largest = 0.0
    ...
    ...     def update(self, output, target):
    ...         errors = np.abs(np.subtract(output, target))
    ...         self.largest = float(np.append(errors, self.largest).max())
    ...
    ...     def compute(self):
    ...         return self.largest
    >>> Largest()([1.0, 2.0], [1.0, 5.0])
    3.0
    """

    keeps: ClassVar[tuple[str, ...]] = ()  # attributes that `reset` makes and `update` changes
    name: str

    def __init__(self) -> None:
        self.name = type(self).__name__.lower()
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Forget all batches."""

    @abstractmethod
    def update(self, output: Any, target: Any) -> None:
        """Take a batch into account: what the model said, and what is true."""

    @abstractmethod
    def compute(self) -> Any:
        """The value over all batches since `reset`. NaN if there was none."""

    def __call__(self, output: Any, target: Any) -> Any:
        """The value of one batch alone."""
        fresh = copy.copy(self)
        fresh.reset()
        fresh.update(output, target)
        return fresh.compute()

    def state_dict(self) -> dict[str, Any]:
        """A copy of what was collected."""
        return {name: copy.deepcopy(getattr(self, name)) for name in self.keeps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned.

        Raises
        ------
        StateError
            If it is the state of another metric.
        """
        if set(state) != set(self.keeps):
            kind = type(self).__name__
            raise StateError(f"{kind}: a state has the entries {self.keeps}, got {tuple(state)}")
        for name, value in state.items():
            setattr(self, name, copy.deepcopy(value))


class Average(Metric):
    """The mean of a function of output and target over all samples.

    Parameters
    ----------
    function : (output, target) -> the mean over a batch
    name : its `__name__` unless given

    Examples
    --------
    >>> import nn
    >>> nn.metrics.Average(nn.functional.l1_loss)(np.zeros(2), np.array([1.0, 3.0]))
    2.0
    """

    keeps = ("total", "count")

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None):
        super().__init__()
        if not callable(function):
            raise DTypeError(f"Average: needs a function, got {type(function).__name__}")
        self.function = function
        self.name = name or str(getattr(function, "__name__", type(function).__name__))

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, target: Any) -> None:
        n = len(target)
        self.total += float(self.function(output, target)) * n
        self.count += n

    def compute(self) -> float:
        return self.total / self.count if self.count else float("nan")


def arrays(metric: Metric, output: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Output and target as arrays with the same number of samples."""
    x, y = np.asarray(output), np.asarray(target)
    if not x.ndim or not y.ndim or len(x) != len(y):
        raise ShapeError(
            f"{type(metric).__name__}: output {x.shape} and target {y.shape} must have the same "
            "number of samples along their first axis"
        )
    return x, y
