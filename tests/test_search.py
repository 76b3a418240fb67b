"""Search for hyper-parameters: the same table each time, failures told, ranges narrowed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
from nn import search
from nn.search import IntUniform, LogUniform, Uniform

SPACE = {"lr": LogUniform(1e-6, 1), "size": IntUniform(1, 5), "kind": ["a", "b"]}


def noisy(lr, size, kind):
    """Best at lr = 0.003, of kind b, and never twice the same without a seed."""
    noise = 1e-3 * autograd.random.rand().item()
    return math.log10(lr / 0.003) ** 2 + (kind == "a") + noise


SEARCHES = {
    "grid": lambda seed: search.grid_search(
        noisy, {"lr": [1e-3, 1e-2], "size": [1], "kind": ["a", "b"]}, seed=seed
    ),
    "random": lambda seed: search.random_search(noisy, SPACE, 12, seed=seed),
    "coarse to fine": lambda seed: search.coarse_to_fine(noisy, SPACE, 8, seed=seed),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_the_same_table_each_time(name):
    before = autograd.random.get_state()
    first = SEARCHES[name](0)
    assert autograd.random.get_state() == before
    autograd.random.rand(7)
    assert SEARCHES[name](0).trials == first.trials
    assert SEARCHES[name](1).trials != first.trials
    for trial in (first.trials[-1], first.best):
        assert search.repeat(noisy, first, trial) == trial.score


def test_a_grid_tries_every_combination_once():
    found = search.grid_search(lambda a, b: a * b, {"a": range(3), "b": np.array([2, 5])})
    settings = [(t.settings["a"], t.settings["b"]) for t in found.trials]
    assert settings == [(a, b) for a in range(3) for b in (2, 5)]
    assert search.grid_search(lambda a: a, {"a": [1, 3, 2]}, mode="max").best.settings == {"a": 3}


def test_draws_stay_inside_and_are_uniform_in_their_scale():
    found = search.random_search(lambda lr, size, kind: lr, SPACE, 400)
    lr = np.log10([t.settings["lr"] for t in found.trials])
    assert (lr >= -6).all()
    assert (lr <= 0).all()
    counts, _ = np.histogram(lr, 6, (-6, 0))
    assert counts.min() > 40  # of 400 / 6 = 67, whose deviation is 7.5
    sizes = np.bincount([t.settings["size"] for t in found.trials])
    assert len(sizes) == 6
    assert sizes[1:].min() > 50  # of 80
    assert {t.settings["kind"] for t in found.trials} == {"a", "b"}


@given(
    st.sampled_from([Uniform, LogUniform]), st.floats(1e-6, 1e6), st.floats(1e-6, 1e6),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_places_and_values_are_inverse(kind, a, b, p, q):
    whole = kind(min(a, b), max(a, b))
    value = whole.value(p)
    assert whole.low <= value <= whole.high or math.isclose(value, whole.high)
    if whole.high > 1.01 * whole.low:
        assert whole.place(value) == pytest.approx(p, abs=1e-6)
    part = whole.between(min(p, q) - 0.1, max(p, q) + 0.1)
    assert whole.low <= part.low <= part.high
    assert part.high <= whole.high or math.isclose(part.high, whole.high)


@given(st.integers(-9, 9), st.integers(0, 9))
def test_integers_have_equal_shares(low, count):
    whole = IntUniform(low, low + count)
    places = (np.arange(1000) + 0.5) / 1000
    values = [whole.value(p) for p in places]
    shares = np.bincount(np.array(values) - low)
    assert len(shares) == count + 1
    assert shares.max() - shares.min() <= 1
    assert all(whole.value(whole.place(v)) == v for v in range(low, low + count + 1))


def test_coarse_to_fine_narrows_down():
    found = search.coarse_to_fine(noisy, SPACE, 20, rounds=3)
    spreads = []
    for k in range(3):
        lr = [t.settings["lr"] for t in found.trials[20 * k : 20 * k + 20]]
        spreads.append(max(lr) / min(lr))
        assert SPACE["lr"].low <= min(lr)
        assert max(lr) <= 1
    assert spreads[0] > 10 * spreads[1] > 10 * spreads[2]
    assert {t.settings["kind"] for t in found.trials[-20:]} == {"b"}
    assert found.best.settings["lr"] == pytest.approx(0.003, rel=0.2)


def test_failures_are_told_and_do_not_end_the_search():
    def fragile(lr):
        if lr > 1:
            raise nn.StateError("too large\nwith details")
        return math.nan if lr == 1 else lr

    found = search.grid_search(fragile, {"lr": [2, 0.5, 1, 0.25]})
    assert found.best.settings == {"lr": 0.25}
    assert [t.error for t in found.trials] == [
        "StateError: too large", None, "the score is nan", None,
    ]  # fmt: skip
    assert "in fragile" in found.failed[0].details
    assert str(found) == (
        "trial   score    lr\n"
        "    3    0.25  0.25\n"
        "    1     0.5   0.5\n"
        "    0  failed     2\n"
        "    2  failed     1\n"
        "trial 0 failed: StateError: too large\n"
        "trial 2 failed: the score is nan"
    )
    with pytest.raises(nn.StateError, match="with details"):
        search.repeat(fragile, found, found.failed[0])
    nothing = search.coarse_to_fine(lambda a: 1 / 0, {"a": Uniform(0, 1)}, 3)
    assert len(nothing.failed) == 9
    with pytest.raises(ValueError, match=r"all of the 9 trials failed[\s\S]*ZeroDivisionError"):
        _ = nothing.best


def test_ctrl_c_ends_the_search():
    def pressed(a):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.grid_search(pressed, {"a": [1, 2]})


def test_a_line_for_each_trial(capsys):
    search.grid_search(lambda a: 1 / a, {"a": [4, 0]}, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "trial 0  a 4  score 0.25", "trial 1  a 0  failed: ZeroDivisionError: division by zero",
    ]  # fmt: skip


def test_a_learning_rate_for_a_trainer():
    x = np.linspace(-1, 1, 16, dtype=np.float32)[:, None]

    def loss(lr):
        model = nn.Linear(1, 1)
        own = nn.Trainer(model, nn.optim.SGD(model.parameters(), lr), nn.MSELoss())
        with np.errstate(all="ignore"):
            return own.fit([(x, 2 * x)], epochs=30, verbose=False)["train_loss"][-1]

    found = search.grid_search(loss, {"lr": [1e-3, 0.3, 1e5]})
    assert found.best.settings == {"lr": 0.3}
    assert "NonFiniteError: Trainer: stopped in epoch" in found.failed[0].error


MISUSE = {
    "objective": (lambda: search.grid_search(3, {"a": [1]}), "must be a function"),
    "space": (lambda: search.random_search(abs, [1], 3), "must be a dict"),
    "no space": (lambda: search.random_search(abs, {}, 3), "must be a dict"),
    "no values": (lambda: search.grid_search(abs, {"a": []}), "a must be a Range or a list"),
    "text": (lambda: search.grid_search(abs, {"a": "xyz"}), "a must be a Range or a list"),
    "range in a grid": (lambda: search.grid_search(abs, {"a": Uniform(0, 1)}), "list of values"),
    "mode": (lambda: search.grid_search(abs, {"a": [1]}, mode="best"), "'min' or 'max'"),
    "trials": (lambda: search.random_search(abs, {"a": [1]}, 0), "trials must be a positive"),
    "rounds": (lambda: search.coarse_to_fine(abs, {"a": [1]}, 1, 0), "rounds must be a positive"),
    "keep": (lambda: search.coarse_to_fine(abs, {"a": [1]}, 1, keep=0), "keep must be above 0"),
    "order": (lambda: Uniform(1, 0), "needs low <= high"),
    "infinite": (lambda: Uniform(0, math.inf), "needs low <= high"),
    "zero": (lambda: LogUniform(0, 1), "low must be above 0"),
    "fraction": (lambda: IntUniform(1, 2.5), "must be ints"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told(case):
    action, match = MISUSE[case]
    with pytest.raises((ValueError, TypeError), match=match):
        action()
