"""A training that ends in many ways: run as a program by tests/test_training_killed.py.

    training_run.py CHECKPOINT FINAL [how [step]]

how: kill (SIGKILL after a step), save (SIGKILL in the middle of writing the checkpoint),
ctrl-c (SIGINT after a step), validation (SIGINT in the middle of the validation).
"""

import os
import signal
import sys

import numpy as np

import autograd
import nn
from nn.data import DataLoader, TensorDataset
from nn.storage import npz

EPOCHS = 4


class End(nn.Callback):
    def __init__(self, how, step):
        self.how, self.step = how, step

    def on_step(self, trainer, loss):
        if trainer.step == self.step and self.how in ("kill", "ctrl-c"):
            os.kill(os.getpid(), signal.SIGKILL if self.how == "kill" else signal.SIGINT)


class Twitch(nn.Lambda):
    """Something that SIGINT reaches in the middle of the validation."""

    def __init__(self, batch):
        super().__init__(lambda x: x)
        self.batch = batch

    def forward(self, x):
        if not self.training and self.batch:
            self.batch -= 1
            if not self.batch:
                os.kill(os.getpid(), signal.SIGINT)
        return x


def trainer(how="", step=0):
    autograd.random.manual_seed(3)
    model = nn.Sequential(
        nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 16),
        nn.Dropout(0.2, rng=11), nn.GaussianNoise(0.1), nn.Linear(16, 3),
        Twitch(step if how == "validation" else 0),
    )  # fmt: skip
    transposed = np.asfortranarray(model[4].weight.numpy())
    model[4].weight = nn.Parameter(transposed)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.02)
    scheduler = nn.optim.lr_scheduler.OneCycleLR(optimizer, 0.05, total_steps=8 * EPOCHS)
    return nn.Trainer(
        model, optimizer, nn.CrossEntropyLoss(), scheduler=scheduler, schedule_every="step",
        metrics=[nn.metrics.Accuracy(), nn.metrics.AUC()], clip=1.0, accumulate=2,
        callbacks=[nn.EarlyStopping(patience=3), End(how, step)],
    )  # fmt: skip


def loaders():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 6)).astype(np.float32)
    y = np.abs(x[:, :3]).argmax(axis=1)
    train = DataLoader(TensorDataset(x[:90], y[:90]), 6, shuffle=True)
    return train, DataLoader(TensorDataset(x[90:], y[90:]), 7, shuffle=True, rng=5)


def main(checkpoint, final, how="", step="0"):
    if how == "save":
        write = npz.write
        left = int(step)

        def interrupted(file, tree, arrays):
            nonlocal left
            left -= 1
            write(file, tree, arrays)
            if not left:
                file.truncate(file.tell() // 2)
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)

        npz.write = interrupted
    own = trainer(how, int(step))
    train, validation = loaders()
    own.fit(
        train, validation, epochs=EPOCHS, checkpoint=checkpoint, every=3, resume=True, verbose=False
    )
    own.save(final)


if __name__ == "__main__":
    main(*sys.argv[1:])
