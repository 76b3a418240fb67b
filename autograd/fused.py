"""What an op needs whose derivative is a kernel too.

Kernels take arrays, so they serve first derivatives. Everything above (a recorded backward pass,
forward mode) takes the derivative of the same function composed of ops: `recorded_pull`.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from typing import Any

from .algebra import alias
from .engine import gradients
from .graph import leaf_node
from .modes import enable_grad
from .tensor import Tensor, wrap


class Once:
    """A function of a cotangent, computed once for the rules of all inputs of a node.

    A residual of the op: it lives as long as the node, and what it holds as long as the cotangent.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: tuple[Any, list[Any]] = (lambda: None, [])

    def __reduce__(self) -> Any:
        return Once, ()

    def __call__(self, g: Any, compute: Callable[..., Any], *args: Any) -> Any:
        """compute(*args), as it was when this was first called with g, the very same object."""
        key, box = self._held
        if key() is g:
            return box[0]
        box = [compute(*args)]
        self._held = weakref.ref(g, lambda _: box.clear()), box
        return box[0]


def recorded_pull(f: Callable[..., Any], args: dict[str, Any], g: Any) -> dict[str, Tensor]:
    """The cotangents of all arguments of f for the cotangent g of f(**args), recorded.

    Derivatives by them are as exact as those of f, to any order.
    """
    with enable_grad():
        inputs = {name: _lifted(x) for name, x in args.items()}
        seed = g if type(g) is Tensor else wrap(g)
        found = gradients(
            [f(**inputs)], [seed], list(inputs.values()), create_graph=True, careful=True
        )
    return dict(zip(inputs, found))


def _lifted(x: Any) -> Tensor:
    """x as something to differentiate by that nothing else uses."""
    if type(x) is Tensor and x.node is not None:
        return alias(x)
    lifted = wrap(x._data if type(x) is Tensor else x)
    lifted.node = leaf_node(lifted, None, sys._getframe())
    return lifted
