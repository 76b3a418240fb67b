"""What pictures and curves have in common: saving, and showing themselves in a notebook."""

from __future__ import annotations

import html
import os
from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

from autograd.errors import ArgumentError

_LINES = 200  # that a notebook shows of a listing


class Output(ABC):
    """Something to look at, in several formats."""

    formats: tuple[str, ...]  # file extensions, without the dot

    @property
    @abstractmethod
    def text(self) -> str:
        """The content as plain text."""

    @abstractmethod
    def encode(self, format: str) -> bytes:
        """The content of a file in one of `formats`."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, in the format that its extension names.

        The file appears complete or not at all. An existing one is replaced.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ArgumentError
            If the extension is not one of `formats`.
        OSError
            If the folder does not exist or cannot be written to.
        """
        path = Path(path)
        format = path.suffix[1:].lower()
        if format not in self.formats:
            known = ", ".join(f".{f}" for f in self.formats)
            raise ArgumentError(f"save: the extension of {str(path)!r} is not one of {known}")
        write(path, self.encode(format))
        return path

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """For notebooks: a drawing if that is possible, the text in any case. Never raises."""
        text = _middle_out(self.text)
        bundle = {"text/plain": text}
        try:
            bundle["image/svg+xml"] = self.encode("svg").decode()
        except Exception as e:
            bundle["text/html"] = f"<pre>{html.escape(text)}</pre><pre>{html.escape(str(e))}</pre>"
        kept = set(bundle if include is None else include) - set(exclude or ())
        return {kind: content for kind, content in bundle.items() if kind in kept}


def _middle_out(text: str) -> str:
    lines = text.split("\n")
    if len(lines) <= _LINES:
        return text
    half = _LINES // 2
    return "\n".join([*lines[:half], f"... {len(lines) - 2 * half:,} lines ...", *lines[-half:]])


def write(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, then rename it: no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError as e:
        temporary.unlink(missing_ok=True)
        raise OSError(e.errno, f"cannot write this file: {e.strerror}", str(path)) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
