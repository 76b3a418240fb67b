"""Modules that hold modules or parameters in order, by number or by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Self

from autograd.errors import DTypeError, IndexingError
from autograd.tensor import Tensor

from .errors import ModuleError
from .module import Module
from .parameter import Parameter, is_parameter
from .tree import kind_of


class _Numbered(Module):
    """Parts in order, under the names `0`, `1`, ... unless they were given others."""

    _what: type = Module

    def _items(self) -> list[Any]:
        return [v for v in vars(self).values() if isinstance(v, self._what)]

    def _names(self) -> list[str]:
        return [name for name, v in vars(self).items() if isinstance(v, self._what)]

    def _accept(self, item: Any) -> Any:
        if not isinstance(item, Module):
            raise DTypeError(f"{type(self).__name__}: holds Modules, got {kind_of(item)}")
        return item

    def _renumber(self, items: Iterable[Any]) -> None:
        new = [self._accept(item) for item in items]
        for name in self._names():
            delattr(self, name)
        self.extend(new)

    def _has_numbers(self) -> bool:
        return all(name.isdigit() for name in self._names())

    def _position(self, index: Any) -> int:
        size = len(self)
        try:
            i = index.__index__()
        except AttributeError:
            raise DTypeError(f"{type(self).__name__}: an index is an int, got {index!r}") from None
        if not -size <= i < size:
            raise IndexingError(f"{type(self).__name__}: no item {i}, there are {size}")
        return int(i % size)

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __contains__(self, item: object) -> bool:
        return any(v is item for v in self._items())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._of(self._names()[index], self._items()[index])
        return self._items()[self._position(index)]

    def _of(self, names: list[str], items: list[Any]) -> Self:
        """A slice: the same parts in a container of the same kind."""
        return type(self)(items)  # type: ignore[call-arg]

    def __setitem__(self, index: Any, item: Any) -> None:
        setattr(self, self._names()[self._position(index)], self._accept(item))

    def __delitem__(self, index: Any) -> None:
        names = self._names()
        for name in names[index] if isinstance(index, slice) else [names[self._position(index)]]:
            delattr(self, name)
        if self._has_numbers():
            self._renumber(self._items())

    def append(self, item: Any) -> Self:
        """Add one at the end."""
        return self.extend([item])

    def extend(self, items: Iterable[Any]) -> Self:
        """Add several at the end."""
        new = [self._accept(item) for item in items]
        taken = set(self._names())
        free = (str(n) for n in count(len(taken)) if str(n) not in taken)
        for item, name in zip(new, free, strict=False):
            setattr(self, name, item)
        return self

    def insert(self, index: int, item: Any) -> Self:
        """Add one before the one at `index`."""
        if not self._has_numbers():
            kind = type(self).__name__
            raise ModuleError(f"{kind}.insert: the parts have names, so they cannot be renumbered")
        items = self._items()
        items.insert(index, item)
        self._renumber(items)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take one out and return it."""
        item = self[index]
        del self[index]
        return item

    def __iadd__(self, items: Iterable[Any]) -> Self:
        return self.extend(items)


class Sequential(_Numbered):
    """Modules run one after the other, each on the result of the one before.

    Parameters
    ----------
    modules : Modules, or one dict of name -> Module

    Examples
    --------
    >>> import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> model(np.ones((3, 4))).shape
    (3, 2)
    >>> model[0]
    Linear(in_features=4, out_features=8, bias=True)
    >>> len(model[:2])
    2
    """

    def __init__(self, *modules: Any):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, self._accept(module))
        else:
            self.extend(modules)

    def _of(self, names: list[str], items: list[Any]) -> Self:
        return type(self)(dict(zip(names, items, strict=True)))

    def forward(self, x: Any) -> Any:
        for module in self._items():
            x = module(x)
        return x


class ModuleList(_Numbered):
    """A list of modules. A plain Python list in an attribute does as well.

    Examples
    --------
    >>> import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        self.extend(modules)

    def _shown_children(self) -> list[str]:
        shown: list[tuple[int, int, str]] = []  # first, last, text
        for i, module in enumerate(self):
            text = repr(module)
            if shown and shown[-1][2] == text:
                shown[-1] = (shown[-1][0], i, text)
            else:
                shown.append((i, i, text))
        return [
            f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}"
            for a, b, text in shown
        ]


class ParameterList(_Numbered):
    """A list of parameters. A plain Python list of them in an attribute does as well.

    Examples
    --------
    >>> import nn
    >>> weights = nn.ParameterList([[1.0, 2.0], [3.0]])
    >>> [name for name, _ in weights.named_parameters()]
    ['0', '1']
    """

    _what = Tensor

    def __init__(self, values: Iterable[Any] = ()):
        super().__init__()
        self.extend(values)

    def _accept(self, item: Any) -> Any:
        return item if is_parameter(item) else Parameter(item)

    def extra_repr(self) -> str:
        return "\n".join(
            f"({i}): Parameter of shape {p.shape}, {p.dtype}" for i, p in enumerate(self)
        )


class ModuleDict(Module):
    """A dict of modules. A plain Python dict in an attribute does as well.

    Examples
    --------
    >>> import nn
    >>> heads = nn.ModuleDict({"age": nn.Linear(8, 1), "name": nn.Linear(8, 26)})
    >>> heads["age"](np.ones((2, 8))).shape
    (2, 1)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()):
        super().__init__()
        self.update(modules)

    def _held(self) -> dict[str, Module]:
        return {name: v for name, v in vars(self).items() if isinstance(v, Module)}

    def __getitem__(self, key: str) -> Module:
        try:
            return self._held()[key]
        except KeyError:
            raise ModuleError(f"ModuleDict: no {key!r}; it has {', '.join(self._held())}") from None

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._held())

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __contains__(self, key: object) -> bool:
        return key in self._held()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._held().keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._held().values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules."""
        return self._held().items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace several."""
        for key, module in dict(modules).items():
            self[key] = module

    def pop(self, key: str) -> Module:
        """Take one out and return it."""
        module = self[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Take all out."""
        for key in list(self):
            delattr(self, key)


class Identity(Module):
    """The input itself: a place where something else may go. Takes and ignores any arguments.

    Examples
    --------
    >>> import nn
    >>> nn.Identity()(3.0)
    3.0
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, x: Any) -> Any:
        return x


class Lambda(Module):
    """A function as a module, for `Sequential`.

    Examples
    --------
    >>> import nn
    >>> nn.Lambda(lambda x: x * 2)(3.0)
    6.0
    """

    def __init__(self, function: Callable[..., Any]):
        super().__init__()
        if not callable(function):
            raise DTypeError(f"Lambda: needs a function, got {kind_of(function)}")
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)

    def extra_repr(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))
