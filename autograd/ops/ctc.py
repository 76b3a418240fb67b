"""Connectionist temporal classification: how probable a sequence of labels is, however it is timed.

The sum over all timings runs forward through the states (blank, label, blank, label, ...), in the
logarithmic domain. Its derivative is a linear recurrence that runs back through the same states,
`banded_scan`, whose own derivatives are such recurrences again: so every order is exact.

Source: Graves, Fernandez, Gomez & Schmidhuber (2006), "Connectionist Temporal Classification".
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..engine import plain
from ..errors import ArgumentError, DTypeError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .exponential import exp, logaddexp
from .index import getitem
from .join import stack
from .loss import REDUCE, check_reduction, prediction, reduced
from .rearrange import shifted
from .shape import expand_dims

# The linear recurrence


def _earlier(states: Any, step: int, fill: float = 0) -> Any:
    """At each time and state: what was `step` states before, one time step ago."""
    return shifted(shifted(states, 1, 0, fill=fill), step, -1, fill=fill)


def _scan_samples(rng: Rng) -> Iterable[Sample]:
    for reverse in (False, True):
        yield Sample(uniform(rng, (2, 3, 1, 2)), uniform(rng, (3, 1, 2)), reverse=reverse)
    yield Sample(uniform(rng, (3, 2, 2, 1)), uniform(rng, (2, 2, 1)), reverse=False)


def _scan_reference(w: np.ndarray, b: np.ndarray, reverse: bool) -> np.ndarray:
    """By matrices: step[t] takes all states at time t - 1 to those at time t."""
    times, lanes, size = b.shape
    step = np.zeros((times, lanes, size, size))
    for k, s in np.ndindex(len(w), size):
        if s >= k:
            step[:, :, s, s - k] = w[k, :, :, s]
    out = np.array(b)
    for t in range(times - 2, -1, -1) if reverse else range(1, times):
        matrix = step[t + 1].swapaxes(-1, -2) if reverse else step[t]
        out[t] += (matrix @ out[t + 1 if reverse else t - 1][..., None])[..., 0]
    return out


@op(samples=_scan_samples, reference=_scan_reference, public=False)
def banded_scan(w, b, /, *, reverse):
    """y[t, s] = b[t, s] + sum over k of w[k, t, s] * y[t-1, s-k]; or the adjoint of that in b.

    Shapes: w (K, T, N, L), b and y (T, N, L); t counts times, s states, and N are lanes side by
    side. The adjoint runs back in time: y[t, s] = b[t, s] + sum of w[k, t+1, s+k] * y[t+1, s+k].
    """
    out = np.array(b, np.result_type(w, b), order="C")
    size = out.shape[-1]
    for t in range(len(out) - 2, -1, -1) if reverse else range(1, len(out)):
        for k, weights in enumerate(w[:, t + 1 if reverse else t, :, :]):
            if k < size and reverse:
                out[t, :, : size - k] += weights[:, k:] * out[t + 1, :, k:]
            elif k < size:
                out[t, :, k:] += weights[:, k:] * out[t - 1, :, : size - k]
    return out


@banded_scan.grad("b")
def _(g, w, reverse):
    return banded_scan(w, g, reverse=not reverse)


@banded_scan.grad("w")
def _(g, w, out, reverse):
    back = banded_scan(w, g, reverse=not reverse)
    late, early = (out, back) if reverse else (back, out)
    return stack([late * _earlier(early, k) for k in range(w.shape[0])])


# The sum over timings


def _forward_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 2, 2)), skip=np.zeros((2, 2), bool))
    skip = np.array([[False, False, False, True]])
    yield Sample(uniform(rng, (3, 1, 4)), skip=skip, orders=0)  # some states are out of reach
    e = uniform(rng, (2, 2, 3))
    e[1, 0, 1] = -np.inf
    yield Sample(e, skip=np.zeros((2, 3), bool), orders=0, label="impossible")


def _forward_reference(e: np.ndarray, skip: np.ndarray) -> np.ndarray:
    """The sum over every path, one by one."""
    out = np.full(e.shape, -np.inf)
    for t, n in np.ndindex(e.shape[:2]):
        for path in itertools.product(range(e.shape[2]), repeat=t + 1):
            steps = [(s - r, skip[n, s]) for r, s in itertools.pairwise(path)]
            if path[0] < 2 and all(d in (0, 1) or (d == 2 and may) for d, may in steps):
                score = sum(e[k, n, s] for k, s in enumerate(path))
                out[t, n, path[-1]] = np.logaddexp(out[t, n, path[-1]], score)
    return out


@op(samples=_forward_samples, reference=_forward_reference, masks=True, public=False)
def log_forward(e, /, *, skip):
    """The logarithm of the sum of exp(score) over all paths to each state.

    e is (time, lane, state), the score of being there. Paths start in one of the first two states.
    At each step they stay, go to the next state, or to the one after it where skip[lane, state] is
    True of where they arrive.
    """
    out = np.full(e.shape, -math.inf, e.dtype)
    out[:1, :, :2] = e[:1, :, :2]
    before = np.full((*e.shape[1:-1], e.shape[-1] + 2), -math.inf, e.dtype)
    detour = np.where(skip, 0, -math.inf).astype(e.dtype)
    for t in range(1, len(out)):
        before[:, 2:] = out[t - 1]
        near = np.logaddexp(before[:, 2:], before[:, 1:-1])
        out[t] = e[t] + np.logaddexp(near, before[:, :-2] + detour)
    return out


@log_forward.grad("e")
def _(g, e, out, skip):
    reached = out > -math.inf
    allowed = (reached, reached, reached & skip)
    shares = [
        where(may, exp(_earlier(out, k, -math.inf) + (e - out)), 0) for k, may in enumerate(allowed)
    ]
    return where(reached, banded_scan(stack(shares), g, reverse=True), 0)


# The loss


def _ctc_samples(rng: Rng) -> Iterable[Sample]:
    x = uniform(rng, (3, 2, 3), -2, 0)
    y = np.array([[1, 2], [2, 0]])
    yield Sample(x, y, [3, 2], [2, 1])
    yield Sample(x, np.array([2, 2, 1]), [3, 3], [2, 1], reduction="sum", orders=2)
    yield Sample(x, y % 2, [3, 1], [1, 0], blank=2, reduction="none", orders=2)
    yield Sample(x[:, 0], [1], 3, 1)
    yield Sample(x, y, [1, 2], [2, 1], zero_infinity=True, orders=1, label="too short")


def _ctc_reference(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: str = "mean", zero_infinity: bool = False,
) -> Any:  # fmt: skip
    """The sum over every sequence of classes that reads as the target, one by one."""
    x = np.reshape(log_probs, (len(log_probs), -1, np.shape(log_probs)[-1]))
    sizes = np.atleast_1d(target_lengths)
    if np.ndim(targets) == 1:
        targets = np.split(targets, np.cumsum(sizes)[:-1])
    losses = np.zeros(len(sizes))
    for n, length in enumerate(np.atleast_1d(input_lengths)):
        goal, total = list(targets[n][: sizes[n]]), 0.0
        for path in itertools.product(range(x.shape[2]), repeat=int(length)):
            if [c for c, _ in itertools.groupby(path) if c != blank] == goal:
                total += math.exp(sum(x[t, n, c] for t, c in enumerate(path)))
        losses[n] = -math.log(total) if total else 0.0 if zero_infinity else math.inf
    if reduction == "mean":
        return np.mean(losses / np.maximum(sizes, 1))
    return REDUCE[reduction](losses)


_STEPS = np.zeros((4, 2, 3))


@composite(
    samples=_ctc_samples,
    reference=_ctc_reference,
    fails=[
        Fails(np.zeros(3), [1], 1, 1, match=r"\(time, batch, classes\).*got 1"),
        Fails(_STEPS, [[1], [3]], [4, 4], [1, 1], match="3 .* 0 to 2", error=ArgumentError),
        Fails(_STEPS, [[1], [0]], [4, 4], [1, 1], match="0 is the blank", error=ArgumentError),
        Fails(_STEPS, [[1], [2]], [4, 5], [1, 1], match="input_lengths .* 1 to 4, got 5",
              error=ArgumentError),
        Fails(_STEPS, [[1], [2]], [4, 4], [1, 2], match="target_lengths .* 0 to 1, got 2",
              error=ArgumentError),
        Fails(_STEPS, [1, 2, 1], [4, 4], [1, 1], match="3 targets but target_lengths add up to 2"),
        Fails(_STEPS, [[1]], [4, 4], [1, 1], match=r"targets has 1 rows, expected 2"),
        Fails(_STEPS, [[1], [2]], [4], [1, 1], match=r"input_lengths has shape \(1,\)"),
        Fails(_STEPS, [[1.0], [2.0]], [4, 4], [1, 1], match="ints, .* float64", error=DTypeError),
        Fails(_STEPS, [[1], [2]], [4, 4], [1, 1], blank=3, match="blank", error=ArgumentError),
        Fails(_STEPS, [[1], [2]], [4, 4], [1, 1], reduction="max", match="'max'",
              error=ArgumentError),
    ],
)  # fmt: skip
def ctc_loss(
    log_probs,
    targets,
    input_lengths,
    target_lengths,
    blank=0,
    reduction="mean",
    zero_infinity=False,
):
    """-log of the probability of the targets, summed over all ways to spread them over time.

    Parameters
    ----------
    log_probs : shape (T, N, C), or (T, C) without a batch
        Log probabilities (`log_softmax`) of the classes at every time.
    targets : ints, shape (N, S), or all of them one after another
        The labels of each sample; none of them is the blank.
    input_lengths, target_lengths : ints, shape (N,)
        How many times and labels of each sample count.
    blank : int
        The class that stands for no label.
    reduction : "mean", "sum" or "none"
        For the mean, each loss is divided by its number of labels first.
    zero_infinity : bool
        Whether samples with too few times for their labels count 0 instead of inf.

    Gradient
    --------
    By log_probs: -(probability, given the targets, of being there). 0 for samples of loss inf.

    Source
    ------
    Graves, Fernandez, Gomez & Schmidhuber (2006), "Connectionist Temporal Classification".

    Examples
    --------
    >>> half = np.log(np.full((2, 2), 0.5))  # "1" may be told as (1, 1), (1, -) or (-, 1)
    >>> float(np.exp(-ctc_loss(half, [1], 2, 1)))
    0.75
    """
    check_reduction("ctc_loss", reduction)
    x = prediction(log_probs)
    if x.ndim not in (2, 3):
        fact = f"log_probs must have axes (time, batch, classes), got {x.ndim}"
        raise complain(ShapeError, "ctc_loss", fact, {"log_probs": x})
    batched = x.ndim == 3
    x = x if batched else expand_dims(x, axis=1)
    times = _lengths("input_lengths", input_lengths, x)
    sizes = _lengths("target_lengths", target_lengths, x)
    labels = _labels(x, targets, sizes, blank)
    _check_range("input_lengths", times, 1, len(x))

    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    skip = np.zeros(states.shape, bool)  # between different labels the blank may be left out
    skip[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    lane, time = np.arange(len(labels)), np.arange(len(x))[:, None, None]
    scores = getitem(x, index=(time, lane[:, None], states))
    scores = where(time < times[:, None], scores, -math.inf)
    totals = log_forward(scores, skip=skip)
    blank_last = getitem(totals, index=(times - 1, lane, 2 * sizes))
    label_last = getitem(totals, index=(times - 1, lane, np.maximum(2 * sizes - 1, 0)))
    loss = -logaddexp(blank_last, where(sizes > 0, label_last, -math.inf))
    if zero_infinity:
        loss = where(plain(loss) == math.inf, 0, loss)
    loss = loss if batched else getitem(loss, index=0)
    if reduction == "mean":
        loss = loss / np.maximum(sizes if batched else sizes[0], 1).astype(x.dtype)
    return reduced(loss, reduction)


# Its arguments


def _ints(name: str, value: Any) -> np.ndarray:
    array = np.array(plain(value))
    if array.size and array.dtype.kind not in "iu":
        raise complain(DTypeError, "ctc_loss", f"{name} must hold ints, not {array.dtype}")
    return array.astype(np.intp)


def _check_range(name: str, values: np.ndarray, low: int, high: int) -> None:
    outside = values[(values < low) | (values > high)]
    if outside.size:
        fact = f"{name} must lie in {low} to {high}, got {outside[0]}"
        raise complain(ArgumentError, "ctc_loss", fact)


def _lengths(name: str, value: Any, x: Any) -> np.ndarray:
    array = _ints(name, value)
    array = array if array.ndim else array[None]
    if array.shape != (x.shape[1],):
        fact = f"{name} has shape {array.shape}, expected {(x.shape[1],)}"
        raise complain(ShapeError, "ctc_loss", fact, {"log_probs": x})
    return array


def _labels(x: Any, targets: Any, sizes: np.ndarray, blank: int) -> np.ndarray:
    """The targets, one row for each sample, with blanks behind those that count."""
    classes = x.shape[2]
    if not 0 <= blank < classes:
        fact = f"blank must lie in 0 to {classes - 1}, got {blank}"
        raise complain(ArgumentError, "ctc_loss", fact)
    given = _ints("targets", targets)
    if given.ndim == 1:
        _check_range("target_lengths", sizes, 0, given.size)
        if given.size != sizes.sum():
            fact = f"there are {given.size} targets but target_lengths add up to {sizes.sum()}"
            raise complain(ShapeError, "ctc_loss", fact)
        counts = np.arange(sizes.max(initial=0)) < sizes[:, None]
        labels = np.full(counts.shape, blank)
        labels[counts] = given
    else:
        if given.ndim != 2 or len(given) != len(sizes):
            fact = f"targets has {len(given)} rows, expected {len(sizes)}"
            raise complain(ShapeError, "ctc_loss", fact)
        _check_range("target_lengths", sizes, 0, given.shape[1])
        counts = np.arange(given.shape[1]) < sizes[:, None]
        labels = np.where(counts, given, blank)
    used = labels[counts]
    wrong = used[(used < 0) | (used >= classes) | (used == blank)]
    if wrong.size:
        why = "the blank" if wrong[0] == blank else f"not among the classes 0 to {classes - 1}"
        raise complain(ArgumentError, "ctc_loss", f"target {wrong[0]} is {why}")
    return labels
