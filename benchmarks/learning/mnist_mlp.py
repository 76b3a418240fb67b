"""MNIST, 8,000 pictures to learn from, with three linear layers.

python benchmarks/learning/mnist_mlp.py             # test accuracy of at least 0.945
"""

from __future__ import annotations

from classifying import classify, first_and_last
from runner import Run

from nn.data.datasets import MNIST
from nn.models import MLP


def main() -> None:
    run = Run(__doc__, minutes=0.1, pace=30000)
    train, test = first_and_last(MNIST(run.data, train=False), 8000)
    net = MLP(28 * 28, (256, 128), 10, dropout=0.3)
    classify(run, net, train, test, goal=0.945, batch=64, lr=0.002, weight_decay=0.05)


if __name__ == "__main__":
    main()
