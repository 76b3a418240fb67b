"""A loop over data can be left anywhere and gone on with, in another process, to the bit."""

import json

import numpy as np
import pytest
from loading import SIZE, Numbers

import autograd
from nn.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from nn.errors import StateError

SAMPLERS = {
    "sequential": lambda rng: SequentialSampler(Numbers()),
    "random": lambda rng: RandomSampler(Numbers(), rng=rng),
    "with replacement": lambda rng: RandomSampler(Numbers(), True, 30, rng=rng),
    "weighted": lambda rng: WeightedRandomSampler(np.arange(SIZE), 20, rng=rng),
    "subset": lambda rng: SubsetRandomSampler([1, 3, 5, 7, 9, 11], rng=rng),
}


def listed(batch):
    return {key: value.tolist() for key, value in batch.items()}


def saved(loader):
    """The state as a checkpoint would keep it: text."""
    return json.loads(json.dumps(loader.state_dict()))


def run(loader, epochs, record, package=()):
    """Train, so to speak: batches, random numbers of the model, and what is saved at each step."""
    while loader.epoch < epochs:
        for batch in loader:
            record.append((listed(batch), autograd.random.rand().item()))
            if package != ():
                package.append((saved(loader), autograd.random.get_state()))
        if package != ():
            package.append((saved(loader), autograd.random.get_state()))


@pytest.mark.parametrize("rng", [None, 4], ids=["package generator", "own generator"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_training_goes_on_to_the_bit_from_every_step(name, rng):
    def make(seed):
        return DataLoader(Numbers(), 5, sampler=SAMPLERS[name](seed), rng=seed)

    autograd.random.manual_seed(1)
    record, states = [], []
    run(make(rng), 3, record, states)
    steps = len(record) // 3
    for at, (state, package) in enumerate(states):
        autograd.random.manual_seed(999)  # a new process
        loader = make(None if rng is None else 77)
        loader.load_state_dict(state)
        autograd.random.set_state(package)
        rest = []
        run(loader, 3, rest)
        done = at // (steps + 1) * steps + min(at % (steps + 1) + 1, steps)
        assert rest == record[done:], at


@pytest.mark.parametrize("crew", [{"num_workers": 1}, {"threads": 2}], ids=str)
def test_batches_made_ahead_count_as_not_made(crew):
    def make(**crew):
        return DataLoader(Numbers(), 2, shuffle=True, rng=0, **crew)

    expected = [listed(batch) for batch in make()]
    loader = make(**crew, prefetch_factor=4)
    batches = iter(loader)
    for _ in range(2):
        next(batches)
    state = saved(loader)
    batches.close()
    assert state["batch"] == 2
    other = make(threads=1)
    other.load_state_dict(state)
    assert [listed(batch) for batch in other] == expected[2:]
    assert (other.epoch, saved(other)["batch"]) == (1, 0)


def test_a_loop_left_early_can_be_gone_on_with_or_begun_anew():
    loader = DataLoader(Numbers(), 2, shuffle=True, rng=0)
    first = [listed(batch) for _, batch in zip(range(2), loader)]
    state = saved(loader)
    anew = [listed(batch) for batch in loader]
    assert len(anew) == 6
    assert anew[:2] != first
    assert loader.epoch == 2
    loader.load_state_dict(state)
    rest = [listed(batch) for batch in loader]
    assert sorted(i for b in first + rest for i in b["i"]) == list(range(SIZE))
    assert [listed(batch) for batch in loader] == anew


def test_the_state_of_a_finished_loop_begins_the_next_one():
    loader = DataLoader(Numbers(), 5, shuffle=True, rng=0)
    list(loader)
    state = saved(loader)
    other = DataLoader(Numbers(), 5, shuffle=True, rng=1)
    other.load_state_dict(state)
    assert [listed(b) for b in other] == [listed(b) for b in loader]


def test_a_sampler_alone_repeats_the_epoch_of_its_state():
    sampler = BatchSampler(RandomSampler(range(8), rng=0), 3, drop_last=False)
    order = iter(sampler)
    state = sampler.state_dict()
    epochs = [list(order), list(sampler)]
    other = BatchSampler(RandomSampler(range(8)), 3, drop_last=False)
    other.load_state_dict(state)
    assert other.state_dict() == state
    assert [list(other), list(other)] == epochs


STATE = DataLoader(Numbers(), 4).state_dict()


@pytest.mark.parametrize(
    ("state", "match"),
    [
        ({}, "entries"),
        (7, "entries"),
        ({**STATE, "samples": 13}, "samples = 13, here it is 12"),
        ({**STATE, "batch_size": 5}, "batch_size = 5, here it is 4"),
        ({**STATE, "sampler": {"seed": 3, "rng": None}}, "takes no state"),
    ],
    ids=str,
)
def test_a_state_that_does_not_fit_is_refused(state, match):
    with pytest.raises(StateError, match=match):
        DataLoader(Numbers(), 4).load_state_dict(state)


@pytest.mark.parametrize("state", [{}, {"seed": 1, "rng": {"bit_generator": "X"}}], ids=str)
def test_a_state_that_is_none_of_a_sampler_is_refused(state):
    with pytest.raises(StateError, match="not a state of"):
        RandomSampler(range(3), rng=0).load_state_dict(state)
