"""What schedulers promise: right order told, exactly resumable, foreign states refused."""

import copy
import math

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError, DTypeError
from nn import optim
from nn.optim import lr_scheduler as S  # noqa: N812

# How to make each from an optimiser of two groups, with the options that continue it
MAKERS = {
    "LambdaLR": lambda o, **k: S.LambdaLR(o, lambda t: 0.9**t, **k),
    "MultiplicativeLR": lambda o, **k: S.MultiplicativeLR(o, lambda t: 0.9 + t / 100, **k),
    "StepLR": lambda o, **k: S.StepLR(o, 3, 0.5, **k),
    "MultiStepLR": lambda o, **k: S.MultiStepLR(o, [2, 6, 9], **k),
    "ConstantLR": lambda o, **k: S.ConstantLR(o, 0.3, 6, **k),
    "LinearLR": lambda o, **k: S.LinearLR(o, 0.1, 0.9, 8, **k),
    "ExponentialLR": lambda o, **k: S.ExponentialLR(o, 0.9, **k),
    "PolynomialLR": lambda o, **k: S.PolynomialLR(o, 9, 2.0, **k),
    "CosineAnnealingLR": lambda o, **k: S.CosineAnnealingLR(o, 5, 0.01, **k),
    "CosineAnnealingWarmRestarts": lambda o, **k: S.CosineAnnealingWarmRestarts(o, 2, 2, **k),
    "CyclicLR": lambda o, **k: S.CyclicLR(o, 0.01, [0.2, 0.3], 3, **k),
    "OneCycleLR": lambda o, **k: S.OneCycleLR(o, [0.2, 0.3], 20, **k),
    "SWALR": lambda o, **k: optim.SWALR(o, [0.2, 0.3], 7, **k),
}
COMPOSED = {
    "ReduceLROnPlateau": lambda o: S.ReduceLROnPlateau(o),
    "ChainedScheduler": lambda o: S.ChainedScheduler([S.StepLR(o, 2), S.LinearLR(o)]),
    "SequentialLR": lambda o: S.SequentialLR(o, [S.StepLR(o, 2), S.LinearLR(o)], [3]),
}


def two_groups(lr=0.1, kind=optim.SGD, **options):
    a, b = nn.Parameter([1.0, 2.0]), nn.Parameter(0.5)
    options = {"momentum": 0.9, **options} if kind is optim.SGD else options
    return kind([{"params": [a]}, {"params": [b], "lr": lr / 2}], lr=lr, **options)


def rates(optimizer, scheduler, count):
    """The learning rates of the next epochs."""
    out = []
    for _ in range(count):
        out.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return out


def test_every_scheduler_is_here():
    named = {n for n in S.__all__ if n[0].isupper()} - {"LRScheduler", "FactorLR", "Scheduler"}
    assert named | {"SWALR"} == {*MAKERS, *COMPOSED}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("done", [1, 3, 6, 7])
def test_last_epoch_continues_where_it_stopped(name, done):
    make = MAKERS[name]
    optimizer = two_groups()
    expected = rates(optimizer, make(optimizer), 12)
    optimizer = two_groups()
    first = rates(optimizer, make(optimizer), done)
    second = rates(optimizer, make(optimizer, last_epoch=done - 1), 12 - done)
    assert np.allclose([*first, *second], expected, rtol=1e-12)


def test_last_epoch_needs_the_first_learning_rates():
    with pytest.raises(ArgumentError, match="group 0 has no 'initial_lr'"):
        S.StepLR(two_groups(), 3, last_epoch=5)
    optimizer = optim.SGD([{"params": nn.Parameter(1.0), "initial_lr": 0.1, "lr": 0.05}])
    assert S.ExponentialLR(optimizer, 0.5, last_epoch=0).base_lrs == [0.1]


@pytest.mark.parametrize("name", sorted({*MAKERS, *COMPOSED} - {"ReduceLROnPlateau"}))
def test_the_wrong_order_is_told_at_the_first_step(name):
    optimizer = two_groups()
    scheduler = {**MAKERS, **COMPOSED}[name](optimizer)
    with pytest.warns(UserWarning, match=r"before optimizer.step\(\)"):
        scheduler.step()
    optimizer.step()
    scheduler.step()


