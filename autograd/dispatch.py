"""What happens when an op is called: compute, and record a Node if a derivative may be wanted.

`unary` and `binary` are the hot paths, written out flat on purpose: between two tensors there is
no helper call and no `*args`. `general` serves every other signature. All three agree:

* no Tensor among the arguments: plain arrays in, plain array out;
* nothing tracked, `no_grad`, or a plain op: an untracked Tensor (which remembers the cut);
* otherwise a Tensor with a Node that keeps exactly the arrays that some gradient rule asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import modes
from .cuts import Cut, exit_of
from .errors import DTypeError, NonFiniteError
from .graph import SMALL, Large, Node, next_seq
from .messages import complain, retell
from .provenance import internal, user_frame
from .tensor import Tensor, cut, tensors_in

if TYPE_CHECKING:
    from .op import Op

_getframe = sys._getframe
OTHER_NAMES = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "keep_dims": "keepdims"}
NUMBERS = frozenset((float, int, bool))
COMPLAINTS = (ValueError, TypeError, IndexError)  # what NumPy raises; AutogradErrors are among them


def unary(op: Op, forward: Callable[[Any], Any]) -> Callable[..., Any]:
    """The caller of an op with one array and no options."""
    new = Tensor.__new__
    plain = op.plain

    def apply(x, /):
        if type(x) is not Tensor:
            return call_plain(op, (x,), {})
        a = x._data
        p = x.node
        try:
            out = forward(a)
        except COMPLAINTS as e:
            raise retell(op.name, e, {op.arrays[0]: x}) from None
        t = new(Tensor)
        t._data = out
        if p is None or plain or (modes.special and not modes.state.recording):
            t.node = None
            t.origin = leave(op, (x,), out)
            return t
        t.origin = None
        t.node = n = Node()
        keep_x, keep_out = op.keep
        n.op = op
        n.parents = (p,)
        n.saved = (a if keep_x else None, out if keep_out else None)
        n.attrs = None
        n.shape = s = out.shape
        n.seq = next_seq()
        if s and out.size > SMALL:
            n.value = None
            n._dtype = out.dtype
        else:
            n.value = out
        frame = _getframe(1)
        code = frame.f_code
        if internal[code.co_filename]:
            frame = user_frame(frame)
            code = frame.f_code
        n.code = code
        n.lasti = frame.f_lasti
        if modes.special:
            note_state(n, out, (x,))
        else:
            n.scope = None
        return t

    return apply


def binary(op: Op, forward: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The caller of an op with two arrays and no options."""
    new = Tensor.__new__
    plain = op.plain

    def apply(x, y, /):
        if type(x) is Tensor:
            a = x._data
            p = x.node
            if type(y) is Tensor:
                b = y._data
                q = y.node
            else:
                b = y if type(y) in NUMBERS else as_constant(op, 1, (x, y))
                q = None
        elif type(y) is Tensor:
            a = x if type(x) in NUMBERS else as_constant(op, 0, (x, y))
            p = None
            b = y._data
            q = y.node
        else:
            return call_plain(op, (x, y), {})
        try:
            out = forward(a, b)
        except COMPLAINTS as e:
            raise retell(op.name, e, dict(zip(op.arrays, (x, y)))) from None
        t = new(Tensor)
        t._data = out
        if (p is None and q is None) or plain or (modes.special and not modes.state.recording):
            t.node = None
            t.origin = leave(op, (x, y), out)
            return t
        t.origin = None
        t.node = n = Node()
        if q is None:
            keep_x, keep_y, keep_out = op.keep_first
        elif p is None:
            keep_x, keep_y, keep_out = op.keep_second
        else:
            keep_x, keep_y, keep_out = op.keep
        n.op = op
        n.parents = (p, q)
        n.saved = (a if keep_x else None, b if keep_y else None, out if keep_out else None)
        n.attrs = None
        n.shape = s = out.shape
        n.seq = next_seq()
        if s and out.size > SMALL:
            n.value = None
            n._dtype = out.dtype
        else:
            n.value = out
        frame = _getframe(1)
        code = frame.f_code
        if internal[code.co_filename]:
            frame = user_frame(frame)
            code = frame.f_code
        n.code = code
        n.lasti = frame.f_lasti
        if q is None and type(y) in NUMBERS:
            n.constants = (None, y)
        elif p is None and type(x) in NUMBERS:
            n.constants = (x, None)
        elif p is None or q is None:
            note_constants(n, (x, y), (a, b))
        if modes.special:
            note_state(n, out, (x, y))
        else:
            n.scope = None
        return t

    return apply


