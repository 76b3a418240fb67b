"""What tells a transformer where in the sequence something stands: added to its input."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional, init
from .functional.shapes import shape_of
from .linear import new_parameter
from .misfit import misfit
from .module import Module


class _Positions(Module):
    """What both kinds share: the first rows of a table (max_len, d_model) are added."""

    def __init__(self, d_model: int, dropout: float, max_len: int, batch_first: bool):
        super().__init__()
        kind = type(self).__name__
        if d_model < 1 or max_len < 1:
            fact = f"d_model and max_len must be at least 1, got {d_model} and {max_len}"
            raise ArgumentError(f"{kind}: {fact}")
        if not 0 <= dropout <= 1:
            raise ArgumentError(f"{kind}: dropout must lie between 0 and 1, got {dropout}")
        self.d_model = d_model
        self.dropout = dropout
        self.max_len = max_len
        self.batch_first = batch_first

    @abstractmethod
    def _table(self) -> Tensor:
        """(max_len, d_model)"""

    def forward(self, input: Any) -> Any:
        """Of (time, batch, d_model), (batch, time, d_model) if batch_first, or (time, d_model)."""
        shape = shape_of(input)
        if len(shape) not in (2, 3) or shape[-1] != self.d_model:
            fact = f"x has shape {shape}, expected 2 or 3 axes and {self.d_model} features"
            raise misfit(self, f"{self.d_model}", fact, {"x": input})
        time = shape[-2] if self.batch_first else shape[0]
        if time > self.max_len:
            fact = f"x has {time} steps, but there are {self.max_len} positions"
            raise misfit(self, f"{self.d_model}", fact, {"x": input})
        rows = self._table()[:time]
        out = input + (rows if self.batch_first or len(shape) == 2 else rows[:, None])
        return functional.dropout(out, self.dropout, self.training)

    def extra_repr(self) -> str:
        return (
            f"{self.d_model}, dropout={self.dropout}, max_len={self.max_len}, "
            f"batch_first={self.batch_first}"
        )


class SinusoidalPositionalEncoding(_Positions):
    """Adds sines and cosines of the position: `functional.sinusoidal_positions`.

    Parameters
    ----------
    d_model : features of the input
    dropout : share of the sums to drop while training
    max_len : the longest sequence
    batch_first : whether the batch axis comes first, and not time
    dtype : float dtype of the table; `get_default_dtype()` unless given

    Source
    ------
    Vaswani et al. (2017), "Attention Is All You Need", section 3.5.

    Examples
    --------
    >>> import nn
    >>> encode = nn.SinusoidalPositionalEncoding(4, dropout=0.0)
    >>> encode(np.zeros((2, 4), np.float32)).round(2).tolist()[0]
    [0.0, 1.0, 0.0, 1.0]
    """

    table: Tensor

    def __init__(
        self, d_model: int, dropout: float = 0.1, max_len: int = 5000, batch_first: bool = False,
        *, dtype: Any = None,
    ):  # fmt: skip
        super().__init__(d_model, dropout, max_len, batch_first)
        rows = functional.sinusoidal_positions(max_len, d_model, dtype)
        self.register_buffer("table", rows, persistent=False)

    def _table(self) -> Tensor:
        return self.table


class LearnedPositionalEncoding(_Positions):
    """Adds a learnt vector for each position.

    Parameters
    ----------
    d_model, dropout, max_len, batch_first : as for `SinusoidalPositionalEncoding`
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (max_len, d_model), normal with standard deviation 0.02

    Source
    ------
    Gehring et al. (2017), "Convolutional Sequence to Sequence Learning"; the spread of the first
    values is that of Radford et al. (2018), "Improving Language Understanding by Generative
    Pre-Training".
    """

    weight: Tensor

    def __init__(
        self, d_model: int, dropout: float = 0.1, max_len: int = 512, batch_first: bool = False,
        *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(d_model, dropout, max_len, batch_first)
        self.weight = new_parameter(max_len, d_model, dtype=dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        init.normal_(self.weight, std=0.02, rng=rng)

    def _table(self) -> Tensor:
        return self.weight
