"""Every op of the registry: what its node keeps, whose memory that is, and when it goes."""

import gc
import inspect
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor
from autograd.graph import SMALL, ancestors
from autograd.op import REGISTRY, Op
from autograd.testing.registry import differentiable, samples_of
from autograd.tree import flatten
from autograd.views import DRAG

OPS = sorted(
    (e for e in REGISTRY.values() if isinstance(e, Op) and not e.plain), key=lambda e: e.name
)
every_op = pytest.mark.parametrize("entry", OPS, ids=lambda e: e.name)


@pytest.fixture(autouse=True, scope="module")
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def owner(array):
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def is_float(v):
    return isinstance(v, (np.ndarray, np.floating)) and v.dtype.kind == "f"


class Call:
    """One recorded call: its Tensors, its tracked results, and the nodes of the op itself.

    Results that are an argument (dropout outside training) are no results of a call.

    tracked : which of the float arguments require grad; all of them if not given
    """

    def __init__(self, entry, sample, tracked=None):
        values, rebuild = flatten(list(sample.args))
        boxed = [
            Tensor(v, requires_grad=is_float(v) and (tracked is None or k in tracked))
            if isinstance(v, (np.ndarray, np.generic))
            else v
            for k, v in enumerate(values)
        ]
        self.inputs = [t for t in boxed if type(t) is Tensor]
        with np.errstate(all="ignore"):
            results = flatten(entry.call(*rebuild(boxed), **sample.attrs))[0]
        new = [t for t in results if type(t) is Tensor and all(t is not x for x in self.inputs)]
        self.outputs = [t for t in new if t.node is not None]
        graph = ancestors(*[t.node for t in self.outputs])
        self.recorded = [n for n in graph if n.op is not None]
        self.nodes = [n for n in self.recorded if n.op is entry]

    def backward(self):
        last = self.outputs[-1:]
        for out in self.outputs:
            out.backward(np.cos(np.arange(out.size)).reshape(out.shape), retain_graph=[out] != last)

    def gradients(self):
        return [np.array(t.grad) for t in self.inputs if t.grad is not None]

    def own_buffers(self):
        """The buffers of what the user still holds: arguments and results."""
        held = [owner(t._data) for t in self.inputs + self.outputs if is_array(t._data)]
        return {id(a) for a in held}

    def kept(self):
        """The arrays that nodes hold for rules and pictures."""
        for node in self.recorded:
            yield from (a for a in (*(node.saved or ()), node.value) if is_array(a))


def is_array(a):
    return type(a) is np.ndarray


def samples(entry):
    return [s for s in samples_of(entry) if differentiable(entry, s)]


def calls(entry):
    """A recorded call for each sample with all, and with each single one, of the floats tracked."""
    for sample in samples(entry):
        values = flatten(list(sample.args))[0]
        floats = [k for k, v in enumerate(values) if is_float(v)]
        yield Call(entry, sample)
        if len(floats) > 1:
            yield from (Call(entry, sample, {k}) for k in floats)


def running(node):
    """The position of each input that is tracked -> the names that its rule reads."""
    asked = {}
    for i, parent in enumerate(node.parents):
        rule = node.op.rules[0 if node.op.variadic else i]
        if parent is not None and rule is not None:
            asked[i] = set(list(inspect.signature(rule.fn).parameters)[1:])
    return asked


def places(node):
    """For each place in `saved`: its name, its value, and whether a rule that can run reads it."""
    op, count, asked = node.op, len(node.parents), running(node)
    slots = [op.arrays[0]] * count + [*op.slots[1:]] if op.variadic else [*op.slots]
    for k, (name, value) in enumerate(zip(slots, node.saved, strict=True)):
        beside = {i for i, names in asked.items() if "others" in names and k < count}
        yield name, value, any(name in names for names in asked.values()) or bool(beside - {k})


