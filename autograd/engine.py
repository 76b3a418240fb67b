"""Reverse mode: visit the recorded nodes newest first and pull each cotangent through its rules.

A heap ordered by creation number replaces the topological sort: parents are always older, so when
a node comes off the heap every contribution to its cotangent has arrived. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush, heappushpop
from math import isfinite
from sys import getrefcount
from typing import Any

import numpy as np

from . import modes
from .algebra import all_finite, astype, is_stretched, sum_to, where
from .errors import GraphError, RuleError
from .graph import Node, ancestors
from .hooks import hooked
from .provenance import Where, here
from .record import check_finite
from .tensor import Tensor, wrap


def silent() -> np.errstate:
    """Backward speaks through its results, not through NumPy's warnings."""
    return np.errstate(all="ignore")


def pullback(
    seeds: Iterable[tuple[Node, Any]],
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    wanted: set[Node] | None = None,
    targets: frozenset[Node] = frozenset(),
    careful: bool = False,
    use_hooks: bool = True,
) -> dict[Node, Any]:
    """Cotangents of the leaves, and of `targets`, that the seeds depend on.

    Parameters
    ----------
    seeds : pairs of a node and its cotangent (an array; a Tensor under create_graph)
    create_graph : record the backward pass itself, so that it can be differentiated again
    retain_graph : keep what the rules saved, so that the graph can be used again
    wanted : visit these nodes only
    targets : nodes to report although they are not leaves
    careful : look for 0 * inf from the start; otherwise from the first op that masks
    use_hooks : whether to call the hooks on the way

    Returns
    -------
    dict
        Node -> cotangent. Every array is fresh: nobody else holds it.
    """
    mode = modes.Setting("recording", True) if create_graph else None
    with silent():
        if mode is None:
            return _walk(seeds, False, retain_graph, wanted, targets, careful, use_hooks)
        with mode:
            return _walk(seeds, True, True, wanted, targets, careful, use_hooks)


def _walk(
    seeds: Iterable[tuple[Node, Any]],
    create_graph: bool,
    retain_graph: bool,
    wanted: set[Node] | None,
    targets: frozenset[Node],
    careful: bool,
    use_hooks: bool,
) -> dict[Node, Any]:
    found: dict[Node, Any] = {}
    cotangents, heap = _planted(seeds)
    owned: set[Node] = set()  # nodes whose cotangent is a buffer that this walk made
    level, debug = 0 if careful else 1, modes.state.debug
    freed_by = None if retain_graph else here()
    watched = use_hooks and bool(hooked)
    take, find = cotangents.pop, cotangents.get
    dots = np.vdot, np.ndarray.dot  # of arrays of one axis the second is faster

    latest = None  # found last, not on the heap yet: mostly it is the next to come off
    while heap or latest is not None:
        node = (heappop(heap) if latest is None else heappushpop(heap, latest))[1]
        latest = None
        g = take(node)
        if watched and node in hooked:
            g = _run_hooks(node, g, create_graph)
        op: Any = node.op
        if targets and node in targets:
            found[node] = g if node in owned else _hand_out(g, node)
        if node.value is not None:
            node.cotangent = g._data if create_graph else g
        saved: Any = node.saved
        if saved is None:
            recover(node)
            saved = node.saved
        parents = node.parents
        same_shape = op.elementwise and not node.shape  # 0-d in, 0-d out: nothing was broadcast
        for i, fn, kind, first, guard in op.plan or op.plan_for(len(parents)):
            parent = parents[i]
            if parent is None or (wanted is not None and parent not in wanted):
                continue
            if create_graph or kind == 4:
                asked: Any = fetch(node, i, create_graph)
                if kind == 4 and parent in owned and not (create_graph or debug):
                    first(cotangents[parent], g, *asked)
                    continue
                gi: Any = fn(g, *asked)
            elif kind == 3:
                gi = fn(g, *first(saved, node.attrs, parents, i))
            elif kind == 1:
                gi = fn(g, saved[first])
            elif kind == 0:
                gi = fn(g)
            else:
                one, other = first
                gi = fn(g, saved[one], saved[other])
            if guard > level and (
                create_graph or not isfinite(gi if same_shape else dots[gi.ndim == 1](gi, gi))
            ):
                gi = zero_stays_zero(g, gi)
            if debug:
                _check_gradient(node, g, gi)
            if not same_shape:
                if gi.__class__ not in RESULTS:
                    raise bad_result(node, i, gi)
                if gi.shape != parent.shape:
                    gi = fit(gi, parent.shape, node, i)
            before = find(parent)
            if before is None:
                cotangents[parent] = gi
                if parent.op is not None:
                    if latest is not None:
                        heappush(heap, latest)
                    latest = -parent.seq, parent
            elif create_graph or parent not in owned or before.dtype != gi.dtype:
                cotangents[parent] = before + gi
                if parent.shape and not create_graph:
                    owned.add(parent)
            else:
                np.add(before, gi, out=before)
        if op.masks:
            level = 0
        if not retain_graph:
            node.saved = None
            node.recovery = freed_by

    # so that a leaf's cotangent is nobody's but the dict's; what was saved may hold it, too
    g = gi = before = saved = asked = None
    _gather_leaves(cotangents, found, owned, watched, create_graph)
    return found


