"""What users hand to an op: constants, options by position, and how to tell what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DTypeError
from .messages import complain, retell
from .tensor import Tensor, tensors_in

if TYPE_CHECKING:
    from .op import Op

OTHER_NAMES = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "keep_dims": "keepdims"}
NUMBERS = frozenset((float, int, bool))


def missing_options(op: Op, attrs: dict[str, Any]) -> Exception:
    names = ", ".join(f"{n}=" for n in op.options if n in op.required and n not in attrs)
    return complain(DTypeError, op.name, f"needs {names}")


def split_positional(op: Op, args: tuple, options: dict) -> tuple[tuple, dict]:
    """`sum(x, 0)`: positional arguments after the arrays are options, in their order."""
    count = len(op.arrays)
    names = op.options
    extra = args[count:]
    if len(args) < count or len(extra) > len(names):
        wanted = ", ".join((*op.arrays, *(f"{n}=" for n in names)))
        raise complain(
            DTypeError, op.name, f"takes ({wanted}), got {len(args)} positional arguments"
        )
    for name, value in zip(names, extra):
        if name in options:
            raise complain(DTypeError, op.name, f"got {name} twice")
        options[name] = value
    return args[:count], options


def as_constant(op: Op, i: int, args: tuple[Any, ...]) -> Any:
    """A non-Tensor argument as something NumPy computes with. Python numbers stay weak."""
    x = args[i]
    if isinstance(x, (np.ndarray, np.generic, float, int)):
        if x.__class__ is np.ndarray and x.dtype.kind not in "biufc":
            raise complain(DTypeError, op.name, f"needs numbers, got an array of {x.dtype}")
        return x
    if any(t.node is not None for t in tensors_in(x)):
        name = op.arrays[0] if op.variadic else op.arrays[i]
        fact = f"{name} is a {type(x).__name__} of tensors that require grad"
        raise complain(DTypeError, op.name, fact, hint="stack(...) makes one tensor of them")
    if isinstance(x, (list, tuple)) or hasattr(x, "__array__"):
        array = np.asarray(
            [v._data if type(v) is Tensor else v for v in x] if isinstance(x, (list, tuple)) else x
        )
        if array.dtype.kind in "biufc":
            return array
    name = op.arrays[0] if op.variadic else op.arrays[i]
    fact = f"{name} must be a Tensor, an array or a number, got {type(x).__name__}"
    raise complain(DTypeError, op.name, fact, dict(zip(op.arrays, args)))


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
            return complain(DTypeError, op.name, str(error), given, hint=hint)
    names = [f"{op.arrays[0]}[{i}]" for i in range(len(args))] if op.variadic else op.arrays
    arrays = dict(zip(names, args))
    given = {k: v for k, v in attrs.items() if v is not op.defaults.get(k, op)}
    return retell(op.name, error, arrays, given)
