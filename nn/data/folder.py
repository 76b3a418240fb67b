"""Where data files are looked for and put."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "AUTOGRAD_DATA"


def data_folder(root: str | os.PathLike[str] | None = None) -> Path:
    """The folder of all data sets: `root`, else what AUTOGRAD_DATA names, else the user's own.

    The user's own is `autograd` in the place that the system has for data of programs:
    `$XDG_DATA_HOME` or `~/.local/share`, on a Mac `~/Library/Application Support`, on Windows
    `%LOCALAPPDATA%`. Nothing is made there before something is downloaded.

    Examples
    --------
    >>> from nn.data import data_folder
    >>> data_folder("/data").as_posix()
    '/data'
    """
    chosen = os.environ.get(VARIABLE) if root is None else os.fspath(root)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "autograd"
    variable, otherwise = "XDG_DATA_HOME", Path.home() / ".local" / "share"
    if sys.platform == "win32":
        variable, otherwise = "LOCALAPPDATA", Path.home() / "AppData" / "Local"
    return Path(os.environ.get(variable) or otherwise) / "autograd"


def locate(base: Path, folders: Iterable[str], names: Iterable[str]) -> Path | None:
    """The first file of one of the names in one of the folders below base."""
    wanted = list(names)
    for folder in folders:
        for name in wanted:
            path = base / folder / name
            if path.is_file():
                return path
    return None
