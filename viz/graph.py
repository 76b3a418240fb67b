"""What a picture contains, before anything is said about how it looks.

Records of a graph become items (an op, a leaf, a constant, a module drawn as one box, ...) and
edges between them. Modules nested deeper than `depth` are boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from autograd.graph import Vertex

Scopes = tuple[tuple[str, str, int], ...]  # (path, class, call) of modules, outermost first

CROWDED = 300  # above this many items modules are collapsed; what is still crowded has no values
REFUSED = 4000  # above this many items a layout would take minutes


@dataclass(frozen=True)
class Item:
    """One thing to draw.

    kind      'op', 'leaf', 'constant', 'array' (untracked and too large for the record), 'module'
              (one call of a module as a box) or 'result' (where an arrow leaves the picture)
    home      the modules it is drawn inside, outermost first
    vertices  the records it stands for: none for an array, all members for a module
    name      variable, parameter, argument or module name; '' if unknown
    note      where an array was cut out of the graph, or ''
    """

    kind: str
    home: Scopes
    vertices: tuple[Vertex, ...] = ()
    name: str = ""
    note: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow: the value of `vertex` (None: not recorded) becomes an argument of the target."""

    source: int
    target: int
    vertex: Vertex | None
    argument: str = ""


@dataclass(frozen=True)
class View:
    """Items in the order of the records, and the edges between them by item position."""

    items: tuple[Item, ...]
    edges: tuple[Edge, ...]
    depth: int | None  # how many levels of modules are open; None: all
    labels: dict[Scopes, str]  # what to write on each module
    faults: frozenset[int]  # ids of the ops that made NaN or Inf of finite inputs
    note: str = ""

    @property
    def size(self) -> int:
        """How many items there are, results aside."""
        return sum(item.kind != "result" for item in self.items)

    @property
    def is_crowded(self) -> bool:
        """Whether values and shapes would only be noise."""
        return self.size > CROWDED


def arrange(vertices: Sequence[Vertex], depth: int | None = None) -> View:
    """Items and edges for `vertices`, with modules nested more than `depth` deep as boxes.

    Without a `depth`, everything is shown if that is at most CROWDED items; otherwise as many
    levels as stay below.
    """
    view = _Builder(vertices, depth).build()
    if depth is not None or not view.is_crowded:
        return view
    everything = view.size
    for level in reversed(range(max(len(v.scope) for v in vertices))):
        view = _Builder(vertices, level).build()
        if not view.is_crowded:
            break
    return replace(view, note=_note(everything, view))


def _note(everything: int, view: View) -> str:
    if view.depth is None:
        return f"{everything:,} nodes and no module to fold: values are left out"
    folded = f"modules below depth {view.depth}" if view.depth else "modules"
    note = f"{everything:,} nodes: {folded} are drawn as boxes, depth={view.depth + 1} opens them"
    return f"{note}; {view.size:,} nodes remain, without values" if view.is_crowded else note


@dataclass
class _Builder:
    """Collects the items and edges of one view."""

    vertices: Sequence[Vertex]
    depth: int | None
    items: list[Item] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    position: list[int] = field(default_factory=list)  # vertex id -> item
    boxes: dict[Scopes, int] = field(default_factory=dict)
    members: dict[int, list[Vertex]] = field(default_factory=dict)  # box -> what is inside

    def build(self) -> View:
        homes = leaf_homes(self.vertices)
        names = variable_names(self.vertices)
        labels = module_labels(self.vertices)
        drawn: set[tuple[int | None, int]] = set()
        for v in self.vertices:
            home = homes.get(v.id, v.scope)
            if self.depth is not None and len(home) > self.depth:
                target = self._box(home[: self.depth + 1], v, labels)
                arrays: dict[int, int] = {}
            else:
                arrays = {i: self._array(v, i, cut) for i, cut in unrecorded(v, self.vertices)}
                target = self._add(Item(v.kind, home, (v,), names.get(v.id, "")))
            self.position.append(target)
            for slot, parent in enumerate(v.parents):
                source = arrays.get(slot, target) if parent is None else self.position[parent]
                if source == target or (target in self.members and (parent, target) in drawn):
                    continue  # inside a box, or the second use of one value by it
                drawn.add((parent, target))
                value = None if parent is None else self.vertices[parent]
                self.edges.append(Edge(source, target, value, argument_name(v, slot)))
        self._results(names)
        items = [
            replace(item, vertices=tuple(self.members[k])) if k in self.members else item
            for k, item in enumerate(self.items)
        ]
        return View(tuple(items), tuple(self.edges), self.depth, labels, faults(self.vertices))

    def _add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items) - 1

    def _array(self, v: Vertex, slot: int, cut: str) -> int:
        return self._add(Item("array", v.scope, name=argument_name(v, slot), note=cut))

    def _box(self, path: Scopes, v: Vertex, labels: dict[Scopes, str]) -> int:
        if path not in self.boxes:
            self.boxes[path] = self._add(Item("module", path[:-1], name=labels[path]))
        box = self.boxes[path]
        self.members.setdefault(box, []).append(v)
        return box

    def _results(self, names: dict[int, str]) -> None:
        used = {parent for v in self.vertices for parent in v.parents}
        for v in self.vertices:
            if v.id not in used and v.kind != "constant":
                result = self._add(Item("result", (), (v,), names.get(v.id, "")))
                self.edges.append(Edge(self.position[v.id], result, v))


