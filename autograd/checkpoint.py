"""Trade time for memory: forget what a part of the model saved and compute it again when needed."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import random
from .engine import recover
from .errors import GraphError
from .graph import Node, ancestors, next_seq
from .modes import Setting, enable_grad, state
from .provenance import here
from .tensor import Tensor, wrap
from .tree import flatten


def checkpoint(f: Callable[..., Any], *args: Any) -> Any:
    """f(*args), keeping only the arguments: backward runs f again for everything else.

    The graph has its full shape (pictures, errors and `explain` see every op), and the recomputed
    arrays are put into the very nodes that lost them, so closed-over parameters, several outputs,
    nested checkpoints and higher orders all work. Random generators, the package's and those that
    are given as `rng=`, are set back for the second run, so dropout masks come out the same; and
    running statistics move in the first run only.

    Parameters
    ----------
    f : function of Tensors; it must compute the same ops each time
    args : its arguments

    Returns
    -------
    What f returns.

    Raises
    ------
    GraphError
        During backward, if the second run of f recorded different ops.

    Source
    ------
    Chen, Xu, Zhang & Guestrin (2016), "Training deep nets with sublinear memory cost".

    Examples
    --------
    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = checkpoint(lambda x: x * x * x, x)
    >>> y.backward(); x.grad
    Tensor(12.)
    """
    if not state.recording:
        return f(*args)
    start = next_seq()
    generator_state = random.get_state()
    inputs = [_kept(value) for value in flatten(args)[0]]
    drawn: dict[np.random.Generator, Any] = {}
    with Setting("drawn", drawn):
        result = f(*args)
    if state.drawn is not None:  # a checkpoint around this one runs it again too
        state.drawn.update({g: s for g, s in drawn.items() if g not in state.drawn})
    recorded = _recorded(result, start)
    if recorded:
        replay = _Replay(f, inputs, flatten(args)[1], generator_state, drawn, recorded)
        for node in recorded:
            node.saved = None
            node.recovery = replay
    return result


def _kept(value: Any) -> Any:
    """An argument as it is now: neither `x += y` nor writing into an array reaches it later."""
    if type(value) is Tensor:
        return wrap(value._data, value.node)
    return np.array(value) if isinstance(value, np.ndarray) else value


def _recorded(result: Any, start: int) -> list[Node]:
    """The op nodes behind the Tensors of `result` that are younger than `start`."""
    roots = [t.node for t in flatten(result)[0] if type(t) is Tensor and t.node is not None]
    return [n for n in ancestors(*roots) if n.seq > start and n.op is not None]


def _set_back(states: dict[np.random.Generator, Any]) -> None:
    for generator, before in states.items():
        generator.bit_generator.state = before


class _Replay:
    """Runs the function again and hands the saved arrays to the nodes of the first run."""

    def __init__(
        self,
        f: Callable[..., Any],
        inputs: list[Any],
        rebuild: Callable[[list[Any]], Any],
        generator_state: Any,
        drawn: dict[np.random.Generator, Any],
        nodes: list[Node],
    ):
        self.f = f
        self.inputs = inputs
        self.rebuild = rebuild
        self.generator_state = generator_state
        self.drawn = drawn
        self.nodes = [weakref.ref(n) for n in nodes]  # the nodes hold us: no cycle
        self.where = here()

    def __call__(self) -> None:
        before = random.get_state()
        others = {g: g.bit_generator.state for g in self.drawn}
        random.set_state(self.generator_state)
        _set_back(self.drawn)
        try:
            start = next_seq()
            with enable_grad(), Setting("replaying", True):
                again = _recorded(self.f(*self.rebuild(self.inputs)), start)
        finally:
            random.set_state(before)
            _set_back(others)
        nodes = [r() for r in self.nodes]
        first = [n.op.name for n in nodes if n is not None and n.op is not None]
        second = [n.op.name for n in again if n.op is not None]
        if len(nodes) != len(again) or (None not in nodes and first != second):
            raise GraphError(
                f"checkpoint at {self.where}: the function recorded {len(nodes)} ops the first "
                f"time and {len(again)} the second; it must compute the same ops each time"
            )
        for node, twin in zip(nodes, again):
            if node is not None and node.saved is None:
                if twin.saved is None:  # a checkpoint inside this one
                    recover(twin)
                node.saved = twin.saved
