"""The gradient of choosing rows: each row of it added where it came from."""

from __future__ import annotations

import numpy as np

from .. import _host, _threads
from ..elements.curves import plain


def add_rows(total: np.ndarray, rows: np.ndarray, numbers: np.ndarray, skip: int = -1) -> bool:
    """total[numbers[k]] += rows[k] for each k, but not to row `skip`.

    In place; False, and nothing done, where NumPy has to do it. All numbers must be rows of total.
    """
    if not _host.compiled(rows.size, total, rows) or not plain(total):
        return False
    from . import _embedding

    rows, numbers = _host.read_only(rows), _host.read_only(np.asarray(numbers, np.intp))

    def task(run: tuple[int, int]) -> None:
        _embedding.add_rows(total, rows, numbers, skip, *run)

    _threads.run(task, _threads.parts(total.shape[1], rows.size))
    return True
