"""Shakespeare, character by character, with a transformer of two layers.

python benchmarks/learning/char_transformer.py      # validation loss below 1.75 nats
"""

from __future__ import annotations

from typing import Any

import numpy as np
from characters import finish, learn, texts
from runner import Run

import autograd as ag
import nn
from nn import functional as F  # noqa: N812
from nn.data import DataLoader
from nn.data.datasets import Characters

LENGTH = 64
NEAR = 4  # characters that the convolution sees


class CharTransformer(nn.Module):
    """A convolution over the last characters, and two layers of attention.

    Its state is the characters so far, of which it sees the last LENGTH.

    Source: Vaswani et al. (2017), "Attention is all you need"; Mohamed, Okhonko & Zettlemoyer
    (2019), "Transformers with convolutional context for ASR", for the convolution.
    """

    def __init__(self, characters: int, features: int):
        super().__init__()
        self.embedding = nn.Embedding(characters, features)
        self.near = nn.Conv1d(features, features, NEAR)
        self.positions = nn.SinusoidalPositionalEncoding(features, max_len=LENGTH, dropout=0.0,
                                                         batch_first=True)  # fmt: skip
        layer = nn.TransformerEncoderLayer(
            features, 4, 4 * features, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(features))
        self.head = nn.Linear(features, characters)

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        seen = x if state is None else np.concatenate([state, x], axis=1)[:, -LENGTH:]
        h = self.embedding(seen)
        past = F.pad(ag.swapaxes(h, 1, 2), (NEAR - 1, 0))  # so that nothing sees what follows
        h = self.positions(h + ag.swapaxes(self.near(past), 1, 2))
        h = self.layers(h, is_causal=True)
        return self.head(h[:, -x.shape[1] :]), seen


def validate(net: CharTransformer, data: Characters) -> float:
    """Mean loss of the last half of every window: each guess sees LENGTH / 2 characters or more."""
    text = "".join(data.vocabulary.decode(data.numbers))
    pieces = Characters(text, LENGTH, step=LENGTH // 2, vocabulary=data.vocabulary)
    losses = []
    net.eval()
    with ag.no_grad():
        for x, y in DataLoader(pieces, 64):
            scores, right = net(x)[0][:, LENGTH // 2 :], y[:, LENGTH // 2 :].reshape(-1)
            scores = scores.reshape(right.size, -1)
            losses.append(F.cross_entropy(scores, right, reduction="none").numpy())
    net.train()
    return float(np.concatenate(losses).mean())


def main() -> None:
    run = Run(__doc__, minutes=8, pace=600)
    train, test = texts(run, LENGTH)
    net = CharTransformer(len(train.vocabulary), 128)
    learn(run, net, train, batch=32, lr=3e-3, weight_decay=0.05)
    finish(run, net, train, validate(net, test))


if __name__ == "__main__":
    main()
