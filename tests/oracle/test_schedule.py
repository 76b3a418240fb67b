"""Every scheduler that PyTorch has as well: the same learning rates and momenta, epoch by epoch."""

import copy
import inspect

import numpy as np
import pytest

import nn
from nn import optim
from nn.optim import lr_scheduler

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

STEPS = 20
CLOSE = {"rel": 1e-10, "abs": 1e-15}
SCHEDULES = {
    "LambdaLR": [
        {"lr_lambda": lambda t: 0.9**t},
        {"lr_lambda": [lambda t: 1 / (1 + t), lambda t: 2.0 - (t > 3)]},
    ],
    "MultiplicativeLR": [{"lr_lambda": lambda t: 0.9 + 0.01 * t}],
    "StepLR": [{"step_size": 3}, {"step_size": 1, "gamma": 0.7}],
    "MultiStepLR": [{"milestones": [2, 9]}, {"milestones": [9, 4, 4, 15], "gamma": 0.5}],
    "ConstantLR": [{}, {"factor": 0.2, "total_iters": 7}, {"factor": 1.0}],
    "LinearLR": [
        {},
        {"start_factor": 0.1, "end_factor": 0.7, "total_iters": 12},
        {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 9},
    ],
    "ExponentialLR": [{"gamma": 0.9}],
    "PolynomialLR": [{}, {"total_iters": 11, "power": 2.5}, {"total_iters": 30, "power": 0.5}],
    "CosineAnnealingLR": [{"T_max": 25}, {"T_max": 4, "eta_min": 0.01}, {"T_max": 1}],
    "CosineAnnealingWarmRestarts": [
        {"T_0": 25},
        {"T_0": 3, "T_mult": 2, "eta_min": 0.01},
        {"T_0": 1},
        {"T_0": 4},
    ],
    "CyclicLR": [
        {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 4},
        {"base_lr": [0.01, 0.02], "max_lr": [0.2, 0.3], "step_size_up": 3, "step_size_down": 5},
        {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 2, "mode": "triangular2"},
        {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9},
        {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 2, "scale_fn": lambda k: 1 / k},
        {
            "base_lr": 0.01, "max_lr": 0.2, "step_size_up": 2, "scale_fn": lambda k: 1 / (1 + k),
            "scale_mode": "iterations", "base_momentum": 0.6, "max_momentum": 0.99,
        },
        {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 4, "cycle_momentum": False},
    ],
    "OneCycleLR": [
        {"max_lr": 0.5, "total_steps": 25},
        {"max_lr": [0.5, 0.1], "epochs": 3, "steps_per_epoch": 7, "pct_start": 0.5},
        {"max_lr": 0.5, "total_steps": 21, "anneal_strategy": "linear", "cycle_momentum": False},
        {"max_lr": 0.5, "total_steps": 30, "three_phase": True, "div_factor": 5},
        {
            "max_lr": 0.5, "total_steps": 40, "three_phase": True, "anneal_strategy": "linear",
            "final_div_factor": 10, "base_momentum": 0.5, "max_momentum": [0.7, 0.8],
        },
    ],
    "ReduceLROnPlateau": [
        {"patience": 0},
        {"patience": 2, "factor": 0.5, "cooldown": 2, "threshold": 0.1},
        {"patience": 1, "mode": "max", "threshold_mode": "abs", "threshold": 0.3},
        {"patience": 1, "mode": "max", "threshold": 0.1, "min_lr": [0.05, 0.01]},
        {"patience": 1, "threshold_mode": "abs", "threshold": 0.2, "eps": 0.02},
    ],
    "SWALR": [
        {"swa_lr": 0.05},
        {"swa_lr": [0.05, 0.5], "anneal_epochs": 5, "anneal_strategy": "linear"},
        {"swa_lr": 0.05, "anneal_epochs": 0},
    ],
}  # fmt: skip
# name -> how to make it, from the module with the schedulers and the optimiser
COMPOSED = {
    "chained": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.5, 4), s.ExponentialLR(o, 0.9), s.LinearLR(o, 0.2, 1.0, 10)]
    ),
    "chained with cosine": lambda s, o: s.ChainedScheduler(
        [s.CosineAnnealingLR(o, 6), s.StepLR(o, 4)], o
    ),
    "sequence": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.9)], [5]
    ),
    "sequence of four": lambda s, o: s.SequentialLR(
        o,
        [s.LinearLR(o), s.CosineAnnealingLR(o, 5, 0.01), s.StepLR(o, 2), s.PolynomialLR(o, 4)],
        [3, 8, 13],
    ),
    "sequence with functions": lambda s, o: s.SequentialLR(
        o,
        [
            s.MultiplicativeLR(o, lambda t: 0.9),
            s.LambdaLR(o, lambda t: 0.5**t),
            s.MultiplicativeLR(o, lambda t: 0.7),
        ],
        [4, 9],
    ),
    "sequence with restarts": lambda s, o: s.SequentialLR(
        o, [s.MultiStepLR(o, [1, 3]), s.CosineAnnealingWarmRestarts(o, 3, 2)], [5]
    ),
    "sequence that skips its first": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o), s.ExponentialLR(o, 0.9)], [0]
    ),
}
OPTIMISERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    "Adam": {"lr": 0.1},
}


