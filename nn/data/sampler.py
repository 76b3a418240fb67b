"""In which order samples come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng, generator


class Sampler(ABC):
    """Indices of samples, anew for each epoch. Any iterable of indices serves as well."""

    @abstractmethod
    def __iter__(self) -> Iterator[Any]: ...

    @abstractmethod
    def __len__(self) -> int: ...


class SequentialSampler(Sampler):
    """0, 1, 2, ...

    Examples
    --------
    >>> from nn.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """A new random order for every epoch.

    Parameters
    ----------
    replacement : bool
        Draw with replacement: a bootstrap sample.
    num_samples : int, optional
        How many to draw; all unless given.
    rng : Generator or int, optional
        An int makes the whole sequence of epochs repeatable.

    Examples
    --------
    >>> from nn.data import RandomSampler
    >>> sorted(RandomSampler("abcd", rng=0))
    [0, 1, 2, 3]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, *,
        rng: Rng = None,
    ):  # fmt: skip
        if num_samples is not None and (
            num_samples < 1 or (num_samples > len(data_source) and not replacement)
        ):
            raise ArgumentError(
                f"RandomSampler: cannot draw {num_samples} of {len(data_source)} samples "
                f"with replacement={replacement}"
            )
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        self.rng = None if rng is None else generator(rng)

    def __iter__(self) -> Iterator[int]:
        total = len(self.data_source)
        if self.replacement:
            return iter(generator(self.rng).integers(total, size=self.num_samples).tolist())
        return iter(generator(self.rng).permutation(total)[: self.num_samples].tolist())

    def __len__(self) -> int:
        return self.num_samples


class WeightedRandomSampler(Sampler):
    """Samples drawn with given weights, for classes of unequal size.

    Parameters
    ----------
    weights : numbers, need not sum to 1
    num_samples : how many to draw in an epoch

    Examples
    --------
    >>> from nn.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0, 1, 0], 4))
    [1, 1, 1, 1]
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, *,
        rng: Rng = None,
    ):  # fmt: skip
        self.weights = np.asarray(weights, dtype=np.float64)
        if self.weights.ndim != 1 or not (self.weights >= 0).all() or not self.weights.sum() > 0:
            raise ArgumentError("WeightedRandomSampler: weights must be a row of numbers >= 0")
        self.num_samples = num_samples
        self.replacement = replacement
        self.rng = None if rng is None else generator(rng)

    def __iter__(self) -> Iterator[int]:
        p = self.weights / self.weights.sum()
        drawn = generator(self.rng).choice(len(p), self.num_samples, replace=self.replacement, p=p)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of a sampler in lists of `batch_size`.

    Examples
    --------
    >>> from nn.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool):
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ArgumentError(f"batch_size must be a positive int, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
