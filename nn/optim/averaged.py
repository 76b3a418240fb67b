"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tensor import Tensor

from .per_parameter import PerParameter
from .saving import Group, State


class ASGD(PerParameter):
    """Gradient descent that also keeps the average of its path, `state[p]["ax"]`.

        g   = grad + weight_decay * p
        p   = (1 - lambd * eta) * p - eta * g                   (eta = lr at first)
        ax  = ax + mu * (p - ax)                                (mu = 1 at first)
        eta = lr / (1 + lambd * lr * t)**alpha
        mu  = 1 / max(1, t - t0)

    Parameters
    ----------
    lr : step size
    lambd : decay of the parameters
    alpha : power with which the step size falls
    t0 : step after which averaging starts
    weight_decay : L2 penalty, added to the gradient
    maximize : climb instead of descend

    Source
    ------
    Polyak & Juditsky (1992), "Acceleration of stochastic approximation by averaging"; the schedule
    is that of Bottou (2010), "Large-scale machine learning with stochastic gradient descent".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.ASGD([w], lr=0.1, t0=0)
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.5f}"
    '0.79999'
    """

    keeps = ("step", "eta", "mu", "ax")
    numbers = ("step", "eta", "mu")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
        t0: float = 1e6, weight_decay: float = 0, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "lambd", "alpha", "t0", "weight_decay")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        step = self.spare(p)
        lr, lambd = group["lr"], group["lambd"]
        state.setdefault("eta", lr)
        state.setdefault("mu", 1.0)
        eta, mu = state["eta"], state["mu"]
        self.scale(p, 1 - lambd * eta)
        np.copyto(step, g)
        self.move(p, step, -eta)
        ax = self.kept(state, "ax", p)
        if mu == 1:
            np.copyto(ax, p.data)
        else:
            np.subtract(p.data, ax, out=step)
            step *= mu
            ax += step
        state["eta"] = lr / (1 + lambd * lr * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])
