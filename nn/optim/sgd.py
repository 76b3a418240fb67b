"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from .optimizer import Group, Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked.

        g = grad + weight_decay * p
        v = momentum * v + (1 - dampening) * g        (v = g at the first step)
        p = p - lr * v                                nesterov: p - lr * (g + momentum * v)

    The textbook form `v = momentum * v - lr * g; p = p + v` gives the same path as long as lr stays
    the same; when lr changes, this form applies the new lr to the whole velocity at once.

    Parameters
    ----------
    lr : step size
    momentum : share of the velocity that is kept
    dampening : how much less of the gradient enters the velocity
    weight_decay : L2 penalty, added to the gradient
    nesterov : look ahead along the velocity; needs momentum and no dampening
    maximize : climb instead of descend

    Source
    ------
    Sutskever et al. (2013), "On the importance of initialization and momentum in deep learning".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); w
    Tensor(0.8, requires_grad=True)
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ArgumentError("SGD: nesterov needs momentum above 0 and dampening 0")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: dict[str, Any]) -> None:
        step, spare = self.spare(p, 0), self.spare(p, 1)
        np.multiply(g, -1 if group["maximize"] else 1, out=step)
        if group["weight_decay"]:
            step += np.multiply(p.data, group["weight_decay"], out=spare)
        momentum = group["momentum"]
        if momentum and "momentum_buffer" not in state:
            v = state["momentum_buffer"] = step.copy()
        elif momentum:
            v = state["momentum_buffer"]
            v *= momentum
            v += np.multiply(step, 1 - group["dampening"], out=spare)
        if group["nesterov"]:
            step += np.multiply(v, momentum, out=spare)
        elif momentum:
            np.copyto(step, v)
        self.move(p, step, -group["lr"])
