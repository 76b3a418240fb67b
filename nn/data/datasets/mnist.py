"""MNIST and the data sets that copy its format."""

from __future__ import annotations

import os
from typing import ClassVar

import numpy as np

from ..errors import FormatError
from ..formats import read_idx
from .archive import Remote, obtain
from .pictures import Pictures, Transform


class _IDXPictures(Pictures):
    """Base of the data sets of four IDX files: pictures and labels, for training and testing."""

    _folders: ClassVar[tuple[str, ...]]
    _mirrors: ClassVar[tuple[str, ...]]
    _checksums: ClassVar[dict[str, str]]
    _classes: ClassVar[tuple[str, ...]]

    def __init__(
        self, root: str | os.PathLike[str] | None = None, train: bool = True,
        transform: Transform = None, target_transform: Transform = None, download: bool = False,
    ):  # fmt: skip
        kind = type(self).__name__
        part = "train" if train else "t10k"
        files = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        names = [[f, f"{f}.gz", f.replace("-idx", ".idx"), f.replace("-idx", ".idx") + ".gz"]
                 for f in files]  # fmt: skip
        remotes = [Remote(f"{f}.gz", self._mirrors, self._checksums[f]) for f in files]
        images, labels = obtain(kind, root, self._folders, names, remotes, download)
        data, targets = read_idx(images), read_idx(labels)
        if data.ndim != 3 or data.dtype != np.uint8:
            raise FormatError(
                f"{images}: byte 2: pictures have three axes of bytes, here {data.ndim} of "
                f"{data.dtype}"
            )
        if targets.dtype != np.uint8 or targets.shape != data.shape[:1]:
            raise FormatError(
                f"{labels}: byte 2: {data.shape[0]} pictures need as many labels of one byte, "
                f"here {targets.shape} {targets.dtype}"
            )
        for number in np.flatnonzero(targets >= len(self._classes))[:1]:
            raise FormatError(
                f"{labels}: byte {8 + number}: label {targets[number]} of picture {number} is not "
                f"below {len(self._classes)}"
            )
        super().__init__(data[:, None], targets, self._classes, transform, target_transform)
        self.train = train


class MNIST(_IDXPictures):
    """70,000 handwritten digits, 1 x 28 x 28: a sample is (picture, class).

    Pictures are float32 between 0 and 1 of shape (1, 28, 28); `data` keeps them all as bytes.

    Parameters
    ----------
    root : the data folder, optional
        Unless given, what the environment variable AUTOGRAD_DATA names, else the user's own: see
        `nn.data.data_folder`. The files may be in `mnist`, in `MNIST/raw` (where torchvision puts
        them) or in the folder itself, plain or gzip.
    train : the 60,000 for training, or the 10,000 for testing
    transform, target_transform : function, optional
        Applied to the picture and to the class of each sample.
    download : fetch the files that are missing

    Raises
    ------
    MissingDataError
        If the files are not there.
    FormatError
        If they are damaged.
    DownloadError
        If they could not be fetched.

    Source
    ------
    LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
    recognition".

    Examples
    --------
    >>> from nn.data.datasets import MNIST
    >>> MNIST("/nowhere", train=False)
    Traceback (most recent call last):
    nn.data.errors.MissingDataError: MNIST: t10k-images-idx3-ubyte, ... not found
      looked in ...
      hint: put the files into ...
    """

    _folders = ("mnist", "MNIST/raw", ".")
    _mirrors = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    _checksums: ClassVar = {
        "train-images-idx3-ubyte": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "md5:9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "md5:ec29112dd5afa0611ce80d1b7f02629c",
    }
    _classes = tuple("0123456789")


class FashionMNIST(_IDXPictures):
    """70,000 pictures of clothes in the format of MNIST; parameters and errors as there.

    The files may be in `fashionmnist` or `FashionMNIST/raw`.

    Source
    ------
    Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms".

    Examples
    --------
    >>> from nn.data.datasets import FashionMNIST
    >>> FashionMNIST("/nowhere")
    Traceback (most recent call last):
    nn.data.errors.MissingDataError: FashionMNIST: train-images-idx3-ubyte, ... not found
      ...
    """

    _folders = ("fashionmnist", "FashionMNIST/raw")
    _mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    _checksums: ClassVar = {
        "train-images-idx3-ubyte": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "md5:25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "md5:bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "md5:bb300cfdad3c16e7a12a480ee83cd310",
    }
    _classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                "Sneaker", "Bag", "Ankle boot")  # fmt: skip
