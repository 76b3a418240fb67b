"""What all optimisers share: parameter groups, gradients, state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from autograd.errors import ArgumentError, DTypeError, GraphError
from autograd.modes import Setting, enable_grad
from autograd.tensor import Tensor

from ..module import Module
from . import saving
from .saving import SCHEDULED, Group, label

Closure = Callable[[], Any]
NUMBERS = (int, float, np.integer, np.floating)


class Optimizer(ABC):
    """Base of the optimisers: groups of parameters, their state, saving it and continuing.

    `PerParameter` derives the optimisers that treat one parameter after the other, `FlatOptimizer`
    those that see all of them as one vector. Either way a class says what its state holds.

    Parameters
    ----------
    params : Tensors, or dicts with a "params" entry and options of their own. `(name, Tensor)`, as
        from `model.named_parameters()`, counts as the Tensor
    defaults : options of the groups that do not give theirs

    Attributes
    ----------
    param_groups : list of dicts, each with "params" and every option. Change `group["lr"]` freely
    state : parameter -> its dict of arrays and numbers: moments, step counts
    steps : how often `step` was called
    """

    keeps: ClassVar[tuple[str, ...]] = ()  # names that a state has, always
    sometimes: ClassVar[tuple[str, ...]] = ()  # names that it has with some options
    numbers: ClassVar[tuple[str, ...]] = ()  # which of these are Python numbers, not arrays
    pairs: ClassVar[tuple[str, ...]] = ()  # options that are two values, such as betas

    def __init__(self, params: Iterable[Any], defaults: Mapping[str, Any]):
        self.defaults = dict(defaults)
        self.param_groups: list[Group] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.steps = 0
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
    def advance(self, closure: Closure | None) -> Any:
        """What `step` does. Nothing is recorded inside, except by `closure`."""

    def state_shape(self, name: str, p: Tensor, group: Group) -> tuple[int | None, ...]:
        """The shape of an array of p's state; None stands for any size."""
        return p.shape

    def state_dtype(self, p: Tensor, group: Group) -> np.dtype[Any]:
        """The dtype of the arrays of p's state."""
        return p.dtype

    def check(self, group: Group) -> None:
        """Raise ArgumentError if the options of a group make no sense."""
        self.at_least_zero(group, *({"lr", "weight_decay"} & set(self.defaults)))

    def complete(self, group: Group) -> Group:
        """The group, with lists of two as pairs, if its options make sense."""
        group = dict(group)
        for name in self.pairs:
            value = group[name]
            if not isinstance(value, (tuple, list)) or len(value) != 2:
                raise ArgumentError(f"{self._kind}: {name} must be two numbers, got {value!r}")
            group[name] = tuple(value)
        self.check(group)
        return group

    def at_least_zero(self, group: Group, *names: str) -> None:
        """Refuse options that are negative or not a number."""
        for name in names:
            value = group[name]
            if not (isinstance(value, NUMBERS) and value >= 0):
                raise ArgumentError(f"{self._kind}: {name} must be 0 or more, got {value!r}")

    def below_one(self, group: Group, *names: str) -> None:
        """Refuse rates, or pairs of them, outside [0, 1)."""
        for name in names:
            value = group[name]
            rates = value if name in self.pairs else (value,)
            if not all(isinstance(r, NUMBERS) and 0 <= r < 1 for r in rates):
                kind = "two numbers" if name in self.pairs else "a number"
                raise ArgumentError(f"{self._kind}: {name} must be {kind} in [0, 1), got {value!r}")

    # What a user calls

    def step(self, closure: Closure | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : function, optional
            Clears the gradients, computes the loss, calls `backward()`, returns the loss. If it
            raises, parameters and state are as they were before.

        Returns
        -------
        What closure returned (at its first call); None without one.
        """
        with Setting("recording", False):
            loss = self.advance(None if closure is None else enable_grad()(closure))
        self.steps += 1
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
        known_here = {*self.defaults, *SCHEDULED, "params"}
        unknown = [k for k in param_group if k not in known_here]
        if unknown:
            known = ", ".join(self.defaults)
            raise ArgumentError(f"{self._kind}: no option {unknown[0]!r}; its options: {known}")
        params = param_group["params"]
        params = [params] if type(params) is Tensor else [_unnamed(p) for p in params]
        group = {**self.defaults, **param_group, "params": params}
        if not params:
            raise ArgumentError(f"{self._kind}: a group has no parameters")
        seen = {id(p) for p in self._parameters()}
        for i, p in enumerate(params):
            self._check_parameter(p, i)
            if id(p) in seen:
                raise ArgumentError(f"{self._kind}: parameter {label(p, i)} comes twice")
            seen.add(id(p))
        self.param_groups.append(self.complete(group))

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
        state = {i: saving.copied(self.state[p]) for p, i in number.items() if self.state.get(p)}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` of an optimiser with the same groups returned.

        PyTorch's optimisers of the same name are understood too.

        Raises
        ------
        StateError
            If it is the state of another optimiser, or of other groups, numbers or shapes of
            parameters. Then nothing was loaded.
        """
        groups, state = saving.checked(self, state_dict)
        for group, options in zip(self.param_groups, groups, strict=True):
            group.update(options)
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = [self._kind + " ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])


def _unnamed(p: Any) -> Any:
    named = isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str)
    return p[1] if named else p
