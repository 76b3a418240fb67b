"""What modules and containers promise: parts, names, state, scopes, hooks."""

import copy
import pickle
from collections import deque

import numpy as np
import pytest

import nn
from autograd import Tensor, no_grad
from autograd.errors import (
    DTypeError,
    IndexingError,
)


class Block(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.weight = nn.Parameter(np.full(size, 2.0))
        self.register_buffer("offset", np.ones(size))

    def forward(self, x):
        return x * self.weight + self.offset


class Net(nn.Module):
    """Parts in every kind of place."""

    def __init__(self):
        super().__init__()
        self.first = Block()
        self.layers = [Block(), [Block()]]
        self.heads = {"a": Block(), "b": (Block(),)}
        self.scales = [nn.Parameter(1.0), {"deep": Tensor([1.0], requires_grad=True)}]
        self.tied = self.first

    def forward(self, x):
        x = self.first(x)
        x = self.layers[1][0](self.layers[0](x))
        return self.tied(x) * self.scales[0]


NET_PARAMETERS = [
    "scales.0", "scales.1.deep", "first.weight", "layers.0.weight", "layers.1.0.weight",
    "heads.a.weight", "heads.b.0.weight",
]  # fmt: skip


def names(pairs):
    return [name for name, _ in pairs]


# What a module holds


def test_parts_are_found_in_attributes_lists_tuples_and_dicts_and_shared_ones_once():
    net = Net()
    modules = ["", "first", "layers.0", "layers.1.0", "heads.a", "heads.b.0"]
    assert names(net.named_modules()) == modules
    assert names(net.named_parameters()) == NET_PARAMETERS
    assert names(net.named_children()) == modules[1:]
    assert names(net.named_buffers()) == [f"{m}.offset" for m in modules[1:]]
    assert "tied.weight" in names(net.named_parameters(remove_duplicate=False))
    assert len(list(net.parameters())) == len(NET_PARAMETERS)


def test_what_is_appended_to_a_list_later_is_found():
    net = Net()
    net.layers.append(Block())
    net.scales.append(Tensor([1.0], requires_grad=True))
    assert "layers.2.weight" in names(net.named_parameters())
    assert "scales.2" in names(net.named_parameters())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (lambda: Tensor([1.0], requires_grad=True), True),
        (lambda: nn.Parameter([1.0]), True),
        (lambda: nn.Parameter([1.0], requires_grad=False), True),
        (lambda: Tensor([1.0]), False),
        (lambda: Tensor([1.0], requires_grad=True) * 2, False),
        (lambda: np.ones(3), False),
        (lambda: "weight", False),
    ],
)
def test_which_values_are_parameters(value, found):
    module = nn.Module()
    module.x = value()
    module.several = [value()]
    assert names(module.named_parameters()) == (["x", "several.0"] if found else [])


def test_a_frozen_parameter_is_a_parameter_still():
    net = Net()
    net.requires_grad_(False)
    assert names(net.named_parameters()) == NET_PARAMETERS
    assert not any(p.requires_grad for p in net.parameters())
    assert set(NET_PARAMETERS) <= set(net.state_dict())
    for clone in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert names(clone.named_parameters()) == NET_PARAMETERS
    net.requires_grad_()
    assert all(p.requires_grad for p in net.parameters())


def test_freezing_a_tensor_directly_keeps_it_a_parameter():
    net = Net()
    net.first.weight.requires_grad_(False)
    net.scales[0].requires_grad = False
    assert not net.scales[0].requires_grad
    assert names(net.named_parameters()) == NET_PARAMETERS


def test_a_copy_shares_nothing_and_keeps_sharing_inside():
    net = Net()
    clone = copy.deepcopy(net)
    with no_grad():
        clone.first.weight.data[:] = 7
    assert net.first.weight.tolist() == [2, 2]
    assert clone.tied is clone.first
    assert clone(Tensor([1.0, 1.0])).shape == (2,)


def test_finding_by_path():
    net = Net()
    assert net.get_submodule("layers.1.0") is net.layers[1][0]
    assert net.get_submodule("") is net
    assert net.get_parameter("scales.1.deep") is net.scales[1]["deep"]
    assert net.get_buffer("first.offset") is net.first.offset
    with pytest.raises(nn.ModuleError, match=r"no module 'layer\.0'.*\n.*layers\.0"):
        net.get_submodule("layer.0")


def test_train_eval_apply_and_zero_grad_reach_everything():
    net = Net()
    assert net.training
    net.eval()
    assert not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    seen = []
    assert net.apply(seen.append) is net
    assert seen[-1] is net
    assert {id(m) for m in seen} == {id(m) for m in net.modules()}
    net(Tensor([1.0, 2.0])).sum().backward()
    assert net.first.weight.grad is not None
    net.zero_grad(set_to_none=False)
    assert net.first.weight.grad.tolist() == [0, 0]
    net.zero_grad()
    assert net.first.weight.grad is None


