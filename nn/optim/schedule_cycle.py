"""Learning rates that rise as well, and momentum the other way round."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError

from .optimizer import NUMBERS, Optimizer
from .saving import Group
from .schedule import LRScheduler


class _MomentumLR(LRScheduler):
    """What CyclicLR and OneCycleLR share: a momentum beside the learning rate of each group."""

    cycle_momentum: bool

    def _start_momentum(self, optimizer: Optimizer, low: Any, high: Any, fresh: bool) -> None:
        kind = type(self).__name__
        if not self.cycle_momentum:
            return
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ArgumentError(
                f"{kind}: {type(optimizer).__name__} has no momentum\n  hint: cycle_momentum=False"
            )
        lows = self._per_group(optimizer, "base_momentum", low)
        highs = self._per_group(optimizer, "max_momentum", high)
        for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
            if fresh:
                group["base_momentum"], group["max_momentum"] = low, high
                _set_momentum(group, high)


def _set_momentum(group: Group, value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value


class CyclicLR(_MomentumLR):
    """lr goes up from base_lr to max_lr along a line, and down again; momentum down and up.

        lr = base_lr + (max_lr - base_lr) * height * scale(cycle number, or iteration)

    Parameters
    ----------
    base_lr, max_lr : the bounds; one for all groups, or a list
    step_size_up, step_size_down : iterations upwards, and downwards (as many unless given)
    mode : "triangular"; "triangular2", half as high in each cycle; "exp_range", gamma**iteration as
        high
    gamma : for "exp_range"
    scale_fn : function of the user's instead of a mode; it is not part of the state
    scale_mode : whether scale_fn gets the number of the "cycle" or of the "iterations"
    cycle_momentum : whether momentum (or the first beta) moves as well
    base_momentum, max_momentum : its bounds

    Source
    ------
    Smith (2017), "Cyclical learning rates for training neural networks".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0, momentum=0.9)
    >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, 0.5, 1.5, step_size_up=2)
    >>> for batch in range(5):
    ...     print(scheduler.get_last_lr()[0], f"{optimizer.param_groups[0]['momentum']:.2f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.5 0.90
    1.0 0.85
    1.5 0.80
    1.0 0.85
    0.5 0.90
    """

    unsaved = ("optimizer", "scale_fn")

    def __init__(
        self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float],
        step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
        gamma: float = 1.0, scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8, max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ):  # fmt: skip
        modes = ("triangular", "triangular2", "exp_range")
        self._require(scale_fn is not None or mode in modes, f"mode must be one of {modes}", mode)
        fits = scale_mode in ("cycle", "iterations")
        self._require(fits, "scale_mode must be 'cycle' or 'iterations'", scale_mode)
        down = step_size_up if step_size_down is None else step_size_down
        self._require(step_size_up > 0 and down > 0, "sizes must be above 0", (step_size_up, down))
        self.up, self.down = step_size_up, down
        self.mode, self.gamma, self.scale_fn, self.scale_mode = mode, gamma, scale_fn, scale_mode
        self.cycle_momentum = cycle_momentum
        self.max_lrs = self._per_group(optimizer, "max_lr", max_lr)
        base_lrs = self._per_group(optimizer, "base_lr", base_lr)
        self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
            if last_epoch == -1:
                group["lr"] = group["initial_lr"] = lr
        super().__init__(optimizer, last_epoch)

    def _scale(self, cycle: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return self.gamma**self.last_epoch
        return 0.5 ** (cycle - 1) if self.mode == "triangular2" else 1.0

    def get_lr(self) -> list[float]:
        cycle, place = divmod(self.last_epoch, self.up + self.down)
        height = place / self.up if place <= self.up else 1 - (place - self.up) / self.down
        height *= self._scale(int(cycle) + 1)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                low, high = group["base_momentum"], group["max_momentum"]
                _set_momentum(group, high - (high - low) * height)
        return [
            low + (high - low) * height
            for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]


class OneCycleLR(_MomentumLR):
    """lr rises from max_lr / div_factor to max_lr and falls far below; once in all the training.

    Call `step` after every batch. Momentum falls while lr rises, and rises while it falls.

    Parameters
    ----------
    max_lr : one for all groups, or a list
    total_steps : how many batches; or epochs and steps_per_epoch
    pct_start : share of them in which lr rises
    anneal_strategy : "cos" or "linear"
    cycle_momentum : whether momentum (or the first beta) moves as well
    base_momentum, max_momentum : its bounds
    div_factor : max_lr over the first lr
    final_div_factor : the first lr over the last
    three_phase : fall to the first lr as fast as it rose, then to the last in the rest of the time

    Source
    ------
    Smith & Topin (2018), "Super-convergence: very fast training of neural networks using large
    learning rates"; two phases as in fastai.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.Adam([Parameter(1.0)])
    >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> for batch in range(4):
    ...     beta = optimizer.param_groups[0]["betas"][0]
    ...     print(f"{scheduler.get_last_lr()[0]:.3f} {beta:.3f}")
    ...     optimizer.step()
    ...     scheduler.step()
    0.040 0.950
    0.520 0.900
    1.000 0.850
    0.950 0.855
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85, max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
        last_epoch: int = -1,
    ):  # fmt: skip
        if total_steps is None:
            given = (epochs, steps_per_epoch)
            rule = "needs total_steps, or epochs and steps_per_epoch"
            self._require(None not in given, rule, given)
            total_steps = (epochs or 0) * (steps_per_epoch or 0)
        fits = isinstance(total_steps, int) and total_steps >= 1
        self._require(fits, "total_steps must be a whole number from 1", total_steps)
        fits = isinstance(pct_start, NUMBERS) and 0 <= pct_start <= 1
        self._require(fits, "pct_start must lie between 0 and 1", pct_start)
        fits = anneal_strategy in ("cos", "linear")
        self._require(fits, "anneal_strategy must be 'cos' or 'linear'", anneal_strategy)
        self.total_steps, self.pct_start, self.three_phase = total_steps, pct_start, three_phase
        self.anneal_strategy, self.cycle_momentum = anneal_strategy, cycle_momentum
        tops = self._per_group(optimizer, "max_lr", max_lr)
        self._start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        for group, top in zip(optimizer.param_groups, tops, strict=True):
            if last_epoch == -1:
                group["initial_lr"] = top / div_factor
                group["max_lr"] = top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    def _phases(self) -> list[tuple[float, str, str, str, str]]:
        """Last step, lr from and to, momentum from and to: names of entries of the groups."""
        rise = self.pct_start * self.total_steps - 1
        up = (rise, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        end = self.total_steps - 1
        if not self.three_phase:
            return [up, (end, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        down = (2 * rise, "max_lr", "initial_lr", "base_momentum", "max_momentum")
        return [up, down, (end, "initial_lr", "min_lr", "max_momentum", "max_momentum")]

    def get_lr(self) -> list[float]:
        t, begin = self.last_epoch, 0.0
        self._require(t <= self.total_steps, f"has {self.total_steps} steps in all", f"step {t}")
        phases = self._phases()
        for end, *_ in phases[:-1]:
            if t <= end:
                break
            begin, phases = end, phases[1:]
        end, first, last, slow, fast = phases[0]
        share = min(1.0, (t - begin) / (end - begin)) if end > begin else 1.0
        if self.anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, group[slow] + (group[fast] - group[slow]) * share)
        return [group[first] + (group[last] - group[first]) * share for group in groups]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from base_lr to eta_min, again and again, each T_mult times as long.

        lr = eta_min + (base_lr - eta_min) * (1 + cos(pi * T_cur / T_i)) / 2

    Parameters
    ----------
    T_0 : epochs of the first period
    T_mult : how many times longer each period is than the one before
    eta_min : learning rate before a restart

    Source
    ------
    Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> optimizer = optim.SGD([Parameter(1.0)], lr=1.0)
    >>> scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for epoch in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}")
    ...     optimizer.step()
    ...     scheduler.step()
    1.00
    0.50
    1.00
    0.50
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
        last_epoch: int = -1,
    ):  # fmt: skip
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            fits = isinstance(value, int) and value >= 1
            self._require(fits, f"{name} must be a whole number from 1", value)
        self.T_0 = self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = 0
        super().__init__(optimizer, last_epoch)

    def _find(self, epoch: float) -> None:
        """Set T_cur and T_i to the place of this epoch in its period."""
        begin, self.T_i = 0, self.T_0
        while epoch - begin >= self.T_i and self.T_mult > 1:
            begin += self.T_i
            self.T_i *= self.T_mult
        self.T_cur = (epoch - begin) % self.T_i

    def get_lr(self) -> list[float]:
        least = self.eta_min
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [least + (base - least) * height for base in self.base_lrs]

    def _begin(self) -> None:
        self._find(self.last_epoch + 1)
        super()._begin()

    def step(self, epoch: float | None = None) -> None:
        """Set the learning rates of the next epoch, or of any, such as 2.5 after half of one."""
        if epoch is None:
            epoch = self.last_epoch + 1
        self._require(epoch >= 0, "epoch must be 0 or more", epoch)
        self._check_order()
        self._check_groups()
        self._step_count += 1
        self._find(epoch)
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr())
