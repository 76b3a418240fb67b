"""The .npz format of NumPy: a zip archive of .npy files, which are headers and bytes.

Files written here have the structure of what was saved beside the arrays, as `autograd.json`;
`numpy.load` reads them all the same. The archive has a checksum for every member.
"""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from typing import IO, Any

import numpy as np

from ..errors import SavedFileError
from .structure import VERSION, Arrays

_OURS = "autograd.json"
_KINDS = "biufc"  # of dtypes: numbers alone
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, KeyError,
    NotImplementedError, OverflowError, MemoryError, SyntaxError, TypeError,
)  # fmt: skip


def write(file: IO[bytes], tree: str, arrays: Arrays) -> None:
    """Write arrays, and the structure that they are part of."""
    with zipfile.ZipFile(file, "w") as archive:
        note = json.dumps({"version": VERSION, "tree": tree})
        archive.writestr(zipfile.ZipInfo(_OURS), note)  # no date: same state, same bytes
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            with archive.open(member, "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)


def read(file: IO[bytes]) -> tuple[str | None, Arrays]:
    """The structure, if the file was written here, and the arrays.

    Raises
    ------
    SavedFileError
        If anything is not as it should be.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = [m.filename for m in members]
            _check_names(names)
            tree = _structure(archive.read(_OURS)) if _OURS in names else None
            arrays = {
                m.filename.removesuffix(".npy"): _array(archive, m)
                for m in members
                if m.filename != _OURS
            }
    except SavedFileError:
        raise
    except _BROKEN as e:
        raise SavedFileError(f"the archive is damaged ({type(e).__name__}: {e})") from None
    return tree, arrays


def _check_names(names: list[str]) -> None:
    for name in names:
        if name.endswith("data.pkl"):
            raise SavedFileError(
                "written by torch.save, it holds a pickle, which can run any code; none was run\n"
                "  hint: write it with safetensors.torch.save_file instead"
            )
        if not name.endswith(".npy") and name != _OURS:
            raise SavedFileError(f"an archive with {name!r} inside, which is no array")
    if len(set(names)) < len(names):
        raise SavedFileError("two arrays have one name")


def _structure(note: bytes) -> str:
    content = json.loads(note)
    version, tree = content["version"], content["tree"]
    if version != VERSION:
        raise SavedFileError(f"the file is of version {version}; this reads version {VERSION}")
    return str(tree)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    name = member.filename
    with archive.open(member) as opened:
        part: Any = opened
        shape, by_columns, dtype, header = _header(part, name)
        needed = math.prod(shape) * dtype.itemsize
        if member.file_size - header != needed:
            raise SavedFileError(
                f"{name!r}, {dtype} of shape {shape}, needs {needed} bytes and has "
                f"{member.file_size - header}"
            )
        flat = np.empty(math.prod(shape), dtype)
        space = flat.view(np.uint8).data
        done = 0
        while done < needed and (count := part.readinto(space[done:])):
            done += count
        if done < needed or part.read(1):  # reading past the end compares the checksum
            raise SavedFileError(f"{name!r} has {done} bytes of {needed}")
    array = flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(part: Any, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether it is in Fortran's order, dtype, and the length of all this."""
    version = np.lib.format.read_magic(part)
    if version == (1, 0):
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(part)
    elif version == (2, 0):
        shape, by_columns, dtype = np.lib.format.read_array_header_2_0(part)
    else:
        raise SavedFileError(f"{name!r} is of version {version} of the .npy format")
    if dtype.hasobject:
        raise SavedFileError(
            f"{name!r} holds Python objects as a pickle, which can run any code; none was run"
        )
    if dtype.kind not in _KINDS:
        raise SavedFileError(f"{name!r} is an array of {dtype}, not of numbers")
    if not all(n >= 0 for n in shape):
        raise SavedFileError(f"{name!r} has the shape {shape}")
    return shape, by_columns, dtype, part.tell()
