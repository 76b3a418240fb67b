"""Shakespeare, character by character, with a long short-term memory.

python benchmarks/learning/char_lstm.py             # validation loss below 1.75 nats
"""

from __future__ import annotations

import numpy as np
from characters import finish, learn, texts
from runner import Run

from autograd import no_grad
from nn import functional as F  # noqa: N812
from nn.data.datasets import Characters
from nn.models import CharRNN

LENGTH = 64


def validate(net: CharRNN, data: Characters, rows: int = 32) -> float:
    """Mean loss over the text, read in `rows` stretches, each with the memory of what came before.

    The first characters of each stretch are guessed without a past, and count like the others.
    """
    numbers = data.numbers[: (len(data.numbers) - 1) // rows * rows + 1]
    x, y = numbers[:-1].reshape(rows, -1), numbers[1:].reshape(rows, -1)
    losses, state = [], None
    net.eval()
    with no_grad():
        for start in range(0, x.shape[1], LENGTH):
            scores, state = net(x[:, start : start + LENGTH], state)
            right = y[:, start : start + LENGTH].reshape(-1)
            losses.append(F.cross_entropy(scores.reshape(right.size, -1), right, reduction="none"))
    net.train()
    return float(np.concatenate([loss.numpy() for loss in losses]).mean())


def main() -> None:
    run = Run(__doc__, minutes=5, pace=500)
    train, test = texts(run, LENGTH)
    net = CharRNN(train.vocabulary, hidden=256)
    learn(run, net, train, batch=64, lr=4e-3)
    finish(run, net, train, validate(net, test))


if __name__ == "__main__":
    main()
