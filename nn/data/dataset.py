"""Collections of samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, IndexingError, ShapeError
from autograd.messages import complain
from autograd.random import Rng, generator
from autograd.tensor import Tensor, wrap


class Dataset(ABC):
    """A collection with a length, whose item i is one sample. A list serves as well.

    Examples
    --------
    >>> from nn.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 10
    ...
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> Squares().batch([2, 3])
    [Tensor([2, 3]), Tensor([4, 9])]
    """

    @abstractmethod
    def __getitem__(self, index: int) -> Any: ...

    @abstractmethod
    def __len__(self) -> int: ...

    def batch(self, indices: Sequence[int]) -> Any:
        """The samples of a mini-batch, put together. Override it where that can be done at once."""
        return default_collate([self[i] for i in indices])


class TensorDataset(Dataset):
    """Arrays of equal length: sample i is a tuple of their rows i.

    Parameters
    ----------
    tensors : Tensors or ndarrays
        Not copied; samples and batches are constants.

    Examples
    --------
    >>> from nn.data import TensorDataset
    >>> data = TensorDataset(np.eye(3), np.array([5, 6, 7]))
    >>> len(data), data[1]
    (3, (Tensor([0., 1., 0.], dtype=float64), Tensor(6)))
    """

    def __init__(self, *tensors: Any):
        if not tensors:
            raise ArgumentError("TensorDataset: needs at least one array")
        self.tensors = tuple(t if isinstance(t, Tensor) else wrap(np.asarray(t)) for t in tensors)
        shapes = [t.shape for t in self.tensors]
        if any(not s or s[0] != shapes[0][0] for s in shapes):
            raise ShapeError(f"TensorDataset: arrays need the same first axis, got {shapes}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        try:
            return tuple(wrap(t._data[index].copy()) for t in self.tensors)
        except IndexError:
            raise IndexingError(f"sample {index} of a TensorDataset of {len(self)}") from None

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def batch(self, indices: Sequence[int]) -> list[Tensor]:
        chosen = np.asarray(indices, dtype=np.intp)
        return [wrap(t._data[chosen]) for t in self.tensors]


class Subset(Dataset):
    """The samples of a data set at the given indices, in their order.

    Examples
    --------
    >>> from nn.data import Subset
    >>> list(Subset("abcdef", [4, 1]))
    ['e', 'b']
    """

    def __init__(self, dataset: Any, indices: Any):
        self.dataset = dataset
        self.indices = np.asarray(indices, dtype=np.intp)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Sequence[int]) -> Any:
        return fetch(self.dataset, self.indices[np.asarray(indices, dtype=np.intp)])


def fetch(dataset: Any, indices: Any) -> Any:
    """A mini-batch of any collection."""
    if isinstance(dataset, Dataset):
        return dataset.batch(indices)
    return default_collate([dataset[int(i)] for i in indices])


def random_split(dataset: Any, lengths: Sequence[float], *, rng: Rng = None) -> list[Subset]:
    """Cut a data set into random parts that share nothing.

    Parameters
    ----------
    lengths : numbers of samples, or fractions that sum to 1
        With fractions, what rounding down leaves goes to the parts in turn.

    Examples
    --------
    >>> from nn.data import random_split
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], rng=0)]
    [8, 2]
    """
    total = len(dataset)
    if any(n < 0 for n in lengths):
        raise ArgumentError(f"random_split: lengths must not be negative, got {list(lengths)}")
    if all(isinstance(n, (int, np.integer)) for n in lengths):
        sizes = [int(n) for n in lengths]
    else:
        if abs(sum(lengths) - 1) > 1e-6:
            raise ArgumentError(f"random_split: fractions must sum to 1, got {list(lengths)}")
        sizes = [floor(total * fraction + 1e-9) for fraction in lengths]
        for k in range(total - sum(sizes)):
            sizes[k % len(sizes)] += 1
    if sum(sizes) != total:
        raise ArgumentError(f"random_split: lengths {sizes} do not sum to the {total} samples")
    order = generator(rng).permutation(total)
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - n : end]) for n, end in zip(sizes, ends, strict=True)]


def default_collate(samples: Sequence[Any]) -> Any:
    """Samples as one batch: arrays and numbers stacked, tuples and dicts entry by entry.

    Strings and everything else stay in a list.

    Raises
    ------
    ShapeError
        If arrays differ in shape: pad them, or give the loader a `collate_fn`.

    Examples
    --------
    >>> from nn.data import default_collate
    >>> default_collate([{"x": 1.0, "word": "a"}, {"x": 2.0, "word": "b"}])
    {'x': Tensor([1., 2.]), 'word': ['a', 'b']}
    """
    first = samples[0]
    if isinstance(first, Mapping):
        return {key: default_collate([s[key] for s in samples]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(entry) for entry in zip(*samples, strict=True)))
    if isinstance(first, (tuple, list)):
        if any(len(s) != len(first) for s in samples):
            raise ShapeError("default_collate: the samples of a batch have different lengths")
        return [default_collate(entry) for entry in zip(*samples, strict=True)]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        shapes = {np.shape(s) for s in samples}
        if len(shapes) > 1:
            raise complain(
                ShapeError, "default_collate", f"samples of shapes {sorted(shapes)} do not stack",
                hint="pad them to one shape, or give the DataLoader a collate_fn",
            )  # fmt: skip
        return Tensor(np.stack([np.asarray(s) for s in samples]))
    if isinstance(first, (int, float, complex)):
        return Tensor(list(samples))
    return list(samples)
