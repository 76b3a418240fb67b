"""Where a training is, and where its data are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError
from autograd.tensor import Tensor

from ..data import DataLoader, Dataset
from ..errors import StateError
from .objective import Tally


class Position:
    """How far a training has come.

    epoch    how many are complete
    step     how many steps of the optimiser were made
    batches  how many of this epoch have gone into a step
    trained  whether these are all: what is left of the epoch is validation
    tally    loss and metrics of this epoch's batches
    """

    def __init__(self, tally: Tally):
        self.tally = tally
        self.epoch = self.step = 0
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Nothing of the epoch is done yet."""
        self.batches = 0
        self.trained = False
        self.tally.reset()

    def state_dict(self) -> dict[str, Any]:
        """A copy of all of it."""
        return {**vars(self), "tally": self.tally.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the position that `state_dict` was asked of."""
        if set(state) != set(vars(self)):
            raise StateError(f"Trainer: not a position in a training: {dict(state)}")
        self.tally.load_state_dict(state["tally"])
        vars(self).update({k: v for k, v in state.items() if k != "tally"})


def check_data(name: str, data: Any, again: bool = False, arrays: bool = False) -> None:
    """Refuse what does not give batches.

    Parameters
    ----------
    again : whether it must do so more than once
    arrays : whether an array will do, as a batch by itself
    """
    if arrays and isinstance(data, (Tensor, np.ndarray)):
        return
    if isinstance(data, (Dataset, Tensor, np.ndarray)) or not isinstance(data, Iterable):
        kind = type(data).__name__
        hint = (
            "\n  hint: DataLoader(dataset, 32, shuffle=True)" if isinstance(data, Dataset) else ""
        )
        raise DTypeError(f"{name}: needs batches, as a DataLoader gives them, got {kind}{hint}")
    if again and isinstance(data, Iterator):
        raise ArgumentError(
            f"{name}: a {type(data).__name__} can be run through once only\n"
            "  hint: a DataLoader, or a list of batches"
        )


def data_state(data: Any) -> dict[str, Any] | None:
    """Where a loader is; other data have no state."""
    return data.state_dict() if isinstance(data, DataLoader) else None


def take_up(data: Any, state: dict[str, Any] | None) -> None:
    """Let a loader go on from a state."""
    if isinstance(data, DataLoader) != (state is not None):
        here = type(data).__name__
        raise StateError(f"Trainer: the state was saved with other data than the {here} here")
    if state is not None:
        data.load_state_dict(state)


def rest(data: Iterable[Any], done: int) -> Iterator[Any]:
    """The batches of an epoch behind the first ones. A loader knows by itself what is done."""
    batches = iter(data)
    if not isinstance(data, DataLoader):
        next(islice(batches, done, done), None)
    return batches
