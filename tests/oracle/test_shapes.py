"""Shapes, joining, splitting, padding and diagonals, next to PyTorch's."""

import numpy as np
import pytest

from autograd.samples import Sample

from .comparing import Row, table, torch
from .inputs import RNG, normal

pytestmark = pytest.mark.oracle

F = torch.nn.functional
X = normal(2, 3, 4)
EMPTY = np.ones((0, 3))


def positional(f, *names):
    """A function of PyTorch that takes these options by position."""

    def call(*args, **options):
        return f(*args, *(options.pop(n) for n in names if n in options), **options)

    return call


def permuted(x, axes=None):
    return x.permute(*(axes or reversed(range(x.ndim))))


def all_axes(x, dim=None):
    """`flip` of the axes that are named, or of all."""
    dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    return torch.flip(x, tuple(dims))


SHAPE = [
    Row("reshape", torch.reshape, [
        Sample(X, shape=s) for s in ((6, 4), (-1,), (2, 1, -1), (24,), (4, 3, 2))
    ]),
    Row("reshape", torch.reshape, [Sample(EMPTY, shape=(3, 0)), Sample(normal(), shape=(1, 1))]),
    Row("transpose", permuted, [Sample(X), Sample(X, axes=(2, 0, 1)), Sample(X, axes=(-1, 0, 1))]),
    Row("transpose", permuted, [Sample(EMPTY)]),
    Row("swapaxes", torch.swapaxes, [Sample(X, 0, 2), Sample(X, -1, 1), Sample(EMPTY, 0, 1)]),
    Row("moveaxis", torch.moveaxis, [
        Sample(X, 0, 2), Sample(X, -1, 0), Sample(X, (0, 1), (-1, 0)), Sample(X, (), ()),
    ]),
    Row("expand_dims", torch.unsqueeze, [Sample(X, axis=a) for a in (0, 1, 3, -1, -4)]),
    Row("squeeze", torch.squeeze, [
        Sample(normal(1, 3, 1)), *(Sample(normal(1, 3, 1), axis=a) for a in (0, -1, (0, 2))),
    ]),
    Row("ravel", torch.ravel, [Sample(X), Sample(normal()), Sample(EMPTY)]),
    Row("flatten", torch.flatten, [
        Sample(X), Sample(X, 1), Sample(X, 0, 1), Sample(X, -2, -1), Sample(normal()),
        Sample(EMPTY),
    ]),
    Row("unflatten", torch.unflatten, [
        Sample(X, 2, (2, 2)), Sample(X, -2, (3, -1)), Sample(normal(4), 0, (2, 2)),
    ]),
    *(
        Row(f"atleast_{n}d", getattr(torch, f"atleast_{n}d"), [
            Sample(normal()), Sample(normal(3)), Sample(normal(2, 3)), Sample(X),
        ])
        for n in (1, 2, 3)
    ),
    Row("broadcast_to", positional(torch.broadcast_to, "shape"), [
        Sample(normal(3), shape=(2, 3)), Sample(normal(2, 1), shape=(4, 2, 3)),
        Sample(normal(), shape=(2, 0)), Sample(normal(1, 3), shape=(0, 3)),
    ]),
    Row("broadcast_arrays", torch.broadcast_tensors, [
        Sample(normal(3), normal(2, 1)), Sample(normal(), normal(2), normal(2, 1)),
    ]),
    Row("astype", lambda x, dtype: x.to(getattr(torch, dtype)), [
        Sample(X, "float64"), Sample(np.array([-1.7, 2.7, 0.0]), "int64", orders=0),
        Sample(np.array([-1.7, 0.0]), "bool", orders=0), Sample(np.array([1, 0]), "float64"),
    ]),
]  # fmt: skip

REARRANGE = [
    Row("flip", all_axes, [Sample(X, axis=a) for a in (None, 0, -1, (0, 2))]),
    Row("roll", positional(torch.roll, "shift", "dim"), [
        Sample(X, shift=2), Sample(X, shift=-1, axis=1), Sample(X, shift=(1, -2), axis=(0, 2)),
        Sample(X, shift=7, axis=-1), Sample(EMPTY, shift=1, axis=0),
    ]),
    Row("roll", positional(torch.roll, "shift", "dim"), [
        Sample(X, shift=(1, 1), axis=(0, 0), label="one axis twice"),
    ]),
    Row("rot90", lambda x, k=1, axes=(0, 1): torch.rot90(x, k, axes), [
        Sample(X, k=k, axes=a) for k in (1, 2, -1, 5, 0) for a in ((0, 1), (2, 0))
    ]),
    Row("sliding_window_view", lambda x, window_shape, dim: x.unfold(dim, window_shape, 1), [
        Sample(X, window_shape=w, axis=a) for w, a in ((2, 2), (1, 0), (3, 1), (2, -2))
    ]),
    Row("meshgrid", torch.meshgrid, [
        Sample(normal(2), normal(3), indexing=i) for i in ("xy", "ij")
    ]),
    Row("meshgrid", torch.meshgrid, [Sample(normal(2), normal(3), normal(4), indexing="ij")]),
]  # fmt: skip

PARTS = [normal(2, 3), normal(1, 3), normal(2, 3)]
SAME = [normal(2, 3), normal(2, 3), np.ones((2, 3))]


