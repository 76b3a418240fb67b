"""Adam and its relatives."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from .optimizer import Group, Optimizer


class _Adam(Optimizer):
    """What Adam and AdamW share; they differ in where weight decay enters."""

    decoupled: bool

    def __init__(
        self, params: Iterable[Any], lr: float, betas: tuple[float, float], eps: float,
        weight_decay: float, amsgrad: bool, maximize: bool,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay")
        betas = group["betas"]
        if len(betas) != 2 or not all(0 <= b < 1 for b in betas):
            kind = type(self).__name__
            raise ArgumentError(f"{kind}: betas must be two numbers in [0, 1), got {betas}")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: dict[str, Any]) -> None:
        if not state:
            state["step"] = 0
            state["exp_avg"] = np.zeros(p.shape, p.dtype)
            state["exp_avg_sq"] = np.zeros(p.shape, p.dtype)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros(p.shape, p.dtype)
        state["step"] += 1
        lr = group["lr"]
        beta1, beta2 = group["betas"]
        step, spare = self.spare(p, 0), self.spare(p, 1)
        if group["maximize"]:
            g = np.negative(g, out=spare)
        if group["weight_decay"]:
            if self.decoupled:
                self.move(p, np.multiply(p.data, group["weight_decay"], out=step), -lr)
            else:
                np.multiply(p.data, group["weight_decay"], out=step)
                g = np.add(step, g, out=spare)
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=step)
        np.multiply(g, g, out=step)
        v *= beta2
        v += np.multiply(step, 1 - beta2, out=step)
        if group["amsgrad"]:
            v = np.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])
        t = state["step"]
        denominator = np.sqrt(v, out=spare)
        denominator *= 1 / math.sqrt(1 - beta2**t)
        denominator += group["eps"]
        self.move(p, np.divide(m, denominator, out=step), -lr / (1 - beta1**t))


class Adam(_Adam):
    """Steps scaled by running estimates of the gradient's mean and uncentred variance.

        g = grad + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        p = p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    lr : step size
    betas : how slowly mean and variance forget
    eps : added to the denominator
    weight_decay : L2 penalty, added to the gradient; `AdamW` decouples it
    amsgrad : divide by the largest variance so far
    maximize : climb instead of descend

    Source
    ------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization"; Reddi, Kale & Kumar (2018),
    "On the convergence of Adam and beyond" for amsgrad.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Adam([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.9000'
    """

    decoupled = False

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)


class AdamW(_Adam):
    """Adam with weight decay that acts on the weights, not through the gradient.

        p = p - lr * weight_decay * p, then Adam's step without weight decay

    Parameters
    ----------
    As for `Adam`.

    Source
    ------
    Loshchilov & Hutter (2019), "Decoupled weight decay regularization".
    """

    decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)
