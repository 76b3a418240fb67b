"""Methods and operators: how functions get onto Tensor, and what `x += y` means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import modes
from .errors import DTypeError, GraphError, RuleError, ShapeError
from .messages import complain
from .tensor import Tensor


def bind(name: str, function: Any) -> None:
    """Make `function` a Tensor method. The only place that adds to the class."""
    if name in Tensor.__dict__:
        raise RuleError(f"Tensor.{name} is already bound")
    setattr(Tensor, name, function)


def unbind(names: list[str]) -> None:
    """Take methods away again that `bind` made."""
    for name in names:
        delattr(Tensor, name)


def method_for(slot: str, apply: Callable[..., Any]) -> Callable[..., Any]:
    """The special method `slot` that calls `apply`: in place, reflected, or as it is."""
    if slot in IN_PLACE:
        return _in_place(slot, apply)
    if slot.startswith("__r") and slot not in ("__round__",):

        def reflected(self: Tensor, other: Any) -> Any:
            return apply(other, self)

        return reflected
    return apply


IN_PLACE = {
    "__iadd__": "+=", "__isub__": "-=", "__imul__": "*=", "__itruediv__": "/=",
    "__ifloordiv__": "//=", "__imod__": "%=", "__ipow__": "**=", "__imatmul__": "@=",
    "__iand__": "&=", "__ior__": "|=", "__ixor__": "^=",
}  # fmt: skip


def _in_place(slot: str, apply: Callable[..., Any]) -> Callable[..., Any]:
    symbol = IN_PLACE.get(slot, slot)

    def in_place(self: Tensor, other: Any) -> Tensor:
        check_writable(self, symbol)
        out = apply(self, other)
        return rebind(self, out, symbol)

    return in_place


def check_writable(x: Tensor, symbol: str) -> None:
    """In-place forms are for values, not for leaves that are being differentiated."""
    if x.node is not None and x.node.op is None and modes.state.recording:
        raise complain(
            GraphError, symbol, "in-place change of a leaf that requires grad", {"x": x},
            hint="update parameters under no_grad(), or write x = x + y",
        )  # fmt: skip


def rebind(x: Tensor, new: Tensor, symbol: str) -> Tensor:
    """Give x the value and the graph of `new`. Whoever computed with the old value keeps it."""
    if new.shape != x.shape:
        fact = f"the result has shape {new.shape}, but an in-place change keeps {x.shape}"
        raise complain(ShapeError, symbol, fact, {"x": x})
    if new.dtype != x.dtype:
        if new.dtype.kind != x.dtype.kind:
            fact = f"the result is {new.dtype}, but an in-place change keeps {x.dtype}"
            raise complain(DTypeError, symbol, fact, {"x": x})
        new = new.astype(x.dtype)
    x._data = new._data
    leaf = x.node is not None and x.node.op is None
    if not leaf:  # a leaf is changed under no_grad() only, and stays a leaf
        x.node = new.node
        x.origin = new.origin
    return x
