"""Inputs on which an op is tested: every op carries its own.

    @op(samples=unary(-2, 2))                      # a domain
    @op(samples=lambda rng: [Sample(rng.normal(size=(2, 3)), axis=0), ...])
    @op(..., fails=[Fails(np.ones((2, 3)), axis=5, match="axis 5")])

A `samples` function takes a NumPy Generator and yields Samples in float64. They stay away from
kinks and singularities by more than the finite differences reach (`away_from`, `distinct`), so
that every test of every op can be exact about what it expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .errors import AutogradError, ShapeError

Rng = np.random.Generator
Samples = Callable[[Rng], Iterable["Sample"]]
SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 3), (2, 1, 3))


class Sample:
    """Arguments of one call: positional arrays, keyword options.

    orders : highest order of derivative to test (3 unless the op is piecewise constant or costly)
    label  : for the test's name; made from shapes and options if not given
    """

    __slots__ = ("args", "attrs", "label", "orders")

    def __init__(self, *args: Any, label: str | None = None, orders: int = 3, **attrs: Any):
        self.args = args
        self.attrs = attrs
        self.orders = orders
        self.label = label or self._describe()

    def _describe(self) -> str:
        shapes = " ".join(_shape(a) for a in self.args)
        options = " ".join(f"{k}={v}" for k, v in self.attrs.items())
        return f"{shapes} {options}".strip()

    def __repr__(self) -> str:
        return f"Sample({self.label})"


def _shape(a: Any) -> str:
    if isinstance(a, (list, tuple)):
        return "[" + ",".join(_shape(v) for v in a) + "]"
    return "x".join(map(str, np.shape(a))) or "0d"


class Fails:
    """A call that must raise: `match` is a regular expression for the message."""

    __slots__ = ("args", "attrs", "error", "match")

    def __init__(
        self, *args: Any, match: str, error: type[AutogradError] = ShapeError, **attrs: Any
    ):
        self.args = args
        self.attrs = attrs
        self.match = match
        self.error = error


# Domains


def uniform(rng: Rng, shape: Sequence[int], low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Values between low and high."""
    return np.asarray(rng.uniform(low, high, shape))


def away_from(
    rng: Rng,
    shape: Sequence[int],
    *points: float,
    low: float = -2.0,
    high: float = 2.0,
    gap: float = 0.1,
) -> np.ndarray:
    """Values between low and high, at least `gap` from each of `points` (kinks, poles)."""
    x = uniform(rng, shape, low, high)
    for _ in range(100):
        bad = np.zeros(x.shape, bool)
        for p in points:
            bad |= np.abs(x - p) < gap
        if not bad.any():
            return x
        x = np.where(bad, rng.uniform(low, high, x.shape), x)
    raise AssertionError(f"no room between {low} and {high} away from {points}")


def distinct(rng: Rng, shape: Sequence[int], low: float = -2.0, high: float = 2.0) -> np.ndarray:
    """Values between low and high of which no two are close: for max, sort, pooling."""
    size = int(np.prod(shape, dtype=int))
    x = np.linspace(low, high, size) + rng.uniform(-0.1, 0.1, size) * (high - low) / max(size, 2)
    return np.asarray(rng.permutation(x).reshape(tuple(shape)))


def unary(low: float = -2.0, high: float = 2.0, *avoid: float, gap: float = 0.1) -> Samples:
    """Samples of an elementwise function of one array, in its domain."""

    def samples(rng: Rng) -> Iterable[Sample]:
        for shape in SHAPES:
            yield Sample(away_from(rng, shape, *avoid, low=low, high=high, gap=gap))

    return samples


PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), ()), ((2, 3), (3,)), ((2, 1), (1, 3)),
)  # fmt: skip


def binary(x: tuple[float, float] = (-2, 2), y: tuple[float, float] = (-2, 2)) -> Samples:
    """Samples of an elementwise function of two arrays: same shape and every broadcast."""

    def samples(rng: Rng) -> Iterable[Sample]:
        for s, t in PAIRS:
            yield Sample(uniform(rng, s, *x), uniform(rng, t, *y))

    return samples


def slopes(**options: Any) -> Samples:
    """Samples of adjoints: a cotangent, and an argument or result that is not at a kink."""

    def samples(rng: Rng) -> Iterable[Sample]:
        yield Sample(uniform(rng, ()), away_from(rng, (), 0))
        yield Sample(uniform(rng, (2, 3)), away_from(rng, (2, 3), 0))
        if options:
            yield Sample(uniform(rng, (4,)), away_from(rng, (4,), 0), **options)

    return samples


def separated(gap: float = 0.1) -> Samples:
    """Pairs whose elements differ by at least `gap` after broadcasting: maximum, comparisons."""

    def samples(rng: Rng) -> Iterable[Sample]:
        for s, t in PAIRS:
            x, y = uniform(rng, s), uniform(rng, t)
            while np.any(np.abs(x - y) < gap):
                x, y = uniform(rng, s), uniform(rng, t)
            yield Sample(x, y)

    return samples


def reduction(draw: Callable[[Rng, Sequence[int]], np.ndarray] = uniform, **attrs: Any) -> Samples:
    """Samples of a reduction: no axis, one, several, negative, with and without keepdims."""

    def samples(rng: Rng) -> Iterable[Sample]:
        x = draw(rng, (2, 3, 2))
        for axis in (None, 0, -1, (0, 2)):
            for keepdims in (False, True):
                yield Sample(x, axis=axis, keepdims=keepdims, **attrs)
        yield Sample(draw(rng, ()), **attrs)

    return samples


BAD_PAIR = Fails(np.ones((2, 3)), np.ones((2, 4)), match=r"do not broadcast.*3.*4")
BAD_AXIS = Fails(np.ones((2, 3)), axis=2, match=r"axis 2")
NO_AXIS = Fails(np.float64(1.0), axis=0, match="axis 0 does not exist in an array of 0 axes")
