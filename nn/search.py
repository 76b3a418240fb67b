"""Search for hyper-parameters: on a grid, at random, and from coarse to fine.

Each trial has its own seed, made of the search's seed and the trial's number: for the settings
that are drawn, and for whatever the objective draws from the package's generator. So one trial
can be repeated without the others, and a search gives the same table each time.
"""

from __future__ import annotations

import math
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from autograd import random
from autograd.errors import ArgumentError, DTypeError

__all__ = [
    "IntUniform", "LogUniform", "Range", "Results", "Trial", "Uniform", "coarse_to_fine",
    "grid_search", "random_search", "repeat",
]  # fmt: skip

Objective = Callable[..., Any]


class Range(ABC):
    """Numbers between `low` and `high`, to draw from and to narrow down."""

    def __init__(self, low: float, high: float):
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ArgumentError(f"{type(self).__name__}: needs low <= high, got {low}, {high}")
        self.low, self.high = low, high

    @abstractmethod
    def value(self, place: float) -> Any:
        """The number at a place between 0 (low) and 1 (high)."""

    @abstractmethod
    def place(self, value: Any) -> float:
        """Where a number lies: the inverse of `value`."""

    def between(self, a: float, b: float) -> Range:
        """The part of this range between two places."""
        return type(self)(self.value(max(a, 0.0)), self.value(min(b, 1.0)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.low:.4g}, {self.high:.4g})"


class Uniform(Range):
    """Every number as likely as every other.

    Examples
    --------
    >>> from nn.search import Uniform
    >>> Uniform(0, 10).value(0.25)
    2.5
    """

    def value(self, place: float) -> float:
        return float(self.low + place * (self.high - self.low))

    def place(self, value: Any) -> float:
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5


class LogUniform(Range):
    """Every order of magnitude as likely as every other: for learning rates and penalties.

    Source
    ------
    Bergstra & Bengio (2012), "Random search for hyper-parameter optimization".

    Examples
    --------
    >>> from nn.search import LogUniform
    >>> f"{LogUniform(1e-4, 1).value(0.5):.4f}"
    '0.0100'
    """

    def __init__(self, low: float, high: float):
        super().__init__(low, high)
        if not low > 0:
            raise ArgumentError(f"LogUniform: low must be above 0, got {low}")

    def value(self, place: float) -> float:
        value = math.exp(math.log(self.low) + place * math.log(self.high / self.low))
        return min(max(value, self.low), self.high)

    def place(self, value: Any) -> float:
        if self.high == self.low:
            return 0.5
        return math.log(value / self.low) / math.log(self.high / self.low)


class IntUniform(Range):
    """Every integer from low to high, both included, as likely as every other.

    Examples
    --------
    >>> from nn.search import IntUniform
    >>> [IntUniform(1, 3).value(p) for p in (0, 0.3, 0.5, 0.99)]
    [1, 1, 2, 3]
    """

    def __init__(self, low: int, high: int):
        if not isinstance(low, (int, np.integer)) or not isinstance(high, (int, np.integer)):
            raise DTypeError(f"IntUniform: low and high must be ints, got {low!r}, {high!r}")
        super().__init__(low, high)

    def value(self, place: float) -> int:
        return int(min(self.low + math.floor(place * (self.high - self.low + 1)), self.high))

    def place(self, value: Any) -> float:
        return (value - self.low + 0.5) / (self.high - self.low + 1)


@dataclass(frozen=True)
class Trial:
    """One try: its settings, and what came of them.

    number    counts from 0
    settings  what the objective was called with
    score     what it returned; NaN if it failed
    error     what it raised, in a line; None if it did not
    details   the traceback
    """

    number: int
    settings: dict[str, Any]
    score: float
    error: str | None = None
    details: str = ""


