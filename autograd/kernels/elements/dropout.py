"""Elements that are kept and scaled, or become zero, in one pass over memory."""

from __future__ import annotations

import numpy as np

from .. import _host, _threads
from .curves import plain


def keep(x: np.ndarray, kept: np.ndarray, scale: float) -> np.ndarray | None:
    """x * scale where kept, else 0, to the bit what NumPy gives.

    kept : bools in the shape of x, or in that of its first axes with ones behind

    None where NumPy has to do it: few elements, other dtypes, arrays that are not contiguous.
    """
    if type(x) is not np.ndarray or x.size < _host.LEAST // 16:
        return None
    if not (x.size and _host.compiled(x.size * 16, x) and plain(x) and plain(kept)):
        return None
    from . import _dropout

    out, count = np.empty_like(x), kept.size
    loop = _dropout.keep_each if count == x.size else _dropout.keep_rows
    shape = (-1,) if count == x.size else (count, -1)
    flat = x.reshape(shape), kept.ravel(), x.dtype.type(scale), out.reshape(shape)
    _threads.run(lambda run: loop(*run, *flat), _threads.parts(count, x.size))
    return out
