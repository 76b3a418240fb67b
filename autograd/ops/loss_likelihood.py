"""Losses against targets that are drawn from a distribution: negative log likelihoods."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .arithmetic import multiply
from .choose import maximum
from .exponential import exp, log, log1p_exp, log_sigmoid, sigmoid, xlogy
from .loss import (
    PAIR_FAILS,
    REDUCE,
    check_reduction,
    compared,
    constant,
    each_pair,
    floats,
    operands,
    reduced,
)
from .powers import square
from .products import front
from .reduce import sum
from .shape import expand_dims

# Yes or no

LEAST = math.exp(-100)  # binary_cross_entropy takes the logarithm of nothing smaller


def _chances(rng: Rng) -> Iterable[Sample]:
    for shape, reduction in (((2, 3), "mean"), ((3,), "sum"), ((2, 2), "none")):
        input, target = uniform(rng, shape, 0.1, 0.9), uniform(rng, shape, 0.1, 0.9)
        yield Sample(input, target, reduction=reduction)
    yield Sample(input, target, weight=np.array([0.5, 2.0]))
    sure = np.array([0.0, 1.0, 0.0])
    yield Sample(sure, np.array([0.0, 1.0, 1.0]), reduction="none", orders=0, label="sure")


def _bce_of(x: float, y: float) -> float:
    yes, no = (max(math.log(p), -100) if p else -100 for p in (x, 1 - x))
    return -(y * yes + (1 - y) * no)


@composite(
    samples=_chances,
    reference=each_pair(_bce_of),
    fails=[
        *PAIR_FAILS,
        Fails(np.array([1.5]), np.ones(1), match="between 0 and 1, got 1.5", error=ArgumentError),
    ],
)
def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """-(target * log(input) + (1 - target) * log(1 - input)), for probabilities.

    Logarithms count as -100 at least, with derivative 0 below. Better conditioned:
    `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    input : array
        Probabilities, 0 to 1.
    target : array of the same shape, 0 to 1
    weight : array that broadcasts, optional
        Weight of each loss. The mean is over their number, not their weights.
    reduction : "mean", "sum" or "none"

    Raises
    ------
    ShapeError
        If the shapes differ: losses do not broadcast.
    ArgumentError
        If the reduction does not exist, or input is not between 0 and 1.

    Examples
    --------
    >>> binary_cross_entropy(Tensor([0.5, 1.0]), Tensor([1.0, 1.0]))
    Tensor(0.3465736)
    """
    name = "binary_cross_entropy"
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    values = plain(x)
    if not np.all((values >= 0) & (values <= 1)):
        fact = f"input must lie between 0 and 1, got {values.min():.6g} to {values.max():.6g}"
        hint = "binary_cross_entropy_with_logits takes scores of any size"
        raise complain(ArgumentError, name, fact, {"input": x}, hint=hint)
    least = max(LEAST, float(np.finfo(x.dtype).smallest_subnormal))
    yes, no = log(maximum(x, least)), log(maximum(1 - x, least))
    return reduced(-(y * yes + (1 - y) * no), reduction, weight)


def _logits(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3)), uniform(rng, (2, 3), 0, 1)
    yield Sample(x, y, reduction="none")
    yield Sample(x, y, weight=np.array([[0.5], [2.0]]))
    yield Sample(x, y, pos_weight=np.array([0.5, 1.0, 3.0]), reduction="sum")
    far = np.array([1000.0, -1000.0])
    yield Sample(far, np.array([1.0, 1.0]), orders=0, reduction="none", label="far")


def _bce_logits_reference(
    input: Any, target: Any, weight: Any = 1, reduction: str = "mean", pos_weight: Any = 1
) -> Any:
    no, yes = np.logaddexp(0, input), np.logaddexp(0, -np.asarray(input))
    return REDUCE[reduction](weight * (pos_weight * target * yes + (1 - target) * no))


@op(
    name="binary_cross_entropy_with_logits",
    samples=_logits,
    reference=_bce_logits_reference,
    fails=PAIR_FAILS,
    elementwise=True,
)
def _logit_loss(x, y, /):
    return np.maximum(x, 0) - x * y + log1p_exp(-np.abs(x))


@_logit_loss.grad("x")
def _(g, x, y):
    return g * (sigmoid(x) - y)


@_logit_loss.grad("y")
def _(g, x):
    return -g * x


@front(_logit_loss)
def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """`binary_cross_entropy(sigmoid(input), target)`, right for scores of any size.

    Parameters
    ----------
    input : array
        Scores (logits).
    target : array of the same shape, 0 to 1
    weight : array that broadcasts, optional
        Weight of each loss. The mean is over their number, not their weights.
    reduction : "mean", "sum" or "none"
    pos_weight : array that broadcasts, optional
        How much more a positive target counts.

    Gradient
    --------
    sigmoid(input) - target, and -input.

    Examples
    --------
    >>> binary_cross_entropy_with_logits(Tensor([0.0, 1000.0]), Tensor([1.0, 1.0]))
    Tensor(0.3465736)
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    loss = _logit_loss(x, y)
    if pos_weight is not None:
        loss = loss - (constant(pos_weight, x) - 1) * y * log_sigmoid(x)
    return reduced(loss, reduction, weight)


# Counts, measurements, distributions


def _poisson_samples(rng: Rng) -> Iterable[Sample]:
    yield from compared()(rng)
    x = uniform(rng, (2, 3), 0.5, 2)
    yield Sample(x, uniform(rng, (2, 3), 0, 3), log_input=False)
    yield Sample(x, np.array([[0.0, 0.5, 0.8], [1.5, 2.0, 4.0]]), full=True, reduction="sum")


def _poisson_of(
    x: float, y: float, log_input: bool = True, full: bool = False, eps: float = 1e-8
) -> float:
    loss = math.exp(x) - y * x if log_input else x - y * math.log(x + eps)
    return loss + (y * math.log(y) - y + math.log(2 * math.pi * y) / 2 if full and y > 1 else 0)


@composite(samples=_poisson_samples, reference=each_pair(_poisson_of), fails=PAIR_FAILS)
def poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """exp(input) - target * input: for counts whose expected values have the logarithm input.

    Parameters
    ----------
    input : array
        Logarithms of expected counts, or these themselves.
    target : array of the same shape
        Counts.
    log_input : bool
        False: the loss is input - target * log(input + eps).
    full : bool
        Whether to add Stirling's approximation of log(target!), for targets > 1.
    eps : float
        Keeps the logarithm away from zero.
    reduction : "mean", "sum" or "none"
    """
    check_reduction("poisson_nll_loss", reduction)
    x, y = operands("poisson_nll_loss", input, target)
    loss = exp(x) - multiply(y, x) if log_input else x - y * log(x + eps)
    if full:
        many = y > 1
        counts = where(many, y, 1)
        stirling = xlogy(counts, counts) - counts + 0.5 * log(2 * math.pi * counts)
        loss = loss + where(many, stirling, 0)
    return reduced(loss, reduction)


def _gaussian_samples(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3)), uniform(rng, (2, 3))
    yield Sample(x, y, uniform(rng, (2, 3), 0.5, 2))
    yield Sample(x, y, uniform(rng, (2, 1), 0.5, 2), reduction="none", full=True)
    yield Sample(x, y, uniform(rng, (2,), 0.5, 2), reduction="sum")
    yield Sample(x, y, 0.25)
    yield Sample(x, y, np.zeros((2, 3)), eps=0.5, orders=0, label="no variance")


def _gaussian_reference(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    v, shape = np.asarray(var), np.shape(input)
    v = v[..., None] if shape and v.shape == shape[:-1] else v
    v = np.where(v < eps, eps, v)
    density = np.exp(-((input - target) ** 2) / (2 * v)) / np.sqrt(v)
    return REDUCE[reduction](-np.log(density / (math.sqrt(2 * math.pi) if full else 1)))


@composite(
    samples=_gaussian_samples,
    reference=_gaussian_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((3, 2)), 1.0, match=r"\(2, 3\) but target has \(3, 2\)"),
        Fails(np.ones(2), np.ones(2), 1.0, reduction="max", match="'max'", error=ArgumentError),
        Fails(np.ones(2), np.ones(2), -1.0, match="var must not be negative", error=ArgumentError),
        Fails(np.ones((2, 3)), np.ones((2, 3)), np.ones(3), match=r"var has shape \(3,\)"),
    ],
)
def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """(log(var) + (input - target)**2 / var) / 2: for normal targets of mean input.

    Parameters
    ----------
    input, target : arrays of the same shape
    var : array or number
        Variances: of input's shape, with 1 for axes that share one, or without the last axis.
    full : bool
        Whether to add log(2 pi) / 2.
    eps : float
        Variances below it count as eps, but with the gradient of a variance of that size.
    reduction : "mean", "sum" or "none"

    Source
    ------
    Nix & Weigend (1994), "Estimating the Mean and Variance of the Target Probability Distribution".
    """
    name = "gaussian_nll_loss"
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    v = floats(var, x.dtype)
    if v.ndim and v.shape == x.shape[:-1]:
        v = expand_dims(v, axis=-1)
    fits = v.ndim == x.ndim and all(m in (1, n) for m, n in zip(v.shape, x.shape))
    if v.ndim and not fits:
        fact = f"var has shape {v.shape}, which does not go with input of shape {x.shape}"
        raise complain(ShapeError, name, fact, {"input": x, "var": v})
    values = plain(v)
    if np.any(values < 0):
        fact = f"var must not be negative, got {values.min():.6g}"
        raise complain(ArgumentError, name, fact, {"var": v})
    v = v + np.maximum(eps - values, 0)
    loss = 0.5 * (log(v) + square(x - y) / v)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def _kl_samples(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3)), uniform(rng, (2, 3), 0.2, 1)
    for reduction in ("mean", "sum", "none", "batchmean"):
        yield Sample(x, y, reduction=reduction)
    yield Sample(x, uniform(rng, (2, 3)), log_target=True)
    yield Sample(x, np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]), orders=0, label="zeros")


def _kl_of(x: float, y: float, log_target: bool = False) -> float:
    if log_target:
        return math.exp(y) * (y - x)
    return y * (math.log(y) - x) if y else 0


def _kl_reference(input: Any, target: Any, reduction: str = "mean", **options: Any) -> Any:
    losses = each_pair(_kl_of)(input, target, "none", **options)
    return np.sum(losses) / len(losses) if reduction == "batchmean" else REDUCE[reduction](losses)


@composite(samples=_kl_samples, reference=_kl_reference, fails=[PAIR_FAILS[0]])
def kl_div(input, target, reduction="mean", log_target=False):
    """target * (log(target) - input): the Kullback-Leibler divergence, for log probabilities input.

    Parameters
    ----------
    input : array
        Log probabilities.
    target : array of the same shape
        Probabilities; where they are 0 the loss is 0.
    reduction : "mean", "batchmean", "sum" or "none"
        "batchmean" divides the sum by the length of the first axis, which gives the divergence
        itself; "mean" divides it by the number of elements.
    log_target : bool
        Whether the targets are log probabilities too.
    """
    check_reduction("kl_div", reduction, "batchmean")
    x, y = operands("kl_div", input, target)
    loss = exp(y) * (y - x) if log_target else xlogy(y, y) - multiply(y, x)
    if reduction != "batchmean":
        return reduced(loss, reduction)
    return sum(loss) / max(loss.shape[0] if loss.ndim else 1, 1)
