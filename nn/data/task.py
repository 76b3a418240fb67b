"""What a worker does: one batch, the same whoever makes it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd.errors import DTypeError
from autograd.random import seeded

from .collate import samples
from .dataset import fetch

_SHOWN = 8  # indices in a message


class Task(NamedTuple):
    """A batch to be made: its number in the epoch, its samples, and its random seed."""

    number: int
    indices: Any
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Recipe:
    """How a task becomes a batch."""

    dataset: Any
    collate_fn: Callable[[list[Any]], Any] | None

    def __call__(self, task: Task) -> Any:
        try:
            with seeded(task.seed):
                if self.collate_fn is None:
                    return fetch(self.dataset, task.indices)
                return self.collate_fn(samples(self.dataset, task.indices))
        except Exception as e:
            e.add_note(f"while making batch {task.number} of samples {listed(task.indices)}")
            raise


def listed(indices: Any) -> str:
    """The first few indices of a batch."""
    few = [str(i) for i, _ in zip(indices, range(_SHOWN))]
    return f"[{', '.join(few)}{', ...' if len(indices) > _SHOWN else ''}]"


def pickled(**parts: Any) -> bytes:
    """The parts as bytes for another process.

    Raises
    ------
    DTypeError
        Naming the part, and its attribute, that cannot be pickled.
    """
    try:
        return pickle.dumps(parts, protocol=5)
    except Exception:  # whatever a __reduce__ raises
        culprit, value, fault = _culprit(parts)
    raise DTypeError(
        f"DataLoader: {culprit} cannot be sent to worker processes: {fault}\n"
        f"  {culprit} = {value!r}\n"
        "  hint: use a function or class from the top of a module instead of a lambda or an inner "
        "one,\n        or threads=... instead of num_workers=..."
    )


def _culprit(parts: Mapping[str, Any]) -> tuple[str, Any, str]:
    """Which part, or which attribute of it, does not pickle, and what pickle says."""
    name, value, fault = next((n, v, f) for n, v in parts.items() if (f := _fault(v)))
    for attribute, inner in getattr(value, "__dict__", {}).items():
        if deeper := _fault(inner):
            return f"{name}.{attribute}", inner, deeper
    return name, value, fault


def _fault(value: Any) -> str | None:
    try:
        pickle.dumps(value, protocol=5)
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return None
