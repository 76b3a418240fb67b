"""The same elements elsewhere: flips, shifts, margins, windows, grids.

All are linear, and their adjoints are each other: of a flip a flip, of a margin a crop (a negative
margin), of taking windows adding them where they overlap.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import broadcast_to
from ..errors import ArgumentError, AxisError, ShapeError
from ..messages import complain
from ..op import composite, normalize_axes, op
from ..samples import BAD_AXIS, Fails, Rng, Sample, uniform
from .shape import reshape


def _flip_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2))
    for axis in (None, 0, -1, (0, 2)):
        yield Sample(x, axis=axis)
    yield Sample(uniform(rng, ()))


def _flip_reference(x: np.ndarray, axis: Any = None) -> np.ndarray:
    out = np.array(x)
    for k in range(np.ndim(x)) if axis is None else np.atleast_1d(axis):
        out = np.take(out, range(out.shape[k])[::-1], axis=k)
    return out


@op(samples=_flip_samples, reference=_flip_reference, fails=[BAD_AXIS], method="flip")
def flip(x, /, *, axis=None):
    """x with the order of its elements reversed along `axis` (int, tuple, or None for all).

    Examples
    --------
    >>> flip(np.array([[1, 2], [3, 4]]), axis=1)
    array([[2, 1],
           [4, 3]])
    """
    return np.flip(x, axis)


@flip.grad("x")
def _(g, axis):
    return flip(g, axis=axis)


def _roll_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (3, 4))
    yield Sample(x, shift=2)
    yield Sample(x, shift=-1, axis=1)
    yield Sample(x, shift=(1, 2), axis=(0, -1))


def _roll_reference(x: np.ndarray, shift: Any, axis: Any = None) -> np.ndarray:
    if axis is None:
        return _roll_reference(x.ravel(), shift, 0).reshape(x.shape)
    for s, k in zip(np.atleast_1d(shift), np.atleast_1d(axis), strict=True):
        x = np.take(x, (np.arange(x.shape[k]) - s) % x.shape[k], axis=k)
    return x


@op(
    samples=_roll_samples,
    reference=_roll_reference,
    fails=[Fails(np.ones((2, 3)), shift=1, axis=2, error=AxisError, match="axis 2")],
    method="roll",
)
def roll(x, /, *, shift, axis=None):
    """x shifted along `axis`; what falls off one end comes in at the other.

    Parameters
    ----------
    shift : int or tuple of ints
        By how many places towards higher indices.
    axis : int or tuple of ints, optional
        Without it x is flattened, shifted and given its shape back.
    """
    return np.roll(x, shift, axis)


@roll.grad("x")
def _(g, shift, axis):
    back = tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift
    return roll(g, shift=back, axis=axis)


def _rot90_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2))
    for k, axes in ((1, (0, 1)), (-1, (1, 2)), (2, (0, 1)), (3, (2, 0))):
        yield Sample(x, k=k, axes=axes)


def _rot90_reference(x: np.ndarray, k: int = 1, axes: tuple[int, int] = (0, 1)) -> np.ndarray:
    for _ in range(k % 4):
        x = np.swapaxes(_flip_reference(x, axes[1]), *axes)
    return x


@op(
    samples=_rot90_samples,
    reference=_rot90_reference,
    fails=[
        Fails(np.ones(3), error=AxisError, match="axis 1"),
        Fails(np.ones((2, 3)), axes=(0, 0), error=AxisError, match="twice"),
    ],
)
def rot90(x, /, *, k=1, axes=(0, 1)):
    """x turned k times by 90 degrees in the plane of two axes, the first towards the second.

    Examples
    --------
    >>> rot90(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[2., 4.],
           [1., 3.]])
    """
    return np.rot90(x, k, normalize_axes(axes, np.ndim(x)))


@rot90.grad("x")
def _(g, k, axes):
    return rot90(g, k=-k, axes=axes)


def _pad_constant_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)), pad_width=((1, 0), (2, 1)))
    yield Sample(uniform(rng, (2, 3)), pad_width=((0, 0), (1, -1)), value=1.5)
    yield Sample(uniform(rng, (4,)), pad_width=((-1, -2),))
    yield Sample(uniform(rng, (2,)), pad_width=((3, -3),))


def _pad_constant_reference(x: np.ndarray, pad_width: Any, value: float = 0) -> np.ndarray:
    out = np.full([n + b + a for n, (b, a) in zip(x.shape, pad_width, strict=True)], value, float)
    for index in np.ndindex(*x.shape):
        place = tuple(i + b for i, (b, _) in zip(index, pad_width, strict=True))
        if all(0 <= i < n for i, n in zip(place, out.shape, strict=True)):
            out[place] = x[index]
    return out


@op(
    samples=_pad_constant_samples,
    reference=_pad_constant_reference,
    fails=[Fails(np.ones(3), pad_width=((-2, -2),), match=r"size -1 along axis 0")],
    masks=True,
    public=False,
)
def pad_constant(x, /, *, pad_width, value=0):
    """x with `value` around it: (before, after) for each axis. Negative widths cut elements off."""
    x = np.asarray(x)
    shape = [n + before + after for n, (before, after) in zip(x.shape, pad_width, strict=True)]
    for axis, size in enumerate(shape):
        if size < 0:
            fact = f"pad_width {pad_width[axis]} on {x.shape} leaves size {size} along axis {axis}"
            raise ShapeError(fact)
    out = np.full(shape, value, x.dtype)
    out[_overlap(shape, pad_width)] = x[_overlap(x.shape, [(-b, -a) for b, a in pad_width])]
    return out[()]


def _overlap(shape: Any, pad_width: Any) -> tuple[slice, ...]:
    """The part of a padded array of `shape` that the original fills."""
    return tuple(
        slice(builtins.max(before, 0), builtins.max(size - builtins.max(after, 0), 0))
        for size, (before, after) in zip(shape, pad_width, strict=True)
    )


@pad_constant.grad("x")
def _(g, pad_width):
    return pad_constant(g, pad_width=tuple((-before, -after) for before, after in pad_width))


def shifted(x: Any, by: int, axis: int, fill: float = 0) -> Any:
    """x moved by `by` places along one axis; `fill` comes in, what falls off the end is lost."""
    width = [(0, 0)] * x.ndim
    width[axis] = (by, -by)
    return pad_constant(x, pad_width=tuple(width), value=fill)


def _windows_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (5,)), window_shape=3)
    yield Sample(uniform(rng, (3, 4)), window_shape=(2, 2))
    yield Sample(uniform(rng, (2, 4)), window_shape=3, axis=-1)


def _windows_reference(x: np.ndarray, window_shape: Any, axis: Any = None) -> np.ndarray:
    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis) % x.ndim)
    window = np.atleast_1d(window_shape)
    counts = list(x.shape)
    for k, w in zip(axes, window, strict=True):
        counts[k] -= w - 1
    out = np.empty((*counts, *window))
    for index in np.ndindex(*out.shape):
        place = list(index[: x.ndim])
        for k, o in zip(axes, index[x.ndim :], strict=True):
            place[k] += o
        out[index] = x[tuple(place)]
    return out


@op(
    samples=_windows_samples,
    reference=_windows_reference,
    fails=[
        Fails(np.ones(3), window_shape=4, match="window"),
        Fails(np.ones((2, 3)), window_shape=2, axis=2, error=AxisError, match="axis 2"),
        Fails(np.ones((2, 3)), window_shape=(2, 2), axis=(0, 0), error=AxisError, match="twice"),
    ],
)
def sliding_window_view(x, /, *, window_shape, axis=None):
    """All windows of `window_shape` along the axes; each window's elements are new last axes.

    Examples
    --------
    >>> sliding_window_view(np.arange(4.0), window_shape=2)
    array([[0., 1.],
           [1., 2.],
           [2., 3.]])
    """
    x = np.asarray(x)
    if axis is not None:
        axis = normalize_axes(axis, x.ndim)
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)


@sliding_window_view.grad("x")
def _(g, window_shape, axis, x_shape):
    return overlap_add(g, shape=x_shape, window_shape=window_shape, axis=axis)


def _overlap_add_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 3)), shape=(5,), window_shape=3)
    yield Sample(uniform(rng, (2, 2, 2, 2)), shape=(3, 3), window_shape=(2, 2))


def _overlap_add_reference(
    g: np.ndarray, shape: tuple[int, ...], window_shape: Any, axis: Any = None
) -> np.ndarray:
    where = _windows_reference(np.arange(np.prod(shape)).reshape(shape), window_shape, axis)
    return np.bincount(where.astype(int).ravel(), g.ravel(), np.prod(shape)).reshape(shape)


@op(samples=_overlap_add_samples, reference=_overlap_add_reference, public=False)
def overlap_add(g, /, *, shape, window_shape, axis=None):
    """Windows added up where sliding_window_view takes them from an array of `shape`."""
    axes = normalize_axes(axis, len(shape))
    window = window_shape if isinstance(window_shape, (tuple, list)) else (window_shape,)
    out = np.zeros(shape, g.dtype)
    for offset in np.ndindex(*window):
        place = [slice(None)] * len(shape)
        for k, o in zip(axes, offset, strict=True):
            place[k] = slice(o, o + g.shape[k])
        out[tuple(place)] += g[(..., *offset)]
    return out


@overlap_add.grad("g")
def _(h, window_shape, axis):
    return sliding_window_view(h, window_shape=window_shape, axis=axis)


def _meshgrid_samples(rng: Rng) -> Iterable[Sample]:
    x, y, z = uniform(rng, (2,)), uniform(rng, (3,)), uniform(rng, ())
    yield Sample(x, y)
    yield Sample(x, y, z, indexing="ij")
    yield Sample(x, y, z, sparse=True)
    yield Sample(x)


@composite(
    samples=_meshgrid_samples,
    reference=np.meshgrid,
    fails=[
        Fails(np.ones(2), np.ones(3), indexing="yx", error=ArgumentError, match="yx"),
        Fails(np.ones((2, 2)), match=r"one axis.*\(2, 2\)"),
    ],
)
def meshgrid(*arrays, indexing="xy", sparse=False):
    """Coordinate grids from coordinate vectors, as a tuple.

    With indexing="ij" the k-th vector runs along axis k; with "xy" (as in NumPy) the first one runs
    along axis 1 and the second along axis 0. Sparse grids keep the other axes at length one, to be
    broadcast.

    Examples
    --------
    >>> x, y = meshgrid([1.0, 2.0, 3.0], [5.0, 6.0], sparse=True)
    >>> x.shape, y.shape, (x + y).shape
    ((1, 3), (2, 1), (2, 3))
    """
    if indexing not in ("xy", "ij"):
        fact = f"indexing must be 'xy' or 'ij', not {indexing!r}"
        raise complain(ArgumentError, "meshgrid", fact)
    for a in arrays:
        if len(np.shape(a)) > 1:
            fact = f"each vector has one axis, this one has shape {np.shape(a)}"
            raise complain(ShapeError, "meshgrid", fact, {"x": a})
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = [1, 0]
    sizes = [int(np.prod(np.shape(a), dtype=int)) for a in arrays]
    full = tuple(sizes[k] for k in order)
    out = []
    for k, a in enumerate(arrays):
        own = tuple(sizes[k] if order[axis] == k else 1 for axis in range(len(arrays)))
        grid = reshape(a, shape=own)
        out.append(grid if sparse else broadcast_to(grid, shape=full))
    return tuple(out)
