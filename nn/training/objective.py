"""How a batch becomes a loss, and batches become means over an epoch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.errors import DTypeError, ShapeError
from autograd.modes import no_grad
from autograd.tensor import Tensor
from autograd.tree import flatten

from ..errors import StateError
from ..metrics import Metric
from ..module import Module

Forward = Callable[[Module, Any], tuple[Any, Any]]


@dataclass(frozen=True)
class Judged:
    """A batch after the model: what it said, what is true, the loss, and of how many samples."""

    output: Any
    target: Any
    loss: Tensor
    count: int


def inputs_and_target(model: Module, batch: Any) -> tuple[Any, Any]:
    """What a Trainer does with a batch (x, ..., y) unless told otherwise: model(x, ...), y."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        got = f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise DTypeError(
            f"Trainer: a batch is a tuple of inputs and a target, got {got}\n"
            "  hint: Trainer(..., forward=lambda model, batch: (output, target))"
        )
    *inputs, target = batch
    return model(*inputs), target


@dataclass(frozen=True)
class Objective:
    """What is to be made small.

    loss  (output, target) -> one number: the mean over the samples, or their sum if it is a
          module with reduction="sum"
    """

    model: Module
    loss: Callable[[Any, Any], Any]
    forward: Forward

    @property
    def summed(self) -> bool:
        """Whether the loss is a sum over samples, not a mean."""
        return isinstance(self.loss, Module) and vars(self.loss).get("reduction") == "sum"

    def __call__(self, batch: Any) -> Judged:
        output, target = self.forward(self.model, batch)
        loss = self.loss(output, target)
        if not isinstance(loss, Tensor) or loss.size != 1:
            got = f"shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
            raise ShapeError(f"Trainer: the loss must be a Tensor of one number, got {got}")
        return Judged(output, target, loss, _samples(target, output))


def _samples(*trees: Any) -> int:
    """How many samples a batch has: the length of the first array of target or output."""
    for tree in trees:
        for leaf in flatten(tree)[0]:
            if isinstance(leaf, (Tensor, np.ndarray)) and leaf.ndim:
                return int(leaf.shape[0])
    return 1


class Tally:
    """The loss and the metrics over the batches of an epoch."""

    def __init__(self, metrics: Iterable[Metric], summed: bool):
        self._metrics = [copy.deepcopy(m) for m in metrics]
        self._summed = summed
        self.reset()

    def reset(self) -> None:
        """Before the first batch."""
        self.loss, self.count = 0.0, 0
        for metric in self._metrics:
            metric.reset()

    def add(self, judged: Judged) -> None:
        """Take a batch into account."""
        value = judged.loss.item()
        self.loss += value if self._summed else value * judged.count
        self.count += judged.count
        with no_grad():
            for metric in self._metrics:
                metric.update(judged.output, judged.target)

    @property
    def mean(self) -> float:
        """The loss for each sample."""
        return self.loss / self.count if self.count else float("nan")

    def results(self) -> dict[str, Any]:
        """Name -> value; "loss" first."""
        return {"loss": self.mean, **{m.name: m.compute() for m in self._metrics}}

    def state_dict(self) -> dict[str, Any]:
        """A copy of what was collected."""
        metrics = {m.name: m.state_dict() for m in self._metrics}
        return {"loss": self.loss, "count": self.count, "metrics": metrics}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        names = [m.name for m in self._metrics]
        if list(state["metrics"]) != names:
            raise StateError(
                f"the state has the metrics {list(state['metrics'])}, here are {names}"
            )
        for metric in self._metrics:
            metric.load_state_dict(state["metrics"][metric.name])
        self.loss, self.count = state["loss"], state["count"]
