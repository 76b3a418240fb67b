"""Learning rates that fall by a factor: in steps, along a line, a power or a cosine."""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable

from .optimizer import NUMBERS, Optimizer
from .schedule import LRScheduler


class FactorLR(LRScheduler):
    """Base of the schedulers that are one curve over the epochs: override `curve`.

        lr(t) = least + (lr(t - 1) - least) * curve(t) / curve(t - 1)

    Going from epoch to epoch, rather than from the start, lets several of them act on one
    optimiser, and keeps changes that the user made to a group.

    Parameters
    ----------
    As for `LRScheduler`.
    """

    eta_min: float = 0.0

    @abstractmethod
    def curve(self, t: int) -> float:
        """(lr - eta_min) / (base_lr - eta_min) in epoch t."""

    def get_lr(self) -> list[float]:
        t, least, rates = self.last_epoch, self.eta_min, self._rates()
        if t > 0 and self._step_count == 0:
            return rates  # continued: the groups have the learning rates of this epoch
        new, old = self.curve(t), self.curve(t - 1) if t else 1.0
        if new == old:
            return rates
        if not old:
            return [
                lr + (base - least) * new for lr, base in zip(rates, self.base_lrs, strict=True)
            ]
        return [least + (lr - least) * (new / old) for lr in rates]

    def _require_count(self, name: str, value: int) -> None:
        fits = isinstance(value, int) and value >= 1
        self._require(fits, f"{name} must be a whole number from 1", value)


class StepLR(FactorLR):
    """lr = base_lr * gamma**(t // step_size).

    Parameters
    ----------
    step_size : epochs between two drops
    gamma : factor of each

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2)
    >>> for epoch in range(4):
    ...     print(scheduler.get_last_lr()[0])
    ...     optimizer.step()
    ...     scheduler.step()
    1.0
    1.0
    0.1
    0.1
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ):
        self._require_count("step_size", step_size)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return self.gamma ** (t // self.step_size)


class MultiStepLR(FactorLR):
    """lr = base_lr * gamma**(number of milestones up to t).

    Parameters
    ----------
    milestones : the epochs of the drops; one that comes twice counts twice
    gamma : factor of each
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ):  # fmt: skip
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return self.gamma ** bisect_right(self.milestones, t)


class ConstantLR(FactorLR):
    """lr = base_lr * factor for the first epochs, then base_lr.

    Parameters
    ----------
    factor : between 0 and 1
    total_iters : how many epochs
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
        last_epoch: int = -1,
    ):  # fmt: skip
        self._require(_share(factor), "factor must lie between 0 and 1", factor)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return self.factor if t < self.total_iters else 1.0


class LinearLR(FactorLR):
    """lr = base_lr * a factor that goes along a line from start_factor to end_factor.

    Parameters
    ----------
    start_factor : above 0, up to 1
    end_factor : between 0 and 1
    total_iters : how many epochs
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
        total_iters: int = 5, last_epoch: int = -1,
    ):  # fmt: skip
        fits = _share(start_factor) and start_factor > 0
        self._require(fits, "start_factor must be above 0 and at most 1", start_factor)
        self._require(_share(end_factor), "end_factor must lie between 0 and 1", end_factor)
        self._require_count("total_iters", total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(t, self.total_iters) / self.total_iters


class ExponentialLR(FactorLR):
    """lr = base_lr * gamma**t.

    Parameters
    ----------
    gamma : factor of each epoch
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return self.gamma**t


class PolynomialLR(FactorLR):
    """lr = base_lr * (1 - t / total_iters)**power, and 0 from then on.

    Parameters
    ----------
    total_iters : how many epochs
    power : 1 for a line
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ):
        self._require_count("total_iters", total_iters)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return (1 - min(t, self.total_iters) / self.total_iters) ** self.power


class CosineAnnealingLR(FactorLR):
    """lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * t / T_max)) / 2.

    After T_max epochs it rises again, to base_lr at 2 * T_max.

    Parameters
    ----------
    T_max : epochs from the top to the bottom
    eta_min : learning rate at the bottom

    Source
    ------
    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts", without the
    restarts.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    >>> for epoch in range(5):
    ...     print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    1.000
    0.854
    0.500
    0.146
    0.000
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ):
        self._require_count("T_max", T_max)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def curve(self, t: int) -> float:
        return (1 + math.cos(math.pi * t / self.T_max)) / 2


def _share(value: float) -> bool:
    return isinstance(value, NUMBERS) and 0 <= value <= 1
