"""Products that BLAS is bad at."""

from __future__ import annotations

from .._jit import jit


@jit
def outer(x, y, out):
    """out[i, j] = x[i] * y[j]"""
    for i in range(len(x)):
        row, factor = out[i], x[i]
        for j in range(len(y)):
            row[j] = factor * y[j]
