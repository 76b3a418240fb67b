"""A step of a gated recurrent layer, from what input and state give to its gates, and back.

Rows are samples; gates lie side by side: input, forget, cell, output of an lstm; reset, update, new
of a gru.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _host, _threads

COLUMNS = {"gru": 3, "lstm": 4}
COST = 20  # of an element of a gate, in multiplications


def worth_cell(mine: np.ndarray, before: np.ndarray, carried: np.ndarray) -> bool:
    """Whether `cell` takes these arrays."""
    return _host.compiled(COST * mine.size, mine, before, carried)


def cell(
    kind: str, mine: np.ndarray, before: np.ndarray, carried: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """The new state, and the gates; None where NumPy has to do it.

    Parameters
    ----------
    kind : "gru" or "lstm"
    mine, before : (samples, columns * units), what input and state give to each gate
    carried : (samples, units), the state of a gru, the memory of an lstm

    Returns
    -------
    (samples, units) for a gru, (2, samples, units) for an lstm, with the memory; then the gates
    """
    if not worth_cell(mine, before, carried):
        return None
    N, H = carried.shape
    from . import _units as units

    gates = np.empty((N, COLUMNS[kind] * H), mine.dtype)
    out = np.empty((N, H) if kind == "gru" else (2, N, H), mine.dtype)
    places = (out,) if kind == "gru" else (out[0], out[1])
    _run(units.gru if kind == "gru" else units.lstm, (mine, before, carried), (gates, *places))
    return out, gates


def cell_back(
    kind: str, g: np.ndarray, out: np.ndarray, gates: np.ndarray, before: np.ndarray,
    carried: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The cotangents of mine, before and carried, for that of what `cell` gave."""
    from . import _units as units

    of_mine, of_carried = np.empty_like(gates), np.empty(carried.shape, carried.dtype)
    if kind == "lstm":
        _run(units.lstm_cell_back, (g[0], g[1], gates, out[1], carried), (of_mine, of_carried))
        return of_mine, of_mine, of_carried
    of_before = np.empty_like(gates)
    _run(units.gru_cell_back, (g, gates, before, carried), (of_mine, of_before, of_carried))
    return of_mine, of_before, of_carried


def _run(loop: Any, inputs: tuple[np.ndarray, ...], outputs: tuple[np.ndarray, ...]) -> None:
    """The loop over all samples of arrays in the order of its arguments."""
    host = _host.present()
    gates, (N, H) = outputs[0], outputs[-1].shape
    lanes = _host.sized(host.lanes(gates.itemsize))
    flat = [_host.read_only(a).ravel() for a in inputs]
    args = lanes, *flat, *(a.ravel() for a in outputs), H
    _threads.run(lambda samples: loop(*args, samples), _threads.parts(N, COST * gates.size))
