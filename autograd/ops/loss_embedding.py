"""Similarities and distances of vectors, and the losses that train embeddings by them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, ShapeError
from ..messages import broadcasting_fault, complain
from ..op import composite
from ..samples import BAD_PAIR, Fails, Rng, Sample, uniform
from .arithmetic import subtract
from .choose import maximum, minimum
from .loss import REDUCE, check_reduction, operands, prediction, reduced
from .loss_margin import signs
from .norms import vector_norm
from .piecewise import relu
from .products import vecdot
from .shape import axes_of


def _together(name: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Two arrays of vectors as floats, once it is sure that they broadcast."""
    x1, x2 = prediction(x1), prediction(x2)
    fault = broadcasting_fault({"x1": x1, "x2": x2})
    if fault:
        raise complain(ShapeError, name, fact=fault, arrays={"x1": x1, "x2": x2})
    return x1, x2


def _cosine_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)))
    yield Sample(uniform(rng, (2, 2)), uniform(rng, (2, 1)), axis=0)
    yield Sample(np.zeros((1, 2)), np.ones((1, 2)), eps=0.1, label="zero vector")


def _cosine_reference(x1: Any, x2: Any, axis: int = 1, eps: float = 1e-8) -> np.ndarray:
    x1, x2 = np.broadcast_arrays(x1, x2)
    x1, x2 = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    out = np.empty(x1.shape[:-1])
    for place in np.ndindex(out.shape):
        u, v = x1[place].tolist(), x2[place].tolist()
        lengths = max(math.hypot(*u), eps) * max(math.hypot(*v), eps)
        out[place] = math.fsum(a * b for a, b in zip(u, v)) / lengths
    return out


@composite(
    samples=_cosine_samples,
    reference=_cosine_reference,
    fails=[BAD_PAIR, Fails(np.ones(3), np.ones(3), match="axis 1")],
)
def cosine_similarity(x1, x2, axis=1, eps=1e-8):
    """The cosine of the angle between the vectors along an axis; the other axes broadcast.

    Parameters
    ----------
    x1, x2 : arrays
    axis : int
    eps : float
        Lengths below it count as eps.

    Gradient
    --------
    0 by the length of vectors that are shorter than eps.

    Examples
    --------
    >>> cosine_similarity(Tensor([1.0, 0.0]), Tensor([0.0, 2.0]), axis=0)
    Tensor(0.)
    """
    x1, x2 = _together("cosine_similarity", x1, x2)
    axes_of("cosine_similarity", x1 if x1.ndim >= x2.ndim else x2, axis)
    lengths = [maximum(vector_norm(v, axis=axis), eps) for v in (x1, x2)]
    return vecdot(x1, x2, axis=axis) / lengths[0] / lengths[1]


def _distance_samples(rng: Rng) -> Iterable[Sample]:
    x1, x2 = uniform(rng, (2, 3)), uniform(rng, (2, 3))
    yield Sample(x1, x2)
    yield Sample(x1, x2[0], p=1, keepdims=True)
    yield Sample(x1[0], x2[0], p=3)


def _distance_reference(
    x1: Any, x2: Any, p: float = 2, eps: float = 1e-6, keepdims: bool = False
) -> Any:
    return (np.abs(x1 - x2 + eps) ** p).sum(-1, keepdims=keepdims) ** (1 / p)


@composite(samples=_distance_samples, reference=_distance_reference, fails=[BAD_PAIR])
def pairwise_distance(x1, x2, p=2, eps=1e-6, keepdims=False):
    """The p-norm of x1 - x2 + eps over the last axis; the other axes broadcast.

    Parameters
    ----------
    x1, x2 : arrays, shape (..., D)
    p : order of the norm, as for `vector_norm`
    eps : float
        Keeps the norm away from its kink.
    keepdims : bool
    """
    x1, x2 = _together("pairwise_distance", x1, x2)
    return vector_norm(x1 - x2 + eps, axis=-1, keepdims=keepdims, ord=p)


