"""Parts of a data set: random, folded, drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .dataset import Subset


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


def k_fold(
    dataset: Any, k: int = 5, *, shuffle: bool = True, labels: Any = None, rng: Rng = None
) -> Iterator[tuple[Subset, Subset]]:
    """Cross-validation: k times a part for training and the rest for validation.

    Every sample is in exactly one validation part; their sizes differ by one at most.

    Parameters
    ----------
    k : number of parts, from 2 to the number of samples
    shuffle : random parts; otherwise neighbours stay together
    labels : class of each sample, optional
        Every class is spread evenly over the parts (stratified).

    Yields
    ------
    (train, validation) : Subsets

    Source
    ------
    Stone (1974), "Cross-validatory choice and assessment of statistical predictions".

    Examples
    --------
    >>> from nn.data import k_fold
    >>> [sorted(held_out) for _, held_out in k_fold(range(5), 2, shuffle=False)]
    [[0, 1, 2], [3, 4]]
    """
    total = len(dataset)
    if not isinstance(k, (int, np.integer)) or not 2 <= k <= total:
        raise ArgumentError(f"k_fold: k must be an int between 2 and {total}, got {k!r}")
    order = generator(rng).permutation(total) if shuffle else np.arange(total)
    if labels is None:
        fold = _even(total, k)
    else:
        classes = np.asarray(labels)
        if classes.shape != (total,):
            raise ArgumentError(
                f"k_fold: labels must be one for each of the {total} samples, got {classes.shape}"
            )
        order = order[np.argsort(classes[order], kind="stable")]
        fold = np.arange(total) % k  # deal each class out like cards
    # Generators check nothing before they are asked: hence the inner one.
    return (
        (Subset(dataset, order[fold != part]), Subset(dataset, order[fold == part]))
        for part in range(k)
    )


def _even(total: int, k: int) -> np.ndarray:
    """0 0 0 1 1 2 2: the number of the part for each position."""
    return np.repeat(np.arange(k), [len(part) for part in np.array_split(np.arange(total), k)])


def bootstrap(dataset: Any, n: int | None = None, *, rng: Rng = None) -> tuple[Subset, Subset]:
    """A sample drawn with replacement, and those that were never drawn (out of bag).

    Parameters
    ----------
    n : how many to draw; as many as there are unless given

    Source
    ------
    Efron (1979), "Bootstrap methods: another look at the jackknife".

    Examples
    --------
    >>> from nn.data import bootstrap
    >>> drawn, out_of_bag = bootstrap(range(100), rng=0)
    >>> len(drawn), sorted({*drawn} | {*out_of_bag}) == list(range(100))
    (100, True)
    """
    total = len(dataset)
    size = total if n is None else n
    if not isinstance(size, (int, np.integer)) or size < 1 or not total:
        raise ArgumentError(f"bootstrap: cannot draw {size!r} of {total} samples")
    drawn = generator(rng).integers(total, size=size)
    return Subset(dataset, drawn), Subset(dataset, np.setdiff1d(np.arange(total), drawn))
