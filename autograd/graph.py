"""The recorded graph: one Node for each op application or leaf. Plain data, no maths."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .provenance import Where, internal, user_frame

if TYPE_CHECKING:
    from .op import Op
    from .tensor import Tensor

next_seq = count().__next__
SMALL = (
    16  # results of at most this many elements stay with their node, so that pictures can show them
)


@dataclass(frozen=True, slots=True)
class Scope:
    """The module whose forward is running: its path (`encoder.layers.3`), class and call."""

    path: str
    kind: str
    outer: Scope | None = None
    call: int = 0  # numbers the calls, so that two calls of one module are two boxes in a picture

    def __str__(self) -> str:
        return self.path or self.kind


class Node:
    """One vertex of the computation graph.

    op       the Op that was applied; None for a leaf
    parents  one entry for each array argument, in order: its Node, or None for a constant
    saved    (*inputs, out, *residuals), each None where no rule asks for it; None once freed
    attrs    the op's keyword arguments (axis, stride, ...), or None
    shape    of the output
    seq      creation number: parents always have smaller ones, so sorting by seq is a
             topological order and nothing ever recurses
    scope    the module that was running, or None
    code, lasti   the user's line, see provenance.Where
    value    the output if it has at most SMALL elements, else None

    Nodes hold arrays, never Tensors: no reference cycle can form, and everything behind a loss is
    freed the moment the loss is.
    """

    __slots__ = (
        "op",
        "parents",
        "saved",
        "attrs",
        "shape",
        "seq",
        "scope",
        "code",
        "lasti",
        "value",
        "_dtype",  # only where value is None
        "cotangent",  # what the last backward() brought here, if small
        "recovery",  # how to get `saved` back, or who freed it: see engine.recover
        "constants",  # small constant arguments, None for the others; parallel to parents
        "cuts",  # the Cut that made an argument a constant, or None; parallel to parents
        "hooks",  # functions to call with the cotangent, by number
        "tensor",  # weak reference to the Tensor whose .grad backward fills: leaves, retain_grad
        "name",  # leaf only: its name
        "__weakref__",
    )

    op: Op | None
    parents: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    attrs: dict[str, Any] | None
    shape: tuple[int, ...]
    seq: int
    scope: Scope | None
    code: CodeType
    lasti: int
    value: Any
    _dtype: np.dtype[Any]
    cotangent: Any
    recovery: Any
    constants: tuple[Any, ...]
    cuts: tuple[Any, ...]
    hooks: dict[int, Any]
    tensor: weakref.ref[Tensor]
    name: str | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._dtype if self.value is None else self.value.dtype

    @property
    def where(self) -> Where:
        return Where(self.code, self.lasti)

    def get(self, slot: str, default: Any = None) -> Any:
        """A slot that most nodes leave empty."""
        return getattr(self, slot, default)

    @property
    def label(self) -> str:
        """What to call this node in a sentence."""
        if self.op is not None:
            return self.op.shown
        return self.get("name") or self.where.variable or "leaf"

    def __repr__(self) -> str:
        return f"<Node {self.seq} {self.label} {self.shape} {self.where}>"


def leaf_node(tensor: Tensor, name: str | None, frame: FrameType) -> Node:
    """The node of a tensor that was made in `frame`, or in the library on behalf of its caller."""
    code = frame.f_code
    if internal[code.co_filename]:
        frame = user_frame(frame)
        code = frame.f_code
    node = Node()
    node.op = None
    node.parents = ()
    node.saved = ()
    node.attrs = None
    data = tensor._data
    node.shape = data.shape
    node.seq = next_seq()
    node.scope = None
    node.code = code
    node.lasti = frame.f_lasti
    node.value = data if data.size <= SMALL else None
    node._dtype = data.dtype
    node.tensor = weakref.ref(tensor)
    node.name = name
    return node


def ancestors(*roots: Node) -> list[Node]:
    """All nodes that `roots` depend on, themselves included, oldest first."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=attrgetter("seq"))


