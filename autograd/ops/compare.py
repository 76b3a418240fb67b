"""Comparisons and logic: results are True or False, and nothing is differentiable."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..binding import bind
from ..errors import DTypeError
from ..op import normalize_axes, op
from ..samples import BAD_AXIS, BAD_PAIR, Fails, Rng, Sample, Samples, unary, uniform
from ..tensor import Tensor


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    """A Python predicate, applied element by element: the plainest reference."""
    return np.vectorize(function, otypes=[bool])


# Comparisons


def _comparable(rng: Rng) -> Iterable[Sample]:
    """Pairs that are partly equal, of same and of broadcast shapes."""
    for s, t in (((), ()), ((3,), (3,)), ((2, 3), ()), ((2, 1), (1, 3))):
        yield Sample(rng.integers(-1, 2, s).astype(float), rng.integers(-1, 2, t).astype(float))
    yield Sample(np.array([1.0, np.nan, np.inf]), np.array([np.nan, np.nan, np.inf]), label="NaN")


@op(samples=_comparable, reference=_each(operator.eq), fails=[BAD_PAIR], plain=True)
def equal(x, y, /):
    """x == y, element by element.

    The operators `==` and `!=` also take what is not a number: `t == None` is False.
    """
    return np.equal(x, y)


@op(samples=_comparable, reference=_each(operator.ne), fails=[BAD_PAIR], plain=True)
def not_equal(x, y, /):
    """x != y, element by element."""
    return np.not_equal(x, y)


def _unless_foreign(slot: str, compare: Any) -> None:
    """Bind an (in)equality that leaves operands other than numbers and arrays to Python."""

    def method(self: Tensor, other: Any) -> Any:
        if isinstance(other, (Tensor, np.ndarray, np.generic, int, float, list, tuple)):
            return compare(self, other)
        return NotImplemented

    bind(slot, method)
    compare.op.methods.append(slot)


_unless_foreign("__eq__", equal)
_unless_foreign("__ne__", not_equal)


@op(
    samples=_comparable,
    reference=_each(operator.lt),
    fails=[BAD_PAIR],
    operators=("__lt__",),
    plain=True,
)
def less(x, y, /):
    """x < y, element by element."""
    return x < y


@op(
    samples=_comparable,
    reference=_each(operator.le),
    fails=[BAD_PAIR],
    operators=("__le__",),
    plain=True,
)
def less_equal(x, y, /):
    """x <= y, element by element."""
    return x <= y


@op(
    samples=_comparable,
    reference=_each(operator.gt),
    fails=[BAD_PAIR],
    operators=("__gt__",),
    plain=True,
)
def greater(x, y, /):
    """x > y, element by element."""
    return x > y


@op(
    samples=_comparable,
    reference=_each(operator.ge),
    fails=[BAD_PAIR],
    operators=("__ge__",),
    plain=True,
)
def greater_equal(x, y, /):
    """x >= y, element by element."""
    return x >= y


def _close_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3), 0.5, 2)
    yield Sample(x, x * np.array([1, 1 + 1e-6, 1 + 1e-3]))
    yield Sample(x, x + np.array([0, 0.05, 0.2]), rtol=0.0, atol=0.1)
    yield Sample(np.array([np.nan, np.inf, -np.inf]), np.array([np.nan, np.inf, np.inf]))
    yield Sample(np.array([np.nan, 1.0]), np.array([np.nan, np.nan]), equal_nan=True)


def _close_reference(
    x: np.ndarray, y: np.ndarray, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> np.ndarray:
    def close(a: float, b: float) -> bool:
        if math.isnan(a) or math.isnan(b):
            return equal_nan and math.isnan(a) and math.isnan(b)
        return a == b or (math.isfinite(b) and math.fabs(a - b) <= atol + rtol * math.fabs(b))

    return _each(close)(x, y)


@op(samples=_close_samples, reference=_close_reference, fails=[BAD_PAIR], plain=True)
def isclose(x, y, /, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """abs(x - y) <= atol + rtol * abs(y); NaN is close to NaN if `equal_nan`.

    Parameters
    ----------
    x, y : arrays whose shapes broadcast
    rtol, atol : tolerance relative to y, and absolute
    equal_nan : bool

    Examples
    --------
    >>> isclose(np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-9, 2.1, np.nan]), equal_nan=True)
    array([ True, False,  True])
    """
    return np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


# Kinds of numbers


def _special_values(rng: Rng) -> Iterable[Sample]:
    yield from unary()(rng)
    yield Sample(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]), label="special values")


@op(samples=_special_values, reference=_each(math.isnan), method="isnan", plain=True)
def isnan(x, /):
    """Whether each element is NaN."""
    return np.isnan(x)


@op(samples=_special_values, reference=_each(math.isinf), method="isinf", plain=True)
def isinf(x, /):
    """Whether each element is inf or -inf."""
    return np.isinf(x)


@op(samples=_special_values, reference=_each(math.isfinite), method="isfinite", plain=True)
def isfinite(x, /):
    """Whether each element is neither NaN nor infinite."""
    return np.isfinite(x)


# Logic: numbers count as True unless they are 0


def _truths(rng: Rng) -> Iterable[Sample]:
    for s, t in (((), ()), ((4,), (4,)), ((2, 3), ()), ((2, 1), (1, 3))):
        yield Sample(uniform(rng, s) > 0, uniform(rng, t) > 0)
    yield Sample(np.array([0.0, 0.0, 2.0, -1.0]), np.array([0, 3, 0, 4]), label="numbers")


@op(samples=_truths, reference=_each(lambda x, y: x and y), fails=[BAD_PAIR], plain=True)
def logical_and(x, y, /):
    """Whether both are true, element by element."""
    return np.logical_and(x, y)


@op(samples=_truths, reference=_each(lambda x, y: x or y), fails=[BAD_PAIR], plain=True)
def logical_or(x, y, /):
    """Whether at least one is true, element by element."""
    return np.logical_or(x, y)


@op(
    samples=_truths,
    reference=_each(lambda x, y: bool(x) != bool(y)),
    fails=[BAD_PAIR],
    plain=True,
)
def logical_xor(x, y, /):
    """Whether exactly one is true, element by element."""
    return np.logical_xor(x, y)


@op(samples=_special_values, reference=_each(operator.not_), plain=True)
def logical_not(x, /):
    """Whether each element is false."""
    return np.logical_not(x)


def _truth_reductions(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3, 2)) > 0
    for axis in (None, 0, -1, (0, 2)):
        for keepdims in (False, True):
            yield Sample(x, axis=axis, keepdims=keepdims)
    yield Sample(uniform(rng, ()))


def _counting(holds: Callable[[np.ndarray, int], np.ndarray]) -> Callable[..., Any]:
    """A reference for any and all: count the true elements, compare with their number."""

    def reference(x: np.ndarray, axis: Any = None, keepdims: bool = False) -> np.ndarray:
        truth = np.asarray(x) != 0
        count = np.sum(truth, axis=axis, keepdims=keepdims)
        return holds(count, truth.size // max(np.size(count), 1))

    return reference


@op(
    samples=_truth_reductions,
    reference=_counting(lambda count, size: count > 0),
    fails=[BAD_AXIS],
    method="any",
    plain=True,
)
def any(x, /, *, axis=None, keepdims=False):
    """Whether an element is true, over one axis, several (a tuple) or all (None).

    Raises
    ------
    AxisError
        If x does not have an axis, or it is named twice.
    """
    return np.logical_or.reduce(x, normalize_axes(axis, np.ndim(x)), None, None, keepdims)


@op(
    samples=_truth_reductions,
    reference=_counting(lambda count, size: count == size),
    fails=[BAD_AXIS],
    method="all",
    plain=True,
)
def all(x, /, *, axis=None, keepdims=False):
    """Whether every element is true, over one axis, several (a tuple) or all (None).

    Raises
    ------
    AxisError
        If x does not have an axis, or it is named twice.
    """
    return np.logical_and.reduce(x, normalize_axes(axis, np.ndim(x)), None, None, keepdims)


# Bits: logic for booleans, bit by bit for integers


def _bit_samples(count: int) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        yield Sample(*(uniform(rng, (4,)) > 0 for _ in range(count)), label="booleans")
        yield Sample(*(rng.integers(-8, 8, (2, 3)) for _ in range(count)), label="integers")

    return samples


_BAD_INTEGERS = Fails(np.ones((2, 3), int), np.ones((2, 4), int), match="do not broadcast.*3.*4")
_FLOATS = Fails(np.ones(2), np.ones(2), match="bitwise_.* not supported", error=DTypeError)
_FLOAT = Fails(np.ones(2), match="invert.* not supported", error=DTypeError)


@op(
    samples=_bit_samples(2),
    reference=np.vectorize(operator.and_),
    fails=[_BAD_INTEGERS, _FLOATS],
    operators=("__and__", "__rand__"),
    plain=True,
)
def bitwise_and(x, y, /):
    """x & y for booleans and integers, element by element."""
    return np.bitwise_and(x, y)


@op(
    samples=_bit_samples(2),
    reference=np.vectorize(operator.or_),
    fails=[_BAD_INTEGERS, _FLOATS],
    operators=("__or__", "__ror__"),
    plain=True,
)
def bitwise_or(x, y, /):
    """x | y for booleans and integers, element by element."""
    return np.bitwise_or(x, y)


@op(
    samples=_bit_samples(2),
    reference=np.vectorize(operator.xor),
    fails=[_BAD_INTEGERS, _FLOATS],
    operators=("__xor__", "__rxor__"),
    plain=True,
)
def bitwise_xor(x, y, /):
    """x ^ y (exclusive or) for booleans and integers, element by element."""
    return np.bitwise_xor(x, y)


@op(
    samples=_bit_samples(1),
    reference=lambda x: (1 if x.dtype == bool else -1) - x.astype(int),
    fails=[_FLOAT],
    operators=("__invert__",),
    plain=True,
)
def invert(x, /):
    """~x: not for booleans, every bit turned over for integers."""
    return np.invert(x)


bitwise_invert = invert  # the array API's name
