"""Linear algebra against PyTorch: values and derivatives.

Singular vectors and eigenvectors have arbitrary signs, so functions that do not depend on them are
compared; symmetric matrices are made of arbitrary ones, so that each side may read its triangle.
"""

from functools import partial

import numpy as np
import pytest

import autograd as ag
from autograd import linalg
from autograd.samples import Sample

from .comparing import Row, compare, table, torch

pytestmark = pytest.mark.oracle

to_second_order = partial(compare, scaled=True, order=2)


def matrices(*shape):
    """Random ones, made regular by a diagonal of different sizes."""
    x = np.random.default_rng(sum(shape)).normal(size=shape)
    m, n = shape[-2:]
    return x + np.eye(m, n) * np.arange(2.0, 2.0 + n)


def other(*shape):
    return np.random.default_rng(7).normal(size=shape)


def positive(x):
    return x @ x.mT


def symmetric(x):
    return x + x.mT


def on_symmetric(f):
    return lambda x: f(symmetric(x))


def on_positive(f):
    return lambda x: f(positive(x))


def eigh_function(library):
    def f(x):
        w, v = library.linalg.eigh(symmetric(x))
        return (v * library.sin(w)[..., None, :]) @ v.mT

    return f


def svd_function(library, full_matrices):
    def f(x):
        u, s, vh = library.linalg.svd(x, full_matrices=full_matrices)
        k = s.shape[-1]
        return (u[..., :k] * library.sin(s)[..., None, :]) @ vh[..., :k, :]

    return f


def lu_part(library, k):
    return lambda x: library.linalg.lu(x)[k]


def qr_part(library, k):
    return lambda x: library.linalg.qr(x)[k]


SQUARE = [matrices(3, 3), matrices(2, 4, 4), matrices(1, 1)]

FUNCTIONS = {
    "inv": (linalg.inv, torch.linalg.inv, SQUARE),
    "det": (linalg.det, torch.linalg.det, SQUARE),
    "slogdet": (lambda x: linalg.slogdet(x)[1], lambda x: torch.linalg.slogdet(x)[1], SQUARE),
    "cholesky": (on_positive(linalg.cholesky), on_positive(torch.linalg.cholesky), SQUARE),
    "eigh": (eigh_function(ag), eigh_function(torch), SQUARE),
    "eigvalsh": (on_symmetric(linalg.eigvalsh), on_symmetric(torch.linalg.eigvalsh), SQUARE),
    "svd": (
        svd_function(ag, False), svd_function(torch, False),
        [*SQUARE, matrices(5, 3), matrices(2, 3, 5)],
    ),
    "svdvals": (linalg.svdvals, torch.linalg.svdvals, [*SQUARE, matrices(5, 3), matrices(2, 3, 5)]),
    "pinv": (linalg.pinv, torch.linalg.pinv, [*SQUARE, matrices(5, 3), matrices(2, 3, 5)]),
    "qr: Q": (qr_part(ag, 0), qr_part(torch, 0), [*SQUARE, matrices(5, 3)]),
    "qr: R": (qr_part(ag, 1), qr_part(torch, 1), [*SQUARE, matrices(5, 3), matrices(2, 3, 5)]),
    "lu: L": (lu_part(ag, 1), lu_part(torch, 1), [*SQUARE[:2], matrices(5, 3), matrices(2, 3, 5)]),
    "lu: U": (lu_part(ag, 2), lu_part(torch, 2), [*SQUARE[:2], matrices(5, 3), matrices(2, 3, 5)]),
    "matrix_exp": (linalg.matrix_exp, torch.linalg.matrix_exp, [x / 4 for x in SQUARE]),
    "matrix_power 5": (
        lambda x: linalg.matrix_power(x, 5), lambda x: torch.linalg.matrix_power(x, 5), SQUARE,
    ),
    "matrix_power -3": (
        lambda x: linalg.matrix_power(x, -3), lambda x: torch.linalg.matrix_power(x, -3), SQUARE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_a_matrix(name):
    ours, theirs, inputs = FUNCTIONS[name]
    for x in inputs:
        to_second_order(ours, theirs, x)


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 4, 4), (2, 4, 1)), ((2, 4, 4), (4, 3))],
    ids=str,
)
def test_solve(a, b):
    to_second_order(linalg.solve, torch.linalg.solve, matrices(*a), other(*b))


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
@pytest.mark.parametrize("trans", [0, 1])
def test_solve_triangular(lower, unit_diagonal, trans):
    def theirs(a, b):
        a = torch.tril(a) if lower else torch.triu(a)
        upper = lower if trans else not lower
        a = a.mT if trans else a
        return torch.linalg.solve_triangular(a, b, upper=upper, unitriangular=unit_diagonal)

    def ours(a, b):
        return linalg.solve_triangular(a, b, lower=lower, trans=trans, unit_diagonal=unit_diagonal)

    to_second_order(ours, theirs, matrices(2, 3, 3), other(2, 3, 2))


