"""Optimisers that treat one parameter after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd.kernels import step, worth_stepping
from autograd.tensor import Tensor

from .optimizer import Closure, Optimizer
from .saving import Group, State


class PerParameter(Optimizer):
    """Base of the optimisers whose step is a formula for one parameter: override `update`.

    What the formulas share happens here: `maximize` turns the gradient round, and `weight_decay`
    adds `weight_decay * p` to it or, decoupled, takes `lr * weight_decay * p` off the parameter.

    Parameters
    ----------
    As for `Optimizer`.

    Examples
    --------
    >>> from nn import Parameter, optim
    >>> class SignSGD(optim.PerParameter):
    ...     def __init__(self, params, lr=0.01):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     def update(self, p, g, group, state):
    ...         self.move(p, np.sign(g, out=self.spare(p)), -group["lr"])
    >>> w = Parameter(1.0)
    >>> optimizer = SignSGD([w], lr=0.25)
    >>> (w * w).backward(); optimizer.step(); w
    Tensor(0.75, requires_grad=True)
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """A class with a formula of its own does not inherit that of another in one pass."""
        super().__init_subclass__(**options)
        own = vars(cls)
        if "at_once" not in own and {"update", "prepare", "decoupled"} & set(own):
            cls.at_once = PerParameter.at_once  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]):
        self._spare: dict[tuple[int, np.dtype[Any]], np.ndarray] = {}
        super().__init__(params, defaults)

    # What an optimiser defines

    @abstractmethod
    def update(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> None:
        """Change one parameter.

        Parameters
        ----------
        p : the parameter; change it with `self.move`
        g : the direction uphill, as `prepare` made it; not to be written to
        group : the options that hold for it
        state : its own dict, empty at first. Arrays are kept here and written in place
        """

    def decoupled(self, group: Group) -> bool:
        """Whether weight decay acts on the parameter itself, rather than through the gradient."""
        return group.get("decoupled_weight_decay", False)

    def prepare(self, p: Tensor, g: np.ndarray, group: Group) -> np.ndarray:
        """The gradient with `maximize` and `weight_decay` applied."""
        if group.get("maximize"):
            g = np.negative(g, out=self.spare(p, -1))
        decay = group.get("weight_decay")
        if decay and self.decoupled(group):
            self.scale(p, 1 - group["lr"] * decay)
        elif decay:
            g = np.add(np.multiply(p.data, decay, out=self.spare(p)), g, out=self.spare(p, -1))
        return g

    def at_once(self, p: Tensor, g: np.ndarray, group: Group, state: State) -> bool:
        """Do what `prepare` and `update` do in one pass, by `self.compiled`, if that is possible.

        Called for large parameters only. Where it is not possible the state must be as before, or
        as `self.kept` would make it.
        """
        return False

    # What its formula is made of

    def move(self, p: Tensor, step: np.ndarray, scale: float = 1.0) -> None:
        """p += scale * step, in place. `step` is overwritten."""
        if scale != 1:
            np.multiply(step, scale, out=step)
        if p.ndim:
            data = p.data
            np.add(data, step, out=data)
        else:
            p.data = p.data + step

    def scale(self, p: Tensor, factor: float) -> None:
        """p *= factor, in place."""
        if p.ndim:
            data = p.data
            np.multiply(data, factor, out=data)
        else:
            p.data = p.data * factor

    def spare(self, p: Tensor, number: int = 0) -> np.ndarray:
        """Scratch memory of p's shape and dtype, shared by all parameters.

        Numbers from 0 are for `update`; -1 holds its g.
        """
        key = number, p.dtype
        flat = self._spare.get(key)
        if flat is None or flat.size < p.size:
            flat = self._spare[key] = np.empty(p.size, p.dtype)
        return flat[: p.size].reshape(p.shape)

    def kept(self, state: State, name: str, p: Tensor, start: float = 0.0) -> np.ndarray:
        """The array `name` of a state; at first it is like p, filled with `start`."""
        if name not in state:
            state[name] = np.full(p.shape, start, p.dtype)
        return state[name]

    def coming(self, state: State) -> int:
        """The number of this step, from 1, until it is counted."""
        return int(state.get("step", 0)) + 1

    def count(self, state: State) -> int:
        """Count this step; its number, from 1."""
        t = state["step"] = self.coming(state)
        return t

    def average(self, mean: np.ndarray, new: np.ndarray, rate: float, spare: np.ndarray) -> None:
        """mean = rate * mean + (1 - rate) * new, in place; `spare` may be `new`."""
        mean *= rate
        mean += np.multiply(new, 1 - rate, out=spare)

    def compiled(
        self, name: str, p: Tensor, g: np.ndarray, group: Group, state: State,
        kept: tuple[str, ...], *numbers: float,
    ) -> bool:  # fmt: skip
        """Step by the kernel of this name, given what the state keeps; whether there was one."""
        up, decay, keep = -1.0 if group.get("maximize") else 1.0, group.get("weight_decay", 0), 1.0
        if decay and self.decoupled(group):
            decay, keep = 0, 1 - group["lr"] * decay
        arrays = p.data, *(self.kept(state, k, p) for k in kept)
        done = step(name, g, arrays, (up, decay, keep, *numbers))
        if done and "step" in self.keeps:
            self.count(state)
        return done

    # The step

    def advance(self, closure: Closure | None) -> Any:
        loss = None if closure is None else closure()
        todo = [
            (p, grad.numpy(), group)
            for group in self.param_groups
            for p in group["params"]
            if (grad := p.grad) is not None
        ]
        for p, g, group in todo:
            if not g.size:
                continue
            if g.dtype != p.dtype:
                g = g.astype(p.dtype)
            state = self.state[p]
            if not (worth_stepping(g.size) and self.at_once(p, g, group, state)):
                self.update(p, self.prepare(p, g, group), group, state)
        return loss
