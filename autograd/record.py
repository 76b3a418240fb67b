"""What an op notes beside its result: constants, cuts, the running module; and `debug()`'s look."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from . import modes
from .arguments import NUMBERS
from .cuts import Cut, exit_of
from .errors import NonFiniteError
from .graph import SMALL, Large, Node
from .messages import complain
from .tensor import Tensor

if TYPE_CHECKING:
    from .op import Op


def leave(op: Op, args: tuple[Any, ...], out: Any) -> Cut | None:
    """The Cut for an untracked result: new if tracked values came in, else inherited."""
    if modes.special and modes.state.debug:
        check_result(op, out, args)
    nodes = [x.node for x in args if type(x) is Tensor and x.node is not None]
    if nodes:
        return Cut(op.leaves_as, sys._getframe(2), nodes)
    for x in args:
        origin = x.origin if type(x) is Tensor else exit_of(x)
        if origin is not None:
            return origin
    return None


def note_constants(node: Node, args: Any, arrays: Any) -> None:
    """Keep small constants (of others, shape and dtype) for pictures, and cuts for `explain`.

    A raw ndarray that a rule will read is copied: the caller may write into it before backward.
    """
    values: list[Any] = [None] * len(node.parents)
    cuts: dict[int, Cut] = {}
    for i, parent in enumerate(node.parents):
        if parent is not None:
            continue
        x = args[i]
        a = arrays[i]
        origin = None
        if type(x) is Tensor:
            origin = x.origin
        elif a.__class__ is np.ndarray:
            origin = exit_of(x)
            a = _own_copy(node, i, a)
        if origin is not None:
            cuts[i] = origin
        values[i] = a if type(a) in NUMBERS or a.size <= SMALL else Large(a.shape, a.dtype)
    node.constants = tuple(values)
    if cuts:
        node.cuts = tuple([cuts.get(i) for i in range(len(values))])


def _own_copy(node: Node, i: int, a: np.ndarray) -> np.ndarray:
    """A copy of the caller's array, if the node or a picture will look at it later."""
    assert node.saved is not None
    kept = node.saved[i] is not None
    if not kept and a.size > SMALL:
        return a
    a = a.copy()
    if kept:
        node.saved = (*node.saved[:i], a, *node.saved[i + 1 :])
    return a


def note_state(node: Node, out: Any, args: tuple[Any, ...]) -> None:
    """The module that is running, and the check of `debug()`."""
    state = modes.state
    node.scope = state.scope
    if state.debug and node.op is not None:
        check_result(node.op, out, args)


def check_result(op: Op, out: Any, args: tuple[Any, ...]) -> None:
    """What `debug()` looks at after every op."""
    names = [f"{op.arrays[0]}[{i}]" for i in range(len(args))] if op.variadic else op.arrays
    operands = {n: x._data if type(x) is Tensor else x for n, x in zip(names, args)}
    check_finite(op, out, operands, "result")


def check_finite(op: Op, out: Any, operands: dict[str, Any], what: str, at: str = "") -> None:
    """Raise NonFiniteError at the first NaN or Inf of `out`, showing the operands there."""
    bad = ~np.isfinite(out)
    if not bad.any():
        return
    array = np.asarray(out)
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    told = []
    for name, x in operands.items():
        try:
            told.append(f"{name} = {np.broadcast_to(x, array.shape)[index]}")
        except ValueError:  # not an elementwise op: show the whole argument's range
            told.append(f"{name} {np.shape(x)} between {np.min(x):.6g} and {np.max(x):.6g}")
    place = f"[{', '.join(map(str, index))}]" if index else ""
    fact = f"first {array[index]} in the {what}{place}: {', '.join(told)}"
    raise complain(NonFiniteError, op.shown, fact + at)
