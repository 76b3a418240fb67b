"""Normalisation of each sample by itself, over features or groups of channels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arguments import operand, shape_of
from ..errors import ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .affine_norm import norm
from .normalisation import check_channels
from .shape import reshape


def _trailing(
    name: str, x: Any, normalized_shape: Any, parameters: dict[str, Any]
) -> tuple[int, ...]:
    """The axes that `normalized_shape` means, once everything fits."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    count = len(shape)
    if not count or shape_of(x)[-count:] != shape:
        fact = f"x of shape {shape_of(x)} does not end in normalized_shape {shape}"
        raise complain(ShapeError, name, fact, {"x": x})
    for label, value in parameters.items():
        if value is not None and shape_of(value) != shape:
            fact = f"{label} has shape {shape_of(value)} but normalized_shape is {shape}"
            raise complain(ShapeError, name, fact, {"x": x, label: value})
    return tuple(range(-count, 0))


def _layer_norm_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), 3, eps=0.1)
    w, b = uniform(rng, (2, 2), 0.5, 2), uniform(rng, (2, 2))
    yield Sample(uniform(rng, (2, 2, 2)), (2, 2), w, b)


def _layer_norm_reference(
    x: np.ndarray, normalized_shape: Any, weight: Any = 1, bias: Any = 0, eps: float = 1e-5
) -> np.ndarray:
    rows = x.reshape(-1, int(np.prod(normalized_shape)))
    rows = np.array([(r - r.mean()) / np.sqrt(r.var() + eps) for r in rows])
    return rows.reshape(x.shape) * weight + bias


@composite(
    samples=_layer_norm_samples,
    reference=_layer_norm_reference,
    fails=[
        Fails(np.ones((2, 3)), 4, match=r"\(2, 3\) does not end in normalized_shape \(4,\)"),
        Fails(np.ones((2, 3)), (3,), np.ones(2), match=r"weight has shape \(2,\)"),
        Fails(np.ones((2, 3)), 3, np.ones(3), np.ones((1, 3)), match=r"bias has shape \(1, 3\)"),
    ],
)
def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    """(x - mean) / sqrt(var + eps) * weight + bias, with mean and variance over the last axes.

    Parameters
    ----------
    x : shape (..., *normalized_shape)
    normalized_shape : int or tuple of ints
    weight, bias : shape normalized_shape, optional

    Source
    ------
    Ba, Kiros & Hinton (2016), "Layer Normalization".
    """
    axes = _trailing("layer_norm", x, normalized_shape, {"weight": weight, "bias": bias})
    x = operand(x)
    return norm(x, weight, bias, x.shape[-len(axes) :], axis=axes, eps=eps)


def _rms_norm_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), 3, uniform(rng, (3,)), 0.1)
    yield Sample(uniform(rng, (2, 2, 2)), (2, 2), None, 0.5)


def _rms_norm_reference(
    x: np.ndarray, normalized_shape: Any, weight: Any, eps: float
) -> np.ndarray:
    rows = x.reshape(-1, int(np.prod(normalized_shape)))
    rows = np.array([r / np.sqrt((r**2).mean() + eps) for r in rows])
    return rows.reshape(x.shape) * (1 if weight is None else weight)


@composite(
    samples=_rms_norm_samples,
    reference=_rms_norm_reference,
    fails=[
        Fails(np.ones((2, 3)), 4, match=r"\(2, 3\) does not end in normalized_shape \(4,\)"),
        Fails(np.ones((2, 3)), (3,), np.ones(2), match=r"weight has shape \(2,\)"),
    ],
)
def rms_norm(x, normalized_shape, weight=None, eps=None):
    """x / sqrt(mean(x * x) + eps) * weight, with the mean over the last axes.

    Parameters
    ----------
    x : shape (..., *normalized_shape)
    normalized_shape : int or tuple of ints
    weight : shape normalized_shape, optional
    eps : float, optional
        Unless given, the distance from 1 to the next number of x's dtype.

    Source
    ------
    Zhang & Sennrich (2019), "Root Mean Square Layer Normalization".
    """
    axes = _trailing("rms_norm", x, normalized_shape, {"weight": weight})
    x = operand(x)
    if eps is None:
        eps = float(np.finfo(np.result_type(x.dtype, np.float16)).eps)
    return norm(x, weight, None, x.shape[-len(axes) :], axis=axes, eps=eps, center=False)


def _group_norm_samples(rng: Rng) -> Iterable[Sample]:
    w, b = uniform(rng, (4,), 0.5, 2), uniform(rng, (4,))
    yield Sample(uniform(rng, (2, 4)), 2, w, b)
    yield Sample(uniform(rng, (1, 4, 2)), 2, eps=0.5)


def _group_norm_reference(
    x: np.ndarray, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> np.ndarray:
    parts = [np.stack(np.split(v, num_groups)) for v in x]
    groups = [[(p - p.mean()) / np.sqrt(p.var() + eps) for p in part] for part in parts]
    out = np.moveaxis(np.reshape(groups, x.shape), 1, -1)
    out = out if weight is None else out * weight + bias
    return np.moveaxis(out, -1, 1)


@composite(
    samples=_group_norm_samples,
    reference=_group_norm_reference,
    fails=[
        Fails(np.ones((2, 4)), 3, match="3 groups do not divide the 4 channels"),
        Fails(np.ones((2, 4)), 0, match="0 groups do not divide the 4 channels"),
        Fails(np.ones((2, 4)), 2, np.ones(2), match=r"weight has shape \(2,\).*4 channels"),
    ],
)
def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    """`layer_norm` of each of `num_groups` groups of channels, then weight and bias per channel.

    Parameters
    ----------
    x : shape (N, C, ...)
    num_groups : int
        Divides C.
    weight, bias : shape (C,), optional

    Source
    ------
    Wu & He (2018), "Group Normalization".
    """
    x = operand(x)
    check_channels("group_norm", x, {"weight": weight, "bias": bias})
    if num_groups < 1 or x.shape[1] % num_groups:
        fact = f"{num_groups} groups do not divide the {x.shape[1]} channels of x"
        raise complain(ShapeError, "group_norm", fact, {"x": x})
    shape = (x.shape[0], num_groups, x.shape[1] // num_groups, math.prod(x.shape[2:]))
    each = (*shape[1:3], 1)  # a number for each channel
    weight, bias = (p if p is None else reshape(p, shape=each) for p in (weight, bias))
    out = norm(reshape(x, shape=shape), weight, bias, each, axis=(2, 3), eps=eps)
    return reshape(out, shape=x.shape)
