"""State dicts of optimisers: what belongs in one, and the check of one that comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.tensor import Tensor

from ..errors import StateError

if TYPE_CHECKING:
    from .optimizer import Optimizer

Group = dict[str, Any]
State = dict[str, Any]

# What schedulers write into groups
SCHEDULED = (
    "initial_lr", "max_lr", "min_lr", "swa_lr", "max_momentum", "base_momentum",
)  # fmt: skip
# What PyTorch's groups say about how, not what, to compute
_THEIRS = ("foreach", "fused", "capturable", "differentiable", "param_names")


def label(p: Tensor, i: int) -> str:
    """A parameter in a message: its number, and its name if it has one."""
    return f"{i} ({p.name})" if p.name else str(i)


def copied(state: Mapping[str, Any]) -> State:
    """The state of one parameter, with arrays of its own; a list of arrays becomes one."""
    return {k: np.array(v) if isinstance(v, (np.ndarray, list)) else v for k, v in state.items()}


def checked(optimizer: Optimizer, state_dict: Any) -> tuple[list[Group], dict[Tensor, State]]:
    """The options of each group and the state of each parameter, all of them found to fit.

    Raises
    ------
    StateError
        Naming the first thing that does not.
    """
    kind = type(optimizer).__name__
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
        raise StateError(f"{kind}: a state dict has the keys 'state' and 'param_groups'")
    saved, states = state_dict["param_groups"], state_dict["state"]
    maps = isinstance(states, Mapping) and all(isinstance(s, Mapping) for s in states.values())
    if not maps or not all(isinstance(g, Mapping) and "params" in g for g in saved):
        raise StateError(
            f"{kind}: 'state' is a dict of dicts, 'param_groups' a list of dicts with 'params'"
        )
    mine = [len(g["params"]) for g in optimizer.param_groups]
    sizes = [len(g["params"]) for g in saved]
    if sizes != mine:
        raise StateError(f"{kind}: has groups of {mine} parameters, the state of {sizes}")
    groups = [
        _options(optimizer, group, given)
        for group, given in zip(optimizer.param_groups, saved, strict=True)
    ]
    numbers = [i for g in saved for i in g["params"]]
    stray = [i for i in states if i not in numbers]
    if stray or len(set(numbers)) < len(numbers):
        raise StateError(f"{kind}: the state numbers its parameters {numbers}, not {stray}")
    out = {}
    places = (
        (p, {**group, **options})
        for group, options in zip(optimizer.param_groups, groups, strict=True)
        for p in group["params"]
    )
    for i, (p, group) in zip(numbers, places, strict=True):
        if states.get(i):
            out[p] = dict(_entries(optimizer, p, group, label(p, i), states[i]))
    return groups, out


def _options(optimizer: Optimizer, group: Group, given: Mapping[str, Any]) -> Group:
    kind = type(optimizer).__name__
    options = {k: v for k, v in given.items() if k not in _THEIRS and k != "params"}
    missing = [k for k in optimizer.defaults if k not in options]
    unknown = [k for k in options if k not in group and k not in SCHEDULED]
    if missing or unknown:
        told = [f"lacks {k!r}" for k in missing] + [f"has {k!r}" for k in unknown]
        raise StateError(f"{kind}: the state is another optimiser's: a group {', '.join(told)}")
    try:
        full = optimizer.complete({**group, **options})
    except ArgumentError as e:
        raise StateError(f"{e} in the state") from None
    return {name: full[name] for name in options}


def _entries(
    optimizer: Optimizer, p: Tensor, group: Group, which: str, given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    kind = type(optimizer).__name__
    present = {k: v for k, v in given.items() if v is not None}
    known = (*optimizer.keeps, *optimizer.sometimes)
    for name in optimizer.keeps:
        if name not in present:
            raise StateError(f"{kind}: the state of parameter {which} lacks {name!r}")
    for name, value in present.items():
        if name not in known:
            has = ", ".join(known) or "nothing"
            raise StateError(f"{kind}: {name!r} in the state of parameter {which}; it keeps {has}")
        array = np.asarray(value)
        number = name in optimizer.numbers
        shape = () if number else optimizer.state_shape(name, p, group)
        dtype = optimizer.state_dtype(p, group)
        if not _fits(array.shape, shape):
            raise StateError(
                f"{kind}: {name} of parameter {which} is {array.shape}, needs {shape} "
                f"(the parameter is {p.shape})"
            )
        if not np.can_cast(array.dtype, dtype, "same_kind"):
            raise StateError(f"{kind}: {name} of parameter {which} is {array.dtype}, not {dtype}")
        yield name, array.item() if number else np.array(array, dtype)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    same = (w is None or n == w for n, w in zip(shape, wanted, strict=False))
    return len(shape) == len(wanted) and all(same)
