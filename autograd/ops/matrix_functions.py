"""Powers, the exponential, and products of many matrices. Leading axes are stacks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from ..algebra import alias, where
from ..arguments import operand
from ..errors import ArgumentError, DTypeError, ShapeError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .exponential import keep_half
from .products import front, matmul
from .shape import expand_dims, squeeze
from .solve import (
    OBLONG,
    VECTOR,
    each_matrix,
    inv,
    regular,
    shape_of_matrices,
    square,
)


def _power_samples(rng: Rng) -> Iterable[Sample]:
    x = regular(rng, 2, 2)
    for n in (0, 1, 2, 3, -2):
        yield Sample(x, n=n, orders=2)
    yield Sample(regular(rng, 2, 2, 2), n=5, orders=1)


def _power_reference(x: np.ndarray, n: int) -> np.ndarray:
    """Through the eigenvalues."""
    values, vectors = np.linalg.eig(x)
    return ((vectors * values[..., None, :] ** n) @ np.linalg.inv(vectors)).real


@composite(
    samples=_power_samples,
    reference=_power_reference,
    fails=[
        Fails(np.ones(3), n=2, match="x must be a matrix or a stack of them"),
        Fails(np.ones((2, 3)), n=2, match="x must be square"),
        Fails(np.eye(2), n=0.5, error=DTypeError, match="n must be an int, got 0.5"),
        Fails(np.ones((2, 2)), n=-1, error=ArgumentError, match="[Ss]ingular"),
    ],
)
def matrix_power(x, n):
    """x @ x @ ... @ x with n factors, in about 2*log2(n) products.

    Parameters
    ----------
    x : shape (..., m, m)
    n : int
        0 gives the identity, a negative n a power of the inverse.
    """
    *_, size = shape_of_matrices("matrix_power", x, check=square)
    if not isinstance(n, (int, np.integer)):
        raise complain(DTypeError, "matrix_power", f"n must be an int, got {n!r}", {"x": x})
    x = operand(x)
    if n == 0:
        return where(True, np.eye(size, dtype=x.dtype), x)
    if n < 0:
        x, n = inv(x), -n
    out = None
    while n:  # the binary digits of n, the last one first
        if n & 1:
            out = alias(x) if out is None else matmul(out, x)
        n >>= 1
        x = matmul(x, x) if n else x
    return out


# The exponential


def _exp_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 2, 2))
    yield Sample(regular(rng, 3, 3), orders=1)
    yield Sample(regular(rng, 2, 1, 1), orders=2)


def _exp_reference(x: np.ndarray) -> np.ndarray:
    """The power series of exp(x / 16), to the 16th power."""
    term = out = np.eye(len(x))
    for k in range(1, 30):
        term = term @ x / (16 * k)
        out = out + term
    return np.linalg.matrix_power(out, 16)


@op(
    name="matrix_exp",
    samples=_exp_samples,
    reference=each_matrix(_exp_reference),
    fails=[VECTOR, OBLONG],
)
def _matrix_exp(*arrays):
    from scipy.linalg import expm

    x, *directions = arrays
    n = square(x).shape[-1]
    if x.dtype == np.longdouble:
        raise DTypeError(f"array type {x.dtype} is unsupported in linalg")
    block, factor = x, 1.0
    for k, e in enumerate(directions):
        scale = 2.0 ** math.frexp(np.max(np.abs(e), initial=0))[1]  # keep the block's norm small
        factor *= scale
        beside = np.kron(np.eye(2**k, dtype=e.dtype), e / scale)
        block = np.block([[block, beside], [np.zeros_like(block), block]])
    out = expm(block)[..., :n, block.shape[-1] - n :]
    return keep_half(out * factor, x)


@_matrix_exp.grad("arrays")
def _(g, arrays, i):
    x, *directions = arrays
    if i > 0:
        del directions[i - 1]
    return _matrix_exp(*(a.mT for a in (x, *directions)), g)


@front(_matrix_exp)
def matrix_exp(x, /):
    """The exponential of square matrices, the sum of x^k / k! over all k.

    Gradient
    --------
    Its op takes directions too, arrays = x, e1 ... ek, and gives the k-th derivative along them:
    the last block of the first row of the exponential of a matrix of blocks, [[x, e1], [0, x]] for
    one direction. The adjoint of the k-th derivative is the (k+1)-st at x.mT along the cotangent,
    so every derivative is the op again, of matrices twice as large.

    Source
    ------
    Al-Mohy & Higham (2009), "Computing the Frechet derivative of the matrix exponential, with an
    application to condition number estimation", equation 1.4; Higham & Relton (2014), "Higher order
    Frechet derivatives of matrix functions and the level-2 condition number".

    Examples
    --------
    >>> matrix_exp(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    return _matrix_exp(x)


# Products of many


def _multi_dot_samples(rng: Rng) -> Iterable[Sample]:
    a, b, c = uniform(rng, (2, 3)), uniform(rng, (3, 1)), uniform(rng, (1, 2))
    yield Sample([a, b, c], orders=2)
    yield Sample([a[0], a.T, b[:2], c[0, :1]], orders=1, label="vectors at both ends")
    yield Sample([a, b], orders=1)


@composite(
    samples=_multi_dot_samples,
    reference=np.linalg.multi_dot,
    fails=[
        Fails([np.eye(2)], error=ArgumentError, match="at least two arrays, got 1"),
        Fails([np.eye(2), np.ones(2), np.eye(2)], match=r"array 1 must be a matrix.*\(2,\)"),
        Fails([np.eye(2), np.eye(3)], match="array 0 has 2 columns but array 1 has 3 rows"),
    ],
)
def multi_dot(arrays):
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    Parameters
    ----------
    arrays : sequence of matrices; the first and the last may be vectors

    Source
    ------
    Cormen, Leiserson, Rivest & Stein (2009), "Introduction to algorithms", section 15.2.

    Examples
    --------
    >>> multi_dot([np.ones((10, 100)), np.ones((100, 5)), np.ones(5)]).shape
    (10,)
    """
    chain = list(arrays)
    if len(chain) < 2:
        fact = f"takes at least two arrays, got {len(chain)}"
        raise complain(ArgumentError, "multi_dot", fact)
    vectors = [axis for axis in (0, -1) if np.ndim(chain[axis]) == 1]
    for axis in vectors:  # a row in front, a column at the end
        chain[axis] = expand_dims(chain[axis], axis=axis)
    sizes = _chain_sizes(tuple(np.shape(a) for a in chain))
    out = _product(chain, _splits(sizes), 0, len(chain) - 1)
    return squeeze(out, axis=tuple(vectors)) if vectors else out


def _chain_sizes(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    """Rows of the first matrix, then the columns of each."""
    for k, shape in enumerate(shapes):
        if len(shape) != 2:
            fact = f"array {k} must be a matrix, it has shape {shape}"
            raise complain(ShapeError, "multi_dot", fact)
        if k and shapes[k - 1][1] != shape[0]:
            before = f"array {k - 1} has {shapes[k - 1][1]} columns"
            raise complain(ShapeError, "multi_dot", f"{before} but array {k} has {shape[0]} rows")
    return (shapes[0][0], *(columns for _, columns in shapes))


@lru_cache(maxsize=256)
def _splits(sizes: tuple[int, ...]) -> dict[tuple[int, int], int]:
    """For each stretch i ... j of the chain the k after which to cut it in two."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    cuts = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j], cuts[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return cuts


def _product(chain: list[Any], cuts: dict[tuple[int, int], int], i: int, j: int) -> Any:
    """The product of chain[i] ... chain[j]."""
    if i == j:
        return chain[i]
    k = cuts[i, j]
    return matmul(_product(chain, cuts, i, k), _product(chain, cuts, k + 1, j))
