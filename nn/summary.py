"""What a model is made of: layers, the shapes they give, parameters, multiplications and additions.

Multiply-adds are read off the graph of one run: the ops that multiply matrices or slide filters,
wherever they are called. So modules of the user's own count like those of the library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from autograd import random
from autograd.dtypes import get_default_dtype
from autograd.errors import ArgumentError, DTypeError
from autograd.graph import Node, ancestors
from autograd.modes import enable_grad
from autograd.tensor import Tensor
from autograd.tree import flatten

from .module import Module

Shape = tuple[int, ...]

_CONVOLUTIONS = {f"conv{n}d" for n in (1, 2, 3)}
_TRANSPOSED = {f"conv{n}d_dx" for n in (1, 2, 3)}


@dataclass(frozen=True)
class Row:
    """One module of a summary.

    path           where it is in the model; '' for the model itself
    name           the last part of the path, from the module that holds it
    kind           its class
    depth          how many modules are around it
    calls          how often it ran
    shapes         of its output in the first call
    parameters     that it holds itself, and no row above
    frozen         how many of these do not learn
    shared         whether it holds parameters that a row above has counted
    multiply_adds  of the ops that it calls itself, in all calls
    """

    path: str
    name: str
    kind: str
    depth: int
    calls: int
    shapes: tuple[Shape, ...]
    parameters: int
    frozen: int
    shared: bool
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """What `nn.summary` found. Printing it gives the table.

    rows : one for each module, in the order in which the model holds them
    """

    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """All of them; shared ones once."""
        return sum(row.parameters for row in self.rows)

    @property
    def frozen(self) -> int:
        """Those that do not learn."""
        return sum(row.frozen for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Of one run on the input given."""
        return sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        head = ("Layer", "Output shape", "Parameters", "Multiply-adds")
        cells = [head, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            f"{a:<{widths[0]}}   {b:<{widths[1]}}   {c:>{widths[2]}}   {d:>{widths[3]}}".rstrip()
            for a, b, c, d in cells
        ]
        rule = "-" * (sum(widths) + 9)
        frozen = f", {self.frozen:,} of them frozen" if self.frozen else ""
        total = [f"{self.parameters:,} parameters{frozen}", f"{self.multiply_adds:,} multiply-adds"]
        return "\n".join([lines[0], rule, *lines[1:], rule, *total])

    __repr__ = __str__


def _cells(row: Row) -> tuple[str, str, str, str]:
    title = f"{row.name}: {row.kind}" if row.name else row.kind
    shapes = ", ".join(map(str, row.shapes[:3])) + (", ..." if row.shapes[3:] else "")
    count = f"{row.parameters:,}" if row.parameters else "shared" if row.shared else ""
    return (
        "  " * row.depth + title + (f" x {row.calls}" if row.calls > 1 else ""),
        shapes if row.calls else "",
        count,
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
    )


def summary(model: Module, *inputs: Any, depth: int | None = None) -> Summary:
    """Run a copy of a model, and list its layers, their output shapes, parameters and work.

    Parameters
    ----------
    model : Module
        Left as it is: running statistics, random numbers, lazy layers, gradients. The copy runs
        in evaluation mode.
    inputs : arrays or Tensors, or tuples of ints
        What `forward` takes. A tuple of ints stands for a float array of that shape, the batch
        axis included.
    depth : int, optional
        How many levels of modules to list; what is deeper is added to the row above it.

    Returns
    -------
    Summary
        Print it. `parameters`, `frozen` and `multiply_adds` are the totals; parameters that
        several modules share count once. Multiply-adds are those of matrix products and
        convolutions, for the whole batch, without biases.

    Raises
    ------
    DTypeError
        If model is not a Module.
    ArgumentError
        If depth is negative.

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
    >>> nn.summary(model, (1, 784))
    Layer         Output shape   Parameters   Multiply-adds
    -------------------------------------------------------
    Sequential    (1, 10)
      0: Linear   (1, 50)            39,250          39,200
      1: ReLU     (1, 50)
      2: Linear   (1, 10)               510             500
    -------------------------------------------------------
    39,760 parameters
    39,700 multiply-adds
    """
    if not isinstance(model, Module):
        raise DTypeError(f"summary: needs a Module, got {type(model).__name__}")
    if depth is not None and depth < 0:
        raise ArgumentError(f"summary: depth must be 0 or more, got {depth}")
    model = deepcopy(model).eval()
    frozen = {id(p) for p in model.parameters() if not p.requires_grad}
    model.requires_grad_()  # so that all ops are recorded
    shapes, calls, work = _run(model, inputs)
    rows: list[Row] = []
    counted: set[int] = set()
    for path, module in model.named_modules():
        holder = _holder(path, [row.path for row in rows])
        own = dict.fromkeys(id(p) for _, p in module._own_parameters())
        sizes = {id(p): p.size for _, p in module._own_parameters() if id(p) not in counted}
        counted |= set(own)
        rows.append(
            Row(
                path,
                path[len(holder) + 1 :] if holder else path,
                type(module).__name__,
                next((row.depth + 1 for row in rows if row.path == holder), 0),
                calls.get(path, 0),
                shapes.get(path, ()),
                sum(sizes.values()),
                sum(n for p, n in sizes.items() if p in frozen),
                len(sizes) < len(own),
                work.get(path, 0),
            )
        )
    return Summary(tuple(rows if depth is None else _folded(rows, depth)))


