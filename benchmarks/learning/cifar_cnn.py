"""CIFAR-10, 10,000 pictures to learn from, with five convolutions and batch norms.

python benchmarks/learning/cifar_cnn.py             # test accuracy of at least 0.58
"""

from __future__ import annotations

from classifying import classify
from runner import Run

import nn
from nn.data.datasets import Pictures
from nn.data.formats import read_cifar
from nn.data.transforms import Compose, RandomCrop, RandomHorizontalFlip

CLASSES = ["airplane", "automobile", "bird", "cat", "deer",
           "dog", "frog", "horse", "ship", "truck"]  # fmt: skip


def convolution(channels: int, filters: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()
    )


def model() -> nn.Module:
    return nn.Sequential(
        convolution(3, 32),
        convolution(32, 32),
        nn.MaxPool2d(2),
        convolution(32, 64),
        convolution(64, 64),
        nn.MaxPool2d(2),
        convolution(64, 128),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(128 * 4 * 4, 10),
    )


def main() -> None:
    run = Run(__doc__, minutes=3, pace=520)
    folder = run.data / "cifar10"
    train, test = (
        Pictures(*read_cifar(folder / name), CLASSES)
        for name in ("data_batch_1.bin", "test_batch.bin")
    )
    augment = Compose([RandomHorizontalFlip(), RandomCrop(32, padding=4)])
    classify(
        run, model(), train, test, goal=0.58, batch=64, lr=0.01, weight_decay=0.05, augment=augment
    )


if __name__ == "__main__":
    main()
