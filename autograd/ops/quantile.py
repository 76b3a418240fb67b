"""Medians and quantiles.

All are read off the sorted elements, so elements that tie share the gradient equally.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..errors import ArgumentError, GraphError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import BAD_AXIS, Fails, Rng, Sample, distinct, reduction
from ..tensor import Tensor, tensors_in
from .compare import equal, isnan
from .gather import take_along_axis
from .index import getitem
from .reduce import count_along, count_nonzero, lane_by_lane
from .shape import axes_of, moveaxis, reshape, transpose
from .sort import sort


def _sorted_lanes(name: str, x: Any, axis: Any) -> tuple[Any, tuple[int, ...], tuple[int, ...]]:
    """What is reduced together, sorted along a last axis; the result's shape without and with the
    reduced axes."""
    shape = np.shape(x)
    axes = axes_of(name, x, axis)
    kept = tuple(k for k in range(len(shape)) if k not in axes)
    count = count_along(shape, axes)
    if not count:
        raise complain(ShapeError, name, "there is no element to choose from", {"x": x})
    short = tuple(shape[k] for k in kept)
    lanes = reshape(transpose(x, axes=(*kept, *axes)), shape=(*short, count))
    return sort(lanes), short, tuple(1 if k in axes else n for k, n in enumerate(shape))


# Where the q-quantile of n sorted elements lies, counted from 0; between two it is interpolated.
# Those named by Hyndman & Fan (1996) are definitions 1 to 9 there, in their order.


def _averaged(q: np.ndarray, n: int) -> np.ndarray:
    return np.where(n * q == np.floor(n * q), n * q - 0.5, np.floor(n * q))


def _closest(q: np.ndarray, n: int) -> np.ndarray:
    j = np.floor(n * q - 0.5)  # of two equally close ones the even one, counted from 1
    return np.where((n * q - 0.5 == j) & (j % 2 == 0), j - 1, j)


def _continuous(alpha: float, beta: float) -> Callable[[np.ndarray, int], np.ndarray]:
    return lambda q, n: n * q + (alpha + q * (1 - alpha - beta)) - 1


_METHODS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "linear": lambda q, n: (n - 1) * q,
    "lower": lambda q, n: np.floor((n - 1) * q),
    "higher": lambda q, n: np.ceil((n - 1) * q),
    "nearest": lambda q, n: np.rint((n - 1) * q),
    "midpoint": lambda q, n: (np.floor((n - 1) * q) + np.ceil((n - 1) * q)) / 2,
    "inverted_cdf": lambda q, n: np.ceil(n * q) - 1,
    "averaged_inverted_cdf": _averaged,
    "closest_observation": _closest,
    "interpolated_inverted_cdf": _continuous(0, 1),
    "hazen": _continuous(0.5, 0.5),
    "weibull": _continuous(0, 0),
    "median_unbiased": _continuous(1 / 3, 1 / 3),
    "normal_unbiased": _continuous(3 / 8, 3 / 8),
}


def _between(lanes: Any, position: np.ndarray) -> Any:
    """The sorted lanes at (fractional) positions; NaN where a lane has a NaN, which comes last."""
    low = np.floor(position).astype(np.intp)
    out = getitem(lanes, index=(..., low))
    dtype = lanes.dtype if lanes.dtype.kind == "f" else np.float64
    weight = (position - low).astype(dtype)
    if weight.any():
        above = getitem(lanes, index=(..., np.ceil(position).astype(np.intp)))
        out = out * (1 - weight) + where(weight == 0, 0, above) * weight  # 0 * inf is not 0
    last = getitem(lanes, index=(..., slice(-1, None)))
    return where(isnan(last), last, out)


def _quantile_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 3, 2))
    yield Sample(x, q=0.4)
    yield Sample(x, q=np.array([0.1, 0.5, 1.0]), axis=1)
    yield Sample(x, q=0.25, axis=(0, -1), keepdims=True)
    yield Sample(x, q=np.array([[0.3], [0.0]]), axis=-2, keepdims=True)
    for method in _METHODS:
        q = np.array([0.0, 0.125, 0.3, 0.375, 0.5, 0.625, 1.0])
        yield Sample(distinct(rng, (4,)), q=q, method=method)


@composite(
    samples=_quantile_samples,
    reference=np.quantile,
    fails=[
        Fails(np.ones((2, 3)), q=0.5, axis=2, match="axis 2"),
        Fails(np.ones(3), q=1.5, error=ArgumentError, match="between 0 and 1.* 1.5"),
        Fails(np.ones(3), q=0.5, method="guess", error=ArgumentError, match="guess"),
        Fails(np.ones(0), q=0.5, match="no element"),
        Fails(np.ones(3), q=Tensor(0.5, requires_grad=True), error=GraphError, match="derivative"),
    ],
    method="quantile",
)
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The value below which a share q of the elements lies.

    Parameters
    ----------
    q : number or array of numbers between 0 and 1
        The axes of an array come first in the result. Not differentiable.
    axis : int, tuple, or None for all
    method : str
        How to estimate a quantile between two elements: one of those that `numpy.quantile` knows
        ("linear", "lower", "higher", "nearest", "midpoint", "inverted_cdf", "hazen", "weibull",
        "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
        "median_unbiased", "normal_unbiased").

    Returns
    -------
    array
        NaN where there is a NaN among the elements.

    Source
    ------
    Hyndman & Fan (1996), "Sample quantiles in statistical packages".
    """
    if any(t.requires_grad for t in tensors_in(q)):
        fact = "there is no derivative with respect to q, but q requires grad"
        raise complain(GraphError, "quantile", fact, {"q": q}, hint="pass q.detach()")
    share = np.asarray(q, float)
    if not ((share >= 0) & (share <= 1)).all():
        raise complain(ArgumentError, "quantile", f"q must be between 0 and 1, not {q}")
    if method not in _METHODS:
        fact = f"method must be one of {', '.join(_METHODS)}, not {method!r}"
        raise complain(ArgumentError, "quantile", fact)
    lanes, short, long = _sorted_lanes("quantile", x, axis)
    count = lanes.shape[-1]
    position = np.clip(_METHODS[method](share.ravel(), count), 0, count - 1)
    found = moveaxis(_between(lanes, position), -1, 0)
    return reshape(found, shape=share.shape + (long if keepdims else short))


