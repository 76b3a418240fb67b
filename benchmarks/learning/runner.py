"""What the benchmarks of learning share: the command line, the seed, progress, time, the result.

The number of steps is minutes times the pace of the script, so that schedules know their end and a
seed gives the same result on a slow and on a fast machine; what it took there is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
import nn

_SAY_EVERY = 15  # seconds of processor time between two lines


class Run:
    """One training run.

    Parameters
    ----------
    title : the script's docstring; its first line describes the command
    minutes : how long the script trains unless --minutes says otherwise
    pace : about how many steps a minute one core of today makes

    Attributes
    ----------
    steps : how many steps to make
    seed : of everything random
    data : folder of the data sets
    out : folder for what the script writes
    """

    def __init__(self, title: str, *, minutes: float, pace: float):
        self.name = Path(sys.argv[0]).stem
        parser = argparse.ArgumentParser(description=title.splitlines()[0])
        parser.add_argument("--minutes", type=float, default=minutes, help="default %(default)g")
        parser.add_argument("--seed", type=int, default=0, help="default %(default)s")
        parser.add_argument("--data", type=Path, default=None, help="default: AUTOGRAD_DATA")
        parser.add_argument("--out", type=Path, default=Path("learnt"), help="default %(default)s")
        given = parser.parse_args()
        self.seed: int = given.seed
        self.data: Path = nn.data.data_folder(given.data)
        self.out: Path = given.out
        self.steps = max(1, round(given.minutes * pace))
        ag.manual_seed(self.seed)
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._said = 0.0
        self._recent: list[float] = []

    @property
    def cpu(self) -> float:
        """Seconds of processor time, of all threads together, since the run began."""
        return time.process_time() - self._cpu

    def batches(self, loader: nn.data.DataLoader, steps: int | None = None) -> Iterator[Any]:
        """Batches, epoch after epoch, until all steps are made; says how it goes now and then."""
        steps = self.steps if steps is None else steps
        step = 0
        while True:
            for batch in loader:
                yield batch
                step += 1
                if self._recent and self.cpu - self._said >= _SAY_EVERY:
                    self.say(f"step {step} of {steps}, loss {np.mean(self._recent):.4f}")
                    self._said, self._recent = self.cpu, []
                if step == steps:
                    return

    def learn(
        self, loss: ag.Tensor, optimizer: nn.optim.Optimizer, scheduler: Any, clip: float = np.inf
    ) -> None:
        """One step down the gradient, whose norm is at most `clip`."""
        optimizer.zero_grad()
        loss.backward()
        if clip < np.inf:
            nn.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], clip)
        optimizer.step()
        scheduler.step()
        self._recent.append(loss.item())

    def say(self, text: str) -> None:
        print(f"{self.name:16} {self.cpu:6.0f} s  {text}", flush=True)

    def finish(self, goal: str, reached: bool, **figures: float) -> None:
        """Print and write the result as a line of JSON; the exit status is 1 below the goal."""
        result = {
            "name": self.name,
            **{name: round(float(value), 4) for name, value in figures.items()},
            "goal": goal,
            "reached": bool(reached),
            "seed": self.seed,
            "steps": self.steps,
            "cpu_seconds": round(self.cpu, 1),
            "wall_seconds": round(time.perf_counter() - self._wall, 1),
            "threads": os.environ.get("OMP_NUM_THREADS", str(os.cpu_count())),
        }
        line = json.dumps(result)
        print(line)
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / f"{self.name}.json").write_text(line + "\n")
        sys.exit(0 if reached else 1)
