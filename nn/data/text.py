"""Text as numbers: words, vocabularies, windows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import ArgumentError

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")  # noqa: RUF001


def tokenize(text: str, *, lower: bool = True) -> list[str]:
    """Words and punctuation marks, in order.

    Examples
    --------
    >>> from nn.data import tokenize
    >>> tokenize("You don't say: 3.5!")
    ['you', "don't", 'say', ':', '3', '.', '5', '!']
    """
    return _WORD.findall(text.lower() if lower else text)


class Vocabulary:
    """Numbers for tokens, and back. Frequent tokens have small numbers; equal ones by alphabet.

    Parameters
    ----------
    tokens : iterable of str
        Words, or a text for its characters; counted here.
    min_count : tokens that are rarer count as unknown
    max_size : keep at most this many, specials included
    unknown : the token for all others, number 0; None refuses them
    specials : further tokens, such as "<pad>", that come next

    Attributes
    ----------
    tokens : list, by number
    counts : token -> how often it was there

    Raises
    ------
    ArgumentError
        In `encode`, if a token is unknown and `unknown` is None.

    Examples
    --------
    >>> from nn.data import Vocabulary, tokenize
    >>> words = Vocabulary(tokenize("the cat and the dog and the cow"), min_count=2)
    >>> words.tokens
    ['<unk>', 'the', 'and']
    >>> words.encode(["the", "cat", "and"])
    array([1, 0, 2])
    >>> letters = Vocabulary("hello", unknown=None)
    >>> "".join(letters.decode(letters.encode("hole")))
    'hole'
    """

    def __init__(
        self, tokens: Iterable[str], *, min_count: int = 1, max_size: int | None = None,
        unknown: str | None = "<unk>", specials: Iterable[str] = (),
    ):  # fmt: skip
        self.unknown = unknown
        self.counts = Counter(tokens)
        first = list(dict.fromkeys([*([] if unknown is None else [unknown]), *specials]))
        if max_size is not None and max_size < len(first):
            raise ArgumentError(
                f"Vocabulary: max_size={max_size} has no room for the specials {first}"
            )
        ranked = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [t for t, count in ranked if count >= min_count and t not in first]
        self.tokens = (first + kept)[:max_size]
        self._number = {token: i for i, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._number

    def __getitem__(self, token: str) -> int:
        """The number of a token."""
        number = self._number.get(token)
        if number is None:
            if self.unknown is None:
                raise ArgumentError(
                    f"Vocabulary: {token!r} is not among its {len(self)} tokens\n"
                    '  hint: Vocabulary(..., unknown="<unk>") has a number for all others'
                )
            return self._number[self.unknown]
        return number

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """The numbers of the tokens: int64."""
        return np.array([self[token] for token in tokens], np.int64)

    def decode(self, numbers: Iterable[Any]) -> list[str]:
        """The tokens of the numbers."""
        out = []
        for number in numbers:
            at = int(number)
            if not 0 <= at < len(self.tokens):
                raise ArgumentError(f"Vocabulary: {at} is not a number below {len(self.tokens)}")
            out.append(self.tokens[at])
        return out

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens)"


def windows(tokens: Any, n: int, *, step: int = 1) -> np.ndarray:
    """Every n neighbours: shape (windows, n), a read-only view.

    Parameters
    ----------
    tokens : row of numbers
    n : length of a window
    step : distance between the beginnings of two windows

    Examples
    --------
    >>> from nn.data import windows
    >>> windows([1, 2, 3, 4, 5], 3, step=2)
    array([[1, 2, 3],
           [3, 4, 5]])
    """
    row = np.asarray(tokens)
    for name, value in {"n": n, "step": step}.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(f"windows: {name} must be a positive int, got {value!r}")
    if row.ndim != 1 or len(row) < n:
        raise ArgumentError(
            f"windows: needs a row of at least n = {n} tokens, got shape {row.shape}"
        )
    return np.lib.stride_tricks.sliding_window_view(row, n)[::step]
