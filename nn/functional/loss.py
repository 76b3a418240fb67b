"""Losses: how far predictions are from targets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from autograd.messages import complain
from autograd.tensor import Tensor

from .shapes import shape_of

_LEAST = math.exp(-100)  # whose log binary_cross_entropy uses instead of anything lower


def _reduced(name: str, loss: Any, reduction: str) -> Any:
    if reduction == "mean":
        return ag.mean(loss)
    if reduction == "sum":
        return ag.sum(loss)
    if reduction == "none":
        return loss
    raise ArgumentError(f"{name}: reduction must be 'none', 'mean' or 'sum', got {reduction!r}")


def _check_same_shape(name: str, input: Any, target: Any) -> None:
    """(N, 1) with (N,) would broadcast to (N, N) and train nonsense, so losses do not broadcast."""
    given, expected = shape_of(target), shape_of(input)
    if given and given != expected:
        fact = f"input has shape {expected} but target has {given}"
        hint = "reshape one of them" if math.prod(given) == math.prod(expected) else None
        raise complain(ShapeError, name, fact, {"input": input, "target": target}, hint=hint)


def _array(x: Any) -> Any:
    """A Tensor as it is, anything else as an array."""
    return x if isinstance(x, Tensor) else np.asarray(x)


def _constant(value: Any, like: Any) -> Any:
    """A constant option as an array of the dtype of `like`, so as not to widen the result."""
    return np.asarray(value, dtype=like.dtype)


# Classes


def cross_entropy(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:  # fmt: skip
    """-log of the probability that softmax(input) gives to the right class.

    Parameters
    ----------
    input : Tensor (C,), (N, C) or (N, C, d1, ...)
        Scores (logits); not probabilities.
    target : ints of input's shape without C, or floats of input's shape
        The right class of each sample, or a probability for every class.
    weight : array (C,), optional
        Weight of each class. Under "mean" the losses are divided by the weights of the targets.
    ignore_index : int
        Samples with this target count for nothing.
    reduction : "mean", "sum" or "none"
    label_smoothing : float
        Share of the probability that is spread evenly over all classes.

    Raises
    ------
    ShapeError, DTypeError, IndexingError
        If target does not fit input, is of the wrong kind, or names a class that does not exist.

    Source
    ------
    Szegedy et al. (2016), "Rethinking the Inception architecture", for label smoothing.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.cross_entropy(Tensor([[2.0, 0.0], [0.0, 0.0]]), np.array([0, 1]))
    Tensor(0.4100376)
    """
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing must be 0 to 1, got {label_smoothing}")
    name = "cross_entropy"
    axis = _class_axis(name, input)
    if shape_of(target) == shape_of(input):
        goal = _checked_probabilities(name, input, target)
        logp = ag.log_softmax(input, axis=axis)
        return _soft_cross_entropy(logp, goal, weight, reduction, label_smoothing, axis)
    classes = _checked_classes(name, input, target, ignore_index, axis)
    logp = ag.log_softmax(input, axis=axis)
    return _class_loss(name, logp, classes, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """-input at the right class: the negative log likelihood of what `log_softmax` returns.

    Parameters and errors: as for `cross_entropy`; input holds log probabilities, target classes.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.nll_loss(Tensor([[-0.5, -1.0], [-0.2, -2.0]]), np.array([0, 1]))
    Tensor(1.25)
    """
    axis = _class_axis("nll_loss", input)
    classes = _checked_classes("nll_loss", input, target, ignore_index, axis)
    return _class_loss("nll_loss", _array(input), classes, weight, ignore_index, reduction, 0.0)


def _class_axis(name: str, input: Any) -> int:
    axes = len(shape_of(input))
    if axes == 0:
        raise complain(ShapeError, name, "input needs an axis of classes", {"input": input})
    return 1 if axes > 1 else 0


def _class_loss(
    name: str, logp: Any, classes: np.ndarray, weight: Any, ignore_index: int, reduction: str,
    smoothing: float,
) -> Any:  # fmt: skip
    axis = _class_axis(name, logp)
    counted = classes != ignore_index
    chosen = np.where(counted, classes, 0)
    sample = np.indices(classes.shape, sparse=True)
    loss = -logp[(*sample[:axis], chosen, *sample[axis:])]
    scale = None
    if weight is not None:
        weight = _class_weights(name, weight, logp, axis)
        scale = weight[chosen]
        loss = loss * scale
    if smoothing:
        spread = logp if weight is None else logp * _along(weight, logp, axis)
        loss = (1 - smoothing) * loss - smoothing / logp.shape[axis] * ag.sum(spread, axis=axis)
    if not counted.all():
        loss = ag.where(counted, loss, 0)
        scale = counted * (np.ones((), logp.dtype) if scale is None else scale)
    if reduction == "mean" and scale is not None:
        return ag.sum(loss) / scale.sum()
    return _reduced(name, loss, reduction)


def _soft_cross_entropy(
    logp: Any, target: Any, weight: Any, reduction: str, smoothing: float, axis: int
) -> Any:
    if smoothing:
        target = target * (1 - smoothing) + smoothing / logp.shape[axis]
    if weight is not None:
        logp = logp * _along(_class_weights("cross_entropy", weight, logp, axis), logp, axis)
    return _reduced("cross_entropy", -ag.sum(logp * target, axis=axis), reduction)


def _class_weights(name: str, weight: Any, logp: Any, axis: int) -> np.ndarray:
    array = _constant(weight, logp)
    if array.shape != (logp.shape[axis],):
        fact = f"weight has shape {array.shape}, but there are {logp.shape[axis]} classes"
        raise complain(ShapeError, name, fact, {"input": logp, "weight": weight})
    return array


def _along(weight: np.ndarray, logp: Any, axis: int) -> np.ndarray:
    return weight.reshape([-1 if k == axis else 1 for k in range(logp.ndim)])


def _checked_probabilities(name: str, input: Any, target: Any) -> Any:
    """The target as floats: a Tensor of probabilities may be differentiated too."""
    out = _array(target)
    if out.dtype.kind != "f":
        fact = f"target has input's shape, so it must hold probabilities, but it is {out.dtype}"
        raise complain(DTypeError, name, fact, {"input": input, "target": target})
    return out


def _checked_classes(
    name: str, input: Any, target: Any, ignore_index: int, axis: int
) -> np.ndarray:
    """The target as an array of valid class indices (or ignore_index)."""
    classes = np.asarray(target)
    shape = shape_of(input)
    expected = (*shape[:axis], *shape[axis + 1 :])
    arrays = {"input": input, "target": target}
    if classes.shape != expected:
        same = classes.size == np.prod(expected, dtype=int)
        raise complain(
            ShapeError, name,
            f"target has shape {classes.shape}, expected {expected}: one class for each sample",
            arrays, hint=f"target.reshape{expected}" if same else None,
        )  # fmt: skip
    if classes.dtype.kind not in "iu":
        fact = f"target must hold class numbers (ints), but it is {classes.dtype}"
        raise complain(DTypeError, name, fact, arrays)
    count = shape[axis]
    wrong = (classes != ignore_index) & ((classes < 0) | (classes >= count))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        fact = f"target{list(place)} is {classes[place]}, but the classes are 0 to {count - 1}"
        raise complain(IndexingError, name, fact, arrays)
    return classes


# Numbers


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target)**2.

    Raises
    ------
    ShapeError
        If the shapes differ: losses do not broadcast.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.mse_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(2.)
    """
    _check_same_shape("mse_loss", input, target)
    return _reduced("mse_loss", ag.square(_array(input) - target), reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """|input - target|. Its derivative where they are equal is 0.

    Raises
    ------
    ShapeError
        If the shapes differ: losses do not broadcast.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.l1_loss(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(1.)
    """
    _check_same_shape("l1_loss", input, target)
    return _reduced("l1_loss", ag.abs(_array(input) - target), reduction)


# Yes or no


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-(target * log(input) + (1 - target) * log(1 - input)), for probabilities.

    Logarithms count as -100 at least, with derivative 0 below. Better conditioned:
    `binary_cross_entropy_with_logits`.

    Parameters
    ----------
    input : Tensor
        Probabilities, 0 to 1.
    target : array of the same shape, 0 to 1
    weight : array that broadcasts, optional
        Weight of each loss.
    reduction : "mean", "sum" or "none"

    Examples
    --------
    >>> from nn import functional as F
    >>> F.binary_cross_entropy(Tensor([0.5, 1.0]), Tensor([1.0, 1.0]))
    Tensor(0.3465736)
    """
    name = "binary_cross_entropy"
    _check_same_shape(name, input, target)
    input, target = _array(input), _array(target)
    values = np.asarray(input)
    if not ((values >= 0) & (values <= 1)).all():
        fact = f"input must lie between 0 and 1, got {values.min():.6g} to {values.max():.6g}"
        hint = "binary_cross_entropy_with_logits takes scores of any size"
        raise complain(ArgumentError, name, fact, {"input": input}, hint=hint)
    yes = ag.log(ag.maximum(input, _LEAST))
    no = ag.log(ag.maximum(1 - input, _LEAST))
    loss = -(target * yes + (1 - target) * no)
    if weight is not None:
        loss = loss * _constant(weight, loss)
    return _reduced(name, loss, reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """`binary_cross_entropy(sigmoid(input), target)`, right for scores of any size.

    Parameters
    ----------
    input : Tensor
        Scores (logits).
    target : array of the same shape, 0 to 1
    weight : array that broadcasts, optional
        Weight of each loss.
    reduction : "mean", "sum" or "none"
    pos_weight : array that broadcasts, optional
        How much more a positive target counts.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.binary_cross_entropy_with_logits(Tensor([0.0, 1000.0]), Tensor([1.0, 1.0]))
    Tensor(0.3465736)
    """
    name = "binary_cross_entropy_with_logits"
    _check_same_shape(name, input, target)
    input, target = _array(input), _array(target)
    # log(1 - sigmoid(x)) = log_sigmoid(x) - x
    scale = 1 if pos_weight is None else 1 + (_constant(pos_weight, input) - 1) * target
    loss = (1 - target) * input - scale * ag.log_sigmoid(input)
    if weight is not None:
        loss = loss * _constant(weight, loss)
    return _reduced(name, loss, reduction)
