"""Linear algebra under the names of `numpy.linalg`. Every function takes stacks of matrices.

>>> from autograd import linalg
>>> x = Tensor(np.diag([3.0, 4.0]), requires_grad=True)
>>> linalg.norm(x).backward(); x.grad.numpy().diagonal()
array([0.6, 0.8])
"""

from __future__ import annotations

from .ops import diagonal as _diagonal
from .ops.contraction import tensordot
from .ops.determinant import det, slogdet
from .ops.factor import cholesky, qr
from .ops.least_squares import lstsq, matrix_rank
from .ops.lu import lu
from .ops.matrix_functions import matrix_exp, matrix_power, multi_dot
from .ops.norms import cond, matrix_norm, norm, vector_norm
from .ops.products import cross, matmul, outer, vecdot
from .ops.solve import inv, pinv, solve, solve_triangular
from .ops.spectral import eigh, eigvalsh, svd, svdvals

__all__ = [
    "cholesky", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "lstsq", "lu",
    "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm",
    "outer", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd", "svdvals", "tensordot",
    "trace", "vecdot", "vector_norm",
]  # fmt: skip


def diagonal(x, /, *, offset=0):
    """The diagonals of the matrices in the last two axes, as the last axis of the result.

    `autograd.diagonal` takes the first two axes unless told otherwise; so it is in NumPy.

    Examples
    --------
    >>> ag.linalg.diagonal(np.arange(8).reshape(2, 2, 2))
    array([[0, 3],
           [4, 7]])
    """
    return _diagonal.diagonal(x, offset=offset, axis1=-2, axis2=-1)


def trace(x, /, *, offset=0):
    """The sums of the diagonals of the matrices in the last two axes.

    Examples
    --------
    >>> ag.linalg.trace(np.arange(8).reshape(2, 2, 2))
    array([ 3, 11])
    """
    return _diagonal.trace(x, offset=offset, axis1=-2, axis2=-1)
