"""One step of the optimiser, over one or several batches, and what to say if it gives NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd.debug import debug
from autograd.errors import NonFiniteError
from autograd.modes import no_grad
from autograd.tensor import Tensor
from autograd.tree import flatten

from ..optim import Optimizer
from ..regularise import clip_grad_norm_
from .generators import Generators
from .objective import Judged, Objective

Clip = float | Callable[[list[Tensor]], Any] | None


class Step:
    """What happens between two batches: gradients of all of them, clipping, the optimiser.

    The gradient is that of the mean over all samples of the batches, as if they were one.
    """

    def __init__(
        self, objective: Objective, optimizer: Optimizer, clip: Clip, generators: Generators
    ):
        self._objective = objective
        self._optimizer = optimizer
        self._clip = clip
        self._generators = generators
        self._buffers = list(objective.model.buffers())

    def __call__(self, batches: Sequence[Any], place: str) -> list[Judged]:
        """Change the parameters.

        Parameters
        ----------
        place : where the training is, for messages

        Raises
        ------
        NonFiniteError
            If the loss or a gradient is not finite. It names the first op that was to blame and
            its line. Parameters, buffers and the state of the optimiser are those before the step.
        """
        random = self._generators.state_dict()
        buffers = [(b, b._data) for b in self._buffers]  # who writes, copies
        first: list[Judged] = []

        def closure() -> float:
            judged, loss = self._gradients(batches)
            if not first:  # a line search may try points that are too far
                wrong = self._not_finite(loss)
                if wrong:
                    self._go_back(random, buffers)
                    reason = self._culprit(batches)
                    self._go_back(random, buffers)
                    raise NonFiniteError(f"Trainer: stopped in {place}: {wrong}\n  {reason}")
                first.extend(judged)
            self._limit()
            return loss

        self._optimizer.step(closure)
        return first

    def _parameters(self) -> list[Tensor]:
        return [p for group in self._optimizer.param_groups for p in group["params"]]

    def _gradients(self, batches: Sequence[Any]) -> tuple[list[Judged], float]:
        """Leave the gradient in the parameters; the batches as judged, and the loss over all."""
        self._optimizer.zero_grad()
        summed = self._objective.summed
        if len(batches) == 1:
            judged = self._objective(batches[0])
            judged.loss.backward()
            return [judged], judged.loss.item()
        total, out = 0.0, []
        for batch in batches:
            judged = self._objective(batch)
            weight = 1 if summed else judged.count
            (judged.loss * weight).backward()
            total += judged.loss.item() * weight
            out.append(judged)
        if summed:
            return out, total
        samples = sum(judged.count for judged in out)
        with no_grad():
            for p in self._parameters():
                if p.grad is not None:
                    p.grad.data /= samples
        return out, total / samples

    def _limit(self) -> None:
        if self._clip is None:
            return
        if callable(self._clip):
            self._clip(self._parameters())
        else:
            clip_grad_norm_(self._parameters(), self._clip)

    # NaN and Inf

    def _not_finite(self, loss: float) -> str | None:
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        with np.errstate(all="ignore"):
            for i, p in enumerate(self._parameters()):
                if p.grad is not None and not _finite(p.grad.numpy()):
                    return f"the gradient of {p.name or i} has NaN or Inf (the loss is {loss})"
        return None

    def _go_back(
        self, random: dict[str, Any], buffers: Iterable[tuple[Tensor, np.ndarray]]
    ) -> None:
        self._generators.load_state_dict(random)
        for buffer, array in buffers:
            buffer.data = array

    def _culprit(self, batches: Sequence[Any]) -> str:
        """Repeat the step, and see where the first NaN comes from."""
        with np.errstate(all="ignore"):
            return self._outside(batches) or self._inside(batches)

    def _outside(self, batches: Sequence[Any]) -> str | None:
        for i, p in enumerate(self._parameters()):
            if not _finite(p.numpy()):
                return f"parameter {p.name or i} was not finite before this step"
        for batch in batches:
            for i, leaf in enumerate(flatten(batch)[0]):
                if isinstance(leaf, (Tensor, np.ndarray)) and not _finite(np.asarray(leaf)):
                    return f"the data have NaN or Inf: part {i} of the batch"
        return None

    def _inside(self, batches: Sequence[Any]) -> str:
        try:
            with debug():
                self._gradients(batches)
        except NonFiniteError as e:
            return str(e)
        finally:
            self._optimizer.zero_grad()
        return "no op gave NaN or Inf when the step was repeated: it is too large to be added up"


def _finite(x: np.ndarray) -> bool:
    if x.dtype.kind not in "fc":
        return True
    # One quick pass over the squares, which overflow where x is large: then look again
    return bool(np.isfinite(np.vdot(x, x))) or bool(np.isfinite(x).all())
