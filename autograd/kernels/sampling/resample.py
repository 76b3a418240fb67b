"""Linear maps along one axis that are mostly zeros: resampling, adaptive means, their adjoints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from .. import _threads
from .._host import compiled, present
from ..elements.curves import plain
from ..windows.pool import along, resized

Tap = tuple[Any, Any, np.ndarray | None]


@dataclass(frozen=True, eq=False, repr=False)
class Blend:
    """out[i] is the sum of weight * x[j] over the entries (i, j, weight): a sparse matrix.

    size     how many elements the result has
    source   how many elements x has
    rows, columns, weights   the entries; without weights all of them are 1
    """

    size: int
    source: int
    rows: np.ndarray
    columns: np.ndarray
    weights: np.ndarray | None = None

    def __repr__(self) -> str:
        return f"<Blend {self.source} -> {self.size}>"

    @cached_property
    def transposed(self) -> Blend:
        """The transpose: the adjoint map."""
        return Blend(self.source, self.size, self.columns, self.rows, self.weights)

    @cached_property
    def taps(self) -> list[Tap]:
        """The entries in groups that have no two of the same row: (rows, columns, weights)."""
        order = np.argsort(self.rows, kind="stable")
        rows = self.rows[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)  # within its row
        groups = []
        for k in range(int(rank.max(initial=-1)) + 1):
            chosen = order[rank == k]
            weights = None if self.weights is None else self.weights[chosen]
            groups.append((_steps(self.rows[chosen]), _steps(self.columns[chosen]), weights))
        return groups

    @cached_property
    def most(self) -> int:
        """The entries of the fullest row."""
        return int(np.bincount(self.rows, minlength=1).max())

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the entries of each row start, and the last ones stop, if they are in order."""
        return np.searchsorted(np.sort(self.rows), np.arange(self.size + 1)).astype(np.int64)

    def ordered(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Columns and weights, row by row."""
        return self._kept("ordered", dtype, self._ordered)

    def table(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """The k-th entry of each row: columns[k, i] and weights[k, i], 0 where a row has none."""
        return self._kept("table", dtype, self._table)

    @cached_property
    def _arrays(self) -> dict[Any, tuple[np.ndarray, np.ndarray]]:
        return {}

    def _kept(self, name: str, dtype: np.dtype, make: Any) -> tuple[np.ndarray, np.ndarray]:
        if (name, dtype) not in self._arrays:
            self._arrays[name, dtype] = make(dtype)
        return self._arrays[name, dtype]

    def _ordered(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(self.rows, kind="stable")
        weights = np.ones(len(order)) if self.weights is None else self.weights[order]
        return self.columns[order].astype(np.int64), weights.astype(dtype)

    def _table(self, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        columns, weights = self.ordered(dtype)
        rows = np.sort(self.rows)
        place = np.arange(len(rows)) - self.starts[rows], rows
        shape = self.most, self.size
        table = np.zeros(shape, np.uint32), np.zeros(shape, dtype)
        table[0][place], table[1][place] = columns, weights
        return table


def blend_axis(x: np.ndarray, blend: Blend, axis: int) -> np.ndarray:
    """The blend of x along one of its last axes (a negative number). Integers stay integers if
    the blend has no weights. What has no weight never counts, not even inf or NaN."""
    if _worth(x, blend):
        return _compiled(x, blend, axis)
    exact = blend.weights is None or x.dtype.kind == "f"
    out = np.zeros(resized(x.shape, axis, blend.size), x.dtype if exact else float)
    for rows, columns, weights in blend.taps:
        part = x[along(axis, columns)] if type(columns) is slice else x.take(columns, axis)
        if weights is not None:
            part = part * weights.astype(out.dtype).reshape(-1, *[1] * (-axis - 1))
        out[along(axis, rows)] += part
    return out


def _worth(x: np.ndarray, blend: Blend) -> bool:
    """Whether compiled loops are there, and rows have about equally many entries."""
    even = 0 < blend.most * blend.size <= 4 * len(blend.rows)
    return even and compiled(x.size, x) and plain(x)


def _compiled(x: np.ndarray, blend: Blend, axis: int) -> np.ndarray:
    """The blend along one axis; threads share what lies before it."""
    from . import _blend as loops

    out = np.empty(resized(x.shape, axis, blend.size), x.dtype)
    lead, size = prod(x.shape[: x.ndim + axis]), prod(x.shape[x.ndim + axis + 1 :])
    runs = _threads.parts(lead, out.size * blend.most)
    if size == 1:
        table = blend.table(x.dtype)
        rows, to = x.reshape(lead, blend.source), out.reshape(lead, blend.size)
        _threads.run(lambda r: loops.along_rows(rows[slice(*r)], *table, to[slice(*r)]), runs)
        return out
    host = present()
    lanes, sizes = (0,) * host.lanes(x.itemsize), (blend.source, blend.size, size)
    columns, weights = blend.ordered(x.dtype)
    entries = blend.starts, columns * size, weights
    flat = x.reshape(-1), out.reshape(-1)
    _threads.run(lambda r: loops.across_rows(lanes, flat[0], *entries, r, sizes, flat[1]), runs)
    return out


def _steps(places: np.ndarray) -> Any:
    """The places as a slice, if they ascend by equal steps: views are faster than copies."""
    first, step = int(places[0]), int(places[1] - places[0]) if len(places) > 1 else 1
    if step < 1 or (np.diff(places) != step).any():
        return places
    return slice(first, first + step * len(places), step)
