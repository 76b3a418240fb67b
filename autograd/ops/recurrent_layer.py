"""Recurrent layers over whole sequences: the steps of `recurrent`, one after another.

x is (time, ..., in), with any batch axes in between. What the input gives to the gates is one
product for all steps; each step then adds what the state gives: `recurrent_sequence`, or `unroll`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..algebra import where
from ..arguments import operand
from ..engine import plain
from ..errors import ArgumentError, DTypeError, ShapeError
from ..messages import complain
from ..op import composite
from ..samples import Fails, Rng, Sample, Samples, uniform
from .join import concat, stack
from .linear import checked_bias, linear
from .recurrent import gru_cell, lstm_cell, rnn_cell
from .recurrent_gates import lstm_update
from .recurrent_sequence import Layer, State, recurrent_sequence, steps_inside, unroll
from .shape import reshape

# Arguments


def checked_layer(
    name: str, gates: int, x: Any, state: dict[str, Any], w_ih: Any, w_hh: Any, w_hr: Any = None
) -> tuple[Any, State]:
    """x and the state as arrays, once everything fits together."""
    x = operand(x)
    states = {label: operand(s) for label, s in state.items()}
    arrays = {"x": x, **states, "w_ih": w_ih, "w_hh": w_hh}
    if x.ndim < 2:
        fact = f"x must have axes (time, ..., features), got {x.ndim}"
        raise complain(ShapeError, name, fact, arrays)
    if not len(x):
        raise complain(ShapeError, name, "x has no steps", arrays)
    rows, width = np.shape(w_hh) if np.ndim(w_hh) == 2 else (1, 0)
    hidden = rows // gates
    if rows % gates or (w_hr is None and width != hidden):
        fact = f"w_hh has shape {np.shape(w_hh)}, expected ({gates} x hidden, hidden)"
        raise complain(ShapeError, name, fact, arrays)
    if w_hr is not None and np.shape(w_hr) != (width, hidden):
        fact = f"w_hr has shape {np.shape(w_hr)}, expected {(width, hidden)}"
        raise complain(ShapeError, name, fact, {**arrays, "w_hr": w_hr})
    if np.shape(w_ih) != (rows, x.shape[-1]):
        fact = f"w_ih has shape {np.shape(w_ih)}, expected {(rows, x.shape[-1])}"
        raise complain(ShapeError, name, fact, arrays)
    for label, size in zip(states, (width, hidden)):
        expected = (*x.shape[1:-1], size)
        if states[label].shape != expected:
            fact = f"the state {label} has shape {states[label].shape}, expected {expected}"
            raise complain(ShapeError, name, fact, arrays)
    return x, tuple(states.values())


def checked_lengths(name: str, x: Any, lengths: Any) -> np.ndarray | None:
    """The number of steps of each sample; None if all have as many as x."""
    if lengths is None:
        return None
    given = np.asarray(plain(lengths))
    if given.shape != x.shape[1:-1] or given.ndim != 1:
        fact = f"lengths has shape {given.shape}, expected one for each sample of x {x.shape}"
        raise complain(ShapeError, name, fact, {"x": x})
    if given.size and given.dtype.kind not in "iu":
        raise complain(DTypeError, name, f"lengths must be ints, not {given.dtype}")
    wrong = given[(given < 1) | (given > len(x))]
    if wrong.size:
        fact = f"lengths must lie in 1 to {len(x)}, the steps of x; got {wrong[0]}"
        raise complain(ArgumentError, name, fact)
    return given.astype(np.intp)


def both_biases(b_ih: Any, b_hh: Any) -> Any:
    """Both biases in one, for cells that only ever add them."""
    if b_ih is None or b_hh is None:
        return b_hh if b_ih is None else b_ih
    return b_ih + b_hh


# Running


def _biases(name: str, x: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> list[Any]:
    """Both biases, zeros where there is none."""
    given = [None if b is None else checked_bias(name, x, w_ih, b) for b in (b_ih, b_hh)]
    return [np.zeros(len(w_hh), operand(w_hh).dtype) if b is None else b for b in given]


def _run(
    kind: str, x: Any, state: State, w_ih: Any, w_hh: Any, b: Any, lengths: np.ndarray | None,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """What `unroll` gives, by `recurrent_sequence`."""
    steps, *batch, width = x.shape
    inside = steps_inside(x, lengths)
    if inside is not None:
        x = where(inside, x, 0)
    count, flat = math.prod(batch), len(batch) == 1
    if not flat:
        x = reshape(x, shape=(steps, count, width))
        state = tuple(reshape(s, shape=(count, s.shape[-1])) for s in state)
    full = np.full(count, steps) if lengths is None else lengths
    out = recurrent_sequence(x, stack(state), w_ih, w_hh, b, layer=Layer(kind, full, bool(reverse)))
    if not flat:
        out = reshape(out, shape=(len(out), *batch, out.shape[-1]))
    return out[:steps], *(out[steps + k] for k in range(len(state)))


# Samples and references


def layer_samples(gates: int, states: int, *options: dict[str, Any]) -> Samples:
    def samples(rng: Rng) -> Iterable[Sample]:
        w = [uniform(rng, (2 * gates, n), -1, 1) for n in (1, 2)]
        b = [uniform(rng, (2 * gates,), -1, 1) for _ in range(2)]
        state = [uniform(rng, (2, 2)) for _ in range(states)]
        x = uniform(rng, (3, 2, 1))
        one = [s[0] for s in state]
        yield Sample(x[:, 0], _pack(one), *w, *b, orders=2)
        lengths = np.array([1, 3])
        yield Sample(x, _pack(state), *w, lengths=lengths, orders=1, label="lengths")
        yield Sample(x, _pack(state), *w, lengths=lengths, reverse=True, orders=1, label="back")
        for more in options:
            yield Sample(x[:2, 0], _pack(one), *w, **more, orders=1)

    return samples


def _pack(state: list[Any]) -> Any:
    return state[0] if len(state) == 1 else tuple(state)


def each_step(cell: Callable[..., Any]) -> Callable[..., Any]:
    """A reference from the reference of a cell: sample by sample, step by step."""

    def reference(
        x: Any,
        state: Any,
        *weights: Any,
        lengths: Any = None,
        reverse: bool = False,
        **options: Any,
    ) -> Any:
        if x.ndim == 3:
            several = isinstance(state, tuple)
            states = zip(*state) if several else state
            counts = [len(x)] * x.shape[1] if lengths is None else lengths
            found = [
                reference(x[:count, n], tuple(s) if several else s, *weights, reverse=reverse,
                          **options)
                for n, (s, count) in enumerate(zip(states, counts))
            ]  # fmt: skip
            out = np.zeros((len(x), len(found), found[0][0].shape[-1]))
            for n, (rows, *_) in enumerate(found):
                out[: len(rows), n] = rows
            return out, *(np.stack(s) for s in list(zip(*found))[1:])
        rows = {}
        for t in range(len(x))[:: -1 if reverse else 1]:
            state = cell(x[t], state, *weights, **options)
            rows[t] = state[0] if isinstance(state, tuple) else state
        last = state if isinstance(state, tuple) else (state,)
        return np.stack([rows[t] for t in range(len(x))]), *last

    return reference


_X, _H = np.ones((4, 2, 3)), np.ones((2, 2))


def layer_fails(gates: int, state: Any) -> list[Fails]:
    w = np.ones((2 * gates, 3)), np.ones((2 * gates, 2))
    return [
        Fails(np.ones(3), state, *w, match=r"\(time, ..., features\), got 1"),
        Fails(np.ones((0, 2, 3)), state, *w, match="no steps"),
        Fails(_X, state, w[0], np.ones((2 * gates + 1, 2)) if gates > 1 else np.ones(2),
              match=rf"w_hh has shape .* expected \({gates} x hidden"),
        Fails(_X, state, w[0], w[0], match=rf"w_hh has shape \({2 * gates}, 3\), expected"),
        Fails(_X, state, w[1], w[1], match=rf"w_ih has shape .* expected \({2 * gates}, 3\)"),
        Fails(_X[:, :1], state, *w, match=r"state h has shape \(2, 2\), expected \(1, 2\)"),
        Fails(_X, state, *w, np.ones(5), match="b has shape"),
        Fails(_X, state, *w, lengths=[1], match=r"lengths has shape \(1,\)"),
        Fails(_X, state, *w, lengths=[1, 5], match="1 to 4.* got 5", error=ArgumentError),
        Fails(_X, state, *w, lengths=[1.0, 2.0], match="ints, not float64", error=DTypeError),
    ]  # fmt: skip


# The layers


@composite(
    samples=layer_samples(1, 1, {"nonlinearity": "relu"}),
    reference=each_step(rnn_cell.op.reference),
    fails=[
        *layer_fails(1, _H),
        Fails(_X, _H, np.ones((2, 3)), np.ones((2, 2)), nonlinearity="sin", match="'sin'",
              error=ArgumentError),
    ],
)  # fmt: skip
def rnn_layer(
    x, h, w_ih, w_hh, b_ih=None, b_hh=None, nonlinearity="tanh", lengths=None, reverse=False
) -> tuple[Any, ...]:
    """`rnn_cell` for each step of x: all states, and the last one.

    Parameters
    ----------
    x : shape (time, ..., in)
    h : shape (..., hidden), the state before the first step
    w_ih, w_hh, b_ih, b_hh, nonlinearity : as for `rnn_cell`
    lengths : ints, shape (batch,), optional
        How many steps of each sample count, for x of shape (time, batch, in).
    reverse : bool
        Whether time runs from the last step to the first.

    Returns
    -------
    shape (time, ..., hidden), shape (..., hidden)
        The states, 0 where a sample is over, and the last state of each sample.

    Source
    ------
    Elman (1990), "Finding Structure in Time".
    """
    name = "rnn_layer"
    if nonlinearity not in ("tanh", "relu"):
        fact = f"nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
        raise complain(ArgumentError, name, fact)
    x, state = checked_layer(name, 1, x, {"h": h}, w_ih, w_hh)
    lengths = checked_lengths(name, x, lengths)
    b_ih, b_hh = _biases(name, x, w_ih, w_hh, b_ih, b_hh)
    return _run(nonlinearity, x, state, w_ih, w_hh, b_ih + b_hh, lengths, reverse)


def _lstm_samples(rng: Rng) -> Iterable[Sample]:
    yield from layer_samples(4, 2)(rng)
    weights = (uniform(rng, s, -1, 1) for s in ((8, 2), (8, 1), (8,), (8,), (1, 2)))
    state = uniform(rng, (1,)), uniform(rng, (2,))
    yield Sample(uniform(rng, (2, 2)), state, *weights, orders=1, label="projected")


def _lstm_reference(
    x: Any, state: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, w_hr: Any = None,
    **options: Any,
) -> Any:  # fmt: skip
    def projected(x: Any, state: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
        h, c = state
        wide = np.zeros(len(c)), np.zeros((len(w_hh), len(c)))  # what h gives comes as a bias
        h, c = lstm_cell.op.reference(x, (wide[0], c), w_ih, wide[1], b_ih, w_hh @ h + b_hh)
        return w_hr @ h, c

    cell = lstm_cell.op.reference if w_hr is None else projected
    return each_step(cell)(x, state, w_ih, w_hh, b_ih, b_hh, **options)


@composite(
    samples=_lstm_samples,
    reference=_lstm_reference,
    fails=[
        *layer_fails(4, (_H, _H)),
        Fails(_X, (_H, np.ones((2, 3))), np.ones((8, 3)), np.ones((8, 2)),
              match=r"state c has shape \(2, 3\), expected \(2, 2\)"),
        Fails(_X, (_H, _H), np.ones((8, 3)), np.ones((8, 2)), w_hr=np.ones((2, 3)),
              match=r"w_hr has shape \(2, 3\), expected \(2, 2\)"),
    ],
)  # fmt: skip
def lstm_layer(
    x, state, w_ih, w_hh, b_ih=None, b_hh=None, w_hr=None, lengths=None, reverse=False
) -> tuple[Any, ...]:
    """`lstm_cell` for each step of x: all states h, and the last h and c.

    Parameters
    ----------
    x : shape (time, ..., in)
    state : tuple (h, c) of shapes (..., hidden)
    w_ih, w_hh, b_ih, b_hh : as for `lstm_cell`
    w_hr : shape (projected, hidden), optional
        Makes each h smaller: h is then (..., projected) and w_hh (4 * hidden, projected).
    lengths, reverse : as for `rnn_layer`

    Returns
    -------
    shape (time, ..., hidden or projected), h, c
        The states, 0 where a sample is over, and the last state of each sample.

    Source
    ------
    Hochreiter & Schmidhuber (1997), "Long Short-Term Memory"; Sak, Senior & Beaufays (2014), "Long
    short-term memory recurrent neural network architectures", for the projection.
    """
    name = "lstm_layer"
    h, c = state
    x, start = checked_layer(name, 4, x, {"h": h, "c": c}, w_ih, w_hh, w_hr)
    lengths = checked_lengths(name, x, lengths)
    if w_hr is None:
        b_ih, b_hh = _biases(name, x, w_ih, w_hh, b_ih, b_hh)
        return _run("lstm", x, start, w_ih, w_hh, b_ih + b_hh, lengths, reverse)

    def advance(mine: Any, state: State) -> State:
        h, c = lstm_update(mine, linear(state[0], w_hh), state[1])
        return linear(h, w_hr), c

    return unroll(x, w_ih, both_biases(b_ih, b_hh), start, advance, lengths, reverse)


@composite(
    samples=layer_samples(3, 1),
    reference=each_step(gru_cell.op.reference),
    fails=layer_fails(3, _H),
)
def gru_layer(
    x, h, w_ih, w_hh, b_ih=None, b_hh=None, lengths=None, reverse=False
) -> tuple[Any, ...]:
    """`gru_cell` for each step of x: all states, and the last one.

    Parameters
    ----------
    x : shape (time, ..., in)
    h : shape (..., hidden), the state before the first step
    w_ih, w_hh, b_ih, b_hh : as for `gru_cell`
    lengths, reverse : as for `rnn_layer`

    Returns
    -------
    shape (time, ..., hidden), shape (..., hidden)
        The states, 0 where a sample is over, and the last state of each sample.

    Source
    ------
    Cho et al. (2014), "Learning Phrase Representations using RNN Encoder-Decoder".
    """
    name = "gru_layer"
    x, state = checked_layer(name, 3, x, {"h": h}, w_ih, w_hh)
    lengths = checked_lengths(name, x, lengths)
    b_ih, b_hh = _biases(name, x, w_ih, w_hh, b_ih, b_hh)
    last = len(w_hh) // 3 * 2  # reset scales what the state gives to new, its bias included
    b = concat([b_ih[:last] + b_hh[:last], b_ih[last:], b_hh[last:]])
    return _run("gru", x, state, w_ih, w_hh, b, lengths, reverse)
