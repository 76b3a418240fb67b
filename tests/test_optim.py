"""What optimisers promise: the published update, in place, exactly resumable."""

import copy

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, DTypeError, GraphError
from nn import optim

# Every class, with the options that take other ways through its formula
MAKERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "sgd nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1),
    "adam amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "adamw": lambda p: optim.AdamW(p, lr=0.1),
    "adamax": lambda p: optim.Adamax(p, lr=0.1),
    "nadam": lambda p: optim.NAdam(p, lr=0.1, weight_decay=0.1),
    "radam": lambda p: optim.RAdam(p, lr=0.01, decoupled_weight_decay=True, weight_decay=0.1),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
    "adadelta": lambda p: optim.Adadelta(p),
    "rmsprop": lambda p: optim.RMSprop(p),
    "rmsprop centered": lambda p: optim.RMSprop(p, momentum=0.5, centered=True),
    "asgd": lambda p: optim.ASGD(p, t0=1),
    "rprop": lambda p: optim.Rprop(p),
    "lion": lambda p: optim.Lion(p, lr=0.1, weight_decay=0.1),
    "adafactor": lambda p: optim.Adafactor(p, lr=0.1, weight_decay=0.1),
}


def take_step(optimizer, params):
    optimizer.zero_grad()
    sum((p * p * p).sum() for p in params).backward()
    optimizer.step()


def two_params(dtype=np.float64):
    return [nn.Parameter(np.array([1.0, -2.0], dtype)), nn.Parameter(np.array(0.5, dtype))]


def test_every_optimiser_that_treats_parameters_one_by_one_is_here():
    made = {type(make(two_params())).__name__ for make in MAKERS.values()}
    classes = {n: c for n, c in vars(optim).items() if isinstance(c, type)}
    named = {n for n, c in classes.items() if issubclass(c, optim.PerParameter)}
    assert made == named - {"PerParameter"}


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
    arrays = {k: v for k, v in optimizer.state[params[0]].items() if isinstance(v, np.ndarray)}
    assert all(id(v) == state[k] for k, v in arrays.items())
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


def adam_state(**changes):
    """A state dict of Adam for two parameters, with some of its entries replaced."""
    params = two_params()
    optimizer = optim.Adam(params)
    take_step(optimizer, params)
    saved = optimizer.state_dict()
    for path, value in changes.items():
        *way, last = path.split("__")
        place = saved
        for key in way:
            place = place[int(key) if key.isdigit() else key]
        if value is None:
            del place[last]
        else:
            place[int(last) if last.isdigit() else last] = value
    return saved


FOREIGN = {
    "no dict": ([1, 2], "the keys 'state' and 'param_groups'"),
    "a module's": ({"weight": np.ones(2)}, "the keys 'state' and 'param_groups'"),
    "a state that is no dict": ({"state": [], "param_groups": []}, "'state' is a dict of dicts"),
    "a group that is no dict": ({"state": {}, "param_groups": [1]}, "a list of dicts"),
    "a state of numbers": ({"state": {0: 1}, "param_groups": []}, "'state' is a dict of dicts"),
    "a beta": (adam_state(param_groups__0__betas=0.9), "betas must be two numbers, got 0.9 in"),
    "another optimiser's": (
        optim.RMSprop(two_params()).state_dict(), r"another optimiser's: a group lacks 'betas'"),
    "an unknown option": (adam_state(param_groups__0__rho=1), "has 'rho'"),
    "a missing option": (adam_state(param_groups__0__eps=None), "lacks 'eps'"),
    "a wrong option": (adam_state(param_groups__0__lr=-1), "lr must be 0 or more, got -1 in"),
    "a missing moment": (adam_state(state__0__exp_avg=None), "parameter 0 lacks 'exp_avg'"),
    "an unknown moment": (adam_state(state__1__max=np.ones(())), "'max' in the state of param"),
    "a wrong shape": (adam_state(state__1__exp_avg_sq=np.ones(3)), r"exp_avg_sq .* is \(3,\)"),
    "a wrong dtype": (adam_state(state__0__exp_avg=np.ones(2, complex)), "complex128, not float64"),
    "a step that is no number": (adam_state(state__1__step=np.ones(2)), r"step .* is \(2,\)"),
    "a stray parameter": (adam_state(state__7={"step": 1}), r"numbers .* \[0, 1\], not"),
    "a repeated parameter": (adam_state(param_groups__0__params=[0, 0]), r"\[0, 0\]"),
}  # fmt: skip


@pytest.mark.parametrize("case", FOREIGN)
def test_foreign_states_are_refused_and_nothing_is_loaded(case):
    state, match = FOREIGN[case]
    params = two_params()
    optimizer = optim.Adam(params, lr=0.7)
    take_step(optimizer, params)
    before = repr(optimizer.state_dict())
    with pytest.raises(nn.StateError, match=match):
        optimizer.load_state_dict(state)
    assert repr(optimizer.state_dict()) == before


def test_states_survive_files_that_know_lists_only():
    saved = adam_state()
    saved["param_groups"][0]["betas"] = [0.5, 0.9]
    optimizer = optim.Adam(two_params())
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["betas"] == (0.5, 0.9)


def test_parameters_may_come_with_their_names():
    model = nn.Linear(2, 1)
    for params in (model.named_parameters(), [{"params": list(model.named_parameters())}]):
        a, b = optim.SGD(params).param_groups[0]["params"]
        assert a is model.weight
        assert b is model.bias


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


