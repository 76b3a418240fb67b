"""One step of a recurrent layer as a module."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError
from autograd.random import Rng
from autograd.tensor import Tensor

from . import init
from .functional.shapes import shape_of
from .linear import new_parameter
from .misfit import misfit
from .module import Module


def state_parts(module: Module, sizes: str, hx: Any, count: int) -> tuple[Any, ...]:
    """The arrays of a state that the user gave: one, or a tuple of two."""
    if count == 1:
        return (hx,)
    if not isinstance(hx, (tuple, list)) or len(hx) != count:
        given = f"{len(hx)} of them" if isinstance(hx, (tuple, list)) else type(hx).__name__
        raise misfit(module, sizes, f"the state must be a tuple (h, c), got {given}", {})
    return tuple(hx)


class _Cell(Module):
    """What the cells share.

    Attributes
    ----------
    weight_ih : (gates * hidden_size, input_size), uniform between +-1 / sqrt(hidden_size)
    weight_hh : (gates * hidden_size, hidden_size) likewise
    bias_ih, bias_hh : (gates * hidden_size,) likewise; None without bias
    """

    gates: ClassVar[int]
    states: ClassVar[int] = 1
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(self, input_size: int, hidden_size: int, bias: bool, dtype: Any, rng: Rng):
        super().__init__()
        if hidden_size < 1:
            kind = type(self).__name__
            raise ArgumentError(f"{kind}: hidden_size must be at least 1, got {hidden_size}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = self.gates * hidden_size
        self.weight_ih = new_parameter(rows, input_size, dtype=dtype)
        self.weight_hh = new_parameter(rows, hidden_size, dtype=dtype)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, new_parameter(rows, dtype=dtype) if bias else None)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values, uniform between +-1 / sqrt(hidden_size)."""
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, rng=rng)

    @abstractmethod
    def _step(self, x: Any, state: tuple[Any, ...], **weights: Any) -> Any:
        """The new state."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The new state, of an input (batch, input_size) or (input_size,) and the old one.

        Parameters
        ----------
        hx : old state, (batch, hidden_size) or (hidden_size,) each; zeros if not given
        """
        sizes = f"{self.input_size} -> {self.hidden_size}"
        shape = shape_of(input)
        if len(shape) not in (1, 2):
            fact = f"x has {len(shape)} axes, expected 2 (batch, features) or 1"
            raise misfit(self, sizes, fact, {"x": input})
        if shape[-1] != self.input_size:
            fact = f"x has {shape[-1]} features, expected {self.input_size}"
            raise misfit(self, sizes, fact, {"x": input})
        expected = (*shape[:-1], self.hidden_size)
        if hx is None:
            state = (np.zeros(expected, self.weight_hh.dtype),) * self.states
        else:
            state = state_parts(self, sizes, hx, self.states)
        found = [shape_of(s) for s in state]
        if found != [expected] * self.states:
            fact = f"the state has shape {', '.join(map(str, found))}, expected {expected}"
            fact += " twice" if self.states > 1 else ""
            raise misfit(self, sizes, fact, {"x": input})
        weights = {"w_ih": self.weight_ih, "w_hh": self.weight_hh}
        return self._step(input, state, **weights, b_ih=self.bias_ih, b_hh=self.bias_hh)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(_Cell):
    """One step of `RNN`: tanh(w_ih @ x + b_ih + w_hh @ h + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    nonlinearity : "tanh" or "relu"
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight_ih, weight_hh, bias_ih, bias_hh : uniform between +-1 / sqrt(hidden_size)

    Examples
    --------
    >>> import nn
    >>> cell = nn.RNNCell(4, 8)
    >>> h = cell(np.ones((3, 4), np.float32))
    >>> cell(np.ones((3, 4), np.float32), h).shape
    (3, 8)
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *,
        dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            fact = f"nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
            raise ArgumentError(f"RNNCell: {fact}")
        super().__init__(input_size, hidden_size, bias, dtype, rng)
        self.nonlinearity = nonlinearity

    def _step(self, x: Any, state: tuple[Any, ...], **weights: Any) -> Any:
        return ag.rnn_cell(x, state[0], nonlinearity=self.nonlinearity, **weights)

    def extra_repr(self) -> str:
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(_Cell):
    """One step of `LSTM`; the state is (h, c). Parameters and attributes: as for `RNNCell`.

    Examples
    --------
    >>> import nn
    >>> h, c = nn.LSTMCell(4, 8)(np.ones((3, 4), np.float32))
    >>> h.shape, c.shape
    ((3, 8), (3, 8))
    """

    gates = 4
    states = 2

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(input_size, hidden_size, bias, dtype, rng)

    def _step(self, x: Any, state: tuple[Any, ...], **weights: Any) -> Any:
        return ag.lstm_cell(x, state, **weights)


class GRUCell(_Cell):
    """One step of `GRU`. Parameters and attributes: as for `RNNCell`."""

    gates = 3

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__(input_size, hidden_size, bias, dtype, rng)

    def _step(self, x: Any, state: tuple[Any, ...], **weights: Any) -> Any:
        return ag.gru_cell(x, state[0], **weights)
