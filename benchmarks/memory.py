"""What a training step keeps between forward and backward, beside PyTorch: a 6-layer tanh MLP.

python benchmarks/memory.py              # needs the `bench` extra
"""

from __future__ import annotations

import timing  # noqa: F401 - first: sets the number of threads

# isort: split
import numpy as np

import autograd as ag
import nn

BATCH, WIDTH, LAYERS, CLASSES = 512, 1000, 6, 10


def sizes() -> list[tuple[int, int]]:
    return [(WIDTH, WIDTH)] * (LAYERS - 1) + [(WIDTH, CLASSES)]


def owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def ours() -> int:
    """Bytes of distinct buffers that nodes keep, parameters and the input not counted."""
    layers: list[nn.Module] = []
    for i, o in sizes():
        layers += [nn.Linear(i, o), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    x = ag.Tensor(np.random.default_rng(0).normal(size=(BATCH, WIDTH)).astype(np.float32))
    y = ag.Tensor(np.arange(BATCH) % CLASSES)
    loss = nn.functional.cross_entropy(model(x), y)
    assert loss.node is not None
    own = {id(owner(p._data)) for p in model.parameters()} | {
        id(owner(x._data)),
        id(owner(y._data)),
    }
    kept = {}
    for node in ag.graph.ancestors(loss.node):
        for array in node.saved or ():
            if isinstance(array, np.ndarray) and id(owner(array)) not in own:
                kept[id(owner(array))] = owner(array).nbytes
    return sum(kept.values())


def theirs() -> int:
    """The same for PyTorch, seen through its saved-tensor hooks."""
    import torch

    layers: list[torch.nn.Module] = []
    for i, o in sizes():
        layers += [torch.nn.Linear(i, o), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers[:-1])
    x = torch.randn(BATCH, WIDTH)
    y = torch.arange(BATCH) % CLASSES
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    own |= {x.untyped_storage().data_ptr(), y.untyped_storage().data_ptr()}
    kept = {}

    def pack(t: torch.Tensor) -> torch.Tensor:
        storage = t.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss = torch.nn.functional.cross_entropy(model(x), y)
    assert loss.requires_grad
    return sum(kept.values())


def main() -> None:
    mine, other = ours(), theirs()
    print(f"saved for backward by a {LAYERS}-layer tanh MLP, {WIDTH} wide, batch {BATCH}, float32")
    print(
        f"  autograd {mine / 2**20:7.2f} MiB   torch {other / 2**20:7.2f} MiB   "
        f"ratio {mine / other:.3f}"
    )


if __name__ == "__main__":
    main()
