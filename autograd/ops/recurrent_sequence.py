"""A recurrent layer over a whole sequence as one op, whose first derivative is a kernel.

`composed` is the same in recorded steps, one after another: it runs where there is no kernel, and
every derivative above the first is its own. Its loop over time is `unroll`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..algebra import where
from ..engine import plain
from ..fused import Once, recorded_pull
from ..kernels.recurrence import sequence as kernels
from ..op import op
from ..samples import Rng, Sample, uniform
from ..tensor import Tensor
from .join import concat, stack, unstack
from .linear import linear
from .piecewise import relu
from .recurrent_gates import gru_gates, gru_state, lstm_step, parts
from .trigonometric import tanh

State = tuple[Any, ...]  # arrays (..., hidden)
Advance = Callable[[Any, State], State]  # what one step's input gives to the gates, the state


def unroll(
    x: Any, w_ih: Any, bias: Any, state: State, advance: Advance, lengths: np.ndarray | None,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """The first state array at every step, (time, ..., hidden), and the last state.

    A sample whose length is over keeps its state, so that its last state is that of its last step
    whichever way time runs; its outputs beyond are 0. What x holds there has no effect, NaN
    included.
    """
    inside = steps_inside(x, lengths)
    if inside is not None:
        x = where(inside, x, 0)
    steps = unstack(linear(x, w_ih, bias))
    outputs: list[Any] = [None] * len(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        new = advance(steps[t], state)
        if inside is not None and not inside[t].all():
            new = tuple(where(inside[t], a, b) for a, b in zip(new, state))
        state = new
        outputs[t] = state[0]
    out = stack(outputs)
    return out if inside is None else where(inside, out, 0), *state


def steps_inside(x: Any, lengths: np.ndarray | None) -> np.ndarray | None:
    """Which steps of x (time, batch, features) count, (time, batch, 1); None if all do."""
    if lengths is None or lengths.min(initial=len(x)) >= len(x):
        return None
    return (np.arange(len(x))[:, None] < lengths)[..., None]


# The steps of each kind: they add b to what input and state give


def _simple(squash: Callable[..., Any], w_hh: Any, b: Any) -> Advance:
    return lambda mine, state: (squash(mine + linear(state[0], w_hh, b)),)


def _gru(w_hh: Any, b: Any) -> Advance:
    reset, update, new, scaled = parts(b, 4)
    mine_too, given = concat([reset, update, new]), concat([0 * reset, 0 * update, scaled])

    def advance(mine: Any, state: State) -> State:
        gates = gru_gates(mine + mine_too, linear(state[0], w_hh, given))
        return (gru_state(gates, state[0]),)

    return advance


def _lstm(w_hh: Any, b: Any) -> Advance:
    return lambda mine, state: lstm_step(mine + linear(state[0], w_hh, b), state[1])


ADVANCE: dict[str, Callable[..., Advance]] = {
    "tanh": lambda *weights: _simple(tanh, *weights),
    "relu": lambda *weights: _simple(relu, *weights),
    "gru": _gru,
    "lstm": _lstm,
}


def composed(
    x: Any, state: Any, w_ih: Any, w_hh: Any, b: Any, kind: str, lengths: np.ndarray, reverse: bool
) -> Any:
    """`recurrent_sequence` in recorded steps."""
    advance = ADVANCE[kind](w_hh, b)
    out, *last = unroll(x, w_ih, None, tuple(unstack(state)), advance, lengths, reverse)
    return concat([out, stack(last)])


def _composed_as(kind: str, lengths: np.ndarray, reverse: bool) -> Callable[..., Any]:
    return partial(composed, kind=kind, lengths=lengths, reverse=reverse)


# The op


class Layer(NamedTuple):
    """What a layer is: "tanh", "relu", "gru" or "lstm"; how many steps of each sample; the way."""

    kind: str
    lengths: np.ndarray
    reverse: bool


def _samples(rng: Rng) -> Iterable[Sample]:
    for kind, columns in (("tanh", 1), ("relu", 1), ("gru", 3), ("lstm", 4)):
        weights = uniform(rng, (2 * columns, 1)), uniform(rng, (2 * columns, 2))
        state = uniform(rng, (1 + (kind == "lstm"), 2, 2))
        bias = uniform(rng, (8 if kind == "gru" else 2 * columns,))
        lengths = np.array([2, 1])
        for reverse in (False, True):
            yield Sample(
                uniform(rng, (2, 2, 1)), state, *weights, bias, layer=Layer(kind, lengths, reverse),
                label=f"{kind}{', back' * reverse}", orders=2 - reverse,
            )  # fmt: skip


def _reference(x: Any, state: Any, w_ih: Any, w_hh: Any, b: Any, layer: Layer) -> np.ndarray:
    """Sample by sample and step by step."""
    kind, lengths, reverse = layer
    logistic = np.vectorize(lambda v: 1 / (1 + np.exp(-v)), otypes=[float])
    rows, (h, *memory) = np.zeros((*x.shape[:2], w_hh.shape[1])), np.array(state)
    for n, count in enumerate(lengths):
        for t in range(count)[:: -1 if reverse else 1]:
            mine, given = w_ih @ x[t, n], w_hh @ h[n]
            if kind == "gru":
                (r, z, new), (h_r, h_z, h_n) = np.split(mine, 3), np.split(given, 3)
                b_r, b_z, b_n, b_h = np.split(b, 4)
                z = logistic(z + h_z + b_z)
                new = np.tanh(new + b_n + logistic(r + h_r + b_r) * (h_n + b_h))
                h[n] = (1 - z) * new + z * h[n]
            elif kind == "lstm":
                i, f, g, o = np.split(mine + given + b, 4)
                memory[0][n] = logistic(f) * memory[0][n] + logistic(i) * np.tanh(g)
                h[n] = logistic(o) * np.tanh(memory[0][n])
            else:
                total = mine + given + b
                h[n] = np.tanh(total) if kind == "tanh" else np.maximum(total, 0)
            rows[t, n] = h[n]
    return np.stack([*rows, h, *memory])


@op(
    samples=_samples,
    reference=_reference,
    residuals=("gates", "saved", "once"),
    masks=True,
    public=False,
)
def recurrent_sequence(x, state, w_ih, w_hh, b, /, *, layer):
    """The states of a layer at all steps, then the last state.

    x (time, batch, in); state (1, batch, hidden), for an lstm (2, batch, hidden) with the memory;
    the result is (time + 1 or 2, batch, hidden). b has a row for each row of the weights; that of a
    gru has a fourth column, of what reset scales. Where a sample is over, x must be finite.
    """
    kind, lengths, reverse = layer
    found = kernels.sequence(kind, x, state, w_ih, w_hh, b, lengths, reverse)
    if found is None:
        return composed(x, state, w_ih, w_hh, b, kind, lengths, reverse), None, None, Once()
    return *found, Once()


def _rule(name: str) -> Callable[..., Any]:
    """The gradient rule for the input of this name."""

    def rule(g, x, state, w_ih, w_hh, b, out, gates, saved, once, layer):
        kind, lengths, reverse = layer
        inputs = {"x": x, "state": state, "w_ih": w_ih, "w_hh": w_hh, "b": b}
        recorded = type(g) is Tensor
        if gates is None or recorded:
            pulled = once(g, lambda: recorded_pull(_composed_as(kind, lengths, reverse), inputs, g))
            return pulled[name] if recorded else plain(pulled[name])
        run = (
            kind,
            g.astype(out.dtype, copy=False),
            out,
            gates,
            saved,
            state,
            w_hh,
            lengths,
            reverse,
        )
        slopes, state_slope = once(g, lambda: kernels.sequence_back(*run))
        match name:
            case "x":
                return kernels.input_slope(slopes, w_ih)
            case "state":
                return state_slope
            case "w_ih":
                return kernels.input_weight_slope(slopes, x, len(w_ih))
            case "w_hh":
                columns = len(w_hh) // w_hh.shape[1]
                return kernels.state_weight_slope(slopes, out, state[0], columns, lengths, reverse)
            case _:
                return kernels.bias_slope(slopes)

    return rule


for _name in recurrent_sequence.op.arrays:
    recurrent_sequence.grad(_name)(_rule(_name))
