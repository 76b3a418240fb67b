"""Data sets: files on this machine first, downloaded only on request; and synthetic points."""

from .cifar import CIFAR10, CIFAR100
from .handwriting import digits
from .mnist import MNIST, FashionMNIST
from .pictures import ImageFolder, Pictures
from .points import blobs, circles, curve, linear, moons, spirals, xor
from .table import CSV
from .texts import Characters, TextFile

__all__ = [
    "CIFAR10", "CIFAR100", "CSV", "MNIST", "Characters", "FashionMNIST", "ImageFolder", "Pictures",
    "TextFile", "blobs", "circles", "curve", "digits", "linear", "moons", "spirals", "xor",
]  # fmt: skip
