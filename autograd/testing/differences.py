"""Directional derivatives by central differences, with an error bar.

Three step sizes and two rounds of Richardson extrapolation give an error of order h^6; the spread
of the first round and the rounding noise give the bar. All in float64.

Source: Ridders (1982), "Accurate computation of F'(x) and F'(x)F''(x)".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Arrays = Sequence[np.ndarray]
STEP = 4e-3


def along(
    f: Callable[..., list[np.ndarray]], xs: Arrays, us: Arrays, step: float = STEP
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """d/dt f(x + t u) at t = 0, and a bound of its error, for each output of f.

    Parameters
    ----------
    f : function of float64 arrays that returns a list of arrays
    xs, us : the point and the direction
    step : the largest |t * u| to go
    """
    largest = max((float(np.max(np.abs(u), initial=0.0)) for u in us), default=0.0)
    h = step / (largest or 1.0)
    slopes = []
    size: list[float] = []
    for t in (h, h / 2, h / 4):
        plus = f(*[x + t * u for x, u in zip(xs, us)])
        minus = f(*[x - t * u for x, u in zip(xs, us)])
        slopes.append([(p - m) / (2 * t) for p, m in zip(plus, minus)])
        size = [float(np.max(np.abs(p), initial=0.0)) for p in plus]
    values, bars = [], []
    for coarse, middle, fine, scale in zip(*slopes, size):
        first = (4 * middle - coarse) / 3
        second = (4 * fine - middle) / 3
        noise = 8 * np.finfo(float).eps * (scale + 1e-300) / (h / 4)
        values.append((16 * second - first) / 15)
        bars.append(np.abs(second - first) + noise)
    return values, bars


def one_sided(
    f: Callable[..., list[np.ndarray]], xs: Arrays, us: Arrays, step: float = 1e-6
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Slopes to the left and to the right, for telling a kink from a wrong derivative."""
    here = f(*xs)
    right = f(*[x + step * u for x, u in zip(xs, us)])
    left = f(*[x - step * u for x, u in zip(xs, us)])
    return (
        [(a - b) / step for a, b in zip(here, left)],
        [(b - a) / step for a, b in zip(here, right)],
    )
