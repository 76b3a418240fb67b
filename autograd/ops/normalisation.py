"""Normalisation layers: standardize over some axes, scale and shift again."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arguments import operand, shape_of
from ..engine import plain
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import BAD_AXIS, Fails, Rng, Sample, uniform
from .affine_norm import norm
from .choose import maximum
from .norms import vector_norm
from .powers import rsqrt, square
from .rearrange import pad_constant, sliding_window_view
from .reduce import count_along, mean
from .shape import axes_of, reshape
from .standardize import moments

# Statistics of the batch or of each sample, per channel


def check_channels(name: str, x: Any, parameters: dict[str, Any]) -> None:
    """Require that x has channels, and each of the given `parameters` a number for every one."""
    shape = shape_of(x)
    if len(shape) < 2:
        fact = f"x must have axes (batch, channels, ...), got {len(shape)} axes"
        raise complain(ShapeError, name, fact, {"x": x})
    for label, value in parameters.items():
        if value is not None and shape_of(value) != shape[1:2]:
            fact = f"{label} has shape {shape_of(value)} but x has {shape[1]} channels"
            raise complain(ShapeError, name, fact, {"x": x, label: value})


def _shaped(value: Any, ndim: int) -> Any:
    """A parameter, a number for each channel, shaped to broadcast with x of so many axes."""
    narrow = value is None or ndim == 2
    return value if narrow else reshape(value, shape=(-1,) + (1,) * (ndim - 2))


def _per_channel(
    name: str,
    x: Any,
    statistics: tuple[Any, Any],
    affine: tuple[Any, Any],
    eps: float,
    axes: tuple[int, ...],
    return_moments: bool,
) -> Any:
    """batch_norm and instance_norm: they take statistics over different axes."""
    x = operand(x)
    given = dict(zip(("mean", "var", "weight", "bias"), (*statistics, *affine)))
    check_channels(name, x, given)
    m, v, weight, bias = [_shaped(value, x.ndim) for value in given.values()]
    if (m is None) != (v is None):
        raise complain(ArgumentError, name, "mean and var are given together or not at all")
    if v is not None:
        scale = rsqrt(v + eps)
        if x.dtype.kind != "f" and operand(m).dtype.kind != "f":
            m = 1.0 * m  # differences of bytes wrap around
        out = (x - m) * (scale if weight is None else scale * weight)
    else:
        if count_along(x.shape, axes) == 1:
            fact = "statistics of a single value for each channel say nothing"
            raise complain(ShapeError, name, fact, {"x": x}, hint="give mean and var")
        known = None
        if return_moments:
            m, v, scale = moments(plain(x), axes, eps)
            known = m, scale
        each = x.shape[1:2] + (1,) * (x.ndim - 2)  # a number for each channel
        out, bias = norm(x, weight, bias, each, axis=axes, eps=eps, known=known), None
    out = out if bias is None else out + bias
    if not return_moments:
        return out
    return out, *(_average(plain(moment), x.shape[1]) for moment in (m, v))


def _average(moment: np.ndarray, channels: int) -> np.ndarray:
    """One number for each channel, of one or many."""
    if moment.size == channels:
        return moment.reshape(channels)
    return moment.reshape(-1, channels).mean(0)


def _norm_samples(rng: Rng) -> Iterable[Sample]:
    w, b = uniform(rng, (2,), 0.5, 2), uniform(rng, (2,))
    yield Sample(uniform(rng, (3, 2, 2)), None, None, w, b)
    yield Sample(uniform(rng, (2, 2, 1, 2)), eps=0.5)
    yield Sample(uniform(rng, (2, 2, 2)), uniform(rng, (2,)), uniform(rng, (2,), 0.5, 2), w, b)


def _norm_reference(first: int) -> Any:
    """Of batch_norm and instance_norm: NumPy's statistics over all axes from `first` on but one."""

    def reference(
        x: np.ndarray, mean: Any = None, var: Any = None, weight: Any = None, bias: Any = None,
        eps: float = 1e-5,
    ) -> Any:  # fmt: skip
        y = np.moveaxis(x, 1, -1)  # channels last: per-channel numbers broadcast by themselves
        axes = tuple(range(first, y.ndim - 1))
        m, v = y.mean(axes, keepdims=True), y.var(axes, keepdims=True)
        m, v = (m, v) if mean is None else (mean, var)
        out = (y - m) / np.sqrt(v + eps) * (1 if weight is None else weight)
        return np.moveaxis(out + (0 if bias is None else bias), -1, 1)

    return reference


_NORM_FAILS = (
    Fails(np.ones((2, 3)), weight=np.ones(2), match=r"weight has shape \(2,\).*3 channels"),
    Fails(np.ones((2, 3)), np.ones(2), np.ones(2), match=r"mean has shape \(2,\).*3 channels"),
    Fails(np.ones((2, 3)), np.ones(3), error=ArgumentError, match="mean and var"),
    Fails(np.ones(3), match="got 1 axes"),
    Fails(np.ones((1, 3)), match="a single value"),
)


