"""Trainer: fit a model, evaluate it, save everything and go on."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd.errors import ArgumentError, DTypeError

from ..errors import StateError
from ..metrics import Average, Metric
from ..module import Module
from ..optim import Optimizer
from ..optim.schedule import Scheduler
from ..storage import load, save
from .callbacks import Callback
from .evaluation import evaluated, predicted
from .generators import Generators
from .history import History
from .objective import Forward, Objective, Tally, inputs_and_target
from .position import Position, check_data, data_state
from .run import Run
from .step import Clip

Where = str | os.PathLike[str]


class Trainer:
    """Fit a model to batches, watch it, and be able to go on after whatever happened.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
        Of the model's parameters.
    loss : function or Module
        (output, target) -> a Tensor of one number: the mean over the samples (or their sum, if
        it is a module with reduction="sum").
    metrics : Metrics, or functions (output, target) -> mean over a batch
        Computed over each epoch, of the training batches as they pass, and of the validation data.
    callbacks : Callbacks
        Called in their order.
    scheduler : Scheduler, optional
        Makes a step after each epoch, or each step of the optimiser. `ReduceLROnPlateau` is told
        the validation loss, or the training loss if there are no validation data.
    schedule_every : "epoch" or "step"
    clip : number, or function of the list of parameters, optional
        The largest norm of the gradient, or what to do with gradients.
    accumulate : int
        How many batches make one step. The gradient is that of all their samples together; layers
        that look at a whole batch (BatchNorm) still see one after the other.
    forward : function, optional
        (model, batch) -> (output, target). Unless given, a batch is (x, ..., y): model(x, ...), y.

    Attributes
    ----------
    epoch : how many are complete
    step : how many steps the optimiser has made
    history : History with train_loss, train_NAME of the metrics, validation_..., and lr
    stopped : why the training ended early; None if it did not

    Examples
    --------
    >>> import nn
    >>> from nn.data import DataLoader, TensorDataset
    >>> _ = ag.random.manual_seed(0)
    >>> x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    >>> loader = DataLoader(TensorDataset(x, 3 * x + 1), batch_size=8, shuffle=True)
    >>> model = nn.Linear(1, 1)
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = nn.Trainer(model, optimizer, nn.MSELoss(), metrics=[nn.metrics.R2()])
    >>> history = trainer.fit(loader, epochs=30, verbose=False)
    >>> history["train_r2"][-1] > 0.99
    True
    >>> model.weight.numpy().round(1).tolist(), model.bias.numpy().round(1).tolist()
    ([[3.0]], [1.0])
    """

    def __init__(
        self, model: Module, optimizer: Optimizer, loss: Callable[[Any, Any], Any], *,
        metrics: Iterable[Any] = (), callbacks: Iterable[Callback] = (),
        scheduler: Scheduler | None = None, schedule_every: str = "epoch", clip: Clip = None,
        accumulate: int = 1, forward: Forward = inputs_and_target,
    ):  # fmt: skip
        _check_kind("model", model, Module)
        _check_kind("optimizer", optimizer, Optimizer)
        if scheduler is not None:
            _check_kind("scheduler", scheduler, Scheduler)
        _check_positive("accumulate", accumulate)
        if schedule_every not in ("epoch", "step"):
            raise ArgumentError(
                f"Trainer: schedule_every must be 'epoch' or 'step', got {schedule_every!r}"
            )
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.metrics = _named([m if isinstance(m, Metric) else Average(m) for m in metrics])
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            _check_kind("a callback", callback, Callback)
        self.clip, self.accumulate, self.schedule_every = clip, accumulate, schedule_every
        self.objective = Objective(model, loss, forward)
        self.history = History()
        self.stopped: str | None = None
        self.position = Position(self.new_tally())
        self._run: Run | None = None  # the call of `fit` that runs, or ran last
        self._waiting: dict[str, Any] | None = None  # what a loaded state says to the next `fit`

    def new_tally(self) -> Tally:
        """What collects the loss and the metrics over batches."""
        return Tally(self.metrics, self.objective.summed)

    @property
    def epoch(self) -> int:
        return self.position.epoch

    @property
    def step(self) -> int:
        return self.position.step

    def fit(
        self, train: Iterable[Any], validation: Iterable[Any] | None = None, *, epochs: int,
        checkpoint: Where | None = None, every: int | None = None, resume: bool = False,
        verbose: bool = True,
    ) -> History:  # fmt: skip
        """Train until `epochs` epochs are complete, those of earlier calls included.

        Parameters
        ----------
        train, validation : DataLoaders, or lists of batches
            Anything that can be run through again. What is no DataLoader must give the same
            batches each time for `resume` to be exact.
        epochs : int
        checkpoint : path, optional
            Where `save` writes after each epoch, and when Ctrl-C is pressed: then the step is
            finished, the state is saved, and KeyboardInterrupt raised.
        every : int, optional
            Save after each so many steps, too.
        resume : bool
            Go on from the checkpoint, if there is one. Make the trainer and the loaders as before;
            then weights, averages, schedules, the order of samples and random numbers go on to the
            bit, in the middle of an epoch too.
        verbose : bool
            Print a line for each epoch, and show progress on a terminal.

        Raises
        ------
        NonFiniteError
            If the loss or a gradient is NaN or Inf: with the op where it began, and its line. The
            model is as it was before that step.
        StateError
            If the checkpoint does not fit. Then nothing was loaded.
        """
        _check_positive("epochs", epochs)
        if every is not None:
            _check_positive("every", every)
        if checkpoint is None and (every is not None or resume):
            raise ArgumentError("Trainer.fit: every and resume need a checkpoint")
        for name, data in {"train": train, "validation": validation}.items():
            if data is not None:
                check_data(f"Trainer.fit: {name}", data, again=True)
        self.stopped = None
        if resume and checkpoint is not None and os.path.exists(checkpoint):
            self.load(checkpoint)
        waiting, self._waiting = self._waiting, None
        self._run = Run(self, train, validation, checkpoint, every, verbose)
        self._run.until(epochs, waiting)
        return self.history

    def stop(self, reason: str) -> None:
        """End the training after this epoch. For callbacks."""
        self.stopped = reason

    def evaluate(self, data: Iterable[Any]) -> dict[str, Any]:
        """The loss ("loss") and all metrics over some batches, in evaluation mode.

        Nothing is changed: modes of modules come back, no gradient is recorded.
        """
        check_data("Trainer.evaluate", data)
        return evaluated(self.objective, data, self.new_tally())

    def predict(self, data: Any) -> Any:
        """What the model says to some batches, in evaluation mode, as one array.

        Parameters
        ----------
        data : batches, or an array that is one
            Of a tuple (x, ..., y) the target y is not looked at.

        Returns
        -------
        ndarray, or a structure of them as the model returns it
        """
        check_data("Trainer.predict", data, arrays=True)
        return predicted(self.objective, data)

    # Saving

    def save(self, path: Where) -> None:
        """Write `state_dict` into one file: see `nn.save`."""
        save(self.state_dict(), path)

    def load(self, path: Where) -> None:
        """Read what `save` wrote; the next `fit` goes on there.

        Raises
        ------
        SavedFileError, StateError
            If the file is damaged, or is the state of something else. Then nothing was loaded.
        """
        self.load_state_dict(load(path))

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that is needed to go on exactly: arrays and numbers.

        "model", "optimizer", "scheduler", "callbacks", "history", "position" (in the epoch),
        "stopped", "random" (generators of the package and of modules), "data" (of the loaders).
        """
        waiting = self._waiting
        if waiting is None:
            train, validation = (None, None) if self._run is None else self._run.data
            waiting = {
                "random": Generators(self.model).state_dict(),
                "data": {"train": data_state(train), "validation": data_state(validation)},
            }
        return {"model": self.model.state_dict(), **self._small_state(), **waiting}

    def _small_state(self) -> dict[str, Any]:
        return {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "callbacks": [c.state_dict() for c in self.callbacks],
            "history": self.history.state_dict(),
            "position": self.position.state_dict(),
            "stopped": self.stopped,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the trainer that `state_dict` was asked of; loaders follow when `fit` is called.

        Raises
        ------
        StateError
            If it is the state of something else. Then nothing was loaded.
        """
        parts = {"model", *self._small_state(), "random", "data"}
        if not isinstance(state, Mapping) or set(state) != parts:
            got = list(state) if isinstance(state, Mapping) else type(state).__name__
            raise StateError(f"Trainer: a state has the parts {sorted(parts)}, got {got}")
        lazy = any(module.lazy for module in self.model.modules())
        before = {"model": None if lazy else self.model.state_dict(), **self._small_state()}
        try:
            self._take(state)
        except Exception:
            self._take(before)
            raise
        self._waiting = {"random": state["random"], "data": state["data"]}

    def _take(self, state: Mapping[str, Any]) -> None:
        if state["model"] is not None:
            self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if (self.scheduler is None) != (state["scheduler"] is None):
            here = "none" if self.scheduler is None else type(self.scheduler).__name__
            raise StateError(f"Trainer: the state was saved with another scheduler; here is {here}")
        if self.scheduler is not None:
            self.scheduler.load_state_dict(state["scheduler"])
        if len(state["callbacks"]) != len(self.callbacks):
            raise StateError(
                f"Trainer: the state has {len(state['callbacks'])} callbacks, here are "
                f"{len(self.callbacks)}"
            )
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(saved)
        self.history.load_state_dict(state["history"])
        self.position.load_state_dict(state["position"])
        self.stopped = state["stopped"]


def _check_kind(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        got = type(value).__name__
        raise DTypeError(f"Trainer: {name} must be of class {kind.__name__}, got {got}")


def _check_positive(name: str, value: Any) -> None:
    if not isinstance(value, int) or value < 1:
        raise ArgumentError(f"Trainer: {name} must be a positive int, got {value!r}")


def _named(metrics: list[Metric]) -> list[Metric]:
    counts = Counter(["loss", *(m.name for m in metrics)])
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ArgumentError(
            f"Trainer: two results are called {twice[0]!r}\n  hint: set the name of a metric"
        )
    return metrics
