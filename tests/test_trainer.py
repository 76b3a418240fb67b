"""The Trainer does what a loop by hand does, tells what it saw, and stops where it should."""

import threading

import numpy as np
import pytest

import autograd
import nn
import viz
from autograd import Tensor
from nn.data import DataLoader, TensorDataset
from nn.functional import l1_loss, mse_loss

X = np.random.default_rng(0).normal(size=(30, 4))
Y = X @ np.array([[1.0], [-2.0], [0.5], [0.0]]) + 0.3


def batches(size, x=X, y=Y):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


def linear(seed=0):
    return nn.Linear(4, 1, dtype="float64", rng=seed)


def trainer(model=None, lr=0.05, loss=None, **options):
    model = linear() if model is None else model
    optimizer = nn.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    return nn.Trainer(model, optimizer, loss or nn.MSELoss(), **options)


def weights(model):
    return np.concatenate([p.numpy().ravel() for p in model.parameters()])


# What it computes


def test_the_same_to_the_bit_as_a_loop_by_hand():
    def parts():
        autograd.random.manual_seed(1)
        model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.BatchNorm1d(8), nn.Linear(8, 1))
        data = TensorDataset(X.astype(np.float32), Y.astype(np.float32))
        return model, nn.optim.Adam(model.parameters(), 0.01), DataLoader(data, 7, shuffle=True)

    model, optimizer, loader = parts()
    losses = []
    for _ in range(3):
        total = 0.0
        for x, y in loader:
            loss = mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        losses.append(total / len(X))
    by_hand = weights(model)
    model, optimizer, loader = parts()
    own = nn.Trainer(model, optimizer, nn.MSELoss())
    history = own.fit(loader, epochs=3, verbose=False)
    assert weights(model).tobytes() == by_hand.tobytes()
    assert history["train_loss"] == losses
    assert (own.epoch, own.step) == (3, 15)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_accumulated_batches_are_one_big_batch(reduction):
    # 30 samples: steps of 8 (4 x 2) or, at the end, of 6 (3 x 2)
    lr = 0.05 if reduction == "mean" else 0.002
    small = trainer(lr=lr, loss=nn.MSELoss(reduction=reduction), accumulate=4, clip=0.5)
    big = trainer(lr=lr, loss=nn.MSELoss(reduction=reduction), clip=0.5)
    a = small.fit(batches(2), epochs=3, verbose=False)
    b = big.fit(batches(8), epochs=3, verbose=False)
    assert small.step == big.step == 12
    np.testing.assert_allclose(weights(small.model), weights(big.model), rtol=1e-13)
    np.testing.assert_allclose(a["train_loss"], b["train_loss"], rtol=1e-13)


def test_accumulated_batches_of_unequal_size_count_by_their_samples():
    uneven = [(X[:1], Y[:1]), (X[1:20], Y[1:20]), (X[20:], Y[20:])]
    small, big = trainer(accumulate=3), trainer()
    small.fit(uneven, epochs=2, verbose=False)
    big.fit([(X, Y)], epochs=2, verbose=False)
    np.testing.assert_allclose(weights(small.model), weights(big.model), rtol=1e-13)


def test_clipping():
    seen = []
    trainer(clip=0.1, callbacks=[Watch(seen)]).fit(batches(10), epochs=1, verbose=False)
    assert all(norm == pytest.approx(0.1, rel=1e-4) for norm in seen)
    values = []
    own = trainer(clip=lambda ps: nn.clip_grad_value_(ps, 0.01), callbacks=[Watch(values, np.inf)])
    own.fit(batches(10), epochs=1, verbose=False)
    assert values == [0.01] * 3


class Watch(nn.Callback):
    """The norm of the gradient at each step."""

    def __init__(self, seen, order=2):
        self.seen, self.order = seen, order

    def on_step(self, trainer, loss):
        parts = [p.grad.numpy().ravel() for p in trainer.model.parameters()]
        self.seen.append(np.linalg.norm(np.concatenate(parts), self.order))


def test_optimisers_that_need_a_closure():
    model = linear()
    optimizer = nn.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")
    own = nn.Trainer(model, optimizer, nn.MSELoss())
    assert own.fit([(X, Y)], epochs=3, verbose=False)["train_loss"][-1] < 1e-10


