"""Graphs go away the moment nobody holds them, without the cyclic garbage collector."""

import gc
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.errors import GraphError
from autograd.graph import ancestors, capture

BIG = (20, 30)


def leaf(shape=BIG):
    return Tensor(np.full(shape, 0.5), requires_grad=True)


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.freeze()  # what there is stays out of the collections below: they look for what is new
    gc.disable()
    yield
    gc.enable()


def ours(garbage):
    return [o for o in garbage if type(o).__module__.partition(".")[0] == "autograd"]


def leftovers(run):
    """What of ours only the cyclic collector would find after `run()`."""
    run()  # fills caches
    gc.collect()
    run()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return ours(gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def watch(tensor):
    """Weak references to every op node behind a tensor and to every array it keeps."""
    nodes = ancestors(tensor.node)
    leaves = [n.tensor()._data for n in nodes if n.op is None and n.tensor() is not None]
    nodes = [n for n in nodes if n.op is not None]
    arrays = [a for n in nodes for a in (*n.saved, n.value) if type(a) is np.ndarray]
    return [weakref.ref(o) for o in (*nodes, *arrays) if not any(o is a for a in leaves)]


def alive(refs):
    return sum(r() is not None for r in refs)


def model(x):
    h = (x * 2 + 1).tanh()
    return (h.exp() * h).sum()


def test_dropping_the_loss_frees_everything():
    loss = model(leaf())
    refs = watch(loss)
    assert len(refs) > 6
    assert alive(refs) == len(refs)
    del loss
    assert alive(refs) == 0


def test_backward_frees_saved_arrays_while_the_loss_lives():
    x = leaf()
    loss = model(x)
    nodes = ancestors(loss.node)
    arrays = [weakref.ref(a) for n in nodes for a in n.saved if type(a) is np.ndarray]
    mine = weakref.ref(x._data)
    assert arrays
    loss.backward()
    assert [r for r in arrays if r() is not None and r() is not mine()] == []
    assert all(n.saved is None for n in nodes if n.op is not None)


def test_an_intermediate_result_is_freed_if_no_rule_asks_for_it():
    x = leaf()
    h = x + 1
    ref = weakref.ref(h._data)
    y = h + 2
    del h
    assert ref() is None
    assert y.requires_grad


@pytest.mark.parametrize(
    "f",
    [lambda h: h * 2.0, lambda h: h * np.ones(BIG), lambda h: h / 3.0, lambda h: Tensor(2.0) * h,
     lambda h: h - Tensor(np.ones(BIG)), lambda h: ag.where(h.numpy() > 0, h, 0.0),
     lambda h: ag.sum(h, axis=0), lambda h: ag.mean(h), lambda h: h.reshape(-1), lambda h: h[:2]],
)  # fmt: skip
def test_an_operand_is_not_kept_for_the_gradient_of_a_constant(f):
    h = leaf() + 1
    ref = weakref.ref(h._data)
    y = f(h).exp()
    del h
    saved = [a for n in ancestors(y.node) if n.op is not None for a in n.saved if a is not None]
    assert not any(a is ref() for a in saved)


@pytest.mark.parametrize(
    "window",
    [lambda h: h[0], lambda h: h[:2, :3], lambda h: h[0][:3], lambda h: ag.diagonal(h)],
)
def test_a_small_window_does_not_keep_a_large_array(window):
    h = leaf((40, 40)) + 1
    ref = weakref.ref(h._data)
    y = window(h)
    z = y * y
    del h, y
    assert ref() is None
    z.sum().backward()


def test_replacing_the_loss_frees_the_old_graph():
    x = leaf()
    loss = model(x)
    refs = watch(loss)
    loss = model(x)
    assert alive(refs) == 0
    loss.backward()


def test_a_gradient_does_not_hold_its_graph():
    x = leaf()
    loss = model(x)
    refs = watch(loss)
    loss.backward()
    del loss
    assert x.grad is not None
    assert alive(refs) == 0


def test_a_detached_result_does_not_hold_its_graph():
    x = leaf()
    loss = model(x)
    refs = watch(loss)
    value = loss.detach()
    view = loss.numpy()
    with ag.no_grad():
        double = loss * 2
    integers = loss.astype("int64")
    copy = Tensor(loss)
    del loss
    assert alive(refs) == 0
    assert [t.requires_grad for t in (value, double, integers, copy)] == [False] * 4
    assert view.size == 1


def test_a_leaf_does_not_hold_what_was_computed_from_it():
    x = leaf()
    y = x * 2
    refs = watch(y)
    y.backward(np.ones(BIG))
    del y
    assert alive(refs) == 0


def test_a_tensor_dies_with_its_last_name():
    for make in (leaf, lambda: leaf() * 2, lambda: Tensor(1.0)):
        t = make()
        ref = weakref.ref(t)
        del t
        assert ref() is None


def checked(f):
    """`f` of a fresh leaf, with everything dropped afterwards."""

    def run():
        f(leaf((3,)))

    return run


def _second_backward(x):
    loss = model(x)
    loss.backward()
    with pytest.raises(GraphError):
        loss.backward()


def _create_graph(x):
    model(x).backward(create_graph=True)
    model(x.grad).backward()


def _hooks(x):
    h = x * 2
    h.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: None)
    h.retain_grad()
    model(h).backward()


