"""NumPy functions called on Tensors: `np.exp(t)` records `exp`, `array + t` records `add`.

What has no op of the same meaning is refused by name: a Tensor never silently becomes an object
array, and a derivative is never silently lost.

Source: NEP 13 (`__array_ufunc__`), NEP 18 (`__array_function__`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter, signature
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
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin",
    "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh",
    "true_divide": "divide", "mod": "remainder", "radians": "deg2rad", "degrees": "rad2deg",
    "fix": "trunc", "concatenate": "concat", "amax": "max", "amin": "min",
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


def _in_floats(ufunc: np.ufunc, name: str) -> Callable[..., Any]:
    """An op that keeps integers, where NumPy's function makes floats of them."""

    def compute(x: Tensor) -> Any:
        dtype = ufunc.resolve_dtypes((x.dtype, None))[-1]
        return _call(name, _call("astype", x, dtype))

    return compute


def _float_power(x: Any, y: Any) -> Any:
    dtype = np.result_type(getattr(x, "dtype", np.float64), np.float64)
    return _call("power", _call("astype", x, dtype), y)


def _parts_along(axis: int) -> Callable[..., Any]:
    return lambda ary, indices_or_sections: _call("split", ary, indices_or_sections, axis=axis)


# NumPy's functions that are ops of ours with other arguments
COMPOSED: dict[str, Callable[..., Any]] = {
    "linalg.trace": _last_two_axes("trace"),
    "linalg.diagonal": _last_two_axes("diagonal"),
    "fabs": _in_floats(np.fabs, "abs"),
    "rint": _in_floats(np.rint, "round"),
    "float_power": _float_power,
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
# NumPy's options that have another name here
OPTIONS = {"a_min": "min", "a_max": "max", "correction": "ddof", "rcond": "rtol"}
# NumPy's options that choose how it computes, not what: no result depends on them
MEANS = frozenset(("copy", "subok", "overwrite_input", "kind", "casting", "device"))
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


def _refuse_options(what: str, options: Iterable[str]) -> Exception:
    return _refuse(what, f"the options {', '.join(sorted(options))} are not supported on Tensors")


def _arguments(
    what: str, func: Any, function: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call in NumPy's signature, for `function` of ours.

    What NumPy requires is passed by position, what is optional there by name, and what has its
    default value not at all; so the order of options in the two signatures does not matter.
    """
    try:
        theirs = signature(func)
    except ValueError:  # compiled functions tell their signature from NumPy 2.4 on
        return list(args), dict(kwargs)
    given = theirs.bind(*args, **kwargs).arguments  # NumPy has looked that they fit
    positional: list[Any] = []
    options: dict[str, Any] = {}
    for name, value in given.items():
        parameter = theirs.parameters[name]
        if parameter.kind is Parameter.VAR_POSITIONAL:
            positional.extend(value)
        elif parameter.kind is Parameter.VAR_KEYWORD:
            options.update(value)
        elif parameter.kind is Parameter.POSITIONAL_ONLY or parameter.default is Parameter.empty:
            positional.append(value)
        elif not _is(value, parameter.default):
            options[name] = value
    ours = signature(function).parameters
    options = {
        k if k in ours else OPTIONS.get(k, k): v
        for k, v in options.items()
        if k in ours or k not in MEANS
    }
    unknown = options.keys() - ours.keys()
    if unknown and not any(p.kind is Parameter.VAR_KEYWORD for p in ours.values()):
        raise _refuse_options(what, unknown)
    return positional, options


def _is(value: Any, default: Any) -> bool:
    """Whether an option has its default value."""
    return value is default or (type(value) in (bool, int, str) and value == default)


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
            raise _refuse_options(f"np.{name}", unknown)
    elif method == "reduce" and name in REDUCTIONS:
        function = _find(REDUCTIONS[name])
        unknown = {k for k, v in kwargs.items() if v is not None} - {"axis", "keepdims"}
        if unknown:
            raise _refuse_options(f"np.{name}.reduce", unknown)
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
        positional, options = _arguments(f"np.{within}", func, function, args, kwargs)
        return function(*positional, **options)
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
