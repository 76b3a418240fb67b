"""Maxima of groups of elements, a block of rows at a time: its rows are the lanes of vectors."""

from __future__ import annotations

import numpy as np

from .._channels import channels_first, channels_last
from .._jit import jit

BLOCK = 32  # rows


@jit
def group_max(lanes, x, places, starts, rows, largest, ties):
    """The largest element of each group, NaN if there is one; and which are as large.

    x (rows, n), largest (rows, groups), ties (places, rows)
    """
    n, groups = x.shape[1], len(starts) - 1
    block, found = np.zeros((n, BLOCK), x.dtype), np.empty((groups, BLOCK), x.dtype)
    for r in range(rows[0], rows[1], BLOCK):
        have = min(BLOCK, rows[1] - r)
        channels_last(lanes, x[r : r + have].reshape(-1), have, n, BLOCK, block.reshape(-1))
        for k in range(groups):
            best, first = found[k], block[places[starts[k]]]
            for j in range(BLOCK):
                best[j] = first[j]
            for e in range(starts[k] + 1, starts[k + 1]):
                row = block[places[e]]
                for j in range(BLOCK):
                    value = row[j]
                    best[j] = value if (value > best[j]) | (value != value) else best[j]
            for e in range(starts[k], starts[k + 1]):
                row, marks = block[places[e]], ties[e, r : r + have]
                for j in range(have):
                    marks[j] = (row[j] == best[j]) | (row[j] != row[j])
        to = largest[r : r + have].reshape(-1)
        channels_first(lanes, found.reshape(-1), have, groups, BLOCK, to)


@jit
def group_max_dx(lanes, g, ties, places, starts, rows, dx):
    """Each g (rows, groups) in equal parts to the ties of its group."""
    n, groups = dx.shape[1], len(starts) - 1
    zero, one = g.dtype.type(0), g.dtype.type(1)
    given, block = np.zeros((groups, BLOCK), g.dtype), np.empty((n, BLOCK), g.dtype)
    count = np.empty(BLOCK, g.dtype)
    for r in range(rows[0], rows[1], BLOCK):
        have = min(BLOCK, rows[1] - r)
        channels_last(lanes, g[r : r + have].reshape(-1), have, groups, BLOCK, given.reshape(-1))
        block[:] = zero
        for k in range(groups):
            share = given[k]
            count[:] = zero
            for e in range(starts[k], starts[k + 1]):
                marks = ties[e, r : r + have]
                for j in range(have):
                    count[j] += one if marks[j] else zero
            for j in range(have):
                share[j] /= count[j]
            for e in range(starts[k], starts[k + 1]):
                target, marks = block[places[e]], ties[e, r : r + have]
                for j in range(have):
                    target[j] += share[j] if marks[j] else zero
        channels_first(lanes, block.reshape(-1), have, n, BLOCK, dx[r : r + have].reshape(-1))
