"""The ops that the engine itself needs: add cotangents, undo broadcasting, choose, convert.

sum_to and broadcast_to are each other's gradient, which is why they live together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from . import kernels
from .errors import DTypeError, ShapeError
from .messages import complain
from .op import composite, op
from .samples import BAD_PAIR, Fails, Rng, Sample, Samples, binary, uniform


def all_finite(value: Any) -> bool:
    """Whether there is no NaN or Inf. The sum of squares answers for all but huge numbers."""
    return math.isfinite(np.vdot(value, value)) or bool(np.isfinite(value).all())


@op(
    samples=binary(),
    reference=np.add,
    fails=[BAD_PAIR],
    operators=("__add__", "__radd__", "__iadd__"),
    elementwise=True,
)
def add(x, y, /):
    """x + y, element by element, with broadcasting."""
    if x.__class__ is y.__class__ is np.ndarray and x.size != y.size:
        fast = kernels.stretched("add", x, y)
        if fast is not None:
            return fast
    return x + y


@add.grad("x", "y")
def _(g):
    return g


def _sum_to_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (4, 3)), shape=(1, 3))
    yield Sample(uniform(rng, (4, 3)), shape=(3,))
    yield Sample(uniform(rng, (2, 4, 3)), shape=(4, 1))
    yield Sample(uniform(rng, (4, 3)), shape=())


def _sum_to_reference(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape)
    for index in np.ndindex(x.shape):
        last = index[len(index) - len(shape) :]
        out[tuple(0 if n == 1 else i for i, n in zip(last, shape))] += x[index]
    return out


@op(samples=_sum_to_samples, reference=_sum_to_reference, public=False)
def sum_to(x, /, *, shape):
    """Sum x over the axes that broadcasting an array of `shape` to x.shape adds or stretches."""
    if x.size > COPIED:
        fast = kernels.sum_to(x, shape)
        if fast is not None:
            return fast
    if 1 not in shape:
        return np.add.reduce(x, axis=_summed(x.ndim, shape))
    return np.add.reduce(x, axis=_summed(x.ndim, shape), keepdims=True).reshape(shape)


@lru_cache(maxsize=1024)
def _summed(ndim: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The axes, of so many, that an array of `shape` lacks, or has only one element along."""
    lead = ndim - len(shape)
    return (*range(lead), *[i + lead for i, n in enumerate(shape) if n == 1])


@lru_cache(maxsize=1024)
def is_stretched(given: tuple[int, ...], shape: tuple[int, ...]) -> bool | None:
    """Whether an array must be stretched, rather than summed, to come to a shape by broadcasting;
    None if that does not explain the two shapes."""
    stretched = len(given) < len(shape)
    for m, n in zip(given[::-1], shape[::-1]):
        if m != n and n != 1:
            if m != 1:
                return None
            stretched = True
    return stretched


def _broadcast_to_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (1, 3)), shape=(4, 3))
    yield Sample(uniform(rng, (3,)), shape=(2, 4, 3))
    yield Sample(uniform(rng, ()), shape=(2, 2))


COPIED = 1 << 12  # elements up to which copying them is quicker than making a view


