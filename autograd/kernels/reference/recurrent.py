"""Recurrent layers, sample by sample and step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

COLUMNS = {"gru": 3, "lstm": 4}


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _steps(count: int, reverse: bool) -> range:
    return range(count)[::-1] if reverse else range(count)


def sequence(
    kind: str, x: np.ndarray, state: np.ndarray, w_ih: np.ndarray, w_hh: np.ndarray,
    b: np.ndarray, lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """All states, the last state, an lstm's last memory; then the gates; then an lstm's memory or
    what the state gives to new in a gru. What a sample has no steps for is 0."""
    (T, N, _), H = x.shape, w_hh.shape[1]
    out, gates = np.zeros((T, N, H), x.dtype), np.zeros((T, N, len(w_hh)), x.dtype)
    saved, (h, *memory) = np.zeros((T, N, H), x.dtype), state.copy()
    for n, count in enumerate(lengths):
        for t in _steps(count, reverse):
            mine, given = w_ih @ x[t, n], w_hh @ h[n]
            if kind == "gru":
                (r, z, new), (h_r, h_z, h_n) = np.split(mine, 3), np.split(given, 3)
                b_r, b_z, b_n, b_h = np.split(b, 4)
                r, z, saved[t, n] = _logistic(r + h_r + b_r), _logistic(z + h_z + b_z), h_n + b_h
                new = np.tanh(new + b_n + r * saved[t, n])
                gates[t, n] = np.concatenate([r, z, new])
                h[n] = (1 - z) * new + z * h[n]
            elif kind == "lstm":
                i, f, c, o = np.split(mine + given + b, 4)
                i, f, c, o = _logistic(i), _logistic(f), np.tanh(c), _logistic(o)
                gates[t, n] = np.concatenate([i, f, c, o])
                saved[t, n] = memory[0][n] = f * memory[0][n] + i * c
                h[n] = o * np.tanh(memory[0][n])
            else:
                total = mine + given + b
                h[n] = np.tanh(total) if kind == "tanh" else np.where(total <= 0, 0, total)
            out[t, n] = h[n]
    return np.stack([*out, h, *memory]), gates, saved


def sequence_back(
    kind: str, g: np.ndarray, out: np.ndarray, gates: np.ndarray, saved: np.ndarray,
    state: np.ndarray, w_hh: np.ndarray, lengths: np.ndarray, reverse: bool,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The cotangents of what the columns were given, (time, samples, columns, units), and of the
    first state. A gru has a fourth column, of what the state gives to new."""
    N, H = out.shape[1:]
    T, columns = len(out) - len(state), 4 if kind == "gru" else len(w_hh) // H
    slopes = np.zeros((T, N, columns, H), out.dtype)
    dh, *dm = last = g[T:].copy()
    for n, count in enumerate(lengths):
        order = _steps(count, reverse)
        for k, t in reversed(list(enumerate(order))):
            before = state[0, n] if k == 0 else out[order[k - 1], n]
            dh[n] += g[t, n]
            a = gates[t, n].reshape(-1, H)
            if kind == "gru":
                slopes[t, n], kept = _gru(dh[n], a, saved[t, n], before)
                dh[n] = kept + slopes[t, n, [0, 1, 3]].ravel() @ w_hh
                continue
            if kind == "lstm":
                old = state[1, n] if k == 0 else saved[order[k - 1], n]
                slopes[t, n], dm[0][n] = _lstm(dh[n], dm[0][n], a, saved[t, n], old)
            elif kind == "tanh":
                slopes[t, n] = dh[n] * (1 - out[t, n] ** 2)
            else:
                slopes[t, n] = np.where(out[t, n] > 0, dh[n], 0)
            dh[n] = slopes[t, n].ravel() @ w_hh
    return slopes, last


def _gru(dh: Any, a: Any, given: Any, before: Any) -> tuple[Any, Any]:
    """Of reset, update, new and what the state gives to new; then what goes past the gates."""
    r, z, new = a
    of_new = dh * (1 - z) * (1 - new**2)
    of_z = dh * (before - new) * z * (1 - z)
    return [of_new * given * r * (1 - r), of_z, of_new, of_new * r], dh * z


def _lstm(dh: Any, dm: Any, a: Any, memory: Any, old: Any) -> tuple[Any, Any]:
    """Of input, forget, cell and output; then of the memory before."""
    i, f, c, o = a
    of_o = dh * np.tanh(memory) * o * (1 - o)
    dm = dm + dh * o * (1 - np.tanh(memory) ** 2)
    return [dm * c * i * (1 - i), dm * old * f * (1 - f), dm * i * (1 - c**2), of_o], dm * f


def cell(
    kind: str, mine: np.ndarray, before: np.ndarray, carried: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The new state of each sample, for an lstm with the memory, and the gates."""
    x, y = (np.split(a.astype(float), COLUMNS[kind], -1) for a in (mine, before))
    if kind == "gru":
        r, z = _logistic(x[0] + y[0]), _logistic(x[1] + y[1])
        new = np.tanh(x[2] + r * y[2])
        gates, out = [r, z, new], (1 - z) * new + z * carried
    else:
        i, f, o = (_logistic(x[k] + y[k]) for k in (0, 1, 3))
        c = np.tanh(x[2] + y[2])
        memory = f * carried + i * c
        gates, out = [i, f, c, o], np.stack([o * np.tanh(memory), memory])
    return out.astype(mine.dtype), np.concatenate(gates, -1).astype(mine.dtype)


def cell_back(
    kind: str, g: np.ndarray, out: np.ndarray, gates: np.ndarray, before: np.ndarray,
    carried: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The cotangents of mine, before and carried."""
    a = np.split(gates, COLUMNS[kind], -1)
    if kind == "gru":
        (of_r, of_z, of_n, of_h), kept = _gru(g, a, np.split(before, 3, -1)[2], carried)
        of_mine, of_before = [of_r, of_z, of_n], [of_r, of_z, of_h]
        return np.concatenate(of_mine, -1), np.concatenate(of_before, -1), kept
    slopes, kept = _lstm(g[0], g[1], a, out[1], carried)
    found = np.concatenate(slopes, -1)
    return found, found, kept
