"""Small data sets for examples and tests: real digits, and points in the plane."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autograd.errors import ArgumentError
from autograd.random import Rng, generator

from .dataset import TensorDataset
from .errors import MissingDataError


def digits(split: str = "all", *, flat: bool = False) -> TensorDataset:
    """1,797 handwritten digits, 8 by 8 pixels, from scikit-learn's own files.

    Parameters
    ----------
    split : "train", "test" or "all"
        Every fifth sample of each class is for testing. `random_split` of "all" gives other splits.
    flat : bool
        Rows of 64 pixels instead of images.

    Returns
    -------
    TensorDataset
        Images float32 (N, 1, 8, 8) between 0 and 1, and labels int64 (N,).

    Raises
    ------
    MissingDataError
        If scikit-learn is not installed.

    Source
    ------
    Alpaydin & Kaynak (1998), "Optical recognition of handwritten digits", UCI repository (the
    test part).

    Examples
    --------
    >>> from nn.data.datasets import digits
    >>> train, test = digits("train"), digits("test")
    >>> len(train), len(test), train[0][0].shape
    (1442, 355, (1, 8, 8))
    """
    if split not in ("train", "test", "all"):
        raise ArgumentError(f"digits: split must be 'train', 'test' or 'all', got {split!r}")
    table = _digits_table()
    images = (table[:, :64] / 16).astype(np.float32)
    labels = table[:, 64].astype(np.int64)
    if not flat:
        images = images.reshape(-1, 1, 8, 8)
    if split != "all":
        chosen = (_rank_in_class(labels) % 5 == 4) == (split == "test")
        images, labels = images[chosen], labels[chosen]
    return TensorDataset(images, labels)


def _digits_table() -> np.ndarray:
    # Reading the packaged file takes 20 ms; importing scikit-learn's loader takes a second.
    spec = find_spec("sklearn")
    roots = spec.submodule_search_locations if spec is not None else None
    path = Path(roots[0], "datasets", "data", "digits.csv.gz") if roots else None
    if path is None or not path.exists():
        raise MissingDataError(
            "digits: the data come with scikit-learn, which is not installed\n"
            "  hint: pip install scikit-learn"
        )
    with gzip.open(path) as file:
        return np.loadtxt(file, delimiter=",", dtype=np.uint8)


def _rank_in_class(labels: np.ndarray) -> np.ndarray:
    """How many samples of the same class come before each one."""
    rank = np.empty(len(labels), int)
    for label in np.unique(labels):
        same = np.flatnonzero(labels == label)
        rank[same] = np.arange(len(same))
    return rank


def moons(n: int = 200, *, noise: float = 0.1, rng: Rng = None) -> TensorDataset:
    """Two interleaving half circles: float32 points (n, 2), labels 0 and 1.

    Examples
    --------
    >>> from nn.data.datasets import moons
    >>> moons(10).tensors[0].shape
    (10, 2)
    """
    draw = generator(rng)
    labels = np.arange(n) % 2
    angle = np.pi * draw.random(n)
    x = np.where(labels == 0, np.cos(angle), 1 - np.cos(angle))
    y = np.where(labels == 0, np.sin(angle), 0.5 - np.sin(angle))
    return _plane(np.stack([x, y], axis=1), labels, noise, draw)


def spirals(
    n: int = 300, *, classes: int = 3, turns: float = 0.6, noise: float = 0.02, rng: Rng = None
) -> TensorDataset:
    """Arms that wind around the origin, one for each class: float32 points (n, 2).

    Examples
    --------
    >>> from nn.data.datasets import spirals
    >>> sorted(set(spirals(30).tensors[1].tolist()))
    [0, 1, 2]
    """
    draw = generator(rng)
    labels = np.arange(n) % classes
    radius = draw.random(n)
    angle = 2 * np.pi * (labels / classes + turns * radius)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _plane(points, labels, noise, draw)


def xor(n: int = 200, *, noise: float = 0.0, rng: Rng = None) -> TensorDataset:
    """Points of the square [-1, 1]^2; the label is 1 where the signs of x and y differ.

    Examples
    --------
    >>> from nn.data.datasets import xor
    >>> len(xor(7))
    7
    """
    draw = generator(rng)
    points = draw.uniform(-1, 1, (n, 2))
    return _plane(points, points[:, 0] * points[:, 1] < 0, noise, draw)


def blobs(
    n: int = 300, *, classes: int = 3, features: int = 2, spread: float = 0.3, rng: Rng = None
) -> TensorDataset:
    """Round clouds of points, one for each class: float32 points (n, features).

    Examples
    --------
    >>> from nn.data.datasets import blobs
    >>> blobs(8, features=5)[0][0].shape
    (5,)
    """
    draw = generator(rng)
    labels = np.arange(n) % classes
    centres = draw.uniform(-2, 2, (classes, features))
    return _plane(centres[labels], labels, spread, draw)


def _plane(
    points: np.ndarray, labels: np.ndarray, noise: float, draw: np.random.Generator
) -> TensorDataset:
    points = points + noise * draw.standard_normal(points.shape)
    return TensorDataset(points.astype(np.float32), labels.astype(np.int64))
