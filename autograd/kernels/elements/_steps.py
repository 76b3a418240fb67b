"""Steps of optimisers, element by element.

In each, u = up * g + decay * p is the way uphill, and p shrinks to keep * p before it moves; the
numbers, an array, begin with (up, decay, keep) and go on with what the formula names. A
decay of 0 adds nothing, also where p is infinite.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit


@jit
def sgd(g, p, numbers):
    """p += rate * u"""
    up, decay, keep, rate = numbers
    zero = p.dtype.type(0)
    for i in range(len(p)):
        u = up * g[i] + (decay * p[i] if decay != zero else zero)
        p[i] = keep * p[i] + rate * u


@jit
def momentum(g, p, v, numbers):
    """v = b * v + c * u; p += rate * v, or with ahead not 0 rate * (u + b * v)"""
    up, decay, keep, b, c, ahead, rate = numbers
    zero = p.dtype.type(0)
    for i in range(len(p)):
        u = up * g[i] + (decay * p[i] if decay != zero else zero)
        speed = b * v[i] + c * u
        v[i] = speed
        p[i] = keep * p[i] + rate * (u + b * speed if ahead != zero else speed)


@jit
def adam(g, p, m, v, numbers):
    """m = b1 * m + c1 * u; v = b2 * v + c2 * u * u
    p += (rate * m + direct * u) / (root * sqrt(v) + eps)
    """
    up, decay, keep, b1, c1, b2, c2, root, eps, rate, direct = numbers
    zero = p.dtype.type(0)
    for i in range(len(p)):
        u = up * g[i] + (decay * p[i] if decay != zero else zero)
        mean = b1 * m[i] + c1 * u
        square = b2 * v[i] + c2 * (u * u)
        m[i] = mean
        v[i] = square
        step = rate * mean + (direct * u if direct != zero else zero)
        p[i] = keep * p[i] + step / (root * np.sqrt(square) + eps)


@jit
def adamax(g, p, m, v, numbers):
    """m = b1 * m + c1 * u; v = max(b2 * v, |u| + eps); p += rate * m / v"""
    up, decay, keep, b1, c1, b2, eps, rate = numbers
    zero = p.dtype.type(0)
    for i in range(len(p)):
        u = up * g[i] + (decay * p[i] if decay != zero else zero)
        mean = b1 * m[i] + c1 * u
        size, old = abs(u) + eps, b2 * v[i]
        size = old if old > size or old != old else size  # NaN stays
        m[i] = mean
        v[i] = size
        p[i] = keep * p[i] + rate * (mean / size)


@jit
def scaled(g, p, v, numbers):
    """v = b * v + c * u * u; p += rate * u / (sqrt(v) + eps)"""
    up, decay, keep, b, c, eps, rate = numbers
    zero = p.dtype.type(0)
    for i in range(len(p)):
        u = up * g[i] + (decay * p[i] if decay != zero else zero)
        square = b * v[i] + c * (u * u)
        v[i] = square
        p[i] = keep * p[i] + rate * (u / (np.sqrt(square) + eps))
