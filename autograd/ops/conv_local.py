"""Convolutions whose filters differ from place to place: each place its own, or in tiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import AutogradError, ShapeError
from ..kernels import reference
from ..kernels.windows.windows import Pair, Sizes
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .conv_cases import BAD_OPTIONS, Case
from .conv_options import settings, told, window_counts
from .products import matmul
from .shape import expand_dims, permute_dims, reshape, squeeze
from .unfold import unfold

LAYOUT = (
    "x is (batch, channels, height, width), "
    "w is (rows of filters, columns of filters, out, in, height, width)"
)


def _output_size(x: Sizes, w: Sizes, stride: Any, padding: Any, dilation: Any) -> Pair:
    """Rows and columns of the result; x has a batch.

    Raises
    ------
    ShapeError
        If x and w do not go together, or not one window fits.
    """
    for name, shape, axes in (("x", x, 4), ("w", w, 6)):
        if len(shape) != axes:
            raise ShapeError(f"{name} must have {axes} axes, got {len(shape)}")
    if x[1] != w[3]:
        raise ShapeError(f"x has {x[1]} channels but w expects {w[3]}")
    if min(w[:2]) < 1:
        raise ShapeError(f"w has no filters: {w[0]} x {w[1]} of them")
    options = settings(w[4:], stride, padding, dilation)[:3]
    rows, columns = window_counts(x[2:], w[4:], *options)
    return rows, columns


def _whole_tiles(x: Sizes, w: Sizes, out: Pair, options: Any) -> tuple[Pair, Any]:
    """How many tiles cover the result, and padding for as many windows as they hold."""
    stride, pads, dilation = options
    tiles = -(-out[0] // w[0]), -(-out[1] // w[1])
    wide = []
    for n, m, tile, period, k, s, (before, after), d in zip(
        x[2:], out, tiles, w[:2], w[4:], stride, pads, dilation
    ):
        needed = (tile * period - 1) * s + d * (k - 1) + 1 - n - before
        wide.append((before, after if m == tile * period else needed))
    return tiles, tuple(wide)


def _apply(name: str, x: Any, w: Any, b: Any, own: bool, **options: Any) -> Any:
    """Filters w[i % TH, j % TW] at each place (i, j); `own` says that TH and TW must be the
    result's."""
    batched = np.ndim(x) != 3
    image, filters = np.shape(x) if batched else (1, *np.shape(x)), np.shape(w)
    try:
        out = _output_size(image, filters, **options)
        if own and out != filters[:2]:
            raise ShapeError(f"w has filters for {filters[:2]} places but there are {out} windows")
        if b is not None and np.shape(b) != filters[:3]:
            raise ShapeError(f"b has shape {np.shape(b)} but w gives {filters[:3]} outputs")
    except AutogradError as e:
        arrays = {"x": x, "w": w} | ({} if b is None else {"b": b})
        raise told(e, name, arrays, options, LAYOUT) from None
    result = _product(x if batched else expand_dims(x, axis=0), w, b, out, options)
    return result if batched else squeeze(result, axis=0)


def _product(x: Any, w: Any, b: Any, out: Pair, options: dict[str, Any]) -> Any:
    """For each filter a product with the windows that it meets, all in one stack of matrices."""
    N, (TH, TW, O, C, KH, KW) = np.shape(x)[0], np.shape(w)
    stride, pads, dilation, _ = settings((KH, KW), **options)
    (MH, MW), pads = _whole_tiles(np.shape(x), np.shape(w), out, (stride, pads, dilation))
    windows = unfold(x, kernel_size=(KH, KW), stride=stride, padding=pads, dilation=dilation)
    windows = reshape(windows, shape=(N, C * KH * KW, MH, TH, MW, TW))
    windows = permute_dims(windows, axes=(3, 5, 1, 0, 2, 4))  # (TH, TW, C*KH*KW, N, MH, MW)
    windows = reshape(windows, shape=(TH, TW, C * KH * KW, N * MH * MW))
    y = matmul(reshape(w, shape=(TH, TW, O, C * KH * KW)), windows)
    if b is not None:
        y = y + expand_dims(b, axis=-1)
    y = permute_dims(reshape(y, shape=(TH, TW, O, N, MH, MW)), axes=(3, 2, 4, 0, 5, 1))
    y = reshape(y, shape=(N, O, MH * TH, MW * TW))
    return y if out == (MH * TH, MW * TW) else y[:, :, : out[0], : out[1]]


