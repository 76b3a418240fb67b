"""Every optimiser that PyTorch has as well: the same path, and state that moves over."""

import copy
import inspect

import numpy as np
import pytest

import nn
from nn import optim

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

SHAPES = [(3, 4), (4,), (), (2, 3, 2), (1, 1), (0, 2)]
STEPS = 20
# Rounding alone parts the paths: about 20 steps of a few operations each
CLOSE = {"rtol": 1e-8, "atol": 1e-9}

ADAM = [
    {},
    {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    {"lr": 0.05, "weight_decay": 0.1, "maximize": True},
]
DECOUPLED = {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True}
CASES = {
    "SGD": [
        {},
        {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
        {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "maximize": True},
        {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    ],
    "Adam": [*ADAM, DECOUPLED, {"lr": 0.05, "amsgrad": True, "maximize": True}],
    "AdamW": [*ADAM, {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True}],
    "Adamax": [*ADAM, {"lr": 0.3, "eps": 0.1}],
    "NAdam": [*ADAM, DECOUPLED, {"lr": 0.05, "momentum_decay": 0.1}],
    "RAdam": [*ADAM, DECOUPLED, {"lr": 0.05, "betas": (0.9, 0.5)}],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3},
        {"lr": 0.1, "initial_accumulator_value": 0.5, "maximize": True},
    ],
    "Adadelta": [{}, {"lr": 0.5, "rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}],
    "RMSprop": [
        {},
        {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.02, "momentum": 0.9},
        {"lr": 0.02, "alpha": 0.8, "momentum": 0.5, "centered": True},
        {"lr": 0.02, "alpha": 0.8, "centered": True},
    ],
    "ASGD": [
        {},
        {"lr": 0.05, "lambd": 0.1, "alpha": 0.5, "t0": 5, "weight_decay": 0.1},
        {"lr": 0.05, "t0": 0, "maximize": True},
    ],
    "Rprop": [
        {},
        {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.01, 0.2)},
        {"lr": 0.1, "maximize": True},
    ],
    "Adafactor": [
        {},
        {"lr": 0.3, "weight_decay": 0.1, "d": 2.0, "beta2_decay": -0.5, "maximize": True},
        {"lr": 0.3, "eps": (1e-2, 0.5)},
    ],
}  # fmt: skip
# No counterpart here: SparseAdam (there are no sparse gradients), Muon (matrices only, bfloat16)
ABSENT = {"SparseAdam", "Muon"}
FLAT = {"LBFGS"}  # call the closure themselves: compared in tests/oracle/test_optim_flat.py
ABOUT_DEVICES = {"foreach", "fused", "capturable", "differentiable"}

table = pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param(n, options, id=f"{n} {options}")
        for n, many in CASES.items()
        for options in many
    ],
)


@pytest.fixture(autouse=True)
def _double():
    """ASGD keeps its step size in the default dtype, even for parameters of float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def test_every_optimiser_of_pytorch_is_compared():
    theirs = {n for n, c in vars(torch.optim).items() if inspect.isclass(c)} - {"Optimizer"}
    assert theirs == set(CASES) | ABSENT | FLAT


@pytest.mark.parametrize("name", [*CASES, *FLAT])
def test_arguments_and_defaults_are_the_same(name):
    ours = inspect.signature(getattr(optim, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    assert {k: p.default for k, p in ours.items()} == {
        k: p.default for k, p in theirs.items() if k not in ABOUT_DEVICES
    }
    positional = [k for k, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [k for k in theirs if k in positional] == positional


def problem(name):
    """Parameters on either side, from the same numbers."""
    rng = np.random.default_rng(0)
    shapes = SHAPES[:-1] if name == "Adafactor" else SHAPES  # theirs divides by the size
    start = [rng.uniform(-2, 2, shape) for shape in shapes]
    return [nn.Parameter(a) for a in start], [torch.tensor(a, requires_grad=True) for a in start]


def gradients(k, params):
    """Gradients of step k: a bowl, noise, signs that turn; None and zero from time to time."""
    rng = np.random.default_rng(k)
    out = [np.asarray(p) * 0.7 + rng.normal(size=p.shape) for p in params]
    out[1] = None if k % 5 == 3 else out[1]
    out[3] = out[3] * 0 if k % 7 == 2 else out[3]
    return out


def groups(params):
    """Two groups, the second with options of its own."""
    return [{"params": params[:2]}, {"params": params[2:], "lr": 0.03}]


def set_gradients(params, values, make):
    for p, g in zip(params, values, strict=True):
        p.grad = None if g is None else make(g)


def assert_same(ours, theirs):
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(p), q.detach().numpy(), **CLOSE)


@table
@pytest.mark.parametrize("grouped", [False, True], ids=["one group", "two groups"])
def test_paths(name, options, grouped):
    ours, theirs = problem(name)
    step = getattr(optim, name)(groups(ours) if grouped else ours, **options)
    other = getattr(torch.optim, name)(groups(theirs) if grouped else theirs, **options)
    for k in range(STEPS):
        values = gradients(k, ours)
        set_gradients(ours, values, lambda g: g)
        set_gradients(theirs, values, torch.tensor)
        if k == STEPS // 2:
            step.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 0.01
        step.step()
        other.step()
        assert_same(ours, theirs)


@table
def test_a_saved_state_goes_on_bit_for_bit(name, options):
    ours, _ = problem(name)
    optimizer = getattr(optim, name)(groups(ours), **options)
    for k in range(STEPS):
        if k == STEPS // 2:
            copies = [nn.Parameter(np.array(p)) for p in ours]
            other = getattr(optim, name)(groups(copies))
            other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        set_gradients(ours, gradients(k, ours), lambda g: g)
        optimizer.step()
        if k >= STEPS // 2:
            set_gradients(copies, gradients(k, copies), lambda g: g)
            other.step()
    assert all(np.array_equal(np.asarray(p), np.asarray(q)) for p, q in zip(ours, copies))
    assert repr(other.state_dict()) == repr(optimizer.state_dict())


@table
def test_states_of_pytorch_are_understood(name, options):
    ours, theirs = problem(name)
    other = getattr(torch.optim, name)(groups(theirs), **options)
    for k in range(STEPS):
        if k == STEPS // 2:
            for p, q in zip(ours, theirs, strict=True):
                p.data = q.detach().numpy()
            step = getattr(optim, name)(groups(ours))
            step.load_state_dict(other.state_dict())
        values = gradients(k, [q.detach() for q in theirs])
        set_gradients(theirs, values, torch.tensor)
        other.step()
        if k >= STEPS // 2:
            set_gradients(ours, values, lambda g: g)
            step.step()
            assert_same(ours, theirs)
    names = {k for s in other.state_dict()["state"].values() for k, v in s.items() if v is not None}
    assert names - {"step"} == {k for s in step.state.values() for k in s} - {"step"}
