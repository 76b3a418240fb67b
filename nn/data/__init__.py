"""Data sets, samplers and loaders."""

from . import datasets
from .collate import default_collate
from .dataset import ConcatDataset, Dataset, Subset, TensorDataset
from .errors import DataError, DownloadError, FormatError, MissingDataError, WorkerError
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .splits import bootstrap, k_fold, random_split

__all__ = [
    "BatchSampler", "ConcatDataset", "DataError", "DataLoader", "Dataset", "DownloadError",
    "FormatError", "MissingDataError", "RandomSampler", "Sampler", "SequentialSampler", "Subset",
    "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler", "WorkerError", "bootstrap",
    "datasets", "default_collate", "k_fold", "random_split",
]  # fmt: skip
