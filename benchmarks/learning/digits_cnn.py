"""Digits of scikit-learn, 8 x 8 pixels, with a small convolutional network.

python benchmarks/learning/digits_cnn.py            # test accuracy of at least 0.985
"""

from __future__ import annotations

from classifying import classify
from runner import Run

import nn
from nn.data.datasets import digits
from nn.data.transforms import RandomCrop


def model() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(64 * 2 * 2, 10),
    )


def main() -> None:
    run = Run(__doc__, minutes=0.2, pace=6000)
    classify(
        run, model(), digits("train"), digits("test"), goal=0.985, batch=64, lr=0.01,
        weight_decay=0.02, augment=RandomCrop(8, padding=1),
    )  # fmt: skip


if __name__ == "__main__":
    main()
