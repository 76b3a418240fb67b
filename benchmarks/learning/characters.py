"""Guessing the next character: text, training, validation and samples that two models share.

A model gives scores (batch, time, characters) and a state for characters (batch, time) and a state;
the state is whatever it wants to be given with the characters that follow, None before the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from runner import Run

import autograd as ag
import nn
from nn import functional as F  # noqa: N812
from nn.data import DataLoader
from nn.data.datasets import Characters, TextFile

SHARE = 0.9  # of the text is for training, the rest for validation


def texts(run: Run, length: int) -> tuple[Characters, Characters]:
    """Pieces of the play for training, beginning at every character, and for validation."""
    text = TextFile(run.data / "text" / "tinyshakespeare.txt").text
    border = int(SHARE * len(text))
    train = Characters(text[:border], length, step=1)
    return train, Characters(text[border:], length, vocabulary=train.vocabulary)


def learn(
    run: Run, net: nn.Module, train: Characters, *, batch: int, lr: float, warmup: int = 100,
    weight_decay: float = 0.0, betas: tuple[float, float] = (0.9, 0.99),
) -> None:  # fmt: skip
    """AdamW, a linear warm-up, then a cosine down to a fiftieth of lr."""
    size = sum(p.size for p in net.parameters())
    run.say(f"{len(train.numbers):,} characters to learn from, {size:,} parameters")
    groups = nn.regularise.weight_decay_groups(net, weight_decay)
    optimizer = nn.optim.AdamW(groups, lr=lr, betas=betas)
    warmup = min(warmup, run.steps // 5 + 1)
    cosine = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, run.steps - warmup + 1, lr / 50)
    scheduler = nn.optim.lr_scheduler.with_warmup(cosine, warmup)
    loader = DataLoader(train, batch, shuffle=True, drop_last=True, rng=run.seed)
    for x, y in run.batches(loader):
        scores, _ = net(x)
        run.learn(
            F.cross_entropy(scores.reshape(y.size, -1), y.reshape(-1)), optimizer, scheduler, 1.0
        )


def sample(run: Run, net: nn.Module, vocabulary: Any, length: int, heat: float = 0.8) -> str:
    """A text that the model writes after a line break; `heat` above 1 is bolder, below tamer."""
    rng = np.random.default_rng(run.seed)
    numbers, state = [vocabulary["\n"]], None
    net.eval()
    with ag.no_grad():
        for _ in range(length):
            scores, state = net(np.array([numbers[-1:]]), state)
            chances = F.softmax(scores[0, -1] / heat, dim=-1).numpy().astype(np.float64)
            numbers.append(int(rng.choice(len(vocabulary), p=chances / chances.sum())))
    net.train()
    return "".join(vocabulary.decode(numbers))


def finish(run: Run, net: nn.Module, train: Characters, loss: float) -> None:
    """Write a sample, and finish the run."""
    text = sample(run, net, train.vocabulary, 600)
    print(text)
    run.out.mkdir(parents=True, exist_ok=True)
    (run.out / f"{run.name}.txt").write_text(text)
    goal = 1.75
    run.finish(f"validation loss below {goal} nats a character", loss < goal, validation_loss=loss)