def _cosine_loss_samples(rng: Rng) -> Iterable[Sample]:
    x1, x2 = uniform(rng, (3, 2)), uniform(rng, (3, 2))
    x1[1] = x2[1] + 0.1
    y = np.array([1, -1, 1])
    for reduction in ("mean", "sum", "none"):
        yield Sample(x1, x2, y, margin=0.3, reduction=reduction)
    yield Sample(x1[0], x2[0], 1)


def _cosine_loss_reference(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    cosine = _cosine_reference(np.atleast_2d(input1), np.atleast_2d(input2), -1)
    losses = np.where(np.equal(target, 1), 1 - cosine, np.clip(cosine - margin, 0, None))
    return REDUCE[reduction](losses if np.ndim(input1) == 2 else losses[0])


@composite(
    samples=_cosine_loss_samples,
    reference=_cosine_loss_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((2, 2)), np.ones(2), match=r"\(2, 3\).*\(2, 2\)"),
        Fails(np.ones((2, 3)), np.ones((2, 3)), np.ones(3), match=r"\(2,\) but target has \(3,\)"),
        Fails(np.ones((1, 2, 3)), np.ones((1, 2, 3)), np.ones(2), match="got 3"),
        Fails(np.ones(3), np.ones(3), 0, match="1 and -1, got 0", error=ArgumentError),
        Fails(np.ones(3), np.ones(3), 1, reduction="max", match="'max'", error=ArgumentError),
    ],
)
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """1 - cosine where the target is 1, max(0, cosine - margin) where it is -1.

    Parameters
    ----------
    input1, input2 : shape (N, D) or (D,)
    target : array of 1 and -1, shape (N,) or ()
        1 for pairs that belong together.
    margin : float
        How similar others may be.
    reduction : "mean", "sum" or "none"
    """
    name = "cosine_embedding_loss"
    check_reduction(name, reduction)
    x1, x2 = operands(name, input1, input2)
    if x1.ndim not in (1, 2):
        fact = f"input1 must have axes (batch, features) or (features), got {x1.ndim}"
        raise complain(ShapeError, name, fact, {"input1": x1})
    cosine, y = operands(name, cosine_similarity(x1, x2, axis=-1), target)
    y = plain(signs(name, y, cosine.dtype))
    return reduced(where(y > 0, 1 - cosine, relu(cosine - margin)), reduction)


def _triplet_samples(rng: Rng) -> Iterable[Sample]:
    points = [uniform(rng, (3, 2)) for _ in range(3)]
    yield Sample(*points)
    yield Sample(*points, margin=0.5, p=3, reduction="sum")
    yield Sample(*points, swap=True, reduction="none")


def _triplet_reference(
    anchor: Any, positive: Any, negative: Any, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, reduction: str = "mean",
) -> Any:  # fmt: skip
    near, far = (_distance_reference(anchor, v, p, eps) for v in (positive, negative))
    if swap:
        far = np.minimum(far, _distance_reference(positive, negative, p, eps))
    return REDUCE[reduction](np.clip(near - far + margin, 0, None))


@composite(
    samples=_triplet_samples,
    reference=_triplet_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((2, 2)), np.ones((2, 3)), match=r"\(2, 3\).*\(2, 2\)"),
        Fails(np.ones(2), np.ones(2), np.ones(2), margin=0, match="margin", error=ArgumentError),
        Fails(np.ones(2), np.ones(2), np.ones(2), reduction="max", match="'max'",
              error=ArgumentError),
    ],
)  # fmt: skip
def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, reduction="mean"
):
    """max(0, distance to the positive - distance to the negative + margin).

    Parameters
    ----------
    anchor, positive, negative : shape (..., D)
        Points that belong together, and one that does not.
    margin : float > 0
        How much farther away the negative should be.
    p, eps : as for `pairwise_distance`
    swap : bool
        Whether to take the positive as the anchor where it is nearer to the negative.
    reduction : "mean", "sum" or "none"

    Source
    ------
    Balntas, Riba, Ponsa & Mikolajczyk (2016), "Learning Local Feature Descriptors with Triplets".
    """
    name = "triplet_margin_loss"
    check_reduction(name, reduction)
    if margin <= 0:
        raise complain(ArgumentError, name, f"margin must be positive, got {margin}")
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(relu(subtract(near, far) + margin), reduction)
