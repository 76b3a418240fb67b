"""What a batch costs on its way to the program, in the same thread, and from one worker.

python benchmarks/loading.py [--only TEXT] [--quick]     # needs the `bench` extra

Not pinned, for workers need a core of their own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from suite import Step, Timed

TITLE = "Loading data"
CONTENDERS = ("autograd", "torch")
PINNED = False

BATCH = 64
SHAPES = {"64x3x224x224": (256, 3, 224, 224), "64x8": (6400, 8)}
WAYS: dict[str, dict[str, Any]] = {
    "same thread": {},
    "one thread": {"threads": 1, "persistent_workers": True},
    "one worker": {"num_workers": 1, "persistent_workers": True},
}


def build(shape: tuple[int, ...], options: dict[str, Any], name: str) -> Step | None:
    """A pass over the data set; the result is the last batch."""
    data = np.ones(shape, np.float32)
    loader: Any
    if name == "autograd":
        from nn.data import DataLoader, TensorDataset

        loader = DataLoader(TensorDataset(data), BATCH, **options)
    else:
        import torch
        from torch.utils.data import DataLoader as TorchLoader
        from torch.utils.data import TensorDataset as TorchDataset

        if "threads" in options:
            return None
        options = options and options | {"multiprocessing_context": "spawn"}
        loader = TorchLoader(TorchDataset(torch.from_numpy(data)), BATCH, **options)

    def step() -> Any:
        for batch in loader:  # noqa: B007 - all of them are fetched
            pass
        return batch[0]

    return step


CASES = [
    Timed(
        "Loading a batch", f"{name}, {way}", partial(build, shape, options), per=shape[0] // BATCH
    )
    for name, shape in SHAPES.items()
    for way, options in WAYS.items()
]

if __name__ == "__main__":
    from runner import main

    main(["loading"])
