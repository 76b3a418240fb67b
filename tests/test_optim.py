"""What optimisers promise: the published update, in place, exactly resumable."""

import copy

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, GraphError
from nn import optim

MAKERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "sgd nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1),
    "adam amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.1),
}


def take_step(optimizer, params):
    optimizer.zero_grad()
    sum((p * p * p).sum() for p in params).backward()
    optimizer.step()


def two_params(dtype=np.float64):
    return [nn.Parameter(np.array([1.0, -2.0], dtype)), nn.Parameter(np.array(0.5, dtype))]


# One parameter, gradient 1 at every step: p after steps 1, 2, 3, by hand
PATHS = {
    "sgd": (lambda p: optim.SGD(p, lr=0.1), [0.9, 0.8, 0.7]),
    "momentum": (lambda p: optim.SGD(p, lr=0.1, momentum=0.5), [0.9, 0.75, 0.575]),
    "dampening": (lambda p: optim.SGD(p, lr=0.1, momentum=0.5, dampening=0.5), [0.9, 0.8, 0.7]),
    "nesterov": (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.5, nesterov=True),
        [0.85, 0.675, 0.4875],
    ),
    "decay": (lambda p: optim.SGD(p, lr=0.1, weight_decay=1), [0.8, 0.62, 0.458]),
    "maximize": (lambda p: optim.SGD(p, lr=0.1, maximize=True), [1.1, 1.2, 1.3]),
    "adam": (lambda p: optim.Adam(p, lr=0.1, eps=0), [0.9, 0.8, 0.7]),
    "adam maximize": (lambda p: optim.Adam(p, lr=0.1, eps=0, maximize=True), [1.1, 1.2, 1.3]),
    "amsgrad": (lambda p: optim.Adam(p, lr=0.1, eps=0, amsgrad=True), [0.9, 0.8, 0.7]),
    "adamw": (lambda p: optim.AdamW(p, lr=0.1, eps=0, weight_decay=0.5), [0.85, 0.7075, 0.572125]),
}


@pytest.mark.parametrize("case", PATHS)
@pytest.mark.parametrize("shape", [(), (2, 3)])
def test_paths_worked_by_hand(case, shape):
    make, path = PATHS[case]
    p = nn.Parameter(np.ones(shape))
    optimizer = make([p])
    for expected in path:
        p.grad = np.ones(shape)
        assert optimizer.step() is None
        assert np.allclose(np.asarray(p), expected, rtol=1e-12)


@pytest.mark.parametrize("case", MAKERS)
def test_steps_go_down_keep_the_dtype_and_write_in_place(case):
    params = two_params(np.float32)
    optimizer = MAKERS[case](params)
    take_step(optimizer, params)
    state = {k: id(v) for k, v in optimizer.state[params[0]].items()}
    where = params[0].data.ctypes.data
    before = sum(abs(np.asarray(p)).sum() for p in params[1:])
    take_step(optimizer, params)
    assert params[0].data.ctypes.data == where
    assert all(id(v) == state[k] for k, v in optimizer.state[params[0]].items() if k != "step")
    assert sum(abs(np.asarray(p)).sum() for p in params[1:]) < before
    for p in params:
        assert p.dtype == np.float32
        assert p.requires_grad
        arrays = [v for v in optimizer.state[p].values() if isinstance(v, np.ndarray)]
        assert all(v.dtype == np.float32 for v in arrays)


@pytest.mark.parametrize("case", MAKERS)
def test_continuing_from_a_saved_state_gives_the_same_bits(case):
    params = two_params()
    optimizer = MAKERS[case](params)
    for _ in range(3):
        take_step(optimizer, params)
    others = [nn.Parameter(p) for p in params]
    other = MAKERS[case](others)
    saved = optimizer.state_dict()
    other.load_state_dict(copy.deepcopy(saved))
    for _ in range(3):
        take_step(optimizer, params)
        take_step(other, others)
    assert all(p.tolist() == q.tolist() for p, q in zip(params, others))
    assert repr(saved) != repr(optimizer.state_dict()) or case in ("sgd",)


