"""Running a model without training it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd.modes import no_grad
from autograd.tensor import Tensor
from autograd.tree import flatten

from ..module import Module
from .objective import Objective, Tally, inputs_and_target


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Evaluation mode and no recording inside the block; then every module's own mode again."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, mode in before:
            module.training = mode


def evaluated(
    objective: Objective, data: Iterable[Any], tally: Tally,
    between: Callable[[], None] = lambda: None,
) -> dict[str, Any]:  # fmt: skip
    """The loss and the metrics over some batches. `between` is called after each."""
    with evaluating(objective.model):
        for batch in data:
            tally.add(objective(batch))
            between()
    return tally.results()


def predicted(objective: Objective, data: Any) -> Any:
    """The outputs for all batches, put together."""
    with evaluating(objective.model):
        batches = [data] if isinstance(data, (Tensor, np.ndarray)) else data
        outputs = [_output(objective, batch) for batch in batches]
    parts = [flatten(out)[0] for out in outputs]
    if not parts:
        return np.zeros(0)
    joined = [np.concatenate([np.asarray(p) for p in same]) for same in zip(*parts, strict=True)]
    return flatten(outputs[0])[1](joined)


def _output(objective: Objective, batch: Any) -> Any:
    if objective.forward is inputs_and_target:
        if not isinstance(batch, (tuple, list)):
            return objective.model(batch)
        if len(batch) == 1:
            return objective.model(*batch)
    return objective.forward(objective.model, batch)[0]
