"""What users hand to an op: constants, options by position, and how to tell what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from typing import TYPE_CHECKING, Any

import numpy as np

from .dtypes import KINDS
from .errors import AutogradError, DTypeError, ShapeError
from .messages import complain, composites, retell
from .tensor import Tensor, tensors_in, unbox

if TYPE_CHECKING:
    from .op import Entry, Op

# What NumPy raises; AutogradErrors are among them
COMPLAINTS = (ValueError, TypeError, IndexError, OverflowError)

OTHER_NAMES = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "keep_dims": "keepdims"}
NUMBERS = frozenset((float, int, bool))
ARRAYS = (Tensor, np.ndarray, np.generic)


def missing_options(op: Op, attrs: dict[str, Any]) -> Exception:
    names = ", ".join(f"{n}=" for n in op.options if n in op.required and n not in attrs)
    return complain(DTypeError, op.shown, f"needs {names}")


def split_positional(op: Op, args: tuple, options: dict) -> tuple[tuple, dict]:
    """`sum(x, 0)`: positional arguments after the arrays are options, in their order."""
    count = len(op.arrays)
    names = op.options
    extra = args[count:]
    if len(args) < count or len(extra) > len(names):
        wanted = ", ".join((*op.arrays, *(f"{n}=" for n in names)))
        raise complain(
            DTypeError, op.shown, f"takes ({wanted}), got {len(args)} positional arguments"
        )
    for name, value in zip(names, extra):
        if name in options:
            raise complain(DTypeError, op.shown, f"got {name} twice")
        options[name] = value
    return args[:count], options


def as_constant(op: Op, i: int, args: tuple[Any, ...]) -> Any:
    """A non-Tensor argument as something NumPy computes with. Python numbers stay weak."""
    x = args[i]
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind not in KINDS:
            raise _unfit(op, i, args, f"is an array of {x.dtype}; ops take real numbers")
        return x
    if isinstance(x, (float, int)):
        return x
    if any(t.node is not None for t in tensors_in(x)):
        hint = "stack(...) makes one tensor of them"
        raise _unfit(op, i, args, f"is a {type(x).__name__} of tensors that require grad", hint)
    if isinstance(x, (list, tuple)) or hasattr(x, "__array__"):
        try:
            array = np.asarray(unbox(x))
        except ValueError:
            fact = "is a ragged list: its parts differ in length"
            raise _unfit(op, i, args, fact, error=ShapeError) from None
        if array.dtype.kind in KINDS:
            return array
    raise _unfit(op, i, args, f"must be a Tensor, an array or a number, got {type(x).__name__}")


def _unfit(
    op: Op,
    i: int,
    args: tuple[Any, ...],
    fact: str,
    hint: str | None = None,
    error: type[DTypeError | ShapeError] = DTypeError,
) -> Exception:
    """The complaint about argument i."""
    names = array_names(op, args)
    return complain(error, op.shown, f"{names[i]} {fact}", dict(zip(names, args)), hint=hint)


def array_names(op: Op, args: tuple[Any, ...]) -> tuple[str, ...]:
    """What the messages call each array argument."""
    return tuple([f"{op.arrays[0]}[{i}]" for i in range(len(args))]) if op.variadic else op.arrays


def retell_call(
    op: Op, error: Exception, args: tuple[Any, ...], attrs: dict[str, Any]
) -> Exception:
    """What to raise for a call that failed."""
    if not op.required <= attrs.keys():
        return missing_options(op, attrs)
    if isinstance(error, TypeError) and "unexpected keyword argument" in str(error):
        unknown = [k for k in attrs if k not in op.options]
        has = ", ".join(op.options) or "none"
        error = DTypeError(f"no option {', '.join(map(repr, unknown))}; its options: {has}")
        ours = {OTHER_NAMES[k] for k in unknown if k in OTHER_NAMES}
        if ours:
            given = dict(zip(op.arrays, args))
            hint = f"here it is called {' and '.join(sorted(ours))}, as in NumPy"
            return complain(DTypeError, op.shown, str(error), given, hint=hint)
    arrays = dict(zip(array_names(op, args), args))
    given = {k: v for k, v in attrs.items() if v is not op.defaults.get(k, op)}
    return retell(op.shown, error, arrays, given)


# Functions made of ops


def operand(x: Any) -> Any:
    """x as it is if it is a Tensor, else as an array of real numbers."""
    if type(x) is Tensor:
        return x
    array = np.asarray(unbox(x))
    if array.dtype.kind not in KINDS:
        raise DTypeError(_not_real(array) if x is array else f"needs numbers, got {x!r}")
    return array


def shape_of(x: Any) -> tuple[int, ...]:
    """np.shape, by a shorter way for Tensors."""
    return x.shape if type(x) is Tensor else np.shape(x)


def _not_real(array: np.ndarray) -> str:
    return f"needs real numbers, got an array of {array.dtype}"


def facade(entry: Entry, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` as users call it: what goes wrong inside is told in its name, with its arguments.

    Raises
    ------
    AutogradError
        That of the op inside; or what NumPy or Python complained about, retold.
    """
    composites[function.__code__] = entry.name
    ndarray = np.ndarray

    @wraps(function)
    def apply(*args, **options):
        try:
            for x in args:
                if x.__class__ is ndarray and x.dtype.kind not in KINDS:
                    raise DTypeError(_not_real(x))
            if options:
                for x in options.values():
                    if x.__class__ is ndarray and x.dtype.kind not in KINDS:
                        raise DTypeError(_not_real(x))
            return function(*args, **options)
        except (*COMPLAINTS, AutogradError) as e:
            told = getattr(e, "told", None)
            raise _retell_function(entry, e, args, options) from (None if told else e)

    apply.op = entry  # type: ignore[attr-defined]
    return apply


def _retell_function(
    entry: Entry, error: Exception, args: tuple[Any, ...], options: dict[str, Any]
) -> Exception:
    """What to raise for a call of a function made of ops that failed."""
    try:
        given = entry.signature.bind(*args, **options).arguments
    except TypeError as misfit:
        return _misfit(entry, str(misfit), options)
    arrays: dict[str, Any] = {}
    attrs: dict[str, Any] = {}
    for name, value in given.items():
        parameter = entry.signature.parameters[name]
        if parameter.kind is Parameter.VAR_POSITIONAL:
            arrays |= {f"{name}[{i}]": v for i, v in enumerate(value)}
        elif parameter.default is Parameter.empty or isinstance(value, ARRAYS):
            arrays[name] = value
        elif value is not parameter.default:
            attrs[name] = value
    return retell(entry.name, error, arrays, attrs)


def _misfit(entry: Entry, fact: str, options: dict[str, Any]) -> Exception:
    """A call with arguments that the function does not have, or without those that it needs."""
    names = entry.signature.parameters
    takes = f"{fact}; it takes {', '.join(names)}"
    ours = {OTHER_NAMES.get(k, k) for k in options if k not in names} & set(names)
    hint = f"here it is called {' and '.join(sorted(ours))}, as in NumPy" if ours else None
    return complain(DTypeError, entry.name, takes, hint=hint)
