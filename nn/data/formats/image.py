"""Pictures, read by Pillow: an optional extra, for decoders of PNG and JPEG are not our trade."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from autograd.errors import ArgumentError

from ..errors import FormatError, MissingDataError

_MODES = ("L", "RGB", "RGBA")


def read_image(path: str | os.PathLike[str], mode: str = "RGB") -> np.ndarray:
    """A picture as numbers between 0 and 1: float32, shape (C, H, W).

    Turned upright if the camera noted how it was held. Sixteen bits are kept as they are.

    Parameters
    ----------
    mode : "L" for grey, "RGB" or "RGBA"

    Raises
    ------
    MissingDataError
        If there is no such file, or Pillow is not installed.
    FormatError
        If it is not a picture, or cut off.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data.formats import read_image
    >>> path = Path(tempfile.mkdtemp(), "grey.pgm")
    >>> _ = path.write_bytes(b"P5 2 1 255 " + bytes([0, 255]))
    >>> read_image(path, "L")
    array([[[0., 1.]]], dtype=float32)
    """
    if mode not in _MODES:
        raise ArgumentError(f"read_image: mode must be one of {_MODES}, got {mode!r}")
    if find_spec("PIL") is None:
        raise MissingDataError(
            "read_image: pictures are read by Pillow, which is not installed\n"
            '  hint: pip install "autograd-from-scratch[images]"'
        )
    file = Path(path)
    if not file.is_file():
        raise MissingDataError(f"{file}: there is no such file")
    try:
        return _pixels(file, mode)
    except Exception as e:  # Pillow's decoders raise whatever comes up
        raise FormatError(
            f"{file}: not a picture, or damaged, somewhere before its end at byte "
            f"{file.stat().st_size} ({e})"
        ) from None


def _pixels(file: Path, mode: str) -> np.ndarray:
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        size = opened.width * opened.height
        if Image.MAX_IMAGE_PIXELS is not None and size > Image.MAX_IMAGE_PIXELS:
            raise ValueError(f"a decompression bomb of {size} pixels")
        picture = ImageOps.exif_transpose(opened)
        if picture.mode.startswith("I"):  # 16 bits: convert() would cut them off at 255
            grey = np.asarray(picture, np.float32) / np.float32(65535)
            planes = {"L": [grey], "RGB": [grey] * 3, "RGBA": [grey] * 3 + [grey * 0 + 1]}
            return np.stack(planes[mode])
        pixels = np.asarray(picture.convert(mode))
    return np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1)) / np.float32(255)