def _error_in_a_hook(x):
    def hook(g):
        raise KeyError("mine")

    h = x * 2
    h.register_hook(hook)
    with pytest.raises(KeyError):
        model(h).backward()


def _in_place(x):
    y = x * 1
    y += 1
    y[0] = y[1] * 5
    y *= y
    y.sum().backward()


def _bad_shapes(x):
    with pytest.raises(ag.ShapeError):
        x + np.ones(7)


def _pull(x):
    _, pull = ag.vjp(model, x)
    pull(1.0)
    pull(Tensor(np.float64(1.0)))


def _checkpointed(x):
    return ag.checkpoint(model, x * 2)


CASES = {
    "forward only": lambda x: model(x),
    "backward": lambda x: model(x).backward(),
    "retain_graph": lambda x: model(x).backward(retain_graph=True),
    "create_graph": _create_graph,
    "gradient": lambda x: model(x).gradient(x, create_graph=True),
    "second order": lambda x: model(x).gradient(x, create_graph=True).sum().gradient(x),
    "second backward": _second_backward,
    "hooks": _hooks,
    "error in a hook": _error_in_a_hook,
    "in place": _in_place,
    "bad shapes": _bad_shapes,
    "grad": lambda x: ag.grad(model)(x),
    "vjp": _pull,
    "jvp": lambda x: ag.jvp(model, (x,), (x,)),
    "hessian": lambda x: ag.hessian(model)(x),
    "hvp": lambda x: ag.hvp(model)(x, x),
    "jacobian": lambda x: ag.jacobian(lambda v: v * v, mode="fwd")(x),
    "checkpoint": lambda x: ag.checkpoint(model, x).backward(),
    "checkpoint, unused": lambda x: ag.checkpoint(model, x),
    "nested checkpoint": lambda x: ag.checkpoint(_checkpointed, x).backward(),
    "explain": lambda x: ag.explain(model(x), x),
    "explain a cut": lambda x: ag.explain(model(x.detach() * x), x),
    "capture": lambda x: capture(model(x)),
    "cuts": lambda x: (Tensor(x * 2), (x * 2).numpy(), (x * 2).astype("int64"), x.detach()),
}


@pytest.mark.parametrize("f", CASES.values(), ids=CASES.keys())
def test_nothing_is_left_for_the_collector(f):
    assert leftovers(checked(f)) == []


def test_a_hook_that_mentions_its_own_tensor_does_not_keep_it_forever():
    def build():
        h = leaf() * 2
        h.register_hook(lambda g: g * h.shape[0])
        return weakref.ref(h.node)

    ref = build()
    gc.collect()  # here a cycle is of the user's making: the collector may be needed
    assert ref() is None


def test_numpy_views_leave_no_record_behind():
    from autograd import cuts

    before = len(cuts._exits)
    for _ in range(20):
        (leaf() * 2).numpy()
    assert len(cuts._exits) == before
