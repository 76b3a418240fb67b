"""The two formats of CIFAR: records of bytes, and pickles of Python 2, of which nothing is run."""

from __future__ import annotations

import io
import math
import os
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from .source import Source, opened

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE


def read_cifar(path: str | os.PathLike[str], *, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one CIFAR file, binary or pickle.

    Parameters
    ----------
    classes : 10 or 100
        With 100, the labels are the fine ones; the 20 superclasses are not read.

    Returns
    -------
    images : ndarray of uint8, shape (N, 3, 32, 32)
    labels : ndarray of int64, shape (N,)

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        If it is neither, is cut off, has other labels, or is a pickle that asks for anything but
        arrays of bytes, lists, dicts, texts and numbers.

    Source
    ------
    Krizhevsky (2009), "Learning multiple layers of features from tiny images"; the layout is
    described with the data, https://www.cs.toronto.edu/~kriz/cifar.html.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.formats import read_cifar
    >>> path = Path(tempfile.mkdtemp(), "batch.bin")
    >>> _ = path.write_bytes(bytes([7]) + bytes(3072))
    >>> images, labels = read_cifar(path)
    >>> images.shape, labels
    ((1, 3, 32, 32), array([7]))
    """
    with opened(path) as source:
        content = source.rest()
        if content[:1] == b"\x80":  # how pickles begin; no label is as large
            return _from_pickle(source, content, classes)
        return _from_records(source, content, classes)


def _from_records(source: Source, content: bytes, classes: int) -> tuple[np.ndarray, np.ndarray]:
    marks = 2 if classes == 100 else 1  # CIFAR-100: the superclass, then the class
    size = marks + _PIXELS
    if not content or len(content) % size:
        raise source.wrong(
            f"the file ends {len(content) % size} bytes into record {len(content) // size}; "
            f"records of CIFAR-{classes} have {size} bytes"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    labels = records[:, marks - 1].astype(np.int64)
    for number in np.flatnonzero(labels >= classes)[:1]:
        at = int(number) * size + marks - 1
        raise source.wrong(f"label {labels[number]} of record {number} is not below {classes}", at)
    return records[:, marks:].reshape(-1, 3, _SIDE, _SIDE).copy(), labels


# Pickles. What a pickle can reach are the stand-ins below: not NumPy, not a single real function.


class _Call:
    """A function that a pickle may call, but not change."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]):
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: Any) -> None:
        raise ValueError("a function has no state")


class _DType:
    """Stands for numpy.dtype."""

    __slots__ = ("code",)

    def __init__(self, code: Any, *_: Any):
        self.code = code.decode("latin1") if isinstance(code, bytes) else code

    def __setstate__(self, state: Any) -> None:
        pass  # byte order and such: single bytes have none


class _Array:
    """Stands for numpy.ndarray, of bytes only."""

    __slots__ = ("array",)

    def __init__(self, *_: Any) -> None:
        self.array: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, raw = state
        if not isinstance(dtype, _DType) or dtype.code not in ("u1", "|u1"):
            raise ValueError("an array that is not of bytes")
        if not isinstance(raw, bytes) or math.prod(shape) != len(raw):
            raise ValueError(f"an array of shape {shape} with other contents")
        self.array = np.frombuffer(raw, np.uint8).reshape(shape, order="F" if fortran else "C")


def _encode(text: Any, codec: Any) -> bytes:
    if codec not in ("latin1", b"latin1") or not isinstance(text, str):
        raise ValueError("bytes in an unknown coding")
    return text.encode("latin1")


_KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _Call(_Array),
    ("numpy._core.multiarray", "_reconstruct"): _Call(_Array),
    ("numpy", "ndarray"): _Call(_Array),
    ("numpy", "dtype"): _Call(_DType),
    ("_codecs", "encode"): _Call(_encode),
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise ValueError(
                f"the pickle asks for {module}.{name}, which is not part of a CIFAR file; "
                "nothing was executed"
            ) from None


def _from_pickle(source: Source, content: bytes, classes: int) -> tuple[np.ndarray, np.ndarray]:
    stream = io.BytesIO(content)
    try:
        found = _Unpickler(stream, encoding="bytes").load()
        entries = {k.decode() if isinstance(k, bytes) else k: v for k, v in found.items()}
        data = entries["data"].array
        labels = np.array(entries["labels" if classes == 10 else "fine_labels"], np.int64)
    except Exception as e:  # anything can go wrong in a foreign pickle
        raise source.wrong(f"not a pickle of CIFAR-{classes}: {_said(e)}", stream.tell()) from None
    if data is None or data.shape != (len(data), _PIXELS) or labels.shape != (len(data),):
        raise source.wrong("the pickle has images or labels of another shape", len(content))
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise source.wrong(f"the pickle has a label that is not below {classes}", len(content))
    return data.reshape(-1, 3, _SIDE, _SIDE).copy(), labels


def _said(error: Exception) -> str:
    return f"no entry {error}" if isinstance(error, KeyError) else str(error)
