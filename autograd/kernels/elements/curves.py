"""Activation functions and their adjoints in one pass over memory, where that is worth a call."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _host, _threads

# Functions that cost no more than reading their arrays; in NumPy the others take ten times as long.
LIGHT = {"relu", "relu_dx", "leaky_relu", "leaky_relu_dx", "sigmoid_dx", "tanh_dx"}


def curve(name: str, x: Any, y: Any = None, *options: float) -> np.ndarray | None:
    """The function of `_curves` with this name, of x, or of a cotangent x and an array y.

    None where NumPy has to do it: for few elements, other dtypes than float32 and float64, arrays
    that are not contiguous or of different shapes, and where kernels are switched off.
    """
    if type(x) is not np.ndarray or x.size < _host.LEAST // 16:
        return None
    y = x if y is None else y
    light = name in LIGHT
    cost = 4 if light else 16
    if type(y) is not np.ndarray or x.shape != y.shape or not _host.compiled(x.size * cost, x, y):
        return None
    if not (plain(x) and plain(y)):
        return None
    from . import _curves

    host = _host.present()
    which, lanes = _curves.selectors(name, x.dtype, host.name)
    out = np.empty_like(x)
    given = np.array((*options, *(0.0,) * (_curves.OPTIONS - len(options))), x.dtype)
    flat = x.ravel(), y.ravel(), given, out.ravel()
    _threads.deal(_curves.each, x.size, x.size * (1 if light else 4), which, lanes, *flat)
    return out


def plain(x: np.ndarray) -> bool:
    """Whether x is the same type of array for the compiler as most are."""
    return x.flags.carray and x.dtype.isnative
