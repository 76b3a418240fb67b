"""Learning rates from functions of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import DTypeError

from .optimizer import Optimizer
from .schedule import LRScheduler

Function = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """A function of the epoch, or one for each group. Functions are not part of the state."""

    unsaved = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int):
        given = lr_lambda if isinstance(lr_lambda, (list, tuple)) else [lr_lambda]
        for f in given:
            if not callable(f):
                kind, got = type(self).__name__, type(f).__name__
                raise DTypeError(f"{kind}: lr_lambda must be a function of the epoch, got {got}")
        self.lr_lambdas = self._per_group(optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)


class LambdaLR(_FunctionLR):
    """lr = base_lr * lr_lambda(t).

    Parameters
    ----------
    lr_lambda : function of the epoch, or a list with one for each group

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> optimizer.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Function | list[Function], last_epoch: int = -1
    ):
        super().__init__(optimizer, lr_lambda, last_epoch)

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        return [base * f(t) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_FunctionLR):
    """lr = the last lr * lr_lambda(t).

    Parameters
    ----------
    lr_lambda : function of the epoch, or a list with one for each group; not called for epoch 0
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Function | list[Function], last_epoch: int = -1
    ):
        super().__init__(optimizer, lr_lambda, last_epoch)

    def _restart(self) -> None:
        self.last_epoch = 0  # on from the learning rates that there are
        self._set(self.get_lr())

    def get_lr(self) -> list[float]:
        if self._step_count == 0:
            return self._rates()
        t = self.last_epoch
        return [lr * f(t) for f, lr in zip(self.lr_lambdas, self._rates(), strict=True)]
