"""Tables: features and a target from a CSV file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError

from ..dataset import TensorDataset
from ..errors import FormatError
from ..formats import read_csv

_MISSING = ("", "?", "na", "n/a", "nan", "null", "none")  # lower case


class CSV(TensorDataset):
    """The rows of a CSV file: a sample is (features,) or (features, target).

    Parameters
    ----------
    path : the file, plain or gzip
    target : column to be predicted, by name or position, optional
        Whole numbers become int64, other numbers float32; words become classes 0, 1, ... in
        alphabetical order, listed in `classes`.
    columns : names or positions of the features; all but the target unless given
    delimiter : what separates the cells
    header : whether the first row has the names
    missing : number for features that are missing, such as `nan`; refused unless given

    Attributes
    ----------
    names : of the features
    classes : names of the classes; empty if the target is a number

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        Naming line and column, if a feature is not a number, or rows differ in length.
    ArgumentError
        If there is no such column.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.datasets import CSV
    >>> path = Path(tempfile.mkdtemp(), "flowers.csv")
    >>> _ = path.write_text("length,width,kind\\n5.1,3.5,setosa\\n6.2,2.9,virginica\\n")
    >>> data = CSV(path, target="kind")
    >>> data[1], data.classes
    ((Tensor([6.2, 2.9]), Tensor(1)), ['setosa', 'virginica'])
    """

    def __init__(
        self, path: str | os.PathLike[str], target: str | int | None = None, *,
        columns: Sequence[str | int] | None = None, delimiter: str = ",", header: bool = True,
        missing: float | None = None,
    ):  # fmt: skip
        names, rows, lines = read_csv(path, delimiter=delimiter, header=header)
        self.path = path
        goal = None if target is None else self._position(target, names)
        chosen = (
            [i for i in range(len(names)) if i != goal]
            if columns is None
            else [self._position(c, names) for c in columns]
        )
        if not rows or not chosen:
            raise FormatError(f"{path}: line 1: no rows of features")
        self.names = [names[i] for i in chosen]
        self.classes: list[str] = []
        features = np.empty((len(rows), len(chosen)), np.float32)
        for k, i in enumerate(chosen):
            features[:, k] = self._numbers([r[i] for r in rows], lines, names[i], missing)
        arrays = [features]
        if goal is not None:
            arrays.append(self._target([r[goal] for r in rows], lines, names[goal]))
        super().__init__(*arrays)

    def _position(self, column: str | int, names: list[str]) -> int:
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, (int, np.integer)) and -len(names) <= column < len(names):
            return int(column) % len(names)
        raise ArgumentError(f"{self.path}: no column {column!r}, only {names}")

    def _numbers(
        self, cells: list[str], lines: list[int], name: str, missing: float | None
    ) -> list[float]:
        out = []
        for cell, line in zip(cells, lines):
            if cell.lower() in _MISSING:
                if missing is None:
                    raise FormatError(
                        f"{self.path}: line {line}, column {name!r}: nothing there\n"
                        "  hint: missing=nan, or another number to put there"
                    )
                out.append(missing)
                continue
            try:
                out.append(_number(cell, float))
            except ValueError:
                raise FormatError(
                    f"{self.path}: line {line}, column {name!r}: {cell!r} is not a number\n"
                    "  hint: choose the features with columns=[...]"
                ) from None
        return out

    def _target(self, cells: list[str], lines: list[int], name: str) -> np.ndarray:
        for cell, line in zip(cells, lines):
            if cell.lower() in _MISSING:
                raise FormatError(f"{self.path}: line {line}, target {name!r}: nothing there")
        for dtype in (np.int64, np.float32):
            try:
                return np.array([_number(cell, dtype) for cell in cells])
            except (ValueError, OverflowError):
                continue
        self.classes = sorted(set(cells))
        number = {name: i for i, name in enumerate(self.classes)}
        return np.array([number[cell] for cell in cells], np.int64)


def _number(cell: str, kind: Callable[[str], Any]) -> Any:
    if "_" in cell:  # Python reads 1_000, tables do not
        raise ValueError(cell)
    return kind(cell)
