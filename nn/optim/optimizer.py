"""What all optimisers share: parameter groups, gradients, state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, DTypeError, GraphError
from autograd.modes import Setting, enable_grad
from autograd.tensor import Tensor

from ..errors import StateError
from ..module import Module

Group = dict[str, Any]


class Optimizer(ABC):
    """Base of the optimisers: override `update`, and `check` for the options.

    Parameters
    ----------
    params : Tensors, or dicts with a "params" entry and options of their own
    defaults : options of the groups that do not give theirs

    Attributes
    ----------
    param_groups : list of dicts, each with "params" and every option. Change `group["lr"]` freely
    state : parameter -> its dict of arrays and numbers: moments, step counts
    """

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]):
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._spare: dict[tuple[int, np.dtype[Any]], np.ndarray] = {}
        if isinstance(params, (Tensor, Module, str, set)) or not isinstance(params, Iterable):
            hint = "model.parameters()" if isinstance(params, Module) else "[w, b]"
            raise DTypeError(
                f"{self._kind}: params must be Tensors in an ordered collection, "
                f"got {type(params).__name__}\n  hint: {self._kind}({hint}, ...)"
            )
        given = list(params)
        if not given:
            raise ArgumentError(
                f"{self._kind}: the list of parameters is empty\n"
                "  hint: an iterator such as model.parameters() can be used up once only"
            )
        if not isinstance(given[0], Mapping):
            given = [{"params": given}]
        for group in given:
            self.add_param_group(group)

    @property
    def _kind(self) -> str:
        return type(self).__name__

    # What an optimiser defines

    @abstractmethod
    def update(self, p: Tensor, g: np.ndarray, group: Group, state: dict[str, Any]) -> None:
        """Change one parameter.

        Parameters
        ----------
        p : the parameter; change it with `self.move`
        g : its gradient, not to be written to
        group : the options that hold for it
        state : its own dict, empty at first. Arrays are kept here and written in place
        """

    def check(self, group: Group) -> None:
        """Raise ArgumentError if the options of a group make no sense."""
        self.at_least_zero(group, "lr", "weight_decay")

    def at_least_zero(self, group: Group, *names: str) -> None:
        """Refuse options that are negative or not a number."""
        for name in names:
            if not group[name] >= 0:
                raise ArgumentError(f"{self._kind}: {name} must be 0 or more, got {group[name]}")

    def move(self, p: Tensor, step: np.ndarray, scale: float = 1.0) -> None:
        """p += scale * step, in place. `step` is overwritten."""
        np.multiply(step, scale, out=step)
        if p.ndim:
            data = p.data
            np.add(data, step, out=data)
        else:
            p.data = p.data + step

    def spare(self, p: Tensor, number: int = 0) -> np.ndarray:
        """Scratch memory of p's shape and dtype, shared by all parameters."""
        key = number, p.dtype
        flat = self._spare.get(key)
        if flat is None or flat.size < p.size:
            flat = self._spare[key] = np.empty(p.size, p.dtype)
        return flat[: p.size].reshape(p.shape)

    # What a user calls

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : function, optional
            Clears the gradients, computes the loss, calls `backward()`, returns the loss.

        Returns
        -------
        What closure returned; None without one.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with Setting("recording", False):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.update(p, p.grad.numpy(), group, self.state[p])
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with zeros."""
        for p in self._parameters():
            if p.grad is not None:
                p.grad = None if set_to_none else np.zeros(p.shape, p.dtype)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Optimise more parameters, with options of their own.

        Raises
        ------
        ArgumentError
            If an option is unknown or wrong, or a parameter comes twice.
        DTypeError, GraphError
            If something is not a Tensor, or not a leaf.
        """
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            kind = type(param_group).__name__
            raise DTypeError(f"{self._kind}: a group is a dict with 'params', got {kind}")
        unknown = [k for k in param_group if k not in self.defaults and k != "params"]
        if unknown:
            known = ", ".join(self.defaults)
            raise ArgumentError(f"{self._kind}: no option {unknown[0]!r}; its options: {known}")
        params = param_group["params"]
        params = [params] if type(params) is Tensor else list(params)
        group = {**self.defaults, **param_group, "params": params}
        if not params:
            raise ArgumentError(f"{self._kind}: a group has no parameters")
        seen = {id(p) for p in self._parameters()}
        for i, p in enumerate(params):
            self._check_parameter(p, i)
            if id(p) in seen:
                raise ArgumentError(f"{self._kind}: parameter {_label(p, i)} comes twice")
            seen.add(id(p))
        self.check(group)
        self.param_groups.append(group)

    def _check_parameter(self, p: Any, i: int) -> None:
        if type(p) is not Tensor:
            raise DTypeError(f"{self._kind}: parameter {i} is a {type(p).__name__}, not a Tensor")
        if not p.is_leaf:
            assert p.node is not None
            raise GraphError(
                f"{self._kind}: parameter {i} was computed by {p.node.label} ({p.node.where}); "
                "only leaves can be optimised"
            )

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    # Saving

    def state_dict(self) -> dict[str, Any]:
        """A copy of everything needed to continue exactly.

        Returns
        -------
        dict
            "state": number of a parameter -> its arrays and numbers. "param_groups": the options,
            with "params" the numbers of the parameters, counted through all groups.
        """
        number = {p: i for i, p in enumerate(self._parameters())}
        groups = [{**g, "params": [number[p] for p in g["params"]]} for g in self.param_groups]
        state = {i: _copy(self.state[p]) for p, i in number.items() if self.state.get(p)}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of an optimiser with the same groups returned.

        Raises
        ------
        StateError
            If groups, numbers of parameters or shapes differ. Then nothing was loaded.
        """
        groups, state = state_dict["param_groups"], state_dict["state"]
        sizes = [len(g["params"]) for g in groups]
        mine = [len(g["params"]) for g in self.param_groups]
        if sizes != mine:
            raise StateError(f"{self._kind}: has groups of {mine} parameters, the state of {sizes}")
        new: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        numbers = [i for g in groups for i in g["params"]]
        for i, p in zip(numbers, self._parameters(), strict=True):
            for name, value in state.get(i, {}).items():
                if isinstance(value, np.ndarray) and value.shape != p.shape:
                    raise StateError(
                        f"{self._kind}: {name} of parameter {_label(p, i)} is {value.shape}, "
                        f"but the parameter is {p.shape}"
                    )
            if i in state:
                new[p] = _copy(state[i])
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in saved.items() if k != "params"})
        self.state = new

    def __repr__(self) -> str:
        lines = [self._kind + " ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])


def _copy(state: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state.items()}


def _label(p: Tensor, i: int) -> str:
    return f"{i} ({p.name})" if p.name else str(i)
