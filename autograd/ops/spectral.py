"""Eigenvalues, singular values and what follows from them. Leading axes are stacks.

An op returns one array, so the narrow ops of `eigh` and `svd` put values and vectors into one; the
public functions cut them out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..algebra import where
from ..op import composite, op
from ..samples import Rng, Sample
from .diagonal import diag_embed
from .factor import null_basis
from .join import concat
from .shape import expand_dims, swapaxes
from .solve import (
    OBLONG,
    VECTOR,
    each_matrix,
    matrices,
    regular,
    shape_of_matrices,
    square,
    symmetrised,
)


def inverse_gaps(values: Any) -> Any:
    """At i, j the reciprocal of values[j] - values[i]; 0 where they are equal."""
    gaps = expand_dims(values, axis=-2) - expand_dims(values, axis=-1)
    same = gaps == 0
    return where(same, 0, 1 / where(same, 1, gaps))


# Symmetric matrices


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Any
    eigenvectors: Any


def _eigh_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 2, 2))
    yield Sample(symmetrised(regular(rng, 2, 2, 2)), orders=2)
    yield Sample(regular(rng, 3, 3), orders=2)


def _eigh_reference(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Jacobi's rotations, with the order and signs of NumPy."""
    x = (x + x.T) / 2
    a, v = np.array(x), np.eye(len(x))
    for _ in range(20):
        for i in range(len(x)):
            for j in range(i):
                angle = np.arctan2(2 * a[i, j], a[j, j] - a[i, i]) / 2
                turn = np.eye(len(x))
                turn[[i, j], [i, j]] = np.cos(angle)
                turn[i, j], turn[j, i] = np.sin(angle), -np.sin(angle)
                a, v = turn.T @ a @ turn, v @ turn
    order = np.argsort(np.diag(a))
    v = v[:, order]
    return np.diag(a)[order], v * np.sign((v * np.linalg.eigh(x)[1]).sum(0))


def _stack_of(f: Any, part: int) -> Any:
    return each_matrix(lambda x, **options: f(x, **options)[part])


@op(
    samples=_eigh_samples,
    reference=each_matrix(lambda x: np.column_stack(_eigh_reference(x))),
    public=False,
)
def eigh_packed(x, /):
    """Eigenvalues as the first column, eigenvectors as the others: shape (..., n, n + 1).

    Source
    ------
    Giles (2008), "Collected matrix derivative results", section 3.1.
    """
    values, vectors = np.linalg.eigh(symmetrised(square(x)))
    return np.concatenate([values[..., None], vectors], axis=-1)


@eigh_packed.grad("x")
def _(g, out):
    values, v = out[..., 0], out[..., 1:]
    inner = diag_embed(g[..., 0]) + inverse_gaps(values) * (v.mT @ g[..., 1:])
    return symmetrised(v @ inner @ v.mT)


@composite(
    samples=lambda rng: [Sample(m, orders=2) for m in (regular(rng, 2, 2), regular(rng, 2, 1, 1))],
    reference=lambda x: (_stack_of(_eigh_reference, 0)(x), _stack_of(_eigh_reference, 1)(x)),
    fails=[VECTOR, OBLONG],
)
def eigh(x):
    """Eigenvalues, in ascending order, and eigenvectors of symmetric matrices.

    Parameters
    ----------
    x : shape (..., n, n)
        Only its symmetric part (x + x.mT) / 2 counts, and the gradient is symmetric.

    Returns
    -------
    eigenvalues : shape (..., n)
    eigenvectors : shape (..., n, n)
        As columns, of length 1; the sign is LAPACK's choice.

    Gradient
    --------
    For distinct eigenvalues. An eigenvector changes at a rate of one over the gap to the next
    eigenvalue; pairs of equal ones contribute nothing.

    Source
    ------
    Giles (2008), "Collected matrix derivative results", section 3.1.

    Examples
    --------
    >>> values, vectors = eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> values
    array([1., 3.])
    """
    packed = eigh_packed(x)
    return EighResult(packed[..., 0], packed[..., 1:])


@op(
    samples=_eigh_samples,
    reference=_stack_of(_eigh_reference, 0),
    fails=[VECTOR, OBLONG],
)
def eigvalsh(x, /):
    """Eigenvalues of symmetric matrices, in ascending order; only (x + x.mT) / 2 counts.

    Gradient
    --------
    v @ diag(g) @ v.mT with the eigenvectors v, which are computed in the backward pass.
    """
    return np.linalg.eigvalsh(symmetrised(square(x)))


@eigvalsh.grad("x")
def _(g, x):
    v = eigh_packed(x)[..., 1:]
    return (v * expand_dims(g, axis=-2)) @ v.mT


# Singular values


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Any
    S: Any
    Vh: Any


def _svd_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 2, 2))
    yield Sample(regular(rng, 3, 3)[:, :2], label="tall", orders=2)
    yield Sample(regular(rng, 2, 3, 3)[:, :2], label="wide", orders=2)


