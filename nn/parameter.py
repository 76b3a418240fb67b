"""Which Tensors are parameters."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from autograd.dtypes import get_default_dtype
from autograd.tensor import Tensor, wrap

# Frozen parameters do not require grad, so being a parameter is remembered here, by identity.
_known: weakref.WeakValueDictionary[int, Tensor] = weakref.WeakValueDictionary()


def Parameter(  # noqa: N802 - the name under which PyTorch's users know it
    data: Any, requires_grad: bool = True, *, dtype: Any = None, name: str | None = None
) -> Tensor:
    """A Tensor for a module to learn: found by `parameters()`, kept in `state_dict()`.

    `Tensor(data, requires_grad=True)` assigned to a module is a parameter as well; this form also
    makes frozen ones.

    Parameters
    ----------
    data : number, nested list, ndarray or Tensor
        Copied.
    requires_grad : bool
        False: frozen, but still a parameter.

    Examples
    --------
    >>> from nn import Parameter
    >>> Parameter([1.0, 2.0])
    Tensor([1., 2.], requires_grad=True)
    """
    return mark(Tensor(data, requires_grad, dtype=dtype, name=name))


def new_parameter(*shape: int, dtype: Any) -> Tensor:
    """A parameter of the given shape, to be initialised: zeros that take no memory yet."""
    return mark(wrap(np.zeros(shape, dtype or get_default_dtype())[()]).requires_grad_())


def mark(tensor: Tensor) -> Tensor:
    """Remember that this Tensor is a parameter, also while it is frozen."""
    if _known.get(id(tensor)) is not tensor:
        _known[id(tensor)] = tensor
    return tensor


def is_parameter(value: Any) -> bool:
    """Whether `value` is a Tensor that a module learns: marked, or a leaf that requires grad."""
    if type(value) is not Tensor:
        return False
    if value.node is not None:
        return value.node.op is None
    return _known.get(id(value)) is value


def give_name(tensor: Tensor, path: str) -> None:
    """Let messages and pictures call the parameter `path`.

    A longer path that ends in this one says more and stays: `encoder.fc.weight` is not renamed by
    `encoder` calling it `fc.weight`.
    """
    node = tensor.node
    if node is not None and not (node.get("name") or "").endswith("." + path):
        node.name = path


def refill(tensor: Tensor, array: np.ndarray) -> None:
    """Put an array of any shape and float dtype into a parameter or buffer: the Tensor stays."""
    learns, name = tensor.requires_grad, tensor.name
    tensor.requires_grad_(False)._data = array[()]
    tensor.grad = None
    tensor.requires_grad_(learns)
    if name:
        give_name(tensor, name)
