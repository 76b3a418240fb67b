"""Vectors of words: skip-gram with negative sampling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd as ag
from autograd.engine import plain
from autograd.errors import ArgumentError, ShapeError
from autograd.random import Rng, generator

from .. import functional, init
from ..data.text import Vocabulary
from ..embedding import Embedding
from ..functional.shapes import shape_of
from ..misfit import misfit
from ..module import Module
from ..settings import count, number


class Word2Vec(Module):
    """Learns vectors of words by telling true neighbours of a word from random words.

    The loss of a word c, a neighbour o and random words k is
    -log sigmoid(u_o . v_c) - sum over k of log sigmoid(-u_k . v_c).

    Parameters
    ----------
    vocabulary : nn.data.Vocabulary, or mapping of word -> how often it occurs
    dim : features of a word
    negatives : number of random words for each pair
    power : random words are drawn with probabilities proportional to count ** power
    dtype : float dtype of the parameters; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    input : Embedding of the words, uniform between +-0.5 / dim: the result
    output : Embedding of the neighbours, zeros at first
    chances : (words,), the distribution of the random words

    Source
    ------
    Mikolov, Sutskever, Chen, Corrado & Dean (2013), "Distributed Representations of Words and
    Phrases and their Compositionality".

    Examples
    --------
    >>> import nn
    >>> text = "the cat and the dog".split()
    >>> words = nn.data.Vocabulary(text, unknown=None)
    >>> model = nn.models.Word2Vec(words, dim=8, rng=0)
    >>> centers, contexts = nn.models.skip_gram_pairs(words.encode(text), 2)
    >>> f"{model(centers, contexts, rng=0).item():.4f}"  # 6 log 2: nothing is known yet
    '4.1589'
    >>> len(model.most_similar("cat", 3))
    3
    """

    def __init__(
        self, vocabulary: Vocabulary | Mapping[str, int], dim: int = 100, negatives: int = 5,
        power: float = 0.75, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__()
        if not isinstance(vocabulary, Vocabulary):
            vocabulary = Vocabulary(vocabulary, unknown=None)  # which counts mappings as they say
        self.vocabulary = vocabulary
        self.negatives = count(self, "negatives", negatives)
        size, dim = count(self, "vocabulary", len(vocabulary)), count(self, "dim", dim)
        self.chances = negative_sampling_table(vocabulary, number(self, "power", power))
        self._steps = self.chances.cumsum()
        with init.skip_draws():
            self.input = Embedding(size, dim, dtype=dtype)
            self.output = Embedding(size, dim, dtype=dtype)
        init.uniform_(self.input.weight, -0.5 / dim, 0.5 / dim, rng=rng)

    def draw_negatives(self, *shape: int, rng: Rng = None) -> np.ndarray:
        """Numbers of random words, distributed as `chances`."""
        found = np.searchsorted(self._steps, generator(rng).random(shape), side="right")
        return np.minimum(found, len(self.chances) - 1)  # the steps may end a rounding below 1

    def forward(self, center: Any, context: Any, negatives: Any = None, *, rng: Rng = None) -> Any:
        """The mean loss of pairs of words.

        Parameters
        ----------
        center, context : ints (N,), numbers of words and of one neighbour each
        negatives : ints (N, any), random words; drawn unless given
        rng : Generator or int for drawing them, optional
        """
        shapes = shape_of(center), shape_of(context)
        if len(shapes[0]) != 1 or shapes[0] != shapes[1]:
            fact = f"center has shape {shapes[0]} and context {shapes[1]}, expected (N,) for both"
            raise misfit(self, "", fact, {"center": center, "context": context})
        if negatives is None:
            negatives = self.draw_negatives(*shapes[0], self.negatives, rng=rng)
        elif len(shape_of(negatives)) != 2 or shape_of(negatives)[0] != shapes[0][0]:
            fact = f"negatives have shape {shape_of(negatives)}, expected ({shapes[0][0]}, any)"
            raise misfit(self, "", fact, {"center": center, "negatives": negatives})
        v = self.input(center)
        true = (v * self.output(context)).sum(axis=-1)
        false = ag.einsum("nd,nkd->nk", v, self.output(negatives))
        loss = -functional.logsigmoid(true) - functional.logsigmoid(-false).sum(axis=-1)
        return loss.mean()

    def vector(self, word: str) -> np.ndarray:
        """The vector of a word: a copy."""
        return np.array(plain(self.input.weight)[self.vocabulary[word]])

    def most_similar(self, word: str | np.ndarray, n: int = 10) -> list[tuple[str, float]]:
        """The n words nearest by angle, with their cosines; the word itself is not among them.

        Parameters
        ----------
        word : str, or a vector, such as `vector("king") - vector("man") + vector("woman")`
        n : int
        """
        table = plain(self.input.weight)
        target = self.vector(word) if isinstance(word, str) else np.asarray(word)
        if target.shape != table.shape[1:]:
            fact = f"the vector has shape {target.shape}, expected {table.shape[1:]}"
            raise ShapeError(f"Word2Vec.most_similar: {fact}")
        lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(target)
        cosines = table @ target / np.where(lengths == 0, 1, lengths)
        ranked = (-cosines).argsort(kind="stable").tolist()
        own = self.vocabulary[word] if isinstance(word, str) else -1
        best = [i for i in ranked if i != own][: count(self, "n", n)]
        words = self.vocabulary.decode(best)
        return [(w, float(cosines[i])) for w, i in zip(words, best, strict=True)]


def negative_sampling_table(vocabulary: Vocabulary, power: float = 0.75) -> np.ndarray:
    """Probabilities proportional to count ** power, for every word of a vocabulary.

    The token for unknown words has the count of all words that are left out.

    Examples
    --------
    >>> from nn.data import Vocabulary
    >>> negative_sampling_table(Vocabulary("abbbb", unknown=None), 0.5).round(3)
    array([0.667, 0.333])
    """
    counts = np.array([vocabulary.counts[token] for token in vocabulary.tokens], float)
    if vocabulary.unknown is not None:
        counts[0] += sum(n for token, n in vocabulary.counts.items() if token not in vocabulary)
    if not counts.any():
        raise ArgumentError("negative_sampling_table: the vocabulary has counted nothing")
    weights = np.where(counts > 0, np.maximum(counts, 1) ** power, 0)
    return weights / weights.sum()


def skip_gram_pairs(
    tokens: Any, window: int = 5, *, rng: Rng = None
) -> tuple[np.ndarray, np.ndarray]:
    """Every word with each of its neighbours: two rows of numbers.

    Parameters
    ----------
    tokens : ints (length,), a text
    window : how far neighbours may be apart
    rng : Generator or int, optional
        If given, each word has a window of its own, drawn between 1 and `window`: near
        neighbours count more.

    Examples
    --------
    >>> skip_gram_pairs([7, 8, 9], window=1)
    (array([7, 8, 8, 9]), array([8, 7, 9, 8]))
    """
    row = np.asarray(tokens)
    if row.ndim != 1:
        raise ShapeError(f"skip_gram_pairs: tokens must have one axis, got shape {row.shape}")
    if window < 1:
        raise ArgumentError(f"skip_gram_pairs: window must be at least 1, got {window}")
    size = len(row)
    reach = np.full(size, window) if rng is None else generator(rng).integers(1, window + 1, size)
    at, offset = np.arange(size)[:, None], np.r_[-window:0, 1 : window + 1]
    near = at + offset  # (length, 2 * window)
    kept = (near >= 0) & (near < size) & (abs(offset) <= reach[:, None])
    return np.broadcast_to(row[:, None], kept.shape)[kept], row[near[kept]]


def subsample(tokens: Any, threshold: float = 1e-3, *, rng: Rng = None) -> np.ndarray:
    """A text without some of its frequent words: each stays with chance sqrt(threshold / share).

    Parameters
    ----------
    tokens : ints (length,), a text
    threshold : words that make up a smaller share of the text all stay
    rng : Generator or int, optional

    Source
    ------
    Mikolov et al. (2013), equation 5.

    Examples
    --------
    >>> len(subsample([0] * 10_000, 0.01, rng=0)) < 2_000
    True
    """
    row = np.asarray(tokens)
    if row.ndim != 1:
        raise ShapeError(f"subsample: tokens must have one axis, got shape {row.shape}")
    if not threshold > 0:
        raise ArgumentError(f"subsample: threshold must be positive, got {threshold}")
    _, inverse, counts = np.unique(row, return_inverse=True, return_counts=True)
    chance = np.sqrt(threshold * len(row) / counts)[inverse]
    return row[generator(rng).random(len(row)) < chance]
