"""Pictures into classes: the training loop that the classifiers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from runner import Run

import nn
from autograd import no_grad
from nn import functional as F  # noqa: N812
from nn.data import DataLoader, Dataset, Subset


def classify(
    run: Run, net: nn.Module, train: Dataset, test: Dataset, *, goal: float, **options: Any
) -> None:
    """Learn from `train`, with the options of `fit`, be tested on `test`, and finish the run."""
    size = sum(p.size for p in net.parameters())
    run.say(f"{len(train):,} to learn from, {len(test):,} to test on, {size:,} parameters")
    fit(run, net, train, run.steps, **options)
    right = accuracy(net, test)
    run.finish(f"test accuracy of at least {goal}", right >= goal, test_accuracy=right)


def fit(
    run: Run, net: nn.Module, train: Dataset, steps: int, *, batch: int, lr: float,
    weight_decay: float = 0.0, augment: Callable[[Any], Any] | None = None,
) -> None:  # fmt: skip
    """AdamW along one cycle of the learning rate; `augment` changes each batch of pictures."""
    groups = nn.regularise.weight_decay_groups(net, weight_decay)
    optimizer = nn.optim.AdamW(groups, lr=lr)
    scheduler = nn.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps + 1)
    loader = DataLoader(train, batch, shuffle=True, drop_last=True, rng=run.seed)
    for x, y in run.batches(loader, steps):
        scores = net(x if augment is None else augment(x))
        run.learn(F.cross_entropy(scores, y), optimizer, scheduler)


def accuracy(net: nn.Module, data: Dataset) -> float:
    """The share of pictures whose class has the highest score."""
    net.eval()
    with no_grad():
        right = [np.argmax(net(x).numpy(), axis=1) == y.numpy() for x, y in DataLoader(data, 250)]
    net.train()
    return float(np.concatenate(right).mean())


def first_and_last(data: Dataset, count: int) -> tuple[Subset, Subset]:
    """The first `count` samples, and the others."""
    return Subset(data, range(count)), Subset(data, range(count, len(data)))
