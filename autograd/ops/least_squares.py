"""The rank of matrices; systems that have no solution, or many. Leading axes are stacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..errors import ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .powers import square as squared
from .reduce import sum
from .shape import expand_dims, squeeze
from .solve import VECTOR, each_matrix, matrices, pinv, regular, shape_of_matrices
from .spectral import svdvals


def _rank_reference(x: np.ndarray, rtol: float = 1e-7) -> np.ndarray:
    """Elimination of the normal equations: their pivots are squares."""
    a, rank = x.T @ x, 0
    limit = rtol**2 * np.trace(a)
    for k in range(len(a)):
        pivot = k + np.argmax(np.diag(a)[k:])
        a[[k, pivot]] = a[[pivot, k]]
        a[:, [k, pivot]] = a[:, [pivot, k]]
        if a[k, k] > limit:
            rank += 1
            a[k + 1 :] -= np.outer(a[k + 1 :, k], a[k]) / a[k, k]
    return np.asarray(rank)


@op(
    samples=lambda rng: [
        Sample(regular(rng, 3, 3)[:2]),
        Sample(np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 1e-3]]]), rtol=0.01),
    ],
    reference=each_matrix(_rank_reference),
    fails=[VECTOR],
    plain=True,
)
def matrix_rank(x, /, *, rtol=None):
    """How many singular values exceed rtol times the largest one.

    Parameters
    ----------
    rtol : number
        max(m, n) times the precision of the dtype unless given.
    """
    return np.linalg.matrix_rank(matrices(x), rtol=rtol)


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def _lstsq_samples(rng: Rng) -> Iterable[Sample]:
    x = regular(rng, 3, 3)
    yield Sample(x[:, :2], uniform(rng, (3,)), orders=2)
    yield Sample(x[:2], uniform(rng, (2, 2)), label="wide", orders=2)


@composite(
    samples=_lstsq_samples,
    reference=np.linalg.lstsq,
    fails=[
        Fails(np.ones(3), np.ones(3), match="a must be a matrix"),
        Fails(np.ones((3, 2)), np.ones(2), match="a has 3 rows but b has 2"),
    ],
)
def lstsq(a, b, rcond=None):
    """The shortest x among those that make sum((a @ x - b)**2) least.

    Parameters
    ----------
    a : shape (..., m, n)
    b : shape (m,), or (..., m, k) for k right-hand sides
    rcond : number
        Singular values of a below rcond times the largest one count as zero; max(m, n) times the
        precision of the dtype unless given.

    Returns
    -------
    solution : shape (n,) or (..., n, k)
    residuals : shape (1,) or (..., k)
        The least sums of squares; empty unless m > n and every matrix has rank n.
    rank : shape (...); not differentiable
    singular_values : shape (..., min(m, n))

    Gradient
    --------
    Of changes of a that keep its rank.

    Examples
    --------
    >>> lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0])).solution
    array([2.])
    """
    *_, m, n = shape_of_matrices("lstsq", a, "a")
    vector = np.ndim(b) == 1
    b = expand_dims(b, axis=-1) if vector else b
    if np.shape(b)[-2:-1] != (m,):
        fact = f"a has {m} rows but b has {np.shape(b)[-2] if np.ndim(b) else 'no'}"
        raise complain(ShapeError, "lstsq", fact, {"a": a, "b": b})
    solution = pinv(a, rtol=rcond) @ b
    rank = matrix_rank(a, rtol=rcond)
    residuals = sum(squared(a @ solution - b), axis=-2)
    if m <= n or np.any(np.asarray(rank) < n):
        residuals = residuals[..., :0]
    solution = squeeze(solution, axis=-1) if vector else solution
    return LstsqResult(solution, residuals, rank, svdvals(a))
