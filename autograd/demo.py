"""The main job: train a small CNN on real handwritten digits, draw its graph, check derivatives.

`python -m autograd demo`. Everything printed and written is reproducible from the seed.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nn
import viz
from nn import functional as F  # noqa: N812
from nn.data.datasets import digits

from . import random
from .errors import AutogradError
from .graph import ancestors
from .modes import no_grad
from .op import REGISTRY
from .tensor import Tensor
from .testing.registry import PROPERTIES

CHECKED = ("value", "order 1", "order 2", "float32", "layouts", "errors")


@dataclass(frozen=True)
class Settings:
    """What the command line sets."""

    epochs: int = 12
    batch_size: int = 32
    lr: float = 0.01
    seed: int = 0
    out: Path = Path("demo")


def model() -> nn.Sequential:
    """Two convolutions and two linear layers for 8 x 8 images: 13,706 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 2 * 2, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def run(settings: Settings) -> int:
    """The whole job; returns the exit code."""
    _writable(settings.out)
    random.manual_seed(settings.seed)
    train = digits("train")
    test = digits("test")
    net = model()
    parameters = sum(p.size for p in net.parameters())
    print(f"{len(train)} images to learn from, {len(test)} to test on, {parameters:,} parameters")

    history = fit(net, train, test, settings)
    graph = settings.out / "graph.svg"
    used = _draw_step(net, train, graph)
    curves = settings.out / "curves.svg"
    viz.curves(history).save(curves)
    checks, failures = check_ops(used)

    print(f"curves: {curves}")
    print(f"accuracy: {history['test accuracy'][-1]:.4f}")
    print(f"graph: {graph}")
    print(f"derivatives: {checks} checks, {len(failures)} failed")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def fit(net: nn.Module, train: nn.data.Dataset, test: nn.data.Dataset, settings: Settings) -> dict:
    """Train with Adam; print and return loss and accuracy, on both sets, after each epoch."""
    optimizer = nn.optim.Adam(net.parameters(), lr=settings.lr)
    steps = settings.epochs * -(-len(train) // settings.batch_size)
    step = 0
    loader = nn.data.DataLoader(train, settings.batch_size, shuffle=True, rng=settings.seed)
    history: dict[str, list[float]] = {
        k: [] for k in ("train loss", "test loss", "train accuracy", "test accuracy")
    }
    print("epoch   train loss  accuracy   test loss  accuracy   seconds")
    for epoch in range(1, settings.epochs + 1):
        start = time.perf_counter()
        net.train()
        losses, right = 0.0, 0
        for x, y in nn.progress(loader, description=f"epoch {epoch}/{settings.epochs}"):
            for group in optimizer.param_groups:  # down to zero in a straight line
                group["lr"] = settings.lr * (1 - step / steps)
            step += 1
            optimizer.zero_grad()
            scores = net(x)
            loss = F.cross_entropy(scores, y)
            loss.backward()
            optimizer.step()
            losses += loss.item() * len(y)
            right += _right(scores, y)
        test_loss, test_accuracy = evaluate(net, test)
        figures = (losses / len(train), test_loss, right / len(train), test_accuracy)
        for values, figure in zip(history.values(), figures):
            values.append(figure)
        seconds = time.perf_counter() - start
        print(
            f"{epoch:5d}   {figures[0]:10.4f}  {figures[2]:8.4f}   "
            f"{figures[1]:9.4f}  {figures[3]:8.4f}   {seconds:7.1f}"
        )
    return history


def evaluate(net: nn.Module, data: nn.data.Dataset) -> tuple[float, float]:
    """Mean loss and accuracy without recording anything."""
    net.eval()
    losses, right = 0.0, 0
    with no_grad():
        for x, y in nn.data.DataLoader(data, 256):
            scores = net(x)
            losses += F.cross_entropy(scores, y).item() * len(y)
            right += _right(scores, y)
    return losses / len(data), right / len(data)


def _right(scores: Tensor, y: Tensor) -> int:
    return int(np.sum(np.argmax(scores.numpy(), axis=1) == y.numpy()))


def _draw_step(net: nn.Module, train: nn.data.Dataset, path: Path) -> list[str]:
    """Draw one training step on a few images; return the names of the ops in it."""
    x, y = next(iter(nn.data.DataLoader(train, 4)))
    loss = F.cross_entropy(net(x), y)
    assert loss.node is not None
    used = sorted({node.op.shown for node in ancestors(loss.node) if node.op is not None})
    loss.backward()
    viz.draw(loss).save(path)
    return used


def check_ops(names: list[str]) -> tuple[int, list[str]]:
    """Check the named ops on their samples: the number of comparisons, and what failed."""
    count = 0
    failures = []
    for name in nn.progress(names, description="derivatives"):
        for prop in CHECKED:
            try:
                count += PROPERTIES[prop](REGISTRY[name])
            except AssertionError as e:
                count += 1
                failures.append(f"{name}, {prop}: {e}")
    return count, failures


def _writable(folder: Path) -> None:
    """Fail before the work, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise AutogradError(f"demo: cannot make the folder {folder}: {e.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise AutogradError(f"demo: the folder {folder} is not writable")
