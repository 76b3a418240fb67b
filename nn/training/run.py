"""One call of `Trainer.fit`: the loop over epochs and batches."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError

from ..module import Module
from ..optim.schedule_plateau import ReduceLROnPlateau
from ..progress import progress
from .evaluation import evaluated
from .generators import Generators
from .interrupt import Interrupt
from .position import data_state, rest, take_up
from .step import Step

if TYPE_CHECKING:
    from .trainer import Trainer

_SHOWN_EVERY = 0.1  # seconds between two values beside the progress bar


class _Interrupted(Exception):
    """Ctrl-C, noticed where the state is whole."""


class Run:
    """The loop. What it changes is the trainer's; a run can be left and another one goes on.

    The state is whole, and so can be saved, between two steps, between the last step of an epoch
    and its validation, and between two epochs.
    """

    def __init__(
        self, trainer: Trainer, train: Iterable[Any], validation: Iterable[Any] | None,
        checkpoint: str | os.PathLike[str] | None, every: int | None, verbose: bool,
    ):  # fmt: skip
        self.data = (train, validation)
        self._trainer = trainer
        self._position = trainer.position
        self._checkpoint = checkpoint
        self._every = every
        self._verbose = verbose
        self._generators = Generators(trainer.model)
        self._step = Step(trainer.objective, trainer.optimizer, trainer.clip, self._generators)
        self._interrupt = Interrupt()

    def until(self, epochs: int, waiting: dict[str, Any] | None) -> None:
        """Train until so many epochs are complete.

        Parameters
        ----------
        waiting : the states of loaders and generators to go on from; None to begin an epoch
        """
        trainer = self._trainer
        random = None
        if waiting is None:
            self._position.begin_epoch()
        else:
            for data, name in zip(self.data, ("train", "validation"), strict=True):
                take_up(data, waiting["data"][name])
            random = waiting["random"]
        _make_contiguous(trainer.model)
        if not trainer.model.training:
            trainer.model.train()
        for callback in trainer.callbacks:
            callback.on_fit_begin(trainer)
        with self._interrupt:
            try:
                while trainer.epoch < epochs and trainer.stopped is None:
                    self._epoch(f"epoch {trainer.epoch + 1}/{epochs}", random)
                    random = None
            except _Interrupted:
                self._pause()
        for callback in trainer.callbacks:
            callback.on_fit_end(trainer)

    def _epoch(self, label: str, random: dict[str, Any] | None) -> None:
        train, validation = self.data
        batches = rest(train, self._position.batches) if not self._position.trained else None
        if random is not None:  # last of all: whatever was drawn until here does not count
            self._generators.load_state_dict(random)
        if batches is not None:
            self._train(batches, label)
        record = self._finish(validation)
        if self._verbose:
            numbers = (f"{name} {value:.4g}" for name, value in record.items())
            print("  ".join([label, *numbers]))
        self._save()

    def _train(self, batches: Iterable[Any], label: str) -> None:
        position = self._position
        if self._verbose:
            batches = progress(batches, self._left(), label)
        shown = 0.0
        group: list[Any] = []
        for batch in batches:
            group.append(batch)
            if len(group) < self._trainer.accumulate:
                continue
            self._update(group, label)
            group = []
            if self._verbose and time.monotonic() - shown > _SHOWN_EVERY:
                shown = time.monotonic()
                batches.set_postfix(loss=position.tally.mean)  # type: ignore[attr-defined]
            if self._every is not None and position.step % self._every == 0:
                self._save()
            self._give_way()
        if group:
            self._update(group, label)
        if not position.batches:
            raise ArgumentError("Trainer.fit: train has no batches")
        position.trained = True
        self._give_way()

    def _left(self) -> int | None:
        """How many batches the epoch still has, if that is known."""
        try:
            return len(self.data[0]) - self._position.batches  # type: ignore[arg-type]
        except TypeError:
            return None

    def _update(self, group: list[Any], label: str) -> None:
        trainer, position = self._trainer, self._position
        judged = self._step(group, f"{label}, batch {position.batches + 1}")
        loss = sum(j.loss.item() for j in judged) / len(judged)
        for one in judged:
            position.tally.add(one)
        position.batches += len(group)
        position.step += 1
        if trainer.scheduler is not None and trainer.schedule_every == "step":
            trainer.scheduler.step()
        for callback in trainer.callbacks:
            callback.on_step(trainer, loss)

    def _finish(self, validation: Iterable[Any] | None) -> dict[str, float]:
        """What comes after the last step of an epoch."""
        trainer, position = self._trainer, self._position
        record = _numbers("train", position.tally.results())
        if validation is not None:
            record |= _numbers("validation", self._validate(validation))
        record["lr"] = float(trainer.optimizer.param_groups[0]["lr"])
        position.epoch += 1
        position.begin_epoch()
        for callback in trainer.callbacks:
            callback.on_epoch_end(trainer, record)
        if isinstance(trainer.scheduler, ReduceLROnPlateau):
            trainer.scheduler.step(record.get("validation_loss", record["train_loss"]))
        elif trainer.scheduler is not None and trainer.schedule_every == "epoch":
            trainer.scheduler.step()
        trainer.history.add(record)
        return record

    def _validate(self, validation: Iterable[Any]) -> dict[str, Any]:
        trainer = self._trainer
        data, random = data_state(validation), self._generators.state_dict()
        try:
            tally = trainer.new_tally()
            return evaluated(trainer.objective, validation, tally, self._give_way)
        except _Interrupted:  # it will be repeated
            take_up(validation, data)
            self._generators.load_state_dict(random)
            raise

    # Stopping

    def _save(self) -> None:
        if self._checkpoint is not None:
            self._trainer.save(self._checkpoint)

    def _give_way(self) -> None:
        if self._interrupt.wanted:
            raise _Interrupted

    def _pause(self) -> None:
        """Save, let this trainer go on later too, and stop the program."""
        self._save()
        self._trainer.load_state_dict(self._trainer.state_dict())
        saved = f"; saved in {os.fspath(self._checkpoint)}" if self._checkpoint is not None else ""
        raise KeyboardInterrupt(f"training stopped after {self._position.step} steps{saved}")


def _numbers(kind: str, results: dict[str, Any]) -> dict[str, float]:
    """The results that are single numbers, for the history."""
    return {f"{kind}_{k}": float(v) for k, v in results.items() if np.ndim(v) == 0}


def _make_contiguous(model: Module) -> None:
    """Lay out parameters and buffers as a file would: products of other layouts differ in bits."""
    for tensor in [*model.parameters(), *model.buffers()]:
        array = np.asarray(tensor._data)
        if not array.flags.c_contiguous:
            tensor.data = np.ascontiguousarray(array)
