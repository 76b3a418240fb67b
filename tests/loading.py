"""Data sets for tests of worker processes, which import this file: it is light on purpose."""

import os
import signal
import time

import numpy as np

from autograd import random
from nn.data import Dataset

SIZE = 12


class Numbers(Dataset):
    """Sample i is (i, i squared, noise from the package's generator, an empty array)."""

    def __len__(self):
        return SIZE

    def __getitem__(self, index):
        noise = random.generator().random(3)
        return {"i": index, "square": np.float32(index) ** 2, "noise": noise, "none": np.ones(0)}


class Failing(Numbers):
    """Sample 7 raises what is asked for."""

    def __init__(self, error):
        self.error = error

    def __getitem__(self, index):
        if index == 7:
            raise self.error
        return index


class Stubborn(Exception):
    """An exception that cannot be pickled and made again."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Deadly(Numbers):
    """Sample 7 kills its process."""

    def __init__(self, number=signal.SIGKILL):
        self.number = number

    def __getitem__(self, index):
        if index == 7:
            if self.number == 0:
                os._exit(3)
            os.kill(os.getpid(), self.number)
        return index


class Processes(Numbers):
    """Sample i is the id of the process that makes it."""

    def __getitem__(self, index):
        return os.getpid()


class Slow(Numbers):
    """Each sample takes its time."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __getitem__(self, index):
        time.sleep(self.seconds)
        return index


class Noted(Numbers):
    """Leaves a file for each sample that was made."""

    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, index):
        (self.folder / str(index)).touch()
        return index


class Mapped(Numbers):
    """Applies a function, which may be one that cannot travel."""

    def __init__(self, function):
        self.function = function

    def __getitem__(self, index):
        return self.function(index)


def introduce(number):
    """A worker_init_fn."""
    os.environ["WORKER"] = str(number)


def who(_):
    """What `introduce` left in this process."""
    return int(os.environ["WORKER"])


def explode(number):
    """A worker_init_fn that fails."""
    raise RuntimeError(f"worker {number} has no file")


def plain(samples):
    """A collate_fn."""
    return np.array(samples)


def unreturnable(samples):
    """A collate_fn whose result cannot travel."""
    return lambda: samples
