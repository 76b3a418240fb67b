"""Convolution layers against PyTorch's."""

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn import functional as F  # noqa: N812

from .modules import check, close, pair, table, torch

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
]

CONV = [
    ("Conv1d", (2, 3, 3), {}, [(2, 2, 7)]),
    ("Conv1d", (2, 3, 2, 2, 1, 2), {}, [(2, 7)]),
    ("Conv1d", (4, 6, 3, 1, "same", 1, 2, False, "circular"), {}, [(2, 4, 7)]),
    ("Conv1d", (2, 3, 3), {"padding": 2, "padding_mode": "reflect"}, [(2, 2, 7)]),
    ("Conv2d", (2, 3, 3), {}, [(2, 2, 7, 6)]),
    ("Conv2d", (2, 3, 3), {}, [(2, 7, 6)]),
    ("Conv2d", (2, 4, (3, 2), (2, 1), (1, 0)), {}, [(2, 2, 7, 6)]),
    ("Conv2d", (4, 6, 3), {"groups": 2, "dilation": 2, "bias": False}, [(1, 4, 8, 9)]),
    ("Conv2d", (2, 3, (4, 3)), {"padding": "same", "dilation": (1, 2)}, [(1, 2, 7, 6)]),
    ("Conv2d", (2, 3, 1), {"padding": "valid", "stride": 2}, [(1, 2, 7, 6)]),
    ("Conv2d", (2, 3, 3), {"padding": (2, 1), "padding_mode": "reflect"}, [(1, 2, 5, 6)]),
    ("Conv2d", (2, 3, 3), {"padding": 1, "padding_mode": "replicate"}, [(2, 5, 6)]),
    ("Conv2d", (2, 3, (4, 3)), {"padding": "same", "padding_mode": "circular"}, [(1, 2, 5, 6)]),
    ("Conv2d", (2, 3, 3, 1, "valid"), {"padding_mode": "circular"}, [(1, 2, 5, 6)]),
    ("Conv3d", (2, 3, 2), {}, [(2, 2, 3, 4, 3)]),
    ("Conv3d", (2, 4, (1, 2, 3), (1, 2, 1), (0, 1, 2), 1, 2), {}, [(1, 2, 3, 4, 3)]),
    ("Conv3d", (1, 2, 3, 1, (1, 2, 1)), {"padding_mode": "replicate"}, [(1, 1, 3, 4, 3)]),
    ("ConvTranspose1d", (2, 3, 3), {}, [(2, 2, 5)]),
    ("ConvTranspose1d", (4, 6, 3, 2, 1, 1, 2, False, 2), {}, [(4, 5)]),
    ("ConvTranspose2d", (2, 3, 3), {}, [(2, 2, 4, 3)]),
    ("ConvTranspose2d", (2, 4, (3, 2), (2, 3), (1, 0), (1, 2), 2), {}, [(2, 2, 4, 3)]),
    ("ConvTranspose2d", (2, 3, 2), {"dilation": (2, 1), "bias": False}, [(2, 4, 3)]),
    ("ConvTranspose3d", (2, 3, 2), {}, [(2, 2, 2, 3, 2)]),
    ("ConvTranspose3d", (2, 4, (1, 2, 3), 2, (0, 1, 1), 1), {"groups": 2}, [(1, 2, 2, 3, 2)]),
]
WINDOWS = [
    ("Unfold", (2,), {}, [(2, 3, 4, 5)]),
    ("Unfold", ((2, 3), 2, (1, 0), (1, 2)), {}, [(3, 6, 7)]),
    ("Fold", ((4, 5), 2), {}, [(2, 12, 12)]),
    ("Fold", ((6, 7), (2, 3), 2, (1, 0), (1, 2)), {}, [(18, 12)]),
]


@table(CONV)
def test_convolution_layers(case):
    check(case)


@table(WINDOWS)
def test_windows(case):
    check(case)


@pytest.mark.parametrize("output_size", [(7, 7), (8, 7), (2, 3, 8, 8)])
def test_a_transposed_convolution_may_be_told_the_size_of_its_result(output_size):
    ours, theirs = pair("ConvTranspose2d", (2, 3, 3, 2, 1), {})
    x = np.random.default_rng(0).normal(size=(2, 2, 4, 4))
    close(ours(x, output_size), theirs(torch.tensor(x), output_size))
    with pytest.raises(ValueError, match="requested an output size"):
        theirs(torch.tensor(x), (9, 8))
    with pytest.raises(ValueError, match=r"output_size \(9, 8\) is not between \(7, 7\) and"):
        ours(x, (9, 8))


X1, X2, X3 = (2, 4, 6), (2, 4, 6, 6), (2, 4, 3, 3, 3)
FUNCTIONS = [
    ("conv1d", X1, (6, 2, 3), (2, 1, 2, 2)),
    ("conv2d", X2, (6, 2, 3, 3), ((2, 1), 1, 2, 2)),
    ("conv3d", X3, (6, 2, 2, 2, 2), (1, "same", 1, 2)),
    ("conv_transpose1d", X1, (4, 3, 3), (2, 1, 1, 2, 1)),
    ("conv_transpose2d", X2, (4, 3, 3, 3), (2, 1, 1, 2, 2)),
    ("conv_transpose3d", X3, (4, 3, 2, 2, 2), (2, 0, 1, 2, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "w", "args"), FUNCTIONS)
def test_functions_take_the_same_positional_arguments(name, x, w, args):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in (x, w, (6,))]
    ours = getattr(F, name)(*map(Tensor, arrays), *args)
    close(ours, getattr(torch.nn.functional, name)(*map(torch.tensor, arrays), *args))


def test_functions_of_windows_take_the_same_positional_arguments():
    x = np.random.default_rng(0).normal(size=(3, 6, 7))
    args = ((2, 3), 2, (1, 0), (1, 2))
    close(F.unfold(Tensor(x), *args), torch.nn.functional.unfold(torch.tensor(x), *args))
    columns = np.asarray(nn.Unfold(*args)(x))
    size = (6, 7)
    close(
        F.fold(Tensor(columns), size, *args),
        torch.nn.functional.fold(torch.tensor(columns), size, *args),
    )


def test_filters_of_their_own_that_are_all_alike_make_a_convolution():
    ours, theirs = nn.LocallyConnected2d(2, 3, (5, 6), 3, 1, 1), torch.nn.Conv2d(2, 3, 3, 1, 1)
    tiled = nn.TiledConv2d(2, 3, 3, (2, 3), 1, 1).double()
    ours, theirs = ours.double(), theirs.double()
    w, b = theirs.weight.detach().numpy(), theirs.bias.detach().numpy()
    for layer, grid in ((ours, (5, 6)), (tiled, (2, 3))):
        layer.load_state_dict(
            {
                "weight": np.broadcast_to(w, (*grid, *w.shape)),
                "bias": np.broadcast_to(b, (*grid, 3)),
            }
        )
        x = np.random.default_rng(0).normal(size=(2, 2, 5, 6))
        close(layer(x), theirs(torch.tensor(x)))
