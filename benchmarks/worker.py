"""The process of one contender: it obeys commands from the runner, one line of JSON each.

python worker.py SUITE CONTENDER CORES      # CORES: 0 or 0,1; empty: wherever the system likes

A library is a few hundred thousand objects, and a collection of garbage walks through them for 50
to 300 ms, longer than ten rounds. So what is alive when a step has been prepared is frozen: the
collector leaves it out, and what remains takes microseconds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from suite import Step, Timed, key


class Contender:
    """The commands. Each method is one; what it returns is the answer."""

    def __init__(self, suite: str, name: str):
        self.name = name
        self.cases = {key(c): c for c in importlib.import_module(suite).CASES}
        self.step: Step | None = None

    def about(self) -> dict[str, Any]:
        """Versions, and the BLAS that runs."""
        import machine

        return machine.library(self.name)

    def prepare(self, case: str) -> dict[str, Any]:
        """Build a step, compare-able results of its first calls, and seconds of a later one."""
        timed = self.cases[case]
        assert isinstance(timed, Timed)
        step = (timed.check or timed.build)(self.name)
        if step is None:
            return {"missing": True}
        results = [self.digest(step()) for _ in range(3)]
        if timed.check is not None:
            step = timed.build(self.name)
            assert step is not None
            step()
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
        self.step = step
        gc.collect()
        gc.freeze()
        return {"results": results, "seconds": seconds}

    def digest(self, result: object) -> list[list[float]]:
        """A few numbers for each array of a result: mean, size, and one where order counts."""
        import contenders
        import numpy as np

        found = []
        for value in result if isinstance(result, tuple) else (result,):
            a = np.asarray(contenders.load(self.name).numpy(value), np.float64).ravel()
            along = a @ np.cos(np.arange(a.size)) / max(1, a.size)
            found.append([float(v) for v in (a.mean(), np.sqrt((a * a).mean()), along)])
        return found

    def round(self, calls: int, warm: float) -> dict[str, Any]:
        """Seconds a call, of so many, after others for so long; one more if calls > 1.

        The collector waits.
        """
        step = self.step
        assert step is not None
        gc.collect()
        gc.disable()
        until = time.perf_counter() + warm
        while time.perf_counter() < until:
            step()
        if calls > 1:
            step()
        start = time.perf_counter()
        for _ in range(calls):
            step()
        seconds = (time.perf_counter() - start) / calls
        gc.enable()
        return {"seconds": seconds}

    def drop(self) -> dict[str, Any]:
        """Free the step and what it works on."""
        self.step = None
        gc.collect()
        return {}

    def measure(self, case: str) -> dict[str, Any]:
        """The figure of a case that takes a process of its own."""
        value = self.cases[case].measure(self.name)
        return {"missing": True} if value is None else {"value": value}


def main(suite: str, name: str, cores: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints is no answer
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(c) for c in cores.split(",")})
    contender = Contender(suite, name)
    for line in sys.stdin:
        command = json.loads(line)
        act: Callable[..., dict[str, Any]] = getattr(contender, command.pop("do"))
        try:
            answer = act(**command)
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
