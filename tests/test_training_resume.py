"""A training goes on from any checkpoint to the bit; what does not fit is refused as a whole."""

import os
import shutil
import signal

import numpy as np
import pytest

import autograd
import nn
from nn.data import DataLoader, TensorDataset
from nn.optim import lr_scheduler

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 5)).astype(np.float32)
Y = np.abs(X[:, :3]).argmax(axis=1)
EPOCHS = 3


def model(seed=0):
    autograd.random.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(5, 7), nn.BatchNorm1d(7), nn.Tanh(), nn.Dropout(0.3), nn.Linear(7, 3)
    )


def loader(rng=None):
    return DataLoader(TensorDataset(X, Y), 4, shuffle=True, rng=rng)


def listed():
    return [(X[i : i + 4], Y[i : i + 4]) for i in range(0, 22, 4)]


def make(optimizer=lambda ps: nn.optim.SGD(ps, 0.1, momentum=0.9), schedule=None, **options):
    net = model()
    own = optimizer(net.parameters())
    scheduler = None if schedule is None else schedule(own)
    options = {"metrics": [nn.metrics.Accuracy()], **options}
    return nn.Trainer(net, own, nn.CrossEntropyLoss(), scheduler=scheduler, **options)


class Keep(nn.Callback):
    """A copy of the checkpoint as it is before each step."""

    def __init__(self, folder):
        self.folder = folder

    def on_step(self, trainer, loss):
        source = self.folder / "run.npz"
        if source.exists():
            shutil.copy(source, self.folder / f"before {trainer.step:02d}.npz")


def final(trainer, folder):
    trainer.save(folder / "final.npz")
    return (folder / "final.npz").read_bytes()


def goes_on_from_everywhere(folder, create, data, validation=None, keep=None):
    """Whether each of the checkpoints of a training leads to the same end."""
    whole = create([Keep(folder)])
    whole.fit(
        data(), validation and validation(), epochs=EPOCHS, checkpoint=folder / "run.npz", every=1,
        verbose=False,
    )  # fmt: skip
    end = final(whole, folder)
    saved = sorted(folder.glob("before *"))
    assert len(saved) > 2
    for path in saved if keep is None else saved[::keep]:
        own = create([Keep(folder / "nowhere")])
        autograd.random.rand(99)  # another process would be elsewhere
        own.load(path)
        own.fit(data(), validation and validation(), epochs=EPOCHS, verbose=False)
        assert final(own, folder) == end, path.name
    return whole


DATA = {
    "package generator": loader,
    "own generator": lambda: loader(7),
    "list": listed,
}


@pytest.mark.parametrize("accumulate", [1, 4])
@pytest.mark.parametrize("name", DATA)
def test_from_every_step(tmp_path, name, accumulate):
    goes_on_from_everywhere(
        tmp_path, lambda keep: make(callbacks=keep, accumulate=accumulate), DATA[name],
        lambda: loader(3),
    )  # fmt: skip


OPTIMIZERS = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ConjugateGradient",
    "LBFGS", "Lion", "NAdam", "RAdam", "RMSprop", "Rprop",
]  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_with_every_optimiser(tmp_path, name):
    def optimizer(parameters):
        return getattr(nn.optim, name)(parameters, lr=0.01)

    goes_on_from_everywhere(tmp_path, lambda keep: make(optimizer, callbacks=keep), loader, keep=6)


SCHEDULES = {
    "step": lambda o: lr_scheduler.StepLR(o, 2),
    "multistep": lambda o: lr_scheduler.MultiStepLR(o, [3, 3, 8]),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 18),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.2, total_steps=18),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=4),
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda t: 0.9**t),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, total_iters=4), lr_scheduler.ExponentialLR(o, 0.9)], [4]
    ),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_with_every_kind_of_schedule(tmp_path, name):
    every = "epoch" if name == "plateau" else "step"
    goes_on_from_everywhere(
        tmp_path,
        lambda keep: make(schedule=SCHEDULES[name], schedule_every=every, callbacks=keep),
        loader, keep=5,
    )  # fmt: skip


def test_with_early_stopping_in_the_saved_state(tmp_path):
    def create(keep):
        stop = nn.EarlyStopping("train_loss", patience=1, min_delta=100.0)
        return make(callbacks=[*keep, stop])

    whole = goes_on_from_everywhere(tmp_path, create, loader)
    assert whole.epoch == 2
    done = create([])
    done.callbacks.insert(0, Keep(tmp_path / "nowhere"))
    done.fit(loader(), epochs=9, checkpoint=tmp_path / "run.npz", resume=True, verbose=False)
    assert (done.epoch, done.stopped) == (2, whole.stopped)


