"""Relatives of Adam: Adamax, NAdam, RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tensor import Tensor

from .per_parameter import PerParameter
from .saving import Group, State


class Adamax(PerParameter):
    """Adam with the largest recent gradient in the place of its root mean square.

        g = grad + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, abs(g) + eps)
        p = p - lr / (1 - beta1**t) * m / u

    Parameters
    ----------
    lr : step size
    betas : how slowly mean and maximum forget
    eps : added to the size of each gradient
    weight_decay : L2 penalty, added to the gradient
    maximize : climb instead of descend

    Source
    ------
    Kingma & Ba (2015), "Adam: a method for stochastic optimization", section 7.1; eps is PyTorch's.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.Adamax([w])
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.9980'
    """

    keeps = ("step", "exp_avg", "exp_inf")
    numbers = ("step",)
    pairs = ("betas",)

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay")
        self.below_one(group, "betas")

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        b1, b2 = group["betas"]
        numbers = b1, 1 - b1, b2, group["eps"], -group["lr"] / (1 - b1 ** self.coming(state))
        return self.compiled("adamax", p, g, group, state, ("exp_avg", "exp_inf"), *numbers)

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        beta1, beta2 = group["betas"]
        step = self.spare(p)
        m, u = self.kept(state, "exp_avg", p), self.kept(state, "exp_inf", p)
        self.average(m, g, beta1, step)
        np.abs(g, out=step)
        step += group["eps"]
        u *= beta2
        np.maximum(u, step, out=u)
        self.move(p, np.divide(m, u, out=step), -group["lr"] / (1 - beta1**t))


class NAdam(PerParameter):
    """Adam with Nesterov's look ahead along the mean.

        mu_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        m, v = as in Adam, with beta1 and beta2
        m'   = mu_{t+1} * m / (1 - mu_1 ... mu_{t+1}) + (1 - mu_t) * g / (1 - mu_1 ... mu_t)
        p    = p - lr * m' / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    lr : step size
    betas : how slowly mean and variance forget
    eps : added to the denominator
    weight_decay : L2 penalty, added to the gradient
    momentum_decay : how fast mu approaches beta1
    decoupled_weight_decay : p = p - lr * weight_decay * p instead of the penalty
    maximize : climb instead of descend

    Source
    ------
    Dozat (2016), "Incorporating Nesterov momentum into Adam".

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.NAdam([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); w.item() < 1
    True
    """

    keeps = ("step", "mu_product", "exp_avg", "exp_avg_sq")
    numbers = ("step", "mu_product")
    pairs = ("betas",)

    def __init__(
        self, params: Iterable[Any], lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay", "momentum_decay")
        self.below_one(group, "betas")

    def _rates(self, group: Group, state: State) -> tuple[float, float, float]:
        """The product of all mu so far, and the rates of g and of m."""
        t, lr = self.coming(state), group["lr"]
        decay = group["momentum_decay"]
        mu, ahead = (group["betas"][0] * (1 - 0.96 ** (k * decay) / 2) for k in (t, t + 1))
        product = state.get("mu_product", 1.0) * mu
        return product, -lr * (1 - mu) / (1 - product), -lr * ahead / (1 - product * ahead)

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        b1, b2 = group["betas"]
        product, of_g, of_m = self._rates(group, state)
        root = 1 / math.sqrt(1 - b2 ** self.coming(state))
        numbers = b1, 1 - b1, b2, 1 - b2, root, group["eps"], of_m, of_g
        kept = "exp_avg", "exp_avg_sq"
        done = self.compiled("adam", p, g, group, state, kept, *numbers)
        if done:
            state["mu_product"] = product
        return done

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        product, of_g, of_m = self._rates(group, state)
        t, state["mu_product"] = self.count(state), product
        beta1, beta2 = group["betas"]
        step, denominator = self.spare(p, 0), self.spare(p, 1)
        m, v = self.kept(state, "exp_avg", p), self.kept(state, "exp_avg_sq", p)
        self.average(m, g, beta1, step)
        self.average(v, np.multiply(g, g, out=step), beta2, step)
        np.sqrt(v, out=denominator)
        denominator *= 1 / math.sqrt(1 - beta2**t)
        denominator += group["eps"]
        self.move(p, np.divide(g, denominator, out=step), of_g)
        self.move(p, np.divide(m, denominator, out=step), of_m)


class RAdam(PerParameter):
    """Adam that divides by the variance only once its estimate is worth something.

        m, v = as in Adam;  m' = m / (1 - beta1**t)
        rho_inf = 2 / (1 - beta2) - 1
        rho_t   = rho_inf - 2 * t * beta2**t / (1 - beta2**t)     (length of the average so far)
        p = p - lr * m' * r * sqrt(1 - beta2**t) / (sqrt(v) + eps)         where rho_t > 5, with
            r = sqrt((rho_t - 4) * (rho_t - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho_t))
        p = p - lr * m'                                                    before

    Parameters
    ----------
    lr : step size
    betas : how slowly mean and variance forget
    eps : added to the denominator
    weight_decay : L2 penalty, added to the gradient
    decoupled_weight_decay : p = p - lr * weight_decay * p instead of the penalty
    maximize : climb instead of descend

    Source
    ------
    Liu et al. (2020), "On the variance of the adaptive learning rate and beyond"; the threshold 5
    (the paper has 4) is PyTorch's.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(1.0)
    >>> optimizer = optim.RAdam([w], lr=0.1)
    >>> (w * w).backward(); optimizer.step(); f"{w.item():.4f}"
    '0.8000'
    """

    keeps = ("step", "exp_avg", "exp_avg_sq")
    numbers = ("step",)
    pairs = ("betas",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, decoupled_weight_decay: bool = False, *,
        maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "eps", "weight_decay")
        self.below_one(group, "betas")

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        beta1, beta2 = group["betas"]
        step, denominator = self.spare(p, 0), self.spare(p, 1)
        m, v = self.kept(state, "exp_avg", p), self.kept(state, "exp_avg_sq", p)
        self.average(m, g, beta1, step)
        self.average(v, np.multiply(g, g, out=step), beta2, step)
        lr = group["lr"] / (1 - beta1**t)
        known = 1 - beta2**t
        rho_inf = 2 / (1 - beta2) - 1
        rho = rho_inf - 2 * t * beta2**t / known
        if rho > 5:
            r2 = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)
            np.sqrt(v, out=denominator)
            denominator += group["eps"]
            self.move(p, np.divide(m, denominator, out=step), -lr * math.sqrt(r2 * known))
        else:
            np.copyto(step, m)
            self.move(p, step, -lr)
