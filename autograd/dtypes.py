"""The default dtype: what Python floats become."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DTypeError

KINDS = "biuf"  # of the dtypes that ops take: booleans, integers and floats; no complex numbers
_default_dtype: np.dtype[Any] = np.dtype(np.float32)


def set_default_dtype(dtype: Any) -> None:
    """The dtype that Python floats and lists of them get: float32 unless changed here.

    Examples
    --------
    >>> set_default_dtype("float64"); Tensor(1.5).dtype
    dtype('float64')
    >>> set_default_dtype("float32"); Tensor(1.5).dtype
    dtype('float32')
    """
    global _default_dtype
    new = as_dtype(dtype)
    if new.kind != "f":
        raise DTypeError(f"set_default_dtype: the default must be a float dtype, got {new}")
    _default_dtype = new


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python floats and lists of them get.

    Examples
    --------
    >>> get_default_dtype()
    dtype('float32')
    """
    return _default_dtype


def as_floats(x: Any) -> Any:
    """Plain x with integers and booleans as floats, of the dtype that np.exp gives for them.

    For functions that subtract or negate before they come to floats: unsigned integers would wrap
    around, and booleans refuse.
    """
    if isinstance(x, (int, float)) or x.dtype.kind == "f":
        return x
    return x.astype(np.result_type(x.dtype, np.float16))


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """A NumPy dtype, or a DTypeError."""
    try:
        return np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"unknown dtype {dtype!r}") from None