def general(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The caller of an op with options, residuals, or any number of arrays."""
    count = None if op.variadic else len(op.arrays)
    defaults = op.defaults
    required = op.required

    def apply(*args, **options):
        if count is not None and len(args) != count:
            args, options = split_positional(op, args, options)
        attrs = {**defaults, **options} if defaults else options
        if required and not required <= attrs.keys():
            raise missing_options(op, attrs)
        boxed = False
        parents: list[Node | None] = []
        arrays: list[Any] = []
        tracked = False
        for i, x in enumerate(args):
            if type(x) is Tensor:
                boxed = True
                p = x.node
                if p is not None:
                    tracked = True
                parents.append(p)
                arrays.append(x._data)
            else:
                parents.append(None)
                arrays.append(x if type(x) in NUMBERS else as_constant(op, i, args))
        if not boxed:
            return call_plain(op, args, attrs)
        try:
            out = forward(*arrays, **attrs)
        except COMPLAINTS as e:
            raise retell_call(op, e, args, options) from None
        residuals: tuple[Any, ...] = ()
        if op.residuals:
            out, *rest = out
            residuals = tuple(rest)
        if not tracked or op.plain or (modes.special and not modes.state.recording):
            t = Tensor.__new__(Tensor)
            t._data = out
            t.node = None
            t.origin = leave(op, args, out)
            return t
        if op.variadic:
            keep_all, keep_out, *keep_residuals = op.keep
            keep: tuple[bool, ...] = (keep_all,) * len(args) + (keep_out, *keep_residuals)
        else:
            keep = op.keep_for(tuple([p is not None for p in parents]))
        saved = tuple([v if k else None for v, k in zip((*arrays, out, *residuals), keep)])
        n = Node()
        n.op = op
        n.parents = tuple(parents)
        n.saved = saved
        n.attrs = attrs
        n.shape = s = out.shape
        n.seq = next_seq()
        if s and out.size > SMALL:
            n.value = None
            n._dtype = out.dtype
        else:
            n.value = out
        frame = user_frame(_getframe(1))
        n.code = frame.f_code
        n.lasti = frame.f_lasti
        if None in n.parents:
            note_constants(n, args, arrays)
        if modes.special:
            note_state(n, out, args)
        else:
            n.scope = None
        t = Tensor.__new__(Tensor)
        t._data = out
        t.node = n
        t.origin = None
        return t

    return apply


# The rare parts


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


def call_plain(op: Op, args: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
    """An op on plain arrays: nothing is recorded and the result is a plain array."""
    arrays = [as_constant(op, i, args) for i in range(len(args))]
    try:
        out = op.forward(*arrays, **attrs)
    except COMPLAINTS as e:
        raise retell_call(op, e, args, attrs) from None
    return out[0] if op.residuals else out


def retell_call(
    op: Op, error: Exception, args: tuple[Any, ...], attrs: dict[str, Any]
) -> Exception:
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


def leave(op: Op, args: tuple[Any, ...], out: Any) -> Cut | None:
    """The Cut for an untracked result: new if tracked values came in, else inherited."""
    if modes.special and modes.state.debug:
        check_result(op, out, args)
    for x in args:
        if type(x) is Tensor and x.node is not None:
            kind = f"{op.name} (not differentiable)" if op.plain else f"no_grad ({op.name})"
            return cut(kind, args)
    for x in args:
        origin = x.origin if type(x) is Tensor else exit_of(x)
        if origin is not None:
            return origin
    return None


def note_constants(node: Node, args: Any, arrays: Any) -> None:
    """Keep small constants (of others, shape and dtype) for pictures, and cuts for `explain`.

    A raw ndarray that a rule will read is copied: the caller may write into it before backward.
    """
    values: list[Any] = [None] * len(node.parents)
    cuts: list[Cut | None] = [None] * len(node.parents)
    for i, parent in enumerate(node.parents):
        if parent is not None:
            continue
        x, a = args[i], arrays[i]
        if type(x) is Tensor:
            cuts[i] = x.origin
        elif a.__class__ is np.ndarray:
            cuts[i] = exit_of(x)
            a = _own_copy(node, i, a)
        values[i] = a if type(a) in NUMBERS or a.size <= SMALL else Large(a.shape, a.dtype)
    node.constants = tuple(values)
    if any(cuts):
        node.cuts = tuple(cuts)


def _own_copy(node: Node, i: int, a: np.ndarray) -> np.ndarray:
    """A copy of the caller's array, if the node or a picture will look at it later."""
    assert node.saved is not None
    kept = node.saved[i] is not None
    if not kept and a.size > SMALL:
        return a
    a = a.copy()
    if kept:
        node.saved = (*node.saved[:i], a, *node.saved[i + 1 :])
    return a


def note_state(node: Node, out: Any, args: tuple[Any, ...]) -> None:
    """The module that is running, and the check of `debug()`."""
    state = modes.state
    node.scope = state.scope
    if state.debug and node.op is not None:
        check_result(node.op, out, args)


def check_result(op: Op, out: Any, args: tuple[Any, ...]) -> None:
    """What `debug()` looks at after every op."""
    names = [f"{op.arrays[0]}[{i}]" for i in range(len(args))] if op.variadic else op.arrays
    operands = {n: x._data if type(x) is Tensor else x for n, x in zip(names, args)}
    check_finite(op, out, operands, "result")


def check_finite(op: Op, out: Any, operands: dict[str, Any], what: str, at: str = "") -> None:
    """Raise NonFiniteError at the first NaN or Inf of `out`, showing the operands there."""
    bad = ~np.isfinite(out)
    if not bad.any():
        return
    array = np.asarray(out)
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    told = []
    for name, x in operands.items():
        try:
            told.append(f"{name} = {np.broadcast_to(x, array.shape)[index]}")
        except ValueError:  # not an elementwise op: show the whole argument's range
            told.append(f"{name} {np.shape(x)} between {np.min(x):.6g} and {np.max(x):.6g}")
    place = f"[{', '.join(map(str, index))}]" if index else ""
    fact = f"first {array[index]} in the {what}{place}: {', '.join(told)}"
    raise complain(NonFiniteError, op.name, fact + at)
