"""`nn.save` and `nn.load`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Any

from ..errors import SavedFileError
from . import npz, safetensors
from .replacing import replacing
from .structure import put_together, take_apart

Where = str | os.PathLike[str]
_ZIP = b"PK"
_FOREIGN = {
    b"\x93NUMPY": "a single array: numpy.load reads it",
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip archive: unpack it first",
}


def save(value: Any, path: Where) -> None:
    """Write arrays and numbers, nested in any way, into one file, without pickle.

    Parameters
    ----------
    value : a state dict, or arrays, Tensors, numbers, strings and None in lists, tuples and dicts
        Kept are shapes, dtypes, names with any letters, keys of any of these kinds, tuples. An
        ordered or counting dict comes back as a plain one, a Tensor as an array.
    path : str or path
        Ending in `.safetensors`: in that format, which PyTorch's world reads; the arrays of a
        state dict are found there under their names. Else in NumPy's `.npz` format.

    The file is replaced in one step, once all is on the disk: whoever kills the program finds
    the old one whole. The same value gives the same bytes.

    Raises
    ------
    DTypeError
        If something cannot be saved. The file is not touched then.

    Examples
    --------
    >>> import nn, os, tempfile
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nn.optim.Adam(model.parameters())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.npz")
    ...     nn.save({"model": model.state_dict(), "adam": optimizer.state_dict(), "epoch": 3}, path)
    ...     state = nn.load(path)
    >>> state["epoch"], list(state["model"])
    (3, ['weight', 'bias'])
    """
    path = Path(path)
    tree, arrays = take_apart(value)
    form = safetensors if path.suffix == ".safetensors" else npz
    with replacing(path) as file:
        form.write(file, tree, arrays)


def load(path: Where) -> Any:
    """What `save` wrote, or the arrays by name of another's `.npz` or `.safetensors` file.

    The content decides what kind of file it is, not the name. Nothing in it is ever executed.

    Returns
    -------
    As it was saved, with new arrays that can be written to
        bfloat16 of safetensors files becomes float32, which holds it exactly.

    Raises
    ------
    SavedFileError
        If the file is truncated, damaged, of another kind, or holds a pickle.
    FileNotFoundError
        If there is none.

    Examples
    --------
    >>> import nn, os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "weights.safetensors")
    ...     nn.save({"w": np.eye(2)}, path)
    ...     nn.load(path)
    {'w': array([[1., 0.],
           [0., 1.]])}
    """
    with open(path, "rb") as file:
        try:
            tree, arrays = _read(file)
            return arrays if tree is None else put_together(tree, arrays)
        except SavedFileError as e:
            raise SavedFileError(f"load: {os.fspath(path)}: {e}") from None


def _read(file: IO[bytes]) -> tuple[str | None, dict[str, Any]]:
    size = os.fstat(file.fileno()).st_size
    start = file.read(10)
    file.seek(0)
    if start.startswith(_ZIP):
        return npz.read(file)
    if start[8:9] == b"{":
        return safetensors.read(file, size)
    if start[:1] == b"\x80":
        raise SavedFileError("a pickle, which can run any code when it is read; it was not read")
    for magic, kind in _FOREIGN.items():
        if start.startswith(magic):
            raise SavedFileError(kind)
    what = f"it begins with {start!r}" if start else "it is empty"
    raise SavedFileError(f"neither an .npz nor a .safetensors file: {what}")
