"""Subtract a mean, divide by a spread: what the normalisation layers have in common.

With y the result and s = 1 / sqrt(var + eps), the gradient is s * (g - mean(g) - y * mean(g * y)),
which is an op of g, y and s again: so every order is exact. What the layers differ in is only the
axes that are taken together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..op import op
from ..samples import Rng, Sample, uniform
from .reduce import count_along, mean, sum


def _mean_product(x: np.ndarray, y: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    """mean(x * y) with the axes kept, without making an array of the products."""
    axes = [k for k in range(x.ndim) if k not in axis and k - x.ndim not in axis]
    wide = np.result_type(x, y, np.float32)  # squares of float16 overflow early
    total = np.einsum(x, range(x.ndim), y, range(x.ndim), axes, dtype=wide)
    return (total / count_along(x.shape, axis)).reshape(
        [n if k in axes else 1 for k, n in enumerate(x.shape)]
    )


def _deviation(x: np.ndarray, axis: tuple[int, ...], center: bool) -> np.ndarray:
    return x - mean(x, axis=axis, keepdims=True) if center else x


def _scale(deviation: np.ndarray, axis: tuple[int, ...], eps: float) -> np.ndarray:
    """1 / sqrt(mean square + eps)."""
    return _inverse_root(_mean_product(deviation, deviation, axis), eps, deviation.dtype)


def _inverse_root(square: np.ndarray, eps: float, dtype: Any) -> np.ndarray:
    return (1 / np.sqrt(square + eps)).astype(np.result_type(dtype, np.float16))


def moments(x: np.ndarray, axis: tuple[int, ...], eps: float) -> tuple[np.ndarray, ...]:
    """Mean, variance and 1 / sqrt(var + eps) of plain values, with the axes kept."""
    fast = kernels.moments(x, axis)
    if fast is None:
        m = mean(x, axis=axis, keepdims=True)
        deviation = x - m
        fast = m, _mean_product(deviation, deviation, axis)
    return *fast, _inverse_root(fast[1], eps, x.dtype)


def _core_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), axis=(1,), eps=0.1)
    yield Sample(uniform(rng, (2, 2, 2)), axis=(0, -1), eps=0.1)
    yield Sample(uniform(rng, (2, 3)), axis=(1,), eps=0.1, center=False)


def _core_reference(x: np.ndarray, axis: Any, eps: float, center: bool = True) -> np.ndarray:
    deviation = x - (x.mean(axis, keepdims=True) if center else 0)
    return deviation / np.sqrt((deviation**2).mean(axis, keepdims=True) + eps)


@op(
    samples=_core_samples,
    reference=_core_reference,
    residuals=("scale",),
    hints=("known",),
    public=False,
)
def standardize(x, /, *, axis, eps, center=True, known=None):
    """(x - mean) / sqrt(var + eps) over `axis`; without `center` x / sqrt(mean(x * x) + eps).

    known : mean and `inverse_spread`, where they are at hand
    """
    deviation = _deviation(x, axis, center) if known is None else x - known[0]
    scale = _scale(deviation, axis, eps) if known is None else known[1]
    if deviation is x:
        return x * scale, scale
    deviation *= scale
    return deviation, scale


@standardize.grad("x")
def _(g, x, out, axis, eps, center, scale):
    spread = inverse_spread(x, axis=axis, eps=eps, center=center, known=scale)
    return standardize_dx(g, out, spread, axis=axis, center=center)


def _inverse_spread_reference(x: np.ndarray, axis: Any, eps: float, center: bool = True) -> Any:
    square = np.var(x, axis, keepdims=True) if center else np.mean(x * x, axis, keepdims=True)
    return (square + eps) ** -0.5


@op(samples=_core_samples, reference=_inverse_spread_reference, hints=("known",), public=False)
def inverse_spread(x, /, *, axis, eps, center=True, known=None):
    """What `standardize` multiplies by: 1 / sqrt(var + eps), or the value known already."""
    if known is not None:
        return np.asarray(known)
    return _scale(_deviation(x, axis, center), axis, eps)


@inverse_spread.grad("x")
def _(g, x, out, axis, eps, center):
    slope = g * out * out * (-1 / count_along(x.shape, axis))
    return slope * standardize(x, axis=axis, eps=eps, center=center)


def _dx_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)), uniform(rng, (2, 1)), axis=(1,))
    x, y, s = uniform(rng, (2, 2, 2)), uniform(rng, (2, 2, 2)), uniform(rng, (1, 2, 1))
    yield Sample(x, y, s, axis=(0, -1), center=False)


def _dx_reference(g: Any, y: Any, s: Any, axis: Any, center: bool = True) -> np.ndarray:
    middle = g.mean(axis, keepdims=True) if center else 0
    return s * (g - middle - y * (g * y).mean(axis, keepdims=True))


@op(samples=_dx_samples, reference=_dx_reference, public=False)
def standardize_dx(g, y, s, /, *, axis, center=True):
    """s * (g - mean(g) - y * mean(g * y)) over `axis`, without mean(g) if not `center`."""
    out = np.multiply(y, _mean_product(g, y, axis), dtype=np.result_type(g, y))
    np.subtract(g, out, out=out)
    if center:
        out -= mean(g, axis=axis, keepdims=True)
    out *= s
    return out


@standardize_dx.grad("g")
def _(h, y, s, axis, center):
    return standardize_dx(h, y, s, axis=axis, center=center)


@standardize_dx.grad("y")
def _(h, g, y, s, axis):
    means = (mean(v * y, axis=axis, keepdims=True) for v in (g, h))
    return -s * (h * next(means) + g * next(means))


@standardize_dx.grad("s")
def _(h, out, s, axis):
    return sum(h * out, axis=axis, keepdims=True) / s