def test_lazy_layers_get_their_sizes_from_the_checkpoint(tmp_path):
    def create(keep):
        autograd.random.manual_seed(2)
        net = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(3))
        own = nn.optim.Adam(net.parameters(), 0.01)
        return nn.Trainer(net, own, nn.CrossEntropyLoss(), callbacks=keep)

    goes_on_from_everywhere(tmp_path, create, loader, keep=4)


def test_a_checkpoint_in_safetensors(tmp_path):
    def run(epochs, path):
        own = make()
        own.fit(loader(), epochs=epochs, checkpoint=path, resume=True, verbose=False)
        return final(own, tmp_path)

    parts = [run(n, tmp_path / "parts.safetensors") for n in (1, 2, 3)]
    assert parts[-1] == run(3, tmp_path / "whole.safetensors")


def test_going_on_with_the_same_trainer_after_ctrl_c(tmp_path):
    class Press(nn.Callback):
        def on_step(self, trainer, loss):
            if trainer.step == 8:
                os.kill(os.getpid(), signal.SIGINT)

    whole = make(callbacks=[nn.Callback()])
    whole.fit(loader(), epochs=EPOCHS, verbose=False)
    end = final(whole, tmp_path)
    own, data = make(callbacks=[Press()]), loader()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=r"training stopped after 8 steps$"):
        own.fit(data, epochs=EPOCHS, verbose=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert (own.epoch, own.step) == (1, 8)
    own.fit(data, epochs=EPOCHS, verbose=False)
    assert final(own, tmp_path) == end


def test_a_second_ctrl_c_stops_at_once():
    class Hurry(nn.Callback):
        def on_step(self, trainer, loss):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            raise AssertionError("still here")

    with pytest.raises(KeyboardInterrupt):
        make(callbacks=[Hurry()]).fit(loader(), epochs=1, verbose=False)


def test_after_an_error_the_epoch_begins_anew():
    class Fail(nn.Callback):
        left = 9

        def on_step(self, trainer, loss):
            self.left -= 1
            if not self.left:
                raise RuntimeError("disk full")

    own, data = make(callbacks=[Fail()]), loader()
    with pytest.raises(RuntimeError, match="disk full"):
        own.fit(data, epochs=2, verbose=False)
    assert (own.epoch, own.step) == (1, 9)
    own.fit(data, epochs=2, verbose=False)
    assert (own.epoch, own.step, own.history.epochs) == (2, 15, 2)


# What does not fit


def other_model():
    net = nn.Linear(5, 3)
    return nn.Trainer(net, nn.optim.SGD(net.parameters(), 0.1), nn.CrossEntropyLoss())


UNFIT = {
    "model": (other_model, "missing: weight"),
    "optimizer": (lambda: make(lambda ps: nn.optim.Adam(ps, 0.1)), "another optimiser's"),
    "scheduler": (lambda: make(schedule=SCHEDULES["step"]), "another scheduler; here is StepLR"),
    "callbacks": (lambda: make(callbacks=[nn.Callback()]), "0 callbacks, here are 1"),
    "metrics": (lambda: make(metrics=[]), r"metrics \['accuracy'\], here are \[\]"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_refused_and_nothing_is_loaded(tmp_path, case):
    create, match = UNFIT[case]
    saved = make()
    saved.fit(loader(), epochs=1, checkpoint=tmp_path / "run.npz", verbose=False)
    own = create()
    before = final(own, tmp_path)
    with pytest.raises(nn.StateError, match=match):
        own.fit(loader(), epochs=2, checkpoint=tmp_path / "run.npz", resume=True, verbose=False)
    assert final(own, tmp_path) == before


def test_other_data_are_refused(tmp_path):
    make().fit(loader(), epochs=1, checkpoint=tmp_path / "run.npz", verbose=False)
    for data, match in ((listed(), "other data than the list"), (DataLoader([1, 2]), "samples")):
        own = make()
        own.load(tmp_path / "run.npz")
        with pytest.raises(nn.StateError, match=match):
            own.fit(data, epochs=2, verbose=False)


def test_another_file_is_refused(tmp_path):
    nn.save({"epoch": 3}, tmp_path / "x.npz")
    with pytest.raises(nn.StateError, match="a state has the parts"):
        make().load(tmp_path / "x.npz")
    (tmp_path / "x.npz").write_bytes(b"PK, so to speak")
    with pytest.raises(nn.SavedFileError, match="damaged"):
        make().fit(loader(), epochs=1, checkpoint=tmp_path / "x.npz", resume=True)


def test_parameters_lie_as_files_keep_them():
    """Products of other layouts may differ in their last bits."""
    own = make()
    weight = own.model[0].weight
    weight.data = np.asfortranarray(weight.numpy())
    assert not weight.numpy().flags.c_contiguous
    before = weight.numpy().copy()
    own.optimizer.param_groups[0]["lr"] = 0.0
    own.fit(loader(), epochs=1, verbose=False)
    assert weight.numpy().flags.c_contiguous
    np.testing.assert_array_equal(weight.numpy(), before)
