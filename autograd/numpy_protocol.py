"""NumPy functions called on Tensors: `np.exp(t)` records `exp`, `array + t` records `add`.

What has no op of the same meaning is refused by name: a Tensor never silently becomes an object
array, and a derivative is never silently lost.

Source: NEP 13 (`__array_ufunc__`), NEP 18 (`__array_function__`).
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from . import creation
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


def _call(name: str, *args: Any, **options: Any) -> Any:
    return REGISTRY[name].call(*args, **options)


def _last_two_axes(name: str) -> Callable[..., Any]:
    """np.linalg's form of a function whose axes are the first two in np."""
    return lambda x, /, *, offset=0: _call(name, x, offset=offset, axis1=-2, axis2=-1)


def _parts_along(axis: int) -> Callable[..., Any]:
    return lambda ary, indices_or_sections: _call("split", ary, indices_or_sections, axis=axis)


# NumPy's functions that are ops of ours with other arguments
COMPOSED: dict[str, Callable[..., Any]] = {
    "linalg.trace": _last_two_axes("trace"),
    "linalg.diagonal": _last_two_axes("diagonal"),
    "conjugate": lambda x: _call("alias", x),
    "real": lambda val: _call("alias", val),
    "copy": lambda a, order="K", subok=False: _call("alias", a),
    "fliplr": lambda m: _call("flip", m, axis=1),
    "flipud": lambda m: _call("flip", m, axis=0),
    "matrix_transpose": lambda x: _call("swapaxes", x, -1, -2),
    "percentile": lambda a, q, **options: _call("quantile", a, np.true_divide(q, 100), **options),
    "vsplit": _parts_along(0),
    "dsplit": _parts_along(2),
    "zeros_like": creation.zeros_like,
    "ones_like": creation.ones_like,
    "empty_like": creation.empty_like,
    "full_like": creation.full_like,
}
# NumPy's write into their argument, which is a value here: x[...] = v does that
WRITING = frozenset(("put_along_axis",))


def _find(name: str) -> Callable[..., Any] | None:
    """What a function of NumPy's, named within numpy, is here; None if it is nothing."""
    if name in COMPOSED:
        return COMPOSED[name]
    name = name.rpartition(".")[2]
    if name in COMPOSED or name in WRITING:
        return COMPOSED.get(name)
    entry = REGISTRY.get(NAMES.get(name, name))
    return entry.call if entry is not None and entry.public else None


def _refuse(what: str, why: str) -> Exception:
    hint = "np.asarray(t) gives the plain values (and ends the graph there)"
    return complain(DTypeError, what, why, hint=hint)


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Record the op of the same name, for calls and reductions."""
    name = ufunc.__name__
    out = kwargs.pop("out", None)
    if out is not None:
        return _into(name, ufunc, method, inputs, kwargs, out)
    if method == "__call__":
        function = _find(name)
        unknown = kwargs.keys() - signature(function).parameters.keys() if function else ()
        if unknown:
            fact = f"the options {', '.join(sorted(unknown))} are not supported on Tensors"
            raise _refuse(f"np.{name}", fact)
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
    if not module.startswith("numpy"):
        raise _refuse(f"{module.partition('.')[0]}.{name}", "is not an op on Tensors")
    within = f"linalg.{name}" if module.startswith("numpy.linalg") else name
    function = _find(within)
    if function is not None:
        return function(*args, **kwargs)
    if name in PLAIN:
        return func(*map(_plain, args), **kwargs)
    raise _refuse(f"numpy.{within}", "is not an op on Tensors")


def _plain(x: Any) -> Any:
    return np.asarray(x) if type(x) is Tensor else x


# Functions whose results say something about the values: truths, positions, dtypes, text. These
# have no derivative, and there is no op of ours
PLAIN = frozenset((
    "size", "array_equal", "array_equiv", "allclose", "array_repr", "array2string", "array_str",
    "may_share_memory", "shares_memory", "result_type", "can_cast", "min_scalar_type",
    "iscomplexobj", "isrealobj", "isreal", "iscomplex", "isneginf", "isposinf", "isin",
    "argwhere", "flatnonzero", "argpartition", "digitize", "lexsort", "nanargmax", "nanargmin",
))  # fmt: skip

bind("__array_ufunc__", array_ufunc)
bind("__array_function__", array_function)
