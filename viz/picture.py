"""draw(): from tensors to a Picture that can be saved, shown in a notebook, or read as text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from autograd.errors import ArgumentError, DTypeError, GraphError
from autograd.graph import Vertex, capture
from autograd.tensor import Tensor

from . import dot
from .graph import REFUSED, View, arrange
from .listing import lines, listing
from .output import Output
from .render import FORMATS, RenderError, render
from .style import is_shown


def draw(
    *tensors: Tensor,
    direction: str | None = None,
    values: bool = True,
    gradients: bool = True,
    depth: int | None = None,
    title: str | None = None,
) -> Picture:
    """Draw the graph that computed `tensors`, as a textbook would.

    Operations are circles, parameters and constants boxes, modules frames. Each arrow carries the
    value above it and, in blue, the derivative below it: a dash before `backward()`. NaN and Inf
    are red. Arrays that are too large to write out show their dtype and shape.

    Parameters
    ----------
    tensors : Tensors that depend on something that requires grad
    direction : 'LR' (left to right) or 'TB' (top to bottom), optional
        By default LR if all results are small enough to write out, as in a book's figure; TB for
        models.
    values, gradients : bool
        Whether to write the numbers.
    depth : int, optional
        How many levels of modules to open; deeper ones are one box each. By default all, or as
        many as keep the picture below 300 nodes.
    title : str, optional
        A caption.

    Returns
    -------
    Picture
        Shows itself in a notebook; `save("graph.svg")` writes it.

    Raises
    ------
    GraphError
        If a tensor depends on nothing that requires grad: there is no graph.

    Examples
    --------
    >>> import viz
    >>> from autograd import Tensor
    >>> x = Tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> y.backward()
    >>> print(viz.draw(y).text)                # doctest: +ELLIPSIS
    %0: f32[] = leaf x   # ...
    %1: f32[] = multiply(%0, %0)   # ...
    """
    if direction not in (None, "LR", "TB"):
        raise ArgumentError(f"draw: direction must be 'LR' or 'TB', got {direction!r}")
    if depth is not None and depth < 0:
        raise ArgumentError(f"draw: depth counts levels of modules, got {depth!r}")
    vertices = _capture("draw", tensors)
    if direction is None:
        small = all(is_shown(v.value) for v in vertices if v.kind == "op")
        direction = "LR" if small else "TB"
    return Picture(vertices, dot.Look(direction, values, gradients, title), depth)


def text(*tensors: Tensor, where: bool = True) -> str:
    """The graph that computed `tensors`, one line a node, in program order.

    Parameters
    ----------
    tensors : Tensors that depend on something that requires grad
    where : bool
        Whether to add the user's file and line to each node.

    Raises
    ------
    GraphError
        If a tensor depends on nothing that requires grad: there is no graph.

    Examples
    --------
    >>> import viz
    >>> from autograd import Tensor
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> print(viz.text(x * 2 + 1, where=False))
    %0: f32[3] = leaf x
    %1: f32[3] = multiply(%0, 2)
    %2: f32[3] = add(%1, 1)
    """
    return listing(_capture("text", tensors), where=where)


def _capture(caller: str, tensors: Sequence[Tensor]) -> tuple[Vertex, ...]:
    if not tensors:
        raise GraphError(f"{caller}: name at least one tensor, as in viz.{caller}(loss)")
    for t in tensors:
        if type(t) is not Tensor:
            raise DTypeError(f"{caller}: needs Tensors, got {type(t).__name__}")
        if t.node is None:
            cut = f": it left the graph by {t.origin.kind} at {t.origin.where}" if t.origin else ""
            fact = "does not depend on anything that requires grad"
            raise GraphError(f"{caller}: this tensor of shape {t.shape} {fact}{cut}")
    return capture(*tensors)


class Picture(Output):
    """A drawn graph: what `viz.draw` returns.

    Attributes
    ----------
    source : str
        The DOT text. Same graph, same text.
    text : str
        The listing, see `viz.text`.
    note : str
        What was left out or folded because of the graph's size; '' if nothing.
    """

    formats = (*FORMATS, "gv", "dot", "txt")

    def __init__(self, vertices: tuple[Vertex, ...], look: dot.Look, depth: int | None) -> None:
        self._vertices = vertices
        self._look = look
        self._depth = depth

    @cached_property
    def _view(self) -> View:
        return arrange(self._vertices, self._depth)

    @cached_property
    def source(self) -> str:
        return dot.digraph(self._view, self._look, dict(lines(self._vertices))).source

    @cached_property
    def text(self) -> str:
        return listing(self._vertices)

    @property
    def note(self) -> str:
        return self._view.note

    def __repr__(self) -> str:
        return f"<Picture of {len(self._vertices):,} nodes>"

    def encode(self, format: str) -> bytes:
        """The picture as the content of a file.

        Raises
        ------
        RenderError
            If no layout engine is installed, or the graph is too large for one.
        """
        if format == "txt":
            return f"{self.text}\n".encode()
        if format in ("gv", "dot"):
            return self.source.encode()
        size = self._view.size
        if size > REFUSED:
            modules = "depth=0 draws each module as one box" if self._view.labels else "draw a part"
            raise RenderError(
                f"a picture of {size:,} nodes would take minutes to lay out (limit {REFUSED:,})\n"
                f"  hint: {modules}; .gv and .txt have no limit"
            )
        return render(self.source, format)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, in the format that its extension names: svg, png, pdf, gv (DOT) or txt.

        The file appears complete or not at all. An existing one is replaced. If the picture cannot
        be laid out, its DOT text is written next to it instead (`graph.gv` for `graph.svg`).

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        RenderError
            If no layout engine is installed, or the graph is too large for one.
        ArgumentError
            If the extension is none of these.
        OSError
            If the folder does not exist or cannot be written to.
        """
        try:
            return super().save(path)
        except RenderError as e:
            spare = super().save(Path(path).with_suffix(".gv"))
            raise RenderError(f"{e}\n  the graph's DOT text is in {spare}") from None
