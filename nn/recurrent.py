"""Recurrent layers over whole sequences: RNN, LSTM, GRU and an LSTM with peepholes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from . import functional, init
from .cell import state_parts
from .functional.shapes import shape_of
from .linear import new_parameter
from .misfit import misfit
from .module import Module
from .packing import PackedSequence, inside, padded

_NAMES = {
    "w_ih": "weight_ih", "w_hh": "weight_hh", "w_ch": "weight_ch", "b_ih": "bias_ih",
    "b_hh": "bias_hh", "w_hr": "weight_hr",
}  # fmt: skip


class _Recurrent(Module):
    """What the layers share: stacking, both directions, states, packed and padded input.

    gates : how many rows of w_ih and w_hh each hidden unit has
    states : how many arrays make the state
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int, bias: bool, batch_first: bool,
        dropout: float, bidirectional: bool, proj_size: int, dtype: Any, rng: Rng,
    ):  # fmt: skip
        super().__init__()
        kind = type(self).__name__
        for label, size in (("hidden_size", hidden_size), ("num_layers", num_layers)):
            if size < 1:
                raise ArgumentError(f"{kind}: {label} must be at least 1, got {size}")
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"{kind}: dropout must lie between 0 and 1, got {dropout}")
        if not 0 <= proj_size < hidden_size:
            fact = f"proj_size must be 0 or less than hidden_size {hidden_size}, got {proj_size}"
            raise ArgumentError(f"{kind}: {fact}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self.rng = None if rng is None else generator(rng)
        for layer in range(num_layers):
            width = self._width() * (2 if bidirectional else 1) if layer else input_size
            for suffix in self._suffixes(layer):
                for short, shape in self._shapes(width).items():
                    parameter = new_parameter(*shape, dtype=dtype)
                    self.register_parameter(f"{_NAMES[short]}_{suffix}", parameter)
        self.reset_parameters(self.rng)

    def _width(self) -> int:
        """The number of features of an output in one direction."""
        return self.proj_size or self.hidden_size

    def _suffixes(self, layer: int) -> list[str]:
        return [f"l{layer}", f"l{layer}_reverse"][: 2 if self.bidirectional else 1]

    def _shapes(self, width: int) -> dict[str, tuple[int, ...]]:
        """The parameters of one layer in one direction, in PyTorch's order."""
        rows = self.gates * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {"w_ih": (rows, width), "w_hh": (rows, self._width())}
        if self.bias:
            shapes |= {"b_ih": (rows,), "b_hh": (rows,)}
        if self.proj_size:
            shapes["w_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values, uniform between +-1 / sqrt(hidden_size)."""
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, rng=rng)

    def flatten_parameters(self) -> None:
        """Nothing. In PyTorch it arranges parameters for GPUs, and models written there call it."""

    @abstractmethod
    def _run(self, x: Any, state: tuple[Any, ...], **options: Any) -> tuple[Any, ...]:
        """One layer in one direction: its outputs, and the arrays of its last state."""

    def forward(self, input: Any, hx: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """Outputs of the last layer at every step, and the last state of every layer.

        Parameters
        ----------
        input : (time, batch, input_size), (time, input_size) or PackedSequence
            (batch, time, input_size) if batch_first.
        hx : first state, (layers * directions, batch, hidden_size) each; zeros if not given
        lengths : ints (batch,), optional
            How many steps of each sample count; outputs are 0 behind them.
        """
        if isinstance(input, PackedSequence):
            if lengths is not None:
                fact = "a PackedSequence has its lengths already"
                raise misfit(self, self._sizes(), fact, {"lengths": lengths})
            return self._forward_packed(input, hx)
        axes = len(shape_of(input))
        if axes not in (2, 3):
            fact = f"x has {axes} axes, expected 3 (time, batch, features) or 2"
            raise misfit(self, self._sizes(), fact, {"x": input})
        self._check_features(input)
        flip = self.batch_first and axes == 3
        x = ag.swapaxes(input, 0, 1) if flip else input
        out, state = self._stack(x, self._first_state(hx, shape_of(x)[1:-1], x), lengths)
        return ag.swapaxes(out, 0, 1) if flip else out, self._handed_out(state)

    def _forward_packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        """Run on the padded samples, longest first; states have the order of the caller."""
        self._check_features(packed.data)
        order, back = packed.sorted_indices, packed.unsorted_indices
        lengths = packed.sorted_lengths
        start = self._first_state(hx, lengths.shape, packed.data)
        if order is not None:
            start = tuple(s[:, order] for s in start)
        out, state = self._stack(padded(packed), start, lengths)
        data = out[inside(lengths, len(out))]
        if back is not None:
            state = tuple(s[:, back] for s in state)
        return packed._replace(data=data), self._handed_out(state)

    def _stack(self, x: Any, start: tuple[Any, ...], lengths: Any) -> tuple[Any, tuple[Any, ...]]:
        """All layers, for x (time, ..., features)."""
        last: list[tuple[Any, ...]] = []
        for layer in range(self.num_layers):
            if layer:
                x = functional.dropout(x, self.dropout, self.training, rng=self.rng)
            sides = []
            for suffix in self._suffixes(layer):
                weights = {
                    short: getattr(self, f"{_NAMES[short]}_{suffix}") for short in self._shapes(0)
                }
                state = tuple(s[len(last)] for s in start)
                reverse = suffix.endswith("reverse")
                out, *new = self._run(x, state, **weights, lengths=lengths, reverse=reverse)
                sides.append(out)
                last.append(tuple(new))
            x = ag.concat(sides, axis=-1) if len(sides) > 1 else sides[0]
        return x, tuple(ag.stack(arrays) for arrays in zip(*last, strict=True))

    def _first_state(self, hx: Any, batch: tuple[int, ...], x: Any) -> tuple[Any, ...]:
        count = self.num_layers * (2 if self.bidirectional else 1)
        widths = (self._width(), self.hidden_size)[: self.states]
        shapes = [(count, *batch, width) for width in widths]
        if hx is None:
            dtype = self.weight_ih_l0.dtype  # type: ignore[attr-defined]
            return tuple(np.zeros(shape, dtype) for shape in shapes)
        given = state_parts(self, self._sizes(), hx, self.states)
        found = [shape_of(s) for s in given]
        if found != shapes:
            fact = f"the first state has shape {', '.join(map(str, found))}, expected "
            fact += ", ".join(map(str, shapes))
            raise misfit(self, self._sizes(), fact, {"x": x})
        return given

    def _handed_out(self, state: tuple[Any, ...]) -> Any:
        return state if self.states > 1 else state[0]

    def _sizes(self) -> str:
        return f"{self.input_size} -> {self._width()}"

    def _check_features(self, x: Any) -> None:
        features = shape_of(x)[-1]
        if features != self.input_size:
            fact = f"x has {features} features, expected {self.input_size}"
            raise misfit(self, self._sizes(), fact, {"x": x})

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, value in usual.items():
            if getattr(self, name) != value:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(_Recurrent):
    """h' = tanh(w_ih @ x + b_ih + w_hh @ h + b_hh), step by step; see `autograd.rnn_layer`.

    Parameters
    ----------
    input_size, hidden_size : features of each step and of the state
    num_layers : layers on top of each other
    nonlinearity : "tanh" or "relu"
    bias : bool
    batch_first : whether input and output are (batch, time, features); states never are
    dropout : probability of dropping each output of every layer but the last, while training
    bidirectional : whether a second state runs back in time; outputs are then twice as wide
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, weight_ih_l1 ... :
        uniform between +-1 / sqrt(hidden_size)

    Examples
    --------
    >>> import nn
    >>> out, h = nn.RNN(4, 8, num_layers=2, bidirectional=True)(np.ones((5, 3, 4), np.float32))
    >>> out.shape, h.shape
    ((5, 3, 16), (4, 3, 8))
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
            dtype, rng,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def _run(self, x: Any, state: tuple[Any, ...], **options: Any) -> tuple[Any, ...]:
        return ag.rnn_layer(x, state[0], nonlinearity=self.nonlinearity, **options)


class LSTM(_Recurrent):
    """Long short-term memory, whose state is (h, c); see `autograd.lstm_layer`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng :
        as for `RNN`
    proj_size : features that h is projected to, if not 0

    Attributes
    ----------
    weight_ih_l0 (4 * hidden, input), weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0, ... :
        uniform between +-1 / sqrt(hidden_size); gates in the order input, forget, cell, output

    Examples
    --------
    >>> import nn
    >>> out, (h, c) = nn.LSTM(4, 8, batch_first=True)(np.ones((3, 5, 4), np.float32))
    >>> out.shape, h.shape, c.shape
    ((3, 5, 8), (1, 3, 8), (1, 3, 8))
    """

    gates = 4
    states = 2

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, dtype, rng,
        )  # fmt: skip

    def _run(self, x: Any, state: tuple[Any, ...], **options: Any) -> tuple[Any, ...]:
        return ag.lstm_layer(x, state, **options)


class GRU(_Recurrent):
    """Gated recurrent unit; see `autograd.gru_layer`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng :
        as for `RNN`

    Attributes
    ----------
    weight_ih_l0 (3 * hidden, input), weight_hh_l0, bias_ih_l0, bias_hh_l0, ... :
        uniform between +-1 / sqrt(hidden_size); gates in the order reset, update, new

    Examples
    --------
    >>> import nn
    >>> out, h = nn.GRU(4, 8)(np.ones((5, 4), np.float32))  # one sequence, without a batch
    >>> out.shape, h.shape
    ((5, 8), (1, 8))
    """

    gates = 3

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
            dtype, rng,
        )  # fmt: skip

    def _run(self, x: Any, state: tuple[Any, ...], **options: Any) -> tuple[Any, ...]:
        return ag.gru_layer(x, state[0], **options)


class PeepholeLSTM(_Recurrent):
    """An LSTM whose gates see its memory; see `autograd.peephole_lstm_layer`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, rng :
        as for `RNN`

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, ... : as for `LSTM`
    weight_ch_l0 : (3 * hidden,), the peepholes of the input, forget and output gates

    Source
    ------
    Gers & Schmidhuber (2000), "Recurrent nets that time and count".
    """

    gates = 4
    states = 2

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
            dtype, rng,
        )  # fmt: skip

    def _shapes(self, width: int) -> dict[str, tuple[int, ...]]:
        return {**super()._shapes(width), "w_ch": (3 * self.hidden_size,)}

    def _run(self, x: Any, state: tuple[Any, ...], **options: Any) -> tuple[Any, ...]:
        return ag.peephole_lstm_layer(x, state, **options)
