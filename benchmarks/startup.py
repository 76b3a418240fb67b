"""The first result of a new process: importing the library, and a first convolution.

python benchmarks/startup.py [--quick]      # needs the `bench` extra

The clock starts before NumPy is imported; the interpreter itself is not counted.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from typing import Any

from suite import Measured

TITLE = "A new process"
CONTENDERS = ("autograd", "torch", "jax", "numpy")
X, W = (64, 1, 28, 28), (6, 1, 5, 5)


def first_import(name: str) -> float:
    start = time.perf_counter()
    importlib.import_module(name)
    return time.perf_counter() - start


def convolution(name: str) -> Any:
    """Import, make arrays, convolve."""
    if name == "autograd":
        import autograd as ag

        return ag.conv2d(ag.zeros(X), ag.zeros(W))
    if name == "torch":
        import torch

        return torch.conv2d(torch.zeros(X), torch.zeros(W))
    import jax

    compiled = jax.jit(lambda x, w: jax.lax.conv(x, w, (1, 1), "VALID"))
    return jax.block_until_ready(compiled(jax.numpy.zeros(X), jax.numpy.zeros(W)))


def first_result(name: str) -> float | None:
    """Compiled kernels are on disk from an earlier process."""
    if name == "numpy":
        return None
    start = time.perf_counter()
    convolution(name)
    return time.perf_counter() - start


def first_ever(name: str) -> float | None:
    """Nothing is on disk: our kernels are compiled. (PyTorch and JAX keep nothing there.)"""
    if name != "autograd":
        return None
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        return first_result(name)


CASES = [
    Measured("A new process", "import", first_import, "s", rounds=5),
    Measured("A new process", "import and first conv2d", first_result, "s", rounds=5),
    Measured("A new process", "the same, kernels not compiled yet", first_ever, "s", rounds=1),
]

if __name__ == "__main__":
    from runner import main

    main(["startup"])