def _reference(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
    if x.ndim == 3:
        return _reference(x[None], w, b, **options)[0]
    windows = reference.unfold(x, w.shape[4:], *settings(w.shape[4:], **options)[:3])
    out = np.zeros((len(x), w.shape[2], *windows.shape[4:]))
    for i, j in np.ndindex(*windows.shape[4:]):
        place = i % w.shape[0], j % w.shape[1]
        out[:, :, i, j] = np.einsum("ncuv,ocuv->no", windows[..., i, j], w[place])
        out[:, :, i, j] += 0 if b is None else b[place]
    return out


OWN: tuple[Case, ...] = (
    ((1, 2, 3, 3), (2, 2, 1, 2, 2, 2), {}),
    ((2, 1, 4, 3), (2, 4, 2, 1, 3, 2), {"stride": (2, 1), "padding": ((1, 0), (1, 1))}),
    ((1, 1, 2, 2), (2, 2, 1, 1, 2, 1), {"padding": "same"}),
)
TILED: tuple[Case, ...] = (
    ((1, 2, 4, 4), (2, 2, 1, 2, 2, 2), {}),
    ((2, 1, 3, 4), (2, 1, 2, 1, 2, 2), {"dilation": (1, 2), "padding": 1}),
    ((1, 1, 6, 2), (2, 3, 1, 1, 1, 1), {"stride": (3, 1)}),
    ((1, 1, 4, 3), (1, 1, 1, 1, 2, 2), {"stride": 2, "padding": "valid"}),
)


def _samples(cases: tuple[Case, ...]) -> Any:
    def samples(rng: Rng) -> Iterable[Sample]:
        for x, w, options in cases:
            yield Sample(uniform(rng, x), uniform(rng, w), **options)
        x, w, _ = cases[0]
        yield Sample(uniform(rng, x[1:]), uniform(rng, w), label="without a batch")
        yield Sample(uniform(rng, x), uniform(rng, w), uniform(rng, w[:3]))

    return samples


def _failing() -> Iterable[Fails]:
    image, filters = np.ones((1, 3, 4, 4)), np.ones((2, 2, 5, 3, 3, 3))
    yield Fails(image[:, :2], filters, match="x has 2 channels but w expects 3")
    yield Fails(image[:, :2], filters, match="hint: x is .batch, channels.*columns of filters")
    yield Fails(image[0, 0], filters, match="x must have 4 axes, got 2")
    yield Fails(image, filters[0], match="w must have 6 axes, got 5")
    yield Fails(image, filters[:0], match="w has no filters: 0 x 2 of them")
    yield Fails(image[..., :2], filters, match=r"span \(3, 3\) pixels do not fit .* \(4, 2\)")
    yield Fails(image, filters, np.ones(5), match=r"b has shape \(5,\) but w gives \(2, 2, 5\)")
    for error, match, option, value in BAD_OPTIONS:
        if option != "groups":
            yield Fails(image, filters, match=match, error=error, **{option: value})


@composite(
    samples=_samples(OWN),
    reference=_reference,
    fails=(
        *_failing(),
        Fails(
            np.ones((1, 3, 5, 4)), np.ones((2, 2, 5, 3, 3, 3)),
            match=r"w has filters for \(2, 2\) places but there are \(3, 2\) windows",
        ),
    ),
)  # fmt: skip
def locally_connected2d(x, w, b=None, /, *, stride=1, padding=0, dilation=1):
    """conv2d with filters of their own at each place of the result: no weights are shared.

    out[n, o, i, j] = b[i, j, o] + sum_cuv x[n, c, i*sh + u*dh - ph, ...] * w[i, j, o, c, u, v]

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    w : shape (OH, OW, O, C, KH, KW)
        w[i, j] are the filters at place (i, j), as conv2d takes them.
    b : shape (OH, OW, O), optional
    stride, padding, dilation : as of conv2d

    Returns
    -------
    shape (N, O, OH, OW), without N if x has none

    Raises
    ------
    ShapeError
        If x and w differ in channels, or w has not filters for just as many places as there are.

    Source
    ------
    LeCun (1989), "Generalization and network design strategies".

    Examples
    --------
    >>> x, w = np.ones((1, 3, 8, 8)), np.ones((6, 6, 4, 3, 3, 3))
    >>> locally_connected2d(x, w).shape
    (1, 4, 6, 6)
    """
    return _apply(
        "locally_connected2d", x, w, b, True, stride=stride, padding=padding, dilation=dilation
    )


@composite(samples=_samples((*TILED, *OWN[:1])), reference=_reference, fails=tuple(_failing()))
def tiled_conv2d(x, w, b=None, /, *, stride=1, padding=0, dilation=1):
    """conv2d with filters that alternate: those at neighbouring places differ, and return after a
    period of TH rows and TW columns.

    out[n, o, i, j] = b[i % TH, j % TW, o]
                    + sum_cuv x[n, c, i*sh + u*dh - ph, ...] * w[i % TH, j % TW, o, c, u, v]

    A period of (1, 1) is conv2d; one as large as the result is locally_connected2d.

    Parameters
    ----------
    x : shape (N, C, H, W), or (C, H, W) without a batch
    w : shape (TH, TW, O, C, KH, KW)
        w[i, j] are the filters at the places (i, j), (i + TH, j), (i, j + TW), ..., as conv2d takes
        them.
    b : shape (TH, TW, O), optional
    stride, padding, dilation : as of conv2d

    Returns
    -------
    shape (N, O, OH, OW) as of conv2d, without N if x has none

    Raises
    ------
    ShapeError
        If x and w differ in channels, or no window fits.

    Source
    ------
    Ngiam, Chen, Chia, Koh, Le & Ng (2010), "Tiled convolutional neural networks".

    Examples
    --------
    >>> tiled_conv2d(np.ones((1, 1, 2, 4)), np.array([1.0, 5.0]).reshape(1, 2, 1, 1, 1, 1))
    array([[[[1., 5., 1., 5.],
             [1., 5., 1., 5.]]]])
    """
    return _apply("tiled_conv2d", x, w, b, False, stride=stride, padding=padding, dilation=dilation)
