"""How a view looks: a Graphviz Digraph.

Operations are round, data are square. What flows along an arrow stands on it: the value above, its
derivative below. This is a node of its own (the "stem") between the producer and the fork to the
consumers, because there the derivative belongs: it is the sum of what every consumer contributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

import numpy as np
from graphviz import Digraph, escape

from autograd.graph import Vertex

from . import style
from .graph import Edge, Item, Scopes, View
from .listing import chosen_options
from .style import markup, option, short_type, stack


@dataclass(frozen=True)
class Look:
    """The options of a picture."""

    direction: str  # 'LR' or 'TB'
    values: bool = True
    gradients: bool = True
    title: str | None = None


Stems = dict[int, tuple[int, str]]  # vertex id -> the item that made it, and what its arrow says


def digraph(view: View, look: Look, tooltips: dict[int, str]) -> Digraph:
    """The picture of `view`. Same view, same text.

    Items are called n0, n1, ... by position; the stem of the vertex with id 5 is t5.
    """
    frames = _open_modules(view)
    groups = {scope: _frame(k, view.labels[scope], scope, look) for k, scope in enumerate(frames)}
    groups[()] = graph = Digraph("autograd")
    graph.attr("graph", **_graph_style(view, look))
    graph.attr("node", fontname=style.FONT, fontsize="12", fontcolor=style.INK)
    graph.attr("edge", color=style.LINE, arrowsize="0.7")
    for k, item in enumerate(view.items):
        groups[item.home].node(f"n{k}", **_node(item, view, tooltips))
    stems = {} if view.is_crowded else _stems(view, look)
    for vertex, (k, label) in stems.items():
        groups[view.items[k].home].node(f"t{vertex}", label=label, shape="plain")
    for scope in sorted(frames, key=len, reverse=True):  # innermost first
        groups[scope[:-1]].subgraph(groups[scope])
    _connect(graph, view, stems, look)
    return graph


def _graph_style(view: View, look: Look) -> dict[str, str]:
    attributes = {
        "rankdir": look.direction,
        "ordering": "in",  # arguments of an op from top to bottom, or from left to right
        "nodesep": "0.15" if look.direction == "LR" else "0.3",
        "ranksep": "0.3",
        "pad": "0.15",
        "bgcolor": "white",
        "fontname": style.FONT,
        "labelloc": "b",
    }
    if caption := _caption(view, look):
        attributes["label"] = caption
    return attributes


def _caption(view: View, look: Look) -> str:
    rows = [markup(look.title, size=14, bold=True)] if look.title else []
    written = [e.vertex for e in view.edges if e.vertex is not None and _below(e.vertex, look)]
    if written and look.values and not view.is_crowded:
        above, below = ("above", "below") if look.direction == "LR" else ("upper", "lower")
        missing = any(v.gradient is None for v in written)
        dash = f" ({style.DASH} before backward)" if missing else ""
        value, derivative = f"{above}: value,  ", f"{below}: derivative{dash}"
        rows.append(markup(value, size=10) + markup(derivative, style.DERIVATIVE, 10))
    if view.note:
        rows.append(markup(view.note, style.MUTED, 10, limit=200))
    return f"<{stack(rows)}>" if rows else ""


def _open_modules(view: View) -> list[Scopes]:
    """Every module that is drawn as a frame, outer ones first."""
    found: dict[Scopes, None] = {}
    for item in view.items:
        for depth in range(1, len(item.home) + 1):
            found[item.home[:depth]] = None
    return list(found)


def _frame(k: int, label: str, scope: Scopes, look: Look) -> Digraph:
    text = markup(label, style.MODULE[1], 11, bold=True)
    if look.direction == "TB":  # in the right half: arrows come in through the left one
        text = stack([text], indent=8 * len(style.shorten(label)))
    frame = Digraph(f"cluster_{k}")
    frame.attr(
        "graph",
        label=f"<{text}>",
        labelloc="t",
        labeljust="l" if look.direction == "LR" else "r",
        style="rounded,filled",
        fillcolor=style.FRAMES[(len(scope) - 1) % len(style.FRAMES)],
        color=style.FRAME_LINE,
        margin="10",
    )
    return frame


# Items


def _node(item: Item, view: View, tooltips: dict[int, str]) -> dict[str, str]:
    match item.kind:
        case "op":
            attributes = _operation(item, item.vertices[0].id in view.faults)
        case "leaf":
            attributes = _leaf(item)
        case "constant":
            attributes = _constant(item)
        case "array":
            attributes = _data([markup(item.name or "array", style.MUTED, 11)], item.note)
        case "module":
            attributes = _module(item)
        case _:
            attributes = {"shape": "plaintext", "width": "0", "height": "0", "margin": "0.03,0"}
            attributes["label"] = f"<{markup(item.name, bold=True)}>" if item.name else ""
    if len(item.vertices) == 1 and item.vertices[0].id in tooltips:
        attributes["tooltip"] = escape(style.shorten(tooltips[item.vertices[0].id], 200))
    return attributes


def _filled(shape: str, colors: tuple[str, str], rows: list[str], **more: str) -> dict[str, str]:
    fill, line = colors
    label = f"<{stack(rows)}>" if len(rows) > 1 else f"<{rows[0]}>"
    attributes = {"label": label, "shape": shape, "fillcolor": fill, "color": line}
    return attributes | {"style": "filled"} | more


def _operation(item: Item, is_fault: bool) -> dict[str, str]:
    v = item.vertices[0]
    name = v.op or ""
    options = ", ".join(f"{key}={option(value)}" for key, value in chosen_options(v))
    if name in style.SYMBOLS:
        rows = [markup(style.SYMBOLS[name], size=18)]
        shape = _filled("circle", style.OPERATION, rows, width="0.4", fixedsize="true")
    else:
        rows = [markup(name)]
        if options:
            rows.append(markup(options, style.MUTED, 9, limit=28))
        kind = "circle" if len(name) <= 4 and not options else "ellipse"
        size = {"width": "0.45", "height": "0.4", "margin": "0.05,0.02"}
        shape = _filled(kind, style.OPERATION, rows, **size)
    return shape | {"color": style.ALARM, "penwidth": "2"} if is_fault else shape


def _leaf(item: Item) -> dict[str, str]:
    v = item.vertices[0]
    name = item.name
    if item.home:  # inside the frame of fc1, fc1.weight is just weight
        name = name.rpartition(".")[2]
    rows = [markup(name or "leaf", style.INK if name else style.MUTED, italic=not name)]
    if not style.is_shown(v.value):
        rows.append(markup(short_type(v.dtype, v.shape), style.MUTED, 9))
    return _filled("rect", style.LEAF, rows, height="0.3", width="0.4", margin="0.1,0.04")


def _constant(item: Item) -> dict[str, str]:
    v = item.vertices[0]
    if style.is_shown(v.value):
        lines = _written(v.value, style.INK)
    else:
        lines = [(short_type(v.dtype, v.shape), style.MUTED, 10)]
    return _data([markup(*line) for line in lines], v.cuts[0] if v.cuts else "")


def _data(rows: list[str], cut: str) -> dict[str, str]:
    """Something without a derivative. Dashed where a tracked value was cut off the graph."""
    more = {"height": "0.25", "width": "0.25", "margin": "0.07,0.03"}
    if cut:
        rows = [*rows, markup(cut, style.MUTED, 9)]
        more |= {"style": "dashed,filled", "color": style.MUTED}
    return _filled("rect", style.CONSTANT, rows, **more)


def _module(item: Item) -> dict[str, str]:
    ops = sum(v.kind == "op" for v in item.vertices)
    weights = sum(prod(v.shape) for v in item.vertices if v.kind == "leaf")
    inside = _count(ops, "op") + (f", {_count(weights, 'parameter')}" if weights else "")
    rows = [markup(item.name, bold=True), markup(inside, style.MUTED, 9)]
    return _filled("rect", style.MODULE, rows, style="rounded,filled", margin="0.15,0.06")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


# Arrows


def _connect(graph: Digraph, view: View, stems: Stems, look: Look) -> None:
    enter, leave = ("w", "e") if look.direction == "LR" else ("n", "s")
    begun: set[int] = set()
    for edge in view.edges:
        source, target = f"n{edge.source}", f"n{edge.target}"
        attributes = _arrow(edge, view.items, look)
        if edge.vertex is not None and edge.vertex.id in stems:
            stem = f"t{edge.vertex.id}"
            if edge.vertex.id not in begun:
                begun.add(edge.vertex.id)
                graph.edge(source, stem, headport=enter, dir="none", weight="8")
            source, attributes["tailport"] = stem, leave
        graph.edge(source, target, **attributes)


def _arrow(edge: Edge, items: Sequence[Item], look: Look) -> dict[str, str]:
    source, target = items[edge.source], items[edge.target]
    attributes = {"tooltip": escape(edge.argument)} if edge.argument else {}
    if source.kind in ("op", "module"):
        attributes["weight"] = "4"  # the main path runs straight
    if source.kind in ("constant", "array"):
        attributes["color"] = style.CONSTANT[1]
    if source.home[: len(target.home)] != target.home:
        # Into a frame: room for its parameters. An odd number keeps stems in columns of their own.
        attributes["minlen"] = "3" if look.direction == "LR" else "2"
    return attributes


# Stems

Line = tuple[str, str, float]  # text, colour, points


def _stems(view: View, look: Look) -> Stems:
    written: dict[int, tuple[int, list[Line], list[Line]]] = {}
    for edge in view.edges:
        v = edge.vertex
        if v is None or v.id in written or v.kind == "constant":
            continue
        if v.kind == "leaf" and not style.is_shown(v.value):
            continue  # its shape is in its box
        above, below = _above(v, look), _below(v, look)
        source = view.items[edge.source]
        if source.kind == "op" and source.name and view.items[edge.target].kind != "result":
            above = [(style.shorten(source.name, 16), style.MUTED, 9), *above]
        if above or below:
            written[v.id] = edge.source, above, below
    lines = (line for _, above, below in written.values() for line in above + below)
    width = max((ceil(0.7 * points * len(text)) for text, _, points in lines), default=0) + 4
    return {v: (k, _stem(above, below, look, width)) for v, (k, above, below) in written.items()}


def _above(v: Vertex, look: Look) -> list[Line]:
    if look.values and style.is_shown(v.value):
        return _written(v.value, style.INK)
    return [(short_type(v.dtype, v.shape), style.MUTED, 10)] if v.shape else []


def _below(v: Vertex, look: Look) -> list[Line]:
    if not look.gradients or v.kind == "constant" or not style.is_shown(v.value):
        return []
    if v.gradient is None:
        return [(style.DASH, style.DERIVATIVE, 11)]
    return _written(v.gradient, style.DERIVATIVE)


def _written(value: np.ndarray, color: str) -> list[Line]:
    return [(text, color if finite else style.ALARM, 11) for text, finite in style.rows(value)]


def _stem(above: list[Line], below: list[Line], look: Look, width: int) -> str:
    """Left to right, a table whose middle line continues the arrow; else text in its way.

    All of a picture are equally wide, and wider than the text needs: dot would leave a small gap
    before a narrower one.
    """
    top, bottom = ([markup(*line) for line in part] for part in (above, below))
    if look.direction != "LR":
        return f"<{stack([*top, *bottom])}>"
    half = max(len(top), len(bottom))
    rows = [*[""] * (half - len(top)), *top, *bottom, *[""] * (half - len(bottom))]
    return f"<{stack(rows, line_after=half, width=width, height=15)}>"
