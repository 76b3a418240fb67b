"""Data sets, samplers and loaders."""

from . import datasets, formats, transforms
from .collate import default_collate
from .dataset import ConcatDataset, Dataset, Subset, TensorDataset
from .download import download
from .errors import DataError, DownloadError, FormatError, MissingDataError, WorkerError
from .folder import data_folder
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
from .text import Vocabulary, tokenize, windows

__all__ = [
    "BatchSampler", "ConcatDataset", "DataError", "DataLoader", "Dataset", "DownloadError",
    "FormatError", "MissingDataError", "RandomSampler", "Sampler", "SequentialSampler", "Subset",
    "SubsetRandomSampler", "TensorDataset", "Vocabulary", "WeightedRandomSampler", "WorkerError",
    "bootstrap", "data_folder", "datasets", "default_collate", "download", "formats", "k_fold",
    "random_split", "tokenize", "transforms", "windows",
]  # fmt: skip