def split_at(x, where, axis=0):
    return torch.tensor_split(x, where, dim=axis)


JOIN = [
    Row("concat", torch.concat, [Sample(PARTS), Sample(SAME, -1), Sample([EMPTY, *PARTS], 0)]),
    Row("concat", torch.concat, [Sample([np.array([1, 2]), np.array([3])])]),
    Row("stack", torch.stack, [Sample(SAME, a) for a in (0, 1, 2, -1, -3)]),
    *(
        Row(name, getattr(torch, name), [
            Sample(SAME), Sample([normal(3), normal(3)]), Sample([normal(), normal()]),
            Sample([normal(2, 3, 2), normal(2, 3, 2)]),
        ])
        for name in ("hstack", "vstack", "dstack")
    ),
    Row("column_stack", torch.column_stack, [
        Sample(SAME), Sample([normal(2), normal(2, 3)]), Sample([normal(3), normal(3)]),
    ]),
    Row("block_diag", torch.block_diag, [
        Sample(normal(2, 3), normal(1, 1)), Sample(normal(2), normal(2, 1), normal()),
        Sample(np.ones((0, 2)), normal(1, 1)),
    ]),
    Row("array_split", split_at, [Sample(normal(7, 2), 3), Sample(X, (1, 2), 2), Sample(X, 5, -1)]),
    Row("split", split_at, [Sample(normal(6, 2), 3), Sample(X, [1, 3], -1), Sample(X, (0, 9), 1)]),
    Row("chunk", torch.chunk, [Sample(normal(7), 3), Sample(X, 2, -1), Sample(normal(5), 4)]),
    Row("unstack", torch.unbind, [Sample(X), Sample(X, 1), Sample(X, -1)]),
]  # fmt: skip


def padded(x, pad_width, mode="constant", constant_values=0):
    """`pad` of PyTorch, which wants the last axis first and all in one tuple."""
    modes = {"edge": "replicate", "wrap": "circular"}
    width = [n for pair in reversed(pad_width) for n in pair]
    if mode == "constant":
        return F.pad(x, width, value=constant_values)
    return F.pad(x, width[: 2 * (x.ndim - 2)], modes.get(mode, mode))


BESIDES = ((0, 0), (0, 0))
EXTEND = [
    Row("pad", padded, [
        Sample(X, ((0, 0), (1, 2), (3, 0))), Sample(X, ((0, 0), (-1, 2), (0, -3))),
        Sample(X, ((1, 0), (0, 0), (0, 1)), constant_values=2.5),
    ]),
    Row("pad", padded, [
        Sample(normal(2, 3, 5), (*BESIDES, (2, 3)), m) for m in ("reflect", "edge", "wrap")
    ]),
    Row("pad", padded, [
        Sample(normal(1, 2, 4, 5), (*BESIDES, (1, 0), (2, 3)), m)
        for m in ("reflect", "edge", "wrap")
    ]),
    Row("repeat", torch.repeat_interleave, [
        Sample(X, 2), Sample(X, 3, axis=1), Sample(X, np.array([1, 0, 2]), axis=-2), Sample(X, 0),
    ]),
    Row("tile", torch.tile, [
        Sample(X, (2,)), Sample(X, (2, 1, 3)), Sample(normal(3), (2, 2)), Sample(X, (0, 1, 1)),
    ]),
]  # fmt: skip

DIAGONAL = [
    *(
        Row(name, lambda x, k=0, f=theirs: f(x, k), [
            Sample(a, k=k) for a in (normal(3, 4), normal(2, 4, 3)) for k in (0, 1, -2, 9)
        ])
        for name, theirs in {"tril": torch.tril, "triu": torch.triu}.items()
    ),
    Row("diagonal", lambda x, offset, axis1, axis2: torch.diagonal(x, offset, axis1, axis2), [
        Sample(X, offset=o, axis1=a, axis2=b)
        for o in (0, 1, -1) for a, b in ((0, 1), (2, 0), (-1, 1))
    ]),
    Row("diag_embed", torch.diag_embed, [
        Sample(normal(2, 3), *more) for more in ((), (1,), (-2,), (0, 0, 2), (1, 0, 1))
    ]),
    Row("diag", torch.diag, [
        Sample(normal(*s), k) for s in ((3,), (3, 4)) for k in (0, 1, -2)
    ]),
    Row("trace", torch.trace, [
        Sample(normal(4, 4)), Sample(normal(2, 3)), Sample(np.arange(4).reshape(2, 2)),
    ]),
]  # fmt: skip


@table([*SHAPE, *REARRANGE, *JOIN, *EXTEND, *DIAGONAL])
def test_where_elements_go(row, sample):
    row.check(sample)


def test_layouts_do_not_matter():
    """Transposed, reversed and broadcast inputs give what contiguous ones do."""
    x = RNG.normal(size=(4, 3, 2))
    for view in (x.T, x[::2], np.broadcast_to(x[:1], x.shape), np.asfortranarray(x)):
        Row("reshape", torch.reshape, []).check(Sample(view, shape=(-1,)))
        Row("swapaxes", torch.swapaxes, []).check(Sample(view, 0, 1))
