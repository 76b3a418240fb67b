"""DataLoader: mini-batches of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from autograd.errors import ArgumentError
from autograd.random import Rng

from .dataset import fetch
from .sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """The mini-batches of a data set, one epoch for each loop over it.

    Parameters
    ----------
    dataset : Dataset, list, or anything with a length and items
    batch_size : samples in a batch; the last one may be smaller
    shuffle : a new random order for every epoch
    sampler : indices of single samples, instead of `shuffle`
    batch_sampler : lists of indices, instead of `batch_size`, `shuffle`, `sampler`, `drop_last`
    collate_fn : makes a batch of a list of samples; `default_collate` unless given
    drop_last : leave out a last batch that is not full
    rng : Generator or int, optional
        Where the order comes from. With an int, two loaders give the same sequence of epochs.

    Raises
    ------
    ArgumentError
        If two options contradict each other.

    Examples
    --------
    >>> from nn.data import DataLoader, TensorDataset
    >>> data = TensorDataset(np.arange(5.0), np.arange(5))
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    Tensor([0., 1.], dtype=float64) Tensor([0, 1])
    Tensor([2., 3.], dtype=float64) Tensor([2, 3])
    Tensor([4.], dtype=float64) Tensor([4])
    """

    def __init__(
        self, dataset: Any, batch_size: int = 1, shuffle: bool = False,
        sampler: Iterable[int] | None = None, batch_sampler: Iterable[list[int]] | None = None, *,
        collate_fn: Callable[[list[Any]], Any] | None = None, drop_last: bool = False,
        rng: Rng = None,
    ):  # fmt: skip
        if sampler is not None and shuffle:
            raise ArgumentError("DataLoader: shuffle=True and a sampler exclude each other")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ArgumentError(
                "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
            )
        if sampler is None:
            sampler = RandomSampler(dataset, rng=rng) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn

    def __iter__(self) -> Iterator[Any]:
        for indices in self.batch_sampler:
            if self.collate_fn is None:
                yield fetch(self.dataset, indices)
            else:
                yield self.collate_fn([self.dataset[i] for i in indices])

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return len(self.batch_sampler)  # type: ignore[arg-type]
