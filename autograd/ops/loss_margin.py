"""Losses that ask for a margin: between scores and a boundary, or between right and wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, DTypeError, IndexingError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, Samples, away_from, distinct, uniform
from .arithmetic import multiply, subtract
from .exponential import exp, log_sigmoid
from .index import getitem
from .loss import (
    BAD_REDUCTION,
    REDUCE,
    check_reduction,
    constant,
    each_pair,
    floats,
    operands,
    prediction,
    reduced,
)
from .loss_likelihood import binary_cross_entropy_with_logits
from .piecewise import relu
from .reduce import mean, sum
from .shape import expand_dims

# Two classes, called 1 and -1


def signs(name: str, target: Any, dtype: Any) -> Any:
    """The target as floats, once it is sure that all of it is 1 or -1."""
    y = floats(target, dtype)
    values = plain(y)
    if not np.all(np.abs(values) == 1):
        wrong = np.ravel(values)[np.ravel(np.abs(values) != 1)][0]
        hint = "2 * target - 1 makes that of 0 and 1" if wrong == 0 else None
        fact = f"target must hold 1 and -1, got {wrong:.6g}"
        raise complain(ArgumentError, name, fact, {"target": target}, hint=hint)
    return y


def signed(*kinks: float, **options: Any) -> Samples:
    """Scores and targets of 1 and -1, for each reduction."""

    def samples(rng: Rng) -> Iterable[Sample]:
        for shape, reduction in (((2, 3), "mean"), ((3,), "sum"), ((2, 2), "none")):
            target = np.resize([1, -1], shape)
            yield Sample(away_from(rng, shape, *kinks), target, reduction=reduction, **options)

    return samples


SIGN_FAILS = (
    Fails(np.ones((2, 3)), np.ones((3, 2)), match=r"\(2, 3\) but target has \(3, 2\)"),
    BAD_REDUCTION,
    Fails(np.ones(2), np.array([0, 1]), match="must hold 1 and -1, got 0", error=ArgumentError),
    Fails(np.ones(2), np.array([0, 1]), match="hint: 2 . target - 1", error=ArgumentError),
)


def _two_classes(name: str, input: Any, target: Any, reduction: str, measure: Any) -> Any:
    """The loss `measure` of target * input."""
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    return reduced(measure(multiply(x, signs(name, y, x.dtype))), reduction)


@composite(
    samples=signed(-1, 1),
    reference=each_pair(lambda x, y: max(0, 1 - y * x)),
    fails=SIGN_FAILS,
)
def hinge_loss(input, target, reduction="mean"):
    """max(0, 1 - target * input).

    Parameters
    ----------
    input : array
        Scores; their sign is the predicted class.
    target : array of the same shape, of 1 and -1
    reduction : "mean", "sum" or "none"

    Raises
    ------
    ShapeError
        If the shapes differ: losses do not broadcast.
    ArgumentError
        If a target is neither 1 nor -1, or the reduction does not exist.

    Source
    ------
    Cortes & Vapnik (1995), "Support-Vector Networks".
    """
    return _two_classes("hinge_loss", input, target, reduction, lambda z: relu(1 - z))


@composite(samples=signed(), reference=each_pair(lambda x, y: math.exp(-y * x)), fails=SIGN_FAILS)
def exponential_loss(input, target, reduction="mean"):
    """exp(-target * input): what AdaBoost minimises.

    Parameters and errors: as for `hinge_loss`.

    Source
    ------
    Freund & Schapire (1997), "A Decision-Theoretic Generalization of On-Line Learning".
    """
    return _two_classes("exponential_loss", input, target, reduction, lambda z: exp(-z))


@composite(
    samples=signed(),
    reference=each_pair(lambda x, y: math.log1p(math.exp(-y * x))),
    fails=SIGN_FAILS,
)
def soft_margin_loss(input, target, reduction="mean"):
    """log(1 + exp(-target * input)): the logistic loss, without overflow.

    Parameters and errors: as for `hinge_loss`.
    """
    return _two_classes("soft_margin_loss", input, target, reduction, lambda z: -log_sigmoid(z))


@composite(
    samples=signed(0.5, margin=0.5),
    reference=each_pair(lambda x, y, margin=1.0: x if y == 1 else max(0, margin - x)),
    fails=SIGN_FAILS,
)
def hinge_embedding_loss(input, target, margin=1.0, reduction="mean"):
    """input where the target is 1, max(0, margin - input) where it is -1: for distances.

    Parameters and errors: as for `hinge_loss`.
    """
    name = "hinge_embedding_loss"
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    y = plain(signs(name, y, x.dtype))
    return reduced(where(y > 0, x, relu(subtract(margin, x))), reduction)


def _ranking_samples(rng: Rng) -> Iterable[Sample]:
    for sample in signed(-0.5, 0.5, margin=0.5)(rng):
        difference, target = sample.args
        other = uniform(rng, difference.shape)
        yield Sample(difference + other, other, target, **sample.attrs)


def _ranking_reference(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    return REDUCE[reduction](np.clip(margin - target * (input1 - input2), 0, None))


@composite(
    samples=_ranking_samples,
    reference=_ranking_reference,
    fails=[
        Fails(np.ones(2), np.ones(3), np.ones(2), match=r"\(2,\) but target has \(3,\)"),
        Fails(np.ones(2), np.ones(2), np.zeros(2), match="1 and -1, got 0", error=ArgumentError),
        Fails(np.ones(2), np.ones(2), np.ones(2), reduction="max", match="'max'",
              error=ArgumentError),
    ],
)  # fmt: skip
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="mean"):
    """max(0, margin - target * (input1 - input2)): 1 says that input1 should be the greater one.

    Parameters
    ----------
    input1, input2 : arrays of the same shape
    target : array of the same shape, of 1 and -1
    margin : float
        How much greater it should be.
    reduction : "mean", "sum" or "none"
    """
    name = "margin_ranking_loss"
    check_reduction(name, reduction)
    difference = subtract(*operands(name, input1, input2))
    difference, y = operands(name, difference, target)
    return reduced(relu(margin - signs(name, y, y.dtype) * difference), reduction)


# One right class, or several


def _rows(name: str, input: Any, target: Any) -> tuple[Any, np.ndarray, bool]:
    """Scores (N, C) and whole targets with the same number of rows; whether there was an N."""
    x, y = prediction(input), np.array(plain(target))
    if x.ndim not in (1, 2):
        fact = f"input must have axes (batch, classes) or (classes), got {x.ndim}"
        raise complain(ShapeError, name, fact, {"input": x})
    if y.dtype.kind not in "iu":
        fact = f"target must hold class numbers (ints), but it is {y.dtype}"
        raise complain(DTypeError, name, fact, {"input": x, "target": target})
    batched = x.ndim == 2
    return (x if batched else expand_dims(x, axis=0)), (y if batched else y[None]), batched


def _require_classes(name: str, x: Any, y: np.ndarray, least: int) -> None:
    outside = y[(y < least) | (y >= x.shape[1])]
    if outside.size:
        fact = f"target {outside[0]} is not among the classes 0 to {x.shape[1] - 1}"
        raise complain(IndexingError, name, fact, {"input": x, "target": y})


def _reduced_rows(loss: Any, reduction: str, batched: bool) -> Any:
    return reduced(loss if batched else getitem(loss, index=0), reduction)


def _multi_margin_samples(rng: Rng) -> Iterable[Sample]:
    x, y = distinct(rng, (2, 3)), np.array([2, 0])
    yield Sample(x, y, margin=0.3)
    yield Sample(x, y, p=2, weight=np.array([0.5, 1.0, 2.0]), reduction="none")
    yield Sample(x[0], np.array(1), margin=0.3, reduction="sum")


def _multi_margin_reference(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None,
    reduction: str = "mean",
) -> Any:  # fmt: skip
    losses = []
    for x, y in zip(np.atleast_2d(input), np.atleast_1d(target)):
        parts = [max(0, margin - x[y] + x[c]) ** p for c in range(len(x)) if c != y]
        losses.append((1 if weight is None else weight[y]) * math.fsum(parts) / len(x))
    return REDUCE[reduction](losses)


_SCORES = np.ones((2, 3))


@composite(
    samples=_multi_margin_samples,
    reference=_multi_margin_reference,
    fails=[
        Fails(_SCORES, np.array([0, 3]), match="target 3 .* 0 to 2", error=IndexingError),
        Fails(_SCORES, np.array([0, -1]), match="target -1 .* 0 to 2", error=IndexingError),
        Fails(_SCORES, np.array([0]), match=r"target has shape \(1,\), expected \(2,\)"),
        Fails(_SCORES, np.ones(2), match="class numbers .* float64", error=DTypeError),
        Fails(_SCORES, np.array([0, 1]), p=3, match="p must be 1 or 2", error=ArgumentError),
        Fails(_SCORES, np.array([0, 1]), weight=np.ones(2), match="weight .* 3 classes"),
        Fails(np.float64(1.0), np.array(0), match="got 0"),
    ],
)
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """sum over wrong classes c of max(0, margin - input[target] + input[c])**p / C.

    Parameters
    ----------
    input : shape (N, C) or (C,)
        Scores.
    target : ints, shape (N,) or ()
    p : 1 or 2
    margin : float
    weight : array (C,), optional
        Weight of each class: of samples that belong to it.
    reduction : "mean", "sum" or "none"

    Source
    ------
    Crammer & Singer (2001), "On the Algorithmic Implementation of Multiclass Kernel-based Vector
    Machines".
    """
    name = "multi_margin_loss"
    check_reduction(name, reduction)
    x, y, batched = _rows(name, input, target)
    count, classes = x.shape
    if y.shape != (count,):
        fact = f"target has shape {y.shape}, expected {(count,)}"
        raise complain(ShapeError, name, fact, {"input": x, "target": y})
    if p not in (1, 2):
        raise complain(ArgumentError, name, f"p must be 1 or 2, got {p}")
    _require_classes(name, x, y, 0)
    right = getitem(x, index=(np.arange(count)[:, None], y[:, None]))
    wrong = np.arange(classes) != y[:, None]
    loss = relu(where(wrong, margin - right + x, 0))
    loss = sum(loss if p == 1 else loss * loss, axis=1) / classes
    if weight is not None:
        scale = constant(weight, x)
        if scale.shape != (classes,):
            fact = f"weight has shape {scale.shape}, but there are {classes} classes"
            raise complain(ShapeError, name, fact, {"input": x, "weight": weight})
        loss = loss * scale[y]
    return _reduced_rows(loss, reduction, batched)


def _multilabel_samples(rng: Rng) -> Iterable[Sample]:
    x = distinct(rng, (2, 4)) * 0.4
    y = np.array([[3, 0, -1, 1], [-1, 0, 0, 0]])
    yield Sample(x, y)
    yield Sample(x, y, reduction="none")
    yield Sample(x[0], y[0], reduction="sum")


def _multilabel_reference(input: Any, target: Any, reduction: str = "mean") -> Any:
    losses = []
    for x, y in zip(np.atleast_2d(input), np.atleast_2d(target).tolist()):
        right = y[: y.index(-1)] if -1 in y else y
        pairs = [(i, j) for i in range(len(x)) for j in right if i not in right]
        losses.append(math.fsum(max(0, 1 - x[j] + x[i]) for i, j in pairs) / len(x))
    return REDUCE[reduction](losses if np.ndim(input) == 2 else losses[0])


@composite(
    samples=_multilabel_samples,
    reference=_multilabel_reference,
    fails=[
        Fails(_SCORES, np.zeros((2, 2), int), match=r"target has shape \(2, 2\), expected"),
        Fails(_SCORES, np.full((2, 3), 3), match="target 3 .* 0 to 2", error=IndexingError),
        Fails(_SCORES, _SCORES, match="class numbers .* float64", error=DTypeError),
    ],
)
def multilabel_margin_loss(input, target, reduction="mean"):
    """sum over right classes r and wrong ones c of max(0, 1 - input[r] + input[c]) / C.

    Parameters
    ----------
    input : shape (N, C) or (C,)
        Scores.
    target : ints of the same shape
        The right classes of each sample, each named once; from the first -1 on nothing counts.
    reduction : "mean", "sum" or "none"
    """
    name = "multilabel_margin_loss"
    check_reduction(name, reduction)
    x, y, batched = _rows(name, input, target)
    if y.shape != x.shape:
        fact = f"target has shape {y.shape}, expected {x.shape}"
        raise complain(ShapeError, name, fact, {"input": x, "target": y})
    named = np.logical_and.accumulate(y != -1, axis=1)
    y = np.where(named, y, 0)
    _require_classes(name, x, y, 0)
    count, classes = x.shape
    rows = np.arange(count)[:, None]
    right = np.zeros(x.shape, bool)
    np.logical_or.at(right, (rows, y), named)
    pairs = named[:, :, None] & ~right[:, None, :]  # (sample, place in target, wrong class)
    margins = 1 - expand_dims(getitem(x, index=(rows, y)), axis=2) + expand_dims(x, axis=1)
    loss = sum(relu(where(pairs, margins, 0)), axis=(1, 2)) / classes
    return _reduced_rows(loss, reduction, batched)


def _soft_samples(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3)), rng.integers(0, 2, (2, 3))
    for reduction in ("mean", "sum", "none"):
        yield Sample(x, y, reduction=reduction)
    yield Sample(x, y, weight=np.array([0.5, 1.0, 2.0]))


def _soft_reference(input: Any, target: Any, weight: Any = 1, reduction: str = "mean") -> Any:
    yes: Callable[..., Any] = np.vectorize(lambda x: math.log1p(math.exp(-x)))
    return REDUCE[reduction](np.mean(weight * np.where(target, yes(input), yes(-input)), axis=-1))


@composite(
    samples=_soft_samples,
    reference=_soft_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((3, 2)), match=r"\(2, 3\) but target has \(3, 2\)"),
        BAD_REDUCTION,
        Fails(np.float64(1.0), 1.0, match="axis of classes"),
    ],
)
def multilabel_soft_margin_loss(input, target, weight=None, reduction="mean"):
    """`binary_cross_entropy_with_logits`, averaged over the classes of each sample.

    Parameters
    ----------
    input : shape (..., C)
        Scores.
    target : array of the same shape, 0 to 1
        Which classes are right.
    weight : array (C,), optional
        Weight of each class.
    reduction : "mean", "sum" or "none"
    """
    name = "multilabel_soft_margin_loss"
    check_reduction(name, reduction)
    x, y = operands(name, input, target)
    if not x.ndim:
        raise complain(ShapeError, name, "input needs an axis of classes", {"input": x})
    losses = binary_cross_entropy_with_logits(x, y, weight, "none")
    return reduced(mean(losses, axis=-1), reduction)
