"""Tensors of zeros, of ones, of evenly spaced numbers: constants to begin with.

A shape is given as `zeros(2, 3)` or as `zeros((2, 3))`. Floats are of the default dtype unless
`dtype` says otherwise; `requires_grad=True` makes a leaf, as for `Tensor`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dtypes import get_default_dtype
from .errors import ArgumentError, DTypeError, ShapeError
from .tensor import Tensor

__all__ = [
    "arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace", "ones",
    "ones_like", "zeros", "zeros_like",
]  # fmt: skip

Shape = int | tuple[int, ...]


def shape_from(name: str, given: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of `name(2, 3)` and of `name((2, 3))`.

    Raises
    ------
    ArgumentError
        If it is not made of ints that are not negative.
    """
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = tuple(given[0])
    if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in given):
        raise ArgumentError(f"{name}: a shape is made of ints that are not negative, got {given}")
    return tuple(int(n) for n in given)


def _dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """`dtype`, or else the default one."""
    try:
        return get_default_dtype() if dtype is None else np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{name}: unknown dtype {dtype!r}") from None


# Of one value


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros.

    Examples
    --------
    >>> zeros(2, 3)
    Tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    values = np.zeros(shape_from("zeros", shape), _dtype("zeros", dtype))
    return Tensor(values, requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones.

    Examples
    --------
    >>> ones((2, 3)).shape, ones().shape
    ((2, 3), ())
    """
    values = np.ones(shape_from("ones", shape), _dtype("ones", dtype))
    return Tensor(values, requires_grad)


def empty(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds: for values that are all going to be replaced.

    Examples
    --------
    >>> empty(2, 3).shape
    (2, 3)
    """
    values = np.empty(shape_from("empty", shape), _dtype("empty", dtype))
    return Tensor(values, requires_grad)


def full(
    shape: Shape, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """The same value everywhere.

    Parameters
    ----------
    fill_value : number, or an array that broadcasts to the shape
        Its dtype is that of the result unless `dtype` is given; the default dtype for a Python
        float.

    Examples
    --------
    >>> full((2,), 1.5), full(2, 3).dtype
    (Tensor([1.5, 1.5]), dtype('int64'))
    """
    sizes = shape_from("full", (shape,))
    value = Tensor(fill_value, dtype=dtype).numpy()
    try:
        return Tensor(np.full(sizes, value), requires_grad)
    except ValueError:
        fact = f"fill_value has shape {value.shape}, which does not broadcast to {sizes}"
        raise ShapeError(f"full: {fact}") from None


def eye(
    n: int, m: int | None = None, k: int = 0, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones on the k-th diagonal of n rows and m columns (n if there is no m), zeros elsewhere.

    Examples
    --------
    >>> eye(2, 3, k=1)
    Tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """
    rows, columns = shape_from("eye", (n, n if m is None else m))
    return Tensor(np.eye(rows, columns, k, _dtype("eye", dtype)), requires_grad)


# Evenly spaced


def arange(
    start: Any, stop: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """start, start + step, ... up to stop, which is left out; from 0 to start if there is no stop.

    Of ints it is int64, else the default dtype, unless `dtype` is given.

    Examples
    --------
    >>> arange(3), arange(1, 2, 0.5)
    (Tensor([0, 1, 2]), Tensor([1. , 1.5]))
    """
    if step == 0:
        raise ArgumentError("arange: step must not be 0")
    if stop is None:
        start, stop = 0, start
    values = np.arange(start, stop, step)
    if dtype is not None or values.dtype.kind == "f":
        values = values.astype(_dtype("arange", dtype))
    return Tensor(values, requires_grad)


def linspace(
    start: Any, stop: Any, num: int = 50, *,
    endpoint: bool = True, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`num` numbers at equal distances from start to stop, which is left out if not `endpoint`.

    Examples
    --------
    >>> linspace(0, 1, 5)
    Tensor([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    dtype = _dtype("linspace", dtype)
    values = np.linspace(start, stop, _count("linspace", num), endpoint, dtype=dtype)
    return Tensor(values, requires_grad)


def logspace(
    start: Any, stop: Any, num: int = 50, *,
    endpoint: bool = True, base: float = 10.0, dtype: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`num` powers of `base`, with exponents at equal distances from start to stop.

    Examples
    --------
    >>> logspace(0, 2, 3)
    Tensor([  1.,  10., 100.])
    """
    dtype = _dtype("logspace", dtype)
    values = np.logspace(start, stop, _count("logspace", num), endpoint, base, dtype)
    return Tensor(values, requires_grad)


def _count(name: str, num: Any) -> int:
    if not isinstance(num, (int, np.integer)) or num < 0:
        raise ArgumentError(f"{name}: num must be an int that is not negative, got {num!r}")
    return int(num)


# Of the shape of another


def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and dtype of x.

    Examples
    --------
    >>> zeros_like(np.ones(2))
    Tensor([0., 0.], dtype=float64)
    """
    return Tensor(np.zeros(*_like("zeros_like", x, dtype)), requires_grad)


def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and dtype of x.

    Examples
    --------
    >>> ones_like(Tensor([2, 3]), dtype="float32")
    Tensor([1., 1.])
    """
    return Tensor(np.ones(*_like("ones_like", x, dtype)), requires_grad)


def empty_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Whatever the memory holds, of the shape and dtype of x.

    Examples
    --------
    >>> empty_like(Tensor([2, 3])).shape
    (2,)
    """
    return Tensor(np.empty(*_like("empty_like", x, dtype)), requires_grad)


def full_like(x: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The same value everywhere, of the shape and dtype of x.

    Examples
    --------
    >>> full_like(Tensor([2.0, 3.0]), 7)
    Tensor([7., 7.])
    """
    shape, kind = _like("full_like", x, dtype)
    return full(shape, fill_value, dtype=kind, requires_grad=requires_grad)


def _like(name: str, x: Any, dtype: Any) -> tuple[tuple[int, ...], Any]:
    """The shape of x, and `dtype` or else that of x."""
    x = x if type(x) is Tensor else Tensor(x)
    return x.shape, x.dtype if dtype is None else _dtype(name, dtype)
