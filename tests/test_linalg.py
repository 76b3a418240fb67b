"""What linear algebra does beyond single samples: jumps of rank, repeated values, scales, NumPy."""

import subprocess
import sys

import numpy as np
import pytest

from autograd import Tensor, linalg
from autograd.errors import ArgumentError, ShapeError
from autograd.testing import check_grads

RNG = np.random.default_rng(3)


def leaf(values):
    return Tensor(np.asarray(values, np.float64), requires_grad=True)


def close(actual, expected, rtol=1e-12):
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=rtol, atol=rtol)


def test_pinv_and_lstsq_of_a_deficient_rank():
    x, y, b = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 3)), RNG.normal(size=(4,))
    close(linalg.pinv(x @ y), np.linalg.pinv(x @ y))
    check_grads(lambda x, y: linalg.pinv(x @ y), x, y, order=2)
    check_grads(lambda x, y, b: linalg.lstsq(x @ y, b).solution, x, y, b, order=2)
    assert linalg.lstsq(x @ y, b).residuals.shape == (0,)


def test_functions_that_depend_on_the_completed_space_only():
    x = RNG.normal(size=(4, 2))

    def projector(basis):
        return basis[:, 2:] @ basis[:, 2:].mT

    check_grads(lambda x: projector(linalg.qr(x, "complete").Q), x, order=2)
    check_grads(lambda x: projector(linalg.svd(x).U), x, order=2)
    check_grads(lambda x: projector(linalg.svd(x.mT).Vh.mT), x, order=2)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_factors_multiply_to_the_matrix_and_are_those_of_numpy(shape):
    x = RNG.normal(size=shape)
    for full in (False, True):
        u, s, vh = linalg.svd(x, full_matrices=full)
        for ours, theirs in zip((u, s, vh), np.linalg.svd(x, full_matrices=full), strict=True):
            close(ours, theirs)
    for mode in ("reduced", "complete"):
        q, r = linalg.qr(x, mode)
        for ours, theirs in zip((q, r), np.linalg.qr(x, mode), strict=True):
            close(ours, theirs)
        close(q @ r, x)
    close(linalg.qr(x, "r"), np.linalg.qr(x, "r"))
    p, lower, upper = linalg.lu(x)
    close(p @ lower @ upper, x)


def test_det_is_differentiable_where_matrices_are_nearly_singular():
    u, v = np.linalg.qr(RNG.normal(size=(4, 4)))[0], np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    x = leaf(u @ np.diag([4.0, 2.0, 1.0, 1e-13]) @ v.T)
    sign = np.linalg.det(u) * np.linalg.det(v)
    close(x.det().gradient(x), sign * 8 * np.outer(u[:, 3], v[:, 3]), rtol=1e-10)


def test_derivatives_of_det_of_zeros():
    x = leaf(np.zeros((3, 3)))
    first = x.det().gradient(x, create_graph=True)
    second = (first * np.eye(3)).sum().gradient(x, create_graph=True)
    third = (second * np.eye(3)).sum().gradient(x)
    close(first, np.zeros((3, 3)))
    close(second, np.zeros((3, 3)))
    close(third, 2 * np.eye(3))  # det(t I) = t^3


def test_slogdet_has_no_gradient_at_a_singular_matrix():
    x = leaf(np.ones((2, 2)))
    sign, logabsdet = linalg.slogdet(x)
    assert (sign.item(), logabsdet.item()) == (0, -np.inf)
    assert not sign.requires_grad
    with pytest.raises(ArgumentError, match="Singular"):
        logabsdet.backward()


def test_symmetric_functions_of_repeated_eigenvalues_and_singular_values():
    x = leaf(np.eye(3))
    close(linalg.eigvalsh(x).sum().gradient(x), np.eye(3))
    close(linalg.eigh(x).eigenvalues.sum().gradient(x), np.eye(3))
    close(linalg.matrix_norm(x, "nuc").gradient(x), np.eye(3))
    close(linalg.matrix_norm(x, 2).gradient(x), np.eye(3) / 3)  # ties share equally


def test_only_the_symmetric_part_counts():
    x = leaf([[4.0, 1.0], [3.0, 5.0]])
    symmetric = [[4.0, 2.0], [2.0, 5.0]]
    close(linalg.cholesky(x), np.linalg.cholesky(symmetric))
    close(linalg.eigvalsh(x), np.linalg.eigvalsh(symmetric))
    for out in (linalg.cholesky(x), linalg.eigh(x).eigenvectors, linalg.eigvalsh(x)):
        g = out.gradient(x, gradient=RNG.normal(size=out.shape)).numpy()
        close(g, g.T)


