"""Collections of samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, IndexingError, ShapeError
from autograd.tensor import Tensor, wrap

from .collate import default_collate, samples


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
        return default_collate(samples(self, indices))

    def __add__(self, other: Any) -> ConcatDataset:
        return ConcatDataset([self, other])


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
        try:
            return [wrap(t._data[chosen]) for t in self.tensors]
        except IndexError as e:
            raise IndexingError(f"batch of a TensorDataset of {len(self)} samples: {e}") from None


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


class ConcatDataset(Dataset):
    """Data sets one behind the other. `first + second` is the same.

    Examples
    --------
    >>> from nn.data import ConcatDataset
    >>> both = ConcatDataset(["abc", "de"])
    >>> len(both), both[1], both[3], both[-1]
    (5, 'b', 'd', 'e')
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise ArgumentError("ConcatDataset: needs at least one data set")
        self.ends = np.cumsum([len(d) for d in self.datasets])

    def __getitem__(self, index: int) -> Any:
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexingError(f"sample {index} of a ConcatDataset of {len(self)}")
        part = int(np.searchsorted(self.ends, at, side="right"))
        start = int(self.ends[part - 1]) if part else 0
        return self.datasets[part][at - start]

    def __len__(self) -> int:
        return int(self.ends[-1])


def fetch(dataset: Any, indices: Any) -> Any:
    """A mini-batch of any collection."""
    if isinstance(dataset, Dataset):
        return dataset.batch(indices)
    return default_collate(samples(dataset, indices))
