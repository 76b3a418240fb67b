"""Lower the learning rate when a metric gets no better."""

from __future__ import annotations

import math
from typing import Any

from autograd.errors import ArgumentError

from .optimizer import NUMBERS, Optimizer
from .schedule import Scheduler


class ReduceLROnPlateau(Scheduler):
    """lr = max(lr * factor, min_lr) when a metric has not improved for over `patience` epochs.

    Parameters
    ----------
    mode : "min" if the metric shall fall, "max" if it shall rise
    factor : below 1
    patience : epochs without improvement that are allowed
    threshold : improvements below this do not count
    threshold_mode : whether it is a share of the best value ("rel") or a difference ("abs")
    cooldown : epochs after a reduction in which nothing is counted
    min_lr : one for all groups, or a list
    eps : smaller changes of lr are not made

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [0.5, 0.4, 0.4, 0.4]:
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: float | list[float] = 0, eps: float = 1e-8,
    ):  # fmt: skip
        super().__init__(optimizer)
        fits = isinstance(factor, NUMBERS) and 0 <= factor < 1
        self._require(fits, "factor must be below 1, and 0 or more", factor)
        self._require(mode in ("min", "max"), "mode must be 'min' or 'max'", mode)
        fits = threshold_mode in ("rel", "abs")
        self._require(fits, "threshold_mode must be 'rel' or 'abs'", threshold_mode)
        self.mode, self.factor, self.patience, self.cooldown = mode, factor, patience, cooldown
        self.threshold, self.threshold_mode, self.eps = threshold, threshold_mode, eps
        self.min_lrs = self._per_group(optimizer, "min_lr", min_lr)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self.last_epoch = 0

    def _is_better(self, value: float) -> bool:
        margin = -self.threshold if self.mode == "min" else self.threshold
        relative = self.threshold_mode == "rel"
        aim = self.best * (1 + margin) if relative else self.best + margin
        return value < aim if self.mode == "min" else value > aim

    def _rewind(self) -> None:
        raise ArgumentError("ReduceLROnPlateau needs a metric, so it takes no turns with others")

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take the metric of an epoch into account: a number or a Tensor of one element."""
        self._check_groups()
        value = float(metrics)
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        rates = self._rates()
        if self.num_bad_epochs > self.patience:
            lower = [
                max(lr * self.factor, least) for lr, least in zip(rates, self.min_lrs, strict=True)
            ]
            rates = [
                new if lr - new > self.eps else lr for lr, new in zip(rates, lower, strict=True)
            ]
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._set(rates)
