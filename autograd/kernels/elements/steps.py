"""Steps of optimisers in one pass over memory, where that is worth a call."""

from __future__ import annotations

import numpy as np

from .. import _host, _threads
from .curves import plain


def worth_stepping(size: int) -> bool:
    """Whether `step` is worth a try for a parameter of so many elements."""
    return 4 * size >= _host.LEAST


def step(
    name: str, g: np.ndarray, arrays: tuple[np.ndarray, ...], numbers: tuple[float, ...]
) -> bool:
    """The loop of `_steps` with this name, in place; False, and nothing done, where there is none.

    arrays : the parameter, then what its optimiser keeps
    numbers : up, decay, keep, and those of the formula
    """
    p = arrays[0]
    if not _host.compiled(4 * p.size, g, *arrays):
        return False
    if not all(a.shape == p.shape and plain(a) for a in arrays):
        return False
    from . import _steps

    loop, given = getattr(_steps, name), np.array(numbers, p.dtype)
    if g.flags.writeable or not g.flags.c_contiguous:  # mostly neither: one type to compile for
        g = _host.read_only(g)
    flat = [a.ravel() for a in (g, *arrays)]
    _threads.deal(loop, p.size, 2 * p.size, *flat, given)
    return True
