"""The shape of whatever a layer is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.tensor import Tensor


def shape_of(x: Any) -> tuple[int, ...]:
    """Like `np.shape`, without its detour for Tensors."""
    return x.shape if type(x) is Tensor else np.shape(x)
