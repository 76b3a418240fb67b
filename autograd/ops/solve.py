"""Inverses of matrices and systems of linear equations. The axes before the last two are stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import op
from ..samples import Fails, Rng, Sample, uniform
from ..tensor import Tensor
from .diagonal import tril, triu
from .products import front
from .shape import expand_dims, squeeze


def matrices(x: Any, name: str = "x") -> Any:
    """x, if it is a matrix or a stack of matrices."""
    if np.ndim(x) < 2:
        raise ShapeError(f"{name} must be a matrix or a stack of them, it has shape {np.shape(x)}")
    return x


def square(x: Any, name: str = "x") -> Any:
    """x, if it is a square matrix or a stack of them."""
    shape = np.shape(matrices(x, name))
    if shape[-1] != shape[-2]:
        rows, columns = shape[-2:]
        raise ShapeError(f"{name} must be square, but it has {rows} rows and {columns} columns")
    return x


def shape_of_matrices(
    function: str, x: Any, name: str = "x", check: Callable[..., Any] = matrices
) -> tuple[int, ...]:
    """The shape of x, if it passes the check; else a complaint in the name of the function."""
    try:
        return np.shape(check(x, name))
    except ShapeError as e:
        raise complain(ShapeError, function, str(e), {name: x}) from None


def symmetrised(x: Any) -> Any:
    """(x + x.mT) / 2; halved first, because sums of small integers wrap around."""
    return 0.5 * x + 0.5 * x.mT


def regular(rng: Rng, *shape: int) -> np.ndarray:
    """Matrices far from singular ones."""
    n = shape[-1]
    return uniform(rng, shape, -0.5, 0.5) + np.diag(np.arange(1.0, n + 1) * (-1) ** np.arange(n))


def each_matrix(f: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A reference for stacks: `f` of single matrices, matrix by matrix."""

    def reference(x: np.ndarray, **options: Any) -> np.ndarray:
        flat = x.reshape(-1, *x.shape[-2:])
        out = np.stack([f(m, **options) for m in flat])
        return out.reshape(x.shape[:-2] + out.shape[1:])

    return reference


VECTOR = Fails(np.ones(3), match=r"x must be a matrix or a stack of them, it has shape \(3,\)")
OBLONG = Fails(np.ones((2, 3)), match="x must be square, but it has 2 rows and 3 columns")
SINGULAR = Fails(np.ones((2, 2)), error=ArgumentError, match="[Ss]ingular")


def square_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 3, 3))
    yield Sample(regular(rng, 2, 2, 2))
    yield Sample(regular(rng, 1, 1))


def _inv_reference(x: np.ndarray) -> np.ndarray:
    """Gauss-Jordan elimination with pivoting."""
    n = len(x)
    table = np.concatenate([x, np.eye(n)], axis=1)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(table[k:, k])))
        table[[k, pivot]] = table[[pivot, k]]
        table[k] /= table[k, k]
        others = [i for i in range(n) if i != k]
        table[others] -= np.outer(table[others, k], table[k])
    return table[:, n:]


