"""The safetensors format: a JSON header that says where each array lies, then the bytes.

    8 bytes   length of the header, little-endian
    header    {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
               "__metadata__": {str: str}}
    data      little-endian, row-major, without gaps

The format has no checksum. Files written here carry one in the metadata, next to the structure of
what was saved; others can read them all the same.

Source
------
"Format", https://github.com/huggingface/safetensors
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from autograd.errors import DTypeError

from ..errors import SavedFileError
from .structure import VERSION, Arrays

_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4",
    "U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}
_READ = _DTYPES | {"BF16": "<u2"}  # upper halves of float32
_LONGEST = 100_000_000  # bytes in a header, as in the official reader
_OURS = "autograd"  # key of the metadata: version, checksum and structure
_AXES = 64  # that an array of NumPy may have


def write(file: IO[bytes], tree: str, arrays: Arrays) -> None:
    """Write arrays, and the structure that they are part of.

    Raises
    ------
    DTypeError
        If an array has a dtype that the format lacks (complex128).
    """
    entries = {}
    end = 0
    ordered = dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))  # keeps all aligned
    for name, array in ordered.items():
        if array.dtype not in _NAMES:
            raise DTypeError(f"save: {name} is {array.dtype}, which safetensors files do not know")
        begin, end = end, end + array.nbytes
        kind, shape = _NAMES[array.dtype], list(array.shape)
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}
    check = _checksum(tree, entries, ordered.values())
    ours = json.dumps({"version": VERSION, "crc32": check, "tree": tree})
    metadata = {"format": "pt", _OURS: ours}  # weights are laid out as PyTorch's
    header = json.dumps({"__metadata__": metadata, **entries}).encode()
    header += b" " * (-len(header) % 8)
    file.write(len(header).to_bytes(8, "little") + header)
    for array in ordered.values():
        file.write(_bytes(array))


def _bytes(array: np.ndarray) -> Any:
    return array.reshape(-1).view(np.uint8).data


def _checksum(tree: str, entries: dict[str, Any], arrays: Iterable[np.ndarray]) -> int:
    check = zlib.crc32((tree + json.dumps(entries, sort_keys=True)).encode())
    for array in arrays:
        check = zlib.crc32(_bytes(array), check)
    return check


def read(file: IO[bytes], size: int) -> tuple[str | None, Arrays]:
    """The structure, if the file was written here, and the arrays. bfloat16 becomes float32.

    Parameters
    ----------
    file : at its beginning
    size : how many bytes it has

    Raises
    ------
    SavedFileError
        If anything is not as it should be. No more memory is asked for than the file is long.
    """
    header = _header(file, size)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise SavedFileError("the metadata are not strings")
    places = {name: _place(name, entry) for name, entry in header.items()}
    ordered = sorted(places, key=lambda name: places[name][2:])
    here = 0
    for name in ordered:
        _, _, begin, end = places[name]
        if begin != here:
            raise SavedFileError(f"{name!r} begins at byte {begin} of the data instead of {here}")
        here = end
    start = file.tell()
    if start + here != size:
        raise SavedFileError(f"the arrays need {start + here} bytes, the file has {size}")
    found = {name: _array(file, name, *places[name][:2]) for name in ordered}
    # Known by key or by content, so that a damaged one does not make the file look foreign
    ours = [v for k, v in metadata.items() if k == _OURS or '"crc32"' in v]
    tree = _structure(ours[0], header, found) if ours else None
    return tree, {name: _widened(found[name], header[name]["dtype"]) for name in places}


def _header(file: IO[bytes], size: int) -> dict[str, Any]:
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, _LONGEST):
        raise SavedFileError(f"a header of {length} bytes in a file of {size}")
    try:
        header = json.loads(file.read(length).decode(), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as e:
        raise SavedFileError(f"the header is damaged ({e})") from None
    if not isinstance(header, dict):
        raise SavedFileError("the header is not a table of arrays")
    return header


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name comes twice")
    return table


def _place(name: str, entry: Any) -> tuple[str, list[int], int, int]:
    """dtype, shape, begin and end of an array, which fit each other."""
    wanted = {"dtype", "shape", "data_offsets"}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise SavedFileError(f"{name!r} is described by {entry!r}")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _READ:
        raise SavedFileError(f"{name!r} has the dtype {kind!r}; known are {', '.join(_READ)}")
    if not _counts(shape) or len(shape) > _AXES or not _counts(offsets) or len(offsets) != 2:
        raise SavedFileError(f"{name!r} has the shape {shape!r} and the place {offsets!r}")
    begin, end = offsets
    needed = math.prod(shape) * np.dtype(_READ[kind]).itemsize
    if end - begin != needed:
        raise SavedFileError(
            f"{name!r}, {kind} of shape {shape}, needs {needed} bytes and has {end - begin}"
        )
    return kind, shape, begin, end


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def _array(file: IO[bytes], name: str, kind: str, shape: list[int]) -> np.ndarray:
    dtype = np.dtype(_READ[kind])
    flat = np.empty(math.prod(shape), dtype)
    if file.readinto(_bytes(flat)) != flat.nbytes:  # type: ignore[attr-defined]
        raise SavedFileError(f"the file ends inside {name!r}")
    try:
        array = flat.reshape(shape)
    except (ValueError, OverflowError):
        raise SavedFileError(f"{name!r} has the shape {shape}") from None
    if kind == "BOOL" and (array.view(np.uint8) > 1).any():
        raise SavedFileError(f"{name!r} has booleans that are neither 0 nor 1")
    return array


def _widened(array: np.ndarray, kind: str) -> np.ndarray:
    if kind == "BF16":
        return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _structure(text: str, entries: dict[str, Any], arrays: Arrays) -> str:
    try:
        ours = json.loads(text)
        version, check, tree = ours["version"], ours["crc32"], ours["tree"]
        fits = _checksum(tree, entries, arrays.values()) == check
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SavedFileError("the structure is damaged") from None
    if version != VERSION:
        raise SavedFileError(f"the file is of version {version}; this reads version {VERSION}")
    if not fits:
        raise SavedFileError("the checksum differs: the file was damaged, or changed by a program")
    return str(tree)