def simple():
    return [
        pytest.param(name, options, id=f"{name} {k}")
        for name, many in SCHEDULES.items()
        for k, options in enumerate(many)
    ]


def makers():
    """Functions that make a scheduler from a side and its optimiser."""
    out = [pytest.param(make, id=name) for name, make in COMPOSED.items()]
    for name, many in SCHEDULES.items():
        for k, options in enumerate(many):

            def make(side, optimizer, name=name, options=options):
                return getattr(side, name)(optimizer, **options)

            out.append(pytest.param(make, id=f"{name} {k}"))
    return out


class Ours:
    """nn.optim.lr_scheduler and SWALR in one place."""

    SWALR = optim.SWALR


class Theirs:
    """torch.optim.lr_scheduler and SWALR in one place."""

    SWALR = torch.optim.swa_utils.SWALR


for side, module in ((Ours, lr_scheduler), (Theirs, torch.optim.lr_scheduler)):
    for name in torch.optim.lr_scheduler.__all__:
        setattr(side, name, getattr(module, name))


def test_every_scheduler_of_pytorch_is_compared():
    theirs = {*torch.optim.lr_scheduler.__all__, "SWALR"}
    assert theirs == {*SCHEDULES, "LRScheduler", "ChainedScheduler", "SequentialLR"}


@pytest.mark.parametrize("name", [*torch.optim.lr_scheduler.__all__, "SWALR"])
def test_arguments_and_defaults_are_the_same(name):
    ours = inspect.signature(getattr(Ours, name)).parameters
    theirs = inspect.signature(getattr(Theirs, name)).parameters
    assert [(k, p.default) for k, p in ours.items()] == [(k, p.default) for k, p in theirs.items()]


def optimisers(kind):
    """The same optimiser on either side, with two groups of different learning rates."""
    a, b = np.array([1.0, -2.0]), np.array(0.5)
    ours = [{"params": [nn.Parameter(a)]}, {"params": [nn.Parameter(b)], "lr": 0.03}]
    theirs = [
        {"params": [torch.tensor(a, requires_grad=True)]},
        {"params": [torch.tensor(b, requires_grad=True)], "lr": 0.03},
    ]
    options = OPTIMISERS[kind]
    return getattr(optim, kind)(ours, **options), getattr(torch.optim, kind)(theirs, **options)


def advance(optimizer, scheduler, k):
    """One step of both, with a metric where it is asked for."""
    optimizer.step()
    if "Plateau" in type(scheduler).__name__:
        scheduler.step([3.0, 2.0, 1.9, 1.9, 2.5, 1.0, 1.0, 4.0][k % 8] - 0.02 * k)
    else:
        scheduler.step()


def settings(optimizer):
    """Learning rate and momentum of every group."""
    return [
        (g["lr"], g["betas"][0] if "betas" in g else g["momentum"]) for g in optimizer.param_groups
    ]