def test_conversion_to_another_dtype():
    net = Net()
    net.layers[0].requires_grad_(False)
    net.float()
    assert {t.dtype for t in [*net.parameters(), *net.buffers()]} == {np.dtype(np.float32)}
    assert not net.layers[0].weight.requires_grad
    assert net.first.weight.requires_grad
    net.double()
    assert net(Tensor([1.0, 2.0])).dtype == np.float64


MISUSE = {
    "number as parameter": (
        lambda n: setattr(n.first, "weight", 3.0), DTypeError, "parameter.*float"),
    "plain tensor as parameter": (
        lambda n: setattr(n.first, "weight", Tensor([1.0])), DTypeError, "requires no grad"),
    "result as parameter": (
        lambda n: setattr(n.first, "weight", n.first.weight * 2), DTypeError, "an op computed"),
    "array as buffer": (lambda n: setattr(n.first, "offset", np.ones(2)), DTypeError, "buffer"),
    "result as module": (
        lambda n: setattr(n, "first", n.first(Tensor([1.0, 2.0]))), DTypeError, "module.*Tensor"),
    "number as list of modules": (
        lambda n: setattr(n, "layers", 3), DTypeError, "layers is a container: it takes a list"),
    "set of modules": (
        lambda n: setattr(n, "parts", {Block()}), nn.ModuleError, "not found in a set"),
    "queue of parameters": (
        lambda n: setattr(n, "parts", deque([nn.Parameter(1.0)])), nn.ModuleError, "use a list"),
    "class as module": (
        lambda n: setattr(n, "first", Block), DTypeError, "got the class Block, not an object"),
    "class in a container": (
        lambda n: nn.Sequential(nn.Linear(2, 2), nn.ReLU), DTypeError, "the class ReLU"),
    "no forward": (lambda n: nn.Module()(1), NotImplementedError, "no forward method"),
    "taken name": (lambda n: n.add_module("forward", Block()), nn.ModuleError, "'forward' already"),
    "dotted name": (lambda n: n.add_module("a.b", Block()), nn.ModuleError, "dot"),
    "not a module": (lambda n: n.add_module("x", 3), DTypeError, "needs a Module, got int"),
    "not a parameter": (
        lambda n: n.register_parameter("x", Tensor([1.0])), DTypeError, "parameter"),
    "parameter as buffer": (
        lambda n: setattr(n.first, "offset", nn.Parameter([1.0])), DTypeError, "buffer.*no grad"),
    "buffer over parameter": (
        lambda n: n.first.register_buffer("weight", [1.0]), nn.ModuleError, "'weight' already"),
    "reserved": (lambda n: setattr(n, "_record", 1), nn.ModuleError, "_record"),
    "mode": (lambda n: n.train("yes"), DTypeError, "bool"),
    "integer dtype": (lambda n: n.to(int), DTypeError, "float dtype"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told_at_once(case):
    action, error, match = MISUSE[case]
    with pytest.raises(error, match=match):
        action(Net())


def test_collections_without_modules_are_nobodys_business():
    net = Net()
    net.seen = {1, "a"}
    net.recent = deque([Tensor([1.0])])
    net.layers = ()
    net.layers = 3
    net.heads = net.first
    net.kind = Block
    assert "layers" not in names(net.named_modules())


def test_registered_names_take_fitting_values_and_none():
    net = Net()
    new = net.first.weight = nn.Parameter([5.0, 5.0])
    assert net.get_parameter("first.weight") is new
    net.first.offset = Tensor([3.0, 3.0])
    net.first.weight = None
    assert "first.weight" not in names(net.named_parameters())
    del net.first.weight
    net.first.weight = 3.0
    net.first = None
    assert "tied.offset" in names(net.named_buffers())


def test_super_init_may_come_late_or_never():
    class Late(nn.Module):
        def __init__(self):
            self.block = Block()

        def forward(self, x):
            return self.block(x)

    late = Late()
    assert names(late.named_parameters()) == ["block.weight"]
    assert late.training
    assert late(Tensor([1.0, 2.0])).tolist() == [3, 5]


# State


def test_state_survives_a_round_trip_and_is_a_copy():
    net, other = Net(), Net()
    state = net.state_dict()
    assert all(type(v) is np.ndarray for v in state.values())
    for value in state.values():
        value += 1
    assert net.first.weight.tolist() == [2, 2]
    other.load_state_dict(state)
    assert other.first.weight.tolist() == [3, 3]
    state["first.weight"][:] = 0
    assert other.first.weight.tolist() == [3, 3]
    assert other.first.weight.requires_grad


def test_buffers_that_are_not_persistent_stay_out():
    block = Block()
    block.register_buffer("cache", np.zeros(3), persistent=False)
    assert list(block.state_dict()) == ["weight", "offset"]
    assert names(block.named_buffers()) == ["offset", "cache"]


def test_everything_that_does_not_fit_is_reported_and_nothing_is_loaded():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = net.state_dict()
    state = {k: v + 1 for k, v in before.items()}
    del state["1.bias"]
    state["0.weight"] = np.ones((3, 4))
    state["extra"] = np.ones(5)
    with pytest.raises(nn.StateError) as caught:
        net.load_state_dict(state)
    text = str(caught.value)
    assert "0.weight is (3, 2) here, (3, 4) in the state" in text
    assert "missing: 1.bias (1,)" in text
    assert "unexpected: extra (5,)" in text
    assert all(np.array_equal(v, before[k]) for k, v in net.state_dict().items())
    state["0.weight"] = before["0.weight"]
    report = net.load_state_dict(state, strict=False)
    assert report == (["1.bias"], ["extra"])
    assert net[1].weight.tolist() == state["1.weight"].tolist()


def test_a_shared_tensor_needs_one_name_only_and_no_contradiction():
    def tied():
        net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
        net[1].weight = net[0].weight
        return net

    state = tied().state_dict()
    assert list(state) == ["0.weight", "1.weight"]
    tied().load_state_dict({"1.weight": np.eye(2)})
    with pytest.raises(nn.StateError, match="weight are one tensor"):
        tied().load_state_dict({"0.weight": np.eye(2), "1.weight": np.zeros((2, 2))})


@pytest.mark.parametrize("value", [np.ones(2) * 1j, np.array(["a", "b"])])
def test_values_of_another_kind_are_refused(value):
    with pytest.raises(nn.StateError, match="dtype: weight"):
        Block().load_state_dict({"weight": value, "offset": np.ones(2)})


# How modules show


REPRS = {
    "leaf": (lambda: nn.Linear(2, 3), "Linear(in_features=2, out_features=3, bias=True)"),
    "empty": (nn.Sequential, "Sequential()"),
    "nested": (
        lambda: nn.Sequential(nn.Sequential(nn.ReLU()), nn.Flatten()),
        "Sequential(\n  (0): Sequential(\n    (0): ReLU()\n  )\n"
        "  (1): Flatten(start_dim=1, end_dim=-1)\n)",
    ),
    "repeated": (
        lambda: nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()]),
        "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)",
    ),
    "conv": (
        lambda: nn.Conv2d(2, 4, 3, padding="same", groups=2, bias=False, padding_mode="circular"),
        "Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1), padding=same, groups=2, bias=False, "
        "padding_mode=circular)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REPRS)
def test_repr(case):
    make, text = REPRS[case]
    assert repr(make()) == text


# Containers


def test_sequential_is_a_list_of_steps():
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    model = nn.Sequential(a, b)
    assert model.append(c) is model
    assert list(model) == [a, b, c]
    assert (len(model), model[-1], list(model[1:])) == (3, c, [b, c])
    model.insert(1, c)
    assert list(model) == [a, c, b, c]
    del model[0]
    assert names(model.named_children()) == ["0", "1"]
    assert list(model) == [c, b, c]
    model[0] = a
    assert model.pop() is c
    assert list(model) == [a, b]
    assert names(model.named_children()) == ["0", "1"]
    with pytest.raises(IndexingError, match="no item 2, there are 2"):
        model[2]
    with pytest.raises(DTypeError, match="holds Modules, got function"):
        model.append(lambda x: x)


def test_a_slice_keeps_its_names_and_append_overwrites_none():
    model = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())[1:]
    assert names(model.named_children()) == ["1", "2"]
    model.append(nn.Identity())
    assert len(model) == 3


def test_sequential_with_names():
    model = nn.Sequential({"conv": nn.Identity(), "act": nn.ReLU()})
    assert model.act is model[1]
    assert names(model[:1].named_children()) == ["conv"]
    assert model(np.array([-1.0])).tolist() == [0]
    with pytest.raises(nn.ModuleError, match="names"):
        model.insert(0, nn.Identity())
    del model[0]
    assert names(model.named_children()) == ["act"]


def test_module_dict_and_parameter_list():
    heads = nn.ModuleDict({"a": nn.Identity()})
    heads["b"] = nn.ReLU()
    assert (list(heads), len(heads), "a" in heads) == (["a", "b"], 2, True)
    assert isinstance(heads.pop("a"), nn.Identity)
    assert [k for k, _ in heads.items()] == ["b"]
    with pytest.raises(nn.ModuleError, match="no 'c'; it has b"):
        heads["c"]
    with pytest.raises(nn.ModuleError, match="keys"):
        heads["keys"] = nn.ReLU()
    heads.clear()
    assert len(heads) == 0
    shared = nn.Parameter([1.0])
    weights = nn.ParameterList([shared, np.ones(2)])
    weights.append([3.0])
    assert weights[0] is shared
    assert names(weights.named_parameters()) == ["0", "1", "2"]
    assert list(weights.state_dict()) == ["0", "1", "2"]
