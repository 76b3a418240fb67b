"""Finding out what went wrong: `explain` (why no gradient arrives) and `debug` (the first NaN)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import modes
from .cuts import Cut
from .engine import pullback
from .errors import DTypeError
from .graph import Node, ancestors
from .messages import complain
from .tensor import Tensor


def debug() -> modes.Setting:
    """Check every result and every gradient for NaN and Inf, and stop at the first.

    The NonFiniteError names the op, the element, the operands there and the line, where the value
    is born rather than where it surfaces. Costs one pass over each array; per thread.

    Examples
    --------
    >>> x = Tensor([1.0, 0.0], requires_grad=True)
    >>> with debug(), np.errstate(divide="ignore"):
    ...     x.log()
    Traceback (most recent call last):
    autograd.errors.NonFiniteError: log: first -inf in the result[1]: x = 0.0
      at ...
    """
    return modes.Setting("debug", True)


@dataclass(frozen=True)
class Explanation:
    """What `explain` found. Printing it gives the report.

    connected  whether a path leads from the output to the input
    path       the labels along the shortest path, output first
    norms      gradient norm at each of them; None where the graph was freed already
    cuts       where values that the output is made of left the graph
    """

    connected: bool
    path: tuple[str, ...]
    norms: tuple[float | None, ...]
    cuts: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def explain(output: Tensor, x: Tensor) -> Explanation:
    """How the derivative gets from `output` to `x`, or exactly where it is cut off.

    Parameters
    ----------
    output : Tensor
        Usually the loss.
    x : Tensor
        Usually a parameter whose `.grad` is None, zero or surprising.

    Returns
    -------
    Explanation
        Print it. With a path: every op from output to x, with the norm of the gradient that
        reaches it (of output's elements summed up). Without: each detach, no_grad, integer cast,
        `.numpy()` or new Tensor through which values left the graph, with its line.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> v = Tensor([3.0, 4.0], requires_grad=True)
    >>> print(explain((w.detach() * v).sum(), w))
    no path from sum to w
      detach at ...: took the value of w out of the graph
    """
    for name, t in (("output", output), ("x", x)):
        if type(t) is not Tensor:
            raise complain(
                DTypeError, "explain", f"{name} must be a Tensor, got {type(t).__name__}"
            )
    path = _shortest_path(output.node, x.node) if x.node is not None else []
    return _connected(output, path) if path else _cut_off(output, x)


def _shortest_path(start: Node | None, goal: Node) -> list[Node]:
    if start is None:
        return []
    came_from: dict[Node, Node | None] = {start: None}
    frontier = [start]
    while frontier and goal not in came_from:
        ring: list[Node] = []
        for node in frontier:
            for parent in node.parents:
                if parent is not None and parent not in came_from:
                    came_from[parent] = node
                    ring.append(parent)
        frontier = ring
    path: list[Node] = []
    step: Node | None = goal if goal in came_from else None
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]


def _title(node: Node) -> str:
    scope = f" in {node.scope}" if node.scope is not None else ""
    return f"{node.label} {node.shape} at {node.where}{scope}"


def _connected(output: Tensor, path: list[Node]) -> Explanation:
    assert output.node is not None
    norms: list[float | None] = [None] * len(path)
    nodes = ancestors(output.node)
    if all(n.saved is not None or callable(n.get("recovery")) for n in nodes):
        seed = np.ones(output.shape, output.dtype)[()]
        found = pullback(
            [(output.node, seed)],
            retain_graph=True,
            targets=frozenset(path),
            wanted=set(nodes),
            use_hooks=False,
        )
        norms = [float(np.linalg.norm(np.ravel(found[n]))) if n in found else 0.0 for n in path]
    lines = [f"{path[0].label} depends on {path[-1].label} through {len(path) - 1} ops"]
    for node, norm in zip(path, norms):
        lines.append(f"  {_title(node)}   " + ("" if norm is None else f"|gradient| = {norm:.4g}"))
    if None in norms:
        lines.append("  (gradient norms need the graph: call explain before backward frees it)")
    else:
        lines += _remarks(norms)
    return Explanation(True, tuple(n.label for n in path), tuple(norms), (), _join(lines))


def _remarks(norms: list[Any]) -> list[str]:
    for i, norm in enumerate(norms):
        if not np.isfinite(norm):
            return [f"  the gradient is {norm} from step {i} on: see debug()"]
        if norm == 0:
            return [f"  the gradient is exactly zero from step {i} on"]
    return []


def _cut_off(output: Tensor, x: Tensor) -> Explanation:
    target = x.node.label if x.node is not None else "x"
    source = output.node.label if output.node is not None else "this value"
    lines = [f"no path from {source} to {target}"]
    if x.node is None:
        origin = f": it left the graph by {x.origin.kind} at {x.origin.where}" if x.origin else ""
        lines.append(f"  {target} does not require grad{origin}")
    records = _cuts_behind(output)
    cuts = [_tell(c, x) for c in records]
    if cuts:
        lines += [f"  {c}" for c in dict.fromkeys(cuts)]
    elif x.node is not None:
        lines.append(f"  no exit is on record: either {target} was not used, or its values left")
        lines.append(
            "  the graph as plain numbers (item, float, tolist, data, a write into an array)"
        )
    return Explanation(False, (), (), tuple(dict.fromkeys(cuts)), _join(lines))


def _cuts_behind(output: Tensor) -> list[Cut]:
    found = [output.origin] if output.origin is not None else []
    if output.node is not None:
        for node in reversed(ancestors(output.node)):
            for cut in node.get("cuts", ()):
                if cut is not None and cut not in found:
                    found.append(cut)
    return found


def _tell(cut: Cut, x: Tensor) -> str:
    """One cut in words: does it lead to x for certain, or perhaps (its graph is gone)?"""
    alive = [n for n in (r() for r in cut.sources) if n is not None]
    certain = x.node is not None and alive and x.node in ancestors(*alive)
    what = " and ".join(dict.fromkeys(cut.names))
    text = f"{cut.kind} at {cut.where}: took the value of {what} out of the graph"
    if certain or not alive:
        return text
    return text + " (which does not depend on it)" if x.node is not None else text


def _join(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines)