def _planted(seeds: Iterable[tuple[Node, Any]]) -> tuple[dict[Node, Any], list[tuple[int, Node]]]:
    """The cotangents to begin with, and the heap of their nodes, leaves left out."""
    cotangents: dict[Node, Any] = {}
    heap: list[tuple[int, Node]] = []
    for node, g in seeds:
        if node not in cotangents and node.op is not None:
            heappush(heap, (-node.seq, node))
        cotangents[node] = cotangents[node] + g if node in cotangents else g
    return cotangents, heap


def _check_gradient(node: Node, g: Any, gi: Any) -> None:
    """What `debug()` looks at after every gradient rule."""
    assert node.op is not None
    operands = {"g": plain(g), **known(node)}
    at = f"\n  recorded at {node.where}"
    check_finite(node.op, plain(gi), operands, "gradient", at)


def _gather_leaves(
    cotangents: dict[Node, Any],
    found: dict[Node, Any],
    owned: set[Node],
    watched: bool,
    create_graph: bool,
) -> None:
    """Hand out what has come to the leaves, which never went onto the heap."""
    for leaf in cotangents:
        mine = leaf in owned or _alone(cotangents, leaf)
        g = cotangents[leaf]
        if g is None:
            raise RuleError(f"a gradient rule behind {leaf.label} ({leaf.where}) returned None")
        if watched and leaf in hooked:
            g, mine = _run_hooks(leaf, g, create_graph), False
        if g.dtype is not leaf._dtype or (g.__class__ is np.ndarray and not mine):
            g = _hand_out(g, leaf)
        found[leaf] = g
        if leaf.value is not None:
            leaf.cotangent = g._data if create_graph else g


def _alone(cotangents: dict[Node, Any], node: Node) -> bool:
    """Whether nothing but the dict holds this array and its memory: no need to copy it."""
    g = cotangents[node]
    if g.__class__ is not np.ndarray or _holders(cotangents, node) != _ONE + 1:
        return False
    if g.base is None:
        return True
    whole = g.base.__class__ is np.ndarray and g.base.base is None and g.base.size == g.size
    return whole and getrefcount(g.base) == _ONE  # a reshape of what is nobody else's


def _holders(table: dict[Any, Any], key: Any) -> int:
    return getrefcount(table[key])


_ONE = _holders({0: object()}, 0)  # interpreters differ in what they count


def _hand_out(g: Any, node: Node) -> Any:
    """A cotangent in its node's dtype that nobody else holds (NumPy scalars are immutable)."""
    if g.dtype != node.dtype:
        return astype(g, node.dtype)
    return np.array(g) if g.__class__ is np.ndarray else g


def fetch(node: Node, i: int, box: bool, detached: bool = False) -> tuple[Any, ...]:
    """What the rule of input i asked for: saved arrays, options, its input's shape and dtype.

    box : give saved arrays as the Tensors of the graph that they were
    detached : with box, as constants
    """
    op: Any = node.op
    if node.saved is None:
        recover(node)
    rule = op.rules[0 if op.variadic else i]
    if rule is None:
        raise _no_rule(node, i)
    values: Any = _boxed(node, detached) if box else node.saved
    return rule.read(values, node.attrs, node.parents, i)


def _boxed(node: Node, detached: bool) -> list[Any]:
    """What a node saved, as the Tensors that they were; residuals are constants."""
    assert node.saved is not None
    owners = () if detached else (*node.parents, node)
    values = []
    for k, value in enumerate(node.saved):
        if isinstance(value, (np.ndarray, np.generic)):
            value = wrap(value, owners[k] if k < len(owners) else None)
        values.append(value)
    return values


def plain(x: Any) -> Any:
    return x._data if type(x) is Tensor else x