@op(
    samples=_broadcast_to_samples,
    reference=lambda x, shape: np.zeros(shape) + x,
    fails=[Fails(np.ones((2, 3)), shape=(2, 4), match=r"\(2, 3\).*\(2, 4\)")],
    method="broadcast_to",
)
def broadcast_to(x, /, *, shape):
    """x stretched to `shape` by NumPy's broadcasting rules.

    Raises
    ------
    ShapeError
        If an axis of x is neither 1 nor the axis of `shape`.
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    x = np.asarray(x)
    lead = len(shape) - x.ndim
    fits = lead >= 0
    for a, b in zip(x.shape, shape[lead:] if fits else ()):
        fits = fits and (a == b or a == 1)
    if not fits:
        raise ShapeError(f"an array of shape {x.shape} does not broadcast to {shape}")
    if math.prod(shape) > COPIED:
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out[()]


@sum_to.grad("x")
def _(g, x_shape):
    return broadcast_to(g, shape=x_shape)


@broadcast_to.grad("x")
def _(g, x_shape):
    return sum_to(g, shape=x_shape)


def _where_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2, 3)) > 0, uniform(rng, (2, 3)), uniform(rng, (2, 3)))
    yield Sample(uniform(rng, (2, 1)) > 0, uniform(rng, (3,)), uniform(rng, (2, 3)))
    yield Sample(np.asarray(True), uniform(rng, ()), uniform(rng, (2,)))


@op(
    samples=_where_samples,
    reference=np.where,
    fails=[
        Fails(np.array([True]), np.ones((2, 3)), np.ones((2, 4)), match="do not broadcast.*3.*4")
    ],
    elementwise=True,
    masks=True,
)
def where(condition, x, y, /):
    """x where the condition holds, else y; element by element, with broadcasting.

    Gradient
    --------
    Goes to the chosen branch only. The branch that was not taken gets exactly zero, even where its
    own derivative is infinite or NaN, so no "double where" is ever needed:

    Examples
    --------
    >>> import numpy as np
    >>> x = Tensor([4.0, 1.0, 0.0], requires_grad=True)
    >>> with np.errstate(invalid="ignore"):
    ...     where(x > 0, sqrt(x), 3 * x).sum().backward()
    >>> x.grad
    Tensor([0.25, 0.5 , 3.  ])
    """
    if type(y) is int and y:  # 0 fits into everything, and rules pass it often
        _require_fitting(y, x)
    if type(x) is int and x:
        _require_fitting(x, y)
    fast = kernels.choose(condition, x, y)
    return np.where(condition, x, y)[()] if fast is None else fast


def _require_fitting(number: int, other: Any) -> None:
    """Complain about 300 beside bytes, as NumPy's operators do; its `where` takes 44 instead."""
    if isinstance(other, (np.ndarray, np.integer)) and other.dtype.kind in "iu":
        np.asarray(number, other.dtype)


@where.grad("x")
def _(g, condition):
    return where(condition, g, 0)


@where.grad("y")
def _(g, condition):
    return where(condition, 0, g)


def _cast_samples(dtype: Any) -> Samples:
    return lambda rng: [Sample(uniform(rng, (2, 3)), dtype=np.dtype(dtype))]


def _cast(x: np.ndarray, dtype: Any) -> np.ndarray:
    return np.array(x, dtype)


@op(samples=_cast_samples("float64"), reference=_cast, public=False)
def cast(x, /, *, dtype):
    """x converted to another float dtype."""
    return x.astype(dtype)


@cast.grad("x")
def _(g, x_dtype):
    return astype(g, x_dtype)


@op(samples=_cast_samples("int64"), reference=_cast, plain=True, public=False)
def integer_cast(x, /, *, dtype):
    """x converted to integers or booleans, which have no derivative."""
    return x.astype(dtype)


@composite(
    samples=_cast_samples("float64"),
    reference=_cast,
    fails=[Fails(np.ones(2), dtype="text", match="text", error=DTypeError)],
    method="astype",
)
def astype(x, dtype):
    """x converted to another dtype. Conversion to integers or booleans ends the graph.

    Raises
    ------
    DTypeError
        If `dtype` is not a real numeric NumPy dtype.

    Examples
    --------
    >>> Tensor([1.5, 2.5]).astype("int64")
    Tensor([1, 2])
    """
    try:
        target = np.dtype(dtype)
    except TypeError:
        target = None
    if target is None or target.kind not in "biuf":
        raise complain(DTypeError, "astype", f"unknown dtype {dtype!r}", {"x": x})
    return cast(x, dtype=target) if target.kind == "f" else integer_cast(x, dtype=target)


@op(
    samples=lambda rng: [Sample(uniform(rng, (2, 3)))],
    reference=np.array,
    method=("copy", "clone"),
    public=False,
)
def alias(x, /):
    """The same values as a node of its own: derivatives by it see this use of x only."""
    return x


@alias.grad("x")
def _(g):
    return g
