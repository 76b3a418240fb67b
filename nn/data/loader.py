"""DataLoader: mini-batches of a data set."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from ..errors import StateError
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, restored
from .task import Recipe, Task

if TYPE_CHECKING:
    from .threads import Threads
    from .workers import Workers

_PREFETCH = 2  # batches ahead for each worker, as in PyTorch


class DataLoader:
    """The mini-batches of a data set, one epoch for each loop over it.

    The batches are the same with and without workers, augmentation included: whatever draws
    without an `rng` of its own while a batch is made, draws from a generator that is seeded
    for that batch.

    Parameters
    ----------
    dataset : Dataset, list, or anything with a length and items
    batch_size : samples in a batch; the last one may be smaller
    shuffle : a new random order for every epoch
    sampler : indices of single samples, instead of `shuffle`
    batch_sampler : lists of indices, instead of `batch_size`, `shuffle`, `sampler`, `drop_last`
    num_workers : processes that make batches ahead; 0 makes each when it is asked for.
        They are started afresh, never forked: the data set must be picklable, and a script needs
        `if __name__ == "__main__":`.
    collate_fn : makes a batch of a list of samples; `default_collate` unless given
    drop_last : leave out a last batch that is not full
    timeout : seconds to wait for a worker's batch, or its start; 0 waits for ever
    worker_init_fn : called with the worker's number when one starts
    threads : threads of this process that make batches ahead, instead of `num_workers`
    prefetch_factor : batches ahead for each worker or thread; 2 unless given
    persistent_workers : keep the workers from epoch to epoch
    rng : Generator or int, optional
        Where the order comes from. With an int, two loaders give the same sequence of epochs.

    Attributes
    ----------
    epoch : number of the epoch that runs, or comes next; counts from 0

    Raises
    ------
    ArgumentError
        If two options contradict each other.
    DTypeError
        When a loop starts, if workers cannot be sent the data set.
    WorkerError
        In the loop, if a worker raised or died. It names the worker, the sample, and shows the
        worker's own traceback.

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
        sampler: Iterable[int] | None = None, batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None, *,
        drop_last: bool = False, timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None, threads: int = 0,
        prefetch_factor: int | None = None, persistent_workers: bool = False, rng: Rng = None,
    ):  # fmt: skip
        if sampler is not None and shuffle:
            raise ArgumentError("DataLoader: shuffle=True and a sampler exclude each other")
        if batch_sampler is not None and (
            batch_size != 1 or shuffle or sampler is not None or drop_last
        ):
            raise ArgumentError(
                "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
            )
        _check_crew(num_workers, threads, prefetch_factor, persistent_workers, timeout)
        self.rng = None if rng is None else generator(rng)
        if sampler is None:
            sampler = (
                RandomSampler(dataset, rng=self.rng) if shuffle else SequentialSampler(dataset)
            )
        if batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.threads = threads
        self.prefetch_factor = _PREFETCH if prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.epoch = 0
        self._batch = 0  # how many of this epoch were handed out
        self._seed: int | None = None  # of this epoch's samples; None between epochs
        self._order: dict[str, Any] = {}  # the sampler's state at the beginning of this epoch
        self._resumed = False
        self._crew: Workers | Threads | None = None

    # The loop

    def __iter__(self) -> Iterator[Any]:
        with closing(self._made(self._begin())) as batches:
            for batch in batches:
                self._batch += 1
                yield batch
        self.epoch += 1
        self._batch, self._seed = 0, None

    def _begin(self) -> Iterator[Task]:
        """The tasks of the epoch, from where a loaded state left it."""
        if self._resumed:
            self._resumed = False
        else:
            self.epoch += self._seed is not None  # the last loop was left early
            self._batch, self._seed = 0, None
        if self._seed is None:
            # Drawn from a copy: a loop that is not random does not move anybody's generator.
            self._seed = int(deepcopy(generator(self.rng)).integers(2**63))
        batches = iter(self.batch_sampler)
        self._order = _state_of(self.batch_sampler)
        seed, epoch, first = self._seed, self.epoch, self._batch
        numbered = islice(enumerate(batches), first, None)
        return (Task(number, indices, (seed, epoch, number)) for number, indices in numbered)

    def _made(self, tasks: Iterator[Task]) -> Generator[Any, None, None]:
        recipe = Recipe(self.dataset, self.collate_fn)
        count = self.num_workers or self.threads
        if not count:
            yield from map(recipe, tasks)
            return
        crew = self._crew or self._hired(recipe)
        waiting: deque[Any] = deque()
        keep = False
        try:
            for task in tasks:
                waiting.append(crew.submit(task))
                if len(waiting) > count * self.prefetch_factor:
                    yield crew.collect(waiting.popleft())
            while waiting:
                yield crew.collect(waiting.popleft())
            keep = self.persistent_workers
        except GeneratorExit:  # the loop was left early
            keep = self.persistent_workers
            raise
        finally:
            if keep:
                for ticket in waiting:
                    crew.forget(ticket)
            else:
                self._dismiss(crew)

    def _hired(self, recipe: Recipe) -> Workers | Threads:
        crew: Workers | Threads
        if self.threads:
            from .threads import Threads  # imported when needed: `import nn` stays fast

            crew = Threads(recipe, self.threads)
        else:
            from .workers import Workers

            crew = Workers(recipe, self.num_workers, self.worker_init_fn, self.timeout)
        if self.persistent_workers:
            self._crew = crew
            self._at_the_end = weakref.finalize(self, crew.close)
        return crew

    def _dismiss(self, crew: Workers | Threads) -> None:
        if crew is self._crew:
            self._crew = None
            self._at_the_end.detach()
        crew.close()

    def __len__(self) -> int:
        """How many batches an epoch has.

        Raises
        ------
        TypeError
            If the sampler has no length.
        """
        return len(self.batch_sampler)  # type: ignore[arg-type]

    # Going on after a break

    def state_dict(self) -> dict[str, Any]:
        """Where the loop is, in numbers: save it beside the model, in the middle of an epoch too.

        Batches made ahead but not handed out count as not made. A `sampler` or `batch_sampler`
        of your own is asked for its state if it is a `Sampler`; else it must give the same order
        again by itself.

        Examples
        --------
        >>> from nn.data import DataLoader
        >>> loader = DataLoader(range(6), 2, shuffle=True, rng=0)
        >>> batches = iter(loader)
        >>> _ = next(batches); state = loader.state_dict(); rest = list(batches)
        >>> other = DataLoader(range(6), 2, shuffle=True)
        >>> other.load_state_dict(state)
        >>> [(a == b).tolist() for a, b in zip(rest, other)]
        [[True, True], [True, True]]
        """
        between = self._seed is None
        return {
            "epoch": self.epoch,
            "batch": self._batch,
            "batch_size": self.batch_size,
            "samples": len(self.dataset),
            "seed": self._seed,
            "rng": None if self.rng is None else deepcopy(self.rng.bit_generator.state),
            "sampler": _state_of(self.batch_sampler) if between else deepcopy(self._order),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next loop goes on after the last batch that had been handed out.

        Raises
        ------
        StateError
            If the state belongs to other data or another batch size.
        """
        wanted = {"epoch", "batch", "batch_size", "samples", "seed", "rng", "sampler"}
        if not isinstance(state, Mapping) or set(state) != wanted:
            raise StateError(f"DataLoader: a state has the entries {sorted(wanted)}, got {state!r}")
        here = {"samples": len(self.dataset), "batch_size": self.batch_size}
        for name, value in here.items():
            if state[name] != value:
                raise StateError(
                    f"DataLoader: the state was saved with {name} = {state[name]}, here it is "
                    f"{value}"
                )
        if isinstance(self.batch_sampler, Sampler):
            self.batch_sampler.load_state_dict(state["sampler"])
        self.rng = restored(self.rng, state["rng"])
        self.epoch, self._batch, self._seed = state["epoch"], state["batch"], state["seed"]
        self._order = deepcopy(state["sampler"])
        self._resumed = True


def _state_of(sampler: Any) -> dict[str, Any]:
    return deepcopy(sampler.state_dict()) if isinstance(sampler, Sampler) else {}


def _check_crew(
    workers: int, threads: int, prefetch: int | None, persistent: bool, timeout: float
) -> None:
    for name, value in {"num_workers": workers, "threads": threads}.items():
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise ArgumentError(f"DataLoader: {name} must be an int of 0 or more, got {value!r}")
    if workers and threads:
        raise ArgumentError("DataLoader: num_workers and threads exclude each other")
    if prefetch is not None and (not isinstance(prefetch, (int, np.integer)) or prefetch < 1):
        raise ArgumentError(f"DataLoader: prefetch_factor must be a positive int, got {prefetch!r}")
    if not timeout >= 0:
        raise ArgumentError(f"DataLoader: timeout must be 0 or more seconds, got {timeout!r}")
    if not workers and (timeout or (not threads and (prefetch is not None or persistent))):
        raise ArgumentError(
            "DataLoader: prefetch_factor and persistent_workers need num_workers or threads, "
            "timeout needs num_workers"
        )
