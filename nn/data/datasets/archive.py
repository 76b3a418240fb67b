"""Well-known data sets: found on this machine, or fetched if that was asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..download import download, unpack
from ..errors import MissingDataError
from ..folder import VARIABLE, data_folder, locate


class Remote(NamedTuple):
    """A file in the network; with `members`, an archive of files."""

    name: str
    mirrors: tuple[str, ...]
    checksum: str
    members: tuple[str, ...] = ()


def obtain(
    kind: str, root: str | os.PathLike[str] | None, folders: Sequence[str],
    names: Sequence[Sequence[str]], remotes: Sequence[Remote], fetch: bool,
) -> list[Path]:  # fmt: skip
    """The paths of files, each of which may go by several names.

    Parameters
    ----------
    kind : name of the data set, for messages
    folders : where below the data folder they may be; downloads go into the first
    names : for each file, the names it may have
    remotes : what to download, if some are missing and `fetch` allows it

    Raises
    ------
    MissingDataError
        Naming the files, and where to put them.
    DownloadError
        If they could not be fetched.
    """
    base = data_folder(root)
    home = base / folders[0]
    found = [locate(base, folders, choice) for choice in names]
    if fetch and None in found:
        for remote in remotes:
            path = download([m + remote.name for m in remote.mirrors], home / remote.name,
                            checksum=remote.checksum)  # fmt: skip
            if remote.members:
                unpack(path, remote.members, home)
        found = [locate(base, folders, choice) for choice in names]
    missing = [choice[0] for choice, path in zip(names, found) if path is None]
    if missing:
        places = ", ".join(str(base / folder) for folder in folders)
        raise MissingDataError(
            f"{kind}: {', '.join(missing)} not found\n"
            f"  looked in {places}\n"
            f"  hint: put the files into {home}, or name the folder above with root=... or the "
            f"environment variable {VARIABLE}, or fetch them with download=True"
        )
    return [path for path in found if path is not None]
