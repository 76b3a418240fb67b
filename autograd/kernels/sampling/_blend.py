"""Sparse linear maps along one axis."""

from __future__ import annotations

from .._jit import jit
from .._simd import pointer
from .._simd_rows import mix

ONE, FOUR = (0,), (0, 0, 0, 0)  # vectors of a tile, told by a length


@jit
def along_rows(x, columns, weights, out):
    """out[r, i] = the sum over k of weights[k, i] * x[r, columns[k, i]].

    What has the weight 0 does not count, not even inf or NaN.
    """
    zero = x.dtype.type(0)
    for r in range(len(x)):
        row, target = x[r], out[r]
        own, w = columns[0], weights[0]
        for i in range(len(target)):
            target[i] = w[i] * row[own[i]] if w[i] != zero else zero
        for k in range(1, len(columns)):
            own, w = columns[k], weights[k]
            for i in range(len(target)):
                target[i] += w[i] * row[own[i]] if w[i] != zero else zero


@jit
def across_rows(lanes, x, starts, offset, weight, stacks, sizes, out):
    """For each stack the same along its first axis: x (stacks, n, size), out (stacks, m, size).

    Row i of a stack is the sum over k from starts[i] to starts[i + 1] of weight[k] times the row
    that begins at offset[k].
    """
    n, m, size = sizes
    L = len(lanes)
    for s in range(stacks[0], stacks[1]):
        for i in range(m):
            first, to = starts[i], (s * m + i) * size
            own, w, count = pointer(offset, first), pointer(weight, first), starts[i + 1] - first
            if size <= L:
                mix(ONE, lanes, pointer(x, s * n * size), own, w, count, pointer(out, to), size)
                continue
            for j in range(0, size, 4 * L):
                source, target = pointer(x, s * n * size + j), pointer(out, to + j)
                mix(FOUR, lanes, source, own, w, count, target, size - j)
