"""Recurrent layers, compiled: packs weights, chooses tiles, deals out samples.

Arguments are those of `recurrent.sequence` and `recurrent.sequence_back`, C-contiguous arrays of
one dtype, float32 or float64.
"""

from __future__ import annotations

import numpy as np

from .._host import present, sized
from .._threads import PRODUCTS, parts, run
from ._steps import backward, forward

# name: length of the tuple that means it, columns that the input meets, columns of slopes
KINDS = {"tanh": (0, 1, 1), "relu": (1, 1, 1), "gru": (2, 3, 4), "lstm": (3, 4, 4)}
# vectors of a tile: its rows, for 32 registers and for 16
ROWS = {1: (16, 8), 3: (8, 4), 4: (4, 2)}


def sequence(
    kind: str, gates: np.ndarray, state: np.ndarray, w_hh: np.ndarray, b: np.ndarray,
    lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """See `recurrent.sequence`; gates comes with what the input gives to each column."""
    code, columns, _ = KINDS[kind]
    (T, N, _), H = gates.shape, w_hh.shape[1]
    lanes = present().lanes(gates.itemsize)
    out = np.empty((T + len(state), N, H), gates.dtype)
    saved = np.empty((T, N, H) if code > 1 else (1,), gates.dtype)
    weights = _in_lanes(w_hh.reshape(columns, H, H).transpose(2, 0, 1), lanes)
    biases = _in_lanes(b.reshape(-1, H), lanes)  # (bundles, columns, lanes)
    extra = biases[:, 2].ravel() if kind == "gru" else biases.ravel()
    first = biases[:, [0, 1, 3]].ravel() if kind == "gru" else biases.ravel()
    rest = lengths, reverse
    flat = gates.ravel(), columns, saved.ravel(), out.ravel(), state[0].ravel(), state[-1].ravel()

    def task(samples: tuple[int, int]) -> None:
        tile = sized(_rows(columns, samples)), sized(columns), sized(lanes)
        forward(
            sized(code), *tile, *flat, *rest, samples, (T, N, H), weights.ravel(), first, extra
        )  # fmt: skip

    run(task, parts(N, T * N * columns * H * H / PRODUCTS))
    return out, saved


def sequence_back(
    kind: str, g: np.ndarray, out: np.ndarray, gates: np.ndarray, saved: np.ndarray,
    state: np.ndarray, w_hh: np.ndarray, lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """See `recurrent.sequence_back`."""
    code, columns, slope_columns = KINDS[kind]
    (_, N, H), T = out.shape, len(out) - len(state)
    lanes = present().lanes(out.itemsize)
    slopes = np.empty((T, N, slope_columns, H), out.dtype)
    state_slopes = np.empty_like(state)
    bundles = -(-H // lanes)
    vectors = 4 if N == 1 and bundles % 4 == 0 else 1
    weights = _in_lanes(w_hh, vectors * lanes).ravel()
    flat = [a.ravel() for a in (saved, out, state[0], state[-1], g, slopes)]
    rest = slope_columns, state_slopes.ravel(), lengths, reverse

    def task(samples: tuple[int, int]) -> None:
        tile = sized(_rows(1, samples)), sized(vectors), sized(lanes)
        backward(
            sized(code), *tile, gates.ravel(), columns, *flat, *rest, samples, (T, N, H), weights
        )  # fmt: skip

    run(task, parts(N, T * N * columns * H * H / PRODUCTS))
    return slopes, state_slopes


def _rows(vectors: int, samples: tuple[int, int]) -> int:
    """The rows of a tile with so many vectors, for a run of samples."""
    if samples[1] - samples[0] == 1:
        return 1
    many, few = ROWS[vectors]
    return many if present().gather[0] > 8 else few


def _in_lanes(w: np.ndarray, lanes: int) -> np.ndarray:
    """(..., units) -> (bundles, ..., lanes), with zeros beyond the last unit."""
    units = w.shape[-1]
    bundles = -(-units // lanes)
    out = np.zeros((bundles, *w.shape[:-1], lanes), w.dtype)
    whole = units // lanes
    parts = w[..., : whole * lanes].reshape(*w.shape[:-1], whole, lanes)
    out[:whole] = np.moveaxis(parts, -2, 0)
    if whole < bundles:
        out[whole, ..., : units - whole * lanes] = w[..., whole * lanes :]
    return out
