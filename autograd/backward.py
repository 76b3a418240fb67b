"""`backward` and `gradient`: what Tensors offer of the engine."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from .binding import bind
from .engine import gradients, plain, pullback
from .errors import DTypeError, GraphError, ShapeError
from .graph import Node
from .hooks import retained
from .messages import complain
from .tensor import Tensor, as_array, wrap

_accumulating = Lock()  # threads that share leaves must not lose each other's sums


def seed_for(output: Tensor, g: Any, name: str) -> Any:
    """The cotangent to start from: `g`, or one for a single element."""
    if g is None:
        data = output._data
        if data.size != 1:
            raise complain(
                GraphError, name, f"needs a gradient for an output of shape {output.shape}",
                {"self": output}, hint="reduce to one element (sum, mean), or pass a gradient",
            )  # fmt: skip
        one = data.dtype.type(1)
        return np.full(data.shape, one) if data.ndim else one
    array = g._data if type(g) is Tensor else as_array(g, output.dtype)
    if array.shape != output.shape:
        fact = f"the gradient has shape {array.shape}, the output {output.shape}"
        raise complain(ShapeError, name, fact, {"self": output})
    return array.astype(output.dtype, copy=False)[()]


def may_mask(seed: Any) -> bool:
    """Whether a cotangent given by the caller may have zeros.

    A large one is not searched: to look after the results of rules costs less.
    """
    if seed is None:
        return False
    values = np.asarray(plain(seed))
    if not values.ndim:
        return not values
    return values.size > 4096 or bool(np.count_nonzero(values) < values.size)


def _require_graph(output: Tensor, name: str) -> Node:
    if output.node is not None:
        return output.node
    cut = output.origin
    why = f": it left the graph by {cut.kind} at {cut.where}" if cut is not None else ""
    raise complain(
        GraphError, name, f"this tensor does not depend on anything that requires grad{why}",
        {"self": output},
        hint=None if cut is not None else "create the inputs with requires_grad=True",
    )  # fmt: skip


def backward(
    self: Tensor,
    gradient: Any = None,
    *,
    retain_graph: bool = False,
    create_graph: bool = False,
) -> None:
    """Add d(self)/d(leaf) to `.grad` of every leaf this tensor depends on.

    Parameters
    ----------
    gradient : array of self's shape, optional
        d(objective)/d(self); may be left out if self has one element.
    retain_graph : bool
        Keep the graph for another backward pass. Otherwise its memory is freed on the way.
    create_graph : bool
        Record this pass too, so that the gradients can be differentiated again.

    Raises
    ------
    GraphError
        If nothing here requires grad, if self has several elements and no gradient is given, or if
        the graph was freed by an earlier call.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    Tensor(6.)
    """
    node = _require_graph(self, "backward")
    seed = seed_for(self, gradient, "backward")
    if create_graph:
        seed = gradient if type(gradient) is Tensor else wrap(seed)
    found = pullback(
        ((node, seed),),
        targets=frozenset(retained) if retained else frozenset(),
        create_graph=create_graph,
        retain_graph=retain_graph,
        careful=may_mask(gradient),
    )
    with _accumulating:
        for leaf, g in found.items():
            tensor = leaf.tensor()
            if tensor is not None:
                old = tensor._grad
                if old is None:
                    tensor._grad = g if create_graph else wrap(g)
                else:
                    tensor._grad = old + g if create_graph else wrap(old._data + g)


def gradient(
    self: Tensor, *inputs: Tensor, gradient: Any = None, create_graph: bool = False
) -> Any:
    """d(self)/d(input) for each input, without touching any `.grad`.

    The inputs may be intermediate results. The graph stays usable.

    Parameters
    ----------
    inputs : Tensors of the graph
    gradient : array of self's shape, optional
        d(objective)/d(self); may be left out if self has one element.
    create_graph : bool
        Make the results differentiable again.

    Returns
    -------
    Tensor, or tuple of Tensors if there are several inputs
        Zeros for an input that self does not depend on.

    Raises
    ------
    GraphError
        If self or an input is not part of a graph.

    Examples
    --------
    >>> x = Tensor(2.0, requires_grad=True)
    >>> y = x**3
    >>> dy = y.gradient(x, create_graph=True); dy.item()
    12.0
    >>> dy.gradient(x).item()
    12.0
    """
    _require_graph(self, "gradient")
    if not inputs:
        raise GraphError("gradient: name at least one input, as in loss.gradient(w)")
    for k, t in enumerate(inputs):
        if type(t) is not Tensor:
            raise complain(
                DTypeError, "gradient", f"input {k} is a {type(t).__name__}, not a Tensor"
            )
        if t.node is None:
            raise complain(
                GraphError, "gradient", f"input {k} does not require grad", {f"input {k}": t}
            )
    seed: Any = seed_for(self, gradient, "gradient")
    if create_graph and type(gradient) is Tensor:
        seed = gradient
    found = gradients(
        (self,), (seed,), inputs, create_graph=create_graph, careful=may_mask(gradient)
    )
    return found[0] if len(inputs) == 1 else tuple(found)


bind("backward", backward)
bind("gradient", gradient)
