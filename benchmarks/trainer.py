"""What the Trainer costs beside a loop by hand: a step of a small network.

python benchmarks/trainer.py
"""

from __future__ import annotations

import timing  # noqa: F401 - first: sets the number of threads

# isort: split
import time

import numpy as np

import nn

ROUNDS = 15
BATCHES = 200


def parts(width: int) -> tuple[nn.Module, nn.optim.Optimizer, nn.MSELoss]:
    model = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
    return model, nn.optim.Adam(model.parameters(), 1e-3), nn.MSELoss()


def by_hand(width: int, data: list) -> float:
    model, optimizer, criterion = parts(width)
    start = time.perf_counter()
    total = 0.0
    for x, y in data:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    return time.perf_counter() - start


def by_trainer(width: int, data: list) -> float:
    trainer = nn.Trainer(*parts(width))
    start = time.perf_counter()
    trainer.fit(data, epochs=1, verbose=False)
    return time.perf_counter() - start


def main() -> None:
    for width, batch in ((16, 8), (256, 64)):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(batch, width)).astype(np.float32)
        data = [(x, x[:, :1])] * BATCHES
        times = [(by_hand(width, data), by_trainer(width, data)) for _ in range(ROUNDS)]
        hand, trainer = (min(t) / BATCHES * 1e6 for t in zip(*times, strict=True))
        print(
            f"width {width}, batch {batch}: by hand {hand:.0f} us, Trainer {trainer:.0f} us a step"
        )


if __name__ == "__main__":
    main()
