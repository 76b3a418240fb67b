"""Steps of optimisers, element by element."""

from __future__ import annotations

import numpy as np

from ._jit import jit


@jit
def adam(p, g, m, v, numbers):
    """m = b1 * m + c1 * g; v = b2 * v + c2 * g * g; p += rate * m / (root * sqrt(v) + eps)

    numbers : (b1, c1, b2, c2, root, eps, rate)
    """
    b1, c1, b2, c2, root, eps, rate = numbers
    for i in range(len(p)):
        mean = b1 * m[i] + c1 * g[i]
        square = b2 * v[i] + c2 * (g[i] * g[i])
        m[i] = mean
        v[i] = square
        p[i] += rate * (mean / (root * np.sqrt(square) + eps))
