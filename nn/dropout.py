"""Layers that are random while training."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from . import functional
from .module import Module


class Dropout(Module):
    """While training, each element becomes 0 with probability p, and otherwise x / (1 - p).

    In evaluation (`model.eval()`) the input passes unchanged.

    Parameters
    ----------
    p : probability of becoming 0
    inplace : accepted for PyTorch's sake: results are always new
    rng : Generator or int, optional
        Where the randomness comes from; the package's generator unless given.

    Source
    ------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Rng = None):
        super().__init__()
        if not 0 <= p <= 1:
            raise ArgumentError(f"Dropout: p must lie between 0 and 1, got {p}")
        self.p = p
        self.inplace = inplace
        self.rng = None if rng is None else generator(rng)

    def forward(self, input: Any) -> Any:
        return functional.dropout(input, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