def arrays_for_nobody(node):
    """The names of options that are arrays, or hold some, though no rule of the op reads them."""
    rules = [rule.fn for rule in node.op.rules if rule is not None]
    read = {name for fn in rules for name in inspect.signature(fn).parameters}
    for name, value in (node.attrs or {}).items():
        if name not in read and any(isinstance(v, (np.ndarray, Tensor)) for v in flatten(value)[0]):
            yield name


@every_op
def test_a_node_saves_exactly_what_its_rules_will_read(entry):
    for call in calls(entry):
        for node in call.nodes:
            for name, value, read in places(node):
                if not read:
                    assert value is None, f"keeps {name}, which no rule reads"
                elif name not in entry.residuals:  # forward may give None for one
                    assert value is not None, f"does not keep {name}"


@every_op
def test_an_option_that_is_an_array_is_there_for_a_rule(entry):
    for call in calls(entry):
        for node in call.nodes:
            assert list(arrays_for_nobody(node)) == []


@every_op
def test_a_recorded_backward_keeps_nothing_for_nobody(entry):
    for sample in samples(entry):
        call = Call(entry, sample)
        for out in call.outputs:
            out.backward(2 * out.detach(), create_graph=True)
        grads = [t.grad for t in call.inputs if t.grad is not None]
        for node in ancestors(*[g.node for g in grads if g.node is not None]):
            if node.op is not None:
                kept = [n for n, value, read in places(node) if not read and value is not None]
                kept += arrays_for_nobody(node)
                assert kept == [], f"{node.op.name}, in its backward"


@every_op
def test_what_a_node_keeps_does_not_keep_a_larger_buffer(entry):
    for call in calls(entry):
        own = call.own_buffers()
        for array in call.kept():
            buffer = owner(array)
            assert id(buffer) in own or buffer.nbytes <= max(array.nbytes, 8 * SMALL)


@every_op
def test_a_result_is_not_a_small_window_on_a_large_buffer(entry):
    for call in calls(entry):
        for out in call.outputs:
            assert owner(np.asarray(out._data)).nbytes <= max(DRAG * out.nbytes, 8 * SMALL)


@every_op
def test_writing_into_arguments_and_results_reaches_nobody_else(entry):
    for sample in samples(entry):
        expected = Call(entry, sample)
        values = [np.array(t) for t in expected.outputs]
        expected.backward()
        call = Call(entry, sample)
        with ag.no_grad():
            for t in call.inputs:
                t.data[...] = 1
            for t, value in zip(call.outputs, values, strict=True):
                np.testing.assert_array_equal(np.asarray(t), value)
                t.data[...] = 1
        call.backward()
        for g, wanted in zip(call.gradients(), expected.gradients(), strict=True):
            np.testing.assert_array_equal(g, wanted)


@every_op
def test_gradients_are_arrays_of_their_own(entry):
    for sample in samples(entry):
        call = Call(entry, sample)
        call.backward()
        grads = [t.grad._data for t in call.inputs if t.grad is not None]
        others = [t._data for t in call.inputs + call.outputs]
        for k, g in enumerate(grads):
            if is_array(g):
                assert owner(g).nbytes == g.nbytes
                assert not any(np.may_share_memory(g, a) for a in others + grads[:k])


@every_op
def test_nothing_outlives_the_graph(entry):
    for call in calls(entry):
        own = call.own_buffers()
        refs = [weakref.ref(n) for n in call.recorded]
        refs += [weakref.ref(a) for a in call.kept() if id(owner(a)) not in own]
        call.nodes.clear()
        call.recorded.clear()
        call.outputs.clear()
        assert [r() for r in refs if r() is not None] == []


@every_op
def test_backward_lets_go_of_what_was_saved_while_the_result_lives(entry):
    for call in calls(entry):
        own = call.own_buffers()
        saved = [a for n in call.recorded for a in n.saved if is_array(a) and a.size > SMALL]
        refs = [weakref.ref(a) for a in saved if id(owner(a)) not in own]
        del saved
        call.backward()
        assert all(n.saved is None for n in call.recorded)
        assert [r() for r in refs if r() is not None] == []
