"""What all schedulers share: an optimiser, learning rates per group, saving and continuing."""

from __future__ import annotations

import copy
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from autograd.errors import ArgumentError, DTypeError

from ..errors import StateError
from .optimizer import Optimizer

_ORDER = (
    "lr_scheduler.step() came before optimizer.step(): call them in the opposite order, or the "
    "first learning rate of the schedule is skipped"
)


class Scheduler(ABC):
    """Anything that changes the learning rates of an optimiser while it trains."""

    unsaved: ClassVar[tuple[str, ...]] = ("optimizer",)  # attributes that stay out of state dicts
    optimizer: Optimizer
    _last_lr: list[float]

    def __init__(self, optimizer: Optimizer):
        self._check_optimizer(optimizer)
        self.optimizer = optimizer
        self._last_lr = self._rates()

    # Taking turns with others (see SequentialLR)

    @abstractmethod
    def _rewind(self) -> None:
        """Set the learning rates of epoch 0; the groups have those without this scheduler."""

    def _restart(self) -> None:
        """Go on as from epoch 0, after another scheduler has had its turn."""
        self._set([group["initial_lr"] for group in self.optimizer.param_groups])
        self._rewind()

    # Learning rates

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self, rates: list[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = lr
        self._last_lr = self._rates()

    def _check_groups(self) -> None:
        now, then = len(self.optimizer.param_groups), len(self._last_lr)
        if now != then:
            raise ArgumentError(
                f"{type(self).__name__}: the optimiser has {now} groups of parameters, "
                f"but had {then} when the scheduler was made"
            )

    def _check_optimizer(self, optimizer: Any) -> None:
        if not isinstance(optimizer, Optimizer):
            kind, got = type(self).__name__, type(optimizer).__name__
            raise DTypeError(f"{kind}: needs an Optimizer, got {got}")

    def _per_group(self, optimizer: Any, name: str, value: Any) -> list[Any]:
        """One value for each group: the items of a list, or the same for all."""
        self._check_optimizer(optimizer)
        count = len(optimizer.param_groups)
        if not isinstance(value, (list, tuple)):
            return [value] * count
        rule = f"{name} must be one value, or one for each of the {count} groups of parameters"
        self._require(len(value) == count, rule, value)
        return list(value)

    def _require(self, fits: bool, rule: str, got: Any) -> None:
        """Complain about an argument unless it fits."""
        if not fits:
            raise ArgumentError(f"{type(self).__name__}: {rule}, got {got!r}")

    @abstractmethod
    def step(self) -> None:
        """Set the learning rates of the next epoch (or batch), after `optimizer.step()`."""

    def get_last_lr(self) -> list[float]:
        """The learning rates that were set last, one for each group."""
        return list(self._last_lr)

    # Saving

    def state_dict(self) -> dict[str, Any]:
        """A copy of all settings and counters, without the optimiser and without functions.

        The learning rates themselves are in the state dict of the optimiser: to continue, make
        both, then load both.
        """
        return copy.deepcopy({k: v for k, v in vars(self).items() if k not in self.unsaved})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of a scheduler of the same kind returned.

        Raises
        ------
        StateError
            If it is the state of another kind, or of other groups. Then nothing was loaded.
        """
        self._check_state(state_dict)
        self._take_state(state_dict)

    def _take_state(self, state: Mapping[str, Any]) -> None:
        vars(self).update(copy.deepcopy(dict(state)))

    def _check_state(self, state: Any) -> None:
        kind = type(self).__name__
        mine = {k: v for k, v in vars(self).items() if k not in self.unsaved}
        if not isinstance(state, Mapping):
            raise StateError(f"{kind}: a state dict is a dict, got {type(state).__name__}")
        told = [f"lacks {k!r}" for k in mine if k not in state]
        told += [f"has {k!r}" for k in state if k not in mine]
        if told:
            raise StateError(f"{kind}: the state is another scheduler's: it {', '.join(told)}")
        for name in ("base_lrs", "_last_lr"):
            groups = len(self.optimizer.param_groups)
            if name in mine and len(state[name]) != groups:
                raise StateError(
                    f"{kind}: {name} has {len(state[name])} values in the state, "
                    f"but the optimiser has {groups} groups of parameters"
                )


class LRScheduler(Scheduler):
    """Base of the schedulers that know the epoch: override `get_lr`.

    The constructor sets the learning rates of epoch 0, so attributes that `get_lr` needs come
    before `super().__init__`.

    Parameters
    ----------
    optimizer : whose learning rates to set
    last_epoch : the last epoch that is over; -1 to start. Otherwise the groups need "initial_lr",
        and "lr" as the optimiser's state dict has it

    Attributes
    ----------
    base_lrs : learning rates of the groups at the start
    last_epoch : number of the epoch whose learning rates are set

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> class Halving(optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / 2**self.last_epoch for lr in self.base_lrs]
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = Halving(optimizer)
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> optimizer.param_groups[0]["lr"]
    0.125
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        super().__init__(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ArgumentError(
                    f"{type(self).__name__}: last_epoch={last_epoch} continues a schedule, but "
                    f"group {i} has no 'initial_lr'\n"
                    "  hint: load the state dict of the optimiser first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    def _begin(self) -> None:
        """Set the learning rates of the first epoch."""
        self._step_count = 0
        self.last_epoch += 1
        self._set(self.get_lr())
        self._step_count = 1

    def _rewind(self) -> None:
        self.last_epoch = -1
        self._begin()

    @abstractmethod
    def get_lr(self) -> list[float]:
        """The learning rates of epoch `self.last_epoch`; the groups still have those before it.

        In the constructor, `self._step_count` is 0.
        """

    def step(self) -> None:
        """Set the learning rates of the next epoch (or batch), after `optimizer.step()`.

        Warns if the optimiser has not made a step yet.
        """
        self._check_order()
        self._check_groups()
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _check_order(self) -> None:
        if self._step_count == 1 and self.optimizer.steps == 0:
            warnings.warn(_ORDER, UserWarning, stacklevel=3)
