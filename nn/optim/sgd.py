"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from .optimizer import NUMBERS
from .per_parameter import PerParameter
from .saving import Group, State


class SGD(PerParameter):
    """Stochastic gradient descent, with momentum if asked.

        g = grad + weight_decay * p
        v = momentum * v + (1 - dampening) * g        (v = g at the first step)
        p = p - lr * v                                nesterov: p - lr * (g + momentum * v)

    The textbook form `v = momentum * v - lr * g; p = p + v` gives the same path as long as lr stays
    the same; when lr changes, this form applies the new lr to the whole velocity at once. With a
    constant gradient the step grows to lr / (1 - momentum) times the gradient.

    Nesterov's textbook form, `v = momentum * v + lr * grad(p - momentum * v); p = p - v`, needs the
    gradient at another point than p. Here the parameter *is* that point, p - momentum * v.

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

    sometimes = ("momentum_buffer",)

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
        if not isinstance(group["dampening"], NUMBERS):
            raise ArgumentError(f"SGD: dampening must be a number, got {group['dampening']!r}")
        if group["nesterov"] and (group["momentum"] == 0 or group["dampening"] != 0):
            raise ArgumentError("SGD: nesterov needs momentum above 0 and dampening 0")

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        momentum, rate = group["momentum"], -group["lr"]
        if not momentum:
            return self.compiled("sgd", p, g, group, state, (), rate)
        if "momentum_buffer" not in state:  # the first step has a formula of its own
            return False
        numbers = momentum, 1 - group["dampening"], group["nesterov"], rate
        return self.compiled("momentum", p, g, group, state, ("momentum_buffer",), *numbers)

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        momentum, rate = group["momentum"], -group["lr"]
        if not momentum:
            self.move(p, g * rate)
            return
        step = self.spare(p)
        np.copyto(step, self._velocity(g, group, state, step))
        if group["nesterov"]:
            step *= momentum
            step += g
        self.move(p, step, rate)

    def _velocity(self, g: np.ndarray, group: Group, state: State, spare: np.ndarray) -> np.ndarray:
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = np.array(g)
            return g
        v = state["momentum_buffer"]
        v *= group["momentum"]
        v += np.multiply(g, 1 - group["dampening"], out=spare)
        return v
