"""Products of matrices."""

from __future__ import annotations

import numpy as np


def outer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """out[i, j] = x[i] * y[j]"""
    return x[:, None] * y


def matmul_stacks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """out[..., i, k] = sum over j of x[..., i, j] * y[..., j, k]"""
    out: np.ndarray = (x[..., :, :, None] * y[..., None, :, :]).sum(axis=-2)
    return out
