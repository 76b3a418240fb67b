"""Adam, and AdamW that decouples its weight decay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tensor import Tensor

from .per_parameter import PerParameter
from .saving import Group, State


class Adam(PerParameter):
    """Steps scaled by running estimates of the gradient's mean and uncentred variance.

        g = grad + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        p = p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Some books write eps inside the root. Where v is much larger than eps the path is the same; a
    gradient that is always 0 moves nothing in either form.

    Parameters
    ----------
    lr : step size
    betas : how slowly mean and variance forget
    eps : added to the denominator
    weight_decay : L2 penalty, added to the gradient
    amsgrad : divide by the largest variance so far
    maximize : climb instead of descend
    decoupled_weight_decay : p = p - lr * weight_decay * p instead of the penalty, as `AdamW`

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

    keeps = ("step", "exp_avg", "exp_avg_sq")
    sometimes = ("max_exp_avg_sq",)
    numbers = ("step",)
    pairs = ("betas",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
        maximize: bool = False, decoupled_weight_decay: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay")
        self.below_one(group, "betas")

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        if group["amsgrad"]:
            return False
        t, (b1, b2) = self.coming(state), group["betas"]
        root, rate = 1 / math.sqrt(1 - b2**t), -group["lr"] / (1 - b1**t)
        numbers = b1, 1 - b1, b2, 1 - b2, root, group["eps"], rate, 0
        return self.compiled("adam", p, g, group, state, ("exp_avg", "exp_avg_sq"), *numbers)

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        beta1, beta2 = group["betas"]
        step, denominator = self.spare(p, 0), self.spare(p, 1)
        m, v = self.kept(state, "exp_avg", p), self.kept(state, "exp_avg_sq", p)
        self.average(m, g, beta1, step)
        self.average(v, np.multiply(g, g, out=step), beta2, step)
        if group["amsgrad"]:
            largest = self.kept(state, "max_exp_avg_sq", p)
            v = np.maximum(largest, v, out=largest)
        np.sqrt(v, out=denominator)
        denominator *= 1 / math.sqrt(1 - beta2**t)
        denominator += group["eps"]
        self.move(p, np.divide(m, denominator, out=step), -group["lr"] / (1 - beta1**t))


class AdamW(Adam):
    """Adam with weight decay that acts on the weights, not through the gradient.

        p = p - lr * weight_decay * p, then Adam's step without weight decay

    Parameters
    ----------
    As for `Adam`.

    Source
    ------
    Loshchilov & Hutter (2019), "Decoupled weight decay regularization".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.8500'
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, decoupled_weight_decay=True,
        )  # fmt: skip