@pytest.mark.parametrize("kind", OPTIMISERS)
@pytest.mark.parametrize("make", makers())
def test_schedules(make, kind):
    ours, theirs = optimisers(kind)
    mine, other = make(Ours, ours), make(Theirs, theirs)
    for k in range(STEPS):
        for a, b in zip(settings(ours), settings(theirs), strict=True):
            assert a == pytest.approx(b, **CLOSE), k
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), **CLOSE)
        advance(ours, mine, k)
        advance(theirs, other, k)


@pytest.mark.parametrize("make", makers())
def test_changes_of_the_user_are_kept_in_the_same_way(make):
    ours, theirs = optimisers("SGD")
    mine, other = make(Ours, ours), make(Theirs, theirs)
    for k in range(STEPS):
        if k == 5:
            ours.param_groups[0]["lr"] = theirs.param_groups[0]["lr"] = 0.077
        for a, b in zip(settings(ours), settings(theirs), strict=True):
            assert a == pytest.approx(b, **CLOSE), k
        advance(ours, mine, k)
        advance(theirs, other, k)


@pytest.mark.parametrize("loaded_first", ["optimiser", "scheduler"])
@pytest.mark.parametrize("kind", OPTIMISERS)
@pytest.mark.parametrize("make", makers())
def test_a_saved_state_goes_on_bit_for_bit(make, kind, loaded_first):
    one, _ = optimisers(kind)
    scheduler = make(Ours, one)
    for k in range(STEPS):
        if k == STEPS // 2 - 1:
            two, _ = optimisers(kind)
            again = make(Ours, two)
            loads = [(two, one), (again, scheduler)]
            for new, old in loads if loaded_first == "optimiser" else loads[::-1]:
                new.load_state_dict(copy.deepcopy(old.state_dict()))
        advance(one, scheduler, k)
        if k >= STEPS // 2 - 1:
            advance(two, again, k)
            assert settings(one) == settings(two)
            assert scheduler.get_last_lr() == again.get_last_lr()
    assert repr(scheduler.state_dict()) == repr(again.state_dict())


# PyTorch's StepLR and MultiStepLR drop a second time if the epoch is one of a drop, and its
# CosineAnnealingWarmRestarts takes last_epoch for the place in the first period
BROKEN = {"StepLR", "MultiStepLR", "CosineAnnealingWarmRestarts"}
RESUMABLE = [p for p in simple() if p.values[0] not in {*BROKEN, "ReduceLROnPlateau", "SWALR"}]


@pytest.mark.parametrize(("name", "options"), RESUMABLE)
def test_last_epoch_continues(name, options):
    ours, theirs = optimisers("SGD")
    before = [getattr(s, name)(o, **options) for s, o in ((Ours, ours), (Theirs, theirs))]
    for k in range(6):
        advance(ours, before[0], k)
        advance(theirs, before[1], k)
    mine = getattr(Ours, name)(ours, **options, last_epoch=5)
    other = getattr(Theirs, name)(theirs, **options, last_epoch=5)
    for k in range(6, 12):
        for a, b in zip(settings(ours), settings(theirs), strict=True):
            assert a == pytest.approx(b, **CLOSE), k
        advance(ours, mine, k)
        advance(theirs, other, k)


@pytest.mark.parametrize("epochs", [[0.5, 1.25, 2, 9.5, 3], [0, 0, 7.0, 20.5]])
@pytest.mark.parametrize("options", SCHEDULES["CosineAnnealingWarmRestarts"])
def test_fractional_epochs(options, epochs):
    ours, theirs = optimisers("SGD")
    name = "CosineAnnealingWarmRestarts"
    mine, other = getattr(Ours, name)(ours, **options), getattr(Theirs, name)(theirs, **options)
    for epoch in epochs:
        for o, s in ((ours, mine), (theirs, other)):
            o.step()
            s.step(epoch)
        assert mine.get_last_lr() == pytest.approx(other.get_last_lr(), **CLOSE)
