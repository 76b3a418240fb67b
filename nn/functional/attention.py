"""Attention, and numbers that say where in a sequence something stands."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd.dtypes import get_default_dtype
from autograd.errors import ArgumentError
from autograd.messages import complain
from autograd.random import Rng


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, *, rng: Rng = None,
) -> Any:  # fmt: skip
    """softmax(query @ key.mT * scale + mask) @ value: for each query, a mean of the values.

    Parameters
    ----------
    query : Tensor (..., L, E)
    key : Tensor (..., S, E)
    value : Tensor (..., S, D)
    attn_mask : array that broadcasts to (..., L, S), optional
        Of bools: which keys each query may see; of floats: what to add to the scores.
    dropout_p : share of the weights to drop
    is_causal : whether query i sees keys 0 ... i only
    scale : float, optional
        1 / sqrt(E) unless given.
    rng : Generator or int, optional

    Returns
    -------
    Tensor (..., L, D)
        Zeros for queries that may see no key at all.
    """
    return ag.scaled_dot_product_attention(
        query, key, value, attn_mask, dropout_p, is_causal, scale, rng
    )


def sinusoidal_positions(length: int, features: int, dtype: Any = None) -> np.ndarray:
    """A row for each position: sines and cosines of it, at wavelengths from 2 pi to 20000 pi.

    row[2 i] = sin(position / 10000**(2 i / features)), and row[2 i + 1] is the cosine of the same.

    Parameters
    ----------
    length, features : rows and columns
    dtype : float dtype; `get_default_dtype()` unless given

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need", section 3.5.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.sinusoidal_positions(3, 2, np.float64).round(2).tolist()
    [[0.0, 1.0], [0.84, 0.54], [0.91, -0.42]]
    """
    if features < 1 or length < 0:
        fact = f"needs a length of at least 0 and 1 feature, got {length} and {features}"
        raise complain(ArgumentError, "sinusoidal_positions", fact)
    even = np.arange(0, features, 2)
    angle = np.arange(length)[:, None] / 10000 ** (even / features)
    out = np.empty((length, features), dtype or get_default_dtype())
    out[:, 0::2] = np.sin(angle)
    out[:, 1::2] = np.cos(angle[:, : features // 2])
    return out
