"""What a training remembers: one number for each quantity and epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError

from ..errors import StateError


class History(Mapping[str, list[float]]):
    """Name -> one number for each epoch, NaN where there is none: plain data to print or to plot.

    Examples
    --------
    >>> from nn import History
    >>> history = History()
    >>> history.add({"train_loss": 0.5}); history.add({"train_loss": 0.25, "lr": 0.1})
    >>> history["lr"], history.epochs, history.best("train_loss")
    ([nan, 0.1], 2, 2)
    >>> print(history)
    epoch  train_loss   lr
        1         0.5  nan
        2        0.25  0.1
    """

    def __init__(self) -> None:
        self.epochs = 0
        self._columns: dict[str, list[float]] = {}

    def add(self, record: Mapping[str, float]) -> None:
        """Take the numbers of one more epoch."""
        for name in record:
            self._columns.setdefault(name, [float("nan")] * self.epochs)
        for name, column in self._columns.items():
            column.append(float(record.get(name, float("nan"))))
        self.epochs += 1

    def best(self, name: str, mode: str = "min") -> int:
        """The epoch, counted from 1, with the smallest (or, with "max", the largest) number.

        Raises
        ------
        ArgumentError
            If there is no such name, or no number.
        """
        values = np.asarray(self._columns.get(name, []), np.float64)
        if np.isnan(values).all():
            known = ", ".join(self._columns) or "nothing"
            raise ArgumentError(f"History: no numbers of {name!r}; there is {known}")
        return int(np.nanargmin(values) if mode == "min" else np.nanargmax(values)) + 1

    def __getitem__(self, name: str) -> list[float]:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __str__(self) -> str:
        rows = [["epoch", *self._columns]]
        for i in range(self.epochs):
            rows.append([str(i + 1), *(f"{column[i]:.5g}" for column in self._columns.values())])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = (zip(row, widths, strict=True) for row in rows)
        return "\n".join("  ".join(cell.rjust(w) for cell, w in line) for line in lines)

    __repr__ = __str__

    def state_dict(self) -> dict[str, Any]:
        """A copy of all numbers."""
        columns = {name: list(column) for name, column in self._columns.items()}
        return {"epochs": self.epochs, "columns": columns}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the history that `state_dict` was asked of."""
        if set(state) != {"epochs", "columns"}:
            raise StateError(f"History: not a state of a history: {tuple(state)}")
        self.epochs = state["epochs"]
        self._columns = {name: list(column) for name, column in state["columns"].items()}
