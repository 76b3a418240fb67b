"""What happens when an op is called: compute, and record a Node if a derivative may be wanted.

`unary` and `binary` are the hot paths, written out flat on purpose: between two tensors there is
no helper call and no `*args`. `optioned` and `paired` serve the ops of one and of two arrays that
have options or residuals, `general` every other signature. All of them agree:

* no Tensor among the arguments: plain arrays in, plain array out;
* nothing tracked, `no_grad`, or a plain op: an untracked Tensor (which remembers the cut);
* otherwise a Tensor with a Node that keeps exactly the arrays that some gradient rule asks for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import modes
from .arguments import COMPLAINTS, NUMBERS, as_constant, retell_call, split_positional
from .graph import SMALL, Node, next_seq
from .messages import retell
from .provenance import internal, user_frame
from .record import leave, note_constants, note_state
from .tensor import Tensor

if TYPE_CHECKING:
    from .op import Op

_getframe = sys._getframe
_new = Tensor.__new__


def caller(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The function that users call for an op: one of the five below, by its signature."""
    bare = not op.options and not op.residuals
    if op.variadic or len(op.arrays) > 2:
        return general(op, forward)
    if len(op.arrays) == 1:
        return unary(op, forward) if bare else optioned(op, forward)
    return binary(op, forward) if bare else paired(op, forward)


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
            raise retell(op.shown, e, {op.arrays[0]: x}) from None
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
            raise retell(op.shown, e, dict(zip(op.arrays, (x, y)))) from None
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


def optioned(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The caller of an op with one array, and options or residuals."""
    plain = op.plain
    defaults, total = op.defaults, len(op.options)
    has_residuals = bool(op.residuals)

    def apply(*args, **options):
        if len(args) != 1:
            args, options = split_positional(op, args, options)
        (x,) = args
        if type(x) is not Tensor:
            return call_plain(op, args, options)
        a = x._data
        p = x.node
        try:
            out = forward(a, **options)
        except COMPLAINTS as e:
            raise retell_call(op, e, args, options) from None
        residuals: tuple[Any, ...] = ()
        if has_residuals:
            out, *residuals = out
        if p is None or plain or (modes.special and not modes.state.recording):
            return untracked(op, args, out)
        keep = op.keep
        saved = (a if keep[0] else None, out if keep[1] else None)
        if has_residuals:
            saved += needed(residuals, keep[2:])
        if len(options) < total:
            options = {**defaults, **options} if options else defaults
        return tracked(op, args, (p,), saved, options, out, _getframe(1))

    return apply


def paired(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The caller of an op with two arrays, and options or residuals."""
    plain = op.plain
    defaults, total = op.defaults, len(op.options)
    has_residuals = bool(op.residuals)

    def apply(*args, **options):
        if len(args) != 2:
            args, options = split_positional(op, args, options)
        x, y = args
        p = q = None
        if type(x) is Tensor:
            a = x._data
            p = x.node
        elif type(y) is not Tensor:
            return call_plain(op, args, options)
        else:
            a = x if type(x) in NUMBERS else as_constant(op, 0, args)
        if type(y) is Tensor:
            b = y._data
            q = y.node
        else:
            b = y if type(y) in NUMBERS else as_constant(op, 1, args)
        try:
            out = forward(a, b, **options)
        except COMPLAINTS as e:
            raise retell_call(op, e, args, options) from None
        residuals: tuple[Any, ...] = ()
        if has_residuals:
            out, *residuals = out
        if (p is None and q is None) or plain or (modes.special and not modes.state.recording):
            return untracked(op, args, out)
        keep = op.keep_first if q is None else op.keep_second if p is None else op.keep
        saved = (a if keep[0] else None, b if keep[1] else None, out if keep[2] else None)
        if has_residuals:
            saved += needed(residuals, keep[3:])
        if len(options) < total:
            options = {**defaults, **options} if options else defaults
        t = tracked(op, args, (p, q), saved, options, out, _getframe(1))
        if p is None or q is None:
            note_constants(t.node, args, (a, b))
        return t

    return apply


def general(op: Op, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The caller of an op with any number of arrays, options and residuals."""
    count = None if op.variadic else len(op.arrays)
    plain = op.plain
    defaults, total = op.defaults, len(op.options)
    has_residuals = bool(op.residuals)

    def apply(*args, **options):
        if count is not None and len(args) != count:
            args, options = split_positional(op, args, options)
        boxed = 0
        parents: list[Node | None] = []
        arrays: list[Any] = []
        for x in args:
            if type(x) is Tensor:
                boxed += 1
                parents.append(x.node)
                arrays.append(x._data)
            else:
                parents.append(None)
                arrays.append(x if type(x) in NUMBERS else as_constant(op, len(arrays), args))
        if not boxed:
            return call_plain(op, args, options)
        try:
            out = forward(*arrays, **options)
        except COMPLAINTS as e:
            raise retell_call(op, e, args, options) from None
        residuals: tuple[Any, ...] = ()
        if has_residuals:
            out, *residuals = out
        constants = parents.count(None)
        if constants == len(parents) or plain or (modes.special and not modes.state.recording):
            return untracked(op, args, out)
        saved = [*arrays, out, *residuals]
        absent = tuple([p is None for p in parents]) if constants else (False,) * len(parents)
        for k in op.unread[absent]:
            saved[k] = None
        if len(options) < total:
            options = {**defaults, **options} if options else defaults
        t = tracked(op, args, tuple(parents), tuple(saved), options, out, _getframe(1))
        if constants:
            note_constants(t.node, args, arrays)
        return t

    return apply


def needed(residuals: Sequence[Any], keep: tuple[bool, ...]) -> tuple[Any, ...]:
    """The residuals that rules read, and None for the others; mostly they read all."""
    if False not in keep:
        return tuple(residuals)
    return tuple([r if k else None for r, k in zip(residuals, keep)])


def untracked(op: Op, args: tuple[Any, ...], out: Any) -> Tensor:
    """The result of a call that is not recorded."""
    t = Tensor.__new__(Tensor)
    t._data = out
    t.node = None
    t.origin = leave(op, args, out)
    return t


def tracked(
    op: Op,
    args: tuple[Any, ...],
    parents: tuple[Node | None, ...],
    saved: tuple[Any, ...],
    attrs: dict[str, Any],
    out: Any,
    frame: FrameType,
) -> Tensor:
    """The result of a call from `frame`, with its Node."""
    t = _new(Tensor)
    t._data = out
    t.origin = None
    t.node = n = Node()
    n.op = op
    n.parents = parents
    n.saved = saved
    n.attrs = {k: v for k, v in attrs.items() if k not in op.hints} if op.hints else attrs
    n.shape = s = out.shape
    n.seq = next_seq()
    if s and out.size > SMALL:
        n.value = None
        n._dtype = out.dtype
    else:
        n.value = out
    code = frame.f_code
    if internal[code.co_filename]:
        frame = user_frame(frame.f_back or frame)
        code = frame.f_code
    n.code = code
    n.lasti = frame.f_lasti
    if modes.special:
        note_state(n, out, args)
    else:
        n.scope = None
    return t


def call_plain(op: Op, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An op on plain arrays: nothing is recorded and the result is a plain array."""
    arrays = [as_constant(op, i, args) for i in range(len(args))]
    try:
        out = op.forward(*arrays, **options)
    except COMPLAINTS as e:
        raise retell_call(op, e, args, options) from None
    return out[0] if op.residuals else out