def test_a_metric_may_come_before_the_first_step():
    S.ReduceLROnPlateau(two_groups()).step(1.0)


def test_the_right_order_is_silent_also_after_loading():
    optimizer = two_groups()
    scheduler = S.StepLR(optimizer, 1)
    rates(optimizer, scheduler, 2)
    other = S.StepLR(two_groups(), 1)
    other.load_state_dict(scheduler.state_dict())
    other.step()


def test_states_are_copies_without_optimiser_and_functions():
    optimizer = two_groups()
    for make in {**MAKERS, **COMPOSED}.values():
        state = make(optimizer).state_dict()
        assert "optimizer" not in state
        assert not any(callable(v) for v in state.values())
    scheduler = S.MultiStepLR(optimizer, [3, 5])
    scheduler.state_dict()["milestones"].append(7)
    assert scheduler.milestones == [3, 5]
    scheduler.get_last_lr().append(0)
    assert len(scheduler.get_last_lr()) == 2


ALIKE = {"LambdaLR", "MultiplicativeLR"}  # nothing but counters: their states cannot be told apart


@pytest.mark.parametrize("other", {**MAKERS, **COMPOSED})
@pytest.mark.parametrize("name", {**MAKERS, **COMPOSED})
def test_states_of_other_kinds_are_refused(name, other):
    makers = {**MAKERS, **COMPOSED}
    scheduler = makers[name](two_groups())
    state = makers[other](two_groups()).state_dict()
    before = repr(scheduler.state_dict())
    if name == other or {name, other} == ALIKE:
        scheduler.load_state_dict(state)
    else:
        with pytest.raises(nn.StateError, match=name):
            scheduler.load_state_dict(state)
    assert repr(scheduler.state_dict()) == before or {name, other} == ALIKE


def test_states_of_other_parts_and_groups_are_refused_and_nothing_is_loaded():
    optimizer = two_groups()
    scheduler = COMPOSED["SequentialLR"](optimizer)
    rates(optimizer, scheduler, 5)
    saved = scheduler.state_dict()
    broken = copy.deepcopy(saved)
    del broken["_schedulers"][1]["end_factor"]
    other = COMPOSED["SequentialLR"](two_groups())
    before = repr(other.state_dict())
    for wrong, match in [
        (broken, "LinearLR: the state is another scheduler's: it lacks 'end_factor'"),
        ({**saved, "_schedulers": saved["_schedulers"][:1]}, "those of 2 '_schedulers'"),
        ({**saved, "_last_lr": [1]}, "_last_lr has 1 values .* 2 groups"),
        ([1], "'_schedulers'"),
    ]:
        with pytest.raises(nn.StateError, match=match):
            other.load_state_dict(wrong)
        assert repr(other.state_dict()) == before
    with pytest.raises(nn.StateError, match="a dict, got list"):
        S.StepLR(optimizer, 1).load_state_dict([1])


def test_a_warmup_rises_and_leaves_the_schedule_as_it_is():
    optimizer = two_groups()
    scheduler = S.with_warmup(S.CosineAnnealingLR(optimizer, 10), 4, start_factor=0.2)
    got = rates(optimizer, scheduler, 14)
    plain = two_groups()
    expected = rates(plain, S.CosineAnnealingLR(plain, 10), 10)
    assert np.allclose([lr for lr, _ in got[:4]], [0.02, 0.04, 0.06, 0.08])
    assert np.allclose(got[4:], expected)


def test_sequences_and_chains_nest():
    optimizer = two_groups(1.0)
    chain = S.ChainedScheduler([S.ConstantLR(optimizer, 0.5, 2), S.ExponentialLR(optimizer, 0.1)])
    inner = S.SequentialLR(optimizer, [S.ConstantLR(optimizer, 0.25, 9), chain], [1])
    outer = S.SequentialLR(optimizer, [S.ExponentialLR(optimizer, 0.5), inner], [2])
    got = [lr for lr, _ in rates(optimizer, outer, 7)]
    assert np.allclose(got, [1, 0.5, 0.25, 0.5, 0.05, 0.01, 0.001])


