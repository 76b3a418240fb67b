"""Nonlinear conjugate gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError

from .flat import FlatOptimizer, cautious
from .saving import Group, State

_FORMULAS = ("polak-ribiere", "fletcher-reeves")


class ConjugateGradient(FlatOptimizer):
    """Directions that do not undo what the ones before achieved, with a line search along each.

        d = -g + beta * d'        (d', g': the direction and gradient of the iteration before)
        beta = g.g / g'.g'                            Fletcher-Reeves
        beta = max(0, g.(g - g') / g'.g')             Polak-Ribiere+
        p = p + t * d

    Starts again with d = -g after as many iterations as there are elements, when d would not lead
    down, and when the iteration before got nowhere. `step(closure)` calls the closure many times;
    the gradients must be those of the same data each time.

    Parameters
    ----------
    lr : first guess of the step length, in the first iteration
    max_iter : iterations for each `step`
    max_eval : calls of the closure for each `step`; 4 for each iteration unless given
    tolerance_grad : stop when no element of the gradient is larger
    tolerance_change : stop when the parameters or the loss change less
    formula : "polak-ribiere" or "fletcher-reeves"

    Source
    ------
    Fletcher & Reeves (1964), "Function minimization by conjugate gradients"; Polak & Ribiere
    (1969); Nocedal & Wright (2006), "Numerical optimization", algorithm 5.4 and equation 5.45.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> w = Parameter([3.0, -2.0])
    >>> optimizer = optim.ConjugateGradient([w])
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

    c2 = 0.1  # conjugacy needs a line search that is nearly exact

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20,
        max_eval: int | None = None, tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9,
        formula: str = "polak-ribiere",
    ):  # fmt: skip
        max_eval = max_iter * 4 if max_eval is None else max_eval
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_eval, "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change, "formula": formula,
            "line_search_fn": "strong_wolfe",
        }  # fmt: skip
        super().__init__(params, defaults)

    def check(self, group: Group) -> None:
        super().check(group)
        formula = group["formula"]
        if formula not in _FORMULAS:
            names = " or ".join(map(repr, _FORMULAS))
            raise ArgumentError(f"ConjugateGradient: formula must be {names}, got {formula!r}")

    def direction(self, g: np.ndarray, state: State, group: Group) -> np.ndarray:
        before = state["prev_flat_grad"]
        new = g if group["formula"] == "fletcher-reeves" else g - before
        beta = max(0.0, (g @ new) / (before @ before))
        d = beta * state["d"] - g
        restart = (state["n_iter"] - 1) % g.size == 0 or not state["t"] or g @ d >= 0
        return -g if restart else d

    def guess(self, g: np.ndarray, slope: float, state: State, group: Group) -> float:
        if not state["t"]:
            return cautious(g) * group["lr"]
        # So far that the loss falls, to first order, as much as in the last step; at most 10 times
        # as far as then
        return state["t"] * min(10.0, float(state["prev_flat_grad"] @ state["d"]) / slope)
