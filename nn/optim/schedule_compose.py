"""Schedulers made of schedulers: all at once, or one after the other."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from autograd.errors import DTypeError

from ..errors import StateError
from .optimizer import Optimizer
from .schedule import Scheduler
from .schedule_factor import LinearLR
from .schedule_plateau import ReduceLROnPlateau


class _Composed(Scheduler):
    """Keeps its parts, and their states in its own."""

    unsaved = ("optimizer", "_schedulers")

    def __init__(self, optimizer: Optimizer | None, schedulers: Sequence[Scheduler]):
        kind = type(self).__name__
        self._require(len(schedulers) > 0, "needs at least one scheduler", schedulers)
        for i, part in enumerate(schedulers):
            if not isinstance(part, Scheduler):
                raise DTypeError(f"{kind}: item {i} is a {type(part).__name__}, not a scheduler")
            fits = not isinstance(part, ReduceLROnPlateau)
            self._require(fits, "ReduceLROnPlateau needs a metric and stands alone", f"item {i}")
        super().__init__(schedulers[0].optimizer if optimizer is None else optimizer)
        for i, part in enumerate(schedulers):
            same = part.optimizer is self.optimizer
            self._require(same, "all schedulers must be of one optimiser", f"item {i}")
        self._schedulers = list(schedulers)

    @abstractmethod
    def _begin(self) -> None:
        """Let those parts set the learning rates of epoch 0 whose turn it is."""

    def _rewind(self) -> None:
        self._begin()
        self._last_lr = self._rates()

    def state_dict(self) -> dict[str, Any]:
        """A copy of all settings and counters, and of those of the parts."""
        parts = [part.state_dict() for part in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def _check_state(self, state: Any) -> None:
        kind, count = type(self).__name__, len(self._schedulers)
        parts = state.get("_schedulers") if isinstance(state, Mapping) else None
        if not isinstance(parts, list) or len(parts) != count:
            raise StateError(f"{kind}: the state has to have those of {count} '_schedulers'")
        super()._check_state({k: v for k, v in state.items() if k != "_schedulers"})
        for part, its in zip(self._schedulers, parts, strict=True):
            part._check_state(its)

    def _take_state(self, state: Mapping[str, Any]) -> None:
        super()._take_state({k: v for k, v in state.items() if k != "_schedulers"})
        for part, its in zip(self._schedulers, state["_schedulers"], strict=True):
            part._take_state(its)


class ChainedScheduler(_Composed):
    """All schedulers act at every step: their factors multiply.

    Parameters
    ----------
    schedulers : list of schedulers of one optimiser
    optimizer : that optimiser; the first scheduler's unless given

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> from nn.optim import lr_scheduler as S
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> parts = [S.ConstantLR(optimizer, 0.5, total_iters=2), S.ExponentialLR(optimizer, 0.9)]
    >>> scheduler = S.ChainedScheduler(parts)
    >>> for epoch in range(3):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.500
    0.450
    0.810
    """

    def __init__(self, schedulers: Sequence[Scheduler], optimizer: Optimizer | None = None):
        super().__init__(optimizer, schedulers)

    def _begin(self) -> None:
        for part in self._schedulers:
            part._rewind()

    def step(self) -> None:
        """Let all schedulers make their step, in order."""
        for part in self._schedulers:
            part.step()
        self._last_lr = self._rates()


class SequentialLR(_Composed):
    """One scheduler after the other; each starts at its milestone, from the first learning rates.

    Parameters
    ----------
    schedulers : list of schedulers of this optimiser
    milestones : the epochs from which the second, third, ... acts
    last_epoch : the last epoch that is over; -1 to start

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> from nn.optim import lr_scheduler as S
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> parts = [S.ConstantLR(optimizer, 0.5, total_iters=9), S.ExponentialLR(optimizer, 0.9)]
    >>> scheduler = S.SequentialLR(optimizer, parts, milestones=[2])
    >>> for epoch in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.500
    0.500
    1.000
    0.900
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Scheduler], milestones: Sequence[int],
        last_epoch: int = -1,
    ):  # fmt: skip
        super().__init__(optimizer, schedulers)
        fits = len(milestones) == len(schedulers) - 1
        rule = f"needs {len(schedulers) - 1} milestones, one less than schedulers"
        self._require(fits, rule, milestones)
        self._require(list(milestones) == sorted(milestones), "milestones must rise", milestones)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        if last_epoch == -1:
            self._restart()

    def _current(self) -> int:
        return bisect_right(self._milestones, self.last_epoch)

    def _begin(self) -> None:
        self.last_epoch = 0
        self._schedulers[self._current()]._rewind()

    def step(self) -> None:
        """Let the scheduler whose turn it is make its step, or its start."""
        self.last_epoch += 1
        turn = self._current()
        part = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            part._restart()
        else:
            part.step()
        self._last_lr = self._rates()


def with_warmup(scheduler: Scheduler, total_iters: int, start_factor: float = 1e-3) -> SequentialLR:
    """The same schedule after a warm-up, in which the learning rates rise along a line.

    Parameters
    ----------
    scheduler : of any kind that needs no metric; it starts when the warm-up is over
    total_iters : steps of the warm-up
    start_factor : the first learning rate over the full one

    Source
    ------
    Goyal et al. (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> from nn.optim import lr_scheduler as S
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = S.with_warmup(S.ExponentialLR(optimizer, 0.5), total_iters=2, start_factor=0.2)
    >>> for epoch in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.200
    0.600
    1.000
    0.500
    """
    optimizer = scheduler.optimizer
    rise = LinearLR(optimizer, start_factor, total_iters=total_iters)
    return SequentialLR(optimizer, [rise, scheduler], milestones=[total_iters])