class Large(NamedTuple):
    """What is remembered of a constant argument with many elements."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Vertex:
    """One node, frozen for drawing, listing and comparing. `id` is its position in the capture."""

    id: int
    kind: str  # 'op', 'leaf' or 'constant'
    op: str | None
    name: str | None  # variable or parameter name, where known
    parents: tuple[int | None, ...]  # ids, by argument; None: a constant too large to show
    arguments: tuple[str, ...]  # argument names, parallel to parents
    attrs: dict[str, Any]
    shape: tuple[int, ...]
    dtype: str
    value: Any  # ndarray if small, else None
    gradient: Any  # ndarray if small and known, else None
    scope: tuple[tuple[str, str, int], ...]  # (path, class, call), outermost first
    where: str
    saved_bytes: int
    cuts: tuple[str, ...] = field(default=())  # 'detach at model.py:3', one for each cut argument


def _scopes(scope: Scope | None) -> tuple[tuple[str, str, int], ...]:
    out: list[tuple[str, str, int]] = []
    while scope is not None:
        out.append((scope.path, scope.kind, scope.call))
        scope = scope.outer
    return tuple(reversed(out))


def _leaf_arrays(node: Node) -> tuple[Any, Any]:
    """Value and gradient of a small leaf: as its Tensor has them now, or had them last."""
    tensor = node.tensor()
    if tensor is None:
        return node.value, node.get("cotangent")
    if tensor.size > SMALL:
        return None, None
    return np.array(tensor._data), None if tensor.grad is None else np.array(tensor.grad._data)


def capture(*tensors: Tensor) -> tuple[Vertex, ...]:
    """A read-only record of everything `tensors` depend on, oldest first.

    Constants that are small (Python numbers, few elements) appear as vertices of their own, just
    before the op that uses them. Same graph, same record.
    """
    nodes = ancestors(*[t.node for t in tensors if t.node is not None])
    ids: dict[Node, int] = {}
    out: list[Vertex] = []
    for node in nodes:
        parents: list[int | None] = []
        cuts: list[str] = []
        for i, parent in enumerate(node.parents):
            if parent is not None:
                parents.append(ids[parent])
                continue
            cut = node.get("cuts", ())[i : i + 1]
            told = [f"{c.kind} at {c.where}" for c in cut if c is not None]
            cuts += told
            values = node.get("constants", ())[i : i + 1]
            if not values or values[0] is None:
                parents.append(None)
                continue
            parents.append(len(out))
            out.append(_constant(len(out), values[0], node, told))
        ids[node] = len(out)
        out.append(_vertex(node, len(out), tuple(parents), tuple(cuts)))
    return tuple(out)


def _constant(position: int, value: Any, user: Node, cuts: list[str]) -> Vertex:
    array = None if isinstance(value, Large) else np.asarray(value)
    known = value if array is None else array
    return Vertex(
        id=position,
        kind="constant",
        op=None,
        name=None,
        parents=(),
        arguments=(),
        attrs={},
        shape=known.shape,
        dtype=str(known.dtype),
        value=array,
        gradient=None,
        scope=_scopes(user.scope),
        where=str(user.where),
        saved_bytes=0,
        cuts=tuple(cuts),
    )


def _vertex(
    node: Node, position: int, parents: tuple[int | None, ...], cuts: tuple[str, ...]
) -> Vertex:
    if node.op is None:
        value, gradient = _leaf_arrays(node)
    else:
        value = None if node.value is None else np.array(node.value)
        gradient = node.get("cotangent")
        gradient = None if gradient is None else np.array(gradient)
    return Vertex(
        id=position,
        kind="leaf" if node.op is None else "op",
        op=None if node.op is None else node.op.shown,
        name=node.get("name") or node.where.variable,
        parents=parents,
        arguments=() if node.op is None else node.op.arrays,
        attrs=dict(node.attrs or {}),
        shape=node.shape,
        dtype=str(node.dtype),
        value=value,
        gradient=gradient,
        scope=_scopes(node.scope),
        where=str(node.where),
        saved_bytes=sum(getattr(v, "nbytes", 0) for v in node.saved or ()),
        cuts=cuts,
    )


def chain(node: Node) -> Iterator[Scope]:
    """The modules around a node, innermost first."""
    scope = node.scope
    while scope is not None:
        yield scope
        scope = scope.outer
