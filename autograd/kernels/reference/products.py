"""Products of matrices, and of one that has a single 1 in each column."""

from __future__ import annotations

import numpy as np


def outer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """out[i, j] = x[i] * y[j]"""
    return x[:, None] * y


def matmul(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """out[..., i, k] = sum over j of x[..., i, j] * y[..., j, k]"""
    out: np.ndarray = (x[..., :, :, None] * y[..., None, :, :]).sum(axis=-2)
    return out


def add_rows(total: np.ndarray, rows: np.ndarray, numbers: np.ndarray, skip: int = -1) -> bool:
    """total[numbers[k]] += rows[k] for each k, but not to row `skip`."""
    for row, number in zip(rows, numbers):
        if number != skip:
            total[number] += row
    return True
