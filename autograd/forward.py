"""Forward mode, derived from the reverse rules.

A gradient rule is linear in its cotangent, g -> J^T g, so the tangent J t is the transpose of the
rule applied to t. For elementwise ops J is diagonal and the rule is its own transpose. No
derivative is written down twice.

Source: Radul, Paszke, Frostig, Johnson & Maclaurin (2023), "You Only Linearize Once".
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from .algebra import broadcast_to
from .engine import fetch, fit, gradients, plain, silent, zero_stays_zero
from .graph import Node, ancestors, leaf_node
from .modes import enable_grad
from .tensor import Tensor, wrap


def pushforward(
    outputs: Sequence[Tensor], tangents: dict[Node, Any], *, create_graph: bool
) -> list[Any]:
    """Tangents of `outputs`, given those of some nodes behind them.

    Parameters
    ----------
    outputs : Tensors of a recorded graph
    tangents : node -> tangent (an array; a Tensor under create_graph)
    create_graph : record the computation, so that it can be differentiated again

    Returns
    -------
    list
        A tangent for each output; None where the output depends on none of the nodes.
    """
    roots = [t.node for t in outputs if t.node is not None]
    with silent(), enable_grad():
        for node in ancestors(*roots):
            if node.op is None or node in tangents:
                continue
            total = None
            for i, parent in enumerate(node.parents):
                t = tangents.get(parent) if parent is not None else None
                if t is not None:
                    moved = _through(node, i, t, create_graph)
                    if moved is not None:
                        total = moved if total is None else total + moved
            if total is not None:
                tangents[node] = total
    return [tangents.get(t.node) if t.node is not None else None for t in outputs]


def _through(node: Node, i: int, t: Any, create_graph: bool) -> Any:
    """The tangent of a node's output for tangent t of its i-th input."""
    op = node.op
    assert op is not None
    rule = op.rules[0 if op.variadic else i]
    if op.elementwise and rule is not None:
        t = broadcast_to(t, shape=node.shape)
        out = rule.fn(t, *fetch(node, i, create_graph))
        if rule.guard:
            out = zero_stays_zero(t, out)
        return out if out.shape == node.shape else broadcast_to(out, shape=node.shape)
    return _transpose(node, i, t, create_graph)


def _transpose(node: Node, i: int, t: Any, create_graph: bool) -> Any:
    """Record the rule on a cotangent u, and pull t back to u: (J^T)^T t."""
    reads = fetch(node, i, True, detached=not create_graph)
    rule = node.op.rules[0 if node.op.variadic else i]  # type: ignore[union-attr]
    assert rule is not None
    u = wrap(np.zeros(node.shape, node.dtype)[()])
    u.node = leaf_node(u, "cotangent", sys._getframe())
    transposed = fit(rule.fn(u, *reads), node.parents[i].shape, node, i)  # type: ignore[union-attr]
    if type(transposed) is not Tensor or transposed.node is None:
        return None  # the rule gives zero whatever the cotangent
    (moved,) = gradients([transposed], [t], [u], create_graph=create_graph, careful=True)
    return moved if create_graph else plain(moved)
