"""NaN and Inf stop a training with the op where they began, and leave the model as it was."""

import re

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Tensor
from autograd.errors import NonFiniteError

X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
Y = np.ones((12, 1), np.float32)
BATCHES = [(X[i : i + 4], Y[i : i + 4]) for i in range(0, 12, 4)]


class Net(nn.Module):
    """Fails in the batch with the marked sample."""

    def __init__(self, function):
        super().__init__()
        self.fc = nn.Linear(3, 1)
        self.norm = nn.BatchNorm1d(1)
        self.drop = nn.Dropout(0.5)
        self.function = function

    def forward(self, x):
        h = self.function(self.fc(x), x)  # <- here
        return self.drop(self.norm(h))


def bad_log(h, x):
    return h + ag.log(h * 0 + (99 - x.max())) if (x == 99).any() else h


def bad_root(h, x):  # the value is fine, its derivative at 0 is not
    return h + (h * 0).sqrt() if (x == 99).any() else h


def trained(function, data, steps=None, **options):
    ag.random.manual_seed(0)
    model = Net(function)
    trainer = nn.Trainer(model, nn.optim.Adam(model.parameters(), 0.01), nn.MSELoss(), **options)
    if steps is not None:
        trainer.fit(data[:steps], epochs=1, verbose=False)
    return trainer


MARKED = [BATCHES[0], BATCHES[1], (np.where(np.arange(4)[:, None] == 2, 99, X[8:]), Y[8:])]
MARKED[2] = (MARKED[2][0].astype(np.float32), Y[8:])
BIRTHS = {
    "value": (bad_log, "the loss is -?(inf|nan)", r"log: first (-inf|nan) in the result"),
    "derivative": (bad_root, "the gradient of fc.weight has NaN or Inf", "sqrt"),
}


@pytest.mark.parametrize("name", BIRTHS)
def test_the_op_and_its_line_are_named(name):
    function, what, where = BIRTHS[name]
    trainer = trained(function, MARKED)
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError) as caught:
        trainer.fit(MARKED, epochs=2, verbose=False)
    text = str(caught.value)
    assert text.startswith("Trainer: stopped in epoch 1/2, batch 3: ")
    assert re.search(what, text)
    assert re.search(where, text)
    assert f"test_training_nan.py:{function.__code__.co_firstlineno + 1}" in text


@pytest.mark.parametrize("name", BIRTHS)
def test_everything_is_as_before_the_bad_step(name):
    trainer = trained(BIRTHS[name][0], MARKED)
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError):
        trainer.fit(MARKED, epochs=2, verbose=False)
    random = ag.random.get_state()
    good = trained(BIRTHS[name][0], MARKED, 2)
    assert ag.random.get_state() == random
    for key, value in good.model.state_dict().items():
        np.testing.assert_array_equal(trainer.model.state_dict()[key], value)
    states = [t.optimizer.state_dict()["state"] for t in (trainer, good)]
    assert all(np.array_equal(states[0][i]["exp_avg"], s["exp_avg"]) for i, s in states[1].items())
    assert all(p.grad is None for p in trainer.model.parameters())


def test_the_same_random_numbers_are_drawn_again():
    """The op is found although it fails for some dropout masks only."""

    def unlucky(h, x):
        kept = nn.functional.dropout(ag.ones((40,)), 0.5)
        return h + (kept.sum() - 40).log() if float(kept.numpy()[7]) == 0 else h

    trainer = trained(unlucky, BATCHES)
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError, match="log: first"):
        trainer.fit(BATCHES, epochs=50, verbose=False)


def test_data_that_are_not_finite_are_named():
    data = [(X, Y), (np.where(X[5, 1] == X, np.nan, X), Y)]
    with pytest.raises(NonFiniteError, match=r"batch 2: .*\n  the data have NaN or Inf: part 0 of"):
        trained(lambda h, x: h, data).fit(data, epochs=1, verbose=False)
    data = [(X, np.where(Y == 1, np.inf, Y))]
    with pytest.raises(NonFiniteError, match="part 1 of the batch"):
        trained(lambda h, x: h, data).fit(data, epochs=1, verbose=False)


def test_parameters_that_are_not_finite_are_named():
    trainer = trained(lambda h, x: h, BATCHES)
    trainer.model.fc.bias.data = np.array([np.nan], np.float32)
    with pytest.raises(NonFiniteError, match=r"parameter fc\.bias was not finite before this step"):
        trainer.fit(BATCHES, epochs=1, verbose=False)


def test_divergence_is_told_and_the_last_checkpoint_is_good(tmp_path):
    ag.random.manual_seed(0)
    model = nn.Linear(3, 1)
    trainer = nn.Trainer(model, nn.optim.SGD(model.parameters(), lr=100.0), nn.MSELoss())
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError, match="at "):
        trainer.fit(BATCHES, epochs=99, checkpoint=tmp_path / "run.npz", every=1, verbose=False)
    state = nn.load(tmp_path / "run.npz")
    assert all(np.isfinite(v).all() for v in state["model"].values())
    assert state["position"]["step"] == trainer.step > 0


def test_large_but_finite_gradients_are_no_error():
    w = nn.ParameterList([Tensor(np.ones(3, np.float32), requires_grad=True)])
    trainer = nn.Trainer(
        w, nn.optim.SGD(w.parameters(), lr=1e-30), lambda out, y: (out * 1e25).sum(),
        forward=lambda model, batch: (model[0], batch),
    )  # fmt: skip
    trainer.fit([np.ones(3)], epochs=1, verbose=False)
    assert w[0].grad.numpy().tolist() == [np.float32(1e25)] * 3


def test_a_line_search_may_look_too_far():
    class Probe(nn.optim.SGD):
        def advance(self, closure):
            loss = closure()
            (w,) = self.param_groups[0]["params"]
            here = w.numpy().copy()
            w.data = here * np.nan
            assert np.isnan(closure())
            w.data = here / 2
            return loss

    w = nn.ParameterList([np.array([8.0])])
    trainer = nn.Trainer(
        w, Probe(w.parameters(), lr=1.0), lambda out, y: (out * out).sum(),
        forward=lambda model, batch: (model[0], batch),
    )  # fmt: skip
    history = trainer.fit([np.ones(1)], epochs=3, verbose=False)
    assert history["train_loss"] == [64, 16, 4]
