"""What a second thread brings: the same work with one thread on one core, and with two on two.

python benchmarks/threads.py [--only TEXT] [--quick]        # needs the `bench` extra
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import kernels
import training
from contenders import call
from kernels import two
from layers import FEATURES, batch_norm, layer_norm
from suite import Case

TITLE = "Two threads beside one"
CONTENDERS = ("autograd", "autograd-2", "torch", "torch-2")
SECONDS = 1.5

MODELS = ("CIFAR CNN", "six 3x3 convs", "MLP 784-512-512-10", "transformer")
PICTURES, ROWS = (32, 64, 56, 56), (4096, 768)


def cases() -> Iterator[Case]:
    group = "Convolutions, two threads"
    conv = call("conv2d", padding=1)
    yield from two(group, "conv2d 8x64x56x56 -> 64, 3x3", conv, (8, 64, 56, 56), (64, 64, 3, 3))
    conv = call("conv2d", padding=3)
    yield from two(group, "conv2d 100x3x32x32 -> 32, 7x7", conv, (100, 3, 32, 32), (32, 3, 7, 7))
    yield from two(group, "max_pool2d 2x2 of 32x64x56x56", call("max_pool2d", 2), PICTURES)
    group = "Products, two threads"
    square = (1024, 1024)
    yield from two(group, "matmul 1024 square", kernels.product, square, square)
    yield from two(
        group, "linear and ReLU 1024 x 784 -> 512", kernels.linear_relu, (1024, 784), (512, 784),
        (512,),
    )  # fmt: skip
    group = "Activations and norms, two threads"
    for name in ("relu", "gelu", "sigmoid"):
        yield from two(group, f"{name} 4096x768", call(name), ROWS)
    yield from two(group, "softmax 4096x768", call("softmax", -1), ROWS)
    yield from two(group, "layer_norm 4096x768", layer_norm, ROWS, FEATURES, FEATURES)
    yield from two(group, "batch_norm 32x64x56x56", batch_norm, PICTURES, (64,), (64,))
    for step in training.CASES:
        if step.name.startswith(MODELS):
            yield replace(step, group="Training steps, two threads")


CASES = [*cases()]

if __name__ == "__main__":
    from runner import main

    main(["threads"])