MEDIAN_FAILS = (BAD_AXIS, Fails(np.ones((2, 0)), match="no element"))


@composite(
    samples=reduction(distinct),
    reference=lane_by_lane(statistics.median),
    fails=MEDIAN_FAILS,
    method="median",
)
def median(x, axis=None, keepdims=False):
    """The middle element over `axis` (the mean of the two in the middle); NaN if there is a NaN.

    Parameters
    ----------
    x : floats
    axis : int, tuple of them, or None for all
    keepdims : bool

    Gradient
    --------
    To the middle element, or half to each of the two.

    Examples
    --------
    >>> median(np.array([[3.0, 1.0, 2.0], [4.0, 4.0, 7.0]]), axis=1)
    array([2., 4.])
    """
    lanes, short, long = _sorted_lanes("median", x, axis)
    found = _between(lanes, np.array([(lanes.shape[-1] - 1) / 2]))
    return reshape(found, shape=long if keepdims else short)


def _some_nan(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 3, 2))
    x[0, 1, 0] = x[1, :, 1] = np.nan
    for axis in (None, 0, (0, 2)):
        yield Sample(x, axis=axis, orders=0)
    yield Sample(distinct(rng, (2, 3)), axis=1, keepdims=True)


@composite(
    samples=_some_nan,
    reference=lane_by_lane(lambda v: statistics.median([u for u in v if u == u])),
    fails=MEDIAN_FAILS,
    method="nanmedian",
)
def nanmedian(x, axis=None, keepdims=False):
    """The median over `axis` of the elements that are not NaN; NaN where there are none.

    Examples
    --------
    >>> nanmedian(np.array([[3.0, np.nan, 1.0], [4.0, 4.0, 7.0]]), axis=1)
    array([2., 4.])
    """
    lanes, short, long = _sorted_lanes("nanmedian", x, axis)
    count = np.asarray(count_nonzero(equal(lanes, lanes), axis=-1, keepdims=True))
    low = take_along_axis(lanes, np.maximum(count - 1, 0) // 2)
    high = take_along_axis(lanes, count // 2)
    return reshape(low / 2 + high / 2, shape=long if keepdims else short)