@pytest.mark.parametrize("ord", [None, 0, 0.5, 1, 1.5, 2, 3, np.inf, -np.inf])
def test_norm_at_zero_has_gradient_zero(ord):
    x = leaf(np.zeros(3))
    y = linalg.norm(x, ord)
    assert y.item() == 0
    assert not y.gradient(x).numpy().any()


@pytest.mark.parametrize("ord", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_matrix_norm_at_zero_has_gradient_zero(ord):
    x = leaf(np.zeros((2, 3)))
    assert not linalg.matrix_norm(x, ord).gradient(x).numpy().any()


def test_matrix_exp_is_as_accurate_for_huge_cotangents():
    x = leaf(RNG.normal(size=(3, 3)))
    g = RNG.normal(size=(3, 3))
    expected = linalg.matrix_exp(x).gradient(x, gradient=g)
    close(linalg.matrix_exp(x).gradient(x, gradient=2.0**60 * g) / 2.0**60, expected.numpy())


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 3), (3,)), ((2, 3, 3), (3,)), ((2, 3, 3), (3, 1)), ((3, 3), (2, 3, 1)), ((3, 3), (3, 3))],
)
def test_solve_tells_vectors_from_matrices_as_numpy_does(a, b):
    a, b = RNG.normal(size=a) + 3 * np.eye(3), RNG.normal(size=b)
    close(linalg.solve(a, b), np.linalg.solve(a, b))
    close(linalg.solve_triangular(a, b), np.linalg.solve(np.triu(a), b))


def test_numpy_functions_take_tensors():
    x = leaf([[2.0, 1.0], [1.0, 3.0]])
    for name in (
        "norm", "det", "inv", "svd", "qr", "cholesky", "eigh", "eigvalsh", "slogdet", "pinv",
        "cond", "matrix_rank", "svdvals", "matrix_norm", "vector_norm",
    ):  # fmt: skip
        function = getattr(np.linalg, name)
        ours, theirs = function(x), function(x.numpy())
        pairs = zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]
        for actual, expected in pairs:
            assert type(actual) is Tensor
            close(actual, expected)
    close(np.linalg.svd(x, full_matrices=False).S, np.linalg.svd(x.numpy()).S)
    close(np.linalg.cholesky(x, upper=True), np.linalg.cholesky(x.numpy(), upper=True))
    close(np.linalg.norm(x, axis=0, ord=1), np.linalg.norm(x.numpy(), axis=0, ord=1))


def test_nested_lists_are_matrices():
    x = [[2.0, 1.0], [1.0, 3.0]]
    close(linalg.solve(x, [1.0, 1.0]), np.linalg.solve(x, [1.0, 1.0]))
    close(linalg.cond(x, 1), np.linalg.cond(x, 1))
    close(linalg.matrix_power(x, 0), np.eye(2))
    close(linalg.qr(x).R, np.linalg.qr(x).R)
    close(linalg.lstsq(x, [1.0, 1.0]).solution, np.linalg.solve(x, [1.0, 1.0]))


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2)])
@pytest.mark.parametrize(
    "name",
    [
        "cholesky", "det", "eigh", "eigvalsh", "inv", "lu", "matrix_exp", "norm", "pinv", "qr",
        "slogdet", "svd", "svdvals", "trace",
    ],
)  # fmt: skip
def test_matrices_without_elements(name, shape):
    x = leaf(np.zeros(shape))
    out = getattr(linalg, name)(x)
    for y in out if isinstance(out, tuple) else [out]:
        if y.requires_grad:
            assert y.sum().gradient(x).shape == shape


def test_errors_name_the_function_and_the_argument():
    with pytest.raises(ShapeError, match=r"^eigh: x must be square.*\n(.*\n)*.*x: \(2, 3\)"):
        linalg.eigh(leaf(np.ones((2, 3))))
    with pytest.raises(ShapeError, match=r"^solve: a has 2 rows but b has 3"):
        linalg.solve(leaf(np.eye(2)), np.ones(3))


def test_the_namespace_is_sorted_and_complete():
    assert linalg.__all__ == sorted(linalg.__all__)
    assert all(callable(getattr(linalg, name)) for name in linalg.__all__)
    x = RNG.normal(size=(2, 3, 3))
    close(linalg.trace(x), np.linalg.trace(x))
    close(linalg.diagonal(x, offset=1), np.linalg.diagonal(x, offset=1))


def test_importing_autograd_does_not_import_scipy():
    code = "import sys, autograd.linalg; print(any(m.startswith('scipy') for m in sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
