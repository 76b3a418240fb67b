"""Rows of a table chosen by number. PyTorch's argument names; gradients are always dense."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError
from autograd.messages import complain
from autograd.tensor import Tensor

MARGIN = 1e-7  # rows are shortened by this more, as in PyTorch, so that rounding leaves none long


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """The rows of `weight` with the numbers in `input`.

    Parameters
    ----------
    input : ints, any shape
    weight : Tensor (rows, features)
    padding_idx : a row that gets no gradient, optional
    max_norm : float, optional
        Rows that are used and longer than this are first shortened to it, in `weight` itself.
    norm_type : order of that norm
    scale_grad_by_freq : bool
        Whether the gradient of a row is divided by how often `input` names it.
    sparse : bool
        For PyTorch's sake; gradients are dense.

    Returns
    -------
    Tensor (*input.shape, features)

    Raises
    ------
    IndexingError
        If a row does not exist.

    Examples
    --------
    >>> from nn import functional as F
    >>> F.embedding([1, 0, 1], Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    """
    shorten_rows("embedding", weight, input, max_norm, norm_type)
    table = shared_gradient(weight, input) if scale_grad_by_freq else weight
    return ag.embedding(input, table, padding_idx)


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Any = None, include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """The sum, mean or maximum of the rows of `weight` in each bag.

    Parameters
    ----------
    input : ints, (bags, n); or (total,) with `offsets`
    weight : Tensor (rows, features)
    offsets : ints (bags,), optional
        Where each bag starts, for an input of one axis.
    max_norm, norm_type, scale_grad_by_freq, sparse : as for `embedding`
    mode : "sum", "mean" or "max"
    per_sample_weights : Tensor of input's shape, optional
        Factors of the rows in a sum.
    include_last_offset : bool
        Whether `offsets` ends with the end of the last bag.
    padding_idx : a row that counts in no bag, optional

    Returns
    -------
    Tensor (bags, features)
        Zeros for empty bags.
    """
    if scale_grad_by_freq and mode == "max":
        fact = "scale_grad_by_freq goes with mode 'sum' or 'mean', not 'max'"
        raise complain(ArgumentError, "embedding_bag", fact)
    shorten_rows("embedding_bag", weight, input, max_norm, norm_type)
    table = shared_gradient(weight, input) if scale_grad_by_freq else weight
    return ag.embedding_bag(
        input, table, offsets, mode, per_sample_weights, include_last_offset, padding_idx
    )


def shorten_rows(
    name: str, weight: Any, indices: Any, max_norm: float | None, norm_type: float
) -> None:
    """Scale the rows of `weight` that `indices` name, in place, to norms of at most max_norm."""
    if max_norm is None or np.ndim(weight) != 2:
        return
    if type(weight) is not Tensor or (weight.node is not None and weight.node.op is not None):
        fact = "max_norm writes into weight, which must be a parameter, not a computed value"
        raise complain(ArgumentError, name, fact, {"weight": weight})
    used = np.unique(_existing(indices, weight.shape[0]))
    norms = np.linalg.norm(weight.numpy()[used], norm_type, axis=1, keepdims=True)
    long = norms[:, 0] > max_norm
    if long.any():
        weight.data[used[long]] *= (max_norm / (norms[long] + MARGIN)).astype(weight.dtype)


def shared_gradient(weight: Any, indices: Any) -> Any:
    """`weight`, but the gradient of each row is divided by how often `indices` name it."""
    if type(weight) is not Tensor or weight.node is None or weight.ndim != 2:
        return weight
    count = np.bincount(_existing(indices, len(weight)), minlength=len(weight))
    share = (1 / np.maximum(count, 1) - 1).astype(weight.dtype)
    return weight + share[:, None] * (weight - weight.detach())


def _existing(indices: Any, rows: int) -> np.ndarray:
    """The numbers that name a row; the lookup complains about others."""
    numbers = np.ravel(np.asarray(indices))
    return numbers[(numbers >= 0) & (numbers < rows)].astype(np.intp)