def _holder(path: str, above: list[str]) -> str:
    """The path of the module that holds the one at `path`: the longest that is a beginning."""
    return max((p for p in above if path.startswith(f"{p}.")), key=len, default="")


def _folded(rows: list[Row], depth: int) -> list[Row]:
    out: list[Row] = []
    for row in rows:
        if row.depth <= depth:
            out.append(row)
        else:
            last = out[-1]
            out[-1] = replace(
                last,
                parameters=last.parameters + row.parameters,
                frozen=last.frozen + row.frozen,
                multiply_adds=last.multiply_adds + row.multiply_adds,
            )
    return out


# One run


def _run(
    model: Module, inputs: tuple[Any, ...]
) -> tuple[dict[str, tuple[Shape, ...]], dict[str, int], dict[str, int]]:
    """By path: the shapes of the first output, the number of calls, the multiply-adds."""
    shapes: dict[str, tuple[Shape, ...]] = {}
    calls: dict[str, int] = {}

    def watch(path: str) -> Callable[..., None]:
        def hook(module: Module, args: Any, out: Any) -> None:
            calls[path] = calls.get(path, 0) + 1
            shapes.setdefault(path, tuple(t.shape for t in _tensors(out)))

        return hook

    for path, module in model.named_modules():
        module.register_forward_hook(watch(path))
    with enable_grad(), random.seeded(0):
        out = model(*map(_input, inputs))
    work: dict[str, int] = {}
    for node in ancestors(*[t.node for t in _tensors(out) if t.node is not None]):
        count = _multiply_adds(node)
        if count:
            path = node.scope.path if node.scope is not None else ""
            home = path if path in calls else _holder(path, list(calls))
            work[home] = work.get(home, 0) + count
    return shapes, calls, work


def _tensors(out: Any) -> list[Tensor]:
    return [t for t in flatten(out)[0] if type(t) is Tensor]


def _input(value: Any) -> Any:
    if isinstance(value, tuple) and all(isinstance(n, (int, np.integer)) for n in value):
        value = np.zeros(value, get_default_dtype())
    if isinstance(value, (Tensor, np.ndarray)) and value.dtype.kind == "f":
        return Tensor(np.asarray(value), requires_grad=True)
    return value


def _multiply_adds(node: Node) -> int:
    """How many products an op adds up; 0 for ops that are not made of sums of products."""
    name = node.op.shown if node.op is not None else ""
    if name in (
        "linear",
        "matmul",
    ):  # (..., k) x (out, k), (..., n, k) x (..., k, m)
        return math.prod(node.shape) * _operand(node, 0)[-1]
    if name in _CONVOLUTIONS:  # each output takes a filter of (in / groups, *k)
        return math.prod(node.shape) * math.prod(_operand(node, 1)[1:])
    if name in _TRANSPOSED:  # each input gives to a filter
        return math.prod(_operand(node, 0)) * math.prod(_operand(node, 1)[1:])
    if name == "recurrent_sequence":  # each step of each sample takes both matrices
        steps, batch = _operand(node, 0)[:2]
        return steps * batch * sum(math.prod(_operand(node, i)) for i in (2, 3))
    if name == "einsum":
        assert node.attrs is not None
        terms = node.attrs["subscripts"].partition("->")[0].split(",")
        axes = [zip(t, _operand(node, i), strict=True) for i, t in enumerate(terms)]
        sizes: dict[str, int] = {}
        for label, n in chain(*axes):
            sizes[label] = max(n, sizes.get(label, 1))
        return math.prod(sizes.values())
    return 0


def _operand(node: Node, i: int) -> Shape:
    """The shape of an argument; of a constant one too, which the other's rule keeps."""
    parent = node.parents[i]
    if parent is not None:
        return parent.shape
    assert node.saved is not None
    return node.saved[i].shape
