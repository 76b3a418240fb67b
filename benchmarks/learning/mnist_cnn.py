"""MNIST, 8,000 pictures to learn from, with two convolutions.

python benchmarks/learning/mnist_cnn.py             # test accuracy of at least 0.98
"""

from __future__ import annotations

from classifying import classify, first_and_last
from runner import Run

import nn
from nn.data.datasets import MNIST


def model() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(32 * 7 * 7, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


def main() -> None:
    run = Run(__doc__, minutes=0.3, pace=4000)
    train, test = first_and_last(MNIST(run.data, train=False), 8000)
    classify(run, model(), train, test, goal=0.98, batch=64, lr=0.003, weight_decay=0.02)


if __name__ == "__main__":
    main()
