"""Larger arrays made of the elements of one: margins, repetitions, tiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..errors import ArgumentError, AxisError, DTypeError, GraphError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import tensors_in
from .flattening import ravel
from .gather import take
from .rearrange import pad_constant
from .shape import axes_of, expand_dims, reshape


def _pairs(name: str, x: Any, value: Any) -> np.ndarray:
    """`value` (one, a pair, or a pair for each axis) as a pair for each axis of x."""
    if any(t.requires_grad for t in tensors_in(value)):
        fact = f"there is no derivative with respect to {name}, but it requires grad"
        raise complain(GraphError, "pad", fact, {"x": x}, hint="detach() it")
    given = np.asarray(value)
    try:
        return np.broadcast_to(given, (len(np.shape(x)), 2))
    except ValueError:
        fact = f"{name} of shape {given.shape} is not a (before, after) pair for each axis of x"
        raise complain(ShapeError, "pad", fact, {"x": x}, {name: value}) from None


def _pad_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (3, 4))
    yield Sample(x, 1)
    yield Sample(x, (1, 2), constant_values=1.5)
    yield Sample(x, ((1, 0), (0, 2)), constant_values=((1, 2), (3, 4)))
    for mode in _MODES:
        yield Sample(x, ((2, 1), (0, 3)), mode=mode)
    yield Sample(uniform(rng, (2,)), (5, 4), mode="reflect")


@composite(
    samples=_pad_samples,
    reference=np.pad,
    fails=[
        Fails(np.ones((2, 3)), ((1, 1), (1, 1), (1, 1)), match=r"pad_width of shape \(3, 2\)"),
        Fails(np.ones(3), (-2, -2), match="size -1"),
        Fails(np.ones(3), (-1, 0), mode="edge", error=ArgumentError, match="negative"),
        Fails(np.ones(3), 1, mode="mean", error=ArgumentError, match="'mean'"),
        Fails(np.ones(3), 0.5, error=DTypeError, match="ints"),
        Fails(np.ones((0, 3)), 1, mode="wrap", match="axis 0 is empty"),
        Fails(
            np.arange(3), 1, constant_values=0.5, error=DTypeError, match="int64 .*cannot hold 0.5"
        ),
        Fails(
            np.array([1], np.uint8),
            1,
            constant_values=300,
            error=DTypeError,
            match="cannot hold 300",
        ),
    ],
)
def pad(x, pad_width, mode="constant", constant_values=0):
    """x with a margin around it.

    Parameters
    ----------
    pad_width : int, (before, after), or ((before, after), ...) for each axis
        With mode="constant" a negative width cuts elements off.
    mode : str
        What the margin holds. "constant": `constant_values`. "edge": the outermost elements.
        "reflect": x mirrored at its outermost elements. "symmetric": x mirrored at its edges.
        "wrap": x over again.
    constant_values : number, pair, or pair for each axis

    Examples
    --------
    >>> pad(np.array([1, 2, 3]), (1, 2), mode="reflect")
    array([2, 1, 2, 3, 2, 1])
    """
    widths = _pairs("pad_width", x, pad_width)
    if widths.dtype.kind not in "iu":
        raise complain(DTypeError, "pad", f"pad_width must be ints, not {widths.dtype}", {"x": x})
    if mode == "constant":
        values = _pairs("constant_values", x, constant_values)
        _require_fitting(x, values)
        return _pad_with(x, widths, values)
    if mode not in _MODES:
        fact = f"mode must be one of constant, {', '.join(_MODES)}, not {mode!r}"
        raise complain(ArgumentError, "pad", fact)
    if (widths < 0).any():
        fact = f"mode={mode!r} takes no negative widths"
        raise complain(ArgumentError, "pad", fact, {"x": x}, {"pad_width": pad_width})
    for axis, (size, width) in enumerate(zip(np.shape(x), widths, strict=True)):
        if width.any() and not size:
            fact = f"axis {axis} is empty, so there is nothing to fill the margin with"
            raise complain(ShapeError, "pad", fact, {"x": x}, {"mode": mode})
        if width.any():
            x = take(x, np.pad(np.arange(size), width, mode=mode), axis=axis)
    return x


_MODES = ("edge", "reflect", "symmetric", "wrap")


def _require_fitting(x: Any, values: np.ndarray) -> None:
    """Raise a DTypeError if x has integers or booleans and `values` are other numbers."""
    dtype = np.asarray(x).dtype
    if dtype.kind != "f":
        with np.errstate(invalid="ignore"):
            lost = values.astype(dtype) != values
        if lost.any():
            fact = f"x is {dtype} and cannot hold {values[lost].flat[0]}"
            raise complain(DTypeError, "pad", fact, {"x": x})


def _pad_with(x: Any, widths: np.ndarray, values: np.ndarray) -> Any:
    sizes = np.add(np.shape(x), widths.sum(axis=1))
    if (sizes < 0).any():
        fact = f"pad_width {widths.tolist()} leaves size {sizes.min()} of x's {np.shape(x)}"
        raise complain(ShapeError, "pad", fact, {"x": x})
    if not values.size or (values == values.flat[0]).all():
        value = values.flat[0] if values.size else 0
        return pad_constant(x, pad_width=_as_tuples(widths), value=value)
    for axis in range(len(widths)):  # as NumPy does, so that corners have the last axis's value
        for side in (0, 1):
            one = np.zeros_like(widths)
            one[axis, side] = widths[axis, side]
            x = pad_constant(x, pad_width=_as_tuples(one), value=values[axis, side])
    return x


def _as_tuples(widths: np.ndarray) -> tuple[tuple[int, int], ...]:
    return tuple((int(before), int(after)) for before, after in widths)


def _repeat_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3))
    yield Sample(x, 2)
    yield Sample(x, 3, axis=0)
    yield Sample(x, np.array([1, 0, 2]), axis=-1)
    yield Sample(uniform(rng, ()), 2)


@composite(
    samples=_repeat_samples,
    reference=np.repeat,
    fails=[
        Fails(np.ones((2, 3)), 2, axis=2, error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), [1, 2], axis=1, match="2 counts .* 3"),
        Fails(np.ones(3), -1, error=ArgumentError, match="-1"),
    ],
    method="repeat",
)
def repeat(x, repeats, axis=None):
    """Each element of x several times along an axis (of the flattened x without it).

    Parameters
    ----------
    repeats : int, or one int for each element along the axis
    """
    if axis is None:
        x, axis = ravel(x), 0
    (k,) = axes_of("repeat", x, axis)
    shape = np.shape(x)
    counts = np.asarray(repeats)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        fact = f"repeats must be ints that are not negative, got {repeats!r}"
        raise complain(ArgumentError, "repeat", fact)
    if counts.size == 1:
        n = int(counts.item())
        stretched = (*shape[: k + 1], n, *shape[k + 1 :])
        column = broadcast_to(expand_dims(x, axis=k + 1), shape=stretched)
        return reshape(column, shape=(*shape[:k], shape[k] * n, *shape[k + 1 :]))
    if counts.shape != (shape[k],):
        fact = f"{counts.size} counts for axis {axis} of size {shape[k]}"
        raise complain(ShapeError, "repeat", fact, {"x": x})
    return take(x, np.repeat(np.arange(shape[k]), counts), axis=k)


def _tile_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3))
    for reps in (2, (2, 1), (2, 1, 2)):
        yield Sample(x, reps)
    yield Sample(uniform(rng, ()), (2, 2))


@composite(
    samples=_tile_samples,
    reference=np.tile,
    fails=[Fails(np.ones(3), -1, error=ArgumentError, match="-1")],
    method="tile",
)
def tile(x, reps):
    """x laid out several times: reps is an int, or one for each of the last axes.

    Examples
    --------
    >>> tile(np.array([1, 2]), (2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    counts = tuple(reps) if isinstance(reps, (tuple, list, np.ndarray)) else (reps,)
    if any(n < 0 for n in counts):
        raise complain(ArgumentError, "tile", f"reps must not be negative, got {reps!r}")
    shape = np.shape(x)
    ndim = max(len(shape), len(counts))
    sizes = (1,) * (ndim - len(shape)) + shape
    counts = (1,) * (ndim - len(counts)) + counts
    apart = reshape(x, shape=tuple(v for n in sizes for v in (1, n)))
    laid_out = broadcast_to(apart, shape=tuple(v for pair in zip(counts, sizes) for v in pair))
    return reshape(laid_out, shape=tuple(r * n for r, n in zip(counts, sizes)))
