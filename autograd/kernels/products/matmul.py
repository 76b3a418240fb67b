"""Matrix products. BLAS does them; here is who calls it, and those that NumPy is slow at."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _host, _threads
from .._blas import PLAIN, TRANSPOSED, alone
from .._workers import Run

FEW = 256  # elements of factors for which no question is worth its time
SMALL = 16  # matrices of at most so many rows and columns
MATRICES = 1 << 18  # multiplications for which OpenBLAS takes one thread in any case
VECTOR = 9216  # the same where one factor is a vector
WIDE = 4  # with more columns for each row than so many, columns are shared out


def outer(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """All products x[i] * y[j] of two vectors. As np.matmul of a column and a row they take 1 ns
    each, thirty times as long as it takes to write them."""
    if not _host.compiled(x.size * y.size, x, y):
        return np.multiply.outer(x, y)
    from . import _matmul

    out = np.empty((x.size, y.size), x.dtype)
    x, y = _host.read_only(x), _host.read_only(y)

    def task(run: tuple[int, int]) -> None:
        _matmul.outer(x[slice(*run)], y, out[slice(*run)])

    _threads.run(task, _threads.parts(x.size, out.size / 4))
    return out


def matmul(x: np.ndarray, y: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """np.matmul, of which each of our threads does a part where OpenBLAS would use its own threads:
    `_blas` says what is wrong with those.

    NumPy is slow at many small matrices that are not contiguous (1000 transposed ones of 4 x 4:
    48 us, contiguous 20 us), so those are copied first.
    """
    if x.size <= FEW >= y.size:
        return x @ y if out is None else np.matmul(x, y, out=out)
    if x.ndim > 2 < y.ndim and max(x.shape[-2:] + y.shape[-2:]) <= SMALL:
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
    if x.size * y.size <= VECTOR or _threads.get_num_threads() < 2:
        return np.matmul(x, y, out=out)
    matrices = x.ndim > 1 < y.ndim
    rows, columns = (x.shape[-2], y.shape[-1]) if matrices else (1, 1)
    products = max(x.size * columns, y.size * rows)
    least = MATRICES if rows > 1 < columns else VECTOR
    if products <= least or (threads := alone().threads()) < 2:
        return np.matmul(x, y, out=out)
    try:
        with alone():
            if not matrices or products < 2 * _threads.LEAST * _threads.PRODUCTS:
                return np.matmul(x, y, out=out)
            return _in_parts(x, y, out, products, min(threads, _threads.get_num_threads()))
    except BaseException:
        alone().leave()  # an interrupt may have kept `with` from it
        raise


def _in_parts(
    x: np.ndarray, y: np.ndarray, out: np.ndarray | None, products: int, threads: int
) -> np.ndarray:
    """The product of two stacks of matrices, by at most so many threads."""
    stack = np.broadcast_shapes(x.shape[:-2], y.shape[:-2]) if x.ndim > 2 or y.ndim > 2 else ()
    shape = (*stack, x.shape[-2], y.shape[-1])
    axis = _axis(shape, threads)
    runs = _threads.parts(shape[axis], products / _threads.PRODUCTS, threads)
    known = x.dtype == y.dtype and x.dtype.char in "fd" and x.dtype.isnative
    known = known and x.shape[-1] == y.shape[-2]
    if len(runs) == 1 or not known or (axis > -3 and _is_transposed(x, y)):
        return np.matmul(x, y, out=out)
    whole = np.empty(shape, x.dtype) if out is None else out
    if out is None and len(shape) == 2:
        jobs = jobs_of(x, y, whole, axis, runs)
        if jobs is not None and _threads.share(jobs):
            return whole

    def part(a: np.ndarray, run: Run, summed: int) -> np.ndarray:
        """What of an array belongs to this run: all, where the axis is summed over or stretched."""
        if axis == summed or a.ndim < -axis or a.shape[axis] == 1:
            return a
        place: tuple[Any, ...] = (..., slice(*run), *(slice(None),) * (-1 - axis))
        return a[place]

    given = {run: (part(x, run, -1), part(y, run, -2), part(whole, run, 0)) for run in runs}
    _threads.run(lambda run: np.matmul(*given[run]), runs)
    return whole


def _is_transposed(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether y is x transposed, in the same memory. BLAS computes half of such a product and
    mirrors it, as fast as two threads compute all of it, and exactly symmetric."""
    turned = y.swapaxes(-1, -2)
    if x.strides != turned.strides or x.shape != turned.shape:
        return False
    return x.ctypes.data == y.ctypes.data


def jobs_of(
    x: np.ndarray, y: np.ndarray, out: np.ndarray, axis: int, runs: list[Run]
) -> np.ndarray | None:
    """The parts as jobs of `_cblas`; None if BLAS cannot read x or y where it lies."""
    blas, x_lies, y_lies = alone().blas, _layout(x), _layout(y)
    if blas is None or not blas.gemm or x_lies is None or y_lies is None:
        return None
    (x_kind, x_step), (y_kind, y_step) = x_lies, y_lies
    (rows, terms), columns = x.shape, y.shape[1]
    first, second, result = (a.ctypes.data for a in (x, y, out))
    jobs = []
    for start, stop in runs:
        if axis == -2:
            rows, one, two = stop - start, first + start * x.strides[0], second
        else:
            columns, one, two = stop - start, first, second + start * y.strides[1]
        sizes = (rows, columns, terms)
        target = result + start * out.strides[axis]
        lie = (one, x_step, two, y_step, target, len(out[0]))
        jobs.append((*blas.gemm[x.dtype.char], x_kind, y_kind, *sizes, *lie))
    return np.array(jobs, np.int64)


def _layout(a: np.ndarray) -> tuple[int, int] | None:
    """Whether a matrix lies by rows or by columns, and elements from one of them to the next."""
    (rows, columns), (down, right), size = a.shape, a.strides, a.itemsize
    if not (a.flags.aligned and a.dtype.isnative):
        return None
    if right == size and down >= columns * size and down % size == 0:
        return PLAIN, down // size
    if down == size and right >= rows * size and right % size == 0:
        return TRANSPOSED, right // size
    return None


def _axis(shape: tuple[int, ...], threads: int) -> int:
    """The axis to cut: of the stack if one is long enough, or else rows, of which a part is dearer
    in columns: BLAS gathers more for each of them."""
    longest = max(range(-len(shape), -2), key=lambda k: shape[k], default=-1)
    if longest < -2 and shape[longest] >= 2 * threads:
        return longest
    return -2 if WIDE * shape[-2] >= shape[-1] else -1
