"""Module: parameters, submodules and a forward method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, ClassVar, Self

import numpy as np

from autograd import modes
from autograd.errors import DTypeError
from autograd.hooks import Handle

from .errors import MissingForwardError, StateError
from .hooks import Border
from .parameter import give_name, refill
from .scope import Paths, Running, inner
from .state import KeyReport, check, collect, restore
from .tree import Named, Tree, join

_next_call = count(1).__next__


class Module(Tree):
    """A part of a model: write `__init__` to make the parts and `forward` to use them.

    Parameters (Tensors that require grad), buffers and submodules are found in attributes, and in
    lists, tuples and dicts of attributes, nested to any depth. Their paths (`encoder.layers.3`)
    appear in messages, pictures and state dicts.

    Examples
    --------
    >>> import nn
    >>> class Line(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = nn.Parameter(2.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> line = Line()
    >>> line(3.0)
    Tensor(6., op=multiply)
    >>> [name for name, _ in line.named_parameters()]
    ['slope']
    """

    training: bool = True
    lazy: ClassVar[bool] = False  # whether some parameters wait for the first input

    def __init__(self) -> None:
        self.training = True

    # Calling

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes. Call the module itself, not this."""
        kind = type(self).__name__
        raise MissingForwardError(f"{kind} has no forward method: define {kind}.forward(self, x)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, and the hooks, with this module as the current scope."""
        record = self._record
        outer = modes.state.scope
        if type(outer) is Running:
            scope = inner(self, outer, _next_call())
        else:
            if record.paths is None:
                record.paths = Paths(self)
            scope = Running("", type(self).__name__, outer, _next_call(), record.paths)
        if record.before or record.after or record.backward:
            return self._call_with_hooks(scope, args, kwargs)
        with modes.Setting("scope", scope):
            return self.forward(*args, **kwargs)

    def _call_with_hooks(self, scope: Running, args: Any, kwargs: dict[str, Any]) -> Any:
        record = self._record
        for hook in tuple(record.before):
            new = hook(self, args)
            if new is not None:
                args = new if isinstance(new, tuple) else (new,)
        border = Border(self, record.backward) if record.backward else None
        if border is not None:
            args = border.enter(args)
        with modes.Setting("scope", scope):
            out = self.forward(*args, **kwargs)
        for hook in tuple(record.after):
            new = hook(self, args, out)
            out = out if new is None else new
        return out if border is None else border.leave(out)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, args)` before forward; what it returns, if anything, replaces args."""
        return _add(self._record.before, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, args, output)` after forward; it may return another output."""
        return _add(self._record.after, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, grad_input, grad_output)` in backward, once for each forward.

        Both are tuples, with None for what is not differentiated. The hook may return another
        grad_input. Keyword arguments of forward are not watched.
        """
        return _add(self._record.backward, hook)

    # Doing something to all of it

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn(module)` for every module below this one and then for this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below it to training (dropout active) or evaluation."""
        if not isinstance(mode, bool):
            raise DTypeError(f"{type(self).__name__}.train: mode must be a bool, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch this module and all below it to evaluation."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Unfreeze or freeze all parameters. Frozen ones are parameters still."""
        for path, parameter in self.named_parameters():
            parameter.requires_grad_(requires_grad)
            give_name(parameter, path)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else np.zeros(parameter.shape, parameter.dtype)

    def to(self, dtype: Any) -> Self:
        """Convert all floating parameters and buffers to another float dtype, in place."""
        new = np.dtype(dtype)
        if new.kind != "f":
            raise DTypeError(f"{type(self).__name__}.to: needs a float dtype, got {new}")
        for path, tensor in [*self.named_parameters(), *self.named_buffers()]:
            if tensor.dtype.kind == "f" and tensor.dtype != new:
                refill(tensor, tensor._data.astype(new))
                give_name(tensor, path)
        return self

    def float(self) -> Self:
        """`to("float32")`."""
        return self.to(np.float32)

    def double(self) -> Self:
        """`to("float64")`."""
        return self.to(np.float64)

    # Saving

    def _persistent(self) -> Named:
        for path, module in self.named_modules(remove_duplicate=False):
            for name, parameter in module._own_parameters():
                yield join(path, name), parameter
            for name, buffer in module._own_buffers():
                if module._record.buffers[name]:
                    yield join(path, name), buffer

    def state_dict(self) -> dict[str, np.ndarray]:
        """Path -> a copy of the values, for every parameter and persistent buffer.

        A shared one appears under each of its paths.

        Raises
        ------
        StateError
            If a lazy layer has not seen an input yet.
        """
        for path, module in self.named_modules():
            if module.lazy:
                name = f"{path} ({type(module).__name__})" if path else type(module).__name__
                raise StateError(
                    f"state_dict: {name} has no parameters yet\n"
                    "  hint: call the model once, or load a state, to settle their sizes"
                )
        return collect(self._persistent())

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> KeyReport:
        """Take the values of all parameters and persistent buffers from arrays or Tensors.

        Parameters
        ----------
        state_dict : mapping of path to array
        strict : bool
            False: paths that are missing or unexpected are reported, not refused.

        Lazy layers take their sizes from the state.

        Returns
        -------
        KeyReport
            `missing_keys` and `unexpected_keys`.

        Raises
        ------
        StateError
            Naming everything that does not fit. Then nothing was loaded.
        """
        lazy: list[tuple[str, Any]] = [(p, m) for p, m in self.named_modules() if m.lazy]
        sizes = [(path, m, m.size_in(state_dict, path)) for path, m in lazy]
        plan = [(path, m, size) for path, m, size in sizes if size is not None]
        shapes = {join(p, name): s for p, m, size in plan for name, s in m.shapes(size).items()}
        check(type(self).__name__, self._persistent(), state_dict, strict, shapes)
        for _, m, size in plan:
            m.make(size)
        return restore(self._persistent(), state_dict)

    # How it shows

    def extra_repr(self) -> str:
        """What the module's line says in parentheses: its settings."""
        return ""

    def _shown_children(self) -> list[str]:
        return [f"({name}): {child!r}" for name, child in self.named_children()]

    def __repr__(self) -> str:
        name = type(self).__name__
        settings = self.extra_repr()
        children = self._shown_children()
        if not children and "\n" not in settings:
            return f"{name}({settings})"
        lines = [*([settings] if settings else []), *children]
        return f"{name}(\n  " + "\n".join(lines).replace("\n", "\n  ") + "\n)"


def _add(hooks: list[Callable[..., Any]], hook: Callable[..., Any]) -> Handle:
    hooks.append(hook)
    return Handle(lambda: hooks.remove(hook) if hook in hooks else None)
