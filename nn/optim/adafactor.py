"""Adafactor: Adam's second moments of a matrix from one row and one column."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from .optimizer import NUMBERS
from .per_parameter import PerParameter
from .saving import Group, State


class Adafactor(PerParameter):
    """Steps relative to the parameter's size, with variances that take R + C numbers for R * C.

        b = t**beta2_decay;  rho = min(lr, 1 / sqrt(t));  a = max(eps2, rms(p)) * rho
        r = (1 - b) * r + b * mean of grad**2 over columns;  c likewise over rows
        v = outer(r, c) / mean(r)                            vectors keep v itself
        u = grad / max(sqrt(v), eps1)
        p = p - lr * weight_decay * p - a * u / max(1, rms(u) / d)

    Parameters
    ----------
    lr : largest relative step
    beta2_decay : power with which new gradients lose their weight, at most 0
    eps : (eps1, eps2), the least root mean square of gradients and of parameters. None as eps1
        means the machine epsilon of the dtype
    d : the largest root mean square of u
    weight_decay : decoupled
    maximize : climb instead of descend

    Source
    ------
    Shazeer & Stern (2018), "Adafactor: adaptive learning rates with sublinear memory cost",
    without momentum.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter(np.ones((3, 4)))
    >>> optimizer = optim.Adafactor([w], lr=0.5)
    >>> (w * w).sum().backward(); optimizer.step(); w[0].tolist()
    [0.5, 0.5, 0.5, 0.5]
    >>> {k: np.shape(v) for k, v in optimizer.state[w].items()}
    {'step': (), 'row_var': (3, 1), 'col_var': (1, 4)}
    """

    keeps = ("step",)
    sometimes = ("row_var", "col_var", "variance")
    numbers = ("step",)
    pairs = ("eps",)

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0,
        weight_decay: float = 0.0, *, maximize: bool = False,
    ):  # fmt: skip
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d,
            "weight_decay": weight_decay, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        self.at_least_zero(group, "lr", "weight_decay")
        eps, power, d = group["eps"], group["beta2_decay"], group["d"]
        if not (isinstance(power, NUMBERS) and power <= 0):
            raise ArgumentError(f"Adafactor: beta2_decay must be 0 or less, got {power!r}")
        if not (isinstance(d, NUMBERS) and d >= 1):
            raise ArgumentError(f"Adafactor: d must be 1 or more, got {d!r}")
        given = eps[1:] if eps[0] is None else eps
        if not all(isinstance(e, NUMBERS) and e >= 0 for e in given):
            raise ArgumentError(f"Adafactor: eps must be two numbers of 0 or more, got {eps}")

    def state_shape(self, name: str, p: Tensor, group: Group) -> tuple[int | None, ...]:
        if name == "row_var":
            return (*p.shape[:-1], 1)
        return (*p.shape[:-2], 1, *p.shape[-1:]) if name == "col_var" else p.shape

    def prepare(self, p: Tensor, g: np.ndarray, group: Group) -> np.ndarray:
        # the step is measured before weight decay, so `update` decays
        return np.negative(g, out=self.spare(p, -1)) if group["maximize"] else g

    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        t = self.count(state)
        lr, (eps1, eps2) = group["lr"], group["eps"]
        eps1 = float(np.finfo(p.dtype).eps) if eps1 is None else eps1
        size = max(eps2, _rms(p.data)) * min(lr, 1 / math.sqrt(t))
        if group["weight_decay"]:
            self.scale(p, 1 - lr * group["weight_decay"])
        u = self._variance(p, g, 1 - t ** group["beta2_decay"], eps1, state)
        np.maximum(u, eps1 * eps1, out=u)
        np.sqrt(u, out=u)
        np.divide(g, u, out=u)
        self.move(p, u, -size / max(1.0, _rms(u) / group["d"]))

    def _variance(
        self, p: Tensor, g: np.ndarray, rate: float, least: float, state: State
    ) -> np.ndarray:
        """Estimates of g**2, in scratch memory."""
        out = np.multiply(g, g, out=self.spare(p))
        if p.ndim < 2:
            v = self.kept(state, "variance", p)
            self.average(v, out, rate, out)
            np.copyto(out, v)
            return out
        means = {
            "row_var": out.mean(axis=-1, keepdims=True),
            "col_var": out.mean(axis=-2, keepdims=True),
        }
        for name, mean in means.items():
            if name not in state:
                state[name] = np.zeros_like(mean)
            self.average(state[name], mean, rate, mean)
        rows, columns = state["row_var"], state["col_var"]
        return np.multiply(rows / np.maximum(rows.mean(-2, keepdims=True), least), columns, out=out)


def _rms(x: np.ndarray) -> float:
    """Root mean square."""
    return math.sqrt(np.vdot(x, x) / x.size)
