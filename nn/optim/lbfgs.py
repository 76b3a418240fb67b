"""L-BFGS: a quasi-Newton method with limited memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.tensor import Tensor

from .flat import FlatOptimizer
from .saving import Group, State


class LBFGS(FlatOptimizer):
    """Newton's direction, with an inverse Hessian made of the last steps and gradient changes.

        d = -H g, where H starts as (s.y / y.y) * identity and takes in every pair (s, y):
        H <- (1 - s y^T / s.y) H (1 - y s^T / s.y) + s s^T / s.y
        p = p + t * d,  with t = lr, or from the line search

    s are the last steps and y what they did to the gradient. `step(closure)` calls the closure many
    times; the gradients must be those of the same data each time.

    Parameters
    ----------
    lr : step length, or its first guess for the line search
    max_iter : iterations for each `step`
    max_eval : calls of the closure for each `step`; 5/4 of max_iter unless given
    tolerance_grad : stop when no element of the gradient is larger
    tolerance_change : stop when the parameters or the loss change less
    history_size : how many pairs to remember
    line_search_fn : None, or "strong_wolfe"

    Source
    ------
    Nocedal (1980), "Updating quasi-Newton matrices with limited storage"; Nocedal & Wright (2006),
    "Numerical optimization", algorithm 7.4.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter([3.0, -2.0])
    >>> optimizer = optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1) ** 2 * Tensor([1.0, 10.0])).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    94.0
    >>> w.numpy().round(3).tolist()
    [1.0, 1.0]
    """

    keeps = (*FlatOptimizer.keeps, "history")

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20,
        max_eval: int | None = None, tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9,
        history_size: int = 100, line_search_fn: str | None = None,
    ):  # fmt: skip
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        super().check(group)
        self.at_least_zero(group, "history_size")

    def state_shape(self, name: str, p: Tensor, group: Group) -> tuple[int | None, ...]:
        (n,) = super().state_shape(name, p, group)
        return (None, 2, n) if name == "history" else (n,)

    def fresh(self, n: int, dtype: np.dtype[Any]) -> State:
        return {**super().fresh(n, dtype), "history": np.zeros((0, 2, n), dtype)}

    def direction(self, g: np.ndarray, state: State, group: Group) -> np.ndarray:
        s, y = state["t"] * state["d"], g - state["prev_flat_grad"]
        size = group["history_size"]
        if size and y @ s > 1e-10:  # else the update would not be positive definite
            state["history"] = [*state["history"], np.stack([s, y])][-size:]
        return _two_loops(g, [(s, y, y @ s) for s, y in state["history"]])


def _two_loops(g: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray, float]]) -> np.ndarray:
    """-H g, from the pairs and their y.s: Nocedal & Wright, algorithm 7.4."""
    q, spare, shares = -g, np.empty_like(g), []
    for s, y, ys in reversed(pairs):
        shares.append((s @ q) / ys)
        q -= np.multiply(y, shares[-1], out=spare)
    if pairs:
        _, y, ys = pairs[-1]
        q *= ys / (y @ y)
    for (s, y, ys), share in zip(pairs, reversed(shares), strict=True):
        q += np.multiply(s, share - (y @ q) / ys, out=spare)
    return q
