"""The product with a matrix of weights, with a bias or without."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine import plain
from ..errors import AutogradError, ShapeError
from ..messages import complain
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from .products import as_rows, front, sum_of_outer, times


def _linear_samples(rng: Rng) -> Iterable[Sample]:
    for shape in ((2, 3), (3,), (2, 1, 3)):
        yield Sample(uniform(rng, shape), uniform(rng, (2, 3)))
    yield Sample(uniform(rng, (2, 3)), uniform(rng, (4, 3)), uniform(rng, (4,)))


def _linear_reference(x: np.ndarray, w: np.ndarray, b: Any = 0) -> np.ndarray:
    return (x[..., None, :] * w).sum(-1) + b


@op(
    name="linear",
    samples=_linear_samples,
    reference=_linear_reference,
    fails=[
        Fails(np.ones((2, 64)), np.ones((10, 128)), match="x has 64 features but w expects 128"),
        Fails(np.ones((2, 3)), np.ones(3), match=r"w must be a matrix \(out, in\)"),
        Fails(np.ones((2, 3)), np.ones((4, 3)), np.ones(3), match="b has shape .3,. but w gives 4"),
        Fails(np.float64(1.0), np.ones((4, 3)), match="x is a single number"),
    ],
)
def _linear(x, w, /):
    if w.ndim != 2:
        raise ShapeError(f"w must be a matrix (out, in), got {w.ndim} axes")
    if np.ndim(x) == 0:
        raise ShapeError(f"x is a single number but w expects {w.shape[1]} features")
    if x.shape[-1] != w.shape[1]:
        raise ShapeError(f"x has {x.shape[-1]} features but w expects {w.shape[1]}")
    if x.ndim <= 2:
        return times(x, w.T)
    return times(as_rows(x), w.T).reshape(*x.shape[:-1], len(w))


def _biased_samples(rng: Rng) -> Iterable[Sample]:
    for shape in ((2, 3), (3,), (2, 1, 3)):
        yield Sample(uniform(rng, shape), uniform(rng, (2, 3)), uniform(rng, (2,)))


@op(
    samples=_biased_samples,
    reference=_linear_reference,
    fails=[
        Fails(np.ones((2, 3)), np.ones((4, 3)), np.ones(3), match="b has shape .3,. but w gives 4"),
        Fails(np.ones((2, 3)), np.ones((4, 2)), np.ones(4), match="x has 3 features"),
    ],
    shown="linear",
    public=False,
)
def linear_biased(x, w, b, /):
    """x @ w.T + b, in place of the product."""
    out = _linear.op.forward(x, w)
    if np.shape(b) != w.shape[:1]:
        raise ShapeError(f"b has shape {np.shape(b)} but w gives {len(w)} outputs")
    return np.add(out, b, out=out if b.dtype == out.dtype else None)


@_linear.grad("x")
@linear_biased.grad("x")
def _(g, w):
    return times(g, w) if g.ndim <= 2 else _linear(g, w.mT)


@_linear.grad("w")
@linear_biased.grad("w")
def _(g, x):
    return sum_of_outer(as_rows(g), as_rows(x))


@linear_biased.grad("b")
def _(g):
    return g


@front(_linear)
def linear(x, w, b=None, /):
    """x @ w.T + b: the layer that takes `in` features to `out` features.

    Parameters
    ----------
    x : shape (..., in)
    w : shape (out, in)
    b : shape (out,), optional

    Returns
    -------
    shape (..., out)

    Raises
    ------
    ShapeError
        If x has another number of features than w, or b another length.

    Gradient
    --------
    Keeps x and w themselves, not copies.

    Examples
    --------
    >>> linear(np.ones((5, 3)), np.ones((2, 3)), np.array([0.0, 1.0]))[0]
    array([3., 4.])
    """
    if b is None:
        return _linear(x, w)
    try:
        return linear_biased(x, w, b)
    except AutogradError:  # told in the name of this function
        _linear(x, w)
        checked_bias("linear", x, w, b)
        raise


def checked_bias(name: str, x: Any, w: Any, b: Any, outputs: int | None = None) -> Any:
    """b, if it has one element for each output of w (its first axis, unless `outputs` is given)."""
    shape = np.shape(plain(b))  # of Tensors NumPy's functions take a detour
    count = len(plain(w)) if outputs is None else outputs
    if shape != (count,):
        fact = f"b has shape {shape} but w gives {count} outputs"
        raise complain(ShapeError, name, fact, {"x": x, "w": w, "b": b})
    return b
