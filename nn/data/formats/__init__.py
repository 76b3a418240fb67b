"""Readers of file formats: arrays from files, and an error with name and byte if one is wrong."""

from .cifar import read_cifar
from .idx import read_idx
from .image import read_image
from .table import read_csv
from .text import read_text

__all__ = ["read_cifar", "read_csv", "read_idx", "read_image", "read_text"]
