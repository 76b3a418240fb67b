"""From one sequence to another: an encoder whose last state a decoder goes on from."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd import no_grad
from autograd.engine import plain
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .functional.shapes import shape_of
from .module import Module


class Seq2Seq(Module):
    """Reads a sequence with one recurrent layer and writes another with a second one.

    Parameters
    ----------
    encoder, decoder : recurrent layers with batch_first=True and states of the same shapes
    source, target : modules that take token numbers to vectors, such as `Embedding`
    head : module that takes outputs of the decoder to scores of the tokens, such as `Linear`

    Source
    ------
    Sutskever, Vinyals & Le (2014), "Sequence to Sequence Learning with Neural Networks"; Williams &
    Zipser (1989), "A Learning Algorithm for Continually Running Fully Recurrent Neural Networks",
    for teacher forcing.

    Examples
    --------
    >>> import nn
    >>> model = nn.Seq2Seq(
    ...     nn.GRU(8, 16, batch_first=True), nn.GRU(8, 16, batch_first=True),
    ...     nn.Embedding(12, 8), nn.Embedding(10, 8), nn.Linear(16, 10))
    >>> model([[3, 4, 5]], [[0, 7]]).shape  # scores of what follows 0, and of what follows 0, 7
    (1, 2, 10)
    >>> model.decode([[3, 4, 5]], start=0, max_length=6).shape
    (1, 6)
    """

    def __init__(
        self, encoder: Module, decoder: Module, source: Module, target: Module, head: Module
    ):
        super().__init__()
        for label, part in (("encoder", encoder), ("decoder", decoder)):
            if not getattr(part, "batch_first", True):
                raise ArgumentError(f"Seq2Seq: the {label} must be made with batch_first=True")
        self.encoder = encoder
        self.decoder = decoder
        self.source = source
        self.target = target
        self.head = head

    def encode(self, source: Any, lengths: Any = None) -> Any:
        """The encoder's last state, for token numbers (batch, time)."""
        options = {} if lengths is None else {"lengths": lengths}
        return self.encoder(self.source(source), **options)[1]

    def forward(
        self, source: Any, target: Any, teacher_forcing: float = 1.0, *, lengths: Any = None,
        rng: Rng = None,
    ) -> Any:  # fmt: skip
        """Scores (batch, time, tokens): at t, of what follows target[:, :t+1].

        Parameters
        ----------
        source : token numbers (batch, source time)
        target : token numbers (batch, time), from the start token on
        teacher_forcing : float
            The probability, at each step, that the decoder is shown the target; otherwise it sees
            the token that it scored highest itself. With 1 all steps are one call of the decoder.
        lengths : ints (batch,), how many tokens of each source count, optional
        rng : Generator or int, optional
        """
        if not 0 <= teacher_forcing <= 1:
            fact = f"teacher_forcing must lie between 0 and 1, got {teacher_forcing}"
            raise ArgumentError(f"Seq2Seq: {fact}")
        state = self.encode(source, lengths)
        if teacher_forcing == 1:
            return self.head(self.decoder(self.target(target), state)[0])
        draw, given = generator(rng), np.asarray(plain(target))
        shown, scores = given[:, :1], []
        for t in range(shape_of(given)[1]):
            if t and draw.random() < teacher_forcing:
                shown = given[:, t : t + 1]
            out, state = self.decoder(self.target(shown), state)
            scores.append(self.head(out))
            shown = plain(scores[-1]).argmax(axis=-1)
        return ag.concat(scores, axis=1)

    def decode(
        self, source: Any, start: int, stop: int | None = None, max_length: int = 100, *,
        lengths: Any = None,
    ) -> np.ndarray:  # fmt: skip
        """Write greedily: at each step the token with the highest score. Nothing is recorded.

        Parameters
        ----------
        source : token numbers (batch, source time)
        start : the token to start from, which is not part of the result
        stop : the token that ends a sequence, optional
        max_length : the number of tokens at most
        lengths : ints (batch,), how many tokens of each source count, optional

        Returns
        -------
        ints (batch, length)
            Once a sequence has stopped, stop again and again.
        """
        if max_length < 1:
            raise ArgumentError(f"Seq2Seq.decode: max_length must be at least 1, got {max_length}")
        last = -1 if stop is None else stop  # no token is -1
        with no_grad():
            state = self.encode(source, lengths)
            shown = np.full((shape_of(source)[0], 1), start)
            over = np.zeros(shown.shape, bool)
            tokens: list[np.ndarray] = []
            while len(tokens) < max_length and not over.all():
                out, state = self.decoder(self.target(shown), state)
                shown = np.where(over, last, plain(self.head(out)).argmax(axis=-1))
                over = over | (shown == last)
                tokens.append(shown)
        return np.concatenate(tokens, axis=1)
