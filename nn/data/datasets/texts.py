"""Text files: line by line, and as windows of characters."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.errors import IndexingError
from autograd.tensor import Tensor, wrap

from ..dataset import Dataset
from ..formats import read_text
from ..text import Vocabulary, windows


class TextFile(Dataset):
    """The lines of a text file, without their ends. Also `text`, all of it.

    Parameters
    ----------
    path : the file, plain or gzip
    encoding : how bytes are letters
    transform : function of a line, optional

    Raises
    ------
    MissingDataError
        If there is no such file.
    FormatError
        If a byte is not text in this encoding.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.datasets import TextFile
    >>> path = Path(tempfile.mkdtemp(), "poem.txt")
    >>> _ = path.write_text("one fish\\ntwo fish\\n")
    >>> lines = TextFile(path)
    >>> len(lines), lines[1]
    (2, 'two fish')
    """

    def __init__(
        self, path: str | os.PathLike[str], encoding: str = "utf-8",
        transform: Callable[[str], Any] | None = None,
    ):  # fmt: skip
        self.text = read_text(path, encoding)
        self.lines = self.text.removesuffix("\n").split("\n") if self.text else []
        self.transform = transform

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> Any:
        try:
            line = self.lines[index]
        except IndexError:
            raise IndexingError(f"line {index} of a TextFile of {len(self)}") from None
        return line if self.transform is None else self.transform(line)


class Characters(Dataset):
    """Pieces of a text for models that guess the next character.

    Sample i is (x, y), int64 of shape (length,): y has the characters that follow those of x.

    Parameters
    ----------
    text : str
        `TextFile(path).text`, for example.
    length : characters in a piece
    step : distance between the beginnings of two pieces; `length` unless given
    vocabulary : numbers for the characters; those of the text unless given

    Examples
    --------
    >>> from nn.data.datasets import Characters
    >>> data = Characters("hello world", length=4, step=1)
    >>> x, y = data[0]
    >>> "".join(data.vocabulary.decode(x)), "".join(data.vocabulary.decode(y))
    ('hell', 'ello')
    """

    def __init__(
        self, text: str, length: int, *, step: int | None = None,
        vocabulary: Vocabulary | None = None,
    ):  # fmt: skip
        self.vocabulary = Vocabulary(text, unknown=None) if vocabulary is None else vocabulary
        self.length = length
        self.step = length if step is None else step
        self.numbers = self.vocabulary.encode(text)
        windows(self.numbers, length + 1, step=self.step)  # checks the sizes

    @property
    def _pieces(self) -> np.ndarray:
        return windows(self.numbers, self.length + 1, step=self.step)  # a view: not worth keeping

    def __len__(self) -> int:
        return (len(self.numbers) - self.length - 1) // self.step + 1

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        try:
            piece = self._pieces[index].copy()
        except IndexError:
            raise IndexingError(f"piece {index} of a Characters of {len(self)}") from None
        return wrap(piece[:-1].copy()), wrap(piece[1:])

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        pieces = self._pieces[np.asarray(indices, dtype=np.intp)]
        return [wrap(pieces[:, :-1].copy()), wrap(pieces[:, 1:].copy())]
