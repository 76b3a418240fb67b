"""Lazy layers: made by the first input or by a state, and ordinary from then on."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import nn
from autograd.errors import ShapeError

# class -> its arguments, an input, the ordinary layer
LAZY = {
    "LazyLinear": ((2,), (5, 3), lambda: nn.Linear(3, 2, rng=0)),
    "LazyBatchNorm1d": ((), (5, 3, 2), lambda: nn.BatchNorm1d(3)),
    "LazyBatchNorm2d": ((), (5, 3, 2, 2), lambda: nn.BatchNorm2d(3)),
    "LazyBatchNorm3d": ((), (5, 3, 2, 2, 2), lambda: nn.BatchNorm3d(3)),
    "LazyInstanceNorm1d": ((), (3, 4), lambda: nn.InstanceNorm1d(3, 1e-5, 0.1, True, True)),
    "LazyInstanceNorm2d": ((), (5, 3, 2, 2), lambda: nn.InstanceNorm2d(3, 1e-5, 0.1, True, True)),
    "LazyInstanceNorm3d": ((), (3, 2, 2, 2), lambda: nn.InstanceNorm3d(3, 1e-5, 0.1, True, True)),
    "LazyConv1d": ((2, 3), (5, 3, 6), lambda: nn.Conv1d(3, 2, 3, rng=0)),
    "LazyConv2d": ((2, 3), (3, 6, 6), lambda: nn.Conv2d(3, 2, 3, rng=0)),
    "LazyConv3d": ((2, 2), (5, 3, 3, 3, 3), lambda: nn.Conv3d(3, 2, 2, rng=0)),
    "LazyConvTranspose1d": ((2, 3), (5, 3, 6), lambda: nn.ConvTranspose1d(3, 2, 3, rng=0)),
    "LazyConvTranspose2d": ((2, 3), (3, 6, 6), lambda: nn.ConvTranspose2d(3, 2, 3, rng=0)),
    "LazyConvTranspose3d": ((2, 2), (5, 3, 3, 3, 3), lambda: nn.ConvTranspose3d(3, 2, 2, rng=0)),
}

every_lazy = pytest.mark.parametrize("name", LAZY)


def make(name, **options):
    args, shape, ordinary = LAZY[name]
    x = np.random.default_rng(0).normal(size=shape).astype("f4")
    return getattr(nn, name)(*args, **options), x, ordinary()


def same(a, b):
    return np.array_equal(np.asarray(a), np.asarray(b))


@every_lazy
def test_the_first_input_makes_the_ordinary_layer(name):
    layer, x, ordinary = make(name)
    y = layer(x)
    assert type(layer) is type(ordinary)
    assert repr(layer) == repr(ordinary)
    assert {k: v.shape for k, v in layer.state_dict().items()} == {
        k: v.shape for k, v in ordinary.state_dict().items()
    }
    assert y.shape == ordinary(x).shape
    assert same(layer.eval()(x), layer(x))


@pytest.mark.parametrize("name", [n for n in LAZY if "Norm" not in n])
def test_a_seed_gives_the_first_values_of_the_ordinary_layer(name):
    layer, x, ordinary = make(name, rng=0)
    layer(x)
    for key, value in ordinary.state_dict().items():
        assert same(value, layer.state_dict()[key])


@every_lazy
def test_an_optimiser_may_come_before_or_after_the_first_call(name):
    for early in (True, False):
        layer, x, _ = make(name)
        model = nn.Sequential(layer)
        if early:
            step = nn.optim.Adam(model.parameters(), lr=0.1)
        loss = (model(x) ** 2).sum()
        if not early:
            step = nn.optim.Adam(model.parameters(), lr=0.1)
        before = layer.state_dict()
        loss.backward()
        step.step()
        for key, _ in layer.named_parameters():
            assert not same(before[key], layer.state_dict()[key])


@every_lazy
def test_dtype_freezing_and_mode_from_before_the_first_call_stay(name):
    layer, x, _ = make(name)
    layer.double().requires_grad_(False).eval()
    parameters = list(layer.parameters())
    y = layer(x.astype("f8"))
    assert y.dtype == np.float64
    assert not y.requires_grad
    assert not layer.training
    assert all(a is b for a, b in zip(parameters, layer.parameters(), strict=True))
    assert {p.dtype for p in layer.parameters()} == {np.dtype("f8")}


@every_lazy
def test_a_state_makes_it_too(name):
    layer, x, ordinary = make(name)
    state = ordinary.state_dict()
    model = nn.Sequential(layer)
    model.load_state_dict({f"0.{k}": v for k, v in state.items()})
    assert type(layer) is type(ordinary)
    assert same(layer.eval()(x), ordinary.eval()(x))


@every_lazy
def test_a_state_that_does_not_fit_makes_nothing(name):
    layer, x, ordinary = make(name)
    state = {**ordinary.state_dict(), "extra": np.ones(1)}
    with pytest.raises(nn.StateError, match=r"unexpected: extra \(1,\)$"):
        layer.load_state_dict(state)
    assert type(layer).__name__ == name
    layer.load_state_dict(state, strict=False)
    assert type(layer) is type(ordinary)
    layer, *_ = make(name)
    with pytest.raises(nn.StateError, match=r"missing: "):
        layer.load_state_dict({})
    with pytest.raises(nn.StateError, match=r"shape: "):
        layer.load_state_dict(dict.fromkeys(state, np.ones((1,) * 9)), strict=False)
    layer.load_state_dict({}, strict=False)
    assert layer(x).shape == ordinary(x).shape


def test_every_lazy_layer_is_in_the_table():
    classes = [c for n in nn.__all__ if inspect.isclass(c := getattr(nn, n))]
    assert {c.__name__ for c in classes if getattr(c, "lazy", False)} == set(LAZY)


@every_lazy
def test_saving_before_the_first_call_is_refused_with_the_path(name):
    layer, *_ = make(name)
    model = nn.Sequential({"part": layer})
    with pytest.raises(nn.StateError, match=rf"part \({name}\) has no parameters yet"):
        model.state_dict()


@every_lazy
def test_copies_and_pickles_of_unmade_ones_are_made_apart(name):
    layer, x, ordinary = make(name)
    for clone in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert type(clone) is type(layer)
        clone(x)
        assert type(clone) is type(ordinary)
    assert type(layer).__name__ == name


@every_lazy
def test_hooks_and_paths_work_at_the_first_call(name):
    layer, x, _ = make(name)
    seen = []
    layer.register_forward_hook(lambda m, args, out: seen.append(out.shape))
    model = nn.Sequential({"part": layer})
    y = model(x)
    assert seen == [y.shape]
    assert [p.name for p in layer.parameters()] == [
        f"part.{n}" for n, _ in layer.named_parameters()
    ]


@every_lazy
def test_an_input_without_the_axis_is_refused(name):
    layer, *_ = make(name)
    with pytest.raises(ShapeError, match=rf"part \({name}"):
        nn.Sequential({"part": layer})(np.float32(1.0))
    assert type(layer).__name__ == name


def test_channels_that_the_groups_do_not_divide_are_refused_at_the_first_call():
    layer = nn.LazyConv2d(4, 3, groups=2)
    with pytest.raises(ShapeError, match="the 3 channels of x are not a multiple of groups 2"):
        layer(np.ones((1, 3, 8, 8)))
    assert layer(np.ones((1, 6, 8, 8))).shape == (1, 4, 6, 6)


def test_a_lazy_layer_passes_further_arguments_on():
    layer = nn.LazyConvTranspose2d(2, 3, stride=2)
    assert layer(np.ones((1, 3, 4, 4)), output_size=(10, 10)).shape == (1, 2, 10, 10)
