"""explain: the path of the derivative, or the exact place where it is cut."""

import sys
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd import Tensor, explain
from autograd.errors import DTypeError
from autograd.graph import Scope
from autograd.modes import Setting


def line():
    return sys._getframe(1).f_lineno


def leaf(values, **options):
    return Tensor(np.array(values, np.float64), requires_grad=True, **options)


# With a path


def test_a_path_with_norms():
    w = leaf([3.0, 4.0], name="w")
    h = w * 2
    loss = (h * h).sum()
    at = line() - 1
    report = explain(loss, w)
    assert report.connected
    assert report.path == ("sum", "multiply", "multiply", "w")
    assert report.cuts == ()
    np.testing.assert_allclose(report.norms, [1, np.sqrt(2), 20, 40])
    text = str(report)
    assert f"test_explain.py:{at}" in text
    assert "40" in text
    assert "w" in text
    assert repr(report) == text
    assert w.grad is None
    loss.backward()  # the graph is still there


def test_the_shortest_of_several_paths():
    w = leaf(2.0, name="w")
    loss = ag.exp(ag.sin(w)) + w
    assert explain(loss, w).path == ("add", "w")


def test_a_path_between_intermediate_results():
    x = leaf([1.0, 2.0])
    h = ag.exp(x)
    loss = h.sum()
    report = explain(loss, h)
    assert report.path == ("sum", "exp")
    np.testing.assert_allclose(report.norms, [1, np.sqrt(2)])
    assert explain(h, h).path == ("exp",)
    assert not explain(h, loss).connected


def test_of_a_result_of_several_elements():
    x = leaf([1.0, 2.0])
    assert explain(x * 3, x).norms[-1] == pytest.approx(3 * np.sqrt(2))


def test_a_path_names_modules():
    x = leaf([1.0])
    with Setting("scope", Scope("encoder.fc", "Linear")):
        y = x * 2
    assert "encoder.fc" in str(explain(y, x))


def test_a_gradient_of_exactly_zero_is_remarked():
    x = leaf([-1.0, -2.0])
    text = str(explain(ag.relu(x).sum(), x))
    assert "exactly zero" in text


def test_a_gradient_that_is_not_finite_is_remarked():
    x = leaf([0.0])
    text = str(explain(ag.sqrt(x).sum(), x))
    assert "inf" in text
    assert "debug()" in text


def test_after_backward_the_path_is_still_known():
    x = leaf([1.0])
    y = ag.exp(x)
    y.backward()
    report = explain(y, x)
    assert report.connected
    assert report.norms == (None, None)
    assert "before backward" in str(report)


def test_through_a_checkpoint():
    x = leaf([1.0])
    y = ag.checkpoint(lambda v: ag.exp(v * 2), x)
    assert explain(y, x).norms[-1] == pytest.approx(2 * np.exp(2))


def test_looking_changes_nothing():
    x = leaf([1.0])
    h = (x * 2).retain_grad()
    calls = []
    h.register_hook(lambda g: calls.append(1))
    x.register_hook(lambda g: calls.append(1))
    explain((h * 3).sum(), x)
    assert calls == []
    assert h.grad is None
    assert x.grad is None


# Without a path: every way out of the graph, with its line


def _detach(w):
    return w.detach() * 3, line()


def _no_grad(w):
    with ag.no_grad():
        return ag.exp(w) * 3, line()


def _integer_cast(w):
    return w.astype("int64") * 3, line()


def _numpy(w):
    return Tensor(w.numpy()) * 3, line()


def _numpy_computed(w):
    return w.numpy() * Tensor(np.ones(2)) * 3, line()


def _asarray(w):
    return Tensor(np.asarray(w)) * 3, line()


def _tensor(w):
    return Tensor(w) * 3, line()


def _list_of_tensors(w):
    return Tensor([w[0], w[1]]) * 3, line()


def _comparison(w):
    return (w > 0) * 3.0, line()


def _argmax(w):
    return ag.argmax(w) * 3.0, line()