def test_metrics_validation_and_names():
    own = trainer(metrics=[nn.metrics.R2(), l1_loss])
    history = own.fit(batches(7), batches(9), epochs=2, verbose=False)
    assert list(history) == [
        "train_loss", "train_r2", "train_l1_loss",
        "validation_loss", "validation_r2", "validation_l1_loss", "lr",
    ]  # fmt: skip
    result = own.evaluate(batches(4))
    assert result["loss"] == pytest.approx(history["validation_loss"][-1], rel=1e-12)
    output = own.model(X).numpy()
    assert result["l1_loss"] == pytest.approx(np.abs(output - Y).mean())
    assert "validation" in viz.curves(history).text


def test_results_that_are_no_numbers_stay_out_of_the_history():
    model = nn.Linear(4, 3)
    own = nn.Trainer(
        model, nn.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss(),
        metrics=[nn.metrics.ConfusionMatrix(3), nn.metrics.Accuracy()],
    )  # fmt: skip
    data = batches(10, X.astype(np.float32), np.arange(30) % 3)
    assert list(own.fit(data, epochs=1, verbose=False)) == ["train_loss", "train_accuracy", "lr"]
    assert own.evaluate(data)["confusion_matrix"].sum() == 30


def test_evaluating_and_predicting_change_nothing():
    autograd.random.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    model[0].eval()
    own = trainer(model)
    before, random = model.state_dict(), autograd.random.get_state()
    data = DataLoader(TensorDataset(X.astype(np.float32), Y.astype(np.float32)), 7)
    assert own.evaluate(data) == own.evaluate(iter(data))
    guesses = own.predict(data)
    assert guesses.shape == (30, 1)
    for other in (batches(11, X.astype(np.float32)), [X[:3].astype(np.float32)],
                  [(X[:3].astype(np.float32),)], X[:3].astype(np.float32)):  # fmt: skip
        found = own.predict(other)
        np.testing.assert_allclose(found, guesses[: len(found)], rtol=1e-5)
    assert [m.training for m in model.modules()] == [True, False, True, True]
    assert autograd.random.get_state() == random
    assert all(np.array_equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert own.predict([]).size == 0


def test_batches_of_other_forms():
    model = nn.Bilinear(2, 2, 1, dtype="float64")
    own = trainer(model)
    own.fit([(X[:, :2], X[:, 2:], Y)], epochs=1, verbose=False)
    assert own.predict([(X[:, :2], X[:, 2:], Y)]).shape == (30, 1)
    auto = nn.Linear(4, 4, dtype="float64")
    own = trainer(auto, forward=lambda model, batch: (model(batch["x"]), batch["x"]))
    losses = own.fit([{"x": X}], epochs=20, verbose=False)["train_loss"]
    assert losses[-1] < losses[0]
    assert own.predict([{"x": X}]).shape == (30, 4)


def test_outputs_of_several_parts():
    class Two(nn.Linear):
        def forward(self, x):
            out = super().forward(x)
            return {"mean": out, "parts": (out * 2, out + 1)}

    model = Two(4, 1, dtype="float64")
    own = trainer(model, loss=lambda out, y: mse_loss(out["mean"], y))
    own.fit(batches(8), epochs=1, verbose=False)
    found = own.predict(batches(8))
    np.testing.assert_array_equal(found["parts"][0], 2 * found["mean"])
    assert found["parts"][1].shape == (30, 1)


def test_modes_that_the_user_chose_stay():
    model = nn.Sequential(nn.BatchNorm1d(4, dtype="float64"), linear())
    model[0].eval()
    trainer(model).fit(batches(10), batches(10), epochs=1, verbose=False)
    assert model[0].running_mean.tolist() == [0, 0, 0, 0]
    assert model.training
    model.eval()
    trainer(model).fit(batches(10), epochs=1, verbose=False)
    assert model[0].running_mean.tolist() != [0, 0, 0, 0]


def test_schedules_by_epoch_and_by_step():
    for every, expected in {"epoch": [1.0, 0.5, 0.25], "step": [1.0, 0.125, 2.0**-6]}.items():
        own = trainer(lr=1.0)
        own.optimizer.param_groups[0]["lr"] = 1.0
        scheduler = nn.optim.lr_scheduler.ExponentialLR(own.optimizer, 0.5)
        rates = []

        class Rates(nn.Callback):
            def on_epoch_end(self, trainer, record, rates=rates):
                rates.append(record["lr"])

        zero = nn.Trainer(
            own.model, own.optimizer, lambda out, y: (out * 0).sum(), scheduler=scheduler,
            schedule_every=every, callbacks=[Rates()],
        )  # fmt: skip
        zero.fit(batches(10), epochs=3, verbose=False)
        if every == "epoch":
            assert rates == expected
        else:
            assert own.optimizer.param_groups[0]["lr"] == 0.5**9


def test_the_plateau_is_told_the_validation_loss():
    own = trainer(lr=0.0)
    scheduler = nn.optim.lr_scheduler.ReduceLROnPlateau(own.optimizer, patience=0)
    own.optimizer.param_groups[0]["lr"] = 1e-9
    own = nn.Trainer(own.model, own.optimizer, nn.MSELoss(), scheduler=scheduler)
    own.fit(batches(10), [(X, Y + 100)], epochs=2, verbose=False)
    assert scheduler.best == pytest.approx(own.evaluate([(X, Y + 100)])["loss"])


# Callbacks, stopping


class Log(nn.Callback):
    def __init__(self):
        self.calls = []

    def on_fit_begin(self, trainer):
        self.calls.append("begin")

    def on_step(self, trainer, loss):
        self.calls.append(f"step {trainer.step}")

    def on_epoch_end(self, trainer, record):
        record["twice"] = 2 * trainer.epoch
        self.calls.append(f"epoch {trainer.epoch}")

    def on_fit_end(self, trainer):
        self.calls.append("end")


def test_when_callbacks_are_called():
    log = Log()
    history = trainer(callbacks=[log]).fit(batches(15), epochs=2, verbose=False)
    expected = "begin,step 1,step 2,epoch 1,step 3,step 4,epoch 2,end"
    assert ",".join(log.calls) == expected
    assert history["twice"] == [2, 4]


class Script(nn.Callback):
    """Numbers as if they had been measured, and weights that tell the epoch."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, trainer, record):
        record["score"] = self.values[trainer.epoch - 1]
        trainer.model.weight.data = np.full((1, 4), float(trainer.epoch))


NAN = float("nan")
STOPS = {  # values, options -> epochs run, best epoch, epoch of the weights at the end
    "falls": ([5, 4, 3, 2, 1], {}, 5, 5, 5),
    "rises after 2": ([5, 4, 6, 7, 1], {"patience": 2}, 4, 2, 2),
    "equal is no better": ([5, 5, 5], {"patience": 2}, 3, 1, 1),
    "comes back in time": ([5, 6, 4, 6, 6], {"patience": 2}, 5, 3, 3),
    "max": ([1, 3, 2, 2], {"patience": 2, "mode": "max"}, 4, 2, 2),
    "too little": ([5, 4.9, 4.8, 4.7], {"patience": 3, "min_delta": 0.5}, 4, 1, 1),
    "nan is never the best": ([NAN, 5, NAN, NAN], {"patience": 2}, 4, 2, 2),
    "last weights": ([5, 4, 6, 7], {"patience": 2, "restore": False}, 4, 2, 4),
}


@pytest.mark.parametrize("name", STOPS)
def test_early_stopping(name):
    values, options, epochs, best, final = STOPS[name]
    stop = nn.EarlyStopping("score", **{"patience": 9, **options})
    own = trainer(lr=0.0, callbacks=[Script(values), stop])
    own.fit(batches(30), epochs=len(values), verbose=False)
    assert own.epoch == epochs
    assert (stop.epoch, stop.best) == (best, values[best - 1])
    assert own.model.weight.numpy()[0, 0] == final
    stopped = "patience" in options and stop.waited >= options["patience"]
    assert (own.stopped is not None) == stopped


def test_best_weights_alone():
    best = nn.BestWeights("score", mode="max")
    own = trainer(lr=0.0, callbacks=[Script([1, 4, 2]), best])
    assert own.fit(batches(30), epochs=3, verbose=False).best("score", "max") == best.epoch == 2
    assert own.model.weight.numpy()[0, 0] == 2


def test_training_on_needs_a_larger_number_of_epochs():
    whole, parts = trainer(), trainer()
    whole.fit(batches(7), epochs=5, verbose=False)
    assert parts.fit(batches(7), epochs=2, verbose=False).epochs == 2
    assert parts.fit(batches(7), epochs=2, verbose=False).epochs == 2
    assert (
        parts.fit(batches(7), epochs=5, verbose=False)["train_loss"]
        == (whole.history["train_loss"])
    )
    assert weights(parts.model).tobytes() == weights(whole.model).tobytes()


def test_lines_for_each_epoch(capsys):
    trainer().fit(batches(10), epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "train_loss" in lines[0]


def test_training_in_another_thread():
    own = trainer()
    thread = threading.Thread(
        target=own.fit, args=(batches(10),), kwargs={"epochs": 2, "verbose": False}
    )
    thread.start()
    thread.join()
    assert own.epoch == 2


# What is told at once


def once():
    yield X, Y


def fit(data, **options):
    trainer().fit(data, **{"epochs": 1, "verbose": False, **options})


MISUSE = {
    "model": (lambda: nn.Trainer(3, None, None), "model must be of class Module"),
    "optimizer": (lambda: nn.Trainer(linear(), "adam", None), "of class Optimizer, got str"),
    "scheduler": (lambda: trainer(scheduler=0.9), "of class Scheduler"),
    "callback": (lambda: trainer(callbacks=[print]), "a callback must be of class Callback"),
    "accumulate": (lambda: trainer(accumulate=0), "accumulate must be a positive int"),
    "schedule": (lambda: trainer(schedule_every="week"), "'epoch' or 'step'"),
    "metric": (lambda: trainer(metrics=[3]), "Average: needs a function"),
    "twins": (lambda: trainer(metrics=[nn.metrics.R2(), nn.metrics.R2()]), "are called 'r2'"),
    "epochs": (lambda: fit(batches(5), epochs=0), "epochs must be a positive int"),
    "every": (lambda: fit(batches(5), every=3), "need a checkpoint"),
    "resume": (lambda: fit(batches(5), resume=True), "need a checkpoint"),
    "dataset": (lambda: fit(TensorDataset(X, Y)), r"hint: DataLoader\(dataset"),
    "array": (lambda: fit(X), "needs batches"),
    "once": (lambda: fit(once()), "a generator can be run through once only"),
    "empty": (lambda: fit([]), "train has no batches"),
    "lonely": (lambda: fit([(X,)]), "a tuple of inputs and a target, got 1 parts"),
    "no tuple": (lambda: fit([X]), "got ndarray"),
    "no number": (
        lambda: trainer(loss=nn.MSELoss(reduction="none")).fit(batches(5), epochs=1),
        r"the loss must be a Tensor of one number, got shape \(5, 1\)",
    ),
    "float": (lambda: trainer(loss=lambda o, y: 1.0).fit(batches(5), epochs=1), "got float"),
    "watched": (
        lambda: trainer(callbacks=[nn.EarlyStopping()]).fit(batches(5), epochs=1, verbose=False),
        "no 'validation_loss' to watch; there is train_loss, lr",
    ),
    "patience": (lambda: nn.EarlyStopping(patience=0), "patience must be a positive int"),
    "mode": (lambda: nn.BestWeights(mode="least"), "mode must be 'min' or 'max'"),
    "delta": (lambda: nn.BestWeights(min_delta=-1), "min_delta must be 0 or more"),
    "best": (lambda: nn.History().best("x"), "no numbers of 'x'; there is nothing"),
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse_is_told(case):
    action, match = MISUSE[case]
    with pytest.raises((ValueError, TypeError), match=match):
        action()


def test_tensors_in_lists_of_batches():
    own = trainer()
    own.fit([(Tensor(X), Tensor(Y))], epochs=1, verbose=False)
    assert own.predict(Tensor(X)).shape == (30, 1)
