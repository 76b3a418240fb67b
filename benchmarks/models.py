"""Models, each written once: L is `nn` or `torch.nn`, whose names and state dicts are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Task(NamedTuple):
    """A model with what a training step of it needs.

    build       L, probability of dropout -> model
    input       shape of one example: floats, or whole numbers below `words`
    optimiser   class and learning rate
    classes     of the targets, one for each example or character
    """

    name: str
    build: Callable[[Any, float], Any]
    batch: int
    input: tuple[int, ...]
    optimiser: tuple[str, float]
    classes: int = 10
    words: int = 0
    dropout: float = 0.0

    def examples(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The same inputs and targets in every process."""
        rng = np.random.default_rng(2)
        shape = (count, *self.input)
        if self.words:
            text = rng.integers(0, self.words, shape)
            return text, rng.integers(0, self.classes, count * self.input[0])
        return rng.normal(size=shape).astype(np.float32), rng.integers(0, self.classes, count)


def mlp(L: Any, dropout: float) -> Any:
    return L.Sequential(L.Linear(784, 256), L.ReLU(), L.Linear(256, 10))


def regular_mlp(L: Any, p: float) -> Any:
    def block(i: int) -> list[Any]:
        return [L.Linear(i, 512), L.BatchNorm1d(512), L.ReLU(), L.Dropout(p)]

    return L.Sequential(*block(784), *block(512), L.Linear(512, 10))


def lenet(L: Any, dropout: float) -> Any:
    """LeCun et al. (1998), with maxima and ReLU as it is taught today."""
    return L.Sequential(
        L.Conv2d(1, 6, 5, padding=2), L.ReLU(), L.MaxPool2d(2),
        L.Conv2d(6, 16, 5), L.ReLU(), L.MaxPool2d(2), L.Flatten(),
        L.Linear(400, 120), L.ReLU(), L.Linear(120, 84), L.ReLU(), L.Linear(84, 10),
    )  # fmt: skip


def simple_conv_net(L: Any, dropout: float) -> Any:
    """Saitoh, "Deep Learning from Scratch" (2019), chapter 7."""
    return L.Sequential(
        L.Conv2d(1, 30, 5), L.ReLU(), L.MaxPool2d(2), L.Flatten(),
        L.Linear(30 * 12 * 12, 100), L.ReLU(), L.Linear(100, 10),
    )  # fmt: skip


def two_convs(L: Any, dropout: float) -> Any:
    return L.Sequential(
        L.Conv2d(1, 16, 5, padding=2), L.ReLU(), L.MaxPool2d(2),
        L.Conv2d(16, 32, 5, padding=2), L.ReLU(), L.MaxPool2d(2), L.Flatten(),
        L.Linear(32 * 7 * 7, 10),
    )  # fmt: skip


def six_convs(L: Any, dropout: float) -> Any:
    layers, before = [], 1
    for channels in (16, 32, 64):
        layers += [L.Conv2d(before, channels, 3, padding=1), L.ReLU()]
        layers += [L.Conv2d(channels, channels, 3, padding=1), L.ReLU(), L.MaxPool2d(2)]
        before = channels
    return L.Sequential(*layers, L.Flatten(), L.Linear(64 * 3 * 3, 50), L.ReLU(), L.Linear(50, 10))


def cifar_cnn(L: Any, dropout: float) -> Any:
    layers, before = [], 3
    for channels in (16, 32, 64):
        layers += [L.Conv2d(before, channels, 3, padding=1), L.ReLU(), L.MaxPool2d(2)]
        before = channels
    return L.Sequential(
        *layers, L.Flatten(), L.Linear(64 * 4 * 4, 500), L.ReLU(), L.Linear(500, 10)
    )


def characters(kind: str) -> Callable[[Any, float], Any]:
    """A language model of characters: embedding, one recurrent layer, a distribution a step."""

    def build(L: Any, dropout: float) -> Any:
        class Characters(L.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.embedding = L.Embedding(65, 64)
                self.layer = getattr(L, kind)(64, 128, batch_first=True)
                self.head = L.Linear(128, 65)

            def forward(self, text: Any) -> Any:
                states, _ = self.layer(self.embedding(text))
                return self.head(states).reshape(-1, 65)

        return Characters()

    return build


def resnet(L: Any, dropout: float) -> Any:
    """He et al. (2016), section 4.2, with one block a size: eight layers."""

    class Block(L.Module):  # type: ignore[misc]
        def __init__(self, i: int, o: int, stride: int):
            super().__init__()
            self.way = L.Sequential(
                L.Conv2d(i, o, 3, stride=stride, padding=1, bias=False), L.BatchNorm2d(o), L.ReLU(),
                L.Conv2d(o, o, 3, padding=1, bias=False), L.BatchNorm2d(o),
            )  # fmt: skip
            self.short = L.Identity() if i == o else L.Conv2d(i, o, 1, stride=stride, bias=False)
            self.last = L.ReLU()

        def forward(self, x: Any) -> Any:
            return self.last(self.way(x) + self.short(x))

    return L.Sequential(
        L.Conv2d(3, 16, 3, padding=1, bias=False), L.BatchNorm2d(16), L.ReLU(),
        Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        L.AdaptiveAvgPool2d(1), L.Flatten(), L.Linear(64, 10),
    )  # fmt: skip


def transformer(L: Any, dropout: float) -> Any:
    """Vaswani et al. (2017): two encoder layers, four heads, width 128; a class of each token."""

    class Encoder(L.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            layer = L.TransformerEncoderLayer(128, 4, 512, dropout, batch_first=True)
            self.encoder = L.TransformerEncoder(layer, 2)
            self.head = L.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.encoder(x).mean(1))

    return Encoder()


PICTURE, COLOUR, TEXT = (1, 28, 28), (3, 32, 32), (50,)
SGD, ADAM = ("SGD", 0.01), ("Adam", 1e-3)

TASKS = (
    Task("MLP 784-256-10, SGD, batch 64", mlp, 64, (784,), SGD),
    Task(
        "MLP 784-512-512-10, batch norm, dropout, Adam, batch 64",
        regular_mlp, 64, (784,), ADAM, dropout=0.5,
    ),
    Task("LeNet-5, SGD, batch 64", lenet, 64, PICTURE, SGD),
    Task("conv 30 of 5x5, hidden 100, Adam, batch 100", simple_conv_net, 100, PICTURE, ADAM),
    Task("conv 16 and 32 of 5x5, Adam, batch 50", two_convs, 50, PICTURE, ADAM),
    Task("six 3x3 convs, Adam, batch 64", six_convs, 64, PICTURE, ADAM),
    Task("CIFAR CNN 16-32-64, hidden 500, SGD, batch 32", cifar_cnn, 32, COLOUR, SGD),
    Task("LSTM 128, 50 characters, Adam, batch 32", characters("LSTM"), 32, TEXT, ADAM, 65, 65),
    Task("RNN 128, 50 characters, Adam, batch 32", characters("RNN"), 32, TEXT, ADAM, 65, 65),
    Task("ResNet-8 on 32x32, SGD, batch 32", resnet, 32, COLOUR, SGD),
    Task("transformer 2 x 128, 64 tokens, Adam, batch 16", transformer, 16, (64, 128), ADAM),
)  # fmt: skip
