"""Whole training steps: forward, loss, backward, optimiser. One text of each model for all.

python benchmarks/training.py [--only TEXT] [--quick] [--threads 2]     # needs the `bench` extra
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from contenders import load
from models import TASKS, Task
from suite import Step, Timed

TITLE = "Training steps"
CONTENDERS = ("autograd", "torch", "jax")
SECONDS = 2.0


def fill(model: Any, library: Any) -> None:
    """The same weights in all libraries: normal, by fan-in; biases zero, scales of norms one."""
    rng = np.random.default_rng(3)
    for name, p in sorted(model.named_parameters()):
        shape = tuple(p.shape)
        if len(shape) > 1:
            values = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))
        else:
            values = np.zeros(shape) if "bias" in name else np.ones(shape)
        library.put(p, values.astype(np.float32))


class Session:
    """A model that is being trained, in one of the libraries."""

    def __init__(self, task: Task, name: str, dropout: float):
        self.library, self.task = load(name), task
        self.model = task.build(self.library.nn, dropout)
        fill(self.model, self.library)
        optimiser, lr = task.optimiser
        self.optimiser = getattr(self.library.optim, optimiser)(self.model.parameters(), lr=lr)
        self.criterion = self.library.nn.CrossEntropyLoss()

    def batch(self, count: int) -> tuple[Any, ...]:
        return tuple(self.library.tensor(a) for a in self.task.examples(count))

    def step(self, x: Any, y: Any) -> Any:
        self.optimiser.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimiser.step()
        return loss


def build(task: Task, dropout: float, name: str) -> Step:
    if name == "jax":
        return jax_step(task, dropout)
    session = Session(task, name, dropout)
    return partial(session.step, *session.batch(task.batch))


def jax_step(task: Task, dropout: float) -> Step:
    import jax_layers
    import jax_training

    model = task.build(jax_layers, dropout)
    fill(model, load("jax"))
    optimiser, lr = task.optimiser
    x, y = task.examples(task.batch)
    return jax_training.training_step(model, jax_training.OPTIMISERS[optimiser](lr), x, y)


CASES = [
    Timed(
        "Training steps",
        task.name,
        partial(build, task, task.dropout),
        # Losses of three steps agree: so do values, gradients and the optimiser. Without dropout.
        check=partial(build, task, 0.0) if task.dropout else None,
    )
    for task in TASKS
]

if __name__ == "__main__":
    from runner import main

    main(["training"])
