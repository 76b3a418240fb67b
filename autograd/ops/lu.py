"""LU: lower triangle times upper triangle, after row exchanges. Leading axes are stacks.

An op returns one array, so the narrow op has one factor in each triangle, as LAPACK has; the public
function cuts them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..errors import DTypeError
from ..op import composite, op
from ..samples import Rng, Sample
from .diagonal import tril, triu
from .rearrange import pad_constant
from .solve import (
    VECTOR,
    lower_solve_transposed,
    matrices,
    regular,
    shape_of_matrices,
    upper_solve,
)


class LUResult(NamedTuple):
    """What `lu` returns."""

    P: Any
    L: Any
    U: Any


def _lu_reference(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Doolittle's elimination with partial pivoting."""
    m, n = x.shape
    u, order = np.array(x), np.arange(m)
    lower = np.zeros((m, m))
    for k in range(min(m, n)):
        swap = [k, k + int(np.argmax(np.abs(u[k:, k])))]
        for a in (u, order, lower):
            a[swap] = a[swap[::-1]]
        lower[k + 1 :, k] = u[k + 1 :, k] / u[k, k]
        u[k + 1 :] -= np.outer(lower[k + 1 :, k], u[k])
    k = min(m, n)
    return np.eye(m)[:, order], (lower + np.eye(m))[:, :k], np.triu(u[:k])


def _lu_samples(rng: Rng) -> Iterable[Sample]:
    x = regular(rng, 3, 3)[[2, 0, 1]]
    yield Sample(x[:2, :2])
    yield Sample(x, orders=2)
    yield Sample(x[:2], label="wide", orders=2)
    yield Sample(x[:, :2], label="tall", orders=2)


def _factors(x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from scipy.linalg import lu

    *stack, m, n = matrices(x).shape
    if x.dtype in (np.float16, np.longdouble):  # SciPy's would come out as another dtype
        raise DTypeError(f"array type {x.dtype} is unsupported in linalg")
    if x.size:
        return lu(x)
    identity = np.zeros((*stack, 1, 1), x.dtype) + np.eye(m, dtype=x.dtype)
    return identity, identity[..., :n], np.zeros((*stack, min(m, n), n), x.dtype)


@op(
    samples=_lu_samples,
    reference=lambda x: _lu_reference(x)[0],
    plain=True,
    public=False,
)
def lu_permutation(x, /):
    """The P of x = P @ L @ U."""
    return _factors(x)[0]


def _compact(p: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    k = upper.shape[-2]
    out = np.zeros((*lower.shape[:-1], upper.shape[-1]), upper.dtype)
    out[..., :k, :] = upper
    out[..., :, :k] += np.tril(lower, -1)
    return out


@op(
    samples=_lu_samples,
    reference=lambda x: _compact(*_lu_reference(x)),
    residuals=("p",),
    public=False,
)
def lu_packed(x, /):
    """L below the diagonal, where its ones are understood, and U from there on.

    Source
    ------
    de Hoog, Anderssen & Lukas (2011), "Differentiation of matrix functionals using triangular
    factorization". An oblong x is completed to a square one by rows or columns of the identity.
    """
    p, lower, upper = _factors(x)
    return _compact(p, lower, upper), p


@lu_packed.grad("x")
def _(g, out, p, x_shape):
    *stack, m, n = x_shape
    widths = [(0, 0) for _ in stack] + [(0, max(n - m, 0)), (0, max(m - n, 0))]
    packed, g = pad_constant(out, pad_width=widths), pad_constant(g, pad_width=widths)
    size = np.arange(max(m, n))
    lower = tril(packed, k=-1) + np.eye(len(size), dtype=out.dtype)
    upper = triu(packed) + np.diag(size >= min(m, n)).astype(out.dtype)
    inner = tril(lower.mT @ tril(g, k=-1), k=-1) + triu(triu(g) @ upper.mT)
    outer = upper_solve(upper, lower_solve_transposed(lower, inner).mT).mT
    return p @ outer[..., :m, :n]


@composite(
    samples=_lu_samples,
    reference=_lu_reference,
    fails=[VECTOR],
)
def lu(x):
    """x = P @ L @ U: row exchanges, a unit lower triangle, and an upper one.

    Parameters
    ----------
    x : shape (..., m, n); k = min(m, n)

    Returns
    -------
    P : shape (..., m, m), a permutation matrix; not differentiable
    L : shape (..., m, k)
    U : shape (..., k, n)

    Gradient
    --------
    For x whose leading k rows (after the exchanges) and columns are a regular matrix.

    Examples
    --------
    >>> p, l, u = lu(np.array([[1.0, 2.0], [4.0, 4.0]]))
    >>> l, u
    (array([[1.  , 0.  ],
           [0.25, 1.  ]]), array([[4., 4.],
           [0., 1.]]))
    """
    *_, m, n = shape_of_matrices("lu", x)
    k = min(m, n)
    packed = lu_packed(x)
    lower = tril(packed[..., :k], k=-1) + np.eye(m, k, dtype=packed.dtype)
    return LUResult(lu_permutation(x), lower, triu(packed[..., :k, :]))