def test_a_saved_state_is_a_copy_and_counts_parameters_through_the_groups():
    a, b = two_params()
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5}], lr=0.1, momentum=0.9)
    take_step(optimizer, [a, b])
    saved = optimizer.state_dict()
    assert [g["params"] for g in saved["param_groups"]] == [[0], [1]]
    assert [g["lr"] for g in saved["param_groups"]] == [0.1, 0.5]
    assert set(saved["state"]) == {0, 1}
    saved["state"][0]["momentum_buffer"][:] = 99
    assert 99 not in optimizer.state[a]["momentum_buffer"]


def test_states_that_do_not_fit_are_refused_whole():
    params = two_params()
    optimizer = optim.SGD(params, lr=0.1, momentum=0.9)
    take_step(optimizer, params)
    saved = optimizer.state_dict()
    with pytest.raises(nn.StateError, match=r"groups of \[1\] parameters, the state of \[2\]"):
        optim.SGD(params[:1]).load_state_dict(saved)
    saved["state"][1]["momentum_buffer"] = np.ones(3)
    other = optim.SGD(params, lr=0.7, momentum=0.9)
    with pytest.raises(nn.StateError, match=r"momentum_buffer of parameter 1 is \(3,\)"):
        other.load_state_dict(saved)
    assert other.param_groups[0]["lr"] == 0.7


def test_groups_have_options_of_their_own():
    a, b = two_params()
    optimizer = optim.SGD([{"params": [a], "lr": 0.0}], lr=0.1)
    optimizer.add_param_group({"params": [b]})
    take_step(optimizer, [a, b])
    assert a.tolist() == [1, -2]
    assert b.item() == pytest.approx(0.5 - 0.1 * 0.75)
    optimizer.param_groups[0]["lr"] = 0.1
    take_step(optimizer, [a, b])
    assert a.tolist() != [1, -2]


def test_parameters_without_gradient_stay():
    a, b = two_params()
    optimizer = optim.Adam([a, b], weight_decay=1.0)
    a.sum().backward()
    optimizer.step()
    assert b.item() == 0.5
    assert a.tolist() != [1, -2]


def test_a_graph_recorded_before_the_step_keeps_its_values():
    w = nn.Parameter([2.0, 3.0])
    y = (w * w).sum()
    w.grad = np.ones(2)
    optim.SGD([w], lr=1.0).step()
    w.grad = None
    y.backward()
    assert w.grad.tolist() == [4, 6]
    assert w.tolist() == [1, 2]


def test_a_closure_is_called_with_recording_on():
    w = nn.Parameter([2.0])
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 4
    assert w.item() == pytest.approx(1.6)


MISUSE = {
    "empty": (lambda p: optim.SGD([]), ArgumentError, "empty"),
    "one tensor": (lambda p: optim.SGD(p), DTypeError, r"hint: SGD\(\[w, b\]"),
    "model": (lambda p: optim.Adam(nn.Linear(1, 1)), DTypeError, r"model.parameters\(\)"),
    "set": (lambda p: optim.Adam({p}), DTypeError, "ordered"),
    "array": (lambda p: optim.SGD([np.ones(3)]), DTypeError, "parameter 0 is a ndarray"),
    "twice": (lambda p: optim.SGD([p, p]), ArgumentError, "comes twice"),
    "twice in groups": (
        lambda p: optim.SGD([{"params": p}, {"params": [p]}]), ArgumentError, "comes twice"),
    "result": (lambda p: optim.SGD([p * 2]), GraphError, "computed by multiply"),
    "negative lr": (lambda p: optim.SGD([p], lr=-1), ArgumentError, "lr must be 0 or more, got -1"),
    "nan lr": (lambda p: optim.Adam([p], lr=float("nan")), ArgumentError, "lr"),
    "betas": (lambda p: optim.Adam([p], betas=(0.9, 1.0)), ArgumentError, "betas"),
    "nesterov": (lambda p: optim.SGD([p], nesterov=True), ArgumentError, "needs momentum"),
    "unknown option": (
        lambda p: optim.SGD([{"params": p, "beta": 1}]), ArgumentError, "no option 'beta'"),
    "group": (lambda p: optim.SGD([p]).add_param_group([p]), DTypeError, "'params', got list"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told_at_once(case):
    action, error, match = MISUSE[case]
    with pytest.raises(error, match=match):
        action(Tensor([1.0, 2.0], requires_grad=True))


def test_repr_shows_the_options():
    text = repr(optim.SGD([nn.Parameter(1.0)], lr=0.5))
    assert text.startswith("SGD (\nParameter Group 0\n")
    assert "    lr: 0.5\n" in text
