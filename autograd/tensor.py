"""Tensor: an array and the Node that produced it. No maths: `@op` binds methods and operators."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, final

import numpy as np

from .cuts import Cut, exit_of, note_exit
from .dtypes import KINDS, as_dtype, get_default_dtype
from .errors import DTypeError, GraphError, ShapeError
from .graph import Node, leaf_node
from .hooks import Handle, add_hook, retained

_getframe = sys._getframe


def as_array(data: Any, dtype: Any = None) -> np.ndarray:
    """A fresh array from anything a Tensor can be made of."""
    if isinstance(data, Tensor):
        return np.array(data._data, dtype=dtype)
    if isinstance(data, (list, tuple)):
        data = unbox(data)
    dtype = None if dtype is None else as_dtype(dtype)
    try:
        out = np.array(data, dtype=dtype)
    except OverflowError as e:
        raise DTypeError(f"Tensor: {e}") from None
    except (ValueError, TypeError) as e:
        raise ShapeError(
            f"Tensor: cannot make an array of this {type(data).__name__}: {e}"
        ) from None
    if out.dtype.kind not in KINDS:
        kind = type(data).__name__
        raise DTypeError(
            f"Tensor: needs real numbers, got {kind} (NumPy would make it {out.dtype})"
        )
    if dtype is None and out.dtype.kind == "f" and not _has_arrays(data):
        out = out.astype(get_default_dtype())
    return out


def unbox(items: Any) -> Any:
    """Nested lists with the arrays of Tensors in their place."""
    if isinstance(items, (list, tuple)):
        return [unbox(i) for i in items]
    return items._data if type(items) is Tensor else items


def tensors_in(data: Any) -> tuple[Tensor, ...]:
    """The Tensors that data is made of."""
    if type(data) is Tensor:
        return (data,)
    if isinstance(data, (list, tuple)):
        return tuple(t for item in data for t in tensors_in(item))
    return ()


def _has_arrays(data: Any) -> bool:
    """Whether data are, or contain, arrays: these have a dtype that counts."""
    if isinstance(data, (list, tuple)):
        return any(_has_arrays(item) for item in data)
    return isinstance(data, (np.ndarray, np.generic)) or hasattr(data, "__array__")


@final
class Tensor:
    """An array that remembers how it was computed.

    Tensors are values: no two of them share memory that either can write, and `Tensor(ndarray)`
    copies. In-place forms (`x += y`, `x[i] = v`) give *this* Tensor a new value and are
    differentiable; whatever was computed from the old value keeps it.

    Parameters
    ----------
    data : number, nested list, ndarray or Tensor
        Python floats (and lists of them) become `get_default_dtype()`, arrays keep their dtype.
    requires_grad : bool
        Whether `backward()` shall fill `.grad`. Needs a float dtype.
    dtype : numpy dtype, optional
        Convert to this.
    name : str, optional
        For messages and pictures; otherwise they use the variable's name.

    Raises
    ------
    DTypeError
        If the data are not numbers, or if `requires_grad` is asked of integers.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4., 6.])
    """

    # _data: the buffer (a NumPy scalar is fine for 0-d). _grad: unset until there is one.
    # origin: the Cut this value descends from, if it is untracked because of one.
    __slots__ = ("_data", "node", "origin", "_grad", "__weakref__")

    _data: Any
    node: Node | None
    origin: Cut | None
    _grad: Tensor | None

    __hash__ = object.__hash__

    def __init__(
        self, data: Any, requires_grad: bool = False, *, dtype: Any = None, name: str | None = None
    ):
        self.node = None
        if type(data) is float and dtype is None:
            self._data = get_default_dtype().type(data)
            self.origin = None
        else:
            self._data = as_array(data, dtype)[()]  # 0-d: a NumPy scalar, far faster than an array
            self.origin = cut("Tensor(...)", tensors_in(data)) or exit_of(data)
        if requires_grad:
            self._make_leaf(name, _getframe(1))

    def _make_leaf(self, name: str | None, frame: FrameType) -> None:
        if self._data.dtype.kind != "f":
            hint = f"  hint: Tensor(..., dtype={get_default_dtype().name!r}, requires_grad=True)"
            raise DTypeError(
                f"Tensor: only float tensors can require grad, this one is {self.dtype}\n"
                f"  data: {self.shape} {self.dtype}\n{hint}"
            )
        self.node = leaf_node(self, name, frame)
        self.origin = None
        self._grad = None

    # What it is

    @property
    def data(self) -> np.ndarray:
        """The values themselves, writable: for optimisers, under `no_grad()`.

        A buffer that somebody else also holds (a recorded graph, a view) is copied first, so
        writing into `x.data` never reaches a graph that was recorded before. It is the live
        buffer: one that you keep and write into later reaches what was computed in between.
        """
        if not self._owns():
            self._data = np.array(self._data)
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        if value is self._data:  # x.data -= ... already wrote into the buffer
            return
        new = as_array(value, self.dtype)
        if new.shape != self.shape and self.node is not None:
            raise ShapeError(
                f"Tensor.data: a tensor in a graph keeps its shape {self.shape}, got {new.shape}"
            )
        self._data = new[()]

    def _owns(self) -> bool:
        """Whether nobody but this Tensor can see the buffer."""
        data = self._data
        return type(data) is np.ndarray and data.base is None and sys.getrefcount(data) <= _alone

    @property
    def grad(self) -> Tensor | None:
        """d(loss)/d(this), after `loss.backward()`; None before. Adds up until set to None."""
        try:
            return self._grad
        except AttributeError:
            return None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self._grad = None
            return
        new = value if type(value) is Tensor else Tensor(value, dtype=self.dtype)
        if new.shape != self.shape:
            raise ShapeError(f"Tensor.grad: the tensor has shape {self.shape}, got {new.shape}")
        self._grad = new

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the elements."""
        return self._data.dtype

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.nbytes

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives flow to this tensor. Setting it is `requires_grad_`."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, requires_grad: bool) -> None:
        self.requires_grad_(requires_grad)

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it, rather than an op on tracked tensors."""
        return self.node is None or self.node.op is None

    @property
    def name(self) -> str | None:
        """The name given at creation (or by the module that holds it), if any."""
        return None if self.node is None else self.node.get("name")

    # Leaving the graph

    def detach(self) -> Tensor:
        """The same values, outside the graph: derivatives stop here.

        Examples
        --------
        >>> x = Tensor([3.0], requires_grad=True)
        >>> y = x * x.detach()          # the second factor counts as a constant
        >>> y.backward(); x.grad
        Tensor([3.])
        """
        return wrap(self._data, None, cut("detach", (self,)))

    def numpy(self) -> np.ndarray:
        """The values as a read-only ndarray, without copying.

        Use `np.array(x)` for a copy to write into.
        """
        view = np.asarray(self._data).view()
        view.flags.writeable = False
        if self.node is not None or self.origin is not None:
            note_exit(view, self.origin or cut("numpy", (self,)))
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy or (dtype is not None and np.dtype(dtype) != self.dtype):
            if copy is False:
                raise ValueError(
                    f"a Tensor of {self.dtype} becomes {np.dtype(dtype)} only by copying"
                )
            return np.array(self._data, dtype=dtype)
        return self.numpy()

    def item(self) -> Any:
        """The one element as a Python number.

        Raises
        ------
        ShapeError
            If there is not exactly one.
        """
        if self._data.size != 1:
            raise ShapeError(
                f"item: needs a tensor of one element, this one has shape {self.shape}"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The values as nested Python lists (a number for 0-d)."""
        return self._data.tolist()

    # In the graph

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Start or stop asking for derivatives of this leaf, in place.

        Raises
        ------
        GraphError
            If an op computed this tensor: use `detach()` to cut the graph.
        DTypeError
            If it is not of a float dtype.
        """
        if self.node is not None and self.node.op is not None:
            if requires_grad:
                return self
            raise GraphError(
                f"requires_grad_: this tensor was computed by {self.node.label} "
                f"({self.node.where}); use detach() to take its value out of the graph"
            )
        if not requires_grad:
            self.node = None
        elif self.node is None:
            self._make_leaf(None, _getframe(1))
        return self

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Handle:
        """Call `hook(gradient)` when backward reaches this tensor.

        The hook sees the complete gradient as a Tensor and may return another one to use instead.

        Returns
        -------
        Handle
            Its `remove()` takes the hook away.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * 3
        >>> handle = y.register_hook(lambda g: g * 10)
        >>> y.sum().backward(); x.grad
        Tensor([30., 30.])
        """
        if self.node is None:
            raise GraphError(
                "register_hook: this tensor does not require grad, so no gradient reaches it"
            )
        return add_hook(self.node, hook)

    def retain_grad(self) -> Tensor:
        """Let `backward()` fill `.grad` of this tensor too, although an op computed it.

        Examples
        --------
        >>> x = Tensor(2.0, requires_grad=True)
        >>> y = (x * x).retain_grad()
        >>> (3 * y).backward(); y.grad
        Tensor(3.)
        """
        if self.node is None:
            raise GraphError(
                "retain_grad: this tensor does not require grad, so no gradient reaches it"
            )
        if not self.is_leaf and self.node not in retained:
            self.node.tensor = weakref.ref(self)
            self._grad = None
            retained.add(self.node)
        return self


def wrap(array: Any, node: Node | None = None, origin: Cut | None = None) -> Tensor:
    """The fast way to a Tensor: no copy, no checks. For the engine and the ops only."""
    t = Tensor.__new__(Tensor)
    t._data = array
    t.node = node
    t.origin = origin
    return t


def cut(kind: str, inputs: tuple[Any, ...]) -> Cut | None:
    """A record that values of `inputs` go on without their graph from here."""
    nodes = [t.node for t in inputs if type(t) is Tensor and t.node is not None]
    if not nodes:
        return next((t.origin for t in inputs if type(t) is Tensor and t.origin), None)
    return Cut(kind, _getframe(1), nodes)


def _references_when_alone() -> int:
    """What getrefcount says inside `_owns` for a buffer that one Tensor alone holds."""
    probe = wrap(np.zeros(1))
    data = probe._data
    return sys.getrefcount(data)


_alone = _references_when_alone()
