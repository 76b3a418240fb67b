"""Steps whose direction is a sign, element by element: Rprop, Lion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from .per_parameter import PerParameter
from .saving import Group, State


class Rprop(PerParameter):
    """Resilient propagation: a step size for each element that grows while its gradient keeps
    its sign, and shrinks when the sign turns. For gradients of the whole data set.

        s = clip(s * (eta+ if g * g' > 0, eta- if g * g' < 0, else 1), *step_sizes)  (s = lr first)
        g = 0 where g * g' < 0                          (g' is the g of the step before)
        p = p - s * sign(g)

    Parameters
    ----------
    lr : first step size of every element
    etas : (eta-, eta+), the factors
    step_sizes : smallest and largest step size
    maximize : climb instead of descend

    Source
    ------
    Riedmiller & Braun (1993), "A direct adaptive method for faster backpropagation learning: the
    RPROP algorithm", in the form without weight backtracking (iRprop-, Igel & Huesken 2000).

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Rprop([w], lr=0.5)
    >>> (w * w).backward(); optimizer.step(); w
    Tensor(0.5, requires_grad=True)
    """

    keeps = ("step", "prev", "step_size")
    numbers = ("step",)
    pairs = ("etas", "step_sizes")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr")
        etas, sizes = group["etas"], group["step_sizes"]
        if not 0 < etas[0] < 1 < etas[1]:
            raise ArgumentError(f"Rprop: etas must be one below and one above 1, got {etas}")
        if not 0 <= sizes[0] <= sizes[1]:
            raise ArgumentError(f"Rprop: step_sizes must be the least and the most, got {sizes}")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        self.count(state)
        shrink, grow = group["etas"]
        step = self.spare(p)
        before = self.kept(state, "prev", p)
        size = self.kept(state, "step_size", p, group["lr"])
        turned = np.multiply(g, before, out=step)
        np.copyto(before, g)
        np.copyto(before, 0, where=turned < 0)
        np.multiply(size, grow, out=size, where=turned > 0)
        np.multiply(size, shrink, out=size, where=turned < 0)
        np.clip(size, *group["step_sizes"], out=size)
        np.sign(before, out=step)
        step *= size
        self.move(p, step, -1)


class Lion(PerParameter):
    """Evolved sign momentum: every element moves by lr, whatever the size of its gradient.

        p = p - lr * weight_decay * p
        p = p - lr * sign(beta1 * m + (1 - beta1) * grad)
        m = beta2 * m + (1 - beta2) * grad

    Parameters
    ----------
    lr : step size; 3 to 10 times smaller than Adam's
    betas : share of the mean in the step, and how slowly the mean forgets
    weight_decay : decoupled; 3 to 10 times larger than AdamW's
    maximize : climb instead of descend

    Source
    ------
    Chen et al. (2023), "Symbolic discovery of optimization algorithms".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Lion([w], lr=0.25)
    >>> (w * w).backward(); optimizer.step(); w
    Tensor(0.75, requires_grad=True)
    """

    keeps = ("exp_avg",)
    pairs = ("betas",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-4, betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "weight_decay")
        self.below_one(group, "betas")

    def decoupled(self, group: Group) -> bool:
        return True

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        beta1, beta2 = group["betas"]
        step, spare = self.spare(p, 0), self.spare(p, 1)
        m = self.kept(state, "exp_avg", p)
        np.multiply(m, beta1, out=step)
        step += np.multiply(g, 1 - beta1, out=spare)
        self.average(m, g, beta2, spare)
        # into another array: in place, np.sign takes 13 times as long
        self.move(p, np.sign(step, out=spare), -group["lr"])
