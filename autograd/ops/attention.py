"""Attention: means of values, weighted by how well their keys fit the queries."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..arguments import operand
from ..engine import plain
from ..errors import DTypeError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .loss import constant
from .products import matmul
from .regularise import dropout, dropped_reference
from .shape import swapaxes
from .softmax import softmax


def _weight_samples(rng: Rng) -> Iterable[Sample]:
    q, k = uniform(rng, (2, 3)), uniform(rng, (3, 3))
    yield Sample(q, k)
    yield Sample(q, k, uniform(rng, (2, 3)), scale=0.5)
    yield Sample(q, k, np.array([[True, False, True], [False, False, False]]))
    yield Sample(uniform(rng, (2, 2, 1)), uniform(rng, (1, 3, 1)), is_causal=True)


def _weight_reference(
    q: np.ndarray, k: np.ndarray, attn_mask: Any = None, is_causal: bool = False, scale: Any = None
) -> np.ndarray:
    scores = np.einsum("...qd,...kd->...qk", q, k)
    scores = scores * (max(q.shape[-1], 1) ** -0.5 if scale is None else scale)
    rows, columns = np.indices(scores.shape[-2:])
    may = np.broadcast_to((columns <= rows) | (not is_causal), scores.shape)
    if attn_mask is not None and attn_mask.dtype == bool:
        may = may & attn_mask
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = np.where(may, np.exp(scores), 0)
    total = weights.sum(-1, keepdims=True)
    return weights / np.where(total == 0, 1, total)


_Q, _K, _V = np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 5))


@composite(
    samples=_weight_samples,
    reference=_weight_reference,
    fails=[
        Fails(_Q, np.ones((4, 2)), match="q has 3 features but k has 2"),
        Fails(np.ones(3), _K, match="q must have axes .* got 1"),
        Fails(_Q, np.ones(3), match="k must have axes .* got 1"),
        Fails(_Q, _K, np.ones((3, 4)), match=r"attn_mask .* \(3, 4\).*\(2, 4\)"),
        Fails(_Q, _K, np.ones((2, 4), int), match="boolean .* float.* int64", error=DTypeError),
    ],
)
def attention_weights(q, k, attn_mask=None, is_causal=False, scale=None):
    """softmax(q @ k.mT * scale + mask): how much each query heeds each key.

    Parameters
    ----------
    q, k, attn_mask, is_causal, scale : as for `scaled_dot_product_attention`

    Returns
    -------
    shape (..., L, S)
        Rows sum to 1, but are zeros for queries that may see no key at all.
    """
    name = "attention_weights"
    q, k = operand(q), operand(k)
    for label, x in (("q", q), ("k", k)):
        if x.ndim < 2:
            fact = f"{label} must have axes (..., places, features), got {x.ndim}"
            raise complain(ShapeError, name, fact, {"q": q, "k": k})
    if q.shape[-1] != k.shape[-1]:
        fact = f"q has {q.shape[-1]} features but k has {k.shape[-1]}"
        raise complain(ShapeError, name, fact, {"q": q, "k": k})
    if scale is None:
        scale = max(q.shape[-1], 1) ** -0.5
    scores = matmul(q * scale, swapaxes(k, -1, -2))
    if is_causal:
        scores = where(np.tri(*scores.shape[-2:], dtype=bool), scores, -math.inf)
    if attn_mask is None:
        return softmax(scores, axis=-1)
    mask = _checked_mask(name, attn_mask, scores)
    scores = where(mask, scores, -math.inf) if mask.dtype == bool else scores + mask
    blind = (plain(scores) == -math.inf).all(-1, keepdims=True)
    if not blind.any():
        return softmax(scores, axis=-1)
    return where(blind, 0, softmax(where(blind, 0, scores), axis=-1))


def _samples(rng: Rng) -> Iterable[Sample]:
    q, k, v = uniform(rng, (2, 3)), uniform(rng, (3, 3)), uniform(rng, (3, 2))
    yield Sample(q, k, v)
    yield Sample(q, k, v, uniform(rng, (2, 3)), scale=0.5)
    mask = np.array([[True, False, True], [False, False, False]])
    yield Sample(q, k, v, mask)
    yield Sample(uniform(rng, (2, 2, 1)), uniform(rng, (1, 3, 1)), v, is_causal=True)
    yield Sample(q, k, v, dropout_p=0.4, rng=0)


def _reference(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: Any = None, rng: Any = None,
) -> np.ndarray:  # fmt: skip
    weights = _weight_reference(q, k, attn_mask, is_causal, scale)
    if dropout_p:
        weights = dropped_reference()(weights, dropout_p, rng=rng)
    return np.einsum("...qk,...kd->...qd", weights, v)


@composite(
    samples=_samples,
    reference=_reference,
    fails=[
        Fails(_Q, np.ones((4, 2)), _V, match="q has 3 features but k has 2"),
        Fails(_Q, _K, np.ones((3, 5)), match="k has 4 places but v has 3"),
        Fails(np.ones(3), _K, _V, match="q must have axes .* got 1"),
        Fails(_Q, _K, np.ones(4), match="v must have axes .* got 1"),
        Fails(_Q, _K, _V, np.ones((3, 4)), match=r"attn_mask .* \(3, 4\).*\(2, 4\)"),
        Fails(_Q, _K, _V, np.ones((2, 4), int), match="boolean .* float.* int64", error=DTypeError),
    ],
)
def scaled_dot_product_attention(
    q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, rng=None
):
    """softmax(q @ k.mT * scale + mask) @ v: for each query, a mean of the values.

    Parameters
    ----------
    q : shape (..., L, E)
        Queries.
    k : shape (..., S, E)
        Keys.
    v : shape (..., S, D)
        Values. The axes in front of all three broadcast.
    attn_mask : array that broadcasts to (..., L, S), optional
        Of bools: which keys each query may see; of floats: what to add to the scores.
    dropout_p : float
        Share of the weights to drop.
    is_causal : bool
        Query i sees keys 0 ... i only.
    scale : float, optional
        1 / sqrt(E) unless given.
    rng : numpy Generator, seed, or None for the package's generator, for the dropout

    Returns
    -------
    shape (..., L, D)
        Zeros for queries that may see no key at all.

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need".
    """
    name, k, v = "scaled_dot_product_attention", operand(k), operand(v)
    if v.ndim < 2:
        fact = f"v must have axes (..., places, features), got {v.ndim}"
        raise complain(ShapeError, name, fact, {"q": q, "k": k, "v": v})
    if k.shape[-2:-1] not in ((), v.shape[-2:-1]):
        fact = f"k has {k.shape[-2]} places but v has {v.shape[-2]}"
        raise complain(ShapeError, name, fact, {"q": q, "k": k, "v": v})
    weights = attention_weights(q, k, attn_mask, is_causal, scale)
    return matmul(dropout(weights, dropout_p, rng=rng), v)


def _checked_mask(name: str, attn_mask: Any, scores: Any) -> Any:
    mask = operand(attn_mask)
    if mask.dtype.kind not in "bf":
        fact = f"attn_mask must be boolean (may see) or float (is added), not {mask.dtype}"
        raise complain(DTypeError, name, fact, {"attn_mask": mask})
    try:
        fits = np.broadcast_shapes(mask.shape, scores.shape) == scores.shape
    except ValueError:
        fits = False
    if not fits:
        fact = f"attn_mask of shape {mask.shape} does not broadcast to scores of {scores.shape}"
        raise complain(ShapeError, name, fact, {"attn_mask": mask})
    return mask if mask.dtype == bool else constant(mask, scores)
