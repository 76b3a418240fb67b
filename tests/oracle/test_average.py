"""Averaged models against PyTorch."""

import numpy as np
import pytest

import nn
from autograd import no_grad
from nn import optim

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

swa_utils = torch.optim.swa_utils


@pytest.fixture(autouse=True)
def _double():
    """PyTorch divides by the number of models in the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def models():
    """The same model on either side: parameters, running statistics, a 0-d counter."""
    ours = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
    layers = torch.nn
    theirs = layers.Sequential(layers.Linear(3, 4), layers.BatchNorm1d(4), layers.Linear(4, 2))
    theirs = theirs.double()
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    return ours, theirs


def batches(seed=0):
    return np.random.default_rng(seed).normal(2, 3, size=(4, 6, 3))


def learn(model, batch, k, grad_off):
    """Something that changes parameters and buffers, the same on either side."""
    model(batch)
    with grad_off():
        for i, p in enumerate(model.parameters()):
            p.data = p.data * 0.9 + 0.01 * (k + i)


def assert_same(ours, theirs, without="-"):
    mine, other = ours.state_dict(), theirs.state_dict()
    assert set(mine) == set(other)
    for name in [name for name in mine if without not in name]:
        value = mine[name]
        np.testing.assert_allclose(value, other[name].numpy(), rtol=1e-12, atol=1e-12)


WAYS = {
    "plain": lambda side: {},
    "swa": lambda side: {"avg_fn": side.get_swa_avg_fn()},
    "ema": lambda side: {"avg_fn": side.get_ema_avg_fn(0.8)},
    "swa at once": lambda side: {"multi_avg_fn": side.get_swa_multi_avg_fn()},
    "ema at once": lambda side: {"multi_avg_fn": side.get_ema_multi_avg_fn()},
    "buffers too": lambda side: {"avg_fn": side.get_ema_avg_fn(0.5), "use_buffers": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_averages(way):
    ours, theirs = models()
    mine = optim.AveragedModel(ours, **WAYS[way](optim))
    other = swa_utils.AveragedModel(theirs, **WAYS[way](swa_utils))
    for k, batch in enumerate(batches()):
        learn(ours, batch, k, no_grad)
        learn(theirs, torch.tensor(batch), k, torch.no_grad)
        mine.update_parameters(ours)
        other.update_parameters(theirs)
        # theirs averages the counter of batches too, and cuts off the fraction
        assert_same(mine, other, without="num_batches_tracked" if way == "buffers too" else "-")


def test_update_bn():
    ours, theirs = models()
    data = batches()
    optim.update_bn(list(data), ours)
    swa_utils.update_bn([torch.tensor(b) for b in data], theirs)
    assert_same(ours, theirs)
    assert ours[1].momentum == theirs[1].momentum
