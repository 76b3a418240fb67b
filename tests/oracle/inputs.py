"""Inputs of the tables: random arrays of several shapes, and the special values by hand."""

import numpy as np

from autograd.samples import PAIRS, Sample

RNG = np.random.default_rng(0)
INF, NAN = np.inf, np.nan
LIMITS = (INF, -INF, NAN)
FINITE = (0.0, -0.0, 1.0, -1.0, 1e-300, 1e300)
SHAPES = ((), (2, 3), (0,), (2, 1, 3))


def normal(*shape):
    return np.asarray(RNG.normal(size=shape))


def between(low, high, *shape):
    return np.asarray(RNG.uniform(low, high, shape))


def on(low, high, *special, order=2):
    """Random arrays of several shapes between two bounds, then special values."""
    drawn = [Sample(between(low, high, *s), orders=order) for s in SHAPES]
    return [*drawn, at(*special, order=order)] if special else drawn


def at(*values, order=2):
    """One array of special values, with the order up to which derivatives agree there."""
    return Sample(np.array(values), orders=order, label=f"at {values}")


def pairs(x=(-2, 2), y=(-2, 2)):
    """Random pairs of arrays of shapes that broadcast, an empty one among them."""
    shapes = [*PAIRS, ((0, 3), (3,)), ((2, 1, 3), (4, 1))]
    return [Sample(between(*x, *s), between(*y, *t)) for s, t in shapes]


def cross(x, y, order=2):
    """Every special value of x with every one of y."""
    a, b = (v.ravel() for v in np.meshgrid(np.array(x), np.array(y)))
    return Sample(a, b, orders=order, label=f"{x} with {y}")


def distinct(*shape):
    """No two are equal or close."""
    size = int(np.prod(shape))
    return RNG.permutation(size).reshape(shape) / 3 - 2 + between(0, 0.1, *shape)


def over(draw, *axes, **options):
    """An array of three axes reduced over each of `axes`, with and without keepdims."""
    x = draw(2, 3, 4)
    return [Sample(x, axis=a, keepdims=k, **options) for a in axes for k in (False, True)]
