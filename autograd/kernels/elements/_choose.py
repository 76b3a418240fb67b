"""Choices between flat arrays; `first` and `last` bound what is done.

Both values are read before one is chosen: so LLVM makes vectors of it.
"""

from __future__ import annotations

from .._jit import jit


@jit
def choose(first, last, condition, x, y, out):
    """out[i] = x[i] if condition[i] else y[i]"""
    there, yes, no = condition[first:last], x[first:last], y[first:last]
    target = out[first:last]
    for i in range(len(there)):
        a, b = yes[i], no[i]
        target[i] = a if there[i] else b


@jit
def choose_or(first, last, condition, x, number, wanted, out):
    """out[i] = x[i] if condition[i] == wanted else number"""
    there, source, target = condition[first:last], x[first:last], out[first:last]
    for i in range(len(there)):
        value = source[i]
        target[i] = value if there[i] == wanted else number