def test_one_cycle_ends():
    optimizer = two_groups()
    scheduler = S.OneCycleLR(optimizer, 1.0, total_steps=5)
    got = rates(optimizer, scheduler, 5)  # the step after the last batch is allowed, for loops
    assert got[-1] == [pytest.approx(1 / 25 / 1e4)] * 2
    assert optimizer.param_groups[0]["momentum"] == 0.95
    with pytest.raises(ArgumentError, match="5 steps in all, got 'step 6'"):
        scheduler.step()


@pytest.mark.parametrize("share", [0, 0.5, 1])
@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("three_phase", [False, True])
def test_one_cycle_of_few_steps_stays_within_its_bounds(total, share, three_phase):
    optimizer = two_groups()
    options = {"pct_start": share, "three_phase": three_phase}
    scheduler = S.OneCycleLR(optimizer, 1.0, total_steps=total, **options)
    for first, _ in rates(optimizer, scheduler, total):
        assert 0 < first <= 1 + 1e-12


def test_momentum_is_the_first_beta_where_there_are_two():
    optimizer = two_groups(kind=optim.Adam)
    S.CyclicLR(optimizer, 0.1, 0.2, base_momentum=[0.5, 0.6], max_momentum=0.7)
    assert [g["betas"] for g in optimizer.param_groups] == [(0.7, 0.999)] * 2


def test_a_plateau_is_left_when_the_metric_is_not_a_number():
    optimizer = two_groups()
    scheduler = S.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    for metric in [1.0, math.nan, nn.Parameter(2.0)]:
        scheduler.step(metric)
    assert scheduler.get_last_lr() == [0.05, 0.025]


def test_polynomials_and_lines_that_end_at_zero_stay_there():
    for make in (lambda o: S.PolynomialLR(o, 2), lambda o: S.LinearLR(o, 1.0, 0.0, 2)):
        optimizer = two_groups()
        got = [lr for lr, _ in rates(optimizer, make(optimizer), 5)]
        assert np.allclose(got, [0.1, 0.05, 0, 0, 0])


def test_a_constant_of_zero_comes_back():
    optimizer = two_groups()
    got = [lr for lr, _ in rates(optimizer, S.ConstantLR(optimizer, 0, 2), 4)]
    assert got == [0, 0, 0.1, 0.1]


@pytest.mark.parametrize("name", {**MAKERS, **COMPOSED})
def test_groups_that_come_later_are_told(name):
    optimizer = two_groups()
    scheduler = {**MAKERS, **COMPOSED}[name](optimizer)
    optimizer.step()
    optimizer.add_param_group({"params": nn.Parameter(1.0)})
    with pytest.raises(ArgumentError, match="has 3 groups of parameters, but had 2"):
        scheduler.step(*[1.0] * (name == "ReduceLROnPlateau"))


def test_the_linear_decay_of_the_textbooks():
    """a_i = (1 - i / k) * a_0 + i / k * b."""
    optimizer = two_groups(0.5)
    scheduler = S.LinearLR(optimizer, 1.0, 0.01, total_iters=10)
    got = [lr for lr, _ in rates(optimizer, scheduler, 11)]
    assert np.allclose(got, [(1 - i / 10) * 0.5 + i / 10 * 0.005 for i in range(11)])


