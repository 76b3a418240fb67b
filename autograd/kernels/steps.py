"""Steps of optimisers in one pass over memory, where that is worth a call."""

from __future__ import annotations

import numpy as np

from . import _host, _threads
from .curves import plain


def adam_step(
    p: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, numbers: tuple[float, ...]
) -> bool:
    """Adam's step in place; False, and nothing done, where NumPy has to do it.

    numbers : (b1, c1, b2, c2, root, eps, rate) of
        m = b1 * m + c1 * g; v = b2 * v + c2 * g * g; p += rate * m / (root * sqrt(v) + eps)
    """
    if not _host.compiled(4 * p.size, p, g, m, v) or not all(
        a.shape == p.shape and plain(a) for a in (p, m, v)
    ):
        return False
    from . import _steps

    given = tuple(p.dtype.type(n) for n in numbers)
    flat = [np.ascontiguousarray(a).reshape(-1) for a in (p, g, m, v)]
    flat[1].flags.writeable = False  # mostly it is so already: one type to compile for

    def task(run: tuple[int, int]) -> None:
        part = slice(*run)
        _steps.adam(*(a[part] for a in flat), given)

    _threads.run(task, _threads.parts(p.size, p.size))
    return True
