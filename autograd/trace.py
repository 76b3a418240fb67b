"""One run of a function on fresh aliases of its arguments: what every transform starts from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .algebra import alias
from .engine import gradients
from .errors import ArgumentError, DTypeError, GraphError
from .graph import ancestors, leaf_node
from .messages import complain
from .modes import enable_grad, state
from .tensor import Tensor, wrap
from .tree import flatten


class Trace:
    """One run of a function on fresh aliases of some of its arguments.

    inputs   the aliases, flat
    outputs  the Tensors it returned, flat
    outer    whether the result also depends on something tracked outside: then derivatives must
             be differentiable themselves
    """

    def __init__(
        self, name: str, f: Callable[..., Any], args: Sequence[Any], argnums: Sequence[int]
    ):
        self.name = name
        outer_recording = state.recording
        args = list(args)
        self.inputs: list[Tensor] = []
        self.rebuild_args: list[Callable[[list[Any]], Any]] = []
        self.counts: list[int] = []
        with enable_grad():
            for k in argnums:
                if not -len(args) <= k < len(args):
                    raise complain(
                        ArgumentError, name, f"argument {k} does not exist: {len(args)} were given"
                    )
                leaves, rebuild = flatten(args[k])
                fresh = [self._lift(v, k) for v in leaves]
                args[k] = rebuild(fresh)
                self.inputs += fresh
                self.rebuild_args.append(rebuild)
                self.counts.append(len(fresh))
            self.result = f(*args)
        leaves, self.rebuild_result = flatten(self.result)
        self.outputs = [v if type(v) is Tensor else self._constant(v) for v in leaves]
        self.outer = outer_recording and self._depends_on_outside()

    def _lift(self, value: Any, k: int) -> Tensor:
        if type(value) is Tensor and value.node is not None:
            return alias(value)
        data = value._data if type(value) is Tensor else Tensor(value)._data
        if data.dtype.kind != "f":
            raise complain(
                DTypeError, self.name, f"argument {k} is {data.dtype}; derivatives need floats",
                {f"argument {k}": value}, hint="write 3.0 for 3, or convert with astype",
            )  # fmt: skip
        lifted = wrap(data)
        lifted.node = leaf_node(lifted, None, sys._getframe())
        return lifted

    def _constant(self, value: Any) -> Tensor:
        """An output that the function made without Tensors."""
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            fact = (
                f"the function must return numbers, it returned {value!r} ({type(value).__name__})"
            )
            raise complain(DTypeError, self.name, fact)
        return wrap(array[()])

    def _depends_on_outside(self) -> bool:
        """Whether some other leaf is reachable that somebody can still ask a derivative of."""
        own = {t.node for t in self.inputs}
        roots = [t.node for t in self.outputs if t.node is not None]
        leaves = (n for n in ancestors(*roots) if n.op is None and n not in own)
        return any(n.tensor() is not None for n in leaves)

    def single(self) -> Tensor:
        """The output of a function that must return one element."""
        if len(self.outputs) != 1 or self.outputs[0].size != 1:
            shapes = ", ".join(str(t.shape) for t in self.outputs)
            raise complain(
                GraphError, self.name, f"the function must return one number, it returned {shapes}",
                hint="reduce it (sum or mean), or use jacobian or vjp",
            )  # fmt: skip
        return self.outputs[0]

    def pull(self, cotangents: Sequence[Any], careful: bool) -> list[Any]:
        """Gradients in the structure of the chosen arguments, one entry for each of them."""
        tracked = [(o, g) for o, g in zip(self.outputs, cotangents) if o.node is not None]
        create = self.outer or (state.recording and any(is_tracked(g) for g in cotangents))
        if not create:
            tracked = [(o, g._data if type(g) is Tensor else g) for o, g in tracked]
        found = gradients(
            [o for o, _ in tracked], [g for _, g in tracked], self.inputs,
            create_graph=create, careful=careful,
        )  # fmt: skip
        return self.arrange(found)

    def arrange(self, flat: list[Any]) -> list[Any]:
        out, start = [], 0
        for rebuild, count in zip(self.rebuild_args, self.counts):
            out.append(rebuild(flat[start : start + count]))
            start += count
        return out

    def value(self) -> Any:
        """What the function returned; detached from the aliases unless an outer graph needs it."""
        if self.outer:
            return self.result
        return self.rebuild_result([wrap(t._data) for t in self.outputs])


def is_tracked(x: Any) -> bool:
    return type(x) is Tensor and x.node is not None
