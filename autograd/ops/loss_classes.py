"""Losses of scores or log probabilities against classes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import kernels
from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, DTypeError, IndexingError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor
from .index import getitem
from .loss import REDUCE, check_reduction, constant, prediction, reduced
from .loss_soft import smoothed_loss, soft_loss
from .loss_targets import (
    are_classes,
    checked_classes,
    class_axis,
    class_weights,
    element_of,
    probabilities,
)
from .products import front
from .reduce import sum
from .shape import expand_dims
from .softmax import softmax

# The narrow op: whole numbers as targets, a loss for each


def _cross_entropy_samples(rng: Rng) -> Iterable[Sample]:
    w = np.array([0.5, 1.0, 2.0])
    y = np.array([2, 0, -100, 1])
    x = uniform(rng, (4, 3))
    yield Sample(x, y.clip(0))
    yield Sample(x, y, reduction="sum")
    yield Sample(x, y, weight=w)
    yield Sample(x, y.clip(0), weight=w, ignore_index=1, label_smoothing=0.2)
    yield Sample(uniform(rng, (2, 3, 2)), np.array([[0, 2], [1, 1]]), reduction="none")
    yield Sample(uniform(rng, (3,)), np.array(1))
    soft = rng.dirichlet(np.ones(3), 2)
    yield Sample(x[:2], soft)
    yield Sample(x[:2], soft, weight=w, label_smoothing=0.1, reduction="sum")
    far = np.array([[1000.0, 0.0, -np.inf]])
    yield Sample(far, np.array([1]), orders=0, label="far apart")


def _log_shares(scores: list[float]) -> list[float]:
    peak = max(scores)
    total = math.fsum(math.exp(s - peak) for s in scores)
    return [s - peak - math.log(total) for s in scores]


def _class_reference(shares: Any) -> Any:
    """Of cross_entropy and nll_loss: sample by sample, class by class."""

    def reference(
        input: np.ndarray, target: np.ndarray, weight: Any = None, ignore_index: int = -100,
        reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> Any:  # fmt: skip
        x = np.moveaxis(input, min(1, input.ndim - 1), -1)
        count = x.shape[-1]
        w = np.ones(count) if weight is None else weight
        soft = np.shape(target) == input.shape
        losses, scale = np.zeros(x.shape[:-1]), np.ones(x.shape[:-1])
        for place in np.ndindex(x.shape[:-1]):
            goal = (
                np.moveaxis(target, 1, -1)[place] if soft else np.eye(count)[target[place] % count]
            )
            scale[place] = 1 if soft else w[target[place]] if target[place] != ignore_index else 0
            goal = goal * (1 - label_smoothing) + label_smoothing / count
            for c, share in enumerate(shares(x[place].tolist())):
                if goal[c] and scale[place]:
                    losses[place] -= w[c] * goal[c] * share
        if reduction == "mean":
            return losses.sum() / scale.sum()
        return REDUCE[reduction](losses)

    return reference


_SCORES, _STEPS = np.ones((2, 3)), np.ones((1, 2, 3))
CLASS_FAILS = (
    Fails(_SCORES, np.array([0, 3]), error=IndexingError, match=r"target\[1\] is 3.*0 to 2"),
    Fails(_SCORES, np.array([[0], [1]]), match=r"target has shape \(2, 1\), expected \(2,\)"),
    Fails(_SCORES, np.array([0.0, 1.0]), error=DTypeError, match="class numbers .*float64"),
    Fails(_SCORES, np.array([0, 1]), weight=np.ones(2), match="weight .* 3 classes"),
    Fails(_SCORES, np.array([0, 1]), reduction="max", error=ArgumentError, match="'max'"),
    Fails(np.float64(1.0), np.array(0), match="axis of classes"),
)


@op(
    name="cross_entropy",
    samples=_cross_entropy_samples,
    reference=_class_reference(_log_shares),
    fails=[
        *CLASS_FAILS,
        Fails(_SCORES, np.ones((2, 3), int), error=DTypeError, match="probabilities.*int64"),
        Fails(_SCORES, _SCORES, label_smoothing=2, error=ArgumentError, match="0 to 1, got 2"),
    ],
    residuals=("stats",),
)
def _cross_entropy(x, /, *, classes, axis, reduction="none"):
    fast = kernels.cross_entropy(x, classes, axis)
    loss, whole, stats = _each_cross_entropy(x, classes, axis) if fast is None else fast
    if reduction != "none":
        loss = x.dtype.type(whole / classes.size if reduction == "mean" else whole)
    return loss, stats


def _each_cross_entropy(
    x: np.ndarray, classes: np.ndarray, axis: int
) -> tuple[Any, Any, np.ndarray]:
    """Losses, their sum, and for each the largest of x and the sum of exp(x - largest).

    Raises
    ------
    IndexingError
        If there is no such class.
    """
    index = element_of(classes.astype(np.intp, copy=False), axis)
    try:
        places = np.ravel_multi_index(index, x.shape)
    except ValueError:
        raise IndexingError(f"the classes are 0 to {x.shape[axis] - 1}") from None
    kept = [1 if k == axis else n for k, n in enumerate(x.shape)]
    stats = np.empty((2, *kept), x.dtype)
    weights = x - np.maximum.reduce(x, axis, out=stats[0], keepdims=True)
    chosen = weights.take(places)
    np.exp(weights, out=weights)
    np.add.reduce(weights, axis, out=stats[1], keepdims=True)
    loss = np.log(stats[1].reshape(classes.shape)) - chosen
    return loss, np.add.reduce(loss, None, np.float64), stats


@_cross_entropy.grad("x")
def _(g, x, classes, axis, reduction, stats):
    g = g / classes.size if reduction == "mean" else g
    return cross_entropy_dx(g, x, classes=classes, axis=axis, stats=stats)


def _dx_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (2,)), uniform(rng, (2, 3)), classes=np.array([2, 0]), axis=1)
    classes = np.array([[0, 1]])
    yield Sample(uniform(rng, (1, 2)), uniform(rng, (1, 3, 2)), classes=classes, axis=1)
    yield Sample(uniform(rng, ()), uniform(rng, (1, 3, 2)), classes=classes, axis=1)


def _dx_reference(g: np.ndarray, x: np.ndarray, classes: np.ndarray, axis: int) -> np.ndarray:
    shares = np.exp(np.apply_along_axis(lambda v: _log_shares(v.tolist()), axis, x))
    here = np.moveaxis(classes[..., None] == np.arange(x.shape[axis]), -1, axis)
    return np.expand_dims(np.broadcast_to(g, classes.shape), axis) * (shares - here)


@op(samples=_dx_samples, reference=_dx_reference, hints=("stats",), public=False)
def cross_entropy_dx(g, x, /, *, classes, axis, stats=None):
    """g times (softmax(x) - 1 at the right class).

    g : a number, or one for each of the classes
    stats : what cross_entropy has at hand
    """
    if stats is None:
        stats = _each_cross_entropy(x, classes, axis)[2]
    stats = np.asarray(stats)
    fast = kernels.cross_entropy_dx(g, x, classes, axis, stats)
    if fast is not None:
        return fast
    kept = [1 if k == axis else n for k, n in enumerate(x.shape)]
    out = x - stats[0].reshape(kept)
    np.exp(out, out=out)
    out *= (g.reshape(kept) if g.ndim else g) / stats[1].reshape(kept)
    out[element_of(classes, axis)] -= g
    return out


@cross_entropy_dx.grad("g")
def _(h, x, classes, axis):
    return sum(h * softmax(x, axis=axis), axis=axis) - getitem(h, index=element_of(classes, axis))


@cross_entropy_dx.grad("x")
def _(h, g, x, axis):
    shares = softmax(x, axis=axis)
    h = h * (expand_dims(g, axis=axis) if g.ndim else g)
    return shares * (h - sum(h * shares, axis=axis, keepdims=True))


# What users call


@front(_cross_entropy)
def cross_entropy(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """-log of the probability that softmax(input) gives to the right class.

    Parameters
    ----------
    input : shape (C,), (N, C) or (N, C, d1, ...)
        Scores (logits); not probabilities.
    target : ints of input's shape without C, or floats of input's shape
        The right class of each sample, or a probability for every class.
    weight : array (C,), optional
        Weight of each class. The mean is then over the weights of the targets.
    ignore_index : int
        Samples of this class count for nothing.
    reduction : "mean", "sum" or "none"
    label_smoothing : float
        Share of the probability that is spread evenly over all classes.

    Raises
    ------
    ShapeError, DTypeError, IndexingError
        If target does not fit input, is of the wrong kind, or names a class that does not exist.

    Gradient
    --------
    (softmax - 1 at the right class), of what reduction and weights make of it. Keeps the input.

    Source
    ------
    Szegedy et al. (2016), "Rethinking the Inception architecture", for label smoothing.

    Examples
    --------
    >>> cross_entropy(Tensor([[2.0, 0.0], [0.0, 0.0]]), [0, 1])
    Tensor(0.4100376)
    """
    name = "cross_entropy"
    check_reduction(name, reduction)
    if not 0 <= label_smoothing <= 1:
        fact = f"label_smoothing must be 0 to 1, got {label_smoothing}"
        raise complain(ArgumentError, name, fact)
    x = prediction(input)
    axis = class_axis(name, x)
    simple = weight is None and not label_smoothing
    if simple and are_classes(plain(target), x.shape, axis, ignore_index):
        try:  # nearly always
            classes = np.array(plain(target))
            return _cross_entropy(x, classes=classes, axis=axis, reduction=reduction)
        except IndexingError:  # some samples are ignored, or wrong
            pass
    weight = class_weights(name, weight, x, axis)
    if (target.shape if type(target) is Tensor else np.shape(target)) == x.shape:
        goal = probabilities(name, x, target)
        return reduced(soft_loss(x, goal, weight, label_smoothing, axis), reduction)
    classes, counted = checked_classes(name, x, target, ignore_index, axis)
    scale = None if weight is None else weight[classes]
    if label_smoothing:
        loss = smoothed_loss(x, classes, weight, scale, label_smoothing, axis)
    else:
        loss = _cross_entropy(x, classes=classes, axis=axis)
        loss = loss if scale is None else loss * scale
    return _reduced_by_weight(loss, counted, scale, reduction)


def _nll_samples(rng: Rng) -> Iterable[Sample]:
    w, y = np.array([0.5, 1.0, 2.0]), np.array([2, 0, -100, 1])
    yield Sample(uniform(rng, (4, 3)), y)
    yield Sample(uniform(rng, (4, 3)), y, weight=w)
    yield Sample(uniform(rng, (2, 3, 2)), np.array([[0, 2], [1, 1]]), weight=w, reduction="none")
    yield Sample(uniform(rng, (3,)), np.array(1), reduction="sum")


@composite(
    samples=_nll_samples, reference=_class_reference(lambda scores: scores), fails=CLASS_FAILS
)
def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """-input at the right class: the negative log likelihood, if input is a `log_softmax`.

    Parameters and errors: as for `cross_entropy`; input holds log probabilities, target classes.

    Examples
    --------
    >>> nll_loss(Tensor([[-0.5, -1.0], [-0.25, -2.0]]), [0, 1])
    Tensor(1.25)
    """
    check_reduction("nll_loss", reduction)
    x = prediction(input)
    axis = class_axis("nll_loss", x)
    weight = class_weights("nll_loss", weight, x, axis)
    classes, counted = checked_classes("nll_loss", x, target, ignore_index, axis)
    loss = -getitem(x, index=element_of(classes, axis))
    scale = None if weight is None else weight[classes]
    loss = loss if scale is None else loss * scale
    return _reduced_by_weight(loss, counted, scale, reduction)


def _temporal_samples(rng: Rng) -> Iterable[Sample]:
    x, y = uniform(rng, (2, 3, 3)), np.array([[2, 0, -1], [1, 2, 2]])
    mask = np.array([[True, True, False], [True, False, True]])
    yield Sample(x, y.clip(0))
    yield Sample(x, y, mask)
    yield Sample(x, y.clip(0), mask=mask * np.array([[0.5], [2]]), reduction="none")


def _temporal_reference(
    input: np.ndarray, target: np.ndarray, mask: Any = None, reduction: str = "mean"
) -> Any:
    losses = np.zeros(target.shape)
    for n, t in np.ndindex(target.shape):
        weight = 1 if mask is None else mask[n, t]
        losses[n, t] = weight * -_log_shares(input[n, t].tolist())[target[n, t]]
    return losses.sum() / len(losses) if reduction == "mean" else REDUCE[reduction](losses)


@composite(
    samples=_temporal_samples,
    reference=_temporal_reference,
    fails=[
        Fails(_SCORES, np.array([0, 1]), match=r"must have axes \(batch, time, classes\), got 2"),
        Fails(_STEPS, np.array([[0, -1]]), error=IndexingError, match=r"target\[0, 1\] is -1"),
        Fails(_STEPS, np.array([[0]]), match=r"target has shape \(1, 1\), expected \(1, 2\)"),
        Fails(_STEPS, np.array([[0, 1]]), np.ones(2), match=r"mask has shape \(2,\)"),
        Fails(_STEPS, np.array([[0, 1]]), reduction="all", error=ArgumentError, match="'all'"),
    ],
)
def temporal_cross_entropy(input, target, mask=None, reduction="mean"):
    """`cross_entropy` of each step of a batch of sequences, without the steps that are masked out.

    Parameters
    ----------
    input : shape (N, T, C)
        Scores of each class, at every step.
    target : ints, shape (N, T)
        The right classes; where the mask is 0 anything goes.
    mask : shape (N, T), optional
        Weight of each step: True or 1 where there is something to predict, False or 0 in padding.
    reduction : "mean", "sum" or "none"
        The mean is over the sequences, each of which counts the sum of its steps.

    Source
    ------
    Stanford CS231n (2017), assignment 3, "temporal softmax loss".
    """
    name = "temporal_cross_entropy"
    check_reduction(name, reduction)
    x = prediction(input)
    if x.ndim != 3:
        fact = f"input must have axes (batch, time, classes), got {x.ndim}"
        raise complain(ShapeError, name, fact, {"input": x})
    for what, given in (("target", target), ("mask", mask)):
        if given is not None and np.shape(given) != x.shape[:2]:
            fact = f"{what} has shape {np.shape(given)}, expected {x.shape[:2]}"
            raise complain(ShapeError, name, fact, {"input": x, what: given})
    scale = None if mask is None else constant(mask, x)
    if scale is not None:
        target = np.where(plain(scale) == 0, -100, plain(target))
    ignored = -100 if scale is not None else None
    classes, counted = checked_classes(name, x, target, ignored, axis=2)
    if counted is not None:
        x = where(counted[:, :, None], x, 0)  # whatever padding holds, NaN included, has no effect
    loss = _cross_entropy(x, classes=classes, axis=2)
    loss = loss if scale is None else loss * scale
    return sum(loss) / len(x) if reduction == "mean" else reduced(loss, reduction)


def _reduced_by_weight(loss: Any, counted: np.ndarray | None, scale: Any, reduction: str) -> Any:
    """Losses that count, reduced; their mean is over the weights of their targets."""
    if counted is not None:
        loss = where(counted, loss, 0)
        scale = counted.astype(loss.dtype) if scale is None else where(counted, scale, 0)
    if reduction == "mean" and scale is not None:
        return sum(loss) / sum(scale)
    return reduced(loss, reduction)
