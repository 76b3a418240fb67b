"""Text files."""

from __future__ import annotations

import os

from autograd.errors import ArgumentError

from .source import opened


def read_text(path: str | os.PathLike[str], encoding: str = "utf-8") -> str:
    """The text of a file, plain or gzip, with line ends as \\n and without a byte order mark.

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        If a byte is not text in this encoding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.formats import read_text
    >>> path = Path(tempfile.mkdtemp(), "a.txt")
    >>> _ = path.write_bytes(b"one\\r\\ntwo")
    >>> read_text(path)
    'one\\ntwo'
    """
    with opened(path) as source:
        content = source.rest()
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as e:
            found = content[e.start : e.end].hex(" ")
            raise source.wrong(f"{found} is not {encoding} ({e.reason})", e.start) from None
        except LookupError:
            raise ArgumentError(f"read_text: unknown encoding {encoding!r}") from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
