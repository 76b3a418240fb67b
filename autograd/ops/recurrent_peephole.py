"""Lstm whose gates see its memory.

Source: Gers & Schmidhuber (2000), "Recurrent nets that time and count".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, uniform
from .exponential import sigmoid
from .linear import linear
from .recurrent import logistic, row_sums
from .recurrent_gates import parts
from .recurrent_layer import (
    both_biases,
    checked_layer,
    checked_lengths,
    each_step,
    layer_fails,
    layer_samples,
)
from .recurrent_sequence import State, unroll
from .trigonometric import tanh

_X, _H = np.ones((4, 2, 3)), np.ones((2, 2))


def _cell_reference(
    x: Any, state: Any, w_ih: Any, w_hh: Any, w_ch: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """One step for one sample, in plain loops."""
    h, c = state
    rows = [a + b for a, b in zip(*row_sums(x, h, w_ih, w_hh, b_ih, b_hh))]
    n = len(h)
    hs, cs = [], []
    for k, old in enumerate(c):
        i, f = (logistic(rows[j * n + k] + w_ch[j * n + k] * old) for j in range(2))
        new = f * old + i * math.tanh(rows[2 * n + k])
        hs.append(logistic(rows[3 * n + k] + w_ch[2 * n + k] * new) * math.tanh(new))
        cs.append(new)
    return np.array(hs), np.array(cs)


def _step(a: Any, c: Any, w_ch: Any) -> tuple[Any, Any]:
    """The new state and memory, of what input and state give to the gates, and the old memory."""
    i, f, g, o = parts(a, 4)
    p_i, p_f, p_o = parts(w_ch, 3)
    c = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * tanh(g)
    return sigmoid(o + p_o * c) * tanh(c), c


def _samples(rng: Rng) -> Iterable[Sample]:
    for sample in layer_samples(4, 2)(rng):
        x, state, w_ih, w_hh, *biases = sample.args
        w_ch = uniform(rng, (6,), -1, 1)
        yield Sample(x, state, w_ih, w_hh, w_ch, *biases, **sample.attrs, label=sample.label,
                     orders=sample.orders)  # fmt: skip


@composite(
    samples=_samples,
    reference=each_step(_cell_reference),
    fails=[
        *(Fails(*f.args[:4], np.ones(6), *f.args[4:], match=f.match, error=f.error, **f.attrs)
          for f in layer_fails(4, (_H, _H))),
        Fails(_X, (_H, _H), np.ones((8, 3)), np.ones((8, 2)), np.ones((3, 2)),
              match=r"w_ch has shape \(3, 2\), expected \(6,\)"),
    ],
)  # fmt: skip
def peephole_lstm_layer(
    x, state, w_ih, w_hh, w_ch, b_ih=None, b_hh=None, lengths=None, reverse=False
) -> tuple[Any, ...]:
    """An lstm whose gates see its memory: all states h, and the last h and c.

    i = sigmoid(a_i + p_i * c), f = sigmoid(a_f + p_f * c), c' = f * c + i * tanh(a_g),
    o = sigmoid(a_o + p_o * c') and h' = o * tanh(c'), where the rows of
    w_ih @ x + b_ih + w_hh @ h + b_hh are a_i, a_f, a_g, a_o, and those of w_ch p_i, p_f, p_o.

    Parameters
    ----------
    x, state, w_ih, w_hh, b_ih, b_hh, lengths, reverse : as for `lstm_layer`
    w_ch : shape (3 * hidden,)
        The peepholes of the input, forget and output gates.

    Returns
    -------
    As `lstm_layer`.

    Source
    ------
    Gers & Schmidhuber (2000), "Recurrent nets that time and count".
    """
    name = "peephole_lstm_layer"
    h, c = state
    x, start = checked_layer(name, 4, x, {"h": h, "c": c}, w_ih, w_hh)
    lengths = checked_lengths(name, x, lengths)
    expected = (3 * np.shape(w_hh)[1],)
    if np.shape(w_ch) != expected:
        fact = f"w_ch has shape {np.shape(w_ch)}, expected {expected}"
        raise complain(ShapeError, name, fact, {"x": x, "w_ch": w_ch})

    def advance(mine: Any, state: State) -> State:
        return _step(mine + linear(state[0], w_hh), state[1], w_ch)

    return unroll(x, w_ih, both_biases(b_ih, b_hh), start, advance, lengths, reverse)
