"""Compiled code on disk: a file for each signature of a function, and no index.

Numba numbers the files of a function and lists them in an index. Two processes that compile at the
same time then give one number to two signatures, and later processes run the code of the wrong one.
Here the name of a file follows from the signature, and what it was made for stands in it.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from hashlib import sha256
from typing import Any

import numba
from numba.core.caching import IndexDataCacheFile

Damage = (OSError, EOFError, pickle.UnpicklingError)  # no such file, or half of one


class CodeFiles(IndexDataCacheFile):
    """What Numba's dispatchers ask for code: nothing of another source or version, or damaged."""

    def load(self, key: Any) -> Any:
        with suppress(*Damage):
            made_for, rest = self._load_data(self._name(key))
            if made_for == self._made_for(key):
                return pickle.loads(rest)
        return None

    def save(self, key: Any, data: Any) -> None:
        with suppress(OSError):  # a full disk is no reason not to compute
            self._save_data(self._name(key), (self._made_for(key), self._dump(data)))

    def _name(self, key: Any) -> str:
        which = sha256(repr(key).encode()).hexdigest()[:24]
        return f"{self._index_name.removesuffix('.nbi')}.{which}.nbc"

    def _made_for(self, key: Any) -> tuple[Any, ...]:
        return numba.__version__, self._source_stamp, repr(key)


def keep_apart(dispatcher: Any, stamp: Any) -> None:
    """Let the code of a function lie in such files, good for as long as the stamp is the same."""
    cache = dispatcher._cache
    cache._cache_file = CodeFiles(cache.cache_path, cache._impl.filename_base, stamp)
