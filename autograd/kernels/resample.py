"""Linear maps along one axis that are mostly zeros: resampling, adaptive means, their adjoints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .pool import along, resized

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


def blend_axis(x: np.ndarray, blend: Blend, axis: int) -> np.ndarray:
    """The blend of x along one of its last axes (a negative number). Integers stay integers if
    the blend has no weights. What has no weight never counts, not even inf or NaN."""
    exact = blend.weights is None or x.dtype.kind == "f"
    out = np.zeros(resized(x.shape, axis, blend.size), x.dtype if exact else float)
    for rows, columns, weights in blend.taps:
        part = x[along(axis, columns)] if type(columns) is slice else x.take(columns, axis)
        if weights is not None:
            part = part * weights.astype(out.dtype).reshape(-1, *[1] * (-axis - 1))
        out[along(axis, rows)] += part
    return out


def _steps(places: np.ndarray) -> Any:
    """The places as a slice, if they ascend by equal steps: views are faster than copies."""
    first, step = int(places[0]), int(places[1] - places[0]) if len(places) > 1 else 1
    if step < 1 or (np.diff(places) != step).any():
        return places
    return slice(first, first + step * len(places), step)
