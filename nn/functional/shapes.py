"""Shapes: of whatever a layer is given, and what options about space look like."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.tensor import Tensor

Sizes = int | tuple[int, ...]  # one number for all axes of space, or one for each


def shape_of(x: Any) -> tuple[int, ...]:
    """Like `np.shape`, without its detour for Tensors."""
    return x.shape if type(x) is Tensor else np.shape(x)
