"""NumPy functions called on Tensors: `np.exp(t)` records `exp`, `array + t` records `add`.

What has no op of the same meaning is refused by name: a Tensor never silently becomes an object
array, and a derivative is never silently lost.

Source: NEP 13 (`__array_ufunc__`), NEP 18 (`__array_function__`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .binding import bind
from .errors import DTypeError, GraphError
from .messages import complain
from .op import REGISTRY
from .tensor import Tensor

# NumPy's name -> ours, where they differ
NAMES = {
    "absolute": "abs", "fabs": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin",
    "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh",
    "true_divide": "divide", "mod": "remainder", "radians": "deg2rad", "degrees": "rad2deg",
    "float_power": "power",
    "fix": "trunc", "rint": "round", "concatenate": "concat", "amax": "max", "amin": "min",
    "around": "round", "permute_dims": "permute_dims", "product": "prod",
}  # fmt: skip
REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min",
              "logical_and": "all", "logical_or": "any"}  # fmt: skip


ABOUT = frozenset(("shape", "ndim", "size"))  # np.shape(t) asks about t, not for its values


def _find(name: str) -> Callable[..., Any] | None:
    entry = REGISTRY.get(NAMES.get(name, name))
    return None if entry is None else entry.call


def _refuse(what: str, why: str) -> Exception:
    hint = "np.asarray(t) gives the plain values (and ends the graph there)"
    return complain(DTypeError, what, why, hint=hint)


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Record the op of the same name, for calls and reductions."""
    name = ufunc.__name__
    out = kwargs.pop("out", None)
    if out is not None:
        return _into(name, ufunc, method, inputs, kwargs, out)
    if kwargs and method == "__call__":
        raise _refuse(f"np.{name}", f"the options {', '.join(kwargs)} are not supported on Tensors")
    if method == "__call__":
        function = _find(name)
    elif method == "reduce" and name in REDUCTIONS:
        function = _find(REDUCTIONS[name])
        kwargs = {"axis": kwargs.get("axis", 0), "keepdims": kwargs.get("keepdims", False)}
    else:
        function = None
    if function is None:
        call = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
        raise _refuse(call, "is not an op on Tensors")
    return function(*inputs, **kwargs)


def _into(
    name: str,
    ufunc: np.ufunc,
    method: str,
    inputs: tuple[Any, ...],
    kwargs: Any,
    out: tuple[Any, ...],
) -> Any:
    """`array += t`: allowed for values outside every graph, else refused."""
    if any(type(x) is Tensor for x in out):
        raise _refuse(f"np.{name}", "out= cannot be a Tensor: assign the result instead")
    tracked = [x for x in inputs if type(x) is Tensor and x.node is not None]
    if tracked:
        raise complain(
            GraphError, f"np.{name}", "writing a tensor that requires grad into a plain array",
            {"x": tracked[0]}, hint="use array + t for a new Tensor, t.numpy() to leave the graph",
        )  # fmt: skip
    plain = [x._data if type(x) is Tensor else x for x in inputs]
    return getattr(ufunc, method)(*plain, out=out, **kwargs)


def array_function(self: Tensor, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Record the op that a NumPy function corresponds to."""
    name = func.__name__
    if name in ABOUT and len(args) == 1 and type(args[0]) is Tensor:
        return getattr(args[0]._data, name)
    module = func.__module__ or "numpy"
    function = _find(name) if module.startswith("numpy") else None
    if function is None:
        plain = _plain_results.get(name)
        if plain is not None:
            return plain(*[np.asarray(a) if type(a) is Tensor else a for a in args], **kwargs)
        raise _refuse(f"{module.partition('.')[0]}.{name}", "is not an op on Tensors")
    return function(*args, **kwargs)


# functions whose result is about the array, not computed from its values with a derivative
_plain_results: dict[str, Callable[..., Any]] = {
    "size": np.size, "array_equal": np.array_equal,
    "allclose": np.allclose, "array_repr": np.array_repr, "array2string": np.array2string,
    "may_share_memory": np.may_share_memory, "shares_memory": np.shares_memory,
    "array_str": np.array_str, "result_type": np.result_type, "can_cast": np.can_cast,
}  # fmt: skip

bind("__array_ufunc__", array_ufunc)
bind("__array_function__", array_function)
