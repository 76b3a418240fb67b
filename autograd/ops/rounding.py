"""Rounding to integers, and replacing what is not finite. Elementwise.

Functions that are constant between their jumps have a gradient of exactly zero everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..algebra import where
from ..errors import DTypeError
from ..op import op
from ..samples import Fails, Rng, Sample, away_from, unary, uniform
from .arithmetic import flat

_BETWEEN_INTEGERS = unary(-2, 2, -2, -1, 0, 1, 2)


@op(
    samples=_BETWEEN_INTEGERS,
    reference=np.vectorize(math.floor),
    method="floor",
    elementwise=True,
    masks=True,
)
def floor(x, /):
    """The largest integer not above x, element by element. The gradient is zero."""
    return np.floor(x)


floor.grad("x")(flat)


@op(
    samples=_BETWEEN_INTEGERS,
    reference=np.vectorize(math.ceil),
    method="ceil",
    elementwise=True,
    masks=True,
)
def ceil(x, /):
    """The smallest integer not below x, element by element. The gradient is zero."""
    return np.ceil(x)


ceil.grad("x")(flat)


@op(
    samples=_BETWEEN_INTEGERS,
    reference=np.vectorize(math.trunc),
    method="trunc",
    elementwise=True,
    masks=True,
)
def trunc(x, /):
    """x without its fraction (rounded towards 0), element by element. The gradient is zero."""
    return np.trunc(x)


trunc.grad("x")(flat)


def _round_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(away_from(rng, (), -1.5, -0.5, 0.5, 1.5))
    yield Sample(away_from(rng, (2, 3), -1.5, -0.5, 0.5, 1.5))
    yield Sample(away_from(rng, (3,), -15, -5, 5, 15, low=-20, high=20), decimals=-1)
    yield Sample(np.array([0.123, -1.267, 1.55012]), decimals=1)


@op(
    samples=_round_samples,
    reference=lambda x, decimals=0: np.rint(x * 10.0**decimals) / 10.0**decimals,
    fails=[Fails(np.ones(2), decimals="two", match="decimals must be an int", error=DTypeError)],
    method="round",
    operators=("__round__",),
    elementwise=True,
    masks=True,
)
def round(x, /, *, decimals=0):
    """x rounded to so many decimals, halves to the even neighbour. The gradient is zero.

    Examples
    --------
    >>> round(Tensor([0.5, 1.5, -1.4]))
    Tensor([ 0.,  2., -1.])
    """
    if not hasattr(decimals, "__index__"):
        raise DTypeError(f"decimals must be an int, got {decimals!r}")
    return np.round(x, decimals)


round.grad("x")(flat)


@op(
    samples=_BETWEEN_INTEGERS,
    reference=np.vectorize(lambda x: math.modf(x)[0]),
    method="frac",
    elementwise=True,
)
def frac(x, /):
    """x - trunc(x): the fraction, with the sign of x.

    Gradient
    --------
    1, at the jumps too.
    """
    return x - np.trunc(x)


@frac.grad("x")
def _(g):
    return g


def _nan_to_num_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (2, 3))
    yield Sample(uniform(rng, ()))
    yield Sample(x)
    holes = np.where([[True, False, False], [False, True, False]], [np.nan, -np.inf, np.inf], x)
    yield Sample(holes, nan=1.5, posinf=7.0, neginf=-7.0, label="replaced", orders=0)


def _nan_to_num_reference(
    x: np.ndarray, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> np.ndarray:
    top = np.finfo(np.float64).max
    out = np.where(np.isnan(x), nan, x)
    out = np.where(np.isposinf(x), top if posinf is None else posinf, out)
    return np.where(np.isneginf(x), -top if neginf is None else neginf, out)


@op(
    samples=_nan_to_num_samples,
    reference=_nan_to_num_reference,
    method="nan_to_num",
    elementwise=True,
    masks=True,
)
def nan_to_num(x, /, *, nan=0.0, posinf=None, neginf=None):
    """x with NaN, inf and -inf replaced; infinities by the largest finite numbers unless given.

    Gradient
    --------
    1 where x is finite, 0 where it was replaced.
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@nan_to_num.grad("x")
def _(g, x):
    return where(abs(x) < math.inf, g, 0)
