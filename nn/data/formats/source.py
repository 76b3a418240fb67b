"""A file that is read from front to back, plain or gzip, and says where it is wrong."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FormatError, MissingDataError

_CHUNK = 1 << 20  # bytes; never allocates what a header only claims
_GZIP = b"\x1f\x8b"


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Source]:
    """A file to read from; closed in the end."""
    file = Path(path)
    if not file.is_file():
        raise MissingDataError(f"{file}: there is no such file")
    with open(file, "rb") as raw:
        if raw.peek(2)[:2] != _GZIP:
            yield Source(file, raw, packed=False)
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield Source(file, unpacked, packed=True)


class Source:
    """Bytes of a file. Offsets count from 0, behind the decompression."""

    def __init__(self, path: Path, file: io.BufferedIOBase, packed: bool):
        self.path = path
        self.packed = packed
        self.offset = 0
        self._file = file

    def wrong(self, fact: str, at: int | None = None) -> FormatError:
        """An exception that names the file and the byte."""
        inside = " (of the decompressed contents)" if self.packed else ""
        return FormatError(f"{self.path}: byte {self.offset if at is None else at}{inside}: {fact}")

    def some(self, limit: int) -> bytes:
        """At most `limit` bytes; none at the end."""
        try:
            chunk = self._file.read(min(limit, _CHUNK))
        except (EOFError, zlib.error, gzip.BadGzipFile) as e:
            raise self.wrong(f"the gzip stream is damaged or cut off ({e})") from None
        self.offset += len(chunk)
        return chunk

    def take(self, count: int, what: str) -> bytes:
        """Exactly `count` bytes.

        Raises
        ------
        FormatError
            If the file ends before.
        """
        start = self.offset
        out = bytearray()
        while len(out) < count:
            chunk = self.some(count - len(out))
            if not chunk:
                raise self.wrong(
                    f"the file ends, but {what} takes bytes {start} to {start + count}"
                )
            out += chunk
        return bytes(out)

    def rest(self) -> bytes:
        """Everything that is left."""
        out = bytearray()
        while chunk := self.some(_CHUNK):
            out += chunk
        return bytes(out)

    def finish(self) -> None:
        """Refuse a file that goes on; and with gzip, one whose checksum is wrong."""
        at = self.offset
        if self.some(1):
            raise self.wrong("the file should end here, but goes on", at)
