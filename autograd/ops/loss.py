"""Losses between numbers, and what all losses share: reductions and checks of their arguments.

Names, argument names and defaults are PyTorch's. Losses do not broadcast: predictions of shape
(N, 1) against targets of shape (N,) would give (N, N) of them and train nonsense.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import astype, broadcast_to
from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, Samples, away_from, uniform
from ..tensor import Tensor
from .arithmetic import abs, subtract
from .choose import clip
from .exponential import log1p, log1p_exp
from .norms import vector_norm
from .powers import square
from .reduce import mean, sum
from .trigonometric import tanh

# What losses share


def check_reduction(name: str, reduction: str, *more: str) -> None:
    """Raise an ArgumentError unless it is "mean", "sum", "none" or one of `more`."""
    if reduction not in ("mean", "sum", "none") and reduction not in more:
        known = ", ".join(("mean", "sum", "none", *more))
        fact = f"reduction must be one of {known}, got {reduction!r}"
        raise complain(ArgumentError, name, fact)


def reduced(loss: Any, reduction: str, weight: Any = None) -> Any:
    """The weighted losses, their sum, or their mean; this is over their number, not the weights."""
    if weight is not None:
        loss = loss * _spread(weight, loss)
    return mean(loss) if reduction == "mean" else sum(loss) if reduction == "sum" else loss


def _spread(weight: Any, loss: Any) -> Any:
    """A weight for each of the losses."""
    return broadcast_to(constant(weight, loss), shape=loss.shape)


def constant(value: Any, like: Any) -> Any:
    """An option in the dtype of `like`, which it does not widen so; a Tensor stays one."""
    if type(value) is not Tensor:
        return np.asarray(value, like.dtype)
    return value if value.dtype == like.dtype else astype(value, like.dtype)


def floats(value: Any, dtype: Any) -> Any:
    """value as floats: those of an array keep their dtype, anything else takes the one given."""
    if not isinstance(value, (Tensor, np.ndarray, np.generic)):
        return np.asarray(value, dtype)
    return value if value.dtype.kind == "f" else astype(value, dtype)


def prediction(input: Any) -> Any:
    """What a model said, as floats."""
    x = operand(input)
    return x if x.dtype.kind == "f" else floats(x, np.result_type(x.dtype, np.float32))


def operands(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both as floats, once it is sure that they have one shape, or that target is a number."""
    x = prediction(input)
    y = floats(target, x.dtype)
    if y.shape and y.shape != x.shape:
        fact = f"input has shape {x.shape} but target has {y.shape}"
        hint = "reshape one of them" if x.size == y.size else None
        raise complain(ShapeError, name, fact, {"input": x, "target": y}, hint=hint)
    return x, y


def compared(*kinks: float, low: float = -2.0, high: float = 2.0, **options: Any) -> Samples:
    """Samples whose difference input - target keeps away from kinks: one for each reduction."""

    def samples(rng: Rng) -> Iterable[Sample]:
        for shape, reduction in (((2, 3), "mean"), ((3,), "sum"), ((2, 2), "none")):
            target = uniform(rng, shape, low, high)
            input = target + away_from(rng, shape, *kinks)
            yield Sample(input, target, reduction=reduction, **options)
        yield Sample(input, target[0, 0], label="one target")

    return samples


REDUCE: dict[str, Callable[..., Any]] = {"mean": np.mean, "sum": np.sum, "none": np.asarray}


def each_pair(f: Callable[..., float], weighted_mean: bool = False) -> Callable[..., Any]:
    """A reference: a Python function of two numbers applied to each pair, then reduced."""

    def reference(
        input: Any, target: Any, reduction: str = "mean", weight: Any = 1, **options: Any
    ) -> Any:
        losses = np.vectorize(lambda x, y: float(f(x, y, **options)))(input, target)
        if weighted_mean and reduction == "mean":
            return np.average(losses, weights=np.broadcast_to(weight, losses.shape))
        return REDUCE[reduction](losses * weight)

    return reference


BAD_SHAPES = Fails(np.ones((2, 3)), np.ones((3, 2)), match=r"\(2, 3\) but target has \(3, 2\)")
BAD_REDUCTION = Fails(
    np.ones(2), np.ones(2), reduction="max", match="mean, sum, none, got 'max'", error=ArgumentError
)
PAIR_FAILS = (BAD_SHAPES, BAD_REDUCTION)

