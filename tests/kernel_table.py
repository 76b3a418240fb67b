"""Arguments for every kernel: what all tests of kernels are run on.

A new kernel gets a twin of the same name in `autograd.kernels.reference`, and a line in TABLE with
a function that draws arguments. It takes a `Draw` and asks it for one of several values
(`d.pick`), which hypothesis or a plain generator chooses, and for arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from kernel_draw import Draw
from kernel_windows import (
    avg_pool,
    avg_pool_dx,
    blend_axis,
    conv,
    conv_dw,
    conv_dx,
    fold,
    group_max,
    group_max_dx,
    group_max_pick,
    max_pool,
    max_pool_dx,
    max_pool_pick,
    sample,
    sample_dgrid,
    sample_dx,
    unfold,
)

from autograd.kernels import reference
from autograd.kernels.reference.elements import CURVES


class Kernel(NamedTuple):
    """What there is to know about one kernel.

    arguments : (Draw) -> its arguments
    pointers : whether its loops go through pointers, which Numba's checks of bounds do not see
    shown : which part of its result is for others than the kernels beside it
    numpy : whether NumPy does it where nothing is compiled, or the kernel says that it should
    checks : whether it looks at its arguments itself, before it computes anything
    """

    arguments: Callable[[Draw], tuple]
    pointers: bool = False
    shown: Callable[[Any], Any] = lambda result: result
    numpy: bool = True
    checks: bool = False


# Rows and elements


NORMS = (  # shape, axis, shape of the weights
    ((5, 3, 19), (-1,), (19,)), ((6, 1, 5), (1, 2), (1, 5)), ((1, 33), (1,), (33,)),
    ((3, 4, 5, 6), (0, 2, 3), (4, 1, 1)), ((1, 4, 5, 2), (2, 3), (4, 1, 1)),
    ((2, 3, 1, 30), (2, 3), (3, 1, 1)), ((2, 3, 4, 15), (2, 3), (3, 4, 1)),
    ((7, 18), (0,), (18,)), ((2, 3, 1), (0, 1), (1,)),
)  # fmt: skip


def _norm(d: Draw) -> tuple:
    """x, g, w, b, axis, center, mean, scale"""
    shape, axis, parameters = d.pick(NORMS)
    center = d.pick((False, True))
    x, g, w, b = d.array(*shape), d.finite(*shape), d.finite(*parameters), d.finite(*parameters)
    _, *known = reference.affine_norm(x, w, b, axis, 1e-3, center, None)
    return x, g, w, b, axis, center, *known


def affine_norm(d: Draw) -> tuple:
    x, _, w, b, axis, center, *_ = _norm(d)
    return x, w, b, axis, 1e-3, center, None


def affine_norm_back(d: Draw) -> tuple:
    x, g, w, _, axis, center, *known = _norm(d)
    return g, x, w, axis, center, *known


def moments(d: Draw) -> tuple:
    shape, axis = d.pick((
        ((3, 4, 5, 6), (0, 2, 3)), ((5, 4, 9), (2,)), ((3, 8, 2), (1, 2)), ((7, 18), (0,)),
        ((2, 3, 5), (0, -2)), ((2, 2, 11), (0, 2)),
    ))  # fmt: skip
    return d.array(*shape), axis


STRETCHED = (  # shape, that of the smaller array
    ((2, 4, 9), (4, 1)), ((3, 4, 2, 5), (4, 1, 1)), ((5, 12), (5, 1)),
    ((7, 9), (9,)), ((3, 2, 8), (1, 1, 8)), ((3, 2, 8), (2, 8)), ((2, 3, 2500), (3, 1)),
)  # fmt: skip


def stretched(d: Draw) -> tuple:
    shape, small = d.pick(STRETCHED)
    arrays = d.array(*shape), d.finite(*small)
    name = d.pick(("add", "subtract", "multiply", "divide"))
    return name, *arrays[:: d.pick((1, -1))]


SHRUNK = (  # the same, with axes that are shorter between others
    ((2, 3, 8), ()), ((4, 700), (1, 1)), ((3, 5, 2, 9), (3, 1, 2, 9)),
    ((2, 4, 3, 41), (2, 1, 1, 41)), ((6, 3), (3,)), ((1, 5, 1, 1100), (1, 1, 1, 1100)),
    ((4, 1, 6, 3), (1, 1, 1, 3)),
)  # fmt: skip


def sum_to(d: Draw) -> tuple:
    shape, small = d.pick((*STRETCHED, *SHRUNK))
    return d.array(*shape), small


def extreme_to(d: Draw) -> tuple:
    shape, small = d.pick(SHRUNK[2:])
    return d.array(*shape, ties=True), small, d.pick((False, True))


SHARED = (  # shape, axes of which shares add up to 1
    ((41,), (0,)), ((3, 1), (1,)), ((2, 3, 17), (2,)), ((2, 3, 17), (0, 1, 2)), ((1, 64), (1,)),
    ((4, 130), (1,)), ((0, 2), (1,)), ((3, 5, 1, 81), (1,)), ((2, 3, 4, 33), (1, 2)),
    ((9, 20), (0,)), ((2, 7, 3), (1,)), ((1, 3, 129), (0, 1)), ((3, 6, 2, 1), (1, 2)),
)  # fmt: skip


def _shared(d: Draw) -> tuple:
    """x, g, axes"""
    shape, axes = d.pick(SHARED)
    return d.array(*shape), d.finite(*shape), axes


def softmax(d: Draw) -> tuple:
    x, _, axes = _shared(d)
    return x, axes, d.pick((False, True))


def softmax_dx(d: Draw) -> tuple:
    x, g, axes = _shared(d)
    log = d.pick((False, True))
    return g, *d.like(reference.softmax(x, axes, log)), axes, log


def exp_sums(d: Draw) -> tuple:
    x, _, axes = _shared(d)
    return x, axes


def cross_entropy(d: Draw) -> tuple:
    x, _, (*_, axis) = _shared(d)
    return x, d.rng.integers(0, x.shape[axis], np.delete(x.shape, axis)), axis


def cross_entropy_dx(d: Draw) -> tuple:
    x, classes, axis = cross_entropy(d)
    each = d.pick((False, True)) and classes.shape
    g = d.finite(*classes.shape) if each else d.finite(1)[0]
    return g, x, classes, axis, *d.like(reference.cross_entropy(x, classes, axis)[2])


OPTIONS = {"leaky_relu": (0.2,), "softplus": (2.0, 3.0), "elu": (0.5,)}


def curve(d: Draw) -> tuple:
    name = d.pick(tuple(CURVES))
    shape = d.pick(((41,), (3, 1, 7), (1, 64), (0, 2)))
    second = d.finite(*shape) if name.endswith("_dx") else None
    return name, d.array(*shape), second, *OPTIONS.get(name.removesuffix("_dx"), ())


def choose(d: Draw) -> tuple:
    shape = d.pick(((41,), (3, 1, 7), (1, 64), (0, 2)))
    x, y = d.array(*shape), d.pick((0, 2.5, d.array(*shape)))
    return d.rng.random(shape) < 0.5, *(x, y)[:: d.pick((1, -1))]


def keep(d: Draw) -> tuple:
    shape = d.pick(((41,), (3, 1, 7), (1, 64), (0, 2)))
    blocks = shape[: d.pick((1, len(shape)))]
    kept = d.rng.random((*blocks, *(1,) * (len(shape) - len(blocks)))) < 0.5
    return d.array(*shape), kept, 1.25


RULES = (  # name, arrays beside the parameter, numbers of the formula
    ("sgd", 0, (-0.1,)), ("momentum", 1, (0.9, 0.5, 0, -0.1)), ("momentum", 1, (0.9, 1, 1, -0.1)),
    ("adam", 2, (0.9, 0.1, 0.99, 0.01, 1.1, 1e-3, -0.1, 0)),
    ("adam", 2, (0.9, 0.1, 0.99, 0.01, 1.1, 1e-3, -0.1, -0.2)),
    ("adamax", 2, (0.9, 0.1, 0.99, 1e-3, -0.1)), ("scaled", 1, (0.9, 0.1, 1e-3, -0.1)),
)  # fmt: skip


def step(d: Draw) -> tuple:
    shape = d.pick(((37,), (3, 5), (1, 2, 1)))
    name, kept, numbers = d.pick(RULES)
    before = d.pick(((1, 0, 1), (-1, 0.01, 1), (-1, 0, 0.99)))
    # One that decays is finite: inf - rate * inf is NaN, or inf if it was added up as 0.99 * inf.
    p = d.array(*shape) if before == (1, 0, 1) else d.finite(*shape)
    arrays = p, *(abs(d.finite(*shape)) for _ in range(kept))
    return name, d.array(*shape), arrays, (*before, *numbers)


def outer(d: Draw) -> tuple:
    return d.array(d.pick((0, 1, 5, 40))), d.array(d.pick((0, 1, 17, 64)))


def matmul(d: Draw) -> tuple:
    m, k, n = (d.pick((1, 4, 17)) for _ in range(3))
    x, y = d.array(3, k, m), d.array(1, n, k)
    return x.swapaxes(1, 2)[::-1], y.swapaxes(1, 2)[..., ::-1]


def add_rows(d: Draw) -> tuple:
    count, width = d.pick((1, 5)), d.pick((1, 3, 40))
    numbers = d.rng.integers(0, count, d.pick((1, 7, 30)))
    rows = d.array(len(numbers), width)
    return np.ascontiguousarray(d.finite(count, width)), rows, numbers, d.pick((-1, 0))


# Recurrent layers


def sequence(d: Draw) -> tuple:
    kind, columns = d.pick((("tanh", 1), ("relu", 1), ("gru", 3), ("lstm", 4)))
    T, N, width, H = d.pick((1, 4)), d.pick((1, 2, 9)), d.pick((1, 3)), d.pick((1, 7, 20))
    shapes = (
        (T, N, width), (1 + (kind == "lstm"), N, H), (columns * H, width), (columns * H, H),
        (4 * H if kind == "gru" else columns * H,),
    )  # fmt: skip
    x, state, *weights = (d.finite(*s) / np.sqrt(s[-1]).astype(d.dtype) for s in shapes)
    if d.special:
        x[0, 0] = np.nan
    return kind, x, state, *weights, d.rng.integers(1, T + 1, N), d.pick((False, True))


def sequence_back(d: Draw) -> tuple:
    kind, x, state, w_ih, w_hh, b, lengths, reverse = sequence(d)
    found = d.like(*reference.sequence(kind, x, state, w_ih, w_hh, b, lengths, reverse))
    return kind, d.finite(*found[0].shape), *found, state, w_hh, lengths, reverse


def cell(d: Draw) -> tuple:
    kind, columns = d.pick((("gru", 3), ("lstm", 4)))
    N, H = d.pick((1, 2, 9)), d.pick((1, 7, 20, 32))
    mine, before = (d.array(N, columns * H) for _ in range(2))
    return kind, mine, before, d.finite(N, H)


def cell_back(d: Draw) -> tuple:
    kind, mine, before, carried = cell(d)
    out, gates = d.like(*reference.cell(kind, mine, before, carried))
    return kind, d.finite(*out.shape), out, gates, before, carried


TABLE = {
    "add_rows": Kernel(add_rows),
    "affine_norm": Kernel(affine_norm),
    "affine_norm_back": Kernel(affine_norm_back),
    "avg_pool": Kernel(avg_pool, pointers=True),
    "avg_pool_dx": Kernel(avg_pool_dx, pointers=True),
    "blend_axis": Kernel(blend_axis),
    "cell": Kernel(cell, pointers=True),
    "cell_back": Kernel(cell_back, pointers=True, numpy=False),
    "choose": Kernel(choose, checks=True),
    "conv": Kernel(conv, pointers=True),
    "conv_dw": Kernel(conv_dw, pointers=True),
    "conv_dx": Kernel(conv_dx, pointers=True),
    "cross_entropy": Kernel(cross_entropy, pointers=True, checks=True),
    "cross_entropy_dx": Kernel(cross_entropy_dx, pointers=True),
    "curve": Kernel(curve, pointers=True),
    "exp_sums": Kernel(exp_sums, pointers=True),
    "extreme_to": Kernel(extreme_to, pointers=True, checks=True),
    "fold": Kernel(fold, pointers=True),
    "group_max": Kernel(group_max),
    "group_max_dx": Kernel(group_max_dx),
    "group_max_pick": Kernel(group_max_pick),
    "keep": Kernel(keep),
    "matmul": Kernel(matmul, checks=True),
    "max_pool": Kernel(max_pool, pointers=True),
    "max_pool_dx": Kernel(max_pool_dx, pointers=True),
    "max_pool_pick": Kernel(max_pool_pick),
    "moments": Kernel(moments),
    "outer": Kernel(outer, checks=True),
    "sample": Kernel(sample),
    "sample_dgrid": Kernel(sample_dgrid),
    "sample_dx": Kernel(sample_dx),
    "sequence": Kernel(sequence, pointers=True, shown=lambda result: result[0]),
    "sequence_back": Kernel(sequence_back, pointers=True, numpy=False),
    "softmax": Kernel(softmax, pointers=True),
    "softmax_dx": Kernel(softmax_dx, pointers=True),
    "step": Kernel(step),
    "stretched": Kernel(stretched, pointers=True, checks=True),
    "sum_to": Kernel(sum_to, pointers=True),
    "unfold": Kernel(unfold),
}