def zero_stays_zero(g: Any, gi: Any) -> Any:
    """A cotangent of exactly zero contributes exactly zero, whatever the local derivative.

    Only results that are not finite are touched: where they are finite, zero times the derivative
    is right already, and under create_graph its own derivative must stay.
    """
    value = gi._data if type(gi) is Tensor else gi
    if all_finite(value):
        return gi
    cotangent = plain(g)
    if np.count_nonzero(cotangent) == cotangent.size:
        return gi
    return where((cotangent == 0) & ~np.isfinite(value), 0, gi)


def fit(gi: Any, shape: tuple[int, ...], node: Node, i: int) -> Any:
    """Sum a rule's result over broadcast axes (or stretch it) to its input's shape."""
    stretched = is_stretched(gi.shape, shape)
    if stretched is None:
        raise bad_result(node, i, gi)
    if stretched:
        return gi + np.zeros(shape, plain(gi).dtype)
    if type(gi) is Tensor:
        return sum_to(gi, shape=shape)
    return sum_to.op.forward(gi, shape=shape)


RESULTS: tuple[Any, ...] = (np.ndarray, Tensor, *{np.dtype(c).type for c in "efdg"})


def bad_result(node: Node, i: int, gi: Any) -> RuleError:
    """What to raise when a rule returns something that is not a gradient of its input."""
    op, parent = node.op, node.parents[i]
    assert op is not None and parent is not None
    name = op.arrays[0 if op.variadic else i]
    got = f"shape {gi.shape}" if hasattr(gi, "shape") else f"{gi!r} ({type(gi).__name__})"
    return RuleError(
        f"{op.shown}: the gradient rule for {name!r} returned {got}; "
        f"the input has shape {parent.shape}, the result {node.shape}\n  recorded at {node.where}"
    )


def _run_hooks(node: Node, g: Any, create_graph: bool) -> Any:
    for hook in tuple(node.hooks.values()):
        seen = g if create_graph else wrap(np.array(g))
        new = hook(seen)
        if new is None:
            continue
        new = new if type(new) is Tensor else Tensor(new, dtype=node.dtype)
        if new.shape != node.shape:
            raise GraphError(
                f"a hook on {node.label} ({node.where}) returned shape {new.shape} "
                f"for a gradient of shape {node.shape}"
            )
        g = new if create_graph else new._data
    return g


def _no_rule(node: Node, i: int) -> GraphError:
    assert node.op is not None
    name = node.op.arrays[0 if node.op.variadic else i]
    return GraphError(
        f"{node.op.shown}: no gradient rule for {name!r} (recorded at {node.where})\n"
        f"  hint: @{node.op.name}.grad({name!r}), or detach() the argument"
    )


def known(node: Node) -> dict[str, Any]:
    """The arrays that a node still has, by name."""
    op = node.op
    if op is None or op.variadic:
        return {}
    return {n: v for n, v in zip(op.slots, node.saved or ()) if v is not None}


def recover(node: Node) -> None:
    """Bring back what a node saved: by recomputing (checkpoint), else explain who freed it."""
    recovery = node.get("recovery")
    if callable(recovery):
        recovery()
    if node.saved is None:
        assert node.op is not None
        by = f"backward() at {recovery}" if isinstance(recovery, Where) else "an earlier backward()"
        raise GraphError(
            f"the graph behind {node.op.shown} (recorded at {node.where}) "
            f"was already freed by {by}\n"
            "  hint: pass retain_graph=True to the first call, or compute the loss again"
        )


def gradients(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    inputs: Sequence[Tensor],
    *,
    create_graph: bool,
    careful: bool,
) -> list[Tensor]:
    """d(outputs . cotangents)/d(input) for each input, tracked or not; zeros where independent."""
    targets = frozenset(t.node for t in inputs if t.node is not None)
    seeds = [(t.node, g) for t, g in zip(outputs, cotangents) if t.node is not None]
    if create_graph:
        seeds = [(n, g if type(g) is Tensor else wrap(g)) for n, g in seeds]
    wanted = set(targets)
    for node in ancestors(*[n for n, _ in seeds]):
        if node not in wanted and any(p in wanted for p in node.parents if p is not None):
            wanted.add(node)
    seeds = [(n, g) for n, g in seeds if n in wanted]
    found = pullback(
        seeds,
        create_graph=create_graph,
        retain_graph=True,
        wanted=wanted,
        targets=targets,
        careful=careful,
    )
    out = []
    for t in inputs:
        g = found.get(t.node) if t.node is not None else None
        if g is None:
            g = np.zeros(t.shape, t.dtype)
        if type(g) is not Tensor:
            g = wrap(g)
        out.append(g if g.dtype == t.dtype else astype(g, dtype=t.dtype))
    return out