@op(
    samples=square_samples,
    reference=each_matrix(_inv_reference),
    fails=[VECTOR, OBLONG, SINGULAR],
    method="inv",
)
def inv(x, /):
    """The inverse of each matrix. To multiply by it, `solve` is faster and more accurate.

    Raises
    ------
    ArgumentError
        If a matrix is singular.

    Gradient
    --------
    Keeps the result only.

    Source
    ------
    Giles (2008), "Collected matrix derivative results for forward and reverse mode algorithmic
    differentiation", section 2.2.

    Examples
    --------
    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return np.linalg.inv(square(x))


@inv.grad("x")
def _(g, out):
    return -(out.mT @ g @ out.mT)


# Linear equations


def _right_sides(a: Any, b: Any) -> None:
    """Complain unless b has one row for each row of a."""
    if np.shape(b)[-2] != np.shape(a)[-2]:
        raise ShapeError(f"a has {np.shape(a)[-2]} rows but b has {np.shape(b)[-2]}")


def solve_with(narrow: Any, a: Any, b: Any, **options: Any) -> Any:
    """An op that takes b as matrices, for b a vector too."""
    ndim = b.ndim if type(b) is Tensor else np.ndim(b)
    if ndim > 1:
        return narrow(a, b, **options)
    if ndim == 1:
        return squeeze(narrow(a, expand_dims(b, axis=-1), **options), axis=-1)
    fact = "b is a single number, not a right-hand side"
    raise complain(ShapeError, narrow.op.name, fact, {"a": a, "b": b})


def _solve_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 3, 3), uniform(rng, (3,)))
    yield Sample(regular(rng, 2, 2), uniform(rng, (2, 1)))
    yield Sample(regular(rng, 2, 2), uniform(rng, (2, 2, 1)), label="many right-hand sides")
    yield Sample(regular(rng, 2, 2, 2), uniform(rng, (2,)), label="many matrices")


def _solve_reference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    inverse = each_matrix(_inv_reference)(a)
    columns = b[:, None] if b.ndim == 1 else b
    out = (inverse[..., None] * columns[..., None, :, :]).sum(-2)
    return out[..., 0] if b.ndim == 1 else out


SIDES = [
    Fails(np.ones((2, 3)), np.ones(2), match="a must be square, but it has 2 rows and 3 columns"),
    Fails(np.eye(2), np.ones(3), match="a has 2 rows but b has 3"),
    Fails(np.eye(2), np.float64(1.0), match="b is a single number"),
    Fails(np.zeros((2, 2)), np.ones(2), error=ArgumentError, match="[Ss]ingular"),
]


@op(name="solve", samples=_solve_samples, reference=_solve_reference, fails=SIDES)
def _solve(a, b, /):
    try:
        return np.linalg.solve(a, b)
    except ValueError:
        _right_sides(square(a, "a"), b)
        raise


@_solve.grad("a")
def _(g, a, out):
    return -(_solve(a.mT, g) @ out.mT)


@_solve.grad("b")
def _(g, a):
    return _solve(a.mT, g)


@front(_solve)
def solve(a, b, /):
    """The x with a @ x = b.

    Parameters
    ----------
    a : shape (..., n, n)
    b : shape (n,), or (..., n, k) for k right-hand sides; the axes before them broadcast

    Raises
    ------
    ShapeError
        If a is not square, or b has another number of rows.
    ArgumentError
        If a matrix is singular.

    Gradient
    --------
    Solves with a.mT. Keeps a and the result.

    Source
    ------
    Giles (2008), "Collected matrix derivative results", section 2.3.1.

    Examples
    --------
    >>> solve(np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([4.0, 8.0]))
    array([1., 2.])
    """
    return solve_with(_solve, a, b)


def _triangular_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(regular(rng, 2, 2), uniform(rng, (2,)))
    yield Sample(regular(rng, 3, 3), uniform(rng, (3, 2)), lower=True, unit_diagonal=True)
    yield Sample(regular(rng, 2, 2, 2), uniform(rng, (2, 1)), lower=True, trans=1, orders=2)
    yield Sample(regular(rng, 2, 2), uniform(rng, (2, 2, 1)), trans="T", orders=2)


def _triangular_reference(
    a: np.ndarray, b: np.ndarray, lower: bool = False, trans: Any = 0, unit_diagonal: bool = False
) -> np.ndarray:
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        diagonal = np.arange(a.shape[-1])
        a[..., diagonal, diagonal] = 1
    return _solve_reference(a.mT if trans else a, b)


_TRANSPOSED = {0: False, "N": False, 1: True, "T": True}


@op(
    name="solve_triangular",
    samples=_triangular_samples,
    reference=_triangular_reference,
    fails=[*SIDES, Fails(np.eye(2), np.ones(2), trans=3, error=ArgumentError, match="trans must")],
    masks=True,
)
def _solve_triangular(a, b, /, *, lower, trans, unit_diagonal):
    _right_sides(square(a, "a"), b)
    if not unit_diagonal and np.any(np.linalg.diagonal(a) == 0):
        raise ArgumentError("a is singular: it has a zero on its diagonal")
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = np.empty(stack + b.shape[-2:], np.result_type(a, b, np.float16))  # a float for ints
    out[...] = b
    _substitute(a.mT if trans else a, out, lower != trans, unit_diagonal)
    return out


def _substitute(a: np.ndarray, x: np.ndarray, lower: bool, unit_diagonal: bool) -> None:
    """Replace x by the solution: of one half first, which leaves the other half to solve."""
    n = a.shape[-1]
    if n > 1:
        halves = slice(n // 2), slice(n // 2, n)
        first, second = halves if lower else halves[::-1]
        _substitute(a[..., first, first], x[..., first, :], lower, unit_diagonal)
        x[..., second, :] -= a[..., second, first] @ x[..., first, :]
        _substitute(a[..., second, second], x[..., second, :], lower, unit_diagonal)
    elif n and not unit_diagonal:
        x /= a


@_solve_triangular.grad("a")
def _(g, a, out, lower, trans, unit_diagonal):
    gb = _solve_triangular(a, g, lower=lower, trans=not trans, unit_diagonal=unit_diagonal)
    ga = -(out @ gb.mT if trans else gb @ out.mT)
    return tril(ga, k=-int(unit_diagonal)) if lower else triu(ga, k=int(unit_diagonal))


@_solve_triangular.grad("b")
def _(g, a, lower, trans, unit_diagonal):
    return _solve_triangular(a, g, lower=lower, trans=not trans, unit_diagonal=unit_diagonal)


@front(_solve_triangular)
def solve_triangular(a, b, /, *, lower=False, trans=0, unit_diagonal=False):
    """The x with a @ x = b, for triangular a.

    Parameters
    ----------
    a : shape (..., n, n)
        Only the triangle is read, and only it gets a gradient.
    b : shape (n,), or (..., n, k) for k right-hand sides; the axes before them broadcast
    lower : which triangle of a to use; the upper one unless True
    trans : 0 or "N" for a @ x = b, 1 or "T" for a.mT @ x = b
    unit_diagonal : take the diagonal of a as ones, whatever it holds

    Raises
    ------
    ShapeError
        If a is not square, or b has another number of rows.
    ArgumentError
        If a has a zero on its diagonal, or `trans` is something else.

    Examples
    --------
    >>> solve_triangular(np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([4.0, 8.0]))
    array([1., 2.])
    """
    try:
        trans = _TRANSPOSED[trans]
    except (KeyError, TypeError):
        fact = f"trans must be 0, 'N', 1 or 'T', got {trans!r}"
        raise complain(ArgumentError, "solve_triangular", fact) from None
    return solve_with(
        _solve_triangular, a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal
    )


def upper_solve(upper: Any, b: Any) -> Any:
    """U^-1 b"""
    return _solve_triangular(upper, b, lower=False, trans=False, unit_diagonal=False)


def lower_solve_transposed(lower: Any, b: Any) -> Any:
    """L^-T b"""
    return _solve_triangular(lower, b, lower=True, trans=True, unit_diagonal=False)


# The pseudoinverse


def _pinv_samples(rng: Rng) -> Iterable[Sample]:
    yield Sample(uniform(rng, (3, 2)))
    yield Sample(regular(rng, 2, 2, 2)[..., :1, :], label="wide stack")
    yield Sample(regular(rng, 2, 2), rtol=1e-3)


def _pinv_reference(x: np.ndarray, rtol: Any = None) -> np.ndarray:
    """The normal equations of a matrix of full rank."""
    tall = x.shape[0] >= x.shape[1]
    return _inv_reference(x.T @ x) @ x.T if tall else x.T @ _inv_reference(x @ x.T)


@op(samples=_pinv_samples, reference=each_matrix(_pinv_reference), fails=[VECTOR])
def pinv(x, /, *, rtol=None):
    """The Moore-Penrose pseudoinverse of each matrix: it gives least-squares solutions.

    Parameters
    ----------
    x : shape (..., m, n)
    rtol : number
        Singular values below rtol times the largest one count as zero; max(m, n) times the
        precision of the dtype unless given.

    Returns
    -------
    shape (..., n, m)

    Gradient
    --------
    Of changes of x that keep its rank: where the rank jumps, so does the pseudoinverse.

    Source
    ------
    Golub & Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate", theorem 4.3.
    """
    x = matrices(x)
    return np.linalg.pinv(x if x.dtype.kind == "f" else np.multiply(x, 1.0), rtol=rtol)


@pinv.grad("x")
def _(g, x, out):
    rows = g.mT @ out @ out.mT
    columns = out.mT @ out @ g.mT
    across = rows - x @ (out @ rows) + columns - (columns @ out) @ x
    return across - out.mT @ g @ out.mT
