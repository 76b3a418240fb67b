"""One step of every optimiser, beside PyTorch: a multilayer perceptron's parameters, float32.

python benchmarks/optim.py              # needs the `bench` extra
"""

from __future__ import annotations

import timing

# isort: split
from typing import Any

import numpy as np
import torch

import nn

SHAPES = [(784, 256), (256,), (256, 256), (256,), (256, 10), (10,)]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("Adam", {}),
    ("AdamW", {}),
    ("Adamax", {}),
    ("NAdam", {}),
    ("RAdam", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("RMSprop", {}),
    ("ASGD", {}),
    ("Rprop", {}),
    ("Adafactor", {}),
]


def main() -> None:
    timing.pin()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]
    print(f"{sum(v.size for v in values):,} parameters in {len(values)} arrays, us a step")
    for name, options in CASES:
        ours = [nn.Parameter(v) for v in values]
        theirs = [torch.tensor(v, requires_grad=True) for v in values]
        for p, q, v in zip(ours, theirs, values, strict=True):
            p.grad, q.grad = v / 100, torch.tensor(v / 100)
        best = timing.interleave(
            {
                "here": getattr(nn.optim, name)(ours, **options).step,
                "PyTorch": getattr(torch.optim, name)(theirs, **options).step,
            },
            rounds=15,
            seconds=0.01,
        )
        here, there = (best[k] * 1e6 for k in ("here", "PyTorch"))
        what = f"{name} {options or ''}"
        print(f"{what:24} here {here:6.0f}   PyTorch {there:6.0f}   ratio {here / there:.2f}")


if __name__ == "__main__":
    main()
