"""Graphs as text: one line a node, in program order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd.graph import Vertex
from autograd.op import REGISTRY, Op

from .style import option, printable, short_type

_INLINE = 4  # elements of a constant that is written out


def lines(vertices: Sequence[Vertex], *, where: bool = True) -> Iterator[tuple[int, str]]:
    """Vertex id and line, for each vertex but constants: these stand in the lines that use them."""
    numbers: dict[int, int] = {}
    for v in vertices:
        if v.kind == "constant":
            continue
        numbers[v.id] = len(numbers)
        kind, expression = short_type(v.dtype, v.shape), _expression(v, vertices, numbers)
        text, comment = f"%{numbers[v.id]}: {kind} = {expression}", _comment(v, where)
        yield v.id, printable(f"{text}   # {comment}" if comment else text)


def listing(vertices: Sequence[Vertex], *, where: bool = True) -> str:
    """All lines, in program order."""
    return "\n".join(line for _, line in lines(vertices, where=where))


def _expression(v: Vertex, vertices: Sequence[Vertex], numbers: dict[int, int]) -> str:
    if v.kind == "leaf":
        return f"leaf {v.name}" if v.name else "leaf"
    arguments = [_argument(p, vertices, numbers) for p in v.parents]
    arguments += [f"{name}={option(value)}" for name, value in chosen_options(v)]
    return f"{v.op}({', '.join(arguments)})"


def _argument(parent: int | None, vertices: Sequence[Vertex], numbers: dict[int, int]) -> str:
    if parent is None:
        return "array"
    if parent in numbers:
        return f"%{numbers[parent]}"
    constant = vertices[parent]
    if constant.value is None or constant.value.size > _INLINE:
        return short_type(constant.dtype, constant.shape)
    return literal(constant.value)


def literal(value: np.ndarray) -> str:
    """A small array on one line, with all its digits.

    Examples
    --------
    >>> import numpy as np
    >>> from viz.listing import literal
    >>> literal(np.array(2)), literal(np.array([0.5, 1.0]))
    ('2', '[0.5, 1.0]')
    """
    if not value.ndim:
        return str(value[()])
    text = np.array2string(value, separator=", ", formatter={"all": str}, max_line_width=10**6)
    return " ".join(text.split())


def chosen_options(v: Vertex) -> list[tuple[str, Any]]:
    """The options of an op that are not at their defaults."""
    entry = REGISTRY.get(v.op or "")
    defaults = entry.defaults if isinstance(entry, Op) else {}
    return [
        (name, value)
        for name, value in v.attrs.items()
        if name not in defaults or repr(value) != repr(defaults[name])
    ]


def _comment(v: Vertex, where: bool) -> str:
    """The innermost module, the arguments that left the graph before, the user's line."""
    parts = [v.scope[-1][0] or v.scope[-1][1]] if v.scope else []
    parts += [f"cut: {cut}" if where else f"cut: {cut.partition(' at ')[0]}" for cut in v.cuts]
    return "  ".join([*parts, v.where] if where else parts)
