"""Where the arguments of kernels come from: see kernel_table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Draw:
    """Where arguments come from.

    pick : (options) -> one of them
    dtype : of the arrays
    regular : whether arrays are contiguous, so that a kernel has no excuse to leave them to NumPy
    special : whether arrays have some NaN and infinities in them
    """

    def __init__(self, pick: Callable[[Sequence], Any], dtype: Any, regular=True, special=False):
        self.pick, self.dtype, self.regular, self.special = pick, np.dtype(dtype), regular, special
        self.rng = np.random.default_rng(pick(range(1000)))

    def finite(self, *shape: int, ties: bool = False) -> np.ndarray:
        """Numbers of size 1; with `ties` many that are equal."""
        values = self.rng.normal(size=(*shape, 2))
        values = (values.round() if ties else values).astype(self.dtype)
        values = values[..., 1][..., ::-1] if shape else values[1]
        return np.ascontiguousarray(values) if self.regular else values

    def array(self, *shape: int, ties: bool = False) -> np.ndarray:
        """The same; some of them may be special."""
        out = self.finite(*shape, ties=ties)
        if self.special:
            for value in (np.nan, np.inf, -np.inf):
                out[self.rng.random(shape) < 0.04] = value
        return out

    def like(self, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        """Results that become arguments, in this draw's dtype."""
        return tuple(np.asarray(a, self.dtype if a.dtype.kind == "f" else a.dtype) for a in arrays)


def chance(seed):
    """A `pick` that does not need hypothesis."""
    rng = np.random.default_rng(seed)
    return lambda options: options[rng.integers(len(options))]
