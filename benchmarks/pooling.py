"""Pooling and resampling, forward and backward, beside PyTorch: float32, one thread.

python benchmarks/pooling.py             # needs the `bench` extra
"""

from __future__ import annotations

import timing  # first: sets the number of threads

# isort: split
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

import autograd as ag

F = torch.nn.functional
IMAGES = (16, 32, 32, 32)

# function, shapes of its arrays, options
CASES: tuple[tuple[str, tuple[tuple[int, ...], ...], dict[str, Any]], ...] = (
    ("max_pool2d", (IMAGES,), {"kernel_size": 2}),
    ("max_pool2d", (IMAGES,), {"kernel_size": 3, "stride": 2, "padding": 1}),
    ("max_pool3d", ((2, 16, 16, 16, 16),), {"kernel_size": 2}),
    ("avg_pool2d", (IMAGES,), {"kernel_size": 2}),
    ("lp_pool2d", (IMAGES,), {"norm_type": 2, "kernel_size": 2}),
    ("adaptive_avg_pool2d", ((16, 64, 14, 14),), {"output_size": 1}),
    ("adaptive_avg_pool2d", ((16, 64, 14, 14),), {"output_size": 5}),
    ("adaptive_max_pool2d", ((16, 64, 14, 14),), {"output_size": 5}),
    ("interpolate", ((4, 16, 56, 56),), {"scale_factor": 2}),
    ("interpolate", ((4, 16, 56, 56),), {"scale_factor": 2, "mode": "bilinear"}),
    ("interpolate", ((4, 16, 56, 56),), {"scale_factor": 0.5, "mode": "bicubic"}),
    ("grid_sample", ((2, 16, 32, 32), (2, 32, 32, 2)), {"align_corners": False}),
)


def step(function: Callable[..., Any], tensors: list[Any], options: dict[str, Any]) -> None:
    function(*tensors, **options).sum().backward()
    for t in tensors:
        t.grad = None


def main() -> None:
    timing.pin()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    for name, shapes, options in CASES:
        arrays = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
        mine = [ag.Tensor(a, requires_grad=True) for a in arrays]
        theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
        contenders = {
            "here": partial(step, getattr(ag, name), mine, options),
            "torch": partial(step, getattr(F, name), theirs, options),
        }
        best = timing.interleave(contenders, rounds=15)
        here, there = (1e3 * best[k] for k in ("here", "torch"))
        what = " ".join(f"{k}={v}" for k, v in options.items())
        print(f"{here:7.2f} ms here {there:7.2f} ms torch {here / there:6.2f}   {name} {what}")


if __name__ == "__main__":
    main()
