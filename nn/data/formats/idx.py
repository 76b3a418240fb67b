"""IDX, the format of MNIST: a magic number, the sizes, then the numbers, all big-endian."""

from __future__ import annotations

import math
import os
import struct

import numpy as np

from .source import opened

_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in an IDX file, plain or gzip.

    Returns
    -------
    ndarray
        Shape and dtype as the file says, in the byte order of this machine.

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        If it is no IDX file, is cut off, or goes on after its end.

    Source
    ------
    LeCun, Cortes & Burges, "The MNIST database of handwritten digits": file formats.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.formats import read_idx
    >>> path = Path(tempfile.mkdtemp(), "numbers-idx1-ubyte")
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]))
    >>> read_idx(path)
    array([5, 6, 7], dtype=uint8)
    """
    with opened(path) as source:
        zeros, code, axes = struct.unpack(">HBB", source.take(4, "the magic number"))
        if zeros or code not in _DTYPES:
            raise source.wrong(
                "not an IDX file: it begins with two zeros, then 08, 09, 0B, 0C, 0D or 0E; here "
                f"{zeros:04x} {code:02x}", at=0,
            )  # fmt: skip
        shape = struct.unpack(f">{axes}I", source.take(4 * axes, f"the {axes} sizes"))
        dtype = np.dtype(_DTYPES[code])
        size = math.prod(shape) * dtype.itemsize
        body = source.take(size, f"the body, {' x '.join(map(str, shape))} of {dtype.name},")
        source.finish()
    array = np.frombuffer(body, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
