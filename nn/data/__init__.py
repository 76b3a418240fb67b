"""Data sets, samplers and loaders."""

from . import datasets
from .dataset import Dataset, Subset, TensorDataset, default_collate, random_split
from .loader import DataLoader
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "DataLoader", "Dataset", "RandomSampler", "Sampler", "SequentialSampler",
    "Subset", "TensorDataset", "WeightedRandomSampler", "datasets", "default_collate",
    "random_split",
]  # fmt: skip
