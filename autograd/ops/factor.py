"""Matrices as products with a triangle: Cholesky and QR. The axes before the last two are stacks.

An op returns one array, so the narrow op of QR puts one factor above the other; the public function
cuts them apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from ..messages import complain
from ..op import composite, op
from ..samples import Fails, Rng, Sample, uniform
from .diagonal import tril
from .index import getitem
from .join import concat
from .products import front
from .rearrange import pad_constant
from .shape import swapaxes
from .solve import (
    OBLONG,
    VECTOR,
    each_matrix,
    lower_solve_transposed,
    pinv,
    regular,
    shape_of_matrices,
    square,
    symmetrised,
    upper_solve,
)

# Cholesky


def _positive_definite(rng: Rng, *shape: int) -> np.ndarray:
    x = uniform(rng, shape)
    return x @ x.mT + np.eye(shape[-1])


def _cholesky_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(_positive_definite(rng, 3, 3))
    yield Sample(_positive_definite(rng, 2, 2, 2), upper=True, orders=2)
    yield Sample(_positive_definite(rng, 2, 2) + np.array([[0, 1], [-1, 0]]), label="asymmetric")


def _cholesky_reference(x: np.ndarray, upper: bool = False) -> np.ndarray:
    """Row by row, as Cholesky did."""
    x = (x + x.T) / 2
    out = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i):
            out[i, j] = (x[i, j] - out[i] @ out[j]) / out[j, j]
        out[i, i] = np.sqrt(x[i, i] - out[i] @ out[i])
    return out.T if upper else out


def _lower_half(x: Any) -> Any:
    """The lower triangle with half the diagonal: x = half + half.mT for symmetric x."""
    return (tril(x) + tril(x, k=-1)) / 2


@op(
    name="cholesky",
    samples=_cholesky_samples,
    reference=each_matrix(_cholesky_reference),
    fails=[VECTOR, OBLONG, Fails(-np.eye(2), error=ArgumentError, match="positive definite")],
)
def _cholesky(x, /):
    return np.linalg.cholesky(symmetrised(square(x)))


@_cholesky.grad("x")
def _(g, out):
    inner = _lower_half(out.mT @ g)
    half = lower_solve_transposed(out, inner)
    return symmetrised(lower_solve_transposed(out, half.mT))


@front(_cholesky)
def cholesky(x, /, *, upper=False):
    """The lower triangular L with x = L @ L.mT, for symmetric positive definite x.

    Parameters
    ----------
    x : shape (..., n, n)
        Only its symmetric part (x + x.mT) / 2 counts, and the gradient is symmetric.
    upper : return L.mT instead

    Raises
    ------
    ArgumentError
        If a matrix is not positive definite.

    Gradient
    --------
    Keeps the result only.

    Source
    ------
    Murray (2016), "Differentiation of the Cholesky decomposition", equation 10.

    Examples
    --------
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """
    out = _cholesky(x)
    return swapaxes(out, -1, -2) if upper else out


# QR


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Any
    R: Any


def _qr_packed_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 3, 3)[:, :2])
    yield Sample(regular(rng, 2, 2, 2))


@op(
    samples=_qr_packed_samples,
    reference=each_matrix(lambda x: np.concatenate(_qr_reference(x))),
    public=False,
)
def qr_packed(x, /):
    """Q above R, for matrices with at least as many rows as columns: shape (..., m + n, n).

    Source
    ------
    Walter & Lehmann (2018), "Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design", section 3.3.
    """
    return np.concatenate(np.linalg.qr(x), axis=-2)


@qr_packed.grad("x")
def _(g, out, x_shape):
    m = x_shape[-2]
    q, r, gq, gr = out[..., :m, :], out[..., m:, :], g[..., :m, :], g[..., m:, :]
    inner = r @ gr.mT - gq.mT @ q
    turned = gq + q @ (tril(inner) + tril(inner, k=-1).mT)
    return upper_solve(r, turned.mT).mT


def _qr_reference(x: np.ndarray, mode: str = "reduced") -> Any:
    """Gram-Schmidt, with the signs of NumPy; a cross product completes two columns of three."""
    m, n = x.shape
    q = np.zeros((m, min(m, n)))
    for k in range(q.shape[1]):
        v = x[:, k] - q @ (q.T @ x[:, k])
        q[:, k] = v / np.sqrt(v @ v)
    if mode == "complete" and m > n:
        q = np.column_stack([q, np.cross(*q.T)])
    theirs = np.linalg.qr(x, "complete")[0]
    q = q * np.sign((q * theirs[:, : q.shape[1]]).sum(0))
    return np.triu(q.T @ x) if mode == "r" else (q, np.triu(q.T @ x))


_BASES = {
    "Q": lambda x: np.linalg.qr(x, mode="complete")[0],
    "U": lambda x: np.linalg.svd(x)[0],
    "V": lambda x: np.linalg.svd(x.mT)[2].mT,
}


def _null_basis_reference(x: np.ndarray, of: str) -> np.ndarray:
    """For three rows and two columns, with NumPy's sign."""
    normal = np.cross(*x.T)[:, None] / np.linalg.norm(np.cross(*x.T))
    return normal * np.sign((normal * _BASES[of](x)[:, 2:]).sum())


