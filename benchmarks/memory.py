"""Memory: what the process of a training step needs at its peak, and what backward keeps.

python benchmarks/memory.py [--only TEXT] [--quick]     # needs the `bench` extra; Linux

**A training step**: how far the resident memory of a process grows beyond what it was before the
step. Code, tables, weights, the optimiser's state and the batch are there before: steps like it
have run, their gradients are forgotten, and free memory is given back. What the system counts
includes what the library's own allocator holds, so no library can hide anything. PyTorch's figures
vary by a third from process to process.

**Kept for backward**: bytes of distinct buffers that the graph holds, without parameters and input.
"""

from __future__ import annotations

import ctypes
import gc
import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from contenders import load
from models import TASKS, Task
from suite import Measured
from training import Session, fill

TITLE = "Memory"
CONTENDERS = ("autograd", "torch")
PINNED = False
BATCH, WIDTH, LAYERS, CLASSES = 512, 1000, 6, 10
MIB = 2**20
PROCESS = Path("/proc/self")


def resident(line: str) -> int:
    """Bytes of VmRSS (now) or VmHWM (the most)."""
    found = re.search(rf"^{line}:\s+(\d+) kB", (PROCESS / "status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def give_back() -> None:
    """Free memory goes back to the system, where the C library can be asked to do so."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def growth(task: Task, name: str) -> float | None:
    """MiB that three steps need at their peak, after two that load all code.

    Smaller batches would not do for that: what takes another way has other code.
    """
    if not (PROCESS / "clear_refs").exists():
        return None
    session = Session(task, name, task.dropout)
    x, y = session.batch(task.batch)
    for _ in range(2):
        session.step(x, y)
    session.optimiser.zero_grad()
    give_back()
    (PROCESS / "clear_refs").write_text("5")  # the peak begins anew
    before = resident("VmRSS")
    for _ in range(3):
        session.step(x, y)
    return (resident("VmHWM") - before) / MIB


def tanh_mlp(L: Any) -> Any:
    layers: list[Any] = []
    for i, o in [(WIDTH, WIDTH)] * (LAYERS - 1) + [(WIDTH, CLASSES)]:
        layers += [L.Linear(i, o), L.Tanh()]
    return L.Sequential(*layers[:-1])


def owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def kept_here(loss: Any, own: list[Any]) -> int:
    """Bytes that the nodes behind a loss keep."""
    from autograd.graph import ancestors

    known = {id(owner(t._data)) for t in own}
    kept = {}
    for node in ancestors(loss.node):
        for array in node.saved or ():
            if isinstance(array, np.ndarray) and id(owner(array)) not in known:
                kept[id(owner(array))] = owner(array).nbytes
    return sum(kept.values())


def kept_by_torch(compute: Any, own: list[Any]) -> int:
    """The same for PyTorch, seen through its saved-tensor hooks."""
    from torch.autograd.graph import saved_tensors_hooks

    known = {t.untyped_storage().data_ptr() for t in own}
    kept = {}

    def pack(t: Any) -> Any:
        storage = t.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        compute()  # its graph dies at once: what it keeps was counted while it grew
    return sum(kept.values())


def kept(name: str) -> float:
    """MiB that a tanh MLP keeps between forward and backward."""
    library = load(name)
    model = tanh_mlp(library.nn)
    fill(model, library)
    x = library.tensor(np.random.default_rng(0).normal(size=(BATCH, WIDTH)).astype(np.float32))
    y = library.tensor(np.arange(BATCH) % CLASSES)
    own = [*model.parameters(), x, y]

    def compute() -> Any:
        return library.F.cross_entropy(model(x), y)

    if name == "autograd":
        return kept_here(compute(), own) / MIB
    return kept_by_torch(compute, own) / MIB


CASES = [
    *(
        Measured("A training step", task.name, partial(growth, task), "MiB", 2, together=True)
        for task in TASKS
    ),
    Measured(
        "Kept for backward", f"{LAYERS}-layer tanh MLP, {WIDTH} wide, batch {BATCH}", kept,
        "MiB", 1, together=True,
    ),
]  # fmt: skip

if __name__ == "__main__":
    from runner import main

    main(["memory"])
