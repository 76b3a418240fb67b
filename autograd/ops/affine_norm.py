"""Standardize, scale and shift in one: what normalisation layers with parameters compute.

The gradients are those of `standardize(x) * w + b`, told by the composition; where there is a
kernel, one call gives all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..algebra import COPIED, sum_to
from ..fused import Once
from ..op import op
from ..samples import Rng, Sample, uniform
from ..tensor import Tensor
from .reduce import mean
from .standardize import inverse_spread, standardize, standardize_dx


def _samples(rng: Rng) -> Iterable[Sample]:
    for shape, parameters, options in (
        ((2, 3), (3,), {"axis": (1,)}),
        ((2, 3, 2), (3, 1), {"axis": (0, -1)}),
        ((1, 2, 2, 2), (2, 2, 1), {"axis": (2, 3)}),
        ((2, 3), (3,), {"axis": (-1,), "center": False}),
    ):
        w, b = uniform(rng, parameters, 0.5, 2), uniform(rng, parameters)
        yield Sample(uniform(rng, shape), w, b, eps=0.1, **options)


def _reference(x: Any, w: Any, b: Any, axis: Any, eps: float, center: bool = True) -> np.ndarray:
    deviation = x - (x.mean(axis, keepdims=True) if center else 0)
    return deviation / np.sqrt((deviation**2).mean(axis, keepdims=True) + eps) * w + b


@op(
    samples=_samples,
    reference=_reference,
    residuals=("center_at", "scale", "once"),
    hints=("known",),
    public=False,
)
def affine_norm(x, w, b, /, *, axis, eps, center=True, known=None):
    """standardize(x) * w + b.

    w, b : broadcast with x; along `axis` either constant or, for the last axes, of x's sizes
    known : mean and `inverse_spread`, where they are at hand
    """
    fast = kernels.affine_norm(x, w, b, axis, eps, center, known)
    if fast is not None:
        return *fast, Once()
    m = x.mean(axis=axis, keepdims=True) if center else None
    m, scale = known or (m, None)
    y, scale = standardize.op.forward(x, axis=axis, eps=eps, center=center,
                                      known=None if scale is None else (m, scale))  # fmt: skip
    m = np.zeros_like(scale) if m is None else m
    return y * w + b, m, scale, None


def norm(x: Any, weight: Any, bias: Any, shape: tuple[int, ...], **options: Any) -> Any:
    """standardize(x) * weight + bias, with what is given of these; they have that shape.

    Ones and zeros take the place of what is not given where there may be a kernel: it is faster
    with them than NumPy without.
    """
    if weight is None and x.size <= COPIED:
        out = standardize(x, **options)
        return out if bias is None else out + bias
    weight = np.ones(shape, x.dtype) if weight is None else weight
    bias = np.zeros(shape, x.dtype) if bias is None else bias
    return affine_norm(x, weight, bias, **options)


def _pulled(i: int, once: Any, g: Any, *given: Any) -> Any:
    """The gradient by input i, if one call of a kernel gives all of them; else None."""
    if once is None or type(g) is Tensor:
        return None
    found = once(g, kernels.affine_norm_back, g, *given)
    return None if found is None else found[i]


@affine_norm.grad("x")
def _(g, x, w, axis, eps, center, center_at, scale, once):
    pulled = _pulled(0, once, g, x, w, axis, center, center_at, scale)
    if pulled is not None:
        return pulled
    known = center_at, scale
    return affine_norm_dx(g, x, w, axis=axis, eps=eps, center=center, known=known)


@affine_norm.grad("w")
def _(g, x, w, axis, eps, center, center_at, scale, once):
    pulled = _pulled(1, once, g, x, w, axis, center, center_at, scale)
    if pulled is not None:
        return pulled
    return affine_norm_dw(g, x, shape=w.shape, axis=axis, eps=eps, center=center)


@affine_norm.grad("b")
def _(g, x, w, axis, center, center_at, scale, once):
    pulled = _pulled(2, once, g, x, w, axis, center, center_at, scale)
    return g if pulled is None else pulled


def _parts(x: Any, **options: Any) -> tuple[Any, Any]:
    """The standardized x, and what it was multiplied by."""
    return standardize(x, **options), inverse_spread(x, **options)


def _dx_samples(rng: Rng) -> Iterable[Sample]:
    for s in _samples(rng):
        x, w, _ = s.args
        yield Sample(uniform(rng, x.shape), x, w, **s.attrs)


def _dx_reference(g: Any, x: Any, w: Any, axis: Any, eps: float, center: bool = True) -> np.ndarray:
    s = 1 / np.sqrt((np.var if center else lambda v, *a, **k: (v * v).mean(*a, **k))(
        x, axis, keepdims=True) + eps)  # fmt: skip
    y = (x - (x.mean(axis, keepdims=True) if center else 0)) * s
    u = g * w
    middle = u.mean(axis, keepdims=True) if center else 0
    return s * (u - middle - y * (u * y).mean(axis, keepdims=True))


@op(samples=_dx_samples, reference=_dx_reference, hints=("known",), public=False)
def affine_norm_dx(g, x, w, /, *, axis, eps, center=True, known=None):
    """The gradient of `affine_norm` by x: `standardize_dx` of g * w.

    known : mean and `inverse_spread`, where they are at hand
    """
    if known is not None:
        fast = kernels.affine_norm_back(g, x, w, axis, center, *known)
        if fast is not None:
            return fast[0]
    y, s = _parts(x, axis=axis, eps=eps, center=center)
    return standardize_dx(g * w, y, s, axis=axis, center=center)


@affine_norm_dx.grad("g")
def _(h, x, w, axis, eps, center):
    y, s = _parts(x, axis=axis, eps=eps, center=center)
    return w * standardize_dx(h, y, s, axis=axis, center=center)


@affine_norm_dx.grad("w")
def _(h, g, x, axis, eps, center):
    y, s = _parts(x, axis=axis, eps=eps, center=center)
    return g * standardize_dx(h, y, s, axis=axis, center=center)


@affine_norm_dx.grad("x")
def _(h, g, x, w, out, axis, eps, center):
    y, s = _parts(x, axis=axis, eps=eps, center=center)
    u = g * w
    of_u, of_h, of_out = (mean(v, axis=axis, keepdims=True) for v in (u * y, h * y, h * out))
    by_y = -s * (h * of_u + u * of_h)
    return standardize_dx(by_y, y, s, axis=axis, center=center) - s * y * of_out


def _dw_samples(rng: Rng) -> Iterable[Sample]:
    for s in _dx_samples(rng):
        g, x, w = s.args
        yield Sample(g, x, shape=w.shape, **s.attrs)


def _dw_reference(
    g: Any, x: Any, shape: Any, axis: Any, eps: float, center: bool = True
) -> np.ndarray:
    product = g * _reference(x, 1, 0, axis, eps, center)
    return np.asarray(sum_to.op.reference(product, shape))


@op(samples=_dw_samples, reference=_dw_reference, public=False)
def affine_norm_dw(g, x, /, *, shape, axis, eps, center=True):
    """The gradient of `affine_norm` by w, of this shape: g * standardize(x), summed."""
    return sum_to(g * standardize(x, axis=axis, eps=eps, center=center), shape=shape)


@affine_norm_dw.grad("g")
def _(h, x, axis, eps, center):
    return h * standardize(x, axis=axis, eps=eps, center=center)


@affine_norm_dw.grad("x")
def _(h, g, x, axis, eps, center):
    y, s = _parts(x, axis=axis, eps=eps, center=center)
    return standardize_dx(h * g, y, s, axis=axis, center=center)
