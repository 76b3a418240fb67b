"""What a batch costs on its way from a worker, beside PyTorch's loader.

Not pinned, for workers need a core of their own.

python benchmarks/loading.py             # needs the `bench` extra
"""

from __future__ import annotations

import timing  # first: sets the number of threads

# isort: split
from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch.utils.data import DataLoader as TorchLoader
from torch.utils.data import TensorDataset as TorchDataset

from nn.data import DataLoader, TensorDataset

BATCH = 64
SHAPES = {"64 x 3 x 224 x 224": (256, 3, 224, 224), "64 x 8": (6400, 8)}


def epoch(loader: Iterable[object]) -> Callable[[], None]:
    def run() -> None:
        for _ in loader:
            pass

    return run


def contenders(data: np.ndarray) -> dict[str, Callable[[], None]]:
    ours, theirs = TensorDataset(data), TorchDataset(torch.from_numpy(data))
    kept = {"num_workers": 1, "persistent_workers": True}
    return {
        "none": epoch(DataLoader(ours, BATCH)),
        "1 thread": epoch(DataLoader(ours, BATCH, threads=1, persistent_workers=True)),
        "1 worker": epoch(DataLoader(ours, BATCH, num_workers=1, persistent_workers=True)),
        "PyTorch, none": epoch(TorchLoader(theirs, BATCH)),
        "PyTorch, 1 worker": epoch(
            TorchLoader(theirs, BATCH, multiprocessing_context="spawn", **kept)  # type: ignore[arg-type]
        ),
    }


def main() -> None:
    for name, shape in SHAPES.items():
        print(f"batches of {name}, float32")
        found = timing.interleave(contenders(np.ones(shape, np.float32)), rounds=7, seconds=0)
        for contender, seconds in found.items():
            print(f"  {contender:20} {seconds / (shape[0] / BATCH) * 1e3:8.3f} ms a batch")


if __name__ == "__main__":
    main()