@op(
    samples=lambda rng: [Sample(uniform(rng, (3, 2)), of=of, orders=2) for of in _BASES],
    reference=_null_basis_reference,
    public=False,
)
def null_basis(x, /, *, of):
    """What completes the columns of x to a basis of all space, orthonormal: (..., m, m - n).

    It is the rest of `of`: the square Q or U of x, or the square V of x.mT.

    Gradient
    --------
    Of functions of the space that it spans. Which basis of the space it is follows no law, except
    for the sign if there is one column only.

    Source
    ------
    From x.mT @ out = 0: x.mT @ dout = -dx.mT @ out, of which the smallest solution is taken.
    """
    return _BASES[of](x)[..., np.shape(x)[-1] :].copy()


@null_basis.grad("x")
def _(g, x, out):
    return -(out @ g.mT @ pinv(x).mT)


def _qr_samples(rng: Rng) -> Iterable[Sample]:
    x = regular(rng, 3, 3)
    yield Sample(x, orders=2)
    yield Sample(x[:2], label="wide", orders=2)
    yield Sample(x[:, :2], mode="complete", orders=2)
    yield Sample(x[:, :2], mode="r", orders=2)


@composite(
    samples=_qr_samples,
    reference=_qr_reference,
    fails=[VECTOR, Fails(np.eye(2), mode="raw", error=ArgumentError, match="'raw'")],
)
def qr(x, mode="reduced"):
    """Q with orthonormal columns and upper triangular R with x = Q @ R.

    Parameters
    ----------
    x : shape (..., m, n); k = min(m, n)
    mode : str
        "reduced": Q is (..., m, k) and R (..., k, n). "complete": (..., m, m) and (..., m, n).
        "r": R of the reduced form, alone.

    Returns
    -------
    Q, R

    Gradient
    --------
    For x whose first k columns are independent. With mode="complete" and m - n > 1 the last columns
    of Q are an arbitrary basis: only functions that do not depend on the choice have a gradient.

    Source
    ------
    Walter & Lehmann (2018), "Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design", section 3.3.

    Examples
    --------
    >>> q, r = qr(np.array([[3.0, 1.0], [4.0, 2.0]]))
    >>> bool(np.allclose(q @ r, [[3, 1], [4, 2]]))
    True
    """
    if mode not in ("reduced", "complete", "r"):
        fact = f"mode must be 'reduced', 'complete' or 'r', not {mode!r}"
        raise complain(ArgumentError, "qr", fact, {"x": x})
    *stack, m, n = shape_of_matrices("qr", x)
    packed = qr_packed(getitem(x, index=(..., slice(m))))
    q, r = packed[..., :m, :], packed[..., m:, :]
    if n > m:
        r = concat([r, q.mT @ getitem(x, index=(..., slice(m, None)))], axis=-1)
    if m > n and mode == "complete":
        q = concat([q, null_basis(x, of="Q")], axis=-1)
        r = pad_constant(r, pad_width=[(0, 0) for _ in stack] + [(0, m - n), (0, 0)])
    return r if mode == "r" else QRResult(q, r)
