"""Sequences of different lengths as one array: padded, or packed without the padding.

A packed batch holds the first steps of all samples, then the second steps of those that have one,
and so on, longest sample first. Packing takes the elements under a mask and padding puts them back:
`padded[inside]` and `padded[inside] = data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, DTypeError, ShapeError
from autograd.messages import complain
from autograd.tensor import Tensor

from .functional.shapes import shape_of


class PackedSequence(NamedTuple):
    """A batch of sequences without padding: what `pack_padded_sequence` makes.

    Attributes
    ----------
    data : (total number of steps, ...)
    batch_sizes : ints (time,), how many samples have such a step
    sorted_indices : which sample comes first, second, ...; None if they were sorted already
    unsorted_indices : the inverse of that
    """

    data: Any
    batch_sizes: np.ndarray
    sorted_indices: np.ndarray | None = None
    unsorted_indices: np.ndarray | None = None

    @property
    def sorted_lengths(self) -> np.ndarray:
        """The number of steps of each sample, longest first."""
        return np.sum(self.batch_sizes[:, None] > np.arange(self.batch_sizes[0]), axis=0)


def inside(lengths: np.ndarray, time: int) -> np.ndarray:
    """(time, batch): which steps exist."""
    return np.arange(time)[:, None] < lengths


def padded(packed: PackedSequence, padding_value: float = 0.0, time: int | None = None) -> Any:
    """(time, batch, ...), the samples still longest first."""
    data, steps = packed.data, len(packed.batch_sizes)
    mask = inside(packed.sorted_lengths, steps if time is None else time)
    dtype = data.dtype if isinstance(data, (Tensor, np.ndarray)) else None
    out = Tensor(np.full((*mask.shape, *shape_of(data)[1:]), padding_value), dtype=dtype)
    out[mask] = data
    return out


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Leave out the padding of a batch of sequences.

    Parameters
    ----------
    input : (time, batch, ...), or (batch, time, ...) if batch_first
    lengths : ints (batch,), the number of steps of each sample
    batch_first : bool
    enforce_sorted : bool
        False: the samples are sorted by length here, which `pad_packed_sequence` undoes.

    Raises
    ------
    ArgumentError
        If a length is not between 1 and time, or they fall although enforce_sorted is True.

    Examples
    --------
    >>> import nn
    >>> packed = nn.pack_padded_sequence(Tensor([[1.0, 2.0], [3.0, 0.0]]), [2, 1])
    >>> packed.data, packed.batch_sizes
    (Tensor([1., 2., 3.]), array([2, 1]))
    """
    name = "pack_padded_sequence"
    x = input if isinstance(input, (Tensor, np.ndarray)) else Tensor(input)
    if x.ndim < 2:
        fact = f"input must have axes (time, batch, ...), got {x.ndim}"
        raise complain(ShapeError, name, fact, {"input": x})
    x = ag.swapaxes(x, 0, 1) if batch_first else x
    sizes = _lengths(name, lengths, x)
    order = None
    if enforce_sorted and (np.diff(sizes) > 0).any():
        fact = f"lengths must not rise, got {sizes.tolist()}"
        raise complain(ArgumentError, name, fact, hint="enforce_sorted=False sorts the samples")
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        x, sizes = x[:, order], sizes[order]
    mask = inside(sizes, int(sizes[0]))
    back = None if order is None else np.argsort(order)
    return PackedSequence(x[: len(mask)][mask], mask.sum(axis=1), order, back)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, np.ndarray]:  # fmt: skip
    """The padded batch and its lengths: the inverse of `pack_padded_sequence`.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool
    padding_value : what stands behind the end of a sample
    total_length : pad to so many steps, if given

    Returns
    -------
    (time, batch, ...) or (batch, time, ...), and the lengths (batch,)
    """
    steps = len(sequence.batch_sizes)
    if total_length is not None and total_length < steps:
        fact = f"total_length {total_length} is less than the {steps} steps there are"
        raise complain(ArgumentError, "pad_packed_sequence", fact)
    out, lengths = padded(sequence, padding_value, total_length), sequence.sorted_lengths
    if sequence.unsorted_indices is not None:
        out, lengths = out[:, sequence.unsorted_indices], lengths[sequence.unsorted_indices]
    return ag.swapaxes(out, 0, 1) if batch_first else out, lengths


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:  # fmt: skip
    """Sequences (length, ...) of different lengths as one array (time, batch, ...).

    Parameters
    ----------
    sequences : list of Tensors or arrays that differ in their first axis only
    batch_first : True for (batch, time, ...)
    padding_value : what fills the shorter ones up
    padding_side : "right" or "left"

    Examples
    --------
    >>> import nn
    >>> nn.pad_sequence([Tensor([1.0, 2.0]), Tensor([3.0])], batch_first=True)
    Tensor([[1., 2.],
            [3., 0.]])
    """
    if padding_side not in ("right", "left"):
        fact = f"padding_side must be 'right' or 'left', got {padding_side!r}"
        raise complain(ArgumentError, "pad_sequence", fact)
    steps = ag.concat(sequences)
    sizes = np.array([shape_of(s)[0] for s in sequences])
    mask = inside(sizes, int(sizes.max())).T
    mask = mask if padding_side == "right" else mask[:, ::-1]
    out = Tensor(np.full((*mask.shape, *steps.shape[1:]), padding_value), dtype=steps.dtype)
    out[mask] = steps
    return out if batch_first else ag.swapaxes(out, 0, 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded batch as a list: the inverse of `pad_sequence`."""
    x = padded_sequences
    x = x if isinstance(x, (Tensor, np.ndarray)) else Tensor(x)
    x = x if batch_first else ag.swapaxes(x, 0, 1)
    sizes = _lengths("unpad_sequence", lengths, ag.swapaxes(x, 0, 1))
    return [x[n, :size] for n, size in enumerate(sizes.tolist())]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """`pack_padded_sequence` of sequences (length, ...), without padding them by hand."""
    lengths = [shape_of(s)[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def _lengths(name: str, lengths: Any, x: Any) -> np.ndarray:
    """The lengths of the samples of x (time, batch, ...) as an array."""
    sizes = np.asarray(lengths)
    if sizes.shape != x.shape[1:2]:
        fact = f"lengths has shape {sizes.shape}, but there are {x.shape[1]} samples"
        raise complain(ShapeError, name, fact, {"input": x})
    if sizes.dtype.kind not in "iu":
        raise complain(DTypeError, name, f"lengths must be ints, not {sizes.dtype}")
    wrong = sizes[(sizes < 1) | (sizes > len(x))]
    if wrong.size:
        fact = f"lengths must lie in 1 to {len(x)}, got {wrong[0]}"
        raise complain(ArgumentError, name, fact, {"input": x})
    return sizes.astype(np.intp)