@composite(samples=_norm_samples, reference=_norm_reference(0), fails=_NORM_FAILS)
def batch_norm(x, mean=None, var=None, weight=None, bias=None, eps=1e-5, return_moments=False):
    """(x - mean) / sqrt(var + eps) * weight + bias, with a number of each for every channel.

    Parameters
    ----------
    x : shape (N, C, ...)
    mean, var : shape (C,), optional
        Statistics to use, such as running ones. Without them those of the batch, over which x is
        then differentiated too: mean and (biased) variance over all axes but the channels'.
    weight, bias : shape (C,), optional
    eps : float
        Keeps the root away from zero.
    return_moments : bool
        Whether to return the statistics too, as (out, mean, var): plain arrays, in which nothing
        is differentiated, to keep running averages.

    Raises
    ------
    ShapeError
        If there are not as many parameters as channels, or if the batch has only one value for
        each channel and no statistics are given.

    Source
    ------
    Ioffe & Szegedy (2015), "Batch Normalization".
    """
    axes = (0, *range(2, np.ndim(x)))
    return _per_channel("batch_norm", x, (mean, var), (weight, bias), eps, axes, return_moments)


def _instance_samples(rng: Rng) -> Iterable[Sample]:
    for sample in _norm_samples(rng):
        if np.size(sample.args[0][0, 0]) > 1:
            yield sample


@composite(
    samples=_instance_samples,
    reference=_norm_reference(1),
    fails=[*_NORM_FAILS, Fails(np.ones((3, 2, 1)), match="a single value")],
)
def instance_norm(x, mean=None, var=None, weight=None, bias=None, eps=1e-5, return_moments=False):
    """`batch_norm` with statistics of its own for every sample, over the axes behind the channels.

    Parameters and errors: as for `batch_norm`. The moments that are returned are the averages of
    those of the samples.

    Source
    ------
    Ulyanov, Vedaldi & Lempitsky (2016), "Instance Normalization".
    """
    axes = tuple(range(2, np.ndim(x)))
    return _per_channel("instance_norm", x, (mean, var), (weight, bias), eps, axes, return_moments)


# Others


def _lrn_reference(
    x: np.ndarray, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> np.ndarray:
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        near = x[:, builtins.max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
        out[:, c] = x[:, c] / (k + alpha * (near**2).sum(1) / size) ** beta
    return out


@composite(
    samples=lambda rng: [
        Sample(uniform(rng, (2, 4)), 3, alpha=0.5),
        Sample(uniform(rng, (1, 3, 2)), 2, alpha=0.5, beta=0.5, k=2.0),
    ],
    reference=_lrn_reference,
    fails=[
        Fails(np.ones(3), 2, match="got 1 axes"),
        Fails(np.ones((2, 3)), 0, error=ArgumentError, match="size .* 0"),
    ],
)
def local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    """x / (k + alpha * mean of x * x over `size` neighbouring channels) ** beta.

    Parameters
    ----------
    x : shape (N, C, ...)
    size : int
        The neighbours of channel c are c - size//2 ... c + (size-1)//2; channels that do not
        exist count as zero.

    Source
    ------
    Krizhevsky, Sutskever & Hinton (2012), "ImageNet Classification with Deep CNNs".
    """
    check_channels("local_response_norm", x, {})
    if size < 1:
        raise complain(ArgumentError, "local_response_norm", f"size must be at least 1, got {size}")
    width = [(0, 0)] * np.ndim(x)
    width[1] = (size // 2, (size - 1) // 2)
    squares = pad_constant(square(x), pad_width=tuple(width))
    near = mean(sliding_window_view(squares, window_shape=size, axis=1), axis=-1)
    return operand(x) / (k + alpha * near) ** beta


def _normalize_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)))
    yield Sample(uniform(rng, (2, 3)), p=3, axis=0)
    yield Sample(np.array([[0.0, 0.0], [0.1, 0.2]]), eps=0.5, label="short ones")


def _normalize_reference(
    x: np.ndarray, p: float = 2, axis: int = 1, eps: float = 1e-12
) -> np.ndarray:
    length = (np.abs(x) ** p).sum(axis, keepdims=True) ** (1 / p)
    return x / np.where(length > eps, length, eps)


@composite(samples=_normalize_samples, reference=_normalize_reference, fails=[BAD_AXIS])
def normalize(x, p=2, axis=1, eps=1e-12):
    """x over its p-norm along `axis` (an int or a tuple); norms below eps count as eps.

    Examples
    --------
    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    axes = axes_of("normalize", x, axis)
    return operand(x) / maximum(vector_norm(x, ord=p, axis=axes, keepdims=True), eps)
