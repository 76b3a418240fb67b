"""Parameters and buffers as a plain dict of arrays, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd.tensor import Tensor

from .errors import StateError


class KeyReport(NamedTuple):
    """What `load_state_dict(strict=False)` left out."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def collect(tensors: Iterable[tuple[str, Tensor]]) -> dict[str, np.ndarray]:
    """Name -> a copy of the values.

    Raises
    ------
    StateError
        If two tensors go by one name (dict keys `1` and `"1"`, or names with dots in them).
    """
    out: dict[str, np.ndarray] = {}
    owner: dict[str, Tensor] = {}
    for name, tensor in tensors:
        if owner.setdefault(name, tensor) is not tensor:
            raise StateError(f"state_dict: two tensors are called {name!r}")
        out[name] = np.array(tensor._data)
    return out


def check(
    kind: str,
    tensors: Iterable[tuple[str, Tensor]],
    state: Mapping[str, Any],
    strict: bool,
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Whether `restore` can take the state; under `strict`, whether the names are the same too.

    Parameters
    ----------
    kind : what the state is for, for the message
    shapes : name -> the shape that a tensor will have, where this is not the shape it has

    Raises
    ------
    StateError
        With every missing, unexpected and unfitting name, under `strict`; else only if shapes or
        dtypes do not fit.
    """
    homes = dict(tensors)
    given, report = _compare(homes, state)
    lines = list(_unfitting(homes, given, shapes))
    if strict:
        lines += [f"missing: {name} {homes[name].shape}" for name in report.missing_keys]
        lines += [f"unexpected: {name} {np.shape(state[name])}" for name in report.unexpected_keys]
    if lines:
        raise StateError("\n  ".join([f"load_state_dict: nothing was loaded into {kind}", *lines]))


def restore(tensors: Iterable[tuple[str, Tensor]], state: Mapping[str, Any]) -> KeyReport:
    """Copy the arrays of `state`, which were checked, into the tensors of the same names."""
    homes = dict(tensors)
    given, report = _compare(homes, state)
    for name, array in given.items():
        homes[name].data = array
    return report


def _compare(
    homes: Mapping[str, Tensor], state: Mapping[str, Any]
) -> tuple[dict[str, np.ndarray], KeyReport]:
    """The arrays that have a home, and the names that are on one side only."""
    given = {name: np.asarray(value) for name, value in state.items() if name in homes}
    present = {id(homes[name]) for name in given}  # a shared tensor needs one of its names only
    missing = [n for n, t in homes.items() if n not in given and id(t) not in present]
    return given, KeyReport(missing, [name for name in state if name not in homes])


def _unfitting(
    homes: Mapping[str, Tensor],
    given: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
) -> Iterable[str]:
    first: dict[int, str] = {}
    for name, array in given.items():
        tensor = homes[name]
        shape = shapes.get(name, tensor.shape)
        if array.shape != shape:
            yield f"shape: {name} is {shape} here, {array.shape} in the state"
        elif not np.can_cast(array.dtype, tensor.dtype, "same_kind"):
            yield f"dtype: {name} is {tensor.dtype} here, {array.dtype} in the state"
        other = first.setdefault(id(tensor), name)
        if not np.array_equal(given[other], array, equal_nan=array.dtype.kind in "fc"):
            yield f"shared: {other} and {name} are one tensor here, but differ in the state"
