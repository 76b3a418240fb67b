"""CIFAR-10 and CIFAR-100: small colour pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from autograd.errors import ArgumentError

from ..formats import read_cifar
from .archive import Remote, obtain
from .pictures import Pictures, Transform

_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_BATCHES = (1, 2, 3, 4, 5)
_MEMBERS = (*(f"data_batch_{number}.bin" for number in _BATCHES), "test_batch.bin")

_TEN = "airplane automobile bird cat deer dog frog horse ship truck"
_HUNDRED = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""


class CIFAR10(Pictures):
    """60,000 colour pictures of 10 classes, 3 x 32 x 32: a sample is (picture, class).

    Pictures are float32 between 0 and 1 of shape (3, 32, 32); `data` keeps them all as bytes.

    Parameters
    ----------
    root : the data folder, optional
        As for `MNIST`. The files may be in `cifar10`, `cifar-10-batches-bin` or
        `cifar-10-batches-py`: binary records, or pickles, of which nothing is executed.
    train : the 50,000 for training, or the 10,000 for testing
    transform, target_transform : function, optional
        Applied to the picture and to the class of each sample.
    download : fetch the files if some are missing
    batches : which of the five training files to read

    Raises
    ------
    MissingDataError, FormatError, DownloadError
        As for `MNIST`.

    Source
    ------
    Krizhevsky (2009), "Learning multiple layers of features from tiny images".

    Examples
    --------
    >>> from nn.data.datasets import CIFAR10
    >>> CIFAR10("/nowhere", batches=[1])
    Traceback (most recent call last):
    nn.data.errors.MissingDataError: CIFAR10: data_batch_1.bin not found
      ...
    """

    def __init__(
        self, root: str | os.PathLike[str] | None = None, train: bool = True,
        transform: Transform = None, target_transform: Transform = None, download: bool = False,
        *, batches: Sequence[int] = _BATCHES,
    ):  # fmt: skip
        if not batches or not set(batches) <= set(_BATCHES):
            raise ArgumentError(f"CIFAR10: batches must be some of {_BATCHES}, got {batches!r}")
        files = [f"data_batch_{number}" for number in batches] if train else ["test_batch"]
        folders = ("cifar10", "cifar-10-batches-bin", "cifar-10-batches-py")
        archive = Remote(
            "cifar-10-binary.tar.gz", _MIRRORS, "md5:c32a1d4ab5d03f1284b67883e8d87530", _MEMBERS
        )
        data, targets = _read("CIFAR10", root, folders, files, archive, download, 10)
        super().__init__(data, targets, _TEN.split(), transform, target_transform)
        self.train = train


class CIFAR100(Pictures):
    """60,000 colour pictures of 100 classes; parameters and errors as for `CIFAR10`.

    The files may be in `cifar100`, `cifar-100-binary` or `cifar-100-python`. The 20 superclasses
    are not read.

    Source
    ------
    Krizhevsky (2009), "Learning multiple layers of features from tiny images".

    Examples
    --------
    >>> from nn.data.datasets import CIFAR100
    >>> CIFAR100("/nowhere")
    Traceback (most recent call last):
    nn.data.errors.MissingDataError: CIFAR100: train.bin not found
      ...
    """

    def __init__(
        self, root: str | os.PathLike[str] | None = None, train: bool = True,
        transform: Transform = None, target_transform: Transform = None, download: bool = False,
    ):  # fmt: skip
        folders = ("cifar100", "cifar-100-binary", "cifar-100-python")
        archive = Remote(
            "cifar-100-binary.tar.gz", _MIRRORS, "md5:03b5dce01913d631647c71ecec9e9cb8",
            ("train.bin", "test.bin"),
        )  # fmt: skip
        files = ["train" if train else "test"]
        data, targets = _read("CIFAR100", root, folders, files, archive, download, 100)
        super().__init__(data, targets, _HUNDRED.split(), transform, target_transform)
        self.train = train


def _read(
    kind: str, root: str | os.PathLike[str] | None, folders: Sequence[str], files: list[str],
    archive: Remote, download: bool, classes: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    names = [[f"{file}.bin", file] for file in files]
    paths = obtain(kind, root, folders, names, [archive], download)
    parts = [read_cifar(path, classes=classes) for path in paths]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
