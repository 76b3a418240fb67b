"""In which order samples come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import islice
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from ..errors import StateError


class Sampler(ABC):
    """Indices of samples, anew for each epoch. Any iterable of indices serves as well.

    `state_dict` says where the order of the running epoch comes from, and what follows it;
    a sampler without randomness has nothing to say.
    """

    @abstractmethod
    def __iter__(self) -> Iterator[Any]: ...

    @abstractmethod
    def __len__(self) -> int: ...

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on: numbers and dicts of numbers."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next loop repeats the epoch that the state was taken in; others follow as then."""
        if state:
            raise StateError(f"{type(self).__name__}: takes no state, got {dict(state)}")


def restored(rng: np.random.Generator | None, state: Any) -> np.random.Generator | None:
    """The generator in the given state: the same object, if there was one."""
    if state is None:
        return rng
    rng = np.random.default_rng() if rng is None else rng
    try:
        rng.bit_generator.state = state
    except (KeyError, TypeError, ValueError) as e:
        kind = type(rng.bit_generator).__name__
        raise StateError(f"not a state of a {kind} generator ({e!r})") from None
    return rng


class RandomOrder(Sampler):
    """Base of the random samplers: the order of an epoch comes from one number, its seed.

    The seed is drawn when the loop begins. So the state in the middle of an epoch is that number,
    and where later ones will come from.
    """

    def __init__(self, rng: Rng):
        self.rng = None if rng is None else generator(rng)
        self._seed: int | None = None  # of the epoch that runs
        self._repeated: int | None = None  # to be used by the next loop

    @abstractmethod
    def order(self, rng: np.random.Generator) -> np.ndarray:
        """The indices of one epoch."""

    def __iter__(self) -> Iterator[int]:
        seed, self._repeated = self._repeated, None
        self._seed = int(generator(self.rng).integers(2**63)) if seed is None else seed
        return self._run(self.order(np.random.default_rng(self._seed)).tolist())

    def _run(self, order: list[int]) -> Iterator[int]:
        yield from order
        self._seed = None

    def state_dict(self) -> dict[str, Any]:
        rng = None if self.rng is None else self.rng.bit_generator.state
        return {"seed": self._seed if self._repeated is None else self._repeated, "rng": rng}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if set(state) != {"seed", "rng"}:
            raise StateError(f"{type(self).__name__}: not a state of this sampler: {dict(state)}")
        self.rng = restored(self.rng, state["rng"])
        self._repeated, self._seed = state["seed"], None


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


class RandomSampler(RandomOrder):
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
            not isinstance(num_samples, (int, np.integer))
            or num_samples < 1
            or (num_samples > len(data_source) and not replacement)
        ):
            raise ArgumentError(
                f"RandomSampler: cannot draw {num_samples!r} of {len(data_source)} samples "
                f"with replacement={replacement}"
            )
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        super().__init__(rng)

    def order(self, rng: np.random.Generator) -> np.ndarray:
        total = len(self.data_source)
        if self.replacement:
            return rng.integers(total, size=self.num_samples)
        return rng.permutation(total)[: self.num_samples]

    def __len__(self) -> int:
        return self.num_samples


class WeightedRandomSampler(RandomOrder):
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
        total = self.weights.sum()
        if self.weights.ndim != 1 or not (self.weights >= 0).all() or not 0 < total < np.inf:
            raise ArgumentError("WeightedRandomSampler: weights must be a row of numbers >= 0")
        drawable = np.count_nonzero(self.weights)
        if (
            not isinstance(num_samples, (int, np.integer))
            or num_samples < 1
            or (num_samples > drawable and not replacement)
        ):
            raise ArgumentError(
                f"WeightedRandomSampler: cannot draw {num_samples!r} of {drawable} samples with "
                f"weight, with replacement={replacement}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        super().__init__(rng)

    def order(self, rng: np.random.Generator) -> np.ndarray:
        p = self.weights / self.weights.sum()
        return rng.choice(len(p), self.num_samples, replace=self.replacement, p=p)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(RandomOrder):
    """The given indices, in a new random order for every epoch.

    Examples
    --------
    >>> from nn.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([4, 9, 2]))
    [2, 4, 9]
    """

    def __init__(self, indices: Sequence[int], *, rng: Rng = None):
        self.indices = np.asarray(indices, dtype=np.intp)
        if self.indices.ndim != 1:
            raise ArgumentError("SubsetRandomSampler: indices must be a row of ints")
        super().__init__(rng)

    def order(self, rng: np.random.Generator) -> np.ndarray:
        return rng.permutation(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


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
        return self._grouped(iter(self.sampler))

    def _grouped(self, indices: Iterator[int]) -> Iterator[list[int]]:
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def state_dict(self) -> dict[str, Any]:
        return self.sampler.state_dict() if isinstance(self.sampler, Sampler) else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if isinstance(self.sampler, Sampler):
            self.sampler.load_state_dict(state)
