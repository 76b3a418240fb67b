"""Averaged models: independent copies, saved and loaded, changed whole or not at all."""

import numpy as np
import pytest

import nn
from autograd.errors import ArgumentError
from nn import optim


class Scale(nn.Module):
    """A 0-d and a frozen parameter, and a buffer."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(np.array(1.0))
        self.frozen = nn.Parameter(np.ones(2), requires_grad=False)
        self.register_buffer("seen", nn.Parameter(0.0).detach())

    def forward(self, x):
        return self.factor * x


def test_the_average_is_that_of_all_models_and_independent_of_them():
    model = Scale()
    average = optim.AveragedModel(model)
    for value in (1.0, 4.0, 7.0):
        model.factor.data = np.array(value)
        model.seen.data = np.array(value, np.float32)
        average.update_parameters(model)
    assert average.module.factor.item() == 4
    assert average.module.seen.item() == 7
    assert model.factor.item() == 7
    assert average(2.0).item() == 8
    assert average.n_averaged.item() == 3
    assert average.module.frozen.tolist() == [1, 1]


def test_an_average_writes_in_place():
    model = nn.Linear(3, 2)
    average = optim.AveragedModel(model, multi_avg_fn=optim.get_ema_multi_avg_fn(0.5))
    average.update_parameters(model)
    where = average.module.weight.data.ctypes.data
    average.update_parameters(model)
    assert average.module.weight.data.ctypes.data == where
    assert average.module.weight.dtype == model.weight.dtype


def test_a_saved_average_goes_on():
    model = Scale()
    average = optim.AveragedModel(model)
    average.update_parameters(model)
    other = optim.AveragedModel(Scale())
    assert other.load_state_dict(average.state_dict()) == ([], [])
    for each in (average, other):
        model.factor.data = np.array(3.0)
        each.update_parameters(model)
        assert each.module.factor.item() == 2


def test_other_models_are_refused_and_nothing_is_changed():
    average = optim.AveragedModel(nn.Linear(2, 3))
    before = repr(average.state_dict())
    with pytest.raises(ArgumentError, match="other shapes"):
        average.update_parameters(nn.Linear(3, 2))
    assert repr(average.state_dict()) == before
    with pytest.raises(ArgumentError, match="not both"):
        optim.AveragedModel(nn.Linear(1, 1), avg_fn=min, multi_avg_fn=min)
    for make in (optim.get_ema_avg_fn, optim.get_ema_multi_avg_fn):
        with pytest.raises(ArgumentError, match="between 0 and 1, got 2"):
            make(2)


def test_running_statistics_are_those_of_all_data_and_modes_come_back():
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Dropout(0.5)).eval()
    model[1].train()
    data = np.arange(12.0).reshape(3, 4, 1)
    optim.update_bn(((batch, "label") for batch in data), model)
    assert model[0].running_mean.item() == pytest.approx(data.mean())
    assert [m.training for m in model.modules()] == [False, False, True]
    assert model[0].momentum == 0.1


def test_an_exception_in_the_data_brings_modes_and_momenta_back():
    model = nn.Sequential(nn.BatchNorm1d(1)).eval()

    def broken():
        yield np.ones((2, 1))
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it is ours
        optim.update_bn(broken(), model)
    assert model[0].momentum == 0.1
    assert not model[0].training


def test_models_without_batch_norm_are_not_run():
    optim.update_bn(iter(lambda: pytest.fail("read the data"), None), nn.Linear(1, 1))
