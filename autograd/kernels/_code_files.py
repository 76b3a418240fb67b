"""Compiled code on disk: a file for each signature of a function, and no index.

Numba numbers the files of a function and lists them in an index. Two processes that compile at the
same time then give one number to two signatures, and later processes run the code of the wrong one.
Here the name of a file follows from the signature, and what it was made for stands in it.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import IndexDataCacheFile

DIGEST = 32  # bytes of a SHA-256 that a file begins with


class CodeFiles(IndexDataCacheFile):
    """What Numba's dispatchers ask for code: nothing of another source or version, or damaged."""

    def load(self, key: Any) -> Any:
        try:
            content = Path(self._data_path(self._name(key))).read_bytes()
        except OSError:
            return None
        digest, whole = content[:DIGEST], content[DIGEST:]
        if sha256(whole).digest() != digest:
            return None
        made_for, rest = pickle.loads(whole)
        return pickle.loads(rest) if made_for == self._made_for(key) else None

    def save(self, key: Any, data: Any) -> None:
        whole = pickle.dumps((self._made_for(key), self._dump(data)), protocol=-1)
        path = self._data_path(self._name(key))
        with suppress(OSError), self._open_for_write(path) as file:  # a full disk is no reason
            file.write(sha256(whole).digest() + whole)  # not to compute

    def _name(self, key: Any) -> str:
        which = sha256(repr(key).encode()).hexdigest()[:24]
        return f"{self._index_name.removesuffix('.nbi')}.{which}.nbc"

    def _made_for(self, key: Any) -> tuple[Any, ...]:
        return numba.__version__, self._source_stamp, repr(key)


def keep_apart(dispatcher: Any, stamp: Any) -> None:
    """Let the code of a function lie in such files, good for as long as the stamp is the same."""
    cache = dispatcher._cache
    cache._cache_file = CodeFiles(cache.cache_path, cache._impl.filename_base, stamp)
