"""What a module holds: parameters, buffers and modules, found by walking its attributes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Self, cast

from autograd.errors import DTypeError
from autograd.tensor import Tensor

from .errors import ModuleError
from .parameter import give_name, is_parameter, mark

if TYPE_CHECKING:
    from .module import Module
    from .scope import Paths

_CONTAINERS = (list, tuple, dict)
_UNORDERED = (set, frozenset, deque)  # collections that are not searched
_WANTED = {
    "parameter": "a Tensor that requires grad (see nn.Parameter)",
    "buffer": "a Tensor that requires no grad",
    "module": "a Module",
    "container": "a list, tuple or dict of Modules, a Module",
}
Named = Iterator[tuple[str, Tensor]]


class Record:
    """What a module remembers beside its attributes.

    parameters  names that hold parameters, frozen ones too ('weight', 'scales.0')
    buffers     name of a buffer -> whether it goes into the state dict
    before, after, backward   hooks
    paths       where its submodules are, from the first call on
    """

    def __init__(self) -> None:
        self.parameters: set[str] = set()
        self.buffers: dict[str, bool] = {}
        self.before: list[Callable[..., Any]] = []
        self.after: list[Callable[..., Any]] = []
        self.backward: list[Callable[..., Any]] = []
        self.paths: Paths | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "paths": None}  # copies and pickles find their own


class Tree:
    """The part of `Module` that knows what is inside it. Nothing but Module derives from it."""

    _record: Record

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = object.__new__(cls)
        object.__setattr__(self, "_record", Record())  # here, so that no order of calls can miss it
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        record = self._record
        if name == "_record":
            raise ModuleError(f"{type(self).__name__}: the name _record is the library's own")
        if name in record.parameters:
            self._check_assignment(name, value, "parameter", value is None or is_parameter(value))
        elif name in record.buffers:
            fits = value is None or (type(value) is Tensor and not is_parameter(value))
            self._check_assignment(name, value, "buffer", fits)
        elif isinstance(self.__dict__.get(name), Tree):
            fits = value is None or isinstance(value, Tree)
            self._check_assignment(name, value, "module", fits)
        elif isinstance(value, _UNORDERED):
            self._check_unordered(name, value)
        elif _holds_modules(self.__dict__.get(name)):
            fits = value is None or isinstance(value, (Tree, *_CONTAINERS))
            self._check_assignment(name, value, "container", fits)
        object.__setattr__(self, name, value)
        if isinstance(value, _CONTAINERS):
            record.parameters -= {p for p in record.parameters if p.startswith(name + ".")}
        if type(value) is Tensor or isinstance(value, _CONTAINERS):
            for path, part in _parts(name, value):
                self._is_parameter(path, part)

    def _check_assignment(self, name: str, value: Any, kind: str, fits: bool) -> None:
        if not fits and self.__dict__.get(name) is not value:
            raise DTypeError(
                f"{type(self).__name__}.{name} is a {kind}: it takes {_WANTED[kind]} or None, "
                f"got {kind_of(value)}\n  hint: `del self.{name}` first to use the name otherwise"
            )

    def _check_unordered(self, name: str, value: Iterable[Any]) -> None:
        if any(isinstance(v, Tree) or is_parameter(v) for v in value):
            kind = type(value).__name__
            raise ModuleError(
                f"{type(self).__name__}.{name}: modules and parameters are not found in a {kind}\n"
                "  hint: use a list, a tuple or a dict"
            )

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._record.parameters.discard(name)
        self._record.buffers.pop(name, None)

    def _is_parameter(self, path: str, value: Any) -> bool:
        """Whether this part of the module is a parameter. Once it is, it stays one when frozen."""
        record = self._record
        if type(value) is not Tensor or path in record.buffers:
            return False
        if path in record.parameters:
            mark(value)
        elif is_parameter(value):
            mark(value)
            record.parameters.add(path)
            give_name(value, path)
        else:
            return False
        return True

    def _own(self) -> list[tuple[str, Any]]:
        """Every Tensor and Module in an attribute or in containers there, with its local path."""
        found: list[tuple[str, Any]] = []
        for name, value in self.__dict__.items():
            if isinstance(value, (Tensor, Tree)):
                found.append((name, value))
            elif isinstance(value, _CONTAINERS):
                found.extend(_parts(name, value))
        return found

    def _own_parameters(self, own: list[tuple[str, Any]] | None = None) -> list[tuple[str, Tensor]]:
        """Of what `_own` has found, or finds now."""
        found = self._own() if own is None else own
        return [(path, v) for path, v in found if self._is_parameter(path, v)]

    def _own_buffers(self, own: Any = None) -> list[tuple[str, Tensor]]:
        held = ((name, self.__dict__.get(name)) for name in self._record.buffers)
        return [(name, tensor) for name, tensor in held if tensor is not None]

    def named_modules(
        self, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their paths; one that is shared comes once."""
        visits = self._visit(prefix, remove_duplicate, looked=False)
        return ((path, module) for path, module, _ in visits)

    def _visit(
        self, prefix: str, remove_duplicate: bool, looked: bool
    ) -> Iterator[tuple[str, Module, list[tuple[str, Any]]]]:
        """The same, and what each module holds itself, if that is `looked` for when it comes.

        Else children are looked for afterwards, since who walks may replace them: one look each.
        """
        seen: set[int] = set()
        stack: list[tuple[str, Any, tuple[int, ...]]] = [(prefix, self, ())]
        while stack:
            path, module, above = stack.pop()
            if id(module) in above or (remove_duplicate and id(module) in seen):
                continue
            seen.add(id(module))
            own = module._own() if looked else []
            yield path, module, own
            if not looked:
                own = module._own()
            inside = (*above, id(module))
            held = [(join(path, n), v, inside) for n, v in own if isinstance(v, Tree)]
            stack.extend(reversed(held))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that this one holds itself, with their names."""
        seen: set[int] = set()
        for path, child in self._own():
            if isinstance(child, Tree) and id(child) not in seen:
                seen.add(id(child))
                yield path, cast("Module", child)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Named:
        """All parameters, frozen ones too, with their paths; one that is shared comes once."""
        return self._walk(Tree._own_parameters, prefix, recurse, remove_duplicate)

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Named:
        """All buffers, with their paths."""
        return self._walk(Tree._own_buffers, prefix, recurse, remove_duplicate)

    def _walk(
        self, own: Callable[[Any, Any], list[tuple[str, Tensor]]], prefix: str, recurse: bool,
        remove_duplicate: bool,
    ) -> Named:  # fmt: skip
        seen: set[int] = set()
        visits: Any = self._visit(prefix, remove_duplicate, looked=True)
        for path, module, held in visits if recurse else [(prefix, self, None)]:
            for name, tensor in own(module, held):
                if not remove_duplicate or id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield join(path, name), tensor

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Module]:
        """The modules that this one holds itself."""
        return (module for _, module in self.named_children())

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """All parameters: what an optimiser takes."""
        return (tensor for _, tensor in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        return (tensor for _, tensor in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as `encoder.layers.3`; this one for ''."""
        return _get(self, target, dict(self.named_modules(remove_duplicate=False)), "module")

    def get_parameter(self, target: str) -> Tensor:
        """The parameter at a path such as `encoder.layers.3.weight`."""
        return _get(self, target, dict(self.named_parameters(remove_duplicate=False)), "parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as `norm.running_mean`."""
        return _get(self, target, dict(self.named_buffers(remove_duplicate=False)), "buffer")

    def register_parameter(self, name: str, param: Tensor | None) -> None:
        """Hold a parameter under `name`; None keeps the name for one."""
        self._check_new_name(name, "parameter")
        if param is not None and not is_parameter(param):
            raise DTypeError(
                f"{type(self).__name__}.{name}: a parameter is a Tensor that requires grad, "
                f"got {kind_of(param)}"
            )
        self._record.parameters.add(name)
        setattr(self, name, param)
        if param is not None:
            give_name(param, name)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Hold a Tensor that is not learned, such as a running mean.

        Parameters
        ----------
        tensor : Tensor, array or None
        persistent : whether it goes into the state dict
        """
        self._check_new_name(name, "buffer")
        self._record.buffers[name] = persistent
        setattr(self, name, tensor if tensor is None or type(tensor) is Tensor else Tensor(tensor))

    def add_module(self, name: str, module: Module | None) -> None:
        """Hold a module under `name`, which need not be a Python identifier (`0`, `conv-1`)."""
        self._check_new_name(name, "module")
        if module is not None and not isinstance(module, Tree):
            kind = type(self).__name__
            raise DTypeError(f"{kind}.add_module({name!r}): needs a Module, got {kind_of(module)}")
        setattr(self, name, module)

    register_module = add_module

    def _check_new_name(self, name: str, kind: str) -> None:
        owner = type(self).__name__
        if not isinstance(name, str):
            raise DTypeError(f"{owner}: a name must be a string, got {name!r}")
        if not name or "." in name:
            raise ModuleError(f"{owner}: a name must not be empty or contain a dot, got {name!r}")
        if hasattr(type(self), name) or self._use_of(name) not in (None, kind):
            raise ModuleError(f"{owner} uses the name {name!r} already")

    def _use_of(self, name: str) -> str | None:
        """What the name stands for: parameter, buffer, module, another attribute, or nothing."""
        if name in self._record.parameters:
            return "parameter"
        if name in self._record.buffers:
            return "buffer"
        held = self.__dict__.get(name)
        return None if held is None else "module" if isinstance(held, Tree) else "attribute"


def _parts(path: str, value: Any, above: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The Tensors and Modules in `value`, which may be a nested container, with their paths."""
    if isinstance(value, (Tensor, Tree)):
        yield path, value
    elif isinstance(value, _CONTAINERS) and id(value) not in above:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if isinstance(item, (Tensor, Tree, *_CONTAINERS)):
                yield from _parts(f"{path}.{key}", item, (*above, id(value)))


def _holds_modules(value: Any) -> bool:
    return isinstance(value, _CONTAINERS) and any(isinstance(v, Tree) for _, v in _parts("", value))


def join(path: str, name: str) -> str:
    """The path of what is called `name` inside the module at `path`."""
    return f"{path}.{name}" if path else name


def _get(module: Tree, target: str, known: dict[str, Any], kind: str) -> Any:
    if target in known:
        return known[target]
    similar = get_close_matches(target, known, 3)
    hint = f"\n  hint: there is {', '.join(similar)}" if similar else ""
    raise ModuleError(f"{type(module).__name__} has no {kind} {target!r}{hint}")


def kind_of(value: Any) -> str:
    """What to call a value of the wrong kind in a message."""
    if isinstance(value, type):
        return f"the class {value.__name__}, not an object of it"
    if type(value) is not Tensor:
        return type(value).__name__
    if value.node is None:
        return "a Tensor that requires no grad"
    return "a Tensor that an op computed"
