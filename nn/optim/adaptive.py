"""A step size of its own for every element: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tensor import Tensor

from .per_parameter import PerParameter
from .saving import Group, State


class Adagrad(PerParameter):
    """Steps divided by the root of the sum of all squared gradients so far.

        g = grad + weight_decay * p
        s = s + g**2                                  (s = initial_accumulator_value at first)
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    Books write `g / sqrt(s + eps)` or `g / (sqrt(s) + 1e-7)`: with an eps that is small beside the
    gradients, the path is the same.

    Parameters
    ----------
    lr : step size
    lr_decay : how fast the step size falls in addition
    weight_decay : L2 penalty, added to the gradient
    initial_accumulator_value : where the sum starts
    eps : added to the denominator
    maximize : climb instead of descend

    Source
    ------
    Duchi, Hazan & Singer (2011), "Adaptive subgradient methods for online learning and stochastic
    optimization".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Adagrad([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.9000'
    """

    keeps = ("step", "sum")
    numbers = ("step",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0,
        weight_decay: float = 0, initial_accumulator_value: float = 0, eps: float = 1e-10, *,
        maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "eps": eps,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, *(name for name in self.defaults if name != "maximize"))

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        self.kept(state, "sum", p, group["initial_accumulator_value"])
        rate = -group["lr"] / (1 + (self.coming(state) - 1) * group["lr_decay"])
        return self.compiled("scaled", p, g, group, state, ("sum",), 1, 1, group["eps"], rate)

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        step, denominator = self.spare(p, 0), self.spare(p, 1)
        s = self.kept(state, "sum", p, group["initial_accumulator_value"])
        s += np.multiply(g, g, out=step)
        np.sqrt(s, out=denominator)
        denominator += group["eps"]
        lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
        self.move(p, np.divide(g, denominator, out=step), -lr)


class Adadelta(PerParameter):
    """Steps in the units of the parameter: the last steps' size over the last gradients' size.

        g = grad + weight_decay * p
        v = rho * v + (1 - rho) * g**2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        p = p - lr * d

    Parameters
    ----------
    lr : factor on the step; the paper has none, so 1
    rho : how slowly both averages forget
    eps : keeps the first steps from being 0
    weight_decay : L2 penalty, added to the gradient
    maximize : climb instead of descend

    Source
    ------
    Zeiler (2012), "ADADELTA: an adaptive learning rate method".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Adadelta([w])
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.6f}"
    '0.996838'
    """

    keeps = ("step", "square_avg", "acc_delta")
    numbers = ("step",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay")
        self.below_one(group, "rho")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        self.count(state)
        rho, eps = group["rho"], group["eps"]
        step, spare = self.spare(p, 0), self.spare(p, 1)
        v, u = self.kept(state, "square_avg", p), self.kept(state, "acc_delta", p)
        self.average(v, np.multiply(g, g, out=step), rho, step)
        np.add(u, eps, out=step)
        step /= np.add(v, eps, out=spare)
        np.sqrt(step, out=step)
        step *= g
        self.average(u, np.multiply(step, step, out=spare), rho, spare)
        self.move(p, step, -group["lr"])


class RMSprop(PerParameter):
    """Steps divided by the root mean square of recent gradients.

        g = grad + weight_decay * p
        v = alpha * v + (1 - alpha) * g**2
        d = g / (sqrt(v) + eps)                       centered: sqrt(v - m**2), m the mean of g
        b = momentum * b + d;  p = p - lr * b         without momentum: p - lr * d

    Books write `g / sqrt(v + eps)`: with an eps that is small beside the gradients, the path is the
    same. They call alpha the decay rate, and also set it to 0.9 or 0.5.

    Parameters
    ----------
    lr : step size
    alpha : how slowly the averages forget
    eps : added to the denominator
    weight_decay : L2 penalty, added to the gradient
    momentum : share of the last step that is kept
    centered : divide by the standard deviation instead
    maximize : climb instead of descend

    Source
    ------
    Tieleman & Hinton (2012), "Neural networks for machine learning", lecture 6.5; Graves (2013),
    "Generating sequences with recurrent neural networks" for the centred form.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.RMSprop([w])
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.9000'
    """

    keeps = ("step", "square_avg")
    sometimes = ("grad_avg", "momentum_buffer")
    numbers = ("step",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
            "momentum": momentum, "centered": centered, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay", "momentum")
        self.below_one(group, "alpha")

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        if group["centered"] or group["momentum"]:
            return False
        numbers = group["alpha"], 1 - group["alpha"], group["eps"], -group["lr"]
        return self.compiled("scaled", p, g, group, state, ("square_avg",), *numbers)

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        self.count(state)
        alpha = group["alpha"]
        step, denominator = self.spare(p, 0), self.spare(p, 1)
        v = self.kept(state, "square_avg", p)
        self.average(v, np.multiply(g, g, out=step), alpha, step)
        if group["centered"]:
            m = self.kept(state, "grad_avg", p)
            self.average(m, g, alpha, step)
            np.subtract(v, np.multiply(m, m, out=step), out=denominator)
            np.maximum(denominator, 0, out=denominator)  # rounding may leave it below
            np.sqrt(denominator, out=denominator)
        else:
            np.sqrt(v, out=denominator)
        denominator += group["eps"]
        np.divide(g, denominator, out=step)
        if group["momentum"]:
            b = self.kept(state, "momentum_buffer", p)
            b *= group["momentum"]
            b += step
            np.copyto(step, b)
        self.move(p, step, -group["lr"])
