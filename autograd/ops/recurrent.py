"""One step of recurrent layers, with PyTorch's order of gates and layouts of weights.

x is (..., in), a state is (..., hidden), w_ih is (gates * hidden, in), w_hh (gates * hidden,
hidden) and the biases b_ih and b_hh are (gates * hidden,), where an rnn has one gate, a gru three
(reset, update, new) and an lstm four (input, forget, cell, output).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arguments import operand
from ..errors import ArgumentError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, Samples, uniform
from .linear import linear
from .piecewise import relu
from .recurrent_gates import gru_update, lstm_update
from .trigonometric import tanh


def _checked(
    name: str, gates: int, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any
) -> tuple[Any, Any]:
    """What x and what the state give to the gates, once everything fits together."""
    x, h, w_ih, w_hh = map(operand, (x, h, w_ih, w_hh))
    hidden = w_hh.shape[-1] if w_hh.ndim else 0
    arrays = {"x": x, "h": h, "w_ih": w_ih, "w_hh": w_hh}
    for label, w, columns in (("w_ih", w_ih, x.shape[-1:]), ("w_hh", w_hh, (hidden,))):
        expected = (gates * hidden, *columns)
        if w.shape != expected:
            fact = f"{label} has shape {w.shape}, expected {expected}: {gates} x {hidden} rows"
            raise complain(ShapeError, name, fact, arrays)
    if h.shape != (*x.shape[:-1], hidden):
        fact = f"the state has shape {h.shape}, expected {(*x.shape[:-1], hidden)}"
        raise complain(ShapeError, name, fact, arrays)
    return linear(x, w_ih, b_ih), linear(h, w_hh, b_hh)


def _cell_samples(gates: int, state: Callable[..., Any], *options: dict[str, Any]) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        w = [uniform(rng, (2 * gates, n), -1, 1) for n in (1, 2)]
        b = [uniform(rng, (2 * gates,), -1, 1) for _ in range(2)]
        yield Sample(uniform(rng, (2, 1)), state(rng, (2, 2)), *w, *b, label="batch", orders=2)
        for more in options or ({},):
            yield Sample(uniform(rng, (1,)), state(rng, (2,)), *w, **more)

    return samples


def row_sums(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> list[list[float]]:
    """For one sample: what x and what the state give to each row of the weights, in plain loops."""
    return [
        [math.fsum(a * b for a, b in zip(row, v)) + (0 if bias is None else bias[k])
         for k, row in enumerate(w)]
        for v, w, bias in ((x, w_ih, b_ih), (h, w_hh, b_hh))
    ]  # fmt: skip


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _each_sample(step: Callable[..., Any]) -> Callable[..., Any]:
    """A reference from the step of one sample: (x, state, weights) -> lists."""

    def reference(x: Any, state: Any, *weights: Any, **options: Any) -> Any:
        weights = (*weights, None, None)[:4]
        several = isinstance(state, tuple)
        if x.ndim == 1:
            out = step(x, state, *weights, **options)
        elif several:
            rows = [step(v, s, *weights, **options) for v, *s in zip(x, *state)]
            out = tuple(zip(*rows))
        else:
            out = [step(v, s, *weights, **options) for v, s in zip(x, state)]
        return tuple(np.array(v) for v in out) if several else np.array(out)

    return reference


_W_IH, _W_HH = np.ones((2, 3)), np.ones((2, 2))


def _rnn_step(x: Any, h: Any, *weights: Any, nonlinearity: str = "tanh") -> list[float]:
    rows = [a + b for a, b in zip(*row_sums(x, h, *weights))]
    return [math.tanh(v) if nonlinearity == "tanh" else max(v, 0) for v in rows]


@composite(
    samples=_cell_samples(1, uniform, {}, {"nonlinearity": "relu"}),
    reference=_each_sample(_rnn_step),
    fails=[
        Fails(np.ones(4), np.ones(2), _W_IH, _W_HH, match=r"w_ih has shape \(2, 3\), .* \(2, 4\)"),
        Fails(np.ones(3), np.ones(2), _W_IH, _W_IH, match=r"w_ih .* expected \(3, 3\)"),
        Fails(np.ones(3), np.ones(3), _W_IH, _W_HH, match=r"state has shape \(3,\), .* \(2,\)"),
        Fails(np.ones(3), np.ones(2), _W_IH, _W_HH, np.ones(3), match="b has shape .3,."),
        Fails(np.ones(3), np.ones(2), _W_IH, _W_HH, nonlinearity="sin", match="'sin'",
              error=ArgumentError),
    ],
)  # fmt: skip
def rnn_cell(x, h, w_ih, w_hh, b_ih=None, b_hh=None, nonlinearity="tanh"):
    """tanh(w_ih @ x + b_ih + w_hh @ h + b_hh), the new state of a simple recurrent layer.

    Parameters
    ----------
    x : shape (..., in)
    h : shape (..., hidden), the state before
    w_ih : shape (hidden, in)
    w_hh : shape (hidden, hidden)
    b_ih, b_hh : shape (hidden,), optional
    nonlinearity : "tanh" or "relu"

    Source
    ------
    Elman (1990), "Finding Structure in Time".
    """
    if nonlinearity not in ("tanh", "relu"):
        fact = f"nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
        raise complain(ArgumentError, "rnn_cell", fact)
    mine, before = _checked("rnn_cell", 1, x, h, w_ih, w_hh, b_ih, b_hh)
    return (tanh if nonlinearity == "tanh" else relu)(mine + before)


def _lstm_step(x: Any, state: Any, *weights: Any) -> tuple[list[float], list[float]]:
    h, c = state
    rows = [a + b for a, b in zip(*row_sums(x, h, *weights))]
    i, f, g, o = (rows[k * len(h) : (k + 1) * len(h)] for k in range(4))
    new = [logistic(fk) * ck + logistic(ik) * math.tanh(gk) for ik, fk, gk, ck in zip(i, f, g, c)]
    return [logistic(ok) * math.tanh(ck) for ok, ck in zip(o, new)], new


@composite(
    samples=_cell_samples(4, lambda rng, shape: (uniform(rng, shape), uniform(rng, shape))),
    reference=_each_sample(_lstm_step),
    fails=[
        Fails(np.ones(3), (np.ones(2), np.ones(2)), _W_IH, _W_HH, match=r"\(8, 3\): 4 x 2 rows"),
        Fails(np.ones(3), (np.ones(2), np.ones(3)), np.ones((8, 3)), np.ones((8, 2)),
              match=r"c has shape \(3,\) but h has \(2,\)"),
    ],
)  # fmt: skip
def lstm_cell(x, state, w_ih, w_hh, b_ih=None, b_hh=None) -> tuple[Any, Any]:
    """One step of long short-term memory: the new state (h, c).

    c' = sigmoid(f) * c + sigmoid(i) * tanh(g) and h' = sigmoid(o) * tanh(c'), where the rows of
    w_ih @ x + b_ih + w_hh @ h + b_hh are i, f, g and o in this order.

    Parameters
    ----------
    x : shape (..., in)
    state : tuple (h, c) of shapes (..., hidden)
    w_ih : shape (4 * hidden, in)
    w_hh : shape (4 * hidden, hidden)
    b_ih, b_hh : shape (4 * hidden,), optional

    Source
    ------
    Hochreiter & Schmidhuber (1997), "Long Short-Term Memory", with the forget gate of Gers,
    Schmidhuber & Cummins (2000).
    """
    h, c = (operand(v) for v in state)
    if c.shape != h.shape:
        fact = f"c has shape {c.shape} but h has {h.shape}"
        raise complain(ShapeError, "lstm_cell", fact, {"x": x, "h": h, "c": c})
    mine, before = _checked("lstm_cell", 4, x, h, w_ih, w_hh, b_ih, b_hh)
    return lstm_update(mine, before, c)


def _gru_step(x: Any, h: Any, *weights: Any) -> list[float]:
    mine, before = row_sums(x, h, *weights)
    n = len(h)
    out = []
    for k in range(n):
        reset = logistic(mine[k] + before[k])
        update = logistic(mine[n + k] + before[n + k])
        new = math.tanh(mine[2 * n + k] + reset * before[2 * n + k])
        out.append((1 - update) * new + update * h[k])
    return out


@composite(
    samples=_cell_samples(3, uniform),
    reference=_each_sample(_gru_step),
    fails=[Fails(np.ones(3), np.ones(2), _W_IH, _W_HH, match=r"\(6, 3\): 3 x 2 rows")],
)
def gru_cell(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a gated recurrent unit: the new state.

    h' = (1 - z) * n + z * h with r = sigmoid(x_r + h_r), z = sigmoid(x_z + h_z) and
    n = tanh(x_n + r * h_n), where the rows of w_ih @ x + b_ih are x_r, x_z, x_n, and those of
    w_hh @ h + b_hh are h_r, h_z, h_n.

    Parameters
    ----------
    x : shape (..., in)
    h : shape (..., hidden), the state before
    w_ih : shape (3 * hidden, in)
    w_hh : shape (3 * hidden, hidden)
    b_ih, b_hh : shape (3 * hidden,), optional

    Source
    ------
    Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder"; r acts after
    the product with w_hh, as in cuDNN and PyTorch.
    """
    h = operand(h)
    mine, before = _checked("gru_cell", 3, x, h, w_ih, w_hh, b_ih, b_hh)
    return gru_update(mine, before, h)
