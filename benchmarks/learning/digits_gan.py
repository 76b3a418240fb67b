"""Digits drawn by a conditional GAN, as a sheet of samples, judged by a network that reads digits.

python benchmarks/learning/digits_gan.py            # 0.9 of the samples are read as what was asked
"""

from __future__ import annotations

from typing import Any

import classifying
import digits_cnn
import numpy as np
from PIL import Image
from runner import Run

import autograd as ag
import nn
from nn import functional as F  # noqa: N812
from nn.data import DataLoader
from nn.data.datasets import digits

NOISE = 32


class Generator(nn.Module):
    """Draws digits (N, 64), between 0 and 1, from noise (N, NOISE) and classes (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(10, 16)
        self.layers = nn.Sequential(
            nn.Linear(NOISE + 16, 256), nn.BatchNorm1d(256), nn.ReLU(),
            nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(),
            nn.Linear(256, 64), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, noise: Any, classes: Any) -> Any:
        return self.layers(ag.concat([noise, self.classes(classes)], axis=1))


class Critic(nn.Module):
    """Scores, above 0 for what looks like a true picture (N, 64) of its class (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.classes = nn.Embedding(10, 16)
        self.layers = nn.Sequential(
            nn.Linear(64 + 16, 256), nn.LeakyReLU(0.2),
            nn.Linear(256, 256), nn.LeakyReLU(0.2),
            nn.Linear(256, 1),
        )  # fmt: skip

    def forward(self, x: Any, classes: Any) -> Any:
        return self.layers(ag.concat([x, self.classes(classes)], axis=1))


def descent(run: Run, net: nn.Module) -> tuple[nn.optim.Adam, nn.optim.lr_scheduler.LinearLR]:
    optimizer = nn.optim.Adam(net.parameters(), lr=1e-3, betas=(0.0, 0.99))
    return optimizer, nn.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, run.steps)


def train(run: Run) -> Generator:
    """Turn about: the critic learns to tell true from drawn, the generator to be taken for true.

    The critic pays for steep scores around true pictures: with that penalty, a gradient of a
    gradient, the two settle, and the generator draws more than one picture of a class.

    Source: Goodfellow et al. (2014), "Generative adversarial nets"; Mirza & Osindero (2014),
    "Conditional generative adversarial nets"; Mescheder, Geiger & Nowozin (2018), "Which training
    methods for GANs do actually converge?", for the penalty (R1).
    """
    generator, critic = Generator(), Critic()
    drawing, telling = descent(run, generator), descent(run, critic)
    data = digits(flat=True)
    for x, y in run.batches(DataLoader(data, 64, shuffle=True, drop_last=True, rng=run.seed)):
        drawn = generator(ag.random.randn(64, NOISE), y)
        true = x.requires_grad_()
        scores = critic(true, y)
        slope = scores.sum().gradient(true, create_graph=True)
        loss = F.softplus(-scores).mean() + F.softplus(critic(drawn.detach(), y)).mean()
        run.learn(loss + 0.5 * (slope * slope).sum(axis=1).mean(), *telling)
        run.learn(F.softplus(-critic(drawn, y)).mean(), *drawing)
    return generator


def sheet(pictures: np.ndarray, scale: int = 4) -> Image.Image:
    """Pictures (rows, columns, 8, 8) side by side, ink on paper."""
    rows, columns, h, w = pictures.shape
    page = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)))
    page = page.transpose(0, 2, 1, 3).reshape(rows * (h + 2), columns * (w + 2))
    image = Image.fromarray((255 * (1 - page)).round().astype(np.uint8))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def reader(run: Run) -> nn.Module:
    """A network that has learnt to read the true digits."""
    net = digits_cnn.model()
    classifying.fit(run, net, digits("all"), 600, batch=64, lr=0.01)
    return net.eval()


def main() -> None:
    run = Run(__doc__, minutes=1, pace=5000)
    generator = train(run).eval()
    net = reader(run)
    wanted = np.repeat(np.arange(10), 100)
    with ag.no_grad():
        drawn = generator(ag.random.randn(1000, NOISE), wanted).numpy()
        read = np.argmax(net(drawn.reshape(-1, 1, 8, 8)).numpy(), axis=1)
    run.out.mkdir(parents=True, exist_ok=True)
    sheet(drawn.reshape(10, 100, 8, 8)[:, :16]).save(run.out / "digits_gan.png")

    right = float((read == wanted).mean())
    x, y = (t.numpy() for t in digits(flat=True).tensors)
    variety = spread(drawn, wanted) / spread(x, y)
    goal = "0.9 of the samples read as what was asked, with 0.7 of the variety of true ones"
    run.finish(goal, right >= 0.9 and variety >= 0.7, read_as_asked=right, variety=variety)


def spread(pictures: np.ndarray, classes: np.ndarray) -> float:
    """How far pictures (N, 64) are from the mean of their class: root mean square."""
    means = np.stack([pictures[classes == c].mean(axis=0) for c in range(10)])
    return float(np.sqrt(((pictures - means[classes]) ** 2).mean()))


if __name__ == "__main__":
    main()
