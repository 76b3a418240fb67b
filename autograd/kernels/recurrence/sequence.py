"""Recurrent layers over whole sequences, forward and backward, where compiled kernels are there.

The input meets its weights in one product for all steps, and so does the cotangent of what the
gates were given; between these, the compiled loops take one step after another.
"""

from __future__ import annotations

import numpy as np

from .._host import compiled
from ..products.matmul import matmul

GATED = ("gru", "lstm")
STEP = 5000  # multiplications that cost as much as recording one step in ops


def sequence(
    kind: str, x: np.ndarray, state: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray,
    b: np.ndarray, lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:  # fmt: skip
    """All states, (time, samples, units), then the last state, then an lstm's last memory.

    Parameters
    ----------
    kind : "tanh", "relu", "gru" or "lstm"
    x : (time, samples, in)
    state : (1 or 2, samples, units), for an lstm with the memory
    w_ih, w_hh : (columns * units, ...): reset, update, new; input, forget, cell, output
    b : (columns * units,), where a gru has a fourth column for the bias that reset scales
    lengths : (samples,), steps that count
    reverse : whether time runs from the last step to the first

    Returns
    -------
    (out, gates, saved), or None where no compiled kernel is there, or not worth its call
        gates (time, samples, columns * units) of a gru or lstm; saved (time, samples, units) is
        the memory of an lstm, or what the state gives to new in a gru.
    """
    (T, N, width), H = x.shape, w_hh.shape[1]
    work = T * max(STEP, N * len(w_hh) * (H + width))
    if not compiled(work, x, state, w_ih, w_hh, b):
        return None
    from . import fast

    gates = matmul(x.reshape(T * N, width), w_ih.T).reshape(T, N, len(w_ih))
    state, w_hh = np.ascontiguousarray(state), np.ascontiguousarray(w_hh)
    out, saved = fast.sequence(kind, gates, state, w_hh, b, lengths, reverse)
    return out, gates if kind in GATED else saved, saved


def sequence_back(
    kind: str, g: np.ndarray, out: np.ndarray, gates: np.ndarray, saved: np.ndarray,
    state: np.ndarray, w_hh: np.ndarray, lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The cotangents of what the columns were given, and of the first state, for that of out.

    The first is (time, samples, columns, units); a gru has a fourth column, of what the state gives
    to new. It is 0 where a sample is over. The cotangents of x, weights and biases are products of
    it, as follow.
    """
    from . import fast

    gates = gates if kind in GATED else out
    g, state, w_hh = (np.ascontiguousarray(a) for a in (g, state, w_hh))
    return fast.sequence_back(kind, g, out, gates, saved, state, w_hh, lengths, reverse)


def input_slope(slopes: np.ndarray, w_ih: np.ndarray) -> np.ndarray:
    """The cotangent of x."""
    return matmul(_rows(slopes)[:, : len(w_ih)], w_ih).reshape(*slopes.shape[:2], w_ih.shape[1])


def input_weight_slope(slopes: np.ndarray, x: np.ndarray, rows: int) -> np.ndarray:
    """The cotangent of w_ih, which has so many rows."""
    return matmul(_rows(slopes)[:, :rows].T, x.reshape(len(x) * x.shape[1], x.shape[2]))


def state_weight_slope(
    slopes: np.ndarray, out: np.ndarray, h: np.ndarray, columns: int, lengths: np.ndarray,
    reverse: bool,
) -> np.ndarray:  # fmt: skip
    """The cotangent of w_hh, which has so many columns; h is the first state.

    Each step of a sample met the state of the step before, the first one h.
    """
    T, N, _, H = slopes.shape
    if reverse:
        early, met, first = slopes[:-1], out[1:T], slopes[lengths - 1, np.arange(N)]
    else:
        early, met, first = slopes[1:], out[: T - 1], slopes[0]
    dw = np.empty((columns * H, H), slopes.dtype)
    met = met.reshape(len(met) * N, H)
    for to, source in _met(columns, slopes.shape[2], H):
        matmul(_rows(early)[:, source].T, met, out=dw[to])
        dw[to] += matmul(first.reshape(N, slopes.shape[2] * H)[:, source].T, h)
    return dw


def bias_slope(slopes: np.ndarray) -> np.ndarray:
    """The cotangent of b."""
    return _rows(slopes).sum(axis=0)


def _met(columns: int, given: int, H: int) -> list[tuple[slice, slice]]:
    """Rows of w_hh, and the columns of slopes that are theirs: a gru's third row has the fourth."""
    if columns == given:
        return [(slice(0, columns * H), slice(0, columns * H))]
    return [(slice(0, 2 * H), slice(0, 2 * H)), (slice(2 * H, 3 * H), slice(3 * H, 4 * H))]


def _rows(slopes: np.ndarray) -> np.ndarray:
    """(time, samples, columns, units) -> (time * samples, columns * units)"""
    T, N, columns, H = slopes.shape
    return slopes.reshape(T * N, columns * H)
