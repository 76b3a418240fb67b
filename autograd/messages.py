"""Error messages that say which op, which arguments, which module and which line of the user's.

ShapeError: conv2d: x has 3 channels but w expects 4
  x: (1, 3, 4, 4) float64   from relu at model.py:38
  w: (2, 4, 3, 3) float64   parameter block1.conv.weight
  stride = 2
  at model.py:41 in block1.conv (Conv2d): h = self.conv(h)
  hint: w is (out, in, height, width)
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

import numpy as np

from . import modes
from .errors import ArgumentError, AutogradError, AxisError, DTypeError, IndexingError, ShapeError
from .provenance import here, internal, variable_named
from .tensor import Tensor

_ABOUT_SHAPES = ("shape", "dimension", "broadcast", "size", "axis", "axes", "match")


def origin(tensor: Tensor) -> str:
    """Where a tensor came from, in a few words."""
    node = tensor.node
    if node is None:
        if tensor.origin is not None:
            return f"outside the graph since {tensor.origin.kind} at {tensor.origin.where}"
        name = variable_named(tensor)
        return f"variable {name}" if name else ""
    if node.op is not None:
        scope = f" in {node.scope}" if node.scope is not None else ""
        return f"from {node.op.shown} at {node.where}{scope}"
    name = node.get("name")
    return f"parameter {name}" if name else f"variable {node.where.variable or '?'} of {node.where}"


def describe(value: Any) -> str:
    """Shape, dtype and provenance of one argument."""
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        note = origin(value) if isinstance(value, Tensor) else type(value).__name__
        return f"{value.shape} {value.dtype}" + (f"   {note}" if note else "")
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Tensor, np.ndarray)) for v in value):
        return "[" + ", ".join(str(getattr(v, "shape", v)) for v in value) + "]"
    return repr(value)


# Code of functions that are made of ops -> their public name: a complaint of an inner op is told in
# the name of the function that the user called.
composites: dict[CodeType, str] = {}


def called_by_user() -> str | None:
    """The outermost function of `composites` between the user's frame and here."""
    name = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and internal[frame.f_code.co_filename]:
        name = composites.get(frame.f_code, name)
        frame = frame.f_back
    return name


def place() -> str:
    """The user's line and the module that is running."""
    where = here(2)
    scope = modes.state.scope
    inside = "" if scope is None else f" in {scope.path or 'the model'} ({scope.kind})"
    source = where.source
    return f"at {where}{inside}" + (f": {source}" if source else "")


def complain(
    error: type[AutogradError],
    op: str,
    fact: str,
    arrays: dict[str, Any] | None = None,
    attrs: dict[str, Any] | None = None,
    hint: str | None = None,
    whole: bool = False,
) -> AutogradError:
    """An exception to raise: the fact, then everything one needs to see why.

    Parameters
    ----------
    error : type of the exception
    op : name of the op or layer
    fact : what is wrong, with the numbers
    arrays : argument name -> value, as the user passed them
    attrs : option name -> value
    hint : what most surely helps, if something does
    whole : whether `arrays` are all that the call had; else the others are added, see `complete`
    """
    name = called_by_user() or op
    lines = [f"{name}: {fact}"]
    if name != op:
        lines.append(f"  found by {op}")
    lines += [f"  {name}: {describe(value)}" for name, value in (arrays or {}).items()]
    listed = len(lines)
    lines += [f"  {name} = {value!r}" for name, value in (attrs or {}).items()]
    lines.append(f"  {place()}")
    if hint:
        lines.append(f"  hint: {hint}")
    exception = error("\n".join(lines))
    exception.told = name, None if whole else listed  # type: ignore[attr-defined]
    return exception


def complete(error: AutogradError, arrays: dict[str, Any]) -> AutogradError:
    """A complaint that shows what it was about, with the call's arguments as the user gave them."""
    name, listed = error.told  # type: ignore[attr-defined]
    if listed is None:
        return error
    first, *shown = str(error).split("\n")
    parts = {line.partition("[")[0] for line in shown}  # "  arrays[0]: ..." shows arrays already
    own = {f"  {n}: ": describe(v) for n, v in arrays.items() if f"  {n}" not in parts}
    about = [line for line in shown[: listed - 1] if not line.startswith(tuple(own))]
    about += [n + text for n, text in own.items()]
    error.args = ("\n".join([first, *about, *shown[listed - 1 :]]),)
    error.told = name, 1 + len(about)  # type: ignore[attr-defined]
    return error


def retell(
    op: str, error: Exception, arrays: dict[str, Any], attrs: dict[str, Any] | None = None
) -> AutogradError:
    """NumPy's complaint, or an op's own bare one, as a complete message."""
    told = getattr(error, "told", None)
    if told:
        assert isinstance(error, AutogradError)
        return complete(error, arrays) if told[0] == op else error
    fact = str(error)
    if fact.startswith(f"{op}: "):
        fact = fact[len(op) + 2 :]
    if isinstance(error, AutogradError):
        kind: type[AutogradError] = type(error)
    elif isinstance(error, np.exceptions.AxisError):
        kind = AxisError
    elif isinstance(error, IndexError):
        kind = IndexingError
    elif isinstance(error, (TypeError, OverflowError)):  # a number that the dtype cannot hold
        kind = DTypeError
    else:
        fault = broadcasting_fault(arrays)
        kind = ShapeError if fault or any(w in fact for w in _ABOUT_SHAPES) else ArgumentError
        if not fault and any(w in fact for w in ("duplicate value", "repeated axis")):
            kind = AxisError
        fact = fault or fact
    return complain(kind, op, fact, arrays, attrs)


def broadcasting_fault(arrays: dict[str, Any]) -> str | None:
    """Which two arguments do not broadcast, and at which axis; None if they do."""
    known = (Tensor, np.ndarray, np.generic, int, float)
    shapes = {n: np.shape(v) for n, v in arrays.items() if isinstance(v, known)}
    longest = max((len(s) for s in shapes.values()), default=0)
    for axis in range(-1, -longest - 1, -1):
        sizes = {n: s[axis] for n, s in shapes.items() if len(s) >= -axis and s[axis] != 1}
        if len(set(sizes.values())) > 1:
            pairs = ((p, q) for p in sizes.items() for q in sizes.items() if p[1] != q[1])
            (m, a), (n, b) = next(pairs)
            return (
                f"shapes {shapes[m]} and {shapes[n]} do not broadcast: "
                f"{m} has {a} and {n} has {b} along axis {axis}"
            )
    return None
