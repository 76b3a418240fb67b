"""Tables that are as large as images, kept for the next call as far as there is room for them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np

ROOM = 1 << 25  # bytes


class Tables:
    """What functions made lately; what was not asked for longest is forgotten first.

    The last one is kept however large it is: layers are called again and again.
    """

    def __init__(self) -> None:
        self.nbytes = 0
        self._lock = Lock()
        self._held: dict[tuple[Any, ...], np.ndarray] = {}

    def get(self, make: Callable[..., np.ndarray], *arguments: Any) -> np.ndarray:
        """make(*arguments), which nobody may write into."""
        key = make, *arguments
        with self._lock:
            table = self._held.pop(key, None)
            if table is not None:
                self._held[key] = table
                return table
        table = make(*arguments)
        with self._lock:
            if key not in self._held:  # another thread may have been faster
                self._held[key] = table
                self.nbytes += table.nbytes
            while self.nbytes > ROOM and len(self._held) > 1:
                self.nbytes -= self._held.pop(next(iter(self._held))).nbytes
        return table


tables = Tables()