PLAIN = optim.SGD([nn.Parameter(1.0)], lr=0.1)
OTHER = optim.SGD([nn.Parameter(1.0)], lr=0.1)
STEADY = optim.Adagrad([nn.Parameter(1.0)])
MISUSE = {
    "no optimiser": (lambda: S.StepLR(nn.Linear(1, 1), 1), DTypeError, "StepLR: needs an Optim"),
    "no optimiser for functions": (lambda: S.LambdaLR(1, abs), DTypeError, "needs an Optimizer"),
    "step size": (lambda: S.StepLR(PLAIN, 0), ArgumentError, "step_size must be a whole .* got 0"),
    "constant": (lambda: S.ConstantLR(PLAIN, 2), ArgumentError, "between 0 and 1, got 2"),
    "line start": (lambda: S.LinearLR(PLAIN, 0), ArgumentError, "start_factor must be above 0"),
    "line end": (lambda: S.LinearLR(PLAIN, 1, -1), ArgumentError, "end_factor"),
    "line length": (lambda: S.LinearLR(PLAIN, total_iters=0), ArgumentError, "total_iters"),
    "polynomial": (lambda: S.PolynomialLR(PLAIN, 2.5), ArgumentError, "total_iters .* got 2.5"),
    "cosine": (lambda: S.CosineAnnealingLR(PLAIN, 0), ArgumentError, "T_max"),
    "period": (lambda: S.CosineAnnealingWarmRestarts(PLAIN, 0), ArgumentError, "T_0"),
    "factor": (lambda: S.CosineAnnealingWarmRestarts(PLAIN, 1, 0.5), ArgumentError, "T_mult"),
    "epoch": (
        lambda: S.CosineAnnealingWarmRestarts(PLAIN, 1).step(-1), ArgumentError, "0 or more"),
    "no function": (lambda: S.LambdaLR(PLAIN, 0.5), DTypeError, "function of the epoch, got float"),
    "too many functions": (
        lambda: S.MultiplicativeLR(PLAIN, [abs, abs]), ArgumentError, "each of the 1 groups"),
    "mode": (lambda: S.CyclicLR(PLAIN, 0.1, 1, mode="round"), ArgumentError, "mode must be one of"),
    "scale mode": (
        lambda: S.CyclicLR(PLAIN, 0.1, 1, scale_mode="step"), ArgumentError, "scale_mode"),
    "sizes": (lambda: S.CyclicLR(PLAIN, 0.1, 1, 0), ArgumentError, "sizes must be above 0"),
    "no momentum": (
        lambda: S.CyclicLR(STEADY, 0.1, 1), ArgumentError, "Adagrad has no momentum"),
    "no steps": (lambda: S.OneCycleLR(PLAIN, 1, epochs=3), ArgumentError, "needs total_steps, or"),
    "steps": (lambda: S.OneCycleLR(PLAIN, 1, 2.5), ArgumentError, "total_steps .* got 2.5"),
    "share": (lambda: S.OneCycleLR(PLAIN, 1, 5, pct_start=3), ArgumentError, "pct_start"),
    "strategy": (
        lambda: S.OneCycleLR(PLAIN, 1, 5, anneal_strategy="sin"), ArgumentError, "'cos' or"),
    "plateau mode": (lambda: S.ReduceLROnPlateau(PLAIN, "low"), ArgumentError, "'min' or 'max'"),
    "plateau factor": (lambda: S.ReduceLROnPlateau(PLAIN, factor=1), ArgumentError, "below 1"),
    "threshold mode": (
        lambda: S.ReduceLROnPlateau(PLAIN, threshold_mode="x"), ArgumentError, "threshold_mode"),
    "no schedulers": (lambda: S.ChainedScheduler([]), ArgumentError, "at least one"),
    "no scheduler": (lambda: S.ChainedScheduler([PLAIN]), DTypeError, "item 0 is a SGD, not"),
    "plateau in a chain": (
        lambda: S.ChainedScheduler([S.ReduceLROnPlateau(PLAIN)]), ArgumentError, "stands alone"),
    "two optimisers": (
        lambda: S.SequentialLR(PLAIN, [S.StepLR(OTHER, 1)], []), ArgumentError, "one optimiser"),
    "milestones": (
        lambda: S.SequentialLR(PLAIN, [S.StepLR(PLAIN, 1)], [1]), ArgumentError, "needs 0 milest"),
    "order of milestones": (
        lambda: S.SequentialLR(PLAIN, [S.StepLR(PLAIN, 1)] * 3, [4, 1]), ArgumentError, "rise"),
    "swa strategy": (
        lambda: optim.SWALR(PLAIN, 1, anneal_strategy="x"), ArgumentError, "'cos' or 'linear'"),
    "swa epochs": (lambda: optim.SWALR(PLAIN, 1, -1), ArgumentError, "anneal_epochs"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told_at_once(case):
    action, error, match = MISUSE[case]
    with pytest.raises(error, match=match):
        action()
