"""A recurrent network that says what an image shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine import plain
from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .. import functional, init
from ..embedding import Embedding
from ..functional.shapes import shape_of
from ..linear import Linear
from ..misfit import misfit
from ..module import Module
from ..settings import count
from .weights import draw_weights
from .writing import choose, recurrent


class CaptioningRNN(Module):
    """Words about an image, whose features are the first state of a recurrent layer.

    Features (N, input_dim) -> Linear -> first state (N, hidden_dim); words (N, T) -> Embedding
    -> (N, T, wordvec_dim) -> recurrent layer -> (N, T, hidden_dim) -> Linear -> scores of the word
    that follows each, (N, T, words).

    Parameters
    ----------
    word_to_idx : mapping of word -> number
        With "<NULL>", which fills captions up; "<START>", from which `sample` goes on; and, if
        captions have an end, "<END>".
    input_dim, wordvec_dim, hidden_dim : features of an image, of a word, and of the state
    cell_type : "rnn", "lstm" or "gru"
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional
        Words with standard deviation 0.01, other weights 1 / sqrt(fan in); biases are 0.

    Source
    ------
    Vinyals, Toshev, Bengio & Erhan (2015), "Show and Tell: A Neural Image Caption Generator"; Li,
    Karpathy & Johnson (2016), "CS231n", third assignment, for this form and its names.

    Examples
    --------
    >>> import nn
    >>> words = {w: i for i, w in enumerate("<NULL> <START> <END> a cat sits".split())}
    >>> model = nn.models.CaptioningRNN(words, input_dim=8, wordvec_dim=4, hidden_dim=16, rng=0)
    >>> features = np.ones((2, 8), np.float32)
    >>> model.loss(features, [[1, 3, 4, 2, 0], [1, 3, 4, 5, 2]]).shape
    ()
    >>> model.sample(features, max_length=7).shape
    (2, 7)
    """

    def __init__(
        self, word_to_idx: Mapping[str, int], input_dim: int = 512, wordvec_dim: int = 128,
        hidden_dim: int = 128, cell_type: str = "rnn", *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if "<NULL>" not in word_to_idx:
            raise ArgumentError("CaptioningRNN: word_to_idx has no '<NULL>'")
        self.word_to_idx = dict(word_to_idx)
        self.input_dim = count(self, "input_dim", input_dim)
        size, hidden = len(word_to_idx), count(self, "hidden_dim", hidden_dim)
        draw = generator(rng)
        with init.skip_draws():
            self.proj = Linear(input_dim, hidden, dtype=dtype)
            self.embed = Embedding(size, wordvec_dim, dtype=dtype)
            self.rnn = recurrent(self, cell_type, wordvec_dim, hidden, dtype=dtype)
            self.vocab = Linear(hidden, size, dtype=dtype)
        init.normal_(self.embed.weight, 0.0, 0.01, rng=draw)
        draw_weights(self, "lecun", rng=draw)
        for parameter in self.rnn.parameters():
            if parameter.ndim == 2:
                init.lecun_normal_(parameter, rng=draw)
            else:
                init.zeros_(parameter)

    def first_state(self, features: Any) -> Any:
        """The state of the recurrent layer in front of the first word."""
        if len(shape_of(features)) != 2 or shape_of(features)[1] != self.input_dim:
            fact = f"features have shape {shape_of(features)}, expected (N, {self.input_dim})"
            raise misfit(self, "", fact, {"features": features})
        h = self.proj(features)[None]
        return (h, np.zeros(h.shape, h.dtype)) if self.rnn.states == 2 else h

    def forward(self, features: Any, words: Any) -> Any:
        """Scores (N, T, words) of the words that follow each of `words`.

        Parameters
        ----------
        features : (N, input_dim)
        words : ints (N, T)
        """
        state = self.first_state(features)
        if len(shape_of(words)) != 2 or shape_of(words)[0] != shape_of(features)[0]:
            fact = f"words have shape {shape_of(words)}, expected ({shape_of(features)[0]}, T)"
            raise misfit(self, "", fact, {"features": features, "words": words})
        return self.vocab(self.rnn(self.embed(words), state)[0])

    def loss(self, features: Any, captions: Any) -> Tensor:
        """Cross-entropy of all but the first word of each caption, "<NULL>" left out.

        The sum over each caption, the mean over captions.

        Parameters
        ----------
        features : (N, input_dim)
        captions : ints (N, T), T at least 2
        """
        given = np.asarray(plain(captions))
        if given.ndim != 2 or given.shape[1] < 2:
            fact = f"captions have shape {given.shape}, expected (N, T) with T >= 2"
            raise misfit(self, "", fact, {"captions": captions})
        following = given[:, 1:]
        mask = following != self.word_to_idx["<NULL>"]
        scores = self(features, given[:, :-1])
        return functional.temporal_cross_entropy(scores, following, mask)

    def sample(
        self, features: Any, max_length: int = 30, temperature: float = 0.0, *, rng: Rng = None
    ) -> np.ndarray:
        """Captions of images. Nothing is recorded.

        Parameters
        ----------
        features : (N, input_dim)
        max_length : number of words at most
        temperature : 0 always takes the likeliest word, 1 draws as likely as the model says
        rng : Generator or int for drawing, optional

        Returns
        -------
        ints (N, max_length)
            The first word is the one after "<START>"; behind "<END>" there is "<NULL>".
        """
        if "<START>" not in self.word_to_idx:
            raise ArgumentError("CaptioningRNN.sample: word_to_idx has no '<START>'")
        null, end = self.word_to_idx["<NULL>"], self.word_to_idx.get("<END>", -1)
        draw = generator(rng)
        with no_grad():
            state = self.first_state(features)
            size = shape_of(features)[0]
            words = np.full((size, count(self, "max_length", max_length)), null)
            shown, over = np.full((size, 1), self.word_to_idx["<START>"]), np.zeros(size, bool)
            for t in range(max_length):
                out, state = self.rnn(self.embed(shown), state)
                scores = plain(self.vocab(out))
                shown = choose(scores, temperature, draw, "CaptioningRNN.sample")
                words[:, t] = np.where(over, null, shown[:, 0])
                over = over | (shown[:, 0] == end)
        return words

    def decode(self, captions: Any) -> list[str]:
        """Captions as text: without "<START>" and "<NULL>", up to "<END>".

        Examples
        --------
        >>> import nn
        >>> words = {"<NULL>": 0, "<START>": 1, "<END>": 2, "a": 3, "cat": 4}
        >>> nn.models.CaptioningRNN(words).decode([[1, 3, 4, 2, 0]])
        ['a cat']
        """
        word = {i: w for w, i in self.word_to_idx.items()}
        texts = []
        for row in np.asarray(plain(captions)).tolist():
            said = [word[i] for i in row]
            said = said[: said.index("<END>")] if "<END>" in said else said
            texts.append(" ".join(w for w in said if w not in ("<START>", "<NULL>")))
        return texts