@pytest.mark.parametrize("case", MAKERS)
def test_dtypes_and_sizes_do_not_mix(case):
    """Scratch memory is shared, so parameters of other sizes and dtypes must not see it."""
    values = [
        np.array([1.0, -2.0]),
        np.array([[3.0], [2.0], [0.5]]),
        np.array(0.5),
        np.ones((0, 2)),
    ]
    dtypes = [np.float32, np.float64, np.float64, np.float32]
    together = [nn.Parameter(v.astype(d)) for v, d in zip(values, dtypes)]
    alone = [nn.Parameter(np.array(p)) for p in together]
    optimizers = [MAKERS[case](together), *(MAKERS[case]([p]) for p in alone)]
    for _ in range(3):
        for p in (*together, *alone):
            p.grad = np.sign(np.asarray(p)) + np.asarray(p) * 0.5
        for optimizer in optimizers:
            optimizer.step()
    for p, q, d in zip(together, alone, dtypes):
        assert p.dtype == q.dtype == d
        assert p.tolist() == q.tolist()


@pytest.mark.parametrize("case", MAKERS)
def test_frozen_parameters_and_those_without_gradient_stay(case):
    a, b = two_params()
    b.requires_grad_(False)
    optimizer = MAKERS[case]([a, b])
    for _ in range(3):
        take_step(optimizer, [a])
    assert b.item() == 0.5
    assert set(optimizer.state_dict()["state"]) <= {0}


def test_a_gradient_of_another_dtype_is_converted():
    p = nn.Parameter(np.ones(2, np.float32))
    optimizer = optim.SGD([p], lr=0.5)
    p.grad = Tensor(np.ones(2))
    optimizer.step()
    assert p.tolist() == [0.5, 0.5]
    assert p.dtype == np.float32
    p.grad = Tensor(np.ones(2, int))
    optimizer.step()
    assert p.tolist() == [0, 0]


@pytest.mark.parametrize("case", MAKERS)
def test_an_exception_in_the_closure_changes_nothing(case):
    params = two_params()
    optimizer = MAKERS[case](params)
    take_step(optimizer, params)
    before = repr((optimizer.state_dict(), [p.tolist() for p in params]))

    def closure():
        sum((p * p).sum() for p in params).backward()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert repr((optimizer.state_dict(), [p.tolist() for p in params])) == before


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
    "lr of another type": (lambda p: optim.SGD([p], lr="big"), ArgumentError, "got 'big'"),
    "beta": (lambda p: optim.Adam([p], betas=0.9), ArgumentError, "betas must be two .* got 0.9"),
    "eta": (lambda p: optim.Rprop([p], etas=0.5), ArgumentError, "etas must be two numbers"),
    "words as etas": (lambda p: optim.Rprop([p], etas="ab"), ArgumentError, "etas must be two"),
    "words as eps": (lambda p: optim.Adafactor([p], eps=("a", 1)), ArgumentError, "eps must be"),
    "one beta": (lambda p: optim.NAdam([p], betas=(0.9,)), ArgumentError, "betas must be two"),
    "rho": (lambda p: optim.Adadelta([p], rho=1.5), ArgumentError, "rho must be a number in"),
    "alpha": (lambda p: optim.RMSprop([p], alpha=-0.1), ArgumentError, "alpha"),
    "etas": (lambda p: optim.Rprop([p], etas=(1.2, 0.5)), ArgumentError, "one below and one above"),
    "step sizes": (
        lambda p: optim.Rprop([p], step_sizes=(1, 0.1)), ArgumentError, "least and the most"),
    "beta2 decay": (lambda p: optim.Adafactor([p], beta2_decay=1), ArgumentError, "beta2_decay"),
    "d": (lambda p: optim.Adafactor([p], d=0.5), ArgumentError, "d must be 1 or more"),
    "two eps": (lambda p: optim.Adafactor([p], eps=(1, -1)), ArgumentError, "eps must be two"),
    "dampening": (lambda p: optim.SGD([p], dampening=None), ArgumentError, "dampening"),
    "options of a group": (
        lambda p: optim.Lion([{"params": p, "betas": (2, 0)}]), ArgumentError, "betas"),
    "two groups": (
        lambda p: optim.LBFGS([{"params": p}, {"params": Tensor([1.0])}]), ArgumentError,
        "one group"),
    "search": (
        lambda p: optim.LBFGS([p], line_search_fn="armijo"), ArgumentError, "'strong_wolfe', got"),
    "history": (lambda p: optim.LBFGS([p], history_size=-1), ArgumentError, "history_size"),
    "formula": (
        lambda p: optim.ConjugateGradient([p], formula="pr"), ArgumentError, "'fletcher-reeves'"),
    "no closure": (lambda p: optim.LBFGS([p]).step(), ArgumentError, "needs a closure"),
    "no loss": (lambda p: optim.LBFGS([p]).step(lambda: None), DTypeError, "return the loss"),
    "unknown option": (
        lambda p: optim.SGD([{"params": p, "beta": 1}]), ArgumentError, "no option 'beta'"),
    "group": (lambda p: optim.SGD([p]).add_param_group([p]), DTypeError, "'params', got list"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told_at_once(case):
    action, error, match = MISUSE[case]
    with pytest.raises(error, match=match):
        action(Tensor([1.0, 2.0], requires_grad=True))


@pytest.mark.parametrize("case", MAKERS)
def test_a_model_and_its_optimiser_can_be_copied_together(case):
    params = two_params()
    optimizer = MAKERS[case](params)
    take_step(optimizer, params)
    others, other = copy.deepcopy((params, optimizer))
    for p, o in ((params, optimizer), (others, other)):
        take_step(o, p)
    assert [p.tolist() for p in params] == [p.tolist() for p in others]
    assert not any(p is q for p, q in zip(params, others))


def test_repr_shows_the_options():
    text = repr(optim.SGD([nn.Parameter(1.0)], lr=0.5))
    assert text.startswith("SGD (\nParameter Group 0\n")
    assert "    lr: 0.5\n" in text
