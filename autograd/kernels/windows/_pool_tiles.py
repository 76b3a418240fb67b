"""Pooling of images, compiled: for each output, the window's elements one after the other.

The window's size and the step from column to column travel in the lengths of tuples: so the
compiler unrolls the loops over a window, and puts neighbouring outputs into lanes. Images are
(count, H, W), ties (KH, KW, count, OH, OW), all of them flat.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from .._simd import get, pointer, put
from ._pool_simd import largest as largest_of
from ._pool_simd import shares


@jit
def inner(size, kernel, step, before, dilation, out):
    """The outputs along one axis whose windows lie inside the image altogether: first, last + 1."""
    first = (before + step - 1) // step
    last = (size - 1 - (kernel - 1) * dilation + before) // step + 1
    first = min(first, out)
    return first, max(first, min(last, out))


@jit
def max_of_one(rows, columns, x, largest, ties, base, image, here, plane, y, z, dilation):
    """One window, which may hang over the edge."""
    KW = len(columns)
    best = x.dtype.type(-np.inf)
    for u in range(len(rows)):
        for v in range(KW):
            r, c = y + u * dilation[0], z + v * dilation[1]
            if 0 <= r < image[0] and 0 <= c < image[1]:
                value = get(x, base + r * image[1] + c)
                best = value if (value > best) | (value != value) else best
    put(largest, here, best)
    for u in range(len(rows)):
        for v in range(KW):
            r, c = y + u * dilation[0], z + v * dilation[1]
            tie = False
            if 0 <= r < image[0] and 0 <= c < image[1]:
                value = get(x, base + r * image[1] + c)
                tie = (value == best) | (value != value)
            put(ties, (u * KW + v) * plane + here, np.uint8(tie))


@jit
def max_pool(
    rows, columns, step, lanes, x, largest, ties, images, image, out, stride, padding, dilation
):
    """The largest element of each window; and for each of its elements, whether it is as large."""
    KH, KW, S, L = len(rows), len(columns), len(step), len(lanes)
    H, W = image
    OH, OW = out
    plane = largest.size
    top, bottom = inner(H, KH, stride, padding[0], dilation[0], OH)
    left, right = inner(W, KW, S, padding[1], dilation[1], OW)
    for n in range(images[0], images[1]):
        for i in range(OH):
            y = i * stride - padding[0]
            here = (n * OH + i) * OW
            first, last = 0, 0
            if S <= 2 and top <= i < bottom:
                first, last = left, right
                at = (n * H + y) * W - padding[1]
                for j in range(left, right, L):
                    to, marks = pointer(largest, here + j), pointer(ties, here + j)
                    start, count = pointer(x, at + j * S), right - j
                    largest_of(
                        rows, columns, step, lanes, start, dilation[0] * W, dilation[1], count, to,
                        marks, plane,
                    )  # fmt: skip
            for begin, end in ((0, first), (last, OW)):
                for j in range(begin, end):
                    max_of_one(
                        rows, columns, x, largest, ties, n * H * W, (H, W), here + j, plane,
                        y, j * S - padding[1], dilation,
                    )  # fmt: skip


@jit
def share_of(rows, columns, g, ties, plane, here):
    """What each tie of a window gets."""
    count = 0
    for k in range(len(rows) * len(columns)):
        count += get(ties, k * plane + here)
    return get(g, here) / g.dtype.type(max(count, 1))


@jit
def max_pool_dx(
    rows, columns, step, lanes, g, ties, dx, images, image, out, stride, padding, dilation, tiled
):
    """Each g goes in equal parts to the ties of its window, in a dx of zeros.

    `tiled`: windows of one or two columns that lie side by side and do not overlap.
    """
    KH, KW, S, L = len(rows), len(columns), len(step), len(lanes)
    H, W = image
    OH, OW = out
    plane = g.size
    top, bottom = inner(H, KH, stride, padding[0], dilation[0], OH)
    left, right = inner(W, KW, S, padding[1], dilation[1], OW)
    for n in range(images[0], images[1]):
        for i in range(OH):
            here = (n * OH + i) * OW
            at = (n * H + i * stride - padding[0]) * W - padding[1]
            first, last = 0, 0
            if tiled and top <= i < bottom:
                first, last = left, right
                for j in range(left, right, L):
                    marks, to = pointer(ties, here + j), pointer(dx, at + j * S)
                    count = right - j
                    pitch = dilation[0] * W
                    shares(
                        rows, columns, lanes, pointer(g, here + j), marks, plane, count, to, pitch
                    )
            for begin, end in ((0, first), (last, OW)):
                for j in range(begin, end):
                    share = share_of(rows, columns, g, ties, plane, here + j)
                    for u in range(KH):
                        for v in range(KW):
                            if get(ties, (u * KW + v) * plane + here + j):
                                to = at + (u * dilation[0]) * W + j * S + v * dilation[1]
                                put(dx, to, get(dx, to) + share)


@jit
def avg_pool(rows, columns, step, x, weight, means, images, image, out, stride, padding):
    """The sum of each window times its weight (OH, OW)."""
    KH, KW, S = len(rows), len(columns), len(step)
    H, W = image
    OH, OW = out
    top, bottom = inner(H, KH, stride, padding[0], 1, OH)
    left, right = inner(W, KW, S, padding[1], 1, OW)
    zero = x.dtype.type(0)
    for n in range(images[0], images[1]):
        for i in range(OH):
            y = i * stride - padding[0]
            here = (n * OH + i) * OW
            at = (n * H + y) * W - padding[1]
            first, last = (left, right) if top <= i < bottom else (0, 0)
            for j in range(first, last):
                total = zero
                for u in range(KH):
                    for v in range(KW):
                        total += get(x, at + u * W + j * S + v)
                put(means, here + j, total * get(weight, i * OW + j))
            for begin, end in ((0, first), (last, OW)):
                for j in range(begin, end):
                    z = j * S - padding[1]
                    total = zero
                    for u in range(max(0, -y), min(KH, H - y)):
                        for v in range(max(0, -z), min(KW, W - z)):
                            total += get(x, at + u * W + j * S + v)
                    put(means, here + j, total * get(weight, i * OW + j))


@jit
def avg_pool_dx(rows, columns, step, g, weight, dx, images, image, out, stride, padding, alone):
    """Each g times its weight is added to every element of its window, in a dx of zeros."""
    KH, KW, S = len(rows), len(columns), len(step)
    H, W = image
    OH, OW = out
    top, bottom = inner(H, KH, stride, padding[0], 1, OH)
    left, right = inner(W, KW, S, padding[1], 1, OW)
    for n in range(images[0], images[1]):
        for i in range(OH):
            y = i * stride - padding[0]
            here = (n * OH + i) * OW
            at = (n * H + y) * W - padding[1]
            first, last = 0, 0
            if alone and top <= i < bottom:
                first, last = left, right
                for j in range(first, last):
                    share = get(g, here + j) * get(weight, i * OW + j)
                    for u in range(KH):
                        for v in range(KW):
                            put(dx, at + u * W + j * S + v, share)
            for begin, end in ((0, first), (last, OW)):
                for j in range(begin, end):
                    z = j * S - padding[1]
                    share = get(g, here + j) * get(weight, i * OW + j)
                    for u in range(max(0, -y), min(KH, H - y)):
                        for v in range(max(0, -z), min(KW, W - z)):
                            to = at + u * W + j * S + v
                            put(dx, to, get(dx, to) + share)