# Differences


def _weighted(*kinks: float, **options: Any) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        yield from compared(*kinks, **options)(rng)
        weight = np.array([0.0, 1.0, 2.5])
        for reduction in ("mean", "sum"):
            input = away_from(rng, (2, 3), *kinks)
            yield Sample(input, np.zeros((2, 3)), weight=weight, reduction=reduction)

    return samples


def _difference(name: str, input: Any, target: Any, reduction: str, measure: Any) -> Any:
    """The losses `measure` of input - target, not reduced yet."""
    check_reduction(name, reduction)
    return measure(subtract(*operands(name, input, target)))


def _mean_over_weights(loss: Any, reduction: str, weight: Any) -> Any:
    if weight is None or reduction != "mean":
        return reduced(loss, reduction, weight)
    return sum(loss * _spread(weight, loss)) / sum(_spread(weight, loss))


_WEIGHTED_FAILS = (
    *PAIR_FAILS,
    Fails(np.ones(2), np.ones(2), weight=np.ones((3, 2)), match=r"\(3, 2\) does not broadcast to"),
)


@composite(
    samples=_weighted(),
    reference=each_pair(lambda x, y: (x - y) ** 2, weighted_mean=True),
    fails=_WEIGHTED_FAILS,
)
def mse_loss(input, target, reduction="mean", weight=None):
    """(input - target)**2.

    Parameters
    ----------
    target : array of input's shape, or one number
    reduction : "mean", "sum" or "none"
    weight : array that broadcasts, optional
        Weight of each loss; the mean is then over the weights.

    Raises
    ------
    ShapeError
        If the shapes differ: losses do not broadcast.
    ArgumentError
        If the reduction does not exist.

    Examples
    --------
    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    loss = _difference("mse_loss", input, target, reduction, square)
    return _mean_over_weights(loss, reduction, weight)


@composite(
    samples=_weighted(0),
    reference=each_pair(lambda x, y: math.fabs(x - y), weighted_mean=True),
    fails=_WEIGHTED_FAILS,
)
def l1_loss(input, target, reduction="mean", weight=None):
    """|input - target|, whose gradient where they are equal is 0.

    Parameters and errors: as for `mse_loss`.
    """
    loss = _difference("l1_loss", input, target, reduction, abs)
    return _mean_over_weights(loss, reduction, weight)


def _huber_of(d: float, delta: float = 1.0) -> float:
    return d * d / 2 if math.fabs(d) <= delta else delta * (math.fabs(d) - delta / 2)


@op(
    samples=lambda rng: [
        Sample(away_from(rng, (), -1, 1), delta=1.0),
        Sample(away_from(rng, (2, 3), -0.5, 0.5), delta=0.5),
    ],
    reference=np.vectorize(_huber_of),
    fails=[Fails(np.ones(2), delta=0.0, match="delta must be positive", error=ArgumentError)],
    elementwise=True,
    public=False,
)
def huber(x, /, *, delta):
    """x * x / 2 where |x| <= delta, and the tangents of that beyond."""
    if delta <= 0:
        raise ArgumentError(f"delta must be positive, got {delta}")
    size = np.abs(x)
    near = np.minimum(size, delta)
    return near * (size - near / 2)


@huber.grad("x")
def _(g, x, delta):
    return g * clip(x, -delta, delta)


@composite(
    samples=_weighted(-1, 1),
    reference=each_pair(lambda x, y, delta=1.0: _huber_of(x - y, delta)),
    fails=[
        *_WEIGHTED_FAILS,
        Fails(np.ones(2), np.ones(2), delta=-1, match="delta must be", error=ArgumentError),
    ],
)
def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """(input - target)**2 / 2 up to a distance of delta, and its tangents beyond.

    Parameters and errors: as for `mse_loss`; delta > 0. The mean of weighted losses is over their
    number.

    Source
    ------
    Huber (1964), "Robust Estimation of a Location Parameter".
    """
    measure = lambda d: huber(d, delta=delta)  # noqa: E731
    loss = _difference("huber_loss", input, target, reduction, measure)
    return reduced(loss, reduction, weight)


def _smooth_l1_samples(rng: Rng) -> Iterable[Sample]:
    yield from compared(-0.5, 0.5, beta=0.5)(rng)
    yield from list(compared(0, beta=0)(rng))[:1]


@composite(
    samples=_smooth_l1_samples,
    reference=each_pair(
        lambda x, y, beta=1.0: _huber_of(x - y, beta) / beta if beta else math.fabs(x - y)
    ),
    fails=[
        *PAIR_FAILS,
        Fails(np.ones(2), np.ones(2), beta=-1, match="beta must not be", error=ArgumentError),
    ],
)
def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """|input - target| - beta / 2, rounded off to (input - target)**2 / (2 beta) below beta.

    Parameters and errors: as for `mse_loss`; beta >= 0, and with 0 this is `l1_loss`.

    Source
    ------
    Girshick (2015), "Fast R-CNN".
    """
    if beta < 0:
        fact = f"beta must not be negative, got {beta}"
        raise complain(ArgumentError, "smooth_l1_loss", fact)
    measure = (lambda d: huber(d, delta=beta) / beta) if beta else abs
    return reduced(_difference("smooth_l1_loss", input, target, reduction, measure), reduction)


@op(
    samples=lambda rng: [Sample(uniform(rng, ())), Sample(uniform(rng, (2, 3), -4, 4))],
    reference=np.vectorize(lambda x: math.log(math.cosh(x))),
    elementwise=True,
    public=False,
)
def log_cosh(x, /):
    """log(cosh(x)), without overflow, and accurate near 0 where it is almost x * x / 2."""
    size = np.abs(x)
    near = np.log1p(2 * np.sinh(np.minimum(size, 1) / 2) ** 2)  # cosh(x) = 1 + 2 sinh(x/2)**2
    return np.where(size < 1, near, size + log1p_exp(-2 * size) - math.log(2))[()]


@log_cosh.grad("x")
def _(g, x):
    return g * tanh(x)


@composite(
    samples=compared(),
    reference=each_pair(lambda x, y: math.log(math.cosh(x - y))),
    fails=PAIR_FAILS,
)
def log_cosh_loss(input, target, reduction="mean"):
    """log(cosh(input - target)): like a square near 0, like the absolute value far away.

    Parameters and errors: as for `mse_loss`.

    Examples
    --------
    >>> float(log_cosh_loss(np.array([1000.0]), np.array([0.0])) + np.log(2))
    1000.0
    """
    return reduced(_difference("log_cosh_loss", input, target, reduction, log_cosh), reduction)


def _counts(rng: Rng) -> Iterable[Sample]:
    for shape, reduction in (((2, 3), "mean"), ((3,), "sum"), ((2, 2), "none")):
        yield Sample(uniform(rng, shape, 0, 4), uniform(rng, shape, 0, 4), reduction=reduction)


@composite(
    samples=_counts,
    reference=each_pair(lambda x, y: math.log((1 + x) / (1 + y)) ** 2),
    fails=PAIR_FAILS,
)
def msle_loss(input, target, reduction="mean"):
    """(log(1 + input) - log(1 + target))**2, for numbers > -1 such as counts.

    Parameters and errors: as for `mse_loss`.
    """
    check_reduction("msle_loss", reduction)
    x, y = operands("msle_loss", input, target)
    return reduced(square(log1p(x) - log1p(y)), reduction)


def _rmse_reference(input: Any, target: Any, reduction: str = "mean") -> Any:
    return np.sqrt(REDUCE[reduction]((np.asarray(input) - target) ** 2))


@composite(samples=compared(0), reference=_rmse_reference, fails=PAIR_FAILS)
def rmse_loss(input, target, reduction="mean"):
    """The root of `mse_loss`: of the mean, of the sum, or of every square.

    Parameters and errors: as for `mse_loss`.

    Gradient
    --------
    0 where input and target are equal: a norm has a kink there.
    """
    check_reduction("rmse_loss", reduction)
    difference = subtract(*operands("rmse_loss", input, target))
    if reduction == "none":
        return abs(difference)
    count = difference.size if reduction == "mean" else 1
    return vector_norm(difference) / math.sqrt(count)