class Results:
    """The trials of a search. Printing it gives a table, the best first, failures last.

    Attributes
    ----------
    trials : tuple of Trials, in their order
    mode : "min" or "max"
    seed : of the search
    """

    def __init__(self, trials: Iterable[Trial], mode: str, seed: int):
        self.trials = tuple(trials)
        self.mode = mode
        self.seed = seed

    @property
    def ranked(self) -> list[Trial]:
        """The trials that did not fail, the best first; of equals, the earlier one."""
        sign = 1 if self.mode == "min" else -1
        return sorted((t for t in self.trials if t.error is None), key=lambda t: sign * t.score)

    @property
    def failed(self) -> list[Trial]:
        """The trials that raised something, or returned NaN."""
        return [t for t in self.trials if t.error is not None]

    @property
    def best(self) -> Trial:
        """The best trial.

        Raises
        ------
        ArgumentError
            If all of them failed.
        """
        if not self.ranked:
            raise ArgumentError(f"search: all of the {len(self.trials)} trials failed\n{self}")
        return self.ranked[0]

    def __str__(self) -> str:
        names = list(dict.fromkeys(name for t in self.trials for name in t.settings))
        rows = [["trial", "score", *names]]
        for t in (*self.ranked, *self.failed):
            score = _shown(t.score) if t.error is None else "failed"
            rows.append([str(t.number), score, *(_shown(t.settings.get(n)) for n in names)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        lines += [f"trial {t.number} failed: {t.error}" for t in self.failed]
        return "\n".join(lines)

    __repr__ = __str__


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)


# The searches


def grid_search(
    objective: Objective, space: Mapping[str, Iterable[Any]], *, mode: str = "min", seed: int = 0,
    verbose: bool = False,
) -> Results:  # fmt: skip
    """Try all combinations of the given values.

    Parameters
    ----------
    objective : called with the settings by name; returns the score
        What it raises is noted in its trial, and the search goes on.
    space : name -> the values to try
    mode : whether the score shall be small ("min") or large ("max")
    seed : int
    verbose : bool
        Print a line for each trial.

    Examples
    --------
    >>> from nn import search
    >>> search.grid_search(lambda a, b: (a - 2) ** 2 / b, {"a": [1, 2, 3], "b": [1, 0]})
    trial   score  a  b
        2       0  2  1
        0       1  1  1
        4       1  3  1
        1  failed  1  0
        3  failed  2  0
        5  failed  3  0
    trial 1 failed: ZeroDivisionError: division by zero
    trial 3 failed: ZeroDivisionError: division by zero
    trial 5 failed: ZeroDivisionError: division by zero
    """
    _check(objective, space, mode)
    for name, values in space.items():
        if isinstance(values, Range):
            raise DTypeError(f"grid_search: {name} must be a list of values, got {values!r}")
    names = list(space)
    trials = []
    for number, values in enumerate(product(*space.values())):
        trials.append(_run(objective, number, dict(zip(names, values, strict=True)), seed))
        _tell(trials[-1], verbose)
    return Results(trials, mode, seed)


def random_search(
    objective: Objective, space: Mapping[str, Any], trials: int, *, mode: str = "min",
    seed: int = 0, verbose: bool = False,
) -> Results:  # fmt: skip
    """Try settings that are drawn at random.

    Parameters
    ----------
    objective, mode, seed, verbose : see `grid_search`
    space : name -> a Range to draw from, or a list of values that are equally likely
    trials : how many

    Source
    ------
    Bergstra & Bengio (2012), "Random search for hyper-parameter optimization".

    Examples
    --------
    >>> from nn import search
    >>> space = {"lr": search.LogUniform(1e-5, 1), "layers": search.IntUniform(1, 3)}
    >>> results = search.random_search(lambda lr, layers: abs(lr - 0.01) * layers, space, 50)
    >>> 0.003 < results.best.settings["lr"] < 0.03
    True
    """
    return coarse_to_fine(objective, space, trials, rounds=1, mode=mode, seed=seed, verbose=verbose)


def coarse_to_fine(
    objective: Objective, space: Mapping[str, Any], trials: int, rounds: int = 3,
    keep: float = 0.25, *, mode: str = "min", seed: int = 0, verbose: bool = False,
) -> Results:  # fmt: skip
    """Search at random in rounds, each within the ranges where the best trials so far lie.

    Parameters
    ----------
    objective, space, mode, seed, verbose : see `random_search`
    trials : in each round
    rounds : how often to narrow the ranges, less one
    keep : which share of the trials so far counts as best; two at least

    Examples
    --------
    >>> from nn import search
    >>> space = {"lr": search.LogUniform(1e-6, 1)}
    >>> def score(lr):
    ...     return np.log10(lr / 0.003) ** 2
    >>> coarse = search.random_search(score, space, 10)
    >>> fine = search.coarse_to_fine(score, space, 10)
    >>> fine.best.score < coarse.best.score
    True
    """
    _check(objective, space, mode)
    for name, value in {"trials": trials, "rounds": rounds}.items():
        if not isinstance(value, int) or value < 1:
            raise ArgumentError(f"search: {name} must be a positive int, got {value!r}")
    if not 0 < keep <= 1:
        raise ArgumentError(f"search: keep must be above 0 and at most 1, got {keep!r}")
    done: list[Trial] = []
    here = {n: r if isinstance(r, Range) else list(r) for n, r in space.items()}
    for _ in range(rounds):
        for number in range(len(done), len(done) + trials):
            done.append(_run(objective, number, _drawn(here, number, seed), seed))
            _tell(done[-1], verbose)
        ranked = Results(done, mode, seed).ranked
        best = ranked[: max(2, round(keep * len(ranked)))]
        if len(best) > 1:
            here = {n: _narrowed(r, [t.settings[n] for t in best]) for n, r in here.items()}
    return Results(done, mode, seed)


def repeat(objective: Objective, results: Results, trial: Trial) -> Any:
    """Call the objective again as in a trial of some results, with the same random numbers.

    What it raises comes out: to look into a trial that failed.

    Examples
    --------
    >>> from nn import search
    >>> results = search.grid_search(lambda a: ag.random.rand().item() + a, {"a": [1, 2, 3]})
    >>> again = search.repeat(lambda a: ag.random.rand().item() + a, results, results.best)
    >>> again == results.best.score
    True
    """
    with random.seeded((results.seed, trial.number, 1)):
        return objective(**trial.settings)


def _check(objective: Any, space: Any, mode: str) -> None:
    if not callable(objective):
        raise DTypeError(f"search: the objective must be a function, got {objective!r}")
    if not isinstance(space, Mapping) or not space:
        raise DTypeError(f"search: the space must be a dict of name -> values, got {space!r}")
    for name, values in space.items():
        good = isinstance(values, (Range, Sequence, np.ndarray)) and not isinstance(values, str)
        if not good or (not isinstance(values, Range) and not len(values)):
            raise DTypeError(f"search: {name} must be a Range or a list of values, got {values!r}")
    if mode not in ("min", "max"):
        raise ArgumentError(f"search: mode must be 'min' or 'max', got {mode!r}")


def _drawn(space: Mapping[str, Any], number: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng((seed, number, 0))
    return {
        name: r.value(rng.random()) if isinstance(r, Range) else r[int(rng.integers(len(r)))]
        for name, r in space.items()
    }


def _run(objective: Objective, number: int, settings: dict[str, Any], seed: int) -> Trial:
    try:
        with random.seeded((seed, number, 1)):
            score = float(objective(**settings))
    except Exception as e:
        first = str(e).partition("\n")[0]
        told = f"{type(e).__name__}: {first}"
        return Trial(number, settings, math.nan, told, traceback.format_exc())
    return Trial(number, settings, score, "the score is nan" if math.isnan(score) else None)


def _tell(trial: Trial, verbose: bool) -> None:
    if verbose:
        settings = "  ".join(f"{k} {_shown(v)}" for k, v in trial.settings.items())
        what = f"score {_shown(trial.score)}" if trial.error is None else f"failed: {trial.error}"
        print(f"trial {trial.number}  {settings}  {what}")


def _narrowed(old: Any, values: list[Any]) -> Any:
    """Where the best values lie, and a little around them."""
    if not isinstance(old, Range):
        return [v for v in old if any(v is w for w in values)] or old
    places = [old.place(v) for v in values]
    low, high = min(places), max(places)
    margin = (high - low) / len(places)
    return old.between(low - margin, high + margin)