@pytest.mark.parametrize(("a", "b"), [((5, 3), (5, 2)), ((3, 5), (3, 1)), ((2, 5, 3), (2, 5, 2))])
def test_lstsq(a, b):
    def theirs(a, b):
        return torch.linalg.lstsq(a, b).solution

    to_second_order(lambda a, b: linalg.lstsq(a, b).solution, theirs, matrices(*a), other(*b))


def test_pinv_of_a_deficient_rank():
    x, y = other(4, 2), other(2, 5)
    to_second_order(lambda x, y: linalg.pinv(x @ y), lambda x, y: torch.linalg.pinv(x @ y), x, y)


def test_det_of_a_singular_matrix():
    x, y = other(4, 3), other(3, 4)
    to_second_order(lambda x: linalg.det(x), lambda x: torch.linalg.det(x), x @ y)


@pytest.mark.parametrize("ord", ["fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [False, True])
def test_matrix_norm(ord, keepdims):
    to_second_order(
        lambda x: linalg.matrix_norm(x, ord=ord, keepdims=keepdims),
        lambda x: torch.linalg.matrix_norm(x, ord, keepdim=keepdims),
        other(2, 4, 3),
    )


@pytest.mark.parametrize("ord", [0.5, 1, 2, 3, 2.5, -1, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, (0, 2)], ids=str)
def test_vector_norm(ord, axis):
    to_second_order(
        lambda x: linalg.vector_norm(x, axis=axis, ord=ord),
        lambda x: torch.linalg.vector_norm(x, ord, dim=axis),
        other(2, 4, 3),
    )


@pytest.mark.parametrize("ord", [1, 2, 3, np.inf])
def test_norm_at_zero(ord):
    compare(
        lambda x: linalg.norm(x, ord, axis=1),
        lambda x: torch.linalg.vector_norm(x, ord, dim=1),
        np.array([[3.0, 0.0, -4.0]]) if ord == np.inf else np.array([[0.0, 0, 0], [3, 0, -4]]),
    )


@pytest.mark.parametrize("p", [None, 2, -2, "fro", "nuc", 1, -1, np.inf, -np.inf])
def test_cond(p):
    def theirs(x):
        if p in (None, 2, -2):
            return torch.linalg.cond(x, p)
        # torch.linalg.cond writes into what its own backward pass needs
        return torch.linalg.matrix_norm(x, p) * torch.linalg.matrix_norm(torch.linalg.inv(x), p)

    to_second_order(lambda x: linalg.cond(x, p), theirs, matrices(2, 3, 3))


RANKS = [
    Row("matrix_rank", torch.linalg.matrix_rank, [
        Sample(matrices(2, 3, 3)), Sample(other(4, 2) @ other(2, 5)), Sample(np.zeros((2, 2))),
        Sample(np.diag([1.0, 1e-3, 1e-9]), rtol=1e-6),
    ], order=0),
]  # fmt: skip


@table(RANKS)
def test_matrix_rank(row, sample):
    row.check(sample)