def _where(w):
    return ag.where(w > 0, 1.0, 0.0), line()


def _detached_function(w):
    return ag.exp((w * 2).detach()).sum(), line()


CUTS = {
    "detach": _detach, "no_grad": _no_grad, "cast, by astype": _integer_cast, "numpy": _numpy,
    "numpy, used as an array": _numpy_computed, "numpy, by asarray": _asarray, "Tensor": _tensor,
    "Tensor, of a list": _list_of_tensors, "greater": _comparison, "argmax": _argmax,
    "greater, in where": _where, "detach, of a result": _detached_function,
}  # fmt: skip
cuts = pytest.mark.parametrize("cut", CUTS.items(), ids=CUTS.keys())


@cuts
def test_a_cut_is_named_with_its_line(cut):
    name, f = cut
    kind = name.partition(",")[0]
    w = leaf([1.0, 2.0], name="w")
    y, at = f(w)
    report = explain(y, w)
    assert not report.connected
    assert report.path == ()
    assert len(report.cuts) == 1
    assert kind in report.cuts[0]
    assert f"test_explain.py:{at}" in report.cuts[0]
    assert report.cuts[0] in str(report)
    assert "w" in str(report).splitlines()[0]


@cuts
def test_a_cut_inside_a_larger_graph_is_found(cut):
    _, f = cut
    w, other = leaf([1.0, 2.0], name="w"), leaf([3.0, 4.0])
    y, at = f(w)
    loss = (ag.exp(y * other) + other).sum()
    report = explain(loss, w)
    assert not report.connected
    assert any(f"test_explain.py:{at}" in c for c in report.cuts)
    assert explain(loss, other).connected


@cuts
def test_a_cut_is_remembered_through_untracked_computations(cut):
    _, f = cut
    w = leaf([1.0, 2.0], name="w")
    y, at = f(w)
    y = (y * 2 + 1).sum().reshape(1)
    assert any(f"test_explain.py:{at}" in c for c in explain(y, w).cuts)


@cuts
def test_backward_of_a_cut_off_value_says_why(cut):
    _, f = cut
    y, at = f(leaf([1.0, 2.0]))
    with pytest.raises(ag.GraphError, match=rf"test_explain\.py:{at}"):
        y.sum().backward()


def test_two_cuts_are_both_named():
    w, other = leaf([1.0, 2.0], name="w"), leaf([1.0, 2.0])
    a = w.detach()
    b = Tensor(w.numpy())
    report = explain((a * other + b * other).sum(), w)
    assert len(report.cuts) == 2


def test_a_cut_that_does_not_concern_the_input_is_marked():
    w, v, other = leaf([1.0], name="w"), leaf([1.0], name="v"), leaf([1.0])
    report = explain(v.detach() * other, w)
    assert not report.connected
    assert all("does not depend on it" in c for c in report.cuts)


def test_an_input_that_was_not_used_at_all():
    w, other = leaf([1.0], name="w"), leaf([1.0])
    report = explain(other * 2, w)
    assert not report.connected
    assert report.cuts == ()
    assert "not used" in str(report)


def test_an_input_that_does_not_require_grad():
    w = Tensor(np.array([1.0]))
    other = leaf([1.0])
    report = explain(w * other, w)
    assert not report.connected
    assert "does not require grad" in str(report)
    cut = other.detach()
    at = line() - 1
    assert f"detach at test_explain.py:{at}" in str(explain(cut * 2, cut))


def test_a_cut_keeps_no_graph_alive():
    w = leaf([1.0, 2.0], name="w")
    h = w * 2
    ref = weakref.ref(h.node)
    y = h.detach() * 3
    del h
    assert ref() is None
    assert "detach" in str(explain(y, w))


@pytest.mark.parametrize("bad", [1.0, None, np.ones(2), "w"])
def test_only_tensors_can_be_explained(bad):
    w = leaf([1.0])
    with pytest.raises(DTypeError, match="explain"):
        explain(bad, w)
    with pytest.raises(DTypeError, match="explain"):
        explain(w * 2, bad)
