"""The ops that programs use most, on arrays of 4 to 64 elements, beside PyTorch's.

Forward alone, and forward with backward from a cotangent that is at hand; float32, one thread. Each
function is written once and runs with both: m is `ag` or `torch`, F its functions for networks.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
from timing import interleave

import autograd as ag
import nn

Maker = Callable[[Any, Any, Any, Any], Any]  # (module, functional, x, y) -> result

CASES: dict[str, Maker] = {
    "x + y": lambda m, F, x, y: x + y,
    "x * y": lambda m, F, x, y: x * y,
    "x - 1": lambda m, F, x, y: x - 1.0,
    "x / y": lambda m, F, x, y: x / y,
    "x ** 2": lambda m, F, x, y: x**2,
    "x @ y": lambda m, F, x, y: x @ y,
    "x + row": lambda m, F, x, y: x + y[0],
    "-x": lambda m, F, x, y: -x,
    "exp": lambda m, F, x, y: m.exp(x),
    "log": lambda m, F, x, y: m.log(x),
    "sqrt": lambda m, F, x, y: m.sqrt(x),
    "tanh": lambda m, F, x, y: m.tanh(x),
    "sigmoid": lambda m, F, x, y: m.sigmoid(x),
    "relu": lambda m, F, x, y: m.relu(x),
    "maximum": lambda m, F, x, y: m.maximum(x, y),
    "where": lambda m, F, x, y: m.where(x > y, x, y),
    "sum": lambda m, F, x, y: x.sum(),
    "sum of rows": lambda m, F, x, y: x.sum(-1),
    "mean": lambda m, F, x, y: x.mean(),
    "max": lambda m, F, x, y: x.max(),
    "reshape": lambda m, F, x, y: x.reshape(-1),
    "transpose": lambda m, F, x, y: x.T,
    "x[0]": lambda m, F, x, y: x[0],
    "x[:, 1:]": lambda m, F, x, y: x[:, 1:],
    "broadcast_to": lambda m, F, x, y: m.broadcast_to(x, (2, *x.shape)),
    "stack": lambda m, F, x, y: m.stack([x, y]),
    "concat": lambda m, F, x, y: m.concat([x, y]),
    "softmax": lambda m, F, x, y: F.softmax(x, -1),
    "log_softmax": lambda m, F, x, y: F.log_softmax(x, -1),
    "linear": lambda m, F, x, y: F.linear(x, y, y[0]),
    "mse_loss": lambda m, F, x, y: F.mse_loss(x, y),
}


def case(f: Maker, size: int) -> dict[str, Callable[[], Any]]:
    """Forward and forward with backward, ours and PyTorch's, on two size x size matrices."""
    import torch

    rng = np.random.default_rng(0)
    values = [rng.uniform(0.5, 2.0, (size, size)).astype(np.float32) for _ in range(2)]
    runs: dict[str, Callable[[], Any]] = {}
    for who, m, functional in (
        ("autograd", ag, nn.functional),
        ("torch", torch, torch.nn.functional),
    ):
        make = ag.Tensor if m is ag else torch.tensor
        x, y = (make(v, requires_grad=True) for v in values)
        seed = make(np.ones(tuple(f(m, functional, x, y).shape), np.float32))

        def forward(m: Any = m, functional: Any = functional, x: Any = x, y: Any = y) -> Any:
            return f(m, functional, x, y)

        def both(forward: Any = forward, seed: Any = seed, x: Any = x, y: Any = y) -> None:
            forward().backward(seed)
            x.grad = y.grad = None

        runs |= {who: forward, f"{who}, both": both}
    return runs


def cross_entropy(size: int) -> dict[str, Callable[[], Any]]:
    """Logits and class numbers: PyTorch wants integers, so the case is built on its own."""
    import torch

    classes = np.arange(size) % size
    theirs = torch.tensor(classes)
    ours = ag.Tensor(classes)
    return case(
        lambda m, F, x, y: F.cross_entropy(x, ours if m is ag else theirs),
        size,
    )


def report(rounds: int) -> dict[str, Any]:
    """Measure and print; the figures are ratios to PyTorch's time."""
    import torch

    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # both libraries need not be looked through between rounds
    print("\nEveryday ops: microseconds (ratio to PyTorch), forward | forward and backward")
    rows = []
    for name in (*CASES, "cross_entropy"):
        row: dict[str, Any] = {"op": name}
        cells = []
        for size in (2, 8):
            runs = cross_entropy(size) if name == "cross_entropy" else case(CASES[name], size)
            best = interleave(runs, rounds=rounds, seconds=0.002)
            for what, suffix in (("forward", ""), ("both", ", both")):
                mine, other = best["autograd" + suffix], best["torch" + suffix]
                row[f"{what} {size}x{size}"] = {"us": mine * 1e6, "ratio": mine / other}
                cells.append(f"{mine * 1e6:6.2f} ({mine / other:.2f})")
        rows.append(row)
        print(f"  {name:14s} 2x2: {cells[0]} | {cells[1]}    8x8: {cells[2]} | {cells[3]}")
    ratios = [v["ratio"] for row in rows for v in row.values() if isinstance(v, dict)]
    mean = float(np.exp(np.mean(np.log(ratios))))
    above = sum(r > 1 for r in ratios)
    print(f"  geometric mean {mean:.2f}, worst {max(ratios):.2f}, {above} of {len(ratios)} above 1")
    return {"rows": rows, "mean": mean, "worst": max(ratios)}
