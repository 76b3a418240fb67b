"""Determinants, and their derivatives at singular matrices too."""

from __future__ import annotations

import string
from collections.abc import Iterable
from itertools import combinations, permutations
from typing import Any, NamedTuple

import numpy as np

from ..op import composite, op
from ..samples import Rng, Sample, uniform
from .shape import expand_dims
from .solve import OBLONG, VECTOR, each_matrix, inv, regular, square, square_samples


def parity(order: tuple[int, ...]) -> int:
    """1 for an even permutation of 0 ... n-1, -1 for an odd one."""
    return (-1) ** sum(a > b for a, b in combinations(order, 2))


def _det_reference(x: np.ndarray) -> np.ndarray:
    """Leibniz's formula."""
    rows = range(len(x))
    return np.asarray(sum(parity(p) * np.prod(x[rows, p]) for p in permutations(rows)))


def _singular(rng: Rng, n: int, rank: int) -> np.ndarray:
    return uniform(rng, (n, rank)) @ uniform(rng, (rank, n))


def _det_samples(rng: Rng) -> Iterable[Sample]:
    yield from square_samples(rng)
    yield Sample(_singular(rng, 3, 2), label="rank 2 of 3")
    yield Sample(_singular(rng, 3, 1), label="rank 1 of 3")
    yield Sample(np.zeros((2, 2)), label="zeros")
    yield Sample(np.eye(3), label="identity", orders=2)


@op(
    samples=_det_samples,
    reference=each_matrix(_det_reference),
    fails=[VECTOR, OBLONG],
    method="det",
)
def det(x, /):
    """The determinant of each square matrix. It overflows easily; `slogdet` does not.

    Gradient
    --------
    The matrix of cofactors, formed without division: exact at singular matrices, to every order.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> x.det().backward(); x.grad.numpy().round(6)
    array([[ 4., -2.],
           [-2.,  1.]], dtype=float32)
    """
    return np.linalg.det(square(x))


@det.grad("x")
def _(g, x):
    return expand_dims(g, axis=(-2, -1)) * cofactors(x)


# cofactors: the derivatives of the determinant of every order, in one op


def _cofactors_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 3, 3))
    yield Sample(regular(rng, 2, 2, 2), uniform(rng, (2, 2, 2)), orders=2)
    yield Sample(_singular(rng, 3, 1), uniform(rng, (3, 3)), label="rank 1", orders=2)
    yield Sample(*(uniform(rng, (3, 3)) for _ in range(3)), label="two directions", orders=1)


def _cofactors_reference(*arrays: np.ndarray) -> np.ndarray:
    """Leibniz's formula, term by term: the result in one row, a direction in some, x elsewhere."""
    x, *directions = (a.reshape(-1, *a.shape[-2:]) for a in arrays)
    rows = range(x.shape[-1])
    out = np.zeros_like(x)
    for p in permutations(rows):
        for chosen in permutations(rows, len(directions) + 1):
            term = parity(p) * np.ones(len(x))
            for i in rows:
                if i not in chosen:
                    term = term * x[:, i, p[i]]
            for i, e in zip(chosen[1:], directions, strict=True):
                term = term * e[:, i, p[i]]
            out[:, chosen[0], p[chosen[0]]] += term
    return out.reshape(arrays[0].shape)


@op(samples=_cofactors_samples, reference=_cofactors_reference, public=False)
def cofactors(*arrays):
    """The gradient by x of the k-th derivative of det(x) along k directions: arrays = x, e1 ... ek.

    Without directions that is the matrix of cofactors. The (k+1)-st derivative of det is symmetric
    and linear in its k+1 directions, so every derivative of this op is the op again.

    In the bases of the singular vectors x is diagonal, and in Leibniz's formula only terms remain
    in which distinct rows i0 ... ik take a direction and permute among themselves, while every
    other row contributes its singular value. There is no division, so that x may have any rank.

    Source
    ------
    Ipsen & Rehman (2008), "Perturbation bounds for determinants and characteristic polynomials",
    section 2, for the expansion about a diagonal matrix.
    """
    x, *directions = arrays
    u, s, vh = np.linalg.svd(x)
    within = [u.mT @ e @ vh.mT for e in directions]
    sign = np.rint(np.linalg.det(u) * np.linalg.det(vh))  # the product of rotations and mirrors
    return (u * sign[..., None, None]) @ _diagonal_case(s, within) @ vh


@cofactors.grad("arrays")
def _(g, arrays, i):
    x, *directions = arrays
    if i > 0:
        del directions[i - 1]
    return cofactors(x, *directions, g)


def _diagonal_case(s: np.ndarray, directions: list[np.ndarray]) -> np.ndarray:
    """`cofactors` of diagonal matrices, given their diagonals."""
    count = len(directions) + 1
    rest = _products_of_others(s, count)
    out = np.zeros((*s.shape, s.shape[-1]), s.dtype)
    diagonal = np.einsum("...ii->...i", out)  # a view: what it takes in is in out
    rows = string.ascii_letters[:count]
    for p in permutations(range(count)):
        columns = [rows[k] for k in p]
        factors = [f"...{i}{j}" for i, j in zip(rows[1:], columns[1:], strict=True)]
        target, place = (out, rows[0] + columns[0]) if p[0] else (diagonal, rows[0])
        formula = f"{','.join(['...' + rows, *factors])}->...{place}"
        target += parity(p) * np.einsum(formula, rest, *directions, optimize=count > 2)
    return out


def _products_of_others(s: np.ndarray, count: int) -> np.ndarray:
    """At i1 ... ik the product of all of s but s[i1] ... s[ik]; 0 where two of these coincide."""
    n = s.shape[-1]
    for _ in range(count - 1):
        s = np.where(np.eye(n, dtype=bool), 1, s[..., None, :])
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    index = np.indices((n,) * count)
    same = sum(a == b for a, b in combinations(index, 2))
    return np.where(same, 0, before * after)


# The logarithm


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Any
    logabsdet: Any


@op(
    samples=square_samples,
    reference=each_matrix(lambda x: np.sign(_det_reference(x))),
    plain=True,
    public=False,
)
def sign_of_det(x, /):
    """The sign of the determinant of each square matrix: -1, 0 or 1."""
    return np.linalg.slogdet(square(x))[0]


@op(
    samples=square_samples,
    reference=each_matrix(lambda x: np.log(np.abs(_det_reference(x)))),
    public=False,
)
def logabsdet(x, /):
    """The logarithm of the absolute value of the determinant of each square matrix."""
    return np.linalg.slogdet(square(x))[1]


@logabsdet.grad("x")
def _(g, x):
    return expand_dims(g, axis=(-2, -1)) * inv(x).mT


@composite(
    samples=square_samples,
    reference=np.linalg.slogdet,
    fails=[VECTOR, OBLONG],
)
def slogdet(x):
    """Sign and logarithm of the absolute value of each determinant, without overflow.

    Returns
    -------
    sign
        -1, 0 or 1; not differentiable.
    logabsdet
        -inf for a singular matrix, where it has no gradient: `inv` complains in the backward pass.

    Source
    ------
    Giles (2008), "Collected matrix derivative results", section 2.2.1.

    Examples
    --------
    >>> sign, logabsdet = slogdet(np.diag([-2.0, 3.0]))
    >>> float(sign), f"{logabsdet:.4f}"
    (-1.0, '1.7918')
    """
    return SlogdetResult(sign_of_det(x), logabsdet(x))
