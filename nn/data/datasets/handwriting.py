"""The digits of scikit-learn: real handwriting without a download."""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autograd.errors import ArgumentError

from ..dataset import TensorDataset
from ..errors import MissingDataError


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
