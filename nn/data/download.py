"""Files from the network: whole and verified, or not there at all.

What speaks HTTP and reads archives is imported when it is needed: it takes longer than all of `nn`.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from autograd.errors import ArgumentError

from ..progress import progress
from .errors import DownloadError, FormatError

_CHUNK = 1 << 20
_GONE = 416  # HTTP: the range that was asked for does not exist


def download(
    urls: Sequence[str], path: str | os.PathLike[str], *, checksum: str | None = None,
    timeout: float = 30,
) -> Path:  # fmt: skip
    """Fetch a file from the first mirror that has it.

    The file appears under its name only when it is complete and its checksum right. Until then it
    is called `.part`; with a checksum, a later call goes on where an interrupted one stopped.

    Parameters
    ----------
    urls : the same file at different places, http or https
    path : where to put it. A file that is there already is returned as it is
    checksum : "md5:..." or "sha256:...", optional
    timeout : seconds without a byte after which a mirror is given up

    Raises
    ------
    DownloadError
        If no mirror delivered, with the reason for each.

    Examples
    --------
    >>> import tempfile
    >>> from nn.data import download
    >>> path = Path(tempfile.mkdtemp(), "here.txt")
    >>> _ = path.write_text("already")
    >>> download(["https://example.org/here.txt"], path) == path
    True
    """
    target = Path(path)
    if isinstance(urls, str) or not urls:
        raise ArgumentError(f"download: urls must be a list of addresses, got {urls!r}")
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ArgumentError(f"download: only http and https are fetched, got {url!r}")
    digest = _digest(checksum)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        if not target.exists():  # else somebody has just finished
            _from_mirrors(urls, target, digest, timeout)
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One download into a folder at a time, where the system can lock: two would mix in `.part`."""
    try:
        import fcntl
    except ImportError:  # Windows, which lets nobody replace an open file anyway
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _from_mirrors(
    urls: Sequence[str], target: Path, digest: tuple[str, str] | None, timeout: float
) -> None:
    from http.client import HTTPException

    part = target.with_name(target.name + ".part")
    reasons = []
    for url in urls:
        try:
            _attempt(url, part, digest, timeout)
        except (OSError, HTTPException) as e:  # URLError and timeouts are OSErrors
            reasons.append(f"{url}: {e or type(e).__name__}")
            continue
        os.replace(part, target)
        return
    raise DownloadError(
        f"{target.name} could not be downloaded\n  "
        + "\n  ".join(reasons)
        + f"\n  hint: without a network, put the file at {target}"
    )


def _digest(checksum: str | None) -> tuple[str, str] | None:
    if checksum is None:
        return None
    kind, _, value = checksum.partition(":")
    if kind not in ("md5", "sha256") or not value:
        raise ArgumentError(f"download: a checksum is 'md5:...' or 'sha256:...', got {checksum!r}")
    return kind, value.lower()


def _attempt(url: str, part: Path, digest: tuple[str, str] | None, timeout: float) -> None:
    """Leave a complete and right `part`, or raise."""
    begun = digest is not None and part.exists()
    _fetch(url, part, resume=begun, timeout=timeout)
    if digest is None:
        return
    kind, expected = digest
    found = _hash(part, kind)
    if begun and found != expected:  # perhaps the beginning was another file's
        _fetch(url, part, resume=False, timeout=timeout)
        found = _hash(part, kind)
    if found != expected:
        part.unlink()
        raise DownloadError(f"the {kind} checksum is {found}, not {expected}: thrown away")


def _hash(part: Path, kind: str) -> str:
    with open(part, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def _fetch(url: str, part: Path, *, resume: bool, timeout: float) -> None:
    """Bring `part` to its full length."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    have = part.stat().st_size if resume and part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urlopen(Request(url, headers=headers), None, timeout)
    except HTTPError as e:
        e.close()
        if e.code != _GONE or not have:
            raise
        part.unlink()  # longer than the file: not a beginning of it
        return _fetch(url, part, resume=False, timeout=timeout)
    with answer:
        begun = f"bytes {have}-"
        if have and not (answer.headers.get("Content-Range") or "").startswith(begun):
            have = 0  # this server starts again
        length = answer.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        with open(part, "ab" if have else "wb") as file:
            name = part.name.removesuffix(".part")
            steps = None if total is None else -(-(total - have) // _CHUNK)
            for chunk in progress(_chunks(answer), steps, f"{name} (MiB)"):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    size = part.stat().st_size
    if total is not None and size != total:
        raise DownloadError(f"the connection ended after {size} of {total} bytes")


def _chunks(answer: Any) -> Iterator[bytes]:
    while chunk := answer.read(_CHUNK):
        yield chunk


def unpack(archive: Path, names: Iterable[str], folder: Path) -> None:
    """Take the named files out of a .tar.gz: these alone, and into this folder alone.

    Raises
    ------
    FormatError
        If the archive is damaged or lacks one of them.
    """
    import tarfile

    missing = set(names)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = Path(member.name).name  # wherever in the archive, never outside the folder
                content = tar.extractfile(member) if name in missing and member.isreg() else None
                if content is not None:
                    _place(content, folder / name)
                    missing.remove(name)
    except (tarfile.TarError, EOFError, zlib.error) as e:
        raise FormatError(f"{archive}: the archive is damaged ({e})") from None
    if missing:
        raise FormatError(f"{archive}: the archive lacks {sorted(missing)}")


def _place(content: IO[bytes], path: Path) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")  # others may be unpacking the same
    try:
        with open(part, "wb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