def argument_name(v: Vertex, slot: int) -> str:
    """The name of an op's argument; arguments of a variadic op share one name."""
    return v.arguments[min(slot, len(v.arguments) - 1)] if v.arguments else ""


def unrecorded(v: Vertex, vertices: Sequence[Vertex]) -> list[tuple[int, str]]:
    """Argument positions without a record, each with the cut that made it untracked, or ''."""
    slots = [i for i, parent in enumerate(v.parents) if parent is None]
    recorded = {cut for p in v.parents if p is not None for cut in vertices[p].cuts}
    cuts = [cut for cut in v.cuts if cut not in recorded]
    if len(cuts) != len(slots):  # some are plain data: the record does not say which
        cuts = [""] * len(slots)
    return list(zip(slots, cuts, strict=True))


def variable_names(vertices: Sequence[Vertex]) -> dict[int, str]:
    """Vertex id -> the variable that holds its value.

    The ops of one statement all claim the variable that the statement assigns. Only the last of
    them became its value, so an op whose result is used by another one of the statement has none.
    """
    names = {v.id: v.name for v in vertices if v.name}
    for v in vertices:
        for parent in v.parents:
            if parent is None or vertices[parent].kind != "op":
                continue
            if vertices[parent].name == v.name and vertices[parent].where == v.where:
                names.pop(parent, None)
    return names


def faults(vertices: Sequence[Vertex]) -> frozenset[int]:
    """Ids of the ops whose value is not finite although all their inputs are: where NaN is born."""

    def is_finite(parent: int | None) -> bool:
        value = None if parent is None else vertices[parent].value
        return value is not None and bool(np.isfinite(value).all())

    suspects = (v for v in vertices if v.kind == "op" and v.value is not None)
    return frozenset(
        v.id for v in suspects if not np.isfinite(v.value).all() and all(map(is_finite, v.parents))
    )


def leaf_homes(vertices: Sequence[Vertex]) -> dict[int, Scopes]:
    """Leaf id -> the modules around it: a parameter `fc1.weight` belongs to the module `fc1`.

    A parameter that several calls use belongs to what these calls have in common.
    """
    homes: dict[int, Scopes] = {}
    for v in vertices:
        for parent in v.parents:
            if parent is None or vertices[parent].kind != "leaf":
                continue
            owner = (vertices[parent].name or "").rpartition(".")[0]
            within = [i + 1 for i, (path, _, _) in enumerate(v.scope) if owns(path, owner)]
            home = v.scope[: max(within, default=0)]
            homes[parent] = common_prefix(homes.get(parent, home), home)
    return homes


def owns(path: str, owner: str) -> bool:
    """Whether `path` is the module that a parameter's name calls `owner`.

    The name may be longer: it was given by a larger model than the one that runs.
    """
    return bool(path) and (owner == path or owner.endswith(f".{path}"))


def common_prefix(a: Scopes, b: Scopes) -> Scopes:
    """The modules that both are inside."""
    count = 0
    while count < min(len(a), len(b)) and a[count] == b[count]:
        count += 1
    return a[:count]


def module_labels(vertices: Sequence[Vertex]) -> dict[Scopes, str]:
    """Module call -> `fc1 (Linear)`, without its parent's path; later calls are numbered."""
    labels: dict[Scopes, str] = {}
    calls: dict[tuple[str, str], int] = {}
    for scope in dict.fromkeys(v.scope for v in vertices):
        for depth in range(1, len(scope) + 1):
            path, kind, _ = scope[depth - 1]
            if scope[:depth] in labels:
                continue
            outer = scope[depth - 2][0] if depth > 1 else ""
            name = path.removeprefix(f"{outer}.") if outer else path
            calls[path, kind] = call = calls.get((path, kind), 0) + 1
            again = f", call {call}" if call > 1 else ""
            labels[scope[:depth]] = (f"{name} ({kind})" if name else kind) + again
    return labels
