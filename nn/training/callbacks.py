"""What may watch a training, and stop it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError

from ..errors import StateError

if TYPE_CHECKING:
    from .trainer import Trainer


class Callback:
    """Base of what a `Trainer` calls: override what you need.

    What changes during the training belongs into `state_dict`, so that one that was resumed
    goes on as if nothing had happened.

    Examples
    --------
    >>> import nn
    >>> class Steps(nn.Callback):
    ...     def on_step(self, trainer, loss):
    ...         print(f"step {trainer.step}, epoch {trainer.epoch + 1}")
    >>> model = nn.Linear(1, 1)
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = nn.Trainer(model, optimizer, nn.MSELoss(), callbacks=[Steps()])
    >>> data = [(np.ones((2, 1), "float32"), np.ones((2, 1), "float32"))]
    >>> _ = trainer.fit(data, epochs=2, verbose=False)
    step 1, epoch 1
    step 2, epoch 2
    """

    def on_fit_begin(self, trainer: Trainer) -> None:
        """Before the first epoch, and before going on with an interrupted one."""

    def on_step(self, trainer: Trainer, loss: float) -> None:
        """After each step of the optimiser; `loss` is the mean over its batches."""

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        """After each epoch. `record` has its numbers, may be added to, and goes into the history.

        `trainer.stop(reason)` ends the training here.
        """

    def on_fit_end(self, trainer: Trainer) -> None:
        """When all epochs are done, or after a stop; not after an interruption or an error."""

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs: arrays and numbers, nested in any way."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` returned."""
        if state:
            raise StateError(f"{type(self).__name__}: takes no state, got {tuple(state)}")


class BestWeights(Callback):
    """Keep the weights of the best epoch, and give them back to the model at the end.

    Parameters
    ----------
    monitor : name of a number in the history
    mode : "min" if it shall fall, "max" if it shall rise
    min_delta : smaller improvements do not count

    Attributes
    ----------
    epoch : the best one, counted from 1; 0 before the first
    best : its number

    Source
    ------
    Goodfellow, Bengio & Courville (2016), "Deep learning", algorithm 7.1.
    """

    kept: ClassVar[tuple[str, ...]] = ("epoch", "best", "weights")

    def __init__(
        self, monitor: str = "validation_loss", mode: str = "min", min_delta: float = 0.0
    ) -> None:
        kind = type(self).__name__
        if mode not in ("min", "max"):
            raise ArgumentError(f"{kind}: mode must be 'min' or 'max', got {mode!r}")
        if not min_delta >= 0:
            raise ArgumentError(f"{kind}: min_delta must be 0 or more, got {min_delta!r}")
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.weights: dict[str, np.ndarray] | None = None

    def improved(self, trainer: Trainer, record: Mapping[str, float]) -> bool:
        """Note the epoch if it is the best so far. NaN is never the best."""
        if self.monitor not in record:
            raise ArgumentError(
                f"{type(self).__name__}: there is no {self.monitor!r} to watch; there is "
                f"{', '.join(record)}"
            )
        value = record[self.monitor]
        if self.mode == "min":
            better = value < self.best - self.min_delta
        else:
            better = value > self.best + self.min_delta
        if better:
            self.epoch, self.best = trainer.epoch, value
            self.weights = trainer.model.state_dict()
        return better

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        self.improved(trainer, record)

    def on_fit_end(self, trainer: Trainer) -> None:
        if self.weights is not None:
            trainer.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.kept}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if set(state) != set(self.kept):
            raise StateError(f"{type(self).__name__}: not a state of it: {tuple(state)}")
        vars(self).update(state)


class EarlyStopping(BestWeights):
    """Stop when a number has not improved for `patience` epochs; then the best weights come back.

    Parameters
    ----------
    monitor, mode, min_delta : see `BestWeights`
    patience : epochs without improvement after which to stop
    restore : False leaves the last weights

    Attributes
    ----------
    epoch : the best one: how long to train on all data (algorithm 7.2 of the same book)
    waited : epochs since then

    Source
    ------
    Prechelt (1998), "Early stopping - but when?"; Goodfellow, Bengio & Courville (2016), "Deep
    learning", algorithm 7.1.

    Examples
    --------
    >>> import nn
    >>> model = nn.Linear(1, 1)
    >>> trainer = nn.Trainer(
    ...     model, nn.optim.SGD(model.parameters(), 0.0), nn.functional.mse_loss,
    ...     callbacks=[nn.EarlyStopping("train_loss", patience=2)])
    >>> data = [(np.ones((4, 1)), np.ones((4, 1)))]
    >>> trainer.fit(data, epochs=100, verbose=False).epochs, trainer.stopped
    (3, 'train_loss did not improve for 2 epochs')
    """

    kept = (*BestWeights.kept, "waited")

    def __init__(
        self, monitor: str = "validation_loss", patience: int = 5, mode: str = "min",
        min_delta: float = 0.0, restore: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(monitor, mode, min_delta)
        if not isinstance(patience, int) or patience < 1:
            raise ArgumentError(f"EarlyStopping: patience must be a positive int, got {patience!r}")
        self.patience = patience
        self.restore = restore
        self.waited = 0

    def on_epoch_end(self, trainer: Trainer, record: dict[str, float]) -> None:
        self.waited = 0 if self.improved(trainer, record) else self.waited + 1
        if self.waited >= self.patience:
            trainer.stop(f"{self.monitor} did not improve for {self.patience} epochs")

    def on_fit_end(self, trainer: Trainer) -> None:
        if self.restore:
            super().on_fit_end(trainer)
