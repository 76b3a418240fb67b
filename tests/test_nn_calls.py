"""What calling a module promises: scopes, names of parameters, hooks."""

import weakref

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import DTypeError, GraphError, ShapeError


class Block(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.weight = nn.Parameter(np.full(size, 2.0))
        self.register_buffer("offset", np.ones(size))

    def forward(self, x):
        return x * self.weight + self.offset


# Scopes and names


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.layers = [nn.Linear(2, 3), nn.Linear(3, 2)]
        self.again = self.encoder.layers[0]

    def forward(self, x):
        for layer in self.encoder.layers:
            x = layer(x)
        return x


def scopes(tensor):
    return {(n.scope.path, n.scope.kind) for n in autograd.graph.ancestors(tensor.node) if n.scope}


def test_nodes_know_the_path_of_the_module_that_made_them():
    outer = Outer()
    assert scopes(outer(Tensor([[1.0, 2.0]]))) == {
        ("encoder.layers.0", "Linear"), ("encoder.layers.1", "Linear"),
    }  # fmt: skip
    outer.encoder.layers.append(nn.Linear(2, 2))
    outer.encoder.layers[0] = nn.Linear(2, 3)
    found = scopes(outer(Tensor([[1.0, 2.0]])))
    assert ("encoder.layers.2", "Linear") in found
    assert ("encoder.layers.0", "Linear") in found


def test_a_module_made_on_the_fly_is_called_by_its_class():
    class Improvised(nn.Module):
        def forward(self, x):
            return nn.Linear(2, 2)(x)

    model = nn.Sequential(Improvised())
    assert scopes(model(Tensor([1.0, 2.0]))) == {("0.Linear", "Linear")}


def test_two_calls_are_two_scopes_inside_the_same_outer_one():
    model = nn.Sequential(nn.Sigmoid())
    model.append(model[0])
    nodes = autograd.graph.ancestors(model(Tensor([1.0], requires_grad=True)).node)
    inner = [n.scope for n in nodes if n.scope]
    assert inner[0].call != inner[1].call
    assert inner[0].outer is inner[1].outer
    assert inner[0].outer.kind == "Sequential"
    assert autograd.modes.state.scope is None


def test_the_scope_is_left_when_forward_raises():
    with pytest.raises(ShapeError):
        nn.Sequential(nn.Linear(2, 2))(np.ones((1, 3)))
    assert autograd.modes.state.scope is None


def test_parameters_are_named_by_their_path():
    outer = Outer()
    first = outer.encoder.layers[0].weight
    assert first.name == "weight"
    outer(Tensor([[1.0, 2.0]]))
    assert first.name == "encoder.layers.0.weight"
    outer.encoder.layers[0](Tensor([[1.0, 2.0]]))  # as its own root: the longer name stays
    assert first.name == "encoder.layers.0.weight"
    outer.requires_grad_(False).requires_grad_()
    assert first.name == "encoder.layers.0.weight"


def test_a_misfit_names_layer_sizes_and_place():
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(nn.Linear(4, 8), nn.Linear(9, 2))(Tensor(np.ones((3, 4))))
    text = str(caught.value)
    assert text.startswith("1 (Linear 9 -> 2): x has 8 features, expected 9")
    assert "in 1 (Linear)" in text
    assert "test_nn_calls.py" in text


# Hooks


def test_forward_hooks_see_and_replace():
    block = Block()
    seen = []
    handles = [
        block.register_forward_pre_hook(lambda m, args: seen.append(("before", m, args))),
        block.register_forward_pre_hook(lambda m, args: (args[0] * 10,)),
        block.register_forward_hook(lambda m, args, out: seen.append(("after", m, args))),
        block.register_forward_hook(lambda m, args, out: -out),
    ]
    assert block(Tensor([1.0, 2.0])).tolist() == [-21, -41]
    assert [s[0] for s in seen] == ["before", "after"]
    assert seen[0][1] is block
    assert seen[1][2][0].tolist() == [10, 20]
    for handle in handles:
        handle.remove()
    handles[0].remove()
    assert block(Tensor([1.0, 2.0])).tolist() == [3, 5]


class Two(nn.Module):
    def forward(self, a, b):
        return a * b, a + b


@pytest.mark.parametrize("tracked", [(True, True), (True, False), (False, True)])
def test_backward_hooks_see_both_sides(tracked):
    two = Two()
    seen = []
    two.register_full_backward_hook(lambda m, gi, go: seen.append((m, gi, go)))
    a, b = (Tensor(v, requires_grad=t) for v, t in zip(([2.0, 3.0], [5.0, 7.0]), tracked))
    product, total = two(a, b)
    ((product * 10).sum() + total.sum()).backward()
    ((module, grad_input, grad_output),) = seen
    assert module is two
    assert [g.tolist() for g in grad_output] == [[10, 10], [1, 1]]
    expected = ([51, 71], [21, 31])
    for g, flag, want in zip(grad_input, tracked, expected):
        assert (g.tolist() if flag else g) == (want if flag else None)
    for x, flag, want in zip((a, b), tracked, expected):
        assert not flag or x.grad.tolist() == want


def test_a_backward_hook_may_replace_gradients():
    block = Block()
    handle = block.register_full_backward_hook(lambda m, gi, go: (gi[0] * 100,))
    x = Tensor([1.0, 2.0], requires_grad=True)
    block(x).sum().backward()
    assert x.grad.tolist() == [200, 200]
    assert block.weight.grad.tolist() == [1, 2]
    handle.remove()
    x.grad = None
    block(x).sum().backward()
    assert x.grad.tolist() == [2, 2]

    two = Two()
    two.register_full_backward_hook(lambda m, gi, go: (gi[1], gi[0]))
    a, b = (Tensor([v], requires_grad=True) for v in (3.0, 5.0))
    two(a, b)[0].sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([3], [5])


def test_a_backward_hook_runs_without_differentiated_inputs_and_at_order_two():
    block = Block()
    seen = []
    block.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    block(Tensor([1.0, 2.0])).sum().backward()
    assert seen[0][0] == (None,)
    assert seen[0][1][0].tolist() == [1, 1]
    block.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = Tensor([1.0, 2.0], requires_grad=True)
    (g,) = (((block(x) ** 2).sum()).gradient(x, create_graph=True),)
    assert g.gradient(x, gradient=np.ones(2)).tolist() == [32, 32]  # d/dx of 2 * 2 * 2 * (2x + 1)


def test_wrong_backward_hooks_are_told():
    block = Block()
    block.register_full_backward_hook(lambda m, gi, go: (None, None))
    y = block(Tensor([1.0, 2.0], requires_grad=True)).sum()
    with pytest.raises(GraphError, match="returned 2 gradients for 1"):
        y.backward()
    lost = nn.Lambda(lambda x: {"out": x})
    lost.register_full_backward_hook(lambda m, gi, go: None)
    with pytest.raises(DTypeError, match="dict"):
        lost(Tensor([1.0], requires_grad=True))


def test_backward_hooks_keep_no_graph_alive():
    two = Two()
    two.register_full_backward_hook(lambda m, gi, go: None)
    a, b = (Tensor([v], requires_grad=True) for v in (3.0, 5.0))
    product, total = two(a, b)
    loss = (product + total).sum()
    node = weakref.ref(product.node)
    del product, total, loss
    assert node() is None


@pytest.mark.parametrize("walk", ["modules", "named_modules"])
def test_children_that_are_replaced_while_one_walks_are_visited_in_their_new_form(walk):
    model = nn.Sequential(Block(), nn.Sequential(Block(), nn.Identity()), Block())
    old, visited = [m for m in model.modules() if type(m) is Block], []
    for found in getattr(model, walk)():
        module = found[1] if walk == "named_modules" else found
        visited.append(module)
        for name, child in list(module.named_children()):
            if type(child) is Block:
                setattr(module, name, nn.Sequential(nn.Identity()))
    assert visited == list(model.modules())
    assert len(visited) == 9
    assert not any(m is block for m in visited for block in old)
