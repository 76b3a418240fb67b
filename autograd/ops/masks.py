"""Replacing the elements that a boolean mask selects."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..errors import DTypeError, ShapeError
from ..op import op
from ..samples import Fails, Rng, Sample, uniform


def _boolean(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The mask, stretched to the shape of what it selects from."""
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise DTypeError(f"mask must be boolean, got {mask.dtype}")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        fact = f"mask has shape {mask.shape}, which does not stretch to {shape}"
        raise ShapeError(fact) from None


_FLOAT_MASK = Fails(np.ones(2), np.ones(2), 0.0, match="mask must be boolean", error=DTypeError)
_WIDE_MASK = Fails(np.ones(2), np.ones(3, bool), 0.0, match=r"mask has shape \(3,\).*\(2,\)")


def _masked_fill_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, ()), True, uniform(rng, ()))
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)) > 0, uniform(rng, ()))
    yield Sample(uniform(rng, (2, 3)), np.array([True, False, True]), -1.5)
    yield Sample(uniform(rng, (2, 3)), np.array([[True], [False]]), uniform(rng, (3,)))


@op(
    samples=_masked_fill_samples,
    reference=lambda x, mask, value: np.where(mask, value, x),
    fails=[
        _FLOAT_MASK,
        _WIDE_MASK,
        Fails(np.ones(2), True, np.ones(3), match=r"value has shape \(3,\).*\(2,\)"),
    ],
    method="masked_fill",
    elementwise=True,
    masks=True,
)
def masked_fill(x, mask, value, /):
    """x with `value` where the mask is True.

    Parameters
    ----------
    mask : bool, broadcasts to the shape of x
    value : number or array, broadcasts to the shape of x and takes its dtype

    Raises
    ------
    DTypeError
        If the mask is not boolean.
    ShapeError
        If mask or value do not stretch to the shape of x.
    """
    out = np.array(x)
    mask = _boolean(mask, out.shape)
    try:
        np.copyto(out, value, where=mask, casting="same_kind")
    except ValueError:
        fact = f"value has shape {np.shape(value)}, which does not stretch to {out.shape}"
        raise ShapeError(fact) from None
    return out[()]


@masked_fill.grad("x")
def _(g, mask):
    return where(mask, 0, g)


@masked_fill.grad("value")
def _(g, mask):
    return where(mask, g, 0)


def _masked_scatter_samples(rng: Rng) -> Iterable[Sample]:
    mask = np.array([[True, False, True], [False, True, False]])
    yield Sample(uniform(rng, (2, 3)), mask, uniform(rng, (3,)))
    yield Sample(uniform(rng, (2, 3)), mask, uniform(rng, (2, 2)))
    yield Sample(uniform(rng, (2, 3)), mask[0], uniform(rng, (4,)))
    yield Sample(uniform(rng, (2, 3)), ~mask & mask, uniform(rng, (1,)), label="empty mask")


def _masked_scatter_reference(x: np.ndarray, mask: Any, source: Any) -> np.ndarray:
    values = iter(np.ravel(source))
    mask = np.broadcast_to(mask, x.shape)
    flat = [next(values) if m else v for v, m in zip(np.ravel(x), np.ravel(mask))]
    return np.reshape(flat, x.shape)


@op(
    samples=_masked_scatter_samples,
    reference=_masked_scatter_reference,
    fails=[
        _FLOAT_MASK,
        _WIDE_MASK,
        Fails(np.ones(3), np.ones(3, bool), np.ones(2), match="mask selects 3.*source has 2"),
    ],
    method="masked_scatter",
    masks=True,
)
def masked_scatter(x, mask, source, /):
    """x with the elements where the mask is True replaced by those of source, in order.

    Parameters
    ----------
    mask : bool, broadcasts to the shape of x
    source : array of any shape, with at least as many elements as the mask selects

    Raises
    ------
    ShapeError
        If source has too few elements, or the mask does not stretch to the shape of x.
    """
    out = np.array(x)
    mask = _boolean(mask, out.shape)
    count = np.count_nonzero(mask)
    if count > np.size(source):
        raise ShapeError(f"mask selects {count} elements but source has {np.size(source)}")
    out[mask] = np.ravel(source)[:count]
    return out[()]


@masked_scatter.grad("x")
def _(g, mask):
    return where(mask, 0, g)


@masked_scatter.grad("source")
def _(g, mask, source_shape):
    return masked_scatter_dsource(g, mask, shape=source_shape)


def _dsource_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (2, 3)) > 0, shape=(3, 2))
    yield Sample(uniform(rng, (2, 3)), np.array([True, False, True]), shape=(4,))


def _dsource_reference(g: np.ndarray, mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    picked = [v for v, m in zip(np.ravel(g), np.ravel(np.broadcast_to(mask, g.shape))) if m]
    return np.reshape(picked + [0.0] * (math.prod(shape) - len(picked)), shape)


@op(samples=_dsource_samples, reference=_dsource_reference, masks=True, public=False)
def masked_scatter_dsource(g, mask, /, *, shape):
    """The adjoint of `masked_scatter` in its source: the selected elements, then zeros."""
    picked = np.asarray(g)[_boolean(mask, np.shape(g))]
    out = np.zeros(math.prod(shape), picked.dtype)
    out[: picked.size] = picked
    return out.reshape(shape)[()]


@masked_scatter_dsource.grad("g")
def _(h, mask, g_shape):
    return masked_scatter(np.zeros(g_shape, h.dtype), mask, h)
