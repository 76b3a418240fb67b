"""What models that write share: recurrent layers by name, and choosing among scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ArgumentError

from ..module import Module
from ..recurrent import GRU, LSTM, RNN

CELLS: dict[str, Any] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def recurrent(owner: Module, cell: str, *sizes: int, **options: Any) -> Any:
    """A recurrent layer for (batch, time, features), by the name of its cell."""
    if cell not in CELLS:
        names = ", ".join(CELLS)
        raise ArgumentError(f"{type(owner).__name__}: no cell {cell!r}; there is {names}")
    return CELLS[cell](*sizes, batch_first=True, **options)


def choose(
    scores: np.ndarray, temperature: float, draw: np.random.Generator, name: str
) -> np.ndarray:
    """A choice for each row of scores, with the probabilities softmax(scores / temperature).

    Parameters
    ----------
    scores : (..., choices)
    temperature : 0 takes the highest score; high ones make all choices alike
    draw : Generator
    name : who asks, for the message

    Source
    ------
    Gumbel (1954), "Statistical Theory of Extreme Values": the largest of scores with Gumbel noise
    is a draw from their softmax.
    """
    if not temperature >= 0:
        raise ArgumentError(f"{name}: temperature must not be negative, got {temperature}")
    if temperature == 0:
        return scores.argmax(axis=-1)
    return (scores / temperature + draw.gumbel(size=scores.shape)).argmax(axis=-1)
