"""What every layer promises: copies, pickles, determinism in evaluation, dtype, paths, a picture.

One row of the table for each class; a test tells which class has none.
"""

import copy
import inspect
import pickle

import numpy as np
import pytest

import nn
from autograd import Tensor, manual_seed
from autograd.errors import DTypeError

FILES = [
    "activation", "piecewise", "linear", "padding", "conv", "conv_transpose", "conv_local", "pool",
    "pool_adaptive", "resample", "dropout", "shape", "normalisation", "layer_norm",
]  # fmt: skip

GRID = [(4, 6)]
IMAGE = [(2, 4, 6, 6)]
VOLUME = [(2, 2, 3, 2, 2)]
SERIES = [(2, 4, 6)]

# class -> arguments, shapes of the inputs
ROWS = {
    **dict.fromkeys(
        ["CELU", "ELU", "GELU", "GLU", "SELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh",
         "LeakyReLU", "LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SiLU", "Sigmoid",
         "Softplus", "Softshrink", "Softsign", "Step", "Tanh", "Tanhshrink"], ((), GRID)),
    **dict.fromkeys(["Softmax", "LogSoftmax", "Softmin"], ((1,), GRID)),
    "Threshold": ((0.1, 20.0), GRID),
    "Softmax2d": ((), IMAGE),
    "Linear": ((6, 3), GRID),
    "Maxout": ((6, 3), GRID),
    "RBF": ((6, 3), GRID),
    "Bilinear": ((6, 2, 3), [(4, 6), (4, 2)]),
    **dict.fromkeys(["Conv1d", "ConvTranspose1d"], ((4, 2, 3), SERIES)),
    **dict.fromkeys(["Conv2d", "ConvTranspose2d"], ((4, 2, 3), IMAGE)),
    **dict.fromkeys(["Conv3d", "ConvTranspose3d"], ((2, 4, 2), VOLUME)),
    "LocallyConnected2d": ((4, 2, 6, 3), IMAGE),
    "TiledConv2d": ((4, 2, 3), IMAGE),
    "Unfold": ((2,), IMAGE),
    "Fold": (((3, 4), 2), GRID),
    **dict.fromkeys(["MaxPool1d", "AvgPool1d", "AdaptiveAvgPool1d", "AdaptiveMaxPool1d"],
                    ((2,), SERIES)),
    **dict.fromkeys(["MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d"],
                    ((2,), IMAGE)),
    **dict.fromkeys(["MaxPool3d", "AvgPool3d", "AdaptiveAvgPool3d", "AdaptiveMaxPool3d"],
                    ((2,), VOLUME)),
    "LPPool1d": ((2, 2), SERIES),
    "LPPool2d": ((2, 2), IMAGE),
    "LPPool3d": ((2, 2), VOLUME),
    "GlobalAvgPool": ((), IMAGE),
    "StochasticPool2d": ((2,), IMAGE),
    "Upsample": ((None, 2), IMAGE),
    **dict.fromkeys(["PixelShuffle", "PixelUnshuffle", "ChannelShuffle"], ((2,), IMAGE)),
    "MaxUnpool1d": ((2,), SERIES),
    "MaxUnpool2d": ((2,), IMAGE),
    "MaxUnpool3d": ((2,), VOLUME),
    **dict.fromkeys(["Dropout", "AlphaDropout", "GaussianNoise"], ((0.5,), GRID)),
    "Dropout1d": ((0.5,), [(2, 4, 6)]),
    "Dropout2d": ((0.5,), IMAGE),
    "Dropout3d": ((0.5,), VOLUME),
    "DropConnect": ((6, 3), GRID),
    **dict.fromkeys(["ZeroPad1d", "ReflectionPad1d", "ReplicationPad1d", "CircularPad1d"],
                    ((1,), [(2, 4, 6)])),
    **dict.fromkeys(["ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"],
                    (((1, 2, 0, 1),), IMAGE)),
    **dict.fromkeys(["ZeroPad3d", "ReflectionPad3d", "ReplicationPad3d", "CircularPad3d"],
                    ((1,), VOLUME)),
    **dict.fromkeys(["ConstantPad1d", "ConstantPad2d", "ConstantPad3d"], ((1, 0.5), VOLUME)),
    **dict.fromkeys(["BatchNorm1d"], ((6,), GRID)),
    **dict.fromkeys(["BatchNorm2d", "InstanceNorm2d"], ((4,), IMAGE)),
    **dict.fromkeys(["BatchNorm3d", "InstanceNorm3d"], ((2, 1e-5, None), VOLUME)),
    "InstanceNorm1d": ((4, 1e-5, 0.1, True, True), [(2, 4, 6)]),
    "LayerNorm": ((6,), GRID),
    "RMSNorm": ((6,), GRID),
    "GroupNorm": ((2, 4), IMAGE),
    "LocalResponseNorm": ((2,), IMAGE),
    "Flatten": ((), IMAGE),
    "Unflatten": ((1, (2, 3)), GRID),
}  # fmt: skip

