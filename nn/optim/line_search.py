"""How far to go along a direction: the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Point(NamedTuple):
    """The function a distance t along the direction."""

    t: float
    f: float
    g: np.ndarray  # gradient
    slope: float  # g along the direction


Evaluate = Callable[[float], Point]


def strong_wolfe(
    evaluate: Evaluate, start: Point, t: float, unit: float, tolerance: float, most: int,
    c1: float = 1e-4, c2: float = 0.9,
) -> tuple[Point, int]:  # fmt: skip
    """A point that is low enough, and flat enough:

        f(t) <= f(0) + c1 * t * f'(0)    and    abs(f'(t)) <= c2 * abs(f'(0))

    or the best found after `most` steps, or once the bracket is narrower than the tolerance.

    Parameters
    ----------
    evaluate : the point at a distance
    start : the point at distance 0, where the slope is negative
    t : first guess
    unit : largest element of the direction: a distance times this is how far a parameter moves
    tolerance : movements below this do not count

    Returns
    -------
    The point, and how many were evaluated.

    Source
    ------
    Nocedal & Wright (2006), "Numerical optimization", algorithms 3.5 and 3.6, with the
    safeguards of Schmidt's minFunc (2005), which PyTorch has too.
    """

    def too_high(new: Point) -> bool:
        return not new.f <= start.f + c1 * new.t * start.slope  # NaN is too high

    def flat(new: Point) -> bool:
        return abs(new.slope) <= -c2 * start.slope

    # Walk on until a minimum lies between the last two points
    before, new, count = start, evaluate(t), 1
    while count <= most:
        if too_high(new) or (count > 2 and new.f >= before.f):
            break
        if flat(new):
            return new, count
        if new.slope >= 0:
            break
        near = new.t + 0.01 * (new.t - before.t)
        t = _lowest(before, new, near, 10 * new.t)
        before, new, count = new, evaluate(t), count + 1
    else:
        before = start

    # Narrow the bracket
    low, high = (before, new) if before.f <= new.f else (new, before)
    cramped = False
    while count <= most and abs(high.t - low.t) * unit > tolerance:
        left, right = sorted((low.t, high.t))
        t = _lowest(before, new, left, right) if left < right else left
        t, cramped = _inside(t, left, right, cramped)
        trial, count = evaluate(t), count + 1
        if too_high(trial) or trial.f >= low.f:
            low, high = (low, trial) if low.f <= trial.f else (trial, low)
        else:
            if flat(trial):
                return trial, count
            if trial.slope * (high.t - low.t) >= 0:
                high = low
            low = trial
        before, new = low, high
    return low, count


def _inside(t: float, left: float, right: float, cramped: bool) -> tuple[float, bool]:
    """t, kept a tenth of the bracket away from its ends if it is close to one for the 2nd time."""
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if cramped or not left < t < right:
        return (right - margin if right - t < t - left else left + margin), False
    return t, True


def _lowest(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through both points, with their slopes, is lowest; between the bounds."""
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square >= 0:
        d2 = math.sqrt(square)
        bottom = b.slope - a.slope + 2 * d2
        if bottom:
            t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / bottom)
            return min(max(t, least), most)
    return (least + most) / 2
