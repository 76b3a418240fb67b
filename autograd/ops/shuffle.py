"""Channels that become pixels, pixels that become channels, and channels that change places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .shape import reshape, transpose


def _factor(name: str, option: str, value: Any) -> int:
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise complain(ArgumentError, name, f"{option} must be an int, at least 1, got {value!r}")
    return int(value)


def _images(name: str, x: Any) -> Any:
    x = operand(x)
    if x.ndim < 3:
        fact = f"x must have at least 3 axes (..., channels, rows, columns), got {x.ndim}"
        raise complain(ShapeError, name, fact, {"x": x})
    return x


def _permuted(x: Any, lead: tuple[int, ...], split: list[int], order: list[int]) -> Any:
    """The axes behind `lead` split up into these sizes and put in this order."""
    k = len(lead)
    apart = reshape(x, shape=(*lead, *split))
    return transpose(apart, axes=(*range(k), *(k + axis for axis in order)))


def _shuffle_reference(x: np.ndarray, upscale_factor: int) -> np.ndarray:
    r, (*lead, channels, H, W) = upscale_factor, x.shape
    out = np.zeros((*lead, channels // (r * r), H * r, W * r))
    for c, i, j in np.ndindex(out.shape[-3:]):
        out[..., c, i, j] = x[..., (c * r + i % r) * r + j % r, i // r, j // r]
    return out


def _shuffle_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 8, 1, 3)), 2)
    yield Sample(uniform(rng, (9, 2, 1)), 3)
    yield Sample(np.ones((0, 4, 2, 2)), 2)


@composite(
    samples=_shuffle_samples,
    reference=_shuffle_reference,
    fails=[
        Fails(np.ones((2, 2)), 2, match="at least 3 axes .* got 2"),
        Fails(np.ones((6, 2, 2)), 2, match="x has 6 channels, which are not a multiple of 4"),
        Fails(np.ones((4, 2, 2)), 0, match="upscale_factor must", error=ArgumentError),
        Fails(np.ones((4, 2, 2)), 2.0, match="upscale_factor must", error=ArgumentError),
    ],
)
def pixel_shuffle(x, upscale_factor):
    """Larger images of fewer channels: r * r channels are the pixels of squares of r * r pixels.

    Parameters
    ----------
    x : shape (..., C * r * r, H, W)
    upscale_factor : int
        r.

    Returns
    -------
    shape (..., C, H * r, W * r)
        out[c, i, j] = x[(c * r + i % r) * r + j % r, i // r, j // r]

    Raises
    ------
    ShapeError
        If r * r does not divide the number of channels.

    Source
    ------
    Shi et al. (2016), "Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network".

    Examples
    --------
    >>> pixel_shuffle(np.array([1, 2, 3, 4]).reshape(4, 1, 1), 2)
    array([[[1, 2],
            [3, 4]]])
    """
    r = _factor("pixel_shuffle", "upscale_factor", upscale_factor)
    x = _images("pixel_shuffle", x)
    *lead, channels, H, W = x.shape
    if channels % (r * r):
        fact = f"x has {channels} channels, which are not a multiple of {r * r}"
        raise complain(ShapeError, "pixel_shuffle", fact, {"x": x}, {"upscale_factor": r})
    C = channels // (r * r)
    apart = _permuted(x, lead, [C, r, r, H, W], [0, 3, 1, 4, 2])
    return reshape(apart, shape=(*lead, C, H * r, W * r))


def _unshuffle_reference(x: np.ndarray, downscale_factor: int) -> np.ndarray:
    r, (*lead, channels, H, W) = downscale_factor, x.shape
    out = np.zeros((*lead, channels * r * r, H // r, W // r))
    for c, i, j in np.ndindex(channels, H, W):
        out[..., (c * r + i % r) * r + j % r, i // r, j // r] = x[..., c, i, j]
    return out


def _unshuffle_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 2, 2, 4)), 2)
    yield Sample(uniform(rng, (1, 3, 6)), 3)
    yield Sample(np.ones((0, 1, 2, 2)), 2)


@composite(
    samples=_unshuffle_samples,
    reference=_unshuffle_reference,
    fails=[
        Fails(np.ones((2, 2)), 2, match="at least 3 axes .* got 2"),
        Fails(np.ones((1, 4, 5)), 2, match="4 rows and 5 columns, which 2 does not divide"),
        Fails(np.ones((1, 4, 4)), -1, match="downscale_factor must", error=ArgumentError),
    ],
)
def pixel_unshuffle(x, downscale_factor):
    """Smaller images of more channels, (..., C, H * r, W * r) -> (..., C * r * r, H, W): what
    `pixel_shuffle` undoes.

    Raises
    ------
    ShapeError
        If r does not divide rows and columns.
    """
    r = _factor("pixel_unshuffle", "downscale_factor", downscale_factor)
    x = _images("pixel_unshuffle", x)
    *lead, C, H, W = x.shape
    if H % r or W % r:
        fact = f"x has {H} rows and {W} columns, which {r} does not divide"
        raise complain(ShapeError, "pixel_unshuffle", fact, {"x": x})
    apart = _permuted(x, lead, [C, H // r, r, W // r, r], [0, 2, 4, 1, 3])
    return reshape(apart, shape=(*lead, C * r * r, H // r, W // r))


def _channel_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 6, 2)), 3)
    yield Sample(uniform(rng, (1, 4, 2, 1)), 2)
    yield Sample(np.ones((0, 4)), 2)


@composite(
    samples=_channel_samples,
    reference=lambda x, groups: np.stack(
        [x[:, k] for start in range(x.shape[1] // groups) for k in range(x.shape[1])
         if k % (x.shape[1] // groups) == start], axis=1,
    ),
    fails=[
        Fails(np.ones(4), 2, match="at least 2 axes .N, C, ....*got 1"),
        Fails(np.ones((1, 4)), 3, match="3 groups do not divide the 4 channels"),
        Fails(np.ones((1, 4)), 0, match="groups must be an int", error=ArgumentError),
    ],
)  # fmt: skip
def channel_shuffle(x, groups):
    """The channels of each group dealt out in turn, so that a grouped convolution that follows
    mixes groups: x is (N, C, ...), and channel k of group g becomes channel k * groups + g.

    Raises
    ------
    ShapeError
        If the groups do not divide the channels.

    Source
    ------
    Zhang, Zhou, Lin & Sun (2018), "ShuffleNet: An Extremely Efficient Convolutional Neural Network
    for Mobile Devices".

    Examples
    --------
    >>> channel_shuffle(np.array([[0, 1, 2, 3]]), 2)
    array([[0, 2, 1, 3]])
    """
    groups = _factor("channel_shuffle", "groups", groups)
    x = operand(x)
    if x.ndim < 2:
        fact = f"x must have at least 2 axes (N, C, ...), got {x.ndim}"
        raise complain(ShapeError, "channel_shuffle", fact, {"x": x})
    N, C, *space = x.shape
    if C % groups:
        fact = f"{groups} groups do not divide the {C} channels"
        raise complain(ShapeError, "channel_shuffle", fact, {"x": x})
    order = [1, 0, *range(2, 2 + len(space))]
    return reshape(_permuted(x, (N,), [groups, C // groups, *space], order), shape=x.shape)
