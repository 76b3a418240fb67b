"""One of two values for each element, without the branches that nobody foresees."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _host, _threads
from .curves import plain

NUMBERS = {int, float}


def choose(condition: Any, x: Any, y: Any) -> np.ndarray | None:
    """x where the condition holds, else y: arrays in the shape of condition, or one and a number.

    None where NumPy has to do it: few elements, other shapes and dtypes.
    """
    if type(condition) is not np.ndarray or condition.size < _host.LEAST // 4:
        return None
    arrays = [a for a in (x, y) if a.__class__ not in NUMBERS]
    if not arrays or condition.dtype != bool or not condition.size:
        return None
    if not all(type(a) is np.ndarray and a.shape == condition.shape for a in arrays):
        return None
    if not _host.compiled(condition.size * 16, *arrays):
        return None
    from . import _choose

    out = np.empty(condition.shape, arrays[0].dtype)
    flat: list[Any] = [_flat(a) for a in (condition, *arrays)]
    loop: Any = _choose.choose
    if len(arrays) == 1:
        number = out.dtype.type(x if arrays[0] is y else y)
        loop, flat = _choose.choose_or, [*flat, number, arrays[0] is x]
    given = *flat, out.ravel()
    _threads.run(lambda run: loop(*run, *given), _threads.parts(out.size, out.size))
    return out


def _flat(a: np.ndarray) -> np.ndarray:
    """The elements in a row; a copy costs little beside what NumPy's branches do."""
    return a.ravel() if plain(a) else np.array(a, order="C").ravel()
