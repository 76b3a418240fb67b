"""Matrix products. BLAS does them; here are those that NumPy is slow at."""

from __future__ import annotations

import numpy as np

from .. import _host, _threads

SMALL = 16  # matrices of at most so many rows and columns


def outer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All products x[i] * y[j] of two vectors. As np.matmul of a column and a row they take 1 ns
    each, thirty times as long as it takes to write them."""
    if not _host.compiled(x.size * y.size, x, y) or not x.dtype.isnative:
        return np.multiply.outer(x, y)
    from . import _matmul

    out = np.empty((x.size, y.size), x.dtype)
    x, y = _host.read_only(x), _host.read_only(y)

    def task(run: tuple[int, int]) -> None:
        _matmul.outer(x[slice(*run)], y, out[slice(*run)])

    _threads.run(task, _threads.parts(x.size, out.size / 4))
    return out


def matmul_stacks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """np.matmul of two stacks. NumPy is slow at many small matrices that are not contiguous (1000
    transposed ones of 4 x 4: 48 us, contiguous 20 us), so those are copied first."""
    if max(x.shape[-2:] + y.shape[-2:]) <= SMALL:
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    return np.matmul(x, y)
