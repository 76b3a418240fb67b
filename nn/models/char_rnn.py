"""A recurrent network that writes text, character by character."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine import plain
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from ..data.text import Vocabulary
from ..embedding import Embedding
from ..functional.shapes import shape_of
from ..linear import Linear
from ..misfit import misfit
from ..module import Module
from ..settings import count
from .writing import choose, recurrent


class CharRNN(Module):
    """Scores of the next character, at every place of a text.

    (N, T) numbers -> Embedding -> (N, T, embedding) -> recurrent layers -> (N, T, hidden)
    -> Linear -> (N, T, characters). Train with `nn.CrossEntropyLoss` on windows and the same
    windows one character on.

    Parameters
    ----------
    vocabulary : nn.data.Vocabulary, or a text: then of its characters
    hidden, layers : units of each recurrent layer, and their number
    cell : "rnn", "lstm" or "gru"
    embedding : features of each character
    dropout : probability of dropping each output of every recurrent layer but the last
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values and the dropout, optional

    Source
    ------
    Sutskever, Martens & Hinton (2011), "Generating Text with Recurrent Neural Networks"; Karpathy
    (2015), "The Unreasonable Effectiveness of Recurrent Neural Networks".

    Examples
    --------
    >>> import nn
    >>> model = nn.models.CharRNN("hello world", hidden=16, rng=0)
    >>> scores, state = model(model.vocabulary.encode("hello")[None])
    >>> scores.shape  # of 1 text, 5 places, 8 characters
    (1, 5, 8)
    >>> len(model.generate("he", 20, rng=0))
    20
    """

    def __init__(
        self, vocabulary: Vocabulary | Iterable[str], hidden: int = 128, layers: int = 1,
        cell: str = "lstm", *, embedding: int = 64, dropout: float = 0.0, dtype: Any = None,
        rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = Vocabulary(vocabulary, unknown=None)
        self.vocabulary = vocabulary
        size, hidden = count(self, "vocabulary", len(vocabulary)), count(self, "hidden", hidden)
        rng = None if rng is None else generator(rng)
        self.embedding = Embedding(size, embedding, dtype=dtype, rng=rng)
        self.rnn = recurrent(
            self, cell, embedding, hidden, layers, dropout=dropout, dtype=dtype, rng=rng
        )
        self.head = Linear(hidden, size, dtype=dtype, rng=rng)

    def forward(self, tokens: Any, state: Any = None) -> tuple[Any, Any]:
        """Scores (N, T, characters) of what follows each place, and the state behind the last.

        Parameters
        ----------
        tokens : ints (N, T)
        state : from an earlier call, to go on from; `detach()` it unless gradients shall flow on
        """
        if len(shape_of(tokens)) != 2:
            fact = f"tokens have shape {shape_of(tokens)}, expected (N, T)"
            raise misfit(self, "", fact, {"tokens": tokens})
        out, state = self.rnn(self.embedding(tokens), state)
        return self.head(out), state

    def generate(
        self, prompt: str, length: int = 100, temperature: float = 1.0, *, rng: Rng = None
    ) -> str:
        """Text that goes on from the prompt. Nothing is recorded; call `eval()` first.

        Parameters
        ----------
        prompt : str, not empty
        length : number of characters to write; the prompt is not among them
        temperature : below 1 likely characters become more likely; 0 always takes the likeliest
        rng : Generator or int, optional
        """
        if not prompt:
            raise ArgumentError("CharRNN.generate: the prompt must not be empty")
        length, draw = count(self, "length", length, 0), generator(rng)
        written: list[int] = []
        shown, state = self.vocabulary.encode(prompt)[None], None
        with no_grad():
            while len(written) < length:
                scores, state = self(shown, state)
                shown = choose(plain(scores)[:, -1:], temperature, draw, "CharRNN.generate")
                written.append(int(np.squeeze(shown)))
        return "".join(self.vocabulary.decode(written))
