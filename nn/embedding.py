"""Tables of vectors, looked up by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from autograd.errors import ArgumentError, DTypeError, IndexingError, ShapeError
from autograd.random import Rng
from autograd.tensor import Tensor

from . import functional, init
from .linear import new_parameter
from .module import Module


class _Table(Module):
    """What the modules that look up rows share.

    Attributes
    ----------
    weight : (num_embeddings, embedding_dim), normal; zeros in the row padding_idx
    """

    weight: Tensor

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None,
        max_norm: float | None, norm_type: float, scale_grad_by_freq: bool, sparse: bool,
        dtype: Any, rng: Rng,
    ):  # fmt: skip
        super().__init__()
        kind = type(self).__name__
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                fact = f"padding_idx {padding_idx} is not among the {num_embeddings} rows"
                raise IndexingError(f"{kind}: {fact}")
            padding_idx %= num_embeddings
        if max_norm is not None and not max_norm > 0:
            raise ArgumentError(f"{kind}: max_norm must be positive, got {max_norm}")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.weight = new_parameter(num_embeddings, embedding_dim, dtype=dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Rng = None) -> None:
        """Draw new first values."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Self:
        """A table of these vectors.

        Parameters
        ----------
        embeddings : (num_embeddings, embedding_dim)
        freeze : whether they are not to be learned
        options : of the constructor

        Examples
        --------
        >>> import nn
        >>> table = nn.Embedding.from_pretrained(np.eye(3))
        >>> table([2]).tolist()
        [[0.0, 0.0, 1.0]]
        """
        if np.ndim(embeddings) != 2:
            fact = f"embeddings must have axes (rows, features), got shape {np.shape(embeddings)}"
            raise ShapeError(f"{cls.__name__}.from_pretrained: {fact}")
        values = Tensor(embeddings)
        if values.dtype.kind != "f":
            fact = f"embeddings must be floats, not {values.dtype}"
            raise DTypeError(f"{cls.__name__}.from_pretrained: {fact}")
        options = {"dtype": values.dtype, **options}
        make: Callable[..., Self] = cls
        table = make(*values.shape, **options)
        table.weight.data = values.data
        if freeze:
            table.requires_grad_(False)
        return table

    def _settings(self, first: str = "") -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}{first}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text

    def _padding(self) -> str:
        return "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"


class Embedding(_Table):
    """The rows of `weight` with these numbers.

    Parameters
    ----------
    num_embeddings, embedding_dim : rows and columns of the table
    padding_idx : a row that starts as zeros and gets no gradient, optional
    max_norm : float, optional
        Rows that are used and longer than this are shortened to it before, in the table itself.
    norm_type : order of that norm
    scale_grad_by_freq : whether the gradient of a row is divided by how often the input names it
    sparse : accepted for PyTorch's sake: gradients are dense
    dtype : float dtype of the table; `get_default_dtype()` unless given
    rng : Generator or int for the first values, optional

    Attributes
    ----------
    weight : (num_embeddings, embedding_dim), standard normal

    Examples
    --------
    >>> import nn
    >>> nn.Embedding(10, 3)([[1, 2], [4, 9]]).shape
    (2, 2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
        max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
        sparse: bool = False, *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, dtype, rng,
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        return functional.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return self._settings(self._padding()) + (", sparse=True" if self.sparse else "")


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the rows in each bag.

    Parameters
    ----------
    num_embeddings, embedding_dim : rows and columns of the table
    max_norm, norm_type, scale_grad_by_freq, sparse, dtype, rng : as for `Embedding`
    mode : "sum", "mean" or "max"
    include_last_offset : whether `offsets` ends with the end of the last bag
    padding_idx : a row that counts in no bag, optional

    Attributes
    ----------
    weight : (num_embeddings, embedding_dim), standard normal

    Examples
    --------
    >>> import nn
    >>> bags = nn.EmbeddingBag(10, 3, mode="sum")
    >>> bags([1, 2, 4, 9, 9], offsets=[0, 2]).shape
    (2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
        sparse: bool = False, include_last_offset: bool = False, padding_idx: int | None = None,
        *, dtype: Any = None, rng: Rng = None,
    ):  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq,
            sparse, dtype, rng,
        )  # fmt: skip
        if mode not in ("sum", "mean", "max"):
            raise ArgumentError(f"EmbeddingBag: mode must be sum, mean or max, got {mode!r}")
        self.mode = mode
        self.include_last_offset = include_last_offset

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return functional.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq,
            self.mode, self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"{self._settings()}, mode={self.mode!r}{self._padding()}"
