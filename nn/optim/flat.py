"""Optimisers that see all parameters as one vector, and call the closure as often as they like."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError, DTypeError
from autograd.tensor import Tensor

from .line_search import Point, strong_wolfe
from .optimizer import Closure, Optimizer
from .saving import Group, State

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


class FlatOptimizer(Optimizer):
    """Base of the optimisers that choose a direction for all parameters together.

    One call of `step` makes up to `max_iter` iterations: `direction` says where to go, the line
    search how far. There is one group of parameters, and the state belongs to its first one.

    Parameters
    ----------
    As for `Optimizer`. The options are lr, max_iter, max_eval, tolerance_grad, tolerance_change
    and line_search_fn, besides those that `direction` reads.
    """

    keeps: ClassVar[tuple[str, ...]] = ("n_iter", "func_evals", "t", "d", "prev_flat_grad")
    numbers = ("n_iter", "func_evals", "t")
    c2: ClassVar[float] = 0.9  # how flat is flat enough for the line search

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Take the one group that there can be."""
        if self.param_groups:
            raise ArgumentError(
                f"{type(self).__name__}: takes one group of parameters, all with the same options"
            )
        super().add_param_group(param_group)

    def check(self, group: Group) -> None:
        self.at_least_zero(
            group, "lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change"
        )
        search = group["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            kind = type(self).__name__
            raise ArgumentError(
                f"{kind}: line_search_fn must be None or 'strong_wolfe', got {search!r}"
            )

    # What an optimiser defines

    @abstractmethod
    def direction(self, g: np.ndarray, state: State, group: Group) -> np.ndarray:
        """Where to go from a point with gradient g; the state tells about the step before.

        Not called in the very first iteration, which goes along -g. Entries of the state are
        replaced, never written into.
        """

    def guess(self, g: np.ndarray, slope: float, state: State, group: Group) -> float:
        """How far to go first, in an iteration that is not the first."""
        return group["lr"]

    def fresh(self, n: int, dtype: np.dtype[Any]) -> State:
        """The state before the first iteration, for n elements."""
        zero = np.zeros(n, dtype)
        return {"n_iter": 0, "func_evals": 0, "t": 0.0, "d": zero, "prev_flat_grad": zero}

    # One vector

    def state_shape(self, name: str, p: Tensor, group: Group) -> tuple[int | None, ...]:
        return (sum(q.size for q in group["params"]),)

    def state_dtype(self, p: Tensor, group: Group) -> np.dtype[Any]:
        return np.result_type(*(q.dtype for q in group["params"]))

    def _values(self) -> np.ndarray:
        return np.concatenate([np.ravel(p.numpy()) for p in self._parameters()])

    def _assign(self, x: np.ndarray) -> None:
        start = 0
        for p in self._parameters():
            part = x[start : start + p.size].reshape(p.shape)
            if p.ndim:
                np.copyto(p.data, part, casting="same_kind")
            else:
                p.data = part
            start += p.size

    def _gradients(self) -> np.ndarray:
        parts = [
            np.zeros(p.size, p.dtype) if p.grad is None else np.ravel(p.grad.numpy())
            for p in self._parameters()
        ]
        return np.concatenate(parts)

    # The step

    def advance(self, closure: Closure | None) -> Any:
        kind = type(self).__name__
        if closure is None:
            raise ArgumentError(
                f"{kind}: step needs a closure, which computes the loss and calls backward()"
            )
        group, x = self.param_groups[0], self._values()
        first = group["params"][0]
        state = dict(self.state.get(first) or self.fresh(x.size, x.dtype))
        losses = []

        def f(point: np.ndarray) -> tuple[float, np.ndarray]:
            self._assign(point)
            losses.append(closure())
            state["func_evals"] += 1
            return _number(kind, losses[-1]), self._gradients()

        try:
            self._minimise(f, x, state, group)
        except BaseException:
            self._assign(x)
            raise
        self.state[first] = state
        return losses[0]

    def _minimise(self, f: Function, x: np.ndarray, state: State, group: Group) -> None:
        tolerance, few = group["tolerance_change"], group["tolerance_grad"]
        first = state["func_evals"]
        loss, g = f(x)
        finite = np.isfinite(loss) and np.isfinite(g).all()
        if not finite or _largest(g) <= few:
            return
        for left in reversed(range(group["max_iter"])):
            state["n_iter"] += 1
            begin = state["n_iter"] == 1
            d = -g if begin else self.direction(g, state, group)
            slope = float(g @ d)
            t = cautious(g) * group["lr"] if begin else self.guess(g, slope, state, group)
            state.update(d=d, t=t, prev_flat_grad=g)
            if slope > -tolerance:
                return
            before = loss
            start = Point(0.0, loss, g, slope)
            if group["line_search_fn"]:
                spent = state["func_evals"] - first
                new = self._search(f, x, d, start, t, group["max_eval"] - spent, tolerance)
                state["t"], loss, g = new.t, new.f, new.g
            x = x + state["t"] * d
            self._assign(x)
            if not left:
                return
            if not group["line_search_fn"]:
                loss, g = f(x)
            if (
                state["func_evals"] - first >= group["max_eval"]
                or _largest(g) <= few
                or _largest(d) * state["t"] <= tolerance
                or not abs(loss - before) >= tolerance
            ):
                return

    def _search(
        self, f: Function, x: np.ndarray, d: np.ndarray, start: Point, t: float, most: int,
        tolerance: float,
    ) -> Point:  # fmt: skip
        def evaluate(t: float) -> Point:
            loss, g = f(x + t * d)
            return Point(t, loss, g, float(g @ d))

        return strong_wolfe(evaluate, start, t, _largest(d), tolerance, most, c2=self.c2)[0]


def cautious(g: np.ndarray) -> float:
    """A first step along -g that moves the parameters by 1 altogether, at most."""
    return min(1.0, 1 / float(np.abs(g).sum()))


def _largest(x: np.ndarray) -> float:
    return float(np.abs(x).max(initial=0))


def _number(kind: str, loss: Any) -> float:
    try:
        return float(loss)
    except TypeError:
        got = type(loss).__name__
        raise DTypeError(f"{kind}: the closure must return the loss, got {got}") from None
