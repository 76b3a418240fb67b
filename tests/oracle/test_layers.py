"""Linear layers, dropout, padding and rearranging layers against PyTorch's."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812

from .modules import check, close, compare, same_state, table, torch

pytestmark = pytest.mark.oracle

LAYERS = [
    ("Linear", (3, 4), {}, [(5, 3)]),
    ("Linear", (3, 4, False), {}, [(2, 5, 3)]),
    ("Linear", (3, 4), {}, [(3,)]),
    ("Bilinear", (2, 3, 4), {}, [(5, 2), (5, 3)]),
    ("Bilinear", (2, 3, 1, False), {}, [(2, 5, 2), (2, 5, 3)]),
    ("Flatten", (), {}, [(2, 3, 4)]),
    ("Flatten", (0, 1), {}, [(2, 3, 4)]),
    ("Unflatten", (1, (2, 3)), {}, [(4, 6)]),
    ("Identity", (), {}, [(2, 3)]),
    ("ConstantPad1d", (2, 3.5), {}, [(2, 3, 4)]),
    ("ConstantPad1d", ((1, 0), -1.0), {}, [(4,)]),
    ("ConstantPad2d", ((1, 2, -1, 3), 0.5), {}, [(2, 1, 4, 3)]),
    ("ConstantPad3d", ((1, 2, 0, 3, 1, 1), 0.5), {}, [(1, 2, 2, 3, 4)]),
    ("ZeroPad1d", (2,), {}, [(2, 3, 4)]),
    ("ZeroPad2d", ((1, 2, -1, 3),), {}, [(2, 1, 4, 3)]),
    ("ZeroPad3d", (1,), {}, [(2, 2, 3, 4)]),
    ("ReflectionPad1d", ((3, 1),), {}, [(2, 3, 4)]),
    ("ReflectionPad1d", (2,), {}, [(3, 4)]),
    ("ReflectionPad2d", ((1, 2, 3, 0),), {}, [(2, 1, 4, 3)]),
    ("ReflectionPad2d", (1,), {}, [(2, 4, 3)]),
    ("ReflectionPad3d", ((1, 2, 0, 2, 1, 0),), {}, [(1, 2, 2, 3, 4)]),
    ("ReplicationPad1d", ((3, 5),), {}, [(2, 3, 4)]),
    ("ReplicationPad2d", ((1, 2, 5, 0),), {}, [(2, 1, 4, 3)]),
    ("ReplicationPad2d", (2,), {}, [(2, 4, 3)]),
    ("ReplicationPad3d", ((1, 2, 0, 2, 1, 0),), {}, [(1, 2, 2, 3, 4)]),
    ("CircularPad1d", ((3, 1),), {}, [(2, 3, 4)]),
    ("CircularPad2d", ((1, 2, 3, 0),), {}, [(2, 1, 4, 3)]),
    ("CircularPad3d", ((1, 2, 0, 2, 1, 0),), {}, [(2, 2, 3, 4)]),
]
QUIET = [
    ("Dropout", (0.3,), {}, [(4, 5)]),
    ("Dropout1d", (0.3,), {}, [(2, 3, 4)]),
    ("Dropout1d", (), {}, [(3, 4)]),
    ("Dropout2d", (0.3, True), {}, [(2, 3, 4, 2)]),
    ("Dropout3d", (0.3,), {}, [(2, 3, 4, 2, 1)]),
    ("Dropout3d", (), {}, [(3, 4, 2, 1)]),
    ("AlphaDropout", (0.3,), {}, [(4, 5)]),
]


@table(LAYERS)
def test_layers(case):
    check(case)


@table(QUIET)
def test_dropout_in_evaluation(case):
    check(case, modes=[False])


@table([(name, (0.0,), options, shapes) for name, _, options, shapes in QUIET])
def test_dropout_of_nothing(case):
    check(case)


@table(QUIET)
def test_dropout_drops_blocks_of_the_same_shape_by_the_same_numbers(case):
    name, args, _, (shape,) = case
    shape = tuple(40 if n in (2, 3, 4) and k < 2 else n for k, n in enumerate(shape))
    found = []
    for layer, x in (
        (getattr(nn, name)(*args, rng=0), np.ones(shape)),
        (getattr(torch.nn, name)(*args), torch.ones(shape, dtype=torch.float64)),
    ):
        y = np.asarray(layer(x))
        found.append((sorted(set(y.ravel().round(9))), y.std(axis=-1).max() > 0))
    assert found[0] == found[1]


PADS = [
    ((1, 2), "constant", 2.5), ((1, -1, 2, 0), "constant", None), ((1, 1, 1, 1), "reflect"),
    ((2, 1, 3, 0), "replicate"), ((1, 2, 3, 0), "circular"), ((0, 0, 1, 0, 0, 2), "constant", 1.0),
]  # fmt: skip


@pytest.mark.parametrize("args", PADS)
def test_pad(args):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    close(F.pad(Tensor(x), *args), torch.nn.functional.pad(torch.tensor(x), *args))


FUNCTIONS = [
    ("dropout", (0.5, False, True)), ("dropout1d", (0.5, False, True)),
    ("dropout2d", (0.5, False, True)), ("dropout3d", (0.5, False, True)),
    ("alpha_dropout", (0.5, False, True)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), FUNCTIONS)
def test_functions_take_the_same_positional_arguments(name, args):
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)[: 3 if name == "dropout1d" else 4])
    close(getattr(F, name)(Tensor(x), *args), getattr(torch.nn.functional, name)(
        torch.tensor(x), *args))  # fmt: skip


# Lazy layers: class, its arguments, the input

LAZY = [
    ("LazyLinear", (4,), (5, 3)),
    ("LazyLinear", (4, False), (2, 5, 3)),
    ("LazyBatchNorm1d", (), (5, 2, 3)),
    ("LazyBatchNorm1d", (1e-3, None, False), (5, 2)),
    ("LazyBatchNorm2d", (1e-3, 0.1, True, False), (5, 2, 3, 3)),
    ("LazyBatchNorm3d", (), (2, 2, 3, 3, 1)),
    ("LazyInstanceNorm1d", (), (5, 2, 3)),
    ("LazyInstanceNorm2d", (1e-3, 0.1, True, False), (4, 2, 3, 3)),
    ("LazyInstanceNorm3d", (1e-3, 0.1, False, True), (2, 2, 3, 3, 1)),
    ("LazyConv1d", (4, 3, 1, 1, 1, 2), (5, 2, 6)),
    ("LazyConv2d", (4, 3), (2, 6, 6)),
    ("LazyConv3d", (4, 2, 1, 1, 1, 1, False, "circular"), (5, 2, 3, 3, 3)),
    ("LazyConvTranspose1d", (4, 3, 2, 1, 1, 2), (5, 2, 6)),
    ("LazyConvTranspose2d", (4, 3), (2, 6, 6)),
    ("LazyConvTranspose3d", (4, 2, 1, 0, 0, 1, False), (5, 2, 3, 3, 3)),
]


def lazy_pair(name, args):
    ours, theirs = getattr(nn, name)(*args).double(), getattr(torch.nn, name)(*args).double()
    assert repr(ours) == repr(theirs)
    return ours, theirs


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
@pytest.mark.parametrize(("name", "args", "shape"), LAZY)
def test_lazy_layers_become_ordinary_ones_at_the_first_call(name, args, shape):
    ours, theirs = lazy_pair(name, args)
    x = np.random.default_rng(0).normal(size=shape)
    assert ours(x).shape == tuple(theirs(torch.tensor(x)).shape)
    assert (type(ours).__name__, repr(ours)) == (type(theirs).__name__, repr(theirs))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    compare(ours, theirs, x)


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature:UserWarning")
@pytest.mark.parametrize(("name", "args", "shape"), LAZY)
def test_a_state_settles_the_sizes_of_lazy_layers(name, args, shape):
    ours, theirs = lazy_pair(name, args)
    x = np.random.default_rng(0).normal(size=shape)
    made = getattr(torch.nn, name)(*args).double()
    made(torch.tensor(x))
    ours.load_state_dict({k: v.numpy() for k, v in made.state_dict().items()})
    theirs.load_state_dict(made.state_dict())
    same_state(ours, theirs)
    compare(ours, made, x)  # PyTorch's own instance norms do not work after that
