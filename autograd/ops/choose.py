"""Choosing between values, element by element. Ties share the gradient equally.

`where` itself is in `algebra`, because the engine needs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..errors import ShapeError
from ..messages import broadcasting_fault, complain
from ..op import composite, op
from ..samples import BAD_PAIR, Fails, Rng, Sample, away_from, separated
from .arithmetic import flat, sign
from .compare import greater, isfinite, less


def gate(g: Any, open: Any) -> Any:
    """g where `open`, else exactly zero: the rule of everything that lets values pass or not.

    Says the same as where(open, g, 0), several times faster. The product is wrong only where g is
    infinite or NaN and the gate is shut.
    """
    product = g * open
    finite = isfinite(product).all() if product.ndim else math.isfinite(product)
    return product if finite else where(open, g, 0)


# Bounds


def _clip_samples(rng: Rng) -> Iterable[Sample]:
    def draw(*shape: int) -> np.ndarray:
        return away_from(rng, shape, -1, 0.5)

    yield Sample(draw(), -1, 0.5)
    yield Sample(draw(2, 3), -1, 0.5)
    yield Sample(draw(3), min=-1)
    yield Sample(draw(3), max=0.5)
    yield Sample(draw(3), 0.5, -1, label="crossed bounds")
    yield Sample(draw(2, 3), np.full(3, -1.0), np.full((2, 1), 0.5), label="array bounds")
    yield Sample(draw(2, 3), None, np.full(3, 0.5), label="one array bound")


def _clip_reference(x: np.ndarray, min: Any = None, max: Any = None) -> np.ndarray:
    low = -np.inf if min is None else min
    high = np.inf if max is None else max
    return np.minimum(np.maximum(x, low), high)


def _is_number(bound: Any) -> bool:
    return bound is None or isinstance(bound, (int, float))


@composite(
    samples=_clip_samples,
    reference=_clip_reference,
    fails=[Fails(np.ones((2, 3)), np.ones(4), match="do not broadcast.*3.*4")],
    method="clip",
)
def clip(x, /, min=None, max=None):
    """x between the bounds: min where it is below, then max where that is above.

    Parameters
    ----------
    x : Tensor or array
    min, max : number, Tensor, array or None
        Arrays broadcast against x and have gradients too. None: no bound on that side.

    Raises
    ------
    ShapeError
        If the bounds do not broadcast against x.

    Gradient
    --------
    Goes to whichever of x, min and max the result was taken from; at a bound, to x.

    Examples
    --------
    >>> clip(np.array([-2.0, 0.5, 2.0]), 0, 1)
    array([0. , 0.5, 1. ])
    """
    if _is_number(min) and _is_number(max):
        return clamp(x, min=min, max=max)
    arrays = {"x": x, "min": min, "max": max}
    fault = broadcasting_fault(arrays)
    if fault:
        raise complain(ShapeError, "clip", fault, arrays)
    if min is not None:
        x = where(less(x, min), min, x)
    if max is not None:
        x = where(greater(x, max), max, x)
    return x


def _clamp_samples(rng: Rng) -> Iterable[Sample]:
    for shape in ((), (2, 3)):
        yield Sample(away_from(rng, shape, -1, 0.5), min=-1, max=0.5)
    yield Sample(away_from(rng, (3,), 0.5), max=0.5)


@op(samples=_clamp_samples, reference=_clip_reference, elementwise=True, masks=True)
def clamp(x, /, *, min=None, max=None):
    """`clip` with numbers for bounds, in one step.

    Gradient
    --------
    1 from min to max, both included, 0 outside.
    """
    if min is not None:
        x = np.maximum(x, min)
    return +x if max is None else np.minimum(x, max)


@clamp.grad("x")
def _(g, x, min, max):
    low = -math.inf if min is None else min
    high = math.inf if max is None else max
    return gate(g, (x >= low) & (x <= high))


# The larger and the smaller of two


def _larger_share(g: Any, x: Any, y: Any) -> Any:
    """What x gets of the cotangent of maximum(x, y): all, half, or nothing."""
    return gate(g, x > y) + gate(0.5 * g, x == y)


@op(
    samples=separated(),
    reference=lambda x, y: np.where(np.greater(x, y), x, y),
    fails=[BAD_PAIR],
    method="maximum",
    elementwise=True,
    masks=True,
)
def maximum(x, y, /):
    """The larger of x and y, element by element; NaN if either is.

    Gradient
    --------
    Goes to the larger one, half to each where they are equal.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> maximum(x, 2.0).sum().backward()
    >>> x.grad
    Tensor([0. , 0.5, 1. ])
    """
    return np.maximum(x, y)


@maximum.grad("x")
def _(g, x, y):
    return _larger_share(g, x, y)


@maximum.grad("y")
def _(g, x, y):
    return _larger_share(g, y, x)


@op(
    samples=separated(),
    reference=lambda x, y: np.where(np.less(x, y), x, y),
    fails=[BAD_PAIR],
    method="minimum",
    elementwise=True,
    masks=True,
)
def minimum(x, y, /):
    """The smaller of x and y, element by element; NaN if either is.

    Gradient
    --------
    Goes to the smaller one, half to each where they are equal.
    """
    return np.minimum(x, y)


@minimum.grad("x")
def _(g, x, y):
    return _larger_share(g, y, x)


@minimum.grad("y")
def _(g, x, y):
    return _larger_share(g, x, y)


def _with_nans(rng: Rng) -> Iterable[Sample]:
    yield from separated()(rng)
    one, other = np.array([np.nan, 1.0, 2.0]), np.array([0.5, np.nan, 3.0])
    yield Sample(one, other, label="NaN", orders=0)


@op(
    samples=_with_nans,
    reference=lambda x, y: np.where((x > y) | np.isnan(y), x, y),
    fails=[BAD_PAIR],
    elementwise=True,
    masks=True,
)
def fmax(x, y, /):
    """The larger of x and y, element by element; the other one where one is NaN.

    Gradient
    --------
    Goes to the one chosen, half to each where they are equal.
    """
    return np.fmax(x, y)


@fmax.grad("x")
def _(g, x, y):
    return gate(g, (x > y) | (y != y)) + gate(0.5 * g, x == y)


@fmax.grad("y")
def _(g, x, y):
    return gate(g, (y > x) | (x != x)) + gate(0.5 * g, x == y)


@op(
    samples=_with_nans,
    reference=lambda x, y: np.where((x < y) | np.isnan(y), x, y),
    fails=[BAD_PAIR],
    elementwise=True,
    masks=True,
)
def fmin(x, y, /):
    """The smaller of x and y, element by element; the other one where one is NaN.

    Gradient
    --------
    Goes to the one chosen, half to each where they are equal.
    """
    return np.fmin(x, y)


@fmin.grad("x")
def _(g, x, y):
    return gate(g, (x < y) | (y != y)) + gate(0.5 * g, x == y)


@fmin.grad("y")
def _(g, x, y):
    return gate(g, (y < x) | (x != x)) + gate(0.5 * g, x == y)


# Signs and steps


def _nonzero_pairs(rng: Rng) -> Iterable[Sample]:
    for s, t in (((), ()), ((2, 3), (2, 3)), ((2, 1), (1, 3)), ((3,), ())):
        yield Sample(away_from(rng, s, 0), away_from(rng, t, 0))


@op(
    samples=_nonzero_pairs,
    reference=np.vectorize(math.copysign),
    fails=[BAD_PAIR],
    elementwise=True,
)
def copysign(x, y, /):
    """The magnitude of x with the sign of y (of -0.0 too), element by element.

    Gradient
    --------
    1 where x had that sign, -1 where it changed, 0 at x = 0. Zero for y.
    """
    return np.copysign(x, y)


@copysign.grad("x")
def _(g, out, x):
    return g * (sign(x) * sign(out))


copysign.grad("y")(flat)


@op(
    samples=_nonzero_pairs,
    reference=np.vectorize(lambda x, y: 0.0 if x < 0 else 1.0 if x > 0 else y),
    fails=[BAD_PAIR],
    elementwise=True,
    masks=True,
)
def heaviside(x, y, /):
    """The unit step: 0 where x < 0, y where x = 0, 1 where x > 0.

    Gradient
    --------
    Zero for x, at the step too; that of the result for y where x = 0.
    """
    return np.heaviside(x, y)


heaviside.grad("x")(flat)


@heaviside.grad("y")
def _(g, x):
    return gate(g, x == 0)
