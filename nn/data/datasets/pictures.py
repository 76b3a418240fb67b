"""Pictures with classes: as arrays in memory, and as files in folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import IndexingError, ShapeError
from autograd.tensor import Tensor, wrap

from ..dataset import Dataset
from ..errors import MissingDataError
from ..formats import read_image

Transform = Callable[[Any], Any] | None

_ENDINGS = (".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".pbm", ".bmp", ".gif", ".tif", ".tiff",
            ".webp")  # fmt: skip


class Pictures(Dataset):
    """Pictures in memory as bytes, each with a class. A sample is (picture, class).

    Parameters
    ----------
    data : ndarray of uint8, shape (N, C, H, W)
        Samples are float32 between 0 and 1, shape (C, H, W).
    targets : ints, shape (N,)
    classes : names of the classes
    transform, target_transform : function, optional
        Applied to the picture and to the class of each sample.

    Examples
    --------
    >>> from nn.data.datasets import Pictures
    >>> pictures = Pictures(np.full((2, 1, 4, 4), 51, np.uint8), [0, 1], ["cat", "dog"])
    >>> picture, label = pictures[1]
    >>> picture.shape, picture.max(), label
    ((1, 4, 4), Tensor(0.2), 1)
    """

    def __init__(
        self, data: np.ndarray, targets: Any, classes: Sequence[str],
        transform: Transform = None, target_transform: Transform = None,
    ):  # fmt: skip
        self.data = np.asarray(data)
        self.targets = np.asarray(targets, np.int64)
        if self.data.ndim != 4 or self.data.dtype != np.uint8:
            raise ShapeError(
                f"Pictures: data must be bytes of shape (N, C, H, W), got {self.data.shape} "
                f"{self.data.dtype}"
            )
        if self.targets.shape != (len(self.data),):
            raise ShapeError(
                f"Pictures: {len(self.data)} pictures, but targets of shape {self.targets.shape}"
            )
        self.classes = list(classes)
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        try:
            picture, target = _unit(self.data[index]), int(self.targets[index])
        except IndexError:
            kind = type(self).__name__
            raise IndexingError(f"sample {index} of a {kind} of {len(self)}") from None
        return _sample(picture, target, self.transform, self.target_transform)

    def batch(self, indices: Sequence[int]) -> Any:
        if self.transform or self.target_transform:
            return super().batch(indices)
        chosen = np.asarray(indices, dtype=np.intp)
        return [wrap(_unit(self.data[chosen])), wrap(self.targets[chosen])]

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.data.shape[1:]))
        return f"{type(self).__name__}({len(self)} pictures of {size}, {len(self.classes)} classes)"


def _unit(pixels: np.ndarray) -> np.ndarray:
    return pixels / np.float32(255)


def _sample(
    picture: np.ndarray, target: int, transform: Transform, target_transform: Transform
) -> tuple[Any, Any]:
    out = picture if transform is None else transform(picture)
    label = target if target_transform is None else target_transform(target)
    return (wrap(out) if isinstance(out, np.ndarray) else out), label


class ImageFolder(Dataset):
    """Picture files in folders, one folder for each class: root/cat/1.png, root/dog/x/2.jpg.

    Needs Pillow: `pip install "autograd-from-scratch[images]"`.

    Parameters
    ----------
    root : folder of the class folders
    transform, target_transform : function, optional
        Applied to the picture, float32 between 0 and 1 of shape (C, H, W), and to the class.
    loader : function, optional
        Makes a picture of a path; `nn.data.formats.read_image` unless given.
    extensions : endings of picture files, lower case; other files are left alone

    Attributes
    ----------
    samples : list of (path, class), sorted by path
    classes : names of the folders, sorted

    Raises
    ------
    MissingDataError
        If there is no such folder, no class, or a class without pictures.
    FormatError
        When a damaged picture is reached.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.datasets import ImageFolder
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("cat", "dog"):
    ...     (root / name).mkdir()
    ...     _ = (root / name / "1.pgm").write_bytes(b"P5 2 1 255 " + bytes([0, 255]))
    >>> data = ImageFolder(root)
    >>> picture, label = data[1]
    >>> data.classes, picture.shape, label
    (['cat', 'dog'], (3, 1, 2), 1)
    """

    def __init__(
        self, root: str | os.PathLike[str], transform: Transform = None,
        target_transform: Transform = None, loader: Callable[[Path], Any] = read_image,
        extensions: Sequence[str] = _ENDINGS,
    ):  # fmt: skip
        self.root = Path(root)
        if not self.root.is_dir():
            raise MissingDataError(f"ImageFolder: {self.root} is not a folder")
        self.classes = sorted(p.name for p in self.root.iterdir() if p.is_dir())
        if not self.classes:
            raise MissingDataError(
                f"ImageFolder: {self.root} has no folders\n"
                "  hint: one folder for each class, with its pictures inside"
            )
        self.samples = [
            (path, number)
            for number, name in enumerate(self.classes)
            for path in self._files(self.root / name, tuple(extensions))
        ]
        self.transform = transform
        self.target_transform = target_transform
        self.loader = loader

    @staticmethod
    def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
        files = sorted(p for p in folder.rglob("*") if p.name.lower().endswith(endings))
        if not files:
            raise MissingDataError(
                f"ImageFolder: class {folder.name!r} has no files that end in {', '.join(endings)}"
            )
        return files

    @property
    def targets(self) -> np.ndarray:
        """The class of each sample: int64 (N,)."""
        return np.array([target for _, target in self.samples], np.int64)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        try:
            path, target = self.samples[index]
        except IndexError:
            raise IndexingError(f"sample {index} of an ImageFolder of {len(self)}") from None
        picture = self.loader(path)
        if isinstance(picture, Tensor):
            picture = np.asarray(picture)
        return _sample(picture, target, self.transform, self.target_transform)
