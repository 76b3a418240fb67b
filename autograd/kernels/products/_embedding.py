"""Rows of a table that are added to, one after another."""

from __future__ import annotations

from .._jit import jit


@jit
def add_rows(total, rows, numbers, skip, start, stop):
    """total[numbers[k]] += rows[k] for each k with numbers[k] != skip; columns start to stop."""
    for k in range(len(numbers)):
        if numbers[k] == skip:
            continue
        source, target = rows[k, start:stop], total[numbers[k], start:stop]
        for j in range(len(source)):
            target[j] += source[j]
