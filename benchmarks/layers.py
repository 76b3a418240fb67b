"""Activations, normalisations and losses beside PyTorch: float32, one thread.

python benchmarks/layers.py [NAME ...]      # needs the `bench` extra

Forward alone, and forward with backward from a cotangent that is at hand, each as microseconds and
as the ratio to PyTorch's time.
"""

from __future__ import annotations

import timing

# isort: split
import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import autograd as ag
import nn

Case = tuple[
    tuple[tuple[int, ...], ...], Callable[..., Any]
]  # shapes, (module, functional, *arrays)
IMAGES, TOKENS, LOGITS = (16, 64, 28, 28), (512, 768), (1024, 1000)
rng = np.random.default_rng(0)
CLASSES = rng.integers(0, LOGITS[1], LOGITS[0])
WORDS = rng.integers(0, 2000, (32, 64))


def _number(m: Any, values: np.ndarray) -> Any:
    return ag.Tensor(values) if m is ag else torch.tensor(values)


def _norm(name: str, *options: Any) -> Callable[..., Any]:
    return lambda m, F, x, w, b: getattr(F, name)(x, *options, w, b)


def _by_batch(m: Any, F: Any, x: Any, w: Any, b: Any) -> Any:
    return F.batch_norm(x, None, None, w, b, True)


def _activation(name: str, **options: Any) -> Callable[..., Any]:
    return lambda m, F, x: getattr(F, name)(x, **options)


CHANNELS, FEATURES = (IMAGES, (64,), (64,)), (TOKENS, (768,), (768,))
CASES: dict[str, Case] = {
    "relu": ((IMAGES,), _activation("relu")),
    "leaky_relu": ((IMAGES,), _activation("leaky_relu")),
    "gelu": ((TOKENS,), _activation("gelu")),
    "gelu tanh": ((TOKENS,), _activation("gelu", approximate="tanh")),
    "silu": ((TOKENS,), _activation("silu")),
    "sigmoid": ((TOKENS,), lambda m, F, x: m.sigmoid(x)),
    "tanh": ((TOKENS,), lambda m, F, x: m.tanh(x)),
    "softplus": ((TOKENS,), _activation("softplus")),
    "elu": ((TOKENS,), _activation("elu")),
    "layer_norm": (FEATURES, _norm("layer_norm", (768,))),
    "rms_norm": (FEATURES[:2], lambda m, F, x, w: F.rms_norm(x, (768,), w)),
    "group_norm": (CHANNELS, _norm("group_norm", 8)),
    "batch_norm": (CHANNELS, _by_batch),
    "batch_norm rows": (((256, 512), (512,), (512,)), _by_batch),
    "instance_norm": (
        CHANNELS,
        lambda m, F, x, w, b: F.instance_norm(x, weight=w, bias=b),
    ),
    "softmax": (((512, 512),), lambda m, F, x: F.softmax(x, -1)),
    "log_softmax": (((512, 512),), lambda m, F, x: F.log_softmax(x, -1)),
    "cross_entropy": ((LOGITS,), lambda m, F, x: F.cross_entropy(x, _number(m, CLASSES))),
    "cross_entropy 10": (
        ((128, 10),),
        lambda m, F, x: F.cross_entropy(x, _number(m, CLASSES[:128] % 10)),
    ),
    "dropout": ((TOKENS,), lambda m, F, x: F.dropout(x, 0.1, True)),
    "embedding": (((2000, 256),), lambda m, F, w: F.embedding(_number(m, WORDS), w)),
    "bias of rows": ((TOKENS, (768,)), lambda m, F, x, b: x + b),
    "bias of channels": ((IMAGES, (64, 1, 1)), lambda m, F, x, b: x + b),
}


def runs(case: Case) -> dict[str, Callable[[], object]]:
    """Forward, and forward with backward, of both contenders."""
    shapes, f = case
    values = [rng.normal(size=s).astype(np.float32) for s in shapes]
    found: dict[str, Callable[[], object]] = {}
    for who, m, functional in (("here", ag, nn.functional), ("torch", torch, torch.nn.functional)):
        make = ag.Tensor if m is ag else torch.tensor
        arrays = [make(v, requires_grad=True) for v in values]
        result = f(m, functional, *arrays)
        seed = _number(m, rng.normal(size=tuple(result.shape)).astype(np.float32))

        def forward(m: Any = m, functional: Any = functional, arrays: Any = arrays) -> Any:
            return f(m, functional, *arrays)

        def both(forward: Any = forward, seed: Any = seed, arrays: Any = arrays) -> None:
            forward().backward(seed)
            for a in arrays:
                a.grad = None

        found |= {who: forward, f"{who}, both": both}
    return found


def main(names: list[str]) -> None:
    timing.pin()
    gc.collect()
    gc.freeze()  # both libraries need not be looked through between rounds
    torch.set_num_threads(1)
    ag.set_num_threads(1)
    print(f"{'us (ratio to PyTorch)':20}  forward          forward and backward")
    for name, case in CASES.items():
        if not names or name in names:
            best = timing.interleave(runs(case), rounds=12, seconds=0.004)
            pairs = [(best["here" + s], best["torch" + s]) for s in ("", ", both")]
            print(f"{name:20}", *(f"{a * 1e6:8.1f} ({a / b:5.2f})" for a, b in pairs))


if __name__ == "__main__":
    main(sys.argv[1:])