def _svd_reference(x: np.ndarray, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """From the eigenvectors of x.T @ x or x @ x.T, with the signs of NumPy."""
    if len(x) < len(x.T):
        u, s, vh = _svd_reference(x.T)
        u, s, vh = vh.T, s, u.T
    else:
        values, v = _eigh_reference(x.T @ x)
        s, v = np.sqrt(values[::-1]), v[:, ::-1]
        u = (x @ v) / s
        if len(x) > len(x.T):
            u = np.column_stack([u, np.cross(*u.T)])
        vh = v.T
    if not compute_uv:
        return s
    theirs = np.linalg.svd(x)
    u = u * np.sign((u * theirs[0]).sum(0))
    vh = vh * np.sign((vh * theirs[2]).sum(1))[:, None]
    k = len(s)
    return (u, s, vh) if full_matrices else (u[:, :k], s, vh[:k])


def _svd_stack(x: np.ndarray) -> np.ndarray:
    u, s, vh = _svd_reference(x, full_matrices=False)
    return np.concatenate([u, s[None], vh.T])


@op(samples=_svd_samples, reference=each_matrix(_svd_stack), public=False)
def svd_packed(x, /):
    """U, below it the singular values as a row, and V: shape (..., m + 1 + n, min(m, n)).

    Source
    ------
    Townsend (2016), "Differentiating the singular value decomposition", equations 20 to 22.
    """
    u, s, vh = np.linalg.svd(matrices(x), full_matrices=False)
    return np.concatenate([u, s[..., None, :], vh.mT], axis=-2)


@svd_packed.grad("x")
def _(g, out, x_shape):
    u, s, v = _unpacked(out, x_shape)
    gu, gs, gv = _unpacked(g, x_shape)
    nearness = inverse_gaps(s * s)
    row, column = expand_dims(s, axis=-2), expand_dims(s, axis=-1)
    turn_u, turn_v = u.mT @ gu, v.mT @ gv
    inner = nearness * (turn_u - turn_u.mT) * row + column * nearness * (turn_v - turn_v.mT)
    dx = u @ (inner + diag_embed(gs)) @ v.mT
    if x_shape[-2] > x_shape[-1]:
        dx = dx + _outward(u, gu, row) @ v.mT
    if x_shape[-2] < x_shape[-1]:
        dx = dx + u @ _outward(v, gv, row).mT
    return dx


def _unpacked(packed: Any, shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """U, S and V of `svd_packed`."""
    m = shape[-2]
    return packed[..., :m, :], packed[..., m, :], packed[..., m + 1 :, :]


def _outward(basis: Any, g: Any, s: Any) -> Any:
    """What turns the vectors of a basis out of their space: (I - basis @ basis.mT) @ g / s."""
    outside = g - basis @ (basis.mT @ g)
    return where(s == 0, 0, outside / where(s == 0, 1, s))


def _svd_options(rng: Rng) -> Iterable[Sample]:
    x = regular(rng, 3, 3)
    yield Sample(x[:, :2], label="tall", orders=2)
    yield Sample(x[:2], label="wide", orders=2)
    yield Sample(x[:2], full_matrices=False, orders=1)
    yield Sample(x[:2], compute_uv=False, orders=1)


@composite(samples=_svd_options, reference=_svd_reference, fails=[VECTOR])
def svd(x, full_matrices=True, compute_uv=True):
    """x = U @ diag(S) @ Vh: singular vectors and values, the values in descending order.

    Parameters
    ----------
    x : shape (..., m, n); k = min(m, n)
    full_matrices : complete U and Vh to square matrices; False is cheaper
    compute_uv : if False, return S alone, as `svdvals` does

    Returns
    -------
    U : shape (..., m, m), or (..., m, k)
    S : shape (..., k)
    Vh : shape (..., n, n), or (..., k, n)

    Gradient
    --------
    For distinct singular values; pairs of equal ones contribute nothing. What completes U or Vh by
    more than one vector is an arbitrary basis: only functions that do not depend on the choice
    have a gradient.

    Source
    ------
    Townsend (2016), "Differentiating the singular value decomposition".

    Examples
    --------
    >>> u, s, vh = svd(np.array([[0.0, 2.0], [1.0, 0.0]]))
    >>> s
    array([2., 1.])
    """
    *_, m, n = shape_of_matrices("svd", x)
    if not compute_uv:
        return svdvals(x)
    u, s, v = _unpacked(svd_packed(x), (m, n))
    if full_matrices and m > n:
        u = concat([u, null_basis(x, of="U")], axis=-1)
    if full_matrices and n > m:
        v = concat([v, null_basis(swapaxes(x, -1, -2), of="V")], axis=-1)
    return SVDResult(u, s, v.mT)


@op(
    samples=_svd_samples,
    reference=each_matrix(lambda x: _svd_reference(x)[1]),
    fails=[VECTOR],
    masks=True,
)
def svdvals(x, /):
    """Singular values of each matrix, in descending order.

    Gradient
    --------
    u @ diag(g) @ v.mT with the singular vectors, which are computed in the backward pass. A value
    of 0 is a kink, like that of the absolute value: there the subgradient 0 is used.
    """
    return np.linalg.svd(matrices(x), compute_uv=False)


@svdvals.grad("x")
def _(g, x, out):
    u, _, v = _unpacked(svd_packed(x), x.shape)
    return (u * expand_dims(where(out == 0, 0, g), axis=-2)) @ v.mT
