"""Recurrent and transformer layers, forward and backward, beside PyTorch: float32, one thread.

python benchmarks/sequence.py            # needs the `bench` extra
"""

from __future__ import annotations

import timing  # first: sets the number of threads

# isort: split
from functools import partial
from typing import Any

import numpy as np
import torch

import nn
from autograd import Tensor

# class, arguments, shape of the input
CASES: tuple[tuple[str, tuple[Any, ...], tuple[int, ...]], ...] = (
    *((name, (64, 128), (50, 32, 64)) for name in ("RNN", "LSTM", "GRU")),
    *((name, (32, 64), (200, 16, 32)) for name in ("RNN", "LSTM", "GRU")),
    *((name, (16, 16), (100, 1, 16)) for name in ("RNN", "LSTM", "GRU")),
    ("TransformerEncoderLayer", (128, 4, 512, 0.0), (64, 8, 128)),
    ("TransformerEncoderLayer", (256, 8, 1024, 0.0), (128, 2, 256)),
    ("TransformerEncoderLayer", (32, 2, 64, 0.0), (16, 1, 32)),
)


def step(model: Any, x: Any) -> None:
    """One training step without the update: gradients of the input and of all parameters."""
    out = model(x)
    (out[0] if isinstance(out, tuple) else out).sum().backward()
    x.grad = None
    model.zero_grad()


def main() -> None:
    timing.pin()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    for name, args, shape in CASES:
        x = rng.normal(size=shape).astype(np.float32)
        contenders = {
            "here": partial(step, getattr(nn, name)(*args), Tensor(x, requires_grad=True)),
            "torch": partial(
                step, getattr(torch.nn, name)(*args), torch.tensor(x, requires_grad=True)
            ),
        }
        best = timing.interleave(contenders, rounds=15)
        here, there = (1e3 * best[k] for k in ("here", "torch"))
        what = f"{name}({', '.join(map(str, args))}) {shape}"
        print(f"{here:7.2f} ms here {there:7.2f} ms torch {here / there:6.2f}   {what}")


if __name__ == "__main__":
    main()