every_layer = pytest.mark.parametrize("name", ROWS)


def make(name):
    """The layer, and inputs for it."""
    args, shapes = ROWS[name]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s).astype("f4") for s in shapes]
    if name == "StochasticPool2d":
        arrays = [abs(a) for a in arrays]
    if name.startswith("MaxUnpool"):
        arrays = getattr(nn, name.replace("Unp", "P"))(2, return_indices=True)(*arrays)
    return getattr(nn, name)(*args), [Tensor(a) for a in arrays]


def values(tensor):
    return np.asarray(tensor).copy()


def test_every_layer_has_a_row():
    owners = {f"nn.{file}" for file in FILES}
    classes = [c for n in nn.__all__ if inspect.isclass(c := getattr(nn, n))]
    found = {c.__name__ for c in classes if c.__module__ in owners and not c.lazy}
    assert found == set(ROWS)


@every_layer
def test_copies_and_pickles_compute_the_same_and_share_nothing(name):
    layer, inputs = make(name)
    layer(*inputs)
    expected = values(layer.eval()(*inputs))
    for clone in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert type(clone) is type(layer)
        assert repr(clone) == repr(layer)
        assert not clone.training
        assert np.array_equal(values(clone(*inputs)), expected)
        assert [n for n, _ in clone.named_parameters()] == [n for n, _ in layer.named_parameters()]
        for a, b in zip(clone.state_dict().values(), layer.state_dict().values(), strict=True):
            assert np.array_equal(a, b)
        for p in clone.parameters():
            p.data[...] = 7
    assert np.array_equal(values(layer(*inputs)), expected)


@every_layer
def test_evaluation_is_deterministic_and_changes_no_state(name):
    layer, inputs = make(name)
    layer.eval()
    before = layer.state_dict()
    first = values(layer(*inputs))
    assert np.array_equal(values(layer(*inputs)), first)
    for key, value in layer.state_dict().items():
        assert np.array_equal(value, before[key])


@every_layer
def test_training_repeats_with_the_seed(name):
    outputs = []
    for _ in range(2):
        manual_seed(3)
        layer, inputs = make(name)
        outputs.append(values(layer(*inputs)))
    assert np.array_equal(*outputs)


@every_layer
def test_float32_stays_and_everything_gets_a_gradient(name):
    layer, inputs = make(name)
    learnt = [x.requires_grad_() for x in inputs if x.dtype == np.float32]
    out = layer(*inputs)
    assert out.dtype == np.float32
    out.sum().backward()
    for t in [*learnt, *layer.parameters()]:
        assert t.grad.shape == t.shape
        assert t.grad.dtype == np.float32


@every_layer
def test_tensors_arrays_and_lists_give_the_same(name):
    layer, inputs = make(name)
    layer.eval()
    expected = values(layer(*inputs))
    assert np.array_equal(values(layer(*map(values, inputs))), expected)
    assert np.allclose(values(layer(*[x.tolist() for x in inputs])), expected, atol=1e-6)


@every_layer
def test_nodes_are_in_the_layers_scope(name):
    layer, inputs = make(name)
    inputs[0].requires_grad_()
    model = nn.Module()
    model.parts = {"it": layer}
    model.forward = lambda *x: model.parts["it"](*x)
    out = model(*inputs)
    assert out.node.scope.path == "parts.it"
    assert out.node.scope.kind == name


@every_layer
def test_modes_reach_a_layer_inside_others(name):
    layer, _ = make(name)
    model = nn.Sequential(nn.ModuleDict({"it": layer}))
    assert not model.eval()[0]["it"].training
    assert model.train()[0]["it"].training


@every_layer
def test_a_wrong_thing_in_a_layers_place_is_refused(name):
    model = nn.Module()
    model.layer, inputs = make(name)
    with pytest.raises(DTypeError, match=r"Module\.layer is a module: it takes a Module or None"):
        model.layer = model.layer(*inputs)
